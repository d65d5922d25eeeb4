# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Figures of merit: pure functions of answers and scores; all rates are fractions 0..1."""

import numpy as np

BINS = 10


def auroc(known, strangers):
    """
    Return how often a frame of a taught label looks more familiar than a stranger.

    The area under the ROC curve as Mann and Whitney count it; a tie counts half.

    :param known: familiarities (K,); strangers: familiarities (U,); neither empty.
    """
    ordered = np.sort(known)
    below = np.searchsorted(ordered, strangers, side='left')
    up_to = np.searchsorted(ordered, strangers, side='right')
    return float(1 - (below + up_to).mean() / (2 * len(ordered)))


def detected_at(known, strangers, false_unknown):
    """
    Return the share of strangers refused where this share of the known frames is refused.

    A property of the score: no robot can set its threshold on frames it does not have.  Between
    two known frames the curve is interpolated.

    :param known: familiarities (K,); strangers: familiarities (U,); neither empty.
    """
    ordered = np.sort(known)
    detected = np.searchsorted(np.sort(strangers), ordered, side='left') / len(strangers)
    refused = np.arange(len(ordered)) / len(ordered)
    return float(np.interp(false_unknown, [*refused, 1.0], [*detected, 1.0]))


def reliability(score, right, bins=BINS):
    """
    Sort answers into bins of equal width by their score.

    :return: (bins, 3): frames, mean score and share of right answers in each; 0 where empty.
    """
    place = np.minimum((np.asarray(score) * bins).astype(int), bins - 1)
    frames = np.bincount(place, minlength=bins)
    sums = np.array([np.bincount(place, weights, bins) for weights in (score, right)])
    return np.column_stack([frames, *(sums / np.maximum(frames, 1))])


def ece(score, right, bins=BINS):
    """Return the expected calibration error: mean gap of score and accuracy over the bins."""
    table = reliability(score, right, bins)
    return float((table[:, 0] * np.abs(table[:, 1] - table[:, 2])).sum() / table[:, 0].sum())


def confusion(asked, best, classes):
    """Return how often class i was answered as j, (classes, classes) int64."""
    answered = best >= 0
    return np.bincount(asked[answered] * classes + best[answered],
                       minlength=classes * classes).reshape(classes, classes)


def per_class(asked, right, classes):
    """Return the share of right answers of each class, (classes,); NaN where none was asked."""
    frames = np.bincount(asked, minlength=classes)
    share = np.bincount(asked, right, classes) / np.maximum(frames, 1)
    return np.where(frames > 0, share, np.nan)
