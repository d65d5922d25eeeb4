# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests that run the node, and its logs in the report of a test that failed."""

import os
import subprocess
import sys

import pytest


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


@pytest.fixture(scope='session')
def vision_msgs(pytestconfig, tmp_path_factory):
    """Return the environment in which a process finds vision_msgs, built once per checkout."""
    import vision_msgs_overlay as overlay
    problem = overlay.missing_tools()
    if problem:
        pytest.skip(problem)
    cache = getattr(pytestconfig, 'cache', None)  # absent with -p no:cacheprovider
    folder = cache.mkdir('ros') if cache else tmp_path_factory.mktemp('ros')
    return overlay.environment(overlay.build(folder / 'vision_msgs'))


@pytest.fixture(scope='session')
def bond_and_vision_msgs(pytestconfig, tmp_path_factory, vision_msgs):
    """Return the environment in which a process finds vision_msgs and bond."""
    import vision_msgs_overlay as overlay
    cache = getattr(pytestconfig, 'cache', None)
    prefix = (cache.mkdir('ros') if cache else tmp_path_factory.mktemp('ros')) / 'bond'
    subprocess.run([sys.executable, overlay.__file__, str(prefix)], check=True, timeout=300,
                   stdout=subprocess.DEVNULL, env={**os.environ, 'OVERLAY_PACKAGE': 'bond'})
    return overlay.environment(prefix, {**os.environ, **vision_msgs})


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Yield (peer, memory directory, NodeProcess) of a node that has been taught four colours."""
    pytest.importorskip('rclpy', reason='rclpy is not installed (extra ros)')
    from ros_harness import COLOURS, frame, fresh_domain, NodeProcess, OK, Peer, picture
    directory, domain = tmp_path_factory.mktemp('robot'), fresh_domain()
    memory = directory / 'memory'
    with NodeProcess(directory, domain, memory=str(memory), min_change=0.0) as node, \
            Peer(domain) as peer:
        for label, colour in COLOURS.items():
            peer.show(frame(picture(colour)))
            assert peer.teach(label)[0].level == OK
        yield peer, memory, node
        node.end()
