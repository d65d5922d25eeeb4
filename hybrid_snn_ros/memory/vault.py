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

import os
from pathlib import Path
import threading
import time

import numpy as np

from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory import snapshot as snapshots
from hybrid_snn_ros.memory.disk import DISK
from hybrid_snn_ros.memory.entry import Entry, MAX_CODES
from hybrid_snn_ros.memory.errors import disk_error, LockedError, StoreError
from hybrid_snn_ros.memory.journal import Journal
from hybrid_snn_ros.memory.labels import normalise
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.lock import Lock


class Vault:
    """An open memory; made by `Vault.open`. Changes may come from several threads."""

    def __init__(self, directory, lock, journal, disk, now):
        self.directory = directory
        self.journal = journal
        self.ledger, problems = Ledger.fold(journal.known, journal.header.base)
        self.remarks = journal.remarks + problems  # sentences the operator should hear
        self._lock = lock
        self._disk = disk
        self._now = now
        self._guard = threading.RLock()
        self._open = True

    @classmethod
    def open(cls, directory, identity, now=time.time, disk=DISK):
        """
        Open the memory of a directory, which is made if needed.

        :param identity: dict of what codes depend on (encoder, crop, roi, inputs, runtime, ...);
            None takes what is stored, and a new memory cannot be taught then.
        :param now: unix time in seconds.
        :raises LockedError: when another process has it open.
        :raises StoreError: when it cannot be read or belongs to something else.
        """
        directory = Path(os.path.abspath(Path(directory).expanduser()))
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

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    @property
    def identity(self):
        """What the stored codes depend on."""
        return self.journal.header.identity

    @property
    def version(self):
        """Rises with every change, over restarts too."""
        return self.ledger.version

    def teach(self, label, codes, stamp='', source='teach'):
        """
        Add one sample.

        :param codes: the encoder's output, uint8 (N,).
        :return: its Entry.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the codes do not fit or the disk refuses.
        """
        return self.teach_all([(label, codes, stamp)], source)[0]

    def teach_all(self, samples, source='teach'):
        """Add several samples, (label, codes, stamp) each, with one sync; see `teach`."""
        return self._commit(self._lessons(samples, source))

    def _lessons(self, samples, source):
        return [{'operation': 'teach', 'label': normalise(label), 'codes': self._own(codes),
                 'stamp': stamp, 'source': source} for label, codes, stamp in samples]

    def undo(self, sample=None, source='cli'):
        """
        Take one sample back, the newest remaining one if none is named.

        :return: the Entry; its label is the sample's.
        :raises UnknownSample: when there is no such sample, or none left.
        """
        with self._guard:
            sample = self.ledger.newest if sample is None else sample
            known = self.ledger.samples.get(sample)
            return self._commit([{'operation': 'undo', 'sample': sample, 'source': source,
                                  'label': known.label if known else ''}])[0]

    def forget(self, label, source='cli'):
        """Take all samples of a label back; UnknownLabel if there are none."""
        return self._commit(
            [{'operation': 'forget', 'label': normalise(label), 'source': source}])[0]

    def rename(self, old, new, source='cli'):
        """Give a label another name; if that is known already, the two become one."""
        old, new = normalise(old), normalise(new)
        if old == new:
            raise StoreError(f"'{old}' has that name already")
        return self._commit(
            [{'operation': 'rename', 'label': old, 'target': new, 'source': source}])[0]

    def rollback(self, sequence, source='cli'):
        """Return to what was known right after an earlier entry; see `snapshots`."""
        return self._commit(
            [{'operation': 'rollback', 'target': str(int(sequence)), 'source': source}])[0]

    def import_samples(self, identity, samples, replace=False, source='import'):
        """
        Take over samples of another memory, all or none of them.

        :param identity: what their codes depend on.
        :param samples: iterable of Sample; one whose label and codes are known already, or came
            before, counts once.
        :param replace: forget everything else first.
        :return: (samples added, samples that were known).
        :raises LabelError: when a text cannot be a label.
        :raises StoreError: when they do not fit here or the disk refuses.
        """
        with self._guard:
            self.remarks += identities.compare('what is to be imported', identity, self.identity)
            known = set() if replace else {
                (sample.label, sample.codes.tobytes()) for sample in self.ledger.samples.values()}
            samples, new = list(samples), []
            for sample in samples:
                key = (normalise(sample.label), sample.codes.tobytes())
                if key not in known:
                    known.add(key)
                    new.append((sample.label, sample.codes, sample.stamp))
            changes = [{'operation': 'forget', 'label': label, 'source': source}
                       for label in (self.ledger.labels if replace else ())]
            changes += self._lessons(new, source)
            if changes:
                self._commit(changes, whole=True)
            return len(new), len(samples) - len(new)

    def compact(self):
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

    def save_snapshot(self, arrays, notes):
        """
        Keep what was computed from exactly the present samples, for the next start.

        :param arrays: {name: ndarray} of plain numbers.
        :param notes: JSON-able dict, such as the constants of the learning rule.
        :return: the path.
        """
        with self._guard:
            self._hold()
            sequence = self.ledger.version
            if sequence not in self.journal.chains:
                raise StoreError('no snapshot can be saved before the repair of the journal is')
            return snapshots.save(self.directory, snapshots.Snapshot(
                sequence, self.journal.chains[sequence], self._now(), self.identity, arrays,
                notes, None, 0), self._disk)

    def snapshots(self):
        """Return the usable snapshots, newest first; their sequences are for `rollback`."""
        return list(snapshots.usable(self.directory, self.journal, self._disk, []))

    def snapshot_for_recovery(self):
        """
        Return the newest usable snapshot: (sequence, arrays, notes), or None.

        Entries behind it are `ledger.entries_since(sequence)`.  Snapshots that are broken are
        passed over, with a sentence in `remarks`.
        """
        for found in snapshots.usable(self.directory, self.journal, self._disk, self.remarks):
            return found.sequence, found.arrays, found.notes
        return None

    def close(self):
        """Close the files and give the lock back; everything is on the medium already."""
        with self._guard:
            self._open = False
            self.journal.close()
            self._lock.release()

    def _commit(self, changes, whole=False):
        with self._guard:
            if not self.identity:
                raise StoreError(f'the memory {self.directory} is empty and nobody said which '
                                 'encoder it is for')
            entries, moment = [], self._now()
            for number, change in enumerate(changes, self.journal.version + 1):
                if change['operation'] == 'teach':
                    change['sample'] = number
                entries.append(Entry(number, moment, **change))
            if len(entries) == 1:  # several are teaches, and forgets of labels that are there
                self.ledger.check(entries[0])
            self._hold()
            self.journal.append(entries, whole)
            for entry in entries:
                self.ledger.apply(entry)
            return entries

    def _hold(self):
        if not self._open:
            raise StoreError(f'the memory {self.directory} is closed')
        if self._lock.take():
            self.journal.distrust()

    def _own(self, codes):
        """Return a copy that nobody can change, the caller may reuse its buffer."""
        codes = np.array(codes)
        self._check_codes(codes, 'the frame')
        codes.flags.writeable = False
        return codes

    def _check_codes(self, codes, what):
        width = self.identity.get('inputs')
        if codes.dtype != np.uint8 or codes.ndim != 1 or len(codes) > MAX_CODES or (
                width is not None and len(codes) != width):
            raise StoreError(f'{what} must have uint8 codes, {width or MAX_CODES} of them, not '
                             f'{codes.dtype} {codes.shape}')


def remaining(ledger):
    """Return the fewest entries that amount to a ledger, ending at its version."""
    first = ledger.version - len(ledger.samples) + 1
    return [Entry(sequence, sample.time, 'teach', sample.label, '', number, sample.stamp,
                  sample.source, sample.codes)
            for sequence, (number, sample) in enumerate(ledger.samples.items(), first)]
