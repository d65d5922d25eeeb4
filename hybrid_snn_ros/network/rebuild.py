# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rebuilding: from a network to the one that was taught other samples, learning little again."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network.history import columns_of
from hybrid_snn_ros.network.network import Network
from hybrid_snn_ros.snn.rule import Lesson


class Rebuild:
    """
    Builds the network that was taught other samples, a sample a step.

    Meanwhile the old network goes on answering, as it is or, where samples are merely added, with
    what it has learned of them.
    """

    def __init__(self, network: Network, samples: Mapping[int, Sample]) -> None:
        """
        Find what need not be learned again.

        :param samples: {id: Sample}, in the order taught.
        """
        self._samples = samples
        labels, columns = columns_of(samples.values())
        same = _common(network.lessons, samples, columns)
        self.network: Network  # the new one, which may be the old one; complete behind the steps
        if network.whole and same == len(network.lessons):  # but names may have changed
            network.rename(labels[:len(network.labels)])
            self.network = network
        else:
            self.network = (_unlearned(network, samples, columns, labels)
                            or network.restarted(same, labels))

    def steps(self) -> Iterator[tuple[int, int]]:
        """Learn what is missing; yield (samples learned, samples to learn) after each."""
        missing = list(self._samples.items())[len(self.network.lessons):]
        for done, (number, sample) in enumerate(missing, 1):
            self.network.learn(number, sample.label, sample.codes)
            yield done, len(missing)


def _is_same(lesson: Lesson, number: int, column: int, codes: np.ndarray) -> bool:
    return lesson[:2] == (number, column) and (
        lesson.codes is codes or np.array_equal(lesson.codes, codes))


def _common(lessons: Sequence[Lesson], samples: Mapping[int, Sample],
            columns: Sequence[int]) -> int:
    """Return with how many samples both begin."""
    same = 0
    for lesson, (number, sample), column in zip(lessons, samples.items(), columns):
        if not _is_same(lesson, number, column, sample.codes):
            break
        same += 1
    return same


def _unlearned(network: Network, samples: Mapping[int, Sample], columns: Sequence[int],
               labels: Sequence[str]) -> Network | None:
    """Return a network without what is gone, or None where the rule cannot take it back."""
    if network.rule.unlearn is None or network.rule.PREQUENTIAL or not network.whole:
        return None  # records were made by a network that knew what is gone
    kept = [lesson for lesson in network.lessons if lesson.number in samples]
    if (_common(kept, samples, columns) < len(kept)
            or len({lesson.column for lesson in kept}) < len(network.labels)):
        return None
    return network.without(
        [lesson for lesson in network.lessons if lesson.number not in samples],
        kept, labels[:len(network.labels)])
