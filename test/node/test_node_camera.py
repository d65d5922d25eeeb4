# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A camera that is not heard: why is said, what is advised helps, and each turn is told once."""

import contextlib
import re

from camera_frames import compressed, frame, header, picture, RED
import cv2
from diagnostic_msgs.msg import DiagnosticStatus
from domains import fresh_domain
from geometry_msgs.msg import Twist
import numpy as np
import pytest
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_harness import ERROR, NodeProcess, OK, Peer, values, WARN
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Int32, String
from std_srvs.srv import SetBool, Trigger

STALE = DiagnosticStatus.STALE
SILENCE = 1.0  # seconds, image_timeout
SMALL = picture(RED, size=(48, 64))
JPEG = cv2.imencode('.jpg', SMALL)[1].tobytes()
RAW, PACKED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
SET = re.compile(r'set image_transport to (\w+)')
REMAP = re.compile(r'remap (\S+) to ([^\s,;]+)')


def message_of(kind):
    if kind is Image:
        return frame(SMALL)
    return compressed(JPEG, 'jpeg') if kind is CompressedImage else kind()


def node(tmp_path, domain, image='image', transport='raw', *rules, **parameters):
    words = [word for rule in (f'image:={image}', *rules) for word in ('-r', rule)]
    return NodeProcess(tmp_path, domain, *words, memory=str(tmp_path / 'memory'),
                       image_transport=transport, **{'image_timeout': SILENCE, **parameters})


def listener(domain):
    """Return a peer without a camera."""
    peer = Peer(domain)
    peer.node.destroy_publisher(peer.camera)
    return peer


@contextlib.contextmanager
def stranger(domain):
    """Yield a node of a DDS participant of its own: one can hold a topic as one type only."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node('stranger', context=context, namespace='/rig')
    try:
        yield node
    finally:
        node.destroy_node()
        context.try_shutdown()


def silence(peer, *words):
    """Wait for a STALE that holds all the words and return its DiagnosticStatus."""
    def found():
        newest = peer.diagnostics and peer.diagnostics[-1].status[0]
        return newest and newest.level == STALE and all(
            word in newest.message for word in words) and newest
    peer.diagnostics.clear()
    return peer.until(f'STALE with {words}', found)


CASES = {
    'raw node, the topic is of compressed frames': (
        '/cam/image_raw/compressed', 'raw', {'/cam/image_raw/compressed': CompressedImage},
        [f'/peer publishes it as {PACKED}']),
    'raw node, the topic is of compressed frames under a name of its own': (
        '/cam/jpeg', 'raw', {'/cam/jpeg': CompressedImage}, [f'/peer publishes it as {PACKED}']),
    'compressed node, the topic is of raw frames': (
        '/cam/jpeg', 'compressed', {'/cam/jpeg/compressed': Image},
        [f'/peer publishes it as {RAW}']),
    'raw node, the camera has compressed frames only': (
        '/cam/image_raw', 'raw', {'/cam/image_raw/compressed': CompressedImage},
        ['no one publishes it, but /peer publishes /cam/image_raw/compressed']),
    'compressed node, the camera has raw frames only': (
        '/cam/image_raw', 'compressed', {'/cam/image_raw': Image},
        ['no one publishes it, but /peer publishes /cam/image_raw as']),
    'compressed node, named with /compressed': (
        '/cam/image_raw/compressed', 'compressed', {
            '/cam/image_raw/compressed': CompressedImage, '/cam/image_raw': Image},
        ['/cam/image_raw/compressed/compressed', 'no one publishes it, but',
         'remap image to /cam/image_raw (/compressed is added to it)']),
    'raw node, named with /compressed, the camera has raw frames only': (
        '/cam/image_raw/compressed', 'raw', {'/cam/image_raw': Image},
        ['no one publishes it, but']),
    'misspelt, and there is one': (
        '/camera/image_raw', 'raw', {'/camera/camera/color/image_raw': Image, '/chatter': String},
        ['no one publishes it; the only image topic is /camera/camera/color/image_raw']),
    'misspelt, and there are many': (
        '/usb_cam/image_row', 'raw', {
            '/a': Image, '/b/left': Image, '/usb_cam/image_raw': Image, '/z/rear': CompressedImage,
            '/usb_cam/image_raw/compressed': CompressedImage},
        [f'image topics are /usb_cam/image_raw ({RAW}), ', ' and 2 more', 'to use the first']),
    'compressed node, misspelt': (
        '/front/imag', 'compressed', {'/front/image/compressed': CompressedImage},
        [f'the only image topic is /front/image/compressed ({PACKED})']),
    'the topic is of something else': (
        '/cmd', 'raw', {'/cmd': Twist, '/rig/eye': Image},
        ['/peer publishes it as geometry_msgs/msg/Twist, which is not an image type', '/rig/eye']),
    'the default name, and the camera has another': (
        'image', 'raw', {'/image_raw': Image}, ['on /image (', 'the only image topic']),
    'remapped away from the name the camera has': (
        '/cam', 'raw', {'/image': Image}, ['on /cam (', 'the only image topic is /image']),
}


@pytest.mark.parametrize('case', CASES)
def test_why_no_frame_comes_is_said_and_the_advice_helps(tmp_path, case):
    image, transport, topics, words = CASES[case]
    domain = fresh_domain()
    with listener(domain) as peer:
        cameras = [(peer.node.create_publisher(kind, topic, 5), kind)
                   for topic, kind in topics.items()]
        peer.node.create_timer(0.1, lambda: [
            camera.publish(message_of(kind)) for camera, kind in cameras])
        with node(tmp_path, domain, image, transport) as one:
            status = silence(peer, *words)
            found = values(status)
            kind = PACKED if transport == 'compressed' else RAW
            assert f"no frame for {status.message.split()[3]} s on {found['image_topic']} " \
                   f'({kind}): ' in status.message
            assert found['image_type'] == kind and '\n' not in status.message
            on_it = topics.get(found['image_topic'])
            assert ('/peer' in found['image_publishers']) == (on_it is not None)
            reason = status.message.split('): ', 1)[1]
            assert len(status.message) < 600
            for _ in range(2):  # seconds later still one line
                silence(peer, reason)
            assert one.log.count(reason) == 1
            assert one.log.count('no frame for') <= 3  # more than one, where the graph grew
            one.end()
        advice = reason.split('to use the first, ')[-1]
        rules = dict(REMAP.findall(advice))
        said = SET.findall(advice)
        image = rules.pop('image', 'image' if rules else image)
        with node(tmp_path, domain, image, said[0] if said else transport,
                  *(f'{name}:={topic}' for name, topic in rules.items())) as two:
            peer.until('a frame', lambda: int((peer.latest() or {}).get('answered', 0)) > 0)
            peer.diagnostics.clear()
            peer.until('OK', lambda: peer.diagnostics
                       and peer.diagnostics[-1].status[0].level == OK)
            two.wait_for_log(' came on /')
            two.end()


def test_a_camera_that_comes_goes_and_returns_is_told_once_at_each_turn(tmp_path):
    domain = fresh_domain()
    with node(tmp_path, domain, '/eye') as one, listener(domain) as peer:
        status = silence(peer, 'no one publishes it; no one publishes any other image topic',
                         'ROS_DOMAIN_ID')
        assert values(status)['image_publishers'] == ''
        one.wait_for_log('no one publishes any other')
        camera = peer.node.create_publisher(CompressedImage, '/eye', 5)  # the reason changes
        silence(peer, f'/peer publishes it as {PACKED}')
        peer.node.destroy_publisher(camera)
        silence(peer, 'no one publishes any other')  # known already
        peer.camera = peer.node.create_publisher(Image, '/eye', 5)
        silence(peer, '/peer publishes it, but nothing arrives', 'ros2 topic hz /eye')
        for turn in range(2):
            peer.show(frame(SMALL))
            one.wait_for_log("64x48 'rgb8', from /peer" if turn == 0 else 'came on /eye again')
            status = silence(peer, '/peer publishes it, but nothing arrives')
            assert values(status)['image_publishers'] == f'/peer ({RAW})'
        peer.show(frame(SMALL))
        peer.until('the return', lambda: one.log.count('frames came on /eye again after') == 3)
        assert one.log.count(f'as {PACKED}: ') == 1
        assert one.log.count('no one publishes any other') == 1
        assert one.log.count('/peer publishes it, but nothing arrives') == 3

        # An activation begins anew.
        assert peer.change('deactivate') and peer.change('activate')
        peer.until('the reason again', lambda: one.log.count(
            '/peer publishes it, but nothing arrives') == 4)
        peer.show(frame(SMALL))
        one.wait_for_log('frames came on /eye again after')
        assert peer.change('deactivate') and peer.change('activate')
        peer.show(frame(SMALL))
        one.wait_for_log('the first frame came on /eye')
        one.end()


def test_a_camera_slower_than_the_timeout_fills_no_log(tmp_path):
    """It comes and goes with every frame: the log says so, and then no more for a while."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'),
                     image_timeout=0.2) as one, Peer(domain) as peer:
        turns = []

        def came_and_went():
            peer.show(frame(SMALL))
            peer.until('silence', lambda: peer.diagnosis().level == STALE)
            turns.append(one.log.count('no frame for') + one.log.count('came on /image'))
            return len(turns) >= 10
        peer.until('ten frames, far apart', came_and_went, 120)
        assert turns[-1] < 2 * len(turns), (turns, one.log)
        assert 'come and go; the log does not repeat that for a while' in one.log
        one.end()


def test_a_camera_that_qos_keeps_away_is_no_silent_one(tmp_path):
    """One reason is said, not two: /diagnostics and the log name the policy, and only that."""
    domain = fresh_domain()
    best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    with listener(domain) as peer:
        peer.node.create_publisher(Image, '/image', best_effort)
        with node(tmp_path, domain, reliability='reliable') as one:
            peer.until('ERROR', lambda: peer.diagnostics
                       and peer.diagnostics[-1].status[0].level == ERROR)
            assert 'offers reliability BEST_EFFORT' in peer.diagnosis().message
            peer.spin(2.0)
            assert 'nothing arrives: is the camera running' not in one.log
            assert one.log.count('offers reliability BEST_EFFORT') == 1
            one.end()


def test_peers_that_use_a_topic_or_service_as_another_type_are_named(tmp_path):
    """Frames are answered meanwhile, so it is a warning, and over when they are gone."""
    domain = fresh_domain()
    with node(tmp_path, domain) as one, Peer(domain) as peer, stranger(domain) as rig:
        peer.node.create_timer(0.1, lambda: peer.camera.publish(header(frame(SMALL))))

        def named(*sentences):
            def found():
                newest = peer.diagnostics and peer.diagnostics[-1].status[0]
                return newest and newest.level == (WARN if sentences else OK) and (
                    sorted(filter(None, values(newest)['incompatible_types'].split('; ')))
                    == sorted(sentences)) and newest
            status = peer.until(f'{sentences}', found)
            assert all(sentence in status.message for sentence in sentences)
        named()
        text, there = 'std_msgs/msg/String', []
        for topic, kind in (('teach', Int32), ('forget', Image), ('command', Twist),
                            ('rename', DiagnosticStatus), ('undo_sample', Int32)):
            publisher = rig.create_publisher(kind, f'/classifier/{topic}', 1)
            package = kind.__module__.split('.')[0]
            there.append((rig.destroy_publisher, publisher, (
                f'/classifier/{topic}: /rig/stranger publishes {package}/msg/{kind.__name__}, '
                f'this node expects {text}: nothing arrives from it')))
        for service, kind, other in (('undo', SetBool, Trigger), ('learning', Trigger, SetBool),
                                     ('save', SetBool, Trigger)):
            client = rig.create_client(kind, f'/classifier/{service}')
            there.append((rig.destroy_client, client, (
                f'/classifier/{service}: /rig/stranger calls it as std_srvs/srv/{kind.__name__}, '
                f'but it is std_srvs/srv/{other.__name__}: no call arrives')))
        subscription = rig.create_subscription(Int32, '/classifier/label', print, 1)
        there.append((rig.destroy_subscription, subscription, (
            '/classifier/label: /rig/stranger expects std_msgs/msg/Int32, this node publishes '
            f'{text}: nothing reaches it')))
        named(*(sentence for _, _, sentence in there))
        assert peer.teach('red')[0].level == OK  # of the right type, it does arrive
        while there:
            destroy, end, sentence = there.pop()
            destroy(end)
            named(*(sentence for _, _, sentence in there))
            assert one.log.count(sentence) == 1
        one.end()


def test_large_frames_that_get_lost_are_counted_and_those_that_are_dropped_are_not(tmp_path):
    """Each that was sent has come or got lost; frames of 24 MiB do not fit into shared memory."""
    domain, sent = fresh_domain(), 0
    # DDS keeps enough of them for a node that a busy machine holds up.
    with node(tmp_path, domain, depth=200, image_timeout=60.0) as one, Peer(domain) as peer:
        large = frame(np.zeros((2160, 3840, 3), np.uint8))
        peer.show(frame(SMALL))
        peer.spin(0.5)
        before = peer.counters()

        def send(message):
            nonlocal sent
            sent += 1
            peer.camera.publish(header(message))
            return message.header.stamp.sec, message.header.stamp.nanosec

        def dropped():  # small ones that come too fast, none of which is lost
            for _ in range(50):
                send(frame(SMALL))
                peer.spin(0.001)
            counters = peer.counters()
            assert counters['lost'] == '0'
            return int(counters['dropped'])
        peer.until('dropped frames', dropped)

        def lost():
            send(large)
            peer.spin(0.2)
            return int(peer.latest()['lost']) >= 3
        peer.until('losses', lost, 60)

        def answered():  # what is lost behind the last that came is not known to be
            stamp = send(frame(SMALL))
            peer.spin(0.5)
            return stamp in peer.answers
        peer.until('an answer to the last', answered)
        status = peer.diagnosis()
        after = values(status)
        came, lost = (int(after[name]) - int(before[name]) for name in ('received', 'lost'))
        assert lost >= 3 and came + lost == sent, (came, lost, sent)
        assert status.level == WARN
        assert re.match(r'\d+ of the last \d+ frames got lost on the way to /image: ',
                        status.message)
        assert all(word in status.message for word in (
            'Fast DDS profile', 'reliability', 'image_transport', 'docs/ros.md'))
        assert one.log.count('got lost on the way') == 1
        one.end()


def test_a_reliable_node_loses_no_large_frame(tmp_path):
    domain = fresh_domain()
    with node(tmp_path, domain, reliability='reliable', depth=20) as one, Peer(domain) as peer:
        large, sent = frame(np.zeros((2160, 3840, 3), np.uint8)), 4
        peer.show(frame(SMALL))
        before = peer.counters()
        for number in range(sent):
            peer.camera.publish(header(large))
            peer.until('the frame', lambda wanted=number + 1: int(
                peer.counters()['received']) - int(before['received']) >= wanted, 60)
        assert peer.counters()['lost'] == '0'
        one.end()
