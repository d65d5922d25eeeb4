# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What several tests of the lateral rule need: both networks side by side, and frames."""

from lateral_oracle import Network
import numpy as np

from hybrid_snn_ros.snn import lateral


def untaught(params, inputs, columns):
    """Return a fast state with some untaught columns."""
    state = lateral.initial(params, inputs)
    for _ in range(columns):
        state = lateral.grow(params, state)
    return state


def slow(params, inputs, columns, levels=127):
    """Return the slow network with the same constants and phases."""
    network = Network(inputs, lateral.phases(params, inputs), nu=params.trace_scale,
                      ridge=params.ridge, leak=params.leak, theta=params.theta,
                      fit_share=params.fit_share, prior_strength=params.prior_strength,
                      bias_correction=params.bias_correction, levels=levels)
    for _ in range(columns):
        network.grow()
    return network


def adopt(network, state, counts, column):
    """
    Give the slow network what the fast form has learned, so that both quantise the same.

    The fast form keeps no scatter; it is taken from the frames that were taught.
    """
    network.p = state.lateral.astype(np.float64)
    x = np.asarray(counts) * network.nu
    column = np.asarray(column)
    for c in np.unique(column):
        d = x[column == c] - x[column == c].mean(axis=0)
        network.scatter += d.T @ d
    for row, neuron in enumerate([network.background, *network.columns]):
        neuron.m = state.templates[row].astype(np.float64)
        neuron.w = state.weights[row].astype(np.float64)
        neuron.a = float(state.costs[row])
        neuron.n = int(state.samples[row])
    return network


def ends(params, response):
    """Return the potentials after the last step, which the evidence carries."""
    return (response.evidence - response.spikes) * params.theta


def slow_evidence(params, shown):
    """Return OUT counters plus what is left in the membranes, in units of the threshold."""
    return shown.counts + shown.potentials[-1] / params.theta


def sparse_codes(rng, frames, inputs, labels):
    """Draw codes as the encoder gives them: few strong inputs, many zeros, a pattern a label."""
    patterns = rng.exponential(1.0, (labels, inputs)) * (rng.random((labels, inputs)) < 0.3)
    column = rng.integers(0, labels, frames)
    column[:labels] = rng.permutation(labels)
    level = patterns[column] * rng.exponential(0.7, (frames, inputs))
    level += rng.exponential(0.4, (frames, inputs)) * (rng.random((frames, inputs)) < 0.2)
    return np.minimum(level * 50, 255).astype(np.uint8), column


def few_counts(params, seed, frames, inputs, labels):
    """Return the spike counts (frames, inputs) and columns of sparse codes."""
    codes, column = sparse_codes(np.random.default_rng(seed), frames, inputs, labels)
    return np.array([lateral.counts(params, c) for c in codes]), column


def any_counts(params, seed, frames, inputs, labels):
    """Return spike counts without any structure, all of 0..10 equally often, and columns."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, 11, (frames, inputs), dtype=np.uint8),
            rng.integers(0, labels, frames))


def teach_all(params, state, counts, column):
    """Teach frames in order."""
    for k, c in zip(counts, column):
        state = lateral.teach(params, state, k, int(c))
    return state


def decisions(params, state, counts):
    """Return the answered column of each frame."""
    read = lateral.readout(params, state)
    return np.array([lateral.present(params, read, k).evidence.argmax() for k in counts])
