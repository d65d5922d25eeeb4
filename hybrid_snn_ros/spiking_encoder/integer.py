# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The int8 network in whole numbers, bit for bit what LiteRT computes with XNNPACK.

A convolution adds int8 products into an int32, multiplies by one float32 and rounds half to even;
a sum of two layers multiplies both by whole numbers and shifts the result to the right, half up;
the mean adds, multiplies by one float32 and rounds half to even.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, Layer, Tensor
from hybrid_snn_ros.spiking_encoder.synapses import EXACT_FLOAT32, Synapses

LARGEST = 255  # distance of a code from its zero point, at most
Look = Callable[[Tensor, np.ndarray], object]


def no_look(tensor: Tensor, codes: np.ndarray) -> None:
    """Look at nothing."""


class Neurons:
    """A layer as neurons: whole numbers arrive, a rule turns their sum into codes."""

    def __init__(self, layer: Layer) -> None:
        """Prepare a layer."""
        self.layer = layer
        out = np.float32(layer.target.scale)
        scales = [np.float32(source.scale) for source in layer.sources]
        if layer.kind == 'add':
            ratios = [scale / out for scale in scales]
            # XNNPACK: the larger factor has 21 bits.
            self._shift = 20 - int(np.floor(np.log2(max(ratios))))
            self.factors = [int(np.rint(np.float64(ratio) * 2.0 ** self._shift))
                            for ratio in ratios]
        elif layer.kind == 'mean':
            height, width, _ = layer.sources[0].shape
            self._scale = np.asarray(scales[0] / (out * np.float32(height * width)), np.float32)
        else:
            self.synapses = Synapses(layer, LARGEST)
            self._scale = scales[0] * layer.weight_scale / out
            self._bias = layer.bias.astype(self.synapses.dtype)
            # Few channels, of hardly any weight, have a bias that float32 cannot add exactly.
            most = np.abs(layer.bias.astype(np.int64)) + self.synapses.most
            self._wide = np.flatnonzero(most > EXACT_FLOAT32)

    def arriving(self, sources: Sequence[np.ndarray]) -> np.ndarray:
        """
        Return what arrives of whole numbers, exact.

        :param sources: (n, height, width, channels) of each source, distances from zero points.
        """
        if self.layer.kind == 'add':
            return sum(factor * source.astype(np.int64)
                       for factor, source in zip(self.factors, sources))  # type: ignore[return-value]
        if self.layer.kind == 'mean':
            return sources[0].sum(axis=(1, 2), dtype=np.float32)
        return self.synapses.sums(sources[0])

    def codes(self, arrived: np.ndarray) -> np.ndarray:
        """Return the layer's codes, int8, for what arrived; LiteRT's requantisation."""
        layer = self.layer
        if layer.kind == 'add':
            steps = (arrived + (1 << (self._shift - 1))) >> self._shift
        else:
            held = arrived if layer.kind == 'mean' else self._with_bias(arrived)
            steps = np.rint(held * self._scale)
        zero = layer.target.zero_point
        return (np.clip(steps, layer.low - zero, layer.high - zero) + zero).astype(np.int8)


    def _with_bias(self, arrived: np.ndarray) -> np.ndarray:
        """Return the sum and the bias, exact and then rounded to float32."""
        held = (arrived + self._bias).astype(np.float32, copy=False)
        wide = self._wide
        held[..., wide] = arrived[..., wide] + self.layer.bias[wide].astype(np.float64)
        return held


class IntegerNetwork:
    """The network in whole numbers; `codes` gives embeddings."""

    def __init__(self, graph: Graph) -> None:
        """Prepare the layers of a network."""
        self.graph = graph
        self.neurons = [Neurons(layer) for layer in graph.layers]

    def codes(self, pictures: np.ndarray, look: Look = no_look) -> np.ndarray:
        """
        Return the embedding codes 0..255, uint8 (n, N), as Encoder.codes gives them.

        :param pictures: uint8 RGB (n, size, size, 3).
        :param look: called with every tensor and its codes, int8 (n, ...), in their order.
        """
        def respond(neurons: Neurons, sources: Sequence[np.ndarray]) -> np.ndarray:
            codes = neurons.codes(neurons.arriving(sources))
            look(neurons.layer.target, codes)
            return distances(neurons.layer.target, codes)

        image = pixel_codes(pictures)
        look(self.graph.image, image)
        last = walk(self.neurons, self.graph, distances(self.graph.image, image), respond)
        return np.clip(last, 0, 255).astype(np.uint8)


def pixel_codes(pictures: np.ndarray) -> np.ndarray:
    """Return uint8 pixels as the codes of the first tensor, int8."""
    return (pictures ^ 0x80).view(np.int8)


def distances(tensor: Tensor, codes: np.ndarray) -> np.ndarray:
    """Return how far codes lie from their zero point, whole numbers as float32."""
    return codes.astype(np.float32) - np.float32(tensor.zero_point)


def walk(layers: Sequence[Any], graph: Graph, image: Any, respond: Callable[..., Any]) -> Any:
    """
    Go through the network and return what its last layer gives.

    :param layers: one for each of graph.layers, handed to `respond` with a list of what its
        sources gave; what no later layer needs is let go.
    """
    held = {graph.image.name: image}
    last = {source.name: layer for layer in graph.layers for source in layer.sources}
    for one, layer in zip(layers, graph.layers):
        given = respond(one, [held[source.name] for source in layer.sources])
        for source in layer.sources:
            if last[source.name] is layer:
                held.pop(source.name, None)
        held[layer.target.name] = given
    return given
