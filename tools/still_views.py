# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Does it pay to look at further views of a frame while nothing moves before the camera?

    python tools/still_views.py FOLDER ... [--test]

Teaches photographs in six views each and asks others, each by several sets of its views whose
responses are averaged: % right, how many taught things are called unknown, how many strangers
(every third label is never taught), and how well the two are told apart.  FOLDER holds train/ and
test/ with a folder for every label; without --test, train/ alone is split in two halves.
"""

import argparse
from pathlib import Path

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.defaults import FALSE_UNKNOWN, TEACH_VIEWS
from hybrid_snn_ros.evaluation.folders import load_folder
from hybrid_snn_ros.evaluation.metrics import auroc
from hybrid_snn_ros.snn.response import mean_of

# Places in vision.views: 0 as it was seen, 1 upper left, 2 lower right, 3 mirrored, 4 near, 5 far
SETS = {'the frame': (0,), 'and mirrored': (0, 3), 'and near': (0, 4),
        'mirrored and near': (0, 3, 4), 'and two corners': (0, 1, 2), 'all six': range(6)}


def halves(labels):
    """Return the places to teach and to ask, of each label every other one."""
    taught = np.concatenate([np.flatnonzero(labels == one)[::2] for one in np.unique(labels)])
    return taught, np.setdiff1d(np.arange(len(labels)), taught)


def asked(taught_codes, taught_labels, codes, labels, shots, seed):
    """Teach, ask; return {set of views: (right, called unknown, strangers so called, AUROC)}."""
    random = np.random.default_rng(seed)
    classes = random.permutation(np.unique(taught_labels))
    strange = classes[:len(classes) // 3]
    places = np.concatenate([random.permutation(np.flatnonzero(taught_labels == one))[:shots]
                             for one in classes[len(strange):]])
    classifier = Classifier(inputs=codes.shape[-1], min_change=0)
    for place in random.permutation(places):
        classifier.teach(taught_codes[place], str(taught_labels[place]))
    responses = [[classifier.present(view) for view in views] for views in codes]
    is_strange = np.isin(labels, strange)
    found = {}
    for name, chosen in SETS.items():
        means = [mean_of([one[view] for view in chosen]) for one in responses]
        answers = [classifier.decide(one, FALSE_UNKNOWN) for one in means]
        right = np.array([one.ranked[0][0] for one in answers]) == labels.astype(str)
        unknown = np.array([one.unknown for one in answers])
        typical = np.array([one.typicality for one in means])
        found[name] = (right[~is_strange].mean(), unknown[~is_strange].mean(),
                       unknown[is_strange].mean(),
                       auroc(typical[~is_strange], typical[is_strange]))
    return found


def main():
    """Teach, ask, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('folder', nargs='+', type=Path, help='with train/ and test/')
    parser.add_argument('--test', action='store_true', help='teach train/, ask test/')
    parser.add_argument('--shots', type=int, nargs='+', default=[1, 5, 20],
                        help='photographs of a label that are taught (default: 1 5 20)')
    parser.add_argument('--draws', type=int, default=3, help='(default: %(default)s)')
    arguments = parser.parse_args()
    print(f"{'':<28}{'right':>8}{'taught called unknown':>23}{'strangers so':>14}{'AUROC':>8}")
    for folder in arguments.folder:
        progress = Progress(f'embedding {folder}')
        data = load_folder(folder, Classifier(), progress, print,
                           views=(TEACH_VIEWS, TEACH_VIEWS))
        progress.close()
        taught, ask = (data.train, data.train_labels), (data.test, data.test_labels)
        if not arguments.test:
            first, second = halves(data.train_labels)
            taught, ask = ((data.train[part], data.train_labels[part])
                           for part in (first, second))
        for shots in arguments.shots:
            draws = [asked(*taught, *ask, shots, seed) for seed in range(arguments.draws)]
            print(f'{data.name}, {shots} shots')
            for name in SETS:
                right, called, strangers, told = np.mean([one[name] for one in draws], axis=0)
                print(f'  {name:<26}{right:>8.1%}{called:>23.1%}{strangers:>14.1%}{told:>8.3f}',
                      flush=True)
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
