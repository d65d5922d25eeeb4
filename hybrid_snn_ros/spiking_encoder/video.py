# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Video: neurons send only what has changed since the last frame (sigma-delta), in whole numbers.

A neuron that gives another code than before sends the difference, one event of that size; those
behind it add weight times difference to the sum they keep. Whole numbers forget nothing and round
nothing, so that the codes of every frame are those of the int8 network. (O'Connor and Welling,
"Sigma delta quantized networks", 2017.)
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, SpikingError
from hybrid_snn_ros.spiking_encoder.integer import distances, Neurons, pixel_codes, walk
from hybrid_snn_ros.spiking_encoder.operations import macs
from hybrid_snn_ros.spiking_encoder.synapses import fan_out, padding

TILE = 8  # pixels a side
_COLOURS = 3


class Change(NamedTuple):
    """What a frame changed."""

    events: int  # neurons that sent
    operations: int  # synaptic operations of theirs
    macs: int  # of the dense network
    recomputed: int  # MACs of the neurons that something arrived at: what a CPU computes again

    @property
    def operations_share(self) -> float:
        """Return synaptic operations per MAC."""
        return self.operations / self.macs

    @property
    def recomputed_share(self) -> float:
        """Return the share of the MACs at positions that something arrived at."""
        return self.recomputed / self.macs


class VideoNetwork:
    """The network in whole numbers, kept from frame to frame."""

    def __init__(self, graph: Graph, threshold: float = 0) -> None:
        """
        Begin with nothing seen.

        :param threshold: grey levels; a tile of 8x8 pixels is taken over where it differs by
            more than that from what was taken over last, on average over its pixels and colours.
            0 takes over everything, and is exact.
        :raises SpikingError: for a threshold below 0.
        """
        if not threshold >= 0:
            raise SpikingError(f'the threshold of the input must be at least 0, not {threshold}')
        self.graph, self._threshold = graph, threshold
        self._neurons = [Neurons(layer) for layer in graph.layers]
        self._seen: np.ndarray | None = None  # picture as it was taken over
        self._image = np.zeros((1, *graph.image.shape), np.float32)
        # layer -> sum that has arrived, and what the layer gave
        self._sums: dict[str, np.ndarray] = {}
        self._given: dict[str, np.ndarray] = {}
        self._fans = {layer.target.name: fan_out(layer) for layer in graph.layers}
        self._macs = sum(map(macs, graph.layers))

    def codes(self, picture: np.ndarray) -> tuple[np.ndarray, Change]:
        """
        Return the embedding codes of the next frame, uint8 (N,), and what it changed.

        :param picture: uint8 RGB (size, size, 3).
        """
        self._seen = picture.copy() if self._seen is None else take_over(
            self._seen, picture, self._threshold)
        image = distances(self.graph.image, pixel_codes(self._seen[None]))
        events, operations, recomputed = int(np.count_nonzero(image - self._image)), 0, 0

        def respond(neurons: Neurons, changes: Sequence[np.ndarray]) -> np.ndarray:
            """Take the changes of the sources, return the change of the layer."""
            nonlocal events, operations, recomputed
            layer = neurons.layer
            name = layer.target.name
            for change in changes:
                sent = np.count_nonzero(change, axis=(0, 3))[..., None]
                operations += int((sent * self._fans[name]).sum())
            if name in self._sums and not any(change.any() for change in changes):
                return np.zeros_like(self._given[name])
            recomputed += int(macs(layer) * _reached(neurons, changes[0]))
            self._sums[name] = self._sums.get(name, 0) + neurons.arriving(changes)
            given = distances(layer.target, neurons.codes(self._sums[name]))
            change = given - self._given.get(name, np.float32(0))
            self._given[name] = given
            events += int(np.count_nonzero(change))
            return change

        walk(self._neurons, self.graph, image - self._image, respond)
        self._image = image
        embedding = np.clip(self._given[self.graph.embedding.name][0], 0, 255)
        return embedding.astype(np.uint8), Change(events, operations, self._macs, recomputed)


def take_over(seen: np.ndarray, picture: np.ndarray, threshold: float) -> np.ndarray:
    """Return what was seen, with the tiles of a new picture that differ by more than that."""
    if not threshold:
        return picture.copy()
    height, width, _ = picture.shape
    places = np.arange(0, height, TILE), np.arange(0, width, TILE)
    difference = np.abs(picture.astype(np.int64) - seen).sum(axis=2)
    total = np.add.reduceat(np.add.reduceat(difference, places[0], 0), places[1], 1)
    sizes = [np.diff(np.append(place, side)) for place, side in zip(places, (height, width))]
    taken = total > threshold * _COLOURS * np.outer(*sizes)
    taken = taken.repeat(sizes[0], 0).repeat(sizes[1], 1)
    return np.where(taken[..., None], picture, seen)


def _reached(neurons: Neurons, change: np.ndarray) -> float:
    """Return the share of a convolution's positions that a change arrives at."""
    layer = neurons.layer
    if layer.kind in ('add', 'mean'):
        return 0.0
    before, after = padding(layer)
    size = layer.weight.shape[0]
    changed = np.pad(change[0].any(axis=2), ((before, after), (before, after)))
    windows = np.lib.stride_tricks.sliding_window_view(changed, (size, size))
    return float(windows[::layer.stride, ::layer.stride].any(axis=(2, 3)).mean())
