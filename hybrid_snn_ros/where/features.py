# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the read-out sees of a cell: its codes, those of its surroundings, and one.

Features of a cell are its C codes, their means over 5 x 5 and over 9 x 9 cells, and 1. Codes are
whole numbers, and so are their sums: the teaching side works on sums, not means, and is exact.
"""

from collections.abc import Generator

import numpy as np

from hybrid_snn_ros.snn.steps import finish

WINDOWS = (1, 5, 9)  # cells a side of the surroundings that are averaged
MAX_CODE = 255
MAX_FEATURE = MAX_CODE * WINDOWS[-1] ** 2


def cell_sums(codes: np.ndarray) -> np.ndarray:
    """
    Return the features of all cells as whole numbers, float64 (cells, 3 C + 1), row by row.

    Behind the edge of the map lie the cells in front of it, mirrored at the outermost one.

    :param codes: uint8 (rows, columns, C), at least 5 x 5 cells.
    """
    return finish(summing_cells(codes))


def summing_cells(codes: np.ndarray) -> Generator[None, None, np.ndarray]:
    """Do what `cell_sums` does, pausing between its steps of a few milliseconds."""
    cells = codes.shape[0] * codes.shape[1]
    parts = []
    for window in WINDOWS:
        parts.append(window_sums(codes, window).reshape(cells, -1))
        yield
    return np.hstack([*parts, np.ones((cells, 1), np.int64)]).astype(np.float64)


def units(channels: int) -> np.ndarray:
    """Return what makes features 0..1 of the whole numbers of `cell_sums`, (3 C + 1,)."""
    return np.concatenate([*(np.full(channels, 1 / (MAX_CODE * window ** 2))
                             for window in WINDOWS), [1.0]])


def window_sums(codes: np.ndarray, window: int) -> np.ndarray:
    """Return the sum of each cell's surroundings, int64 (rows, columns, C); `window` is odd."""
    reach = window // 2
    sums = np.pad(codes.astype(np.int64), [(reach, reach), (reach, reach), (0, 0)], 'reflect')
    for axis in (0, 1):
        running = np.cumsum(sums, axis=axis)
        running = np.concatenate([np.zeros_like(running.take([0], axis)), running], axis=axis)
        size = running.shape[axis] - window
        sums = running.take(range(window, window + size), axis) - running.take(range(size), axis)
    return sums
