# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The benchmark's camera, a process of its own: numbered frames at a steady rate."""

import sys
import time

from hybrid_snn_ros.threads import pin_blas


def main(kind: str, rate: float, count: int) -> None:
    """
    Publish until the process is ended; every header's frame_id is the frame's number.

    :param count: different frames, shown one after another and over again.
    """
    import rclpy
    from rclpy.qos import qos_profile_sensor_data

    from hybrid_snn_ros.bench.stages import pictures
    from hybrid_snn_ros.bench.wire import message as message_of
    rclpy.init(args=[])
    node = rclpy.create_node('bench_camera')
    messages = [message_of(kind, picture) for picture in pictures(kind, count)]
    publisher = node.create_publisher(
        type(messages[0]), 'image/compressed' if kind == 'compressed' else 'image',
        qos_profile_sensor_data)
    begin, number = time.monotonic(), 0
    while rclpy.ok():
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        message = messages[number % len(messages)]
        message.header.frame_id = str(number)
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
        number += 1


if __name__ == '__main__':
    pin_blas()
    try:
        main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
    except KeyboardInterrupt:
        pass
