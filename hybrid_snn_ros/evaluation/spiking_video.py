# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What video costs an encoder that sends only changes, with and without a threshold for noise."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.evaluation.spiking import cosine
from hybrid_snn_ros.spiking_encoder.graph import Graph
from hybrid_snn_ros.spiking_encoder.integer import IntegerNetwork
from hybrid_snn_ros.spiking_encoder.video import VideoNetwork
from hybrid_snn_ros.vision import bags
from hybrid_snn_ros.vision.framing import FrameError


def crops_of(recorded: Iterable[Any], facade: Classifier,
             left_out: LeftOut) -> Iterator[np.ndarray]:
    """
    Yield what the encoder sees of frames, uint8 (size, size, 3).

    :param recorded: of vision.bags.Frame.
    :param left_out: collects those that cannot be read.
    """
    for place, frame in enumerate(recorded, 1):
        why = frame.trouble
        if not why:
            try:
                yield facade.frame_encoder.encode_message(frame.message, frame.compressed).crop
                continue
            except FrameError as error:
                why = str(error)
        left_out.add(why, f'frame {place}')


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
                thresholds: tuple[float, ...],
                progress: Callable[[int, int], None] = lambda done, total: None,
                remark: Callable[[str], None] = lambda sentence: None) -> list[dict[str, Any]]:
    """
    Do that with the frames of a recording.

    :param image: topic of the images, '' for the only one.
    :param progress: called with (frames done, frames).
    :param remark: called with sentences about frames that cannot be read.
    :raises BagError: when the recording cannot be read.
    :raises SourceError: when it has less than two frames that can.
    """
    total, recorded = bags.frames(path, image, remark=remark)
    left_out = LeftOut()

    def told(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for place, frame in enumerate(frames, 1):
            yield frame
            progress(place, max(place, total))

    try:
        return measure(graph, told(crops_of(recorded, facade, left_out)), thresholds)
    finally:
        for line in left_out.lines():
            remark(f'{path}: {line}')
