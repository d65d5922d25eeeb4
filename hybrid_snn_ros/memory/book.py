# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory that is not on disk: all changes there are, made to a ledger alone."""

from collections.abc import Callable, Iterable, Mapping
import threading
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory.entry import Entry, MAX_CODES
from hybrid_snn_ros.memory.errors import (
    LabelExistsError,
    NothingToUndoError,
    RefusedError,
    StoreError,
)
from hybrid_snn_ros.memory.history import Change
from hybrid_snn_ros.memory.labels import find, LabelError, normalise
from hybrid_snn_ros.memory.ledger import Ledger, Sample
from hybrid_snn_ros.memory.snapshot import Snapshot
from hybrid_snn_ros.memory.wording import samples_text


def _removal(sample: int, samples: Mapping[int, Sample], source: str,
             stamp: str = '') -> dict[str, Any]:
    known = samples.get(sample)
    return {'operation': 'undo', 'sample': sample, 'source': source, 'stamp': stamp,
            'label': known.label if known else ''}


class Book:
    """What is known, and how it may change. Changes may come from several threads."""

    def __init__(self, identity: dict[str, Any], ledger: Ledger | None = None,
                 now: Callable[[], float] = time.time) -> None:
        """
        Begin with a ledger, an empty one if none is given.

        :param identity: dict of what the codes depend on (encoder, crop, roi, inputs, runtime).
        :param now: function that tells the unix time in seconds.
        """
        self.ledger = Ledger() if ledger is None else ledger
        self.remarks: list[str] = []  # sentences the operator should hear
        self._identity = identity
        self._now = now
        self._guard = threading.RLock()

    @property
    def identity(self) -> dict[str, Any]:
        """What the stored codes depend on."""
        return self._identity

    @property
    def version(self) -> int:
        """Rises with every change."""
        return self.ledger.version

    def snapshots(self) -> list[Snapshot]:
        """Return nothing: only a disk holds earlier states."""
        return []

    def condition(self) -> dict[str, Any]:
        """Return how the journal stands, {name: value}, for people who watch over the robot."""
        return {'journal': 'none: what is taught lasts as long as this process'}

    def close(self) -> None:
        """Nothing is open."""

    def teach(self, label: str, codes: np.ndarray, stamp: str = '', source: str = 'teach',
              group: str = '') -> Entry:
        """
        Add one sample.

        :param codes: the encoder's output, uint8 (N,).
        :param group: text of at most 64 bytes; what one source teaches under one group is one
            change, which is taken back as a whole. '' makes it a change of its own.
        :return: its Entry.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the codes do not fit or the disk refuses.
        """
        return self.teach_all([(label, codes, stamp)], source, group)[0]

    def teach_all(self, samples: Iterable[tuple[str, np.ndarray, str]], source: str = 'teach',
                  group: str = '') -> list[Entry]:
        """Add several samples, (label, codes, stamp) each, with one sync; see `teach`."""
        return self._commit(self._lessons(samples, source, group))

    def _lessons(self, samples: Iterable[tuple[str, np.ndarray, str]], source: str,
                 group: str) -> list[dict[str, Any]]:
        return [{'operation': 'teach', 'label': normalise(label), 'codes': self._own(codes),
                 'stamp': stamp, 'source': source, 'target': group}
                for label, codes, stamp in samples]

    def remove(self, sample: int, source: str = 'cli') -> Entry:
        """
        Take one sample out; a change like any other, which `undo` takes back.

        :return: the Entry; its label is the sample's.
        :raises UnknownSample: when there is no such sample.
        """
        with self._guard:
            return self._commit([_removal(sample, self.ledger.samples, source)])[0]

    def undo(self, change: int | None = None, source: str = 'cli') -> Change:
        """
        Take back the newest change, as a whole; again, the one before.

        :param change: the id it must have (memory.history.Change), None for whichever it is.
        :return: the Change.
        :raises NothingToUndoError: when nobody did anything, or the newest change is another
            one.
        """
        with self._guard:
            newest = self._named(self.ledger.history.newest(), change, self._nothing())
            stamp = f'undo {self._last + 1}'
            if newest.taught and not newest.reversible:
                steps = [_removal(sample, self.ledger.samples, source, stamp)
                         for sample in newest.taught]
            else:
                # What other presses taught before it and lost since stays lost.
                gone = self.ledger.history.gone_since(newest.id)
                before = self.ledger.as_of(newest.reversible).samples
                steps = [{'operation': 'rollback', 'target': str(newest.reversible),
                          'source': source, 'stamp': stamp}]
                steps += [_removal(sample, before, source, stamp) for sample in before
                          if sample in gone]
            # Half a press may be taken back where power fails in the middle: the rest is the
            # newest change then. Half of anything else may not.
            self._commit(steps, whole=len(steps) > 1 and not newest.taught)
            return newest

    def redo(self, change: int | None = None, source: str = 'cli') -> Change:
        """
        Put back what the last `undo` took, as long as nothing else was done since.

        :param change: as of `undo`.
        :return: the Change.
        :raises NothingToUndoError: when there is nothing of that kind.
        """
        with self._guard:
            undone = self._named(self.ledger.history.undone(), change,
                                 'nothing was undone that could be put back')
            self._commit([{'operation': 'rollback', 'source': source,
                           'target': str(self.ledger.history.put_back_version()),
                           'stamp': f'redo {self._last + 1}'}])
            return undone

    def _nothing(self) -> str:
        left = len(self.ledger.samples)
        return 'there is nothing to undo' + (
            f'; the {samples_text(left)} here came with the memory, forget takes labels out'
            if left else '')

    @staticmethod
    def _named(found: Change | None, change: int | None, nothing: str) -> Change:
        if found is None:
            raise NothingToUndoError(nothing)
        if change is not None and found.id != change:
            raise NothingToUndoError('something else was done meanwhile; look again at what '
                                     'would be taken back or put back')
        return found

    def forget(self, label: str, source: str = 'cli') -> Entry:
        """Take all samples of a label back; UnknownLabel if there are none."""
        with self._guard:
            return self._commit([{'operation': 'forget', 'source': source,
                                  'label': find(label, self.ledger.counts)}])[0]

    def rename(self, old: str, new: str, source: str = 'cli', merge: bool = False) -> Entry:
        """
        Give a label another name.

        :param merge: whether the name may be that of a label that is there: they become one.
        :raises UnknownLabel: when nothing was taught under the old name.
        :raises LabelExistsError: when the new name is that of a label, and no merge was asked for.
        """
        with self._guard:
            counts = self.ledger.counts
            old, new = find(old, counts), find(new, counts) if merge else normalise(new)
            if old == new:
                raise RefusedError(f"'{old}' has that name already")
            if not merge and old in counts and new in counts:
                raise LabelExistsError(
                    f"'{new}' is a label already, with {samples_text(counts[new])}; to put the "
                    f"{samples_text(counts[old])} of '{old}' into it, merge the two")
            return self._commit(
                [{'operation': 'rename', 'label': old, 'target': new, 'source': source}])[0]

    def rollback(self, sequence: int, source: str = 'cli') -> Entry:
        """Return to what was known right after an earlier entry; see `snapshots`."""
        return self._commit(
            [{'operation': 'rollback', 'target': str(int(sequence)), 'source': source}])[0]

    def import_samples(self, identity: dict[str, Any], samples: Iterable[Sample],
                       replace: bool = False, source: str = 'import') -> tuple[int, int]:
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
                try:
                    key = (normalise(sample.label), sample.codes.tobytes())
                except LabelError as error:  # a label older than the rule
                    raise LabelError(f'{sample.label!a} cannot be taken over: {error}; give it '
                                     'another name where it is known') from error
                if key not in known:
                    known.add(key)
                    new.append((sample.label, sample.codes, sample.stamp))
            group = str(self._last + 1)  # of its own: one change, taken back as a whole
            changes = [{'operation': 'forget', 'label': label, 'source': source, 'target': group}
                       for label in (self.ledger.labels if replace else ())]
            changes += self._lessons(new, source, group)
            if changes:
                self._commit(changes, whole=True)
            return len(new), len(samples) - len(new)

    def _commit(self, changes: list[dict[str, Any]], whole: bool = False) -> list[Entry]:
        """Turn changes into entries and apply them; ``whole``: all or none of them."""
        with self._guard:
            if not self.identity:
                raise StoreError(f'{self._name} is empty and no one said which encoder it is for')
            entries, moment = [], self._now()
            for number, change in enumerate(changes, self._last + 1):
                if change['operation'] == 'teach':
                    change['sample'] = number
                entries.append(Entry(number, moment, **change))
            if len(entries) == 1:  # several fit by the way they were made
                self.ledger.check(entries[0])
            self._write(entries, whole)
            for entry in entries:
                self.ledger.apply(entry)
            return entries

    @property
    def _name(self) -> str:
        return 'the memory'
    @property
    def _last(self) -> int:
        """Sequence of the last entry."""
        return self.ledger.version

    def _write(self, entries: list[Entry], whole: bool) -> None:
        """Make entries safe before they are applied; here there is nothing to do."""

    def _own(self, codes: np.ndarray) -> np.ndarray:
        """Return a copy that nobody can change, the caller may reuse its buffer."""
        codes = np.array(codes)
        self._check_codes(codes, 'the frame')
        codes.flags.writeable = False
        return codes

    def _check_codes(self, codes: np.ndarray, what: str) -> None:
        width = self.identity.get('inputs')
        if codes.dtype != np.uint8 or codes.ndim != 1 or len(codes) > MAX_CODES or (
                width is not None and len(codes) != width):
            raise StoreError(f'{what} must have uint8 codes, {width or MAX_CODES} of them, not '
                             f'{codes.dtype} {codes.shape}')
