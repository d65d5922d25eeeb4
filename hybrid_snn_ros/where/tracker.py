# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Over time: which boxes of successive frames are one thing, and what its views amount to.

Boxes are joined to those of the frame before by how much they overlap.  Overlap says where a thing
has gone, the codes of its crops say whether it is still the same one: a crop that looks otherwise
than the last one is another thing, and one that looks like a thing that was lost lately is that.
Of a thing that has two boxes, which overlap and look alike, the surer one is told.

No library does that here.  What norfair and motpy have beyond it are Kalman filters, for things
that move far between two frames or are not found for long.  Here the boxes of neighbouring frames
overlap, and things are known again by their codes; the rest is the one loop in `_paired`.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.track import CUT, Track
from hybrid_snn_ros.where import readout
from hybrid_snn_ros.where.boxes import iou
from hybrid_snn_ros.where.readout import Found

OVERLAP = 0.3  # intersection over union from which a box may be that of the frame before
# Frames for which a thing that is not found stays where it was.  On moving scenes three of four
# gaps are no longer; and what is carried does not move, though the camera may.
CARRIED = 4
# Cosine from which the codes of a crop are those of a thing that was lost, or has another box
# here.  On moving scenes crops of one thing, five frames apart, lie above it in 99 % of the cases,
# crops of two things below it in 97 %.
AGAIN = 0.7
REMEMBERED = 10.0  # seconds since it was looked at last for which a lost thing is known again
_MOST_LOST = 64  # things that are remembered

Stamp = tuple[int, int]  # seconds, nanoseconds


class Look(NamedTuple):
    """A track whose crop is to be encoded and named."""

    track: int  # for `named`; not the thing's id
    box: np.ndarray  # (4,), x, y, width, height as fractions of the frame


class Tracked(NamedTuple):
    """A thing that was named, as of the newest frame."""

    id: int
    box: np.ndarray  # (4,), x, y, width, height as fractions of the frame
    heat: float  # of the box, how sure
    found: bool  # in the newest frame; else the box is that of the last one in which it was
    stamp: Stamp  # of the frame in which it was named last
    response: Response  # mean over its views


class _Thing:
    """What is known of one thing by its crops."""

    def __init__(self, number: int, smoothing: int, cut: float) -> None:
        self.id = number
        self.views = Track(smoothing, cut)
        self.direction: np.ndarray
        self.stamp: Stamp
        self.response: Response | None = None


class _Place:
    """A box that is followed."""

    def __init__(self, box: np.ndarray, heat: float) -> None:
        self.box, self.heat = box, heat
        self.missed = 0  # frames since it was found
        self.looked = 0  # when it was named last, 0 for never
        self.thing: _Thing | None = None

    @property
    def response(self) -> Response | None:
        return None if self.thing is None else self.thing.response


class Tracker:
    """Follows the things in the frames of one camera; equal calls give equal ids."""

    def __init__(self, smoothing: int, cut: float = CUT) -> None:
        """
        Begin without things.

        :param smoothing: views of a thing over which its responses are averaged (snn.track).
        :param cut: cosine of successive crops below which a box shows another thing.
        :raises ValueError: as of snn.track.Track.
        """
        Track(smoothing, cut)  # refuses what cannot be
        self.smoothing = smoothing  # may be changed
        self._cut = cut
        self._places: dict[int, _Place] = {}
        self._lost: deque[_Thing] = deque(maxlen=_MOST_LOST)
        self._boxes = self._looks = self._ids = 0  # so many until now

    def reset(self) -> None:
        """Forget all things: the camera's stamps went back, what is seen is another scene."""
        self._places.clear()
        self._lost.clear()

    def forget_names(self) -> None:
        """Have every thing named anew: the labels are others. Ids stay."""
        for thing in self._things():
            thing.views.reset()
            thing.response = None

    def update(self, found: Found) -> None:
        """Take the boxes that were found in the next frame, (B, 4) as fractions of it."""
        known = list(self._places)
        pairs = _paired(np.array([self._places[key].box for key in known]).reshape(-1, 4),
                        found.boxes)
        joined = {box: known[place] for place, box in pairs}
        for place in self._places.values():
            place.missed += 1
        for at, (box, heat) in enumerate(zip(found.boxes, found.heat)):
            if at not in joined:
                self._boxes += 1
                self._places[self._boxes] = _Place(box, float(heat))
                continue
            place = self._places[joined[at]]
            place.box, place.heat, place.missed = box, float(heat), 0
        for key in self._gone(found.boxes):
            self._lose(self._places.pop(key).thing)

    def due(self, most: int) -> list[Look]:
        """
        Return what to look at next, at most so many: never named, the surest first; longest ago.

        Only what was found in the newest frame can be seen in it.
        """
        waiting = sorted(
            (key for key, place in self._places.items() if not place.missed),
            key=lambda key: self._turn(self._places[key]))
        return [Look(key, self._places[key].box) for key in waiting[:most]]

    def named(self, track: int, codes: np.ndarray, response: Response, stamp: Stamp) -> None:
        """
        Take what was said to the crop of a track; nothing happens where it is lost by now.

        :param track: of a Look.
        :param codes: uint8 (N,), of the crop.
        :param response: of the columns.
        :param stamp: (sec, nanosec) of the frame that the crop is of.
        """
        place = self._places.get(track)
        if place is None:
            return
        self._looks += 1
        place.looked = self._looks
        direction, = directions([codes])
        if place.thing is not None and float(direction @ place.thing.direction) < self._cut:
            before, place.thing = place.thing, None
            self._lose(before)
        if place.thing is None:
            place.thing = self._known_again(place, direction, stamp) or self._new()
        thing = place.thing
        if thing.views.frames != self.smoothing:
            thing.views = Track(self.smoothing, self._cut)
        thing.direction, thing.stamp = direction, stamp
        thing.response = thing.views.add(codes, response)

    def things(self) -> list[Tracked]:
        """Return what was named at least once, the surest first; what was found before others."""
        shown: dict[int, Tracked] = {}
        for place in sorted(self._places.values(), key=lambda one: (one.missed > 0, -one.heat)):
            thing = place.thing
            if thing is not None and thing.response is not None and thing.id not in shown:
                shown[thing.id] = Tracked(thing.id, place.box, place.heat, not place.missed,
                                          thing.stamp, thing.response)
        return list(shown.values())

    def _gone(self, boxes: np.ndarray) -> list[int]:
        """Return the places that are given up, of those that were not found now."""
        missing = [key for key, place in self._places.items() if place.missed]
        old = np.array([self._places[key].box for key in missing]).reshape(-1, 4)
        # By the rule that leaves one of two boxes: what is found here now is that thing, or is
        # before it.
        covered = {missing[at] for at in np.flatnonzero(readout.alike(old, boxes).any(axis=1))}
        return [key for key in missing if key in covered or self._places[key].missed > (
            CARRIED if self._places[key].thing else 0)]

    def _things(self) -> list[_Thing]:
        return [place.thing for place in self._places.values() if place.thing] + [*self._lost]

    def _turn(self, place: _Place) -> tuple[int, float]:
        """Return by what the places that wait are sorted."""
        return (place.looked, 0.0) if place.response is not None else (0, -place.heat)

    def _new(self) -> _Thing:
        self._ids += 1
        return _Thing(self._ids, self.smoothing, self._cut)

    def _lose(self, thing: _Thing | None) -> None:
        """Remember a thing that stands in no place any more."""
        if thing is not None and all(place.thing is not thing for place in self._places.values()):
            self._lost.append(thing)

    def _known_again(self, place: _Place, direction: np.ndarray, stamp: Stamp) -> _Thing | None:
        """
        Return the thing that looks most like this, and take it from where it was.

        It is one that is not seen now, or that has a second box here.
        """
        near = {key for key, other in self._places.items() if other.thing and other is not place
                and iou(other.box[None], place.box[None])[0, 0] > readout.SAME_NAME}
        missing = {key for key, other in self._places.items() if other.thing and other.missed}
        candidates = [thing for key in sorted(near | missing)
                      if (thing := self._places[key].thing)]
        candidates += [thing for thing in self._lost
                       if _seconds(stamp) - _seconds(thing.stamp) <= REMEMBERED]
        best = max(candidates, key=lambda thing: float(direction @ thing.direction), default=None)
        if best is None or float(direction @ best.direction) < AGAIN:
            return None
        if best in self._lost:
            self._lost.remove(best)
        for key in missing:
            if self._places[key].thing is best:  # it is here, not where it was last
                del self._places[key]
        return best


def _seconds(stamp: Stamp) -> float:
    return stamp[0] + stamp[1] * 1e-9


def _paired(boxes: np.ndarray, others: np.ndarray) -> list[tuple[int, int]]:
    """
    Return the places of boxes (B, 4) and others (O, 4) that belong together, each once.

    The pair that overlaps most comes first, then the next of those that are left.  The sum of
    overlaps can be less than that of the best pairing of all.  With six crowded boxes that is so
    in 2 of 1000 frames where they move by up to a tenth of their size, as at 30 Hz before a robot
    that turns by 30 degrees a second, and in 9 at a fifth: too rare for more code.
    """
    overlap = iou(boxes, others)
    pairs: dict[int, int] = {}
    for flat in np.argsort(-overlap, axis=None, kind='stable'):
        box, other = divmod(int(flat), len(others))
        if overlap[box, other] < OVERLAP:
            break
        if box not in pairs and other not in pairs.values():
            pairs[box] = other
    return list(pairs.items())
