# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The lateral synapses P (N, N) as the large array they are: each pass through it is kept cheap.

With 1280 inputs P takes 6.6 MB, more than a core's own cache holds, so the time of a lesson is the
time in which P is read once (h = P x) and written once (P <- P - s s^T).
"""

from typing import Any

import numpy as np

from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import Array, array_namespace, to_numpy
from hybrid_snn_ros.snn.lateral.state import State

# 1 - g d.P d is the determinant's share that is left when an error is unlearned; the ridge keeps
# it far above this, rounding alone could not.
LEAST_LEFT = 1e-6
_ROWS_AT_ONCE = 64  # rows of P updated together: 0.3 MB, so that they stay in the cache


def step(state: State, d: Array, r: Array, f: Any, back: bool = False) -> None:
    """
    Learn an error d in place: equations (1) and (2) of the package, for all neurons.

    ``P -= f r r^T;  w_c -= f q r;  A_c -= f q^2 / 2`` with ``q = w_c . d`` and ``r = P d``, as the
    within-class scatter S grows by ``g d d^T`` and ``f = g / (1 + g d.r)`` (Sherman-Morrison).

    :param d, r: float32 (N,).
    :param f: float32 scalar > 0, on the same backend.
    :param back: unlearn it instead, every sign the other way: S shrinks by ``g d d^T`` and
        ``f = g / (1 - g d.r)``.
    """
    sign = np.float32(1 if back else -1)
    if kernel.suits(state.lateral):
        kernel.Lateral(*state[:4]).step(d, r, -float(sign * f))
        return
    s = r * array_namespace(d).sqrt(f)
    (rank_one_update if back else rank_one_downdate)(state.lateral, s)
    q = state.weights @ d
    weights, costs = state.weights, state.costs
    weights += array_namespace(d).outer(sign * f * q, r)
    costs += (sign * f / 2) * q * q


def step_all(state: State, d: Array, back: bool = False) -> None:
    """
    Learn errors in place at once: what ``step`` does with one, S growing by ``D^T D``.

    ``P -= R^T (I + R D^T)^-1 R`` with ``R = D P`` (Woodbury), or, unlearning, ``P += R^T (I -
    R D^T)^-1 R``.  R D^T (K, K) is taken apart into its eigenvectors, on the CPU in float64, so
    that P stays symmetric and what little is left of it stays positive.

    :param d: float32 (K, N).
    """
    xp = array_namespace(d)
    sign = np.float32(1 if back else -1)
    r = d @ state.lateral
    products = to_numpy(r @ d.T).astype(np.float64)
    values, vectors = np.linalg.eigh((products + products.T) / 2)
    factors = 1 / np.maximum(1 - sign * values, LEAST_LEFT)
    turn = xp.asarray((vectors * np.sqrt(factors)).astype(np.float32))
    s = turn.T @ r
    lateral, weights, costs = state.lateral, state.weights, state.costs
    product = s.T @ s
    if xp is not np:  # BLAS computes one half of such a product and mirrors it
        product = (product + product.T) / 2
    lateral += sign * product
    q = (weights @ d.T) @ turn
    weights += sign * (q @ s)
    costs += (sign / 2) * (q * q).sum(axis=1)


def rank_one_downdate(lateral: Array, s: Array) -> None:
    """Rank-one downdate of P in place, P <- P - s s^T (Sherman-Morrison, anti-Hebbian)."""
    _add_outer(lateral, s, -s)


def rank_one_update(lateral: Array, s: Array) -> None:
    """Rank-one update of P in place, P <- P + s s^T: the downdate's inverse."""
    _add_outer(lateral, s, s)


def _add_outer(lateral: Array, s: Array, by: Array) -> None:
    """
    Add s by^T in place, ``by`` being s or -s.

    Both triangles get the same product, bit for bit.  The outer product is a matrix product of
    depth two, its second half zero: BLAS multiplies from there three times as fast as a broadcast
    product (and from depth one not at all), and since zeros are all it adds, every product is the
    rounded s_i s_j.
    """
    if array_namespace(lateral) is not np:  # a GPU multiplies everywhere at once
        lateral += s[:, None] * by
        return
    rows, columns = np.zeros((2, 2, len(s)), dtype=np.float32)
    rows[0], columns[0] = s, by
    block = np.empty((_ROWS_AT_ONCE, len(s)), dtype=np.float32)
    for start in range(0, len(s), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(s)))
        product = block[:part.stop - start]
        np.matmul(rows[:, part].T, columns, out=product)
        lateral[part] += product
