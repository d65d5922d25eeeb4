# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Any sequence of changes, saves, crashes and restarts equals a replay from scratch."""

import random

from faulty_disk import FaultyDisk
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine
import numpy as np
import pytest

from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.errors import StoreError, UnknownLabel, UnknownSample
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.vault import remaining, Vault

IDENTITY = {'inputs': 4}
labels = st.sampled_from(['mug', 'cup', 'box', 'Schlüssel'])


def replayed(script):
    """Return [(id, label, codes)] after a script of changes; plain, slow, code of its own."""
    state, states = [], {0: []}
    for version, kind, *what in script:
        if kind == 'teach':
            state = [*state, (version, *what)]
        elif kind == 'undo':
            state = [sample for sample in state if sample[0] != what[0]]
        elif kind == 'forget':
            state = [sample for sample in state if sample[1] != what[0]]
        elif kind == 'rename':
            old, new = what
            state = [(number, new if label == old else label, codes)
                     for number, label, codes in state]
        elif kind == 'rollback':
            state = states[what[0]]
        states[version] = state
    return state


class Memory(RuleBasedStateMachine):
    """A vault, and the script of what was done to it."""

    @initialize()
    def start(self):
        self.disk = FaultyDisk(random.Random(0))
        self.script = []
        self.saved = {}
        self.vault = Vault.open('/memory', IDENTITY, disk=self.disk)

    @rule(label=labels, codes=st.binary(min_size=4, max_size=4))
    def teach(self, label, codes):
        entry = self.vault.teach(label, np.frombuffer(codes, np.uint8))
        assert entry.sample == entry.sequence
        self.script.append((entry.sequence, 'teach', label, codes))

    @precondition(lambda self: self.vault.ledger.samples)
    @rule(data=st.data())
    def undo(self, data):
        sample = data.draw(st.sampled_from([None, *self.vault.ledger.samples]))
        gone = max(self.vault.ledger.samples) if sample is None else sample
        self.script.append((self.vault.undo(sample).sequence, 'undo', gone))

    @rule(label=labels)
    def forget(self, label):
        if label in self.vault.ledger.counts:
            self.script.append((self.vault.forget(label).sequence, 'forget', label))
        else:
            with pytest.raises(UnknownLabel):
                self.vault.forget(label)

    @rule(old=labels, new=labels)
    def rename_or_merge(self, old, new):
        if old in self.vault.ledger.counts and old != new:
            self.script.append((self.vault.rename(old, new).sequence, 'rename', old, new))
        else:
            with pytest.raises(StoreError):
                self.vault.rename(old, new)

    @rule(data=st.data())
    def rollback(self, data):
        base = self.vault.ledger.base
        target = data.draw(st.sampled_from(
            [base, *(line[0] for line in self.script if line[0] > base)]))
        self.script.append((self.vault.rollback(target).sequence, 'rollback', target))

    @rule()
    def save(self):
        version = self.vault.version
        self.vault.save_snapshot({'ids': np.array(list(self.vault.ledger.samples))}, {})
        self.saved[version] = list(self.vault.ledger.samples)

    @rule()
    def compact(self):
        version = self.vault.version
        self.vault.compact()
        assert self.vault.version == version == self.vault.ledger.base

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
            self.script.append((self.vault.version, 'repair'))
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
        expected = replayed(self.script)
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
    max_examples=250, stateful_step_count=30, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
TestMemory = Memory.TestCase


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
