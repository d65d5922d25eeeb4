# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Accumulates an event camera's events (dvs_msgs/EventArray) into frames for the classifier.

Brighter events light a pixel up from grey, darker ones dim it; what is not seen again fades.
"""

from array import array

import numpy as np

GREY, STEP = 128.0, 40.0  # of 255: no event; change by one event


class Accumulator:
    """Grey values of a picture that events change."""

    def __init__(self, height, width, fading=0.03):
        """
        Begin grey.

        :param fading: seconds after which a change is down to 37 %.
        """
        self._change = np.zeros((height, width), np.float32)
        self._fading = fading
        self._time = None

    def add(self, x, y, brighter, seconds):
        """
        Take in events.

        :param x, y: pixels, integers (N,).
        :param brighter: bool (N,).
        :param seconds: time of the last of them; what was there before fades until then.
        """
        if self._time is not None and seconds > self._time:
            self._change *= np.exp((self._time - seconds) / self._fading)
        self._time = seconds
        np.add.at(self._change, (y, x), np.where(brighter, STEP, -STEP).astype(np.float32))

    @property
    def frame(self):
        """The picture, uint8 (height, width)."""
        return np.clip(GREY + self._change, 0, 255).astype(np.uint8)


def main():
    """Run the node: `events` in, `image_raw` (mono8) out with the stamp of the last event."""
    from dvs_msgs.msg import EventArray
    import rclpy
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image
    rclpy.init()
    node = rclpy.create_node('events_to_frames')
    out = node.create_publisher(Image, 'image_raw', qos_profile_sensor_data)
    accumulators = {}

    def on_events(message):
        if not message.events:
            return
        size, last = (message.height, message.width), message.events[-1].ts
        accumulator = accumulators.setdefault(size, Accumulator(*size))
        accumulator.add(np.array([event.x for event in message.events]),
                        np.array([event.y for event in message.events]),
                        np.array([event.polarity for event in message.events]),
                        last.sec + last.nanosec * 1e-9)
        image = Image(height=size[0], width=size[1], encoding='mono8', step=size[1],
                      data=array('B', accumulator.frame.tobytes()))
        image.header.stamp, image.header.frame_id = last, message.header.frame_id
        out.publish(image)
    node.create_subscription(EventArray, 'events', on_events, qos_profile_sensor_data)
    rclpy.spin(node)


if __name__ == '__main__':
    main()
