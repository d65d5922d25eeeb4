# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The project's own turntable as a source: thirty objects, 10 views to teach, 26 to ask."""

from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.cache import cached, digest_of_sources, encoder_fingerprint
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError

_SCENE_SEED = 0


def load_turntable(
        condition: str, facade: Classifier,
        progress: Callable[[int, int], None] = lambda done, total: None) -> Embeddings:
    """
    Render and embed the turntable, or read it from the cache.

    :param condition: 'plain', 'jitter' or 'varied'.
    :param facade: whose encoder and crop are used.
    :raises SourceError: when the condition is unknown or PyBullet is not installed.
    """
    from hybrid_snn_ros.sim import turntable
    if condition not in turntable.conditions.CONDITIONS:
        raise SourceError('condition must be one of '
                          f"{', '.join(turntable.conditions.CONDITIONS)}, not {condition!r}")
    renderer = None  # the cache knows nothing of it, and the turntable will say so
    try:
        renderer = metadata.version('pybullet')
    except metadata.PackageNotFoundError:
        pass
    fingerprint = {
        **encoder_fingerprint(facade), 'condition': condition, 'seed': _SCENE_SEED,
        'scene': digest_of_sources(turntable), 'renderer': renderer}
    return cached(f'turntable {condition}', fingerprint, lambda: (
        _render(turntable, condition, facade, progress), []), lambda sentence: None)[0]


def _render(turntable: Any, condition: str, facade: Classifier,
            progress: Callable[[int, int], None]) -> Embeddings:
    names = list(turntable.objects.names())
    encoder, done = facade.frame_encoder, 0
    arrays: list[Any] = []  # codes and labels of both parts
    size = facade.encoder.input_size
    total = len(names) * turntable.conditions.VIEW_COUNT
    try:
        for split in ('train', 'test'):
            codes, labels = [], []
            for picture in turntable.render_set(condition, split, size, _SCENE_SEED):
                codes.append(encoder.codes(picture.image))
                labels.append(picture.object_index)
                done += 1
                progress(done, total)
            arrays += [np.array(codes), np.array(labels, dtype=np.int64)]
    except turntable.SimulatorMissing as error:
        raise SourceError(str(error)) from error
    train, train_labels, test, test_labels = arrays
    return Embeddings(f'turntable {condition}', train, train_labels, test, test_labels, names)
