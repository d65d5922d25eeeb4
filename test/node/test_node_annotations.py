# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Named boxes for people who look: drawn in ~/annotated, and as Foxglove's ~/annotations."""

import json
import os
import subprocess
import sys

from camera_frames import BLUE, frame, GREEN, picture, RED
from checkout import ROOT
from domains import fresh_domain
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from ros_harness import NodeProcess, OK, Peer
from sensor_msgs.msg import Image

from hybrid_snn_ros.ros.box_style import COLOURS, UNKNOWN_COLOUR

# One that looks on with Foxglove: prints what it was told to draw, a message a line.
ONLOOKER = """
import json, sys
import rclpy
from foxglove_msgs.msg import ImageAnnotations

def told(message):
    print(json.dumps([
        [[one.type, one.thickness, [[p.x, p.y] for p in one.points],
          [one.outline_color.r, one.outline_color.g, one.outline_color.b, one.outline_color.a],
          [one.timestamp.sec, one.timestamp.nanosec]] for one in message.points],
        [[one.text, one.position.x, one.position.y] for one in message.texts]]), flush=True)

rclpy.init()
node = rclpy.create_node('onlooker')
node.create_subscription(ImageAnnotations, 'classifier/annotations', told, 50)
rclpy.spin(node)
"""
LEFT, RIGHT = (40, 60, 100, 100), (270, 200, 200, 120)  # in a frame of 640 x 480


def table(left, right):
    """Draw a frame with two coloured things."""
    rgb = np.full((480, 640, 3), 90, np.uint8)
    for colour, (x, y, width, height) in ((left, LEFT), (right, RIGHT)):
        rgb[y:y + height, x:x + width] = picture(colour, 5, (height, width))
    return rgb


def stamp(message):
    return {'sec': message.header.stamp.sec, 'nanosec': message.header.stamp.nanosec}


def outline(rgb, box, colour):
    """Return the share of a box's outline that has a colour, of two pixels each way."""
    x, y, width, height = box
    same = (rgb == colour).all(axis=2)
    return np.mean([same[max(y + height - 2, 0):y + height + 3, at].any()
                    for at in range(x + 10, x + width - 10)])


def test_named_boxes_are_drawn(tmp_path, foxglove_msgs):
    """What is unknown dashed and in a colour of its own; boxes of long ago not any more."""
    domain = fresh_domain()
    environment = {**os.environ, **foxglove_msgs, 'ROS_DOMAIN_ID': str(domain)}
    drawn = []
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), min_change=0.0,
                     false_unknown=0.0, image_timeout=60.0, environment=foxglove_msgs) as node, \
            Peer(domain) as peer, subprocess.Popen(
                [sys.executable, '-c', ONLOOKER], cwd=ROOT, env=environment, text=True,
                stdout=subprocess.PIPE) as onlooker:
        try:
            peer.node.create_subscription(
                Image, 'classifier/annotated', drawn.append, qos_profile_sensor_data)
            peer.until('the onlooker',
                       lambda: peer.node.count_subscribers('/classifier/annotations'))
            message = frame(table(RED, BLUE))
            peer.show(message)
            peer.spin(1.0)  # the node hears of the onlooker later than this node does

            def told():
                result = peer.command(do='name', boxes=[LEFT, [900, 0, 5, 5], RIGHT],
                                      stamp=stamp(message))
                assert '2 of 3 boxes are named' in result.message
                return json.loads(onlooker.stdout.readline())

            def annotated(later):
                """Return what is drawn on a frame of so many seconds later."""
                drawn.clear()
                following = frame(table(RED, BLUE))
                following.header.stamp.sec = message.header.stamp.sec + later
                following.header.stamp.nanosec = message.header.stamp.nanosec
                for _ in range(30):  # best effort: one may be lost
                    following.header.stamp.nanosec += 1
                    peer.show(following)
                    peer.spin(0.1)
                    if drawn and drawn[-1].header.stamp == following.header.stamp:
                        image = drawn[-1]
                        return np.frombuffer(image.data, np.uint8).reshape(480, 640, 3)
                pytest.fail('~/annotated did not come')

            boxes, texts = told()
            assert [text for text, _, _ in texts] == ['unknown', 'unknown']
            for (kind, _, points, colour, when), (x, y, width, height) in zip(
                    boxes, (LEFT, RIGHT)):
                assert kind == 4, 'LINE_LIST, of dashes'
                assert len(points) > 20 and len(points) % 2 == 0
                assert np.min(points, axis=0).tolist() == [x, y]
                assert np.max(points, axis=0).tolist() == [x + width, y + height]
                assert np.allclose(colour, [*(part / 255 for part in UNKNOWN_COLOUR), 1])
                assert when == list(stamp(message).values())
            rgb = annotated(0)
            for box in (LEFT, RIGHT):
                assert 0.4 < outline(rgb, box, UNKNOWN_COLOUR) < 0.8, 'dashed'

            for label, box in (('red', LEFT), ('blue', RIGHT)):
                assert peer.command(do='teach', label=label, box=box,
                                    stamp=stamp(message)).level == OK
            boxes, texts = told()
            assert [text.split()[0] for text, _, _ in texts] == ['red', 'blue']
            assert [place for _, *place in texts] == [[40, 60], [270, 200]]
            for (kind, _, points, *_), (x, y, width, height) in zip(boxes, (LEFT, RIGHT)):
                assert kind == 2, 'LINE_LOOP'
                assert points == [[x, y], [x + width, y], [x + width, y + height],
                                  [x, y + height]]
            rgb = annotated(0)
            for box, (_, _, _, colour, _) in zip((LEFT, RIGHT), boxes):
                own = tuple(round(255 * part) for part in colour[:3])
                assert own in COLOURS and outline(rgb, box, own) > 0.9
            assert outline(annotated(2), LEFT, own) < 0.2, 'the boxes are not of that time'
        finally:
            onlooker.kill()
        node.end()


def test_without_foxglove_msgs_the_rest_works(tmp_path):
    """The topic is not there, and nothing else misses it."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory')) as node, \
            Peer(domain) as peer:
        message = frame(table(GREEN, BLUE))
        peer.show(message)
        assert peer.command(do='name', boxes=[LEFT], stamp=stamp(message)).level == OK
        topics = dict(peer.node.get_topic_names_and_types())
        assert '/classifier/things' in topics and '/classifier/annotations' not in topics
        node.end()
