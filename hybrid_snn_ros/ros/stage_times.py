# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Times of the last frames by stage: cheap to note on the hot path, summed up when asked."""

import numpy as np

STAGES = ('latency', 'crop', 'encode', 'present', 'decide', 'publish', 'total')


class StageTimes:
    """A ring of the last ``length`` frames; rows are frames, columns are STAGES, in seconds."""

    def __init__(self, length=300):
        self._ring = np.zeros((length, len(STAGES)))
        self._noted = 0

    def note(self, *seconds):
        """Note one frame: a time for every stage, in the order of STAGES."""
        self._ring[self._noted % len(self._ring)] = seconds
        self._noted += 1

    def summary(self):
        """Return {stage: (p50, p95, max)} in milliseconds; empty before the first frame."""
        known = self._ring[:self._noted]
        if not len(known):
            return {}
        p50, p95 = np.percentile(known, (50, 95), axis=0) * 1e3
        top = known.max(axis=0) * 1e3
        return {stage: (p50[i], p95[i], top[i]) for i, stage in enumerate(STAGES)}
