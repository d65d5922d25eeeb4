# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The topics on which robots of a fleet speak to each other, and the one that tells people of it.

Bytes in std_msgs, so that every bridge carries them; reliable where it can be had, and volatile:
what got lost, or was said before a robot came, is asked for again (fleet.peer).
"""

from array import array
from collections.abc import Callable
import json
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String, UInt8MultiArray

from hybrid_snn_ros.fleet.wire import RECORDS, TOPICS
from hybrid_snn_ros.recent import Recent
from hybrid_snn_ros.ros.qos import LATCHED
from hybrid_snn_ros.ros.qos_monitor import QosMonitor

_ECHOES = 64  # messages of our own that may still come back


def _qos(topic: str) -> QoSProfile:
    return QoSProfile(depth=64 if topic == RECORDS else 32,
                      reliability=ReliabilityPolicy.RELIABLE,
                      durability=DurabilityPolicy.VOLATILE)


class FleetTopics:
    """Publishers from configure to cleanup; subscriptions between `listen` and `deafen`."""

    def __init__(self, qos_monitor: QosMonitor) -> None:
        """Make the publishers."""
        self._qos_monitor = qos_monitor
        # Not in the node's namespace: robots have one each, and a fleet is one.
        self._publishers = {topic: qos_monitor.publisher(
            UInt8MultiArray, f'/{topic}', _qos(topic)) for topic in TOPICS}
        self._overview = qos_monitor.publisher(String, '~/fleet', LATCHED)
        self._subscriptions: list[Any] = []
        self._sent: Recent[int, None] = Recent(_ECHOES)  # hashes

    def send(self, topic: str, data: bytes) -> None:
        """Send a message to all others; called by the worker."""
        self._sent.add(hash(data), None)
        self._publishers[topic].publish(UInt8MultiArray(data=array('B', data)))

    def tell(self, overview: dict[str, Any]) -> None:
        """Tell people how the fleet stands; called by the worker."""
        self._overview.publish(String(data=json.dumps(overview, ensure_ascii=False)))

    def listen(self, hear: Callable[[str, bytes], None]) -> None:
        """
        Begin to hear others.

        :param hear: function of topic and bytes, called by the executor.
        """
        def subscription(topic: str) -> Any:
            def on_message(message: UInt8MultiArray) -> None:
                data = bytes(message.data)
                # What we say comes back: rclpy cannot leave a node's own messages out.
                if self._sent.pop(hash(data), 0) == 0:
                    hear(topic, data)
            return self._qos_monitor.subscription(
                UInt8MultiArray, f'/{topic}', on_message, _qos(topic))
        self._subscriptions = [subscription(topic) for topic in TOPICS]

    def deafen(self) -> None:
        """Hear nothing any more."""
        for one in self._subscriptions:
            self._qos_monitor.destroy(one)
        self._subscriptions = []

    def destroy(self) -> None:
        """Destroy the publishers."""
        for one in (*self._publishers.values(), self._overview):
            self._qos_monitor.destroy(one)
