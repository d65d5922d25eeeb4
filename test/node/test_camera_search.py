# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Why no frame comes, by what a graph may hold: one sentence, and advice that leads to frames."""

import random
import re

import pytest

from hybrid_snn_ros.ros.camera_search import (
    COMPRESSED,
    RAW,
    reason,
    REMEDY,
    SUFFIX,
)
from hybrid_snn_ros.ros.graph import NAMELESS, Publication

NAMES = ('/image', '/image_raw', '/cam/image', '/cam/image_raw', '/camera/color/image_raw', '/a/b',
         '/usb_cam/image_raw', '/image/compressed', '/compressed', '/x/image_compressed')
OTHER = ('std_msgs/msg/String', 'sensor_msgs/msg/PointCloud2', 'sensor_msgs/msg/CameraInfo')


def never():
    raise AssertionError('the whole graph was asked where one topic told all')


def on(topic, kind, node='/driver'):
    return Publication(topic, kind, node)


def followed(advice, image, kind):
    """Return topic and type that a node listens to which was given an advice."""
    transport = re.findall(r'set image_transport to (\w+)', advice)
    rules = dict(re.findall(r'remap (\S+) to (\S+)', advice))
    kind = {'raw': RAW, 'compressed': COMPRESSED}[transport[0]] if transport else kind
    if 'image/compressed' in rules:
        return rules['image/compressed'], kind
    topic = rules.get('image', image)
    return topic + SUFFIX if kind == COMPRESSED else topic, kind


def test_whatever_else_is_published_the_advice_leads_to_frames():
    generator = random.Random(4)
    led = alone = 0
    for _ in range(3000):
        graph = sorted({on(generator.choice(NAMES) + generator.choice(('', '', SUFFIX)),
                           generator.choice((RAW, COMPRESSED, *OTHER)))
                        for _ in range(generator.choice((0, 1, 2, 3, 9)))})
        image, kind = generator.choice(NAMES), generator.choice((RAW, COMPRESSED))
        topic = image + SUFFIX if kind == COMPRESSED else image
        here = [found for found in graph if found.topic == topic]
        found = reason(topic, kind, here, lambda graph=graph: graph)
        assert '\n' not in found.text and len(found.text) < 500
        if any(each.kind == kind for each in here):
            assert 'nothing arrives' in found.text
            continue
        pictures = {(each.topic, each.kind) for each in graph if each.kind in (RAW, COMPRESSED)}
        assert found.absent == (not here)
        if not pictures:
            assert 'no one publishes any other image topic' in found.text
            alone += 1
            continue
        assert followed(found.text.split('to use the first, ')[-1], image, kind) in pictures
        led += 1
    assert led > 1000 and alone > 200


@pytest.mark.parametrize('nodes, words', [
    (['/driver'], '/driver publishes it, but nothing arrives'),
    (['/b', '/a', '/a'], '/a, /b publish it, but nothing arrives'),
    ([f'/n{i}' for i in range(9)], '/n0, /n1, /n2 and 6 more publish it'),
    ([NAMELESS], f'{NAMELESS} publishes it')])
def test_who_publishes_is_named(nodes, words):
    publishers = [on('/image', RAW, node) for node in nodes]
    found = reason('/image', RAW, publishers, never)
    assert words in found.text and 'ros2 topic hz /image' in found.text and not found.absent
    lost = reason('/image', RAW, publishers, never, 18)
    assert '(18 so far)' in lost.text and REMEDY in lost.text and lost.key != found.key
    assert lost.key == reason('/image', RAW, publishers, never, 19).key  # told once


def test_a_camera_of_the_right_type_counts_before_a_stranger_on_its_topic():
    both = [on('/image', 'std_msgs/msg/String', '/toy'), on('/image', RAW)]
    assert '/driver publishes it, but nothing arrives' in reason('/image', RAW, both, never).text


def test_compressed_depth_is_no_image():
    graph = [on('/cam/depth/compressedDepth', COMPRESSED), on('/cam/color', RAW)]
    text = reason('/cam/depth', RAW, [], lambda: graph).text
    assert 'the only image topic is /cam/color ' in text
    text = reason('/cam/depth', COMPRESSED, [], lambda: graph[:1]).text
    assert 'no one publishes any other image topic' in text


def test_of_many_topics_the_nearest_names_come_first():
    graph = [on(f'/zone{i}/depth', RAW) for i in range(40)] + [
        on('/camera/image_raw', RAW), on('/camera/image_raw', RAW, '/second'),
        on('/camera/image_rect', RAW)]
    text = reason('/camera/imge_raw', RAW, [], lambda: graph).text
    assert text.startswith(f'no one publishes it; image topics are /camera/image_raw ({RAW}), '
                           f'/camera/image_rect ({RAW}), /zone')
    assert ' and 39 more; to use the first, remap image to /camera/image_raw' in text
