# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames with true boxes: what the evaluation of scenes teaches and asks."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Pictured(NamedTuple):
    """A frame, and what is in it."""

    image: np.ndarray  # uint8 RGB (H, W, 3)
    boxes: np.ndarray  # float64 (things, 4), x, y, width, height as fractions of the frame
    names: tuple[str, ...]  # of the things
    complete: bool = True  # whether nothing else is in it
    visible: np.ndarray | None = None  # (things,), share of each that nothing hides; None: all


class PicturedSet(NamedTuple):
    """Frames to teach with and frames to ask."""

    name: str
    train: list[Pictured]
    test: list[Pictured]
    empty: list[Pictured]  # frames to ask that show nothing
    taught: frozenset[str]  # labels that are taught; things of others are never taught
    # label -> frames that show one thing of it alone, as whole frames are taught
    alone: dict[str, list[np.ndarray]]
    most: int  # boxes that are shown of a frame at most
    # (label, frame) that show one thing alone and are asked as a whole, never taught ones too
    alone_asked: Sequence[tuple[str, np.ndarray]] = ()
