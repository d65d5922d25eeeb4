# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
From codes to boxes: read out first, then blur.

The read-out is linear, and so is a mean over surroundings: five planes are read from a cell's
codes for each size of surroundings and then averaged, not 672.
"""

from typing import NamedTuple

import cv2
import numpy as np

from hybrid_snn_ros.where.boxes import intersections, iou
from hybrid_snn_ros.where.features import WINDOWS
from hybrid_snn_ros.where.ridge import OUTPUTS, Weights
from hybrid_snn_ros.where.targets import CELLS_A_UNIT, MAX_LOG

# Heat of a thing's middle where every thing was drawn in what was taught, and where only some
# were. Tried with scenes on plain and on textured floors, and on splits of training photographs
# of circuit boards, cards and blood cells.
THRESHOLD = 0.35
UNSURE_THRESHOLD = 0.25
MOST_BOXES = 12
SAME = 0.35  # intersection over union from which two boxes are one thing
WITHIN = 0.75  # share of a box that lies within another one, from which it is no thing of its own
AGREE = 0.5  # intersection over union from which boxes are averaged
SAME_NAME = 0.15  # intersection over union from which two boxes of a name are one thing


class Found(NamedTuple):
    """Boxes of things, the surest first."""

    boxes: np.ndarray  # float64 (B, 4), x, y, width, height as fractions of the frame
    heat: np.ndarray  # float64 (B,), how sure


def threshold(frames: int, complete: int) -> float:
    """
    Return the heat above which a cell proposes a box: from 0.25 to 0.35 by the share of complete
    frames, 0.25 where none was drawn.

    What was left out of a frame that is not complete taught nothing, not even that it is floor or
    none: things are less hot then.

    :param frames: that were drawn in, with those shown as empty.
    :param complete: those of them in which everything was drawn, with those shown as empty.
    """
    share = complete / frames if frames else 0.0
    return UNSURE_THRESHOLD + share * (THRESHOLD - UNSURE_THRESHOLD)


def planes(weights: Weights, codes: np.ndarray) -> np.ndarray:
    """
    Return heat and log distances of all cells, float32 (rows, columns, 5).

    :param codes: uint8 (rows, columns, C).
    """
    rows, columns, channels = codes.shape
    read = codes.reshape(-1, channels).astype(np.float32) @ weights.projections
    own, *around = np.split(read.reshape(rows, columns, -1), len(WINDOWS), axis=2)
    total = own + weights.bias
    for window, plane in zip(WINDOWS[1:], around):
        total += cv2.blur(np.ascontiguousarray(plane), (window, window),
                          borderType=cv2.BORDER_REFLECT_101)
    return total


def find(weights: Weights, codes: np.ndarray, threshold: float = THRESHOLD,
         most: int = MOST_BOXES) -> Found:
    """
    Return the boxes of the things in a frame.

    :param codes: uint8 (rows, columns, C), of vision.cell_encoder.
    :param threshold: heat above which a cell proposes a box.
    :param most: boxes that are returned at most, the surest.
    """
    return strongest(*decoded(planes(weights, codes), threshold), most)


def decoded(read: np.ndarray, threshold: float) -> Found:
    """Return what every cell above the threshold proposes, the surest first."""
    rows, columns, outputs = read.shape
    assert outputs == OUTPUTS
    hot = np.flatnonzero(read[..., 0] > threshold)
    hot = hot[np.argsort(-read[..., 0].flat[hot], kind='stable')]
    heat, logs = np.split(read.reshape(-1, outputs)[hot].astype(np.float64), [1], axis=1)
    reach = CELLS_A_UNIT * np.exp(np.clip(logs, -MAX_LOG, MAX_LOG))
    size = np.array([columns, rows])
    middle = np.stack([hot % columns, hot // columns], axis=1) + 0.5
    low = np.clip((middle - reach[:, :2]) / size, 0, 1)
    high = np.clip((middle + reach[:, 2:]) / size, 0, 1)
    return Found(np.hstack([low, high - low]), heat[:, 0])


def strongest(boxes: np.ndarray, heat: np.ndarray, most: int = MOST_BOXES) -> Found:
    """
    Leave one box of those that mean one thing: non-maximum suppression, then a mean.

    A box goes for a surer one that it shares much with, that it lies in or that lies in it. Those
    that stay become the mean, weighed by heat, of all boxes that agree with them.

    :param boxes, heat: (B, 4) and (B,), the surest first.
    """
    shared, area = intersections(boxes, boxes), boxes[:, 2:].prod(axis=1)
    overlap = shared / (area[:, None] + area - shared)  # there may be hundreds: once
    one = _one_thing(overlap, shared, area, area)
    kept: list[int] = []
    for place in range(len(boxes)):
        if len(kept) < most and not one[place, kept].any():
            kept.append(place)
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    weight = np.where(overlap[kept] > AGREE, heat, 0.0)
    corners = weight @ corners / weight.sum(axis=1, keepdims=True)
    return Found(np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]), heat[kept])


def alike(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Tell which boxes mean one thing with which others, bool (B, O), of (B, 4) and (O, 4)."""
    return _one_thing(iou(boxes, others), intersections(boxes, others),
                      boxes[:, 2:].prod(axis=1), others[:, 2:].prod(axis=1))


def _one_thing(overlap: np.ndarray, shared: np.ndarray, area: np.ndarray,
               other_area: np.ndarray) -> np.ndarray:
    return ((overlap > SAME) | (shared >= WITHIN * area[:, None])
            | (shared >= WITHIN * other_area))


def one_of_a_name(boxes: np.ndarray, names: list[str | None]) -> list[int]:
    """
    Return the places of the boxes that stay when those of one name that overlap become one.

    :param boxes: (B, 4), the surest first.
    :param names: of each, None for what has none: those stay.
    """
    shared = intersections(boxes, boxes)
    area = boxes[:, 2:].prod(axis=1)
    alike = shared > SAME_NAME * (area[:, None] + area - shared)
    kept: list[int] = []
    for place, name in enumerate(names):
        if name is None or not any(names[other] == name and alike[place, other]
                                   for other in kept):
            kept.append(place)
    return kept
