# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small int8 networks of every kind of layer, and pictures for them."""

import numpy as np

from hybrid_snn_ros.vision.tflite_writer import GraphWriter

SIZE = 12


def small_model(path, seed=0, size=SIZE):
    """Write a network of 12 px with strides, both kernels, a residual block and a mean."""
    random = np.random.default_rng(seed)
    relu6, line = [0.0, 6.0], [-4.0, 5.0]
    graph = GraphWriter({'image': [-0.9921875, 1.0], 'act0': relu6, 'act1': relu6, 'act2': line,
                         'act3': relu6, 'act4': relu6, 'act5': [-3.0, 6.5], 'add6': [-5.0, 7.0],
                         'act6': relu6, 'act7': relu6, 'act8': [-2.0, 2.0], 'act9': relu6,
                         'embedding': [0.0, 3.0]}, quantized=True)

    def layer(source, size, out, number, stride=1, relu=True, depthwise=False):
        inputs = source.shape[3]
        shape = (1, size, size, inputs) if depthwise else (out, size, size, inputs)
        fan_in = size * size * (1 if depthwise else inputs)
        weight = random.normal(0, 1.5 / np.sqrt(fan_in), shape).astype(np.float32)
        bias = random.normal(0.3, 0.5, out).astype(np.float32)
        return graph.convolution(source, weight, bias, f'act{number}', stride=stride,
                                 relu6=relu, depthwise=depthwise)

    current = layer(graph.image(size), 3, 4, 0, stride=2)
    current = layer(current, 3, 4, 1, depthwise=True)
    block = layer(current, 1, 3, 2, relu=False)
    current = layer(block, 1, 5, 3)
    current = layer(current, 5, 5, 4, depthwise=True)
    current = layer(current, 1, 3, 5, relu=False)
    current = graph.add(current, block, 'add6')
    current = layer(current, 1, 6, 6)
    current = layer(current, 5, 6, 7, stride=2, depthwise=True)
    current = layer(current, 1, 4, 8, relu=False)
    current = layer(current, 1, 7, 9)
    path.write_bytes(graph.finish('a test', {'embedding': graph.mean(current, 'embedding')}))
    return path


def pictures(count, size, seed=0):
    """Return pictures with structure and some with none, uint8 RGB (count, size, size, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 4, 4, 3))
    places = np.arange(size) * 4 // size
    made = coarse[:, places][:, :, places] + random.integers(-40, 41, (count, size, size, 3))
    made[0] = random.integers(0, 256, (size, size, 3))
    return np.clip(made, 0, 255).astype(np.uint8)
