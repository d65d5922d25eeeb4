# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From the outcomes of all orders to figures (for JSON) and to a table (for people)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hybrid_snn_ros.evaluation import metrics
from hybrid_snn_ros.evaluation.protocols import Outcome
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import Embeddings

# figure -> how the table calls it; the table shows those that a protocol has, in this order
_TITLES = {
    'accuracy': 'accuracy', 'ece': 'calibration error (ECE) of the score',
    'joint_accuracy': 'accuracy, the same samples shuffled',
    'immediate': 'accuracy on a label when just taught', 'forgetting': 'forgetting',
    'base_accuracy': 'accuracy on the base objects', 'false_unknown': 'false unknown',
    'unknown_detected': 'unknown detected', 'unknown_detected_at': 'unknown detected at a real',
    'auroc': 'AUROC known / unknown', 'new_accuracy': 'accuracy on new objects, views',
    'purity': 'questions: frames of one thing',
    'coverage': 'questions: new things that were named',
    'named': 'accuracy on things so named', 'one_frame': 'accuracy had one frame been taught',
    'asked_of_known': 'questions about what was known',
    'stream_unknown': 'called unknown as it came by, things',
    'torn': 'torn between two labels, things', 'torn_wrong': 'torn, known: the likelier is wrong',
    'torn_either': 'torn, known: one of the two is right',
    'r_precision': 'audit: R-precision, wrong labels',
    'said': 'audit: accuracy of labels, as it says', 'true': 'audit: of new frames, from',
    'apart': 'audit: how far one label is off',
    'apart_at_best': 'audit: the same, wrong labels known',
    'agrees': 'audit: the 95 % interval agrees, with',
    'above_low': 'audit: not below the lower end, of',
    'true_if_enough': 'audit: of new frames where enough',
    'true_if_more': 'audit: of new frames where not',
    'pairs_found': 'audit: one thing in two labels, found',
    'named_right': 'named right, unknown counts as wrong',
    'base_after': 'accuracy on the base objects then'}


def summarise(outcomes: Sequence[Outcome], settings: Settings,
              data: Embeddings) -> dict[str, Any]:
    """
    Average the orders.

    :param outcomes: one for each order.
    :return: dict as for --json, without where the data came from.
    """
    rows = [{'accuracy': float(o.answers.correct.mean()),
             'ece': metrics.ece(o.answers.score, o.answers.correct),
             'false_unknown': float(o.known.refused.mean()), **o.figures} for o in outcomes]
    means, deviations = _over(rows, np.mean), _over(rows, np.std)
    baselines = [o.baselines for o in outcomes if o.baselines]
    new = [o.baselines_new for o in outcomes if o.baselines_new]
    figures: dict[str, Any] = {
        'protocol': settings.protocol, 'rule': settings.rule, 'params': settings.params,
        'orders': len(outcomes), 'accuracy': means['accuracy'],
        'accuracy_sd': deviations['accuracy'], 'per_class': _per_class(outcomes, data),
        'baselines': _over(baselines, np.mean) if baselines else {}, **means,
        'sd': deviations, 'false_unknown_nominal': settings.false_unknown,
        'samples': float(np.mean([o.samples for o in outcomes])),
        'test_samples': float(np.mean([len(o.answers.y_true) for o in outcomes]))}
    if settings.shots is not None:
        figures['shots'] = settings.shots
    if settings.unknown:
        figures['unknown'] = settings.unknown
    if settings.protocol == 'stream':
        figures['smoothing'] = settings.smoothing
    if settings.times > 1:
        figures['times'] = settings.times
    if baselines:
        figures['baselines_sd'] = _over(baselines, np.std)
        figures['baselines_orders'] = len(baselines)
        figures['best_baseline'] = max(figures['baselines'], key=figures['baselines'].get)
    if new:
        figures['baselines_new_accuracy'] = _over(new, np.mean)
    if outcomes[0].curves:
        figures['active_learning'] = active_learning(outcomes)
    if outcomes[0].curve:
        figures['learning_curve'] = learning_curve(outcomes)
    return figures


def learning_curve(outcomes: Sequence[Outcome]) -> list[list[float]]:
    """Return [[samples, mean accuracy]] over the orders."""
    return np.mean([o.curve for o in outcomes], axis=0).tolist()


def active_learning(outcomes: Sequence[Outcome]) -> dict[str, list[list[float]]]:
    """Return {way: [[answers, mean accuracy]]} as far as every order came."""
    curves: dict[str, list[list[float]]] = {}
    for way in outcomes[0].curves:
        ways = [dict(o.curves[way]) for o in outcomes]
        marks = sorted(set.intersection(*map(set, ways)))
        curves[way] = [[mark, float(np.mean([one[mark] for one in ways]))] for mark in marks]
    return curves


def _over(rows: Sequence[dict[str, Any]], how: Callable[..., Any]) -> dict[str, Any]:
    """Reduce dicts of numbers, or of such dicts, to one; what no order has a number for is out."""
    reduced: dict[str, Any] = {}
    for name, value in rows[0].items():
        if isinstance(value, dict):
            reduced[name] = _over([row[name] for row in rows], how)
        elif numbers := [row[name] for row in rows if not np.isnan(row[name])]:
            reduced[name] = float(how(numbers))
    return reduced


def _per_class(outcomes: Sequence[Outcome], data: Embeddings) -> dict[str, float]:
    y_true = np.concatenate([o.answers.y_true for o in outcomes])
    correct = np.concatenate([o.answers.correct for o in outcomes])
    share = metrics.per_class(y_true, correct, len(data.class_names))
    return {name: float(one) for name, one in zip(data.class_names, share) if one == one}


def table(figures: dict[str, Any], name: str) -> list[str]:
    """Return the lines that a person reads."""
    details = f", {figures['shots']} a class" if 'shots' in figures else ''
    if 'smoothing' in figures:
        details += f", smoothing {figures['smoothing']}"
    details += f", {figures['views']} views of each" if 'views' in figures else ''
    once = f", each {figures['times']} times" if 'times' in figures else ' once'
    lines = [
        f"{name}: {figures['protocol']}{details}, rule {figures['rule']}, {figures['orders']} "
        f"order{'s' * (figures['orders'] > 1)}; {figures['samples']:.0f} samples taught{once}, "
        f"{figures['test_samples']:.0f} asked",
        '', f"{'%':<42}{'mean':>8}{'sd':>8}"]
    for key, title in _TITLES.items():
        if key not in figures:
            continue
        mean, sd = figures[key], figures['sd'][key]
        if key == 'false_unknown':
            title += f" (nominal {100 * figures['false_unknown_nominal']:g})"
        for place in mean if isinstance(mean, dict) else [None]:
            pair = (mean, sd) if place is None else (mean[place], sd[place])
            lines.append(_row(title if place is None else f'{title} {place}', *pair))
    lines.append('accuracy is that of the best label, rejection off')
    if 'questions' in figures:
        lines.append(f"questions asked: {figures['questions']:.1f} on average")
        lines += [f'accuracy on all that was new after answers, {way}: '
                  + ', '.join(f'{mark:.0f}: {100 * accuracy:.0f} %' for mark, accuracy in curve)
                  for way, curve in figures['active_learning'].items()]
    if 'audit_seconds' in figures:
        lines.append(f"an audit took {figures['audit_seconds']:.2f} s of the CPU; "
                     f"{figures['pairs_false']:.1f} pairs of labels were called one thing and "
                     'are not')
    if 'delay' in figures:
        lines.append(f"until an object is named right: {figures['delay']['mean']:.2f} frames, "
                     f"95th percentile {figures['delay']['p95']:.1f}")
    if figures['baselines']:
        lines += _baseline_lines(figures)
    worst = sorted(figures['per_class'], key=figures['per_class'].get)[:5]
    return [*lines, '', 'hardest classes: ' + ', '.join(
        f"{one} {100 * figures['per_class'][one]:.0f} %" for one in worst)]


def _baseline_lines(figures: dict[str, Any]) -> list[str]:
    once = (' (fitted once: every order holds the same samples)'
            if figures['baselines_orders'] < figures['orders'] else '')
    new = figures.get('baselines_new_accuracy', {})
    views = list(next(iter(new.values()))) if new else []
    lines = ['', f"{'baseline, % accuracy':<42}{'mean':>8}{'sd':>8}{'ours':>8}"
             + ''.join(f"{'new, ' + k:>9}" for k in views) + once]
    for name, mean in sorted(figures['baselines'].items(), key=lambda pair: -pair[1]):
        ahead = 100 * (figures['accuracy'] - mean)
        lines.append(_row(f'{name}{" (best)" * (name == figures["best_baseline"])}', mean,
                          figures['baselines_sd'][name]) + f'{ahead:>+8.2f}'
                     + ''.join(f'{100 * new[name][k]:>9.2f}' for k in views))
    return lines


def _row(title: str, mean: float, sd: float) -> str:
    return f'{title:<42}{100 * mean:>8.2f}{100 * sd:>8.2f}'
