# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes as people and detectors give them: in pixels or as fractions of the frame."""

from typing import Any

import numpy as np

from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.where.boxes import BoxError, cut_of, FRACTIONS, Numbers, PIXELS, UNITS

__all__ = ['box_in', 'cut_of', 'FRACTIONS', 'Numbers', 'PIXELS', 'pixels_of', 'shown_in', 'UNITS']


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
