# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The count of synaptic operations, against one that follows every spike to every neuron."""

import numpy as np
import pytest

from hybrid_snn_ros.network import Network
from hybrid_snn_ros.snn import synaptic_operations
from hybrid_snn_ros.snn.coding import spike_trains
from hybrid_snn_ros.snn.rules import params_of

INPUTS = 60


def taught(rule, labels, **params):
    """Return a network that was taught two samples of each label, and the codes of a frame."""
    network = Network(rule, params_of(rule, params), INPUTS)
    rng = np.random.default_rng(3)
    for number in range(2 * labels):
        codes = (rng.integers(0, 255, INPUTS) * (rng.random(INPUTS) < 0.4)).astype(np.uint8)
        network.learn(number, f'label {number % labels}', codes)
    return network, codes


def operations(network, counts):
    """Return what a frame makes a network do."""
    return synaptic_operations.count(
        network.reach, INPUTS, *synaptic_operations.activity(counts))


def followed(counts, neurons):
    """Count every arrival of every spike at every neuron, one by one."""
    arrivals = 0
    for step in spike_trains(counts).T:
        for fires in step:
            for _ in range(neurons):
                arrivals += bool(fires)
    return arrivals


@pytest.mark.parametrize('labels', [1, 3])
def test_lateral_every_spike_reaches_every_column_and_every_active_input_every_input(labels):
    network, codes = taught('lateral', labels)
    counts = network.counts(codes)
    active = sum(bool(k) for k in counts)
    assert 0 < active < INPUTS
    done = operations(network, counts)
    assert done.spikes == sum(int(k) for k in counts)
    assert done.columns == followed(counts, labels) > 0
    assert done.typicality == active * INPUTS
    assert done.sparsity == pytest.approx((INPUTS - active) / INPUTS)
    assert done.microjoules == pytest.approx((done.columns + done.typicality) * 23.6e-6)


def test_original_every_spike_reaches_the_neurons_that_were_taught_in_every_copy():
    network, codes = taught('original', 2, neurons=5, copies=3)
    counts = network.counts(codes)
    samples = network.state.samples
    committed = sum(int(n) > 0 for n in samples.ravel())
    assert samples.shape == (2, 3, 5)
    assert 2 * 3 <= committed < samples.size
    done = operations(network, counts)
    assert done.columns == followed(counts, committed) > 0
    assert done.typicality == 0


@pytest.mark.parametrize('rule', ['lateral', 'original'])
def test_an_untaught_network_does_nothing(rule):
    network = Network(rule, params_of(rule, None), INPUTS)
    counts = np.full(INPUTS, 10, np.uint8)
    done = operations(network, counts)
    assert (done.spikes, done.sparsity) == (600, 0)
    assert done.columns == done.typicality == done.microjoules == 0
