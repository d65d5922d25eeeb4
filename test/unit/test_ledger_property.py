# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Any sequence of changes, Undos, saves, crashes and restarts equals a replay from scratch."""

import random
from typing import Any, NamedTuple

from faulty_disk import FaultyDisk
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine
import numpy as np
import pytest

from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.errors import (
    LabelExistsError,
    NothingToUndoError,
    RefusedError,
    StoreError,
    UnknownLabel,
    UnknownSample,
)
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.vault import remaining, Vault

IDENTITY = {'inputs': 4}
labels = st.sampled_from(['mug', 'cup', 'box', 'Schlüssel'])


class Done(NamedTuple):
    """What people have done so far, and where it came from if the last step was an Undo."""

    steps: tuple = ()  # (key of the change, kind, ...), oldest first
    before: Any = None  # Done before the Undo


def replayed(steps):
    """Return [(id, label, codes)] after some steps; plain, slow, code of its own."""
    state = []
    for _, kind, *what in steps:
        if kind == 'teach':
            state = [*state, tuple(what)]
        elif kind in ('remove', 'gone'):
            state = [sample for sample in state if sample[0] not in what[0]]
        elif kind == 'forget':
            state = [sample for sample in state if sample[1] != what[0]]
        elif kind == 'rename':
            old, new = what
            state = [(number, new if label == old else label, codes)
                     for number, label, codes in state]
        elif kind == 'rollback':
            state = list(what[0])
    return state


def newest(steps):
    """Return the key of the change that Undo takes back, None where there is none."""
    known = {sample[0] for sample in replayed(steps)}
    for key, kind, *what in reversed(steps):
        if key is not None and (kind != 'teach' or what[0] in known):
            return key
    return None


def without(steps, key):
    """Return the steps after an Undo of a change."""
    mine = [step for step in steps if step[0] == key]
    if all(step[1] == 'teach' for step in mine):
        known = {sample[0] for sample in replayed(steps)}
        return (*steps, (None, 'gone', {step[2] for step in mine} & known))
    return tuple(step for step in steps if step[0] != key)


class Memory(RuleBasedStateMachine):
    """A vault, and what was done to it."""

    @initialize()
    def start(self):
        self.disk = FaultyDisk(random.Random(0))
        self.done = Done()
        self.states = {0: []}  # version -> samples
        self.saved = {}
        self.vault = Vault.open('/memory', IDENTITY, disk=self.disk)

    def did(self, *step):
        self.done = Done((*self.done.steps, step))

    @rule(label=labels, codes=st.binary(min_size=4, max_size=4),
          group=st.sampled_from(['', '', 'a', 'b']), source=st.sampled_from(['page', 'topic']))
    def teach(self, label, codes, group, source):
        entry = self.vault.teach(label, np.frombuffer(codes, np.uint8), '', source, group)
        assert entry.sample == entry.sequence
        self.did((source, group) if group else entry.sequence, 'teach', entry.sample, label, codes)

    @precondition(lambda self: self.vault.ledger.samples)
    @rule(data=st.data())
    def remove(self, data):
        sample = data.draw(st.sampled_from([*self.vault.ledger.samples]))
        self.did(self.vault.remove(sample).sequence, 'remove', {sample})

    @rule()
    def undo(self):
        key = newest(self.done.steps)
        change = self.vault.ledger.history.newest()
        assert (key is None) == (change is None)
        if key is None:
            with pytest.raises(NothingToUndoError):
                self.vault.undo()
            return
        assert key in (change.id, (change.source, self.group_of(change)))
        with pytest.raises(NothingToUndoError, match='something else was done meanwhile'):
            self.vault.undo(change.id + 1)
        assert self.vault.undo(change.id) == change
        assert self.vault.ledger.history.undone() == change
        self.done = Done(without(self.done.steps, key), self.done)

    def group_of(self, change):
        return next((e.group for e in self.vault.journal.entries
                     if e.sequence == change.id), None)

    @rule()
    def redo(self):
        change = self.vault.ledger.history.undone()
        assert (change is None) == (self.done.before is None)
        if change is None:
            with pytest.raises(NothingToUndoError):
                self.vault.redo()
        else:
            assert self.vault.redo(change.id) == change
            assert self.vault.ledger.history.newest() == change
            self.done = self.done.before

    @rule(label=labels)
    def forget(self, label):
        if label in self.vault.ledger.counts:
            self.did(self.vault.forget(label).sequence, 'forget', label)
        else:
            with pytest.raises(UnknownLabel):
                self.vault.forget(label)

    @rule(old=labels, new=labels)
    def rename_or_merge(self, old, new):
        counts = self.vault.ledger.counts
        if old in counts and new in counts and old != new:
            with pytest.raises(LabelExistsError, match=f"'{new}' is a label already"):
                self.vault.rename(old, new)
        if old in counts and old != new:
            self.did(self.vault.rename(old, new, merge=True).sequence, 'rename', old, new)
        else:
            with pytest.raises(RefusedError):
                self.vault.rename(old, new)

    @rule(data=st.data())
    def rollback(self, data):
        base = self.vault.ledger.base
        target = data.draw(st.sampled_from([v for v in self.states if v >= base]))
        entry = self.vault.rollback(target)
        self.did(entry.sequence, 'rollback', self.states[target])

    @rule()
    def save(self):
        version = self.vault.version
        self.vault.save_snapshot({'ids': np.array(list(self.vault.ledger.samples))}, {})
        self.saved[version] = list(self.vault.ledger.samples)

    @rule()
    def compact(self):
        """Forgets what was done but to teach what remains."""
        version = self.vault.version
        self.vault.compact()
        assert self.vault.version == version == self.vault.ledger.base
        self.done = Done(tuple(
            ((entry.source, entry.group) if entry.group else entry.sequence, 'teach',
             entry.sample, entry.label, entry.codes.tobytes())
            for entry in self.vault.journal.entries))

    @rule(torn=st.binary(max_size=60))
    def crash_and_recover(self, torn):
        """Power fails; there may be the beginning of one more entry in the file."""
        version = self.vault.version
        path = self.vault.journal.path
        torn = torn if 'journal' in self.disk.names('/memory') else b''
        if torn:
            file = self.disk.open(path)
            self.disk.write(file, torn, len(self.disk.read(path)))
            self.disk.fsync(file)
        self.disk.power_cut()
        self.vault = Vault.open('/memory', IDENTITY, disk=self.disk)
        if torn:
            assert 'cut off' in self.vault.remarks[0]
            assert self.vault.version > version
            self.done = self.done._replace(before=None)
        else:
            assert not self.vault.remarks
            assert self.vault.version == version
        found = self.vault.snapshot_for_recovery()
        if found:
            assert found[1]['ids'].tolist() == self.saved[found[0]]

    @invariant()
    def equals_a_replay(self):
        if not hasattr(self, 'vault'):
            return
        samples = self.vault.ledger.samples
        expected = replayed(self.done.steps)
        self.states[self.vault.version] = expected
        assert [(number, sample.label, sample.codes.tobytes())
                for number, sample in samples.items()] == expected
        in_order = list(dict.fromkeys(label for _, label, _ in expected))
        assert self.vault.ledger.labels == in_order
        assert self.vault.ledger.counts == {
            label: sum(sample[1] == label for sample in expected) for label in in_order}
        again = Ledger.fold(remaining(self.vault.ledger))[0]
        assert again.samples.keys() == samples.keys()
        assert all(again.samples[number].codes.tobytes() == samples[number].codes.tobytes()
                   for number in samples)


Memory.TestCase.settings = settings(
    max_examples=500, stateful_step_count=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
TestMemory = pytest.mark.slow(Memory.TestCase)


def lesson(sequence, label):
    """Return a teach entry."""
    return Entry(sequence, 1.0, 'teach', label, sample=sequence, codes=np.zeros(4, np.uint8))


def test_labels_are_ordered_by_their_first_remaining_sample():
    """Which is what a network that was only taught the rest would have as columns."""
    ledger, _ = Ledger.fold([lesson(1, 'mug'), lesson(2, 'box'), lesson(3, 'mug')])
    assert ledger.labels == ['mug', 'box']
    ledger.apply(Entry(4, 1.0, 'undo', sample=1))
    assert ledger.labels == ['box', 'mug'] and ledger.version == 4
    ledger.apply(Entry(5, 1.0, 'rename', 'mug', 'box'))
    assert ledger.counts == {'box': 2}
    ledger.apply(Entry(6, 1.0, 'undo', sample=2))
    ledger.apply(Entry(7, 1.0, 'undo', sample=3))
    assert ledger.labels == []
    with pytest.raises(UnknownSample, match='no sample left'):
        print(ledger.newest)


@pytest.mark.parametrize('entry, error, sentence', [
    (Entry(2, 1.0, 'undo', sample=1), StoreError, 'entry 2 cannot follow entry 2'),
    (Entry(3, 1.0, 'undo', sample=9), UnknownSample, 'no sample 9'),
    (Entry(3, 1.0, 'forget', 'cup'), UnknownLabel, "nothing was taught as 'cup'"),
    (Entry(3, 1.0, 'rename', 'cup', 'box'), UnknownLabel, "nothing was taught as 'cup'"),
    (Entry(3, 1.0, 'rename', 'mug'), StoreError, "'mug' needs a label"),
    (Entry(3, 1.0, 'rollback', target='7'), StoreError, 'no state 7 to return to, only 0'),
    (Entry(3, 1.0, 'rollback', target='-1'), StoreError, "'-1' is no state"),
    (lesson(3, ''), StoreError, 'sample 3 has no label'),
    (lesson(3, 'mug')._replace(sample=2), StoreError, 'sample 2 cannot follow sample 2'),
])
def test_what_makes_no_sense_is_refused_and_changes_nothing(entry, error, sentence):
    """And a journal that holds it through damage is read all the same, with a sentence."""
    good = [lesson(1, 'mug'), lesson(2, 'mug')]
    ledger, problems = Ledger.fold(good)
    assert not problems
    with pytest.raises(error, match=sentence):
        ledger.apply(entry)
    assert list(ledger.samples) == [1, 2] and ledger.version == 2
    if entry.sequence > 2:
        ledger, problems = Ledger.fold([*good, entry, lesson(4, 'box')])
        assert list(ledger.samples) == [1, 2, 4]
        assert [sentence.replace('\\', '') in problem for problem in problems] == [True]
