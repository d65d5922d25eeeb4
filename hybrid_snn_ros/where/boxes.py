# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in a frame: what may be one, how much two of them overlap, which square shows one."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.vision.framing import check_size, Crop, Window

MOST = 256  # boxes drawn in one frame
UNITS = PIXELS, FRACTIONS = 'pixels', 'fractions'

Numbers = Sequence[float]  # x and y of the upper left corner, width, height


class BoxError(ValueError):
    """What was drawn can't be used; one sentence says why, with the numbers."""


class Cut(NamedTuple):
    """What of a frame a box shows."""

    # the box, cut off at the frame's edges, as fractions of the frame
    region: tuple[float, float, float, float]
    crop: Crop  # the square around it


def checked(boxes: Any) -> np.ndarray:
    """
    Return boxes cut off at the frame's edges, float64 (B, 4).

    :param boxes: (B, 4) numbers, x and y of the upper left corner, width and height, each as a
        fraction of the frame's width or height; none of them may be empty.
    :raises BoxError: for what is no such table, is not finite, has no size, or lies outside of
        the frame, and for more than MOST boxes.
    """
    try:
        table = np.array(boxes, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise BoxError('a box is four numbers: x, y, width, height') from error
    if table.size == 0:
        return np.zeros((0, 4))
    if table.ndim != 2 or table.shape[1] != 4:
        raise BoxError('boxes are a table of four numbers each, x, y, width, height, not of shape '
                       f'{table.shape}')
    if len(table) > MOST:
        raise BoxError(f'a frame can have {MOST} boxes, not {len(table)}')
    with np.errstate(all='ignore'):  # what is too large is refused below
        corners = np.hstack([table[:, :2], table[:, :2] + table[:, 2:]])
    clipped = np.clip(corners, 0, 1)
    for box, corner, inside in zip(table, corners, clipped):
        shown = '(' + ', '.join(f'{number:.4g}' for number in box) + ')'
        if not np.isfinite(corner).all():
            raise BoxError(f'the box {shown} must hold finite numbers: x, y, width, height')
        if not (box[2] > 0 and box[3] > 0):
            raise BoxError(f'the box {shown} has no size: width and height must be above 0')
        if not (inside[2] > inside[0] and inside[3] > inside[1]):
            raise BoxError(f'the box {shown} lies outside of the frame (0, 0, 1, 1)')
    # What lies inside keeps its bits: a sum and a difference would round.
    cut = np.hstack([clipped[:, :2], clipped[:, 2:] - clipped[:, :2]])
    return np.where((clipped == corners).all(axis=1)[:, None], table, cut)


def intersections(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the area that each box shares with each other, (B, O), of (B, 4) and (O, 4)."""
    first = np.maximum(boxes[:, None, :2], others[None, :, :2])
    ends, other_ends = (part[:, :2] + part[:, 2:] for part in (boxes, others))
    last = np.minimum(ends[:, None], other_ends[None])
    return np.maximum(last - first, 0).prod(axis=2)


def iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """
    Return intersection over union of each box with each other, (B, O).

    :param boxes, others: (B, 4) and (O, 4): x, y, width, height, in one unit, none empty.
    """
    shared = intersections(boxes, others)
    return shared / (boxes[:, 2:].prod(axis=1)[:, None] + others[:, 2:].prod(axis=1) - shared)


def square_of(box: np.ndarray, height: int, width: int) -> Window:
    """
    Return the square of pixels that shows a box and as little else as possible.

    Its side is the box's longer one, or the frame's shorter one where that is less; it lies around
    the box's middle, moved as far as it must be to lie inside the frame.

    :param box: (4,), x, y, width, height as fractions of the frame.
    :param height, width: of the frame in pixels.
    :raises FrameError: for a frame of no pixels, or too many.
    """
    check_size(width, height)
    x, y, across, down = (float(number) for number in box)
    side = min(max(round(across * width), round(down * height), 1), width, height)
    left = min(max(round((x + across / 2) * width - side / 2), 0), width - side)
    top = min(max(round((y + down / 2) * height - side / 2), 0), height - side)
    return Window(left, top, left + side, top + side)


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
