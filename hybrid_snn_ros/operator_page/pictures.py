# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera messages as JPEG, and small pictures of them."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from hybrid_snn_ros.vision.frames import decode_rgb, to_rgb
from hybrid_snn_ros.vision.pictures import encode_jpeg
from hybrid_snn_ros.where.boxes import square_of

REMEMBERED = 64  # pictures that may still become thumbnails
THUMBNAIL = 96  # pixels a side
_PASS_ON = 128 * 1024  # bytes; a JPEG up to this size goes to the viewers as it came


def jpeg(message: Any, width: int, quality: int) -> bytes:
    """
    Return a camera message as JPEG bytes.

    :param message: sensor_msgs/Image or CompressedImage.
    :param width: the widest picture, in pixels.
    :param quality: JPEG quality, 1..100.
    :raises FrameError: when the message holds no picture that can be read.
    """
    if hasattr(message, 'encoding'):
        rgb = to_rgb(message.encoding, message.height, message.width, message.step, message.data,
                     message.is_bigendian)
    else:
        content = bytes(message.data)
        if content[:3] == b'\xff\xd8\xff' and len(content) <= _PASS_ON:
            return content
        rgb = decode_rgb(message.format, message.data)
    if rgb.shape[1] > width:
        height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
        rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    return encode_jpeg(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), quality)


def thumbnail(content: bytes, seen: Sequence[float] | None = None,
              box: Sequence[float] | None = None) -> bytes | None:
    """
    Return what the encoder sees of a JPEG as a small JPEG, None if it cannot be read.

    :param seen: x, y, width, height of that as fractions of the picture, None for its middle.
    :param box: of a thing in it, in the same way: then the square around that is shown.
    """
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    if bgr is None:
        return None
    height, width = bgr.shape[:2]
    if box is not None:
        window = square_of(np.array(box), height, width)
        return _small(bgr[window.top:window.bottom, window.left:window.right])
    x, y, wide, high = seen or (0, 0, 1, 1)
    wide, high = max(1, round(wide * width)), max(1, round(high * height))
    left, top = min(round(x * width), width - wide), min(round(y * height), height - high)
    side = min(high, wide)
    top, left = top + (high - side) // 2, left + (wide - side) // 2
    return _small(bgr[top:top + side, left:left + side])


def _small(square: np.ndarray) -> bytes:
    small = cv2.resize(square, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return encode_jpeg(small, 80)
