# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Spike counts against plain decimal arithmetic, spike trains against an accumulator."""

from decimal import Decimal, getcontext, ROUND_FLOOR

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from hybrid_snn_ros.snn import coding

getcontext().prec = 40

# (saturation, power, rounding): the lateral rule, the published code, and others.
CODES = [(0.15, 0.7, 0.5), (0.144, 1.0, 0.0), (0.25, 0.6, 0.5), (0.05, 1.0, 0.5), (1.0, 0.5, 0.0)]
embeddings = arrays(np.uint8, st.integers(1, 60))


def plain_counts(codes, saturation, power, rounding):
    """Count spikes input by input, in 40 decimal digits."""
    norm = Decimal(sum(int(c) ** 2 for c in codes)).sqrt()
    counts = []
    for c in codes:
        share = Decimal(int(c)) / norm / Decimal(str(saturation))
        level = 10 * share ** Decimal(str(power)) if c else Decimal(0)
        level = (level + Decimal(str(rounding))).to_integral_value(rounding=ROUND_FLOOR)
        counts.append(min(int(level), 10))
    return counts


@pytest.mark.parametrize('saturation, power, rounding', CODES)
@pytest.mark.parametrize('repeats', [1, 5])
def test_counts_of_all_codes(saturation, power, rounding, repeats):
    """Every code 0..255 gets the count of the formula."""
    codes = np.repeat(np.arange(256, dtype=np.uint8), repeats)
    counts = coding.spike_counts(codes, saturation, power, rounding)
    assert counts.dtype == np.uint8
    assert counts.tolist() == plain_counts(codes, saturation, power, rounding)


@pytest.mark.parametrize('saturation, power, rounding', CODES)
def test_counts_of_sparse_embeddings(saturation, power, rounding):
    """Random sparse embeddings of full width get the counts of the formula."""
    rng = np.random.default_rng(5)
    used = set()
    for _ in range(3):
        codes = np.minimum(rng.exponential(20, 1280) * (rng.random(1280) < 0.5), 255)
        codes = codes.astype(np.uint8)
        counts = coding.spike_counts(codes, saturation, power, rounding)
        assert counts.tolist() == plain_counts(codes, saturation, power, rounding)
        used.update(counts.tolist())
    assert len(used) >= 2


def test_counts_by_hand():
    """Codes 3 and 4 have length 5, so e = (0.6, 0.8)."""
    codes = np.array([3, 4, 0], dtype=np.uint8)
    # a = 1, linear, cut: 6 and 8.  a = 1.6: 3.75 and 5; cut 3 and 5, rounded 4 and 5.
    assert coding.spike_counts(codes, 1.0).tolist() == [6, 8, 0]
    assert coding.spike_counts(codes, 1.6).tolist() == [3, 5, 0]
    assert coding.spike_counts(codes, 1.6, rounding=0.5).tolist() == [4, 5, 0]
    # a = 1.6, p = 1/2: 10 sqrt(.375) = 6.12 and 10 sqrt(.5) = 7.07.
    assert coding.spike_counts(codes, 1.6, power=0.5).tolist() == [6, 7, 0]


def test_saturation_is_where_ten_begins():
    """From e = a on an input fires at every step, and never more often."""
    codes = np.array([255, 200, 100, 10, 0], dtype=np.uint8)
    counts = coding.spike_counts(codes, 0.1, 0.7, 0.5)
    assert counts.tolist() == [10, 10, 10, 4, 0]  # 10 (10/(339.4*.1))^.7 + .5 = 4.75
    assert coding.spike_counts(np.array([7], dtype=np.uint8), 1.0).tolist() == [10]


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('width', [1, 1280])
def test_embedding_of_zeros(width):
    """An embedding without activity has no direction: no spikes, no division by zero."""
    counts = coding.spike_counts(np.zeros(width, dtype=np.uint8), 0.15, 0.7, 0.5)
    assert counts.dtype == np.uint8
    assert counts.tolist() == [0] * width


@given(embeddings, st.sampled_from(CODES))
def test_counts_rise_with_the_code(codes, code):
    """Within one embedding a larger code never gets fewer spikes; equal codes get equal ones."""
    counts = coding.spike_counts(codes, *code).astype(int)
    order = np.argsort(codes, kind='stable')
    assert (np.diff(counts[order]) >= 0).all()
    assert (counts[codes == 0] == 0).all()
    assert counts.max() <= coding.MAX_COUNT
    for value in np.unique(codes):
        assert len(set(counts[codes == value].tolist())) == 1


@given(embeddings, st.sampled_from(CODES), st.randoms(use_true_random=False), st.integers(0, 9))
def test_counts_know_no_neighbours(codes, code, random, silent):
    """Order and silent inputs do not matter: sums of squares of codes are exact."""
    counts = coding.spike_counts(codes, *code)
    order = list(range(len(codes)))
    random.shuffle(order)
    np.testing.assert_array_equal(coding.spike_counts(codes[order], *code), counts[order])
    wider = np.concatenate([codes, np.zeros(silent, dtype=np.uint8)])
    np.testing.assert_array_equal(coding.spike_counts(wider, *code)[:len(codes)], counts)


@given(arrays(np.uint8, st.integers(1, 60), elements=st.integers(0, 31)), st.sampled_from(CODES),
       st.integers(1, 3))
def test_scale_does_not_matter(codes, code, doublings):
    """Doubling all codes is exact in binary, and changes no count."""
    louder = codes << np.uint8(doublings)
    np.testing.assert_array_equal(coding.spike_counts(louder, *code),
                                  coding.spike_counts(codes, *code))


@pytest.mark.parametrize('count', range(11))
@pytest.mark.parametrize('phase', range(10))
def test_train(count, phase):
    """Each train is that of an accumulator, has its count of spikes, and is regular."""
    train = coding.spike_trains(np.array([count]), np.array([phase]))
    assert train.shape == (1, coding.STEPS)
    accumulator, plain = phase, []
    for _ in range(10):
        accumulator += count
        plain.append(int(accumulator >= 10))
        accumulator -= 10 * plain[-1]
    assert train[0].tolist() == plain
    assert sum(plain) == count
    assert accumulator == phase  # so the next presentation would go on alike
    if count:
        fired = np.flatnonzero(plain)
        gaps = np.diff(np.append(fired, fired[0] + 10))
        assert gaps.max() <= -(-10 // count)
        assert gaps.min() >= 10 // count


def test_trains_without_phases():
    """Without phases all inputs start their accumulators at zero; a row is an input."""
    counts = np.array([0, 1, 3, 5, 10, 3], dtype=np.uint8)
    trains = coding.spike_trains(counts)
    assert trains.dtype == np.float32
    assert [''.join(str(int(s)) for s in row) for row in trains] == [
        '0000000000', '0000000001', '0001001001', '0101010101', '1111111111', '0001001001']
    np.testing.assert_array_equal(trains, coding.spike_trains(counts, np.zeros(6, dtype=int)))


def test_phases_spread_the_spikes():
    """With all ten phases, equally busy inputs fire equally often at every step."""
    for count in range(11):
        trains = coding.spike_trains(np.full(10, count), np.arange(10))
        assert trains.sum(axis=0).tolist() == [count] * 10
