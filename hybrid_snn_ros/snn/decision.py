# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The decision: from the columns' response to ranked columns, a score, and known or unknown.

Both rest on what taught frames look like to a network that has not seen them, the *records*: a
frame is unknown when its familiarity lies below the ``false_unknown`` quantile of the records'
familiarities, so that about that share of the frames of taught labels is refused; and the score
of a label is ``softmax(drive / T)`` with T such that the records' own labels are most likely
(UNKNOWN.md section 2).  What strangers look like is known too: each sample, had its label never
been taught.  A frame more familiar than nearly all of those is never called unknown.  For the
lateral rule the records are exact at any time (``snn.leave_one_out``); for the original rule every
sample is recorded just before it is learned, and strangers are not simulated.
"""

from typing import NamedTuple

import numpy as np

# Fewer records than this say nothing about a quantile of 5 %: nothing is called unknown yet.
MIN_RECORDS = 10
# Share of simulated strangers that may be taken for known: where taught labels stand far apart,
# a new view of one of them (a side it was never seen from) is stranger than any record and still
# nothing like a stranger.
STRANGERS_MISSED = 0.05
# Temperature while there are few records, in units of the drive, and the weight it then has.  Best
# for one and two shots of three data sets together, on splits of their training parts.
START_TEMPERATURE = 0.08
_START_WEIGHT = 10
_TEMPERATURES = np.geomspace(0.02, 5.0, 40)


class Record(NamedTuple):
    """How familiar a taught frame was just before it was learned."""

    column: int
    samples: int  # samples its column had then
    familiarity: float


class Calibration(NamedTuple):
    """What the records say."""

    familiarities: np.ndarray  # (K,), ascending
    temperature: float
    ceiling: float = np.inf  # what is more familiar than this looks like no stranger


class Decision(NamedTuple):
    """The answer to one frame, in columns."""

    ranked: list  # [(column, score)], best first, scores 0..1
    unknown: bool
    known: float  # share of the records at least as strange as this frame, 0..1; 1 without records


def calibrate(hindsight):
    """
    Calibrate on records of how samples look without themselves.

    :param hindsight: leave_one_out.Hindsight.
    """
    strange = hindsight.strange[np.isfinite(hindsight.strange)]
    ceiling = np.quantile(strange, 1 - STRANGERS_MISSED) if len(strange) else np.inf
    return Calibration(np.sort(hindsight.familiarity),
                       fit_temperature(hindsight.drives, hindsight.columns), float(ceiling))


def calibrate_prequential(records, samples):
    """
    Calibrate on records taken just before each sample was learned.

    A record taken when its column had less than half of today's samples describes a column that
    no longer exists; pooled records of such columns set the threshold too low.

    :param records: iterable of Record.
    :param samples: samples of each column today, indexable by column.
    """
    return Calibration(
        np.sort([r.familiarity for r in records if 2 * (r.samples + 1) > samples[r.column]]),
        0.5)  # OUT spikes; chosen on validation splits of training data


def fit_temperature(drives, columns):
    """
    Find the temperature that makes the right columns most likely.

    :param drives: (K, C); columns: (K,), the right one of each row.
    :return: float, drawn towards START_TEMPERATURE while rows are few.
    """
    if not len(columns) or drives.shape[1] < 2:
        return START_TEMPERATURE
    # Far below the best a column's share is zero; -inf itself would make zero times it a NaN.
    ahead = np.maximum(drives - drives.max(axis=1, keepdims=True), -1e6)
    right = ahead[np.arange(len(columns)), columns].mean()

    def fit(place):
        """Return the surprise at a temperature and how it rises with 1 / temperature."""
        inverse = 1 / _TEMPERATURES[place]
        share = np.exp(ahead * inverse)
        total = share.sum(axis=1)
        rise = (np.einsum('kc,kc->k', share, ahead) / total).mean() - right
        return np.log(total).mean() - right * inverse, rise

    # Surprise is convex in 1 / temperature, so its slope says on which side the best one lies.
    low, high = 0, len(_TEMPERATURES) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fit(middle)[1] > 0 else (low, middle)
    best = _TEMPERATURES[low if fit(low)[0] <= fit(high)[0] else high]
    weight = len(columns) / (len(columns) + _START_WEIGHT)
    return float(best ** weight * START_TEMPERATURE ** (1 - weight))


def decide(response, calibration, false_unknown, top):
    """
    Rank the columns and say whether the frame shows anything taught.

    :param response: rule.Response of C columns.
    :param calibration: Calibration.
    :param false_unknown: nominal share of frames of taught labels called unknown; 0 never refuses.
    :param top: how many columns to rank.

    The columns are ranked by what they spiked.  Where two are so close that spikes and graded
    drives disagree, the better one gets the better score.
    """
    if not len(response.evidence):
        return Decision([], True, 0.0)
    score = np.exp((response.drives - response.drives.max()) / calibration.temperature)
    score = np.sort(score / score.sum())[::-1]
    best = np.argsort(-response.evidence, kind='stable')[:top]
    ranked = [(int(c), float(s)) for c, s in zip(best, score)]
    familiarities = calibration.familiarities
    if len(familiarities) < MIN_RECORDS or false_unknown <= 0:
        return Decision(ranked, False, 1.0)
    stranger = np.searchsorted(familiarities, response.familiarity, side='right')
    known = float(stranger) / len(familiarities)
    unknown = known < false_unknown and response.familiarity < calibration.ceiling
    return Decision(ranked, unknown, known)
