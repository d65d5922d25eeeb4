# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Decode compressed pictures, of a CompressedImage or of a file: upright, whole, no finer than seen.

One way for the live node, for teaching from files and bags and for evaluating, so that a picture
gives the same codes wherever it comes from.
"""

import re
from typing import Any

import cv2
import numpy as np

from hybrid_snn_ros.vision.exif import UPRIGHT, upright
from hybrid_snn_ros.vision.framing import Crop, FrameError, reduced_window
from hybrid_snn_ros.vision.picture_header import Header, JPEG_START, PNG_START, read_header

_EXCHANGED = re.compile(r'compressed\W*rgb')
_FLAGS = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
          8: cv2.IMREAD_REDUCED_COLOR_8}


def decode_window(data: bytes, size: int, crop: Crop) -> np.ndarray:
    """
    Return the square that `crop` selects in a picture file, uint8 BGR.

    :param size: pixels a side; of a JPEG no more is decoded than a square of that many needs.
    :raises FrameError: when it is no picture that is decoded, or damaged.
    """
    return _window(read_header(data), data, size, crop)


def decode_message_window(format: Any, data: bytes, size: int,  # noqa: A002 (the field's name)
                          crop: Crop) -> np.ndarray:
    """Return the same of a CompressedImage with this `format`."""
    header, exchanged = _message_header(format, data)
    return _put_right(_window(header, data, size, crop), exchanged)


def decode_message_whole(format: Any, data: bytes) -> np.ndarray:  # noqa: A002 (the field's name)
    """Return the whole picture of a CompressedImage, uint8 BGR (height, width, 3)."""
    header, exchanged = _message_header(format, data)
    return _put_right(np.ascontiguousarray(_decode(header, data, 1)), exchanged)


def message_size(format: Any, data: bytes) -> tuple[int, int]:  # noqa: A002 (the field's name)
    """Return width and height of that picture."""
    return _message_header(format, data)[0].upright_size


def _window(header: Header, data: bytes, size: int, crop: Crop) -> np.ndarray:
    factor, (left, top, right, bottom) = reduced_window(*header.upright_size, size, crop,
                                                        header.factor)
    pixels = _decode(header, data, factor)[top:bottom, left:right]
    return pixels if header.orientation == UPRIGHT else np.ascontiguousarray(pixels)


def _decode(header: Header, data: bytes, factor: int) -> np.ndarray:
    """
    Return the whole picture upright, maybe as a view.

    :param factor: a power of two up to the header's; divides both sides, rounded up.
    """
    shape = (-(-header.height // factor), -(-header.width // factor), 3)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8),
                              _FLAGS[factor] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape != shape:
        raise FrameError(f'the picture of {len(data)} bytes and {header.width}x{header.height} '
                         'pixels cannot be decoded: its content is damaged')
    return upright(pixels, header.orientation)


def _message_header(format: Any, data: bytes) -> tuple[Header, bool]:  # noqa: A002
    """
    Return the header, and whether red and blue were exchanged in the picture.

    The content decides what it is.

    :param format: like 'jpeg' or 'rgb8; jpeg compressed bgr8'; only tells how colours lie: by the
        convention of ROS image_transport, '...compressed rgb8' means that they were exchanged.
    """
    text = format.lower() if isinstance(format, str) else ''
    try:
        header = read_header(data)
    except FrameError as error:
        advice = '' if data.startswith((JPEG_START, PNG_START)) else '; publish it as jpeg or png'
        raise FrameError(f'the compressed frame of format {_shown(format)} cannot be used: '
                         f'{error}{advice}') from error
    if header.channels == 1 and text.startswith('bayer_'):
        raise FrameError(f"the compressed frame holds a {text.partition(';')[0]:.20} mosaic in a "
                         'grey picture, which compression spoils: publish it as bgr8')
    return header, header.channels > 1 and bool(_EXCHANGED.search(text))


def _put_right(pixels: np.ndarray, exchanged: bool) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if exchanged else pixels


def _shown(text: Any) -> str:
    """Return a field of the message as it may stand in a log line."""
    return f'{text!r:.60}' if isinstance(text, str) else f'of type {type(text).__name__}'
