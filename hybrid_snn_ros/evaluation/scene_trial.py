# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Teach boxes and names from frames with true boxes, ask others, and keep what was answered."""

from collections.abc import Callable, Iterator, Sequence
import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.scene_scores import Shown
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.framing import resize
from hybrid_snn_ros.where import alone, readout
from hybrid_snn_ros.where.boxes import iou, square_of
from hybrid_snn_ros.where.ridge import Drawn, Sums

FOUR = 4  # boxes of the scene whose cost is told
TIMED = 60  # frames
# How names are taught by things alone: the frame as a whole, the one clear thing that the read-out
# finds in it instead, or both.
ALONE = WHOLE, CROPPED, BOTH = 'whole', 'cropped', 'both'
JITTER = (0.5, 0.6)  # intersection over union of a jittered box with the true one
Progress = Callable[[int, int], None]


class Settings(NamedTuple):
    """How to teach."""

    rule: str
    params: dict[str, Any]
    false_unknown: float
    seed: int
    drawn: int = 40  # frames whose boxes teach the read-out
    shots: int = 10  # crops of each label


class Named(NamedTuple):
    """What the classifier says of a part of a frame."""

    best: str | None  # the label with most evidence, None for a nameless one
    unknown: bool
    typicality: float

    @property
    def name(self) -> str | None:
        """What is shown: the label, or None for unknown."""
        return None if self.unknown else self.best


class Answer(NamedTuple):
    """What was answered to one frame."""

    boxes: np.ndarray  # found (B, 4), every thing of what taught was drawn
    boxes_one: np.ndarray  # found by the read-out of one box a frame
    boxes_mixed: np.ndarray  # and by that of such frames and wholly drawn ones in turn
    shown: Shown  # what a person would see
    true: list[Named]  # of the true boxes
    jittered: list[Named]  # of boxes that are off
    whole: Named  # of the whole frame
    alone: list[Shown]  # as shown, but by names taught alone, in each of the ALONE ways


class Cost(NamedTuple):
    """How long the parts of a frame of four boxes took, ms each time."""

    cells: list[float]  # the cut encoder, with bringing the frame to its size
    find: list[float]  # read-out and boxes
    box: list[float]  # crop, encode and name one box
    scene: list[float]  # all of it
    whole: list[float]  # one pass of the whole encoder, for comparison


class Trial:
    """A classifier and read-outs that were taught from a set."""

    def __init__(self, data: PicturedSet, settings: Settings,
                 progress: Progress = lambda done, total: None) -> None:
        """Teach the read-outs and the names; progress is called with (frames done, in all)."""
        self._data, self._settings = data, settings
        self._cells = CellEncoder()
        random = np.random.default_rng([settings.seed, 3])
        # Rendered scenes come in no order; photographs may lie sorted.
        order = np.arange(len(data.train)) if data.alone or data.empty else (
            random.permutation(len(data.train)))
        train = [data.train[place] for place in order]
        drawn = [one for one in train if len(one.boxes)][:settings.drawn]
        complete, single, mixed = (Sums(self._cells.channels) for _ in range(3))
        for done, one in enumerate(drawn, 1):
            codes = self._cells.codes(one.image)
            only = int(random.integers(len(one.boxes)))
            all_drawn, one_drawn = (Drawn(codes, one.boxes, one.complete),
                                    Drawn(codes, one.boxes[only:only + 1]))
            complete.add(all_drawn)
            single.add(one_drawn)
            mixed.add(all_drawn if done % 2 else one_drawn)
            progress(done, len(drawn))
        self.drawn = len(drawn)
        self._complete, self._single, self._mixed = (
            sums.solved() for sums in (complete, single, mixed))
        self.namer = self._untaught()
        self.crops = 0
        for image, box, label in crops_of(train, data.taught, settings.shots):
            self.namer.teach(self.codes_of(image, box), label)
            self.crops += 1
        self._alone = [self._taught_alone(way) for way in ALONE] if data.alone else []

    def answer(self, frame: Pictured, place: int) -> Answer:
        """Ask one frame; its place makes the jitter its own."""
        data, random = self._data, np.random.default_rng([self._settings.seed, 5, place])
        codes = self._cells.codes(frame.image)
        found = readout.find(self._complete, codes, most=data.most)
        one, mixed = (readout.find(weights, codes, readout.threshold(self.drawn, wholly),
                                   data.most).boxes
                      for weights, wholly in ((self._single, 0),
                                              (self._mixed, (self.drawn + 1) // 2)))
        shown, crops = self._shown(frame, found.boxes, self.namer)
        whole = self.namer.frame_encoder.codes(frame.image)
        return Answer(found.boxes, one, mixed, shown,
                      [self._named(self.codes_of(frame.image, box)) for box in frame.boxes],
                      [self._named(self.codes_of(frame.image, jittered(box, random)))
                       for box in frame.boxes],
                      self._named(whole),
                      [self._shown(frame, found.boxes, namer, crops)[0] for namer in self._alone])

    def found(self, image: np.ndarray) -> readout.Found:
        """Return the boxes that are found in a frame."""
        return readout.find(self._complete, self._cells.codes(image), most=self._data.most)

    def heat(self, image: np.ndarray) -> np.ndarray:
        """Return the heat of a frame's cells, float32 (rows, columns)."""
        return readout.planes(self._complete, self._cells.codes(image))[..., 0]

    def cost(self) -> Cost:
        """Do with frames that are asked what a robot would, and time it."""
        frames = [frame for frame in self._data.test if len(frame.boxes)][:TIMED]
        cost = Cost([], [], [], [], [])
        encoder = self.namer.encoder
        picture = np.zeros((encoder.input_size, encoder.input_size, 3), np.uint8)
        for frame in frames:
            marks = [time.perf_counter()]
            codes = self._cells.codes(frame.image)
            marks.append(time.perf_counter())
            readout.find(self._complete, codes, most=self._data.most)
            marks.append(time.perf_counter())
            for place in range(FOUR):
                self._named(self.codes_of(frame.image, frame.boxes[place % len(frame.boxes)]))
                marks.append(time.perf_counter())
            encoder.codes(picture)
            marks.append(time.perf_counter())
            cells, find, *boxes, whole = 1e3 * np.diff(marks)
            cost.cells.append(cells)
            cost.find.append(find)
            cost.box.extend(boxes)
            cost.whole.append(whole)
            cost.scene.append(1e3 * (marks[-2] - marks[0]))
        return cost

    def _shown(self, frame: Pictured, boxes: np.ndarray, namer: Classifier,
               crops: Sequence[np.ndarray] = ()) -> tuple[Shown, list[np.ndarray]]:
        """Name boxes, and leave one of those that mean one thing; return their codes as well."""
        codes = list(crops) or [self.codes_of(frame.image, box) for box in boxes]
        names = [self._named(one, namer).name for one in codes]
        kept = readout.one_of_a_name(boxes, names)
        return Shown(boxes[kept], [names[place] for place in kept]), codes

    def _named(self, codes: np.ndarray, namer: Classifier | None = None) -> Named:
        response = (namer or self.namer).present(codes)
        prediction = (namer or self.namer).decide(response)
        best = prediction.ranked[0][0] if prediction.ranked else None
        return Named(best, prediction.unknown, float(response.typicality))

    def codes_of(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Return the whole encoder's codes of a box's tight square."""
        window = square_of(box, *image.shape[:2])
        encoder = self.namer.encoder
        crop = np.ascontiguousarray(resize(
            image[window.top:window.bottom, window.left:window.right], encoder.input_size))
        return encoder.codes(crop)

    def _untaught(self, encoder: Any = None) -> Classifier:
        return Classifier(encoder, rule=self._settings.rule, params=self._settings.params, top=1,
                          false_unknown=self._settings.false_unknown, min_change=0)

    def _taught_alone(self, way: str) -> Classifier:
        """Return a classifier taught things alone, in one of the ALONE ways."""
        namer = self._untaught(self.namer.encoder)
        for label, images in self._data.alone.items():
            for image in images:
                box = None if way == WHOLE else alone.one_clear(
                    self._complete, self._cells.codes(alone.from_afar(image)))
                if box is None or way == BOTH:
                    namer.teach(image, label)
                if box is not None:
                    namer.teach(self._small_codes(image, box), label)
        return namer

    def _small_codes(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Return the codes of a box's square as if what is in it were small."""
        window = square_of(box, *image.shape[:2])
        encoder = self.namer.encoder
        return encoder.codes(alone.as_small(
            image[window.top:window.bottom, window.left:window.right], encoder.input_size))

    def alone_frames(self) -> list[list[Named]]:
        """Ask frames that show one thing alone as a whole: of each way what is said of each."""
        codes = [self.namer.frame_encoder.codes(image) for _, image in self._data.alone_asked]
        return [[self._named(one, namer) for one in codes] for namer in self._alone]


def jittered(box: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a box moved and stretched until it shares 0.5 to 0.6 of the union, (4,)."""
    while True:
        shift, stretch = random.uniform(-0.4, 0.4, 2), np.exp(random.uniform(-0.5, 0.5, 2))
        size = box[2:] * stretch
        corner = box[:2] + box[2:] * (0.5 + shift) - size / 2
        low, high = np.clip(corner, 0, 1), np.clip(corner + size, 0, 1)
        moved = np.concatenate([low, high - low])
        if (moved[2:] > 0).all() and JITTER[0] <= iou(moved[None], box[None])[0, 0] <= JITTER[1]:
            return moved


def crops_of(frames: Sequence[Pictured], taught: frozenset[str],
           shots: int) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    """
    Give boxes of each label that is taught, (image, box, label): from as many frames as it has.

    A second box of a frame is taken once every frame has given one.
    """
    seen = dict.fromkeys(taught, 0)
    rounds: list[list[tuple[np.ndarray, np.ndarray, str]]] = []
    for frame in frames:
        own = dict.fromkeys(taught, 0)
        for box, name in zip(frame.boxes, frame.names):
            if name in own:
                if own[name] == len(rounds):
                    rounds.append([])
                rounds[own[name]].append((frame.image, box, name))
                own[name] += 1
    for image, box, name in (one for each in rounds for one in each):
        if seen[name] < shots:
            seen[name] += 1
            yield image, box, name
