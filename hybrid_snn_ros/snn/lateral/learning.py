# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Steps forward and back: teach a frame, unlearn it, move frames from one label to another.

Sherman-Morrison on the synapses, Welford's mean for the templates: equations (1) to (3) of the
package and, with the other sign, their exact inverse.  Each step rounds in float32; what many of
them leave behind, ``consolidation`` takes away.

The steps of one frame are local.  Those of many frames at once (``teach_all``, ``unlearn_all``)
are algebra that arrives where the local steps do, for a forget that need not be waited for.
"""

import numpy as np

from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import Array, array_namespace
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.state import grow, State, trace
from hybrid_snn_ros.snn.lateral.synapses import LEAST_LEFT, step, step_all


def teach(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Learn one frame for one column, in place: the arrays of ``state`` change.

    :param spike_counts: uint8 (N,), 0..10.
    :param column: 0..C-1.
    :return: the state that replaces the one passed in.
    """
    lateral, templates, weights, costs, samples = state
    xp = array_namespace(lateral)
    x = trace(params, xp.asarray(spike_counts))
    j = column + 1
    if kernel.suits(lateral):
        kernel.Lateral(*state[:4]).teach(x, j, float(samples[j]), float(samples[0]))
        samples[[j, 0]] += 1
        return state
    h = lateral @ x
    if samples[j] > 0:
        d = x - templates[j]
        r = h - weights[j]
        f = _factor(float(samples[j] / (samples[j] + 1)), d, r)
        step(state, d, r, f)
        h -= (f * (h @ d)) * r
    for c in (j, 0):
        samples[c] += 1
        n = np.float32(samples[c])
        templates[c] += (x - templates[c]) / n
        weights[c] += (h - weights[c]) / n
        costs[c] = (weights[c] @ templates[c]) / 2
    return state


def unlearn(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Take one lesson back, in place: the inverse of ``teach``, whatever was taught since.

    With n_j counting the frame itself, S shrinks by ``g d d^T``, ``g = n_j / (n_j - 1)`` and
    ``d = x - m_j``; the templates take Welford's step backward.

    :param spike_counts: uint8 (N,), of a frame that the column was taught.
    :param column: 0..C-1.
    :return: the state that replaces the one passed in.
    """
    lateral, templates, weights, costs, samples = state
    xp = array_namespace(lateral)
    x = trace(params, xp.asarray(spike_counts))
    j = column + 1
    h = lateral @ x
    if samples[j] > 1:
        d = x - templates[j]
        r = h - weights[j]
        f = _factor(float(samples[j] / (samples[j] - 1)), d, r, back=True)
        step(state, d, r, f, back=True)
        h += (f * (h @ d)) * r
    for c in (j, 0):
        samples[c] -= 1
        if samples[c]:
            n = np.float32(samples[c])
            templates[c] += (templates[c] - x) / n
            weights[c] += (weights[c] - h) / n
            costs[c] = (weights[c] @ templates[c]) / 2
        else:
            templates[c] = weights[c] = costs[c] = 0
    return state


def move(params: Params, state: State, spike_counts: np.ndarray, source: int,
         target: int) -> State:
    """
    Give frames of one column to another, in two steps however many they are.

    A column that parts into two of p and q frames takes ``g d d^T`` out of S, with d the
    difference of their templates and ``g = p q / (p + q)``; two that become one put it in.  (The
    identity by which the variance of a whole follows from those of its parts.)  So the frames are
    split off as a column of their own, which then becomes one with the target.

    :param spike_counts: uint8 (K, N), K > 0, of frames that the source was taught.
    :param source, target: 0..C-1; a source that has no other frames is untaught afterwards.
    :return: the state that replaces the one passed in.
    """
    state, group = _as_column(params, state, spike_counts)
    a, b = source + 1, target + 1
    _take_out(state, a, group)
    if state.samples[a]:
        _between(state, a, group, back=True)
    if state.samples[b]:
        _between(state, b, group)
    _put_in(state, b, group)
    return _without_last(state)


def teach_all(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Learn frames for one column at once; the same as one by one, up to rounding.

    They become a column of their own, whose scatter is learned in one step of rank K, and which
    then becomes one with the other (see ``move``).  P is read and written once instead of K times.

    :param spike_counts: uint8 (K, N), K > 0.
    """
    state, group = _as_column(params, state, spike_counts)
    _within(params, state, spike_counts, group)
    if state.samples[column + 1]:
        _between(state, column + 1, group)
    for row in (column + 1, 0):
        _put_in(state, row, group)
    return _without_last(state)


def unlearn_all(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Take lessons of one column back at once: the inverse of ``teach_all``.

    :param spike_counts: uint8 (K, N), K > 0, of frames that the column was taught.
    """
    state, group = _as_column(params, state, spike_counts)
    for row in (column + 1, 0):
        _take_out(state, row, group)
    if state.samples[column + 1]:
        _between(state, column + 1, group, back=True)
    _within(params, state, spike_counts, group, back=True)
    return _without_last(state)


def _as_column(params: Params, state: State, spike_counts: np.ndarray) -> tuple[State, int]:
    """Return the state with the means of frames in a last row, and which that is."""
    state = grow(params, state)
    group = len(state.samples) - 1
    total = spike_counts.sum(axis=0, dtype=np.int64) * (params.trace_scale / len(spike_counts))
    state.templates[group] = array_namespace(state.lateral).asarray(total.astype(np.float32))
    state.weights[group] = state.lateral @ state.templates[group]
    state.costs[group] = (state.weights[group] @ state.templates[group]) / 2
    state.samples[group] = len(spike_counts)
    return state, group


def _without_last(state: State) -> State:
    return State(state.lateral, *(array[:-1] for array in state[1:]))


def _take_out(state: State, row: int, group: int) -> None:
    """Take the frames of a group out of the means of a row, in place."""
    _, templates, weights, costs, samples = state
    samples[row] -= samples[group]
    if not samples[row]:
        templates[row] = weights[row] = costs[row] = 0
        return
    share = np.float32(samples[group] / samples[row])
    for array in (templates, weights):
        array[row] += (array[row] - array[group]) * share
    costs[row] = (weights[row] @ templates[row]) / 2


def _put_in(state: State, row: int, group: int) -> None:
    """Put the frames of a group into the means of a row, in place."""
    _, templates, weights, costs, samples = state
    samples[row] += samples[group]
    share = np.float32(samples[group] / samples[row])
    for array in (templates, weights):
        array[row] += (array[group] - array[row]) * share
    costs[row] = (weights[row] @ templates[row]) / 2


def _within(params: Params, state: State, spike_counts: np.ndarray, row: int,
            back: bool = False) -> None:
    """Learn, or unlearn, in place what lies between frames and their mean, which is a row's."""
    x = trace(params, array_namespace(state.lateral).asarray(spike_counts))
    step_all(state, x - state.templates[row], back)


def _between(state: State, one: int, other: int, back: bool = False) -> None:
    """Learn, or unlearn, in place what lies between the templates of two rows."""
    d = state.templates[one] - state.templates[other]
    r = state.weights[one] - state.weights[other]
    p, q = (int(state.samples[row]) for row in (one, other))
    step(state, d, r, _factor(p * q / (p + q), d, r, back), back)


def _factor(weight: float, d: Array, r: Array, back: bool = False) -> Array:
    """Return f with which S grows, or shrinks, by g d d^T; g is the weight."""
    g = np.float32(weight)
    if not back:
        return g / (1 + g * (d @ r))
    return g / array_namespace(d).maximum(1 - g * (d @ r), np.float32(LEAST_LEFT))
