# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Vectors kept as the rows of one matrix, so that one product meets them all."""

import numpy as np


class Rows:
    """A matrix of at most so many rows, float32; the last row takes the place of a removed one."""

    def __init__(self, limit: int) -> None:
        """Begin with no row."""
        self._limit, self._used = limit, 0
        self._matrix = np.empty((0, 0), np.float32)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._used

    @property
    def matrix(self) -> np.ndarray:
        """The rows in use, float32 (K, N); a view, good until the next change."""
        return self._matrix[:self._used]

    def add(self, row: np.ndarray) -> None:
        """Add a row (N,) behind the others."""
        if self._matrix.shape[1] != len(row):
            self._matrix = np.empty((self._limit, len(row)), np.float32)
        self._matrix[self._used] = row
        self._used += 1

    def remove(self, place: int) -> None:
        """Remove a row; the last one moves there."""
        self._used -= 1
        self._matrix[place] = self._matrix[self._used]
