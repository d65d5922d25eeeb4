#!/usr/bin/env python3
# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Ways to make a lesson of a drawn box: which of them names best, and knows strangers best.

    python tools/box_lessons.py 1010 1011

renders the scenes of `hybrid-snn evaluate scenes` of these seeds on both floors, teaches each way
what it makes of the same ten boxes a label, and prints the means (docs/scenes.md, "What was
tried"). Half an hour for two seeds.
"""

import argparse
from collections.abc import Iterator
import sys

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.metrics import auroc
from hybrid_snn_ros.evaluation.pictured import PicturedSet
from hybrid_snn_ros.evaluation.scene_scores import named, Shown, Truth
from hybrid_snn_ros.evaluation.scene_source import load_scenes
from hybrid_snn_ros.evaluation.scene_trial import crops_of, Settings, Trial
from hybrid_snn_ros.sim.scenes import FLOORS
from hybrid_snn_ros.where.boxes import iou
from hybrid_snn_ros.where.readout import one_of_a_name

SHOTS, DRAWN = 10, 40
OFF = (0.6, 0.85)  # intersection over union of boxes that are a bit off
FALSE_UNKNOWN = 0.03

Made = dict[str, np.ndarray]  # codes of a box, by how it is shown
# name -> what of it is one lesson, and the constants of the rule
WAYS: dict[str, tuple[tuple[str, ...], dict[str, float]]] = {
    'its square': (('it',), {}),
    'with it its mirror image': (('it', 'mirrored'), {}),
    'with it two that are off': (('it', 'off 0', 'off 1'), {}),
    'two that are off alone': (('off 0', 'off 1'), {}),
    'six: itself, two that are off, mirrored': (
        ('it', 'mirrored', 'off 0', 'off 1', 'off 0 mirrored', 'off 1 mirrored'), {}),
    'the box that is found there instead': (('found',), {}),
    'with it the box that is found there': (('it', 'found'), {}),
    '1.2 times as wide': (('wide',), {}),
    'with it 1.2 times as wide': (('it', 'wide'), {}),
    'its square, fit_share 0': (('it',), {'fit_share': 0.0}),
    'its square, fit_share 0.1': (('it',), {'fit_share': 0.1})}


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('seeds', type=int, nargs='+')
    parser.add_argument('--scenes', type=int, default=120, help='to ask, of each seed and floor')
    args = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for seed in args.seeds:
        for floor in FLOORS:
            data = load_scenes(floor, seed, DRAWN, SHOTS, args.scenes, False)
            for name, scores in scored(data, seed):
                found[name].append(scores)
            print(f'{floor} {seed} is done', file=sys.stderr)
    print(f'{"":42}AUROC  named %  new as unknown %  false labels')
    for name, scores in found.items():
        means = [np.mean([one[figure] for one in scores])
                 for figure in ('auroc', 'named', 'refused_new', 'false')]
        print(f'{name:42}{means[0]:5.3f}  {100 * means[1]:7.1f}  {100 * means[2]:16.1f}  '
              f'{means[3]:12.3f}')
    return 0


def scored(data: PicturedSet, seed: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each way and what it reached."""
    trial = Trial(data, Settings('lateral', {}, FALSE_UNKNOWN, seed, DRAWN, SHOTS))
    random = np.random.default_rng([seed, 7])
    lessons = [(label, made(trial, image, box, random))
               for image, box, label in crops_of(data.train, data.taught, SHOTS)]
    asked = [(frame, trial.found(frame.image)) for frame in data.test]
    true = [(name, trial.codes_of(frame.image, box)) for frame in data.test
            for box, name in zip(frame.boxes, frame.names)]
    codes = [[trial.codes_of(frame.image, box) for box in boxes] for frame, boxes in asked]
    known = np.array([name in data.taught for name, _ in true])
    for way, (parts, params) in WAYS.items():
        namer = Classifier(params=params, inputs=len(true[0][1]), top=1, min_change=0,
                           false_unknown=FALSE_UNKNOWN)
        for label, shown in lessons:
            views = np.array([shown.get(part, shown['it']) for part in parts])
            namer.teach(views if len(views) > 1 else views[0], label)
        typical = np.array([namer.present(one).typicality for _, one in true])
        answers = []
        for (_, boxes), these in zip(asked, codes):
            names = [name_of(namer, one) for one in these]
            kept = one_of_a_name(boxes, names)
            answers.append(Shown(boxes[kept], [names[place] for place in kept]))
        scores = named([Truth(frame.boxes, frame.names) for frame in data.test], answers,
                       data.taught)
        yield way, {**scores, 'auroc': auroc(typical[known], typical[~known])}


def name_of(namer: Classifier, codes: np.ndarray) -> str | None:
    """Return the label, None for unknown."""
    prediction = namer.predict(codes)
    return None if prediction.unknown else prediction.label


def made(trial: Trial, image: np.ndarray, box: np.ndarray, random: np.random.Generator) -> Made:
    """Return all that a lesson of a box may be made of."""
    mirror, mirrored = np.ascontiguousarray(image[:, ::-1]), box * (-1, 1, 1, 1)
    mirrored[0] += 1 - box[2]
    shown = {'it': trial.codes_of(image, box), 'mirrored': trial.codes_of(mirror, mirrored),
             'wide': trial.codes_of(image, changed(box, np.zeros(2), np.full(2, 1.2)))}
    for place in range(2):
        other = off(box, random)
        shown[f'off {place}'] = trial.codes_of(image, other)
        back = other * (-1, 1, 1, 1)
        back[0] += 1 - other[2]
        shown[f'off {place} mirrored'] = trial.codes_of(mirror, back)
    boxes = trial.found(image)
    overlap = iou(box[None], boxes)[0]
    if overlap.max(initial=0) >= 0.4:
        shown['found'] = trial.codes_of(image, boxes[overlap.argmax()])
    return shown


def changed(box: np.ndarray, shift: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Return a box moved by shares of its size and stretched, cut off at the frame's edges."""
    size = box[2:] * stretch
    corner = box[:2] + box[2:] * (0.5 + shift) - size / 2
    low, high = np.clip(corner, 0, 1), np.clip(corner + size, 0, 1)
    return np.concatenate([low, high - low])


def off(box: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a box that is a bit off."""
    while True:
        other = changed(box, random.uniform(-0.3, 0.3, 2), np.exp(random.uniform(-0.4, 0.4, 2)))
        if (other[2:] > 0).all() and OFF[0] <= iou(other[None], box[None])[0, 0] <= OFF[1]:
            return other


if __name__ == '__main__':
    sys.exit(main())
