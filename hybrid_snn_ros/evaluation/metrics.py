# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Figures of merit: pure functions of answers and scores; all rates are fractions 0..1."""

import numpy as np

BINS = 10


def auroc(known: np.ndarray, unknown: np.ndarray) -> float:
    """
    AUROC: how often a frame of a taught label looks more typical than an unknown one.

    The area under the ROC curve as Mann and Whitney count it; a tie counts half.

    :param known: typicalities (K,); unknown: typicalities (U,); neither empty.
    """
    ordered = np.sort(known)
    below = np.searchsorted(ordered, unknown, side='left')
    up_to = np.searchsorted(ordered, unknown, side='right')
    return float(1 - (below + up_to).mean() / (2 * len(ordered)))


def detected_at(known: np.ndarray, unknown: np.ndarray, false_unknown: float) -> float:
    """
    Return the share of unknown frames refused where this share of the known ones is refused.

    A property of the score: no robot can set its threshold on frames it does not have.  Between
    two known frames the curve is interpolated.

    :param known: typicalities (K,); unknown: typicalities (U,); neither empty.
    """
    ordered = np.sort(known)
    detected = np.searchsorted(np.sort(unknown), ordered, side='left') / len(unknown)
    refused = np.arange(len(ordered)) / len(ordered)
    return float(np.interp(false_unknown, [*refused, 1.0], [*detected, 1.0]))


def reliability(score: np.ndarray, correct: np.ndarray, bins: int = BINS) -> np.ndarray:
    """
    Reliability diagram: sort answers into bins of equal width by their score.

    :return: (bins, 3): frames, mean score and share of correct answers in each; 0 where empty.
    """
    place = np.minimum((np.asarray(score) * bins).astype(int), bins - 1)
    frames = np.bincount(place, minlength=bins)
    sums = np.array([np.bincount(place, weights, bins) for weights in (score, correct)])
    return np.column_stack([frames, *(sums / np.maximum(frames, 1))])


def ece(score: np.ndarray, correct: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error: mean gap of score and accuracy over the bins."""
    table = reliability(score, correct, bins)
    return float((table[:, 0] * np.abs(table[:, 1] - table[:, 2])).sum() / table[:, 0].sum())


def confusion(y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrix: how often class i was answered as j, (classes, classes) int64."""
    answered = y_pred >= 0
    return np.bincount(y_true[answered] * classes + y_pred[answered],
                       minlength=classes * classes).reshape(classes, classes)


def per_class(y_true: np.ndarray, correct: np.ndarray, classes: int) -> np.ndarray:
    """Return the share of correct answers of each class, (classes,); NaN where none was asked."""
    frames = np.bincount(y_true, minlength=classes)
    share = np.bincount(y_true, correct, classes) / np.maximum(frames, 1)
    return np.where(frames > 0, share, np.nan)
