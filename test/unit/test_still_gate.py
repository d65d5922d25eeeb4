# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The still gate sees every real change at once, and passes a sensor's noise."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scripted_changes import drawn_pictures, KINDS, noisy, play, Sensor

from hybrid_snn_ros.vision.resample import resample
from hybrid_snn_ros.vision.still_gate import MOVED, STILL, StillGate

SIDE = 224


def difference(first, second):
    """Return the greatest root mean square of a tile, straight from the definition."""
    cells = [np.atleast_3d(resample(square, 56)).astype(int) for square in (first, second)]
    apart, most = cells[0] - cells[1], 0.0
    for row in range(0, 56, 2):
        for column in range(0, 56, 2):
            for colour in range(apart.shape[2]):
                tile = apart[row:row + 2, column:column + 2, colour].ravel().tolist()
                most = max(most, math.sqrt(sum(one * one for one in tile) / 4))
    return most


def kept(square):
    """Return a gate that has looked at a square."""
    gate = StillGate()
    assert not gate.is_still(square)
    gate.keep()
    return gate


def stir(random, side, channels, most):
    """Return a square and one that differs by up to so many grey levels."""
    shape = (side, side) if channels == 1 else (side, side, channels)
    first = random.integers(most, 256 - most, shape)
    apart = np.kron(random.integers(-most, most + 1, (7, 7)), np.ones((side // 7 + 1,) * 2))
    apart = apart[:side, :side].astype(int)
    return (first.astype(np.uint8),
            (first + (apart if channels == 1 else apart[..., None])).astype(np.uint8))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side=st.sampled_from([7, 56, 97, 224, 300]),
       channels=st.sampled_from([1, 3, 4]), most=st.integers(1, 9))
def test_tiles_differ_by_their_root_mean_square(seed, side, channels, most):
    """Squares of any size and number of channels, compared with the plain definition."""
    first, second = stir(np.random.default_rng(seed), side, channels, most)
    gate = kept(first)
    assert gate.is_still(second) == (difference(first, second) <= STILL)
    gate = kept(first)
    assert gate.is_still(first)
    assert gate.is_still(second) == (difference(first, second) <= MOVED)


@pytest.mark.slow
def test_no_scripted_change_is_answered_late():
    """Of 1,500 changes; all 100,000 are those of tools/still_gate.py."""
    random = np.random.default_rng(7)
    tallies, still, held = play(
        StillGate(), [KINDS[number % 5] for number in range(750)],
        drawn_pictures(12, SIDE, random), Sensor(SIDE, random), random)
    assert {kind: tally.late for kind, tally in tallies.items()} == dict.fromkeys(tallies, 0)
    assert sum(tally.changes for tally in tallies.values()) > 1400
    assert min(tallies[kind].changes for kind in KINDS) > 100
    assert still - held <= 1


@pytest.mark.parametrize('wrong', [6.0, 40.0, math.inf])
def test_a_gate_that_sees_less_is_found_out(wrong, monkeypatch):
    """What the test above would say of one."""
    from hybrid_snn_ros.vision import still_gate
    monkeypatch.setattr(still_gate, 'MOVED', wrong)
    random = np.random.default_rng(7)
    tallies, _, _ = play(StillGate(), KINDS[-1:] * 30 + KINDS[:3] * 10,
                         drawn_pictures(6, SIDE, random), Sensor(SIDE, random), random)
    assert sum(tally.late for tally in tallies.values()) > 20


@pytest.mark.parametrize('picture', [np.full((SIDE, SIDE, 3), 128.0), None],
                         ids=['even', 'structured'])
def test_noise_of_three_levels_is_held(picture):
    random = np.random.default_rng(3)
    picture, = drawn_pictures(1, SIDE, random) if picture is None else [picture]
    gate = kept(noisy(picture, 3, random))
    held = [gate.is_still(noisy(picture, 3, random)) for _ in range(150)]
    assert sum(held) >= 149


@pytest.mark.parametrize('sigma', [0, 1, 3])
@pytest.mark.parametrize('sign', [4, -4])
def test_four_levels_over_three_percent_are_not_held(sigma, sign):
    """A square at each of many places, of what stood still."""
    random = np.random.default_rng(9)
    picture, = drawn_pictures(1, SIDE, random)
    side = math.ceil(math.sqrt(0.03) * SIDE)
    for _ in range(40):
        y, x = random.integers(0, SIDE - side, 2)
        changed = picture.copy()
        changed[y:y + side, x:x + side] += sign
        gate = kept(noisy(picture, sigma, random))
        assert gate.is_still(noisy(picture, sigma, random))
        assert not gate.is_still(noisy(changed, sigma, random))


def test_a_slow_change_adds_up():
    """A level a frame: against the frame before it nothing ever moves."""
    gate, looks = kept(np.full((SIDE, SIDE, 3), 100, np.uint8)), []
    for level in range(101, 121):
        if not gate.is_still(np.full((SIDE, SIDE, 3), level, np.uint8)):
            gate.keep()
            looks.append(level)
    # 4 levels from what was still; what has moved is still within 3 of what was looked at.
    assert looks == [104, 108, 112, 116, 120]


def test_what_has_moved_must_be_stiller_to_be_held():
    """A tile apart by 3.5 levels, between the two thresholds."""
    still = np.full((SIDE, SIDE, 3), 100, np.uint8)
    edge = still.copy()
    edge[8:12, 8:16], edge[12:16, 8:16] = 103, 104  # root mean square 3.54
    gate = kept(still)
    assert not gate.is_still(edge)
    assert gate.is_still(still) and gate.is_still(edge)
    assert not gate.is_still(255 - still)
    assert not gate.is_still(edge) and gate.is_still(still) and gate.is_still(edge)


def test_another_form_or_nothing_kept_is_no_stillness():
    colour = np.full((SIDE, SIDE, 3), 100, np.uint8)
    gate = kept(colour)
    assert not gate.is_still(colour[..., 0])
    assert gate.is_still(colour) and gate.is_still(np.full((48, 48, 3), 100, np.uint8))
    gate.forget()
    assert not gate.is_still(colour)
