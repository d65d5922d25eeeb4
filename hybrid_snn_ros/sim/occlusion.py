# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes in which things hide parts of each other, or a bar does, and how much of each is seen."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.sim import objects
from hybrid_snn_ros.sim.conditions import View
from hybrid_snn_ros.sim.scene_view import check_floor, FLOORS, FOCAL, on_floor, SIZE, view_of
from hybrid_snn_ros.sim.scenes import (
    boxes_of,
    casts,
    check_scenes,
    inside,
    Place,
    SceneTable,
    SIDE,
)
from hybrid_snn_ros.sim.turntable import BOUNDING_RADIUS

LEAST_VISIBLE = 0.25  # share that is seen of every thing
HIDDEN = 0.9  # share that is seen of some thing of every scene at most
# Pixels at which shares are measured, four times as quick.
_COARSE = (SIZE[0] // 2, SIZE[1] // 2)
_NEAR = 0.8  # how far one thing is put from another at most, in half the sum of their sides
_APART = 0.5  # how far at least, on the floor, in sums of their radii: none stands in another
_TRIES = 40  # places tried for one thing
_BAR = 0.6  # share of the scenes with a bar
_BAR_WIDTH = (0.2, 0.6)  # of the width of the thing behind it


class OccludedScene(NamedTuple):
    """A picture, what is in it, and how much of that is seen."""

    image: np.ndarray  # uint8 RGB (480, 640, 3)
    names: tuple[str, ...]
    boxes: np.ndarray  # float64 (things, 4), x, y, width, height in pixels, of what is seen
    visible: np.ndarray  # float64 (things,), share of the pixels that it has where it stands alone


class OcclusionTable(SceneTable):
    """A floor on which things stand close together; see SceneTable."""

    def occluded(self, names: Sequence[str], floor: str, split: str,
                 random: np.random.Generator) -> OccludedScene:
        """
        Draw a scene in which a thing or a bar hides a part of another one.

        Of every thing a quarter is seen at least, of some thing nine tenths at most. Each would be
        60 to 170 pixels long if nothing hid it.

        :param names: of at least two objects.
        :param floor, split: as of SceneTable.scene.
        :raises ValueError: for an unknown object, floor or split.
        """
        check_floor(floor, split)
        things = [objects.find(name) for name in names]
        while True:
            view, sides = view_of(floor, split, random), random.uniform(*SIDE, len(things))
            places = self._crowded(things, sides, view, random)
            if places is None:
                continue
            whole = boxes_of(self._alone(view, places)) * 2
            if not (whole[:, 2:] > 0).all():
                continue
            places = [place._replace(scale=place.scale * side / float(box[2:].max()))
                      for place, side, box in zip(places, sides, whole)]
            alone = self._alone(view, places)
            whole = boxes_of(alone) * 2
            if not all(map(inside, whole)):
                continue
            bar = self._bar(whole, view, random) if random.random() < _BAR else None
            try:
                seen = self._look(view, places, _COARSE)[1]
                visible = seen.sum(axis=(1, 2)) / alone.sum(axis=(1, 2))
                if visible.min() < LEAST_VISIBLE or visible.min() > HIDDEN:
                    continue
                image, masks = self._look(view, places)
            finally:
                if bar is not None:
                    self._bullet.removeBody(bar, physicsClientId=self._client)
            return OccludedScene(image, tuple(thing.name for thing in things), boxes_of(masks),
                                 np.minimum(visible, 1.0))

    def _alone(self, view: View, places: Sequence[Place]) -> np.ndarray:
        """Return the pixels of each thing where no other stands, bool (things, 240, 320)."""
        return np.concatenate([self._look(view, [place], _COARSE)[1] for place in places])

    def _crowded(self, things: Sequence[objects.Thing], sides: np.ndarray, view: View,
                 random: np.random.Generator) -> list[Place] | None:
        """Return places, each but the first close to another one; None if none is found."""
        places: list[Place] = []
        spots: list[np.ndarray] = []  # in the picture
        radii: list[float] = []  # on the floor, metres
        for thing, side in zip(things, sides):
            for _ in range(_TRIES):
                at = random.uniform((side, side), np.array(SIZE) - side)
                if places:
                    beside = int(random.integers(len(places)))
                    reach = _NEAR * (side + sides[beside]) / 2
                    at = spots[beside] + random.uniform(-reach, reach, 2)
                spot, distance = on_floor(at, view)
                place = Place(thing, 1.4 * side * distance / FOCAL / (2 * BOUNDING_RADIUS), spot,
                              float(random.uniform(0, 360)))
                radius = side * distance / FOCAL / 2
                if inside(self._surrounding(place, view)) and all(
                        np.linalg.norm(spot - other.spot) >= _APART * (radius + its)
                        for other, its in zip(places, radii)):
                    places.append(place)
                    spots.append(at)
                    radii.append(radius)
                    break
            else:
                return None
        return places

    def _bar(self, boxes: np.ndarray, view: View, random: np.random.Generator) -> int:
        """Stand a bar in front of one of the things; return PyBullet's number of it."""
        x, y, width, height = boxes[int(random.integers(len(boxes)))]
        across = random.uniform(*_BAR_WIDTH) * width
        left = x + random.uniform(0, width - across)
        foot, distance = on_floor(np.array([left + across / 2, min(y + height, SIZE[1])]), view)
        metre = FOCAL / distance  # pixels
        half = [across / metre / 2, 0.005, 0.6 * height / metre]
        bullet, client = self._bullet, self._client
        shade = [*random.uniform(0.1, 0.9, 3), 1.0]
        shape = bullet.createVisualShape(bullet.GEOM_BOX, halfExtents=half, rgbaColor=shade,
                                         physicsClientId=client)
        return int(bullet.createMultiBody(0, -1, shape, [*map(float, foot), half[2]],
                                          physicsClientId=client))


def occluded_scenes(names: Sequence[str], floor: str, split: str, count: int, seed: int,
                    guests: Sequence[str] = (),
                    progress: Callable[[int, int], None] = lambda done, total: None
                    ) -> Iterator[OccludedScene]:
    """Yield scenes in which something is hidden; arguments as of scenes.scenes."""
    check_scenes(names, guests, floor, split)
    order = np.random.default_rng([seed, FLOORS.index(floor), split == 'test', 2])
    with OcclusionTable() as table:
        for place, chosen in enumerate(casts(names, guests, count, order)):
            yield table.occluded(chosen, floor, split, np.random.default_rng(
                [seed, FLOORS.index(floor), split == 'test', place, 2]))
            progress(place + 1, count)
