# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The presentation: who wins a column, how often it fires, what is left on the membranes."""

import numpy as np
import pytest

from hybrid_snn_ros.snn.presentation import present, present_all


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


def test_floor_cuts_below_zero():
    table = currents([[-3, 2]])
    assert present(table, leak=1.0, threshold=5.0).end.tolist() == [[2]]
    assert present(table, leak=1.0, threshold=5.0, floor=False).end.tolist() == [[-1]]


def test_without_silencing_every_neuron_fires_when_it_crosses():
    # Column 0: neuron 0 has u = 1, 2.5, 1, 4.5 and fires at 2, twice; neuron 1 has u = 2, 1.5,
    # 2.75, 2.25 and fires at 2.25, twice.  OUT spikes in steps 1, 2 and, for both, in 3; the
    # largest excess up to step 1 is 2.5 - 2.  Column 1: u = 1, 0 (cut off), 2.5, 1.25, never 3.
    table = currents([[1, 2, 1, 4], [2, 0.5, 2, 2.25]], [[1, -4, 2.5, 0], [0, 0, 0, 0]])
    threshold = np.float32([[2, 2.25], [3, 3]])
    count, best = present_all(table, 0.5, threshold)
    assert count.tolist() == [3, 0]
    assert best.tolist() == [0.5, -0.5]
    assert present(table, leak=0.5, threshold=threshold).count.tolist() == [2, 0]  # silencing


@pytest.mark.parametrize('leak', [0.0, 0.7, 1.0])
def test_a_neuron_that_is_not_silenced_fires_as_one_that_has_no_mates(leak):
    rng = np.random.default_rng(5)
    table = rng.normal(1, 2, (10, 6, 3)).astype(np.float32)
    threshold = rng.uniform(1, 4, (6, 3)).astype(np.float32)
    count, best = present_all(table, leak, threshold)
    assert count.dtype == np.int32 and best.dtype == np.float32
    record = []
    alone = present(table.reshape(10, 18, 1), leak, threshold.reshape(18, 1), record=record)
    fired = np.array([fires for _, fires in record]).reshape(10, 6, 3).any(axis=2)
    assert count.tolist() == fired.sum(axis=0).tolist()
    excess = (np.array([u for u, _ in record]).reshape(10, 6, 3) - threshold).max(axis=2)
    heard = np.cumsum(fired, axis=0) - fired == 0
    np.testing.assert_array_equal(best, np.where(heard, excess, -np.inf).max(axis=0))
    assert alone.count.sum() > count.sum()  # some fired together


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
    count, best = present_all(np.zeros((10, 0, 2), np.float32), 0.7, np.zeros((0, 2), np.float32))
    assert count.shape == best.shape == (0,)
