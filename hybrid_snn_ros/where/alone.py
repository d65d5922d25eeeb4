# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The one clear thing of a frame that was taught as a whole, so that it can be asked by its box too.

A thing that is shown to be taught fills the frame: it is several times as large as the things that
were drawn, and falls into pieces. So the frame is looked at from twice as far, by a border around
it. What is cut out of it has more detail than a small thing in a scene: it is brought to the size
of such a thing first.
"""

import cv2
import numpy as np

from hybrid_snn_ros.vision.framing import resize
from hybrid_snn_ros.where.readout import find, THRESHOLD
from hybrid_snn_ros.where.ridge import Weights

SMALL = 64  # pixels of a small thing's side; 96 did as well


def from_afar(rgb: np.ndarray) -> np.ndarray:
    """
    Return a frame as it would be seen from twice as far, a new array (about 2 H, 2 W, 3).

    The border around it has the pixels of its edge.

    :param rgb: uint8 (H, W, 3).
    """
    height, width = rgb.shape[:2]
    return cv2.copyMakeBorder(rgb, height // 2, height // 2, width // 2, width // 2,
                              cv2.BORDER_REPLICATE)


def one_clear(weights: Weights, codes: np.ndarray,
              threshold: float = THRESHOLD) -> np.ndarray | None:
    """
    Return the box of the one clear thing of a frame, float64 (4,) as fractions of it, or None.

    It is clear where one box is found and no other.

    :param codes: of vision.cell_encoder, uint8 (rows, columns, C), of the frame `from_afar`.
    :param threshold: of readout.threshold.
    """
    boxes = find(weights, codes, threshold).boxes
    if len(boxes) != 1:
        return None
    # The frame is the middle half of what was looked at.
    low, high = (np.clip(2 * corner - 0.5, 0, 1) for corner in (
        boxes[0, :2], boxes[0, :2] + boxes[0, 2:]))
    return np.concatenate([low, high - low]) if (high > low).all() else None


def as_small(square: np.ndarray, size: int) -> np.ndarray:
    """
    Return what a small thing would show, uint8 RGB (size, size, 3): 64 pixels a side, enlarged.

    :param square: uint8 RGB (side, side, 3), the square around a thing.
    """
    return np.ascontiguousarray(resize(resize(square, min(SMALL, len(square))), size))
