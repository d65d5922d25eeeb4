# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Does the camera show what it showed when it was looked at last?

Two squares are compared tile by tile: 28x28 of them, 8x8 pixels each as the encoder sees them.
Both are averaged to cells first, 2x2 a tile, straight from the camera's pixels.  A tile differs by
the root mean square of its cells' differences, of each colour apart, which tells of light as well
as of another pattern of the same mean.  A square is compared with the one that was kept, never
with the one before it, so that what changes slowly adds up.

**The thresholds** lie above a sensor's noise of 3 grey levels in every pixel of a camera that has
no more pixels than the encoder sees (a larger one's averages out).  A cell has 16 of these and is
rounded, so the difference of two has a variance of ``2 (9 / 16 + 1 / 12)`` = 1.29, and four of
them are 1.29 / 4 of a chi-square of 4 degrees of freedom.  It exceeds 3.9 grey levels in one of
10^9 tiles, so that one square in 400,000 is looked at for nothing; a difference of 4 grey levels
over some tiles is more.  **Hysteresis**: what has moved is still again within 3.3, which noise
exceeds in one square of 400, so that what lies at the edge is looked at.
"""

import math

import cv2
import numpy as np

from hybrid_snn_ros.vision.resample import resample

# Grey levels by which a tile may differ: beyond them something has moved that was still, and
# within them it is still again.
MOVED, STILL = 3.9, 3.3
_TILES = 28  # a side
_CELLS = 2 * _TILES


class StillGate:
    """Compares squares with the one that was kept."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._kept: np.ndarray | None = None  # its cells
        self._seen: np.ndarray | None = None  # those of the last square
        self._threshold = STILL
        # Memory for the cells' and the tiles' squares, taken at the first call.
        self._squares: np.ndarray | None = None
        self._means: np.ndarray | None = None

    def is_still(self, pixels: np.ndarray) -> bool:
        """
        Tell whether a square is like the one that is kept.

        :param pixels: uint8 (side, side[, channels]), any side; may be a view.
        """
        self._seen = resample(pixels, _CELLS)
        still = self._kept is not None and self._kept.shape == self._seen.shape and (
            self._difference(self._seen, self._kept) <= self._threshold)
        self._threshold = MOVED if still else STILL
        return still

    def keep(self) -> None:
        """Compare with the last square from now on."""
        self._kept = self._seen

    def forget(self) -> None:
        """Keep nothing: the next square has moved."""
        self._kept = None

    def _difference(self, cells: np.ndarray, others: np.ndarray) -> float:
        """Return by how many grey levels the tile differs that differs most."""
        self._squares = cv2.subtract(cells, others, self._squares, None, cv2.CV_32F)
        self._squares = cv2.multiply(self._squares, self._squares, self._squares)
        self._means = cv2.resize(self._squares, (_TILES, _TILES), self._means,
                                 interpolation=cv2.INTER_AREA)
        return math.sqrt(cv2.norm(self._means, cv2.NORM_INF))
