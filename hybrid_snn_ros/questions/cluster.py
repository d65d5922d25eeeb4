# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A cluster of frames that nobody has named, and its members."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Member(NamedTuple):
    """One frame that was kept."""

    number: int  # its id, never used again
    codes: np.ndarray  # uint8 (N,)
    stamp: str  # of the frame
    time: float  # when it was seen, unix seconds


@dataclass
class Cluster:
    """Frames that seem to show one thing."""

    number: int  # its id, never used again; the lower one where two became one
    members: list[Member]
    first: float  # when its thing was seen first, unix seconds
    last: float  # and last
    seen: int = 1  # frames, also those that were no new member
    ignored: bool = False  # never ask
    ripe: float | None = None  # when it had members enough
    # id of the cluster that a person split it off from, however often; parts of one stay apart,
    # and are asked about however few their members are
    split: int = 0

    @property
    def asks(self) -> bool:
        """Whether there is something to ask."""
        return self.ripe is not None and not self.ignored
