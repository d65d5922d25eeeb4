# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A table that turns, and sways: things on it move as before a robot's camera."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.sim.conditions import View
from hybrid_snn_ros.sim.scene_view import SIZE
from hybrid_snn_ros.sim.scenes import Body, boxes_of, Place, Scene, SceneTable

LOOP = 120  # frames until the table sways as in the first one
SWAY_DEG = 40.0  # to either side
SWAY_TURNS = (-SWAY_DEG, -SWAY_DEG / 2, SWAY_DEG / 2, SWAY_DEG)  # where things must be seen
VIEWS = LOOP // 2 + 1  # on its way back it shows the same views again


class Arrangement(NamedTuple):
    """Things that stand on a table, and how they are looked at."""

    view: View
    places: tuple[Place, ...]


class TurningTable(SceneTable):
    """A floor that turns, with what stands on it; the camera and the light stay where they are."""

    def __init__(self) -> None:
        super().__init__()
        self._laid: Arrangement | None = None
        self._bodies: list[Body] = []  # of what is laid

    def arranged(self, names: Sequence[str], floor: str, split: str,
                 random: np.random.Generator, turns: Sequence[float]) -> Arrangement:
        """
        Set objects down that stay in the picture while the floor turns.

        Before it turns, sizes and overlaps are those of `scene`, whose arguments these are.

        :param turns: degrees at which every thing is wholly in the picture, too.
        """
        view, places, _, _ = self._arranged(names, floor, split, random, turns)
        return Arrangement(view, tuple(places))

    def turned(self, arrangement: Arrangement, degrees: float) -> Scene:
        """Draw what stands on the turned floor; what others hide wholly is left out."""
        view, places = arrangement
        if self._laid is not arrangement:  # what PyBullet loads costs memory for good
            self._remove(self._bodies)
            self._laid, self._bodies = arrangement, [self._load(place) for place in places]
        self._turn_floor(degrees)
        image, masks = self._shot(view, self._bodies, [place.turned(degrees) for place in places])
        boxes = boxes_of(masks)
        seen = np.flatnonzero(boxes[:, 2] > 0)
        return Scene(image, tuple(places[place].thing.name for place in seen), boxes[seen])

    def _look(self, view: View, places: Sequence[Place],
              size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
        """Look at things on an empty table that has not turned."""
        self._remove(self._bodies)
        self._laid, self._bodies = None, []
        self._turn_floor(0.0)
        return super()._look(view, places, size)

    def _turn_floor(self, degrees: float) -> None:
        turn = self._bullet.getQuaternionFromEuler([0, 0, np.radians(degrees)])
        self._bullet.resetBasePositionAndOrientation(self._floor, [0, 0, 0], turn,
                                                     physicsClientId=self._client)


def view_of(frame: int) -> int:
    """Return which view, 0..VIEWS - 1, the frame of a loop shows."""
    place = (frame + LOOP // 4) % LOOP
    return min(place, LOOP - place)


def turn_of(view: int) -> float:
    """Return how far the table has turned in a view, in degrees: slowest at the ends."""
    return float(-SWAY_DEG * np.cos(np.pi * view / (VIEWS - 1)))


VIEWS_AS_SHOWN = tuple(dict.fromkeys(map(view_of, range(LOOP))))  # each once
