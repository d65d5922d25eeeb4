# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn bench`` with ROS: messages as bytes, and a frame followed through DDS."""

import os

from crops import crop_message
import numpy as np
import pytest
from std_msgs.msg import Header

from hybrid_snn_ros.bench import dds, stages
from hybrid_snn_ros.bench.wire import Wire
from hybrid_snn_ros.network import Prediction

STAGES = ('receive', 'decode', 'crop', 'encode', 'code', 'present', 'decide', 'publish')


@pytest.mark.parametrize('kind', ['vga', 'compressed'])
def test_what_comes_by_wire_is_what_was_sent(kind):
    """The encoder sees the same of a message that went through bytes and of a plain one."""
    shown = stages.pictures(kind, 2)
    wire = Wire(kind, shown)
    for number, picture in enumerate(shown):
        crops = [crop_message(message, kind == 'compressed', 64) for message in (
            wire.receive(number), stages.plain_message(kind, picture))]
        assert np.array_equal(*crops)
    assert wire.receive(0) == wire.receive(2) != wire.receive(1)
    answer = Prediction('mug', 0.75, False, [('mug', 0.75)], 1.0)
    longer = answer._replace(label='a much longer label')
    assert 0 < wire.publish(Header(), answer) < wire.publish(Header(), longer)


def test_through_dds_every_frame_is_followed_from_camera_to_label(monkeypatch):
    """A camera process, the node, a subscriber: taught by name, answered, every stage told."""
    for name in ('ROS_DOMAIN_ID', 'ROS_AUTOMATIC_DISCOVERY_RANGE',
                 'FASTDDS_DEFAULT_PROFILES_FILE'):
        monkeypatch.setenv(name, os.environ.get(name, ''))  # to be as it was afterwards
    found = dds.measure('compressed', 30.0, labels=2, count=12, warm_up=2, runs=1)
    assert set(found['stages']) >= {'publish_to_label', 'stamp_to_decision', 'node_total',
                                    *(f'node_{name}' for name in STAGES)}
    for row in found['stages'].values():
        assert row['p50'] <= row['p95'] <= row['p99'] <= row['max']
    ours = found['stages']
    assert ours['processing']['p50'] < ours['stamp_to_decision']['p50'] < ours[
        'publish_to_label']['p50']
    assert found['published'] - found['lost'] == 12
    assert found['teach']['p50'] > 0 and found['start_ms'] > 0 and found['cpu_ms_per_frame'] > 0
