# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node consolidates its network when nothing changes, and answers frames meanwhile."""

import time

from camera_frames import BLUE, frame, GREEN, picture, RED
from domains import fresh_domain
import numpy as np
from ros_harness import NodeProcess, OK, Peer, WAIT

from hybrid_snn_ros.classifier import Classifier


def _until_consolidated(peer, seed):
    """Show frames until /diagnostics, which come once a second, say that it is."""
    end = time.monotonic() + 2 * WAIT
    answers = []
    while peer.diagnosis() and peer.latest()['consolidated'] != 'yes':
        assert time.monotonic() < end
        answers.append(peer.show(frame(picture(RED, seed + len(answers))))['label'])
    return answers


def test_after_lessons_and_what_is_taken_back_the_bits_tell_nothing_of_the_way(tmp_path):
    """Frames come all the while; a node that starts from the memory gives the same answers."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0,
                     false_unknown=0.0) as node, Peer(domain) as peer:
        for number, (label, colour) in enumerate((
                ('red', RED), ('blue', BLUE), ('green', GREEN), ('red', RED), ('blue', BLUE))):
            peer.show(frame(picture(colour, number)))
            assert [result.level for result in peer.teach(label)] == [OK]
        assert peer.request('undo_sample', '1').level == OK
        assert peer.request('merge', 'green=blue').level == OK
        peer.until('the answer', lambda: 'green' not in dict(
            peer.show(frame(picture(RED, 9)))['ranked']))
        assert set(_until_consolidated(peer, 20)) <= {'red'}
        assert peer.trigger('undo').success  # the merge comes apart: a change, so again
        peer.until('the answer', lambda: 'green' in dict(
            peer.show(frame(picture(RED, 9)))['ranked']))
        _until_consolidated(peer, 50)
        answer = peer.show(frame(picture(RED, 99)))
        node.end()
    fresh = Classifier(false_unknown=0.0)
    fresh.open_readonly(memory, 'to look at it')
    fresh.consolidate()
    expected = fresh.predict(picture(RED, 99))
    assert answer['label'] == expected.label == 'red'
    assert [label for label, _ in answer['ranked']] == [label for label, _ in expected.ranked]
    np.testing.assert_allclose([score for _, score in answer['ranked']],
                               [score for _, score in expected.ranked], atol=1e-4)  # as told
