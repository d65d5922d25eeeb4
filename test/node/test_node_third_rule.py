# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node that learns by a rule which is registered, and nothing else."""

from camera_frames import BLUE, frame, picture, RED
from checkout import SUPPORT
from domains import fresh_domain
from nearest_mean import NAME
from ros_harness import NodeProcess, OK, Peer


def test_a_node_learns_by_it(tmp_path):
    """The parameter ``rule`` is all that differs; two colours are taught and told apart."""
    program = (str(SUPPORT / 'nearest_mean.py'),)
    domain = fresh_domain()
    with Peer(domain) as peer, NodeProcess(
            tmp_path, domain, program=program, rule=NAME, memory=str(tmp_path / 'memory'),
            false_unknown=0.0) as node:
        node.wait_for_log(f'rule {NAME}')
        for label, colour in (('red', RED), ('blue', BLUE)):
            peer.show(frame(picture(colour)))
            assert [result.level for result in peer.teach(label)] == [OK]
        for label, colour in (('red', RED), ('blue', BLUE)):
            assert peer.show(frame(picture(colour, seed=3)))['label'] == label
        assert peer.counters()['rule'] == NAME
        node.end()
