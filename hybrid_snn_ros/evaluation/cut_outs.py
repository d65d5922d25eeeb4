# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a photograph shows, cut out of it, and pasted on another photograph."""

import cv2
import numpy as np

from hybrid_snn_ros.vision.resample import resample_to

_LONG_SIDE = 192  # pixels at which a thing is cut out: things are pasted no larger
_ELLIPSE = 0.96  # its axes, as shares of the photograph's sides: what lies beyond is background
_ROUNDS = 4  # of GrabCut
_LEAST = 0.1  # share of the ellipse; a cut that keeps less has lost the thing


def cut_out(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the thing in the middle of a photograph, and its mask.

    By GrabCut (Rother, Kolmogorov and Blake, 2004), which begins with an ellipse; the largest
    piece of what it keeps. Where that is next to nothing the ellipse itself is cut out. The same
    photograph gives the same cut.

    :param rgb: uint8 (H, W, 3).
    :return: uint8 RGB (h, w, 3) and bool (h, w), no larger than the thing.
    """
    scale = min(1, _LONG_SIDE / max(rgb.shape[:2]))
    height, width = (max(round(side * scale), 8) for side in rgb.shape[:2])
    rgb = resample_to(rgb, height, width)
    ellipse = _ellipse(height, width)
    labels = np.where(ellipse, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(rgb, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS,
                cv2.GC_INIT_WITH_MASK)
    mask = _largest(labels == cv2.GC_PR_FGD)
    if mask.sum() < _LEAST * ellipse.sum():
        mask = ellipse
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return rgb[part], mask[part]


def _ellipse(height: int, width: int) -> np.ndarray:
    y, x = (2 * (np.arange(side) + 0.5) / side - 1 for side in (height, width))
    return y[:, None] ** 2 + x ** 2 <= _ELLIPSE ** 2


def _largest(mask: np.ndarray) -> np.ndarray:
    """Return the largest piece of a mask that hangs together."""
    count, pieces, sizes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count == 1:
        return mask
    return pieces == 1 + sizes[1:, cv2.CC_STAT_AREA].argmax()


def paste(ground: np.ndarray, rgb: np.ndarray, mask: np.ndarray,
          box: tuple[int, int, int, int]) -> None:
    """
    Paste a thing, in place; its edge is softened by what a pixel of it holds.

    :param ground: uint8 RGB (H, W, 3).
    :param rgb, mask: of `cut_out`.
    :param box: x, y, width and height in pixels, inside the ground.
    """
    x, y, width, height = box
    thing = resample_to(rgb, height, width).astype(np.float32)
    cover = resample_to((255 * mask).astype(np.uint8), height, width)[..., None] / np.float32(255)
    part = ground[y:y + height, x:x + width]
    part[:] = np.rint(cover * thing + (1 - cover) * part)
