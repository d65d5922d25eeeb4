# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The network as radix spikes, exact: eight steps, in which a spike is worth 128, 64, ... 1.

A value is the distance of its code from the zero point in binary digits, the largest first, each a
spike or none; where codes lie below the zero point, too, spikes of the other sign. A neuron
doubles its potential in every step and adds what arrives, and so holds the exact sum after eight
steps. What it then sends is that of the int8 network: its output rule is the requantisation.
(Wang et al., "Efficient spiking neural networks with radix encoding", 2021, for networks that are
trained for it.)
"""

from collections.abc import Iterator, Sequence

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph
from hybrid_snn_ros.spiking_encoder.integer import (
    distances,
    Look,
    Neurons,
    no_look,
    pixel_codes,
    walk,
)
from hybrid_snn_ros.spiking_encoder.steps import sources_of, Step

STEPS = 8


def spikes(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the spikes -1, 0 or 1 of whole numbers -255..255, int8, in 8 steps."""
    sizes = np.abs(values).astype(np.uint8)
    signs = np.sign(values).astype(np.int8)
    for step in range(STEPS):
        yield signs * ((sizes >> (STEPS - 1 - step)) & 1).astype(np.int8)


class RadixNetwork:
    """The network as radix spikes; `codes` gives embeddings, step by step."""

    steps = STEPS

    def __init__(self, graph: Graph) -> None:
        """Prepare the layers of a network."""
        self.graph = graph
        self.neurons = [Neurons(layer) for layer in graph.layers]

    def codes(self, pictures: np.ndarray, look: Look = no_look) -> np.ndarray:
        """
        Return the embedding codes 0..255, uint8 (n, N), equal to those of Encoder.codes.

        :param pictures: uint8 RGB (n, size, size, 3).
        :param look: called with every tensor and the values that its spikes stand for, whole
            numbers as float32 (n, ...).
        """
        def respond(neurons: Neurons, sources: Sequence[np.ndarray]) -> np.ndarray:
            *_, potential = _potentials(neurons, sources)
            values = distances(neurons.layer.target, neurons.codes(potential))
            look(neurons.layer.target, values)
            return values

        image = distances(self.graph.image, pixel_codes(pictures))
        look(self.graph.image, image)
        last = walk(self.neurons, self.graph, image, respond)
        return np.clip(last, 0, 255).astype(np.uint8)

    def steps_of(self, picture: np.ndarray, name: str) -> Iterator[Step]:
        """
        Yield the 16 steps of a layer, 8 in which it integrates and 8 in which it fires.

        :param picture: uint8 RGB (size, size, 3).
        :param name: of the layer's tensor. The potential is without the bias at first, and what
            is left to be sent afterwards.
        :raises SpikingError: when no layer that fires has this name.
        """
        place, sources = sources_of(self, picture, name)
        neurons = self.neurons[place]
        for potential in _potentials(neurons, sources):
            yield Step(potential[0], None)
        left = distances(neurons.layer.target, neurons.codes(potential))
        for step, fired in enumerate(spikes(left)):
            left = left - fired * np.float32(1 << (STEPS - 1 - step))
            yield Step(left[0], fired[0])


def _potentials(neurons: Neurons, sources: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the potentials after each step in which the spikes of the sources arrive."""
    potential = None
    for arrived in map(neurons.arriving, zip(*map(spikes, sources))):
        potential = arrived if potential is None else 2 * potential + arrived
        yield potential
