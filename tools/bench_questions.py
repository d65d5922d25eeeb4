# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What an unknown frame, a change of what is known, and an audit cost a robot that asks.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tools/bench_questions.py PACK

PACK is an embedding pack (.npz).  Time is that of the CPU: a busy computer disturbs it little.

A third of the classes is not taught; their frames fill the groups to the limit.  Prints
milliseconds: of an unknown frame with all groups full, of the longest step and of all steps of
``UnknownClusters.follow`` and of an audit, both of which run in idle time.
"""

import argparse
from pathlib import Path
import time

import numpy as np

from hybrid_snn_ros.audit import audit
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.sources import load_pack
from hybrid_snn_ros.questions import UnknownClusters

FALSE_UNKNOWN, FRAMES = 0.05, 300


def times_of(steps):
    """Take all steps of a generator; return how long each took, in ms."""
    times, begin = [], time.thread_time()
    for _ in steps:
        times.append(1000 * (time.thread_time() - begin))
        begin = time.thread_time()
    return times


def tell(name, times):
    """Print median, 99th percentile and longest of some times in ms."""
    print(f'{name:<44}{np.median(times):>8.2f}{np.quantile(times, 0.99):>8.2f}'
          f'{max(times):>8.2f}{sum(times):>9.1f}')


def main():
    """Teach, fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('pack', type=Path, help='embedding pack (.npz)')
    data = load_pack(parser.parse_args().pack)
    classes = np.unique(data.train_labels)
    new = classes[::3]
    robot = Classifier(inputs=data.train.shape[-1], false_unknown=FALSE_UNKNOWN, min_change=0)
    for c in np.setdiff1d(classes, new):
        for place in np.flatnonzero(data.train_labels == c)[:24]:
            robot.teach(data.train_frames[place], data.class_names[c])
    clusters = UnknownClusters(FALSE_UNKNOWN)
    for _ in clusters.follow(lambda: robot.network):
        pass
    random = np.random.default_rng(0)
    frames = random.permutation(np.flatnonzero(np.isin(data.train_labels, new)))
    taken, costs = 0, []
    for place in frames:
        begin = time.thread_time()
        member = clusters.add(robot.network, data.train_frames[place], '', float(place))
        costs.append(1000 * (time.thread_time() - begin))
        taken += member is not None
    print(f'{len(robot.state.samples)} samples of {len(robot.labels)} labels; {taken} of '
          f'{len(frames)} frames were kept, {len(clusters.numbers)} are in '
          f'{len(clusters.clusters)} groups')
    print(f"{'ms':<44}{'median':>8}{'p99':>8}{'longest':>8}{'all':>9}")
    tell('an unknown frame', costs[-FRAMES:])
    robot.teach(data.train_frames[frames[0]], 'new')
    robot.predict(data.train_frames[frames[0]])  # the next frame's own work
    tell('a step of following a change', times_of(clusters.follow(lambda: robot.network)))
    tell('a step of an audit', times_of(audit(robot.network)))


if __name__ == '__main__':
    main()
