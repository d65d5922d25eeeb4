# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The spiking encoder, spelt out: single spikes, synapse by synapse, step by step, slow.

Every spike is carried to each neuron it reaches and added there; nothing is a matrix. Whole
numbers are Python's.
"""

from fractions import Fraction
import itertools
import math

import numpy as np

RADIX_STEPS = 8


def places(shape):
    return itertools.product(*map(range, shape))


def synapses(layer, spike):
    """Yield (neuron of the layer, weight) for a neuron (y, x, channel) of its source."""
    y, x, channel = spike
    size, stride = layer.weight.shape[0], layer.stride
    height, width, channels = layer.target.shape
    source = layer.sources[0].shape[0]
    before = max(0, (height - 1) * stride + size - source) // 2
    for row, column in places((size, size)):
        down, across = y + before - row, x + before - column
        if down % stride or across % stride:
            continue
        down, across = down // stride, across // stride
        if not (0 <= down < height and 0 <= across < width):
            continue
        if layer.kind == 'depthwise':
            yield (down, across, channel), int(layer.weight[row, column, channel])
            continue
        for out in range(channels):
            yield (down, across, out), int(layer.weight[row, column, channel, out])


class Count:
    """Synaptic operations and spikes, counted one by one."""

    def __init__(self):
        self.operations = self.spikes = 0


def integrate(layer, potential, spikes, amounts, count):
    """
    Carry the spikes of one step to the neurons of a layer.

    :param spikes: {neuron: -1 or 1} of each source.
    :param amounts: what a spike of each source of an `add` brings.
    """
    for sent, amount in zip(spikes, amounts):
        for (y, x, channel), sign in sent.items():
            count.spikes += 1
            if layer.kind == 'add':
                reached = [((y, x, channel), amount)]
            elif layer.kind == 'mean':
                reached = [((channel,), 1)]
            else:
                reached = synapses(layer, (y, x, channel))
            for neuron, weight in reached:
                potential[neuron] += sign * weight
                count.operations += 1


def sum_factors(layer):
    """Return XNNPACK's whole-number factors of a sum of two layers, and its shift."""
    ratios = [float(np.float32(source.scale / layer.target.scale)) for source in layer.sources]
    shift = 20 - math.floor(math.log2(max(ratios)))
    return [round(Fraction(ratio) * 2 ** shift) for ratio in ratios], shift


def requantised(layer, neuron, total):
    """Return the code of a neuron for the sum that arrived, as LiteRT rounds it."""
    if layer.kind == 'add':
        steps = (total + (1 << (sum_factors(layer)[1] - 1))) >> sum_factors(layer)[1]
    else:
        if layer.kind == 'mean':
            height, width, _ = layer.sources[0].shape
            scale = np.float32(layer.sources[0].scale) / (
                np.float32(layer.target.scale) * np.float32(height * width))
        else:
            total += int(layer.bias[neuron[-1]])
            scale = np.float32(layer.sources[0].scale) * np.float32(
                layer.weight_scale[neuron[-1]]) / np.float32(layer.target.scale)
        steps = round(Fraction(float(np.float32(total) * np.float32(scale))))  # half to even
    return min(max(steps + layer.target.zero_point, layer.low), layer.high)


def radix(graph, picture):
    """Return ({tensor: values}, {tensor: potentials of the 8 steps}, Count) of radix spikes."""
    count = Count()
    values = {graph.image.name: {p: int(picture[p]) - 128 - graph.image.zero_point
                                 for p in places(picture.shape)}}
    potentials = {}
    for layer in graph.layers:
        amounts = sum_factors(layer)[0] if layer.kind == 'add' else [1]
        potential = dict.fromkeys(places(layer.target.shape), 0)
        watched = potentials[layer.target.name] = []
        for step in range(RADIX_STEPS):
            bit = RADIX_STEPS - 1 - step
            spikes = [{p: 1 if value > 0 else -1 for p, value in values[source.name].items()
                       if abs(value) >> bit & 1} for source in layer.sources]
            for neuron in potential:
                potential[neuron] *= 2
            integrate(layer, potential, spikes, amounts, count)
            watched.append(dict(potential))
        values[layer.target.name] = {
            neuron: requantised(layer, neuron, total) - layer.target.zero_point
            for neuron, total in potential.items()}
    return values, potentials, count


def rate(graph, thresholds, steps, picture):
    """
    Return ({tensor: {neuron: spikes}}, Count) of rate-coded spikes.

    Potentials are in thresholds, whole sums times one gain, in exact fractions.
    """
    count = Count()
    pixel = {p: int(picture[p]) - 128 - graph.image.zero_point for p in places(picture.shape)}
    trains = {}
    counts = {graph.image.name: pixel}

    def unit(tensor):
        if tensor.name in thresholds:
            return thresholds[tensor.name] / steps
        return float(tensor.scale)

    for layer in graph.layers:
        # How much arrived from each source of a sum, and of the only one elsewhere.
        arrived = [dict.fromkeys(places(layer.target.shape), 0) for _ in layer.sources]
        for place, source in enumerate(layer.sources):
            if source.name == graph.image.name:
                for (y, x, channel), value in pixel.items():  # currents, not spikes
                    for neuron, weight in synapses(layer, (y, x, channel)):
                        arrived[place][neuron] += value * weight
                continue
            for step in range(steps):
                spikes = {p: train[step] for p, train in trains[source.name].items()
                          if train[step]}
                integrate(layer, arrived[place], [spikes], [1], count)
        fired = {}
        for neuron in places(layer.target.shape):
            potential = Fraction(0)
            bias = 0.0
            for place, source in enumerate(layer.sources):
                gain = unit(source) / unit(layer.target)
                if layer.kind == 'mean':
                    gain = unit(source) / (math.prod(layer.sources[0].shape[:2])
                                           * unit(layer.target))
                elif layer.kind != 'add':
                    gain = unit(source) * float(layer.weight_scale[neuron[-1]]) / unit(
                        layer.target)
                potential += arrived[place][neuron] * Fraction(float(np.float32(gain)))
            if layer.kind in ('convolution', 'depthwise'):
                bias = float(layer.bias[neuron[-1]] * (
                    layer.sources[0].scale * layer.weight_scale.astype(np.float64))[neuron[-1]]
                ) / unit(layer.target)
            held = potential + Fraction(float(np.float32(0.5 + bias)))
            mirrored = Fraction(float(np.float32(0.5 - bias))) - potential
            if layer.kind == 'mean':
                fired[neuron] = min(max(math.floor(held), 0), 255)
                continue
            train = []
            for _ in range(steps):
                spike = 0
                if held >= 1:
                    held -= 1
                    spike += 1
                if not layer.relu6 and mirrored >= 1:
                    mirrored -= 1
                    spike -= 1
                train.append(spike)
            trains.setdefault(layer.target.name, {})[neuron] = train
            fired[neuron] = sum(train)
        counts[layer.target.name] = fired
    return counts, count


def array(tensor, values):
    """Return what belongs to the neurons of a tensor as an array of its shape."""
    return np.array([values[p] for p in places(tensor.shape)]).reshape(tensor.shape)
