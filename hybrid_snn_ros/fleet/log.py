# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The records that a peer speaks of: those of a sample store, checked before they are taken in."""

from collections.abc import Iterable, Sequence
import contextlib
import hashlib
from typing import Any, NamedTuple, Protocol

from hybrid_snn_ros.fleet.index import Index
from hybrid_snn_ros.fleet.seal import is_sealed, Key, of_record, SEAL_BYTES
from hybrid_snn_ros.fleet.wire import Garbage, packed_record, unpacked_record
from hybrid_snn_ros.memory.decisions import trusted
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.exchange import check_foreign, Foreign
from hybrid_snn_ros.memory.record import canonical, DECISIONS, Record, TOMBSTONE
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.store import SampleStore

Span = tuple[str, int, int]  # author, first and last sequence
# What becomes of a record that is heard; each has a counter.
TAKEN, KNOWN, GARBAGE, UNSIGNED, WRONGLY_SIGNED, NOT_ALLOWED, REFUSED, FORKED, NOT_SAVED = (
    'taken in', 'known', 'garbage', 'unsigned', 'wrongly signed', 'not allowed', 'refused',
    'forked', 'not saved')


class Heard(NamedTuple):
    """What became of records that were heard."""

    outcomes: list[str]
    ids: list[tuple[str, int]]  # of those that could be read
    errors: list[str]  # sentences that the operator must hear


class Log(Protocol):
    """What a peer needs of whoever holds the records."""

    index: Index
    author: str
    trusted: frozenset[str]  # authors that are listened to, this robot among them

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What the codes depend on."""

    def refresh(self) -> bool:
        """Take note of what changed; tell whether anything did."""

    def read(self, author: str, sequence: int) -> bytes | None:
        """Return a sealed record; None where it is not here or not signed."""

    def admit(self, records: Sequence[bytes], gone: Sequence[Span]) -> Heard:
        """Take in what may be, all that is kept is safe when this returns."""

    def picture(self, sequence: int) -> bytes | None:
        """Return the JPEG that is kept of a lesson of this robot; None where there is none."""


def hash_of(foreign: Foreign) -> int:
    """Return 128 bits that tell one record from another."""
    return int.from_bytes(hashlib.sha256(canonical(foreign.record)).digest()[:16], 'big')


class StoreLog:
    """A sample store as a Log."""

    def __init__(self, store: SampleStore, key: Key, share: bool = True) -> None:
        """
        Speak of what is in a store, which must write as the key's author (store.take_author).

        :param share: whether what was taught here is for others.
        """
        self.store = store
        self.author = key.author
        self.index = Index()
        self._key = key
        self._share = share
        self._hashes: dict[tuple[str, int], int] = {}
        self._records: dict[tuple[str, int], Record] = {}
        self._sealed: set[int] = set()  # numbers of our own records that are, on disk
        self._fresh: dict[int, bytes] = {}  # seals that the disk does not hold yet
        self._seen: tuple[StoreState, int] | None = None  # and its version
        self.trusted: frozenset[str] = frozenset()  # authors, as of the last refresh

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What the codes depend on."""
        return self.store.fingerprint

    @property
    def _encoder(self) -> str:
        return str(self.fingerprint.get('encoder', ''))

    def refresh(self) -> bool:
        """Sign what was taught here, and take note of all that changed."""
        state = self.store.state
        if self._seen and self._seen[0] is state and self._seen[1] == state.version:
            return False
        new = self._only_new(state)
        records = state.records if new is None else new
        if self._share:
            with contextlib.suppress(StoreError):  # they go on from memory, and with the next
                self._seal_own(records)
        if new is None:
            self.trusted = trusted(state.records, self.author)
            self.index = Index()
            self._records = {}
        for record in records:
            self._put(record, state)
        if new is None:
            for author, spans in self.store.gone().items():
                if author in self.trusted and (author != self.author or self._share):
                    for first, last in spans:
                        self.index.put_gone(author, first, last)
        self._seen = state, state.version
        return True

    def _only_new(self, state: StoreState) -> list[Record] | None:
        """Return the new records, if they change nothing of what was here; else None."""
        if self._seen is None or self._seen[0] is not state:
            return None
        new = state.records_since(self._seen[1])
        return None if any(
            one.kind == TOMBSTONE or one.kind in DECISIONS
            or self.index.gone(one.author, one.sequence, one.sequence) for one in new) else new

    def _put(self, record: Record, state: StoreState) -> None:
        if record.author not in self.trusted or (
                record.author == self.author and not self._share):
            return
        if record.id not in self._hashes:
            self._hashes[record.id] = hash_of(Foreign(record, b''))
        self._records[record.id] = record
        # A decision counts, whatever becomes of its id; of two of one id no one can be told.
        counts = state.in_force(record) and record.id not in state.forked
        self.index.put(*record.id, self._hashes[record.id] if counts else 0)

    def _seal_own(self, records: Iterable[Record]) -> None:
        mine = {one.number: one for one in records
                if one.author == self.author and one.number not in self._sealed}
        self._fresh.update((number, self._key.seal(of_record(one, self._encoder)))
                           for number, one in mine.items() if number not in self._fresh)
        there = self.store.seals(self._fresh)
        if new := {number: seal for number, seal in self._fresh.items() if number not in there}:
            self.store.seal(new)
        self._sealed |= self._fresh.keys()
        self._fresh.clear()

    def read(self, author: str, sequence: int) -> bytes | None:
        """Return a sealed record; None where it is not here or no one signed it."""
        record = self._records.get((author, sequence))
        if record is None:
            return None
        seal = self._fresh.get(record.number)
        if seal is None:
            try:
                seal = self.store.seals([record.number]).get(record.number)
            except StoreError:  # another robot may answer
                return None
        return None if seal is None else packed_record(Foreign(record, seal))

    def picture(self, sequence: int) -> bytes | None:
        """Return the JPEG that is kept of a lesson of this robot; None where there is none."""
        record = self._records.get((self.author, sequence))
        try:
            return record and self.store.pictures([record.number]).get(record.number)
        except StoreError:
            return None

    def admit(self, records: Sequence[bytes], gone: Sequence[Span]) -> Heard:
        """Take in the records that are genuine, allowed and fit, in one transaction."""
        heard = Heard([], [], [])
        wanted: list[Foreign] = []
        for data in records:
            outcome, foreign = self._look_at(data)
            if foreign is not None:
                heard.ids.append(foreign.record.id)
            if outcome == TAKEN and foreign is not None:
                wanted.append(foreign)
            else:
                heard.outcomes.append(outcome)
        spans: dict[str, list[tuple[int, int]]] = {}
        for author, first, last in gone:
            if author in self.trusted and any(
                    True for _ in self.index.missing(author, last, first)):
                spans.setdefault(author, []).append((first, last))
        if wanted or spans:
            self._admit(wanted, spans, heard)
        return heard

    def _admit(self, wanted: list[Foreign], spans: dict[str, list[tuple[int, int]]],
               heard: Heard) -> None:
        try:
            found = self.store.admit(wanted, spans)
        except StoreError as error:
            heard.outcomes.extend([NOT_SAVED] * len(wanted))
            heard.errors.append(f'what other robots were taught is not saved: {error}')
            return
        if spans:
            self._seen = None
        heard.outcomes.extend([TAKEN] * len(found.new) + [KNOWN] * found.known
                              + [FORKED] * len(found.forked))
        for author, sequence in found.forked:
            whose = 'this robot, whose key another one has' if author == self.author else author
            heard.errors.append(
                f'two different records {sequence} are signed by {whose}: both are kept out. Give '
                'one of two robots with one key another one: `hybrid-snn fleet key --new`')

    def _look_at(self, data: bytes) -> tuple[str, Foreign | None]:
        """Return what is to become of a record, and the record where it can be read."""
        if not any(data[:SEAL_BYTES]):
            return UNSIGNED, None
        try:
            foreign = unpacked_record(data)
        except Garbage:
            return GARBAGE, None
        if foreign.record.author not in self.trusted:
            return NOT_ALLOWED, None
        try:
            check_foreign(foreign.record, self.fingerprint.get('inputs'))
        except StoreError:
            return REFUSED, None
        known = self._hashes.get(foreign.record.id)
        if known is not None and known == hash_of(foreign):
            return KNOWN, foreign
        if not is_sealed(foreign.seal, of_record(foreign.record, self._encoder)):
            return WRONGLY_SIGNED, None
        if foreign.record.id in self.store.state.forked:
            return FORKED, foreign  # that has been said
        return TAKEN, foreign
