# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a recording can teach: of every frame its codes and label, or why it cannot be used."""

from collections import Counter
from typing import NamedTuple
import unicodedata

import numpy as np

from hybrid_snn_ros.memory.labels import LabelError, normalise, UNKNOWN
from hybrid_snn_ros.vision.bag_error import printable
from hybrid_snn_ros.vision.frames import crop_message, FrameError

NOBODY = 'nobody said what they show'
_REASONS = 10  # told one by one


class Lesson(NamedTuple):
    """One frame of a recording."""

    stamp: tuple  # (sec, nanosec)
    label: str
    codes: np.ndarray | None  # uint8 (N,), None for a frame that cannot be used
    why: str = ''  # it cannot be used


def lessons(recorded, facade):
    """
    Yield a Lesson for every frame.

    :param recorded: of vision.bags.Frame.
    :param facade: the Classifier whose encoder and crop are used.
    """
    for frame in recorded:
        label, why = _understood(frame.label)
        why = frame.trouble or why
        codes = None
        if not why:
            try:
                codes = facade.encoder.codes(crop_message(
                    frame.message, frame.compressed, facade.encoder.input_size, facade.crop))
            except FrameError as error:
                why = str(error)
        yield Lesson(frame.stamp, label, codes, why)


def _understood(said):
    """Return the label that was meant, and why there is none."""
    bare = unicodedata.normalize('NFC', said).strip()
    if not bare or bare.casefold() == UNKNOWN:  # what a node says of what it does not know
        return '', NOBODY
    try:
        return normalise(said), ''
    except LabelError as error:
        shown = printable(bare if len(bare) <= 24 else bare[:23] + '…')
        return '', f"'{shown}' was said: {error}"


class LeftOut:
    """Frames that were not used, by the reason; thousands of them are a few lines."""

    def __init__(self):
        """Begin without."""
        self._counts = Counter()
        self._first = {}

    def add(self, reason, stamp):
        """Take note of one."""
        self._counts[reason] += 1
        self._first.setdefault(reason, stamp)

    def groups(self):
        """Return [(how many, stamp of the first, reason)], the most frequent reasons first."""
        told = [(count, self._first[reason], reason)
                for reason, count in self._counts.most_common(_REASONS)]
        rest = self._counts.most_common()[_REASONS:]
        if rest:
            told.append((sum(count for _, count in rest), self._first[rest[0][0]],
                         f'{len(rest)} other reasons'))
        return told
