# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Protocols: what is taught in which order, and what is asked.

The seed of an order decides everything random in it: which samples of a class are drawn, in which
order they are taught, which classes stay unknown.  With the same seed ``few-shot`` and
``incremental`` draw the same samples.  Accuracies count the best label with rejection off; how
many frames are refused is told apart.
"""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation import baselines
from hybrid_snn_ros.evaluation.metrics import auroc, detected_at
from hybrid_snn_ros.evaluation.pupil import Answers, Pupil

PROTOCOLS = ('joint', 'few-shot', 'incremental', 'open-set', 'turntable')
VIEWS = (1, 5, 10)  # of each new object, on the turntable
REAL_FALSE_UNKNOWN = (0.05, 0.067)  # where detection is also read off the ROC curve
_LOOKS = 16  # looks back at all known labels in incremental learning
_CURVE_LOOKS, _CURVE_FRAMES = 10, 500


class Settings(NamedTuple):
    """How to run a protocol."""

    protocol: str = 'joint'
    rule: str = 'lateral'
    params: dict = {}
    false_unknown: float = 0.05  # nominal
    shots: int | None = None  # samples of a class that are taught; None: all
    unknown: int = 0  # classes never taught, in open-set
    baselines: bool = False
    curve: bool = False  # look at the classifier also while it learns


class Outcome(NamedTuple):
    """What one order gave."""

    answers: Answers  # at the end, to the test frames of everything taught
    known: Answers  # those that false unknowns are counted on
    strangers: Answers | None  # to frames of classes that had not been taught then
    figures: dict  # of this order: {name: number, or {key: number}}
    curve: list  # [(samples taught, accuracy)]
    looks: list  # incremental: [(labels known, {class: accuracy} in the order they were taught)]
    baselines: dict  # {name: accuracy}
    baselines_new: dict  # turntable: {name: {views: accuracy on the new objects}}
    samples: int  # taught


def check(settings):
    """
    Refuse settings that do not fit each other.

    :raises ValueError: one sentence.
    """
    protocol = settings.protocol
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
    if settings.shots is not None and settings.shots < 1:
        raise ValueError(f'--shots must be at least 1, not {settings.shots}')
    if settings.shots is None and protocol == 'few-shot':
        raise ValueError('--protocol few-shot needs --shots K')
    if settings.shots is not None and protocol in ('joint', 'turntable'):
        raise ValueError(f'--protocol {protocol} takes no --shots')
    if not 0 <= settings.false_unknown < 1:
        raise ValueError(f'--false-unknown must lie in [0, 1), not {settings.false_unknown}')
    if protocol != 'open-set' and settings.unknown:
        raise ValueError(f'--protocol {protocol} takes no --unknown')


def check_data(settings, data):
    """
    Refuse data that the protocol cannot use.

    :raises ValueError: one sentence.
    """
    protocol, classes = settings.protocol, len(np.unique(data.train_labels))
    if protocol == 'open-set' and not 1 <= settings.unknown <= classes - 2:
        raise ValueError(f'--protocol open-set needs --unknown 1..{classes - 2} of the {classes} '
                         f'classes of {data.name}, not {settings.unknown}')
    if protocol == 'turntable' and classes < 3:
        raise ValueError(f'--protocol turntable needs at least 3 classes, {data.name} has '
                         f'{classes}')


def run(data, settings, seed, tick=lambda done, total: None):
    """
    Run one order of a protocol.

    :param data: sources.Embeddings.
    :param tick: called with (steps done, steps in all).
    :return: Outcome.
    """
    how = {'open-set': _open_set, 'incremental': _incremental, 'turntable': _turntable}.get(
        settings.protocol, _one_pass)
    return how(data, settings, np.random.default_rng(seed), seed, tick)


class _Steps:
    """Counts towards a total known beforehand; a baseline weighs as much as 50 frames."""

    BASELINE = 50

    def __init__(self, tick, frames, machines=0):
        self._tick, self._done = tick, 0
        self._total = int(frames) + self.BASELINE * machines

    def __call__(self):
        self._done += 1
        self._tick(self._done, self._total)

    def baseline(self, done, total):
        """Count a baseline."""
        self._done += self.BASELINE
        self._tick(self._done, self._total)


def draw(labels, shots, random):
    """Draw up to ``shots`` samples of each class, (M,) places; all of them, in order, if None."""
    if shots is None:
        return np.arange(len(labels))
    return np.concatenate([random.permutation(np.flatnonzero(labels == c))[:shots]
                           for c in np.unique(labels)])


def _pupil(data, settings, steps):
    return Pupil(data, settings.rule, settings.params, settings.false_unknown, steps)


def _machines(settings, times=1):
    return baselines.COUNT * times if settings.baselines else 0


def _baselines(data, settings, samples, frames, seed, steps):
    """Return {name: which answers are right (T,)}, nothing if baselines are not wanted."""
    if not settings.baselines:
        return {}
    said = baselines.answers(data.train[samples], data.train_labels[samples], data.test[frames],
                             seed, steps.baseline)
    return {name: classes == data.test_labels[frames] for name, classes in said.items()}


def _accuracies(right):
    return {name: float(one.mean()) for name, one in right.items()}


def _one_pass(data, settings, random, seed, tick):
    """Teach the samples once, shuffled, and ask everything: ``joint`` and ``few-shot``."""
    order = random.permutation(draw(data.train_labels, settings.shots, random))
    return _taught_and_asked(data, settings, order, np.arange(len(data.test)), seed, tick)


def _taught_and_asked(data, settings, order, frames, seed, tick):
    marks = _curve_marks(len(order)) if settings.curve else []
    some = np.random.default_rng([seed, 1]).permutation(frames)[:_CURVE_FRAMES]
    steps = _Steps(tick, len(order) + len(frames) + len(marks) * len(some), _machines(settings))
    pupil = _pupil(data, settings, steps)
    curve, taught = [], 0
    for mark in marks:
        pupil.teach(order[taught:mark])
        curve.append((int(mark), float(pupil.look(some).mean())))
        taught = mark
    pupil.teach(order[taught:])
    answers = pupil.answer(frames)
    right = _baselines(data, settings, order, frames, seed, steps)
    return Outcome(answers, answers, None, {}, curve, [], _accuracies(right), {}, len(order))


def _curve_marks(samples):
    return np.unique(np.geomspace(min(10, samples), samples, _CURVE_LOOKS).astype(int))


def _open_set(data, settings, random, seed, tick):
    """Never teach some classes; ask frames of those and of the others."""
    classes = np.unique(data.train_labels)
    unknown = random.choice(classes, settings.unknown, replace=False)
    drawn = draw(data.train_labels, settings.shots, random)
    order = random.permutation(drawn[~np.isin(data.train_labels[drawn], unknown)])
    frames = np.arange(len(data.test))
    strange = np.isin(data.test_labels, unknown)
    if strange.all() or not strange.any():
        raise ValueError(f'{data.name} has no test samples of the '
                         f"{'known' if strange.all() else 'unknown'} classes of seed {seed}")
    steps = _Steps(tick, len(order) + len(frames), _machines(settings))
    pupil = _pupil(data, settings, steps)
    pupil.teach(order)
    answers, strangers = pupil.answer(frames[~strange]), pupil.answer(frames[strange])
    right = _baselines(data, settings, order, frames[~strange], seed, steps)
    return Outcome(answers, answers, strangers, rejection(answers, strangers), [], [],
                   _accuracies(right), {}, len(order))


def rejection(known, strangers):
    """Return the figures of telling known from unknown; `known` and `strangers` are Answers."""
    return {
        'unknown_detected': float(strangers.refused.mean()),
        'auroc': auroc(known.familiarity, strangers.familiarity),
        'unknown_detected_at': {
            f'{100 * real:g}%': detected_at(known.familiarity, strangers.familiarity, real)
            for real in REAL_FALSE_UNKNOWN}}


def _incremental(data, settings, random, seed, tick):
    """Teach label after label; look at each when it is new, and back at all of them."""
    drawn = draw(data.train_labels, settings.shots, random)
    shuffled = random.permutation(drawn)  # the order of few-shot, to compare with
    classes = random.permutation(np.unique(data.train_labels))
    looks_at = np.unique(np.linspace(1, len(classes), min(_LOOKS, len(classes))).round())
    places = [np.flatnonzero(data.test_labels == c) for c in classes]
    back = sum(len(p) for at in looks_at[:-1] for p in places[:int(at)])
    steps = _Steps(tick, 2 * (len(drawn) + len(data.test)) + sum(map(len, places)) + back,
                   _machines(settings))
    pupil = _pupil(data, settings, steps)
    immediate, best, looks = {}, {}, []
    for known, (label, frames) in enumerate(zip(classes, places), 1):
        pupil.teach(drawn[data.train_labels[drawn] == label])
        if len(frames):
            immediate[label] = best[label] = pupil.look(frames).mean()
        if known in looks_at[:-1]:
            looks.append((known, {int(c): float(pupil.look(p).mean())
                                  for c, p in zip(classes[:known], places) if len(p)}))
    answers = pupil.answer(np.arange(len(data.test)))
    final = {int(c): float(answers.right[p].mean()) for c, p in zip(classes, places) if len(p)}
    looks.append((len(classes), final))
    for _, seen in looks:
        best = {c: max(best[c], seen.get(int(c), 0.0)) for c in best}
    joint = _pupil(data, settings, steps)
    joint.teach(shuffled)
    right = _baselines(data, settings, shuffled, np.arange(len(data.test)), seed, steps)
    return Outcome(
        answers, answers, None,
        {'immediate': float(np.mean(list(immediate.values()))),
         'forgetting': float(np.mean([best[c] - final[int(c)] for c in best])),
         'joint_accuracy': float(joint.look(np.arange(len(data.test))).mean())},
        [], looks, _accuracies(right), {}, len(drawn))


def _turntable(data, settings, random, seed, tick):
    """Know two thirds of the objects, detect the others, then learn them from 1, 5, 10 views."""
    classes = random.permutation(np.unique(data.train_labels))
    new, base = np.split(classes, [len(classes) // 3])
    drawn = random.permutation(len(data.train))
    base_samples = drawn[np.isin(data.train_labels[drawn], base)]
    views = {c: drawn[data.train_labels[drawn] == c] for c in new}
    most = max(map(len, views.values()))
    tried = [k for k in VIEWS if k <= most]
    old_frames = np.flatnonzero(np.isin(data.test_labels, base))
    new_frames = np.flatnonzero(np.isin(data.test_labels, new))
    asked = len(data.test) * (len(tried) + 1) - len(old_frames) * (len(tried) - 1)
    taught = sum(len(base_samples) + min(k, len(v)) for k in tried for v in views.values())
    taught -= len(base_samples) * len(tried) * (len(views) - 1)
    steps = _Steps(tick, taught + asked, _machines(settings, len(tried)))
    learned, machines, new_machines = {}, {}, {}
    for k in tried:
        pupil = _pupil(data, settings, steps)
        pupil.teach(base_samples)
        if k == tried[0]:
            known, strangers = pupil.answer(old_frames), pupil.answer(new_frames)
        for c in new:
            pupil.teach(views[c][:k])
        if k == tried[-1]:
            answers = pupil.answer(np.concatenate([old_frames, new_frames]))
            old, fresh = np.split(answers.right, [len(old_frames)])
        else:
            fresh = pupil.look(new_frames)
        learned[str(k)] = float(fresh.mean())
        samples = np.concatenate([base_samples, *(views[c][:k] for c in new)])
        for name, right in _baselines(data, settings, samples, np.concatenate(
                [old_frames, new_frames]), seed, steps).items():
            machines[name] = float(right.mean())  # the last one, of most views, stays
            new_machines.setdefault(name, {})[str(k)] = float(right[len(old_frames):].mean())
    return Outcome(
        answers, known, strangers,
        {'base_accuracy': float(known.right.mean()), **rejection(known, strangers),
         'new_accuracy': learned, 'base_after': float(old.mean())},
        [(int(k), accuracy) for k, accuracy in learned.items()], [], machines, new_machines,
        len(samples))
