# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is known: the fold of all entries, in their order, into labels and samples."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.errors import RefusedError, StoreError, UnknownLabel, UnknownSample
from hybrid_snn_ros.memory.history import History


class Sample(NamedTuple):
    """One taught frame that was not taken back."""

    label: str
    codes: np.ndarray  # uint8 (N,)
    stamp: str  # of the frame
    time: float  # unix seconds at which it was taught
    source: str
    group: str = ''  # see memory.entry.Entry


class Ledger:
    """
    Labels and samples after some entries.

    Labels are in the order of their first remaining sample; a label without samples is none.
    """

    def __init__(self, base: int = 0) -> None:
        """Start with nothing known; `base` is the sequence before which there is no history."""
        self.base = base
        self.version = base  # sequence of the last entry
        self.samples: dict[int, Sample] = {}  # by id, in the order taught
        self._entries: list[Entry] = []
        self._counts: dict[str, int] | None = None
        self._history: History | None = None

    @classmethod
    def fold(cls, entries: Iterable[Entry], base: int = 0) -> tuple['Ledger', list[str]]:
        """
        Return the ledger of a journal's entries, and what made no sense in them.

        Entries may refer to samples that were lost through damage; those are passed over.

        :return: (Ledger, list of sentences).
        """
        ledger, problems = cls(base), []
        ledger._entries = list(entries)
        for entry in _in_force(ledger._entries, base):
            try:
                ledger._check(entry)
                ledger._do(entry)
            except StoreError as error:
                problems.append(f'entry {entry.sequence} ({entry.operation}) was passed over: '
                                f'{error}')
        ledger.version = max([base] + [entry.sequence for entry in ledger._entries[-1:]])
        return ledger, problems

    @property
    def counts(self) -> dict[str, int]:
        """Samples of each label: {label: count}, in the order of the columns."""
        if self._counts is None:
            self._counts = {}
            for sample in self.samples.values():
                self._counts[sample.label] = self._counts.get(sample.label, 0) + 1
        return self._counts

    @property
    def labels(self) -> list[str]:
        """Labels in the order of their first remaining sample: the columns."""
        return list(self.counts)

    @property
    def newest(self) -> int:
        """Id of the newest remaining sample; UnknownSample when there is none."""
        if not self.samples:
            raise UnknownSample('there is no sample left to take back')
        return next(reversed(self.samples))

    @property
    def history(self) -> History:
        """What people did, for Undo (memory.history.History)."""
        if self._history is None:
            self._history = History(self, self._entries)
        return self._history

    def in_force(self) -> list[Entry]:
        """Return the entries that no rollback has taken back, oldest first."""
        return _in_force(self._entries, self.base)

    def entries_since(self, sequence: int) -> list[Entry]:
        """Return the entries behind a sequence."""
        return [entry for entry in self._entries if entry.sequence > sequence]

    def as_of(self, sequence: int) -> 'Ledger':
        """
        Return the ledger as it was right after a sequence.

        :raises StoreError: when there is no history that far back.
        """
        if not self.base <= sequence <= self.version:
            raise RefusedError(
                f'there is no state {sequence} to return to, only {self.base} (when it was '
                f'compacted last) to {self.version}')
        return Ledger.fold((entry for entry in self._entries if entry.sequence <= sequence),
                           self.base)[0]

    def check(self, entry: Entry) -> None:
        """Raise StoreError when an entry makes no sense as the next one."""
        if entry.sequence <= self.version:
            raise StoreError(f'entry {entry.sequence} cannot follow entry {self.version}')
        self._check(entry)

    def apply(self, entry: Entry) -> None:
        """
        Take in the next entry.

        :raises StoreError: when it makes no sense; nothing has changed then.
        """
        self.check(entry)
        self._entries.append(entry)
        if entry.operation == 'rollback':
            self.samples = self.as_of(int(entry.target)).samples
            self._counts = None
        else:
            self._do(entry)
        self.version = entry.sequence

    def _check(self, entry: Entry) -> None:
        if entry.operation == 'teach':
            if not entry.label:
                raise StoreError(f'sample {entry.sample} has no label')
            if self.samples and entry.sample <= self.newest:
                raise StoreError(f'sample {entry.sample} cannot follow sample {self.newest}')
        elif entry.operation == 'undo':
            if entry.sample not in self.samples:
                raise UnknownSample(f'there is no sample {entry.sample}')
        elif entry.operation in ('forget', 'rename'):
            if entry.label not in self.counts:
                raise UnknownLabel(f"nothing was taught as '{entry.label}'")
            if entry.operation == 'rename' and not entry.target:
                raise StoreError(f"'{entry.label}' needs a label to be renamed to")
        elif entry.operation == 'rollback':
            if not entry.target.isdecimal():
                raise StoreError(f"'{entry.target}' is no state to return to")
            self.as_of(int(entry.target))

    def _do(self, entry: Entry) -> None:
        if entry.operation == 'teach':
            self.samples[entry.sample] = Sample(
                entry.label, entry.codes, entry.stamp, entry.time, entry.source, entry.group)
            if self._counts is not None:
                self._counts[entry.label] = self._counts.get(entry.label, 0) + 1
            return
        if entry.operation == 'undo':
            del self.samples[entry.sample]
        elif entry.operation == 'forget':
            self.samples = {number: sample for number, sample in self.samples.items()
                            if sample.label != entry.label}
        elif entry.operation == 'rename':
            self.samples = {
                number: sample._replace(label=entry.target) if sample.label == entry.label
                else sample for number, sample in self.samples.items()}
        self._counts = None


def _in_force(entries: list[Entry], base: int) -> list[Entry]:
    """Return what is left to fold once every rollback has skipped what it took back."""
    chosen, limit = [], None
    for entry in reversed(entries):
        if limit is not None and entry.sequence > limit:
            continue
        limit = None
        if (entry.operation == 'rollback' and entry.target.isdecimal()
                and base <= int(entry.target) < entry.sequence):
            limit = int(entry.target)
        else:
            chosen.append(entry)
    chosen.reverse()
    return chosen
