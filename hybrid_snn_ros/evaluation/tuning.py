# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Search for the constants of the lateral rule, on splits of training data only.

A *cell* is one question asked of one set: ``K shots`` of every class (0: 70 % of the samples), or
``mature + K``: most classes have 20 shots, the others K (one label taught to a robot that already
knows many).  The test part of a set is never touched: cells are scored on training samples that
were held out.  The mark of a setting is the mean over all cells and sets; in a mature cell the new
and the old classes count half each, and every point that the old ones lose costs three.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn import lateral

# {name: (codes uint8 (M, N), labels (M,))}, training parts
Sets = Mapping[str, tuple[np.ndarray, np.ndarray]]

EQUAL_SHOTS = (1, 5, 20, 0)
NEW_SHOTS = (1, 3, 8)
MATURE_SHOTS = 20
HELD_OUT = 0.3
LOSS_COSTS = 3.0

# name -> (lowest, highest, on a logarithmic scale); the rest of Params is not searched
SPACE = {
    'saturation': (0.10, 0.30, True),
    'power': (0.5, 1.0, False),
    'ridge': (0.05, 0.8, True),
    'prior_strength': (0.25, 8.0, True),
    'bias_correction': (0.0, 1.5, False),
}


class Cell(NamedTuple):
    """One question: the samples learned, the samples held out, and which classes are new."""

    name: str
    learned: np.ndarray  # indices into the training part
    held_out: np.ndarray
    classes: np.ndarray  # class of each column
    new: int  # columns, from the end, that are new; 0 in an equal cell


def cells(labels: np.ndarray, seed: int) -> list[Cell]:
    """Draw all cells of one set from its training labels (M,)."""
    rng = np.random.default_rng(seed)
    classes = np.unique(labels)
    order = rng.permutation(len(labels))
    held = int(HELD_OUT * len(labels))
    held_out, pool = order[:held], order[held:]
    drawn = []
    for shots in EQUAL_SHOTS:
        learned = _first(labels, pool, {c: shots or len(pool) for c in classes})
        drawn.append(Cell(f'{shots or "all"} shots', learned, held_out, classes, 0))
    for shots in NEW_SHOTS:
        mixed = rng.permutation(classes)
        new = max(len(classes) // 4, 1)
        wanted = {c: MATURE_SHOTS for c in mixed[:-new]} | {c: shots for c in mixed[-new:]}
        drawn.append(Cell(f'mature + {shots}', _first(labels, pool, wanted), held_out, mixed, new))
    return drawn


def _first(labels: np.ndarray, pool: np.ndarray, wanted: Mapping[Any, int]) -> np.ndarray:
    return np.concatenate([pool[labels[pool] == c][:count] for c, count in wanted.items()])


def score(params: lateral.Params, counts: np.ndarray, labels: np.ndarray,
          cell: Cell) -> tuple[float, float, float, float]:
    """
    Score one cell, in points of accuracy.

    :param counts: uint8 (M, N), spike counts of the training part under these params.
    :return: (mark, accuracy of all, of old, of new classes); the last two are equal to the
        first in an equal cell.
    """
    place = {c: column for column, c in enumerate(cell.classes)}
    columns = np.array([place[c] for c in labels[cell.learned]])
    y_true = np.array([place[c] for c in labels[cell.held_out]])
    state = lateral.consolidated(params, counts[cell.learned], columns, len(cell.classes))
    hits = drives(params, state, counts[cell.held_out]).argmax(axis=1) == y_true
    accuracy = 100 * hits.mean()
    if not cell.new:
        return accuracy, accuracy, accuracy, accuracy
    new = y_true >= len(cell.classes) - cell.new
    old, fresh = 100 * hits[~new].mean(), 100 * hits[new].mean()
    # What the old classes reach when the new ones are not there to take their frames.
    kept = columns < len(cell.classes) - cell.new
    alone = lateral.consolidated(params, counts[cell.learned[kept]], columns[kept],
                                len(cell.classes) - cell.new)
    held_out = cell.held_out[~new]
    before = 100 * (drives(params, alone, counts[held_out]).argmax(axis=1) == y_true[~new]).mean()
    return (old + fresh) / 2 - LOSS_COSTS * max(before - old, 0), accuracy, old, fresh


def drives(params: lateral.Params, state: lateral.State, counts: np.ndarray) -> np.ndarray:
    """Return the graded drive of every column for many frames at once, float (M, C)."""
    readout = lateral.readout(params, state)
    return counts.astype(np.float32) @ readout.weights.T * readout.scale - readout.bias


def trial(number: int, best: lateral.Params | None = None) -> lateral.Params:
    """
    Return the constants of one trial: the defaults first, then seeded draws from SPACE.

    :param best: Params to draw around (within a quarter of the range of each), or None for draws
        from the whole range.
    """
    if number == 0:
        return lateral.Params()
    rng = np.random.default_rng([20, number])
    drawn: dict[str, Any] = {}
    for name, (low, high, logarithmic) in SPACE.items():
        into, back = (np.log, np.exp) if logarithmic else (float, float)
        low, high = into(low), into(high)
        if best is not None:
            middle, reach = into(getattr(best, name)), (high - low) / 8
            low, high = max(low, middle - reach), min(high, middle + reach)
        drawn[name] = float(f'{back(rng.uniform(low, high)):.3g}')
    return lateral.Params()._replace(**drawn)


def run_trial(params: lateral.Params, sets: Sets, seeds: Iterable[int]) -> dict[str, Any]:
    """
    Score one setting on all cells.

    :param params: their trace_scale is replaced by the one their code needs.
    :param seeds: of the splits.
    :return: {'mark': float, 'params': dict, 'cells': {'set: cell': [mark, accuracy, old, new]}}.
    """
    coded = {name: np.array([lateral.counts(params, code) for code in codes])
             for name, (codes, _) in sets.items()}
    # Under every code the traces have the same mean length, so that the ridge means the same.
    lengths = [np.linalg.norm(counts.astype(np.float64), axis=1).mean()
               for counts in coded.values()]
    params = params._replace(trace_scale=float(f'{1 / np.mean(lengths):.4g}'))
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for name, (_, labels) in sets.items():
        for seed in seeds:
            for cell in cells(labels, seed):
                found.setdefault(f'{name}: {cell.name}', []).append(
                    score(params, coded[name], labels, cell))
    means = {name: [round(float(value), 2) for value in np.mean(rows, axis=0)]
             for name, rows in found.items()}
    return {'mark': round(float(np.mean([row[0] for row in means.values()])), 3),
            'params': params._asdict(), 'cells': means}
