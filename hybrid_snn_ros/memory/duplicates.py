# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that are no new evidence: taught before, or nearly what their label was taught."""

from enum import Enum
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.codes import first_view
from hybrid_snn_ros.likeness import change_between, directions
from hybrid_snn_ros.memory.errors import RefusedError
from hybrid_snn_ros.memory.record import Region, WHOLE
from hybrid_snn_ros.memory.state import Sample, StoreState
from hybrid_snn_ros.recent import Recent

_AT_HAND = 8  # labels whose samples are kept as directions, 5 kB each


class Outcome(Enum):
    """What became of a frame that was to be taught."""

    LEARNED = 'learned'
    KNOWN = 'known'  # the same frame under the same label: it is a sample already
    TOO_ALIKE = 'too alike'  # nearly a sample of its label, and so no evidence


class Repeat(NamedTuple):
    """The sample that a frame repeats."""

    sample: int  # its id
    outcome: Outcome
    sentence: str  # why the frame is not learned


class DuplicateFilter:
    """Recognises repeats among the samples of a state: by stamp and region, and by likeness."""

    def __init__(self, state: StoreState) -> None:
        """Index the stamps of a state's samples."""
        self.state = state
        # Another robot's frames may well have the stamps of frames here.
        self._by_stamp = {(sample.stamp, sample.region): number
                          for number, sample in state.samples.items()
                          if sample.stamp and state.author in ('', sample.author)}
        self._by_label: Recent[str, _Own] = Recent(_AT_HAND)

    def add(self, stamp: str, number: int, region: Region = WHOLE) -> None:
        """Note a sample that was taught, and its stamp."""
        if stamp:
            self._by_stamp[stamp, region] = number
        sample = self.state.samples[number]
        if sample.label in self._by_label:
            self._by_label[sample.label].add(number, first_view(sample.codes))

    def sample_of(self, stamp: str, region: Region = WHOLE) -> Sample | None:
        """Return the sample that was taught from a region of the frame of a stamp, or None."""
        number = self._by_stamp.get((stamp, region))
        return None if number is None else self.state.samples[number]

    def of_frame(self, stamp: str, label: str) -> int | None:
        """Return the id of a sample that any part of the frame of a stamp taught a label."""
        return next((number for (one, _), number in self._by_stamp.items()
                     if one == stamp and self.state.samples[number].label == label), None)

    def find(self, label: str, codes: np.ndarray, stamp: str, min_change: float,
             region: Region = WHOLE) -> Repeat | None:
        """
        Find the sample that a frame repeats.

        :param codes: uint8 (N,), of the frame as it was seen.
        :param stamp: of the frame, may be empty.
        :param min_change: 1 - cosine to all samples of the label that makes a frame new.
        :param region: of the frame; another one shows another thing.
        :return: what it repeats, or None.
        :raises RefusedError: when the frame was taught under another label.
        """
        number = self._by_stamp.get((stamp, region)) if stamp else None
        if number is not None:
            taught = self.state.samples[number].label
            if taught != label:
                raise RefusedError(f"that frame was taught as '{taught}' (sample {number}); "
                                   'take that back first')
            return Repeat(number, Outcome.KNOWN, f'that frame is sample {number} already')
        if min_change > 0 and label in self.state.counts:
            nearest, change = self._nearest(label, codes)
            if change < min_change:
                return Repeat(nearest, Outcome.TOO_ALIKE, (
                    f'that frame is nearly sample {nearest} again (change {change:.3f}, '
                    f'min_change {min_change:g})'))
        return None

    def _nearest(self, label: str, codes: np.ndarray) -> tuple[int, float]:
        """Return the sample of a label that codes have changed least from, and how much."""
        own = self._by_label.get(label)
        if own is None:
            own = _Own()
            self._by_label.add(label, own)
            for number, sample in self.state.samples.items():
                if sample.label == label:
                    own.add(number, first_view(sample.codes))
        nearest = own.nearest(codes)
        return nearest, change_between(first_view(self.state.samples[nearest].codes), codes)


class _Own:
    """What a label was taught; it grows with every lesson."""

    def __init__(self) -> None:
        self._numbers: list[int] = []  # of its samples
        self._directions = np.empty((0, 0), np.float32)  # the first K rows are in use

    def add(self, number: int, codes: np.ndarray) -> None:
        if len(self._numbers) == len(self._directions):
            larger = np.empty((2 * len(self._numbers) + 8, len(codes)), np.float32)
            if self._numbers:
                larger[:len(self._numbers)] = self._directions
            self._directions = larger
        self._directions[len(self._numbers)], = directions([codes])
        self._numbers.append(number)

    def nearest(self, codes: np.ndarray) -> int:
        alike = self._directions[:len(self._numbers)] @ directions([codes])[0]
        return self._numbers[int(np.argmax(alike))]
