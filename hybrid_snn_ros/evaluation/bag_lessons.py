# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a recording can teach: every frame encoded, and its label, or why it cannot be used."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
import unicodedata

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.boxed.listing import NO_BOX
from hybrid_snn_ros.evaluation.boxed_lessons import BoxLesson
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.memory.labels import LabelError, normalise, UNKNOWN
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.vision.bags import Frame, NO_STAMP
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.frames import size_of
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.where.boxes import BoxError, cut_of, MOST, PIXELS

UNNAMED = 'no one said what they show'
NO_BOXES = 'no boxes were given for them'
_REASONS = 10  # told one by one


class Lesson(NamedTuple):
    """One frame of a recording that can be used."""

    name: str
    stamp: tuple[int, int]  # (sec, nanosec)
    label: str
    seen: Encoded


def lessons(recorded: Iterable[Frame], facade: Classifier,
            left_out: LeftOut) -> Iterator[Lesson | None]:
    """
    Yield a Lesson for every frame, None for one that cannot be used.

    :param facade: whose encoder and crop are used.
    :param left_out: collects why.
    """
    leave = _Leaver(left_out)
    for place, frame in enumerate(recorded, 1):
        name = _name(place, frame)
        label, why = _understood(frame.label)
        why = frame.trouble or why
        seen = None
        if not why:
            try:
                seen = facade.frame_encoder.encode_message(frame.message, frame.compressed)
            except FrameError as error:
                why = str(error)
        if why:
            leave(why, name)
        yield None if seen is None else Lesson(name, frame.stamp, label, seen)


def box_lessons(recorded: Iterable[Frame], facade: Classifier, left_out: LeftOut) -> Iterator[
        tuple[str, tuple[int, int], list[BoxLesson]]]:
    """
    Yield (name, stamp, what its boxes teach) of every frame.

    What a box shows is cut out of its frame as the node cuts it: the square around it.

    :param left_out: collects which frames and boxes cannot be used, and why.
    """
    leave = _Leaver(left_out)
    for place, frame in enumerate(recorded, 1):
        name, taught = _name(place, frame), []
        why = frame.trouble or ('' if frame.boxes.labels else NO_BOXES)
        if len(frame.boxes.labels) > MOST:
            why = f'a frame can have {MOST} boxes, not {len(frame.boxes.labels)}'
        if not why:
            try:
                size = size_of(frame.message, frame.compressed)
                for said, numbers in frame.boxes.each():
                    label, wrong = _understood(said)
                    if wrong:
                        leave(wrong, name)
                        continue
                    try:
                        region, crop = cut_of(numbers, PIXELS, size)
                    except BoxError as error:
                        left_out.add(NO_BOX, name, str(error))
                        continue
                    taught.append(BoxLesson(label, region, facade.frame_encoder.encode_message(
                        frame.message, frame.compressed, crop=crop)))
            except FrameError as error:
                why = str(error)
        if why:
            leave(why, name)
        yield name, frame.stamp, taught


def _name(place: int, frame: Frame) -> str:
    return f'frame {place}' if frame.stamp == NO_STAMP else stamp_text(frame.stamp)


class _Leaver:
    """Notes what is left out; damage may find other words for every frame."""

    def __init__(self, left_out: LeftOut) -> None:
        self._left_out = left_out
        self._reasons: set[str] = set()

    def __call__(self, why: str, name: str) -> None:
        if len(self._reasons) < _REASONS:
            self._reasons.add(why)
        self._left_out.add(why if why in self._reasons else 'many other reasons', name)


def _understood(said: str) -> tuple[str, str]:
    """Return the label that was meant, and why there is none."""
    bare = unicodedata.normalize('NFC', said).strip()
    if not bare or bare.casefold() == UNKNOWN:  # what a node says of what it does not know
        return '', UNNAMED
    try:
        return normalise(said), ''
    except LabelError as error:
        shown = bare if len(bare) <= 24 else bare[:23] + '…'
        return '', f"'{shown}' was said: {error}"
