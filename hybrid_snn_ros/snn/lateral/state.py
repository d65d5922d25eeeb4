# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the lateral rule learns, the state, and what reaches it of a frame, the trace."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.codes import PARTS
from hybrid_snn_ros.snn import coding
from hybrid_snn_ros.snn.backend import Array, array_namespace, ArrayNamespace
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.synaptic_operations import Reach


class State(NamedTuple):
    """
    All that is learned, float32, N inputs, C columns; row 0 is the background neuron.

    Units: a trace x is a spike count times nu, and a typical one has length 1.
    """

    lateral: Array  # P (N, N), symmetric, 1 / trace^2: precision (inverse scatter) of the inputs
    templates: Array  # m (C + 1, N), trace: mean of each column's frames
    weights: Array  # w (C + 1, N), 1 / trace: P m
    costs: Array  # A (C + 1,), drive: w.m / 2
    samples: np.ndarray  # n (C + 1,), int64, frames taught; always on the CPU
    # (C + 1,), int64, sum over those frames of PARTS / views; always on the CPU
    parts: np.ndarray


def counts(params: Params, codes: np.ndarray) -> np.ndarray:
    """Code the encoder's output codes, uint8 (N,), as spike counts 0..10, uint8 (N,)."""
    return coding.spike_counts(codes, params.saturation, params.power, rounding=0.5)


def phases(params: Params, inputs: int) -> np.ndarray:
    """Return the fixed phases 0..9 of the inputs, (N,): they keep the trains out of step."""
    return np.random.Generator(np.random.PCG64(params.seed)).integers(
        0, coding.STEPS, size=inputs)


def initial(params: Params, inputs: int, xp: ArrayNamespace = np) -> State:
    """Return the untaught state, held by backend xp: no column, only the background neuron."""
    return State(
        lateral=xp.eye(inputs, dtype=np.float32) / np.float32(params.ridge),
        templates=xp.zeros((1, inputs), dtype=np.float32),
        weights=xp.zeros((1, inputs), dtype=np.float32),
        costs=xp.zeros(1, dtype=np.float32),
        samples=np.zeros(1, dtype=np.int64),
        parts=np.zeros(1, dtype=np.int64))


def columns(state: State) -> int:
    """Return the number of columns."""
    return len(state.samples) - 1


def grow(params: Params, state: State) -> State:
    """Add one untaught column behind the others."""
    xp = array_namespace(state.lateral)
    row = xp.zeros((1, state.templates.shape[1]), dtype=np.float32)
    return state._replace(
        templates=xp.concatenate([state.templates, row]),
        weights=xp.concatenate([state.weights, row]),
        costs=xp.append(state.costs, row[0, :1]),
        samples=np.append(state.samples, np.int64(0)),
        parts=np.append(state.parts, np.int64(0)))


def arrange(params: Params, state: State, columns: Sequence[int]) -> State:
    """Return the state with these columns (0..C-1), in this order; those left out are gone."""
    if list(columns) == list(range(len(state.samples) - 1)):
        return state
    rows = [0, *(column + 1 for column in columns)]
    there = array_namespace(state.lateral).asarray(np.array(rows))
    return State(state.lateral, state.templates[there], state.weights[there],
                 state.costs[there], state.samples[rows], state.parts[rows])


def errors_learned(state: State) -> float:
    """
    Return how many errors were learned, in frames: what kappa is the mean over.

    The first view of a label has nothing to err from.  Of n frames that count w_i in views, a
    label's scatter has ``n - (sum of w_i^2) / n`` degrees of freedom, whatever their order.
    """
    taught = state.samples[1:] > 0
    return float(state.samples[0] - np.sum(
        state.parts[1:][taught] / (PARTS * state.samples[1:][taught])))


def trace(params: Params, spike_counts: Array) -> Array:
    """Return the synaptic trace x = nu k that a presentation leaves, float32 (..., N)."""
    return spike_counts.astype(np.float32) * np.float32(params.trace_scale)


def reach(state: State) -> Reach:
    """Return how far a spike reaches: the columns taught, and every input through P."""
    taught = int(np.count_nonzero(state.samples[1:]))  # row 0 is the background neuron
    return Reach(taught, len(state.lateral) if taught else 0)
