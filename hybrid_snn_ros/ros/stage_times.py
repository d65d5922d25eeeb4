# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the last frames took and did: cheap to note on the hot path, summed up when asked."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros import frame_pipeline

# In the order of a frame's way.  'total' is from the worker taking the frame to the last publish;
# 'latency' from the header's stamp to the decision, so it has receive and wait in it.
STAGES = ('latency', 'receive', 'wait', *frame_pipeline.STAGES, 'publish', 'total')
_PERCENTILES = (50, 95, 99, 100)


class Figures(NamedTuple):
    """How long a stage took, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float  # noqa: A003 (what it is)

    def __str__(self) -> str:
        return ' '.join(f'{name} {value:.2f}' for name, value in zip(self._fields, self))


class StageTimes:
    """A ring of the last ``length`` frames: seconds of every stage, and what spiked."""

    def __init__(self, length: int = 300) -> None:
        self._ring = np.zeros((length, len(STAGES)))
        self._spikes = np.zeros((length, 2))
        self._noted = self._noted_spikes = 0

    def note(self, seconds: Mapping[str, float], active: float | None = None,
             spikes: float = 0) -> None:
        """
        Note one frame.

        :param seconds: a time for every one of STAGES.
        :param active: inputs that spiked at all; spikes: of all of them, while it was shown.
            None where nothing was shown, for the frame was held.
        """
        self._ring[self._noted % len(self._ring)] = [seconds[stage] for stage in STAGES]
        self._noted += 1
        if active is not None:
            self._spikes[self._noted_spikes % len(self._spikes)] = active, spikes
            self._noted_spikes += 1

    def copy(self) -> 'StageTimes':
        """Return the same, which stays as it is."""
        same = StageTimes.__new__(StageTimes)
        same._ring, same._spikes = self._ring.copy(), self._spikes.copy()
        same._noted, same._noted_spikes = self._noted, self._noted_spikes
        return same

    def summary(self) -> dict[str, Figures]:
        """Return {stage: Figures}; empty before the first frame."""
        known = self._ring[:self._noted]
        if not len(known):
            return {}
        columns = np.percentile(known, _PERCENTILES, axis=0).T * 1e3
        return {stage: Figures(*column) for stage, column in zip(STAGES, columns.tolist())}

    def spikes(self) -> tuple[float, float] | None:
        """Return the mean (active inputs, spikes) of a frame shown; None before the first one."""
        known = self._spikes[:self._noted_spikes]
        return tuple(known.mean(axis=0).tolist()) if len(known) else None
