# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The forms that are fast against those that are plain: the same bits, or the same rounding."""

from lateral_common import few_counts, teach_all, untaught
import numpy as np
import pytest

from hybrid_snn_ros.snn import coding, decision, kernel, lateral
from hybrid_snn_ros.snn.currents import currents
from hybrid_snn_ros.snn.lateral import leave_one_out, synapses
from hybrid_snn_ros.snn.presentation import present, present_single

PARAMS = lateral.Params()


@pytest.fixture
def numpy_forms():
    """Answer and teach by NumPy, whether or not there is a kernel (test_kernel compares them)."""
    before = kernel.use((None, 'NumPy: for a test'))
    yield
    kernel.use(before)


def taught(inputs=200, labels=12, frames=60, params=PARAMS, seed=3):
    """Return a taught state, and the counts and columns of its frames."""
    counts, column = few_counts(params, seed, frames, inputs, labels)
    return teach_all(params, untaught(params, inputs, labels), counts, column), counts, column


@pytest.mark.parametrize('columns', [0, 1, 3, 64, 257])
@pytest.mark.parametrize('leak', [0.0, 0.9, 1.0])
def test_lone_neurons_spike_bit_for_bit_as_with_a_winner(columns, leak):
    shown = np.random.default_rng(columns).normal(0.05, 0.2, (10, columns)).astype(np.float32)
    plain_steps, steps = [], []
    plain = present(shown[:, :, None], leak, 0.13, reset=0.13, floor=False, record=plain_steps)
    count, end = present_single(shown, leak, 0.13, record=steps)
    np.testing.assert_array_equal(count, plain.count)
    np.testing.assert_array_equal(end, plain.end[:, 0])
    assert columns == 0 or plain.count.any()
    for (u, fires), (plain_u, plain_fires) in zip(steps, plain_steps, strict=True):
        np.testing.assert_array_equal(u, plain_u)
        np.testing.assert_array_equal(fires, plain_fires)


def test_a_lone_neuron_fires_when_it_just_reaches_its_threshold():
    below = np.nextafter(np.float32(0.5), np.float32(0))
    count, end = present_single(np.array([[0.5, below]], np.float32), 1.0, 0.5)
    assert count.tolist() == [1, 0]
    assert end.tolist() == [0, below]


def plain_trains(counts, phases):
    """Return the trains by their definition."""
    k, phase, t = counts[:, None].astype(int), phases[:, None], np.arange(10)
    return ((k * (t + 1) + phase) // 10 > (k * t + phase) // 10).astype(np.float32)


def test_trains_are_looked_up_as_they_are_defined():
    counts, phases = (a.ravel() for a in np.indices((11, 10)))
    np.testing.assert_array_equal(
        coding.spike_trains(counts.astype(np.uint8), phases), plain_trains(counts, phases))
    np.testing.assert_array_equal(
        coding.spike_trains(counts.astype(np.uint8)), plain_trains(counts, 0 * phases))


@pytest.mark.parametrize('labels', [1, 2, 64])
def test_answers_are_those_of_the_plain_presentation(labels):
    state, counts, _ = taught(labels=labels, frames=3 * labels)
    read = lateral.readout(PARAMS, state)
    spiked = 0
    for frame in counts:
        drive = (read.weights @ plain_trains(frame, read.phases)) * np.float32(read.scale)
        plain = present((drive - read.bias[:, None] / 10).T[:, :, None], PARAMS.leak,
                        PARAMS.theta, reset=PARAMS.theta, floor=False)
        answer = lateral.present(PARAMS, read, frame)
        spiked += int(plain.count.sum())
        np.testing.assert_array_equal(answer.spikes, plain.count)
        np.testing.assert_array_equal(
            answer.evidence, plain.count + plain.end[:, 0] / PARAMS.theta)
    assert labels == 1 or spiked


@pytest.mark.parametrize('inputs', [1, 5, 64, 65, 200, 1280])
def test_the_downdate_takes_the_same_bits_off_both_triangles(inputs):
    rng = np.random.default_rng(inputs)
    s = (rng.normal(0, 1, inputs) * 10.0 ** rng.integers(-15, 3, inputs)).astype(np.float32)
    weights = rng.normal(0, 1, (inputs, inputs)).astype(np.float32)
    weights += weights.T
    plain = weights - s[:, None] * s
    up = weights + s[:, None] * s
    again = weights.copy()
    synapses.rank_one_downdate(weights, s)
    np.testing.assert_array_equal(weights, plain)
    np.testing.assert_array_equal(weights, weights.T)
    synapses.rank_one_update(again, s)
    np.testing.assert_array_equal(again, up)
    np.testing.assert_array_equal(again, again.T)


def plain_temperature(drives, columns):
    """Return the best temperature by trying every one."""
    ahead = drives - drives.max(axis=1, keepdims=True)
    right = ahead[np.arange(len(columns)), columns]
    surprise = [np.log(np.exp(ahead / t).sum(axis=1)).mean() - (right / t).mean()
                for t in decision._TEMPERATURES]
    return decision._TEMPERATURES[int(np.argmin(surprise))]


@pytest.mark.parametrize('spread', [0.01, 0.1, 0.5, 2.0, 50.0])
@pytest.mark.parametrize('silent', [False, True])
def test_temperature_is_the_best_of_all(spread, silent):
    rng = np.random.default_rng(int(spread * 100))
    columns = rng.integers(0, 9, 120)
    drives = rng.normal(0, spread, (120, 10))
    drives[np.arange(120), columns] += spread
    if silent:
        drives[:, 9] = -np.inf
    best = plain_temperature(drives, columns)
    weight = 120 / (120 + decision._START_WEIGHT)
    assert decision.fit_temperature(drives, columns) == pytest.approx(
        best ** weight * decision.START_TEMPERATURE ** (1 - weight), rel=1e-12)


@pytest.mark.parametrize('inputs', [7, 320, 333, 1280])
def test_self_products_need_one_triangle(inputs):
    rng = np.random.default_rng(inputs)
    weights = rng.normal(0, 1, (inputs, inputs)).astype(np.float32)
    weights += weights.T
    x = rng.random((5, inputs)).astype(np.float32)
    plain = np.einsum('ki,ij,kj->k', *(a.astype(np.float64) for a in (x, weights, x)),
                      optimize=True)
    np.testing.assert_allclose(leave_one_out._self_products(x, weights), plain,
                               rtol=1e-5, atol=1e-4 * inputs)


@pytest.mark.parametrize('rows', [0, 1, 19, 20, 21, 240])
def test_currents_in_blocks_are_the_plain_product(rows):
    rng = np.random.default_rng(rows)
    trains = plain_trains(rng.integers(0, 11, 1280), rng.integers(0, 10, 1280))
    whole = rng.integers(-127, 128, (rows, 1280)).astype(np.float32)
    np.testing.assert_array_equal(currents(whole, trains), (whole @ trains).T)
    weights = rng.normal(0, 1, (rows, 1280)).astype(np.float32)
    exact = (weights.astype(np.float64) @ trains).T
    np.testing.assert_allclose(currents(weights, trains), exact, rtol=0, atol=1e-4)
