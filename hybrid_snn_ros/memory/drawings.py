# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What was drawn, a fold as all that is known: the boxes of each frame, and if they are all."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.record import BOX, Record, Region


class Drawing(NamedTuple):
    """What was drawn in one frame and is in force."""

    boxes: tuple[Region, ...]  # x, y, width, height as fractions of the frame, each once, sorted
    complete: bool  # everything in the frame is drawn; with no box: there is nothing in it


class NewDrawing(NamedTuple):
    """What is to be drawn in a frame."""

    frame: DrawnFrame
    boxes: Sequence[tuple[Region, str]] = ()  # and the label of each, '' for none
    complete: bool = False  # that is all
    stamp: str = ''


def drawings(records: Iterable[Record]) -> dict[str, Drawing]:
    """
    Return {name of a frame: Drawing} of records in force, in any order.

    "That is all" holds as long as all boxes are there that were there when it was said: where one
    was taken back, its thing still stands in the frame, and is no floor for that reason.
    """
    boxes: dict[str, list[Record]] = {}
    complete: dict[str, list[Record]] = {}
    for record in records:
        (boxes if record.kind == BOX else complete).setdefault(record.target, []).append(record)
    found = {}
    for name in sorted({*boxes, *complete}):
        drawn = boxes.get(name, [])
        whole = any(
            sum(one.order < said.order for one in drawn) >= said.samples
            for said in complete.get(name, []))
        found[name] = Drawing(tuple(sorted({one.region for one in drawn})), whole)
    return {name: one for name, one in found.items() if one.boxes or one.complete}
