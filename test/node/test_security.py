# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The SROS2 policies grant what the nodes use over DDS, and nothing else."""

import contextlib
import importlib.util
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from checkout import ROOT
from domains import fresh_domain
import pytest
from ros_harness import NodeProcess, Peer

POLICIES = ROOT / 'config' / 'security'
# What a node has only in a certain state or setting that a test does not bring about here.
PAGE_WHILE_WATCHED = {('subscribe', f'/{topic}') for topic in (
    'image', 'image/compressed', 'classifier/answer', 'classifier/debug', 'classifier/things',
    'classifier/quality', 'classifier/question_pictures', 'classifier/fleet')}
CLOCK = ('subscribe', '/clock')
# Humble's nodes have no such service; the policies grant it for the distributions after it.
DESCRIBES_TYPES = importlib.util.find_spec('rclpy.type_description_service') is not None


def policy(node):
    """Return the set of (deed, full name) that a node's policy allows, as far as rclpy has it."""
    root = ElementTree.parse(POLICIES / f'{node}.policy.xml').getroot()
    assert root.get('version') == '0.2.0'
    [enclave] = root.iterfind('enclaves/enclave')
    [profile] = enclave.iterfind('profiles/profile')
    assert enclave.get('path') == f'/hybrid_snn_ros/{node}'
    assert (profile.get('ns'), profile.get('node')) == ('/', node)
    allowed = []
    for group in profile:
        for deed, answer in group.attrib.items():
            assert answer == 'ALLOW' and deed in ('publish', 'subscribe', 'reply', 'request')
            for name in group:
                assert '*' not in name.text  # a wildcard grants what no one has looked at
                full = name.text if name.text[0] == '/' else f"/{name.text.replace('~', node)}"
                allowed.append((deed, full))
    assert len(allowed) == len(set(allowed))
    describes = ('reply', f'/{node}/get_type_description')
    assert describes in allowed
    return set(allowed) - (set() if DESCRIBES_TYPES else {describes})


def used(peer, node):
    """Return the set of (deed, full name) that a node has over DDS now."""
    graph = peer.node
    return {(deed, name) for deed, ask in (
        ('publish', graph.get_publisher_names_and_types_by_node),
        ('subscribe', graph.get_subscriber_names_and_types_by_node),
        ('reply', graph.get_service_names_and_types_by_node),
        ('request', graph.get_client_names_and_types_by_node))
        for name, _ in ask(node, '/')}


def settled(peer, node, sign):
    """Wait until a node shows its last entity, and return what it uses."""
    def ready():
        with contextlib.suppress(Exception):  # the node is not known yet
            found = used(peer, node)
            return found if sign in found else None
    peer.until(f'{sign} of {node}', ready)
    peer.spin(0.5)  # what else its participant has still to tell
    return used(peer, node)


def test_the_classifier_is_granted_exactly_what_it_uses(tmp_path, every_package):
    """Taken together: raw without the packages of apt; compressed with them, /clock and fleet."""
    last = ('reply', '/classifier/save')
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'a')) as node, Peer(domain) as peer:
        plain = settled(peer, 'classifier', last)
        node.end()
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'b'), use_sim_time=True,
                     image_transport='compressed', fleet='share',
                     environment=every_package) as node, \
            Peer(domain) as peer:
        other = settled(peer, 'classifier', last)
        node.end()
    allowed = policy('classifier')
    assert plain | other == allowed, sorted((plain | other) ^ allowed)
    assert ('subscribe', '/image') in plain - other and CLOCK in other - plain
    assert {name for _, name in plain if 'fleet' in name} == set()


@contextlib.contextmanager
def running(module, directory, domain, *words):
    """Run another node of the package in a process; leave nothing behind."""
    with open(directory / 'log', 'wb') as log, subprocess.Popen(
            [sys.executable, '-m', f'hybrid_snn_ros.{module}', '--ros-args', *words], cwd=ROOT,
            stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)}) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_turntable_camera_is_granted_exactly_what_it_uses(tmp_path):
    pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
    domain = fresh_domain()
    with running('sim.camera_node', tmp_path, domain, '-p', 'use_sim_time:=true'), \
            Peer(domain) as peer:
        found = settled(peer, 'turntable_camera', ('subscribe', '/turntable_camera/split'))
    assert found == policy('turntable_camera'), sorted(found ^ policy('turntable_camera'))


@pytest.mark.skipif(importlib.util.find_spec('hybrid_snn_ros.operator_page') is None
                    or importlib.util.find_spec('aiohttp') is None,
                    reason='the operator page or aiohttp is not installed')
def test_the_page_is_granted_exactly_what_it_uses(tmp_path):
    """At rest it hears less than its policy allows: pictures cost something while watched."""
    domain = fresh_domain()
    with running('operator_page.main', tmp_path, domain, '-p', 'port:=0'), Peer(domain) as peer:
        found = settled(peer, 'teach_page', ('subscribe', '/diagnostics'))
    allowed = policy('teach_page')
    assert found <= allowed, sorted(found - allowed)
    assert allowed - found == PAGE_WHILE_WATCHED | {CLOCK}, sorted(allowed - found)


def test_every_policy_belongs_to_a_node_and_is_installed():
    assert {path.name for path in POLICIES.iterdir()} == {
        f'{node}.policy.xml' for node in ('classifier', 'turntable_camera', 'teach_page')}
    assert 'config/security/*.xml' in (ROOT / 'setup.py').read_text(encoding='utf-8')
