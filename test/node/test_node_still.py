# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The still gate over DDS: what is held, what is looked at again, what a held frame teaches."""

import json

from camera_frames import BLUE, compressed, frame, GREEN, header, picture, RED, stamp_of
import cv2
from domains import fresh_domain
from drawn_scenes import draw_scenes, scene
import numpy as np
import pytest
from ros_harness import NodeProcess, OK, Peer, remembered, values
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.codes import first_view


@pytest.fixture(scope='module')
def watching(tmp_path_factory):
    """A node that looks again after an hour, a peer, and the node's memory."""
    directory = tmp_path_factory.mktemp('still')
    domain = fresh_domain()
    with NodeProcess(directory, domain, memory=str(directory / 'memory'), held_for=3600.0,
                     min_change=0.0) as node, Peer(domain) as peer:
        random = np.random.default_rng(0)
        for label, colour in (('red', RED), ('blue', BLUE)) * 3:
            peer.show(seen(colour, random))
            assert peer.teach(label)[0].level == OK
        quiet(peer)
        yield peer, directory / 'memory'
        node.end()


def quiet(peer):
    """Wait until the network is consolidated: that, too, is a reason to look again."""
    peer.until('consolidation', lambda: peer.counters()['consolidated'] == 'yes')


def seen(colour, random, sigma=2):
    """Return a frame of one picture, with noise."""
    noise = random.normal(0, sigma, (240, 320, 3))
    return frame(np.clip(picture(colour) + noise, 0, 255).astype(np.uint8))


def stamp(message):
    return {'sec': message.header.stamp.sec, 'nanosec': message.header.stamp.nanosec}


def codes_taught(memory, number):
    return first_view(remembered(memory).samples[number].codes)


def test_what_stands_still_is_held_under_its_own_stamp(watching):
    """And what moves is answered at once, however often."""
    peer, _ = watching
    random, before = np.random.default_rng(1), peer.counters()
    for colour, label in ((RED, 'red'), (BLUE, 'blue'), (RED, 'red')):
        for number in range(5):
            message = seen(colour, random)
            answer = peer.show(message)
            assert answer['stamp'] == stamp(message)
            assert (answer['label'], answer['held']) == (label, number > 0)

    def told():  # counters are of now, the rest is made twice a second
        now = peer.counters()
        spared = int(now['held']) - int(now['looked_longer'])
        return now['energy_saved'].split()[-2:] == [str(spared), 'encodings'] and now
    after = peer.until('what these frames spared', told)
    assert int(after['held']) - int(before['held']) >= 12  # a lost answer is asked for again
    share = int(after['held']) / int(after['answered'])
    assert float(after['held_share']) == pytest.approx(share, abs=1e-3)
    each = float(after['energy_estimate'].split()[0])
    spared = int(after['held']) - int(after['looked_longer'])
    assert 0 < int(after['looked_longer']) < int(after['held'])  # two of each scene that stands
    assert float(after['energy_saved'].split()[0]) == pytest.approx(
        1e-3 * each * spared, abs=0.01)


def test_a_change_of_what_is_known_is_a_reason_to_look_again(watching):
    peer, _ = watching
    random = np.random.default_rng(2)

    def until_held():
        quiet(peer)
        peer.show(seen(GREEN, random))
        assert peer.show(seen(GREEN, random))['held']

    def looked():
        return not peer.show(seen(GREEN, random))['held']
    until_held()
    assert peer.teach('green')[0].level == OK
    assert looked()
    for topic, text in (('rename', json.dumps({'label': 'green', 'to': 'leaf'})),
                        ('command', json.dumps({'do': 'undo'})), ('forget', 'green'),
                        ('command', json.dumps({'do': 'undo'}))):
        until_held()
        if topic == 'rename':
            assert peer.command(do='rename', label='green', to='leaf').level == OK
        else:
            assert peer.request(topic, text).level == OK, topic
        assert looked(), topic
    assert peer.request('forget', 'green').level == OK


def test_a_held_frame_teaches_what_it_shows_itself(watching):
    """By its stamp, as the newest, and frame by frame; as another robot would without the gate."""
    peer, memory = watching
    random, encoder = np.random.default_rng(3), Classifier().frame_encoder
    quiet(peer)
    shown = [seen(RED, random, 3) for _ in range(6)]
    held = [peer.show(message)['held'] for message in shown]
    assert held[1:] == [True] * 5

    def own(message):
        rgb = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
        return encoder.encode_frame(rgb).codes
    # Noise is seen, though it is held: these are four different lessons.
    assert len({own(message).tobytes() for message in shown}) == 6
    for message in (shown[2], shown[4], shown[1]):
        result = peer.command(do='teach', label='red', stamp=stamp(message))
        assert (result.level, values(result)['stamp']) == (OK, stamp_of(message))
        assert np.array_equal(codes_taught(memory, int(values(result)['sample'])), own(message))
    once_more = peer.command(do='teach', label='red', stamp=stamp(shown[4]))
    assert (once_more.level, 'already' in once_more.message) == (OK, True)
    quiet(peer)
    peer.show(seen(RED, random))
    newest = seen(RED, random)
    assert peer.show(newest)['held']
    result, = peer.teach('red')
    assert np.array_equal(codes_taught(memory, int(values(result)['sample'])), own(newest))
    assert peer.set(teach_frames=4) == ['']
    before, sent = len(peer.results), {}
    quiet(peer)
    peer.show(seen(BLUE, random))
    peer.ask('blue')
    while len(peer.results) < before + 4:
        message = seen(BLUE, random)
        sent[stamp_of(message)] = message
        peer.show(message)
    for result in peer.results[before + 1:]:
        said = values(result)
        assert np.array_equal(codes_taught(memory, int(said['sample'])), own(sent[said['stamp']]))
    assert peer.set(teach_frames=1) == ['']


def test_stamps_that_jump_back_are_another_scene(watching):
    peer, _ = watching
    quiet(peer)
    message = frame(picture(GREEN))
    peer.show(message)
    assert peer.show(header(frame(picture(GREEN))))['held']
    earlier = frame(picture(GREEN))
    earlier.header.stamp.sec -= 1000
    assert not peer.show(earlier)['held']


def test_jpegs_are_held_too(tmp_path):
    domain, random = fresh_domain(), np.random.default_rng(5)
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'),
                     image_transport='compressed') as node, \
            Peer(domain, camera='image/compressed', camera_type=CompressedImage) as peer:
        def jpeg(colour):
            noisy = np.clip(picture(colour, 3) + random.normal(0, 2, (240, 320, 3)), 0, 255)
            return compressed(cv2.imencode('.jpg', noisy.astype(np.uint8))[1].tobytes(), 'jpeg')
        held = [peer.show(jpeg(colour))['held'] for colour in (RED, RED, RED, BLUE, BLUE)]
        assert held == [False, True, True, False, True]
        node.end()


def test_things_are_found_in_every_frame(tmp_path):
    """With where: on, also in those whose own answer is held: what lies around may have moved."""
    domain, things = fresh_domain(), []
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), where='on',
                     held_for=3600.0) as node, Peer(domain) as peer:
        peer.node.create_subscription(
            String, 'classifier/things', lambda m: things.append(json.loads(m.data)), 50)
        draw_scenes(peer, 3)
        quiet(peer)
        rgb, _ = scene(4)
        shown = [frame(rgb) for _ in range(4)]
        for place, message in enumerate(shown):
            header(message)
            assert peer.show(message)['held'] == (place > 0)
            found = peer.until('~/things', lambda message=message: [
                one for one in things if one['stamp'] == stamp(message)])[0]
            assert found['by'] == 'where'
        node.end()
