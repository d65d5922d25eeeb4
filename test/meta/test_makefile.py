# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``make`` where PyPI has no wheels of rclpy and PyBullet: what would be run, on which machine."""

import os
import shutil
import subprocess

from checkout import ROOT
import pytest

pytestmark = pytest.mark.skipif(shutil.which('make') is None, reason='make is not installed')


@pytest.fixture
def dry_run(tmp_path):
    """Return a function that asks make what it would do on a machine, without doing it."""
    def ask(target, machine, python='#!/bin/sh\nexit 1\n', **variables):
        programs = tmp_path / 'programs'
        programs.mkdir(exist_ok=True)
        # `uname -m` alone is asked; the environment's Python has or has not what is imported.
        for path, content in ((programs / 'uname', f'#!/bin/sh\necho {machine}\n'),
                              (tmp_path / 'venv' / 'bin' / 'python', python)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            path.chmod(0o755)
        path = os.pathsep.join([str(programs), os.environ['PATH']])
        done = subprocess.run(
            ['make', '--no-print-directory', '--dry-run', target, f"VENV={tmp_path / 'venv'}", *(
                f'{name}={value}' for name, value in variables.items())], cwd=ROOT, text=True,
            capture_output=True, timeout=60,
            env={**os.environ, 'PATH': path, 'MAKEFLAGS': '', 'MAKELEVEL': ''})
        assert done.returncode == 0, done.stderr
        return done.stdout
    return ask


HAS_ALL = '#!/bin/sh\nexit 0\n'


def test_on_x86_64_ros_and_simulator_are_installed_and_the_whole_demo_runs(dry_run):
    said = dry_run('demo', 'x86_64')
    assert "'.[ros,sim,runtime,page]'" in said
    assert '--without-ros' not in said and 'PyPI has no' not in said
    assert "'.[ros,sim,runtime," in dry_run('test', 'x86_64')
    assert "'.[sim,runtime," in dry_run('unit', 'x86_64')


@pytest.mark.parametrize('machine', ['aarch64', 'riscv64'])
def test_elsewhere_what_has_no_wheel_is_not_asked_for_and_it_is_said(dry_run, machine):
    said = dry_run('demo', machine)
    assert "'.[runtime,page]'" in said
    assert said.rstrip().endswith('demo --output demo --without-ros')
    assert 'PyPI has no rclpy and no PyBullet for $(uname -m)' in said
    assert 'ROS 2 comes by apt: https://docs.ros.org/' in said
    for target in ('test', 'unit'):
        said = dry_run(target, machine)
        assert "'.[runtime," in said and 'ros,' not in said.split("'.[runtime,")[1].split(']')[0]
    assert 'the tests that need it skip' in ' '.join(dry_run('test', machine).split())


def test_elsewhere_with_ros_sourced_and_pybullet_compiled_it_is_the_whole_demo(dry_run):
    said = dry_run('demo', 'aarch64', HAS_ALL)
    assert '--without-ros' not in said and 'PyPI has no' not in said
    assert 'PyPI has no' not in dry_run('test', 'aarch64', HAS_ALL)
    only_ros = '#!/bin/sh\ncase "$2" in *pybullet*) exit 1;; esac\n'
    assert '--without-ros' in dry_run('demo', 'aarch64', only_ros)
    assert 'PyPI has no' not in dry_run('test', 'aarch64', only_ros)


def test_the_gpu_is_asked_by_the_python_that_is_named_and_nothing_is_installed(dry_run):
    said = dry_run('gpu', 'x86_64', PYTHON='/opt/cupy/bin/python')
    assert said.strip() == '/opt/cupy/bin/python tools/gpu.py'
