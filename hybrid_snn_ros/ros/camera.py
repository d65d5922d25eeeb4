# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The camera as the node knows it: the subscription, whether frames come, and why none does.

The log has one line when the first frame comes, when frames stop and when they return, and for
each new reason why none comes.  The graph is asked once a second, with /diagnostics.
"""

from collections import deque
from collections.abc import Callable, Sequence
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import CompressedImage, Image

from hybrid_snn_ros.ros import camera_search, graph, messages, shared_memory
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.qos_monitor import differences, QosMonitor

_NAMING = 3  # looks at which the camera of a frame that came may still be without a name
_LOSS = 0.02  # share of the frames that may get lost without a warning
_PERIOD = 10.0  # seconds over which they are counted
_LINES, _A_WHILE = 12, 60.0  # lines of coming and going in the log, within so many seconds


class Camera:
    """The subscription to the frames of an active node."""

    def __init__(self, node: Node, qos_monitor: QosMonitor, settings: Parameters,
                 put: Callable[[messages.CameraMessage], None]) -> None:
        """
        Subscribe.

        :param node: rclpy node.
        :param qos_monitor: QosMonitor of the node.
        :param settings: ros.parameters.Parameters.
        :param put: function that takes a frame.
        """
        self._node = node
        self._qos_monitor = qos_monitor
        self._put = put
        self._compressed = settings.image_transport == 'compressed'
        topic = node.resolve_topic_name('image')
        kind = CompressedImage if self._compressed else Image
        reliable = settings.reliability == 'reliable' or (
            settings.reliability == 'auto' and settings.frame_queue > 1)
        self._heard = ''  # what the first frame is like, since the beginning or the last silence
        self._began = 0.0  # monotonic seconds when that came
        self._frames = False  # that frames come is in the log
        self._silence: float | None = None  # monotonic seconds when frames stopped
        self._logged: set[tuple[Any, ...]] = set()  # reasons of this silence that are in the log
        self._suspected: tuple[Any, ...] | None = None  # the reason at the last look
        self._spoken: deque[float] = deque(maxlen=_LINES)  # monotonic seconds of those lines
        self._looks = 0  # at which frames came and their camera had no name
        self._publishers: list[graph.Publication] = []
        self.lost = 0  # frames of which the middleware says that they got lost on the way
        self._lost_before = 0  # at the last frame
        self._counts = deque([(time.monotonic(), 0, 0)])  # of the last looks: received, lost
        self._loss_told = False
        # Depth 1 by default: a queue would only serve stale frames, where none is asked for.
        self._subscription = qos_monitor.subscription(
            kind, f'{topic}/compressed' if self._compressed else topic, self._on_frame, QoSProfile(
                depth=settings.depth or settings.frame_queue,
                reliability=(ReliabilityPolicy.RELIABLE if reliable
                             else ReliabilityPolicy.BEST_EFFORT)), self._on_lost)
        self.topic = self._subscription.topic_name  # a rule may have remapped it once more
        self._kind = graph.kind_name(kind)

    def close(self) -> None:
        """End the subscription."""
        self._qos_monitor.destroy(self._subscription)

    def _on_frame(self, message: messages.CameraMessage) -> None:
        if not self._heard:
            self._heard, self._began = messages.describe(message), time.monotonic()
        self._put(message)

    def _on_lost(self, event: Any) -> None:
        self.lost = event.total_count

    def facts(self) -> dict[str, str]:
        """Return what is listened to and who publishes it by the last look, {name: value}."""
        return {'image_topic': self.topic, 'image_type': self._kind,
                'image_publishers': '; '.join(
                    f'{found.node} ({found.kind})' for found in self._publishers)}

    def look(self, silent: float | None) -> str:
        """
        Return why no frame comes, empty where one does; log what is new.

        :param silent: seconds since the last frame when that is too long, else None.
        """
        peers = self._node.get_publishers_info_by_topic(self.topic)
        self._publishers = sorted({
            graph.Publication(self.topic, peer.topic_type, graph.full_name(peer))
            for peer in peers})
        if silent is None:
            if self._heard and not self._frames:
                self._tell_frames()
            self._lost_before = self.lost
            return ''
        if self._heard or self._silence is None:
            self._frames, self._heard, self._looks = False, '', 0
            self._silence = time.monotonic() - silent
            self._logged.clear()
            self._suspected = None
        found = self._reason(peers)
        text = f'no frame for {silent:.1f} s on {self.topic} ({self._kind}): {found.text}'
        # That no one is there is believed at the second look: the graph may not be complete yet.
        sure = found.key == self._suspected or not found.absent
        self._suspected = found.key
        # Whom QoS keeps away is in the log already, by QosMonitor.
        if sure and found.key not in self._logged and found.key[0] != 'qos':
            self._say('warning', text)
            self._logged.add(found.key)
        return text

    def _reason(self, peers: Sequence[TopicEndpointInfo]) -> camera_search.Reason:
        asked = self._subscription.qos_profile
        apart = {graph.full_name(peer): differences(peer.qos_profile, asked)
                 for peer in peers if peer.topic_type == self._kind}
        if apart and all(apart.values()):
            return camera_search.Reason(('qos',), 'incompatible QoS: ' + '; '.join(
                f"{name}: {', '.join(policies)}" for name, policies in apart.items()))
        return camera_search.reason(
            self.topic, self._kind, self._publishers, lambda: graph.publications(self._node),
            self.lost - self._lost_before, shared_memory.foreign)

    def _tell_frames(self) -> None:
        names = [found.node for found in self._publishers if found.kind == self._kind]
        self._looks += 1
        if (not names or graph.NAMELESS in names) and self._looks < _NAMING:
            return
        came = f"{self._heard}, from {', '.join(names) or graph.NAMELESS}"
        if self._silence is None:
            self._say('info', f'the first frame came on {self.topic}: {came}')
        else:
            self._say('info', f'frames came on {self.topic} again after '
                              f'{self._began - self._silence:.1f} s: {came}')
        self._frames, self._looks = True, 0

    def _say(self, level: str, text: str) -> None:
        """Log a line, unless a camera slower than `image_timeout` comes and goes all the time."""
        now = time.monotonic()
        if len(self._spoken) == _LINES and now - self._spoken[0] < _A_WHILE:
            return
        self._spoken.append(now)
        if len(self._spoken) == _LINES and now - self._spoken[0] < _A_WHILE:
            text += ('; frames come and go; the log does not repeat that for a while '
                     '(image_timeout may be too short for this camera)')
        if level == 'info':  # rclpy wants each level on a line of its own
            self._node.get_logger().info(text)
        else:
            self._node.get_logger().warning(text)

    def losses(self, received: int) -> str:
        """
        Return a sentence where many of the last seconds' frames got lost, else an empty text.

        :param received: frames that have come so far.
        """
        now = time.monotonic()
        self._counts.append((now, received, self.lost))
        while now - self._counts[0][0] > _PERIOD and len(self._counts) > 2:
            self._counts.popleft()
        _, received_before, lost_before = self._counts[0]
        lost = self.lost - lost_before
        sent = received - received_before + lost
        if lost <= _LOSS * sent:
            return ''
        text = (f'{lost} of the last {sent} frames got lost on the way to {self.topic}: '
                f'{camera_search.REMEDY}')
        if not self._loss_told:
            self._node.get_logger().warning(text)
        self._loss_told = True
        return text
