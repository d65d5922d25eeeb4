# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From answers to frames with true boxes to figures, and to a table that says what is met."""

from collections.abc import Mapping, Sequence
import math
from typing import Any

import numpy as np

from hybrid_snn_ros.evaluation.metrics import auroc
from hybrid_snn_ros.evaluation.pictured import PicturedSet
from hybrid_snn_ros.evaluation.scene_marks import Mark
from hybrid_snn_ros.evaluation.scene_scores import (
    by_visibility,
    located,
    named,
    named_whole,
    Truth,
)
from hybrid_snn_ros.evaluation.scene_trial import ALONE, Answer, Cost, FOUR, Named

_FINE = ('auroc', 'false', 'empty')  # figures with three digits
VISIBLE = ((75, 100), (50, 75), (25, 50))  # shares of a thing, %
PASSES = 1.3  # of the whole encoder, that the cut one may cost

# part -> (what it is, {figure: (its name, whether it is a share)})
_BOXES = {'any_loose': ('things with a box, IoU 0.3', True),
          'any_tight': ('things with a box, IoU 0.5', True),
          'new_tight': ('never-taught things with a box, IoU 0.5', True),
          'boxes': ('boxes a frame', False),
          'boxes_per_thing': ('boxes a thing', False), 'empty': ('boxes on an empty floor', False)}
_NAMES = {'named': ('things named', True), 'right': ('names right', True),
          'named_tight': ('things named, IoU 0.5', True),
          'refused_new': ('never-taught things shown as unknown', True),
          'false': ('false labels a frame', False),
          'ahead_of_whole': ('things named, ahead of the whole frame', True)}
_TITLES: dict[str, tuple[str, dict[str, tuple[str, bool]]]] = {
    'true': ('true boxes given', {
        'right': ('named right', True), 'top1': ('best label right', True),
        'auroc': ('AUROC taught / never taught', True),
        'jittered': ('best label right, boxes off to IoU 0.5', True)}),
    'drawn': ('boxes, every thing drawn in what was taught', _BOXES),
    'one': ('boxes, one thing drawn a frame', _BOXES),
    'mixed': ('boxes, every thing drawn in every second frame, one in the others', _BOXES),
    'all': ('all together: found, cropped, named', _NAMES),
    **{f'seen_{least}': (f'of which {least} to {most} % is seen', {
        'things': ('things', False), 'any_loose': ('things with a box, IoU 0.3', True),
        'named': ('taught things named', True),
        'named_tight': ('taught things named, IoU 0.5', True)}) for least, most in VISIBLE},
    'whole': ('whole frame, no box', _NAMES),
    'whole_never_unknown': ('whole frame, never unknown', _NAMES),
    **{f'alone_{way}': (f'all together, names taught alone, {text}', {
        **_NAMES, 'frames_named': ('whole frames of one thing named right', True),
        'frames_refused_new': ('whole frames, never taught, shown as unknown', True)})
       for way, text in zip(ALONE, ('as whole frames', 'cropped by the read-out', 'both ways'))},
    'cost': ('cost, ms (median)', {
        'pass': ('one pass of the whole encoder', False),
        'cells': ('the cut encoder', False), 'find': ('read-out and boxes', False),
        'where_over': (f'both, beyond {PASSES} passes', False), 'box': ('one box named', False),
        'box_over': ('one box, beyond a pass', False),
        'scene': (f'a scene of {FOUR} boxes', False)})}


def summarise(data: PicturedSet, answers: Sequence[Answer], empty: Sequence[np.ndarray],
              cost: Cost, alone: Sequence[Sequence[Named]] = ()) -> dict[str, Any]:
    """
    Return {part: {figure: number}}.

    :param empty: boxes found in the frames that show nothing.
    :param alone: what is said of data.alone_asked, taught in each of the ALONE ways.
    """
    truths = [Truth(frame.boxes, frame.names) for frame in data.test]
    taught = data.taught
    figures: dict[str, Any] = {
        'true': _true(truths, answers, taught),
        'drawn': located(truths, [answer.boxes for answer in answers], taught),
        'one': located(truths, [answer.boxes_one for answer in answers], taught),
        'mixed': located(truths, [answer.boxes_mixed for answer in answers], taught),
        'all': named(truths, [answer.shown for answer in answers], taught),
        'whole': named_whole(truths, [answer.whole.name for answer in answers], taught),
        'whole_never_unknown': named_whole(truths, [answer.whole.best for answer in answers],
                                           taught)}
    for part in ('drawn', 'one', 'mixed'):
        figures[part]['boxes_per_thing'] = figures[part]['boxes'] / figures[part]['things']
    if len(empty):
        figures['drawn']['empty'] = float(np.mean([len(boxes) for boxes in empty]))
    visible = [frame.visible for frame in data.test if frame.visible is not None]
    if visible:
        for least, most in VISIBLE:
            figures[f'seen_{least}'] = by_visibility(
                truths, [answer.shown for answer in answers], [answer.boxes for answer in answers],
                visible, taught, least / 100, most / 100 if most < 100 else math.inf)
    figures['all']['ahead_of_whole'] = (figures['all']['named']
                                        - figures['whole_never_unknown']['named'])
    labels = np.array([name for name, _ in data.alone_asked], object)
    known = np.array([name in taught for name in labels], bool)
    for place, (way, frames) in enumerate(zip(ALONE, alone)):
        said = [one.name for one in frames]
        figures[f'alone_{way}'] = {
            **named(truths, [answer.alone[place] for answer in answers], taught),
            'frames_named': _equal(said, labels, known),
            'frames_refused_new': _equal(said, np.full(len(labels), None), ~known)}
    figures['cost'] = _cost(cost)
    return figures


def _true(truths: Sequence[Truth], answers: Sequence[Answer],
          taught: frozenset[str]) -> dict[str, float]:
    """Score what is said of the true boxes."""
    names = np.array([name for truth in truths for name in truth.names], object)
    known = np.array([name in taught for name in names], bool)
    given = [one for answer in answers for one in answer.true]
    moved = [one for answer in answers for one in answer.jittered]
    typicality = np.array([one.typicality for one in given])
    apart = auroc(typicality[known], typicality[~known]) if known.any() and not known.all() else (
        math.nan)
    return {'right': _equal([one.name for one in given], names, known),
            'top1': _equal([one.best for one in given], names, known), 'auroc': apart,
            'jittered': _equal([one.best for one in moved], names, known)}


def _equal(said: Sequence[str | None], names: np.ndarray, which: np.ndarray) -> float:
    if not which.any():
        return math.nan
    return float((np.array(said, object)[which] == names[which]).mean())


def _cost(cost: Cost) -> dict[str, float]:
    cells, find, box, scene, whole = (float(np.median(times)) for times in cost)
    return {'pass': whole, 'cells': cells, 'find': find, 'where_over': cells + find
            - PASSES * whole, 'box': box, 'box_over': box - whole, 'scene': scene}


def table(figures: Mapping[str, Any], marks: Sequence[Mark]) -> list[str]:
    """Return the lines that a person reads: every figure, its mark, and whether it is met."""
    wanted = {mark.figure: mark for mark in marks}
    lines = []
    for part, (title, names) in _TITLES.items():
        if part not in figures:
            continue
        lines += ['', title]
        for name, (text, is_share) in names.items():
            value = figures[part].get(name, math.nan)
            if math.isnan(value):
                continue
            line = f'  {text:<46}' + _number(value, is_share, name)
            mark = wanted.get(f'{part}.{name}')
            if mark is not None:
                line += (f"   {'at least' if mark.at_least else 'at most':<8}"
                         f'{_number(mark.value, is_share, name)}   '
                         + ('met' if mark.met(figures) else 'MISSED'))
            lines.append(line)
    if marks:
        results = [mark.met(figures) for mark in marks]
        lines += ['', f'{results.count(True)} of {len(marks)} marks met'
                  + f', {results.count(None)} not asked for' * (None in results)]
    return lines


def _number(value: float, is_share: bool, name: str) -> str:
    if name in _FINE:
        return f'{value:>8.3f} '
    return f'{100 * value:>7.1f} %' if is_share else f'{value:>8.2f} '
