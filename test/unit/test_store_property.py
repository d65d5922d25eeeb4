# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The store against plain code that replays what people did, and the laws of the fold."""

import contextlib
import random
import shutil
import tempfile
from typing import Any, NamedTuple

from hypothesis import given, HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine
import numpy as np
import pytest

from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import (
    LabelExistsError,
    NothingToUndoError,
    RefusedError,
    UnknownLabel,
    UnknownSample,
)
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.store import SampleStore

FINGERPRINT = {'inputs': 4}
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
        # Those, too, that something else took out: should that be taken back, they stay out.
        return (*steps, (None, 'gone', {step[2] for step in mine}))
    return tuple(step for step in steps if step[0] != key)


def known(state):
    """Return what a state amounts to, whatever numbers its records have here."""
    return ([(record.id, state.samples[record.number].label,
              state.samples[record.number].codes.tobytes()) for record in state.records
             if record.number in state.samples], state.counts, state.digest)


class Memory(RuleBasedStateMachine):
    """A store in memory, and what was done to it."""

    @initialize()
    def start(self):
        self.done = Done()
        self.states = {0: []}  # version -> samples
        self.store = self.new()

    def new(self):
        return SampleStore(FINGERPRINT)

    def did(self, *step):
        self.done = Done((*self.done.steps, step))

    @rule(label=labels, codes=st.binary(min_size=4, max_size=4),
          group=st.sampled_from(['', '', 'a', 'b']), source=st.sampled_from(['page', 'topic']))
    def teach(self, label, codes, group, source):
        record = self.store.teach(label, np.frombuffer(codes, np.uint8), '', source, group)
        assert record.number == self.store.version
        self.did((source, group) if group else record.number, 'teach', record.number, label,
                 codes)

    @precondition(lambda self: self.store.state.samples)
    @rule(data=st.data())
    def remove(self, data):
        sample = data.draw(st.sampled_from([*self.store.state.samples]))
        self.did(self.store.remove(sample).number, 'remove', {sample})

    @rule()
    def undo(self):
        key = newest(self.done.steps)
        change = self.store.state.history.newest()
        assert (key is None) == (change is None)
        if key is None:
            with pytest.raises(NothingToUndoError):
                self.store.undo()
            return
        assert key in (change.id, (change.source, self.store.state.record(change.id).group))
        with pytest.raises(NothingToUndoError, match='something else was done meanwhile'):
            self.store.undo(change.id + 1)
        assert self.store.undo(change.id) == change
        assert self.store.state.history.undone() == change
        self.done = Done(without(self.done.steps, key), self.done)

    @rule()
    def redo(self):
        change = self.store.state.history.undone()
        assert (change is None) == (self.done.before is None)
        if change is None:
            with pytest.raises(NothingToUndoError):
                self.store.redo()
        else:
            assert self.store.redo(change.id) == change
            assert self.store.state.history.newest() == change
            self.done = self.done.before

    @rule(label=labels)
    def forget(self, label):
        if label in self.store.state.counts:
            self.did(self.store.forget(label).number, 'forget', label)
        else:
            with pytest.raises(UnknownLabel):
                self.store.forget(label)

    @rule(old=labels, new=labels)
    def rename_or_merge(self, old, new):
        counts = self.store.state.counts
        if old in counts and new in counts and old != new:
            with pytest.raises(LabelExistsError, match=f"'{new}' is a label already"):
                self.store.rename(old, new)
        if old in counts and old != new:
            self.did(self.store.rename(old, new, merge=True).number, 'rename', old, new)
        else:
            with pytest.raises(RefusedError):
                self.store.rename(old, new)

    @rule(data=st.data())
    def rollback(self, data):
        base = self.store.state.base
        target = data.draw(st.sampled_from([v for v in self.states if v >= base]))
        record = self.store.rollback(target)
        self.did(record.number, 'rollback', self.states[target])

    @precondition(lambda self: self.store.version > self.store.state.base)
    @rule(data=st.data())
    def take_back_whatever_it_was_and_that_again(self, data):
        """Any record: one that is taken back already is refused, the others go and come back."""
        number = data.draw(st.integers(self.store.state.base + 1, self.store.version))
        record = self.store.state.record(number)
        if not self.store.state.in_force(record):
            with pytest.raises(UnknownSample, match='is taken back already'):
                self.store.take_back(number)
            return
        before, listed = known(self.store.state)[:2], self.listed()
        tombstone = self.store.take_back(number)
        assert not self.store.state.in_force(record)
        self.did(tombstone.number, 'rollback', self.listed())
        self.states[tombstone.number] = self.listed()
        if data.draw(st.booleans()):
            again = self.store.take_back(tombstone.number)
            assert known(self.store.state)[:2] == before
            self.did(again.number, 'rollback', listed)

    def listed(self):
        return [(number, sample.label, sample.codes.tobytes())
                for number, sample in self.store.state.samples.items()]

    @rule(data=st.data())
    def any_order_amounts_to_the_same(self, data):
        """Also in parts, and where parts come twice."""
        records = list(self.store.state.records)
        data.draw(st.randoms(use_true_random=False)).shuffle(records)
        cut = data.draw(st.integers(0, len(records)))
        state = StoreState(records[:cut], self.store.state.base)
        state.add(records[cut:])
        assert known(state) == known(self.store.state)
        assert state.history.newest() == self.store.state.history.newest()
        assert state.history.undone() == self.store.state.history.undone()

    @invariant()
    def equals_a_replay(self):
        if not hasattr(self, 'store'):
            return
        state = self.store.state
        expected = replayed(self.done.steps)
        self.states[self.store.version] = expected
        assert self.listed() == expected
        in_order = list(dict.fromkeys(label for _, label, _ in expected))
        assert state.labels == in_order
        assert state.counts == {
            label: sum(sample[1] == label for sample in expected) for label in in_order}


class DiskMemory(Memory):
    """The same on disk: killed, opened again, compacted, read by another process."""

    def new(self):
        self.directory = tempfile.mkdtemp()
        return DiskStore.open(self.directory, FINGERPRINT)

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.directory)

    @rule(saved=st.booleans())
    def open_again(self, saved):
        if saved:
            self.store.keep()
        self.store.close()
        self.store = DiskStore.open(self.directory, FINGERPRINT)
        assert not self.store.remarks

    @rule(label=labels)
    def another_process_teaches(self, label):
        """Whose lesson is taken in by the next change at the latest."""
        with DiskStore.open(self.directory, None) as other:
            record = other.teach(label, np.array([1, 2, 3, 4], np.uint8))
        self.did(record.number, 'teach', record.number, label, b'\1\2\3\4')
        assert self.store.poll() and not self.store.poll()

    @rule()
    def compact(self):
        """Forgets what was done but to teach what remains."""
        before, version = self.listed(), self.store.version
        self.store.compact()
        assert self.store.version == version == self.store.state.base
        assert self.listed() == before
        self.done = Done(tuple(
            ((record.source, record.group) if record.group else record.number, 'teach',
             record.number, self.store.state.samples[record.number].label,
             record.codes.tobytes())
            for record in self.store.state.records if record.kind == 'lesson'))


Memory.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
TestMemory = Memory.TestCase
DiskMemory.TestCase.settings = settings(Memory.TestCase.settings, max_examples=40)
TestDiskMemory = DiskMemory.TestCase


def receive(store, records):
    """Let a store take in records of others, under numbers of its own."""
    here = {record.id for record in store.state.records}
    for record in records:
        if record.id not in here:
            store.state.add([record._replace(number=store.version + 1)])


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2 ** 32))
def test_robots_that_exchange_records_in_any_order_know_the_same(seed):
    """Clocks a day apart, words that cross, what was forgotten here and taught there."""
    rng = random.Random(seed)
    robots = [SampleStore(FINGERPRINT, now=lambda skew=skew: 1e9 + skew + rng.random())
              for skew in (0, 86400, -86400)]
    for _ in range(rng.randint(5, 40)):
        robot = rng.choice(robots)
        there = robot.state.labels
        act = rng.choice(['teach'] * 4 + ['forget', 'rename', 'undo', 'redo', 'back', 'hear'])
        if act == 'teach' or not there:
            robot.teach(rng.choice('abcd'), np.frombuffer(rng.randbytes(4), np.uint8))
        elif act == 'forget':
            robot.forget(rng.choice(there))
        elif act == 'rename':
            old, new = rng.choice(there), rng.choice('abcd')
            if old != new:
                robot.rename(old, new, merge=True)
        elif act == 'hear':
            records = rng.choice(robots).state.records
            receive(robot, rng.sample(records, rng.randint(0, len(records))))
        else:
            with contextlib.suppress(RefusedError):
                if act == 'back':
                    robot.take_back(rng.randint(1, robot.version))
                else:
                    (robot.undo if act == 'undo' else robot.redo)()
    for robot in robots:
        for other in robots:
            records = list(other.state.records)
            rng.shuffle(records)
            receive(robot, records)
    one, *others = [known(robot.state) for robot in robots]
    assert one == others[0] == others[1]
    assert len({robot.state.digest for robot in robots}) == 1
