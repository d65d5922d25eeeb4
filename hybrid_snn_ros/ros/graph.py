# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the ROS graph knows of others: who publishes what, and by which name they go."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rclpy.node import Node, NodeNameNonExistentError
from rclpy.topic_endpoint_info import TopicEndpointInfo

_Kinds = list[tuple[str, list[str]]]  # names of topics or services, and their types
NAMELESS = 'a peer without a name'


class Publication(NamedTuple):
    """A topic that a node publishes."""

    topic: str
    kind: str  # type, like sensor_msgs/msg/Image
    node: str  # full name


def kind_name(kind: type) -> str:
    """Return the name of a message or service class as the graph has it: package/msg/Name."""
    package, group = kind.__module__.split('.')[:2]
    return f'{package}/{group}/{kind.__name__}'


def full_name(peer: TopicEndpointInfo) -> str:
    """Return the full name of a TopicEndpointInfo's node, as far as it has one."""
    if 'UNKNOWN' in peer.node_name:  # discovered before its node, or not of ROS at all
        return NAMELESS
    return _joined(peer.node_namespace, peer.node_name)


def publications(node: Node) -> list[Publication]:
    """
    Return the Publications of all other nodes.

    They are asked one by one: for a count of the publishers of a topic rclpy would remap its
    name by the rules of this node, and so ask about another topic.
    """
    found = []
    for name, kinds in _of_all(node, node.get_publisher_names_and_types_by_node):
        found += [Publication(topic, kind, name) for topic, each in kinds for kind in each]
    return found


def callers(node: Node, service: str, kind: str) -> list[str]:
    """Return the full names of the nodes that would call a service as another type."""
    return [name for name, services in _of_all(node, node.get_client_names_and_types_by_node)
            if kind in dict(services).get(service, ())]


def _of_all(node: Node, ask: Callable[[str, str], _Kinds]) -> Iterator[tuple[str, _Kinds]]:
    """Yield (full name, what ask(name, namespace) says) of every node but this one."""
    own = node.get_fully_qualified_name()
    for name, namespace in set(node.get_node_names_and_namespaces()):
        if _joined(namespace, name) == own:
            continue
        try:
            yield _joined(namespace, name), ask(name, namespace)
        except NodeNameNonExistentError:  # gone meanwhile
            continue


def _joined(namespace: str, name: str) -> str:
    return f"{namespace.rstrip('/')}/{name}"
