# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The lateral rule for all samples at once: ridge regularised linear discriminant analysis.

``P = (ridge I + S)^-1`` with S the within-class scatter, ``w = P m``, ``A = w.m / 2`` (the
invariants of the package).  Equal to teaching one by one up to float rounding (about 1e-5 of a
weight), not bit for bit; for searches over constants and for checks, where that is enough.
"""

import numpy as np

from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.state import State


def learn(params: Params, spike_counts: np.ndarray, sample_columns: np.ndarray,
          columns: int) -> State:
    """
    Learn samples in one go.

    :param spike_counts: uint8 (M, N), M > 0.
    :param sample_columns: int (M,), the column of each.
    :param columns: number of columns C; every one should have a sample.
    :return: State, on the CPU.
    """
    x = spike_counts.astype(np.float64) * params.trace_scale
    samples = np.bincount(sample_columns, minlength=columns)
    sums = np.zeros((columns, x.shape[1]))
    np.add.at(sums, sample_columns, x)
    own = sums / np.maximum(samples, 1)[:, None]
    errors = (x - own[sample_columns]).astype(np.float32)
    # The scatter is summed in float32 (twice as fast, and the ridge is far above its rounding).
    scatter = (errors.T @ errors).astype(np.float64)
    lateral = np.linalg.inv(params.ridge * np.eye(x.shape[1]) + scatter)
    lateral = (lateral + lateral.T) / 2
    templates = np.vstack([x.mean(axis=0), own])
    weights = templates @ lateral
    return State(
        lateral.astype(np.float32), templates.astype(np.float32), weights.astype(np.float32),
        ((weights * templates).sum(axis=1) / 2).astype(np.float32),
        np.concatenate([[len(x)], samples]).astype(np.int64))
