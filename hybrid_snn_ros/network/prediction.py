# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The answer to one frame, in labels."""

from collections.abc import Sequence
from typing import NamedTuple

from hybrid_snn_ros.memory.labels import NAMELESS, UNKNOWN
from hybrid_snn_ros.snn.decision import Decision


class Prediction(NamedTuple):
    """The answer to one frame."""

    label: str  # the best label, or 'unknown'
    score: float  # 0..1; for 'unknown' how sure it is that the frame shows no label
    unknown: bool
    ranked: list[tuple[str, float]]  # [(label, score)], the best taught labels, best first
    p_value: float  # conformal: share of taught frames that looked no more typical, 0..1
    # why it is unknown: 'strange', or as it was taught, 'other' or 'nothing'; '' where it is known
    reason: str = ''

    def best(self, top: int) -> 'Prediction':
        """Return it with at most so many ranked labels."""
        return self if len(self.ranked) <= top else self._replace(ranked=self.ranked[:top])


def prediction_of(decision: Decision, labels: Sequence[str]) -> Prediction:
    """Name the columns of a decision."""
    ranked = [(labels[column], score) for column, score in decision.ranked]
    if decision.unknown:
        return Prediction(UNKNOWN, 1.0 - decision.p_value, True, ranked, decision.p_value,
                          'strange')
    label, score = ranked[0]
    if label in NAMELESS:
        return Prediction(UNKNOWN, score, True, ranked, decision.p_value, label)
    return Prediction(label, score, False, ranked, decision.p_value)
