# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The radio between the robots of the demo: a bridge that can be cut.

Each robot speaks and hears on topics of its own; what one says the others hear.  So a robot can
be out of reach on one computer, as it is where the bridge between two sites is down.
"""

from collections.abc import Callable, Sequence
import threading
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import QoSProfile
from std_msgs.msg import UInt8MultiArray

from hybrid_snn_ros.fleet.wire import TOPICS
from hybrid_snn_ros.recent import Recent

_QOS = QoSProfile(depth=64)
_PASSED = 4096  # messages that come back: what is said to a robot is heard on its topic


def remaps(robot: str) -> list[str]:
    """Return the words for --ros-args that give a robot topics of its own."""
    return [word for topic in TOPICS for word in ('-r', f'/{topic}:={_own(robot, topic)}')]


def _own(robot: str, topic: str) -> str:
    return f'/radio/{robot}/{topic}'


class Radio:
    """A thread that passes on what robots say, but for those out of reach; a context manager."""

    def __init__(self, robots: Sequence[str]) -> None:
        """Have all in reach."""
        self.out_of_reach: frozenset[str] = frozenset()
        self.bytes = 0  # that were said until now
        self._robots = robots
        self._node = rclpy.create_node('radio')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name='radio')
        self._passed: Recent[tuple[str, int], None] = Recent(_PASSED)
        self._out: dict[tuple[str, str], Any] = {
            (robot, topic): self._node.create_publisher(
                UInt8MultiArray, _own(robot, topic), _QOS)
            for robot in robots for topic in TOPICS}
        for robot, topic in self._out:
            self._node.create_subscription(
                UInt8MultiArray, _own(robot, topic), self._listener(robot, topic), _QOS)

    def __enter__(self) -> 'Radio':
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            pass

    def _listener(self, robot: str, topic: str) -> Callable[[UInt8MultiArray], None]:
        def on_message(message: UInt8MultiArray) -> None:
            content, cut = hash(bytes(message.data)), self.out_of_reach
            if self._passed.pop((robot, content), 0) is None or robot in cut:
                return
            self.bytes += len(message.data)
            for other in self._robots:
                if other != robot and other not in cut:
                    self._passed.add((other, content), None)
                    self._out[other, topic].publish(message)
        return on_message
