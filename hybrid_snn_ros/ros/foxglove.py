# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Named boxes for Foxglove, which draws them over the camera's own picture.

The only place that imports ``foxglove_msgs``: it comes with apt and is often missing.  Without it
``~/annotations`` is off; ``~/annotated`` shows the same boxes.
"""

from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.ros.box_style import BoxStyle, Point, styles

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
        colour = Color(**{name: part / 255 for name, part in zip('rgb', style.colour)}, a=1.0)
        message.points.append(PointsAnnotation(
            timestamp=stamp, type=_kind(style), outline_color=colour, thickness=_THICKNESS,
            points=[Point2(x=x, y=y) for x, y in _points(style)]))
        x, y = style.corners[0]
        message.texts.append(TextAnnotation(
            timestamp=stamp, position=Point2(x=x, y=y), text=style.text, font_size=_FONT,
            text_color=Color(r=1.0, g=1.0, b=1.0, a=1.0), background_color=Color(r=0.0, g=0.0, b=0.0, a=0.7)))
    return message


def _kind(style: BoxStyle) -> int:
    return int(PointsAnnotation.LINE_LIST if style.dashed else PointsAnnotation.LINE_LOOP)


def _points(style: BoxStyle) -> list[Point]:
    return [end for dash in style.dashes() for end in dash] if style.dashed else [*style.corners]
