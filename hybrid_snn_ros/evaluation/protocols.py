# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Protocols: what is taught in which order, and what is asked.

The seed of an order decides everything random in it: which samples of a class are drawn, in which
order they are taught, which classes stay unknown.  With the same seed ``few-shot`` and
``incremental`` draw the same samples.  Accuracies count the best label with rejection off; how
many frames are refused is reported apart.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation import audit_trial, baselines, question_trial, stream
from hybrid_snn_ros.evaluation.evaluated_classifier import Answers, EvaluatedClassifier
from hybrid_snn_ros.evaluation.metrics import auroc, detected_at
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import Embeddings

Progress = Callable[[int, int], None]  # (steps done, steps in all)

VIEWS = (1, 5, 10)  # of each new object, on the turntable
REAL_FALSE_UNKNOWN = (0.05, 0.067)  # where detection is also read off the ROC curve
_LOOKS = 16  # looks back at all known labels in incremental learning
_CURVE_LOOKS, _CURVE_FRAMES = 10, 500


class Outcome(NamedTuple):
    """What one order gave."""

    answers: Answers  # at the end, to the test frames of everything taught
    known: Answers  # those that false unknowns are counted on
    unknown: Answers | None  # to frames of classes that had not been taught then
    figures: dict[str, Any]  # of this order: {name: number, or {key: number}}
    curve: list[tuple[int, float]]  # [(samples taught, accuracy)]
    # incremental: [(labels known, {class: accuracy} in the order they were taught)]
    looks: list[tuple[int, dict[int, float]]]
    baselines: dict[str, float]  # {name: accuracy}
    # turntable: {name: {views: accuracy on the new objects}}
    baselines_new: dict[str, dict[str, float]]
    samples: int  # taught
    # questions: {way: [(answers, accuracy on the new classes)]}
    curves: dict[str, list[tuple[int, float]]] = {}


def run(data: Embeddings, settings: Settings, seed: int,
        tick: Progress = lambda done, total: None) -> Outcome:
    """
    Run one order of a protocol.

    :param tick: called with (steps done, steps in all).
    """
    how: Callable[..., Outcome] = {
        'audit': _audit, 'open-set': _open_set, 'incremental': _incremental,
        'newcomer': _newcomer,
        'questions': _questions, 'stream': _stream,
        'turntable': _turntable}.get(settings.protocol, _one_pass)
    return how(data, settings, np.random.default_rng(seed), seed, tick)


class _Steps:
    """Counts towards a total, known or guessed; a baseline weighs as much as 50 frames."""

    BASELINE = 50

    def __init__(self, tick: Progress, frames: int, baselines: int = 0) -> None:
        self._tick, self._done = tick, 0
        self._total = int(frames) + self.BASELINE * baselines

    def __call__(self) -> None:
        self._done = min(self._done + 1, self._total)
        self._tick(self._done, self._total)

    def baseline(self, done: int, total: int) -> None:
        """Count a baseline."""
        self._done += self.BASELINE
        self._tick(self._done, self._total)


def draw(labels: np.ndarray, shots: int | None, random: np.random.Generator) -> np.ndarray:
    """Draw up to ``shots`` samples of each class, (M,) places; all of them, in order, if None."""
    if shots is None:
        return np.arange(len(labels))
    return np.concatenate([random.permutation(np.flatnonzero(labels == c))[:shots]
                           for c in np.unique(labels)])


def _untaught(data: Embeddings, settings: Settings, steps: _Steps) -> EvaluatedClassifier:
    return EvaluatedClassifier(data, settings.rule, settings.params, settings.false_unknown, steps)


def _baseline_count(settings: Settings, times: int = 1) -> int:
    return baselines.COUNT * times if settings.baselines else 0


def _baselines(data: Embeddings, settings: Settings, samples: np.ndarray, frames: np.ndarray,
               seed: int, steps: _Steps) -> dict[str, np.ndarray]:
    """Return {name: which answers are correct (T,)}, nothing if baselines are not wanted."""
    if not settings.baselines:
        return {}
    answers = baselines.answers(data.train_frames[samples], data.train_labels[samples],
                                data.test_frames[frames], seed, steps.baseline)
    return {name: y_pred == data.test_labels[frames] for name, y_pred in answers.items()}


def _accuracies(correct: Mapping[str, np.ndarray]) -> dict[str, float]:
    return {name: float(one.mean()) for name, one in correct.items()}


def _one_pass(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
              tick: Progress) -> Outcome:
    """Teach the samples once, shuffled, and ask everything: ``joint`` and ``few-shot``."""
    order = random.permutation(draw(data.train_labels, settings.shots, random))
    order = np.repeat(order, settings.times)
    return _taught_and_asked(data, settings, order, np.arange(len(data.test)), seed, tick)


def _taught_and_asked(data: Embeddings, settings: Settings, order: np.ndarray,
                      frames: np.ndarray, seed: int, tick: Progress) -> Outcome:
    marks = _curve_marks(len(order)) if settings.curve else np.zeros(0, int)
    some = np.random.default_rng([seed, 1]).permutation(frames)[:_CURVE_FRAMES]
    steps = _Steps(tick, len(order) + len(frames) + len(marks) * len(some),
                   _baseline_count(settings))
    classifier = _untaught(data, settings, steps)
    curve, taught = [], 0
    for mark in marks:
        classifier.teach(order[taught:mark])
        curve.append((int(mark), float(classifier.look(some).mean())))
        taught = mark
    classifier.teach(order[taught:])
    answers = classifier.answer(frames)
    correct = _baselines(data, settings, order, frames, seed, steps)
    return Outcome(answers, answers, None, {}, curve, [], _accuracies(correct), {}, len(order))


def _curve_marks(samples: int) -> np.ndarray:
    return np.unique(np.geomspace(min(10, samples), samples, _CURVE_LOOKS).astype(int))


def _open_set(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
              tick: Progress) -> Outcome:
    """Never teach some classes; ask frames of those and of the others."""
    classes = np.unique(data.train_labels)
    unknown = random.choice(classes, settings.unknown, replace=False)
    drawn = draw(data.train_labels, settings.shots, random)
    order = np.repeat(random.permutation(drawn[~np.isin(data.train_labels[drawn], unknown)]),
                      settings.times)
    other = unknown[:len(unknown) // 2] if settings.other else unknown[:0]
    frames = np.flatnonzero(~np.isin(data.test_labels, other))
    is_unknown = np.isin(data.test_labels[frames], unknown)
    if is_unknown.all() or not is_unknown.any():
        raise ValueError(f'{data.name} has no test samples of the '
                         f"{'known' if is_unknown.all() else 'unknown'} classes of seed {seed}")
    nameless = random.permutation(np.flatnonzero(np.isin(data.train_labels, other)))
    steps = _Steps(tick, len(order) + settings.other + len(frames), _baseline_count(settings))
    classifier = _untaught(data, settings, steps)
    classifier.teach(order)
    classifier.teach(nameless[:settings.other], 'other')
    known = classifier.answer(frames[~is_unknown])
    refusable = classifier.answer(frames[is_unknown])
    correct = _baselines(data, settings, order, frames[~is_unknown], seed, steps)
    return Outcome(known, known, refusable, rejection(known, refusable), [], [],
                   _accuracies(correct), {}, len(order))


def _newcomer(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
              tick: Progress) -> Outcome:
    """Let each class in turn be new: K of its frames, one if none is said, all of the others."""
    own = {int(c): random.permutation(np.flatnonzero(data.train_labels == c))
           for c in np.unique(data.train_labels)}
    frames = {c: np.flatnonzero(data.test_labels == c) for c in own}
    shots = settings.shots or 1
    steps = _Steps(tick, 2 * len(data.train) + sum(
        min(shots, len(samples)) for samples in own.values()) + len(data.test))
    classifier = _untaught(data, settings, steps)
    classifier.teach(random.permutation(len(data.train)))
    looks = []
    for c, samples in own.items():
        classifier.forget(c)
        classifier.teach(samples[:shots])
        looks.append(classifier.answer(frames[c]))
        classifier.forget(c)
        classifier.teach(samples)
    answers = Answers(*(np.concatenate(part) for part in zip(*looks)))
    return Outcome(answers, answers, None, {}, [], [], {}, {}, len(data.train))


def _stream(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
            tick: Progress) -> Outcome:
    """Know two thirds of the classes; a third of the others are hands."""
    classes = random.permutation(np.unique(data.train_labels))
    strange, known = np.split(classes, [len(classes) // 3])
    hands, strange = np.split(strange, [max(1, len(strange) // 3)])
    drawn = draw(data.train_labels, settings.shots, random)
    order = random.permutation(drawn[np.isin(data.train_labels[drawn], known)])
    shown = stream.drawn(data, known, strange, hands, random)
    classifier = _untaught(data, settings, _Steps(tick, len(order) + len(shown.frames)))
    classifier.teach(order)
    answers, refusable, figures = stream.watched(classifier, shown, settings.smoothing)
    return Outcome(answers, answers, refusable, figures, [], [], {}, {}, len(order))


def _questions(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
               tick: Progress) -> Outcome:
    """Never teach some classes, a third if none is said; let the robot ask for their names."""
    classes = random.permutation(np.unique(data.train_labels))
    new = classes[:settings.unknown or len(classes) // 3]
    drawn = draw(data.train_labels, settings.shots, random)
    order = random.permutation(drawn[~np.isin(data.train_labels[drawn], new)])
    shown = question_trial.Shown.drawn(data, new, random)
    steps = _Steps(tick, 4 * len(order) + len(shown.later) + question_trial.frames_of(shown))

    def taught() -> EvaluatedClassifier:
        classifier = _untaught(shown.data, settings, steps)
        classifier.teach(order)
        return classifier
    robot, asked = question_trial.run(taught, shown, random, steps)
    is_known = ~np.isin(shown.data.test_labels[shown.later], new)
    known = robot.answer(shown.later[is_known])
    return Outcome(known, known, None, asked.figures, [], [], {}, {}, len(order), asked.curves)


def _audit(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
           tick: Progress) -> Outcome:
    """Teach a tenth of the samples under wrong labels, and audit what was taught."""
    order = random.permutation(draw(data.train_labels, settings.shots, random))
    rest = audit_trial.rest_of(data, order, random)
    steps = _Steps(tick, audit_trial.steps_of(data, order, rest))
    answers, figures = audit_trial.run(
        lambda shown: _untaught(shown, settings, steps), data, order, rest, random)
    return Outcome(answers, answers, None, figures, [], [], {}, {}, len(order))


def rejection(known: Answers, unknown: Answers) -> dict[str, Any]:
    """Return the figures of telling known from unknown frames."""
    return {
        'unknown_detected': float(unknown.refused.mean()),
        'auroc': auroc(known.typicality, unknown.typicality),
        'unknown_detected_at': {
            f'{100 * real:g}%': detected_at(known.typicality, unknown.typicality, real)
            for real in REAL_FALSE_UNKNOWN}}


def _incremental(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
                 tick: Progress) -> Outcome:
    """Teach label after label; look at each when it is new, and back at all of them."""
    drawn = draw(data.train_labels, settings.shots, random)
    shuffled = random.permutation(drawn)  # the order of few-shot, to compare with
    classes = random.permutation(np.unique(data.train_labels))
    looks_at = np.unique(np.linspace(1, len(classes), min(_LOOKS, len(classes))).round())
    places = [np.flatnonzero(data.test_labels == c) for c in classes]
    back = sum(len(p) for at in looks_at[:-1] for p in places[:int(at)])
    steps = _Steps(tick, 2 * (len(drawn) + len(data.test)) + sum(map(len, places)) + back,
                   _baseline_count(settings))
    classifier = _untaught(data, settings, steps)
    immediate: dict[int, float] = {}
    best: dict[int, float] = {}
    looks: list[tuple[int, dict[int, float]]] = []
    for known, (label, frames) in enumerate(zip(classes, places), 1):
        classifier.teach(drawn[data.train_labels[drawn] == label])
        if len(frames):
            immediate[label] = best[label] = classifier.look(frames).mean()
        if known in looks_at[:-1]:
            looks.append((known, {int(c): float(classifier.look(p).mean())
                                  for c, p in zip(classes[:known], places) if len(p)}))
    answers = classifier.answer(np.arange(len(data.test)))
    final = {int(c): float(answers.correct[p].mean()) for c, p in zip(classes, places) if len(p)}
    looks.append((len(classes), final))
    for _, seen in looks:
        best = {c: max(best[c], seen.get(int(c), 0.0)) for c in best}
    joint = _untaught(data, settings, steps)
    joint.teach(shuffled)
    correct = _baselines(data, settings, shuffled, np.arange(len(data.test)), seed, steps)
    return Outcome(
        answers, answers, None,
        {'immediate': float(np.mean(list(immediate.values()))),
         'forgetting': float(np.mean([best[c] - final[int(c)] for c in best])),
         'joint_accuracy': float(joint.look(np.arange(len(data.test))).mean())},
        [], looks, _accuracies(correct), {}, len(drawn))


def _turntable(data: Embeddings, settings: Settings, random: np.random.Generator, seed: int,
               tick: Progress) -> Outcome:
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
    steps = _Steps(tick, taught + asked, _baseline_count(settings, len(tried)))
    learned: dict[str, float] = {}
    all_frames: dict[str, float] = {}  # accuracy of the baselines on them
    new_objects: dict[str, dict[str, float]] = {}
    for k in tried:
        classifier = _untaught(data, settings, steps)
        classifier.teach(base_samples)
        if k == tried[0]:
            known, unknown = classifier.answer(old_frames), classifier.answer(new_frames)
        for c in new:
            classifier.teach(views[c][:k])
        if k == tried[-1]:
            answers = classifier.answer(np.concatenate([old_frames, new_frames]))
            old, fresh = np.split(answers.correct, [len(old_frames)])
        else:
            fresh = classifier.look(new_frames)
        learned[str(k)] = float(fresh.mean())
        samples = np.concatenate([base_samples, *(views[c][:k] for c in new)])
        for name, correct in _baselines(data, settings, samples, np.concatenate(
                [old_frames, new_frames]), seed, steps).items():
            all_frames[name] = float(correct.mean())  # the last one, of most views, stays
            new_objects.setdefault(name, {})[str(k)] = float(correct[len(old_frames):].mean())
    return Outcome(
        answers, known, unknown,
        {'base_accuracy': float(known.correct.mean()), **rejection(known, unknown),
         'new_accuracy': learned, 'base_after': float(old.mean())},
        [(int(k), accuracy) for k, accuracy in learned.items()], [], all_frames, new_objects,
        len(samples))
