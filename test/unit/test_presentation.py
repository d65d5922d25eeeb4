# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The presentation: who wins a column, how often it fires, what is left on the membranes."""

import numpy as np
import pytest

from hybrid_snn_ros.snn.presentation import present


def currents(*columns):
    """Return float32 (T, C, L) from one (L, T) table per column."""
    return np.asarray(columns, dtype=np.float32).transpose(2, 0, 1)


def test_first_to_cross_wins_and_silences_its_mates():
    # Neuron 1 crosses in step 1; neuron 0 crosses in step 2 by more, but is silenced by then.
    shown = present(currents([[0, 0, 9], [0, 2, 2]]), leak=1.0, threshold=2.0)
    assert shown.winner.tolist() == [1]
    assert shown.first.tolist() == [1]
    assert shown.count.tolist() == [2]
    assert shown.end.tolist() == [[9, 0]]  # a silenced neuron still integrates


def test_equal_steps_go_to_the_larger_excess():
    shown = present(currents([[3, 0], [4, 0]]), leak=1.0, threshold=np.float32([[1, 2.5]]))
    assert shown.winner.tolist() == [0]  # 3 - 1 = 2 beats 4 - 2.5 = 1.5
    shown = present(currents([[3, 0], [4, 0]]), leak=1.0, threshold=2.0)
    assert shown.winner.tolist() == [1]


def test_reaching_the_threshold_exactly_fires():
    assert present(currents([[2.0]]), leak=1.0, threshold=2.0).count.tolist() == [1]
    below = np.nextafter(np.float32(2), np.float32(0))
    assert present(currents([[below]]), leak=1.0, threshold=2.0).count.tolist() == [0]


@pytest.mark.parametrize('reset, counts, end', [
    (None, 2, 0),  # 3 fires -> 0; 3 fires -> 0; 0; 0
    (2.0, 3, 0),  # 3 fires -> 1; 4 fires -> 2; 2 fires -> 0; 0: nothing of the drive is lost
    (1.5, 3, 1.5),  # 3 -> 1.5; 4.5 -> 3; 3 -> 1.5; 1.5 stays below
])
def test_reset_to_zero_or_by_an_amount(reset, counts, end):
    shown = present(currents([[3, 3, 0, 0]]), leak=1.0, threshold=2.0, reset=reset)
    assert shown.count.tolist() == [counts]
    assert shown.end.tolist() == [[end]]


def test_leak_shrinks_the_potential_before_the_current_comes():
    shown = present(currents([[4, 1, 0]]), leak=0.5, threshold=9.0)
    assert shown.end.tolist() == [[1.5]]  # ((4 / 2) + 1) / 2
    assert shown.best.tolist() == [-5]  # 4 - 9


def test_floor_cuts_below_zero():
    table = currents([[-3, 2]])
    assert present(table, leak=1.0, threshold=5.0).end.tolist() == [[2]]
    assert present(table, leak=1.0, threshold=5.0, floor=False).end.tolist() == [[-1]]


def test_best_is_the_largest_excess_up_to_the_first_spike():
    # Column 0 fires in step 1 by 0.5 and later by more; column 1 never fires.
    table = currents([[1, 1.5, 9], [0, 0, 0]], [[1, 1, 0], [0, 0, 2.5]])
    shown = present(table, leak=0.0, threshold=np.float32([[1.25, 1], [3, 3]]))
    assert shown.first.tolist() == [1, 3]
    assert shown.winner.tolist() == [0, -1]
    assert shown.best.tolist() == [0.25, -0.5]


def test_columns_do_not_touch_each_other():
    rng = np.random.default_rng(5)
    table = rng.normal(1, 2, (10, 6, 3)).astype(np.float32)
    together = present(table, leak=0.7, threshold=3.0)
    assert (together.count > 0).any()
    for c in range(6):
        alone = present(table[:, c:c + 1].copy(), leak=0.7, threshold=3.0)
        for part, whole in zip(alone, together):
            np.testing.assert_array_equal(part[0], whole[c])


def test_no_columns_at_all():
    shown = present(np.zeros((10, 0, 2), dtype=np.float32), leak=0.7, threshold=3.0)
    assert shown.count.shape == (0,)
    assert shown.end.shape == (0, 2)
