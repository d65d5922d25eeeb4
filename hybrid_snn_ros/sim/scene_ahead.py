# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Rendering scenes ahead: processes draw the views of a swaying table before the camera needs them.

A view of 640x480 takes a process some 0.1 s, for which it holds Python's interpreter lock: a
camera of 30 Hz cannot wait for it, nor share a process with it.  The 61 views of a table are drawn
once and kept (56 MB); until they are drawn the table sways more slowly.
"""

from collections import OrderedDict
import functools
import multiprocessing
from multiprocessing.connection import wait
from multiprocessing.pool import AsyncResult, Pool
import os
import signal
import threading
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.sim import objects
from hybrid_snn_ros.sim.scenes import Scene
from hybrid_snn_ros.sim.swaying import (
    Arrangement,
    SWAY_TURNS,
    turn_of,
    TurningTable,
    VIEWS_AS_SHOWN,
)

_PROCESSES = min(2, os.cpu_count() or 1)
_KEPT = 2  # tables whose views are kept: the wanted one, and the one that is shown until then


class SceneWish(NamedTuple):
    """Which table the camera should look at."""

    things: int  # that stand on it
    names: tuple[str, ...]  # of them; those that are missing are dealt
    floor: str
    split: str  # 'train' or 'test'
    seed: tuple[int, int]

    def chosen(self) -> list[str]:
        """Return the names of all things."""
        left = [name for name in objects.names() if name not in self.names]
        dealt = np.random.default_rng([*self.seed, 0]).permutation(left)
        return [*self.names, *map(str, dealt)][:self.things]


class SceneAhead:
    """Draws the views of the wanted table, in the order they are shown in, and keeps them."""

    def __init__(self) -> None:
        self._pool: Pool | None = None
        self._tables: OrderedDict[SceneWish, dict[int, AsyncResult[Scene]]] = OrderedDict()

    def want(self, wish: SceneWish) -> None:
        """Say what to draw from now on; returns at once."""
        if self._pool is None:
            self._pool = multiprocessing.get_context('spawn').Pool(_PROCESSES, _begin)
        self._tables.setdefault(wish, {})
        self._tables.move_to_end(wish)
        while len(self._tables) > _KEPT:
            self._tables.popitem(last=False)
        self._go_on()

    def picture(self, wish: SceneWish, view: int) -> Scene | None:
        """Return a view, or None while it is not drawn; a drawing process's error is raised."""
        self._go_on()
        drawn = self._tables.get(wish, {}).get(view)
        return drawn.get() if drawn is not None and drawn.ready() else None

    def stop(self) -> None:
        """End the processes and wait for them."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()

    def _go_on(self) -> None:
        """Hand out so much that no process waits, and no more: soon another table is wanted."""
        if self._pool is None:
            return
        wish, views = next(reversed(self._tables.items()))
        under_way = sum(not drawn.ready() for all_views in self._tables.values()
                        for drawn in all_views.values())
        missing = [view for view in VIEWS_AS_SHOWN if view not in views]
        for view in missing[:max(2 * _PROCESSES - under_way, 0)]:
            views[view] = self._pool.apply_async(_drawn, (wish, view))


# -- in the drawing processes --------------------------------------------------------------------


def _begin() -> None:
    """Leave a terminal's Ctrl-C to the camera, and end when that has died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


@functools.cache
def _table() -> TurningTable:
    return TurningTable()


@functools.lru_cache(_KEPT)
def _arrangement(wish: SceneWish) -> Arrangement:
    return _table().arranged(wish.chosen(), wish.floor, wish.split,
                             np.random.default_rng([*wish.seed, 1]), SWAY_TURNS)


def _drawn(wish: SceneWish, view: int) -> Scene:
    return _table().turned(_arrangement(wish), turn_of(view))
