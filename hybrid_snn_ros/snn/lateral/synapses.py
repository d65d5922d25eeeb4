# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The lateral synapses P (N, N) as the large array they are: each pass through it is kept cheap.

With 1280 inputs P takes 6.6 MB, more than a core's own cache holds, so the time of a lesson is the
time in which P is read once (h = P x) and written once (P <- P - s s^T).
"""

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace
from hybrid_snn_ros.snn.lateral.state import State

_ROWS_AT_ONCE = 64  # rows of P updated together: 0.3 MB, so that they stay in the cache


def rank_one_downdate(lateral: Array, s: Array) -> None:
    """
    Rank-one downdate of P in place, P <- P - s s^T (Sherman-Morrison, anti-Hebbian).

    Both triangles get the same product, bit for bit.  The outer product is a matrix product of
    depth two, its second half zero: BLAS multiplies from there three times as fast as a broadcast
    product (and from depth one not at all), and since zeros are all it adds, every product is the
    rounded s_i s_j.
    """
    if array_namespace(lateral) is not np:  # a GPU multiplies everywhere at once
        lateral -= s[:, None] * s
        return
    rows = np.zeros((2, len(s)), dtype=np.float32)
    rows[0] = s
    block = np.empty((_ROWS_AT_ONCE, len(s)), dtype=np.float32)
    for start in range(0, len(s), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(s)))
        product = block[:part.stop - start]
        np.matmul(rows[:, part].T, rows, out=product)
        lateral[part] -= product


class CachedResponse:
    """
    The lateral response P x of the frame shown last: the frame taught next is mostly that one.

    A pass through P is a quarter of the time that teaching takes.
    """

    def __init__(self) -> None:
        self._cached: tuple[Array, int, np.ndarray, Array] | None = None

    def store(self, state: State, spike_counts: np.ndarray, h: Array) -> None:
        """Store h = P x of the frame with these spike counts."""
        self._cached = state.lateral, int(state.samples[0]), spike_counts.copy(), h

    def lookup(self, state: State, spike_counts: np.ndarray) -> Array | None:
        """Return a copy of h; None for another frame, other synapses, or P changed since."""
        if self._cached is None:
            return None
        lateral, taught, shown, h = self._cached
        if (lateral is state.lateral and taught == state.samples[0]
                and np.array_equal(shown, spike_counts)):
            return h.copy()
        return None
