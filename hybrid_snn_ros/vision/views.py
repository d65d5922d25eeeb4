# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Views of a lesson: what else a frame that is taught shows, so that one frame teaches more.

All are cut out of one square, the surroundings: the frame's crop and what lies around it, with the
default crop the largest square of the frame.  The first view is the frame as it was answered.
"""

from collections.abc import Iterator

import numpy as np

from hybrid_snn_ros.vision import framing
from hybrid_snn_ros.vision.framing import Crop

# As it was seen, its upper left, its lower right, mirrored, near, far.  Where fewer are wanted,
# they are the first: of three, the corners told most on splits of training parts.
VIEWS = 6
_AROUND = 0.875  # the crop's side as a share of the surroundings'
# Those of the views as shares of the surroundings' side: near, and in two of its corners.
_NEAR, _CORNER = 0.7, 0.75


def surroundings(crop: Crop) -> Crop:
    """Return the square around a crop that its views are cut from."""
    return crop._replace(fraction=min(1.0, crop.fraction / _AROUND))


def surroundings_size(size: int) -> int:
    """Return at how many pixels a side the surroundings lose nothing that a view of size has."""
    return round(size / _NEAR)


def views_of(seen: np.ndarray, around: np.ndarray) -> Iterator[np.ndarray]:
    """
    Yield the views of a frame behind the first one, each when it is asked for.

    :param seen: uint8 (size, size, 3), the first view: what the encoder saw.
    :param around: uint8 (side, side, 3), the surroundings.
    """
    size, corner = len(seen), round(_CORNER * len(around))
    for part in (around[:corner, :corner], around[-corner:, -corner:]):
        yield np.ascontiguousarray(framing.resize(part, size))
    yield from inner_views(seen, around)
    yield np.ascontiguousarray(framing.resize(around, size))


def inner_views(seen: np.ndarray, around: np.ndarray) -> Iterator[np.ndarray]:
    """Yield those of them that show nothing which the first one does not: mirrored, and near."""
    near = round(_NEAR * len(around))
    margin = (len(around) - near) // 2
    for part in (seen[:, ::-1], around[margin:margin + near, margin:margin + near]):
        yield np.ascontiguousarray(framing.resize(part, len(seen)))


def seen_in(around: np.ndarray, crop: Crop, size: int) -> np.ndarray:
    """Return the first view as far as the surroundings tell, uint8 (size, size, 3)."""
    side = max(1, round(len(around) * crop.fraction / surroundings(crop).fraction))
    margin = (len(around) - side) // 2
    return np.ascontiguousarray(
        framing.resize(around[margin:margin + side, margin:margin + side], size))
