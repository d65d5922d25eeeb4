# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of an evaluation, PNG by matplotlib (extra ``plots``); all orders pooled."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.evaluation import metrics
from hybrid_snn_ros.evaluation.protocols import Outcome
from hybrid_snn_ros.evaluation.report import active_learning, learning_curve
from hybrid_snn_ros.evaluation.sources import Embeddings

_BLUE, _RED, _GREY = '#2f6fb0', '#c8553d', '#8a8f98'
_DPI = 130
_MANY = 40  # classes; their names are then written smaller


class PlotError(RuntimeError):
    """matplotlib is missing."""


def check() -> None:
    """
    Find matplotlib before any work is done.

    :raises PlotError: when it is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise PlotError("--plots needs matplotlib (pip install 'hybrid_snn_ros[plots]'): "
                        f'{error}') from error


def draw(directory: str | Path, outcomes: Sequence[Outcome], figures: dict[str, Any],
         data: Embeddings) -> list[Path]:
    """
    Draw what the protocol has.

    :param directory: made if it is not there.
    :param figures: report.summarise of the outcomes.
    :return: the paths of the pictures.
    :raises OSError: when they cannot be written.
    """
    check()
    Path(directory).mkdir(parents=True, exist_ok=True)
    pictures = {'confusion': _confusion, 'per_class': _per_class, 'reliability': _reliability}
    if outcomes[0].curve:
        pictures['learning_curve'] = _learning_curve
    if outcomes[0].looks:
        pictures['forgetting'] = _forgetting
    if outcomes[0].curves:
        pictures['active_learning'] = _active_learning
    if outcomes[0].unknown is not None:
        pictures['known_unknown'] = _known_unknown
    paths = []
    for name, picture in pictures.items():
        path = Path(directory, f'{name}.png')
        picture(outcomes, figures, data).savefig(path, dpi=_DPI)
        paths.append(path)
    return paths


def _axes(width: float, height: float, title: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure
    figure = Figure(figsize=(width, height), layout='constrained')
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11)
    axes.spines[['top', 'right']].set_visible(False)
    return figure, axes


def _title(figures: dict[str, Any], data: Embeddings, what: str) -> str:
    shots = f" {figures['shots']}" if 'shots' in figures else ''
    return f"{data.name}, {figures['protocol']}{shots}, {figures['rule']}: {what}"


def _pooled(outcomes: Sequence[Outcome], name: str) -> np.ndarray:
    return np.concatenate([getattr(o.answers, name) for o in outcomes])


def _confusion(outcomes: Sequence[Outcome], figures: dict[str, Any], data: Embeddings) -> Any:
    from matplotlib.colors import PowerNorm
    counted = metrics.confusion(_pooled(outcomes, 'y_true'), _pooled(outcomes, 'y_pred'),
                                len(data.class_names))
    shown = np.flatnonzero(counted.sum(axis=0) + counted.sum(axis=1))
    names = [data.class_names[c] for c in shown]
    rows = counted[np.ix_(shown, shown)]
    share = 100 * rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(0.2 * len(names) + 2.5, 5, 11))
    figure, axes = _axes(side + 0.8, side, _title(figures, data, 'confusion, % of a class'))
    # By the square root, or the few mistakes of a good classifier would not be seen.
    image = axes.imshow(share, cmap='Blues', norm=PowerNorm(0.5, 0, 100))
    figure.colorbar(image, ax=axes, shrink=0.8, ticks=[0, 1, 5, 10, 25, 50, 75, 100])
    size = 6 if len(names) > _MANY else 8
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
    axes.set_xlabel('answered')
    axes.set_ylabel('asked')
    if len(names) <= 12:
        for i, j in zip(*np.nonzero(rows)):
            axes.text(j, i, f'{share[i, j]:.0f}', ha='center', va='center', fontsize=9,
                      color='white' if share[i, j] > 30 else 'black')
    return figure


def _per_class(outcomes: Sequence[Outcome], figures: dict[str, Any], data: Embeddings) -> Any:
    names = sorted(figures['per_class'], key=figures['per_class'].get)
    shares = [100 * figures['per_class'][name] for name in names]
    figure, axes = _axes(7, max(3, 0.17 * len(names) + 1.2),
                         _title(figures, data, 'accuracy by class'))
    bars = axes.barh(range(len(names)), shares, color=_BLUE, height=0.75)
    axes.bar_label(bars, fmt='%.0f', padding=-18, fontsize=7, color='white')
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(-0.7, len(names) - 0.3)
    mean = 100 * figures['accuracy']
    axes.axvline(mean, color=_RED, lw=1.5, zorder=0.5, label=f'all frames {mean:.1f} %')
    figure.legend(loc='outside lower right', fontsize=8, frameon=False)
    axes.set_xlim(0, 100)
    axes.set_xlabel('% correct')
    return figure


def _reliability(outcomes: Sequence[Outcome], figures: dict[str, Any], data: Embeddings) -> Any:
    bins = metrics.reliability(_pooled(outcomes, 'score'), _pooled(outcomes, 'correct'))
    figure, axes = _axes(5.2, 5, _title(figures, data, 'reliability'))
    left = np.arange(len(bins)) / len(bins)
    asked = bins[:, 0] > 0
    axes.plot([0, 1], [0, 1], color=_GREY, lw=1, ls='--', label='perfect')
    axes.bar(left[asked], bins[asked, 2], width=1 / len(bins), align='edge', color=_BLUE,
             alpha=0.35, edgecolor=_BLUE, label='share of correct answers')
    axes.plot(bins[asked, 1], bins[asked, 2], 'o', ms=5, color=_RED, label='mean score of a bin')
    for x, frames in zip(left[asked], bins[asked, 0]):
        axes.text(x + 0.5 / len(bins), 0.015, f'{frames:.0f}', ha='center', fontsize=7.5)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel='score of the best label', ylabel='correct')
    axes.legend(loc='upper left', fontsize=8, frameon=False,
                title=f"ECE {figures['ece']:.3f}; below: answers", title_fontsize=8)
    return figure


def _learning_curve(outcomes: Sequence[Outcome], figures: dict[str, Any], data: Embeddings) -> Any:
    turntable = figures['protocol'] == 'turntable'
    figure, axes = _axes(6, 4, _title(figures, data, 'learning curve'))
    for outcome in outcomes:
        axes.plot(*zip(*outcome.curve), color=_GREY, lw=0.8, alpha=0.7)
    samples, accuracy = zip(*learning_curve(outcomes))
    axes.plot(samples, accuracy, 'o-', color=_BLUE, lw=2, ms=4, label='mean of the orders')
    axes.set(xscale='linear' if turntable else 'log', ylim=(0, 1.02),
             xlabel='views of each new object' if turntable else 'samples taught',
             ylabel='accuracy on the new objects' if turntable else 'accuracy')
    axes.grid(alpha=0.25)
    axes.legend(loc='lower right', fontsize=8, frameon=False)
    return figure


def _active_learning(outcomes: Sequence[Outcome], figures: dict[str, Any],
                     data: Embeddings) -> Any:
    figure, axes = _axes(6.5, 4.2, _title(figures, data, 'what an answer is worth'))
    for (name, mean), colour, mark in zip(active_learning(outcomes).items(),
                                          (_BLUE, _RED, _GREY), 'os^'):
        for outcome in outcomes:
            axes.plot(*zip(*outcome.curves[name]), color=colour, lw=0.6, alpha=0.35)
        axes.plot(*zip(*mean), f'{mark}-', ms=4, lw=2, color=colour, label=name)
    axes.set(xlabel='answers of the person', ylim=(0, 1.02),
             ylabel='accuracy on all things that were new')
    axes.grid(alpha=0.25)
    axes.legend(loc='upper left', fontsize=8, frameon=False)
    return figure


def _forgetting(outcomes: Sequence[Outcome], figures: dict[str, Any], data: Embeddings) -> Any:
    figure, axes = _axes(6.5, 4.2, _title(figures, data, 'label after label'))
    labels = [known for known, _ in outcomes[0].looks]
    frames = np.bincount(data.test_labels, minlength=len(data.class_names))
    everything = [[np.average(list(seen.values()), weights=frames[list(seen)])
                   for _, seen in o.looks] for o in outcomes]
    first = max(1, labels[-1] // 5)
    oldest = []
    for outcome in outcomes:
        old = list(outcome.looks[-1][1])[:first]
        oldest.append([np.mean([seen[c] for c in old if c in seen] or [np.nan])
                       for _, seen in outcome.looks])
    axes.plot(labels, np.mean(everything, axis=0), 'o-', ms=4, color=_BLUE,
              label='all labels known so far')
    axes.plot(labels, np.mean(oldest, axis=0), 's-', ms=4, color=_RED,
              label=f"the {'label' if first == 1 else f'{first} labels'} taught first")
    axes.axhline(figures['joint_accuracy'], color=_GREY, ls='--', lw=1,
                 label='the same samples shuffled')
    low = min(np.nanmin(everything), np.nanmin(oldest), figures['joint_accuracy'])
    axes.set(xlabel='labels taught', ylabel='accuracy', ylim=(max(0, low - 0.1), 1.01))
    axes.grid(alpha=0.25)
    axes.legend(loc='lower left', fontsize=8, frameon=False, title_fontsize=8,
                title=f"forgetting {100 * figures['forgetting']:.1f} points")
    return figure


def _known_unknown(outcomes: Sequence[Outcome], figures: dict[str, Any], data: Embeddings) -> Any:
    unknown_answers = [o.unknown for o in outcomes if o.unknown is not None]
    known = np.concatenate([o.known.typicality for o in outcomes])
    unknown = np.concatenate([answers.typicality for answers in unknown_answers])
    figure, axes = _axes(6.5, 4, _title(figures, data, 'taught or never taught'))
    both = np.concatenate([known, unknown])
    low, high = np.quantile(both, [0.002, 0.998])
    edges = np.linspace(low, high, 51)
    for values, colour, name in ((known, _BLUE, 'frames of taught labels'),
                                 (unknown, _RED, 'never taught')):
        axes.hist(np.clip(values, edges[0], edges[-1]), edges, color=colour, alpha=0.5,
                  weights=np.full(len(values), 100 / len(values)), label=name)
    refused = [np.concatenate([part.typicality[part.refused] for part in (o.known, answers)])
               for o, answers in zip(outcomes, unknown_answers)]
    for place, threshold in enumerate([one.max() for one in refused if len(one)]):
        axes.axvline(threshold, ymax=0.75, color='black', lw=1, alpha=0.6,
                     label=None if place else 'threshold of an order')
    axes.set(xlabel='typicality', ylabel='% of the frames', ylim=(0, axes.get_ylim()[1] * 1.35))
    axes.legend(fontsize=8, frameon=False, loc='upper left', title_fontsize=8, ncols=3, title=(
        f"AUROC {figures['auroc']:.3f}; false unknown {100 * figures['false_unknown']:.1f} %, "
        f"unknown detected {100 * figures['unknown_detected']:.1f} %"))
    return figure
