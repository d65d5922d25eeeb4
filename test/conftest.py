# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Marks every test by its folder, skips what this computer cannot run, adds the nodes' logs."""

import importlib.util
from pathlib import Path
import sys

import pytest

try:
    from hypothesis import settings
except ImportError:  # the tests that need it say so
    pass
else:  # on a busy or emulated computer the first example takes as long as it takes
    settings.register_profile('no deadline', deadline=None)
    settings.load_profile('no deadline')

HERE = Path(__file__).resolve().parent
NEED_ROS = ('node', 'browser')


def folder_of(path):
    """Return the folder of a test: unit, node, browser or meta."""
    return path.relative_to(HERE).parts[0]


class WithoutRos(pytest.Module):
    """A file of tests where there is no ROS: skipped, not even imported."""

    def collect(self):
        """Skip all of it."""
        pytest.skip(f'test/{folder_of(self.path)} needs rclpy, which is not installed (extra ros)')


def pytest_pycollect_makemodule(module_path, parent):
    """Say once for all files that need ROS that it is missing."""
    if folder_of(module_path) in NEED_ROS and importlib.util.find_spec('rclpy') is None:
        return WithoutRos.from_parent(parent, path=module_path)
    return None


def pytest_itemcollected(item):
    """Mark a test by its folder, for ``-m unit`` and the like."""
    item.add_marker(folder_of(item.path))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Add to the report of a failure what the nodes of its module printed."""
    report = (yield).get_result()
    harness = sys.modules.get('ros_harness')
    if report.failed and harness is not None:
        for node in harness.NodeProcess.started:
            report.sections.append((f'log of {node.log_path.name}', node.log[-6000:]))


@pytest.fixture(scope='module', autouse=True)
def _forget_nodes():
    """Keep the logs of other modules out of a failure's report."""
    yield
    if 'ros_harness' in sys.modules:
        sys.modules['ros_harness'].NodeProcess.started.clear()
