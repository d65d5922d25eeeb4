# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The currents that a frame's spikes drive through the synapses: one matrix product, in blocks."""

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace

# Multiplications in a block.  OpenBLAS starts threads above 262 144, and on a busy machine they
# wait for each other (0.1 ms became 11); it also has faster kernels for small products.
_BLAS_ALONE = 262_144
_LEVELS = 127  # of int8, either sign


def quantise(synapses: Array) -> tuple[Array, Array]:
    """
    Symmetric int8 quantisation: every neuron's weights on 127 levels of the strongest of them.

    :param synapses: float32 (R, N), a row a neuron.
    :return: (whole numbers -127..127, float32 (R, N); what a level is worth, float32 (R,)).
    """
    xp = array_namespace(synapses)
    peak = xp.maximum(synapses.max(axis=1), -synapses.min(axis=1))
    step = xp.where(peak > 0, peak / np.float32(_LEVELS), np.float32(1))
    whole = synapses / step[:, None]
    return xp.rint(whole, out=whole), step


def currents(synapses: Array, trains: Array) -> Array:
    """
    Return the current of every neuron at every step.

    Many neurons and few steps make a thin product, for which BLAS copies the synapses about; rows
    in blocks it does not copy take two thirds of the time.  Sums of whole numbers are exact in
    whatever order, others equal the plain product up to float rounding.

    :param synapses: float32 (R, N), a row a neuron.
    :param trains: float32 (N, T) of zeros and ones.
    :return: float32 (T, R).
    """
    xp = array_namespace(synapses)
    rows, inputs = synapses.shape
    steps = trains.shape[1]
    trains = xp.ascontiguousarray(trains.T)
    if xp is not np:
        return trains @ synapses.T
    out = np.empty((steps, rows), dtype=np.float32)
    block = max(1, _BLAS_ALONE // (inputs * steps))
    whole = rows - rows % block
    np.matmul(trains, synapses[:whole].reshape(-1, block, inputs).transpose(0, 2, 1),
              out=out[:, :whole].reshape(steps, -1, block).transpose(1, 0, 2))
    np.matmul(trains, synapses[whole:].T, out=out[:, whole:])
    return out
