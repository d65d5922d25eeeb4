# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The presentation of one frame: leaky integrate-and-fire columns with a winner in each.

In every step t = 0..9, for every L neuron of every column (arXiv 2409.01230)::

    u <- leak u + current_t            (and u <- max(u, 0) where the rule has a floor)
    excess = u - threshold

A neuron fires at ``excess >= 0``.  After a spike ``u`` falls to zero (the published neuron) or by
the amount ``reset`` (subtractive reset, so that no drive is lost).

``present``: the first L neuron of a column to fire is its winner.  It drives OUT, silences the
other L neurons of its column for the rest of the frame, and may fire again.  Two that cross in the
same step: the larger excess wins.  ``present_all``: nobody is silenced, and OUT spikes in every
step in which one or more L neurons of its column do.
"""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace

Steps = list[tuple[Array, Array]]  # of each: potentials (C, L) before the reset, who fired (C,)


class Spiking(NamedTuple):
    """What the columns did in one presentation (C columns of L neurons)."""

    count: Any  # (C,) OUT spikes
    winner: Any  # (C,) index of the L neuron that fired first, -1 for a silent column
    first: Any  # (C,) step of the first spike, number of steps for a silent column
    end: Any  # (C, L) potentials after the last step


def present_single(currents: Array, leak: float, threshold: float,
                   record: Steps | None = None) -> tuple[Array, Array]:
    """
    Step columns of one L neuron each, with subtractive reset and no floor, through one frame.

    A lone neuron is its column's winner, so there is none to look for: a quarter of the time of
    ``present(currents[:, :, None], leak, threshold, reset=threshold, floor=False)``, whose counts
    and potentials come out bit for bit.

    :param currents: float32 (T, C).
    :param threshold: scalar, firing threshold and what a spike takes off.
    :param record: see present.
    :return: (count (C,) int32, end (C,)).
    """
    xp = array_namespace(currents)
    leak, threshold = xp.float32(leak), xp.float32(threshold)
    u = xp.zeros(currents.shape[1], dtype=xp.float32)
    spent = xp.empty_like(u)
    fired = xp.empty(currents.shape, dtype=bool)
    for current, fires in zip(currents, fired):
        u *= leak
        u += current
        xp.greater_equal(u, threshold, out=fires)
        if record is not None:
            record.append((u[:, None].copy(), fires))
        xp.multiply(fires, threshold, out=spent)
        u -= spent
    return fired.sum(axis=0, dtype=xp.int32), u


def present(currents: Array, leak: float, threshold: Array, reset: float | None = None,
            floor: bool = True, record: Steps | None = None) -> Spiking:
    """
    Step all columns through one frame.

    :param currents: (T, C, L), input current of each neuron at each step.
    :param leak: factor by which a potential shrinks in a step, 0..1.
    :param threshold: scalar or (C, L), firing threshold including any excess.
    :param reset: amount taken off a potential that fired; None resets it to zero.
    :param floor: whether potentials are cut off below zero.
    :param record: a list that takes every step, for people who want to look; None for none.
    :return: Spiking.
    """
    xp = array_namespace(currents)
    steps, columns, neurons = currents.shape
    threshold = xp.broadcast_to(xp.asarray(threshold, dtype=currents.dtype), (columns, neurons))
    column, place = xp.arange(columns), xp.arange(neurons)
    u = xp.zeros((columns, neurons), dtype=currents.dtype)
    count = xp.zeros(columns, dtype=xp.int32)
    winner = xp.full(columns, -1, dtype=xp.int32)
    first = xp.full(columns, steps, dtype=xp.int32)
    for t in range(steps):
        u *= leak
        u += currents[t]
        if floor:
            xp.maximum(u, 0, out=u)
        excess = u - threshold
        silent = winner < 0
        leader = xp.where(silent, excess.argmax(axis=1), winner)
        lead = excess[column, leader]
        fires = lead >= 0
        newly = fires & silent
        xp.copyto(winner, leader, where=newly)
        xp.copyto(first, t, where=newly)
        count += fires
        if record is not None:
            record.append((u.copy(), fires))
        if xp is not np:  # how many fired is not known without waiting for the device
            after = xp.zeros_like(u) if reset is None else u - reset
            u = xp.where(fires[:, None] & (place == leader[:, None]), after, u)
            continue
        hot = column[fires], leader[fires]
        u[hot] = 0 if reset is None else u[hot] - reset
    return Spiking(count, winner, first, u)


def present_all(currents: Array, leak: float, threshold: Array) -> tuple[Array, Array]:
    """
    Step columns whose L neurons do not silence one another; reset to zero, cut off below zero.

    :param currents: float32 (T, C, L).
    :param threshold: float32 (C, L), of each neuron.
    :return: (OUT spikes (C,) int32, largest excess up to the step of the first one (C,)).
    """
    xp = array_namespace(currents)
    leak = xp.float32(leak)
    u = xp.zeros(threshold.shape, dtype=xp.float32)
    count = xp.zeros(len(threshold), dtype=xp.int32)
    best = xp.full(len(threshold), -xp.inf, dtype=xp.float32)
    for current in currents:
        u *= leak
        u += current
        xp.maximum(u, 0, out=u)
        excess = u - threshold
        lead = excess.max(axis=1)
        xp.copyto(best, xp.maximum(best, lead), where=count == 0)
        count += lead >= 0
        xp.copyto(u, 0, where=excess >= 0)
    return count, best
