# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A third learning rule, nearest class mean, as anyone may add one: what a rule must decide."""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.snn import coding, decision
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rule import Rule
from hybrid_snn_ros.snn.rules import RULES

NAME = 'nearest-mean'


class Params(NamedTuple):
    saturation: float = 0.15


class State(NamedTuple):
    sums: np.ndarray  # (C, N) int64, spikes
    samples: np.ndarray  # (C,) int64


class NearestMean(Rule):
    Params, State = Params, State

    def counts(self, params, codes):
        return coding.spike_counts(codes, params.saturation)

    def initial(self, params, inputs, xp=np):
        return State(np.zeros((0, inputs), np.int64), np.zeros(0, np.int64))

    def columns(self, state):
        return len(state.samples)

    def grow(self, params, state):
        return State(np.pad(state.sums, ((0, 1), (0, 0))), np.append(state.samples, 0))

    def teach(self, params, state, spike_counts, column):
        state.sums[column] += spike_counts
        state.samples[column] += 1
        return state

    def readout(self, params, state, before=None):
        return state.sums / np.maximum(state.samples, 1)[:, None]

    def present(self, params, readout, spike_counts):
        near = -((readout - spike_counts) ** 2).mean(axis=1)
        return Response(np.zeros(len(near), int), near, near, max(near, default=-np.inf))


class Unlearning(NearestMean):
    """Sums of whole numbers are exact, so a lesson can be taken back; it keeps no records."""

    PREQUENTIAL = False

    def unlearn(self, params, state, spike_counts, column):
        state.sums[column] -= spike_counts
        state.samples[column] -= 1
        return state

    def arrange(self, params, state, columns):
        return State(state.sums[columns], state.samples[columns])

    def calibrate(self, params, state, lessons, records, samples):
        return decision.UNCALIBRATED


def register():
    """Let every user choose it."""
    RULES[NAME] = NearestMean()


if __name__ == '__main__':  # a node that knows the rule
    register()
    from hybrid_snn_ros.ros.main import main
    main()
