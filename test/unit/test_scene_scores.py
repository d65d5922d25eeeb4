# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scores of boxes and names, by hand; marks, tables and pictures of them."""

import itertools
import math

import cv2
import numpy as np
import pytest

from hybrid_snn_ros.evaluation import scene_marks, scene_pictures, scene_report
from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.scene_marks import Mark
from hybrid_snn_ros.evaluation.scene_scores import (
    by_visibility,
    located,
    named,
    named_whole,
    Shown,
    Truth,
)
from hybrid_snn_ros.evaluation.scene_trial import Answer, Cost, crops_of, jittered, Named
from hybrid_snn_ros.where.boxes import iou

TAUGHT = frozenset(('mug', 'duck'))
# Three things side by side, each a tenth of the frame; the last one was never taught.
TRUTHS = [Truth(np.array([(0.1, 0.1, 0.1, 0.1), (0.3, 0.1, 0.1, 0.1), (0.5, 0.1, 0.1, 0.1)]),
                ('mug', 'duck', 'ball')),
          Truth(np.array([(0.1, 0.1, 0.2, 0.2)]), ('duck',))]


def moved(x, share):
    """Return a tenth wide box, moved so far to the right that it shares this part of a union."""
    return (x + 0.1 * (1 - share) / (1 + share), 0.1, 0.1, 0.1)


FOUND = [np.array([moved(0.1, 0.6), moved(0.3, 0.4), moved(0.5, 0.2), (0.8, 0.8, 0.1, 0.1)]),
         np.zeros((0, 4))]


def test_boxes_are_counted_whatever_their_names():
    scores = located(TRUTHS, FOUND, TAUGHT)
    assert scores == {'any_loose': 2 / 4, 'any_tight': 1 / 4, 'new_tight': 0.0, 'boxes': 2.0,
                      'things': 2.0}
    everything = located(TRUTHS, [truth.boxes for truth in TRUTHS], TAUGHT)
    assert everything['any_tight'] == everything['new_tight'] == 1
    assert math.isnan(located(TRUTHS[1:], FOUND[1:], TAUGHT)['new_tight'])


def test_a_name_is_right_at_a_box_on_a_thing_of_that_name():
    shown = [Shown(FOUND[0], ['mug', 'duck', None, None]), Shown(FOUND[1], [])]
    assert named(TRUTHS, shown, TAUGHT) == pytest.approx(
        {'named': 2 / 3, 'right': 1.0, 'named_tight': 1 / 3, 'refused_new': math.nan,
         'false': 0.0}, nan_ok=True)  # no box reaches the ball
    boxes = np.array([moved(0.1, 0.6), moved(0.5, 0.8), (0.8, 0.8, 0.1, 0.1), moved(0.3, 0.2)])
    shown = [Shown(boxes, ['duck', 'mug', 'mug', 'duck']),
             Shown(np.array([(0.1, 0.1, 0.2, 0.2)] * 2), ['duck', None])]
    # Wrong name; a name for the ball; a name for the floor; right, but beside the thing.
    assert named(TRUTHS, shown, TAUGHT) == pytest.approx(
        {'named': 1 / 3, 'right': 1 / 5, 'named_tight': 1 / 3, 'refused_new': 0.0, 'false': 2.0})
    refused = [Shown(boxes[1:2], [None]), Shown(np.zeros((0, 4)), [])]
    assert named(TRUTHS, refused, TAUGHT)['refused_new'] == 1


def test_the_surest_box_on_a_strange_thing_counts():
    boxes = np.array([moved(0.5, 0.4), moved(0.5, 0.9)])
    for names, expected in ((['mug', None], 1), ([None, 'mug'], 0)):
        assert named(TRUTHS, [Shown(boxes, names), Shown(boxes[:0], [])],
                     TAUGHT)['refused_new'] == expected


def test_things_are_scored_by_how_much_of_them_is_seen():
    shown = [Shown(FOUND[0], ['mug', 'mug', None, None]), Shown(TRUTHS[1].boxes, ['duck'])]
    found = [FOUND[0], TRUTHS[1].boxes]
    seen = [np.array([0.6, 0.5, 0.3]), np.array([1.0])]
    # The mug's box shares 0.6, the duck's 0.4 and is called mug; the ball's shares 0.2.
    assert by_visibility(TRUTHS, shown, found, seen, TAUGHT, 0.5, 0.75) == {
        'things': 2, 'any_loose': 1.0, 'named': 0.5, 'named_tight': 0.5}
    assert by_visibility(TRUTHS, shown, found, seen, TAUGHT, 0.75, math.inf) == {
        'things': 1, 'any_loose': 1.0, 'named': 1.0, 'named_tight': 1.0}
    hidden = by_visibility(TRUTHS, shown, found, seen, TAUGHT, 0.25, 0.5)
    assert hidden['things'] == 1 and hidden['any_loose'] == 0 and math.isnan(hidden['named'])


def test_a_name_for_a_whole_frame_needs_no_place():
    assert named_whole(TRUTHS, ['mug', 'mug'], TAUGHT) == {
        'named': 1 / 3, 'right': 1 / 2, 'false': 1 / 2}
    silent = named_whole(TRUTHS, [None, None], TAUGHT)
    assert silent['named'] == silent['false'] == 0 and math.isnan(silent['right'])


def test_jitter_is_off_by_half():
    random = np.random.default_rng(0)
    for box in random.uniform(0.1, 0.4, (20, 4)):
        other = jittered(box, random)
        assert 0.5 <= iou(other[None], box[None])[0, 0] <= 0.6
        assert (other[:2] >= 0).all() and (other[:2] + other[2:] <= 1).all()


def test_crops_come_from_as_many_frames_as_there_are():
    image = np.zeros((8, 8, 3), np.uint8)
    corner = itertools.count()

    def frame(*names):
        return Pictured(image, np.array([(next(corner), 0, 1, 1) for _ in names]), names)
    frames = [frame('mug', 'mug', 'duck', 'mug'), frame('ball'), frame('mug', 'duck', 'mug')]
    assert [(box[0], name) for _, box, name in crops_of(frames, TAUGHT, 3)] == [
        (0, 'mug'), (2, 'duck'), (5, 'mug'), (6, 'duck'), (1, 'mug')]


def answer_of(shown, truth):
    """Return an Answer whose boxes are those shown, and that names true boxes as they are."""
    given = [Named(name, False, 1.0 if name in TAUGHT else -1.0) for name in truth.names]
    return Answer(shown.boxes, shown.boxes[:1], shown.boxes[:2], shown, given,
                  [one._replace(best='mug') for one in given], Named('duck', True, 0.0), [])


def pictured(truths):
    random = np.random.default_rng(1)
    test = [Pictured(random.integers(0, 256, (48, 64, 3), np.uint8), truth.boxes, truth.names)
            for truth in truths]
    return PicturedSet('made', [], test, [], TAUGHT, {}, 12)


SHOWN = [Shown(FOUND[0], ['mug', 'mug', None, None]), Shown(np.zeros((0, 4)), [])]


def figures():
    answers = [answer_of(shown, truth) for shown, truth in zip(SHOWN, TRUTHS)]
    cost = Cost([1.0, 9.0, 1.0], [2.0], [3.0, 3.0], [5.0], [7.0])
    return scene_report.summarise(pictured(TRUTHS), answers,
                                  [FOUND[0], FOUND[1], FOUND[1], FOUND[1]], cost)


def test_the_figures_are_those_of_the_answers():
    found = figures()
    assert found['true'] == {'right': 1.0, 'top1': 1.0, 'auroc': 1.0, 'jittered': 1 / 3}
    assert found['drawn']['boxes_per_thing'] == 1.0 and found['drawn']['empty'] == 1.0
    assert found['one']['any_loose'] == 1 / 4 and found['one']['boxes'] == 0.5
    assert found['mixed']['any_loose'] == 2 / 4 and found['mixed']['boxes'] == 1.0
    assert found['all']['named'] == 1 / 3 and found['all']['false'] == 0.5
    # The whole frames say duck, which stands in both, and refuse it.
    assert found['whole']['named'] == 0 and found['whole_never_unknown']['named'] == 2 / 3
    assert found['all']['ahead_of_whole'] == pytest.approx(-1 / 3)
    assert found['cost'] == {'pass': 7, 'cells': 1, 'find': 2, 'where_over': 3 - 1.3 * 7,
                             'box': 3, 'box_over': -4, 'scene': 5}


def test_things_that_are_partly_hidden_and_things_alone_have_their_figures():
    data = pictured(TRUTHS)
    data = data._replace(
        test=[frame._replace(visible=np.full(len(frame.names), share))
              for frame, share in zip(data.test, (0.5, 0.9))],
        alone_asked=[(name, np.zeros((4, 4, 3), np.uint8)) for name in ('mug', 'duck', 'ball')])
    answers = [answer_of(shown, truth)._replace(alone=[shown, Shown(shown.boxes[:0], []), shown])
               for shown, truth in zip(SHOWN, TRUTHS)]
    said = [Named('mug', False, 1.0), Named('duck', True, 0.0), Named('mug', True, 0.0)]
    found = scene_report.summarise(data, answers, [], Cost([1.0], [1.0], [1.0], [1.0], [1.0]),
                                   [said, said[::-1], [said[0]] * 3])
    assert [found[f'seen_{least}']['things'] for least in (75, 50, 25)] == [1, 3, 0]
    assert found['seen_50']['named'] == 0.5 and found['seen_75']['any_loose'] == 0
    assert found['alone_whole']['named'] == found['all']['named'] == 1 / 3
    assert found['alone_cropped']['named'] == 0
    assert [found[f'alone_{way}']['frames_named'] for way in ('whole', 'cropped', 'both')] == [
        1 / 2, 0, 1 / 2]
    assert [found[f'alone_{way}']['frames_refused_new'] for way in ('whole', 'cropped', 'both')
            ] == [1, 0, 0]
    lines = scene_report.table(found, ())
    assert 'of which 50 to 75 % is seen' in lines and not any('nan' in line for line in lines)


def test_the_table_says_what_is_met_and_what_is_missed():
    marks = (Mark('true.right', True, 0.94), Mark('true.auroc', True, 1.01),
             Mark('all.false', False, 0.49), Mark('all.refused_new', True, 0.5),
             Mark('cost.scene', False, 5.0))
    lines = scene_report.table(figures(), marks)
    assert [line for line in lines if line.endswith('met')] == [
        '  named right                                     100.0 %   at least   94.0 %   met',
        '  a scene of 4 boxes                                5.00    at most     5.00    met']
    assert [line.split()[0] for line in lines if line.endswith('MISSED')] == ['AUROC', 'false']
    assert lines[-1] == '2 of 5 marks met, 1 not asked for'
    assert not any('nan' in line for line in lines)
    assert 'met' not in ' '.join(scene_report.table(figures(), ()))


def test_every_mark_is_of_a_figure_that_the_table_shows():
    shown = {f'{part}.{name}' for part, (_, names) in scene_report._TITLES.items()
             for name in names}
    every = [mark for marks in (*scene_marks.SCENES.values(), *scene_marks.PHOTOGRAPHS.values())
             for mark in marks]
    assert {mark.figure for mark in every} <= shown and len(every) > 50
    for mark in every:
        assert mark.met(figures()) in (True, False, None)


def test_pictures_are_of_the_first_and_of_the_worst(tmp_path):
    truths = [TRUTHS[1]] * 10 + [TRUTHS[0]]
    right = Shown(TRUTHS[1].boxes, ['duck'])
    wrong = Shown(FOUND[0], ['mug', 'mug', None, None])
    data = pictured(truths)
    answers = [answer_of(shown, truth) for shown, truth in zip([right] * 10 + [wrong], truths)]
    # The duck is without its name, which a second mug bears; the ball may be unknown.
    assert [scene_pictures.faults(frame, answer, TAUGHT)
            for frame, answer in zip(data.test, answers)] == [0] * 10 + [2]
    scene_pictures.draw(tmp_path / 'new', data, answers, np.eye(3, 4, dtype=np.float32))
    first, worst, heat = (cv2.imread(str(tmp_path / 'new' / f'{name}.jpg'))
                          for name in ('first', 'worst', 'heat'))
    assert first.shape == worst.shape == (1080, 1440, 3) and heat.shape == (360, 960, 3)
    shown = scene_pictures.drawn(data.test[10], answers[10])[..., ::-1].astype(int)
    assert abs(worst[:360, :480] - shown).mean() < 20 < abs(first[:360, :480] - shown).mean()
