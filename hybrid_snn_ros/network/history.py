# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a network has learned, in order, and how it looked: plain bookkeeping, no arrays of it."""

from collections.abc import Iterable, Sequence

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.snn.decision import Record
from hybrid_snn_ros.snn.rule import Lesson


class History:
    """Labels, lessons and records of a network with C columns."""

    def __init__(self, labels: Iterable[str] = (), lessons: Iterable[Lesson] = (),
                 records: Iterable[Record] = ()) -> None:
        """Begin with what was learned already."""
        self.labels = list(labels)  # texts, one a column
        self.records = list(records)  # how frames looked just before they were learned
        self.sample_counts = [0] * len(self.labels)  # lessons of each column
        self._lessons: dict[int, Lesson] = {}  # by id of the sample
        for lesson in lessons:
            self.add(lesson)

    def __len__(self) -> int:
        return len(self._lessons)

    def copy(self) -> 'History':
        """Return another one of the same content."""
        return History(self.labels, self._lessons.values(), self.records)

    @property
    def lessons(self) -> list[Lesson]:
        """What was learned; in the order learned, unless it was arranged."""
        return list(self._lessons.values())

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
        self._lessons[lesson.number] = lesson
        self.sample_counts[lesson.column] += 1

    def remove(self, lesson: Lesson) -> None:
        """Note that a lesson was unlearned."""
        self.sample_counts[self._lessons.pop(lesson.number).column] -= 1

    def move(self, lessons: Iterable[Lesson], column: int) -> None:
        """Note that lessons belong to another column now."""
        for lesson in lessons:
            self.sample_counts[self._lessons[lesson.number].column] -= 1
            self._lessons[lesson.number] = lesson._replace(column=column)
            self.sample_counts[column] += 1

    def arrange(self, columns: Sequence[int], labels: Iterable[str],
                numbers: Iterable[int]) -> None:
        """
        Note that these columns are left, in this order and under these labels.

        :param numbers: the ids of all lessons, in the order that they shall have.
        """
        place = {column: new for new, column in enumerate(columns)}
        known = self._lessons
        self._lessons = {number: known[number] for number in numbers}
        if list(place) != list(place.values()):
            self._lessons = {number: lesson._replace(column=place[lesson.column])
                             for number, lesson in self._lessons.items()}
        self.labels = list(labels)
        self.sample_counts = [self.sample_counts[column] for column in columns]


def columns_of(samples: Iterable[Sample]) -> tuple[list[str], list[int]]:
    """Return the labels, one a column, and the column of every sample, in the order taught."""
    column: dict[str, int] = {}
    columns = [column.setdefault(sample.label, len(column)) for sample in samples]
    return list(column), columns
