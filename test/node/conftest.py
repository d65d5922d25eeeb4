# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests that run the node: a robot that knows colours, packages of apt."""

import contextlib
import fcntl
import os
import subprocess
import sys

import pytest
import vision_msgs_overlay as overlay


@pytest.fixture(scope='session')
def overlays(pytestconfig, tmp_path_factory):
    """Return the folder of the overlays, which processes that run tests side by side share."""
    cache = getattr(pytestconfig, 'cache', None)  # absent with -p no:cacheprovider
    return cache.mkdir('ros') if cache else tmp_path_factory.mktemp('ros')


@contextlib.contextmanager
def _alone(folder):
    """Let one process build at a time; those that waited find what it built."""
    with open(folder / 'lock', 'wb') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope='session')
def vision_msgs(overlays):
    """Return the environment in which a process finds vision_msgs, built once per checkout."""
    problem = overlay.missing_tools()
    if problem:
        pytest.skip(problem)
    with _alone(overlays):
        return overlay.environment(overlay.build(overlays / 'vision_msgs'))


@pytest.fixture(scope='session')
def bond_and_vision_msgs(overlays, vision_msgs):
    """Return the environment in which a process finds vision_msgs and bond."""
    return _also(overlays, 'bond', vision_msgs)


@pytest.fixture(scope='session')
def foxglove_msgs(overlays, vision_msgs):
    """Return the environment in which a process finds foxglove_msgs and vision_msgs."""
    return _also(overlays, 'foxglove_msgs', vision_msgs)


@pytest.fixture(scope='session')
def every_package(overlays, bond_and_vision_msgs):
    """Return the environment in which a process finds all packages that the node can use."""
    return _also(overlays, 'foxglove_msgs', bond_and_vision_msgs)


def _also(overlays, package, environment):
    """Return an environment in which a process finds another package, built once per checkout."""
    prefix = overlays / package
    with _alone(overlays):
        subprocess.run([sys.executable, overlay.__file__, str(prefix)], check=True, timeout=300,
                       stdout=subprocess.DEVNULL, env={**os.environ, 'OVERLAY_PACKAGE': package})
    return overlay.environment(prefix, {**os.environ, **environment})


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Yield (peer, memory directory, NodeProcess) of a node that has been taught four colours."""
    from camera_frames import COLOURS, frame, picture
    from domains import fresh_domain
    from ros_harness import NodeProcess, OK, Peer
    directory, domain = tmp_path_factory.mktemp('robot'), fresh_domain()
    memory = directory / 'memory'
    with NodeProcess(directory, domain, memory=str(memory), min_change=0.0,
                     where='on') as node, \
            Peer(domain) as peer:
        for label, colour in COLOURS.items():
            peer.show(frame(picture(colour)))
            assert peer.teach(label)[0].level == OK
        yield peer, memory, node
        node.end()
