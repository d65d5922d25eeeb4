# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The decision: conformal p-value and threshold for known or unknown, temperature for the score.

Both rest on what taught frames look like to a network that has not seen them, the *records*.  A
frame's p-value is the share of the records that look no more typical than it, as in conformal
prediction; a frame is unknown when that lies below ``false_unknown``, so about that share of the
frames of taught labels is refused.  The score of a label is ``softmax(drive / T)``, temperature
scaling, with T such that the records' own labels are most likely (docs/learning.md, "Known or
unknown, and how sure").  What frames of untaught objects look like is estimated too: each sample,
had its label never been taught.  A frame more typical than nearly all of those is never called
unknown.  While records are few, the share of them says little; then their mean and spread do, by
Student's t-distribution (``FewRecords``).  For the lateral rule the records are exact at any time
(``lateral.leave_one_out``); for the original rule every sample is recorded just before it is
learned (prequentially), and unknown frames are not simulated.
"""

from collections.abc import Iterable, Sequence
import math
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn.response import Response

# Fewer records than this say nothing about a quantile of 5 %: nothing is called unknown yet.
MIN_RECORDS = 10
# With their spread, three do; and at this many the share of them is the better measure.
FEWEST, MANY_RECORDS = 3, 50
# What is known of the spread before there are records, unit of the drive, and how many records
# that is worth.  Chosen on splits of training parts: 3 to 10 frames of one label, 2 to 10 labels
# of 2 to 10 frames.
_PRIOR_SPREAD, _PRIOR_RECORDS = 0.2, 3
# Share of simulated unknown frames that may be taken for known: where taught labels stand far
# apart, a new view of one of them (a side it was never seen from) is less typical than any record
# and still looks nothing like an unknown object.
UNKNOWN_MISSED = 0.05
# Temperature while there are few records, in units of the drive, and the weight it then has.  Best
# for one and two shots of three data sets together, on splits of their training parts.
START_TEMPERATURE = 0.08
_START_WEIGHT = 10
_TEMPERATURES = np.geomspace(0.02, 5.0, 40)
_COUNT_TEMPERATURE = 0.5  # OUT spikes; chosen on validation splits of training data


class Record(NamedTuple):
    """How typical a taught frame looked just before it was learned."""

    column: int
    samples: int  # samples its column had then
    typicality: float


class LeftOut(NamedTuple):
    """What samples would have been answered, each without itself (K samples, C columns)."""

    typicality: np.ndarray  # (K,), unit of the drive
    drives: np.ndarray  # (K, C)
    columns: np.ndarray  # (K,), the column each was taught to
    typicality_if_unknown: np.ndarray  # (K,), had the sample's label never been taught


class FewRecords(NamedTuple):
    """
    The predictive distribution of one more record: Student's t.

    With a scaled inverse chi-squared prior on the variance (Gelman et al., Bayesian Data Analysis,
    3.2), of ``_PRIOR_RECORDS`` records of spread ``_PRIOR_SPREAD``.
    """

    mean: float  # unit of the drive
    scale: float  # unit of the drive
    freedom: int  # degrees of freedom

    @classmethod
    def of(cls, typicalities: np.ndarray) -> 'FewRecords':
        """Fit to records, (K,), K > 0."""
        mean, count = typicalities.mean(), len(typicalities)
        freedom = _PRIOR_RECORDS + count - 1
        variance = (_PRIOR_RECORDS * _PRIOR_SPREAD ** 2
                    + ((typicalities - mean) ** 2).sum()) / freedom
        return cls(float(mean), math.sqrt(variance * (1 + 1 / count)), freedom)

    def share_below(self, typicality: float) -> float:
        """
        Return the probability of a record no more typical than this, 0..1.

        By a normal deviate that is near enough, to 0.003 (Abramowitz and Stegun, 26.7.8).
        """
        t = (typicality - self.mean) / self.scale
        deviate = t * (1 - 1 / (4 * self.freedom)) / math.sqrt(1 + t * t / (2 * self.freedom))
        return math.erfc(-deviate / math.sqrt(2)) / 2


class Calibration(NamedTuple):
    """What the records say."""

    typicalities: np.ndarray  # (K,), ascending, unit of the drive
    temperature: float  # T, unit of the drive
    ceiling: float = np.inf  # what is more typical than this looks like no unknown frame
    few: FewRecords | None = None  # where they are so few that their spread tells more
    kept: Any = None  # what saves the next calibration time

    def p_value(self, typicality: float) -> float:
        """Return the share of records no more typical than this, 0..1; 1 where there are none."""
        if self.few is not None:
            return self.few.share_below(typicality)
        if len(self.typicalities) < MIN_RECORDS:
            return 1.0
        no_more_typical = np.searchsorted(self.typicalities, typicality, side='right')
        return float(no_more_typical) / len(self.typicalities)


class Decision(NamedTuple):
    """The answer to one frame, in columns."""

    ranked: list[tuple[int, float]]  # [(column, score)], best first, scores 0..1
    unknown: bool
    p_value: float  # share of the records no more typical than this frame, 0..1; 1 without records


UNCALIBRATED = Calibration(np.zeros(0), START_TEMPERATURE)


def calibrate(left_out: LeftOut) -> Calibration:
    """Calibrate on how samples look without themselves."""
    unknown = left_out.typicality_if_unknown[np.isfinite(left_out.typicality_if_unknown)]
    ceiling = np.inf  # fewer have no such quantile
    if len(unknown) >= 1 / UNKNOWN_MISSED:
        ceiling = np.quantile(unknown, 1 - UNKNOWN_MISSED)
    few = FEWEST <= len(left_out.typicality) < MANY_RECORDS
    return Calibration(np.sort(left_out.typicality),
                       fit_temperature(left_out.drives, left_out.columns), float(ceiling),
                       FewRecords.of(left_out.typicality) if few else None)


def calibrate_prequential(records: Iterable[Record], samples: Sequence[int]) -> Calibration:
    """
    Calibrate on records taken just before each sample was learned.

    A record taken when its column had less than half of today's samples describes a column that
    no longer exists; pooled records of such columns set the threshold too low.

    :param samples: samples of each column today, indexable by column.
    """
    return Calibration(
        np.sort([r.typicality for r in records if 2 * (r.samples + 1) > samples[r.column]]),
        _COUNT_TEMPERATURE)


def fit_temperature(drives: np.ndarray, columns: np.ndarray) -> float:
    """
    Temperature scaling: find the temperature that makes the right columns most likely.

    :param drives: (K, C); columns: (K,), the right one of each row.
    :return: float, drawn towards START_TEMPERATURE while rows are few.
    """
    if not len(columns) or drives.shape[1] < 2:
        return START_TEMPERATURE
    # Far below the best a column's share is zero; -inf itself would make zero times it a NaN.
    ahead = np.maximum(drives - drives.max(axis=1, keepdims=True), -1e6)
    right = ahead[np.arange(len(columns)), columns].mean()

    def fit(place: int) -> tuple[float, float]:
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


def decide(response: Response, calibration: Calibration, false_unknown: float,
           top: int) -> Decision:
    """
    Rank the columns and say whether the frame shows anything taught.

    :param response: of C columns.
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
    if false_unknown <= 0:
        return Decision(ranked, False, 1.0)
    p_value = calibration.p_value(response.typicality)
    unknown = p_value < false_unknown and response.typicality < calibration.ceiling
    return Decision(ranked, unknown, p_value)
