# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How named boxes look to people, in ~/annotated and in ~/annotations."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TYPE_CHECKING

from hybrid_snn_ros.ros.boxes import pixels_of

if TYPE_CHECKING:
    from hybrid_snn_ros.ros.box_namer import Things

# Okabe and Ito's, which people tell apart whatever they see of red and green; things beside each
# other have others. The orange one is for what has no name, whose boxes are dashed as well.
COLOURS = ((86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
           (204, 121, 167))  # RGB
UNKNOWN_COLOUR = (230, 159, 0)
TEXT_COLOUR = (255, 255, 255)  # on a dark ground
_DASH = 8.0  # pixels of a dash, and of a gap

Point = tuple[float, float]


class BoxStyle(NamedTuple):
    """What is drawn of one box, in pixels of the frame."""

    corners: tuple[Point, Point, Point, Point]  # round the box, the upper left one first
    text: str
    colour: tuple[int, int, int]
    dashed: bool  # it has no name

    def dashes(self) -> Iterator[tuple[Point, Point]]:
        """Yield the ends of the dashes of a dashed box."""
        for (x, y), (to_x, to_y) in zip(self.corners, self.corners[1:] + self.corners[:1]):
            length = max(abs(to_x - x), abs(to_y - y))
            across, down = ((to_x - x) / length, (to_y - y) / length) if length else (0.0, 0.0)
            at = 0.0
            while at < length:
                end = min(at + _DASH, length)
                yield ((x + at * across, y + at * down), (x + end * across, y + end * down))
                at += 2 * _DASH


def styles(things: 'Things') -> list[BoxStyle]:
    """Return how the boxes look that were answered; those that were refused are left out."""
    return [style_of(pixels_of(thing.region, things.size), thing.prediction.label,
                     thing.prediction.score, thing.prediction.unknown, thing.track or place)
            for place, thing in enumerate(things.things) if thing.prediction and thing.region]


def style_of(box: Sequence[float], label: str, score: float, unknown: bool,
             number: int) -> BoxStyle:
    """
    Return how a box looks.

    :param box: x, y, width, height in pixels.
    :param number: of the thing, which chooses its colour.
    """
    left, top, width, height = box
    right, bottom = left + width, top + height
    colour = UNKNOWN_COLOUR if unknown else COLOURS[number % len(COLOURS)]
    return BoxStyle(((left, top), (right, top), (right, bottom), (left, bottom)),
                    label if unknown else f'{label} {100 * score:.0f}%', colour, unknown)
