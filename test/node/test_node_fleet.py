# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Teach one robot, all know: real nodes in processes of their own, over DDS."""

from array import array
import json
import shutil

from camera_frames import BLUE, frame, GREEN, picture, RED
from domains import fresh_domain
from fleet_robots import fleet, FleetRobot
import numpy as np
import pytest
from ros_harness import NodeProcess, OK, Peer, remembered, values
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import UInt8MultiArray

from hybrid_snn_ros.fleet import wire
from hybrid_snn_ros.fleet.seal import key_from, key_of, of_record
from hybrid_snn_ros.fleet.store_key import key_for
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.exchange import Foreign
from hybrid_snn_ros.memory.record import LESSON, Record

TOPICS = {f'/{topic}' for topic in wire.TOPICS}


def states(told):
    """Return {name: state} of the other robots, as ~/fleet tells of them."""
    return {one['name']: one['state'] for one in told['robots']}


def test_taught_at_one_known_at_all_and_taken_back_everywhere(tmp_path):
    """Lessons, names, undo, redo and forget reach all; equal sets give equal answers."""
    with fleet(tmp_path, fresh_domain(), 'arm', 'belt', 'cart') as robots:
        arm, belt, cart = robots
        for seed in range(3):
            arm.teach('red', RED, seed)
            belt.teach('green', GREEN, seed)
        cart.teach('blue', BLUE)
        for robot in robots:
            robot.knows({'red': 3, 'green': 3, 'blue': 1})
        told = [robot.overview('all the same', lambda told: set(states(told).values()) == {
            'same'}) for robot in robots]
        assert len({one['digest'] for one in told}) == 1
        assert states(told[0]) == {'belt': 'same', 'cart': 'same'}
        assert told[2]['taught'] == {'red': {arm.key: 3}, 'green': {belt.key: 3},
                                     'blue': {cart.key: 1}}
        for robot in robots:
            robot.consolidated()
        for colour in (RED, GREEN, BLUE, (90, 90, 20)):
            answers = [robot.peer.show(frame(picture(colour, 7))) for robot in robots]
            assert len({json.dumps([one['label'], one['score'], one['known'], one['ranked']])
                        for one in answers}) == 1
        # What is undone at one is undone at all, and is that robot's to undo.
        assert arm.peer.trigger('undo').success
        for robot in robots:
            robot.knows({'red': 2, 'green': 3, 'blue': 1})
        assert 'blue' in cart.peer.trigger('undo').message
        for robot in robots:
            robot.knows({'red': 2, 'green': 3})
        assert not cart.peer.trigger('undo').success
        assert cart.peer.trigger('redo').success
        assert belt.peer.request('rename', 'red=scarlet').level == OK
        assert cart.peer.request('forget', 'green').level == OK
        for robot in robots:
            robot.knows({'scarlet': 2, 'blue': 1})
            assert robot.counts == {'scarlet': 2, 'blue': 1}
            robot.node.end()


def test_a_robot_that_was_away_learns_what_it_missed_and_is_said_to_be_away(tmp_path):
    with fleet(tmp_path, fresh_domain(), 'arm', 'belt') as (arm, belt):
        arm.teach('red', RED)
        belt.knows({'red': 1})
        arm.overview('the other', lambda told: (
            states(told) == {'belt': 'same'} and told['taught'] == {'red': {arm.key: 1}}))
        belt.node.process.kill()
        belt.node.process.wait()
        arm.teach('green', GREEN)
        arm.teach('green', GREEN, 1)
        told = arm.overview('away', lambda told: states(told) == {'belt': 'away'})
        assert told['robots'][0]['lacks'] == {'green': 2} and told['robots'][0]['heard']
        belt.start()
        belt.knows({'red': 1, 'green': 2})
        told = arm.overview('back', lambda told: states(told) == {'belt': 'same'})
        assert told['robots'][0]['lacks'] == {} and told['robots'][0]['heard'] is None
        facts = arm.peer.until('the same in /diagnostics', lambda: (
            facts := arm.peer.counters())['fleet_state'].startswith('1 of 1 other') and facts)
        assert facts['fleet'] == 'share' and facts['fleet_digest'] == told['digest']


def test_deny_takes_out_what_a_robot_taught_and_allow_brings_it_back(tmp_path):
    with fleet(tmp_path, fresh_domain(), 'arm', 'belt', 'cart') as robots:
        arm, belt, cart = robots
        arm.teach('red', RED)
        belt.teach('green', GREEN)
        for robot in robots:
            robot.knows({'red': 1, 'green': 1})
        arm.cli('deny', belt.key)
        arm.knows({'red': 1})
        cart.knows({'red': 1})
        arm.overview('denied', lambda told: states(told)['belt'] == 'denied')
        arm.cli('allow', belt.key)
        arm.knows({'red': 1, 'green': 1})
        cart.knows({'red': 1, 'green': 1})


def test_a_robot_that_listens_tells_nothing_and_one_that_is_not_allowed_is_told_of(tmp_path):
    domain = fresh_domain()
    with FleetRobot(tmp_path, domain, 'arm') as arm, \
            FleetRobot(tmp_path, domain, 'ear', fleet='listen') as ear, \
            FleetRobot(tmp_path, domain, 'stranger') as stranger:
        key = arm.cli('key')
        ear.cli('allow', key, '--name', 'arm')
        arm.cli('allow', ear.cli('key'), '--name', 'ear')
        stranger.teach('blue', BLUE)
        ear.teach('green', GREEN)
        arm.teach('red', RED)
        ear.knows({'green': 1, 'red': 1})
        odd = stranger.cli('key')
        arm.overview('a stranger', lambda told: [odd] == [
            one['robot'] for one in told['robots'] if one['state'] == 'stranger'])
        assert arm.counts == {'red': 1} and stranger.counts == {'blue': 1}


def test_a_robot_that_does_not_learn_takes_no_part_until_it_learns_again(tmp_path):
    with fleet(tmp_path, fresh_domain(), 'arm', 'belt') as (arm, belt):
        assert belt.peer.learning(False).success
        belt.peer.until('only reading', lambda: belt.peer.counters()[
            'fleet_state'] == 'the memory is only read')
        arm.teach('red', RED)
        assert belt.counts == {}
        assert belt.peer.learning(True).success
        belt.teach('green', GREEN)
        for robot in (arm, belt):
            robot.knows({'red': 1, 'green': 1})


@pytest.mark.parametrize('given', ['on', 'off'])
def test_pictures_of_another_robot_are_shown_where_both_allow_it(tmp_path, given):
    """Asked for with the label's; those to come follow, and are at hand the next time."""
    with fleet(tmp_path, fresh_domain(), 'arm', 'belt', fleet_pictures=given) as (arm, belt):
        pictures = {}
        belt.peer.node.create_subscription(
            CompressedImage, '/belt/classifier/question_pictures',
            lambda m: pictures.update({m.header.frame_id: bytes(m.data)}), 64)
        arm.teach('red', RED)
        arm.teach('red', RED, 1)
        belt.knows({'red': 2})
        numbers = sorted(remembered(belt.memory).samples)
        result = belt.peer.command(do='pictures', label='red')
        assert (result.level, values(result)['pictures']) == (OK, '')
        if given == 'off':
            belt.teach('red', RED, 2)  # has one of its own, and shows no other
            result = belt.peer.command(do='pictures', label='red')
            own = f'sample/{max(remembered(belt.memory).samples)}'
            belt.peer.until('the picture', lambda: pictures)
            assert values(result)['pictures'].split() == [own] == list(pictures)
            return
        wanted = {f'sample/{number}' for number in numbers}
        belt.peer.until('the pictures', lambda: pictures.keys() == wanted)
        kept = [picture for robot in (arm,) for picture in pictures_of(robot.memory)]
        assert sorted(pictures.values()) == sorted(kept) and pictures_of(belt.memory) == []
        result = belt.peer.command(do='pictures', label='red')
        assert set(values(result)['pictures'].split()) == wanted


def pictures_of(memory):
    """Return the JPEGs that a memory keeps."""
    with DiskStore.open(memory, None) as store:
        return list(store.pictures(store.state.samples).values())


def test_two_robots_with_one_key_are_told_of_and_another_key_mends_it(tmp_path):
    """A card was copied: of what both wrote under one id neither counts, the rest does."""
    domain = fresh_domain()
    with fleet(tmp_path, domain, 'arm', 'belt') as (arm, belt):
        copied = tmp_path / 'copy'
        copied.mkdir()
        shutil.copy2(arm.memory / 'fleet.key', copied)
        with DiskStore.open(copied, read_store(arm.memory).fingerprint) as store:
            assert key_for(store).author == arm.key
            for number in range(3):  # out of the others' hearing
                store.teach('blue', np.full(store.fingerprint['inputs'], 40 + number, np.uint8))
        arm.teach('red', RED)
        belt.teach('green', GREEN)
        with FleetRobot(tmp_path, domain, 'copy') as copy:
            told = belt.peer.until('the fork', lambda: (
                belt.told and belt.told[-1]['errors'] and belt.told[-1]), 60)
            assert arm.key in told['errors'][0]
            assert 'hybrid-snn fleet key --new' in told['errors'][0]
            key = copy.cli('key', '--new')
            assert key != arm.key
            for one, other in ((arm, key), (copy, arm.key), (copy, belt.key)):
                one.cli('allow', other)
            copy.teach('grey', (150, 150, 150))
            for robot in (arm, belt, copy):
                robot.overview('the same', lambda told: {
                    one['state'] for one in told['robots'] if one['state'] != 'away'} == {'same'})
            assert arm.counts == belt.counts == copy.counts
            assert {'green', 'grey'} <= arm.counts.keys()


class Hostile:
    """A participant that says what it likes on the fleet's topics, and hears all."""

    def __init__(self, peer):
        self.peer = peer
        self.heard = []  # (topic, bytes)
        self.out = {topic: peer.node.create_publisher(UInt8MultiArray, topic, 64)
                    for topic in TOPICS}
        for topic in TOPICS:
            peer.node.create_subscription(
                UInt8MultiArray, topic,
                lambda m, topic=topic: self.heard.append((topic, bytes(m.data))), 256)

    def say(self, topic, data):
        self.peer.until(topic, self.out[topic].get_subscription_count)
        self.out[topic].publish(UInt8MultiArray(data=array('B', data)))


def test_a_hostile_participant_teaches_nothing_changes_nothing_and_is_counted(tmp_path):
    """Well-formed, unsigned, wrongly signed, of a stranger, replayed, of another encoder."""
    domain = fresh_domain()
    with fleet(tmp_path, domain, 'arm', 'belt') as (arm, belt):
        hostile = Hostile(belt.peer)
        belt.peer.until('traffic', lambda: len(hostile.heard) > 2)
        arm.teach('red', RED)
        arm.teach('red', RED, 1)
        belt.knows({'red': 2})
        assert arm.peer.trigger('undo').success
        for robot in (arm, belt):
            robot.knows({'red': 1})
        before = arm.overview('the same', lambda told: states(told) == {'belt': 'same'})
        fingerprint = read_store(arm.memory).fingerprint
        encoder, width = fingerprint['encoder'], fingerprint['inputs']
        fit, nobody, ours = wire.fit_of(fingerprint), key_from(b'nobody'), key_of(arm.memory)

        def lesson(key, encoder=encoder, sequence=99):
            record = Record(
                0, key.author, sequence, LESSON, 'teach', 1 << 50, 1.7e9, 'teach', '', '',
                text='evil', samples=1, stamp='', codes=np.zeros(width, np.uint8))
            seal = key.seal(of_record(record, encoder))
            return seal, wire.packed_record(Foreign(record, seal))

        def content(key, *records):
            return wire.packed(key, fit, wire.CONTENT, (records, ()))[1]
        records = f'/{wire.RECORDS}'
        seal, signed = lesson(nobody)
        own_seal, other_encoder = lesson(ours, encoder='00' * 32)
        tampered = bytearray(lesson(ours)[1])
        tampered[-1] ^= 1
        for data in (
                content(nobody, signed),  # a stranger's message
                bytes(96) + content(ours, signed)[96:],  # an unsigned message
                content(nobody, signed)[:96] + content(ours, signed)[96:],  # another's seal
                content(ours, bytes(96) + signed[96:]),  # unsigned record, in a known one's name
                content(ours, signed),  # a stranger's record
                content(ours, other_encoder), content(ours, bytes(tampered)),
                b'', b'nonsense' * 40):
            hostile.say(records, data)
        for topic, data in list(hostile.heard):  # all that was ever said, the undone lesson too
            hostile.say(topic, data)
        belt.peer.until('what is kept out', lambda: int(
            belt.peer.counters()['fleet_kept_out']) >= 8)
        # They go on, and know what they knew; `hostile` shares a process with belt's peer alone.
        arm.teach('green', GREEN)
        belt.knows({'red': 1, 'green': 1})
        for robot in (arm, belt):
            assert robot.counts == {'red': 1, 'green': 1}
            robot.node.end()
        assert before['errors'] == []


def test_off_opens_no_topic(tmp_path):
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory')) as node, \
            Peer(domain) as peer:
        assert peer.counters()['fleet'] == 'off'
        names = {name for name, _ in peer.node.get_topic_names_and_types()}
        assert '/classifier/labels' in names
        assert not names & {*TOPICS, '/classifier/fleet'}
        assert not (tmp_path / 'memory' / 'fleet.key').exists()
        node.end()


@pytest.mark.parametrize('problem', ['mode', 'damaged'])
def test_a_key_that_cannot_be_used_is_said_and_the_node_goes_on(tmp_path, problem):
    domain, memory = fresh_domain(), tmp_path / 'memory'
    memory.mkdir()
    (memory / 'fleet.key').write_text('none')
    (memory / 'fleet.key').chmod(0o644 if problem == 'mode' else 0o600)
    with NodeProcess(tmp_path, domain, memory=str(memory), fleet='share') as node, \
            Peer(domain) as peer:
        sentence = peer.until('the state', lambda: (
            'fleet.key' in peer.counters()['fleet_state'] and peer.latest()['fleet_state']))
        assert ('chmod 600' in sentence) == (problem == 'mode')
        peer.show(frame(picture(RED)))
        assert peer.teach('red')[0].level == OK
        node.end()
