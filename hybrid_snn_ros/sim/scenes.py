# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes: several of the turntable's objects on one floor, with the boxes they are seen in."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.sim import objects
from hybrid_snn_ros.sim.conditions import View
from hybrid_snn_ros.sim.scene_view import (
    camera_of,
    check_floor,
    FLOORS,
    FOCAL,
    on_floor,
    seen_from,
    SIZE,
    view_of,
)
from hybrid_snn_ros.sim.turntable import BOUNDING_RADIUS, Turntable
from hybrid_snn_ros.where.boxes import iou

THINGS = (2, 5)  # in a scene, fewest and most
SIDE = (60.0, 170.0)  # pixels of the longer side of a thing's box
MOST_OVERLAP = 0.12  # intersection over union of two things' boxes

_MARGIN = 6  # pixels between a thing and the frame's edge
_TRIES = 60  # places tried for one thing
_SLACK = 0.98  # of the size limits, for what rendering rounds


class Scene(NamedTuple):
    """A picture, and what is in it."""

    image: np.ndarray  # uint8 RGB (480, 640, 3)
    names: tuple[str, ...]  # of the things; empty where the floor is
    boxes: np.ndarray  # float64 (things, 4), x, y, width, height in pixels, of what is seen


class Place(NamedTuple):
    """How an object is set down."""

    thing: objects.Thing
    scale: float  # of the size it has on the turntable
    spot: np.ndarray  # (2,), metres on the floor
    azimuth_deg: float

    def turned(self, degrees: float) -> 'Place':
        """Return where it is when the floor has turned about its middle."""
        turn = np.radians(degrees)
        cos, sin = np.cos(turn), np.sin(turn)
        x, y = self.spot
        return self._replace(spot=np.array([cos * x - sin * y, sin * x + cos * y]),
                             azimuth_deg=self.azimuth_deg + degrees)


class SceneTable(Turntable):
    """
    A floor with several objects at once; see Turntable for what it needs and costs.

    A scene depends on the random numbers alone that it is drawn with.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[str, np.ndarray] = {}  # (3,), metres, as large as on the turntable

    def scene(self, names: Sequence[str], floor: str, split: str,
              random: np.random.Generator) -> Scene:
        """
        Draw a scene of these objects, none for an empty floor.

        Every thing is wholly in the picture, its box 60 to 170 pixels long, and the boxes of two
        things share no more than 0.12 of their union.

        :param floor: 'plain', the grey one in steady light, or 'varied'.
        :param split: 'train' or 'test': whose floors and heights of the camera are used.
        :raises ValueError: for an unknown object, floor or split.
        """
        _, places, image, boxes = self._arranged(names, floor, split, random, ())
        return Scene(image, tuple(place.thing.name for place in places), boxes)

    def _arranged(self, names: Sequence[str], floor: str, split: str,
                  random: np.random.Generator, turns: Sequence[float]) -> tuple[
                      View, list[Place], np.ndarray, np.ndarray]:
        """Return how things are looked at that also stay in the picture turned, and are seen."""
        check_floor(floor, split)
        things = [objects.find(name) for name in names]
        sides = random.uniform(*SIDE, len(things))
        while True:
            view = view_of(floor, split, random)
            places = self._places(things, sides, view, random, turns)
            if places is None:
                continue
            # Looked at once for their sizes, which are mended, and once more for the picture.
            boxes = boxes_of(self._look(view, places)[1]) if things else np.zeros((0, 4))
            if not (boxes[:, 2:] > 0).all():
                continue
            places = [place._replace(scale=place.scale * side / float(box[2:].max()))
                      for place, side, box in zip(places, sides, boxes)]
            if not all(self._stays(place, view, turns) for place in places):
                continue
            image, masks = self._look(view, places)
            boxes = boxes_of(masks)
            if _allowed(boxes):
                return view, places, image, boxes

    def _stays(self, place: Place, view: View, turns: Sequence[float]) -> bool:
        """Tell whether a thing is wholly in the picture at every turn."""
        return all(inside(self._surrounding(place.turned(turn), view)) for turn in turns)

    def _places(self, things: Sequence[objects.Thing], sides: np.ndarray, view: View,
                random: np.random.Generator, turns: Sequence[float]) -> list[Place] | None:
        """Return places where things are seen about so large and apart; None if none is found."""
        places: list[Place] = []
        taken: list[np.ndarray] = []
        width, height = SIZE
        for thing, side in zip(things, sides):
            reach = side / 2 + _MARGIN
            for _ in range(_TRIES):
                at = random.uniform((reach, reach), (width - reach, height - reach))
                spot, distance = on_floor(at, view)
                # Of its sphere's 0.6 m a thing shows some two thirds.
                scale = 1.4 * side * distance / FOCAL / (2 * BOUNDING_RADIUS)
                place = Place(thing, scale, spot, float(random.uniform(0, 360)))
                box = self._surrounding(place, view)
                others = np.array(taken).reshape(-1, 4)
                if (inside(box) and self._stays(place, view, turns)
                        and iou(box[None], others).max(initial=0) <= MOST_OVERLAP):
                    places.append(place)
                    taken.append(box)
                    break
            else:
                return None
        return places

    def _surrounding(self, place: Place, view: View) -> np.ndarray:
        """Return the box in the picture around an object's bounding box, at least what is seen."""
        if place.thing.name not in self._sizes:
            number, _, _ = self._stand(place.thing)
            low, high = self._bounds(number)
            self._bullet.removeBody(number, physicsClientId=self._client)
            self._sizes[place.thing.name] = high - low
        across, deep, tall = place.scale * self._sizes[place.thing.name]
        turn = np.radians(place.azimuth_deg)
        cos, sin = np.cos(turn), np.sin(turn)
        corners = np.array([
            [place.spot[0] + cos * x - sin * y, place.spot[1] + sin * x + cos * y, z]
            for x in (-across / 2, across / 2) for y in (-deep / 2, deep / 2) for z in (0, tall)])
        seen = seen_from(corners, view)
        return np.concatenate([seen.min(axis=0), np.ptp(seen, axis=0)])

    def _look(self, view: View, places: Sequence[Place],
              size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
        """Return the picture, and the pixels of each object, bool (things, height, width)."""
        bodies = [self._load(place) for place in places]
        try:
            return self._shot(view, bodies, places, size)
        finally:
            self._remove(bodies)

    def _shot(self, view: View, bodies: Sequence['Body'], places: Sequence[Place],
              size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
        """Set objects down in their places, and return what `_look` does."""
        for body, place in zip(bodies, places):
            self._put(body, place)
        image, mask = self._picture(*camera_of(view), view, size)
        numbers = np.array([body.number for body in bodies], np.int64)
        return image, mask == numbers.reshape(-1, 1, 1)

    def _remove(self, bodies: Sequence['Body']) -> None:
        for body in bodies:
            self._bullet.removeBody(body.number, physicsClientId=self._client)

    def _load(self, place: Place) -> 'Body':
        return Body(*self._stand(place.thing, place.scale))

    def _put(self, body: 'Body', place: Place) -> None:
        bullet = self._bullet
        turn = bullet.getQuaternionFromEuler([0, 0, np.radians(place.azimuth_deg)])
        position, orientation = bullet.multiplyTransforms(
            [*map(float, place.spot), 0], turn, body.base.tolist(), body.orientation)
        bullet.resetBasePositionAndOrientation(body.number, position, orientation,
                                               physicsClientId=self._client)


class Body(NamedTuple):
    """An object that PyBullet has loaded, and how it stands in the middle of the floor."""

    number: int
    base: np.ndarray  # (3,)
    orientation: tuple[float, ...]


class _Deck:
    """Names dealt like cards: none comes again before all others have come."""

    def __init__(self, names: Sequence[str], order: np.random.Generator) -> None:
        self._names, self._order = names, order
        self._left: list[str] = []

    def dealt(self, count: int) -> list[str]:
        """Return different names, at most as many as there are."""
        chosen: list[str] = []
        while len(chosen) < count:
            if all(name in chosen for name in self._left):
                self._left += [str(name) for name in self._order.permutation(self._names)]
            at = next(at for at, name in enumerate(self._left) if name not in chosen)
            chosen.append(self._left.pop(at))
        return chosen


def check_scenes(names: Sequence[str], guests: Sequence[str], floor: str, split: str) -> None:
    """Refuse what `scenes` cannot show; ValueError, one sentence."""
    check_floor(floor, split)
    for name in (*names, *guests):
        objects.find(name)
    if len(names) < THINGS[1]:
        raise ValueError(f'scenes need at least {THINGS[1]} objects, not {len(names)}')


def casts(names: Sequence[str], guests: Sequence[str], count: int,
          order: np.random.Generator) -> Iterator[list[str]]:
    """
    Yield the names of what stands in each of so many scenes: two to five, all about as often.

    :param names: at least five.
    :param guests: names of which one stands in every second scene, in place of another.
    """
    deck, guest_deck = _Deck(names, order), _Deck(guests, order)
    for place in range(count):
        wanted = int(order.integers(THINGS[0], THINGS[1] + 1))
        guest = guest_deck.dealt(1) if guests and place % 2 else []
        yield guest + deck.dealt(wanted - len(guest))


def scenes(names: Sequence[str], floor: str, split: str, count: int, seed: int,
           guests: Sequence[str] = (),
           progress: Callable[[int, int], None] = lambda done, total: None) -> Iterator[Scene]:
    """
    Yield scenes of two to five objects, each of them about equally often.

    A scene depends on (names, guests, floor, split, seed) and its place alone.

    :param guests: objects of which one stands in every second scene, in place of another.
    :param progress: called with (done, total) after each scene.
    :raises ValueError: as of SceneTable.scene, and for fewer than five names.
    """
    check_scenes(names, guests, floor, split)
    order = np.random.default_rng([seed, FLOORS.index(floor), split == 'test'])
    with SceneTable() as table:
        for place, chosen in enumerate(casts(names, guests, count, order)):
            yield table.scene(chosen, floor, split, np.random.default_rng(
                [seed, FLOORS.index(floor), split == 'test', place, 1]))
            progress(place + 1, count)


def empty_scenes(floor: str, split: str, count: int, seed: int) -> Iterator[Scene]:
    """Yield floors with nothing on them; arguments as of `scenes`."""
    check_floor(floor, split)
    with SceneTable() as table:
        for place in range(count):
            yield table.scene((), floor, split, np.random.default_rng(
                [seed, FLOORS.index(floor), split == 'test', place, 0]))


def boxes_of(masks: np.ndarray) -> np.ndarray:
    """Return the box of each object's pixels, float64 (things, 4) in pixels; 0 for none."""
    boxes = np.zeros((len(masks), 4))
    for box, mask in zip(boxes, masks):
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        if len(rows):
            box[:] = columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1
    return boxes


def inside(box: np.ndarray) -> bool:
    """Tell whether a box, in pixels, lies in the picture and not at its edge."""
    last = np.array(SIZE) - _MARGIN
    return bool((box[:2] >= _MARGIN).all() and (box[:2] + box[2:] <= last).all())


def _allowed(boxes: np.ndarray) -> bool:
    """Tell whether boxes have their sizes, lie in the picture and hardly overlap."""
    longer = boxes[:, 2:].max(axis=1)
    return bool(((longer >= SIDE[0] * _SLACK) & (longer <= SIDE[1] / _SLACK)).all()
                and all(map(inside, boxes))
                and np.triu(iou(boxes, boxes), 1).max(initial=0) <= MOST_OVERLAP)
