# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The score above which two frames show one thing, from taught samples that do not."""

from collections.abc import Generator
from typing import Any

import numpy as np

from hybrid_snn_ros.codes import first_view
from hybrid_snn_ros.memory.labels import NAMELESS
from hybrid_snn_ros.network import Network

QUANTILE = 0.99
# Those of the lowest rank, as for the calibration: drawn by lot, and all their pairs, 30,000 and
# more, are looked at.
SAMPLES = 256
_AT_ONCE = 32  # samples of one step, 5 ms


def threshold_of(network: Network, metric: Any) -> Generator[None, None, float]:
    """
    Return ``QUANTILE`` of score(x', {x}) over pairs of taught samples of different labels.

    A generator that pauses between its steps; infinite (returned) where there are no such pairs.

    :param metric: of the network (snn.lateral.clustering.Metric).
    """
    lessons = sorted((lesson for lesson in network.lessons
                      if network.labels[lesson.column] not in NAMELESS),
                     key=lambda lesson: lesson.rank)[:SAMPLES]
    columns = np.array([lesson.column for lesson in lessons])
    if not len(columns) or (columns == columns[0]).all():
        return np.inf
    seen = []
    for start in range(0, len(lessons), _AT_ONCE):
        seen.append(network.hear(np.array(
            [first_view(lesson.counts) for lesson in lessons[start:start + _AT_ONCE]])))
        yield
    x, heard = (np.concatenate(part) for part in zip(*seen))
    scores = metric.scores(heard, x, np.einsum('ki,ki->k', x, heard).astype(np.float64),
                           np.ones(len(x)))
    yield
    return float(np.quantile(scores[columns[:, None] != columns], QUANTILE))
