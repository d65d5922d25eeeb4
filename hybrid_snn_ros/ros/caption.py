# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The answer written on a picture; needs no ROS, so that the demo without it shows the same."""

import cv2
import numpy as np

from hybrid_snn_ros.vision.framing import Window

KNOWN_COLOUR = (40, 200, 80)  # RGB
UNKNOWN_COLOUR = (240, 150, 30)


def draw(rgb: np.ndarray, prediction_label: str, score: float, unknown: bool,
         window: Window | None = None) -> None:
    """
    Write label and score on a picture, in place.

    :param rgb: uint8 (H, W, 3).
    :param window: vision.framing.Window that was looked at, or None.
    """
    height = rgb.shape[0]
    colour = UNKNOWN_COLOUR if unknown else KNOWN_COLOUR
    scale = max(height / 480, 0.5)
    thick = max(round(2 * scale), 1)
    bar = round(34 * scale)
    rgb[-bar:] //= 3
    cv2.putText(rgb, f'{prediction_label} {100 * score:.0f}%', (round(8 * scale),
                height - round(10 * scale)), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick,
                cv2.LINE_AA)
    if window:
        left, top, right, bottom = window
        cv2.rectangle(rgb, (left, top), (right - 1, bottom - 1), colour, thick)
