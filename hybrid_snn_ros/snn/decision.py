# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The decision: from the columns' response to ranked columns, a score, and known or unknown.

Unknown (UNKNOWN.md section 2): every taught frame is scored *just before* it is learned.  These
prequential records say what the familiarity of a true but new view looks like, without any frame
being held back.  A frame is unknown when its familiarity lies below the ``false_unknown`` quantile
of the records, so that about that share of the frames of taught labels is refused.
"""

from typing import NamedTuple

import numpy as np

# Softmax temperature in OUT spikes: chosen on validation splits of training data.
TEMPERATURE = 0.5
# Fewer records than this say nothing about a quantile of 5 %: nothing is called unknown yet.
MIN_RECORDS = 10


class Record(NamedTuple):
    """How familiar a taught frame was just before it was learned."""

    column: int
    samples: int  # samples its column had then
    familiarity: float


class Decision(NamedTuple):
    """The answer to one frame, in columns."""

    ranked: list  # [(column, score)], best first, scores 0..1
    unknown: bool
    known: float  # share of the records at least as strange as this frame, 0..1; 1 without records


def mature_familiarities(records, samples):
    """
    Pick the records that speak for the columns as they are now.

    A record taken when its column had less than half of today's samples describes a column that
    no longer exists; pooled records of such columns set the threshold too low.

    :param records: iterable of Record.
    :param samples: samples of each column today, indexable by column.
    :return: float (M,), ascending.
    """
    return np.sort([r.familiarity for r in records if 2 * (r.samples + 1) > samples[r.column]])


def decide(response, familiarities, false_unknown, top):
    """
    Rank the columns and say whether the frame shows anything taught.

    :param response: rule.Response of C columns.
    :param familiarities: ascending, from ``mature_familiarities``.
    :param false_unknown: nominal share of frames of taught labels called unknown; 0 never refuses.
    :param top: how many columns to rank.
    """
    evidence = response.evidence
    if not len(evidence):
        return Decision([], True, 0.0)
    score = np.exp((evidence - evidence.max()) / TEMPERATURE)
    score /= score.sum()
    best = np.argsort(-evidence, kind='stable')[:top]
    ranked = [(int(c), float(score[c])) for c in best]
    if len(familiarities) < MIN_RECORDS or false_unknown <= 0:
        return Decision(ranked, False, 1.0)
    stranger = np.searchsorted(familiarities, response.familiarity, side='right')
    known = float(stranger) / len(familiarities)
    return Decision(ranked, known < false_unknown, known)
