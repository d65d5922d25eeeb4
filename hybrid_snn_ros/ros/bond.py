# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A sign of life while active, for nav2's lifecycle manager: it takes a node that stops it for dead.

The manager listens on the topic ``bond`` for bond/Status with the node's name.  Package ``bond``
comes with nav2 and may be missing elsewhere; then there is no sign, and the manager needs
``bond_timeout: 0.0``.  This is our half of a bond only: the node goes on when the manager dies.
"""

from typing import Any
import uuid

from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node

try:
    from bond.msg import Status
except ImportError:
    Status = None

PERIOD = 0.25  # seconds; nav2 waits 4 by default, and a service may hold the executor for 2
TIMEOUT = 4.0  # seconds, for information only
GOODBYE = Duration(seconds=1)  # at most, for managers that no longer answer


class Bond:
    """Says that an active node lives, and says goodbye when it is closed."""

    def __init__(self, node: Node) -> None:
        """Begin at once; without package bond do nothing."""
        self._node = node
        self._publisher: Any = None
        if Status is None:
            return
        self._instance = str(uuid.uuid4())
        self._publisher = node.create_publisher(Status, 'bond', 5)
        # Not by the node's clock: a simulation that stands still is no death.
        self._timer = node.create_timer(
            PERIOD, self._say, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._say()

    def _say(self, active: bool = True) -> None:
        message = Status(id=self._node.get_name(), instance_id=self._instance, active=active,
                         heartbeat_timeout=TIMEOUT, heartbeat_period=PERIOD)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def close(self) -> None:
        """Say goodbye, so that a deactivation is not taken for a death."""
        if self._publisher is None:
            return
        self._node.destroy_timer(self._timer)
        self._say(active=False)
        # A reader drops what it has not yet taken in when it learns that the writer is gone.
        self._publisher.wait_for_all_acked(GOODBYE)
        self._node.destroy_publisher(self._publisher)
        self._publisher = None
