# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How well a group in which two things are mixed is split: ``split_groups.py PACK --unknown N``.

N classes are not taught, the others by 20 samples each.  Of each of 120 pairs of the N, views are
mixed and split as a person would ask for it (``questions.halves``).  Said is the share of views
that are in the part with the others of their thing, and of pairs of which all are.
"""

import argparse
import itertools

import numpy as np

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory.store import NewLesson
from hybrid_snn_ros.questions.halves import halves

SHOTS, PAIRS = 20, 120
MIXED = (8, 8), (10, 3), (16, 16)  # views of the one and of the other


def main() -> None:
    """Measure and print a line for each mixture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pack', help='codes of a data set, npz, as `hybrid-snn evaluate` takes it')
    parser.add_argument('--unknown', type=int, required=True, metavar='N')
    parser.add_argument('--part', choices=('train', 'test'), default='test')
    args = parser.parse_args()
    pack, draw = np.load(args.pack), np.random.default_rng(5)
    classes = draw.permutation(len(pack['class_names']))
    classifier = Classifier(inputs=pack['X_train'].shape[1], min_change=0)
    for one in classes[args.unknown:]:
        own = draw.permutation(np.flatnonzero(pack['y_train'] == one))[:SHOTS]
        classifier.teach_all([NewLesson(f'class {one}', pack['X_train'][i]) for i in own],
                             'tool', f'class {one}')
    network = classifier.network
    codes, which = pack[f'X_{args.part}'], pack[f'y_{args.part}']
    pairs = list(itertools.combinations(classes[:args.unknown], 2))
    draw.shuffle(pairs)
    for sizes in MIXED:
        right = []
        for pair in pairs[:PAIRS]:
            views = [draw.permutation(np.flatnonzero(which == one))[:size]
                     for one, size in zip(pair, sizes)]
            if tuple(map(len, views)) == sizes:
                second = halves(*network.hear(np.array(
                    [network.counts(codes[i]) for i in np.concatenate(views)])))
                agree = float((second == (np.arange(sum(sizes)) >= sizes[0])).mean())
                right.append(max(agree, 1 - agree))
        if right:
            print(f'{sizes[0]} and {sizes[1]} views, {len(right)} pairs: '
                  f'{100 * np.mean(right):.1f} % of the views, '
                  f'{100 * np.mean(np.array(right) == 1):.0f} % of the pairs wholly')


if __name__ == '__main__':
    main()
