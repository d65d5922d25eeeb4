# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Foreign models given to a node: damaged ones are refused, and it lives."""

import os
from pathlib import Path

from camera_frames import frame, picture, RED
from checkout import MODEL
from damaged_models import flipped, noise, truncated
from domains import fresh_domain
from ros_harness import NodeProcess, Peer


def test_the_node_refuses_damaged_models_and_lives(tmp_path):
    """Configure fails with the sentence, again and again; with a right model it succeeds."""
    domain, content, model = fresh_domain(), MODEL.read_bytes(), tmp_path / 'foreign.tflite'
    with NodeProcess(tmp_path, domain, model=str(model), memory=str(tmp_path / 'memory'),
                     autostart=False) as node, Peer(domain) as peer:
        for damage, seed in [(truncated, 1), (noise, 2), (flipped, 1), (flipped, 8)]:
            model.write_bytes(damage(content, seed))
            assert not peer.change('configure')
            assert peer.state() == 'unconfigured'
        assert node.log.count('configure failed: ') == 4 and str(model) in node.log
        model.write_bytes(content + b'and a tail')  # foreign, but whole
        assert peer.set(cpus='9999') == ['']
        assert not peer.change('configure') and 'CPU 9999 is not among' in node.log
        chosen = max(os.sched_getaffinity(0))
        assert peer.set(cpus=str(chosen)) == ['']
        assert peer.change('configure') and peer.change('activate')
        assert peer.show(frame(picture(RED)))['label'] == 'unknown'
        assert f'on CPU {chosen}' in node.log
        threads = [os.sched_getaffinity(int(thread.name))
                   for thread in Path(f'/proc/{node.process.pid}/task').iterdir()]
        # The worker alone: what serves DDS and ROS stays free.
        assert threads.count({chosen}) == 1 or os.cpu_count() == 1
        node.end()
