# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Rate coding: the encoder's output codes become spike counts, the counts become spike trains.

A frame is shown for ``STEPS`` steps.  With ``e`` the embedding divided by its length, input i
fires ``k_i`` times::

    k_i = clip(floor(10 (e_i / a)^p + r), 0, 10)

``p = 1, r = 0`` is the linear code of the paper (arXiv 2606.20151; a is its threshold, above
which an input fires at every step).  ``p = 0.7, r = 1/2`` is ours: it compands, so that weak
inputs are not lost, and rounds instead of cutting.  Because the length is divided out, the counts
follow from the integer output codes alone; the encoder's scale never enters.
"""

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace

STEPS = 10  # steps a frame is shown
SILENT_STEPS = 5  # steps of silence behind it, in which the label arrives
MAX_COUNT = STEPS  # an input fires at most once a step

_CODE_VALUES = np.arange(256, dtype=np.float64)


def spike_counts(codes: np.ndarray, saturation: float, power: float = 1.0,
                 rounding: float = 0.0) -> np.ndarray:
    """
    Turn the output codes of the encoder into spike counts.

    :param codes: uint8 (N,), the encoder's output codes (zero = no activity).
    :param saturation: ``a``, the share of the embedding's length at which an input saturates.
    :param power: ``p``, below one to compand.
    :param rounding: ``r``, 0 to cut, 0.5 to round.
    :return: uint8 (N,), counts 0..10; all zero for an embedding of zeros.
    """
    norm = float(np.sqrt(np.dot(codes.astype(np.float64), codes)))
    if norm == 0.0:
        return np.zeros(codes.shape, dtype=np.uint8)
    # Only 256 codes exist: code the table, then look up, instead of 1280 powers a frame.
    level = MAX_COUNT * (_CODE_VALUES / (norm * saturation)) ** power + rounding
    table = np.minimum(np.floor(level), MAX_COUNT).astype(np.uint8)
    return table[codes]


def _all_trains() -> np.ndarray:
    count = np.arange(MAX_COUNT + 1)[:, None, None]
    phase = np.arange(STEPS)[None, :, None]
    step = np.arange(STEPS)[None, None, :]
    after = (count * (step + 1) + phase) // STEPS
    before = (count * step + phase) // STEPS
    return (after > before).astype(np.float32)


# Every train there is: (11 counts, 10 phases, 10 steps), 1 where the input fires.
TRAINS = _all_trains()
_ROWS = TRAINS.reshape(-1, STEPS)  # row count * 10 + phase: one take is four times an index pair


def spike_trains(counts: Array, phases: Array | None = None) -> Array:
    """
    Unroll spike counts into regular trains, exactly ``k_i`` spikes in ``STEPS`` steps.

    Input i fires at step t when ``floor((k_i (t+1) + phase_i)/10) > floor((k_i t + phase_i)/10)``;
    with phase 0 this is the accumulator of the published network.

    :param counts: integers 0..10, (N,), of any backend.
    :param phases: integers 0..9, (N,), of the same, or None for phase 0 everywhere.
    :return: float32 (N, STEPS) of zeros and ones, a row an input.
    """
    xp = array_namespace(counts)
    if xp is not np:  # counted there, so that no table has to live on every device
        reached = counts.astype(np.int32)[:, None] * xp.arange(STEPS + 1, dtype=np.int32)
        if phases is not None:
            reached += phases[:, None]
        reached //= STEPS
        return (reached[:, 1:] > reached[:, :-1]).astype(np.float32)
    row = np.multiply(counts, STEPS, dtype=np.intp)
    return _ROWS.take(row if phases is None else row + phases, axis=0)
