# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A third learning rule, nearest class mean, as anyone may add one: what a rule must decide."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn import coding, decision
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rule import Lesson, Rule
from hybrid_snn_ros.snn.rules import RULES

NAME = 'nearest-mean'


class Constants(NamedTuple):
    saturation: float = 0.15


class Sums(NamedTuple):
    sums: np.ndarray  # (C, N) int64, spikes
    samples: np.ndarray  # (C,) int64


class NearestMean(Rule):
    Params, State = Constants, Sums

    def counts(self, params: Constants, codes: np.ndarray) -> np.ndarray:
        return coding.spike_counts(codes, params.saturation)

    def initial(self, params: Constants, inputs: int, xp: Any = np) -> Sums:
        return Sums(np.zeros((0, inputs), np.int64), np.zeros(0, np.int64))

    def columns(self, state: Sums) -> int:
        return len(state.samples)

    def grow(self, params: Constants, state: Sums) -> Sums:
        return Sums(np.pad(state.sums, ((0, 1), (0, 0))), np.append(state.samples, 0))

    def teach(self, params: Constants, state: Sums, spike_counts: np.ndarray, column: int) -> Sums:
        state.sums[column] += spike_counts
        state.samples[column] += 1
        return state

    def readout(self, params: Constants, state: Sums, before: Any = None) -> np.ndarray:
        return state.sums / np.maximum(state.samples, 1)[:, None]

    def present(self, params: Constants, readout: np.ndarray,
                spike_counts: np.ndarray) -> Response:
        near = -((readout - spike_counts) ** 2).mean(axis=1)
        return Response(np.zeros(len(near), int), near, near, max(near, default=-np.inf))


class Unlearning(NearestMean):
    """Sums of whole numbers are exact, so a lesson can be taken back; it keeps no records."""

    PREQUENTIAL = False

    def unlearn(self, params: Constants, state: Sums, spike_counts: np.ndarray,
                column: int) -> Sums:
        state.sums[column] -= spike_counts
        state.samples[column] -= 1
        return state

    def arrange(self, params: Constants, state: Sums, columns: Sequence[int]) -> Sums:
        return Sums(state.sums[columns], state.samples[columns])

    def calibrate(self, params: Constants, state: Sums, lessons: Sequence[Lesson],
                  records: Sequence[decision.Record],
                  samples: Sequence[int],
                  before: decision.Calibration | None = None) -> decision.Calibration:
        return decision.UNCALIBRATED


def register() -> None:
    """Let every user choose it."""
    RULES[NAME] = NearestMean()


if __name__ == '__main__':  # a node that knows the rule
    register()
    from hybrid_snn_ros.ros.main import main
    main()
