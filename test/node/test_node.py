# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera to label over DDS: the node is a process of its own, the test is its robot."""

import base64
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

from camera_frames import BLUE, COLOURS, frame, GREEN, GREY, header, picture, RED, stamp_of
from checkout import ROOT
from domains import fresh_domain
import numpy as np
import pytest
from ros_harness import NodeProcess, OK, Peer, remembered, values, WAIT

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory.disk_store import DiskStore

# Hears the typed topics in a process that has vision_msgs, and prints each message as JSON.
LISTENER = """
import json, rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from vision_msgs.msg import Classification, LabelInfo, VisionInfo
latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
rclpy.init()
node = rclpy.create_node('listener')
def tell(kind, **values):
    print(json.dumps({'kind': kind, **values}), flush=True)
node.create_subscription(LabelInfo, 'classifier/label_info', lambda m: tell(
    'label_info', names={c.class_id: c.class_name for c in m.class_map}), latched)
node.create_subscription(VisionInfo, 'classifier/vision_info', lambda m: tell(
    'vision_info', method=m.method, location=m.database_location, version=m.database_version),
    latched)
node.create_subscription(Classification, 'classifier/classification', lambda m: tell(
    'classification', header=[m.header.stamp.sec, m.header.stamp.nanosec, m.header.frame_id],
    results=[[r.class_id, r.score] for r in m.results]), 100)
rclpy.spin(node)
"""


def test_what_is_taught_outlives_restart_and_kill(tmp_path):
    """Two labels, six frames, acknowledged: a new process knows them, also after kill -9."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    photographs = {name: [frame(picture(colour, seed), frame_id=f'{name}/{seed}')
                          for seed in range(3)] for name, colour in (('mug', RED),
                                                                     ('Tüte', BLUE))}
    with Peer(domain) as peer:
        with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0) as node:
            first = peer.show(photographs['mug'][0])
            assert (first['label'], first['unknown'], first['ranked']) == ('unknown', True, [])
            taught = 0
            for name, pictures in photographs.items():
                for message in pictures:
                    peer.show(message)
                    result, = peer.teach(name)
                    taught += 1
                    # The acknowledgement is out: so the disk must hold the sample already.
                    kept, said = remembered(memory), values(result)
                    assert result.level == OK, result
                    assert (result.name, len(kept.samples)) == (name, taught)
                    assert kept.samples[int(said['sample'])].label == name
                    assert max(kept.samples) == int(said['sample'])
                    assert said['stamp'] == stamp_of(message) == kept.samples[taught].stamp
                    assert said['database_version'] == str(taught)
            before = {(name, i): peer.show(frame(picture(colour, i)))
                      for name, colour in (('mug', RED), ('Tüte', BLUE)) for i in range(3)}
            assert [name for name, _ in before] == [a['label'] for a in before.values()]
            node.end()
        assert [k['database_version'] for k in peer.known] == sorted(
            k['database_version'] for k in peer.known)
        latest = peer.known[-1]
        assert (latest['database_version'], latest['labels']) == (
            6, [{'label': 'mug', 'samples': 3}, {'label': 'Tüte', 'samples': 3}])
        assert [entry[:2] for entry in latest['newest']] == [
            [6, 'Tüte'], [5, 'Tüte'], [4, 'Tüte'], [3, 'mug'], [2, 'mug'], [1, 'mug']]

        peer.known.clear()
        with NodeProcess(tmp_path, domain, memory=str(memory)) as node:
            for (name, i), known in before.items():
                again = peer.show(frame(picture(RED if name == 'mug' else BLUE, i)))
                assert (again['label'], again['ranked']) == (name, known['ranked'])
            peer.until('the latched ~/labels', lambda: latest in peer.known)
            peer.show(frame(picture(GREEN)))
            assert peer.teach('leaf')[0].level == OK
            node.signal(signal.SIGKILL)
            assert node.exit_code() == -signal.SIGKILL
        with NodeProcess(tmp_path, domain, memory=str(memory)) as node:
            assert peer.show(frame(picture(GREEN)))['label'] == 'leaf'
            node.wait_for_log('3 labels, 7 samples')
            node.end()
    # One file and its copy; nothing half-written is left behind.
    assert sorted(path.name for path in memory.iterdir()) == ['memory.copy.db', 'memory.db']


def test_answer_carries_the_header_of_its_frame(robot):
    """The header of ~/answer is the frame's; ~/label says the same word."""
    peer, _, _ = robot
    message = frame(picture(RED), frame_id='front/left é')
    peer.said.clear()
    answer = peer.show(message)
    stamp = message.header.stamp
    assert answer['stamp'] == {'sec': stamp.sec, 'nanosec': stamp.nanosec}
    assert answer['frame_id'] == 'front/left é'
    assert answer['label'] == 'red'
    assert answer['ranked'][0] == ['red', answer['score']]
    assert len(answer['ranked']) == 4
    scores = [score for _, score in answer['ranked']]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-3)
    assert 0 < answer['processing_ms'] < answer['latency_ms'] < 1e3 * WAIT
    peer.until('~/label', lambda: peer.said)
    assert set(peer.said) == {'red'}


def test_newest_frame_wins_and_every_frame_is_accounted_for(robot):
    """Faster than the encoder: frames are dropped, not queued, and the counters say so."""
    peer, _, _ = robot
    messages = [frame(picture(colour, size=(48, 64))) for colour in (RED, BLUE)]
    message = messages[0]
    peer.show(message)
    before = peer.counters()
    sent, got = 0, {'received': 0}
    while got['received'] <= 300:  # DDS, too, keeps only the newest one: on a busy computer, more
        assert sent < 10_000, got
        for number in range(sent, sent + 1000):
            message = messages[number % 2]  # nothing stands still
            message.header.stamp.sec = messages[0].header.stamp.sec
            message.header.stamp.nanosec = number
            peer.camera.publish(message)
            time.sleep(0.001)
        sent += 1000
        last = message.header.stamp.sec, sent - 1
        finished = time.monotonic()
        peer.until('the answer to the last frame', lambda last=last: last in peer.answers)
        assert time.monotonic() - finished < 1.0  # no queue of stale frames was worked off
        after = peer.counters()
        got = {key: int(after[key]) - int(before[key])
               for key in ('received', 'answered', 'dropped', 'refused')}
    assert got['received'] == got['answered'] + got['dropped'] + got['refused']
    assert got['refused'] == 0
    assert got['received'] <= sent
    assert got['dropped'] > 0.2 * got['received']
    assert sum(stamp[0] == last[0] for stamp in peer.answers) >= got['answered']
    assert 'p50' in after['latency_ms'] and 'p95' in after['encode_ms']


def test_save_service_while_teaching_leaves_a_whole_memory(robot):
    """A save asked for in the middle of a hundred taught frames disturbs neither."""
    peer, memory, _ = robot
    assert peer.set(teach_frames=60) == ['']
    peer.show(frame(picture(GREY, 5)))
    samples = len(remembered(memory).samples)

    def taught():
        return [result.level for result in peer.results if result.name == 'busy']
    peer.ask('busy')
    saves = []
    message = frame(picture(GREY, 5))
    end = time.monotonic() + WAIT
    while len(taught()) < 60:
        assert time.monotonic() < end
        peer.camera.publish(header(message))
        saves.append(peer.save())
        remembered(memory)  # can be read at any moment
    assert peer.set(teach_frames=1) == ['']
    assert all(response.success for response in saves), saves
    assert saves[0].message == 'everything taught is on disk'
    assert set(taught()) == {OK}
    assert len(remembered(memory).samples) == samples + 60
    with DiskStore.open(memory, None) as store:
        assert len(store.versions()) == 20  # the last ones are kept


def test_vision_msgs_topics(vision_msgs, tmp_path):
    """With vision_msgs the typed topics say the same, the header identical, the rest latched."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    printed = tmp_path / 'listener.jsonl'
    environment = {**os.environ, **vision_msgs, 'ROS_DOMAIN_ID': str(domain)}

    def heard(kind):
        return [line for line in map(json.loads, printed.read_text().splitlines())
                if line['kind'] == kind]

    with NodeProcess(tmp_path, domain, memory=str(memory), environment=vision_msgs) as node, \
            Peer(domain) as peer:
        for label in ('red', 'blue'):
            peer.show(frame(picture(COLOURS[label])))
            assert peer.teach(label)[0].level == OK
        with open(printed, 'w') as out:  # a late joiner: what is latched must reach it
            listener = subprocess.Popen([sys.executable, '-c', LISTENER], env=environment,
                                        stdout=out, start_new_session=True)
        try:
            peer.until('~/label_info and ~/vision_info',
                       lambda: heard('label_info') and heard('vision_info'))
            assert heard('label_info')[-1]['names'] == {'0': 'red', '1': 'blue'}
            info = heard('vision_info')[-1]
            assert (info['version'], info['location']) == (2, str(memory))
            assert 'lateral' in info['method']
            peer.until('the first ~/classification', lambda: (
                peer.show(frame(picture(BLUE))) and heard('classification')))
            message = frame(picture(BLUE), frame_id='typed')
            answer = peer.show(message)
            stamp = message.header.stamp
            mine = peer.until('the ~/classification of the frame', lambda: [
                c for c in heard('classification')
                if c['header'] == [stamp.sec, stamp.nanosec, 'typed']])[0]
            assert [label for label, _ in mine['results']] == ['blue', 'red']
            assert [round(score, 4) for _, score in mine['results']] == [
                score for _, score in answer['ranked']]
            peer.show(frame(picture(GREEN)))
            assert peer.teach('green')[0].level == OK
            peer.until('the third label', lambda: heard('label_info')[-1]['names'].get('2'))
            peer.until('its version', lambda: [
                info['version'] for info in heard('vision_info')] == [2, 3])
            assert peer.counters()['vision_msgs'] == 'on'
        finally:
            listener.kill()
            listener.wait(timeout=WAIT)
        assert 'vision_msgs is not installed' not in node.log
        node.end()


def test_without_vision_msgs_the_rest_works_and_says_so(robot):
    """The log names the topics that are off, /diagnostics too; the answers were tested above."""
    if importlib.util.find_spec('vision_msgs') is not None:
        pytest.skip('vision_msgs is installed here')
    peer, _, node = robot
    assert 'vision_msgs is not installed: ~/classification, ~/label_info' in node.log
    assert peer.counters()['vision_msgs'] == 'not installed'
    assert 'classifier/classification' not in str(peer.node.get_topic_names_and_types())


def test_memory_of_another_setting_is_refused_by_name(robot, tmp_path):
    """A memory taught through another crop is never mixed in; the node says what to do."""
    _, memory, _ = robot
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(memory), crop=0.5) as node, \
            Peer(domain) as peer:
        said = node.wait_for_log('configure failed')
        assert 'was taught with crop 0.875, here it is 0.5' in said
        assert peer.state() == 'unconfigured'
        node.end()


@pytest.mark.parametrize('shift, said', [
    (7, 'configure failed: {memory} holds codes that mean something else here'),
    (None, '{memory} was begun before the crop was the same on every computer')])
def test_codes_of_another_computer_are_refused_or_remarked_on(tmp_path, shift, said):
    """A memory whose golden codes are others, and one of an earlier version, which has none."""
    fingerprint = Classifier().frame_encoder.fingerprint
    golden = np.frombuffer(base64.b64decode(fingerprint.pop('golden')), np.uint8)
    if shift:
        fingerprint['golden'] = base64.b64encode(np.roll(golden, shift).tobytes()).decode()
    with DiskStore.open(tmp_path / 'memory', fingerprint) as store:
        store.teach('mug', golden)
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=f'{tmp_path}/memory') as node, \
            Peer(domain) as peer:
        node.wait_for_log(said.format(memory=tmp_path / 'memory'))
        if shift:
            assert peer.state() == 'unconfigured'
        else:
            assert peer.show(frame(picture(BLUE)))['ranked'][0][0] == 'mug'
        node.end()
    with DiskStore.open(tmp_path / 'memory', fingerprint) as store:
        assert list(store.state.counts) == ['mug']


def test_soak_command(tmp_path):
    """A short run of soak.py with a silence in it: its table, its sums and its exit code."""
    done = subprocess.run(
        [sys.executable, str(ROOT / 'tools' / 'soak.py'), '--frames', '120', '--rate', '40',
         '--size', '160', '120', '--teach-every', '40', '--max-lost', '0.5'],
        check=False, capture_output=True, text=True, timeout=3 * WAIT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'sent 120 (1 bad)' in done.stdout
    assert 'samples 4 before, 4 after' in done.stdout
    assert '1 silences' in done.stdout
