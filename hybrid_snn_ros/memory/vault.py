# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The memory of one robot: a directory that one process at a time may change.

    >>> vault = Vault.open('~/.ros/hybrid_snn_ros/classifier', {'encoder': 'ab12', 'inputs': 1280})
    >>> vault.teach('mug', codes, stamp='17.25')    # returns when it is safe
    >>> vault.ledger.counts
    {'mug': 1}

Every change is first in the journal on the medium, then in the ledger, then returned.  When the
disk refuses, a change raises StoreError and nothing has changed; the same call works again when
the trouble is over.
"""

from collections.abc import Callable
import os
from pathlib import Path
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.memory import snapshot as snapshots
from hybrid_snn_ros.memory.book import Book
from hybrid_snn_ros.memory.disk import DISK, Disk, expanded
from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.errors import disk_error, LockedError, StoreError
from hybrid_snn_ros.memory.journal import Journal
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.lock import Lock


class Vault(Book):
    """An open memory; made by `Vault.open`. Changes may come from several threads."""

    def __init__(self, directory: Path, lock: Lock, journal: Journal, disk: Disk,
                 now: Callable[[], float]) -> None:
        ledger, problems = Ledger.fold(journal.known, journal.header.base)
        super().__init__(journal.header.identity, ledger, now)
        self.remarks = journal.remarks + problems
        self.directory = directory
        self.journal = journal
        self._lock = lock
        self._disk = disk
        self._open = True

    @classmethod
    def open(cls, directory: Path | str, identity: dict[str, Any] | None,
             now: Callable[[], float] = time.time, disk: Disk = DISK) -> 'Vault':
        """
        Open the memory of a directory, which is made if needed.

        :param identity: dict of what codes depend on (encoder, crop, roi, inputs, runtime, ...);
            None takes what is stored, and a new memory cannot be taught then.
        :param now: unix time in seconds.
        :raises LockedError: when another process has it open.
        :raises StoreError: when it cannot be read or belongs to something else.
        """
        directory = Path(os.path.abspath(expanded(directory)))
        try:
            disk.make_directories(directory)
        except OSError as error:
            raise disk_error(f'make the directory {directory}', error) from error
        lock, unlocked = Lock(directory, disk), None
        try:
            lock.take()
            disk.remove_unfinished(directory)
        except LockedError:
            raise
        except StoreError as error:  # a read-only disk: enough to answer, not to be taught
            unlocked = f'{error}; nothing can be taught until that is mended'
        try:
            journal = Journal.open(directory, identity, disk, now)
            vault = cls(directory, lock, journal, disk, now)
            for number, sample in vault.ledger.samples.items():
                vault._check_codes(sample.codes, f'sample {number} in {directory}')
        except BaseException:
            lock.release()
            raise
        if unlocked:
            vault.remarks.insert(0, unlocked)
        return vault

    def __enter__(self) -> 'Vault':
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def identity(self) -> dict[str, Any]:
        """What the stored codes depend on."""
        return self.journal.header.identity

    def compact(self) -> tuple[int, int]:
        """
        Rewrite the journal to what remains, which frees the rest for good.

        Ids, times and `version` stay; earlier states cannot be returned to any more.

        :return: (bytes before, bytes after).
        """
        with self._guard:
            self._hold()
            before = self.journal.length
            self.journal.compact(remaining(self.ledger))
            self.ledger = Ledger.fold(self.journal.entries, self.journal.header.base)[0]
            snapshots.drop_before(self.directory, self.ledger.base, self._disk)
            return before, self.journal.length

    def save_snapshot(self, arrays: dict[str, np.ndarray], notes: dict[str, Any]) -> Path:
        """
        Keep what was computed from exactly the present samples, for the next start.

        :param arrays: {name: ndarray} of plain numbers.
        :param notes: JSON-able dict, such as the constants of the learning rule.
        :return: the path.
        """
        with self._guard:
            self._hold()
            self.journal.check()
            sequence = self.ledger.version
            if sequence not in self.journal.chains:
                raise StoreError('no snapshot can be saved before the repair of the journal is')
            return snapshots.save(self.directory, snapshots.Snapshot(
                sequence, self.journal.chains[sequence], self._now(), self.identity, arrays,
                notes, None, 0), self._disk)

    def check(self) -> None:
        """
        Make sure that all that is known is on the medium.

        :raises StoreError: when somebody else changed the journal, or it is gone.
        """
        with self._guard:
            if self.journal.in_use:
                self._hold()
                self.journal.check()

    def snapshots(self) -> list[snapshots.Snapshot]:
        """Return the usable snapshots, newest first; their sequences are for `rollback`."""
        return list(snapshots.usable(self.directory, self.journal, self._disk, []))

    def snapshot_for_recovery(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """
        Return the newest usable snapshot: (sequence, arrays, notes), or None.

        Entries behind it are `ledger.entries_since(sequence)`.  Snapshots that are broken are
        passed over, with a sentence in `remarks`.
        """
        for found in snapshots.usable(self.directory, self.journal, self._disk, self.remarks):
            return found.sequence, found.arrays, found.notes
        return None

    def close(self) -> None:
        """Close the files and give the lock back; everything is on the medium already."""
        with self._guard:
            self._open = False
            self.journal.close()
            self._lock.release()

    def condition(self) -> dict[str, Any]:
        """Return how the journal stands, {name: value}."""
        journal = self.journal
        synced = ('not yet since the start' if journal.synced is None
                  else f'{time.monotonic() - journal.synced:.1f} s ago')
        return {'journal': 'writer' if self._open else 'closed', 'journal_bytes': journal.length,
                'journal_entries': len(journal.entries), 'journal_synced': synced}

    @property
    def _name(self) -> str:
        return f'the memory {self.directory}'

    @property
    def _last(self) -> int:
        return self.journal.version

    def _write(self, entries: list[Entry], whole: bool) -> None:
        self._hold()
        self.journal.append(entries, whole)

    def _hold(self) -> None:
        if not self._open:
            raise StoreError(f'the memory {self.directory} is closed')
        if self._lock.take():
            self.journal.distrust()


def remaining(ledger: Ledger) -> list[Entry]:
    """Return the fewest entries that amount to a ledger, ending at its version."""
    first = ledger.version - len(ledger.samples) + 1
    return [Entry(sequence, sample.time, 'teach', sample.label, sample.group, number,
                  sample.stamp, sample.source, sample.codes)
            for sequence, (number, sample) in enumerate(ledger.samples.items(), first)]
