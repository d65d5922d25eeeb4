# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Teaching the lateral rule: Sherman-Morrison on the synapses, Welford's mean for the templates.

Equations (1) to (3) of the package, on the CPU (NumPy or the compiled kernel) or on a GPU.
"""

from typing import Any

import numpy as np

from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import array_namespace
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.quantisation import Readout
from hybrid_snn_ros.snn.lateral.state import State, trace
from hybrid_snn_ros.snn.lateral.synapses import rank_one_downdate


def teach(params: Params, state: State, spike_counts: np.ndarray, column: int,
          shown: Readout | None = None) -> State:
    """
    Learn one frame for one column, in place: the arrays of ``state`` change.

    :param spike_counts: uint8 (N,), 0..10.
    :param column: 0..C-1.
    :param shown: the Readout by which the frame was answered, where there is one: if it was the
        last frame and nothing was taught since, its way through P is not gone again.
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
    h = shown.cached_response.lookup(state, spike_counts) if shown else None
    if h is None:
        h = lateral @ x
    if samples[j] > 0:
        d = x - templates[j]
        r = h - weights[j]
        g = np.float32(samples[j] / (samples[j] + 1))
        f = g / (1 + g * (d @ r))
        rank_one_downdate(lateral, r * xp.sqrt(f))
        q = weights @ d
        weights -= xp.outer(f * q, r)
        costs -= (f / 2) * q * q
        h -= (f * (h @ d)) * r
    for c in (j, 0):
        samples[c] += 1
        n = np.float32(samples[c])
        templates[c] += (x - templates[c]) / n
        weights[c] += (h - weights[c]) / n
        costs[c] = (weights[c] @ templates[c]) / 2
    return state


def cache_notes(state: State) -> dict[str, Any]:
    """Return who teaches: the compiled kernel rounds otherwise than NumPy, so never mix them."""
    return {'compiled': kernel.suits(state.lateral)}
