# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The turntable camera as a process of its own, heard over DDS."""

import signal

import numpy as np
import pytest
from rcl_interfaces.msg import ParameterType, ParameterValue
from simulated_camera import end, pixels, start, viewer
from std_msgs.msg import String

from hybrid_snn_ros.sim import conditions, objects
from hybrid_snn_ros.sim.turntable import Turntable

pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')

SEED = 3


@pytest.fixture
def client():
    """Yield a node that hears the camera."""
    with viewer() as client:
        yield client


@pytest.fixture(scope='module')
def camera():
    """Yield a running camera on the duck's training views; it must end with 0 on SIGINT."""
    process = start('object:=duck', 'split:=train', 'width:=160', 'height:=120',
                    f'seed:={SEED}', 'rate:=20')
    yield process
    code, printed = end(process, signal.SIGINT)
    assert code == 0, printed
    assert 'Traceback' not in printed
    assert 'terminate' not in printed


def expected(view):
    """Draw, in this process, the view that a `~/view` message describes."""
    index = objects.index(view['object'])
    with Turntable() as table:
        return table.render(view['object'],
                            conditions.view(view['condition'], view['view'], SEED, index),
                            (160, 120))


def test_frames_carry_the_picture_that_their_view_describes(camera, client):
    frames = client.fresh(4)
    for image, view in frames:
        assert (image.encoding, image.width, image.height, image.step) == ('rgb8', 160, 120, 480)
        assert image.header.frame_id == 'camera'
        assert (view['object'], view['condition'], view['split']) == ('duck', 'varied', 'train')
        assert view['view'] in conditions.TRAIN_VIEWS
    assert np.array_equal(pixels(frames[-1][0]), expected(frames[-1][1]))
    assert client.showing == ['duck']
    assert client.splits == ['train']


def test_object_and_split_are_chosen_by_topic_while_frames_go_on(camera, client):
    client.until('the camera', lambda: client.showing and client.splits
                 and client.object.get_subscription_count()
                 and client.split.get_subscription_count())
    client.object.publish(String(data='Lego_Brick'))
    client.until('the lego brick', lambda: client.showing[-1] == 'lego brick')
    client.split.publish(String(data='test'))
    client.until('the test views', lambda: client.splits[-1] == 'test')
    frames = client.until("two frames of the brick's test views", lambda: [
        pair for pair in client.frames()
        if (pair[1]['object'], pair[1]['split']) == ('lego brick', 'test')][1:])
    image, view = frames[-1]
    assert view['view'] in conditions.TEST_VIEWS
    assert np.array_equal(pixels(image), expected(view))

    client.object.publish(String(data='lego brik'))
    assert {view['object'] for _, view in client.fresh(8)} == {'lego brick'}


def test_parameters_live_or_refused_with_a_sentence(camera, client):
    text = ParameterType.PARAMETER_STRING
    assert client.set_parameter(
        'object', ParameterValue(type=text, string_value='mug')).successful
    client.until('the mug', lambda: 'mug' in client.showing)
    refused = client.set_parameter('object', ParameterValue(type=text, string_value='mugg'))
    assert not refused.successful
    assert refused.reason == "object 'mugg' is not on the turntable: did you mean mug"
    whole = ParameterType.PARAMETER_INTEGER
    assert client.set_parameter(
        'rate', ParameterValue(type=whole, integer_value=10)).successful
    assert 'rate 0' in client.set_parameter(
        'rate', ParameterValue(type=whole, integer_value=0)).reason
    assert not client.set_parameter(
        'width', ParameterValue(type=whole, integer_value=640)).successful
    stamps = [s.sec + s.nanosec / 1e9 for s in (i.header.stamp for i, _ in client.fresh(8))]
    assert 0.05 < np.median(np.diff(stamps)) < 0.3


def test_other_encodings_hold_the_same_picture_and_two_signals_end_it(client):
    process = start('object:=mug', 'condition:=plain', 'encoding:=bgr8', 'width:=160',
                    'height:=120', 'reliable:=true', 'frame_id:=eye', 'loop_views:=false')
    try:
        image, view = client.until('a frame in bgr8', lambda: [
            pair for pair in client.frames() if pair[0].encoding == 'bgr8'])[-1]
    finally:
        code, printed = end(process, signal.SIGTERM, signal.SIGINT)
    assert code == 0, printed
    assert image.header.frame_id == 'eye'
    assert np.array_equal(pixels(image)[..., ::-1], expected(view))


def test_a_wrong_parameter_ends_the_start_with_one_sentence():
    code, printed = end(start('object:=ducky'))
    assert code == 1
    assert printed == "turntable_camera: object 'ducky' is not on the turntable: " \
                      'did you mean duck or husky\n'
