# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the node publishes: one table of topics, each with its type, QoS and maker.

A message that is made only for those who watch costs nothing while no one does.
"""

from array import array
from collections.abc import Callable, Sequence
import json
import time
from typing import Any, NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header, String

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.frame_pipeline import Answer
from hybrid_snn_ros.ros import debug, foxglove, messages
from hybrid_snn_ros.ros.annotate import annotated, seen
from hybrid_snn_ros.ros.box_namer import Things
from hybrid_snn_ros.ros.box_style import styles
from hybrid_snn_ros.ros.commands import Result
from hybrid_snn_ros.ros.qos import LATCHED
from hybrid_snn_ros.ros.qos_monitor import QosMonitor
from hybrid_snn_ros.ros.thing_finder import WhereStatus

_ANNOTATED = '~/annotated'
_BOXES_SHOWN = 1.0  # seconds, in ~/annotated: things move, and a detector may be slow


class AnsweredFrame(NamedTuple):
    """What there is to tell of one frame."""

    message: messages.CameraMessage
    answer: Answer
    latency_ms: float  # from the header's stamp to the decision
    processing_ms: float  # of which this node worked on it
    classifier: Classifier
    things: Things | None = None  # what boxes were named last, of this frame or one before


class Known(NamedTuple):
    """What there is to tell of what is known."""

    classifier: Classifier
    stamp: Any  # builtin_interfaces/Time
    memory: str  # where it is kept
    where: WhereStatus


class Topic(NamedTuple):
    """One line of the table."""

    name: str
    kind: Any  # message type; None where its package is not installed
    qos: QoSProfile | int
    make: Callable[[Any], Any]  # from an item of the group to the message
    only_if_watched: bool = False
    period: float = 0.0  # seconds between two messages, at least


# of each frame, made of an AnsweredFrame
ANSWERS = (
    Topic('~/label', String, 10, lambda frame: String(data=frame.answer.prediction.label)),
    Topic('~/classification', messages.Classification, 10, lambda frame: messages.classification(
        frame.message.header, frame.answer.prediction)),
    Topic('~/answer', String, 10, lambda frame: String(data=messages.answer(
        frame.message.header, frame.answer.prediction,
        seen(frame.message, frame.classifier.crop), frame.answer.seen.held, frame.latency_ms,
        frame.processing_ms)),
        only_if_watched=True),
    Topic(_ANNOTATED, Image, qos_profile_sensor_data, lambda frame: annotated(
        frame.message, frame.answer.prediction, frame.classifier.crop,
        styles(frame.things) if frame.things else ()), only_if_watched=True),
    Topic('~/debug', String, 1, lambda frame: String(data=debug.view(
        frame.classifier, frame.answer.seen.codes, frame.answer.response,
        (frame.message.header.stamp.sec, frame.message.header.stamp.nanosec))),
        only_if_watched=True, period=debug.PERIOD))
# of boxes that were named, on request or found, made of a Things
THINGS = (
    Topic('~/things', String, 10, lambda named: String(data=messages.things(named)),
          only_if_watched=True),
    Topic('~/detections', messages.Detection2DArray, 10, messages.detections,
          only_if_watched=True),
    Topic('~/annotations', foxglove.ImageAnnotations, 10, foxglove.annotations,
          only_if_watched=True))
# of each request, made of a Result
RESULTS = (
    Topic('~/teach_result', DiagnosticStatus, 2000, lambda result: messages.status(
        result.level, result.label, result.message, **result.values)),)
# of each change of what is known, made of a Known
KNOWN = (
    Topic('~/labels', String, LATCHED, lambda known: String(
        data=messages.labels(known.classifier.state, known.where))),
    Topic('~/label_info', messages.LabelInfo, LATCHED, lambda known: messages.label_info(
        Header(stamp=known.stamp), known.classifier.labels)),
    Topic('~/vision_info', messages.VisionInfo, LATCHED, lambda known: messages.vision_info(
        Header(stamp=known.stamp), f'EfficientNet + CoLaNET ({known.classifier.rule_name})',
        known.memory, known.classifier.version)))
# of what is asked, and of how good what was taught is, each made of what JSON can hold
QUESTIONS = (Topic('~/questions', String, LATCHED, lambda asked: String(data=_json(asked))),)
QUALITY = (Topic('~/quality', String, LATCHED, lambda found: String(data=_json(found))),)
# of a picture that somebody wants to see, made of (name, JPEG)
PICTURES = (Topic('~/question_pictures', CompressedImage, 64, lambda named: CompressedImage(
    header=Header(frame_id=named[0]), format='jpeg', data=array('B', named[1]))),)
# some times a second, made elsewhere
DIAGNOSTICS = (Topic('/diagnostics', DiagnosticArray, 10, lambda message: message),)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Group:
    """The publishers of topics that are made of the same thing."""

    def __init__(self, topics: Sequence[Topic], qos_monitor: QosMonitor) -> None:
        self._topics = [
            (topic, qos_monitor.publisher(topic.kind, topic.name, topic.qos))
            for topic in topics if topic.kind is not None]
        self._published = dict.fromkeys((topic.name for topic, _ in self._topics), 0.0)

    def publish(self, item: Any) -> None:
        for topic, publisher in self._topics:
            if topic.only_if_watched and not publisher.get_subscription_count():
                continue
            if topic.period:
                now = time.monotonic()
                if now - self._published[topic.name] < topic.period:
                    continue
                self._published[topic.name] = now
            publisher.publish(topic.make(item))

    def watched(self, *names: str) -> bool:
        """Tell whether anybody listens to one of these topics; to any where none is named."""
        return any((not names or topic.name in names) and publisher.get_subscription_count()
                   for topic, publisher in self._topics)

    def destroy(self, qos_monitor: QosMonitor) -> None:
        for _, publisher in self._topics:
            qos_monitor.destroy(publisher)


def _recent(things: Things, message: messages.CameraMessage) -> bool:
    """Tell whether boxes lie about where they would in a frame."""
    stamp, then = message.header.stamp, things.header.stamp
    age = stamp.sec - then.sec + 1e-9 * (stamp.nanosec - then.nanosec)
    return 0 <= age <= _BOXES_SHOWN


class Publishers:
    """All that a configured node publishes; rclpy publishers may be used from any thread."""

    def __init__(self, qos_monitor: QosMonitor) -> None:
        """Make them."""
        self._qos_monitor = qos_monitor
        (self._answers, self._things, self._results, self._known, self._questions, self._quality,
         self._pictures, self._diagnostics) = self._groups = tuple(
            _Group(topics, qos_monitor)
            for topics in (ANSWERS, THINGS, RESULTS, KNOWN, QUESTIONS, QUALITY, PICTURES,
                           DIAGNOSTICS))
        self._newest: Things | None = None

    def answer(self, frame: AnsweredFrame) -> None:
        """Publish what one frame was answered."""
        if self._newest is not None and not _recent(self._newest, frame.message):
            self._newest = None
        self._answers.publish(frame._replace(things=self._newest))

    def things(self, named: Things) -> None:
        """Publish what boxes were named; people see them on the frames that follow, too."""
        self._newest = named
        self._things.publish(named)

    def things_watched(self) -> bool:
        """Whether anybody wants to know of named boxes."""
        return self._things.watched() or self._answers.watched(_ANNOTATED)

    def result(self, result: Result) -> None:
        """Publish what became of a request."""
        self._results.publish(result)

    def known(self, known: Known) -> None:
        """Publish what is known."""
        self._known.publish(known)

    def questions(self, asked: dict[str, Any]) -> None:
        """Publish what is asked."""
        self._questions.publish(asked)

    def quality(self, found: dict[str, Any]) -> None:
        """Publish how good what was taught is."""
        self._quality.publish(found)

    def quality_watched(self) -> bool:
        """Whether anybody wants to know of that."""
        return self._quality.watched()

    def pictures(self, named: list[tuple[str, bytes]]) -> None:
        """Publish pictures that somebody wants to see, each with its name."""
        for one in named:
            self._pictures.publish(one)

    def diagnostics(self, message: DiagnosticArray) -> None:
        """Publish how the node stands."""
        self._diagnostics.publish(message)

    def destroy(self) -> None:
        """Destroy them."""
        for group in self._groups:
            group.destroy(self._qos_monitor)
