# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Whether judging what was taught delays frames: the node's worker with the audit and without.

    python tools/bench_audit.py

The worker knows 1,000 samples of 50 labels and answers frames of 640x480.  Blocks in which the
audit is made anew as soon as it is done, all the time, take turns with blocks in which nobody
wants to know (ABBA).  Prints the time from a frame's stamp to its answer, and how long it waited
before the worker began with it, of all blocks of a kind together, and the median over pairs of
neighbouring blocks of how much later the audited one is.
"""

import argparse
import itertools
import time

import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image

from hybrid_snn_ros.bench.figures import PERCENTILES, summary
from hybrid_snn_ros.bench.stages import pictures, Subject
from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.ros.box_namer import BoxQueue
from hybrid_snn_ros.ros.commands import CommandQueue
from hybrid_snn_ros.ros.frame_queue import LatestFrameQueue
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.worker import Listeners, Worker
from hybrid_snn_ros.vision.encoder import Encoder

LABELS, SHOTS = 50, 20
SETTLE = 5  # frames of a block that are not counted


class Watched(Worker):
    """The node's worker; it audits for as long as `audited`, again and again."""

    def __init__(self, node, classifier, frames):
        self.audited, self.audits, self.taken = False, 0, []
        nothing = [lambda *_: None] * 9
        tell = Listeners(*nothing)._replace(
            quality=self._judged, answered=lambda one: self.taken.append(
                (one.latency_ms, one.latency_ms - one.processing_ms)),
            quality_watched=lambda: self.audited, things_watched=lambda: False)
        super().__init__(classifier, frames, CommandQueue(), BoxQueue(),
                         Parameters(node, lambda: False), tell, node.get_logger(),
                         node.get_clock())

    def _judged(self, found):
        self.audits += 1
        self._reviewer._judged = None  # again


def block(worker, node, frames, shown, count, rate):
    """Show frames; return how late each answer was, and how long its frame waited, ms."""
    worker.taken.clear()
    begin = time.monotonic()
    for number in range(count + SETTLE):
        time.sleep(max(begin + number / rate - time.monotonic(), 0))
        message = shown[number % len(shown)]
        message.header.stamp = node.get_clock().now().to_msg()
        frames.put(message)
    time.sleep(0.3)
    return list(worker.taken)[SETTLE:]


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--pairs', type=int, default=12, help='of blocks (default: %(default)s)')
    parser.add_argument('--frames', type=int, default=200,
                        help='of a block (default: %(default)s)')
    parser.add_argument('--rate', type=float, default=10.0,
                        help='frames a second (default: %(default)g)')
    args = parser.parse_args()
    rclpy.init(args=['--ros-args', '-p', 'questions:=off'])
    node = Node('bench_audit')
    classifier = Subject(Encoder(shared_file('models', 'efficientnet_lite0_int8.tflite')),
                         LABELS, SHOTS).classifier
    classifier.consolidate()
    frames = LatestFrameQueue(1, lambda: node.get_clock().now().nanoseconds * 1e-9)
    shown = [Image(encoding='bgr8', height=480, width=640, step=1920, data=picture.tobytes())
             for picture in pictures('vga')]
    worker = Watched(node, classifier, frames)
    worker.start()
    found = {False: [], True: []}
    try:
        block(worker, node, frames, shown, 30, args.rate)
        for audited in itertools.islice(itertools.cycle((True, False, False, True)),
                                        2 * args.pairs):
            worker.audited = audited
            found[audited].append(block(worker, node, frames, shown, args.frames, args.rate))
    finally:
        worker.stop()
        rclpy.shutdown()
    print(f'{len(classifier.state.samples)} samples of {len(classifier.labels)} labels, '
          f'{worker.audits} audits in {sum(map(len, found[True]))} frames '
          f'({args.pairs} pairs of {args.frames} frames at {args.rate:g} Hz)')
    print(f'{"ms":<36}' + ''.join(f'{name:>8}' for name in PERCENTILES) + '  answered')
    for place, what in enumerate(('stamp to answer', 'of which waited')):
        each = {audited: [list(summary([one[place] for one in block]).values())
                          for block in found[audited]] for audited in found}
        for name, audited in (('not audited', False), ('audited all the time', True)):
            all_of = [one[place] for block in found[audited] for one in block]
            row(f'{what}, {name}', summary(all_of).values(), f'{len(all_of):10}')
        row(f'{what}, later', np.median(np.array(each[True]) - each[False], axis=0))


def row(name, figures, end=''):
    """Print a row of the table."""
    print(f'{name:<36}' + ''.join(f'{ms:8.2f}' for ms in figures) + end)


if __name__ == '__main__':
    main()
