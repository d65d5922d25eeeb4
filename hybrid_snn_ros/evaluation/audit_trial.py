# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Does an audit find what is wrong, and does it say how good the rest is.

A tenth of the samples is taught under wrong labels, drawn evenly.  R-precision is the share of
them among as many most doubtful samples.  What the audit says of each label is compared with how
many new frames of it are named right: training frames that were not taught and, apart from those,
the test frames, which may be from elsewhere.  Then the halves of some classes are taught as two
labels each, and the audit has to say which labels are one thing.
"""

from collections.abc import Callable
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.audit import audit, Findings
from hybrid_snn_ros.audit.interval import differ
from hybrid_snn_ros.evaluation.evaluated_classifier import Answers, EvaluatedClassifier
from hybrid_snn_ros.evaluation.metrics import per_class
from hybrid_snn_ros.evaluation.sources import Embeddings
from hybrid_snn_ros.snn.steps import finish

WRONG = 0.1  # share of the samples
SPLIT = 5  # classes taught as two labels, at most
_REST = 20  # training frames of a class that were not taught and are asked, at most
_AGAIN = ', again'  # of a label's name


def rest_of(data: Embeddings, taught: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the places of training frames that are asked."""
    left = np.setdiff1d(np.arange(len(data.train)), taught)
    return np.concatenate([random.permutation(left[data.train_labels[left] == c])[:_REST]
                           for c in np.unique(data.train_labels)])


def steps_of(data: Embeddings, taught: np.ndarray, rest: np.ndarray) -> int:
    """Return how many frames a trial teaches and asks."""
    return 2 * len(taught) + len(rest) + len(data.test)


def run(make: Callable[[Embeddings], EvaluatedClassifier], data: Embeddings, taught: np.ndarray,
        rest: np.ndarray, random: np.random.Generator) -> tuple[Answers, dict[str, Any]]:
    """
    Teach, audit, compare.

    :param make: makes an untaught classifier of a data set.
    :param taught: places of the training frames to teach, in order.
    :param rest: of those to ask (``rest_of``).
    :return: (answers to the test frames, figures).
    """
    asked = data._replace(test=np.concatenate([data.test_frames, data.train_frames[rest]]),
                          test_labels=np.concatenate([data.test_labels, data.train_labels[rest]]))
    robot = make(asked)
    wrong = random.permutation(len(taught))[:round(WRONG * len(taught))]
    classes = np.unique(data.train_labels[taught])
    labels = data.train_labels[taught].copy()
    for place in wrong:
        labels[place] = random.choice(classes[classes != labels[place]])
    for sample, label in zip(taught, labels):
        robot.teach([sample], data.class_names[label])
    begin = time.thread_time()
    found = _audited(robot)
    seconds = time.thread_time() - begin
    answers = robot.answer(np.arange(len(data.test)))
    right = robot.look(np.arange(len(data.test), len(asked.test)))
    truths = {'rest': per_class(data.train_labels[rest], right, len(data.class_names)),
              'test': per_class(answers.y_true, answers.correct, len(data.class_names))}
    numbers = list(robot.classifier.state.samples)
    at_best = _at_best(found, numbers, wrong, labels, len(data.class_names))
    return answers, {
        'r_precision': _r_precision(found, numbers, wrong),
        **_against(found, data.class_names, truths, {
            part: np.bincount(labels, minlength=len(data.class_names)) for part, labels in (
                ('rest', data.train_labels[rest]), ('test', answers.y_true))}),
        'apart_at_best': {part: _mean(np.abs(at_best - truth)) for part, truth in truths.items()},
        **_one_thing(make(data), data, taught, random),
        'audit_seconds': seconds}


def _audited(robot: EvaluatedClassifier) -> Findings:
    found = finish(audit(robot.classifier.network))
    assert found is not None  # settings.check has refused rules that cannot
    return found


def _r_precision(found: Findings, numbers: list[int], wrong: np.ndarray) -> float:
    """Return the share of wrong labels among as many samples of the lowest margin."""
    bad = {numbers[place] for place in wrong}
    worst = sorted(found.margins, key=lambda number: found.margins[number])[:len(bad)]
    return len(bad.intersection(worst)) / max(len(bad), 1)


def _against(found: Findings, names: list[str], truths: dict[str, np.ndarray],
             asked: dict[str, np.ndarray]) -> dict[str, Any]:
    """
    Return the audit's accuracies beside those of new frames, (K,) each, NaN where none.

    :param asked: how many new frames they are of, (K,).
    """
    place = {name: c for c, name in enumerate(names)}
    said = {place[one.label]: one for one in found.labels if one.accuracy is not None}
    figures: dict[str, Any] = {'said': {}, 'true': {}, 'apart': {},
                               'agrees': {}, 'above_low': {}, 'true_if_enough': {},
                               'true_if_more': {}}
    for part, truth in truths.items():
        pairs = [(one, truth[c], asked[part][c]) for c, one in said.items()
                 if not np.isnan(truth[c])]
        estimate, true = np.array([(one.accuracy, t) for one, t, _ in pairs]).reshape(-1, 2).T
        enough = np.array([one.verdict == 'enough' for one, *_ in pairs], bool)
        figures['said'][part] = _mean(estimate)
        figures['true'][part] = _mean(true)
        figures['apart'][part] = _mean(np.abs(estimate - true))
        # The new frames are a draw as well: both intervals count.
        figures['agrees'][part] = _mean(np.array([
            not differ(one.accuracy or 0.0, one.looks, t, frames) for one, t, frames in pairs],
            float))
        figures['above_low'][part] = _mean(np.array([t >= one.low for one, t, _ in pairs], float))
        figures['true_if_enough'][part] = _mean(true[enough])
        figures['true_if_more'][part] = _mean(true[~enough])
    return figures


def _at_best(found: Findings, numbers: list[int], wrong: np.ndarray, labels: np.ndarray,
             classes: int) -> np.ndarray:
    """Return what the margins say of each class, (K,), were it known which labels are wrong."""
    judged = [place for place in np.setdiff1d(np.arange(len(numbers)), wrong)
              if numbers[place] in found.margins]
    right = np.array([found.margins[numbers[place]] > 0 for place in judged], bool)
    return per_class(labels[judged], right, classes)


def _mean(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float('nan')


def _one_thing(robot: EvaluatedClassifier, data: Embeddings, taught: np.ndarray,
               random: np.random.Generator) -> dict[str, float]:
    """Teach the halves of some classes as two labels; return how many pairs were found."""
    split = random.permutation(np.unique(data.train_labels[taught]))[:SPLIT]
    seen = dict.fromkeys(split.tolist(), 0)
    for sample in taught:
        c = int(data.train_labels[sample])
        if c in seen:
            seen[c] += 1
        robot.teach([sample], data.class_names[c] + _AGAIN * (seen.get(c, 0) % 2))
    pairs = [{one.label, one.other} for one in _audited(robot).one_thing]
    true = [{data.class_names[c], data.class_names[c] + _AGAIN} for c in split]
    hits = sum(pair in true for pair in pairs)
    return {'pairs_found': hits / len(true), 'pairs_false': float(len(pairs) - hits)}
