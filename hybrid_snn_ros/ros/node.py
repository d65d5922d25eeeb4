# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The classifier as a lifecycle node: camera frames and labels in, names out."""

from collections.abc import Callable
from contextlib import ExitStack
import functools
import importlib.util
from pathlib import Path
import time
import traceback
from typing import TYPE_CHECKING

from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.errors import (
    FingerprintError,
    NewerVersionError,
    OldFormatError,
    StoreError,
)
from hybrid_snn_ros.paths import memory_path, relative_remark
from hybrid_snn_ros.ros import host_metrics, messages
from hybrid_snn_ros.ros.bond import Bond
from hybrid_snn_ros.ros.box_namer import BoxQueue
from hybrid_snn_ros.ros.camera import Camera
from hybrid_snn_ros.ros.commands import CommandQueue, Result
from hybrid_snn_ros.ros.diagnostics import Complaints, Diagnostics, LOOK
from hybrid_snn_ros.ros.frame_queue import LatestFrameQueue
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.publishers import Known, Publishers
from hybrid_snn_ros.ros.qos_monitor import QosMonitor
from hybrid_snn_ros.ros.requests import Requests
from hybrid_snn_ros.ros.thing_finder import WhereStatus
from hybrid_snn_ros.ros.type_watch import TypeWatch
from hybrid_snn_ros.ros.worker import Listeners, Parts, Worker
from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import BackendError
from hybrid_snn_ros.snn.rules import seeded
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.encoder import EncoderError
from hybrid_snn_ros.vision.framing import check_crop
from hybrid_snn_ros.vision.probe import load_probed

if TYPE_CHECKING:
    from hybrid_snn_ros.ros.fleet_topics import FleetTopics

_Transition = Callable[['ClassifierNode', LifecycleState], TransitionCallbackReturn]


def _logged(transition: _Transition) -> _Transition:
    """Log what goes wrong in a transition: rclpy turns its exception into a silent ERROR."""
    @functools.wraps(transition)
    def run(self: 'ClassifierNode', state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(self, state)
        except Exception:
            self.get_logger().error(
                f'{transition.__name__} failed unexpectedly: {traceback.format_exc()}')
            raise
    return run


def _check_fleet() -> None:
    """Raise ValueError where what robots speak with each other is not installed."""
    for name in ('cryptography', 'msgpack'):
        if importlib.util.find_spec(name) is None:
            raise ValueError(f"fleet needs {name}: rosdep install, or pip install "
                             "'hybrid_snn_ros[fleet]'")


class ClassifierNode(LifecycleNode):
    """Allocates in configure, has traffic only while active, frees everything in cleanup."""

    _group: CallbackGroup | None = None  # callback group of what the last transition made

    def __init__(self) -> None:
        super().__init__('classifier')
        self._classifier: Classifier | None = None
        self._worker: Worker | None = None
        # Made by each activation.
        self._frames: LatestFrameQueue
        self._commands: CommandQueue
        self._camera: Camera
        self._diagnostics: Diagnostics
        self._out: Publishers | None = None
        self._cells: CellEncoder | None = None  # where things are to be found
        self._fleet: FleetTopics | None = None  # of other robots, if this one is to know of them
        self._requests: Requests | None = None  # of the last activation
        self._traffic = ExitStack()  # what closes all that the last activation has opened
        self._qos_monitor = QosMonitor(self)
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

    @_logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the encoder and what was taught, and make the publishers."""
        settings, self._group = self._settings, MutuallyExclusiveCallbackGroup()
        try:
            crop = check_crop((settings.crop, settings.roi))
            encoder = load_probed(settings.path('model'), settings.threads,
                                  settings.path('delegate'), settings.cpus)
            if settings.encoder != 'tflite':
                from hybrid_snn_ros.spiking_encoder.encoder import of_model  # costs others nothing
                spiking = of_model(encoder.path, settings.encoder, settings.cpus)
                self.get_logger().warning(spiking.remark())
                encoder = spiking
            self.get_logger().info(encoder.describe())
            classifier = Classifier(
                encoder, settings.rule, seeded(settings.rule, settings.seed), crop,
                settings.false_unknown, settings.top_k, settings.backend)
            self._cells = None
            if settings.where == 'on':
                self._cells = CellEncoder(None, settings.threads, cpus=settings.cpus)
            if settings.fleet != 'off':
                _check_fleet()
            self._remember(classifier)
        except (EncoderError, StoreError, BackendError, ValueError, OSError) as error:
            self.get_logger().error(f'configure failed: {error}')
            return TransitionCallbackReturn.FAILURE
        self._classifier = classifier
        self.get_logger().info(
            f'memory {self.memory}: {len(classifier.labels)} labels, '
            f'{len(classifier.state.samples)} samples; rule {classifier.rule_name}; '
            f'backend {classifier.backend.why}; {kernel.describe()}'
            + ('; only read, not written' if classifier.is_readonly else ''))
        if not messages.HAVE_VISION_MSGS:
            self.get_logger().warning(
                'vision_msgs is not installed: ~/classification, ~/label_info, ~/vision_info, '
                '~/boxes and ~/detections are off; ~/answer, ~/labels and ~/things carry the '
                'same as JSON')
        self._out = Publishers(self._qos_monitor)
        if settings.fleet != 'off':
            from hybrid_snn_ros.ros.fleet_topics import FleetTopics  # costs others nothing
            self._fleet = FleetTopics(self._qos_monitor)
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
        except (FingerprintError, NewerVersionError, OldFormatError):
            raise
        except StoreError as error:
            self._trouble = str(error)
            remarks = [f'{error}; the node answers frames, but refuses teaching until that is '
                       'over']
            remarks += classifier.open_readonly(self.memory, str(error), initial)
        for remark in remarks:
            self.get_logger().warning(remark)

    @_logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the traffic: subscriptions, services, worker, diagnostics."""
        result = super().on_activate(state)
        self._group = MutuallyExclusiveCallbackGroup()
        assert self._classifier is not None and self._out is not None  # configured
        clock = self.get_clock()
        self._frames = LatestFrameQueue(
            self._settings.frame_queue, lambda: clock.now().nanoseconds * 1e-9)
        self._commands, boxes = CommandQueue(), BoxQueue()
        self._diagnostics = Diagnostics(self.get_fully_qualified_name())
        member = None
        if self._fleet is not None:
            from hybrid_snn_ros.ros.fleet_member import FleetMember
            member = FleetMember(self._classifier, self._settings, self._fleet.send,
                                 self._fleet.tell, self._out.pictures, self._frames.wake)
        self._worker = Worker(
            self._classifier, self._frames, self._commands, boxes, self._settings,
            Listeners(self._out.answer, self._out.things, self._out.things_watched,
                      self._out.questions, self._out.quality, self._out.quality_watched,
                      self._out.pictures, self._publish_result, self._publish_known),
            self.get_logger(), self.get_clock(), self._trouble, Parts(self._cells, member))
        # version, labels, and how finding things stands
        self._published: tuple[int, list[str], WhereStatus] | None = None
        self._publish_known()
        # Each goes with what closes it: also half an activation is closed, in the opposite order.
        later = self._traffic.callback
        self._worker.start()
        later(self._end_work)
        # By a clock of its own: a simulation that stands still is a silent camera as well.
        later(self.destroy_timer, self.create_timer(
            LOOK, self._publish_diagnostics, clock=Clock(clock_type=ClockType.STEADY_TIME)))
        later(Bond(self).close)
        if self._requests is not None:
            self._requests.destroy_services()  # of the activation before
        self._requests = Requests(self, self._qos_monitor, self._settings, self._commands,
                                  boxes, self._frames.wake, self._publish_result)
        later(self._requests.close)
        if self._fleet is not None and member is not None:
            self._fleet.listen(member.hear)
            later(self._fleet.deafen)
        self._camera = Camera(self, self._qos_monitor, self._settings, self._frames.put)
        later(self._camera.close)
        self._types = TypeWatch(self, self._qos_monitor, self._camera.topic)
        return result

    @_logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the traffic and save."""
        self._close_traffic()
        return super().on_deactivate(state)

    def _close_traffic(self) -> None:
        self._traffic.close()  # nothing, where nothing is open

    def _end_work(self) -> None:
        assert self._worker is not None and self._classifier is not None
        self._worker.stop()
        self._trouble = self._worker.problem
        self._worker = None
        if self._settings.learning:
            try:
                self._classifier.keep()
            except StoreError as error:
                self.get_logger().error(str(error))

    @_logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the encoder, the network and the publishers."""
        self._free()
        return super().on_cleanup(state)

    @_logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Save and free, whatever state the node was in."""
        self._close_traffic()
        self._free()
        return super().on_shutdown(state)

    @_logged
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Come back to unconfigured with everything freed."""
        self._close_traffic()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def _free(self) -> None:
        if self._classifier is None:
            return
        if self._requests is not None:
            self._requests.destroy_services()
            self._requests = None
        if self._out is not None:
            self._out.destroy()
            self._out = None
        if self._fleet is not None:
            self._fleet.destroy()
            self._fleet = None
        # Closing renews the second copy; a frozen robot writes nothing at all.
        (self._classifier if self._settings.learning else self._classifier.store).close()
        self._classifier = self._cells = None

    def close(self) -> None:
        """Stop the worker and save; for the end of the process."""
        self._close_traffic()
        self._free()

    # -- out -----------------------------------------------------------------------------------

    def _publish_result(self, result: Result) -> None:
        """Say what became of a request; called by the worker, and where none reaches it."""
        assert self._out is not None
        self._out.result(result)
        if result.level == 'ERROR':
            # Of a flood one a second; ~/teach_result has them all.
            self.get_logger().warning(f"{result.values['operation']}: {result.message}",
                                      throttle_duration_sec=1.0)
        else:
            self._publish_known()

    def _publish_known(self) -> None:
        """Say what is known, where that has changed; called by whoever owns the classifier."""
        classifier = self._classifier
        assert classifier is not None and self._out is not None
        where = self._worker.where if self._worker else WhereStatus()
        now = classifier.version, list(classifier.labels), where
        if now != self._published:
            self._published = now
            self._out.known(
                Known(classifier, self.get_clock().now().to_msg(), str(self.memory), where))

    def _publish_diagnostics(self) -> None:
        worker, frames = self._worker, self._frames
        assert worker is not None and self._out is not None  # active
        since = time.monotonic() - frames.last_time
        silent = since if since > self._settings.image_timeout else None
        if not self._diagnostics.due(silent):
            return
        absent, types = self._camera.look(silent), self._types.look()
        # Read against the frames' way: what moves on meanwhile is never counted twice.
        counters = {**worker.counters._asdict(), 'dropped': frames.dropped, 'waiting': len(frames),
                    'received': frames.received, 'lost': self._camera.lost}
        status = worker.status
        cameras, others = self._qos_monitor.sentences(self._camera.topic)
        self._out.diagnostics(self._diagnostics.message(
            self.get_clock().now().to_msg(), counters, status.times,
            {**status.facts, 'memory': str(self.memory),
             'vision_msgs': 'on' if messages.HAVE_VISION_MSGS else 'not installed',
             **host_metrics.read(),
             **self._camera.facts(),
             'unknown_parameters': ', '.join(self._settings.unknown),
             'incompatible_qos': '; '.join(filter(None, (cameras, others))),
             'incompatible_types': '; '.join(types)},
            Complaints(
                camera_apart=cameras, absent=absent, teaching=status.teaching,
                peers_apart=others, types='; '.join(types),
                losses=self._camera.losses(frames.received), gpu=status.gpu)))
