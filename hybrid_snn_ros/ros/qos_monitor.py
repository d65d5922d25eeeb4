# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Publishers and subscriptions that know which peers they cannot be connected to.

DDS connects two ends only where what the publisher offers is at least what the subscriber asks
for.  Else nothing arrives and nothing fails, which is how cameras seem dead.  The middleware
raises an event then; it names no peer, so the graph is asked who it is, as long as there is one.
"""

from collections.abc import Callable
import math
import time
from typing import Any, NamedTuple

from rclpy.lifecycle import LifecycleNode
from rclpy.publisher import PublisherEventCallbacks  # their own module has another name in Humble
from rclpy.qos import (
    DurabilityPolicy,
    LivelinessPolicy,
    qos_policy_name_from_kind,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.subscription import SubscriptionEventCallbacks

from hybrid_snn_ros.ros.graph import full_name, kind_name, NAMELESS

# Seconds after an event in which the graph may still have to learn of the peer.
_DISCOVERY = 5.0
_NAMING = 1.0  # seconds in which a peer that was just discovered may still get its name
_FOREVER = 9e18  # nanoseconds; the middleware's "no deadline"


class Mismatch(NamedTuple):
    """A peer that is not connected."""

    topic: str
    peer: str  # full name of its node
    policies: str  # what is offered and what is asked for
    incoming: bool  # the peer publishes

    def __str__(self) -> str:
        """Say it in one sentence."""
        if self.incoming:
            return f'{self.topic}: nothing arrives from {self.peer}: {self.policies}'
        return f'{self.topic}: nothing reaches {self.peer}: {self.policies}'


class _Endpoint:
    """One end of ours."""

    def __init__(self, incoming: bool) -> None:
        self.incoming = incoming
        self.without_events = False  # the middleware has no events: look always
        # monotonic seconds of the last event or sight of the peer
        self.suspected: float | None = None
        self.unnamed = ''  # the policy that an event told of, until its peer is found

    def on_event(self, event: Any) -> None:
        """Take note that a peer does not match; who it is may not be known yet."""
        self.suspected = time.monotonic()
        self.unnamed = qos_policy_name_from_kind(event.last_policy_kind)


class QosMonitor:
    """Makes a node's publishers and subscriptions, and looks after whether they connect."""

    def __init__(self, node: LifecycleNode) -> None:
        """Begin without any, on an rclpy lifecycle node."""
        self._node = node
        self._ends: dict[Any, _Endpoint] = {}  # publisher or subscription -> its end
        # (topic, peer's address) of a mismatch -> monotonic seconds
        self._seen: dict[tuple[str, bytes], float] = {}
        self._logged: set[tuple[str, bytes]] = set()

    def publisher(self, kind: type, topic: str, qos: QoSProfile | int) -> Any:
        """Make a lifecycle publisher."""
        end = _Endpoint(incoming=False)
        return self._add(end, PublisherEventCallbacks, lambda **events: (
            self._node.create_lifecycle_publisher(kind, topic, qos, **events)), {})

    def subscription(self, kind: type, topic: str, callback: Callable[[Any], None],
                     qos: QoSProfile | int, on_lost: Callable[[Any], None] | None = None) -> Any:
        """
        Make a subscription.

        :param on_lost: function of rclpy's event that tells of messages that got lost on the way;
            never called where the middleware does not notice.
        """
        end = _Endpoint(incoming=True)
        return self._add(end, SubscriptionEventCallbacks, lambda **events: (
            self._node.create_subscription(kind, topic, callback, qos, **events)),
            {'message_lost': on_lost} if on_lost else {})

    def _add(self, end: _Endpoint, callbacks: Callable[..., Any], create: Callable[..., Any],
             more: dict[str, Callable[[Any], None]]) -> Any:
        on_event = end.on_event
        # A middleware that does not have an event refuses it, or leaves it out.
        for events in ({'incompatible_qos': on_event, **more}, {'incompatible_qos': on_event}):
            try:
                made = create(event_callbacks=callbacks(**events))
                break
            except RuntimeError:  # UnsupportedEventTypeError
                continue
        else:
            made = create()
        end.without_events = not any(
            handler.callback is on_event for handler in made.event_handlers)
        self._ends[made] = end
        return made

    def destroy(self, made: Any) -> None:
        """Destroy a publisher or subscription that was made here."""
        end = self._ends.pop(made)
        if end.incoming:
            self._node.destroy_subscription(made)
        else:
            self._node.destroy_lifecycle_publisher(made)

    def ends(self) -> list[tuple[Any, bool]]:
        """Return (publisher or subscription, whether it is a subscription) of all."""
        return [(made, end.incoming) for made, end in self._ends.items()]

    def mismatches(self) -> list[Mismatch]:
        """Return the Mismatches there are now, and log each that is new."""
        found: dict[tuple[str, bytes], Mismatch] = {}
        now = time.monotonic()
        for made, end in self._ends.items():
            if end.without_events or end.suspected is not None:
                found.update(self._look(made, end))
        self._seen = {key: self._seen.get(key, now) for key in found}
        found = {key: mismatch for key, mismatch in found.items()
                 if mismatch.peer != NAMELESS or now - self._seen[key] > _NAMING}
        for key in found.keys() - self._logged:
            self._node.get_logger().warning(str(found[key]))
        self._logged = set(found)
        return list(found.values())

    def sentences(self, camera_topic: str) -> tuple[str, str]:
        """Return sentences: of cameras and of other peers that QoS keeps from this node."""
        cameras: list[str] = []
        others: list[str] = []
        for mismatch in self.mismatches():
            (cameras if mismatch.topic == camera_topic else others).append(str(mismatch))
        return '; '.join(cameras), '; '.join(others)

    def _look(self, made: Any, end: _Endpoint) -> dict[tuple[str, bytes], Mismatch]:
        """Return {(topic, peer's address): Mismatch} of one end, by what the graph says now."""
        topic = made.topic_name
        ask = (self._node.get_publishers_info_by_topic if end.incoming
               else self._node.get_subscriptions_info_by_topic)
        found = {}
        for peer in ask(topic):
            if peer.topic_type != kind_name(made.msg_type):
                continue  # not kept away by QoS, whatever its QoS is; see ros.type_watch
            offered, asked = peer.qos_profile, made.qos_profile
            if not end.incoming:
                offered, asked = asked, offered
            reasons = differences(offered, asked)
            if reasons:
                found[topic, bytes(peer.endpoint_gid)] = Mismatch(
                    topic, full_name(peer), '; '.join(reasons), end.incoming)
        now = time.monotonic()
        if found:
            end.suspected, end.unnamed = now, ''
        elif end.suspected is not None and now - end.suspected > _DISCOVERY:
            if end.unnamed:
                self._node.get_logger().warning(
                    f'{topic}: the policy {end.unnamed} keeps a peer away that the graph does not '
                    'show')
            end.suspected = None
        return found


def differences(offered: QoSProfile, asked: QoSProfile) -> list[str]:
    """
    Return what keeps two ends apart, a text for each policy.

    :param offered: QoSProfile of the publisher.
    :param asked: QoSProfile of the subscriber.
    """
    found = []
    for policy, strong, weak in (
            ('reliability', ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT),
            ('durability', DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE),
            ('liveliness', LivelinessPolicy.MANUAL_BY_TOPIC, LivelinessPolicy.AUTOMATIC)):
        if getattr(asked, policy) == strong and getattr(offered, policy) == weak:
            found.append(f'publisher offers {policy} {weak.name}, subscriber asks for '
                         f'{strong.name}')
    for policy in ('deadline', 'liveliness_lease_duration'):
        least, most = _seconds(getattr(offered, policy)), _seconds(getattr(asked, policy))
        if least > most:
            found.append(f'publisher offers {policy} {least:g} s, subscriber asks for {most:g} s')
    return found


def _seconds(duration: Any) -> float:
    """Return a duration in seconds; unset ones (0) and endless ones are infinite."""
    nanoseconds = duration.nanoseconds
    return nanoseconds * 1e-9 if 0 < nanoseconds < _FOREVER else math.inf
