# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Hours of a camera in minutes: thousands of frames, taught now and then, and memory that stays flat.

Starts the real node in a process of its own, publishes frames at a steady rate (every hundredth
one is bad and has to be refused) and prints the node's memory every ten seconds.  The exit code is
1 when memory grew after the warm-up, when a counter does not add up, or when frames got lost.
"""

import argparse
from pathlib import Path
import sys
import tempfile
import time

import numpy as np
from ros_harness import frame, fresh_domain, NodeProcess, OK, Peer, picture, ROOT

sys.path.insert(0, str(ROOT))

PERIOD = 10.0  # seconds between two rows
MAX_GROWTH = 2048  # KB after the warm-up
VIEWS = 6
OBJECTS = ('duck', 'mug', 'lego brick', 'soccer ball')
# Measured with tracemalloc over 200 samples: 1280 B are the codes, the rest is Python's objects.
SAMPLE_KB = 1.7


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--frames', type=int, default=10000, help='default: %(default)s')
    parser.add_argument('--rate', type=float, default=30.0, help='frames a second, %(default)s')
    parser.add_argument('--size', type=int, nargs=2, metavar=('WIDTH', 'HEIGHT'),
                        default=(640, 480), help='pixels, default: 640 480')
    parser.add_argument('--warm-up', type=int, metavar='FRAMES',
                        help='frames before memory is judged (default: a fifth of all)')
    parser.add_argument('--teach-every', type=int, metavar='FRAMES', default=500,
                        help='default: %(default)s')
    parser.add_argument('--max-lost', type=float, metavar='SHARE', default=0.02,
                        help='frames that best effort may lose, default: %(default)s')
    parser.add_argument('--rule', default='lateral', help='lateral or original')
    return parser.parse_args()


def frames(size):
    """
    Make the good frames, a dozen or more views of a few objects, and three bad ones.

    :param size: (width, height).
    :return: ([(label, message)], [message]).
    """
    try:
        from hybrid_snn_ros.sim import conditions
        from hybrid_snn_ros.sim.turntable import Turntable
        with Turntable() as table:
            good = [(name, table.render(name, conditions.view('varied', 6 * view, 0, index), size))
                    for index, name in enumerate(OBJECTS) for view in range(VIEWS)]
    except ImportError:
        print('no simulator here (extra sim): pictures of coloured blocks instead')
        good = [(name, picture(60 + 180 * np.eye(4, 3)[index], view, size[::-1]))
                for index, name in enumerate(OBJECTS) for view in range(VIEWS)]
    good = [(label, frame(rgb)) for label, rgb in good]
    unknown, empty, truncated = (frame(picture((9, 9, 9))) for _ in range(3))
    unknown.encoding = '16UC1'
    empty.height = empty.width = empty.step = 0
    empty.data = empty.data[:0]
    truncated.data = truncated.data[:-1]
    return good, [unknown, empty, truncated]


class Meter:
    """Reads the node's memory from /proc and prints a row."""

    def __init__(self, pid):
        self._status = Path(f'/proc/{pid}/status')
        self.rows = []  # (frames sent, resident KB)
        print(f'{"s":>5} {"sent":>6} {"RSS KB":>8} {"anon KB":>8} {"received":>8} {"answered":>8} '
              f'{"dropped":>7} {"refused":>7} {"samples":>7}  latency ms', flush=True)

    def row(self, seconds, sent, counters):
        """Note and print how things stand."""
        fields = dict(line.split(':', 1) for line in self._status.read_text().splitlines())
        resident, anonymous = (int(fields[key].split()[0]) for key in ('VmRSS', 'RssAnon'))
        self.rows.append((sent, resident))
        print(f'{seconds:5.0f} {sent:6} {resident:8} {anonymous:8} {counters["received"]:>8} '
              f'{counters["answered"]:>8} {counters["dropped"]:>7} {counters["refused"]:>7} '
              f'{counters["samples"]:>7}  {counters.get("latency_ms", "")}', flush=True)

    def growth(self, warm_up):
        """Return growth in KB and slope in KB per 1000 frames after the warm-up."""
        sent, resident = np.array([row for row in self.rows if row[0] >= warm_up], float).T
        return (np.median(resident[-3:]) - np.median(resident[:3]),
                1000 * np.polyfit(sent, resident, 1)[0] if len(sent) > 1 else 0.0)


def publish(peer, meter, options):
    """Publish everything; return (final counters, bad frames sent, times taught)."""
    good, bad = frames(options.size)
    for label, message in good[::VIEWS]:
        peer.show(message)
        assert peer.teach(label)[0].level == OK
    already = int(peer.counters()['received'])
    taught, wrong = len(OBJECTS), 0
    start = row_at = time.monotonic()
    for number in range(options.frames):
        peer.spin(max(start + number / options.rate - time.monotonic(), 0.0))
        label, message = good[number // 5 % len(good)]
        if number % 100 == 99:
            message = bad[wrong % 3]
            wrong += 1
        now = time.time_ns()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, 10**9)
        peer.camera.publish(message)
        if number % options.teach_every == options.teach_every // 2:
            peer.ask(label)
            taught += 1
        if time.monotonic() >= row_at and peer.diagnostics:
            row_at += PERIOD
            meter.row(time.monotonic() - start, number, peer.latest())
            forget(peer)
    peer.spin(0.5)
    counters = peer.counters()
    meter.row(time.monotonic() - start, options.frames, counters)
    counters['received_here'] = int(counters['received']) - already
    return counters, wrong, taught


def forget(peer):
    """Keep the test's own memory small."""
    for heard in (peer.answers, peer.said, peer.known):
        heard.clear()
    del peer.diagnostics[:-1]


def main():
    """Run and judge; return the exit code."""
    options = arguments()
    warm_up = options.frames // 5 if options.warm_up is None else options.warm_up
    domain = fresh_domain()
    with tempfile.TemporaryDirectory() as folder, \
            NodeProcess(Path(folder), domain, memory=f'{folder}/memory', rule=options.rule,
                        false_unknown=0.0, min_change=0.0) as node, Peer(domain) as peer:
        meter = Meter(node.process.pid)
        counters, wrong, taught = publish(peer, meter, options)
        acknowledged = sum(result.level == OK for result in peer.results)
        node.end()
    growth, slope = meter.growth(warm_up)
    received, answered, dropped, refused = (
        int(counters[key]) for key in ('received', 'answered', 'dropped', 'refused'))
    lost = 1 - counters['received_here'] / options.frames
    due = SAMPLE_KB * taught * (1 - warm_up / options.frames)
    print(f'after {warm_up} frames of warm-up: {growth:+.0f} KB, {slope:+.1f} KB/1000 frames '
          f'(about {due:.0f} KB of it are samples taught since, {SAMPLE_KB} KB each)')
    print(f'sent {options.frames} ({wrong} bad), lost on the way {100 * lost:.2f} %, '
          f'taught {taught}, acknowledged {acknowledged}')
    problems = [text for failed, text in (
        (growth > MAX_GROWTH, f'memory grew by {growth:.0f} KB, the limit is {MAX_GROWTH}'),
        (received != answered + dropped + refused,
         f'received {received} is not answered + dropped + refused'),
        (not (1 - 2 * options.max_lost) * wrong - 2 <= refused <= wrong,
         f'{refused} frames were refused, {wrong} were bad'),
        (lost > options.max_lost,
         f'{100 * lost:.2f} % of the frames were lost, the limit is {100 * options.max_lost:g} %'),
        (acknowledged != taught, f'{acknowledged} of {taught} teachings were acknowledged'),
    ) if failed]
    print('; '.join(problems) or 'flat, and every frame is accounted for')
    return bool(problems)


if __name__ == '__main__':
    sys.exit(main())
