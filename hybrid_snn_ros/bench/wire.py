# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Messages to and from the bytes that DDS carries, in one process (extra ``ros``)."""

from array import array
from typing import Any

from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from hybrid_snn_ros.network import Prediction
from hybrid_snn_ros.ros import messages


class Wire:
    """A camera's messages as bytes, and the node's answers turned into bytes."""

    def __init__(self, kind: str, pictures: list[Any]) -> None:
        """
        Serialise the pictures.

        :param kind: key of stages.SIZES.
        :param pictures: what stages.pictures makes of it.
        """
        self._kind = CompressedImage if kind == 'compressed' else Image
        self._sent = [serialize_message(message(kind, picture)) for picture in pictures]

    def receive(self, number: int) -> Any:
        """Return a frame's message, made of its bytes."""
        return deserialize_message(self._sent[number % len(self._sent)], self._kind)

    @staticmethod
    def publish(header: Any, prediction: Prediction) -> int:
        """Make the messages of an answer and serialise them; return their bytes."""
        out = [String(data=prediction.label),
               String(data=messages.answer(
                   header, prediction, (0.0, 0.0, 1.0, 1.0), False, 0.0, 0.0))]
        if messages.HAVE_VISION_MSGS:
            out.append(messages.classification(header, prediction))
        return sum(len(serialize_message(one)) for one in out)


def message(kind: str, picture: Any) -> Any:
    """Return sensor_msgs/Image (bgr8) of a picture, or CompressedImage of a JPEG's bytes."""
    if kind == 'compressed':
        return CompressedImage(format='jpeg', data=array('B', picture))
    height, width = picture.shape[:2]
    return Image(height=height, width=width, step=3 * width, encoding='bgr8',
                 data=array('B', picture.tobytes()))
