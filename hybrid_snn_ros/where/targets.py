# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the boxes drawn in a frame teach its cells.

Of a cell with its centre at (x, y), for a box with middle (cx, cy) and size (w, h)::

    u = (x - cx) / w,   v = (y - cy) / h,   heat = max over boxes of exp(-(u^2 + v^2) / (2 s^2))

and, where the heat is above 0.3, the logarithms of the distances from (x, y) to the left, upper,
right and lower edge of the box with the greatest heat, in units of two cells. Both are rounded to
4096ths, so that the sums over them are exact.
"""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.where.boxes import checked

STEPS = 4096  # of a unit of heat, or of a logarithm
SPREAD = 0.25  # s, in sizes of the box
NEAR, HOT = 0.3, 0.1  # heat from which distances are taught, from which the heat weighs more
CELLS_A_UNIT = 2  # of distances
REACH = 2.0  # sizes of a drawn box within which cells are taught, where others may be undrawn
# No distance in a frame of 4096 cells, or of a box of a hundredth of a cell, is beyond.
MAX_LOG = 8.0


class Targets(NamedTuple):
    """What a frame teaches each of its cells, row by row; whole numbers of 4096ths."""

    heat: np.ndarray  # int64 (cells,)
    logs: np.ndarray  # int64 (cells, 4), 0 where the cell is not near
    taught: np.ndarray  # bool (cells,), whether the cell teaches at all
    hot: np.ndarray  # bool (cells,), taught and in a thing
    near: np.ndarray  # bool (cells,), taught and close to a thing's middle


def targets(rows: int, columns: int, boxes: Any, complete: bool) -> Targets:
    """
    Return what boxes teach the cells of a map.

    :param boxes: (B, 4) numbers, x, y, width, height as fractions of the frame; none is fine.
    :param complete: whether everything in the frame is drawn, so that the rest of it is floor;
        otherwise only what lies within twice a drawn box is known.
    :raises BoxError: for what cannot be a box.
    """
    boxes = checked(boxes)
    boxes = boxes[np.lexsort(boxes.T)]  # of two as warm as each other the same one, always
    x = np.tile((np.arange(columns) + 0.5) / columns, rows)
    y = np.repeat((np.arange(rows) + 0.5) / rows, columns)
    if not len(boxes):
        nothing = np.zeros(rows * columns, np.int64)
        return Targets(nothing, np.zeros((len(nothing), 4), np.int64),
                       np.full(len(nothing), complete), nothing > 0, nothing > 0)
    left, top, width, height = boxes.T[:, :, None]
    u, v = (x - left) / width - 0.5, (y - top) / height - 0.5
    warm = np.exp(-(u ** 2 + v ** 2) / (2 * SPREAD ** 2))  # (boxes, cells)
    best = warm.argmax(axis=0)
    heat = np.rint(STEPS * warm.max(axis=0)).astype(np.int64)
    taught = np.ones(len(x), bool)
    if not complete:
        taught = ((abs(u) <= REACH / 2) & (abs(v) <= REACH / 2)).any(axis=0)
    near = taught & (heat > NEAR * STEPS)
    at = boxes[best[near]]
    # In fractions of the frame, left, upper, right and lower: above 0 where the heat is.
    distances = np.array([x[near] - at[:, 0], y[near] - at[:, 1],
                          at[:, 0] + at[:, 2] - x[near], at[:, 1] + at[:, 3] - y[near]])
    cells = np.array([columns, rows, columns, rows])[:, None] / CELLS_A_UNIT
    logs = np.zeros((len(x), 4), np.int64)
    logs[near] = np.rint(STEPS * np.clip(np.log(distances * cells), -MAX_LOG, MAX_LOG)).T
    return Targets(heat, logs, taught, taught & (heat > HOT * STEPS), near)
