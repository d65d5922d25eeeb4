# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rendering ahead: one worker thread draws an object's views before the camera needs them."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
import threading
from typing import cast, NamedTuple

import numpy as np

from hybrid_snn_ros.sim import conditions, objects
from hybrid_snn_ros.sim.turntable import Turntable


class Wish(NamedTuple):
    """What the camera should look at."""

    name: str
    condition: str
    split: str


class RenderAhead:
    """
    Draws the views of the wanted object in turning order and keeps them, up to a bound.

    Views are kept per object and condition, so switching between training and test views draws
    nothing twice. When the kept views exceed `keep_mb` megabytes, those of the object wanted
    longest ago go first; the wanted ones never do. PyBullet lives in the worker alone. It holds
    the interpreter lock during a picture, so the other threads stall for at most one picture
    (about 25 ms at 320x240).
    """

    def __init__(self, size: tuple[int, int], seed: int, keep_mb: float = 96.0) -> None:
        self._size = size
        self._seed = seed
        self._keep_bytes = keep_mb * 1e6
        self._views: OrderedDict[tuple[str, str], dict[int, np.ndarray]] = OrderedDict()
        self._wish: Wish | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix='render-ahead')
        self._work_done = self._worker.submit(self._work)

    def want(self, wish: Wish) -> None:
        """Say what to draw from now on; returns at once."""
        with self._changed:
            self._wish = wish
            key = wish[:2]
            self._views.setdefault(key, {})
            self._views.move_to_end(key)
            self._changed.notify()

    def picture(self, wish: Wish, view_index: int) -> np.ndarray | None:
        """
        Return a view as uint8 RGB (height, width, 3), or None while it is not drawn.

        It raises the worker's error if that failed.
        """
        if self._work_done.done():
            self._work_done.result()
        with self._changed:
            return self._views.get(wish[:2], {}).get(view_index)

    def stop(self) -> None:
        """End the worker and wait for it: at most one picture and one loading of an object."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._worker.shutdown(wait=True)

    def _next_missing(self) -> tuple[Wish, int] | None:
        if self._wish is None:
            return None
        drawn = self._views[self._wish[:2]]
        return next(((self._wish, index) for index in conditions.view_indices(self._wish.split)
                     if index not in drawn), None)

    def _work(self) -> None:
        with Turntable() as table:
            while True:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._stopping or self._next_missing() is not None)
                    if self._stopping:
                        return
                    wish, index = cast(tuple[Wish, int], self._next_missing())
                view = conditions.view(wish.condition, index, self._seed,
                                       objects.index(wish.name))
                image = table.render(wish.name, view, self._size)
                with self._changed:
                    self._views[wish[:2]][index] = image
                    self._forget_oldest()

    def _forget_oldest(self) -> None:
        kept = sum(image.nbytes for views in self._views.values() for image in views.values())
        while kept > self._keep_bytes and len(self._views) > 1:
            _, views = self._views.popitem(last=False)
            kept -= sum(image.nbytes for image in views.values())
