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

from collections.abc import Sequence

import numpy as np

from hybrid_snn_ros.codes import all_views, PARTS, view_count
from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import Array, array_namespace
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.state import grow, State, trace
from hybrid_snn_ros.snn.lateral.synapses import LEAST_LEFT, step, step_all


def teach(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Learn one frame for one column, in place: the arrays of ``state`` change.

    :param spike_counts: uint8 (N,), 0..10, or (k, N) of k views, each of which counts 1/k.
    :param column: 0..C-1.
    :return: the state that replaces the one passed in.
    """
    views, j = all_views(spike_counts), column + 1
    for place, view in enumerate(views):
        _teach_view(params, state, view, j, len(views), place)
    _count(state, j, spike_counts, 1)
    return state


def _teach_view(params: Params, state: State, view: np.ndarray, j: int, views: int,
                place: int) -> None:
    """Learn the view at a place of several in row j, but for the samples; they count in views."""
    lateral, templates, weights, costs, samples, _ = state
    xp = array_namespace(lateral)
    x = trace(params, xp.asarray(view))
    own, everyone = (int(samples[c]) * views + place for c in (j, 0))
    if kernel.suits(lateral):
        kernel.Lateral(*state[:4]).teach(x, j, own, everyone, 1 / views)
        return
    h = lateral @ x
    if own:
        d = x - templates[j]
        r = h - weights[j]
        f = _factor(own / (own + 1) / views, d, r)
        step(state, d, r, f)
        h -= (f * (h @ d)) * r
    for c, n in ((j, own + 1), (0, everyone + 1)):
        templates[c] += (x - templates[c]) / np.float32(n)
        weights[c] += (h - weights[c]) / np.float32(n)
        costs[c] = (weights[c] @ templates[c]) / 2


def unlearn(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Take one lesson back, in place: the inverse of ``teach``, whatever was taught since.

    With n_j counting the view itself, S shrinks by ``g d d^T``, ``g = omega n_j / (n_j - 1)`` and
    ``d = x - m_j``; the templates take Welford's step backward.

    :param spike_counts: uint8 (N,) or (k, N), of a frame that the column was taught.
    :param column: 0..C-1.
    :return: the state that replaces the one passed in.
    """
    views, j = all_views(spike_counts), column + 1
    for place, view in enumerate(views):
        _unlearn_view(params, state, view, j, len(views), place)
    _count(state, j, spike_counts, -1)
    return state


def _unlearn_view(params: Params, state: State, view: np.ndarray, j: int, views: int,
                  place: int) -> None:
    """Take the view at a place of several out of row j, but for the samples."""
    lateral, templates, weights, costs, samples, _ = state
    x = trace(params, array_namespace(lateral).asarray(view))
    own, everyone = (int(samples[c]) * views - place for c in (j, 0))
    h = lateral @ x
    if own > 1:
        d = x - templates[j]
        r = h - weights[j]
        f = _factor(own / (own - 1) / views, d, r, back=True)
        step(state, d, r, f, back=True)
        h += (f * (h @ d)) * r
    for c, n in ((j, own - 1), (0, everyone - 1)):
        if n:
            templates[c] += (templates[c] - x) / np.float32(n)
            weights[c] += (weights[c] - h) / np.float32(n)
            costs[c] = (weights[c] @ templates[c]) / 2
        else:
            templates[c] = weights[c] = costs[c] = 0


def _count(state: State, j: int, spike_counts: np.ndarray, frames: int) -> None:
    """Count a frame, or minus one, in row j and in the background's."""
    state.samples[[j, 0]] += frames
    state.parts[[j, 0]] += frames * (PARTS // view_count(spike_counts))


def move(params: Params, state: State, frames: Sequence[np.ndarray], source: int,
         target: int) -> State:
    """
    Give frames of one column to another, in two steps however many they are.

    A column that parts into two of p and q frames takes ``g d d^T`` out of S, with d the
    difference of their templates and ``g = p q / (p + q)``; two that become one put it in.  (The
    identity by which the variance of a whole follows from those of its parts.)  So the frames are
    split off as a column of their own, which then becomes one with the target.

    :param frames: spike counts of frames that the source was taught, at least one: each uint8
        (N,), or (k, N) of its views.
    :param source, target: 0..C-1; a source that has no other frames is untaught afterwards.
    :return: the state that replaces the one passed in.
    """
    state, group = _as_column(params, state, frames)
    a, b = source + 1, target + 1
    _take_out(state, a, group)
    if state.samples[a]:
        _between(state, a, group, back=True)
    if state.samples[b]:
        _between(state, b, group)
    _put_in(state, b, group)
    return _without_last(state)


def teach_all(params: Params, state: State, frames: Sequence[np.ndarray], column: int) -> State:
    """
    Learn frames for one column at once; the same as one by one, up to rounding.

    They become a column of their own, whose scatter is learned in one step of rank K, and which
    then becomes one with the other (see ``move``).  P is read and written once instead of K times.

    :param frames: spike counts, at least one: each uint8 (N,), or (k, N) of its views.
    """
    state, group = _as_column(params, state, frames)
    _within(params, state, frames, group)
    if state.samples[column + 1]:
        _between(state, column + 1, group)
    for row in (column + 1, 0):
        _put_in(state, row, group)
    return _without_last(state)


def unlearn_all(params: Params, state: State, frames: Sequence[np.ndarray], column: int) -> State:
    """
    Take lessons of one column back at once: the inverse of ``teach_all``.

    :param frames: as of ``teach_all``, frames that the column was taught.
    """
    state, group = _as_column(params, state, frames)
    for row in (column + 1, 0):
        _take_out(state, row, group)
    if state.samples[column + 1]:
        _between(state, column + 1, group, back=True)
    _within(params, state, frames, group, back=True)
    return _without_last(state)


def _as_column(params: Params, state: State,
               frames: Sequence[np.ndarray]) -> tuple[State, int]:
    """Return the state with the means of frames in a last row, and which that is."""
    state = grow(params, state)
    group = len(state.samples) - 1
    total = sum(all_views(frame).sum(axis=0, dtype=np.int64) * (PARTS // view_count(frame))
                for frame in frames)
    mean = total * (params.trace_scale / (PARTS * len(frames)))
    state.templates[group] = array_namespace(state.lateral).asarray(mean.astype(np.float32))
    state.weights[group] = state.lateral @ state.templates[group]
    state.costs[group] = (state.weights[group] @ state.templates[group]) / 2
    state.samples[group] = len(frames)
    state.parts[group] = sum(PARTS // view_count(frame) for frame in frames)
    return state, group


def _without_last(state: State) -> State:
    return State(state.lateral, *(array[:-1] for array in state[1:]))


def _take_out(state: State, row: int, group: int) -> None:
    """Take the frames of a group out of the means of a row, in place."""
    _, templates, weights, costs, samples, parts = state
    samples[row] -= samples[group]
    parts[row] -= parts[group]
    if not samples[row]:
        templates[row] = weights[row] = costs[row] = 0
        return
    share = np.float32(samples[group] / samples[row])
    for array in (templates, weights):
        array[row] += (array[row] - array[group]) * share
    costs[row] = (weights[row] @ templates[row]) / 2


def _put_in(state: State, row: int, group: int) -> None:
    """Put the frames of a group into the means of a row, in place."""
    _, templates, weights, costs, samples, parts = state
    samples[row] += samples[group]
    parts[row] += parts[group]
    share = np.float32(samples[group] / samples[row])
    for array in (templates, weights):
        array[row] += (array[group] - array[row]) * share
    costs[row] = (weights[row] @ templates[row]) / 2


def _within(params: Params, state: State, frames: Sequence[np.ndarray], row: int,
            back: bool = False) -> None:
    """Learn, or unlearn, in place what lies between frames and their mean, which is a row's."""
    xp = array_namespace(state.lateral)
    x = trace(params, xp.asarray(np.concatenate([all_views(frame) for frame in frames])))
    share = np.repeat([view_count(frame) ** -0.5 for frame in frames],
                      [view_count(frame) for frame in frames]).astype(np.float32)
    step_all(state, (x - state.templates[row]) * xp.asarray(share)[:, None], back)


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
