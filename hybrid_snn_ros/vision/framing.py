# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which square of a frame the encoder sees, and how it is brought to the encoder's size."""

from collections.abc import Sequence
import math
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.vision.resample import resample

MAX_SIDE = 16384
# A picture of a few kilobytes may claim any size; 64 Mi pixels are 192 MiB once decoded.
MAX_PIXELS = 2 ** 26
MAX_OUTPUT = 4096
# Fractions typed with few digits, say 1/3 + 2/3, may exceed 1 by rounding alone.
SLACK = 1e-6


class FrameError(ValueError):
    """A frame or a crop that can't be used; one sentence says why, with the numbers."""


class Crop(NamedTuple):
    """
    The square shown to the encoder: centred in a region of interest.

    `roi` is (x, y, width, height) as fractions of the frame; `fraction` is the square's side as
    a fraction of the region's short side.
    """

    fraction: float = 0.875
    roi: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


class Window(NamedTuple):
    """A rectangle of whole pixels; `right` and `bottom` are just outside it."""

    left: int
    top: int
    right: int
    bottom: int


def check_crop(crop: Sequence[Any]) -> Crop:
    """Return `crop` in plain floats; raise FrameError when it isn't inside the frame."""
    try:
        fraction, roi = crop
        fraction = float(fraction)
        x, y, width, height = (float(value) for value in roi)
    except (TypeError, ValueError, OverflowError) as error:
        raise FrameError('a crop is a fraction and a region of interest of four numbers: x, y, '
                         'width, height') from error
    if not 0.0 < fraction <= 1.0:
        raise FrameError(f'the crop fraction must be above 0 and at most 1, it is {fraction:g}')
    shown = f'({x:g}, {y:g}, {width:g}, {height:g})'
    if not (x >= 0.0 and y >= 0.0 and width > 0.0 and height > 0.0
            and x + width <= 1.0 + SLACK and y + height <= 1.0 + SLACK):
        raise FrameError('the region of interest (x, y, width, height) must lie inside the frame '
                         f'(0, 0, 1, 1), it is {shown}')
    return Crop(fraction, (x, y, width, height))


def check_size(width: int, height: int) -> None:
    """Raise FrameError unless a frame of this many pixels can be worked on."""
    if width < 1 or height < 1:
        raise FrameError(f'the frame is empty: {width}x{height} pixels')
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise FrameError(f'the frame of {width}x{height} pixels is larger than the limit of '
                         f'{MAX_SIDE} a side and {MAX_PIXELS} in all')


def check_output(size: Any) -> int:
    """Return the side of the crop in pixels; raise FrameError when it can't be one."""
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_OUTPUT:
        raise FrameError(f'the crop is written at 1 to {MAX_OUTPUT} pixels a side, not {size!r}')
    return size


def crop_window(width: int, height: int, crop: Crop) -> Window:
    """Return the square of pixels that `crop` selects in a frame of this size."""
    fraction, (x, y, roi_width, roi_height) = check_crop(crop)
    left, right = _span(x, roi_width, width)
    top, bottom = _span(y, roi_height, height)
    side = max(1, round(fraction * min(right - left, bottom - top)))
    left += (right - left - side) // 2
    top += (bottom - top - side) // 2
    return Window(left, top, left + side, top + side)


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return square `pixels` at size x size, averaged or interpolated; the same array if equal."""
    check_output(size)
    return pixels if pixels.shape[0] == size else resample(pixels, size)


def reduced_window(width: int, height: int, size: int, crop: Crop,
                   most: int) -> tuple[int, Window]:
    """
    Return by which power of two a frame may be shrunk while it is decoded, and its window then.

    The window lies less than one of its pixels off.

    :param size: pixels a side that the window still has then.
    :param most: by which it may be shrunk at most.
    """
    whole = crop_window(width, height, crop)
    side = whole.right - whole.left
    factor = min(1 << max(side // check_output(size), 1).bit_length() - 1, most)
    side //= factor
    left, top = ((first + last - side * factor) // (2 * factor) for first, last in (
        (whole.left, whole.right), (whole.top, whole.bottom)))
    return factor, Window(left, top, left + side, top + side)


def _span(start: float, length: float, pixels: int) -> tuple[int, int]:
    """Return the first pixel and the one behind the last of a fraction of `pixels`, at least 1."""
    first = min(math.floor(start * pixels + 0.5), pixels - 1)
    last = min(math.floor((start + length) * pixels + 0.5), pixels)
    return first, max(first + 1, last)
