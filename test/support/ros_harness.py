# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The real node as a process of its own, and a peer that talks to it over DDS.

Every wait is bounded, and every process is ended.
"""

import json
import os
from pathlib import Path
from signal import SIGINT
import subprocess
import sys
import time

from checkout import ROOT
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.files import FILE_NAME
from hybrid_snn_ros.memory.state import StoreState

WAIT = 20.0  # seconds; far more than anything takes, since the machine may be busy
STOP = 5.0  # seconds within which the node must have ended after a signal
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

# Read when the process makes its first DDS participant; children inherit them.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
os.environ['FASTDDS_DEFAULT_PROFILES_FILE'] = str(ROOT / 'config' / 'fastdds.xml')


def remembered(memory):
    """Return the StoreState that a memory holds on disk now, also while a node writes there."""
    return read_store(memory).state if (memory / FILE_NAME).exists() else StoreState()


def values(result):
    """Return the values of a DiagnosticStatus as a dict of texts."""
    return {pair.key: pair.value for pair in result.values}


class NodeProcess:
    """The classifier node in a process; a context manager that leaves nothing behind."""

    started = []  # all of this run, for the logs of a failed test

    def __init__(self, directory, domain, *arguments, environment=None,
                 program=('-m', 'hybrid_snn_ros.ros.main'), **parameters):
        """
        Start the node.

        :param directory: Path for the log file.
        :param arguments: further words after --ros-args.
        :param environment: variables to set besides those of this process.
        :param program: words for Python that run the node.
        :param parameters: ROS parameters; values are written as YAML (JSON is a part of it). Where
            nothing else is said the classifier judges every frame alone.
        """
        if program[-1] == 'hybrid_snn_ros.ros.main':  # pictures that have nothing in common
            parameters = {'smoothing': 1, **parameters}
        words = [*arguments]
        for name, value in parameters.items():
            words += ['-p', f'{name}:={json.dumps(value)}']
        self.log_path = directory / f'node{len(self.started)}.log'
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(
                [sys.executable, *program, '--ros-args', *words],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, 'ROS_DOMAIN_ID': str(domain), 'PYTHONUNBUFFERED': '1',
                     'ROS_LOG_DIR': str(directory), **(environment or {})})
        self.started.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=WAIT)

    @property
    def log(self):
        """What the node has printed so far."""
        return self.log_path.read_text(errors='replace')

    def wait_for_log(self, text, seconds=WAIT):
        """Wait until the node has printed a text and return the log."""
        end = time.monotonic() + seconds
        while text not in self.log:
            assert self.process.poll() is None, f'the node ended: {self.log}'
            assert time.monotonic() < end, f'{text!r} not said in {seconds} s: {self.log}'
            time.sleep(0.02)
        return self.log

    def signal(self, *numbers):
        """Send signals, 30 ms apart."""
        for number in numbers:
            self.process.send_signal(number)
            time.sleep(0.03)

    def catches(self, number):
        """Tell whether the process has a handler of its own for a signal by now."""
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        caught = int(status.split('SigCgt:')[1].split()[0], 16)
        return bool(caught >> number - 1 & 1)

    def exit_code(self, seconds=STOP):
        """Wait for the end of the process and return its exit code."""
        return self.process.wait(timeout=seconds)

    def end(self, number=SIGINT, seconds=STOP):
        """End the node the usual way; it must do so cleanly."""
        self.signal(number)
        assert self.exit_code(seconds) == 0, self.log
        assert 'Traceback' not in self.log, self.log


class Peer:
    """A node of the test's process: camera, operator, lifecycle manager and listener in one."""

    def __init__(self, domain, node='classifier', camera='image', camera_type=Image):
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node('peer', context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.name = node
        self.said, self.results, self.known, self.diagnostics = [], [], [], []
        self.answers = {}  # (sec, nanosec) -> answer
        self.camera = self.node.create_publisher(camera_type, camera, 5)
        self.teacher = self.node.create_publisher(String, f'{node}/teach', 100)
        self.node.create_subscription(
            String, f'{node}/label', lambda m: self.said.append(m.data), 1000)
        self.node.create_subscription(
            DiagnosticStatus, f'{node}/teach_result', self.results.append, 1000)
        self.node.create_subscription(
            String, f'{node}/labels', lambda m: self.known.append(json.loads(m.data)), LATCHED)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self.diagnostics.append, 10)
        # Discovery tells of subscriptions in their order: an answer here means that all work.
        self.node.create_subscription(String, f'{node}/answer', self._on_answer, 1000)
        self._clients = {}
        self._publishers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()

    def _on_answer(self, message):
        answer = json.loads(message.data)
        self.answers[answer['stamp']['sec'], answer['stamp']['nanosec']] = answer

    def spin(self, seconds):
        """Listen for a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.executor.spin_once(timeout_sec=left)

    def until(self, what, condition, seconds=WAIT):
        """Listen until condition() is true and return its value; fail after a time."""
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, f'waited {seconds} s in vain for {what}'
            self.executor.spin_once(timeout_sec=0.05)
        return value

    def show(self, message, seconds=WAIT):
        """Send a frame (again while nothing comes: best effort) and return the answer to it."""
        stamp = message.header.stamp.sec, message.header.stamp.nanosec
        end = time.monotonic() + seconds
        while stamp not in self.answers:
            assert time.monotonic() < end, f'no answer to a frame in {seconds} s'
            self.camera.publish(message)
            once_more = time.monotonic() + 0.2
            while stamp not in self.answers and time.monotonic() < once_more:
                self.executor.spin_once(timeout_sec=0.05)
        return self.answers[stamp]

    def ask(self, label):
        """Send a ~/teach; to be delivered for certain, the node must have been discovered."""
        self.until('the subscription of ~/teach', self.teacher.get_subscription_count)
        self.teacher.publish(label if isinstance(label, bytes) else String(data=label))

    def teach(self, label, results=1, seconds=WAIT):
        """Send a ~/teach and return the next acknowledgements or refusals."""
        before = len(self.results)
        self.ask(label)
        self.until(f'{results} results of teaching {label!r}',
                   lambda: len(self.results) >= before + results, seconds)
        return self.results[before:]

    def send(self, topic, text):
        """Send a text to a topic of the node, once the node listens there."""
        publisher = self._publishers.get(topic) or self._publishers.setdefault(
            topic, self.node.create_publisher(String, f'{self.name}/{topic}', 100))
        self.until(f'the subscription of ~/{topic}', publisher.get_subscription_count)
        publisher.publish(String(data=text))

    def request(self, topic, text):
        """Send a text to a topic of the node and return what ~/teach_result says next."""
        before = len(self.results)
        self.send(topic, text)
        return self.until(f'the result of {text[:80]!r}', lambda: self.results[before:])[0]

    def command(self, **fields):
        """Send a ~/command and return what ~/teach_result says next."""
        return self.request('command', json.dumps(fields))

    def trigger(self, service):
        """Call a service of type std_srvs/Trigger and return its response."""
        return self.call(service, Trigger, Trigger.Request())

    def counters(self):
        """Return the values of a /diagnostics message made from now on."""
        return values(self.diagnosis())

    def latest(self):
        """Return the values of the last /diagnostics message heard, if there is one."""
        return self.diagnostics and values(self.diagnostics[-1].status[0])

    def diagnosis(self):
        """Return the DiagnosticStatus of a /diagnostics message of the node, made from now on."""
        now = divmod(time.time_ns(), 10**9)
        name = f"/{self.name.strip('/')}:"
        return self.until('/diagnostics', lambda: [
            array.status[0] for array in self.diagnostics
            if (array.header.stamp.sec, array.header.stamp.nanosec) > now
            and array.status[0].name.startswith(name)])[0]

    def call(self, service, kind, request):
        """Call a service of the node and return its response."""
        client = self._clients.get(service)
        if client is None:
            client = self.node.create_client(kind, f'{self.name}/{service}')
            self._clients[service] = client
            self.until(f'service {service}', client.service_is_ready)
            # The client knows the service now, the service not yet the client: Jazzy then drops
            # the response ("client will not receive response"), and no one repeats it.
            self.spin(0.5)
        self.until(f'service {service}', client.service_is_ready)
        future = client.call_async(request)
        self.until(f'the response of {service}', future.done)
        return future.result()

    def set(self, **values):
        """Set parameters and return the reasons of refusal, '' where one was taken."""
        request = SetParameters.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()])
        results = self.call('set_parameters', SetParameters, request).results
        assert all(result.successful != bool(result.reason) for result in results), results
        return [result.reason for result in results]

    def change(self, transition):
        """Ask for a lifecycle transition by its name and tell whether it succeeded."""
        request = ChangeState.Request()
        request.transition.label = transition
        return self.call('change_state', ChangeState, request).success

    def state(self):
        """Return the node's lifecycle state by name."""
        return self.call('get_state', GetState, GetState.Request()).current_state.label

    def learning(self, on):
        """Switch ~/learning and return the response."""
        return self.call('learning', SetBool, SetBool.Request(data=on))

    def save(self):
        """Call ~/save and return the response."""
        return self.trigger('save')
