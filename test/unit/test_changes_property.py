# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Any change can be taken back and put back on its own: the rest is as it would be without it."""

import random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine
import numpy as np
import pytest

from hybrid_snn_ros.memory.changes import ChangeList
from hybrid_snn_ros.memory.errors import NothingToUndoError, RefusedError
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.store import SampleStore

FINGERPRINT = {'inputs': 4}
ANYWHERE = 10 ** 6  # changes listed
labels = st.sampled_from(['mug', 'cup', 'box'])


def codes(seed):
    return np.random.default_rng(seed).integers(0, 255, 4).astype(np.uint8)


def listed(store, limit=ANYWHERE):
    return ChangeList(store.state).newest(limit)


class Plain:
    """
    What people did, step by step, and what that amounts to without some of it.

    A label is a number: that of its first lesson, after whose text it is called until renamed.
    """

    def __init__(self):
        self.steps = []  # (record, change, kind, ...)
        self.back = set()  # changes that are taken back

    def live(self):
        """Return the steps that count, oldest first."""
        found, void = [], set()
        for step in reversed(self.steps):
            if step[1] in self.back or step[0] in void:
                continue
            found.append(step)
            if step[2] == 'rollback':
                void |= step[3]
        return found[::-1]

    def known(self):
        """Return ({sample: (label, stamp)}, {label: text})."""
        samples, named, parts = {}, {}, {}

        def root(label):
            return root(parts[label]) if label in parts else label
        live = self.live()
        for _, _, kind, *what in live:
            if kind == 'name':
                named[what[0]] = what[1]
            elif kind == 'join' and root(what[0]) != root(what[1]):
                parts[root(what[0])] = root(what[1])
        texts = {}
        for _, _, kind, *what in self.steps:
            if kind == 'teach':
                texts.setdefault(what[0], what[1])
        for record, _, kind, *what in live:
            if kind == 'teach':
                samples[record] = root(what[0]), what[2]
        for _, _, kind, *what in live:
            if kind == 'take out':
                for sample in what[0]:
                    samples.pop(sample, None)
        return samples, {label: named.get(label, text) for label, text in texts.items()}

    def called(self):
        """Return {sample: text of its label}."""
        samples, texts = self.known()
        return {sample: texts[label] for sample, (label, _) in samples.items()}

    def label(self, text):
        """Return the label that a text is taught under, None where it is a new one."""
        samples, texts = self.known()
        return next((label for label, _ in samples.values() if texts[label] == text), None)

    def labels(self, text):
        samples, texts = self.known()
        return list(dict.fromkeys(
            label for label, _ in samples.values() if texts[label] == text))


class Changes(RuleBasedStateMachine):
    """A store and plain code that leaves out what was taken back."""

    @initialize()
    def start(self):
        self.store, self.plain, self.presses = SampleStore(FINGERPRINT), Plain(), {}

    @rule(label=labels, press=st.sampled_from(['', '', 'a', 'b']),
          stamp=st.sampled_from(['', '1.0', '2.0']))
    def teach(self, label, press, stamp):
        samples, _ = self.plain.known()
        if stamp in [one for _, one in samples.values()]:
            stamp = ''  # that frame was taught
        known = self.plain.label(label)
        record = self.store.teach(label, codes(self.store.version), stamp, 'page', press).number
        change = self.presses.setdefault(press, record) if press else record
        if change in self.plain.back:  # the press goes on after it was taken back
            self.plain.back.discard(change)
            self.plain.steps.append((-change, change, 'take out', {
                one for one, whose, *_ in self.plain.steps if whose == change}))
        self.plain.steps.append(
            (record, change, 'teach', record if known is None else known, label, stamp))

    @precondition(lambda self: self.store.state.samples)
    @rule(data=st.data())
    def remove(self, data):
        sample = data.draw(st.sampled_from([*self.store.state.samples]))
        number = self.store.remove(sample).number
        self.plain.steps.append((number, number, 'take out', {sample}))

    @precondition(lambda self: self.store.state.samples)
    @rule(data=st.data(), label=labels)
    def relabel(self, data, label):
        sample = data.draw(st.sampled_from([*self.store.state.samples]))
        if self.store.state.samples[sample].label == label:
            return
        known, (_, stamp) = self.plain.label(label), self.plain.known()[0][sample]
        self.store.relabel(sample, label)
        number = self.store.version  # of the lesson; its tombstone came before
        self.plain.steps += [
            (number - 1, number - 1, 'take out', {sample}),
            (number, number - 1, 'teach', number if known is None else known, label, stamp)]

    @precondition(lambda self: self.store.state.counts)
    @rule(data=st.data())
    def forget(self, data):
        label = data.draw(st.sampled_from([*self.store.state.counts]))
        gone = {one for one, text in self.plain.called().items() if text == label}
        number = self.store.forget(label).number
        self.plain.steps.append((number, number, 'take out', gone))

    @precondition(lambda self: self.store.state.counts)
    @rule(data=st.data(), new=labels)
    def rename_or_merge(self, data, new):
        old = data.draw(st.sampled_from([*self.store.state.counts]))
        if old == new:
            return
        mine, other = self.plain.labels(old), self.plain.label(new)
        number = self.store.rename(old, new, merge=True).number
        for place, label in enumerate(mine):
            self.plain.steps.append((number + place, number, *(
                ('name', label, new) if other is None else ('join', label, other))))

    @precondition(lambda self: not self.plain.back)
    @rule(data=st.data())
    def rollback(self, data):
        """Before anything was taken back: it would bring some of that back as well."""
        if any(record.kind == 'tombstone' and record.act in ('undo', 'redo')
               for record in self.store.state.records):
            return
        version = data.draw(st.integers(0, self.store.version))
        number = self.store.rollback(version).number
        self.plain.steps.append((number, number, 'rollback', {
            step[0] for step in self.plain.steps if step[0] > version}))

    # -- turning ------------------------------------------------------------------------------

    @rule(data=st.data())
    def take_back_or_put_back_any(self, data):
        """What is refused changes nothing, and says what is in the way."""
        if changes := listed(self.store):
            self.turn(data.draw(st.sampled_from(changes)))

    def turn(self, one):
        store, number = self.store, one.change.id
        done, other = (store.redo_one, store.undo_one) if one.taken_back else (
            store.undo_one, store.redo_one)
        before = store.version
        with pytest.raises(NothingToUndoError, match='taken back'):
            other(number)
        if one.obstacle:
            with pytest.raises(RefusedError, match=f'change {number} stays as it is'):
                done(number)
            assert store.version == before
            return
        newest = store.state.history.newest()
        twice = self.taught_twice()
        done(number)
        self.plain.back ^= {number}
        if not newest or newest.id != number:  # as an Undo, which is never refused
            assert self.taught_twice() <= twice

    def taught_twice(self):
        """Return how often a frame that one change taught is also there by another."""
        change = {record: of for record, of, *_ in self.plain.steps}
        frames = {(one.stamp, change[number])
                  for number, one in self.store.state.samples.items() if one.stamp}
        return len(frames) - len({stamp for stamp, _ in frames})

    @rule()
    def undo(self):
        """It is the newest of the list that stands, and is never refused."""
        first = next((one for one in listed(self.store) if not one.taken_back), None)
        newest = self.store.state.history.newest()
        standing = [one for one in listed(self.store) if not one.taken_back]
        if newest is None:
            assert all(one.obstacle for one in standing)
            return
        shown = next(one for one in standing if one.change.id == newest.id)
        assert shown.obstacle is None and shown.change == newest
        assert first.change.id == newest.id or first.obstacle
        self.store.undo(newest.id)
        self.plain.back.add(newest.id)

    @rule()
    def redo(self):
        undone = self.store.state.history.undone()
        if undone is not None:
            shown = next(one for one in listed(self.store) if one.change.id == undone.id)
            assert shown.taken_back and shown.obstacle is None and shown.change == undone
            self.store.redo(undone.id)
            self.plain.back.discard(undone.id)

    @rule(data=st.data())
    def take_all_back_in_some_order(self, data):
        """It never comes to an end before nothing is left."""
        chance = data.draw(st.randoms(use_true_random=False))
        for _ in range(1000):
            left = [one for one in listed(self.store)
                    if not one.taken_back and one.obstacle is None]
            if not left:
                break
            self.turn(chance.choice(left))
        assert not self.store.state.samples
        assert all(one.taken_back for one in listed(self.store))

    # -- what is so, whatever was done ----------------------------------------------------------

    @invariant()
    def is_what_the_rest_amounts_to(self):
        if not hasattr(self, 'store'):
            return
        state = self.store.state
        assert {number: one.label for number, one in state.samples.items()} == self.plain.called()
        assert {one.change.id for one in listed(self.store) if one.taken_back} == self.plain.back

    @rule()
    def is_the_same_however_the_records_came(self):
        records = list(self.store.state.records)
        random.Random(len(records)).shuffle(records)
        again = StoreState(records, author=self.store.author)
        assert ChangeList(again).newest(ANYWHERE) == listed(self.store)


Changes.TestCase.settings = settings(
    max_examples=100, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
TestChanges = Changes.TestCase
