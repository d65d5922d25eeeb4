# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node whose encoder spikes: what it says of itself, and whose memory it shares."""

import shutil

from camera_frames import BLUE, frame, picture, RED
from checkout import MODEL
from domains import fresh_domain
import pytest
from ros_harness import NodeProcess, OK, Peer, remembered

pytest.importorskip('ai_edge_litert', reason='the TFLite schema comes with ai-edge-litert')


def test_radix_spikes_and_the_runtime_share_a_memory(tmp_path):
    domain, memory = fresh_domain(), tmp_path / 'memory'
    with NodeProcess(tmp_path, domain, encoder='radix', memory=str(memory)) as node, \
            Peer(domain) as peer:
        peer.show(frame(picture(RED)))
        assert peer.teach('red')[0].level == OK
        assert peer.show(frame(picture(RED)))['label'] == 'red'
        assert 'the encoder is radix spikes in 8 steps, ' in node.log
        assert 'ms a frame here: this is for research' in node.log
        node.end()
    [taught] = remembered(memory).samples.values()
    with NodeProcess(tmp_path, domain, memory=str(memory)) as node, Peer(domain) as peer:
        answer = peer.show(frame(picture(RED)))
        assert answer['label'] == 'red'
        # Equal codes: the runtime's are those that the spikes gave.
        assert 'change 0.000' in peer.teach('red')[0].message
        assert 'for research' not in node.log
        node.end()
    assert [one.codes.tobytes() for one in remembered(memory).samples.values()] == [
        taught.codes.tobytes()]


def test_rate_coded_spikes_have_a_memory_of_their_own(tmp_path):
    domain, memory = fresh_domain(), tmp_path / 'memory'
    model = tmp_path / 'model.tflite'
    shutil.copy(MODEL, model)
    with NodeProcess(tmp_path, domain, encoder='rate', memory=str(memory), model=str(model),
                     autostart=False) as node, Peer(domain) as peer:
        assert not peer.change('configure')
        assert f'the thresholds {model.with_suffix(".rate.json")} cannot be read' in node.log
        shutil.copy(MODEL.with_suffix('.rate.json'), model.with_suffix('.rate.json'))
        assert peer.change('configure') and peer.change('activate')
        assert 'the encoder is rate spikes in 63 steps, ' in node.log
        for label, colour in (('red', RED), ('blue', BLUE)):
            peer.show(frame(picture(colour)))
            assert peer.teach(label)[0].level == OK
        assert peer.show(frame(picture(BLUE)))['label'] == 'blue'
        node.end()
    with NodeProcess(tmp_path, domain, memory=str(memory), model=str(model),
                     autostart=False) as node, Peer(domain) as peer:
        assert not peer.change('configure')
        assert 'encoder' in node.wait_for_log('configure failed: ')
        node.end()
