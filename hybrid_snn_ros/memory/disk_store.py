# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The sample store of one robot: a directory with a SQLite file that several processes may change.

    >>> store = DiskStore.open('~/.ros/hybrid_snn_ros/classifier', {'encoder': 'ab', 'inputs': 3})
    >>> store.teach('mug', codes, stamp='17.25')    # returns when it is safe
    >>> store.state.counts
    {'mug': 1}

Every change is one transaction: committed and synced, then applied, then returned.  When the disk
refuses, a change raises StoreError and nothing has changed; the same call works again when the
trouble is over.  SQLite's locks are the kernel's: they end with the process, however it ends.
"""

from collections.abc import Callable, Iterable, Mapping
import contextlib
import os
from pathlib import Path
import sqlite3
import time
from types import MappingProxyType
from typing import Any

import numpy as np

from hybrid_snn_ros.codes import view_count
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory import database, exchange, legacy, repair
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.contents import StoreContents
from hybrid_snn_ros.memory.database import Base, Connect, Damage, Head
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import ChangedError, OldFormatError, StoreError
from hybrid_snn_ros.memory.exchange import Spans
from hybrid_snn_ros.memory.files import (
    COPY_NAME,
    expanded,
    FILE_NAME,
    free_name,
    make_directories,
)
from hybrid_snn_ros.memory.open_file import OpenFile
from hybrid_snn_ros.memory.record import checksum, DRAWN, LESSON, Record
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.store import SampleStore

COPY_EVERY = 256  # changes after which the second copy is renewed
_VERSIONS = 20  # that are kept for a rollback
_TROUBLE = (sqlite3.Error, Damage, OSError)


class DiskStore(SampleStore):
    """An open memory; made by `DiskStore.open`. Changes may come from several threads."""

    def __init__(self, directory: Path, fingerprint: dict[str, Any] | None,
                 now: Callable[[], float], maker: Connect) -> None:
        super().__init__(fingerprints.plain(fingerprint or {}), now=now)
        self.directory = directory
        self.path = directory / FILE_NAME
        self._file = OpenFile(self.path, maker)
        self._open = True
        self._head = Head(self._fingerprint, self.author)
        self._copied = 0  # version of the second copy
        # author and version of what was kept in a file, if anything was
        self._aside: tuple[tuple[str, int], Path] | None = None

    @classmethod
    def open(cls, directory: Path | str, fingerprint: dict[str, Any] | None,
             now: Callable[[], float] = time.time,
             maker: Connect = sqlite3.connect, old_format: bool = False) -> 'DiskStore':
        """
        Open the memory of a directory, which is made if needed.

        :param fingerprint: dict of what codes depend on (encoder, crop, roi, inputs, runtime,
            ...); None takes what is stored, and a new memory cannot be taught then.
        :param now: unix time in seconds.
        :param old_format: begin a new memory beside one of the format before, to import that.
        :raises OldFormatError: when it holds a memory of the format before.
        :raises StoreError: when it cannot be read or belongs to something else.
        """
        directory = Path(os.path.abspath(expanded(directory)))
        if legacy.is_old(directory) and not old_format:
            raise OldFormatError(legacy.advice(directory))
        try:
            make_directories(directory)
        except OSError as error:
            raise database.refusal('make the directory', directory, error) from error
        store = cls(directory, fingerprint, now, maker)
        try:
            store.remarks += repair.replace_missing(store.path)
            if fingerprint is not None or os.path.exists(store.path):
                store._know(store._readable())
                store._look_at_copy()
        except _TROUBLE as error:
            store._file.drop()
            raise database.refusal('open', store.path, error) from error
        except BaseException:
            store._file.drop()
            raise
        return store

    def _readable(self) -> StoreContents:
        """Connect and read, and mend first what is damaged."""
        try:
            found = self._file.connect(self._head)
            reason = '; '.join(found.problems)
            if not reason:
                return found
        except (sqlite3.Error, Damage) as error:
            if not database.is_damage(error):
                raise
            reason = str(error)
        self._file.drop()
        self.remarks += repair.mend(self.path, reason)
        return self._file.connect(self._head)

    def _look_at_copy(self) -> None:
        self.remarks += repair.keep_copy_ahead(self.path, self._file.db)
        if not os.path.exists(self.directory / COPY_NAME):  # at least what it is of
            with contextlib.suppress(*_TROUBLE):
                self._renew_copy()

    def _renew_copy(self) -> None:
        self._file.copy_to(self.directory / COPY_NAME)
        self._copied = self.version

    def __enter__(self) -> 'DiskStore':
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- the file ------------------------------------------------------------------------------

    def _know(self, found: StoreContents) -> None:
        """Know what a file holds instead of what was known."""
        remarks = fingerprints.compare(str(self.directory), found.fingerprint, self._fingerprint)
        for record in found.records:
            width = found.fingerprint.get('inputs')
            if record.kind == LESSON and width not in (None, record.codes.shape[-1]):
                raise StoreError(f'sample {record.number} in {self.directory} must have uint8 '
                                 f'codes, {width} of them, not {record.codes.shape[-1]}')
        self.remarks += [*found.problems, *remarks]
        self._take_head(found.head)
        self.state = found.state
        self._copied = 0

    def _take_head(self, head: Head) -> None:
        self._head, self._fingerprint, self.author = head, head.fingerprint, head.author
        self._gone = {author: [list(span) for span in spans]
                      for author, spans in head.gone.items()}
        self._floor = max([head.base.sequence,
                           *(last for _, last in self._gone.get(head.author, ()))])

    def _attach(self) -> None:
        """
        Make sure that the file is there and holds what is known.

        :raises ChangedError: when it held something else, which is known from now on.
        :raises StoreError: when it cannot be had.
        """
        if not self._open:
            raise StoreError(f'the memory {self.directory} is closed')
        try:
            try:
                if not self._file.is_ours(self._is_known):
                    self._attach_again()
            except FileNotFoundError:
                self._restore()
        except _TROUBLE as error:
            refusal = database.refusal('read', self.path, error)
            if database.is_damage(error):
                raise StoreError(f'{refusal}. {self._keep_aside()}') from error
            raise refusal from error

    def _attach_again(self) -> None:
        """Open the file that is there now, and know what it holds if that is something else."""
        if self.state.records and not self.path.stat().st_size:
            raise Damage('the file is empty')  # it may be being written
        try:
            now = self._file.connect(self._head)
            if self._is_known(now):
                return
            kept = self._keep_aside()
            self._know(now)
        except BaseException:
            self._file.drop()  # looked at again before anything is written
            raise
        raise ChangedError(
            f'{self.path} was put there by somebody else: nothing was saved. {kept}What the file '
            'holds now is known from here on')

    def _is_known(self, found: StoreContents, upto: int | None = None) -> bool:
        """Tell whether a file holds all that is known here, or that up to a version."""
        head = found.head
        if head.author == self.author and (
                head.base.version > self._head.base.version
                or head.fingerprint != self._head.fingerprint):
            return True  # compacted or encoded again by another process: `_catch_up` reads it all
        if self.author in head.formerly:
            return True  # another process has given it a key
        if self.state.records and head._replace(gone={}) != self._head._replace(gone={}):
            return False
        there = {record.number: checksum(record) for record in found.records}
        return all(there.get(record.number) == checksum(record) for record in self.state.records
                   if upto is None or record.number <= upto)

    def _restore(self) -> None:
        """Put what is known where the file has vanished."""
        if not os.path.isdir(self.directory):
            raise StoreError(f'cannot write {self.path}: No such file or directory')
        if self._file.is_open:  # it lost its name only
            self._file.copy_to(self.path)
        else:
            contents_of.write_file(self.path, self._head, self.state.records, {})
        self._file.connect(self._head)

    def _keep_aside(self) -> str:
        """Keep what is known beside a file that holds something else; return the sentence."""
        if not self.state.records:
            return ''
        if self._aside is None or self._aside[0] != (self.author, self.version):
            path = free_name(self.directory, 'memory.before')
            contents_of.write_file(path, self._head, self.state.records, {})
            self._aside = (self.author, self.version), path
        return (f'What was known is kept in {self._aside[1]}, which `hybrid-snn state import` '
                'takes. ')

    # -- what others write ---------------------------------------------------------------------

    def poll(self) -> bool:
        """
        Take in what other processes wrote; costs a stat and two look-ups while nothing happens.

        :return: whether there was anything; the state is another one where it was read again.
        :raises StoreError: when it cannot be read; what is known stays, unless it is ChangedError.
        """
        with self._guard:
            before = self.state, self.version
            self._attach()
            try:
                self._catch_up()
                self._file.settle(self.version)
            except _TROUBLE as error:
                raise database.refusal('read', self.path, error) from error
            return (self.state, self.version) != before

    def _catch_up(self) -> None:
        if not self._file.has_news(self.version):
            return
        db = self._file.db
        if database.read_head(db) != self._head:  # compacted, or encoded again
            self._know(contents_of.read(db, self.path))
        else:
            self.state.add(database.read_records(db, self.version)[0])
        self._file.took_news()

    # -- changes -------------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return f'the memory {self.directory}'

    def _begin(self) -> None:
        self._attach()
        try:
            try:
                self._file.db.execute('BEGIN IMMEDIATE')
            except sqlite3.OperationalError as error:
                if 'readonly' not in str(error):
                    raise
                self._file.drop()  # opened while the disk could only be read
                self._attach()
                self._file.db.execute('BEGIN IMMEDIATE')
            self._catch_up()
        except (sqlite3.Error, Damage) as error:
            self._abandon()
            raise database.refusal('write', self.path, error) from error

    def _write(self, records: list[Record], pictures: dict[int, bytes],
               frames: list[DrawnFrame]) -> None:
        try:
            database.write_records(self._file.db, records, pictures)
            database.write_frames(self._file.db, frames)
            self._file.commit()
        except _TROUBLE as error:
            raise database.refusal('write', self.path, error) from error

    def _write_foreign(self, records: list[Record], seals: Mapping[int, bytes],
                       gone: dict[str, Spans]) -> None:
        author_of = {one.number: one.author for one in (*self.state.records, *records)}
        head = self._head._replace(gone=gone)
        try:
            database.write_records(self._file.db, records, {})
            database.write_seals(self._file.db, {
                number: (author_of[number], seal) for number, seal in seals.items()})
            if gone != self._gone:
                database.write_head(self._file.db, head)
            self._file.commit()
        except _TROUBLE as error:
            raise database.refusal('write', self.path, error) from error
        if gone != self._gone:
            self._take_head(head)

    def _abandon(self) -> None:
        if self._file.is_open:
            with contextlib.suppress(sqlite3.Error):
                self._file.db.execute('ROLLBACK')

    def keep(self, arrays: dict[str, np.ndarray] | None = None,
             notes: dict[str, Any] | None = None) -> None:
        """
        Note the version as one to return to, renew the second copy, take the log in.

        :param arrays: {name: ndarray} that were computed from exactly the present samples, for
            the next start.
        :param notes: JSON-able dict of what they depend on besides.
        :raises StoreError: when the disk refuses, or somebody else changed what is there.
        """
        with self._guard:
            self._attach()
            db, version = self._file.db, self.version
            try:
                db.execute('BEGIN IMMEDIATE')
                db.execute('INSERT OR REPLACE INTO versions VALUES (?, ?)', (version, self._now()))
                db.execute('DELETE FROM versions WHERE number NOT IN (SELECT number FROM versions '
                           'ORDER BY number DESC LIMIT ?)', (_VERSIONS,))
                if arrays is not None:
                    database.write_cache(db, 'network', version, notes or {}, arrays)
                db.execute('COMMIT')
                if self._copied != version:
                    self._renew_copy()
                self._file.settle(version, now=True)
            except (sqlite3.Error, OSError) as error:
                self._abandon()
                raise database.refusal('save', self.path, error) from error

    @property
    def copy_is_due(self) -> bool:
        """Whether the second copy is so old that `keep` should be called."""
        return self.version - self._copied >= COPY_EVERY

    def cached(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """Return what `keep` was given last: (version, arrays, notes), or None."""
        if not self._file.is_open:
            return None
        found = database.read_cache(self._file.db, 'network')
        if found is None or not self.state.base <= found[0] <= self.version:
            return None
        return found

    def computed(self, name: str, key: str) -> dict[str, np.ndarray] | None:
        """Return what `keep_computed` was given last under a name, if that was for this key."""
        with self._guard:
            self._attach()
            return database.read_cache_of(self._file.db, name, key)

    def keep_computed(self, name: str, key: str, arrays: dict[str, np.ndarray]) -> None:
        """
        Keep what was computed from what the key stands for; the next start may use it.

        :raises StoreError: when the disk refuses, or somebody else changed what is there.
        """
        with self._guard:
            self._begin()
            try:
                database.write_cache(self._file.db, name, self.version, {'key': key}, arrays)
                self._file.commit()
            except _TROUBLE as error:
                self._abandon()
                raise database.refusal('save', self.path, error) from error

    def versions(self) -> list[int]:
        """Return the versions that were saved on purpose and can be returned to, newest first."""
        if not self._file.is_open:
            return []
        return [number for number, in self._file.db.execute(
            'SELECT number FROM versions ORDER BY number DESC') if number >= self.state.base]

    def pictures(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return {number: JPEG} of those of some samples that have a picture."""
        with self._guard:
            self._attach()
            return database.read_pictures(self._file.db, numbers)

    def seals(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return {number: seal} of those of some records that are signed."""
        with self._guard:
            self._attach()
            return database.read_seals(self._file.db, numbers)

    @property
    def is_shared(self) -> bool:
        """Whether other robots may know of what is here."""
        with self._guard:
            self._attach()
            return bool(database.one(self._file.db, 'SELECT count(*) FROM seals')
                        ) or super().is_shared

    def frame(self, name: str) -> DrawnFrame | None:
        """Return a frame in which something was drawn; None where it was lost."""
        with self._guard:
            self._attach()
            return database.read_frame(self._file.db, name)

    def compact(self) -> tuple[int, int]:
        """
        Drop what was taken back, which frees its room for good.

        Ids, times and `version` stay; earlier states cannot be returned to any more.  Where other
        robots know of what is here, tombstones stay (memory.exchange.remaining_shared).

        :return: (bytes before, bytes after).
        """
        def compacted() -> tuple[Head, list[Record]]:
            shared, before = self.is_shared, self.state
            left = (exchange.remaining_shared if shared else contents_of.remaining)(before)
            last = before.last_sequence(self.author, self._floor)
            dropped: dict[str, Spans] = {}
            kept = {one.number for one in left}
            for one in before.records if shared else ():
                if one.number not in kept:
                    dropped.setdefault(one.author, []).append([one.sequence, one.sequence])
            gone = {author: exchange.joined(
                [*self._gone.get(author, ()), *dropped.get(author, ())], set())
                for author in {*self._gone, *dropped}}
            return self._head._replace(
                base=Base(self.version, len(left), last), lost=[], gone=gone), left
        return self._rewrite(compacted)

    def take_author(self, author: str) -> None:
        """Write as another author from now on; as of any SampleStore."""
        def renamed() -> tuple[Head, list[Record]]:
            head, records = self._head, self.state.records
            floor = self.state.last_sequence(author)
            if not self.is_shared:
                records, floor = exchange.under(records, self.author, author), self._floor
            gone = self.gone() if self.is_shared else {}
            return head._replace(
                author=author, base=head.base._replace(sequence=floor), gone=gone,
                formerly=[*head.formerly, self.author][-16:]), records
        if author != self.author:
            self._rewrite(renamed)

    def migrate(self, fingerprint: dict[str, Any], codes: dict[int, np.ndarray],
                frames: Mapping[str, DrawnFrame] = MappingProxyType({})) -> None:
        """
        Put other codes in the place of all: those that another encoder gives for the pictures.

        Ids, labels, times and the history stay.

        :param codes: {number: codes, (N,) or (k, N)} of all lessons, also those taken back.
        :param frames: {name: what takes its place} of drawn frames whose cells are others now.
        """
        def records() -> tuple[Head, list[Record]]:
            if any(one.author != self.author for one in self.state.records):
                raise StoreError(
                    f'{self.directory} holds what other robots were taught, whose pictures are '
                    'not here; nothing was changed. Begin a new memory with the new encoder: it '
                    'gets everything from robots that have changed, too')
            missing = [one.number for one in self.state.records
                       if one.kind == LESSON and one.number not in codes]
            if missing:
                raise StoreError(f'{len(missing)} samples have no codes of the new encoder; '
                                 'nothing was changed')
            head = self._head._replace(fingerprint=fingerprints.plain(fingerprint))
            return head, [
                one._replace(codes=codes[one.number], samples=view_count(codes[one.number]))
                if one.kind == LESSON else
                one._replace(target=frames[one.target].name)
                if one.kind in DRAWN and one.target in frames else one
                for one in self.state.records]
        self._rewrite(records, frames.values(), resealed=True)

    def frame_names(self) -> list[str]:
        """Return the names of all frames that are kept, also of those taken back."""
        with self._guard:
            self._attach()
            return [name for name, in self._file.db.execute('SELECT name FROM frames')]

    def _rewrite(self, make: Callable[[], tuple[Head, list[Record]]],
                 frames: Iterable[DrawnFrame] = (), resealed: bool = False) -> tuple[int, int]:
        with self._guard:
            self._begin()
            db = self._file.db
            try:
                before = contents_of.size_of(self.path)
                head, records = make()
                kept = {record.number for record in records}
                db.execute('DELETE FROM records')
                database.write_records(db, records, {})
                for table in ('pictures', 'seals'):
                    for number, in db.execute(f'SELECT number FROM {table}').fetchall():
                        if number not in kept or resealed and table == 'seals':
                            db.execute(f'DELETE FROM {table} WHERE number = ?', (number,))
                database.write_frames(db, frames)
                drawn = {record.target for record in records if record.kind in DRAWN}
                for name, in db.execute('SELECT name FROM frames').fetchall():
                    if name not in drawn:
                        db.execute('DELETE FROM frames WHERE name = ?', (name,))
                db.execute('DELETE FROM cache')
                db.execute('DELETE FROM versions WHERE number < ?', (head.base.version,))
                database.write_head(db, head)
                db.execute('COMMIT')
                self._take_head(head)
                self.state = StoreState(records, head.base.version, self.version, head.author)
                self._copied = -1
                db.execute('VACUUM')
            except (sqlite3.Error, OSError) as error:
                self._abandon()
                raise database.refusal('write', self.path, error) from error
            except BaseException:
                self._abandon()
                raise
            self.keep()  # what was dropped is in no copy either
            return before, contents_of.size_of(self.path)

    # -- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file; everything is on the medium already."""
        with self._guard:
            self._open = False
            self._file.drop()

    def status(self) -> dict[str, Any]:
        """Return how the store stands, {name: value}."""
        last = self._file.written
        written = ('not yet since the start' if last is None
                   else f'{time.monotonic() - last:.1f} s ago')
        size = contents_of.size_of(self.path) if os.path.exists(self.path) else 0
        return {'store': 'open' if self._open else 'closed', 'store_bytes': size,
                'store_records': len(self.state.records), 'store_written': written,
                'store_since_copy': self.version - max(self._copied, 0)}
