# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""where: on, over DDS: taught where things are by pointing, found and named in other frames."""

import json
import shutil
from signal import SIGKILL

from camera_frames import frame
from domains import fresh_domain
from drawn_scenes import COLOURS, scene
import numpy as np
import pytest
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered, values
from std_msgs.msg import String

from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.where.boxes import iou

SETTINGS = {'where': 'on', 'image_timeout': 60.0, 'min_change': 0.0}
DRAWN = 10  # frames


class Robot:
    """A node with where on, a peer, and what it says of things."""

    def __init__(self, directory, domain, **parameters):
        self.node = NodeProcess(directory, domain, memory=str(directory / 'memory'),
                                **{**SETTINGS, **parameters})
        self.peer = Peer(domain)
        self.things, self.detections = [], []
        self.peer.node.create_subscription(
            String, 'classifier/things', lambda m: self.things.append(json.loads(m.data)), 100)
        if messages.HAVE_VISION_MSGS:
            self.peer.node.create_subscription(
                messages.Detection2DArray, 'classifier/detections', self.detections.append, 100)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.__exit__()
        self.node.__exit__()

    def show(self, rgb):
        """Show a frame; return its stamp as ~/command takes it."""
        message = frame(rgb)
        self.peer.show(message)
        return stamp(message)

    def draw(self, seed, labels=tuple(COLOURS), **scene_words):
        """Draw the named things of a scene; return its stamp."""
        rgb, boxes = scene(seed, **scene_words)
        at = self.show(rgb)
        for label in labels:
            result = self.peer.command(do='teach', label=label, box=list(boxes[label]), stamp=at)
            assert result.level == OK, result.message
        return at

    @property
    def where(self):
        """What the newest ~/labels says."""
        return self.peer.known[-1]['where']

    def ready(self, frames, ready=True):
        """Wait until so many frames are drawn and the read-out has followed."""
        self.peer.until(f'{frames} drawn frames', lambda: self.peer.known and (
            self.where['frames'], self.where['ready']) == (frames, ready))
        self.peer.until('an end of catching up', lambda: self.peer.counters()[
            'where_catching_up'] == 'no', seconds=60)

    def seen(self, rgb):
        """Show a frame and return what ~/things says of it."""
        at = self.show(rgb)
        return self.peer.until('~/things', lambda: [
            one for one in self.things if one['stamp'] == at])[-1]


def stamp(message):
    return {'sec': message.header.stamp.sec, 'nanosec': message.header.stamp.nanosec}


def moment(at):
    return at['sec'], at['nanosec']


def right(found, boxes):
    """Return the names of the things that are boxed (IoU 0.5) and named right."""
    return {thing['label'] for thing in found['things'] if thing['label'] in boxes and iou(
        np.array([thing['box']], float), np.array([boxes[thing['label']]], float))[0, 0] >= 0.5}


@pytest.fixture(scope='module')
def taught(tmp_path_factory):
    """Yield a memory in which ten frames are drawn wholly, and the labels they taught."""
    directory = tmp_path_factory.mktemp('taught')
    with Robot(directory, fresh_domain(), false_unknown=0.0) as robot:
        for seed in range(DRAWN):
            at = robot.draw(seed)
            result = robot.peer.command(do='complete', stamp=at)
            assert (result.level, result.message) == (
                OK, 'everything in that frame is drawn, saved')
        robot.ready(DRAWN)
        assert robot.where == {'on': True, 'frames': DRAWN, 'complete': DRAWN, 'ready': True}
        robot.node.signal(SIGKILL)  # and nothing of it is lost
        robot.node.exit_code()
    state = remembered(directory / 'memory')
    assert len(state.drawn) == DRAWN and all(one.complete for one in state.drawn.values())
    return directory


@pytest.fixture
def robot(taught, tmp_path):
    """Yield a robot with a copy of that memory."""
    shutil.copytree(taught / 'memory', tmp_path / 'memory')
    with Robot(tmp_path, fresh_domain(), false_unknown=0.0) as one:
        one.ready(DRAWN)
        yield one
        one.node.end()


def test_things_are_found_named_and_followed_after_a_restart(robot):
    """In scenes never seen, with ids that stay with their thing while it moves."""
    hits = 0
    for seed in range(100, 106):
        rgb, boxes = scene(seed)
        found = robot.seen(rgb)
        assert (found['by'], found['size'], found['id']) == ('where', [640, 480], '')
        hits += len(right(robot.seen(rgb), boxes))  # two crops a frame: the third one comes next
    assert hits >= 15, hits  # of 18
    ids = {}
    start = np.array([[60, 60, 120, 100], [400, 80, 110, 130], [240, 300, 120, 120]], float)
    for step in range(8):
        places = start + [[12 * step, 6 * step, 0, 0], [-9 * step, 9 * step, 0, 0], [0, 0, 0, 0]]
        found = robot.seen(scene(7, places=places)[0])
        things = [thing for thing in found['things'] if thing['found']]  # else of before
        for thing in things:
            ids.setdefault(thing['label'], set()).add(thing['track'])
            assert moment(thing['named']) <= moment(found['stamp'])
    assert {name: len(tracks) for name, tracks in ids.items()} == dict.fromkeys(COLOURS, 1)
    assert len(set.union(*ids.values())) == 3
    named = [thing['named'] for thing in things]
    assert found['stamp'] in named and any(one != found['stamp'] for one in named)
    if messages.HAVE_VISION_MSGS:
        last = robot.peer.until('~/detections', lambda: [
            one for one in robot.detections if stamp(one) == found['stamp']])[-1]
        assert [(one.id, one.results[0].hypothesis.class_id, stamp(one))
                for one in last.detections] == [
            (str(thing['track']), thing['label'], thing['named']) for thing in found['things']]


def test_what_was_never_drawn_is_found_as_unknown_until_it_is_taught(robot):
    """A thing without a name is a thing; one tap names it, in the frame that was held."""
    robot.peer.set(false_unknown=0.05)
    rgb, boxes = scene(300, names=('green',))
    strange = 255 - rgb  # a colour that no one has taught, on a floor that is as grey
    thing, = robot.seen(strange)['things']
    assert thing['unknown'] and thing['label'] == 'unknown', thing
    at = robot.show(strange)
    assert robot.peer.command(do='hold', stamp=at).message == 'that frame is held'
    for seed in range(40):  # more than are kept
        robot.show(scene(seed, names=('green',))[0])
    result = robot.peer.command(do='teach', label='cup', box=list(boxes['green']), stamp=at)
    assert result.level == OK, result.message
    robot.ready(DRAWN + 1)
    for _ in range(3):
        found = robot.seen(strange)
    assert right(found, {'cup': boxes['green']}) == {'cup'}


def test_undo_takes_back_where_a_thing_is_as_well(robot):
    """Step by step to nothing drawn, and forward again, to the same read-out."""
    peer = robot.peer
    rgb, boxes = scene(200)
    before = [robot.seen(rgb) for _ in range(3)][-1]
    digest = remembered_drawings(robot)
    for _ in range(2):
        assert peer.trigger('undo').success
    peer.until('~/labels', lambda: peer.known[-1]['undo']['what'] == 'teach')
    robot.ready(DRAWN)
    assert robot.where['complete'] == DRAWN - 1
    for _ in range(2):
        assert peer.trigger('redo').success
    robot.ready(DRAWN)
    assert remembered_drawings(robot) == digest
    for label in COLOURS:
        assert peer.request('forget', label).level == OK
    # What is left is that ten frames are complete, whose boxes are gone: nothing is known of them.
    robot.ready(0, ready=False)
    for _ in COLOURS:
        assert peer.trigger('undo').success
    robot.ready(DRAWN)
    after = [robot.seen(rgb) for _ in range(3)][-1]
    assert [thing['box'] for thing in after['things']] == [
        thing['box'] for thing in before['things']]


def remembered_drawings(robot):
    return remembered(robot.node.log_path.parent / 'memory').drawn


def test_what_is_said_of_frames_is_refused_where_it_makes_no_sense(robot):
    """Each with one sentence; nothing is written."""
    peer = robot.peer
    version = peer.known[-1]['database_version']
    rgb, boxes = scene(400)
    at = robot.show(rgb)
    for fields, sentence in (
            ({'do': 'complete', 'stamp': at}, 'nothing is drawn in that frame yet'),
            ({'do': 'draw', 'boxes': [], 'stamp': at}, 'needs at least one box'),
            ({'do': 'draw', 'boxes': [[0, 0, 0, 5]], 'stamp': at}, 'has no size'),
            ({'do': 'draw', 'boxes': [[700, 0, 5, 5]], 'stamp': at}, 'outside of the frame'),
            ({'do': 'draw', 'boxes': [[1, 2, 3]], 'stamp': at}, 'four numbers'),
            ({'do': 'draw', 'stamp': at}, '"boxes"'),
            ({'do': 'draw', 'boxes': [[0, 0, 9, 9]], 'complete': 1}, 'true or false'),
            ({'do': 'empty', 'stamp': {'sec': 1, 'nanosec': 0}}, 'no frame 1.000000000'),
            ({'do': 'hold', 'stamp': {'sec': 1, 'nanosec': 0}}, 'no frame 1.000000000')):
        result = peer.command(**fields)
        assert result.level == ERROR and sentence in result.message, (fields, result.message)
    assert remembered(robot.node.log_path.parent / 'memory').version == version
    result = peer.command(do='draw', boxes=[list(box) for box in boxes.values()], complete=True,
                          stamp=at)
    assert (result.level, result.message) == (
        OK, '3 boxes are drawn, and that is all in that frame, saved')
    assert values(result)['database_version'] == str(version + 4)
    assert 'has 3 boxes: it is not empty' in peer.command(do='empty', stamp=at).message
    assert 'were before' in peer.command(
        do='draw', boxes=[list(boxes['red'])], stamp=at).message
    peer.until('~/labels', lambda: peer.known[-1]['undo']['what'] == 'draw')
    bare = robot.show(scene(1, names=())[0])
    assert peer.command(do='empty', stamp=bare).message == (
        'there is nothing in that frame, saved')
    peer.until('~/labels', lambda: peer.known[-1]['undo']['what'] == 'empty')


def test_a_whole_frame_of_one_thing_teaches_that_thing(robot):
    """Its region is kept; a repeat counts once, also when the frame is gone."""
    peer = robot.peer
    lessons = []
    for seed in range(6):
        # As large as people hold things before a camera; a colour that no one has taught.
        rgb, _ = scene(seed, names=('green',), places=[(140 + 10 * seed, 60, 340, 330)])
        at = robot.show(255 - rgb)
        result = peer.command(do='teach', label='cup', stamp=at)
        assert result.level == OK, result.message
        lessons.append((at, result))
    cut = [at for at, result in lessons if 'as the one thing in it' in result.message]
    assert len(cut) >= 3, [result.message for _, result in lessons]
    samples = remembered(robot.node.log_path.parent / 'memory').samples
    regions = [one.region for one in samples.values() if one.label == 'cup']
    assert sum(region != (0.0, 0.0, 1.0, 1.0) for region in regions) == len(cut)
    for seed in range(40):  # more than are kept
        robot.show(scene(seed, names=('red',))[0])
    again = peer.command(do='teach', label='cup', stamp=cut[0])
    assert again.level == OK and 'already' in again.message
    assert len([one for one in remembered(robot.node.log_path.parent / 'memory').samples.values()
                if one.label == 'cup']) == len(lessons)


def test_off_finds_nothing_and_says_how_to_switch_it_on(tmp_path):
    """Boxes teach names alone."""
    with Robot(tmp_path, fresh_domain(), where='off') as robot:
        at = robot.draw(1)
        for what in ('complete', 'empty'):
            result = robot.peer.command(do=what, stamp=at)
            assert result.level == ERROR and 'parameter where set to on' in result.message
        assert robot.peer.command(do='hold', stamp=at).level == OK
        assert robot.where == {'on': False, 'frames': 0, 'complete': 0, 'ready': False}
        assert robot.peer.counters()['where'] == 'off'
        assert not remembered(tmp_path / 'memory').drawn and not robot.things
        robot.node.end()


def test_frames_that_cannot_be_looked_at_are_told_and_answered(robot):
    """One that is too narrow for five cells across has its whole-frame answer."""
    narrow = np.full((480, 80, 3), 90, np.uint8)
    at = robot.show(narrow)
    assert robot.node.wait_for_log('too narrow to say where')
    assert 'too narrow' in robot.peer.command(do='empty', stamp=at).message
    rgb, boxes = scene(500)
    robot.seen(rgb)
    assert right(robot.seen(rgb), boxes)
