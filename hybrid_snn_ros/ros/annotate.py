# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A frame with the answer and named boxes on it, for people who look at ~/annotated."""

import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from sensor_msgs.msg import Image

from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.box_style import BoxStyle, TEXT_COLOUR
from hybrid_snn_ros.ros.caption import draw
from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.framing import Crop, crop_window

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Prediction


def draw_boxes(rgb: np.ndarray, boxes: Sequence[BoxStyle]) -> None:
    """
    Draw named boxes on a picture, in place: those without a name dashed.

    :param rgb: uint8 (H, W, 3), of the size that the boxes are in pixels of.
    """
    size = max(rgb.shape[0] / 960, 0.4)
    thick = max(round(rgb.shape[0] / 240), 1)
    for box in boxes:
        (left, top), _, (right, bottom), _ = [
            (round(x), round(y)) for x, y in box.corners]
        if box.dashed:
            for (x, y), (to_x, to_y) in box.dashes():
                cv2.line(rgb, (round(x), round(y)), (round(to_x), round(to_y)), box.colour, thick)
        else:
            cv2.rectangle(rgb, (left, top), (right, bottom), box.colour, thick)
        (width, height), base = cv2.getTextSize(
            box.text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        # Above the box, or in it where there is no room.
        foot = top - base if top > height + 2 * base else top + height + base
        rgb[max(foot - height - base, 0):foot + base, max(left, 0):left + width] //= 3
        cv2.putText(rgb, box.text, (left, foot), cv2.FONT_HERSHEY_SIMPLEX, size, TEXT_COLOUR, 1,
                    cv2.LINE_AA)


def seen(message: messages.CameraMessage, crop: Crop) -> tuple[float, float, float, float]:
    """
    Return the part of a camera message that the encoder sees, as fractions of the frame.

    :return: (x, y, width, height).
    """
    width, height = frames.size_of(message, messages.is_compressed(message))
    left, top, right, bottom = crop_window(width, height, crop)
    return left / width, top / height, (right - left) / width, (bottom - top) / height


def annotated(message: messages.CameraMessage, prediction: 'Prediction', crop: Crop,
              boxes: Sequence[BoxStyle] = ()) -> Image:
    """Return sensor_msgs/Image rgb8 of a camera message with prediction and boxes drawn on it."""
    rgb = frames.message_rgb(message, messages.is_compressed(message))
    height, width = rgb.shape[:2]
    draw_boxes(rgb, boxes)
    draw(rgb, prediction.label, prediction.score, prediction.unknown,
         crop_window(width, height, crop))
    return Image(header=message.header, height=height, width=width, encoding='rgb8',
                 step=3 * width, data=array.array('B', rgb.tobytes()))
