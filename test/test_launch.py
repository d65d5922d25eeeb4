# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The launch files, started by the real ``ros2 launch``: every argument arrives, SIGINT ends with 0.

launch, launch_ros and ros2cli are not on PyPI: these tests run where a ROS installation (or a
colcon workspace with this package) is sourced, and skip elsewhere.
"""

import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip('launch_ros', reason='launch_ros is not installed (it comes with apt)')
pytest.importorskip('ros2launch', reason='ros2 launch is not installed (it comes with apt)')
ament = pytest.importorskip('ament_index_python')

try:
    ament.get_package_share_directory('hybrid_snn_ros')
except (LookupError, OSError):
    pytest.skip('hybrid_snn_ros is not in the ament index: colcon build and source it first',
                allow_module_level=True)


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, 'ROS_DOMAIN_ID': str(1 + os.getpid() % 100), 'PYTHONUNBUFFERED': '1',
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'HOME': str(tmp_path)}


class Launched:
    """A launch file started in a session of its own."""

    def __init__(self, environment, log, file, *arguments):
        self.log = log
        self._environment = environment
        with open(log, 'wb') as output:
            self._process = subprocess.Popen(
                [_ros2(), 'launch', 'hybrid_snn_ros', file, *arguments], env=environment,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def text(self):
        return self.log.read_text(errors='replace')

    def wait_for(self, words, seconds=30.0):
        end = time.monotonic() + seconds
        while words not in self.text():
            assert self._process.poll() is None and time.monotonic() < end, self.text()
            time.sleep(0.1)

    def ask(self, *words, wanted, seconds=40.0):
        """Run a ros2 command until its output holds what is wanted."""
        end = time.monotonic() + seconds
        output = ''
        while time.monotonic() < end:
            done = subprocess.run([_ros2(), *words], env=self._environment, timeout=30,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            output = done.stdout
            if wanted in output:
                return output
        raise AssertionError(f'{words}: no {wanted!r} in {output!r}\n{self.text()}')

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(15)
        finally:
            self.kill()

    def kill(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()


def _ros2():
    return os.path.join(os.path.dirname(sys.executable), 'ros2') if os.path.exists(
        os.path.join(os.path.dirname(sys.executable), 'ros2')) else 'ros2'


@pytest.fixture
def start(environment, tmp_path):
    started = []

    def launch(file, *arguments):
        started.append(Launched(environment, tmp_path / f'{len(started)}.log', file, *arguments))
        return started[-1]
    yield launch
    for one in started:
        one.kill()
    subprocess.run([_ros2(), 'daemon', 'stop'], env=environment, timeout=30, check=False,
                   stdout=subprocess.DEVNULL)


def test_every_argument_of_the_classifier_arrives(start, tmp_path):
    params = tmp_path / 'mine.yaml'
    params.write_text('/**:\n  ros__parameters:\n    top_k: 3\n    image_transport: raw\n'
                      '    autostart: true\n')
    launched = start(
        'classifier.launch.py', 'namespace:=cell', f'params_file:={params}',
        'image:=/front/image_raw', 'image_transport:=compressed', f'memory:={tmp_path}/known',
        'initial_memory:=none',
        'use_sim_time:=true', 'autostart:=false', 'log_level:=debug', 'dds_profile:=none')
    node = '/cell/classifier'
    for name, value in (('top_k', '3'), ('image_transport', 'compressed'),
                        ('memory', f'{tmp_path}/known'), ('use_sim_time', 'True'),
                        ('autostart', 'False')):
        launched.ask('param', 'get', node, name, wanted=value)
    launched.ask('lifecycle', 'get', node, wanted='unconfigured')
    launched.ask('lifecycle', 'set', node, 'configure', wanted='Transitioning successful')
    launched.ask('lifecycle', 'set', node, 'activate', wanted='Transitioning successful')
    launched.ask('node', 'info', node, wanted='/front/image_raw/compressed')
    assert '[DEBUG]' in launched.text()
    assert launched.interrupt() == 0, launched.text()
    assert 'process has finished cleanly' in launched.text()


def test_the_defaults_come_from_the_parameter_file(start):
    launched = start('classifier.launch.py')
    launched.ask('lifecycle', 'get', '/classifier', wanted='active')
    launched.ask('param', 'get', '/classifier', 'image_transport', wanted='raw')
    launched.ask('param', 'get', '/classifier', 'initial_memory', wanted='everyday.memory')
    launched.ask('topic', 'echo', '--once', '--full-length', '--qos-durability',
                 'transient_local', '--qos-reliability', 'reliable', '/classifier/labels',
                 'std_msgs/msg/String', wanted='accordion')
    assert launched.interrupt() == 0, launched.text()


def test_a_profile_is_handed_to_fast_dds(start, tmp_path):
    broken = tmp_path / 'broken.xml'
    broken.write_text('<profiles><nonsense/></profiles>')
    launched = start('classifier.launch.py', f'dds_profile:={broken}')
    launched.wait_for('XMLPARSER')  # Fast DDS complains of the file: so it was read
    launched.interrupt()


def test_the_demo_launches_camera_classifier_and_page(start):
    launched = start('demo.launch.py', 'namespace:=shop', 'object:=mug', 'condition:=plain',
                     'rate:=7.5')
    launched.ask('lifecycle', 'get', '/shop/classifier', wanted='active')
    for name, value in (('object', 'mug'), ('condition', 'plain'), ('rate', '7.5')):
        launched.ask('param', 'get', '/shop/turntable_camera', name, wanted=value)
    launched.ask('topic', 'echo', '--once', '/shop/classifier/label', 'std_msgs/msg/String',
                 wanted='unknown')
    launched.wait_for('the page is at http://127.0.0.1:')
    assert launched.interrupt() == 0, launched.text()
    assert launched.text().count('process has finished cleanly') == 3
