# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Consolidation: the network as a function of the set of its samples, whatever their order.

This is algebra beside the network, not a synaptic rule: a matrix is inverted.  The local steps
(``learning``) arrive at the same network up to the rounding of float32, and answer at once; this
puts in its place, in idle time, the bits that do not depend on the way.

Spike counts k are whole numbers, and so are the PARTS of a frame that each of its views counts
(omega), so their sums are exact, in any order, and what is subtracted leaves no trace::

    G = sum omega k k^T  (N, N),   of every label  T_c = sum omega k  (N,)  and n_c
    S = nu^2 (G - sum_c T_c T_c^T / n_c)           within-class scatter
    P = (ridge I + S)^-1,   m = nu T / n,   w = P m,   A = w.m / 2

(T and n of all labels together are the background's.)  A forget subtracts from G; a merge moves T
and n and leaves G as it is.  G comes from BLAS in float32, which is exact while its sums stay
below 2^24; the rest is float64, rounded to float32 at the end.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from hybrid_snn_ros.codes import all_views, PARTS, view_count
from hybrid_snn_ros.snn import sweep
from hybrid_snn_ros.snn.coding import MAX_COUNT
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.state import State
from hybrid_snn_ros.snn.rule import Lesson
from hybrid_snn_ros.snn.steps import finish

# Rows at once, and with that how long a step takes: with 1280 inputs 1 to 4 ms.
_SAMPLES, _INPUTS = 256, 128
assert _SAMPLES * MAX_COUNT ** 2 < 2 ** 24  # exact in float32

_Item = TypeVar('_Item')


class Sums(NamedTuple):
    """What a consolidation keeps for the next one, which then adds only what has changed."""

    products: np.ndarray  # PARTS G (N, N), int32: exact to 3 million samples; never changed
    counted: Mapping[int, np.ndarray]  # the spike counts that G holds, by id of the sample


def consolidate(params: Params, inputs: int, lessons: Sequence[Lesson], columns: int,
                before: Sums | None = None) -> Generator[None, None, tuple[State, Sums]]:
    """
    Compute the network of a set of samples; a generator that pauses between its steps.

    The same lessons in the same columns give the same bits, whatever ``before`` holds.

    :param inputs: N.
    :param lessons: what the network learned; their order does not matter.
    :param columns: C.
    :param before: sums of an earlier consolidation, if any: they save time and change nothing.
    :return: (the generator's return value) the State, with NumPy's arrays, and its sums.
    """
    sums = yield from _sums(inputs, lessons, before)
    totals, samples, parts = yield from _totals(inputs, lessons, columns)
    scatter = sums.products.astype(np.float64)
    yield
    means = totals[1:] / np.maximum(PARTS * samples[1:], 1)[:, None]
    for rows in _slices(inputs, _INPUTS):  # the lower triangle alone
        scatter[rows, :rows.stop] -= means[:, rows].T @ totals[1:, :rows.stop]
        yield
    scatter *= params.trace_scale ** 2 / PARTS
    scatter[np.diag_indices(inputs)] += params.ridge
    yield
    precision = yield from sweep.inverse(scatter)
    templates = totals * (params.trace_scale / np.maximum(PARTS * samples, 1))[:, None]
    weights = np.empty_like(templates)
    for rows in _slices(inputs, _INPUTS):
        weights[:, rows] = templates @ precision[:, rows]
        yield
    costs = np.einsum('ci,ci->c', weights, templates) / 2
    return State(precision.astype(np.float32), templates.astype(np.float32),
                 weights.astype(np.float32), costs.astype(np.float32), samples, parts), sums


def consolidated(params: Params, spike_counts: np.ndarray, sample_columns: np.ndarray,
                 columns: int) -> State:
    """
    Return the network of samples that are at hand as arrays, in one go.

    :param spike_counts: uint8 (M, N), or (M, k, N) of k views of each.
    :param sample_columns: int (M,), the column of each.
    :param columns: number of columns C.
    """
    return finish(consolidate(params, spike_counts.shape[-1], [
        Lesson(number, int(column), counts, counts)
        for number, (counts, column) in enumerate(zip(spike_counts, sample_columns))],
        columns))[0]


def _sums(inputs: int, lessons: Sequence[Lesson],
          before: Sums | None) -> Generator[None, None, Sums]:
    """Bring G to the lessons, by what was added and what is gone."""
    known = before.counted if before is not None else {}
    wanted = {lesson.number: lesson.counts for lesson in lessons}
    yield
    added = [counts for number, counts in wanted.items()
             if known.get(number) is not counts]
    yield
    gone = [counts for number, counts in known.items() if wanted.get(number) is not counts]
    yield
    if before is None or len(added) + len(gone) > len(wanted):  # from nothing is shorter
        added, gone = list(wanted.values()), []
        products = np.zeros((inputs, inputs), dtype=np.int32)
    else:
        products = before.products.copy()
    for change, sign in ((added, 1), (gone, -1)):
        for parts, rows in _views_by_parts(change).items():
            for part in _blocks(rows, _SAMPLES):
                counts = np.array(part, dtype=np.float32)
                square = (counts.T @ counts).astype(np.int32)
                yield
                square *= sign * parts
                products += square
                yield
    return Sums(products, wanted)


def _views_by_parts(lessons: Iterable[np.ndarray]) -> dict[int, list[np.ndarray]]:
    """Return {how many PARTS of a frame a view counts: the spike counts (N,) of such views}."""
    found: dict[int, list[np.ndarray]] = {}
    for counts in lessons:
        found.setdefault(PARTS // view_count(counts), []).extend(all_views(counts))
    return found


def _totals(
        inputs: int, lessons: Sequence[Lesson],
        columns: int) -> Generator[None, None, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """
    Return PARTS T, float64 (C + 1, N), and the state's samples and parts, int64 (C + 1,).

    Row 0 is the background.
    """
    totals = np.zeros((columns + 1, inputs), dtype=np.int64)
    samples, parts = np.zeros((2, columns + 1), dtype=np.int64)
    own: list[list[np.ndarray]] = [[] for _ in range(columns)]
    for lesson in lessons:
        own[lesson.column].append(lesson.counts)
    yield
    summed = 0
    for row, counts in enumerate(own, 1):
        samples[row] = len(counts)
        parts[row] = sum(PARTS // view_count(one) for one in counts)
        for each, views in _views_by_parts(counts).items():
            for part in _blocks(views, _SAMPLES):
                totals[row] += each * np.array(part).sum(axis=0, dtype=np.int64)
                summed += len(part)
                if summed >= _SAMPLES:
                    summed = 0
                    yield
    for rows in (totals, samples, parts):
        rows[0] = rows.sum(axis=0)
    return totals.astype(np.float64), samples, parts


def _blocks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start:start + size] for start in range(0, len(items), size))


def _slices(number: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, number)) for start in range(0, number, size))
