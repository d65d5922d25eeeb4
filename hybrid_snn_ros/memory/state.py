# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What a set of records amounts to: a pure fold, the same for every order they came in.

A tombstone in force takes its targets out of force, another tombstone included; it reaches only
what is older by clock, so that there is an end to it.  A label is named by its newest name in
force, else by the text of its first lesson.  A join in force makes one label part of another.
Labels of one text are shown as one.  What is drawn in frames is folded in memory.drawings, whose
records count in memory.decisions: those of a denied author are as if they were not there.
"""

import bisect
from collections.abc import Iterable
import hashlib
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.memory.decisions import denied
from hybrid_snn_ros.memory.drawings import Drawing, drawings
from hybrid_snn_ros.memory.errors import RefusedError
from hybrid_snn_ros.memory.history import History
from hybrid_snn_ros.memory.record import (
    BOX,
    canonical,
    DECISIONS,
    DRAWN,
    FORK,
    JOIN,
    LESSON,
    NAME,
    read_spans,
    Record,
    Region,
    TOMBSTONE,
    WHOLE,
)


class Sample(NamedTuple):
    """One lesson that is in force."""

    label: str
    codes: np.ndarray  # uint8 (N,), or (k, N) of k views
    stamp: str  # of the frame
    time: float  # unix seconds at which it was taught
    source: str
    group: str = ''  # see memory.record.Record
    region: Region = WHOLE
    author: str = ''  # the robot that was taught


class StoreState:
    """
    Labels and samples after some records.

    Samples are in the order of their records, labels in that of their first sample; a label
    without samples is none.
    """

    def __init__(self, records: Iterable[Record] = (), base: int = 0, taken: int = 0,
                 author: str = '') -> None:
        """
        Fold records.

        :param base: version before which there is no history: it was compacted then.
        :param taken: number up to which all are taken, also where records were lost.
        :param author: whose changes Undo takes back, those of this robot; '' for everyone's.
        """
        self.base = base
        self.author = author
        self.version = max(base, taken)  # number of the last record; rises with each
        self.samples: dict[int, Sample] = {}  # by number, in order
        self.records: list[Record] = []  # in order
        self.add(records)

    def add(self, records: Iterable[Record]) -> None:
        """Take in more records, in any order."""
        new = sorted(records, key=lambda record: record.order)
        appended = not self.records or not new or new[0].order > self.records[-1].order
        simple = bool(self.records) and appended and not any(map(self._touches_others, new))
        self.version = max([self.version, *(record.number for record in new)])
        self.records += new
        if not appended:
            self.records.sort(key=lambda record: record.order)
        if not simple:
            self._fold()
            return
        for record in new:
            self._note(record)
            if record.kind == LESSON:
                self._first.setdefault(record.label_id, record.text)
                self._admit(record)
        self.history.add(new)

    def _touches_others(self, record: Record) -> bool:
        """Tell whether a new record may change more than what it adds."""
        return not (record.kind == LESSON or record.kind in DRAWN) or (
            record.author in self.denied) or any(
            first <= record.sequence <= last for first, last in self._aims.get(record.author, ()))

    def _fold(self) -> None:
        self._known: dict[str, set[int]] = {}  # author -> sequences of the records that are here
        self._last: dict[str, int] = {}  # author -> highest of them
        self._drawn: list[Record] = []  # what was drawn, in force or not
        self._drawings: dict[str, Drawing] | None = None  # of them, once somebody has asked
        for record in self.records:
            self._note(record)
        self.denied = denied(self.records)  # authors
        counting = [one for one in self.records
                    if one.author not in self.denied and one.kind not in DECISIONS]
        self._dead: set[tuple[str, int]] = set()
        self.forked: set[tuple[str, int]] = set()  # ids that two different records have
        # author -> sequences that tombstones reach, also where the records are still to come
        self._aims: dict[str, list[tuple[int, int]]] = {}
        for record in reversed(counting):
            if record.kind == TOMBSTONE:
                for author, first, last in read_spans(record.target):
                    self._aims.setdefault(author, []).append((first, last))
                if record.id not in self._dead:
                    reached = set(self.ids(record.target))
                    self._dead |= reached
                    if record.act == FORK:
                        self.forked |= reached
        self._first: dict[str, str] = {}  # label id -> text it was taught under first
        self._names: dict[str, str] = {}
        self._parents: dict[str, str] = {}
        hints: dict[str, str] = {}
        for record in counting:
            if record.id in self.forked:  # it says one thing here, another elsewhere
                continue
            if record.kind == LESSON:
                self._first.setdefault(record.label_id, record.text)
            elif record.id in self._dead:
                continue
            elif record.kind == NAME:
                self._names[record.label] = record.text
            elif record.kind == JOIN:
                one, other = self.root(record.label), self.root(record.target)
                hints[record.target] = record.text
                if one != other:
                    self._parents[one] = other
        self._first = {**hints, **self._first}
        self.samples = {}
        self._counts: dict[str, int] = {}
        self._roots: dict[str, dict[str, None]] = {}  # text -> ids of the labels it shows
        for record in counting:
            if record.kind == LESSON and record.id not in self._dead:
                self._admit(record)
        self.history = History(self)
        self.history.add(self.records)

    def _note(self, record: Record) -> None:
        self._known.setdefault(record.author, set()).add(record.sequence)
        self._last[record.author] = max(self._last.get(record.author, 0), record.sequence)
        if record.kind in DRAWN:
            self._drawn.append(record)
            self._drawings = None

    def _admit(self, record: Record) -> None:
        label = self.text_of(record.label_id)
        self.samples[record.number] = Sample(
            label, record.codes, record.stamp, record.time, record.source, record.group,
            record.region, record.author)
        self._counts[label] = self._counts.get(label, 0) + 1
        self._roots.setdefault(label, {})[self.root(record.label_id)] = None

    def ids(self, target: str) -> Iterable[tuple[str, int]]:
        """Yield the ids of a tombstone's targets that are here."""
        for author, first, last in read_spans(target):
            here = self._known.get(author, set())
            if last - first < len(here):
                yield from ((author, number) for number in range(first, last + 1)
                            if number in here)
            else:
                yield from ((author, number) for number in here if first <= number <= last)

    def targets(self, record: Record) -> list[Record]:
        """Return the records that a tombstone takes back, in order."""
        wanted = set(self.ids(record.target))
        return [one for one in self.records if one.id in wanted]

    def reached(self, records: Iterable[Record]) -> dict[tuple[str, int], list[Record]]:
        """Return the tombstones in force that reach each of some records: {id: in order}."""
        found: dict[tuple[str, int], list[Record]] = {one.id: [] for one in records}
        wanted: dict[str, list[int]] = {}  # author -> sequences
        for author, sequence in sorted(found):
            wanted.setdefault(author, []).append(sequence)
        for record in self.records:
            if record.kind == TOMBSTONE and self.in_force(record):
                for author, first, last in read_spans(record.target):
                    here = wanted.get(author, [])
                    for sequence in here[bisect.bisect_left(here, first):
                                         bisect.bisect_right(here, last)]:
                        found[author, sequence].append(record)
        return found

    def in_force(self, record: Record) -> bool:
        """Tell whether a record of this state is not taken back, and of no denied author."""
        return record.kind in DECISIONS or (
            record.id not in self._dead and record.author not in self.denied)

    def record(self, number: int) -> Record | None:
        """Return the record of a number, or None."""
        # Numbers and order agree but for what came late from elsewhere.
        place = bisect.bisect_left(self.records, number, key=lambda one: one.number)
        if place < len(self.records) and self.records[place].number == number:
            return self.records[place]
        return next((one for one in self.records if one.number == number), None)

    @property
    def drawn(self) -> dict[str, Drawing]:
        """What was drawn in frames: {name of the frame: memory.drawings.Drawing}."""
        if self._drawings is None:
            self._drawings = drawings(self.drawn_records())
        return self._drawings

    def drawn_records(self, kind: str = '') -> list[Record]:
        """Return what was drawn and is in force, of one kind or all, in order."""
        return [one for one in self._drawn if kind in ('', one.kind) and self.in_force(one)]

    def boxes_of(self, text: str) -> list[Record]:
        """Return the boxes that were drawn around things of a label."""
        return [one for one in self.drawn_records(BOX)
                if one.label and self.text_of(one.label) == text]

    def root(self, label: str) -> str:
        """Return the id of the label that a label is part of now; itself where it is alone."""
        while label in self._parents:
            label = self._parents[label]
        return label

    def text_of(self, label: str) -> str:
        """Return under which text the label of an id is shown."""
        root = self.root(label)
        return self._names.get(root) or self._first.get(root) or self._first.get(label, '')

    def first_text(self, label: str) -> str:
        """Return the text under which the label of an id was taught first."""
        return self._first.get(label, '')

    def roots(self, text: str) -> list[str]:
        """Return the ids of the labels that are shown under a text, in order."""
        return list(self._roots.get(text, ()))

    def last_sequence(self, author: str, floor: int = 0) -> int:
        """Return the highest sequence of an author that is here, at least `floor`."""
        return max(self._last.get(author, 0), floor)

    @property
    def counts(self) -> dict[str, int]:
        """Samples of each label: {label: count}, in the order of the columns."""
        return self._counts

    @property
    def labels(self) -> list[str]:
        """Labels in the order of their first sample: the columns."""
        return list(self._counts)

    @property
    def digest(self) -> str:
        """16 bytes in hexadecimal digits that two sets share only if they are equal."""
        total = sum(int.from_bytes(hashlib.sha256(canonical(one)).digest()[:16], 'little')
                    for one in self.records)
        return f'{total % (1 << 128):032x}'

    def records_since(self, version: int) -> list[Record]:
        """Return the records that arrived behind a version, in order of arrival."""
        return sorted((one for one in self.records if one.number > version),
                      key=lambda one: one.number)

    def as_of(self, version: int) -> 'StoreState':
        """
        Return the state as it was at a version.

        :raises RefusedError: when there is no history that far back.
        """
        if not self.base <= version <= self.version:
            raise RefusedError(
                f'there is no state {version} to return to, only {self.base} (when it was '
                f'compacted last) to {self.version}')
        state = StoreState((one for one in self.records if one.number <= version), self.base,
                           author=self.author)
        state.version = version
        return state
