# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes over DDS: taught by pointing, named for any detector, with and without vision_msgs."""

import json
import os
import subprocess
import sys

from camera_frames import BLUE, frame, GREEN, picture, RED
from checkout import ROOT
from domains import fresh_domain
import numpy as np
import pytest
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered, values
from std_msgs.msg import String

COLOURS = {'red': RED, 'green': GREEN, 'blue': BLUE}
PLACES = ((20, 30, 80, 80), (120, 30, 80, 80), (220, 130, 80, 80))  # in a frame of 320 x 240

# A detector in a process of its own: it waits for frames, sends boxes for each, and prints what
# comes back, once every frame of its list was answered.
DETECTOR = """
import json, sys, time
import rclpy
from sensor_msgs.msg import Image
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray
from vision_msgs.msg import ObjectHypothesis, ObjectHypothesisWithPose

frames, boxes, topic, labels = json.loads(sys.argv[1])
rclpy.init()
node = rclpy.create_node('detector')
out = node.create_publisher(Detection2DArray, 'classifier/' + topic, 50)
seen, found, sent = [], [], {}

def stamp_of(header):
    return header.stamp.sec, header.stamp.nanosec

def send(image):
    if stamp_of(image.header) in sent:  # a frame may come twice
        return
    seen.append(image.header)
    message = Detection2DArray(header=image.header)
    for number, (x, y, w, h) in enumerate(boxes):
        box = BoundingBox2D(size_x=float(w), size_y=float(h))
        box.center.position.x, box.center.position.y = x + w / 2, y + h / 2
        detection = Detection2D(header=image.header, bbox=box, id=f'track {number}')
        if labels:
            detection.results = [ObjectHypothesisWithPose(
                hypothesis=ObjectHypothesis(class_id=labels[number], score=1.0))]
        message.detections.append(detection)
    sent[stamp_of(image.header)] = message
    out.publish(message)

node.create_subscription(Image, 'image', send, 20)  # reliable, as the camera here is
node.create_subscription(Detection2DArray, 'classifier/detections', found.append, 50)
end = time.monotonic() + 60
while not out.get_subscription_count() and time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.1)
print('ready', flush=True)
again = time.monotonic() + 2
while time.monotonic() < end:
    answered = {stamp_of(message.header) for message in found}
    if (len(sent) if labels else len(answered)) >= frames:
        break
    if not labels and time.monotonic() > again:  # sent before the node knew who listens
        again = time.monotonic() + 2
        for stamp in set(sent) - answered:
            out.publish(sent[stamp])
    rclpy.spin_once(node, timeout_sec=0.1)
for _ in range(10):
    rclpy.spin_once(node, timeout_sec=0.1)
print(json.dumps([[
    [message.header.stamp.sec, message.header.stamp.nanosec, message.header.frame_id],
    [[one.id, one.bbox.size_x, one.bbox.center.position.x,
      [[r.hypothesis.class_id, r.hypothesis.score] for r in one.results]]
     for one in message.detections]] for message in found]))
"""


def table(order):
    """Draw a frame with a thing of each colour, in some order."""
    rgb = np.full((240, 320, 3), 90, np.uint8)
    for name, (x, y, width, height) in zip(order, PLACES):
        rgb[y:y + height, x:x + width] = picture(COLOURS[name], 5, (height, width))
    return rgb


@pytest.fixture
def robot(tmp_path):
    """Yield (peer, node) of a node that was taught three things by pointing at one frame."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), min_change=0.0,
                     false_unknown=0.0, image_timeout=60.0) as node, Peer(domain) as peer:
        peer.things = []
        peer.node.create_subscription(
            String, 'classifier/things', lambda m: peer.things.append(json.loads(m.data)), 50)
        message = frame(table(COLOURS))
        peer.show(message)
        for place, (name, box) in enumerate(zip(COLOURS, PLACES)):
            words = {'stamp': stamp(message)} if place else {}
            result = peer.command(do='teach', label=name, box=list(box), **words)
            assert (result.level, values(result)['samples']) == (OK, '1'), result.message
        yield peer, node, tmp_path / 'memory'
        node.end()


def stamp(message):
    """Return the stamp of a frame as ~/command takes it."""
    return {'sec': message.header.stamp.sec, 'nanosec': message.header.stamp.nanosec}


def named(peer, count=1):
    """Wait for the next ~/things and return the last one."""
    before = len(peer.things)
    yield
    peer.until('~/things', lambda: len(peer.things) >= before + count)
    yield peer.things[-1]


def test_taught_by_pointing_and_named_where_others_point(robot):
    peer, node, memory = robot
    samples = remembered(memory).samples
    assert [sample.label for sample in samples.values()] == list(COLOURS)
    assert [tuple(round(part * by) for part, by in zip(sample.region, (320, 240) * 2))
            for sample in samples.values()] == list(PLACES)
    order = ('blue', 'red', 'green')
    message = frame(table(order))
    peer.show(message)
    for unit, boxes in (('pixels', PLACES), ('fractions', [
            [part / by for part, by in zip(box, (320, 240) * 2)] for box in PLACES])):
        answer = named(peer)
        next(answer)
        result = peer.command(do='name', boxes=[list(box) for box in boxes], unit=unit,
                              stamp=stamp(message), id='seven')
        assert (result.level, result.message) == (OK, '3 of 3 boxes are named')
        found = next(answer)
        assert found['stamp'] == stamp(message) and found['size'] == [320, 240]
        assert found['id'] == values(result)['id'] == 'seven'
        assert [thing['label'] for thing in found['things']] == list(order)
        assert [thing['box'] for thing in found['things']] == [list(map(float, box))
                                                               for box in PLACES]
    assert peer.show(frame(table(order)))['label'] in COLOURS, 'the whole frame is answered, too'
    assert peer.counters()['boxes_named'] == '6'


def test_what_one_pointed_at_is_taken_back_like_anything_else(robot):
    peer, node, memory = robot
    assert peer.command(do='undo').level == OK
    assert remembered(memory).counts == {'red': 1, 'green': 1}
    assert peer.command(do='redo').level == OK
    assert remembered(memory).counts == dict.fromkeys(COLOURS, 1)


def test_hostile_boxes_are_refused_with_a_sentence_and_nothing_is_lost(robot):
    peer, node, memory = robot
    message = frame(table(COLOURS))
    peer.show(message)
    for box, reason in (([400, 0, 9, 9], 'lies outside'), ([0, 0, 0, 9], 'has no size'),
                        ([0, 0, -9, 9], 'has no size'), ([1, 2, 3], 'four numbers'),
                        ([1e300, 0, 1e300, 1], 'lies outside'), (['a', 0, 9, 9], 'four numbers')):
        result = peer.command(do='teach', label='mug', box=box)
        assert result.level == ERROR and reason in result.message, (box, result.message)
        result = peer.command(do='name', boxes=[box])
        assert result.level == ERROR and reason in result.message, (box, result.message)
    result = peer.command(do='name', boxes=[list(PLACES[0])], stamp={'sec': 1, 'nanosec': 0})
    assert result.level == ERROR and 'no frame 1.000000000 is at hand' in result.message
    assert remembered(memory).counts == dict.fromkeys(COLOURS, 1)
    assert peer.show(frame(table(COLOURS)))['label'] in COLOURS


@pytest.fixture
def detector(vision_msgs):
    """Return a function that starts a detector: (domain, frames, boxes, topic, labels)."""
    started = []

    def start(domain, *words):
        started.append(subprocess.Popen(
            [sys.executable, '-c', DETECTOR, json.dumps(words)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **vision_msgs, 'ROS_DOMAIN_ID': str(domain)}))
        assert started[-1].stdout.readline() == 'ready\n', started[-1].stderr.read()
        return started[-1]
    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_detector_of_the_ros_world_gains_names(vision_msgs, detector, tmp_path):
    """~/teach_boxes teaches, ~/boxes come back as ~/detections: header, ids and boxes the same."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0, false_unknown=0.0,
                     image_timeout=60.0, environment=vision_msgs) as node, Peer(domain) as peer:
        peer.show(frame(table(COLOURS)))
        teacher = detector(domain, 1, PLACES, 'teach_boxes', list(COLOURS))
        peer.until('a camera that is heard', lambda: peer.node.count_subscribers('image') == 2)
        before = len(peer.results)
        peer.show(frame(table(COLOURS)))
        peer.until('the lessons', lambda: len(peer.results) >= before + 3)
        assert [one.level for one in peer.results[before:]] == [OK] * 3
        teacher.communicate(timeout=60)
        assert remembered(memory).counts == dict.fromkeys(COLOURS, 1)
        undo = peer.until('~/labels', lambda: peer.known and peer.known[-1]['undo'])
        peer.until('all of them', lambda: peer.known[-1]['undo']['samples'] == 3)
        assert undo['source'] == 'teach_boxes', 'one message is one change'

        orders = [('blue', 'red', 'green'), ('green', 'blue', 'red'), tuple(COLOURS)]
        hostile = (float('nan'), 0, 10, 10)
        asking = detector(domain, len(orders), [*PLACES, hostile], 'boxes', [])
        peer.until('a camera that is heard', lambda: peer.node.count_subscribers('image') == 2)
        sent = []
        for order in orders:
            sent.append(frame(table(order)))
            peer.show(sent[-1])
            peer.spin(0.5)
        out, error = asking.communicate(timeout=60)
        found = {tuple(header[:2]): (header[2], things) for header, things in json.loads(out)}
        for message, order in zip(sent, orders):
            header = message.header
            frame_id, things = found[header.stamp.sec, header.stamp.nanosec]
            assert frame_id == header.frame_id == 'camera'
            assert [one[0] for one in things] == [f'track {n}' for n in range(4)]
            assert [one[3][0][0] for one in things[:3]] == list(order), error
            assert [one[1:3] for one in things[:3]] == [
                [width, x + width / 2] for x, _, width, _ in PLACES]
            assert things[3][3] == [], 'a box that is none has no hypothesis'
        assert 'must hold finite numbers' in node.log
        node.end()
