# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A robot that asks what it does not know, and a person who always answers right.

Some classes are taught, the others come by in a stream: all their training frames, and half of
the test frames of every class, in random order.  Frames that are answered ``unknown`` are grouped
(``questions``); when the robot asks, the person strikes out what shows something else than most
of the group, and names the rest.  The other half of the test frames is asked at the end.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation.evaluated_classifier import EvaluatedClassifier
from hybrid_snn_ros.evaluation.sources import Embeddings
from hybrid_snn_ros.questions import torn, UnknownClusters

_MARKS = (1, 2, 4, 8, 16, 32, 64)  # answers after which the curve is looked at
_LOOKS = 300  # later frames of new classes that the curve is drawn on, at most


class Shown(NamedTuple):
    """What comes by, and what is asked later; places among the frames of a trial's data."""

    data: Embeddings  # its test part: the test frames, then the training frames, as they were seen
    stream: np.ndarray  # (S,)
    later: np.ndarray  # (L,)
    new: np.ndarray  # the classes that were not taught

    @classmethod
    def drawn(cls, data: Embeddings, new: np.ndarray, random: np.random.Generator) -> 'Shown':
        """Draw a stream; ``new`` are the classes not taught."""
        frames = np.concatenate([data.test_frames, data.train_frames])
        labels = np.concatenate([data.test_labels, data.train_labels])
        halves = random.permutation(len(data.test))
        stream, later = halves[:len(halves) // 2], halves[len(halves) // 2:]
        own = len(data.test) + np.flatnonzero(np.isin(data.train_labels, new))
        return cls(data._replace(test=frames, test_labels=labels),
                   random.permutation(np.concatenate([stream, own])), np.sort(later), new)


class Asked(NamedTuple):
    """What one trial gave."""

    figures: dict[str, Any]
    curves: dict[str, list[tuple[int, float]]]  # {way: [(answers, accuracy on the new classes)]}
    named: np.ndarray  # the new classes that have a name now


def frames_of(shown: Shown) -> int:
    """Return about how many frames a trial presents or teaches besides those it starts with."""
    new = np.isin(shown.data.test_labels[shown.later], shown.new).sum()
    looks = 2 + sum(mark <= len(shown.new) for mark in _MARKS)
    return len(shown.stream) + 3 * looks * min(_LOOKS, int(new)) + 2 * int(new)


def run(make: Callable[[], EvaluatedClassifier], shown: Shown, random: np.random.Generator,
        tick: Callable[[], None] = lambda: None) -> tuple[EvaluatedClassifier, Asked]:
    """
    Let the stream come by and answer what is asked.

    :param make: makes the classifier that was taught all classes but the new ones.
    :param tick: called after every frame that came by.
    :return: (the classifier at the end, Asked).
    """
    looks = shown.later[np.isin(shown.data.test_labels[shown.later], shown.new)]
    looks = random.permutation(looks)[:_LOOKS]
    robot = make()
    doubts = _doubts(robot, shown)
    purities, answers, told, refused = [], [], [], []
    clusters = UnknownClusters(robot.classifier.false_unknown)
    curve = [(0, _accuracy(robot, looks))]
    for place in shown.stream:
        codes = shown.data.test[place]
        prediction = robot.classifier.predict(codes)
        tick()
        refused.append(prediction.reason == 'strange')
        if not refused[-1]:
            continue
        for _ in clusters.follow(lambda: robot.classifier.network):
            pass
        clusters.add(robot.classifier.network, codes, str(place), 0.0)
        for question in clusters.questions:
            classes = shown.data.test_labels[[int(one.stamp) for one in question.members]]
            most = np.bincount(classes).argmax()
            purities.append((classes == most).mean())
            taught = clusters.answer(question.number, [
                one.number for one, c in zip(question.members, classes) if c != most])
            frames = [int(one.stamp) for one in taught]
            robot.teach_frames(frames)
            answers.append(frames)
            told.append(int(most))
            if len(answers) in _MARKS:
                curve.append((len(answers), _accuracy(robot, looks)))
    named = np.intersect1d(told, shown.new)
    if len(answers) not in _MARKS:
        curve.append((len(answers), _accuracy(robot, looks)))
    marks = [count for count, _ in curve if count]
    one_each = [int(frames[0]) for frames in answers]
    at_random = [int(place) for place in random.permutation(shown.stream)[:len(answers)]]
    is_new = np.isin(shown.data.test_labels[shown.stream], shown.new)
    later = shown.later[np.isin(shown.data.test_labels[shown.later], named)]
    alone = make()
    alone.teach_frames([_first_of(c, shown) for c in named])
    return robot, Asked(
        {**doubts, 'questions': float(len(answers)),
         'purity': float(np.mean(purities)) if purities else float('nan'),
         'coverage': len(named) / len(shown.new),
         'named': _accuracy(robot, later), 'one_frame': _accuracy(alone, later),
         'asked_of_known': float(np.mean(~np.isin(told, shown.new))) if told else 0.0,
         'stream_unknown': {'new': float(np.mean(np.array(refused)[is_new])),
                            'known': float(np.mean(np.array(refused)[~is_new]))}},
        {'asked, the whole group is taught': curve,
         'asked, one frame of the group': _curve(make(), one_each, marks, looks),
         'random frames of the stream': _curve(make(), at_random, marks, looks)}, named)


def _doubts(robot: EvaluatedClassifier, shown: Shown) -> dict[str, Any]:
    """Return how often later frames are torn between two labels, and what those are."""
    labels = shown.data.test_labels[shown.later]
    is_new = np.isin(labels, shown.new)
    found = [torn(robot.classifier.predict(shown.data.test[place])) for place in shown.later]
    known = [(doubt, shown.data.class_names[label])
             for doubt, label, new in zip(found, labels, is_new) if doubt and not new]
    return {'torn': {part: _share([bool(doubt) for doubt, new in zip(found, is_new)
                                   if new == (part == 'new')]) for part in ('known', 'new')},
            'torn_wrong': _share([doubt.label != name for doubt, name in known]),
            'torn_either': _share([name in doubt for doubt, name in known])}


def _share(which: Sequence[bool]) -> float:
    return float(np.mean(which)) if len(which) else float('nan')


def _first_of(c: int, shown: Shown) -> int:
    """Return the place of the first frame of a class in the stream."""
    return int(shown.stream[shown.data.test_labels[shown.stream] == c][0])


def _curve(robot: EvaluatedClassifier, frames: Sequence[int], marks: Sequence[int],
           looks: np.ndarray) -> list[tuple[int, float]]:
    """Teach frames one after the other; return [(frames, accuracy)]."""
    curve, taught = [(0, _accuracy(robot, looks))], 0
    for mark in marks:
        robot.teach_frames(frames[taught:mark])
        curve.append((mark, _accuracy(robot, looks)))
        taught = mark
    return curve


def _accuracy(robot: EvaluatedClassifier, places: np.ndarray) -> float:
    return float(robot.look(places).mean()) if len(places) else float('nan')
