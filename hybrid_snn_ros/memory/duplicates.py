# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that are no new evidence: taught before, or nearly what their label was taught."""

from enum import Enum
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.likeness import change_between, directions
from hybrid_snn_ros.memory.errors import RefusedError
from hybrid_snn_ros.memory.record import Region, WHOLE
from hybrid_snn_ros.memory.state import Sample, StoreState


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
        self._by_stamp = {(sample.stamp, sample.region): number
                          for number, sample in state.samples.items() if sample.stamp}
        self._by_label: dict[str, _Own] = {}

    def add(self, stamp: str, number: int, region: Region = WHOLE) -> None:
        """Note the stamp of a sample that was taught."""
        if stamp:
            self._by_stamp[stamp, region] = number

    def sample_of(self, stamp: str, region: Region = WHOLE) -> Sample | None:
        """Return the sample that was taught from a region of the frame of a stamp, or None."""
        number = self._by_stamp.get((stamp, region))
        return None if number is None else self.state.samples[number]

    def find(self, label: str, codes: np.ndarray, stamp: str, min_change: float,
             region: Region = WHOLE) -> Repeat | None:
        """
        Find the sample that a frame repeats.

        :param codes: uint8 (N,).
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
        if own is None or len(own.numbers) != self.state.counts[label]:
            numbers = [n for n, sample in self.state.samples.items() if sample.label == label]
            own = self._by_label[label] = _Own(
                numbers, directions([self.state.samples[n].codes for n in numbers]))
        nearest = own.numbers[int(np.argmax(own.directions @ directions([codes])[0]))]
        return nearest, change_between(self.state.samples[nearest].codes, codes)


class _Own(NamedTuple):
    """What a label was taught."""

    numbers: list[int]  # of its samples
    directions: np.ndarray  # float32 (K, N)
