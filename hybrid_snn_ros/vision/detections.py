# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a vision_msgs/Detection2DArray says, whether it comes from ROS or out of a bag."""

import math
from typing import Any


def label_of(detection: Any) -> str:
    """Return the name of a vision_msgs/Detection2D: its first hypothesis, '' without any."""
    return detection.results[0].hypothesis.class_id if detection.results else ''


def boxes_of(detections: Any) -> list[tuple[float, float, float, float]]:
    """
    Return the boxes of a vision_msgs/Detection2DArray: x, y, width, height in pixels.

    Of a box that is turned it is the upright one around it.
    """
    found = []
    for detection in detections.detections:
        box = detection.bbox
        middle, turn = box.center.position, box.center.theta
        across, down = box.size_x, box.size_y
        if math.isfinite(turn) and turn:
            cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
            across, down = cosine * across + sine * down, sine * across + cosine * down
        found.append((middle.x - across / 2, middle.y - down / 2, across, down))
    return found
