# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What arrives at the neurons of a layer: exact sums of whole numbers, by floating-point BLAS.

NumPy multiplies integer matrices without BLAS, a hundred times slower. Floats hold whole numbers
exactly up to 2^24 (float32) or 2^53 (float64); while no sum of absolute values can pass that, no
order of adding rounds anything.
"""

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Layer

EXACT_FLOAT32 = 2 ** 24
_BLOCK = 1 << 15  # output values of a depthwise convolution that are worked on in cache


class Synapses:
    """The synapses of a convolution; `sums` gives what they add up to."""

    def __init__(self, layer: Layer, largest: int) -> None:
        """
        Choose the float type that is exact.

        :param largest: absolute value that no input passes.
        """
        self._depthwise = layer.kind == 'depthwise'
        self._stride = layer.stride
        self._size = layer.weight.shape[0]
        self._target = layer.target.shape
        channels = tuple(range(layer.weight.ndim - 1))
        # largest absolute sum that can arrive at a neuron of each channel
        self.most = np.abs(layer.weight.astype(np.int64)).sum(axis=channels) * largest
        self.dtype = np.dtype(np.float32 if self.most.max() <= EXACT_FLOAT32 else np.float64)
        self._weight = layer.weight.astype(self.dtype)
        self._padding = padding(layer)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """
        Return the sums that arrive, whole numbers as `dtype`.

        :param values: whole numbers (n, height, width, channels); what lies outside is 0.
        """
        values = values.astype(self.dtype, copy=False)
        if self._size == 1 and self._stride == 1 and not self._depthwise:
            return values @ self._weight[0, 0]
        before, after = self._padding
        size = self._size
        values = np.pad(values, ((0, 0), (before, after), (before, after), (0, 0)))
        if self._depthwise:
            return np.stack([self._one_depthwise(one) for one in values])
        windows = np.lib.stride_tricks.sliding_window_view(values, (size, size), (1, 2))
        windows = windows[:, ::self._stride, ::self._stride].transpose(0, 1, 2, 4, 5, 3)
        flat = windows.reshape(*windows.shape[:3], -1)
        return flat @ self._weight.reshape(flat.shape[-1], -1)

    def _one_depthwise(self, padded: np.ndarray) -> np.ndarray:
        height, width, channels = self._target
        stride = self._stride
        sums = np.empty(self._target, self.dtype)
        rows = max(1, _BLOCK // (width * channels))
        products = np.empty((rows, width, channels), self.dtype)
        for top in range(0, height, rows):
            block = sums[top:top + rows]
            product = products[:len(block)]
            last = (top + len(block) - 1) * stride
            for y in range(self._size):
                down = padded[top * stride + y:last + y + 1:stride]
                for x in range(self._size):
                    seen = down[:, x:x + (width - 1) * stride + 1:stride]
                    if x == y == 0:
                        np.multiply(seen, self._weight[0, 0], out=block)
                    else:
                        np.multiply(seen, self._weight[y, x], out=product)
                        block += product
        return sums


def padding(layer: Layer) -> tuple[int, int]:
    """Return the rows of nothing before and behind the source, TensorFlow's SAME."""
    source, target = layer.sources[0].shape[0], layer.target.shape[0]
    whole = max(0, (target - 1) * layer.stride + layer.weight.shape[0] - source)
    return whole // 2, whole - whole // 2


def fan_out(layer: Layer) -> np.ndarray:
    """
    Return how many synapses lead from each neuron of a layer's source, int64 (height, width, 1).

    Synapses that would end outside the picture are none; weights of 0 count.
    """
    height, width, channels = layer.sources[0].shape
    if layer.kind in ('add', 'mean'):
        return np.ones((height, width, 1), np.int64)
    before, _ = padding(layer)
    reach = []
    for source, target in ((height, layer.target.shape[0]), (width, layer.target.shape[1])):
        times = np.zeros(source, np.int64)
        for place in range(target):
            first = place * layer.stride - before
            times[max(0, first):first + layer.weight.shape[0]] += 1
        reach.append(times)
    each = 1 if layer.kind == 'depthwise' else layer.weight.shape[3]
    return (np.outer(*reach) * each)[..., None]
