# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Lets velocities pass but for the time in which a label is seen, or the robot sees nothing."""

import time

from geometry_msgs.msg import Twist
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from std_msgs.msg import String


class StopWhenSeen(Node):
    """Between a controller, which speaks on cmd_vel_in, and the robot, which hears cmd_vel."""

    def __init__(self):
        """Begin with the robot held: nothing was seen yet."""
        super().__init__('stop_when_seen')
        self.label = self.declare_parameter('label', 'person').value
        self.hold = self.declare_parameter('hold', 1.0).value  # seconds after it was seen last
        self.blind = self.declare_parameter('blind', 1.0).value  # seconds without any answer
        self.seen = self.answered = float('-inf')
        self.out = self.create_publisher(Twist, 'cmd_vel', 10)
        self.create_subscription(Twist, 'cmd_vel_in', self.on_velocity, 10)
        self.create_subscription(String, 'classifier/label', self.on_label, 10)

    def on_label(self, message):
        """Take note of what the classifier sees."""
        self.answered = time.monotonic()
        if message.data == self.label:
            self.seen = self.answered

    def on_velocity(self, message):
        """Pass a velocity on, or stop."""
        now = time.monotonic()
        stop = now - self.seen < self.hold or now - self.answered > self.blind
        self.out.publish(Twist() if stop else message)


def main():
    """Run the node."""
    rclpy.init()
    try:
        rclpy.spin(StopWhenSeen())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass


if __name__ == '__main__':
    main()
