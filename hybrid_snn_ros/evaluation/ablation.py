# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What every mechanism is for: take one away, on splits of training data only.

Three parts.  The lateral rule by the cells of ``evaluation.tuning``; its read-out, through the
real presentation, on one split; and the original rule, taught one frame at a time on one split, in
several orders: all frames shuffled, then 20 of every class, class after class.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation import tuning
from hybrid_snn_ros.snn import lateral, original

Figures = dict[str, float]  # points of accuracy by column

LATERAL: dict[str, dict[str, Any]] = {
    'default': {},
    'plain LDA': {'prior_strength': 0.0, 'bias_correction': 0.0},
    'shrinkage only': {'bias_correction': 0.0},
    'bias correction only': {'prior_strength': 0.0},
    'linear code': {'power': 1.0, 'saturation': 0.144},
    'ridge / 4': {'ridge': lateral.Params().ridge / 4},
    'ridge x 4': {'ridge': lateral.Params().ridge * 4},
    'no lateral synapses': {'ridge': 1e6},  # P stays the identity: class means
}
READOUT_CELLS = ('5 shots', 'all shots')
READOUTS = ('float drives', 'int8 drives', 'spikes + potential', 'spikes only')
_BARE = original.published(copies=1)
ORIGINAL: dict[str, dict[str, Any]] = {
    'default': {},
    'no tie-break': {'tie_break': False},
    'no slow weights': {'beta': 0.0},
    'binary trace': {'graded_trace': False},
    'no margins': {'margin_positive': 0.0, 'margin_negative': 0.0},
    'no budget': {'budget': float('inf')},
    'late push': {'push_step': original.LATEST_PUSH},
    'replay 3': {'replay': 3},
    'replay 3, no slow weights': {'replay': 3, 'beta': 0.0},
    'published, one copy': _BARE._asdict(),
    'published, one copy, tie-break': _BARE._replace(tie_break=True)._asdict(),
}
SHOTS = 20


class Task(NamedTuple):
    """One variant to measure; ``run`` returns its figures."""

    part: str  # 'lateral', 'readout' or 'original'
    name: str
    params: dict[str, Any]  # all constants
    sets: list[str]  # names
    seeds: int


def tasks(sets: Iterable[str], seeds: int) -> list[Task]:
    """Return all variants, for sets of these names."""
    found = [Task('lateral', name, lateral.Params(**changes)._asdict(), sorted(sets), seeds)
             for name, changes in LATERAL.items()]
    found.append(Task('readout', 'default', lateral.Params()._asdict(), sorted(sets), 1))
    found += [Task('original', name, original.Params(**changes)._asdict(), sorted(sets), seeds)
              for name, changes in ORIGINAL.items()]
    return found


def run(task: Task, sets: tuning.Sets) -> Figures:
    """Measure one variant."""
    if task.part == 'lateral':
        return _lateral(lateral.Params(**task.params), sets, range(task.seeds))
    figures: Figures = {}
    for name in task.sets:
        codes, labels = sets[name]
        if task.part == 'readout':
            figures |= _readouts(lateral.Params(**task.params), name, codes, labels)
        else:
            params = original.Params(**task.params)
            rows = [_original(params, codes, labels, seed) for seed in range(task.seeds)]
            joint, one_by_one = np.mean(rows, axis=0).tolist()
            figures |= {f'{name} joint': joint, f'{name} by class': one_by_one}
    return figures


def _lateral(params: lateral.Params, sets: tuning.Sets, seeds: Iterable[int]) -> Figures:
    trial = tuning.run_trial(params, sets, seeds)
    equal = [row for name, row in trial['cells'].items() if 'mature' not in name]
    mature = [row for name, row in trial['cells'].items() if 'mature' in name]
    return {'mark': trial['mark'], 'equal': float(np.mean([row[1] for row in equal])),
            'old': float(np.mean([row[2] for row in mature])),
            'new': float(np.mean([row[3] for row in mature]))}


def _readouts(params: lateral.Params, name: str, codes: np.ndarray,
              labels: np.ndarray) -> Figures:
    """Answer held-out samples by all read-outs; the spikes are those of the real presentation."""
    counts = np.array([lateral.counts(params, code) for code in codes])
    figures: Figures = {}
    for cell in tuning.cells(labels, 0):
        if cell.name not in READOUT_CELLS:
            continue
        columns = np.searchsorted(cell.classes, labels[cell.learned])
        state = lateral.consolidated(params, counts[cell.learned], columns, len(cell.classes))
        readout = lateral.readout(params, state)
        strength = lateral.shrinkage(params, state.samples[1:])[:, None]
        weights = (state.weights[1:] - state.weights[0]) * strength
        scale = readout.gain * params.trace_scale
        hits = np.zeros(len(READOUTS))
        for sample in cell.held_out:
            response = lateral.present(params, readout, counts[sample])
            exact = scale * (weights @ counts[sample]) - readout.bias
            best = [np.argmax(values) for values in (exact, response.drives, response.evidence,
                                                     response.spikes)]
            hits += cell.classes[best] == labels[sample]
        for kind, points in zip(READOUTS, (100 * hits / len(cell.held_out)).tolist()):
            figures[f'{name}: {cell.name}: {kind}'] = points
    return figures


def _original(params: original.Params, codes: np.ndarray, labels: np.ndarray,
              seed: int) -> list[float]:
    """Return accuracy after one shuffled pass, and after SHOTS of each class, class by class."""
    params = params._replace(seed=seed + 1)
    counts = np.array([original.counts(params, code) for code in codes])
    cell = {cell.name: cell for cell in tuning.cells(labels, 0)}
    rng = np.random.default_rng([seed, 1])
    few = cell[f'{SHOTS} shots'].learned
    orders = (rng.permutation(cell['all shots'].learned),
              np.concatenate([few[labels[few] == c] for c in rng.permutation(np.unique(labels))]))
    accuracies = []
    for order in orders:
        state = original.initial(params, codes.shape[1])
        column: dict[Any, int] = {}
        for sample in order:
            if labels[sample] not in column:
                column[labels[sample]] = len(column)
                state = original.grow(params, state)
            state = original.teach(params, state, counts[sample], column[labels[sample]])
        readout, named = original.readout(params, state), np.array(list(column))
        held_out = cell['all shots'].held_out
        answers = [np.argmax(original.present(params, readout, counts[sample]).evidence)
                   for sample in held_out]
        accuracies.append(100 * float((named[answers] == labels[held_out]).mean()))
    return accuracies


def tables(results: Sequence[tuple[Task, Figures]]) -> list[str]:
    """
    Return the tables as lines.

    :param results: [(Task, figures)] in the order of ``tasks``.
    """
    of = {part: [(task.name, figures) for task, figures in results if task.part == part]
          for part in ('lateral', 'readout', 'original')}
    lines = _compared('lateral', list(of['lateral'][0][1]), of['lateral'])
    [(_, readouts)] = of['readout']
    cells = list(dict.fromkeys(key.rsplit(': ', 1)[0] for key in readouts))
    lines += ['', *_table('read-out of lateral', READOUTS, [
        (cell, [readouts[f'{cell}: {kind}'] for kind in READOUTS]) for cell in cells])]
    for kind, title in (('joint', 'one pass, shuffled'),
                        ('by class', f'{SHOTS} shots, class by class')):
        rows = []
        for name, figures in of['original']:
            own = {key.removesuffix(f' {kind}'): value for key, value in figures.items()
                   if key.endswith(f' {kind}')}
            rows.append((name, {'mean': float(np.mean(list(own.values()))), **own}))
        lines += ['', *_compared(f'original, {title}', list(rows[0][1]), rows)]
    return lines


def _compared(title: str, columns: Sequence[str],
              rows: Sequence[tuple[str, Figures]]) -> list[str]:
    """Return a table with the difference of the first column to the first row at its end."""
    base = rows[0][1][columns[0]]
    return _table(title, [*columns, f'{columns[0]} - default'], [
        (name, [*(figures[c] for c in columns), figures[columns[0]] - base])
        for name, figures in rows])


def _table(title: str, columns: Sequence[str],
           rows: Sequence[tuple[str, Sequence[float]]]) -> list[str]:
    first = 2 + max(len(title), *(len(name) for name, _ in rows))
    widths = [2 + max(len(column), 7) for column in columns]
    head = title.ljust(first) + ''.join(c.rjust(w) for c, w in zip(columns, widths))
    return [head, '-' * len(head)] + [
        name.ljust(first) + ''.join(f'{value:.2f}'.rjust(w) for value, w in zip(values, widths))
        for name, values in rows]
