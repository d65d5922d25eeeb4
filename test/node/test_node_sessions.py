# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A session of teach_frames that is under way: what is taken back meanwhile does not return."""

import json

from camera_frames import BLUE, frame, GREEN, picture, RED
from domains import fresh_domain
import pytest
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered, values

FRAMES = 6


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Yield (peer, memory) of a node that teaches six frames at each ~/teach."""
    directory, domain = tmp_path_factory.mktemp('courses'), fresh_domain()
    memory = directory / 'memory'
    with NodeProcess(directory, domain, memory=str(memory), min_change=0.0,
                     image_timeout=60.0) as node, Peer(domain) as peer:
        peer.show(frame(picture(BLUE)))
        for label in ('duck', 'cup'):
            assert peer.teach(label)[0].level == OK
            peer.show(frame(picture(GREEN, len(label))))
        assert peer.command(do='save').level == OK
        assert peer.set(teach_frames=FRAMES) == ['']
        yield peer, memory
        node.end()


def _begin(peer, label, count):
    """Begin a course and show so many of its frames."""
    before = len(peer.results)
    peer.show(frame(picture(RED, 50)))
    peer.ask(label)
    peer.until('the first frame', lambda: len(peer.results) > before)
    for seed in range(1, count):
        peer.show(frame(picture(RED, 50 + seed)))
        peer.until('the frame', lambda: len(peer.results) > before + seed)  # noqa: B023


@pytest.mark.parametrize('order, reason, left', [
    ({'do': 'forget', 'label': 'mug'}, 'the label was forgotten', {}),
    ({'do': 'rename', 'label': 'mug', 'to': 'beaker'}, 'the label was renamed', {'beaker': 3}),
    ({'do': 'merge', 'label': 'mug', 'to': 'duck'}, 'the label was merged', {'duck': 4}),
    ({'do': 'rollback', 'version': 2}, 'the memory returned to version 2', {}),
    ({'do': 'undo'}, 'it was taken back', {}),
], ids=lambda value: value.get('do') if isinstance(value, dict) else '')
def test_what_was_done_to_a_label_ends_its_course(robot, order, reason, left):
    """Else the next frame would teach again what somebody has just taken away."""
    peer, memory = robot
    start = remembered(memory).counts
    _begin(peer, 'mug', 3)
    before = len(peer.results)
    peer.send('command', json.dumps(order))
    peer.until('both results', lambda: len(peer.results) >= before + 2)
    said = {result.level: result.message for result in peer.results[before:]}
    assert said[ERROR] == f"taught 3 of {FRAMES} frames of 'mug', then {reason}"
    for seed in range(3):  # frames that the course would have taken
        peer.show(frame(picture(RED, 60 + seed)))
    assert len(peer.results) == before + 2
    assert remembered(memory).counts == {**start, **left}
    for _ in range(1 if order['do'] == 'undo' else 2):
        if remembered(memory).counts != start or order['do'] == 'rollback':
            assert peer.command(do='undo').level == OK
    peer.command(do='rollback', version=2)
    assert remembered(memory).counts == start == {'duck': 1, 'cup': 1}


@pytest.mark.parametrize('count', [1, 3, 5])
@pytest.mark.parametrize('way', ['service', 'parameter'])
def test_a_course_ends_when_learning_is_switched_off(robot, way, count):
    """Nothing is written while it is off, and nothing goes on when it is on again."""
    peer, memory = robot
    _begin(peer, 'mug', count)
    before = len(peer.results)
    if way == 'service':
        assert peer.learning(False).success
    else:
        assert peer.set(learning=False) == ['']
    for seed in range(3):
        peer.show(frame(picture(RED, 80 + seed)))
    peer.until('the end of the course', lambda: len(peer.results) > before)
    assert peer.learning(True).success
    for seed in range(3):
        peer.show(frame(picture(RED, 90 + seed)))
    [result] = peer.results[before:]
    assert (result.level, result.message) == (
        ERROR, f"taught {count} of {FRAMES} frames of 'mug', then learning was switched off")
    assert remembered(memory).counts['mug'] == count
    assert peer.command(do='undo').level == OK
    assert 'mug' not in remembered(memory).counts


def test_what_was_done_to_another_label_leaves_a_course_alone(robot):
    """Forgetting one thing does not end the teaching of another."""
    peer, memory = robot
    _begin(peer, 'mug', 3)
    assert peer.request('forget', 'cup').level == OK
    assert peer.request('rename', 'duck=goose').level == OK
    before = len(peer.results)
    for seed in range(FRAMES - 3):
        peer.show(frame(picture(RED, 70 + seed)))
        peer.until('the rest', lambda: len(peer.results) > before + seed)  # noqa: B023
    assert values(peer.results[-1])['taught'] == str(FRAMES)
    assert remembered(memory).counts == {'goose': 1, 'mug': FRAMES}
    assert peer.command(do='rollback', version=2).level == OK


def _heard(peer):
    """Wait until the node hears ~/teach and is heard, by what it refuses without a frame."""
    for _ in range(40):
        peer.ask('unknown')
        peer.spin(0.5)
        if peer.results:
            return
    raise AssertionError('the node does not hear ~/teach')


@pytest.mark.parametrize('frames', [1, 3])
def test_undo_of_a_course_without_a_frame_takes_back_nothing_else(frames, tmp_path):
    """The request was the last thing that was done; what was taught before it stays."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    with Peer(domain) as peer, NodeProcess(tmp_path, domain, memory=str(memory)) as node:
        peer.show(frame(picture(BLUE)))
        assert peer.teach('duck')[0].level == OK
        node.end()
    # Another start: the camera has not sent anything yet.
    with Peer(domain) as peer, NodeProcess(tmp_path, domain, memory=str(memory),
                                           teach_frames=frames, image_timeout=60.0) as node:
        _heard(peer)
        peer.ask('mug')
        response = peer.trigger('undo')
        assert response.success and response.message == (
            "'mug' is not taught: its first frame had not come yet; nothing else was taken back")

        def said():
            return [result.level for result in peer.results if result.name == 'mug']
        peer.until('both results', lambda: len(said()) >= 2)
        assert said() == [ERROR, OK]
        peer.show(frame(picture(RED)))
        assert remembered(memory).counts == {'duck': 1}
        assert peer.trigger('undo').message == "sample 1 of 'duck' is taken back"
        node.end()
