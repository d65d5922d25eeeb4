# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A stopwatch for the stages of one frame: the node and the benchmark read the same one."""

import time


class Stopwatch:
    """Runs from its making; each lap ends a stage."""

    __slots__ = ('begun', 'last', 'seconds')

    def __init__(self) -> None:
        self.begun = self.last = time.perf_counter()
        self.seconds: dict[str, float] = {}  # by stage

    def lap(self, stage: str) -> None:
        """End a stage, or another part of it: it took what has passed since the lap before."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.last
        self.last = now

    @property
    def total(self) -> float:
        """Seconds from the making to the last lap."""
        return self.last - self.begun
