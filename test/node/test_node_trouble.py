# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory in trouble, frozen, shared, flooded or large: frames are answered, nothing is lost."""

import contextlib
import json
import signal
import subprocess
import time

from camera_frames import BLUE, COLOURS, compressed, frame, GREEN, header, picture, RED
import cv2
from domains import fresh_domain
import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered, values, WAIT
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.contents import export, read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.files import FILE_NAME
from hybrid_snn_ros.memory.store import NewLesson


def _teach(peer, label, colour, seed=0):
    peer.show(frame(picture(colour, seed)))
    return peer.teach(label)[0]


def _listing(directory):
    """Return what a directory holds: {path: (size, time of the last change)}."""
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns)
            for path in directory.iterdir()}


def _refused(peer, reason):
    """A ~/teach is refused with a reason, /diagnostics is ERROR, frames are answered."""
    result = _teach(peer, 'lost', GREEN)
    assert (result.level, reason in result.message) == (ERROR, True), result
    status = peer.diagnosis()
    assert (status.level, status.message[:21]) == (ERROR, 'teaching is refused: ')
    assert reason in status.message
    assert peer.show(frame(picture(RED)))['label'] == 'red'


def _taught_again(peer, memory, label):
    """Teaching works, the disk holds the sample, /diagnostics is content."""
    assert _teach(peer, label, COLOURS[label]).level == OK
    assert label in remembered(memory).labels
    assert peer.diagnosis().level == OK
    assert peer.show(frame(picture(COLOURS[label])))['label'] == label


def test_every_acknowledged_change_outlives_kill_9(tmp_path):
    """The process is killed once the acknowledgement is heard; the version goes on rising."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    steps = [lambda peer: (_teach(peer, 'red', RED), _teach(peer, 'mug', BLUE)),
             lambda peer: (peer.trigger('undo'), peer.request('rename', 'red=cup')),
             lambda peer: peer.request('forget', 'cup')]
    kept = [(['red', 'mug'], 2), (['cup'], 4), ([], 5)]
    with Peer(domain) as peer:

        def begins_with(version):
            peer.until('the latched ~/labels of the new process', lambda: (
                peer.known and peer.known[-1]['database_version'] == version))

        for step, state, before in zip(steps, kept, (0, 2, 4)):
            with NodeProcess(tmp_path, domain, memory=str(memory)) as node:
                peer.show(frame(picture(GREEN)))
                begins_with(before)
                step(peer)
                node.signal(signal.SIGKILL)
                assert node.exit_code() == -signal.SIGKILL
            found = remembered(memory)
            assert (found.labels, found.version) == state
        with NodeProcess(tmp_path, domain, memory=str(memory)) as node:
            assert peer.show(frame(picture(RED)))['ranked'] == []
            begins_with(5)
            assert _teach(peer, 'red', RED).level == OK
            peer.until('the latched ~/labels', lambda: peer.known[-1]['database_version'] == 6)
            assert peer.known[-1]['labels'] == [{'label': 'red', 'samples': 1}]
            node.end()
        versions = [known['database_version'] for known in peer.known]
        assert versions == sorted(versions)


def test_a_frozen_robot_is_taught_nothing_and_writes_nothing(tmp_path):
    """Switched off while running, and from the start, in a directory that is there or is not."""
    domain, memory = fresh_domain(), tmp_path / 'memory'

    def refused_all(peer):
        peer.show(frame(picture(RED)))
        stamp = dict(zip(('sec', 'nanosec'), next(reversed(peer.answers))))
        for fields in ({'do': 'teach', 'label': 'cup'}, {'do': 'undo'}, {'do': 'rollback'},
                       {'do': 'teach', 'label': 'cup', 'stamp': stamp}, {'do': 'save'},
                       {'do': 'forget', 'label': 'red'},
                       {'do': 'rename', 'label': 'red', 'to': 'cup'}, {'do': 'redo'},
                       {'do': 'merge', 'label': 'red', 'to': 'cup'}):
            result = peer.command(**fields)
            assert (result.level, result.message) == (
                ERROR, 'learning is off (parameter learning)')
        for service in ('undo', 'redo', 'rollback', 'save'):
            assert not peer.trigger(service).success

    with Peer(domain) as peer:
        with NodeProcess(tmp_path, domain, memory=str(memory)) as node:
            assert _teach(peer, 'red', RED).level == OK
            assert peer.learning(False).success
            peer.until('the closing of the file', lambda: len(_listing(memory)) == 2)
            before = _listing(memory)
            refused_all(peer)
            node.end()
            assert _listing(memory) == before
        with NodeProcess(tmp_path, domain, memory=str(memory), learning=False) as node:
            refused_all(peer)
            assert peer.show(frame(picture(RED)))['label'] == 'red'
            assert peer.diagnosis().level == OK  # off is no trouble
            assert _listing(memory) == before
            assert peer.learning(True).success
            assert _teach(peer, 'blue', BLUE).level == OK
            node.end()
        assert remembered(memory).labels == ['red', 'blue']
        with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'none'), learning=False) as node:
            refused_all(peer)
            node.end()
        assert not (tmp_path / 'none').exists()


def test_two_nodes_on_a_directory_are_both_taught_and_know_the_same(tmp_path):
    """Half a second later; one that is killed leaves nothing that keeps the other from it."""
    memory, domains = tmp_path / 'memory', (fresh_domain(), fresh_domain())
    with NodeProcess(tmp_path, domains[0], memory=str(memory)) as first, \
            Peer(domains[0]) as peer, \
            NodeProcess(tmp_path, domains[1], memory=str(memory)) as second, \
            Peer(domains[1]) as other:
        assert _teach(peer, 'red', RED).level == OK
        _knows(other, ['red'])
        assert other.show(frame(picture(RED)))['label'] == 'red'
        assert _teach(other, 'green', GREEN).level == OK
        _knows(peer, ['red', 'green'])
        assert peer.show(frame(picture(GREEN)))['label'] == 'green'
        assert other.diagnosis().level == OK
        first.signal(signal.SIGKILL)
        assert first.exit_code() == -signal.SIGKILL
        _taught_again(other, memory, 'blue')
        assert remembered(memory).labels == ['red', 'green', 'blue']
        second.end()


def _knows(peer, labels):
    peer.until(f'the labels {labels}', lambda: peer.known and [
        pair['label'] for pair in peer.known[-1]['labels']] == labels)


def test_a_directory_that_cannot_be_had_and_one_that_vanishes(tmp_path):
    """From the start (its parent is a file), and while the node runs; both are got over."""
    domain, parent = fresh_domain(), tmp_path / 'parent'
    memory = parent / 'memory'
    parent.write_text('in the way')
    with NodeProcess(tmp_path, domain, memory=str(memory)) as node, Peer(domain) as peer:
        result = _teach(peer, 'red', RED)
        assert (result.level, 'Not a directory' in result.message) == (ERROR, True), result
        assert peer.diagnosis().level == ERROR
        parent.unlink()
        assert _teach(peer, 'red', RED).level == OK
        _taught_again(peer, memory, 'blue')
        memory.rename(tmp_path / 'elsewhere')
        _refused(peer, 'No such file or directory')
        (tmp_path / 'elsewhere').rename(memory)
        _taught_again(peer, memory, 'grey')
        assert remembered(memory).counts == {'red': 1, 'blue': 1, 'grey': 1}
        node.end()
    assert 'lost' not in remembered(memory).labels


@pytest.mark.parametrize('how', ['cp', 'cp -p', 'mv'])
def test_a_backup_in_the_place_of_the_file_is_what_is_known_then(tmp_path, how):
    """Without a restart: it is said, what was known is kept beside it, nothing is mixed."""
    domain, memory, backup = fresh_domain(), tmp_path / 'memory', tmp_path / 'backup'
    with Peer(domain) as peer, NodeProcess(tmp_path, domain, memory=str(memory)) as node:
        assert _teach(peer, 'red', RED).level == OK
        assert peer.save().success
        backup.write_bytes((memory / FILE_NAME).read_bytes())
        assert _teach(peer, 'green', GREEN).level == OK
        assert peer.save().success
        subprocess.run([*how.split(), backup, memory / FILE_NAME], check=True)
        said = node.wait_for_log('was put there by somebody else: nothing was saved')
        assert 'memory.before-1.db, which `hybrid-snn state import` takes' in said
        _knows(peer, ['red'])
        assert _teach(peer, 'blue', BLUE).level == OK
        assert remembered(memory).labels == ['red', 'blue']
        kept = read_store(memory / 'memory.before-1.db')
        assert kept.state.labels == ['red', 'green'] and not kept.problems
        node.end()
    assert remembered(memory).labels == ['red', 'blue']
    assert not read_store(memory).problems


@pytest.fixture
def small_disk(tmp_path):
    """Yield (directory, function of mount options) of a file system of 1 MB, if allowed."""
    place = tmp_path / 'disk'
    place.mkdir()

    def mount(options):
        return subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', str(place)],
                              check=False, capture_output=True).returncode == 0
    try:
        allowed = mount('size=1m')
    except OSError:
        allowed = False
    if not allowed:
        pytest.skip('file systems cannot be mounted here (needs root)')
    try:
        yield place, lambda options: mount(f'remount,{options}')
    finally:
        subprocess.run(['umount', '-l', str(place)], check=False)


def test_a_full_disk_and_a_read_only_one(tmp_path, small_disk):
    """Teaching is refused with the disk's reason and works again when the trouble is over."""
    place, remount = small_disk
    domain, memory = fresh_domain(), place / 'memory'
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0) as node, \
            Peer(domain) as peer:
        assert _teach(peer, 'red', RED).level == OK
        filling = place / 'filling'
        with contextlib.suppress(OSError), open(filling, 'wb', buffering=0) as file:
            while True:
                file.write(bytes(4096))
        # The last page of the log may have room for a few more samples.
        for number in range(8):
            result = _teach(peer, 'red', RED, 10 + number)
            if result.level == ERROR:
                break
        held = remembered(memory).counts
        _refused(peer, 'No space left on device')
        assert remembered(memory).counts == held
        filling.unlink()
        _taught_again(peer, memory, 'blue')
        node.end()

    assert remount('ro')
    with NodeProcess(tmp_path, domain, memory=str(memory)) as node, Peer(domain) as peer:
        assert peer.show(frame(picture(RED)))['label'] == 'red'  # known from a read-only disk
        _refused(peer, 'Read-only file system')
        assert remount('rw')
        _taught_again(peer, memory, 'grey')
        node.end()
    assert 'lost' not in remembered(memory).labels


def test_a_flood_of_requests_is_accounted_for_and_frames_are_answered(tmp_path):
    """2000 of them at once: each is done or refused under its id, the camera is looked at."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    sent = 2000
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0,
                     false_unknown=0.0) as node, \
            Peer(domain) as peer:
        for label in ('red', 'blue'):
            assert _teach(peer, label, COLOURS[label]).level == OK
        commands = peer.node.create_publisher(String, 'classifier/command', sent)
        peer.until('the subscription', commands.get_subscription_count)
        pictures = [picture(colour, seed) for seed in range(4) for colour in (RED, BLUE)]
        peer.answers.clear()
        peer.results.clear()
        shown, camera_at, asked = 0, time.monotonic(), 0
        heard, end = 0, time.monotonic() + WAIT

        def accounted():
            return {values(result)['id'] for result in peer.results}
        while len(peer.results) < sent:
            if len(peer.results) > heard:  # as long as it goes on
                heard, end = len(peer.results), time.monotonic() + WAIT
            assert time.monotonic() < end, (asked, len(peer.results))
            if time.monotonic() >= camera_at:
                peer.camera.publish(frame(pictures[shown % len(pictures)]))
                shown, camera_at = shown + 1, camera_at + 1 / 15
            for _ in range(10):
                # No more on the way than DDS keeps for a node, and for us, that get no time.
                if asked < min(sent, len(peer.results) + 900):
                    label = ('red', 'blue')[shown % 2]
                    commands.publish(String(data=json.dumps(
                        {'do': 'teach', 'label': label, 'id': str(asked)})))
                    asked += 1
            peer.executor.spin_once(timeout_sec=0.002)
        assert accounted() == {str(number) for number in range(sent)}
        levels = [result.level for result in peer.results]
        refused = {result.message for result in peer.results if result.level == ERROR}
        assert levels.count(OK) > 10
        assert all('too many requests wait' in text or 'that frame was taught as' in text
                   for text in refused), refused
        assert node.log.count('[WARN]') < 100  # one a second, at most
        assert len(peer.answers) >= min(shown // 4, 10)
        assert max(answer['latency_ms'] for answer in peer.answers.values()) < 5000
        assert peer.show(frame(picture(RED)))['label'] in ('red', 'blue')
        node.end()


def _large_memory(directory, labels=60, each=20):
    """Fill a memory with random codes, each learned the slow way: nothing repeats."""
    codes = np.random.default_rng(5).integers(0, 256, (labels * each, 1280), dtype=np.uint8)
    names = [f'object {number % labels}' for number in range(labels * each)]
    with DiskStore.open(directory, Classifier().frame_encoder.fingerprint) as store:
        store.teach_all([NewLesson(*lesson) for lesson in zip(names, codes)])


def test_frames_are_answered_and_more_is_taken_back_while_the_network_learns_anew(tmp_path):
    """
    /diagnostics shows how far it is; ~/undo need not wait; the end of the process neither.

    By the rule that cannot unlearn: the other one has done so before /diagnostics comes.
    """
    domain, memory = fresh_domain(), tmp_path / 'memory'
    _large_memory(memory)
    with NodeProcess(tmp_path, domain, memory=str(memory), rule='original') as node, \
            Peer(domain) as peer:
        peer.until('the start', peer.camera.get_subscription_count, 3 * WAIT)
        assert peer.show(frame(picture(RED)))['ranked'][0][0].startswith('object')
        peer.diagnosis()
        forgotten = 0
        # Each of these begins the learning anew, and none has to wait for the one before.
        while not peer.latest()['rebuilding'].endswith(' samples'):
            assert peer.request('forget', f'object {forgotten}').level == OK
            newest = str(max(remembered(memory).samples))
            assert peer.request('undo_sample', newest).level == OK
            forgotten += 1
            assert peer.show(frame(picture(RED)))['ranked']
            peer.spin(0.1)  # /diagnostics comes once a second
        assert len(remembered(memory).labels) == 60 - forgotten
        peer.ask('red')  # waits for the network, not for ever
        peer.until('the end of learning anew', lambda: (
            peer.show(frame(picture(RED))) and peer.results[-1].name == 'red'), 3 * WAIT)
        assert peer.results[-1].level == OK
        answer = peer.show(frame(picture(RED)))
        assert answer['label'] == 'red' and 'object 0' not in dict(answer['ranked'])
        assert peer.counters()['rebuilding'] == 'no'
        assert peer.request('forget', f'object {forgotten}').level == OK
        node.end()  # within seconds, though there is much to learn anew
    assert len(remembered(memory).labels) == 60 - forgotten


def test_with_a_queue_no_frame_of_a_burst_is_lost(tmp_path):
    """Fifty frames at once, each answered, the oldest first."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), frame_queue=100) as node, \
            Peer(domain) as peer:
        camera = peer.node.create_publisher(Image, 'image', 100)
        peer.until('the camera', camera.get_subscription_count)
        peer.show(frame(picture(RED)))
        message, stamps = frame(picture(RED, size=(48, 64))), []
        for _ in range(50):
            header(message)
            stamps.append((message.header.stamp.sec, message.header.stamp.nanosec))
            camera.publish(message)
        peer.until('fifty answers', lambda: set(stamps) <= peer.answers.keys())
        assert [stamp for stamp in peer.answers if stamp in set(stamps)] == stamps
        assert peer.counters()['dropped'] == '0'
        node.end()


def test_a_head_start_is_known_at_once_and_belongs_to_the_operator(tmp_path):
    """Labels of initial_memory are forgotten and renamed like others, and stay so."""
    domain, shipped = fresh_domain(), tmp_path / 'shipped.memory'
    with Peer(domain) as peer:
        with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'teacher')) as node:
            for label, colour in COLOURS.items():
                assert _teach(peer, label, colour).level == OK
            found = read_store(tmp_path / 'teacher')  # while the node runs
            export(found.state, found.head, shipped)
            node.end()
        memory = tmp_path / 'memory'
        with NodeProcess(tmp_path, domain, memory=str(memory),
                         initial_memory=str(shipped)) as node:
            assert peer.show(frame(picture(GREEN)))['label'] == 'green'
            assert peer.request('forget', 'blue').level == OK
            assert peer.request('rename', 'green=moss').level == OK
            assert _teach(peer, 'dark red', RED, 7).level == OK
            assert peer.show(frame(picture(RED, 7)))['label'] == 'dark red'
            node.end()
        kept = {'red': 1, 'moss': 1, 'grey': 1, 'dark red': 1}
        assert remembered(memory).counts == kept
        with NodeProcess(tmp_path, domain, memory=str(memory),
                         initial_memory=str(shipped)) as node:
            assert peer.show(frame(picture(GREEN)))['label'] == 'moss'
            assert remembered(memory).counts == kept
            node.end()
        whole = shipped.read_bytes()
        shipped.write_bytes(b'no memory')
        with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'third'),
                         initial_memory=str(shipped)) as node:
            assert 'shipped.memory is not a memory' in node.wait_for_log('configure failed')
            shipped.write_bytes(whole[:-9000])  # it would have begun with a half of it for ever
            assert not peer.change('configure')
            assert 'is damaged' in node.log or 'is not a memory' in node.log
            shipped.write_bytes(whole)
            assert peer.change('configure') and peer.change('activate')
            assert peer.show(frame(picture(GREEN)))['label'] == 'green'
            assert len(remembered(tmp_path / 'third').samples) == 4
            node.end()


def test_other_requests_are_answered_and_frames_taken_while_an_undo_waits(tmp_path):
    """The worker is busy with frames that take it long; the executor must not be."""
    domain = fresh_domain()
    large = cv2.imencode('.png', np.zeros((8000, 8000), np.uint8))[1].tobytes()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), frame_queue=100,
                     image_transport='compressed', min_change=0.0) as node, \
            Peer(domain, camera='image/compressed', camera_type=CompressedImage) as peer:
        for number in range(4):
            peer.show(compressed(cv2.imencode('.jpg', picture(RED, number))[1].tobytes(), 'jpeg'))
            assert peer.teach('red')[0].level == OK
        names = GetParameters.Request(names=['rule'])
        assert peer.call('get_parameters', GetParameters, names).values
        assert not peer.trigger('redo').success  # from now on both services know their client
        undo = peer.node.create_client(Trigger, 'classifier/undo')
        peer.until('service undo', undo.service_is_ready)
        peer.spin(0.5)
        answered = []  # requests while an undo waited
        for _ in range(4):
            before = int(peer.counters()['received'])
            peer.camera.publish(compressed(large, 'png'))
            peer.until('the large frame', lambda before=before: (
                int(peer.latest()['received']) > before), 3 * WAIT)
            peer.camera.publish(compressed(large, 'png'))
            waiting = undo.call_async(Trigger.Request())
            answered.append(0)
            while not waiting.done():
                peer.call('get_parameters', GetParameters, names)
                answered[-1] += 1
            assert waiting.result().success, waiting.result()
        # Held up, the executor would answer one of them at most before the undo.
        assert max(answered) > 3, answered
        node.end()


def test_a_service_that_waits_when_the_node_is_deactivated_is_answered(tmp_path):
    domain = fresh_domain()
    large = cv2.imencode('.png', np.zeros((8000, 8000), np.uint8))[1].tobytes()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), frame_queue=100,
                     image_transport='compressed') as node, \
            Peer(domain, camera='image/compressed', camera_type=CompressedImage) as peer:
        peer.show(compressed(cv2.imencode('.jpg', picture(RED))[1].tobytes(), 'jpeg'))
        assert peer.teach('red')[0].level == OK
        assert not peer.trigger('redo').success
        assert peer.trigger('save').success  # its service knows the client now
        assert peer.state() == 'active'
        for _ in range(2):
            peer.camera.publish(compressed(large, 'png'))
        save = peer._clients['save']
        asked = [save.call_async(Trigger.Request()) for _ in range(3)]
        assert [peer.state() for _ in range(9)] == 9 * ['active']  # they have come by now
        assert peer.change('deactivate')
        peer.until('the answers', lambda: all(one.done() for one in asked))
        assert all(one.result().success for one in asked)
        assert peer.change('activate')
        assert peer.trigger('undo').success
        node.end()
