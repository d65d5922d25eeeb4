# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Synaptic resources of the ``original`` rule: the weight map, conservation, consolidation.

A synapse holds a resource W, which learning moves, and a weight w, which neurons feel::

    d    = w_max - w_min
    w(W) = w_min + d max(W, 0) / (d + max(W, 0))          saturates at both ends
    W(w) = (w - w_min) d / (d - (w - w_min))              so w = 0  <=>  W = -w_min d / w_max

(public repository KasperskyLab/knp, synaptic-resource STDP; the same map gives the initial
resource 3.192 of the public ArNI-X networks from their w_min and w_max alone.)

One change of a neuron by ``delta`` (``trace_i`` = 1 for an input that fired, 0 otherwise)::

    W_i <- W_i + delta trace_i                             the contributing synapses
    W_i <- W_i - delta sum(trace) / (N + n_silent)         conservation: what they gained, all pay
    A   <- alpha sum_i max(w_i, 0)                         a strong neuron is harder to fire

``n_silent`` imaginary silent synapses pay their share too, so resource leaks through them.
Ours, not published: the graded trace ``k_i / 10``, and consolidation, the slow copy by which a
neuron answers while the fast weights go on learning::

    n <- n + 1;   b = max(1/n, beta);   w_slow <- w_slow + b (w - w_slow);   A_slow likewise
"""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace, ArrayNamespace
from hybrid_snn_ros.snn.coding import MAX_COUNT
from hybrid_snn_ros.snn.original.constants import Params


class State(NamedTuple):
    """
    Everything learned: C columns, E copies, L neurons each, N inputs (float32 unless said).

    The column comes first, so a new column is a new block behind the others.  On a GPU live the
    arrays with a synapse or a threshold in them; what only steers learning stays on the CPU.
    """

    resource: Array  # W (C, E, L, N), unit of a weight: what learning moves
    weight: Array  # w (C, E, L, N), potential a spike adds: w(W)
    slow: Array  # w_slow (C, E, L, N), consolidated weights; (C, E, L, 0) when beta is zero
    excess: Array  # A (C, E, L), potential: what a neuron's threshold lies above theta
    slow_excess: Array  # A_slow (C, E, L), potential: A of the consolidated weights
    stability: np.ndarray  # s (C, E, L) on the CPU; a neuron learns at the rate 2^-s
    samples: np.ndarray  # n (C, E, L) int32 on the CPU, changes of each neuron; 0 = uncommitted
    stored: np.ndarray  # (C, kept, N) uint8 on the CPU, for replay; (C, 0, N) without replay
    frames: np.ndarray  # (C,) int32 on the CPU, frames of each label offered for storing
    taught: int  # frames taught; picks the noise of the next one


def weight_of(params: Params, resource: Array) -> Array:
    """Return the weights of resources, any shape (arXiv 2409.01230)."""
    span = params.w_max - params.w_min
    positive = array_namespace(resource).maximum(resource, 0)
    return params.w_min + span * positive / (span + positive)


def resource_of(params: Params, weight: Array) -> Array:
    """Return the resources of weights, ``w_min <= weight < w_max``; inverse of weight_of."""
    span = params.w_max - params.w_min
    return (weight - params.w_min) * span / (params.w_max - weight)


def initial_resource(params: Params) -> float:
    """Return the resource an untaught synapse starts with, the one of weight zero."""
    return resource_of(params, 0.0)


def blocks(params: Params, columns: int, inputs: int, xp: ArrayNamespace = np) -> State:
    """
    Return the state of untaught columns.

    :param columns: how many, C; may be zero.
    :param inputs: synapses of a neuron, N.
    :param xp: backend that holds the synapses.
    :return: State that has been taught no frame.
    """
    neurons = (columns, params.copies, params.neurons)
    consolidated = inputs if params.beta > 0 else 0
    return State(
        resource=xp.full(neurons + (inputs,), initial_resource(params), dtype=np.float32),
        weight=xp.zeros(neurons + (inputs,), dtype=np.float32),
        slow=xp.zeros(neurons + (consolidated,), dtype=np.float32),
        excess=xp.zeros(neurons, dtype=np.float32),
        slow_excess=xp.zeros(neurons, dtype=np.float32),
        stability=np.zeros(neurons, dtype=np.float32),
        samples=np.zeros(neurons, dtype=np.int32),
        stored=np.zeros((columns, params.kept if params.replay else 0, inputs), dtype=np.uint8),
        frames=np.zeros(columns, dtype=np.int32),
        taught=0)


def trace_of(params: Params, counts: Array) -> Array:
    """Return how far each synapse contributed, float32 (N,) in 0..1, from its spike count."""
    if params.graded_trace:
        return counts.astype(np.float32) / MAX_COUNT
    return (counts > 0).astype(np.float32)


def change(params: Params, state: State, rows: tuple[np.ndarray, ...], delta: np.ndarray,
           trace: Array) -> None:
    """
    Move the resources of some neurons, in place, and all that follows from them.

    :param rows: tuple of three index arrays (R,) into columns, copies and neurons, on the CPU.
    :param delta: float32 (R,), likewise; change of a fully contributing synapse, rate included.
    :param trace: float32 (N,), see trace_of; every row is changed along the same trace; on the
        backend of the synapses.
    """
    if not len(delta):
        return
    state.samples[rows] += 1
    blend = np.maximum(1 / state.samples[rows], params.beta).astype(np.float32)
    xp = array_namespace(state.resource)
    if xp is not np:
        steps = xp.asarray(np.array([delta, blend]))  # fewer and larger transfers
        rows, (delta, blend) = tuple(xp.asarray(np.array(rows))), steps
    # All rows share the trace, so conservation is one centring of it instead of R sums.
    inputs = trace.shape[0]
    direction = trace - trace.sum() / (inputs + params.n_silent)
    resource = state.resource[rows] + delta[:, None] * direction
    weight = weight_of(params, resource)
    state.resource[rows] = resource
    state.weight[rows] = weight
    state.excess[rows] = excess = params.alpha * xp.maximum(weight, 0).sum(axis=1)
    if params.beta > 0:
        state.slow[rows] += blend[:, None] * (weight - state.slow[rows])
        state.slow_excess[rows] += blend * (excess - state.slow_excess[rows])
