# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The vision_msgs overlay builds once and carries real messages between two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from domains import fresh_domain
import pytest
import vision_msgs_overlay as overlay

SECONDS = 30
# Computed by the rosidl generators from the definitions of ros-perception/vision_msgs, branch
# ros2, all 16 messages: what a robot with the real package announces.
UPSTREAM_HASHES = {
    'ObjectHypothesis': '51da43cec11c01957a64d1e05a24acd18aae7745ec30b74348ad5f6d634f7f90',
    'Classification': 'f74db28d0eaef3afb78f48bf2161cd709a1383a0309d3454383b25be11345143',
    'VisionClass': '1e4a11f0fed50b5623cb8ff26ca0e37952a48a9c074d16f804b44e9164c2037a',
    'LabelInfo': '3d37df4015cdf660cc851c51897f2acd957e1ca6205ba0a99aebffb9406b0783',
    'VisionInfo': '95d3116a17484ad91c9a2686e1d54890bbfc3ff6c6a2de137738c4950d45d284',
    'ObjectHypothesisWithPose':
        '41c12344c0396c48b81df12467c192d99b2a0eb1463c5c37194e4223251c80bc',
    'Point2D': 'eab0e83f44ab4de92ceaf76dd7d0e7638f2bdd1d16ffbe16c7a136c48e407247',
    'Pose2D': 'b0b5d1d7b4c20dd4fcde3ed1d4b289a919290572007d67a97043814db25d3648',
    'BoundingBox2D': '008eacbb0cf8f26e83795547bed013eec3675485ef386ec056d80eaaf1c1ce2f',
    'Detection2D': '0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea',
    'Detection2DArray': '214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
}

TALKER = f"""
import time, rclpy
from vision_msgs.msg import Classification, ObjectHypothesis
rclpy.init()
node = rclpy.create_node('talker')
publisher = node.create_publisher(Classification, 'classification', 1)
message = Classification()
message.header.frame_id = 'camera'
message.header.stamp.sec = 12
message.header.stamp.nanosec = 345
message.results = [ObjectHypothesis(class_id='mug', score=0.75),
                   ObjectHypothesis(class_id='Tüte', score=0.125)]
end = time.monotonic() + {SECONDS}
while time.monotonic() < end:
    publisher.publish(message)
    time.sleep(0.1)
"""

LISTENER = f"""
import json, time, rclpy
from vision_msgs.msg import Classification
rclpy.init()
node = rclpy.create_node('listener')
got = []
node.create_subscription(Classification, 'classification', got.append, 1)
end = time.monotonic() + {SECONDS}
while time.monotonic() < end and not got:
    rclpy.spin_once(node, timeout_sec=0.1)
header = got[0].header
talker, = node.get_publishers_info_by_topic('classification')
print(json.dumps({{
    'header': [header.frame_id, header.stamp.sec, header.stamp.nanosec],
    'results': [[result.class_id, result.score] for result in got[0].results],
    'type': talker.topic_type, 'hash': str(talker.topic_type_hash)}}))
node.destroy_node()
rclpy.shutdown()
"""


@pytest.fixture(scope='module')
def prefix(tmp_path_factory):
    """Return a freshly built overlay, or skip where it cannot be built."""
    if (problem := overlay.missing_tools()) is not None:
        pytest.skip(problem)
    return overlay.build(tmp_path_factory.mktemp('ros') / 'overlay')


def test_classification_travels_between_two_processes(prefix):
    """Another process receives the exact values, under the real type name and hash."""
    env = {**os.environ, **overlay.environment(prefix),
           'ROS_DOMAIN_ID': str(fresh_domain()),
           'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    talker = subprocess.Popen([sys.executable, '-c', TALKER], env=env)
    try:
        listener = subprocess.run([sys.executable, '-c', LISTENER], env=env, check=False,
                                  text=True, capture_output=True, timeout=2 * SECONDS)
    finally:
        talker.kill()
        talker.wait(timeout=SECONDS)
    assert listener.returncode == 0, listener.stderr
    seen = json.loads(listener.stdout)
    assert seen['header'] == ['camera', 12, 345]
    assert seen['results'] == [['mug', 0.75], ['Tüte', 0.125]]
    assert seen['type'] == 'vision_msgs/msg/Classification'
    assert UPSTREAM_HASHES['Classification'] in seen['hash'].lower()


@pytest.mark.parametrize('name', UPSTREAM_HASHES)
def test_type_hash_is_that_of_the_real_package(prefix, name):
    """The field tables are those of the published package, to the order of the fields."""
    described = prefix / 'share' / 'vision_msgs' / 'msg' / f'{name}.json'
    hashes = {entry['type_name']: entry['hash_string']
              for entry in json.loads(described.read_text())['type_hashes']}
    assert hashes[f'vision_msgs/msg/{name}'] == f'RIHS01_{UPSTREAM_HASHES[name]}'


def test_all_messages_have_type_support(prefix):
    """Each message can be made and serialised with the libraries of the overlay."""
    code = ('from rclpy.serialization import deserialize_message, serialize_message\n'
            'import vision_msgs.msg as msg\n'
            f'for name in {list(overlay.MESSAGES)}:\n'
            '    kind = getattr(msg, name)\n'
            '    assert deserialize_message(serialize_message(kind()), kind) == kind(), name\n')
    done = subprocess.run([sys.executable, '-c', code], check=False, text=True,
                          capture_output=True, timeout=SECONDS,
                          env={**os.environ, **overlay.environment(prefix)})
    assert done.returncode == 0, done.stderr


def test_second_build_leaves_the_overlay_alone(prefix):
    """An up-to-date overlay is not built again."""
    library = prefix / 'lib' / 'libvision_msgs__rosidl_generator_c.so'
    before = library.stat()
    assert overlay.build(prefix) == prefix
    after = library.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in prefix.parent.iterdir()] == [prefix.name]


def test_foreign_folder_is_refused(prefix, tmp_path):
    """A folder which holds something else is neither replaced nor emptied."""
    (tmp_path / 'letter.txt').write_text('mine')
    with pytest.raises(RuntimeError, match='left alone'):
        overlay.build(tmp_path)
    assert (tmp_path / 'letter.txt').read_text() == 'mine'


def test_missing_compiler_is_named(monkeypatch, tmp_path):
    """Without a compiler the reason is one sentence that names it."""
    monkeypatch.setenv('PATH', str(tmp_path))
    assert overlay.missing_tools() == 'The vision_msgs overlay needs gcc, which is not on PATH.'


def test_environment_extends_the_given_one(tmp_path):
    """The overlay comes first and nothing that was set is lost."""
    base = {'LD_LIBRARY_PATH': '/ros/lib', 'PYTHONPATH': '/mine', 'AMENT_PREFIX_PATH': '/ros'}
    added = overlay.environment(tmp_path, base)
    assert added['LD_LIBRARY_PATH'] == f'{tmp_path}/lib:/ros/lib'
    assert added['AMENT_PREFIX_PATH'] == f'{tmp_path}:/ros'
    assert added['PYTHONPATH'].endswith('site-packages:/mine')
    assert set(added) == set(base)
