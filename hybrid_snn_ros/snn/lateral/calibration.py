# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The calibration of the lateral rule: exact leave-one-out answers, at any time."""

from collections.abc import Sequence

import numpy as np

from hybrid_snn_ros.codes import all_views, first_view, view_count
from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.snn import decision
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.leave_one_out import Groups, leave_one_out
from hybrid_snn_ros.snn.lateral.state import State
from hybrid_snn_ros.snn.rule import Lesson

# Those of the lowest rank, which is evenly drawn of everything taught, in whatever order, and of
# which one more lesson, or one less, changes one at most.  More would cost time and tell no more.
SAMPLES = 256
# 1 - cosine of the codes: what differs less is the same view again.  A hand that holds a thing
# still changes 0.04 to 0.06.
ALIKE = 0.1


# Of a column, by the ranks of its lessons: the ranks of those chosen, their Groups.
_Known = dict[tuple[int, ...], tuple[tuple[int, ...], Groups]]


def calibrate(params: Params, state: State, lessons: Sequence[Lesson],
              records: Sequence[decision.Record], samples: Sequence[int],
              before: decision.Calibration | None = None) -> decision.Calibration:
    """
    Look at taught samples through the network as if each had not been taught.

    One frame of a new label changes the gain, and with it what every number means; hence not from
    records, which describe a network that no longer exists.

    :param before: an earlier calibration; saves time and changes nothing.
    """
    if not lessons:
        return decision.UNCALIBRATED
    ranks = np.fromiter((lesson.rank for lesson in lessons), np.int64, len(lessons))
    chosen = [lessons[place] for place in np.argsort(ranks, kind='stable')[:SAMPLES]]
    groups, kept = groups_of(chosen, lessons, before.kept if before else None)
    found = decision.calibrate(leave_one_out(
        params, state, np.array([first_view(lesson.counts) for lesson in chosen]),
        np.array([lesson.column for lesson in chosen]), groups))
    return found._replace(kept=kept)


def groups_of(chosen: Sequence[Lesson], lessons: Sequence[Lesson],
              known: _Known | None = None) -> tuple[Groups, _Known]:
    """
    Find what of the same column is too alike to tell from each of the chosen lessons.

    :param known: what an earlier call returned beside; columns that are the same are not looked
        at again.
    """
    own: dict[int, list[Lesson]] = {lesson.column: [] for lesson in chosen}
    for lesson in lessons:
        if lesson.column in own:
            own[lesson.column].append(lesson)
    columns = np.array([lesson.column for lesson in chosen])
    sizes = np.empty(len(chosen), np.int64)
    means = np.empty((len(chosen), chosen[0].counts.shape[-1]), np.float32)
    shares = np.empty(len(chosen))
    kept: _Known = {}
    for column, members in own.items():
        rows = np.flatnonzero(columns == column)
        these = [chosen[int(row)] for row in rows]
        key, wanted = tuple(one.rank for one in members), tuple(one.rank for one in these)
        found = (known or {}).get(key)
        if found is None or found[0] != wanted:
            found = wanted, _alike(these, members)
        kept[key] = found
        sizes[rows], means[rows], shares[rows] = found[1]
    return Groups(sizes, means, shares), kept


def _alike(chosen: Sequence[Lesson], members: Sequence[Lesson]) -> Groups:
    """Return the groups of lessons among all of their column, themselves included."""
    codes = directions([first_view(lesson.codes) for lesson in members])
    place = {lesson.number: at for at, lesson in enumerate(members)}
    at = np.array([place[lesson.number] for lesson in chosen])
    alike = alike_among(codes, at)
    means = [np.mean([all_views(members[int(twin)].counts).mean(axis=0)
                      for twin in np.flatnonzero(twins)], axis=0) for twins in alike]
    return Groups(alike.sum(axis=1), np.array(means, np.float32),
                  np.array([1 / view_count(lesson.counts) for lesson in chosen]))


def alike_among(codes: np.ndarray, at: np.ndarray) -> np.ndarray:
    """
    Tell which samples of a column are too alike to tell from some of them, bool (K, M).

    :param codes: of all, at length 1, float32 (M, N).
    :param at: the places of those K among them.
    """
    alike = codes[at] @ codes.T > 1 - ALIKE
    alike[np.arange(len(at)), at] = True
    return alike
