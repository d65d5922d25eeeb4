# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The two figures of docs/learning.md, drawn from a real run of the lateral rule."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

from hybrid_snn_ros.evaluation.sources import Embeddings
from hybrid_snn_ros.snn import coding, lateral
from hybrid_snn_ros.snn.presentation import Steps

matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402 (the backend must be chosen first)

SHOTS = 20
_INPUTS_SHOWN = 60
_BLUE, _GREY, _RED = '#1f6fb2', '#b8c0c8', '#c23b22'


def draw(data: Embeddings, output: str | Path, seed: int = 0) -> list[Path]:
    """
    Teach a few labels of a pack and draw a presentation and the lateral synapses.

    :param output: directory.
    :return: the two paths.
    """
    params = lateral.Params()
    rng = np.random.default_rng(seed)
    classes = rng.permutation(len(data.class_names))[:8]
    state = lateral.initial(params, data.train.shape[-1])
    learned = []
    for column, c in enumerate(classes):
        state = lateral.grow(params, state)
        for sample in rng.permutation(np.flatnonzero(data.train_labels == c))[:SHOTS]:
            counts = lateral.counts(params, data.train_frames[sample])
            state = lateral.teach(params, state, counts, column)
            learned.append((counts, column))
    shown = int(np.flatnonzero(data.test_labels == classes[0])[0])
    names = [data.class_names[c] for c in classes]
    paths = [Path(output) / 'presentation.png', Path(output) / 'lateral_synapses.png']
    _presentation(paths[0], params, state, data.test_frames[shown], names)
    _synapses(paths[1], state, learned)
    return paths


def _presentation(path: Path, params: lateral.Params, state: lateral.State, codes: np.ndarray,
                  names: Sequence[str]) -> None:
    counts = lateral.counts(params, codes)
    readout = lateral.readout(params, state)
    record: Steps = []
    response = lateral.present(params, readout, counts, record)
    winner = int(np.argmax(response.evidence))
    potentials = np.array([u[:, 0] for u, _ in record]) / params.theta
    fired = np.array([fires for _, fires in record])
    steps = np.arange(coding.STEPS)
    end = coding.STEPS + coding.SILENT_STEPS - 1
    figure, (top, middle, bottom) = pyplot.subplots(
        3, 1, figsize=(8, 8), sharex=True, height_ratios=(3, 3, 2), layout='constrained')
    # The inputs that drive the winner most, for and against it.
    pull = readout.weights[winner] * counts
    chosen = np.concatenate([np.argsort(pull)[:_INPUTS_SHOWN // 3],
                             np.argsort(pull)[-2 * _INPUTS_SHOWN // 3:]])
    trains = coding.spike_trains(counts, readout.phases)[chosen]
    for row, train in enumerate(trains):
        colour = _BLUE if pull[chosen[row]] > 0 else _RED
        top.vlines(steps[train > 0], row + 0.1, row + 0.9, color=colour, linewidth=2)
    top.set(ylabel=f'{_INPUTS_SHOWN} of {len(counts)} inputs',
            title='Input spikes: blue excites the winner, red inhibits it')
    for column, name in enumerate(names):
        top_line = column == winner
        middle.plot(steps, potentials[:, column], color=_BLUE if top_line else _GREY,
                    linewidth=2.5 if top_line else 1.2, zorder=2 + top_line,
                    label=name if top_line else None)
    middle.axhline(1, color='black', linestyle=':', linewidth=1)
    middle.annotate('threshold', (end, 1), xytext=(-4, 3), textcoords='offset points', ha='right')
    middle.set(ylabel='potential / threshold', title='Membranes of the columns')
    middle.legend(loc='lower left')
    for column in range(len(names)):
        bottom.vlines(steps[fired[:, column]], column + 0.1, column + 0.9,
                      color=_BLUE if column == winner else 'black', linewidth=3)
    labels = [f'{name} ({count})' for name, count in zip(names, response.spikes)]
    bottom.set(yticks=np.arange(len(names)) + 0.5, yticklabels=labels, xlabel='step',
               xticks=np.arange(end + 1), ylim=(0, len(names)), xlim=(-0.5, end + 0.5),
               title='OUT spikes (count): the column with most of them is the answer')
    bottom.plot(coding.STEPS + 2, winner + 0.5, marker='*', markersize=16, color='#e0a100')
    bottom.annotate('the label comes:\nits column is rewarded', (coding.STEPS + 2, winner + 0.5),
                    xytext=(0, 14), textcoords='offset points', ha='center', fontsize=9)
    for axes in (top, middle, bottom):
        axes.axvspan(coding.STEPS - 0.5, end + 0.5, color='#f1f1ec', zorder=0)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _synapses(path: Path, state: lateral.State,
              learned: Sequence[tuple[np.ndarray, int]]) -> None:
    """Draw P among the busiest inputs, and what it does to the variation within labels."""
    busy = np.argsort(state.templates[0])[-_INPUTS_SHOWN:]
    inhibition = -state.lateral[np.ix_(busy, busy)].astype(np.float64)
    np.fill_diagonal(inhibition, 0)
    reach = np.abs(inhibition).max()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.8), layout='constrained',
                                            width_ratios=(1, 1.1))
    image = left.imshow(inhibition, cmap='RdBu_r', vmin=-reach, vmax=reach)
    figure.colorbar(image, ax=left, shrink=0.85)
    left.set(title=f'Lateral synapses among the {len(busy)} busiest inputs\n'
                   '(red: they inhibit each other, blue: they help)',
             xlabel='input', ylabel='input')
    params = lateral.Params()
    traces = np.array([counts for counts, _ in learned]) * params.trace_scale
    columns = np.array([column for _, column in learned])
    raw = _ratio(traces, traces, columns)
    tuned = _ratio(traces, traces @ state.lateral, columns)
    bars = right.bar(['before\n(inputs as they come)', 'after\n(through the lateral synapses)'],
                     [raw, tuned], color=[_GREY, _BLUE])
    right.bar_label(bars, fmt='%.2f')
    right.set(ylabel='apart between labels / spread within',
              title='What they do: variation within a label is taken out')
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _ratio(traces: np.ndarray, other: np.ndarray, columns: np.ndarray) -> float:
    """Return mean squared distance between label means over that within, in the given metric."""
    means = np.array([traces[columns == c].mean(axis=0) for c in np.unique(columns)])
    images = np.array([other[columns == c].mean(axis=0) for c in np.unique(columns)])
    error, image = traces - means[columns], other - images[columns]
    apart, apart_image = means - means.mean(axis=0), images - images.mean(axis=0)
    return float((apart * apart_image).sum(axis=1).mean() / (error * image).sum(axis=1).mean())
