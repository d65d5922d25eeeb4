# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a network has learned, in order, and how it looked: plain bookkeeping, no arrays of it."""

from collections.abc import Iterable

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.snn.decision import Record
from hybrid_snn_ros.snn.rule import Lesson


class History:
    """Labels, lessons and records of a network with C columns."""

    def __init__(self, labels: Iterable[str] = (), lessons: Iterable[Lesson] = (),
                 records: Iterable[Record] = ()) -> None:
        """Begin with what was learned already."""
        self.labels = list(labels)  # texts, one a column
        self.lessons = list(lessons)
        self.records = list(records)  # how frames looked just before they were learned
        self.sample_counts = [0] * len(self.labels)  # lessons of each column
        for lesson in self.lessons:
            self.sample_counts[lesson.column] += 1

    def column_of(self, label: str) -> int | None:
        """Return the column of a label, None if it has none yet."""
        return self.labels.index(label) if label in self.labels else None

    def add_column(self, label: str) -> int:
        """Give a new label the next column; return it."""
        self.labels.append(label)
        self.sample_counts.append(0)
        return len(self.labels) - 1

    def add(self, lesson: Lesson) -> None:
        """Note a lesson that was learned."""
        self.lessons.append(lesson)
        self.sample_counts[lesson.column] += 1


def columns_of(samples: Iterable[Sample]) -> tuple[list[str], list[int]]:
    """Return the labels, one a column, and the column of every sample, in the order taught."""
    labels: list[str] = []
    columns = []
    for sample in samples:
        if sample.label not in labels:
            labels.append(sample.label)
        columns.append(labels.index(sample.label))
    return labels, columns
