# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Named boxes for Foxglove, which draws them over the camera's own picture.

The only place that imports ``foxglove_msgs``: it comes with apt and is often missing.  Without it
``~/annotations`` is off; ``~/annotated`` shows the same boxes.
"""

from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.ros.box_style import BoxStyle, Point, styles, TEXT_COLOUR

try:
    from foxglove_msgs.msg import (
        Color,
        ImageAnnotations,
        Point2,
        PointsAnnotation,
        TextAnnotation,
    )
except ImportError:
    ImageAnnotations = None

if TYPE_CHECKING:
    from hybrid_snn_ros.ros.box_namer import Things

_THICKNESS, _FONT = 2.0, 14.0  # pixels


def annotations(things: 'Things') -> Any:
    """Return foxglove_msgs/ImageAnnotations: a box and a text for each thing that was answered."""
    stamp = things.header.stamp
    message = ImageAnnotations()
    for style in styles(things):
        message.points.append(PointsAnnotation(
            timestamp=stamp, type=_kind(style), outline_color=_colour(style.colour),
            thickness=_THICKNESS, points=[Point2(x=x, y=y) for x, y in _points(style)]))
        x, y = style.corners[0]
        message.texts.append(TextAnnotation(
            timestamp=stamp, position=Point2(x=x, y=y), text=style.text, font_size=_FONT,
            text_color=_colour(TEXT_COLOUR), background_color=_colour((0, 0, 0), 0.7)))
    return message


def _colour(colour: tuple[int, int, int], opaque: float = 1.0) -> Any:
    red, green, blue = (part / 255 for part in colour)
    return Color(r=red, g=green, b=blue, a=opaque)


def _kind(style: BoxStyle) -> int:
    return int(PointsAnnotation.LINE_LIST if style.dashed else PointsAnnotation.LINE_LOOP)


def _points(style: BoxStyle) -> list[Point]:
    return [end for dash in style.dashes() for end in dash] if style.dashed else [*style.corners]
