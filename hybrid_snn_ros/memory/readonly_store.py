# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory on disk that is read and not changed: learning is off, or it cannot be had now."""

from collections.abc import Iterable
from pathlib import Path
import sqlite3
from typing import Any

import numpy as np

from hybrid_snn_ros.memory import database, legacy
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.contents import opened, read_store
from hybrid_snn_ros.memory.database import Head
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import FingerprintError, OldFormatError, StoreError
from hybrid_snn_ros.memory.files import beside, expanded, FILE_NAME, mark
from hybrid_snn_ros.memory.record import checksum, Record
from hybrid_snn_ros.memory.store import SampleStore

_Marks = list[tuple[int, ...] | None]


class ReadOnlyStore(SampleStore):
    """What is known, with the reason why it is not to be changed here. Leaves no trace."""

    def __init__(self, directory: Path | str, fingerprint: dict[str, Any]) -> None:
        """
        Read what is there, if anything is.

        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        super().__init__(fingerprint)
        # sentence with which changes are refused; None while it is filled
        self.reason: str | None = None
        self._path = expanded(directory) / FILE_NAME
        self._head: Head | None = None  # of the file as it was read last
        self._marks: _Marks = []  # of the file and its log, when they were read last
        if legacy.is_old(self._path.parent):
            raise OldFormatError(legacy.advice(self._path.parent))
        self.poll()

    def poll(self) -> bool:
        """
        Take in what was written meanwhile; costs two stats while nothing is.

        :return: whether there was anything; the state is another one where it was read again.
        :raises StoreError: when it cannot be read; what is known stays.
        """
        with self._guard:
            marks = [_mark_of(self._path), _mark_of(beside(self._path, '-wal'))]
            if marks == self._marks or marks[0] is None:
                return False
            before, self._marks = self._marks, marks  # older than what is read
            new = self._appended()
            if new is not None:
                self.state.add(new)
                return bool(new)
            try:
                found = read_store(self._path.parent)
                self.remarks += found.problems + fingerprints.compare(
                    str(self._path.parent), found.fingerprint, self.fingerprint)
            except FingerprintError:
                raise  # as long as it stays what it is, that has been said
            except StoreError:
                self._marks = before
                raise
            self._head = found.head
            self.state = found.state
            return True

    def _appended(self) -> list[Record] | None:
        """Return the records behind those that are known; None where all is to be read again."""
        if self._head is None or not self.state.records:
            return None
        last = max(self.state.records, key=lambda one: one.number)
        try:
            with opened(self._path) as db:
                crc = database.one(db, 'SELECT crc FROM records WHERE number = ?', (last.number,))
                if crc != checksum(last) or database.read_head(db) != self._head:
                    return None
                records, bad = database.read_records(db, last.number)
                return None if bad else records
        except (sqlite3.Error, database.Damage, OSError):
            return None  # reading again tells why

    def frame(self, name: str) -> DrawnFrame | None:
        """Return a frame in which something was drawn; None where it is not to be had."""
        try:
            with opened(self._path) as db:
                return database.read_frame(db, name)
        except (sqlite3.Error, OSError):
            return None

    def pictures(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return {number: JPEG} of those of some samples that have a picture."""
        try:
            with opened(self._path) as db:
                return database.read_pictures(db, numbers)
        except (sqlite3.Error, OSError):
            return {}

    def computed(self, name: str, key: str) -> dict[str, np.ndarray] | None:
        """Return what whoever writes here has computed for a key; None where there is nothing."""
        try:
            with opened(self._path) as db:
                return database.read_cache_of(db, name, key)
        except (sqlite3.Error, OSError):
            return None

    def status(self) -> dict[str, Any]:
        """Say that it is read here, and why it is not written."""
        return {'store': f'reader: {self.reason}'}

    def _begin(self) -> None:
        if self.reason:
            raise StoreError(self.reason)


def _mark_of(path: Path) -> tuple[int, ...] | None:
    try:
        return mark(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise database.refusal('read', path, error) from error
