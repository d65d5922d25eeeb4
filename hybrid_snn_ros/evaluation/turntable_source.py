# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The project's own turntable as a source: thirty objects, 10 views to teach, 26 to ask."""

from importlib import metadata

import numpy as np

from hybrid_snn_ros.evaluation.cache import cached, digest_of_sources, encoder_identity
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError

_SCENE_SEED = 0


def load_turntable(condition, facade, progress=lambda done, total: None):
    """
    Render and embed the turntable, or read it from the cache.

    :param condition: 'plain', 'jitter' or 'varied'.
    :param facade: the Classifier whose encoder and crop are used.
    :raises SourceError: when the condition is unknown or PyBullet is not installed.
    """
    from hybrid_snn_ros.sim import turntable
    if condition not in turntable.conditions.CONDITIONS:
        raise SourceError('condition must be one of '
                          f"{', '.join(turntable.conditions.CONDITIONS)}, not {condition!r}")
    try:
        renderer = metadata.version('pybullet')
    except metadata.PackageNotFoundError:
        renderer = None  # the cache knows nothing of it, and the turntable will say so
    identity = {
        **encoder_identity(facade), 'condition': condition, 'seed': _SCENE_SEED,
        'scene': digest_of_sources(turntable), 'renderer': renderer}
    return cached(f'turntable {condition}', identity, lambda: (
        _render(turntable, condition, facade, progress), []), lambda sentence: None)[0]


def _render(turntable, condition, facade, progress):
    from hybrid_snn_ros.vision.frames import crop_image
    names = list(turntable.objects.names())
    encoder, arrays, done = facade.encoder, [], 0
    size = encoder.input_size
    total = len(names) * turntable.conditions.VIEW_COUNT
    try:
        for split in ('train', 'test'):
            codes, labels = [], []
            for picture in turntable.render_set(condition, split, size, _SCENE_SEED):
                codes.append(encoder.codes(crop_image(
                    'rgb8', size, size, 3 * size, picture.image, size, facade.crop)))
                labels.append(picture.object_index)
                done += 1
                progress(done, total)
            arrays += [np.array(codes), np.array(labels, dtype=np.int64)]
    except turntable.SimulatorMissing as error:
        raise SourceError(str(error)) from error
    return Embeddings(f'turntable {condition}', *arrays, names)
