# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames of every kind over DDS: encodings, padding, sizes, compressed ones, and drawn ones."""

from array import array
import struct

from camera_frames import BLUE, COLOURS, compressed, frame, GREEN, header, picture, RED
import cv2
from domains import fresh_domain
from encoded_frames import encode, GREY, pad
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from ros_harness import NodeProcess, OK, Peer
from sensor_msgs.msg import CompressedImage, Image

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.vision import frames


def encoded(encoding, rgb, padding):
    """Return sensor_msgs/Image of a picture in any encoding, rows padded with junk."""
    step, data = pad(encoding, encode(encoding, rgb), padding)
    height, width = rgb.shape[:2]
    return header(Image(height=height, width=width, encoding=encoding, step=step,
                        data=array('B', data)))


@pytest.mark.parametrize('padding', [0, 12])
@pytest.mark.parametrize('encoding', frames.ENCODINGS)
def test_colours_of_every_encoding_are_told_apart(robot, encoding, padding):
    """The taught pictures differ in colour alone: wrong channels give a wrong name."""
    peer, _, _ = robot
    for label in ('grey',) if encoding in GREY else ('red', 'blue', 'green'):
        message = encoded(encoding, picture(COLOURS[label]), padding)
        assert peer.show(message)['label'] == label


def test_frames_of_two_sizes_in_turn(robot):
    """Every frame is taken at its own size, from 640x480 down to a few pixels."""
    peer, _, _ = robot
    for _ in range(3):
        assert peer.show(frame(picture(RED, size=(480, 640))))['label'] == 'red'
        assert peer.show(frame(picture(BLUE, size=(240, 320))))['label'] == 'blue'
    assert peer.show(frame(picture(RED, size=(3, 2))))['ranked']


def test_compressed_frames(tmp_path):
    """In colour, by their content, whatever format says; what is no whole picture is refused."""
    domain = fresh_domain()

    def pack(colour, suffix):
        bgr = np.ascontiguousarray(picture(colour)[..., ::-1])
        done, content = cv2.imencode(suffix, bgr)
        assert done
        return content.tobytes()

    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'),
                     image_transport='compressed') as node, \
            Peer(domain, camera='image/compressed', camera_type=CompressedImage) as peer:
        for label in ('red', 'blue'):
            peer.show(compressed(pack(COLOURS[label], '.png'), 'rgb8; png compressed bgr8'))
            assert peer.teach(label)[0].level == OK
        for format_, suffix in (('jpeg', '.jpg'), ('png', '.png'),
                                ('bgr8; jpeg compressed bgr8', '.jpg'), ('', '.png'),
                                ('rgb8; jpeg compressed; bgr8', '.jpg'), ('bgr8', '.jpg'),
                                ('theora', '.jpg'), ('jpeg; quality=90', '.webp'),
                                ('webp', '.webp'), ('jpeg', '.bmp')):
            for label in ('blue', 'red'):
                message = compressed(pack(COLOURS[label], suffix), format_)
                assert peer.show(message)['label'] == label
        whole = pack(RED, '.jpg')
        for content, said in ((whole[:len(whole) // 2], 'cut short'), (b'', 'empty'),
                              (b'\0\0\0\1\x67' + whole, 'a packet of H.264 or H.265 video'),
                              (bytes(12) + pack(RED, '.png'), 'depth of the transport')):
            refused = int(peer.counters()['refused'])

            def told(content=content, refused=refused):
                peer.camera.publish(compressed(content, 'jpeg'))
                counters = peer.counters()
                return int(counters['refused']) > refused and counters['last_refusal']
            assert said in peer.until(said, told)
        assert peer.show(compressed(whole, 'jpeg'))['label'] == 'red'
        node.end()



def test_a_frame_is_taught_as_the_file_of_the_same_bytes_is(tmp_path):
    """Turned, reduced and plain pictures of every format, over DDS and from a folder."""
    draw, contents = np.random.default_rng(4), {}
    for noted, (suffix, size) in zip((6, 3, 8, 1), (('.jpg', (960, 1280)), ('.jpg', (200, 300)),
                                                    ('.png', (240, 320)), ('.webp', (240, 320)))):
        rgb = cv2.resize(draw.integers(0, 256, (6, 8, 3), np.uint8), size[::-1])
        content = cv2.imencode(suffix, rgb)[1].tobytes()
        if suffix == '.jpg':
            exif = b'Exif\0\0MM\0*' + struct.pack('>IHHHIHHI', 8, 1, 0x112, 3, 1, noted, 0, 0)
            segment = b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif
            content = content[:2] + segment + content[2:]
        contents[f'{noted}{suffix}'] = content
    (tmp_path / 'pictures' / 'thing').mkdir(parents=True)
    for name, content in contents.items():
        (tmp_path / 'pictures' / 'thing' / name).write_bytes(content)
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'live'), crop=0.7, min_change=0.0,
                     image_transport='compressed') as node, \
            Peer(domain, camera='image/compressed', camera_type=CompressedImage) as peer:
        for name, content in contents.items():
            message = compressed(content, name.rpartition('.')[2])
            peer.show(message)
            assert peer.teach('thing')[0].level == OK
        node.end()
    assert main(['teach', str(tmp_path / 'pictures'), '-m', str(tmp_path / 'filed'),
                 '--crop', '0.7']) == 0
    live, filed = ({sample.codes.tobytes() for sample in read_store(tmp_path / name).state
                    .samples.values()} for name in ('live', 'filed'))
    assert len(live) == len(contents) and live == filed


def test_annotated_has_the_size_of_the_frame(robot):
    """The picture is the frame with writing on it, under the frame's own header."""
    peer, _, _ = robot
    rgb = picture(GREEN, size=(720, 1280))
    message = frame(rgb[..., ::-1], 'bgr8', padding=8, frame_id='annotated')
    drawn = []

    def show_another():
        message.header.stamp.nanosec = (message.header.stamp.nanosec + 1) % 10**9
        peer.show(message)
        return drawn
    subscription = peer.node.create_subscription(
        Image, 'classifier/annotated', drawn.append, qos_profile_sensor_data)
    try:
        peer.until('~/annotated', show_another)
    finally:
        peer.node.destroy_subscription(subscription)
    image = drawn[-1]
    assert image.header.frame_id == 'annotated'
    assert (image.height, image.width, image.encoding, image.step) == (720, 1280, 'rgb8', 3840)
    same = (np.frombuffer(image.data, np.uint8).reshape(rgb.shape) == rgb).all(axis=2)
    assert 0.5 < same.mean() < 1.0
