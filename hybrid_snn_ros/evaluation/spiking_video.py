# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What video costs an encoder that sends only changes, with and without a threshold for noise."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.evaluation.spiking import cosine
from hybrid_snn_ros.spiking_encoder.graph import Graph
from hybrid_snn_ros.spiking_encoder.integer import IntegerNetwork
from hybrid_snn_ros.spiking_encoder.video import VideoNetwork
from hybrid_snn_ros.vision import bags
from hybrid_snn_ros.vision.framing import FrameError


def crops_of(recorded: Iterable[Any], facade: Classifier) -> Iterator[np.ndarray]:
    """
    Yield what the encoder sees of frames that can be read, uint8 (size, size, 3).

    :param recorded: of vision.bags.Frame.
    """
    for frame in recorded:
        if frame.trouble:
            continue
        try:
            yield facade.frame_encoder.encode_message(frame.message, frame.compressed).crop
        except FrameError:
            continue


def measure(graph: Graph, frames: Iterable[np.ndarray], thresholds: tuple[float, ...]
            ) -> list[dict[str, Any]]:
    """
    Run a film through the network for each threshold of its input.

    :param frames: uint8 RGB (size, size, 3).
    :return: a dict for each, as for JSON: means over all frames but the first, which sends
        everything. `codes_different` counts codes that are not those of the int8 network.
    :raises SourceError: for less than two frames.
    """
    exact = IntegerNetwork(graph)
    networks = [VideoNetwork(graph, threshold) for threshold in thresholds]
    expected: list[np.ndarray] = []
    told: list[list[Any]] = [[] for _ in networks]
    for frame in frames:
        expected.append(exact.codes(frame[None])[0])
        for network, one in zip(networks, told):
            one.append(network.codes(frame))
    if len(expected) < 2:
        raise SourceError('a film has at least two frames that can be read')
    return [_figures(threshold, np.array(expected), one)
            for threshold, one in zip(thresholds, told)]


def _figures(threshold: float, expected: np.ndarray, told: list[Any]) -> dict[str, Any]:
    codes = np.array([one for one, _ in told])
    changes = [change for _, change in told[1:]]
    return {'threshold': threshold, 'frames': len(told),
            'first_operations_per_mac': told[0][1].operations_share,
            'operations_per_mac': float(np.mean([one.operations_share for one in changes])),
            'recomputed_share': float(np.mean([one.recomputed_share for one in changes])),
            'events': float(np.mean([one.events for one in changes])),
            'operations_of_frames': [one.operations_share for _, one in told],
            'cosine': float(cosine(expected, codes).mean()),
            'codes_different': int(np.count_nonzero(codes != expected))}


def measure_bag(path: str, image: str, graph: Graph, facade: Classifier,
                thresholds: tuple[float, ...]) -> list[dict[str, Any]]:
    """
    Do that with the frames of a recording.

    :param image: topic of the images, '' for the only one.
    :raises BagError: when it cannot be read.
    """
    _, recorded = bags.frames(path, image)
    return measure(graph, crops_of(recorded, facade), thresholds)
