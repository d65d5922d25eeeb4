# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Replay for the ``original`` rule: a few stored samples, shown again after each taught frame.

Ours, not published (the general idea, rehearsal against forgetting, is old).  Every label keeps
up to ``kept`` of its frames as spike counts, by reservoir sampling: of the n frames taught so far
each is kept with the same chance ``kept / n``.  After a taught frame ``replay`` different ones of
all that is stored are drawn, and only then the frame itself is offered to the store.  The label
being taught takes part in the draw.

What is drawn and kept is a function of the seed and the frame's number alone.
"""

import numpy as np

from hybrid_snn_ros.snn.original.constants import Params
from hybrid_snn_ros.snn.original.plasticity import State

FRAME, STORE = 0, 2 ** 32  # what a generator is for; from 1: the noise of a replayed sample


def generator(params: Params, frame: int, purpose: int = FRAME) -> np.random.Generator:
    """Return random numbers that depend on the seed, the frame's number and a purpose alone."""
    return np.random.Generator(np.random.Philox(
        key=[params.seed, frame], counter=[0, 0, 0, purpose]))


def draw(params: Params, state: State,
         random: np.random.Generator) -> list[tuple[np.ndarray, int]]:
    """
    Draw stored samples, all with the same chance.

    :return: list of (counts uint8 (N,), column); shorter than ``replay`` where there are fewer.
    """
    columns, places = np.nonzero(np.arange(state.stored.shape[1]) < state.frames[:, None])
    chosen = random.permutation(len(columns))[:params.replay]
    return [(state.stored[columns[i], places[i]], int(columns[i])) for i in chosen]


def keep(state: State, counts: np.ndarray, column: int, random: np.random.Generator) -> None:
    """Store a taught frame in place, or not: every frame of the label has the same chance."""
    place = int(state.frames[column])
    kept = state.stored.shape[1]
    if place >= kept:
        place = int(random.integers(place + 1))
    if place < kept:
        state.stored[column, place] = counts
    state.frames[column] += 1
