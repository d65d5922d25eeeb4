# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Peers that use a topic or a service of this node as another type.

DDS does not connect them, nothing fails, and no event tells of it; only the graph shows it.
"""

from collections.abc import Iterator
import time

from rclpy.node import Node

from hybrid_snn_ros.ros import graph
from hybrid_snn_ros.ros.qos_monitor import QosMonitor

_PERIOD = 3.0  # seconds between two looks; among a hundred nodes one takes milliseconds


class TypeWatch:
    """Looks for them, on all topics of a node but the camera's, and on its services."""

    def __init__(self, node: Node, qos_monitor: QosMonitor, camera_topic: str) -> None:
        """Begin, with the QosMonitor of an rclpy node."""
        self._node = node
        self._qos_monitor = qos_monitor
        self._camera_topic = camera_topic  # of which ros.camera tells more
        self._next = 0.0  # monotonic seconds
        self._found: list[str] = []
        # seen at the last look; their names may just not be known yet
        self._nameless: set[str] = set()

    def look(self) -> list[str]:
        """Return a sentence for each of them there is, and log those that are new."""
        if time.monotonic() < self._next:
            return self._found
        self._next = time.monotonic() + _PERIOD
        found = [*self._topics(), *self._services()]
        nameless = {text for text in found if graph.NAMELESS in text}
        found = [text for text in found if text not in nameless - self._nameless]
        self._nameless = nameless
        for text in found:
            if text not in self._found:
                self._node.get_logger().warning(text)
        self._found = found
        return found

    def _topics(self) -> Iterator[str]:
        for made, incoming in self._qos_monitor.ends():
            topic, kind = made.topic_name, graph.kind_name(made.msg_type)
            if topic == self._camera_topic:
                continue
            ask = (self._node.get_publishers_info_by_topic if incoming
                   else self._node.get_subscriptions_info_by_topic)
            for peer, other in {(graph.full_name(peer), peer.topic_type) for peer in ask(topic)}:
                if other == kind:
                    continue
                yield (f'{topic}: {peer} publishes {other}, this node expects {kind}: nothing '
                       'arrives from it' if incoming else
                       f'{topic}: {peer} expects {other}, this node publishes {kind}: nothing '
                       'reaches it')

    def _services(self) -> Iterator[str]:
        own = {self._node.resolve_service_name(service.srv_name): graph.kind_name(
            service.srv_type) for service in self._node.services}
        for name, kinds in self._node.get_service_names_and_types():
            for other in kinds:
                if other == own.get(name, other):
                    continue
                for caller in graph.callers(self._node, name, other) or [graph.NAMELESS]:
                    yield (f'{name}: {caller} calls it as {other}, but it is {own[name]}: '
                           'no call arrives')
