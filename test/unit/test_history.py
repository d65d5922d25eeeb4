# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Undo is the last thing a person did, whole, whatever it was; Redo puts it back."""

import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory.errors import LabelExistsError, NothingToUndoError

INPUTS = 16


def codes(seed):
    return np.random.default_rng(seed).integers(0, 255, INPUTS).astype(np.uint8)


class Robot:
    """A classifier with a memory on disk, and what it knows."""

    def __init__(self, directory):
        self.directory = directory
        self.classifier = Classifier(inputs=INPUTS, min_change=0)
        self.classifier.open(directory)
        self.seed = 0

    def teach(self, label, count=1, group='', source='teach'):
        for _ in range(count):
            self.seed += 1
            self.classifier.teach(codes(self.seed), label, '', source, group)

    @property
    def knows(self):
        return {label: count for label, count in self.classifier.state.counts.items()}

    @property
    def order(self):
        return [(number, sample.label)
                for number, sample in self.classifier.state.samples.items()]


@pytest.fixture
def robot(tmp_path):
    robot = Robot(tmp_path / 'memory')
    yield robot
    robot.classifier.close()


def restart(robot):
    robot.classifier.close()
    robot.classifier = Classifier(inputs=INPUTS, min_change=0)
    robot.classifier.open(robot.directory)


CHANGES = {
    'one frame': (lambda r: r.teach('mug'), 'teach', 'mug', 1),
    'a short press': (lambda r: r.teach('mug', 3, 'p1', 'command'), 'teach', 'mug', 3),
    'a hold of 200 frames': (lambda r: r.teach('key', 200, 'p2', 'command'), 'teach', 'key', 200),
    'a run over several labels': (lambda r: (r.teach('a', 2, 'run'), r.teach('b', 3, 'run')),
                                  'teach', '', 5),
    'forget': (lambda r: r.classifier.forget('duck'), 'forget', 'duck', 3),
    'rename': (lambda r: r.classifier.rename('duck', 'bird'), 'rename', 'duck', 3),
    'merge': (lambda r: r.classifier.rename('duck', 'ball', merge=True), 'merge', 'duck', 3),
    'one sample': (lambda r: r.classifier.remove(2), 'remove', 'duck', 1),
    'rollback': (lambda r: r.classifier.rollback(2), 'rollback', '', 0),
    'rollback to nothing': (lambda r: r.classifier.rollback(0), 'rollback', '', 0),
}


@pytest.mark.parametrize('restarted', [False, True])
@pytest.mark.parametrize('name', CHANGES)
def test_each_thing_a_person_does_is_taken_back_whole_and_put_back(robot, name, restarted):
    """With what was there before and after, in the same order; again after a restart."""
    change, what, label, samples = CHANGES[name]
    robot.teach('duck', 3)
    robot.teach('ball', 2, 'hold')
    before = robot.order
    change(robot)
    after = robot.order
    assert after != before
    if restarted:
        restart(robot)
    newest = robot.classifier.state.history.newest()
    assert (newest.what, newest.label, newest.samples) == (what, label, samples)
    for _ in range(2):
        assert robot.classifier.undo(newest.id) == newest
        assert robot.order == before
        if restarted:
            restart(robot)
        assert robot.classifier.state.history.undone() == newest
        assert robot.classifier.redo(newest.id) == newest
        assert robot.order == after
        assert robot.classifier.state.history.newest() == newest
        with pytest.raises(NothingToUndoError, match='nothing was undone'):
            robot.classifier.redo()
    robot.classifier.undo()
    assert robot.classifier.undo().label == 'ball' and robot.knows == {'duck': 3}
    for left in (2, 1, 0):
        assert robot.classifier.undo().samples == 1 and robot.knows.get('duck', 0) == left
    with pytest.raises(NothingToUndoError, match='there is nothing to undo'):
        robot.classifier.undo()
    for _ in range(5):  # Undos are put back in the opposite order
        robot.classifier.redo()
    assert robot.order == after


def test_two_people_at_once_are_two_changes(robot):
    """A press on the page while others teach by topic: the press goes, what they taught stays."""
    for _ in range(4):
        robot.teach('mug', 1, 'press', 'command')
        robot.teach('fork')
    robot.teach('mug', 1, 'press', 'teach')  # the same word from elsewhere is another press
    robot.classifier.undo()
    robot.classifier.undo()
    assert robot.knows == {'mug': 4, 'fork': 3}, 'the newest fork is newer than the press'
    robot.classifier.undo()
    assert robot.knows == {'fork': 3}
    robot.classifier.redo()
    assert robot.knows == {'mug': 4, 'fork': 3}


def test_what_an_undone_press_taught_before_another_change_does_not_come_back_with_it(robot):
    """A forget, a merge, a removal in the middle of a hold that is then undone."""
    robot.teach('key', 2)
    for hold, change in enumerate((lambda: robot.classifier.forget('key'),
                                   lambda: robot.classifier.rename('key', 'lock', merge=True),
                                   lambda: robot.classifier.remove(1),
                                   lambda: robot.classifier.rename('lock', 'bolt'))):
        robot.teach('lock')
        before = robot.knows
        robot.teach('mug', 2, f'hold{hold}')
        change()
        robot.teach('mug', 1, f'hold{hold}')
        while robot.classifier.state.history.newest().what == 'teach':
            robot.classifier.undo()
        robot.classifier.undo()
        assert robot.knows == before
        robot.classifier.redo()
        robot.classifier.undo()
        assert robot.knows == before
        robot.classifier.undo()
        assert robot.knows == {'key': 2}


def test_nothing_that_nobody_taught_is_undone(robot, tmp_path):
    """The head start stays, also where it is all there is, and after compacting."""
    robot.teach('apple', 4)
    robot.teach('pear', 2, 'press')
    robot.classifier.save(tmp_path / 'start.memory')
    new = Classifier(inputs=INPUTS, min_change=0)
    new.open(tmp_path / 'new', tmp_path / 'start.memory')
    for _ in range(2):
        with pytest.raises(NothingToUndoError):
            new.undo()
        new.teach(codes(99), 'mug')
        new.forget('apple')
        new.undo(), new.undo()
        with pytest.raises(NothingToUndoError):
            new.undo()
        assert new.state.counts == {'apple': 4, 'pear': 2}
        new.store.compact()
    new.close()


@pytest.mark.parametrize('replace', [False, True])
def test_an_import_is_one_change(robot, tmp_path, replace):
    """Whether it adds to what is known or takes its place."""
    robot.teach('apple', 4)
    robot.classifier.save(tmp_path / 'other.memory')
    again = Robot(tmp_path / 'again')
    again.teach('mug', 2)
    again.seed = 50
    again.teach('key', 2, 'press')
    before = again.order
    again.classifier.load(tmp_path / 'other.memory', replace)
    newest = again.classifier.state.history.newest()
    assert newest.what == 'import' and newest.samples == sum(again.knows.values()) - (
        0 if replace else 4)
    after = again.order
    again.classifier.undo()
    assert again.order == before
    again.classifier.redo()
    assert again.order == after
    again.classifier.close()


def test_what_remains_of_a_press_is_what_undo_takes(robot):
    """After single samples of it were removed, and after compacting."""
    robot.teach('duck', 2)
    robot.teach('mug', 5, 'press')
    robot.classifier.remove(4)
    robot.classifier.remove(7)
    robot.classifier.store.compact()
    newest = robot.classifier.state.history.newest()
    assert (newest.what, newest.samples, newest.taught) == ('teach', 3, (3, 5, 6))
    restart(robot)
    robot.classifier.undo()
    assert robot.knows == {'duck': 2}


def test_undo_of_what_is_not_the_last_change_any_more_is_refused(robot):
    """What a screen showed may be old."""
    robot.teach('mug')
    seen = robot.classifier.state.history.newest().id
    robot.teach('duck')
    for call in (robot.classifier.undo, robot.classifier.redo):
        with pytest.raises(NothingToUndoError):
            call(seen)
    robot.classifier.undo()
    with pytest.raises(NothingToUndoError, match='something else was done meanwhile'):
        robot.classifier.redo(seen)
    robot.teach('cup')
    with pytest.raises(NothingToUndoError, match='nothing was undone'):
        robot.classifier.redo()
    assert robot.knows == {'mug': 1, 'cup': 1}


@pytest.mark.parametrize('new', ['duck', ' duck ', 'du\u0308ck'])
def test_a_rename_to_a_label_that_exists_says_so_first(robot, new):
    """Also in another spelling of the same text; nothing has changed then."""
    robot.teach('mug', 2)
    robot.teach('duck')
    robot.teach('dück', 3)
    before = robot.order
    with pytest.raises(LabelExistsError, match=r"'d.ck' is a label already, with .* merge"):
        robot.classifier.rename('mug', new)
    assert robot.order == before
    robot.classifier.rename('mug', new, merge=True)
    assert len(robot.knows) == 2
    robot.classifier.undo()
    assert robot.order == before
