# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
From leave-one-out answers to what a person wants to know of what was taught.

Each sample is judged by a network that has learned neither it nor what is too alike.  Its margin
is the drive of its own label less that of the best other, in temperatures: the log of the odds
that its label is right.  A sample with odds of ``SUSPECT_ODDS`` against it is a *suspect*, most
likely a wrong label, and no evidence of how well its label is recognised.  (Confident learning,
Northcutt et al. 2021, by one leave-one-out model in the place of folds.)

Samples too alike to tell count as one: a look.
"""

from collections.abc import Generator
import math
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.audit.interval import wilson
from hybrid_snn_ros.memory.labels import NAMELESS
from hybrid_snn_ros.network import Network
from hybrid_snn_ros.snn.decision import fit_temperature

# Chosen on splits of the training parts of three sets, 20 samples of each label and a tenth of
# them wrong: with 4 to 8 the mean accuracy is within 2 points of the truth on the larger two,
# with 4 to 10 within 5 on the third.
SUSPECT_ODDS = 6.0
ENOUGH = 0.7  # lower end of the interval: nine different looks of nine, say, or 14 of 15
DOUBTFUL = 10  # samples that are listed
# A difference of two means of one thing is about 1, in units of what it is expected to be.
ONE_THING = 3.0


class Quality(NamedTuple):
    """How well a label is recognised in samples that were left out."""

    label: str
    samples: int
    looks: float  # different ones among those judged, without suspects
    accuracy: float | None  # share of the looks named right; None while there are none
    low: float  # Wilson's interval, 95 %
    high: float
    suspects: int
    verdict: str  # 'enough', 'more' or 'too few'
    more_like: int | None  # the sample whose side wants more, where there is one
    taken_for: str | None  # what that one is taken for

    @property
    def sentence(self) -> str:
        """What to do, in words."""
        if self.verdict == 'enough':
            return 'enough'
        if self.more_like is None or self.taken_for is None:
            return 'too few' if self.verdict == 'too few' else 'more'
        return f'more like sample {self.more_like}, taken for {self.taken_for}'


class Doubtful(NamedTuple):
    """A sample that fits another label better than its own, or nearly."""

    sample: int
    label: str
    better: str  # the best other label
    odds: float  # its own label against that one; below 1 the other fits better

    @property
    def suspect(self) -> bool:
        """Whether it is most likely a wrong label."""
        return self.odds * SUSPECT_ODDS < 1


class Confusion(NamedTuple):
    """How often looks of a label are taken for another."""

    label: str
    other: str
    share: float  # of the label's looks, 0..1


class OneThing(NamedTuple):
    """Two labels whose samples tell nothing apart; a hint, never more."""

    label: str
    other: str
    t: float  # about 1 for one thing


class Findings(NamedTuple):
    """All of it."""

    labels: list[Quality]  # worst first
    confusions: list[Confusion]  # most frequent first
    doubtful: list[Doubtful]  # most doubtful first
    one_thing: list[OneThing]  # likeliest first
    repeats: list[tuple[int, int]]  # (sample, the earlier one of its label that it nearly is)
    unjudged: int  # samples whose label has no other look
    margins: dict[int, float]  # of each sample that was judged, log odds


def audit(network: Network) -> Generator[None, None, Findings | None]:
    """
    Judge every sample; a generator that pauses after steps of a few milliseconds.

    :param network: must not change meanwhile (``network.revision``).
    :return: Findings; None where the rule cannot look at a sample without it.
    """
    if network.rule.review is None:
        return None
    review = yield from network.review()
    named = np.array([label not in NAMELESS for label in network.labels], bool)
    mine = named[review.columns]
    judged = mine & np.isfinite(review.typicality) & (len(named) > 1)  # one is told from another
    columns, drives = review.columns[judged], review.drives[judged]
    numbers, looks = review.numbers[judged], 1 / review.twins[judged]
    margins, others = _margins(drives, columns)
    yield
    suspect = margins < -math.log(SUSPECT_ODDS)
    labels = [_quality(network.labels[c], int((review.columns == c).sum()), numbers[columns == c],
                       margins[columns == c], looks[columns == c], suspect[columns == c],
                       [network.labels[other] for other in others[columns == c]])
              for c in np.flatnonzero(named)]
    order = np.argsort(margins, kind='stable')[:DOUBTFUL]
    doubtful = [Doubtful(int(numbers[at]), network.labels[columns[at]], network.labels[others[at]],
                         math.exp(margins[at])) for at in order]
    repeats = mine & (review.repeats >= 0)
    return Findings(
        sorted(labels, key=lambda one: (one.accuracy is not None, one.low, one.label)),
        _confusions(network.labels, columns, others, margins, looks, suspect), doubtful,
        _one_thing(network.labels, review.apart, named),
        [(int(sample), int(earlier)) for sample, earlier in zip(
            review.numbers[repeats], review.repeats[repeats])],
        int(mine.sum() - judged.sum()), dict(zip(numbers.tolist(), margins.tolist())))


def _margins(drives: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log odds (K,) of the own columns against the best others, and those (K,)."""
    if not len(columns):
        return np.zeros(0), np.zeros(0, np.int64)
    row = np.arange(len(columns))
    others = drives.copy()
    others[row, columns] = -np.inf
    best = others.argmax(axis=1)
    temperature = fit_temperature(drives, columns)
    return (drives[row, columns] - others[row, best]) / temperature, best


def _quality(label: str, samples: int, numbers: np.ndarray, margins: np.ndarray,
             looks: np.ndarray, suspect: np.ndarray, others: list[str]) -> Quality:
    trusted = looks[~suspect]
    trials = float(trusted.sum())
    if not trials:
        return Quality(label, samples, 0.0, None, 0.0, 1.0, int(suspect.sum()), 'too few', None,
                       None)
    right = float(trusted[margins[~suspect] > 0].sum())
    low, high = wilson(min(right, trials), trials)
    if low >= ENOUGH:
        return Quality(label, samples, trials, right / trials, low, high, int(suspect.sum()),
                       'enough', None, None)
    worst = int(np.where(suspect, np.inf, margins).argmin())
    side = margins[worst] <= 0
    return Quality(label, samples, trials, right / trials, low, high, int(suspect.sum()), 'more',
                   int(numbers[worst]) if side else None, others[worst] if side else None)


def _confusions(labels: list[str], columns: np.ndarray, others: np.ndarray, margins: np.ndarray,
                looks: np.ndarray, suspect: np.ndarray) -> list[Confusion]:
    counted: dict[tuple[int, int], float] = {}
    totals = np.bincount(columns[~suspect], looks[~suspect], minlength=len(labels))
    for at in np.flatnonzero((margins <= 0) & ~suspect):
        pair = int(columns[at]), int(others[at])
        counted[pair] = counted.get(pair, 0.0) + float(looks[at])
    found = [Confusion(labels[one], labels[other], count / totals[one])
             for (one, other), count in counted.items()]
    return sorted(found, key=lambda one: (-one.share, one.label, one.other))


def _one_thing(labels: list[str], apart: np.ndarray, named: np.ndarray) -> list[OneThing]:
    # NaN, which a pair without samples or scatter has, is no small number.
    pairs = np.argwhere(np.triu(apart < ONE_THING, 1) & named & named[:, None])
    found = [OneThing(labels[one], labels[other], float(apart[one, other]))
             for one, other in pairs]
    return sorted(found, key=lambda one: one.t)
