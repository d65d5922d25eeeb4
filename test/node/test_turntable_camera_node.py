# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The turntable camera as a process of its own, heard over DDS."""

import json
import os
import signal
import subprocess
import sys
import time

from checkout import ROOT
from domains import fresh_domain
import numpy as np
import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String

from hybrid_snn_ros.sim import conditions, objects
from hybrid_snn_ros.sim.turntable import Turntable

pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')

DOMAIN = fresh_domain()
WAIT_S = 15.0
SEED = 3


def start(*parameters):
    """Start the camera's process with ROS parameters given as 'name:=value'."""
    environment = {**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN),
                   'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    given = [word for parameter in parameters for word in ('-p', parameter)]
    return subprocess.Popen(
        [sys.executable, '-m', 'hybrid_snn_ros.sim.camera_node', '--ros-args', *given],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(process, *signals):
    """Send signals to the camera and return (exit code, what it printed)."""
    for number in signals:
        process.send_signal(number)
        time.sleep(0.02)
    try:
        printed, _ = process.communicate(timeout=WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        printed, _ = process.communicate()
        pytest.fail(f'the camera did not end: {printed}')
    return process.returncode, printed


class Client:
    """A node of the test's own process that hears all the camera says."""

    def __init__(self, context):
        self.node = rclpy.create_node('viewer', context=context)
        self.executor = SingleThreadedExecutor(context=context)
        self.executor.add_node(self.node)
        self.images, self.views, self.showing, self.splits = [], {}, [], []
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        own = '/turntable_camera/'
        self.node.create_subscription(Image, 'image_raw', self.images.append,
                                      qos_profile_sensor_data)
        self.node.create_subscription(String, own + 'view', self._on_view, 50)
        self.node.create_subscription(String, own + 'showing',
                                      lambda m: self.showing.append(m.data), latched)
        self.node.create_subscription(String, own + 'view_split',
                                      lambda m: self.splits.append(m.data), latched)
        self.object = self.node.create_publisher(String, own + 'object', 10)
        self.split = self.node.create_publisher(String, own + 'split', 10)
        self.setter = self.node.create_client(SetParameters, own + 'set_parameters')

    def _on_view(self, message):
        view = json.loads(message.data)
        self.views[view['stamp_sec'], view['stamp_nanosec']] = view

    def frames(self):
        """Return the (image, view) pairs joined by stamp, oldest first."""
        pairs = [(image, self.views.get((image.header.stamp.sec, image.header.stamp.nanosec)))
                 for image in list(self.images)]
        return [pair for pair in pairs if pair[1] is not None]

    def until(self, what, condition):
        """Spin until condition() holds and return its value; fail after WAIT_S."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            self.executor.spin_once(timeout_sec=0.1)
        pytest.fail(f'waited {WAIT_S:.0f} s in vain for {what}')

    def fresh(self, count):
        """Return `count` frames that arrive from now on."""
        self.images.clear()
        return self.until(f'{count} frames',
                          lambda: len(self.frames()) >= count and self.frames()[:count])

    def set_parameter(self, name, value):
        """Set a parameter through the camera's service and return its result."""
        request = SetParameters.Request(parameters=[Parameter(name=name, value=value)])
        self.until('the parameter service', self.setter.service_is_ready)
        future = self.setter.call_async(request)
        self.until('the answer', future.done)
        return future.result().results[0]


@pytest.fixture(scope='module')
def context():
    """Yield an rclpy context on this process's domain, seen on this machine only."""
    patch = pytest.MonkeyPatch()
    patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    yield context
    context.try_shutdown()
    patch.undo()


@pytest.fixture
def client(context):
    """Yield a client."""
    client = Client(context)
    yield client
    client.executor.shutdown()
    client.node.destroy_node()


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


def pixels(image):
    """Return an rgb8 message's picture."""
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)


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


def test_other_encodings_hold_the_same_picture_and_two_signals_end_it(context, client):
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
