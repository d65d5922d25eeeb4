# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What spikes cost: how many there are, how many synapses they pass, and an energy by assumption.

A synaptic operation is one spike that arrives at one neuron: one addition. A MAC is one
multiplication and addition of the dense network, those with the padding included, as they are
usually counted.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, Layer, Tensor
from hybrid_snn_ros.spiking_encoder.synapses import fan_out

# pJ an operation in a 45 nm process, without any memory: Horowitz, "Computing's energy problem",
# ISSCC 2014. Papers on spikes count an accumulate as an addition of floats.
ENERGY_PJ = {'float32 MAC': 4.6, 'int8 MAC': 0.23, 'float32 addition': 0.9,
             'int32 addition': 0.1}


def _digits(number: int) -> int:
    """Return how many digits -1 or 1 the shortest sum of powers of two has."""
    return bin(number ^ (3 * number)).count('1')  # of the non-adjacent form


BITS = np.array([bin(number).count('1') for number in range(256)])
SIGNED_DIGITS = np.array([_digits(number) for number in range(256)])
# code -> ways to send a whole number, and how many spikes each takes; the first one is the code's
WAYS: dict[str, dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    'radix': {'spikes': lambda sizes: BITS[sizes],
              'signed digits': lambda sizes: SIGNED_DIGITS[sizes],
              'one event of any size': lambda sizes: sizes > 0},
    'rate': {'spikes': lambda sizes: sizes}}


class LayerCost(NamedTuple):
    """What one layer's spikes cost, a picture."""

    name: str
    neurons: int
    spikes: float
    operations: float  # of the synapses that lead away from it
    macs: int  # of the same synapses in the dense network


class Meter:
    """Watches a network (its `look`) and counts."""

    def __init__(self, graph: Graph, code: str) -> None:
        """
        Prepare to count.

        :param code: 'radix' or 'rate', which says how spikes stand for whole numbers. By rate,
            pixels are currents: their synapses multiply, which is counted apart.
        """
        self._graph, self._ways = graph, WAYS[code]
        self._direct = code == 'rate'
        self._fans: dict[str, np.ndarray] = {}
        self._macs: dict[str, int] = {}
        for layer in graph.layers:
            for source in layer.sources:
                self._fans[source.name] = self._fans.get(source.name, 0) + fan_out(layer)
                self._macs[source.name] = self._macs.get(source.name, 0) + macs(layer)
        self.pictures = 0
        self._spikes: dict[str, float] = {}
        self._operations: dict[str, dict[str, float]] = {way: {} for way in self._ways}
        self._neurons: dict[str, int] = {}

    def look(self, tensor: Tensor, values: np.ndarray) -> None:
        """Count what a tensor sends: whole numbers (n, ...)."""
        name = tensor.name
        if name == self._graph.embedding.name:  # it is read, not sent
            return
        if name == self._graph.image.name:
            self.pictures += len(values)
            if self._direct:
                return
        sizes = np.abs(values).astype(np.int64)
        self._neurons[name] = sizes[0].size
        for way, spikes_of in self._ways.items():
            spikes = spikes_of(sizes)
            if way == 'spikes':
                self._spikes[name] = self._spikes.get(name, 0) + float(spikes.sum())
            at = spikes.sum(axis=(0, 3))[..., None]
            self._operations[way][name] = (self._operations[way].get(name, 0)
                                           + float((at * self._fans[name]).sum()))

    def layers(self) -> list[LayerCost]:
        """Return what each layer costs, in their order, pixels first where they spike."""
        return [LayerCost(name, neurons, self._spikes[name] / self.pictures,
                          self._operations['spikes'][name] / self.pictures, self._macs[name])
                for name, neurons in self._neurons.items()]

    def figures(self) -> dict[str, Any]:
        """Return the figures of a picture, as for JSON; energies in millijoules."""
        dense = sum(map(macs, self._graph.layers))
        multiplied = self._macs[self._graph.image.name] if self._direct else 0
        layers = self.layers()
        operations = {way: sum(each.values()) / self.pictures
                      for way, each in self._operations.items()}
        return {
            'pictures': self.pictures, 'macs': dense, 'neurons': sum(self._neurons.values()),
            'spikes_per_neuron': (sum(layer.spikes for layer in layers)
                                  / sum(self._neurons.values())),
            'synaptic_operations': operations['spikes'],
            'operations_per_mac': {way: count / dense for way, count in operations.items()},
            'multiplied_macs': multiplied,
            'energy_mj': energies(operations['spikes'], dense, multiplied),
            'layers': [layer._asdict() for layer in layers]}


def macs(layer: Layer) -> int:
    """Return the multiplications of a dense layer; sums and means are none."""
    if layer.kind in ('add', 'mean'):
        return 0
    return int(np.prod(layer.target.shape) * np.prod(layer.weight.shape[:-1]))


def energies(operations: float, dense: int, multiplied: int) -> dict[str, float]:
    """
    Return millijoules of a picture by the assumptions of ENERGY_PJ, memory left out.

    :param multiplied: MACs of the dense network that spikes leave as they are.
    """
    def total(adding: str, multiplying: str) -> float:
        return (operations * ENERGY_PJ[adding] + multiplied * ENERGY_PJ[multiplying]) * 1e-9

    return {'dense, float32': dense * ENERGY_PJ['float32 MAC'] * 1e-9,
            'dense, int8': dense * ENERGY_PJ['int8 MAC'] * 1e-9,
            'spikes, float32 additions': total('float32 addition', 'float32 MAC'),
            'spikes, int32 additions': total('int32 addition', 'int8 MAC')}
