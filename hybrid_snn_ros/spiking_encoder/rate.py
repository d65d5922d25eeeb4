# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The network as rate-coded spikes: a value is how often a neuron fires in T steps.

Integrate, then fire: for T steps a neuron adds up the spikes that arrive, in the next T it fires
once a step while its potential reaches the threshold, and lowers it by the threshold each time. It
starts from half a threshold, so that it fires round(T x / theta) times: 0..T spikes behind a
ReLU6, T spikes at x = theta. Where no ReLU6 is (the narrow ends of the blocks), a neuron is a
pair, one of which stands for negative values: -T..T. The pixels are no spikes: they flow into the
first layer as currents, as in nearly all that is published, and cost multiplications there.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, Layer, SpikingError
from hybrid_snn_ros.spiking_encoder.integer import (
    distances,
    LARGEST,
    Look,
    no_look,
    pixel_codes,
    walk,
)
from hybrid_snn_ros.spiking_encoder.steps import sources_of, Step
from hybrid_snn_ros.spiking_encoder.synapses import Synapses

LEAST_STEPS, MOST_STEPS = 7, 255


class RateNeurons:
    """A layer of neurons that count; `counts` says how often each fires."""

    def __init__(self, layer: Layer, gains: Sequence[np.ndarray], starts: Sequence[np.ndarray],
                 steps: int) -> None:
        """
        Prepare a layer.

        :param gains: what a weight of 1 and one spike add to the potential, in thresholds, for
            each source; float32 (channels) or one number.
        :param starts: potential that neurons begin with, and the negative ones of a pair.
        """
        self.layer, self.gains, self.starts, self.steps = layer, gains, starts, steps
        self.paired = not layer.relu6 and layer.kind != 'mean'
        if layer.kind in ('convolution', 'depthwise'):
            self._synapses = Synapses(layer, LARGEST)

    @classmethod
    def of_units(cls, layer: Layer, units: Sequence[float], unit: float,
                 steps: int) -> 'RateNeurons':
        """
        Return a layer by what one spike of each source, and of its own, is worth.

        The last layer does not fire but is read: its unit is the value of one code.
        """
        bias, gains = np.zeros(1), [np.asarray(one / unit) for one in units]
        if layer.kind == 'mean':
            height, width, _ = layer.sources[0].shape
            gains[0] = np.asarray(units[0] / (height * width * unit))
        elif layer.kind != 'add':
            scale = layer.weight_scale.astype(np.float64)
            gains[0] = units[0] * scale / unit
            bias = layer.bias * (layer.sources[0].scale * scale) / unit
        return cls(layer, [gain.astype(np.float32) for gain in gains],
                   [(0.5 + bias).astype(np.float32), (0.5 - bias).astype(np.float32)], steps)

    def arriving(self, sources: Sequence[np.ndarray]) -> np.ndarray:
        """
        Return what arrives of spikes, in thresholds, float32.

        :param sources: spikes, or how many there were, (n, height, width, channels); pixels as
            distances from their zero point.
        """
        if self.layer.kind == 'add':
            return sources[0] * self.gains[0] + sources[1] * self.gains[1]
        if self.layer.kind == 'mean':
            return sources[0].sum(axis=(1, 2), dtype=np.float32) * self.gains[0]
        sums = self._synapses.sums(sources[0]).astype(np.float32, copy=False)
        sums *= self.gains[0]
        return sums

    def counts(self, arrived: np.ndarray) -> np.ndarray:
        """Return how often the neurons fire when this arrived, whole numbers as float32."""
        counts = np.floor(arrived + self.starts[0])
        if self.layer.kind == 'mean':  # read, not fired: a code of the embedding
            return np.clip(counts, 0, 255, out=counts)
        np.clip(counts, 0, self.steps, out=counts)
        if self.paired:
            counts -= np.clip(np.floor(self.starts[1] - arrived), 0, self.steps)
        return counts


class RateNetwork:
    """The network as rate-coded spikes; `codes` gives embeddings."""

    def __init__(self, graph: Graph, neurons: Sequence[RateNeurons], steps: int) -> None:
        """
        Join layers to a network.

        :param neurons: one for each of graph.layers.
        :param steps: T, 7..255.
        """
        self.graph, self.neurons, self.steps = graph, neurons, steps

    @classmethod
    def of_thresholds(cls, graph: Graph, thresholds: Mapping[str, float],
                      steps: int) -> 'RateNetwork':
        """
        Return a network by its thresholds.

        :param thresholds: value at which a neuron fires in every step, by the name of its
            layer's tensor, of all but the pixels and the embedding (calibration.calibrate).
        :raises SpikingError: when a threshold is missing or not above 0, or T out of bounds.
        """
        check_steps(steps)
        # Of pixels and embedding it is the value of one code.
        units = {one.name: float(one.scale) for one in (graph.image, graph.embedding)}
        for layer in graph.layers[:-1]:
            value = thresholds.get(layer.target.name, 0.0)
            if not 0 < value < np.inf:
                raise SpikingError(f'the threshold of {layer.target.name} must be above 0, not '
                                   f'{value}')
            units[layer.target.name] = value / steps
        return cls(graph, [RateNeurons.of_units(
            layer, [units[one.name] for one in layer.sources], units[layer.target.name], steps)
            for layer in graph.layers], steps)

    def codes(self, pictures: np.ndarray, look: Look = no_look) -> np.ndarray:
        """
        Return the embedding codes 0..255, uint8 (n, N), in the steps of Encoder.codes.

        :param pictures: uint8 RGB (n, size, size, 3).
        :param look: called with every tensor and how often its neurons fire, float32 (n, ...);
            of pixels and embedding with what flows in and is read.
        """
        def respond(neurons: RateNeurons, sources: Sequence[np.ndarray]) -> np.ndarray:
            counts = neurons.counts(neurons.arriving(sources))
            look(neurons.layer.target, counts)
            return counts

        image = distances(self.graph.image, pixel_codes(pictures))
        look(self.graph.image, image)
        return walk(self.neurons, self.graph, image, respond).astype(np.uint8)

    def steps_of(self, picture: np.ndarray, name: str) -> Iterator[Step]:
        """
        Yield the 2 T steps of a layer, T in which it integrates and T in which it fires.

        :param picture: uint8 RGB (size, size, 3).
        :param name: of the layer's tensor. Of a pair the potential is that of the positive neuron
            and the spikes are those of both, the negative one's as -1.
        :raises SpikingError: when no layer that fires has this name.
        """
        place, sources = sources_of(self, picture, name)
        neurons = self.neurons[place]
        # Spikes arrive in the first steps of a window, the currents of pixels all the time.
        current = neurons.layer.sources[0] is self.graph.image
        for step in range(1, self.steps + 1):
            arrived = neurons.arriving([one * np.float32(step / self.steps) if current else
                                        np.clip(one, -step, step) for one in sources])
            yield Step(arrived[0] + neurons.starts[0], None)
        held = [arrived + neurons.starts[0], neurons.starts[1] - arrived]
        for _ in range(self.steps):
            fired = [(one >= 1).astype(np.float32) for one in held]
            held = [one - spikes for one, spikes in zip(held, fired)]
            total = fired[0] - fired[1] if neurons.paired else fired[0]
            yield Step(held[0][0], total[0].astype(np.int8))


def check_steps(steps: int) -> None:
    """Refuse what no rate code has."""
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        raise SpikingError(f'a rate code takes {LEAST_STEPS} to {MOST_STEPS} steps, not {steps}')
