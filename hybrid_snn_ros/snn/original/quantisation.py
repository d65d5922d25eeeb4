# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Symmetric int8 quantisation: what the ``original`` rule answers with, from what it has learned.

A lesson changes one neuron of a column at most, and none of most columns.  So the kernel's weights
are renewed where they changed: to lay all of them out again takes longer than the lesson.
"""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import Array, array_namespace
from hybrid_snn_ros.snn.currents import quantise
from hybrid_snn_ros.snn.original.constants import answering_noise, Params
from hybrid_snn_ros.snn.original.plasticity import State

_FEW = 8  # a row costs so many times more alone than as one of all


class Readout(NamedTuple):
    """
    What answering needs: the R neurons that were ever taught, and all thresholds.

    A neuron answers by weights on a grid of 127 levels of its strongest: whole numbers, held as
    float32 for BLAS or as int8 by the kernel.  Their sums are exact, so both spike alike.
    """

    weight: Array | None  # (R, N) whole numbers; None with the kernel, as is step
    step: Array | None  # (R,), what a level of a neuron is worth
    committed: Array  # (R,) places of those neurons among the C E L
    threshold: Array  # (C, E, L) float32, potential
    compiled: kernel.Columns | None = None  # None for NumPy's forms
    samples: np.ndarray | None = None  # (C, E, L) n by then; None without the kernel


def readout(params: Params, state: State, before: Readout | None = None) -> Readout:
    """
    Derive what answering needs, so that teaching may go on meanwhile.

    :param before: the Readout of an earlier state of the same network, or None; it is used up.
    :return: Readout, bit for bit the same with and without ``before``.
    """
    committed = np.flatnonzero(state.samples)
    weight, excess = ((state.slow, state.slow_excess) if params.beta > 0
                      else (state.weight, state.excess))
    threshold = excess + np.float32(params.theta)
    if kernel.suits(weight) and len(committed):
        columns = _renewed(before, state.samples, weight)
        if columns is None:
            columns = kernel.Columns(
                weight.reshape((-1,) + weight.shape[2:]), params.leak)  # (C E, L, N)
        return Readout(None, None, committed, threshold,
                       columns.several(threshold.reshape(-1, params.neurons),
                                       answering_noise(params)), state.samples.copy())
    committed = array_namespace(weight).asarray(committed)
    synapses, step = quantise(weight.reshape(-1, weight.shape[-1])[committed])
    return Readout(synapses, step, committed, threshold)


def _renewed(before: Readout | None, samples: np.ndarray,
             weight: np.ndarray) -> kernel.Columns | None:
    """Return the kernel's columns with the changed rows renewed; None to lay all out again."""
    if (before is None or before.compiled is None or before.samples is None
            or before.samples.shape != samples.shape):
        return None
    changed = np.flatnonzero(samples != before.samples)
    if len(changed) * _FEW > samples.size:
        return None
    before.compiled.renew(changed, weight.reshape(-1, weight.shape[-1])[changed])
    return before.compiled
