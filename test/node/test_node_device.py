# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node on a device that is lost while frames come, and choosing where to live by itself."""

import os

from camera_frames import BLUE, COLOURS, frame, GREEN, picture, RED
from checkout import SUPPORT
from domains import fresh_domain
from ros_harness import NodeProcess, OK, Peer, values, WARN

# CuPy of the node's process: the strict stand-in, lost as soon as a file appears.
CUPY = """
import os, sys, threading, time
import strict_device
sys.modules['cupy'] = strict_device

def watch():
    while not os.path.exists(os.environ['LOSE_THE_DEVICE']):
        time.sleep(0.01)
    strict_device.traffic.lose_after(60)  # in the middle of a frame

threading.Thread(target=watch, daemon=True).start()
"""


def test_a_lost_gpu_costs_no_frame(tmp_path):
    """Warned of once, said in the diagnostics; answers and lessons go on, also after a restart."""
    domain, memory, lose = fresh_domain(), tmp_path / 'memory', tmp_path / 'lose'
    (tmp_path / 'cupy.py').write_text(CUPY)
    path = os.pathsep.join([str(tmp_path), str(SUPPORT),
                            os.environ.get('PYTHONPATH', '')])
    with Peer(domain) as peer:
        with NodeProcess(tmp_path, domain, memory=str(memory), backend='cupy', min_change=0.0,
                         environment={'PYTHONPATH': path, 'LOSE_THE_DEVICE': str(lose)}) as node:
            node.wait_for_log('backend cupy, as asked for (Strict Device)')
            for label in ('red', 'green'):
                peer.show(frame(picture(COLOURS[label])))
                assert peer.teach(label)[0].level == OK
            assert peer.show(frame(picture(RED)))['label'] == 'red'
            assert 'Strict Device' in values(peer.diagnosis())['backend_reason']
            assert 'GPU was disabled' not in node.log
            lose.touch()
            for number in range(1000):  # the node learns of the file in its own time
                label = ('red', 'green')[number % 2]
                assert peer.show(frame(picture(COLOURS[label])))['label'] == label
                if 'GPU was disabled' in node.log:
                    break
            peer.show(frame(picture(BLUE)))
            assert peer.teach('blue')[0].level == OK
            for label in ('red', 'green', 'blue'):
                assert peer.show(frame(picture(COLOURS[label])))['label'] == label
            warnings = [line for line in node.log.splitlines() if 'GPU was disabled' in line]
            assert len(warnings) == 1 and 'WARN' in warnings[0], warnings
            assert 'cudaErrorIllegalAddress' in warnings[0]
            status = peer.diagnosis()
            assert (status.level, status.message[:21]) == (WARN, 'the GPU was disabled ')
            said = values(status)['backend_reason']
            assert said.startswith('numpy: the GPU was disabled (CUDARuntimeError: ')
            node.end()
        with NodeProcess(tmp_path, domain, memory=str(memory), backend='auto') as node:
            node.wait_for_log('chosen by auto: ')
            for label, colour in (('red', RED), ('green', GREEN), ('blue', BLUE)):
                assert peer.show(frame(picture(colour)))['label'] == label
            node.end()
