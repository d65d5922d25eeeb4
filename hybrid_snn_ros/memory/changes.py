# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
All changes that people made, and whether each can be taken back, or put back, on its own.

What is known is a function of the records in force, so any change may go: the rest amounts to what
it would without it.  It is refused only where that would do nothing, because a later change has
done it already, or what no person wants: give two labels one name, or teach a frame twice.  Undo
and Redo are never refused: nothing came after what they are about.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
import functools
from typing import NamedTuple

from hybrid_snn_ros.memory.history import Change, UNDO
from hybrid_snn_ros.memory.record import JOIN, LESSON, NAME, Record, Region, TOMBSTONE
from hybrid_snn_ros.memory.state import StoreState

LATER, EARLIER, NAMED, ELSEWHERE = 'later', 'earlier', 'named', 'elsewhere'
_Id = tuple[str, int]  # of a record


class Obstacle(NamedTuple):
    """Why a change can be neither taken back nor put back now."""

    # LATER: `change` came later and must be taken back first; EARLIER: it must be put back first;
    # NAMED: another label is called `label`; ELSEWHERE: no one here did what is in the way
    why: str
    change: Change | None = None
    label: str = ''


class Listed(NamedTuple):
    """One change, and how it stands."""

    change: Change
    taken_back: bool  # and can be put back
    obstacle: Obstacle | None
    undos: list[Record]  # the tombstones by which it is taken back


class ChangeList:
    """The changes of a state, as it is when this is made."""

    def __init__(self, state: StoreState) -> None:
        """Look at nothing yet."""
        self._state = state

    def newest(self, limit: int) -> list[Listed]:
        """Return the newest changes, newest first."""
        state, history = self._state, self._state.history
        place: dict[_Id, int] = {}  # of a change, by the id of its first record
        alive: set[_Id] = set()
        whole: dict[_Id, list[Record]] = {}
        for number, record in enumerate(reversed(state.records)):
            if not history.is_deed(record):
                continue
            records = history.whole(record)
            name = records[0].id
            # It stands where its newest record in force does, as for Undo.
            if name not in alive and ((in_force := state.in_force(record)) or name not in place):
                place[name], whole[name] = number, records
                if in_force:
                    alive.add(name)
        order = sorted(place, key=lambda name: place[name])
        return self._listed([whole[name] for name in order[:limit]])

    def find(self, number: int) -> tuple[Listed, list[Record]] | None:
        """Return a change by its id, and its records; None where there is none."""
        record = self._state.record(number)
        if record is None or not self._state.history.is_deed(record):
            return None
        records = self._state.history.whole(record)
        return (self._listed([records])[0], records) if records[0].number == number else None

    def _listed(self, changes: Sequence[list[Record]]) -> list[Listed]:
        targets = [self._targets(records) for records in changes]
        reach = self._state.reached(
            one for part in (*changes, *targets) for one in part)
        return [_Standing(self, self._state, *one, reach).listed()
                for one in zip(changes, targets)]

    def _targets(self, records: Iterable[Record]) -> list[Record]:
        """Return what the tombstones among some records take back."""
        return [self._records[name] for record in records if record.kind == TOMBSTONE
                for name in self._state.ids(record.target)]

    @functools.cached_property
    def _records(self) -> dict[_Id, Record]:
        return {record.id: record for record in self._state.records}

    @functools.cached_property
    def ties(self) -> list[Record]:
        """Names and joins in force, in order."""
        return [record for record in self._state.records
                if record.kind in (NAME, JOIN) and self._state.in_force(record)]

    @functools.cached_property
    def roots(self) -> set[str]:
        """Ids of the labels that have samples."""
        return {root for text in self._state.counts for root in self._state.roots(text)}

    @functools.cached_property
    def frames(self) -> dict[tuple[str, Region], int]:
        """The frames that were taught here: {(stamp, region): sample}."""
        return {(sample.stamp, sample.region): number
                for number, sample in self._state.samples.items()
                if sample.stamp and self._state.author in ('', sample.author)}


class _Standing:
    """How one change stands."""

    def __init__(self, known: ChangeList, state: StoreState, records: list[Record],
                 targets: list[Record], reach: dict[_Id, list[Record]]) -> None:
        self._known, self._state = known, state
        self._records, self._targets = records, targets
        self._reach = reach  # id of each of both -> the tombstones in force that reach it
        self._own = {one.id for one in records}
        self._moves = records[0].act == 'relabel'

    def listed(self) -> Listed:
        # An Undo takes all that there is; what the same press taught after it was a new beginning.
        undos = [by for by in self._reach[self._records[-1].id] if by.act == UNDO]
        gone = bool(undos) and not any(map(self._state.in_force, self._records))
        names = {one.id for one in undos}
        # What reaches each of its records besides.
        others = [[by for by in self._reach[one.id] if by.id not in names]
                  for one in self._records]
        free = {one.id for one, by in zip(self._records, others) if not by}
        counts: Callable[[Record], bool] = self._state.in_force
        if not any(map(counts, self._records)):  # what it taught, or would teach again
            counts = (lambda one: one.id in free) if gone else (lambda one: True)
        found = self._state.history.describe(self._records, counts)
        hinders = self._hinders_put_back(others) if gone else self._hinders_take_back()
        return Listed(found, gone, next(hinders, None), undos)

    def _hinders_take_back(self) -> Iterator[Obstacle]:
        newest = self._state.history.newest()
        if newest is not None and newest.id == self._records[0].number:
            return
        gone = [one for one in self._records if not self._state.in_force(one)]
        # A sample that was moved is there once: in its last place.
        if len(gone) == len(self._records) or self._moves and gone:
            yield self._done_by(self._reach[gone[0].id])
        yield from self._tied_since()
        yield from self._named_as_others(
            (one, self._text_without(one)) for one in self._records if one.kind in (NAME, JOIN))
        yield from self._taught_again(
            one for one in self._targets
            if one.kind == LESSON and {by.id for by in self._reach[one.id]} <= self._own)

    def _hinders_put_back(self, others: Sequence[list[Record]]) -> Iterator[Obstacle]:
        undone = self._state.history.undone()
        if undone is not None and undone.id == self._records[0].number:
            return
        if all(others) or self._moves and any(others):
            yield self._done_by(next(filter(None, others)))
        for one in self._targets if self._moves else ():  # must be there to be moved
            if self._reach[one.id]:
                yield self._done_by(self._reach[one.id], one)
        yield from self._tied_since()
        yield from self._named_as_others(
            (one, one.text) for one in self._records if one.kind == NAME)
        yield from self._taught_again(
            one for one, by in zip(self._records, others) if one.kind == LESSON and not by)

    def _done_by(self, tombstones: Sequence[Record], target: Record | None = None) -> Obstacle:
        """Name the change behind some tombstones; if that was an Undo, the change it undid."""
        if not tombstones:
            return Obstacle(ELSEWHERE)
        by = tombstones[-1]
        return self._of(by, LATER) if by.act != UNDO or target is None else self._of(
            target, EARLIER)

    def _of(self, record: Record, why: str) -> Obstacle:
        history = self._state.history
        if not history.is_deed(record):
            return Obstacle(ELSEWHERE)
        return Obstacle(why, history.describe(
            history.whole(record),
            self._state.in_force if why == LATER else lambda one: True))

    def _tied_since(self) -> Iterator[Obstacle]:
        """Look for a later name or join, beside which nothing is to be seen of one of these."""
        for one in self._records:
            joined = one.kind == JOIN and self._state.root(one.label)
            for other in self._known.ties:
                if one.kind not in (NAME, JOIN) or other.order <= one.order or (
                        other.kind == NAME and one.kind == JOIN):
                    continue
                # To put a join back beside a later one that made the two one already, or part of
                # another, would say nothing, or join more than it did.
                if other.label == one.label or (
                        joined and joined == self._state.root(one.target)
                        == self._state.root(other.label) and not self._state.in_force(one)):
                    yield self._of(other, LATER)

    def _text_without(self, record: Record) -> str:
        """Return what a label is called without a name or join of it that is in force."""
        names = [one.text for one in self._known.ties if one.kind == NAME
                 and one.label == record.label and one.id != record.id]
        return names[-1] if names else self._state.first_text(record.label)

    def _named_as_others(self, texts: Iterable[tuple[Record, str]]) -> Iterator[Obstacle]:
        """Look for other labels that have the name which one would have."""
        own = {self._state.root(one.label) for one in self._records}
        for record, text in texts:
            if self._state.root(record.label) in self._known.roots and (
                    set(self._state.roots(text)) - own):
                yield Obstacle(NAMED, label=text)

    def _taught_again(self, lessons: Iterable[Record]) -> Iterator[Obstacle]:
        """Look for frames of lessons which would be back that were taught again since."""
        mine = self._own | {one.id for one in self._targets}
        for one in lessons:
            sample = self._known.frames.get((one.stamp, one.region))
            record = None if sample is None else self._state.record(sample)
            if record is not None and record.id not in mine:
                yield self._of(record, LATER)
