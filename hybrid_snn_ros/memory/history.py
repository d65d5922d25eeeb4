# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What people did to a memory, as they would count it, and what Undo therefore takes back.

A change is one thing a person did: a press of the teach button (however many frames it taught), a
forget, a rename, a merge, the removal of one sample, boxes that were drawn, an import, a return to
an earlier version.
Undo takes back the newest change as a whole by one tombstone, and Redo takes back that tombstone.
What the robot began with was done by no one, so no Undo touches it.  What another robot was taught
is no change of a person here: its own Undo takes that back, and so does a forget or a removal.
"""

from collections.abc import Iterable, Sequence
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


class Change(NamedTuple):
    """One thing a person did."""

    id: int  # number of its first record
    # teach, forget, rename, merge, remove, relabel, restore, import, rollback, draw, complete or
    # empty
    what: str
    label: str  # '' where it concerns several, or all
    target: str  # new label of a rename, merge or relabel; version a rollback returned to
    # how many it concerns, of a teach or import those that are still there; of a draw its boxes
    samples: int
    source: str  # who or how
    time: float  # unix seconds of its first record
    taught: tuple[int, ...]  # numbers of the samples it taught that are still there
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
            undo = self.last_undo()
            undone = [] if undo is None else self._state.targets(undo)
            self._told = version, self._describe(self.newest_records()), self._describe(undone)
        return self._told

    def newest_records(self) -> list[Record]:
        """Return the records in force of the newest change, in order; [] where there is none."""
        head = next((record for record in reversed(self._state.records)
                     if self._is_deed(record)), None)
        return [] if head is None else self.whole(head)

    def whole(self, record: Record) -> list[Record]:
        """Return the records in force of the change that a record is part of, in order."""
        press = [record]
        if record.group:
            press = self._presses[record.author, record.source, record.group]
        return [one for one in press if self._state.in_force(one)]

    def _is_deed(self, record: Record) -> bool:
        """Tell whether a person is behind a record in force that can be taken back."""
        return (self._is_own(record) and record.act not in (UNDO, REDO, FORK)
                and record.kind not in DECISIONS and record.source != INITIAL
                and (record.kind == LESSON or record.number > self._state.base)
                and self._state.in_force(record))

    def _is_own(self, record: Record) -> bool:
        return self._state.author in ('', record.author)

    def last_undo(self) -> Record | None:
        """Return the tombstone that Redo takes back, None where the last act was no Undo."""
        done = (one for one in reversed(self._state.records)
                if self._is_own(one) and one.act != FORK and one.kind not in DECISIONS)
        for record in done:
            if record.act != REDO:
                return record if record.act == UNDO else None
            undo = next(iter(self._state.targets(record)), None)
            if undo is None:
                return None
            # As if its Undo had never been: on to what was done before that.
            next((one for one in done if one.id == undo.id), None)
        return None

    def _describe(self, records: Sequence[Record]) -> Change | None:
        """Return the Change that some records are, None where they are none."""
        if not records:
            return None
        first, last = records[0], records[-1]
        taught = tuple(one.number for one in records if one.kind == LESSON)
        if not taught:
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
        labels = {self._state.text_of(one.label_id) for one in records if one.kind == LESSON}
        if first.act == 'relabel':
            return Change(first.number, 'relabel', first.text, labels.pop(), 1, first.source,
                          first.time, taught)
        replaced = any(one.kind == TOMBSTONE for one in records)
        return Change(
            first.number, 'import' if first.source == 'import' or replaced else 'teach',
            labels.pop() if len(labels) == 1 and not replaced else '', '', len(taught),
            first.source, first.time, taught, replaced)
