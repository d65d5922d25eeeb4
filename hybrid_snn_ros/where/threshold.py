# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The threshold of the heat, from what the read-out says of drawn things it was not taught.

How high the heat of a new thing rises depends on the surroundings and on how much was drawn. So
the drawn frames are left out in four parts, and the threshold is a share of the median of the
highest heat within the boxes left out (cross-validation). The sums are exact: taking a part back
and adding it again leaves them as they were.
"""

from collections.abc import Sequence

import numpy as np

from hybrid_snn_ros.where.boxes import checked
from hybrid_snn_ros.where.readout import planes
from hybrid_snn_ros.where.ridge import Drawn, Sums

PARTS = 4
SHARE = 0.6  # of the median peak
FEWEST = 8  # drawn frames, below which a part left out is too much


def threshold(sums: Sums, frames: Sequence[Drawn], otherwise: float) -> float:
    """
    Return the heat above which a cell proposes a box.

    :param sums: of exactly these frames; as they were when it returns.
    :param otherwise: what is returned where too few frames, or no cell of any box, were drawn.
    """
    if len(frames) < FEWEST:
        return otherwise
    peaks: list[float] = []
    for part in (frames[start::PARTS] for start in range(PARTS)):
        for frame in part:
            sums.take_back(frame)
        weights = sums.solved()
        for frame in part:
            peaks += _peaks(planes(weights, frame.codes)[..., 0], checked(frame.boxes))
            sums.add(frame)
    return SHARE * float(np.median(peaks)) if peaks else otherwise


def _peaks(heat: np.ndarray, boxes: np.ndarray) -> list[float]:
    """Return the highest heat of the cells whose centres lie in each box that has some."""
    rows, columns = heat.shape
    y, x = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
    found = []
    for left, top, width, height in boxes:
        inside = heat[np.ix_((y >= top) & (y <= top + height), (x >= left) & (x <= left + width))]
        if inside.size:
            found.append(float(inside.max()))
    return found
