# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The examples in docs/examples do what they say."""

import importlib.util
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from camera_frames import BLUE, frame, picture, RED
from checkout import ROOT
from domains import fresh_domain
from geometry_msgs.msg import Twist
import numpy as np
import pytest
from ros_harness import NodeProcess, OK, Peer
import yaml

EXAMPLES = ROOT / 'docs' / 'examples'


def module(name):
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f'{name}.py')
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def robot(tmp_path):
    """Yield (peer, domain) of a node that knows red and blue."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'),
                     min_change=0.0) as node, \
            Peer(domain) as peer:
        for label, colour in (('red', RED), ('blue', BLUE)):
            for seed in range(3):
                peer.show(frame(picture(colour, seed)))
                assert peer.teach(label)[0].level == OK
        yield peer, domain
        node.end()


def test_the_robot_stops_while_the_label_is_seen_and_while_nothing_is(robot, tmp_path):
    peer, domain = robot
    velocities = []
    peer.node.create_subscription(Twist, 'cmd_vel', lambda m: velocities.append(m.linear.x), 10)
    controller = peer.node.create_publisher(Twist, 'cmd_vel_in', 10)

    def driven():
        """Drive for a moment; return the velocity that reached the robot."""
        before = len(velocities)
        message = Twist()
        message.linear.x = 0.5

        def came():
            controller.publish(message)
            return len(velocities) > before
        peer.until('a velocity', came)
        return velocities[-1]
    with open(tmp_path / 'log', 'wb') as log, subprocess.Popen(
            [sys.executable, str(EXAMPLES / 'stop_when_seen.py'), '--ros-args', '-p',
             'label:=red', '-p', 'hold:=0.5', '-p', 'blind:=600.0'], stdout=log, stderr=log,
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)}) as process:
        try:
            assert driven() == 0.0  # nothing was answered yet
            peer.until('it to drive', lambda: peer.show(frame(picture(BLUE, 4)))[
                'label'] == 'blue' and driven() == 0.5)
            peer.until('it to stop', lambda: peer.show(frame(picture(RED, 4)))[
                'label'] == 'red' and driven() == 0.0)
            peer.until('it to drive again', lambda: peer.show(frame(picture(BLUE, 5)))[
                'label'] == 'blue' and driven() == 0.5)
        finally:
            process.kill()
    assert 'Traceback' not in (tmp_path / 'log').read_text()


def test_the_leaf_of_a_behaviour_tree_says_how_it_stands(robot):
    py_trees = pytest.importorskip('py_trees')
    peer, _ = robot
    leaf = module('seen_leaf').Seen('red?', peer.node, 'red', within=600.0)
    leaf.setup()

    def status():
        leaf.tick_once()
        return leaf.status
    states = py_trees.common.Status
    assert status() == states.RUNNING

    def shown(colour):
        peer.show(frame(picture(colour, 4)))
        return status()
    peer.until('a failure', lambda: shown(BLUE) == states.FAILURE)
    peer.until('a success', lambda: shown(RED) == states.SUCCESS)
    assert leaf.feedback_message == 'red is there'


def test_the_broker_is_told_of_topics_that_the_node_has():
    policy = ElementTree.parse(ROOT / 'config' / 'security' / 'classifier.policy.xml').getroot()
    has = {kind: {name.text.replace('~', '/classifier') for group in policy.iter('topics')
                  if kind in group.attrib for name in group} for kind in ('publish', 'subscribe')}
    bridge = yaml.safe_load((EXAMPLES / 'mqtt_client.yaml').read_text())[
        'mqtt_client']['ros__parameters']['bridge']
    out, back = bridge['ros2mqtt'], bridge['mqtt2ros']
    assert set(out.pop('ros_topics')) == set(out) <= has['publish']
    assert set(back.pop('mqtt_topics')) == set(back)
    assert {one['ros_topic'] for one in back.values()} <= has['subscribe']
    assert all(one['primitive'] for one in (*out.values(), *back.values()))
    home = yaml.safe_load((EXAMPLES / 'home_assistant.yaml').read_text())['mqtt']
    heard = {one['state_topic'] for kind in ('sensor', 'binary_sensor') for one in home[kind]}
    assert heard <= {one['mqtt_topic'] for one in out.values()}
    assert {one['command_topic'] for one in home['button']} == set(back)
    names = [one['unique_id'] for kind in home.values() for one in kind]
    assert len(names) == len(set(names))


def test_events_light_pixels_up_and_fade():
    module_ = module('events_to_frames')
    accumulator = module_.Accumulator(4, 6, fading=0.03)
    assert (accumulator.frame == 128).all()
    accumulator.add(np.array([1, 1, 5]), np.array([2, 2, 0]), np.array([True, True, False]), 1.0)
    expected = np.full((4, 6), 128)
    expected[2, 1], expected[0, 5] = 208, 88
    assert (accumulator.frame == expected).all() and accumulator.frame.dtype == np.uint8
    accumulator.add(np.array([0]), np.array([0]), np.array([True]), 1.03)
    assert accumulator.frame[2, 1] == int(128 + 80 / np.e) and accumulator.frame[0, 0] == 168
    accumulator.add(np.array([], int), np.array([], int), np.array([], bool), 9.0)
    assert (accumulator.frame == 128).all()
    for _ in range(9):
        accumulator.add(np.array([3]), np.array([3]), np.array([True]), 9.0)
    assert accumulator.frame[3, 3] == 255


def test_every_example_is_listed():
    said = (EXAMPLES / 'README.md').read_text()
    assert all(f']({path.name})' in said for path in EXAMPLES.iterdir()
               if path.name not in ('README.md', '__pycache__'))
