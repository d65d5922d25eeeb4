# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whatever was done to a classifier, it equals one that was taught only what remains."""

import functools
from pathlib import Path
import shutil
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine
import numpy as np
import pytest
import things

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory import disk_store
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.network import network as networks
from hybrid_snn_ros.snn.rules import RULES

INPUTS = 16
DRAW = np.random.default_rng(23)
THINGS = things.things(DRAW, 4, INPUTS)
CODES = [things.view_of(THINGS[view % 4], DRAW) for view in range(24)]
PROBES = CODES[20:]
labels = st.sampled_from(['mug', 'cup', 'box', 'Schlüssel'])
views = st.integers(0, 19)


@pytest.fixture(scope='module', autouse=True)
def _often():
    """Keep a checkpoint after three lessons and a second copy after five changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, 'CHECKPOINT_EVERY', 3)
        patch.setattr(disk_store, 'COPY_EVERY', 5)
        yield


def bits(classifier):
    """Return state, labels and answers, comparable bit for bit; consolidated where it can be."""
    for _ in classifier.consolidation():  # nothing while it is behind
        pass
    return classifier.labels, things.bits(classifier.network, PROBES, classifier.decide)


class Robot(RuleBasedStateMachine):
    """A classifier with a directory; what it knows is told from its store alone."""

    @initialize(learning=st.sampled_from(list(RULES)))
    def start(self, learning):
        self.learning = learning
        self.place = Path(tempfile.mkdtemp(prefix='robot-'))
        self.directory = self.place / 'memory'
        self.classifier = self.opened()
        self.steps = None
        self.old = None
        self.stamp = 0

    def opened(self):
        classifier = Classifier(rule=self.learning, inputs=INPUTS, min_change=0)
        assert classifier.open(self.directory) == []
        return classifier

    def teardown(self):
        if hasattr(self, 'place'):
            self.killed()
            shutil.rmtree(self.place)

    def change(self, later, do, *arguments):
        """Change something; ``later`` leaves the network behind, with the old answers."""
        was_behind, before = self.classifier.is_stale, bits(self.classifier)
        lessons = len(self.classifier.network.lessons)
        do(*arguments, later=later)
        if later:
            if not was_behind:
                self.old, self.old_lessons = before, lessons
            self.steps = self.classifier.catch_up()

    @rule(label=labels, view=views, stamped=st.booleans())
    def teach(self, label, view, stamped):
        self.stamp += 1
        taught = self.classifier.teach(CODES[view], label, f'{self.stamp}.0' if stamped else '')
        assert not taught.skipped and not self.classifier.is_stale
        assert taught.samples == self.classifier.state.counts[label]

    @precondition(lambda self: self.classifier.state.samples)
    @rule(data=st.data())
    def teach_a_frame_again(self, data):
        version, (number, sample) = self.classifier.version, data.draw(
            st.sampled_from(list(self.classifier.state.samples.items())))
        if not sample.stamp:
            return
        assert self.classifier.teach(sample.codes, sample.label, sample.stamp).sample == number
        with pytest.raises(StoreError, match='take that back first'):
            self.classifier.teach(sample.codes, 'another', sample.stamp)
        assert self.classifier.version == version

    @precondition(lambda self: self.classifier.state.samples)
    @rule(data=st.data(), later=st.booleans())
    def undo(self, data, later):
        number = data.draw(st.sampled_from([None, None, *self.classifier.state.samples]))
        if number is not None:
            self.change(later, self.classifier.remove, number)
        elif self.classifier.state.history.newest():
            self.change(later, self.classifier.undo)

    @rule(later=st.booleans())
    def redo(self, later):
        if self.classifier.state.history.undone():
            self.change(later, self.classifier.redo)

    @precondition(lambda self: self.classifier.state.samples)
    @rule(data=st.data(), later=st.booleans())
    def forget(self, data, later):
        self.change(later, self.classifier.forget,
                    data.draw(st.sampled_from(self.classifier.state.labels)))

    @precondition(lambda self: self.classifier.state.samples)
    @rule(data=st.data(), new=labels, later=st.booleans())
    def rename_or_merge(self, data, new, later):
        old = data.draw(st.sampled_from(self.classifier.state.labels))
        if old != new:
            self.change(later, functools.partial(self.classifier.rename, merge=True), old, new)

    @rule(data=st.data(), later=st.booleans())
    def rollback(self, data, later):
        state = self.classifier.state
        target = data.draw(st.sampled_from(
            [state.base, *self.classifier.versions(), *range(state.base, state.version)]))
        self.change(later, self.classifier.rollback, target)

    @rule()
    def keep(self):
        self.classifier.keep()

    @rule()
    def compact(self):
        self.classifier.store.compact()

    @rule(replace=st.booleans(), taken=st.lists(st.tuples(labels, views), max_size=4))
    def load(self, replace, taken):
        other = Classifier(inputs=INPUTS, min_change=0)
        for label, view in taken:
            other.teach(CODES[view], label)
        other.save(self.place / 'other.memory')
        self.classifier.load(self.place / 'other.memory', replace, force=True)  # maybe by nothing
        if replace:
            assert set(self.classifier.labels) == {label for label, _ in taken}

    @rule()
    def restart(self):
        self.classifier.close()
        self.classifier = self.opened()

    def killed(self):
        """Close the files and nothing else, as the kernel does for a process that was killed."""
        self.classifier.store.close()

    @rule()
    def crash(self):
        self.killed()
        self.classifier = self.opened()

    @precondition(lambda self: self.steps is not None)
    @rule(slices=st.integers(1, 6))
    def go_on(self, slices):
        """As the node does between two frames; something else may have happened meanwhile."""
        for _ in range(slices):
            if next(self.steps, None) is None:
                self.steps = None
                return

    @invariant()
    def equals_one_that_was_only_taught_the_rest(self):
        if not hasattr(self, 'place'):
            return
        if self.classifier.is_stale:
            # What merely adds samples is answered with those learned so far, where order counts.
            more = len(self.classifier.network.lessons) > self.old_lessons
            assert bits(self.classifier) == self.old or more and self.learning == 'original'
            return
        state = self.classifier.state
        other = Classifier(rule=self.learning, inputs=INPUTS, min_change=0)
        for sample in state.samples.values():
            other.teach(sample.codes, sample.label)
        assert bits(self.classifier) == bits(other)
        assert self.classifier.labels == state.labels


Robot.TestCase.settings = settings(
    max_examples=70, stateful_step_count=30, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
TestRobot = pytest.mark.slow(Robot.TestCase)
