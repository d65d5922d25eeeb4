# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The lateral synapses P (N, N) as the large array they are: each pass through it is kept cheap.

With 1280 inputs P takes 6.6 MB, more than a core's own cache holds, so the time of a lesson is the
time in which P is read once (h = P x) and written once (P <- P - s s^T).
"""

import numpy as np

from hybrid_snn_ros.snn.backend import namespace

_ROWS_AT_ONCE = 64  # rows of P updated together: 0.3 MB, so that they stay in the cache


def inhibit(lateral, s):
    """
    Take s s^T off the lateral synapses; both triangles get the same product, bit for bit.

    The outer product is a matrix product of depth two, its second half zero: BLAS multiplies from
    there three times as fast as a broadcast product (and from depth one not at all), and since
    zeros are all it adds, every product is the rounded s_i s_j.
    """
    if namespace(lateral) is not np:  # a GPU multiplies everywhere at once
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


class Echo:
    """
    P x of the frame that was shown last: the frame taught next is mostly that one.

    A pass through P is a quarter of the time that teaching takes.
    """

    def __init__(self):
        self._kept = None

    def keep(self, state, spike_counts, h):
        """Keep h = P x of the frame with these spike counts."""
        self._kept = state.lateral, int(state.samples[0]), spike_counts.copy(), h

    def recall(self, state, spike_counts):
        """Return a copy of h; None for another frame, other synapses, or P changed since."""
        if self._kept is None:
            return None
        lateral, taught, shown, h = self._kept
        if (lateral is state.lateral and taught == state.samples[0]
                and np.array_equal(shown, spike_counts)):
            return h.copy()
        return None
