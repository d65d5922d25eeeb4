# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What people did to a memory, as they would count it, and what Undo therefore takes back.

A change is one thing a person did: a press of the teach button (however many frames it taught), a
forget, a rename, a merge, the removal of one sample, boxes that were drawn, an import, a return to
an earlier version.
Undo takes back the newest change as a whole by one tombstone, and Redo takes back that tombstone.
The tombstone names all records of the change, also those that something else took out meanwhile:
when that is taken back as well, it is as if the change had never been.
What the robot began with was done by no one, so no Undo touches it.  What another robot was taught
is no change of a person here: its own Undo takes that back, and so does a forget or a removal.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TYPE_CHECKING

from hybrid_snn_ros.memory.record import (
    BOX,
    DECISIONS,
    FORK,
    INITIAL,
    LESSON,
    Record,
    TOMBSTONE,
)

if TYPE_CHECKING:
    from hybrid_snn_ros.memory.state import StoreState

UNDO, REDO = 'undo', 'redo'
ANSWER = 'question '  # begins the group of what was taught by an answer


class Change(NamedTuple):
    """One thing a person did."""

    id: int  # number of its first record
    # teach, answer, forget, rename, merge, remove, relabel, restore, import, rollback, draw,
    # complete or empty
    what: str
    label: str  # '' where it concerns several, or all
    target: str  # new label of a rename, merge or relabel; version a rollback returned to
    # how many it concerns, of what was taught those that are there (once it is put back); of a
    # draw its boxes
    samples: int
    source: str  # who or how
    time: float  # unix seconds of its first record
    taught: tuple[int, ...]  # numbers of those samples
    replaced: bool = False  # of an import: whether it took the place of all that was known


class History:
    """The changes among the records of a state."""

    def __init__(self, state: 'StoreState') -> None:
        """Begin without any."""
        self._state = state
        self._presses: dict[tuple[str, str, str], list[Record]] = {}
        self._told: tuple[int, Change | None, Change | None] | None = None

    def add(self, records: Iterable[Record]) -> None:
        """Take note of records, in order."""
        for record in records:
            if record.group:
                self._presses.setdefault(
                    (record.author, record.source, record.group), []).append(record)

    def newest(self) -> Change | None:
        """Return the Change that Undo takes back, None where no one did anything yet."""
        return self._tell()[1]

    def undone(self) -> Change | None:
        """Return the Change that was taken back last and can be put back, or None."""
        return self._tell()[2]

    def _tell(self) -> tuple[int, Change | None, Change | None]:
        version = self._state.version
        if self._told is None or self._told[0] != version:
            undo, newest = self.last_undo(), self.newest_records()
            self._told = (version, self.describe(newest, self._state.in_force) if newest else None,
                          None if undo is None else self._undone_by(undo))
        return self._told

    def _undone_by(self, undo: Record) -> Change | None:
        records = self._state.targets(undo)
        reached = self._state.reached(records)
        return self.describe(records, lambda one: all(
            by.id == undo.id for by in reached[one.id])) if records else None

    def newest_records(self) -> list[Record]:
        """Return the records of the newest change that is in force; [] where there is none."""
        head = next((record for record in reversed(self._state.records)
                     if self.is_deed(record) and self._state.in_force(record)), None)
        return [] if head is None else self.whole(head)

    def whole(self, record: Record) -> list[Record]:
        """Return the records of the change that a record is part of, in order."""
        if record.group:
            return self._presses[record.author, record.source, record.group]
        return [record]

    def is_deed(self, record: Record) -> bool:
        """Tell whether a person is behind a record, in force or not, that can be taken back."""
        return (self._is_own(record) and record.act not in (UNDO, REDO, FORK)
                and record.kind not in DECISIONS and record.source != INITIAL
                and (record.kind == LESSON or record.number > self._state.base))

    def _is_own(self, record: Record) -> bool:
        return self._state.author in ('', record.author)

    def last_undo(self) -> Record | None:
        """Return the tombstone that Redo takes back, None where the last act was no Undo."""
        done = (one for one in reversed(self._state.records)
                if self._is_own(one) and one.act != FORK and one.kind not in DECISIONS)
        put_back: set[tuple[str, int]] = set()  # ids of Undos that are as if they had never been
        for record in done:
            if record.act == REDO:
                put_back |= set(self._state.ids(record.target))
            elif record.id in put_back:
                put_back.remove(record.id)
            else:  # put_back: one that was taken back before this was put back on its own
                return record if record.act == UNDO and not put_back else None
        return None

    def describe(self, records: Sequence[Record], counts: Callable[[Record], bool]) -> Change:
        """
        Return the Change that some records are.

        :param records: all of the change, in order; one at least.
        :param counts: tells whether a lesson among them is to be counted.
        """
        first = records[0]
        lessons = [one for one in records if one.kind == LESSON]
        if not lessons:
            return self._without_lessons(records)
        here = [one for one in lessons if counts(one)]
        taught = tuple(one.number for one in here)
        labels = {self._state.text_of(one.label_id) for one in here or lessons}
        if first.act == 'relabel':
            return Change(first.number, 'relabel', first.text, labels.pop(), 1, first.source,
                          first.time, taught)
        replaced = any(one.kind == TOMBSTONE for one in records)
        what = 'import' if first.source == 'import' or replaced else (
            'answer' if first.group.startswith(ANSWER) else 'teach')
        return Change(
            first.number, what, labels.pop() if len(labels) == 1 and not replaced else '', '',
            len(taught), first.source, first.time, taught, replaced)

    @staticmethod
    def _without_lessons(records: Sequence[Record]) -> Change:
        first, last = records[0], records[-1]
        label, target = last.was or last.text, last.text
        if boxes := [one for one in records if one.kind == BOX]:  # that is all, or not
            labels = {one.text for one in boxes}
            return Change(first.number, 'draw', labels.pop() if len(labels) == 1 else '', '',
                          len(boxes), last.source, first.time, ())
        if last.act == 'rollback':
            label, target = '', last.text
        elif last.kind == TOMBSTONE:
            target = ''
        return Change(first.number, last.act, label, target, last.samples, last.source,
                      first.time, ())
