# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Measures a fleet of real nodes on this computer: how soon others know a lesson, and what it costs.

python tools/fleet_figures.py [--lessons N] [--samples N]

First five robots: N lessons, each of a new thing, at one robot after the other; the time from the
request until all others answer with it.  Then what an idle robot sends.  Then a robot that comes
late, alone with another one that was taught N samples (random codes, which nothing compresses).
"""

import argparse
from pathlib import Path
import statistics
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from camera_frames import frame, picture
from domains import fresh_domain
from fleet_robots import fleet

from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.store import NewLesson

IDLE = 20.0  # seconds



def known(robot):
    """Return the labels that a robot answers with."""
    return {one['label'] for one in robot.peer.known[-1]['labels']} if robot.peer.known else set()


def lesson(robots, number):
    """Teach one at a robot; return the seconds until the last of the others answers with it."""
    teacher = robots[number % len(robots)]
    label, seconds = f'thing {number}', []
    colour = np.random.default_rng(number).integers(20, 250, 3)
    teacher.peer.show(frame(picture(colour, number)))
    begun = time.monotonic()
    teacher.peer.ask(label)
    others = [one for one in robots if one is not teacher]
    while others:
        for one in [teacher, *others]:
            one.peer.executor.spin_once(timeout_sec=0.001)
        done = [one for one in others if label in known(one)]
        seconds += [time.monotonic() - begun] * len(done)
        others = [one for one in others if one not in done]
        assert time.monotonic() < begun + 60, f'{label} is not known within a minute'
    return max(seconds)


def sent(robots):
    """Return how many bytes each robot has sent."""
    return [int(one.peer.counters()['fleet_bytes_sent']) for one in robots]


def five(directory, lessons):
    """Measure lessons and idle traffic of five robots."""
    with fleet(directory, fresh_domain(), 'arm', 'belt', 'cart', 'door', 'eye') as robots:
        for robot in robots:
            robot.overview('all others', lambda told: [
                one['state'] for one in told['robots']] == ['same'] * 4)
        seconds = sorted(lesson(robots, number) for number in range(lessons))
        print(f'a lesson is known at all five: median {statistics.median(seconds):.2f} s, p95 '
              f'{seconds[int(0.95 * (lessons - 1))]:.2f} s, longest {seconds[-1]:.2f} s, of '
              f'{lessons}', flush=True)
        robots[0].peer.spin(IDLE / 2)  # the last answers, and full logs
        before, begun = sent(robots), time.monotonic()
        robots[0].peer.spin(IDLE)
        rates = [(now - then) / (time.monotonic() - begun)
                 for now, then in zip(sent(robots), before)]
        print(f'idle: {statistics.mean(rates):.0f} bytes/s a robot, {max(rates):.0f} at most',
              flush=True)


def late(directory, samples):
    """Measure how long a late robot takes, alone with another one."""
    with fleet(directory, fresh_domain(), 'old', 'late') as (old, new):
        new.node.process.kill()
        new.node.process.wait()
        random = np.random.default_rng(1)
        with DiskStore.open(old.memory, None) as store:
            store.teach_all([NewLesson(
                f'thing {number % 40}', random.integers(0, 256, 1280, dtype=np.uint8),
                f'{number}.000000000') for number in range(samples)])
        new.told.clear()
        new.start()
        begun = time.monotonic()
        new.overview('that it has joined', bool)
        joined = time.monotonic()
        new.peer.until('all samples', lambda: new.peer.known and sum(
            one['samples'] for one in new.peer.known[-1]['labels']) == samples, 600)
        print(f'a late robot answers with {samples} samples {time.monotonic() - joined:.1f} s '
              f'after it has joined ({joined - begun:.1f} s after its start)')


def main(lessons, samples):
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        five(Path(directory), lessons)
        (Path(directory) / 'late').mkdir()
        late(Path(directory) / 'late', samples)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--lessons', type=int, default=60, metavar='N',
                        help='how many (default: %(default)s)')
    parser.add_argument('--samples', type=int, default=2000, metavar='N',
                        help='of the robot that a late one meets (default: %(default)s)')
    options = parser.parse_args()
    sys.exit(main(options.lessons, options.samples))
