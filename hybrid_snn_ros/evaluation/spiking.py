# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What an encoder of spikes is worth: the whole pipeline, taught and asked through it.

The same draws are taught to three classifiers: through the int8 encoder that the runtime computes,
through spikes, and taught through the one and asked through the other, as where a robot with a
neuromorphic chip takes over what another one learned.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation import runner
from hybrid_snn_ros.evaluation.folders import evenly, listed
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.picture_reader import PictureReader
from hybrid_snn_ros.evaluation.protocols import Progress
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError
from hybrid_snn_ros.spiking_encoder.encoder import SpikingEncoder
from hybrid_snn_ros.spiking_encoder.operations import Meter

TRAIN, TEST = 0, 1
INT8, SPIKES, CROSSED = 'int8', 'spikes', 'taught through int8, asked through spikes'


def pictures_of(root: str | Path, facade: Classifier, parts: Sequence[int], count: int,
                most: int | None = None) -> tuple[int, Iterator[np.ndarray]]:
    """
    Return how many pictures follow, and what the encoder sees of each, uint8 (size, size, 3).

    :param facade: whose encoder and crop are used.
    :param parts: TRAIN, TEST or both.
    :param count: pictures, evenly chosen over the labels; those that cannot be read are passed
        over.
    :param most: as folders.load_folder takes it.
    """
    root, unusable = Path(root), LeftOut()
    files = listed(root, unusable, most)
    chosen = evenly([picture for part in parts for picture in files[part]], count)
    reader = PictureReader(facade, root, unusable)
    seen = (reader.encoded(path, label) for path, label in chosen)
    return len(chosen), (one[1].crop for one in seen if one is not None)


def compare(int8: Embeddings, spikes: Embeddings, settings: Settings, seeds: range,
            jobs: int = 1, tick: Progress = lambda done, total: None) -> dict[str, Any]:
    """
    Teach and ask through both encoders, and across.

    :param int8, spikes: the same pictures through the runtime and through spikes.
    :param settings: a protocol, mostly few-shot.
    :return: {'accuracy': {way: mean}, 'accuracy_sd': ..., 'cosine': {'mean', 'least'} of the
        test pictures, 'codes', 'codes_different', of all pictures}.
    """
    ways = {INT8: int8, SPIKES: spikes, CROSSED: spikes._replace(train=int8.train)}
    accuracies = {}
    for place, (way, data) in enumerate(ways.items()):
        outcomes = runner.run(data, settings, seeds, jobs, lambda done, total, place=place: tick(
            place * total + done, len(ways) * total))  # type: ignore[misc]
        accuracies[way] = [float(one.answers.correct.mean()) for one in outcomes]
    cosines = cosine(int8.test, spikes.test)
    pairs = [(int8.train, spikes.train), (int8.test, spikes.test)]
    return {'accuracy': {way: float(np.mean(one)) for way, one in accuracies.items()},
            'accuracy_sd': {way: float(np.std(one)) for way, one in accuracies.items()},
            'cosine': {'mean': float(cosines.mean()), 'least': float(cosines.min())},
            'codes': sum(one.size for one, _ in pairs),
            'codes_different': sum(int(np.count_nonzero(one != other)) for one, other in pairs)}


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the cosines between rows of codes, 0 where one of them is nothing."""
    left, right = left.astype(float), right.astype(float)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return (left * right).sum(axis=1) / np.maximum(lengths, 1e-12)


def cost(encoder: SpikingEncoder, pictures: Iterable[np.ndarray],
         progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
    """
    Count what spikes cost.

    :param pictures: uint8 RGB (size, size, 3), as the encoder takes them.
    :param progress: called with the number of pictures done.
    :return: operations.Meter.figures, and 'seconds' of processor time that a picture takes here.
    :raises SourceError: when there is none.
    """
    meter, network = Meter(encoder.network.graph, encoder.code), encoder.network
    seconds = []
    for place, picture in enumerate(pictures, 1):
        begin = time.process_time()  # others may be at work on this computer
        network.codes(picture[None])
        seconds.append(time.process_time() - begin)
        network.codes(picture[None], meter.look)
        progress(place)
    if not seconds:
        raise SourceError('there is no picture to count spikes of')
    return {**meter.figures(), 'seconds': float(np.median(seconds))}
