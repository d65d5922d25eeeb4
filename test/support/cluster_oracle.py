# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scores of nameless columns, letter by letter in float64, beside the network's own arrays."""

import numpy as np


def state_of(params, counts, columns):
    """
    Return (P, m_0, kappa, G) of taught frames by the definitions, float64.

    :param counts: uint8 (M, N); columns: (M,).
    """
    x = counts.astype(np.float64) * params.trace_scale
    labels = np.unique(columns)
    means = {c: x[columns == c].mean(axis=0) for c in labels}
    scatter = sum((row - means[c])[:, None] * (row - means[c]) for row, c in zip(x, columns))
    p = np.linalg.inv(params.ridge * np.eye(x.shape[1]) + scatter)
    kappa = ((x.shape[1] - params.ridge * np.trace(p))
             / sum((columns == c).sum() - 1 for c in labels))
    m_0 = x.mean(axis=0)
    apart = []
    for c in labels:
        s = (columns == c).sum() / ((columns == c).sum() + params.prior_strength)
        d = means[c] - m_0
        apart.append((s - s ** 2 / 2) * (d @ p @ d))
    return p, m_0, kappa, 1 / np.mean(apart)


def score(params, state, frame, members):
    """
    Return what the equation gives for a frame and a cluster.

    :param frame: spike counts (N,); members: (n, N).
    """
    p, m_0, kappa, gain = state
    x = frame.astype(np.float64) * params.trace_scale
    mu = members.astype(np.float64).mean(axis=0) * params.trace_scale
    n = len(members)
    s = n / (n + params.prior_strength)
    return gain * (
        s * (mu @ p @ x - m_0 @ p @ x)
        - (s * (m_0 @ p @ mu - m_0 @ p @ m_0)
           + s ** 2 * ((mu - m_0) @ p @ (mu - m_0) - params.bias_correction * kappa / n) / 2))
