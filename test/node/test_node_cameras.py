# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Several cameras in one ROS domain: a node each, with memories of their own or a common one."""

import time

from camera_frames import BLUE, frame, GREEN, GREY, picture, RED
from domains import fresh_domain
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered


def _node(tmp_path, domain, namespace, **parameters):
    # While one camera is shown something the others are silent: that is no news here.
    return NodeProcess(tmp_path, domain, '-r', f'__ns:=/{namespace}', min_change=0.0,
                       image_timeout=60.0, environment={'HOME': str(tmp_path)}, **parameters)


def _peer(domain, namespace):
    return Peer(domain, f'/{namespace}/classifier', f'/{namespace}/image')


def _teach(peer, label, colour):
    peer.show(frame(picture(colour)))
    return peer.teach(label)[0]


def _knows(peer, labels):
    """Wait until the latched ~/labels says so: no frame is needed for that."""
    return peer.until(f'the labels {labels}', lambda: peer.known and [
        entry['label'] for entry in peer.known[-1]['labels']] == labels)


def _says(peer, namespace, level):
    """Wait until the last word of a node on /diagnostics has a level."""
    peer.until(f'level {level} of {namespace}', lambda: [level] == [
        status.level for array in peer.diagnostics for status in array.status
        if status.name.startswith(f'/{namespace}/classifier')][-1:])


def test_two_cameras_at_once_do_not_hear_of_each_other(tmp_path):
    """Each answers what it was taught itself, under its own name; both keep it apart."""
    domain = fresh_domain()
    sides = {'front': ('red', RED), 'robot/rear': ('green', GREEN)}
    with _node(tmp_path, domain, 'front') as one, _node(tmp_path, domain, 'robot/rear') as other, \
            _peer(domain, 'front') as front, _peer(domain, 'robot/rear') as rear:
        peers = dict(zip(sides, (front, rear)))
        for side, peer in peers.items():
            assert _teach(peer, *sides[side]).level == OK
        for peer in peers.values():
            peer.said.clear()
            peer.answers.clear()
        sent = {side: set() for side in sides}
        end = time.monotonic() + 1.5
        while time.monotonic() < end:  # both film, in turn and without a break
            for side, peer in peers.items():
                message = frame(picture(sides[side][1]), frame_id=side)
                sent[side].add((message.header.stamp.sec, message.header.stamp.nanosec))
                peer.camera.publish(message)
                peer.spin(0.02)
        for side, peer in peers.items():
            peer.until('answers', lambda peer=peer: len(peer.answers) >= 10)
            assert set(peer.answers) <= sent[side]
            assert {(answer['frame_id'], answer['label']) for answer in peer.answers.values()} == {
                (side, sides[side][0])}
            assert set(peer.said) == {sides[side][0]}
            strange = next(colour for name, (_, colour) in sides.items() if name != side)
            assert peer.show(frame(picture(strange)))['ranked'][0][0] == sides[side][0]
            assert remembered(
                tmp_path / '.ros/hybrid_snn_ros' / side / 'classifier').counts == {
                    sides[side][0]: 1}
        front.until('the diagnostics of both', lambda: {
            status.name.split(':')[0] for array in front.diagnostics for status in array.status}
            == {'/front/classifier', '/robot/rear/classifier'})
        outside = {name for name, _ in front.node.get_topic_names_and_types()
                   if not name.startswith(('/front/', '/robot/rear/'))}
        assert outside <= {'/diagnostics', '/rosout', '/parameter_events'}
        one.end()
        other.end()


def test_one_memory_for_three_cameras_is_taught_at_two_and_known_to_all(tmp_path):
    """Also to one that only reads; what is taught, renamed and forgotten is soon known to all."""
    domain, memory = fresh_domain(), tmp_path / 'common'
    with _node(tmp_path, domain, 'left', memory=str(memory), learning=False) as frozen, \
            _peer(domain, 'left') as left:
        left.show(frame(picture(RED)))  # up before there is anything to read
        with _node(tmp_path, domain, 'front', memory=str(memory)) as one, \
                _peer(domain, 'front') as front:
            assert _teach(front, 'red', RED).level == OK
            with _node(tmp_path, domain, 'rear', memory=str(memory)) as other, \
                    _peer(domain, 'rear') as rear:
                assert rear.show(frame(picture(RED)))['label'] == 'red'
                result = _teach(left, 'lost', GREY)
                assert (result.level, 'learning is off' in result.message) == (ERROR, True)
                assert _teach(rear, 'blue', BLUE).level == OK
                for asked, labels, request in (
                        (front, ['red', 'blue'], None),
                        (front, ['cup', 'blue'], ('rename', 'red=cup')),
                        (rear, ['blue'], ('forget', 'cup'))):
                    if request:
                        _knows(asked, ['red', 'blue'] if 'red=cup' in request else ['cup', 'blue'])
                        assert asked.request(*request).level == OK
                    for peer in (left, front, rear):
                        _knows(peer, labels)
                        answer = peer.show(frame(picture(RED if 'cup' in labels else BLUE)))
                        assert answer['label'] == ('cup' if 'cup' in labels else 'blue')
                left.show(frame(picture(BLUE)))
                for peer, name in ((left, 'left'), (left, 'rear'), (left, 'front')):
                    _says(peer, name, OK)
                assert remembered(memory).counts == {'blue': 1}
                one.end()
                assert _teach(rear, 'green', GREEN).level == OK
                _knows(left, ['blue', 'green'])
                other.end()
        frozen.end()
