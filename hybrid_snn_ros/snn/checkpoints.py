# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Checkpoints: copies of a network's state on the CPU, from which it is learned on.

For rules that cannot unlearn: an undo needs one from before the sample that is taken back, and a
GPU that was lost the newest.  Mistakes are mostly noticed soon, so they lie close together among
the last lessons and further and further apart before: how much is learned again grows with how far
back one goes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn.backend import ArrayNamespace, to_numpy

LARGEST_BYTES = 64 * 2**20  # a state larger than this is not kept
TOGETHER_BYTES = 40 * 2**20  # of all that are kept; five of the default network with 64 labels
ALWAYS = 2  # the newest ones, kept even if they take more together


class Checkpoint(NamedTuple):
    """A network after some lessons."""

    lessons: int  # how many were learned by then
    columns: int
    records: int
    state: Any  # the rule's State, every array on the CPU


def size(state: Any) -> int:
    """Return the bytes that a state takes."""
    return sum(getattr(array, 'nbytes', 0) for array in state)


def state_to_host(state: Any) -> Any:
    """Return a copy of a state whose arrays are all NumPy's."""
    return type(state)(*(
        value if isinstance(value, int) else value.copy() if isinstance(value, np.ndarray)
        else to_numpy(value) for value in state))


def state_to_device(state: Sequence[Any], like: Any, xp: ArrayNamespace) -> Any:
    """
    Return a copy of a state, its arrays where those of another live.

    :param state: with NumPy arrays.
    :param like: a state of the same rule, whose arrays are NumPy's or of backend xp.
    """
    return type(like)(*(
        int(value) if isinstance(there, int) else value.copy() if isinstance(there, np.ndarray)
        else xp.asarray(value) for value, there in zip(state, like)))


def with_newest(checkpoints: Sequence[Checkpoint], newest: Checkpoint) -> list[Checkpoint]:
    """
    Return a list that has one more, and not more than may be kept.

    :param checkpoints: oldest first.
    """
    kept = [*checkpoints, newest]
    while len(kept) > ALWAYS and sum(size(point.state) for point in kept) > TOGETHER_BYTES:
        # The gap that opens, relative to how long ago it is, is what an undo pays.
        now = newest.lessons + 1
        bounds = [0, *(point.lessons for point in kept)]
        costs = [(after - before) / (now - before)
                 for before, after in zip(bounds, bounds[2:])]
        kept.pop(int(np.argmin(costs[:len(kept) - ALWAYS])))
    return kept
