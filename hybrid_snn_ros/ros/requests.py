# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What comes in besides frames: topics and services, turned into commands for the worker."""

from collections.abc import Callable
import functools
import threading
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from hybrid_snn_ros.memory.labels import LabelError, normalise, written
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.commands import (
    Command,
    CommandError,
    CommandQueue,
    parse,
    Result,
    sample_id,
)
from hybrid_snn_ros.ros.connections import Connections
from hybrid_snn_ros.ros.parameters import Parameters

# So many may come at once and are still answered, be it by a refusal.
_DEPTH = 2000
_SERVICE_PATIENCE = 2.0  # seconds a service waits for the worker


class Requests:
    """Subscriptions and services of an active node."""

    def __init__(self, node: LifecycleNode, connections: Connections, settings: Parameters,
                 commands: CommandQueue, nudge: Callable[[], None],
                 report: Callable[[Result], None]) -> None:
        """
        Open them.

        :param node: rclpy node.
        :param connections: Connections of the node.
        :param settings: ros.parameters.Parameters.
        :param commands: CommandQueue, which the worker empties.
        :param nudge: function that wakes the worker.
        :param report: function of a commands.Result: publish it.
        """
        self._node = node
        self._connections = connections
        self._settings = settings
        self._commands = commands
        self._nudge = nudge
        self._report = report
        self._subscriptions = [
            connections.subscription(String, '~/teach', self._on_teach, _DEPTH),
            connections.subscription(String, '~/forget', self._on_forget, _DEPTH),
            connections.subscription(String, '~/rename', self._on_rename, _DEPTH),
            connections.subscription(String, '~/merge', self._on_merge, _DEPTH),
            connections.subscription(String, '~/undo_sample', self._on_undo_sample, _DEPTH),
            connections.subscription(String, '~/command', self._on_command, _DEPTH)]
        if messages.HAVE_VISION_MSGS:
            self._subscriptions.append(connections.subscription(
                messages.Classification, '~/teach_frame', self._on_teach_frame, _DEPTH))
        self._services = [
            node.create_service(SetBool, '~/learning', self._on_learning),
            node.create_service(Trigger, '~/undo', functools.partial(self._serve, 'undo')),
            node.create_service(Trigger, '~/redo', functools.partial(self._serve, 'redo')),
            node.create_service(Trigger, '~/rollback', functools.partial(self._serve, 'rollback')),
            node.create_service(Trigger, '~/save', functools.partial(self._serve, 'save'))]

    def close(self) -> None:
        """Close them."""
        for subscription in self._subscriptions:
            self._connections.destroy(subscription)
        for service in self._services:
            self._node.destroy_service(service)

    def _on_teach(self, message: String) -> None:
        self._ask('teach', message.data, lambda: Command(
            'teach', normalise(message.data), frames=self._settings.teach_frames, source='teach'))

    def _on_teach_frame(self, message: Any) -> None:
        label = message.results[0].class_id if message.results else ''
        stamp = message.header.stamp
        self._ask('teach', label, lambda: Command(
            'teach', normalise(label), stamp=(stamp.sec, stamp.nanosec), source='teach_frame'))

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
                raise CommandError(f"to {operation} takes 'old=new', not {text[:80]!r}")
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
                'ERROR', command.label, 'too many requests wait already; send fewer at a time',
                {'operation': operation, 'id': command.id}))
            return
        self._nudge()

    def _serve(self, operation: str, request: Trigger.Request,
               response: Trigger.Response) -> Trigger.Response:
        """Answer a service: hand the request to the worker and wait for what became of it."""
        done, results = threading.Event(), []

        def on_result(result: Result) -> None:
            results.append(result)
            done.set()
        queued = self._commands.put(Command(operation, source=operation, on_result=on_result))
        self._nudge()
        if queued and done.wait(_SERVICE_PATIENCE):
            response.success = results[0].level == 'OK'
            response.message = results[0].message
        else:
            response.success = False
            response.message = (f'not done within {_SERVICE_PATIENCE:g} s (learning anew?); '
                                'what becomes of it is told on ~/teach_result')
        return response

    def _on_learning(self, request: SetBool.Request,
                     response: SetBool.Response) -> SetBool.Response:
        result = self._node.set_parameters([Parameter('learning', value=request.data)])[0]
        response.success = result.successful
        response.message = result.reason or f"learning is {'on' if request.data else 'off'}"
        return response
