# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The rate-coded network in NIR, the format that neuromorphic tool chains exchange (extra `nir`).

Weights stay the whole numbers of the int8 network, and thresholds count in them. A layer is a
Conv2d and an IF, a layer of pairs two of each; a Scale of -1 turns the spikes of the negative
ones. Bias, and the half threshold that a neuron starts from, flow in over its T steps. A Delay
lets the spikes of a residual connection arrive with the others. NIR has no padding on one side:
a kernel with a row and a column of zeros before it does the same. What NIR cannot say stands in
its metadata: a neuron integrates in the window of T steps of its number, fires in the next, and
each spike lowers its potential by the threshold instead of resetting it.

Pedersen et al., "Neuromorphic intermediate representation", Nature Communications, 2024.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import SpikingError
from hybrid_snn_ros.spiking_encoder.nir_reader import network_of
from hybrid_snn_ros.spiking_encoder.rate import RateNetwork, RateNeurons
from hybrid_snn_ros.spiking_encoder.synapses import padding

RULE = 'integrate for `steps` steps, then fire for as many; a spike lowers by the threshold'


def load_nir() -> ModuleType:
    """Return the nir package; SpikingError where it is not installed."""
    try:
        import nir
    except ImportError as error:
        raise SpikingError("NIR needs the nir package (pip install 'hybrid_snn_ros[nir]'): "
                           f'{error}') from error
    return nir


def write(path: str | Path, network: RateNetwork) -> None:
    """
    Write a network to a file, read it back and compare.

    :raises SpikingError: without the nir package, when the file cannot be written, or where it
        does not give the same network again.
    """
    nir = load_nir()
    try:
        nir.write(path, to_nir(network))
        found = read(path)
    except OSError as error:
        reason = ' '.join(str(error).split())
        raise SpikingError(f'{path} cannot be written: {reason}') from error
    if not equal(found, network):
        raise SpikingError(f'{path} does not give the same network again')


def read(path: str | Path) -> RateNetwork:
    """Return the network that `write` has written to a file."""
    # nir 1.0.8 takes the inputs of grouped convolutions for too few when it checks.
    return network_of(load_nir().read(path, type_check=False))


def equal(one: RateNetwork, other: RateNetwork) -> bool:
    """Tell whether two networks have the same layers, weights, thresholds and steps."""
    def form(network: RateNetwork) -> list[Any]:
        return [network.steps, network.graph.image.zero_point, network.graph.image.shape, *(
            (layer.kind, layer.stride, layer.relu6, layer.target.name, layer.target.shape,
             [source.name for source in layer.sources]) for layer in network.graph.layers)]

    def content(network: RateNetwork) -> list[np.ndarray]:
        return [array for neurons in network.neurons for array in (
            neurons.layer.weight, *neurons.gains, *neurons.starts[:1 + neurons.paired])]

    return form(one) == form(other) and all(
        np.array_equal(*pair) for pair in zip(content(one), content(other)))


def to_nir(network: RateNetwork) -> Any:
    """Return the network as nir.NIRGraph."""
    return _Writer(load_nir(), network).graph()


class _Writer:
    """Adds the nodes of one layer after the other."""

    def __init__(self, nir: ModuleType, network: RateNetwork) -> None:
        self._nir, self._network, self._steps = nir, network, network.steps
        self._nodes: dict[str, Any] = {}
        self._edges: list[tuple[str, str]] = []
        # tensor -> nodes that give its spikes with their sign, and the window it integrates in
        self._givers: dict[str, list[str]] = {}
        self._windows: dict[str, int] = {}

    def graph(self) -> Any:
        nir, image = self._nir, self._network.graph.image
        shape = _turned(image.shape)
        self._nodes['input'] = nir.Input(input_type={'input': np.array(shape)})
        self._add(image.name, nir.Scale(np.full(shape, 1 / self._steps)), 'input')
        self._givers[image.name], self._windows[image.name] = [image.name], -1
        for neurons in self._network.neurons:
            if neurons.layer.kind == 'mean':
                self._add_mean(neurons)
            else:
                self._add_layer(neurons)
        about = {'code': 'rate', 'steps': self._steps, 'rule': RULE,
                 'input': f'pixel {-128 - image.zero_point:+d}, in every step',
                 'image': image.name, 'image_zero_point': image.zero_point}
        return nir.NIRGraph(self._nodes, self._edges, metadata=about, type_check=False)

    def _add(self, name: str, node: Any, *sources: str) -> None:
        self._nodes[name] = node
        self._edges += [(source, name) for source in sources]

    def _add_layer(self, neurons: RateNeurons) -> None:
        layer = neurons.layer
        name, shape = layer.target.name, _turned(layer.target.shape)
        window = self._windows[name] = 1 + max(self._windows[one.name] for one in layer.sources)
        givers = []
        for source in layer.sources:
            lag = (window - 1 - self._windows[source.name]) * self._steps
            given = self._givers[source.name]
            if lag:
                delay = f'{name}_delays_{source.name}'
                self._add(delay, self._nir.Delay(np.full(_turned(source.shape), float(lag))),
                          *given)
                given = [delay]
            givers.append(given)
        for sign, start, end in ((1, neurons.starts[0], ''), (-1, neurons.starts[1], '_negative')):
            if sign < 0 and not neurons.paired:
                break
            synapses = []
            for place, given in enumerate(givers):
                synapses.append(f'{name}{end}_synapses_{place}')
                self._add(synapses[-1], self._synapses(neurons, place, sign, start), *given)
            gain = neurons.gains[0].astype(np.float64)
            level = np.ones(1) if layer.kind == 'add' else 1 / gain
            threshold = np.broadcast_to(level[:, None, None], shape).copy()
            self._add(f'{name}{end}', self._nir.IF(
                np.ones(shape), threshold, np.zeros(shape),
                metadata={'window': window, 'pair': end.strip('_')}), *synapses)
        self._givers[name] = [name]
        if neurons.paired:
            turned = f'{name}_turned'
            self._add(turned, self._nir.Scale(np.full(shape, -1.0)), f'{name}_negative')
            self._givers[name].append(turned)

    def _synapses(self, neurons: RateNeurons, place: int, sign: int, start: np.ndarray) -> Any:
        """Return a Conv2d; the first one of a layer brings what its neurons start from."""
        layer = neurons.layer
        source, channels = layer.sources[place], layer.target.shape[2]
        gain = neurons.gains[place].astype(np.float64)
        if layer.kind == 'add':
            weight = np.full((channels, 1, 1, 1), float(gain))
            begins, before, zeros = start.astype(np.float64), 0, 0
        else:
            order = (2, 0, 1) if layer.kind == 'depthwise' else (3, 2, 0, 1)
            weight = layer.weight.transpose(order).astype(np.float32)
            if layer.kind == 'depthwise':
                weight = weight[:, None]
            first, before = padding(layer)
            zeros = before - first
            weight = np.pad(weight, ((0, 0), (0, 0), (zeros, 0), (zeros, 0)))
            begins = start.astype(np.float64) / gain
        bias = np.broadcast_to(begins if place == 0 else 0.0, channels) / self._steps
        return self._nir.Conv2d(
            source.shape[:2], sign * weight, layer.stride, before, 1,
            1 if layer.kind == 'convolution' else channels, bias,
            metadata={'kind': layer.kind, 'source': source.name, 'place': place, 'zeros': zeros})

    def _add_mean(self, neurons: RateNeurons) -> None:
        layer = neurons.layer
        name, source = layer.target.name, layer.sources[0]
        height, width, channels = source.shape
        size = np.array([height, width])
        self._add(f'{name}_sum', self._nir.SumPool2d(size, size, np.zeros(2, int),
                                                     metadata={'source': source.name}),
                  *self._givers[source.name])
        scale = np.full((channels, 1, 1), float(neurons.gains[0]))
        self._add(f'{name}_scale', self._nir.Scale(scale), f'{name}_sum')
        self._add(f'{name}_flat', self._nir.Flatten(
            {'input': np.array([channels, 1, 1])}, 0, -1), f'{name}_scale')
        self._add(name, self._nir.Output(
            output_type={'output': np.array([channels])},
            metadata={'window': 1 + self._windows[source.name],
                      'read': 'round half up after the window, 0 to 255'}), f'{name}_flat')


def _turned(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (channels, height, width), as NIR has it."""
    return shape[2], shape[0], shape[1]
