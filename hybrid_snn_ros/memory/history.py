# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What people did to a memory, as they would count it, and what Undo therefore takes back.

A change is one thing a person did: a press of the teach button (however many frames it taught), a
forget, a rename, a merge, the removal of one sample, an import, a return to an earlier version.
Undo takes back the newest change as a whole and Redo puts it back; both are entries of the
journal like any other.  What the robot began with was done by nobody, so no Undo touches it.
"""

from collections.abc import Mapping
from typing import NamedTuple, TYPE_CHECKING

from hybrid_snn_ros.memory.entry import Entry

if TYPE_CHECKING:
    from hybrid_snn_ros.memory.ledger import Ledger, Sample

INITIAL = 'initial'  # source of the samples that an empty memory begins with


class Change(NamedTuple):
    """One thing a person did."""

    id: int  # sequence of its first entry
    what: str  # teach, forget, rename, merge, remove, import or rollback
    label: str  # '' where it concerns several, or all
    target: str  # new label of a rename or merge; version a rollback returned to
    samples: int  # how many it concerns, of a teach or import those that are still there
    source: str  # who or how
    time: float  # unix seconds of its first entry
    taught: tuple[int, ...]  # ids of the samples it taught that are still there
    reversible: int  # version that is as if it had not been done, 0 where only `taught` tells


class _Node(NamedTuple):
    """An entry that was not taken back, and the one before it."""

    entry: Entry
    before: '_Node | None'
    same: '_Node | None'  # the nearest before it of the same press


class History:
    """The changes in a growing list of entries."""

    def __init__(self, ledger: 'Ledger', entries: list[Entry]) -> None:
        """
        Begin before the first entry.

        :param ledger: Ledger of the entries.
        :param entries: its list, oldest first; it may grow.
        """
        self._ledger = ledger
        self._entries = entries
        self._read = 0  # how many of them are in the chain
        self._chain: _Node | None = None  # of the newest entry that a person is behind
        # (source, group) -> its newest _Node in the chain; None: not at hand
        self._presses: dict[tuple[str, str], _Node] | None = {}
        # sequence -> the chain after it
        self._chains: dict[int, _Node | None] = {ledger.base: None}
        self._places: dict[int, int] = {}  # sequence -> place in the list
        # (version, newest, undone)
        self._told: tuple[int, Change | None, Change | None] | None = None

    def newest(self) -> Change | None:
        """Return the Change that Undo takes back, None where nobody did anything yet."""
        return self._tell()[1]

    def undone(self) -> Change | None:
        """Return the Change that was taken back last and can be put back, or None."""
        return self._tell()[2]

    def put_back_version(self) -> int | None:
        """Return the version right before the last Undo, None where that was not the last."""
        self._read_on()
        entry = self._last()
        while entry is not None and entry.reason == 'redo':  # as if its Undo had never been
            entry = self._at(int(entry.target))
        return entry.first - 1 if entry is not None and entry.reason == 'undo' else None

    def gone_since(self, sequence: int) -> set[int]:
        """Return ids of the samples that an Undo in force took back behind a sequence."""
        return {entry.sample for entry in self._ledger.in_force()
                if entry.sequence > sequence and entry.operation == 'undo'
                and entry.reason == 'undo'}

    def _tell(self) -> tuple[int, Change | None, Change | None]:
        version = self._ledger.version
        if self._told is None or self._told[0] != version:
            self._read_on()
            before = self.put_back_version()
            undone = None
            if before is not None:
                earlier = self._ledger.as_of(before)
                undone = _describe(self._chains.get(before), earlier.samples, earlier)
            self._told = version, _describe(self._chain, self._ledger.samples,
                                            self._ledger), undone
        return self._told

    def _read_on(self) -> None:
        for place in range(self._read, len(self._entries)):
            entry = self._entries[place]
            self._chain = self._after(entry)
            self._chains[entry.sequence] = self._chain
            self._places[entry.sequence] = place
        self._read = len(self._entries)

    def _after(self, entry: Entry) -> _Node | None:
        if entry.operation == 'rollback' and entry.reason:
            self._presses = None
            # An Undo or Redo: what people did is what they had done then. A version that damage
            # took away cannot be returned to either.
            return self._chains.get(int(entry.target)) if entry.target.isdecimal() else None
        if entry.operation == 'repair' or entry.reason or entry.source == INITIAL:
            return self._chain
        if not entry.group:
            return _Node(entry, self._chain, None)
        if self._presses is None:
            self._presses = _presses(self._chain)
        key = entry.source, entry.group
        self._presses[key] = _Node(entry, self._chain, self._presses.get(key))
        return self._presses[key]

    def _last(self) -> Entry | None:
        return self._entries[-1] if self._entries else None

    def _at(self, sequence: int) -> Entry | None:
        place = self._places.get(sequence)
        return None if place is None else self._entries[place]


def _describe(chain: _Node | None, samples: Mapping[int, 'Sample'],
              ledger: 'Ledger') -> Change | None:
    """
    Return the newest Change of a chain, or None.

    :param samples: {id: Sample} that are known at its end.
    :param ledger: whose history it is.
    """
    while chain is not None and chain.entry.operation == 'teach' and (
            chain.entry.sample not in samples):
        chain = chain.before  # taken back by an Undo meanwhile
    if chain is None:
        return None
    newest = chain.entry
    if newest.operation in ('teach', 'forget') and newest.group:
        entries = _press(chain)
        if any(entry.operation == 'forget' for entry in entries):  # an import in place of all
            taught = tuple(e.sample for e in entries if e.operation == 'teach')
            return Change(entries[0].sequence, 'import', '', '', len(taught), newest.source,
                          entries[0].time, taught, entries[0].sequence - 1)
        return _taught([e for e in entries if e.sample in samples], samples)
    if newest.operation == 'teach':
        return _taught([newest], samples)
    return _single(newest, ledger)


def _presses(chain: _Node | None) -> dict[tuple[str, str], _Node]:
    """Return {(source, group): its newest node} of a chain."""
    found: dict[tuple[str, str], _Node] = {}
    while chain is not None:
        if chain.entry.group:
            found.setdefault((chain.entry.source, chain.entry.group), chain)
        chain = chain.before
    return found


def _press(node: _Node | None) -> list[Entry]:
    """Return the entries of one press, oldest first; others may have come between."""
    entries = []
    while node is not None:
        entries.append(node.entry)
        node = node.same
    return entries[::-1]


def _taught(entries: list[Entry], samples: Mapping[int, 'Sample']) -> Change:
    labels = {samples[entry.sample].label for entry in entries}
    first = entries[0]
    return Change(first.sequence, 'import' if first.source == 'import' else 'teach',
                  labels.pop() if len(labels) == 1 else '', '', len(entries), first.source,
                  first.time, tuple(entry.sample for entry in entries), 0)


def _single(entry: Entry, ledger: 'Ledger') -> Change:
    """Describe a change that is one entry: the state before it tells whom it concerned."""
    what, count = entry.operation, 1
    if what == 'undo':
        what = 'remove'
    elif what in ('forget', 'rename'):
        before = ledger.as_of(entry.sequence - 1).counts
        count = before.get(entry.label, 0)
        if what == 'rename' and entry.target in before:
            what = 'merge'
    elif what == 'rollback':
        count = 0
    return Change(entry.sequence, what, entry.label, entry.target, count, entry.source,
                  entry.time, (), entry.sequence - 1)
