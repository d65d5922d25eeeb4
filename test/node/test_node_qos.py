# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Quality of service that connects, or says who cannot be connected and why."""

import contextlib
import signal
import time

from camera_frames import frame, picture, RED
from domains import fresh_domain
import pytest
import rclpy
from rclpy.duration import Duration
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import (
    DurabilityPolicy,
    LivelinessPolicy,
    qos_check_compatible,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
)
from ros_harness import ERROR, NodeProcess, OK, Peer, values, WAIT, WARN
from sensor_msgs.msg import Image
from std_msgs.msg import String

from hybrid_snn_ros.ros.qos_monitor import differences, QosMonitor

BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SMALL = picture(RED, size=(48, 64))


@contextlib.contextmanager
def other_node(peer, name):
    """Yield one more node on the peer's side, known to others by its own name."""
    node = rclpy.create_node(name, context=peer.context, namespace='/rig')
    peer.executor.add_node(node)
    try:
        yield node
    finally:
        peer.executor.remove_node(node)
        node.destroy_node()


def diagnosed(peer, condition, publish=lambda: None):
    """Publish until a DiagnosticStatus fulfils a condition and return it."""
    def newest():
        publish()
        return peer.diagnostics and condition(peer.diagnostics[-1].status[0])
    peer.until('such a diagnosis', newest)
    return peer.diagnostics[-1].status[0]


def test_by_default_best_effort_and_reliable_cameras_are_both_answered(tmp_path):
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory')) as node, \
            Peer(domain) as peer:
        for qos in (BEST_EFFORT, RELIABLE):
            peer.camera = peer.node.create_publisher(Image, 'image', qos)
            assert peer.show(frame(SMALL))['label'] == 'unknown'
        diagnosed(peer, lambda status: status.level == OK,
                  lambda: peer.camera.publish(frame(SMALL)))
        assert peer.counters()['incompatible_qos'] == ''
        node.end()


def test_who_cannot_be_connected_is_named_with_topic_and_policy(tmp_path):
    """A best-effort camera is an ERROR until a reliable one is heard; others are warnings."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), image_timeout=0.5,
                     reliability='reliable') as node, Peer(domain) as peer:
        with other_node(peer, 'dull_camera') as rig:
            camera = rig.create_publisher(Image, '/image', BEST_EFFORT)
            status = diagnosed(peer, lambda status: status.level == ERROR,
                               lambda: camera.publish(frame(SMALL)))
            assert status.message == (
                'incompatible QoS: /image: nothing arrives from /rig/dull_camera: publisher '
                'offers reliability BEST_EFFORT, subscriber asks for RELIABLE '
                '(parameter reliability)')
            assert values(status)['received'] == '0'

            # Another camera is heard: no error any more, but still to be seen.
            status = diagnosed(peer, lambda status: status.level == OK,
                               lambda: peer.camera.publish(frame(SMALL)))
            assert '/rig/dull_camera' in values(status)['incompatible_qos']
        status = diagnosed(peer, lambda status: not values(status)['incompatible_qos'],
                           lambda: peer.camera.publish(frame(SMALL)))
        assert status.level == OK

        with other_node(peer, 'robot') as robot:
            robot.create_subscription(String, '/classifier/label', lambda _: None, LATCHED)
            robot.create_publisher(String, '/classifier/teach', BEST_EFFORT)
            status = diagnosed(peer, lambda s: s.level == WARN and s.message.count('/rig') == 2,
                               lambda: peer.camera.publish(frame(SMALL)))
            assert ('/classifier/label: nothing reaches /rig/robot: publisher offers '
                    'durability VOLATILE, subscriber asks for TRANSIENT_LOCAL') in status.message
            assert ('/classifier/teach: nothing arrives from /rig/robot: publisher offers '
                    'reliability BEST_EFFORT, subscriber asks for RELIABLE') in status.message
        diagnosed(peer, lambda status: status.level == OK,
                  lambda: peer.camera.publish(frame(SMALL)))
        assert node.log.count('nothing arrives from /rig/dull_camera') == 1
        assert node.log.count('/rig/robot') == 2
        node.end()


def test_depth_is_what_dds_keeps_for_a_node_that_is_late(tmp_path):
    """Twenty frames sent while the process stands still all arrive; the slot keeps the newest."""
    domain, sent = fresh_domain(), 20
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), reliability='reliable',
                     depth=sent) as node, Peer(domain) as peer:
        peer.camera = peer.node.create_publisher(Image, 'image', QoSProfile(depth=sent))
        peer.show(frame(SMALL))
        peer.spin(0.2)
        before = peer.counters()
        node.signal(signal.SIGSTOP)
        messages = [frame(SMALL) for _ in range(sent)]
        for message in messages:
            peer.camera.publish(message)
        node.signal(signal.SIGCONT)
        stamp = messages[-1].header.stamp
        peer.until('the answer to the last', lambda: (stamp.sec, stamp.nanosec) in peer.answers)
        after = peer.counters()
        gained = {key: int(after[key]) - int(before[key])
                  for key in ('received', 'answered', 'dropped')}
        assert gained['received'] == sent
        assert gained['dropped'] == sent - gained['answered']
        node.end()


POLICIES = [
    QoSProfile(depth=1, **{policy: value}) for policy, value in (
        ('reliability', ReliabilityPolicy.RELIABLE),
        ('reliability', ReliabilityPolicy.BEST_EFFORT),
        ('durability', DurabilityPolicy.TRANSIENT_LOCAL),
        ('liveliness', LivelinessPolicy.MANUAL_BY_TOPIC),
        ('deadline', Duration(seconds=1)),
        ('deadline', Duration(seconds=2)),
        ('liveliness_lease_duration', Duration(seconds=1)),
        ('liveliness_lease_duration', Duration(seconds=2)))]


def test_the_policies_that_keep_two_ends_apart_are_those_of_the_middleware():
    """Every pair of profiles is judged as rmw judges it."""
    apart = 0
    for offered in POLICIES:
        for asked in POLICIES:
            verdict, reason = qos_check_compatible(offered, asked)
            mine = differences(offered, asked)
            assert bool(mine) == (verdict == QoSCompatibility.ERROR), (reason, mine)
            apart += bool(mine)
    assert 0 < apart < len(POLICIES) ** 2


class Asking(LifecycleNode):
    """A node that counts how often it asks the graph."""

    asked = 0

    def get_publishers_info_by_topic(self, topic):
        self.asked += 1
        return super().get_publishers_info_by_topic(topic)


class AskingWithoutEvents(Asking):
    """On a middleware that has no QoS events; Humble's rclpy says so by an exception."""

    def create_subscription(self, *arguments, event_callbacks=None, **named):
        if event_callbacks:
            raise RuntimeError('unsupported event type')
        return super().create_subscription(*arguments, **named)


class AskingWithoutLosses(Asking):
    """On a middleware that has QoS events, but does not notice lost messages."""

    def create_subscription(self, *arguments, event_callbacks=None, **named):
        if event_callbacks and event_callbacks.message_lost:
            raise RuntimeError('unsupported event type')
        return super().create_subscription(*arguments, event_callbacks=event_callbacks, **named)


def spun(executor, what):
    """Spin until what() is true and return its value."""
    end = time.monotonic() + WAIT
    while not (value := what()):
        assert time.monotonic() < end
        executor.spin_once(timeout_sec=0.05)
    return value


@pytest.mark.parametrize('kind', [Asking, AskingWithoutEvents, AskingWithoutLosses])
def test_the_graph_is_asked_after_an_event_or_where_there_are_none(kind):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=fresh_domain())
    node, executor = kind('lonely', context=context), SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        connections = QosMonitor(node)
        camera = connections.subscription(
            Image, 'image', lambda _: None, RELIABLE, lambda _: None)
        assert connections.mismatches() == []
        assert bool(node.asked) == (kind is AskingWithoutEvents)
        publisher = node.create_publisher(Image, 'image', BEST_EFFORT)
        [mismatch] = spun(executor, connections.mismatches)
        assert (mismatch.topic, mismatch.peer) == ('/image', '/lonely')
        assert mismatch.policies == (
            'publisher offers reliability BEST_EFFORT, subscriber asks for RELIABLE')
        node.destroy_publisher(publisher)
        assert spun(executor, lambda: connections.mismatches() == [])
        connections.destroy(camera)
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
