# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From a graph in NIR, as `nir_graph` writes it, back to the network that it stands for."""

from typing import Any

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, HIGHEST, Layer, LOWEST, Tensor
from hybrid_snn_ros.spiking_encoder.rate import RateNetwork, RateNeurons

_NONE = np.zeros(0, np.int8)


def network_of(graph: Any) -> RateNetwork:
    """Return the network of a nir.NIRGraph."""
    nodes, steps = graph.nodes, int(graph.metadata['steps'])
    image = Tensor(_text(graph.metadata['image']), _shape(nodes['input'].input_type['input']),
                   np.float32(1), int(graph.metadata['image_zero_point']))
    tensors, layers = {image.name: image}, []
    firing = sorted((int(node.metadata['window']), name) for name, node in nodes.items()
                    if 'window' in node.metadata and not _text(node.metadata.get('pair', '')))
    for _, name in firing[:-1]:
        layers.append(_layer(nodes, graph.edges, name, tensors, steps))
        tensors[name] = layers[-1].layer.target
    # The last one is read.
    name = firing[-1][1]
    source = tensors[_text(nodes[f'{name}_sum'].metadata['source'])]
    scale = nodes[f'{name}_scale'].scale
    target = Tensor(name, (len(scale),), np.float32(1), 0)
    mean = Layer('mean', (source,), target, _NONE, _NONE, _NONE, 1, LOWEST, HIGHEST, False)
    layers.append(RateNeurons(mean, [np.asarray(scale[0, 0, 0], np.float32)],
                              [np.full(1, 0.5, np.float32)], steps))
    return RateNetwork(Graph(image, tuple(neurons.layer for neurons in layers)), layers, steps)


def _layer(nodes: dict[str, Any], edges: list[tuple[str, str]], name: str,
           tensors: dict[str, Tensor], steps: int) -> RateNeurons:
    neurons = nodes[name]
    target = Tensor(name, _shape(neurons.v_threshold.shape), np.float32(1), 0)
    synapses = sorted((nodes[one] for one, other in edges if other == name),
                      key=lambda node: int(node.metadata['place']))
    kind = _text(synapses[0].metadata['kind'])
    gains = [1 / neurons.v_threshold[:, 0, 0]]
    weight = _NONE
    if kind == 'add':
        gains = [node.weight.reshape(-1)[0] for node in synapses]
    else:
        zeros = int(synapses[0].metadata['zeros'])
        weight = synapses[0].weight[:, :, zeros:, zeros:].astype(np.int8)
        weight = weight[:, 0].transpose(1, 2, 0) if kind == 'depthwise' else (
            weight.transpose(2, 3, 1, 0))
    paired = f'{name}_negative' in nodes
    starts = [_start(nodes[f'{one}_synapses_0'], gains[0], kind, steps)
              for one in (name, f'{name}_negative')[:1 + paired]]
    sources = tuple(tensors[_text(node.metadata['source'])] for node in synapses)
    layer = Layer(kind, sources, target, np.ascontiguousarray(weight), _NONE, _NONE,
                  int(np.ravel(synapses[0].stride)[0]), LOWEST, HIGHEST, not paired)
    return RateNeurons(layer, [gain.astype(np.float32) for gain in gains], starts, steps)


def _start(synapses: Any, gain: np.ndarray, kind: str, steps: int) -> np.ndarray:
    """Return what neurons start from, in thresholds: all that flows in by itself."""
    if kind == 'add':
        return (synapses.bias[:1] * steps).astype(np.float32)
    return (synapses.bias * steps * gain).astype(np.float32)


def _shape(turned: Any) -> tuple[int, ...]:
    channels, height, width = map(int, turned)
    return height, width, channels


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
