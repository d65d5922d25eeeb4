# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The classifier as a lifecycle node: camera frames and labels in, names out."""

from collections.abc import Callable
from contextlib import ExitStack
import functools
from pathlib import Path
import time
import traceback
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String

from hybrid_snn_ros.classifier import Classifier, Prediction
from hybrid_snn_ros.memory.errors import (
    IdentityError,
    NewerVersionError,
    OldFormatError,
    StoreError,
)
from hybrid_snn_ros.paths import memory_path, relative_remark
from hybrid_snn_ros.ros import debug, messages
from hybrid_snn_ros.ros.annotate import annotated, seen
from hybrid_snn_ros.ros.bond import Bond
from hybrid_snn_ros.ros.camera import Camera
from hybrid_snn_ros.ros.commands import CommandQueue, Result
from hybrid_snn_ros.ros.connections import Connections
from hybrid_snn_ros.ros.diagnostics import Complaints, Diagnostics, LOOK
from hybrid_snn_ros.ros.facts import facts
from hybrid_snn_ros.ros.frame_slot import FrameSlot
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.requests import Requests
from hybrid_snn_ros.ros.type_watch import TypeWatch
from hybrid_snn_ros.ros.worker import Worker
from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import BackendError
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rules import seeded
from hybrid_snn_ros.vision.encoder import EncoderError
from hybrid_snn_ros.vision.framing import check_crop
from hybrid_snn_ros.vision.probe import load_probed

_Transition = Callable[['ClassifierNode', LifecycleState], TransitionCallbackReturn]
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def _told(transition: _Transition) -> _Transition:
    """Log what goes wrong in a transition: rclpy turns its exception into a silent ERROR."""
    @functools.wraps(transition)
    def run(self: 'ClassifierNode', state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(self, state)
        except Exception:
            self.get_logger().error(
                f'{transition.__name__} failed in an unforeseen way: {traceback.format_exc()}')
            raise
    return run


class ClassifierNode(LifecycleNode):
    """Allocates in configure, has traffic only while active, frees everything in cleanup."""

    _group: CallbackGroup | None = None  # callback group of what the last transition made

    def __init__(self) -> None:
        super().__init__('classifier')
        self._classifier: Classifier | None = None
        self._worker: Worker | None = None
        # Made by each activation.
        self._slot: FrameSlot
        self._commands: CommandQueue
        self._camera: Camera
        self._diagnostics: Diagnostics
        self._outgoing: list[Any] = []  # publishers
        self._traffic = ExitStack()  # what closes all that the last activation has opened
        self._connections = Connections(self)
        self._trouble = ''  # why teaching is refused, while no worker knows better
        self._settings = Parameters(self, lambda: self._classifier is not None)
        if self._settings.autostart:
            self._starter = self.create_timer(0.0, self._autostart)

    def _autostart(self) -> None:
        self.destroy_timer(self._starter)
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    @property
    def default_callback_group(self) -> CallbackGroup:
        """
        Group of whatever is created now, a new one with every configure and activate.

        A group of rclpy keeps a weak reference to all that ever was in it, so that one for the
        life of the node would grow with every transition.
        """
        return self._group or super().default_callback_group

    @property
    def memory(self) -> Path:
        """Directory in which this node keeps what it was taught."""
        return memory_path(self._settings.memory, self.get_namespace(), self.get_name())

    # -- transitions ---------------------------------------------------------------------------

    @_told
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the encoder and what was taught, and make the publishers."""
        settings, self._group = self._settings, MutuallyExclusiveCallbackGroup()
        try:
            crop = check_crop((settings.crop, settings.roi))
            encoder = load_probed(settings.path('model'), settings.threads,
                                  settings.path('delegate'), settings.cpus)
            self.get_logger().info(encoder.describe())
            classifier = Classifier(
                encoder, settings.rule, seeded(settings.rule, settings.seed), crop,
                settings.false_unknown, settings.top_k, settings.backend)
            self._remember(classifier)
        except (EncoderError, StoreError, BackendError, ValueError, OSError) as error:
            self.get_logger().error(f'configure failed: {error}')
            return TransitionCallbackReturn.FAILURE
        self._classifier = classifier
        self.get_logger().info(
            f'memory {self.memory}: {len(classifier.labels)} labels, '
            f'{len(classifier.ledger.samples)} samples; rule {classifier.rule_name}; '
            f'backend {classifier.backend.why}; {kernel.describe()}'
            + ('; read, not written' if classifier.is_readonly else ''))
        if not messages.HAVE_VISION_MSGS:
            self.get_logger().warning(
                'vision_msgs is not installed: ~/classification, ~/label_info and ~/vision_info '
                'are off; ~/answer and ~/labels carry the same as JSON')
        self._make_publishers()
        return super().on_configure(state)

    def _remember(self, classifier: Classifier) -> None:
        """Open the memory; where that cannot be done now, answer from what can be read of it."""
        initial = self._settings.path('initial_memory') or None
        self._trouble = ''
        if remark := relative_remark(self._settings.memory):
            self.get_logger().warning(remark, once=True)
        try:
            if self._settings.learning:
                remarks = classifier.open(self.memory, initial)
            else:  # a frozen robot: nothing is written
                remarks = classifier.open_readonly(self.memory, 'learning is off', initial)
        except (IdentityError, NewerVersionError, OldFormatError):
            raise
        except StoreError as error:
            self._trouble = str(error)
            remarks = [f'{error}; frames are answered, teaching is refused until that is over']
            remarks += classifier.open_readonly(self.memory, str(error), initial)
        for remark in remarks:
            self.get_logger().warning(remark)

    def _make_publishers(self) -> None:
        self._label_out = self._out(String, '~/label', 10)
        self._answer_out = self._out(String, '~/answer', 10)
        self._annotated_out = self._out(Image, '~/annotated', qos_profile_sensor_data)
        self._debug_out = self._out(String, '~/debug', 1)
        self._result_out = self._out(DiagnosticStatus, '~/teach_result', 2000)
        self._labels_out = self._out(String, '~/labels', _LATCHED)
        self._diagnostics_out = self._out(DiagnosticArray, '/diagnostics', 10)
        if messages.HAVE_VISION_MSGS:
            self._classification_out = self._out(messages.Classification, '~/classification', 10)
            self._label_info_out = self._out(messages.LabelInfo, '~/label_info', _LATCHED)
            self._vision_info_out = self._out(messages.VisionInfo, '~/vision_info', _LATCHED)

    def _out(self, kind: type, topic: str, qos: QoSProfile | int) -> Any:
        self._outgoing.append(self._connections.publisher(kind, topic, qos))
        return self._outgoing[-1]

    @_told
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the traffic: subscriptions, services, worker, diagnostics."""
        result = super().on_activate(state)
        self._group = MutuallyExclusiveCallbackGroup()
        assert self._classifier is not None  # configured
        clock = self.get_clock()
        self._slot = FrameSlot(self._settings.frame_queue, lambda: clock.now().nanoseconds * 1e-9)
        self._commands = CommandQueue()
        self._diagnostics = Diagnostics(self.get_fully_qualified_name())
        self._worker = Worker(
            self._classifier, self._slot, self._commands, self._settings, self._publish_answer,
            self._publish_result, self._publish_labels, self.get_logger(), self.get_clock())
        self._worker.tutor.problem = self._trouble
        self._published_labels: tuple[int, list[str]] | None = None
        self._debugged = 0.0
        self._publish_labels()
        # Each goes with what closes it: also half an activation is closed, in the opposite order.
        later = self._traffic.callback
        self._worker.start()
        later(self._end_work)
        # By a clock of its own: a simulation that stands still is a silent camera as well.
        later(self.destroy_timer, self.create_timer(
            LOOK, self._publish_diagnostics, clock=Clock(clock_type=ClockType.STEADY_TIME)))
        later(Bond(self).close)
        later(Requests(self, self._connections, self._settings, self._commands,
                       self._slot.nudge, self._publish_result).close)
        self._camera = Camera(self, self._connections, self._settings, self._slot.put)
        later(self._camera.close)
        self._types = TypeWatch(self, self._connections, self._camera.topic)
        return result

    @_told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the traffic and save."""
        self._close_traffic()
        return super().on_deactivate(state)

    def _close_traffic(self) -> None:
        self._traffic.close()  # nothing, where nothing is open

    def _end_work(self) -> None:
        assert self._worker is not None and self._classifier is not None
        self._worker.stop()
        self._trouble = self._worker.tutor.problem
        self._worker = None
        if self._settings.learning:
            try:
                self._classifier.keep()
            except StoreError as error:
                self.get_logger().error(str(error))

    @_told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the encoder, the network and the publishers."""
        self._free()
        return super().on_cleanup(state)

    @_told
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Save and free, whatever state the node was in."""
        self._close_traffic()
        self._free()
        return super().on_shutdown(state)

    @_told
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Come back to unconfigured with everything freed."""
        self._close_traffic()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def _free(self) -> None:
        if self._classifier is None:
            return
        for publisher in self._outgoing:
            self._connections.destroy(publisher)
        self._outgoing = []
        # Closing renews the second copy; a frozen robot writes nothing at all.
        (self._classifier if self._settings.learning else self._classifier.store).close()
        self._classifier = None

    def close(self) -> None:
        """Stop the worker and save; for the end of the process."""
        self._close_traffic()
        self._free()

    # -- out (called by the worker) ------------------------------------------------------------

    def _publish_answer(self, message: messages.CameraMessage, codes: np.ndarray,
                        response: Response, prediction: Prediction, latency_ms: float,
                        processing_ms: float) -> None:
        assert self._classifier is not None
        self._label_out.publish(String(data=prediction.label))
        if messages.HAVE_VISION_MSGS:
            self._classification_out.publish(messages.classification(message.header, prediction))
        if self._answer_out.get_subscription_count():
            self._answer_out.publish(String(data=messages.answer(
                message.header, prediction, seen(message, self._classifier.crop), latency_ms,
                processing_ms)))
        if self._annotated_out.get_subscription_count():
            self._annotated_out.publish(annotated(message, prediction, self._classifier.crop))
        if self._debug_out.get_subscription_count() and (
                time.monotonic() - self._debugged >= debug.PERIOD):
            self._debugged = time.monotonic()
            stamp = message.header.stamp
            self._debug_out.publish(String(data=debug.view(
                self._classifier, codes, response, (stamp.sec, stamp.nanosec))))

    def _publish_result(self, result: Result) -> None:
        self._result_out.publish(messages.status(
            result.level, result.label, result.message, **result.values))
        if result.level == 'ERROR':
            # Of a flood one a second; ~/teach_result has them all.
            self.get_logger().warning(f"{result.values['operation']}: {result.message}",
                                      throttle_duration_sec=1.0)
        else:
            self._publish_labels()

    def _publish_labels(self) -> None:
        classifier = self._classifier
        assert classifier is not None
        version = classifier.version
        if (version, classifier.labels) == self._published_labels:
            return
        self._published_labels = version, list(classifier.labels)
        self._labels_out.publish(String(data=messages.labels(classifier.ledger)))
        if messages.HAVE_VISION_MSGS:
            header = Header(stamp=self.get_clock().now().to_msg())
            self._label_info_out.publish(messages.label_info(header, classifier.labels))
            self._vision_info_out.publish(messages.vision_info(
                header, f'EfficientNet + CoLaNET ({classifier.rule_name})', str(self.memory),
                version))

    def _publish_diagnostics(self) -> None:
        worker, slot = self._worker, self._slot
        assert worker is not None and self._classifier is not None  # active
        since = time.monotonic() - slot.last_time
        silent = since if since > self._settings.image_timeout else None
        if not self._diagnostics.due(silent):
            return
        absent, types = self._camera.look(silent), self._types.look()
        # Read against the frames' way: what moves on meanwhile is never counted twice.
        counters = {'answered': worker.answered, 'refused': worker.refused,
                    'failed': worker.failed, 'dropped': slot.dropped, 'waiting': len(slot),
                    'received': slot.received, 'lost': self._camera.lost,
                    'last_refusal': worker.last_refusal, 'last_failure': worker.last_failure}
        cameras, others = self._connections.sentences(self._camera.topic)
        self._diagnostics_out.publish(self._diagnostics.message(
            self.get_clock().now().to_msg(), counters, worker.times,
            {**facts(self._classifier, worker, self.memory), **self._camera.facts(),
             'unknown_parameters': ', '.join(self._settings.unknown),
             'incompatible_qos': '; '.join(filter(None, (cameras, others))),
             'incompatible_types': '; '.join(types)},
            Complaints(
                camera_apart=cameras, absent=absent, teaching=worker.tutor.problem,
                peers_apart=others, types='; '.join(types),
                losses=self._camera.losses(slot.received), gpu=self._classifier.backend.lost)))
