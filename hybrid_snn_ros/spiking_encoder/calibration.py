# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Thresholds for rate-coded spikes, fitted to given pictures layer by layer, without training.

A layer's threshold is where its spikes come closest, by least squares, to the values that its
neurons integrate: a low one cuts off large values, a high one rounds small ones away. The layers
before it already spike.
"""

from collections.abc import Callable, Sequence

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, Layer, SpikingError
from hybrid_snn_ros.spiking_encoder.integer import distances, pixel_codes, walk
from hybrid_snn_ros.spiking_encoder.rate import check_steps, RateNeurons

PICTURES = 24
_VALUES = 1 << 18  # of a layer that are looked at, evenly chosen
_TRIED = np.geomspace(0.1, 1.0, 47)  # of the largest value
_LEAST = 1e-6  # of a layer that holds nothing at all


def calibrate(graph: Graph, pictures: np.ndarray, steps: int,
              progress: Callable[[int, int], None] = lambda done, total: None
              ) -> dict[str, float]:
    """
    Return the threshold of every layer that fires, by the name of its tensor.

    :param pictures: uint8 RGB (n, size, size, 3), of those that one may learn from.
    :param steps: T.
    :param progress: called with (layers done, layers).
    :raises SpikingError: without pictures, or for a number of steps that is none.
    """
    check_steps(steps)
    if not len(pictures):
        raise SpikingError('thresholds are fitted to pictures, and there is none')
    units = {graph.image.name: float(graph.image.scale)}
    thresholds: dict[str, float] = {}

    def respond(layer: Layer, sources: Sequence[list[np.ndarray]]) -> list[np.ndarray]:
        """Take what fired for every picture, fit the layer's threshold, give what it fires."""
        given = [units[source.name] for source in layer.sources]
        valued = RateNeurons.of_units(layer, given, 1.0, steps)  # its potentials are values
        values = [valued.arriving(one) + (valued.starts[0] - np.float32(0.5))
                  for one in zip(*sources)]
        threshold = _fit(_some(values), layer.relu6, steps)
        thresholds[layer.target.name] = threshold
        units[layer.target.name] = threshold / steps
        progress(len(thresholds), len(firing.layers))
        spiking = RateNeurons.of_units(layer, given, threshold / steps, steps)
        return [spiking.counts(spiking.arriving(one)) for one in zip(*sources)]

    firing = graph._replace(layers=graph.layers[:-1])
    walk(firing.layers, firing, [distances(graph.image, pixel_codes(one[None]))
                                 for one in pictures], respond)
    return thresholds


def _some(values: list[np.ndarray]) -> np.ndarray:
    """Return some of the values, flat."""
    flat = np.stack(values).reshape(-1)
    return flat[::-(-len(flat) // _VALUES) | 1]  # an odd stride meets all channels


def _fit(values: np.ndarray, relu6: bool, steps: int) -> float:
    """Return the threshold at which spikes come closest to the values of a layer."""
    values = np.clip(values, 0, 6) if relu6 else values
    largest = max(float(np.abs(values).max()), _LEAST)
    best, least = largest, np.inf
    for threshold in largest * _TRIED:
        unit = np.float32(threshold / steps)
        counts = np.clip(np.rint(values / unit), -steps, steps)
        missed = counts * unit - values
        error = float(missed @ missed)
        if error < least:
            best, least = float(threshold), error
    return best
