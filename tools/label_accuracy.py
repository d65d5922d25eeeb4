# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What else the margins of an audit could say of a label's accuracy: ``label_accuracy.py PACK``.

Splits of the training part alone: 20 samples of each class are taught, a tenth of them under wrong
labels, and up to 120 others are the truth.  Prints by how many points each estimate is off, and
its bias, as means over labels and orders.  ``count`` is what the audit says; ``normal`` the normal
curve with mean and spread of the trusted margins; ``cut off`` the same, fitted as cut off where
suspects begin; ``half`` half of that and half of the count.
"""

import argparse
import math
from statistics import NormalDist

import numpy as np

from hybrid_snn_ros.audit import audit
from hybrid_snn_ros.audit.findings import SUSPECT_ODDS
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.store import NewLesson
from hybrid_snn_ros.snn.steps import finish

SHOTS, WRONG, TRUTH, LEAST, SEED = 20, 0.1, 120, 8, 100
CUT = -math.log(SUSPECT_ODDS)
MEANS = np.linspace(-6, 40, 231)[:, None]
SPREADS = np.exp(np.linspace(math.log(0.3), math.log(15), 50))[None]
KEPT = np.log(np.vectorize(math.erfc)((CUT - MEANS) / SPREADS / math.sqrt(2)) / 2 + 1e-300)


def cut_off(margins):
    """Return the share above 0 of the likeliest normal curve, of margins above ``CUT``."""
    count = len(margins)
    squares = (margins ** 2).sum() - 2 * MEANS * margins.sum() + count * MEANS ** 2
    likely = -count * np.log(SPREADS) - squares / (2 * SPREADS ** 2) - count * KEPT
    mean, spread = np.unravel_index(likely.argmax(), likely.shape)
    return NormalDist(MEANS[mean, 0], SPREADS[0, spread]).cdf(2 * MEANS[mean, 0])


def estimates(quality, margins):
    """Return {name: accuracy} of a label."""
    trusted = margins[margins > CUT]
    spread = max(trusted.std(ddof=1), 0.3)
    whole = cut_off(trusted)
    return {'count': quality.accuracy, 'normal': NormalDist().cdf(trusted.mean() / spread),
            'cut off': whole, 'half': (quality.accuracy + whole) / 2}


def order(frames, labels, classes, draw):
    """Teach, audit, ask; yield ({name: accuracy}, the truth) of each label."""
    taught = np.concatenate([draw.permutation(np.flatnonzero(labels == one))[:SHOTS]
                             for one in classes])
    left = np.setdiff1d(np.arange(len(labels)), taught)
    said = labels[taught].copy()
    for place in draw.permutation(len(taught))[:int(WRONG * len(taught))]:
        said[place] = draw.choice(np.setdiff1d(classes, [said[place]]))
    robot = Classifier(inputs=frames.shape[-1], min_change=0)
    robot.teach_all([NewLesson(f'{said[place]}', frames[taught[place]])
                     for place in draw.permutation(len(taught))], 'tool', 'all')
    robot.consolidate()
    found = finish(audit(robot.network))
    margins = {}
    for number, margin in found.margins.items():
        margins.setdefault(robot.state.samples[number].label, []).append(margin)
    network = robot.network
    for quality in found.labels:
        asked = draw.permutation(left[labels[left] == int(quality.label)])[:TRUTH]
        if quality.accuracy is not None and quality.looks > 1 and len(asked) >= LEAST:
            yield estimates(quality, np.array(margins[quality.label])), np.mean([
                network.decide(network.present(frames[one]), 0.0, 1).label == quality.label
                for one in asked])


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('pack', help='embedding pack (.npz)')
    parser.add_argument('--orders', type=int, default=5, help='(default: %(default)s)')
    args = parser.parse_args()
    pack = np.load(args.pack)
    frames, labels = pack['X_train'], pack['y_train']
    off = {}
    for seed in range(SEED, SEED + args.orders):
        for guesses, truth in order(frames, labels, np.unique(labels),
                                    np.random.default_rng(seed)):
            for name, guess in guesses.items():
                off.setdefault(name, []).append(100 * (guess - truth))
    for name, points in off.items():
        print(f'{name:<10}{np.mean(np.abs(points)):6.1f} off, bias {np.mean(points):+5.1f}, '
              f'{len(points)} labels')


if __name__ == '__main__':
    main()
