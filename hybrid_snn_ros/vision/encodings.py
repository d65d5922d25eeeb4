# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The encodings of sensor_msgs/Image that are pictures: how their pixels lie, and their way to RGB.

Of 16 bits the upper 8 are taken, so 65535 is white, as cv_bridge scales them.  Encodings that name
numbers but no brightness or colour (16UC1 is mostly depth) are refused: there is no scale that
suits them all.
"""

import re
from typing import Any, NamedTuple

import cv2
import numpy as np

from hybrid_snn_ros.vision.framing import FrameError

# A mosaic is interpolated from the neighbours of each pixel; OpenCV leaves smaller ones black.
MOSAIC_MIN = 3
# ITU-R BT.601 in video range, as OpenCV converts the other YUV encodings: RGB from (Y, U, V, 1).
_FROM_YUV = np.array([[1.164383, 0.0, 1.596027], [1.164383, -0.391762, -0.812968],
                      [1.164383, 2.017232, 0.0]])
# In 512ths, and never halfway between two levels: exact, however a build of OpenCV computes.
_FROM_YUV = np.rint(_FROM_YUV * 512) / 512
_FROM_YUV = np.column_stack([
    _FROM_YUV, -_FROM_YUV @ (16, 128, 128) + 1 / 1024]).astype(np.float32)
_NUMBERS = re.compile(r'(8|16|32|64)[USF]C\d*')


class Layout(NamedTuple):
    """How one pixel lies in memory, and how OpenCV calls its way to RGB (None: it is RGB)."""

    channels: int
    code: int | None
    # 'pixels': `bytes` of each channel side by side, and `code` only moves channels: the crop is
    # shrunk first, then converted.  All others are converted first, so a byte may hold anything:
    # 'pairs': two pixels share colour; 'mosaic': one colour per pixel; 'planes': a plane of
    # brightness, then one of colour
    kind: str = 'pixels'
    bytes: int = 1  # of a channel
    shared: int = 1  # 'planes': pixels a side that share colour


# OpenCV names a Bayer pattern by its second row, from the second pixel on: ROS's rggb is its BG.
_MOSAICS = {'rggb': cv2.COLOR_BayerBG2RGB, 'bggr': cv2.COLOR_BayerRG2RGB,
            'gbrg': cv2.COLOR_BayerGR2RGB, 'grbg': cv2.COLOR_BayerGB2RGB}
ENCODINGS = {
    'rgb8': Layout(3, None),
    'bgr8': Layout(3, cv2.COLOR_BGR2RGB),
    'rgba8': Layout(4, cv2.COLOR_RGBA2RGB),
    'bgra8': Layout(4, cv2.COLOR_BGRA2RGB),
    'mono8': Layout(1, cv2.COLOR_GRAY2RGB),
    '8UC1': Layout(1, cv2.COLOR_GRAY2RGB),
    '8UC3': Layout(3, cv2.COLOR_BGR2RGB),  # says nothing of its colours: OpenCV's order
    '8UC4': Layout(4, cv2.COLOR_BGRA2RGB),
    'yuv422': Layout(2, cv2.COLOR_YUV2RGB_UYVY, 'pairs'),
    'uyvy': Layout(2, cv2.COLOR_YUV2RGB_UYVY, 'pairs'),
    'yuv422_yuy2': Layout(2, cv2.COLOR_YUV2RGB_YUY2, 'pairs'),
    'yuyv': Layout(2, cv2.COLOR_YUV2RGB_YUY2, 'pairs'),
    'nv12': Layout(1, cv2.COLOR_YUV2RGB_NV12, 'planes', shared=2),
    'nv21': Layout(1, cv2.COLOR_YUV2RGB_NV21, 'planes', shared=2),
    'nv24': Layout(1, None, 'planes'),
    'rgb16': Layout(3, None, bytes=2),
    'bgr16': Layout(3, cv2.COLOR_BGR2RGB, bytes=2),
    'rgba16': Layout(4, cv2.COLOR_RGBA2RGB, bytes=2),
    'bgra16': Layout(4, cv2.COLOR_BGRA2RGB, bytes=2),
    'mono16': Layout(1, cv2.COLOR_GRAY2RGB, bytes=2),
    **{f'bayer_{name}8': Layout(1, code, 'mosaic') for name, code in _MOSAICS.items()},
    **{f'bayer_{name}16': Layout(1, code, 'mosaic', 2) for name, code in _MOSAICS.items()},
}


def layout_of(encoding: Any) -> Layout:
    """Return the layout of an encoding; raise FrameError for what is none, with what to do."""
    layout = ENCODINGS.get(encoding) if isinstance(encoding, str) else None
    if layout is not None:
        return layout
    shown = f'{encoding!r:.40}' if isinstance(encoding, str) else type(encoding).__name__
    names = ', '.join(name for name in ENCODINGS if not name.startswith('bayer_'))
    advice = 'set the camera to one of them, or have it converted'
    if isinstance(encoding, str) and _NUMBERS.fullmatch(encoding):
        shown += ', numbers that name no colour or brightness (often depth)'
        advice = "take the camera's colour topic, or convert to mono8"
    raise FrameError(f'the frame has encoding {shown}; supported are {names} and bayer_* of 8 or '
                     f'16 bits: {advice}')


def check_fit(encoding: str, layout: Layout, width: int, height: int) -> None:
    """Raise FrameError unless a frame of this size can have this encoding."""
    if layout.kind == 'pairs' and width % 2:
        raise FrameError(f'a frame of encoding {encoding} has an even width, this one {width}')
    if width % layout.shared or height % layout.shared:
        raise FrameError(f'a frame of encoding {encoding} has even sides, this one is '
                         f'{width}x{height}')
    if layout.kind == 'mosaic' and min(width, height) < MOSAIC_MIN:
        raise FrameError(f'a frame of encoding {encoding} has at least {MOSAIC_MIN} pixels a '
                         f'side, this one {width}x{height}')


def convert_planes(layout: Layout, brightness: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return RGB of a plane of Y and one of U and V in pairs, (height, width, 2)."""
    if layout.code is None:  # OpenCV has no code for colour of full size in video range
        return cv2.transform(np.dstack([brightness, colour]), _FROM_YUV)
    # Some versions of OpenCV take the step of one plane for that of both.
    return cv2.cvtColorTwoPlane(np.ascontiguousarray(brightness), np.ascontiguousarray(colour),
                                layout.code)
