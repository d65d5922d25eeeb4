# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera as a process of its own, and a node that hears all it says."""

import contextlib
import json
import os
import subprocess
import sys
import time

from checkout import ROOT
from domains import fresh_domain
import numpy as np
import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String

DOMAIN = fresh_domain()
WAIT_S = 60.0


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
        self.setter_of_all = self.node.create_client(
            SetParametersAtomically, own + 'set_parameters_atomically')

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
        return self._called(self.setter, request).results[0]

    def set_whole_numbers(self, **values):
        """Set parameters at once and return the result."""
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name=name, value=ParameterValue(
                type=ParameterType.PARAMETER_INTEGER, integer_value=value))
            for name, value in values.items()])
        return self._called(self.setter_of_all, request).result

    def _called(self, service, request):
        self.until('the parameter service', service.service_is_ready)
        future = service.call_async(request)
        self.until('the answer', future.done)
        return future.result()


def pixels(image):
    """Return an rgb8 message's picture."""
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)


@contextlib.contextmanager
def viewer():
    """Yield a Client in a context of its own, seen on this machine only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        context = rclpy.Context()
        rclpy.init(context=context, domain_id=DOMAIN)
    client = Client(context)
    try:
        yield client
    finally:
        client.executor.shutdown()
        client.node.destroy_node()
        context.try_shutdown()
