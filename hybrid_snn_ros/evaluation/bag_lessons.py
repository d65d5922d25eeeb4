# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a recording can teach: every frame encoded, and its label, or why it cannot be used."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
import unicodedata

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.memory.labels import LabelError, normalise, UNKNOWN
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.vision.bags import NO_STAMP
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.framing import FrameError

UNNAMED = 'no one said what they show'
_REASONS = 10  # told one by one


class Lesson(NamedTuple):
    """One frame of a recording that can be used."""

    name: str
    stamp: tuple[int, int]  # (sec, nanosec)
    label: str
    seen: Encoded


def lessons(recorded: Iterable[Any], facade: Classifier,
            left_out: LeftOut) -> Iterator[Lesson | None]:
    """
    Yield a Lesson for every frame, None for one that cannot be used.

    :param recorded: of vision.bags.Frame.
    :param facade: whose encoder and crop are used.
    :param left_out: collects why.
    """
    reasons: set[str] = set()
    for place, frame in enumerate(recorded, 1):
        name = f'frame {place}' if frame.stamp == NO_STAMP else stamp_text(frame.stamp)
        label, why = _understood(frame.label)
        why = frame.trouble or why
        seen = None
        if not why:
            try:
                seen = facade.frame_encoder.encode_message(frame.message, frame.compressed)
            except FrameError as error:
                why = str(error)
        if why:
            # Damage may find other words for every frame.
            reasons |= {why} if len(reasons) < _REASONS else set()
            left_out.add(why if why in reasons else 'many other reasons', name)
        yield None if seen is None else Lesson(name, frame.stamp, label, seen)


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
