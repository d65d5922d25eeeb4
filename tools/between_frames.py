# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What else the node does between frames: lessons in six views, and boxes that a detector finds.

Starts the node with an empty memory and shows it 640x480 at 30 Hz through DDS.  First it teaches
every frame it can, then it is asked to name eight boxes in every third frame.  Prints lessons a
second, and how late frames and boxes are answered.  The exit code is 1 where a frame or a request
was not answered, or fewer than five lessons a second were learned.
"""

import argparse
import json
from pathlib import Path
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from camera_frames import frame
from domains import fresh_domain
import numpy as np
from ros_harness import NodeProcess, Peer
from std_msgs.msg import String

RATE, EVERY = 30, 3  # frames a second; boxes are asked in each so-manieth
LEAST = 5  # lessons a second: the mark
_BOXES = [[40 * place, 30 * place, 120, 120] for place in range(8)]


def pictures(count=20):
    """Return frames of coloured blocks, each another one."""
    rng = np.random.default_rng(0)
    return [np.kron(rng.integers(0, 255, (8, 10, 3)), np.ones((60, 64, 1))).astype(np.uint8)
            for _ in range(count)]


def show(peer, shown, enough, seen=lambda number, message: None):
    """Show frames at the camera's rate until it is enough; return how many, and the seconds."""
    begin, number = time.monotonic(), 0
    while not enough(number):
        message = frame(shown[number % len(shown)])
        peer.camera.publish(message)
        seen(number, message)
        number += 1
        while (left := begin + number / RATE - time.monotonic()) > 0:
            peer.executor.spin_once(timeout_sec=left)
    return number, time.monotonic() - begin


def quantiles(milliseconds):
    """Return the median and the 95th percentile as text."""
    return '{:.0f} ms, p95 {:.0f} ms'.format(*np.percentile(milliseconds, [50, 95]))


def lessons(peer, shown, count):
    """Teach as many frames as asked for; return lessons a second."""
    peer.show(frame(shown[0]))
    assert peer.set(teach_frames=count) == ['']
    results, answers = len(peer.results), len(peer.answers)
    peer.ask('thing')
    frames, seconds = show(peer, shown, lambda number: (
        len(peer.results) >= results + count or number >= 30 * RATE))
    learned = (len(peer.results) - results) / seconds
    answered = list(peer.answers.values())[answers:]
    print(f'{learned:.1f} lessons a second; {len(answered)} of {frames} frames answered, '
          f'{quantiles([one["latency_ms"] for one in answered])} after their stamps')
    return learned


def boxes(peer, shown, count):
    """Ask for eight boxes in every third frame; return the frames and requests not answered."""
    named = []
    peer.node.create_subscription(String, f'{peer.name}/things', lambda message: named.append(
        (time.time(), json.loads(message.data))), 1000)
    peer.command(do='name', boxes=_BOXES[:1])
    peer.until('~/things', lambda: named)
    named.clear()
    answers, asked = len(peer.answers), []

    def ask(number, message):
        if number % EVERY == 0:
            stamp = message.header.stamp
            asked.append(number)
            peer.send('command', json.dumps({'do': 'name', 'boxes': _BOXES, 'stamp': {
                'sec': stamp.sec, 'nanosec': stamp.nanosec}}))
    frames, _ = show(peer, shown, lambda number: number >= count, ask)
    peer.spin(1.0)  # what is under way
    answered = list(peer.answers.values())[answers:]
    late = [1e3 * (at - one['stamp']['sec'] - one['stamp']['nanosec'] * 1e-9)
            for at, one in named]
    print(f'{len(named)} of {len(asked)} requests of {len(_BOXES)} boxes answered, '
          f'{quantiles(late)} after their stamps; {len(answered)} of {frames} frames, '
          f'{quantiles([one["latency_ms"] for one in answered])}')
    return len(asked) - len(named) + frames - len(answered)


def main():
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--lessons', type=int, default=40, help='(default: %(default)s)')
    parser.add_argument('--frames', type=int, default=300,
                        help='while boxes are asked (default: %(default)s)')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        domain = fresh_domain()
        with NodeProcess(Path(directory), domain, memory=f'{directory}/memory', min_change=0.0,
                         image_timeout=60.0) as node, Peer(domain) as peer:
            shown = pictures()
            learned = lessons(peer, shown, arguments.lessons)
            missing = boxes(peer, shown, arguments.frames)
            node.end()
    return int(learned < LEAST or missing > 0)


if __name__ == '__main__':
    sys.exit(main())
