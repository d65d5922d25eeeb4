# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes as people and detectors give them: in pixels or as fractions of the frame."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.framing import Crop
from hybrid_snn_ros.where.boxes import BoxError, checked, square_of

UNITS = PIXELS, FRACTIONS = 'pixels', 'fractions'

Numbers = Sequence[float]  # x and y of the upper left corner, width, height


class Cut(NamedTuple):
    """What of a frame a box shows."""

    region: Region  # the box, cut off at the frame's edges, as fractions of the frame
    crop: Crop  # the square around it


def cut_of(box: Numbers, unit: str, size: tuple[int, int]) -> Cut:
    """
    Return what a box shows of a frame.

    :param box: x, y, width, height; what of it lies outside of the frame is cut off.
    :param unit: 'pixels' or 'fractions'.
    :param size: width and height of the frame in pixels.
    :raises BoxError: for a box that has no finite numbers, no size, or lies outside of the frame.
    """
    width, height = size
    scale = (width, height, width, height) if unit == PIXELS else (1, 1, 1, 1)
    try:
        fractions = [float(number) / by for number, by in zip(box, scale, strict=True)]
    except (TypeError, ValueError, OverflowError) as error:
        raise BoxError('a box is four numbers: x, y, width, height') from error
    inside, = checked([fractions])
    window = square_of(inside, height, width)
    side = window.right - window.left
    x, y, across, down = (float(part) for part in inside)
    # Rounding must not reach beyond the edge.
    region = x, y, min(across, 1 - x), min(down, 1 - y)
    return Cut(region, Crop(1.0, (window.left / width, window.top / height,
                                  side / width, side / height)))


def shown_in(seen: Encoded, box: Numbers, unit: str, frame: tuple[int, int],
             side: int) -> tuple[Region, np.ndarray]:
    """
    Return the region of a box and what it shows, uint8 RGB (side, side, 3).

    :param frame: width and height of the frame in pixels.
    :raises BoxError: as of cut_of.
    :raises FrameError: where the frame cannot be decoded any more.
    """
    region, crop = cut_of(box, unit, frame)
    return region, seen.cut(side, crop)


def pixels_of(region: Region, size: tuple[int, int]) -> list[float]:
    """Return x, y, width, height in pixels, to a tenth."""
    return [round(part * by, 1) for part, by in zip(region, (*size, *size))]


def box_in(value: Any) -> tuple[float, ...]:
    """
    Return a box out of JSON.

    :raises BoxError: when it is not four numbers.
    """
    if not isinstance(value, list) or len(value) != 4 or any(
            isinstance(number, bool) or not isinstance(number, (int, float)) for number in value):
        raise BoxError('a box is four numbers: x, y, width, height')
    return tuple(value)
