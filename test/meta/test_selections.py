# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The folders of tests are what they say, for ``make unit`` and for ``pytest -m``."""

import os
import subprocess
import sys

from checkout import ROOT

FOLDERS = ('unit', 'node', 'browser', 'meta')
NEED_ROS = ('node', 'browser')
# As on a computer where they are not installed: neither found nor imported.
ABSENT = ('rclpy', 'rcl_interfaces', 'sensor_msgs', 'std_msgs', 'std_srvs', 'diagnostic_msgs',
          'lifecycle_msgs', 'builtin_interfaces', 'rosgraph_msgs', 'selenium', 'websocket')


def collected(folder, *words):
    """Return (exit code, what pytest printed) of collecting all tests without ROS and browser."""
    (folder / 'without_ros.py').write_text(
        f'import sys\nsys.modules.update(dict.fromkeys({ABSENT!r}))\n')
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '--collect-only', '-q', '-p', 'without_ros', '-p',
         'no:cacheprovider', *words], cwd=ROOT, env={**os.environ, 'PYTHONPATH': path,
                                                     'PYTEST_ADDOPTS': ''},
        capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def folders(said):
    """Return the folders of the tests that were collected."""
    return {line.split('/')[1] for line in said.splitlines()
            if line.startswith('test/') and '::' in line}


def test_every_test_lies_in_a_folder_that_says_what_it_needs():
    files = list((ROOT / 'test').rglob('test_*.py'))
    assert {path.parent.relative_to(ROOT / 'test').as_posix() for path in files} == set(FOLDERS)
    assert len({path.name for path in files}) == len(files), 'one name, two files: pytest mixes up'


def test_without_ros_what_needs_it_is_skipped_and_the_rest_is_there(tmp_path):
    """Skipped as a whole file, by one sentence; no unit test is among them, and none fails."""
    code, said = collected(tmp_path)
    assert code == 0, said[-3000:]
    assert folders(said) == set(FOLDERS) - set(NEED_ROS)
    for name in NEED_ROS:
        files = len(list((ROOT / 'test' / name).glob('test_*.py')))
        assert f'SKIPPED [{files}]' in next(
            line for line in said.splitlines() if f'test/{name} needs rclpy' in line)


def test_a_marker_selects_a_folder(tmp_path):
    files = 'test/unit/test_wording.py', 'test/meta/test_selections.py'
    for name in ('unit', 'meta'):
        code, said = collected(tmp_path, '-m', name, *files)
        assert code == 0 and folders(said) == {name}, said
    nothing = ' and '.join(f'not {name}' for name in FOLDERS)
    assert collected(tmp_path, '-m', nothing, *files)[0] == 5  # no test is left
