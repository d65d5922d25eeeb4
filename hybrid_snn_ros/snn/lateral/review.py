# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Every taught sample looked at as if neither it nor what is too alike had been taught.

The calibration does so with a few hundred samples (``calibration``, ``leave_one_out``); this does
it with all, in steps of a few milliseconds, for idle time.
"""

from collections.abc import Generator, Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.codes import all_views, first_view, view_count
from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.snn.lateral.calibration import alike_among
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.leave_one_out import Groups, leave_one_out
from hybrid_snn_ros.snn.lateral.quantisation import Products
from hybrid_snn_ros.snn.lateral.state import State
from hybrid_snn_ros.snn.rule import Lesson

_AT_ONCE, _MEANS_AT_ONCE = 16, 128  # samples of a step


class Review(NamedTuple):
    """What was found of M samples, in the order of their columns, for C columns."""

    numbers: np.ndarray  # int64 (M,), ids of the samples
    columns: np.ndarray  # int64 (M,)
    drives: np.ndarray  # (M, C), without the sample; NaN where its label has nothing but twins
    typicality: np.ndarray  # (M,), likewise
    twins: np.ndarray  # int64 (M,), samples of its label too alike to tell, itself included
    repeats: np.ndarray  # int64 (M,), id of an earlier sample that it nearly is, or -1
    # (C, C), d.P d / (kappa (1/n + 1/n')), d from one label's mean to the other's: about 1 for two
    # draws of one thing; NaN with itself and without samples
    apart: np.ndarray


def review(params: Params, state: State,
           lessons: Sequence[Lesson]) -> Generator[None, None, Review]:
    """
    Review all samples; a generator that pauses between steps of a few milliseconds.

    :param lessons: all that the state has learned, which must not change meanwhile.
    :return: Review.
    """
    own: dict[int, list[Lesson]] = {}
    for lesson in lessons:
        own.setdefault(lesson.column, []).append(lesson)
    count = len(state.samples) - 1
    numbers, columns = (np.array([getattr(lesson, name) for column in sorted(own)
                                  for lesson in own[column]], np.int64)
                        for name in ('number', 'column'))
    found = Review(numbers, columns, np.full((len(numbers), count), np.nan),
                   np.full(len(numbers), np.nan), np.ones(len(numbers), np.int64),
                   np.full(len(numbers), -1), _apart(params, state))
    yield
    first = 0
    for column in sorted(own):
        yield from _review_column(params, state, own[column], first, found)
        first += len(own[column])
    return found


def _review_column(params: Params, state: State, members: Sequence[Lesson], first: int,
                   found: Review) -> Generator[None, None, None]:
    """Fill in the rows of one column's samples, in place, from row ``first``."""
    codes = directions([first_view(lesson.codes) for lesson in members])
    means = np.empty(codes.shape, np.float32)  # of all views of each
    for place, lesson in enumerate(members):
        means[place] = all_views(lesson.counts).mean(axis=0)
        if place % _MEANS_AT_ONCE == _MEANS_AT_ONCE - 1:
            yield
    shares = np.array([1 / view_count(lesson.counts) for lesson in members])
    for start in range(0, len(members), _AT_ONCE):
        at = np.arange(start, min(start + _AT_ONCE, len(members)))
        alike = alike_among(codes, at)
        for row, twins in zip(at, alike):
            earlier = np.flatnonzero(twins[:row])
            kept = earlier[found.repeats[first + earlier] < 0]
            if len(kept):
                found.repeats[first + row] = members[int(kept[0])].number
        sizes = alike.sum(axis=1)
        share = alike.astype(np.float32) / sizes[:, None].astype(np.float32)
        groups = Groups(sizes, share @ means, shares[at])
        rows = first + at
        found.twins[rows] = sizes
        judged = rows[sizes < len(members)]
        seen = leave_one_out(params, state, np.array(
            [first_view(members[int(place)].counts) for place in at]), found.columns[rows], groups)
        found.drives[judged], found.typicality[judged] = seen.drives, seen.typicality
        yield


def _apart(params: Params, state: State) -> np.ndarray:
    products, between = Products.of(params, state, state.templates[1:] @ state.weights[1:].T)
    between = between.astype(np.float64)
    squares = products.own[:, None] + products.own - between - between.T
    samples = state.samples[1:].astype(np.float64)
    with np.errstate(divide='ignore', invalid='ignore'):
        share = 1 / samples
        apart = squares / (products.residual * (share[:, None] + share))
    apart[~np.isfinite(apart)] = np.nan
    np.fill_diagonal(apart, np.nan)
    return apart
