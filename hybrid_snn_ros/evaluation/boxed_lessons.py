# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a data set with boxes can teach: what is in each box, and where things are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.boxed.listing import Listed
from hybrid_snn_ros.evaluation.boxed.reading import BoxReader, Read
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.taught_readout import drawn_frame
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.runtime import EncoderError
from hybrid_snn_ros.where.boxes import cut_of, FRACTIONS, MOST

NOT_DRAWN = 'a picture that cannot teach where things are'


class BoxLesson(NamedTuple):
    """One box: its label, where it lies, and the square around it as the encoder saw that."""

    label: str
    region: Region
    seen: Encoded


class BoxedFrame(NamedTuple):
    """A picture, and what of it is taught."""

    name: str
    stamp: str  # by which it is known again; '' where it cannot be
    lessons: list[BoxLesson]
    drawn: DrawnFrame | None = None  # where everything that is in it is drawn
    boxes: Sequence[Region] = ()  # that are drawn then, those without a lesson, too


class FrameDrawer:
    """Makes the first frames drawn ones, as far as everything in them is drawn."""

    def __init__(self, most: int, keep_pictures: bool, left_out: LeftOut) -> None:
        """
        Begin; the cut encoder is loaded when the first frame comes.

        :param most: frames that are drawn.
        :param keep_pictures: whether what the cells saw is kept as a JPEG, too.
        :param left_out: collects frames that cannot be drawn in.
        """
        self._left = most
        self._keep = keep_pictures
        self._left_out = left_out
        self._cells: CellEncoder | None = None

    def wants(self, listed: Listed) -> bool:
        """Tell whether a picture is to be drawn, if all its boxes can be."""
        return self._left > 0 and listed.complete and len(listed.boxes) > 0

    def draw(self, listed: Listed, read: Read) -> tuple[DrawnFrame | None, list[Region]]:
        """Return the drawn frame and its boxes; None where it cannot be one."""
        boxes = [box for box in read.boxes if box is not None]
        if len(boxes) < len(read.boxes):  # what is no box was something
            return None, []
        if len(boxes) > MOST:
            self._left_out.add(NOT_DRAWN, listed.name, f'it has {len(boxes)} boxes, the limit is '
                               f'{MOST}')
            return None, []
        self._cells = self._cells or CellEncoder()
        try:
            drawn = drawn_frame(self._cells, read.image, self._keep)
        except EncoderError as error:
            self._left_out.add(NOT_DRAWN, listed.name, str(error))
            return None, []
        self._left -= 1
        return drawn, [
            cut_of(box.tolist(), FRACTIONS, read.image.shape[1::-1]).region for box in boxes]


def set_lessons(pictures: Sequence[Listed], shots: int | None, facade: Classifier,
                drawer: FrameDrawer, left_out: LeftOut) -> Iterator[BoxedFrame]:
    """
    Yield what each picture teaches.

    :param shots: boxes of each label; they come from as many pictures as have one, and a second
        box of a picture is taken once every picture has given one. None for all.
    :param facade: whose encoder is used.
    :param drawer: makes drawn frames of the first pictures.
    :param left_out: collects the pictures and boxes that cannot be used.
    """
    reader = BoxReader(left_out)
    given: Counter[str] = Counter()
    turns = [_turns(listed) for listed in pictures]
    last = 0 if shots is None else max((turn for one in turns for turn in one), default=0)
    for now in range(last + 1):
        for listed, own in zip(pictures, turns):
            wanted = [place for place, box in enumerate(listed.boxes)
                      if shots is None or (own[place] == now and given[box.label] < shots)]
            drawing = now == 0 and drawer.wants(listed)
            read = reader.read(listed) if wanted or drawing else None
            lessons = [] if read is None else list(_lessons(listed, read, wanted, facade))
            given.update(lesson.label for lesson in lessons)
            if now == 0 or lessons:
                drawn = drawer.draw(listed, read) if drawing and read else (None, ())
                yield BoxedFrame(listed.name, read.digest if read else '', lessons, *drawn)


def _lessons(listed: Listed, read: Read, wanted: Sequence[int],
             facade: Classifier) -> Iterator[BoxLesson]:
    height, width, _ = read.image.shape
    for place in wanted:
        box = read.boxes[place]
        if box is not None:
            region, crop = cut_of(box.tolist(), FRACTIONS, (width, height))
            yield BoxLesson(listed.boxes[place].label, region,
                            facade.frame_encoder.encode_frame(read.image, crop))


def _turns(listed: Listed) -> list[int]:
    """Return for each box how many others of its label come before it in its picture."""
    seen: Counter[str] = Counter()
    turns = []
    for box in listed.boxes:
        turns.append(seen[box.label])
        seen[box.label] += 1
    return turns
