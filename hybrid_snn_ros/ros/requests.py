# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What comes in besides frames: topics and services, turned into commands for the worker.

A service waits for the worker without holding the executor, which goes on taking frames: its
callback is a coroutine, looked at again whenever the executor has something to do, and the
worker wakes it when there is a result.
"""

from collections.abc import Callable, Generator
import functools
import time
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from hybrid_snn_ros.memory.labels import LabelError, normalise, written
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.box_namer import BoxQueue, BoxRequest
from hybrid_snn_ros.ros.commands import (
    Command,
    CommandError,
    CommandQueue,
    MAX_WAITING,
    parse,
    Result,
    sample_id,
)
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.qos_monitor import QosMonitor
from hybrid_snn_ros.vision.detections import boxes_of, label_of
from hybrid_snn_ros.where.boxes import MOST

# So many may come at once and are still answered, be it by a refusal.
_DEPTH = 2000
_BOX_DEPTH = 10  # of what a detector finds; the newest count
_SERVICE_PATIENCE = 5.0  # seconds a service waits for a worker that is stuck
_TOO_MANY = 'too many requests wait already; send fewer at a time'


class _Awaited:
    """The result of a command, for a coroutine, or None; set by the worker's thread."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._result: Result | None = None
        self._end = time.monotonic() + _SERVICE_PATIENCE
        self._over = False  # nothing waits any more

    def set(self, result: Result) -> None:
        self._result = result
        if not self._over:  # else what it wakes may be gone
            self._wake()

    def __await__(self) -> Generator[None, None, Result | None]:
        while self._result is None and time.monotonic() < self._end:
            yield
        self._over = True
        return self._result


class Requests:
    """Subscriptions and services of an active node."""

    def __init__(self, node: LifecycleNode, qos_monitor: QosMonitor, settings: Parameters,
                 commands: CommandQueue, boxes: BoxQueue, wake: Callable[[], None],
                 report: Callable[[Result], None]) -> None:
        """
        Open them.

        :param node: rclpy node.
        :param qos_monitor: QosMonitor of the node.
        :param settings: ros.parameters.Parameters.
        :param commands: CommandQueue, which the worker empties.
        :param boxes: BoxQueue, which the worker empties.
        :param wake: function that wakes the worker.
        :param report: function of a commands.Result: publish it.
        """
        self._node = node
        self._qos_monitor = qos_monitor
        self._settings = settings
        self._commands = commands
        self._boxes = boxes
        self._wake = wake
        self._report = report
        self._subscriptions = [
            qos_monitor.subscription(String, '~/teach', self._on_teach, _DEPTH),
            qos_monitor.subscription(String, '~/forget', self._on_forget, _DEPTH),
            qos_monitor.subscription(String, '~/rename', self._on_rename, _DEPTH),
            qos_monitor.subscription(String, '~/merge', self._on_merge, _DEPTH),
            qos_monitor.subscription(String, '~/undo_sample', self._on_undo_sample, _DEPTH),
            qos_monitor.subscription(String, '~/command', self._on_command, _DEPTH)]
        if messages.HAVE_VISION_MSGS:
            self._subscriptions += [
                qos_monitor.subscription(
                    messages.Classification, '~/teach_frame', self._on_teach_frame, _DEPTH),
                qos_monitor.subscription(
                    messages.Detection2DArray, '~/teach_boxes', self._on_teach_boxes, _DEPTH),
                qos_monitor.subscription(
                    messages.Detection2DArray, '~/boxes', self._on_boxes, _BOX_DEPTH)]
        # A callback that waits keeps a mutually exclusive group from all others.
        group = ReentrantCallbackGroup()
        self._guard = node.create_guard_condition(lambda: None, callback_group=group)
        self._waiting = 0  # services whose answer is not sent yet
        self._closed = False
        self._services = [node.create_service(SetBool, '~/learning', self._on_learning)]
        self._services += [
            node.create_service(Trigger, f'~/{operation}',
                                functools.partial(self._serve, operation), callback_group=group)
            for operation in ('undo', 'redo', 'rollback', 'save')]

    def close(self) -> None:
        """Close them; services that still wait for the worker stay until `destroy_services`."""
        self._closed = True
        for subscription in self._subscriptions:
            self._qos_monitor.destroy(subscription)
        # An answer gets lost if its service is destroyed before it has arrived.
        if not self._waiting:
            self.destroy_services()

    def destroy_services(self) -> None:
        """Destroy what `close` has left for answers that were on their way."""
        executor = self._node.executor
        if self._waiting and executor is not None:  # behind the callbacks that still answer
            executor.create_task(self.destroy_services)
            return
        for service in self._services:
            self._node.destroy_service(service)
        if self._services:
            self._node.destroy_guard_condition(self._guard)
        self._services = []

    def _on_teach(self, message: String) -> None:
        self._ask('teach', message.data, lambda: Command(
            'teach', normalise(message.data), frames=self._settings.teach_frames, source='teach'))

    def _on_teach_frame(self, message: Any) -> None:
        label = message.results[0].class_id if message.results else ''
        stamp = message.header.stamp
        self._ask('teach', label, lambda: Command(
            'teach', normalise(label), stamp=(stamp.sec, stamp.nanosec), source='teach_frame'))

    def _on_teach_boxes(self, message: Any) -> None:
        """Teach every box under the name of its first hypothesis; all of them are one change."""
        stamp, found = message.header.stamp, message.detections
        press = f'boxes {stamp.sec}.{stamp.nanosec:09d}'
        if len(found) > MAX_WAITING:
            self._report(Result('ERROR', '', f'{MAX_WAITING} boxes can be taught at once, not '
                                f'{len(found)}', {'operation': 'teach', 'id': ''}))
            return
        for detection, box in zip(found, boxes_of(message)):
            label = label_of(detection)
            self._ask('teach', label, functools.partial(
                _box_command, label, (stamp.sec, stamp.nanosec), box, press))

    def _on_boxes(self, message: Any) -> None:
        stamp = message.header.stamp
        if len(message.detections) > MOST:
            self._node.get_logger().warning(
                f'boxes refused: a frame can have {MOST} boxes, not {len(message.detections)}',
                throttle_duration_sec=5.0)
            return
        self._boxes.put(BoxRequest(boxes_of(message), (stamp.sec, stamp.nanosec),
                              detections=message))
        self._wake()

    def _on_forget(self, message: String) -> None:
        self._ask('forget', message.data, lambda: Command(
            'forget', written(message.data), source='forget'))

    def _on_rename(self, message: String) -> None:
        self._on_two_labels('rename', message.data)

    def _on_merge(self, message: String) -> None:
        self._on_two_labels('merge', message.data)

    def _on_two_labels(self, operation: str, text: str) -> None:
        def command() -> Command:
            old, separator, new = text.partition('=')
            if not separator:
                raise CommandError(f"{operation} takes 'old=new', not {text[:80]!r}")
            return Command(operation, written(old),
                           (normalise if operation == 'rename' else written)(new),
                           source=operation)
        self._ask(operation, text, command)

    def _on_undo_sample(self, message: String) -> None:
        self._ask('undo', message.data, lambda: Command(
            'undo', sample=sample_id(message.data), source='undo_sample'))

    def _on_command(self, message: String) -> None:
        self._ask('command', '', lambda: parse(message.data))

    def _ask(self, operation: str, text: str, make_command: Callable[[], Command]) -> None:
        """Hand a request to the worker, or say at once why it is none."""
        try:
            command = make_command()
        except (CommandError, LabelError) as error:
            self._report(Result('ERROR', text[:64], str(error), {
                'operation': operation, 'id': getattr(error, 'id', '')}))
            return
        if not self._commands.put(command):
            self._report(Result(
                'ERROR', command.label, _TOO_MANY,
                {'operation': operation, 'id': command.id}))
            return
        self._wake()

    async def _serve(self, operation: str, request: Trigger.Request,
                     response: Trigger.Response) -> Trigger.Response:
        """Answer a service: hand the request to the worker and wait for what became of it."""
        if self._closed:
            response.message = 'the node is not active'
            return response
        awaited = _Awaited(self._guard.trigger)
        if not self._commands.put(Command(operation, source=operation, on_result=awaited.set)):
            response.message = _TOO_MANY
            return response
        self._wake()
        self._waiting += 1
        result = await awaited
        self._waiting -= 1
        if result is None:
            response.message = (f'not done within {_SERVICE_PATIENCE:g} s; the result follows on '
                                '~/teach_result')
        else:
            response.success, response.message = result.level == 'OK', result.message
        return response

    def _on_learning(self, request: SetBool.Request,
                     response: SetBool.Response) -> SetBool.Response:
        result = self._node.set_parameters([Parameter('learning', value=request.data)])[0]
        response.success = result.successful
        response.message = result.reason or f"learning is {'on' if request.data else 'off'}"
        return response


def _box_command(label: str, stamp: tuple[int, int], box: tuple[float, ...],
                 press: str) -> Command:
    """Return the request to teach what a box shows; LabelError where it has no name."""
    return Command('teach', normalise(label), press=press, stamp=stamp, boxes=(box,),
                   source='teach_boxes')
