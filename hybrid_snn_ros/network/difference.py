# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What lies between what a network has learned and what it shall have learned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network.history import columns_of
from hybrid_snn_ros.snn.rule import Lesson


class Difference(NamedTuple):
    """
    The way from lessons to samples.

    A label is at home in the old column that most of its samples come from; so another name moves
    nothing, and of two labels that become one the smaller one moves.
    """

    labels: list[str]  # of the samples, one a column, in the order of their first sample
    columns: list[int]  # of every sample, in their order
    homes: dict[str, int]  # {label: the old column it keeps}; the others begin with a new column
    gone: list[Lesson]  # to be unlearned
    moved: dict[tuple[int, str], list[Lesson]]  # {(old column, label): lessons to be moved}
    added: list[int]  # ids of the samples to be learned, in their order

    @property
    def steps(self) -> int:
        """How many steps it takes."""
        return len(self.gone) + len(self.moved) + len(self.added)


def difference(lessons: Sequence[Lesson], samples: Mapping[int, Sample]) -> Difference:
    """
    Compare.

    :param samples: {id: Sample}, in their order.
    """
    labels, columns = columns_of(samples.values())
    gone, kept, learned = [], [], set()
    for lesson in lessons:
        sample = samples.get(lesson.number)
        if sample is not None and lesson.has(sample.codes):
            kept.append((lesson, sample.label))
            learned.add(lesson.number)
        else:
            gone.append(lesson)
    homes: dict[str, int] = {}
    taken: set[int] = set()
    shares = Counter((lesson.column, label) for lesson, label in kept)
    for (column, label), _ in shares.most_common():
        if label not in homes and column not in taken:
            homes[label] = column
            taken.add(column)
    moved: dict[tuple[int, str], list[Lesson]] = {}
    for lesson, label in kept:
        if homes.get(label) != lesson.column:
            moved.setdefault((lesson.column, label), []).append(lesson)
    return Difference(labels, columns, homes, gone, moved,
                      [number for number in samples if number not in learned])
