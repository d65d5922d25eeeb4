# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A lesson of several views goes on between frames, and nothing is known of it before its end."""

import numpy as np
import pytest
from taught_robot import Robot as TaughtRobot

from hybrid_snn_ros.codes import view_count
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.ros.commands import Command


class Robot(TaughtRobot):
    """One with a memory on disk."""

    def __init__(self, directory, **words):
        super().__init__(**words)
        self.classifier.open(directory)

    def see(self, seed, message_bytes=230400):
        """Answer a frame of coloured blocks; return its stamp."""
        blocks = np.random.default_rng(seed).integers(0, 255, (6, 8, 3))
        return super().see(np.kron(blocks, np.ones((40, 40, 1))).astype(np.uint8), message_bytes)

    @property
    def counts(self):
        """Samples of each label on disk."""
        return dict(read_store(self.classifier.store.directory).state.counts)


@pytest.fixture
def robot(tmp_path, request):
    found = Robot(tmp_path / 'memory', **getattr(request, 'param', {}))
    yield found
    found.classifier.close()


def test_five_frames_fit_into_a_lesson(robot):
    robot.see(1)
    robot.executor.run(Command('teach', 'mug'))
    steps = 0
    while robot.executor.teaching:
        assert robot.counts == {} and not robot.results
        robot.see(2 + steps)  # a frame is answered, and not taught
        robot.executor.go_on()
        steps += 1
    assert steps == 5 and robot.counts == {'mug': 1}
    result, = robot.results
    assert result.level == 'OK' and result.values['stamp'] == '1.000000000'
    assert view_count(robot.classifier.state.samples[1].codes) == 6


@pytest.mark.parametrize('robot', [{'teach_views': 1}, {'rule': 'original'}], indirect=True)
def test_one_view_is_learned_at_once(robot):
    robot.see(1)
    robot.executor.run(Command('teach', 'mug'))
    assert not robot.executor.teaching and robot.counts == {'mug': 1}
    assert robot.classifier.state.samples[1].codes.ndim == 1


def test_a_repeat_is_told_at_once(robot):
    robot.see(1)
    robot.executor.run(Command('teach', 'mug'))
    robot.executor.finish()
    for stamp in (None, (1, 0)):
        robot.see(1)
        robot.executor.run(Command('teach', 'mug', stamp=stamp))
        assert not robot.executor.teaching
    assert [one.level for one in robot.results] == ['OK', 'WARN', 'OK']
    assert robot.counts == {'mug': 1}


@pytest.mark.parametrize('robot', [{'min_change': 0.0}], indirect=True)
def test_frames_of_a_session_follow_each_other(robot):
    """The next one is taught once the one before is; those between are answered."""
    robot.see(1)
    robot.executor.run(Command('teach', 'mug', frames=3))
    for seed in range(2, 40):
        robot.see(seed)
        robot.executor.go_on()
        if not robot.executor.waiting:
            break
    assert [one.values['taught'] for one in robot.results] == [1, 2, 3]
    assert robot.counts == {'mug': 3} and seed < 25


@pytest.mark.parametrize('steps', [0, 1, 4])
@pytest.mark.parametrize('frames, told', [(1, ['OK']), (3, ['OK', 'ERROR'])])
def test_what_was_begun_is_learned_before_a_session_ends(robot, steps, frames, told):
    robot.see(1)
    robot.executor.run(Command('teach', 'mug', frames=frames))
    for _ in range(steps):
        robot.executor.go_on()
    robot.executor.finish()
    if robot.executor.waiting:
        robot.executor.abort('the node was deactivated')
    assert [one.level for one in robot.results] == told and robot.counts == {'mug': 1}


def test_learning_that_is_switched_off_lets_the_lesson_under_way_end(robot):
    robot.see(1)
    robot.executor.run(Command('teach', 'mug', frames=2))
    robot.executor.go_on()
    robot.settings.learning = False
    robot.see(2)
    assert not robot.executor.teaching and not robot.executor.waiting
    assert [one.level for one in robot.results] == ['OK', 'ERROR']
    assert 'taught 1 of 2' in robot.results[1].message and robot.counts == {'mug': 1}


@pytest.mark.parametrize('size, kept', [(230_400, 30), (2**20, 30), (8 * 2**20, 4),
                                        (25 * 2**20, 1), (100 * 2**20, 1)])
def test_what_is_kept_of_frames_for_their_views_is_bounded(robot, size, kept):
    stamps = [robot.see(seed, message_bytes=size) for seed in range(33)]
    for number, stamp in enumerate(stamps[-1:-33:-1]):
        robot.executor.run(Command('teach', f'thing {number}', stamp=stamp))
        robot.executor.finish()
    views = [view_count(sample.codes) for sample in robot.classifier.state.samples.values()]
    assert views == [6] * kept + [1] * (32 - kept), 'older ones are taught by their codes alone'


def test_a_disk_that_refuses_ends_the_lesson_and_is_told(robot):
    robot.see(1)
    robot.executor.run(Command('teach', 'mug', frames=2))
    robot.classifier.store._file.drop()
    directory = robot.classifier.store.directory
    directory.rename(directory.with_name('moved'))
    robot.executor.finish()
    directory.with_name('moved').rename(directory)
    assert robot.results[0].level == 'ERROR' and robot.executor.problem
    assert not robot.executor.waiting and robot.counts == {}
    robot.executor.run(Command('teach', 'mug'))
    robot.executor.finish()
    assert robot.counts == {'mug': 1}
