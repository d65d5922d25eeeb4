# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The person of the demo: chooses what stands on the turntable, teaches, reads the answers."""

from collections.abc import Callable, Iterator, Sequence
import json
import time
from typing import Any, NamedTuple

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParametersAtomically
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import String

from hybrid_snn_ros.cli.demo_report import Seen
from hybrid_snn_ros.recent import Recent
from hybrid_snn_ros.ros.qos import LATCHED

_Stamp = tuple[int, int]  # sec, nanosec
_REMEMBERED = 60  # pictures, views and answers that wait for each other


class DemoError(RuntimeError):
    """Something the demo waits for did not come; the message says what."""


class SceneSeen(NamedTuple):
    """One answered picture of several things on a table."""

    stamp: _Stamp
    view: dict[str, Any]  # as on ~/view, with what is where in truth
    things: list[dict[str, Any]]  # as on ~/things
    picture: np.ndarray | None  # uint8 RGB, or None when it was lost on its way to the demo


class DemoClient:
    """Talks to camera and classifier over topics alone, as any other node would."""

    def __init__(self, check_children: Callable[[], None], namespace: str = '/') -> None:
        """
        Join the ROS graph.

        :param check_children: called while waiting; raises if a process has died.
        :param namespace: of camera and classifier.
        """
        if not rclpy.ok():
            rclpy.init(args=[], signal_handler_options=rclpy.signals.SignalHandlerOptions.NO)
        self._node = rclpy.create_node('demo', namespace=namespace)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._check_children = check_children
        self._views: Recent[_Stamp, dict[str, Any]] = Recent(_REMEMBERED)
        self._answers: Recent[_Stamp, dict[str, Any]] = Recent(_REMEMBERED)
        self._pictures: Recent[_Stamp, Image] = Recent(_REMEMBERED)
        self._seen: list[Seen] = []
        self._found: Recent[_Stamp, list[dict[str, Any]]] = Recent(_REMEMBERED)
        self._scenes: Recent[_Stamp, SceneSeen] = Recent(_REMEMBERED)
        self._results: list[DiagnosticStatus] = []
        self._commands = 0  # sent until now
        self.published = 0  # pictures the camera sent since the classifier is ready
        self.answered = 0  # pictures the classifier answered since then
        self.counters: dict[str, str] = {}  # of the classifier, from /diagnostics
        self._where: dict[str, Any] = {}  # how finding things stands, from ~/labels
        node = self._node
        self._object = node.create_publisher(String, 'turntable_camera/object', 10)
        self._split = node.create_publisher(String, 'turntable_camera/split', 10)
        self._teach = node.create_publisher(String, 'classifier/teach', 10)
        self._command = node.create_publisher(String, 'classifier/command', 100)
        self._camera: Any = node.create_client(
            SetParametersAtomically, 'turntable_camera/set_parameters_atomically')
        node.create_subscription(String, 'classifier/labels', self._on_labels, LATCHED)
        node.create_subscription(String, 'turntable_camera/view', self._on_view, 100)
        node.create_subscription(Image, 'image_raw', self._on_picture, qos_profile_sensor_data)
        node.create_subscription(String, 'classifier/answer', self._on_answer, 100)
        node.create_subscription(
            DiagnosticStatus, 'classifier/teach_result', self._results.append, 100)
        self.page_url = ''  # of the operator's page, where it runs
        node.create_subscription(String, 'teach_page/page_url', self._on_page, LATCHED)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def close(self) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def hear(self, topic: str, kind: Any, on_message: Callable[[Any], None], qos: Any) -> None:
        """Hear another topic as well."""
        self._node.create_subscription(kind, topic, on_message, qos)

    # -- what comes in -------------------------------------------------------------------------

    def _on_view(self, message: Any) -> None:
        view = json.loads(message.data)
        self.published += 1
        self._views.add((view['stamp_sec'], view['stamp_nanosec']), view)

    def _on_picture(self, message: Any) -> None:
        stamp = message.header.stamp
        self._pictures.add((stamp.sec, stamp.nanosec), message)

    def _on_answer(self, message: Any) -> None:
        answer = json.loads(message.data)
        self._answers.add((answer['stamp']['sec'], answer['stamp']['nanosec']), answer)

    def _on_labels(self, message: Any) -> None:
        self._where = json.loads(message.data)['where']

    def _on_things(self, message: Any) -> None:
        told = json.loads(message.data)
        self._found.add((told['stamp']['sec'], told['stamp']['nanosec']), told['things'])

    def _on_diagnostics(self, message: Any) -> None:
        self.counters = {pair.key: pair.value for pair in message.status[0].values}

    def _on_page(self, message: Any) -> None:
        self.page_url = message.data

    def _join(self) -> None:
        """Bring together what belongs to one picture by its stamp."""
        for stamp in [s for s in self._answers if s in self._views]:
            view, answer = self._views.pop(stamp), self._answers.pop(stamp)
            message = self._pictures.pop(stamp, None)
            picture = None
            if message is not None:
                picture = np.frombuffer(message.data, np.uint8).reshape(
                    message.height, message.width, 3)
            self.answered += 1
            if 'things' in view:
                self._scenes.add(stamp, SceneSeen(stamp, view, [], picture))
                continue
            self._seen.append(Seen(view['object'], view['split'], view['view'], answer, picture))

    # -- what it does --------------------------------------------------------------------------

    def spin(self, seconds: float = 0.01) -> None:
        """Take in one thing that comes, if any does within some seconds."""
        self._check_children()
        self._executor.spin_once(timeout_sec=seconds)
        self._join()

    def look(self) -> list[Seen]:
        """Return the answered pictures that came since the last look."""
        seen, self._seen = self._seen, []
        return seen

    def watch(self, seconds: float) -> Iterator[Seen]:
        """Yield answered pictures as they come, for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.spin(0.05)
            while self._seen:
                yield self._seen.pop(0)

    def wait_until_ready(self, seconds: float) -> None:
        """Wait for the first answered picture; DemoError when none comes."""
        for _ in self.watch(seconds):
            # Those before the classifier listened are no one's loss.
            for waiting in (self._views, self._answers, self._seen):
                waiting.clear()
            self.published = self.answered = 0
            return
        raise DemoError(f'no answered picture within {seconds:g} s; see the logs')

    def wait_for_page(self, seconds: float) -> str:
        """Wait until the operator's page has told its address; return it, or ''."""
        end = time.monotonic() + seconds
        while not self.page_url and time.monotonic() < end:
            for _ in self.watch(0.1):
                pass
        return self.page_url

    def turn(self, name: str, split: str) -> None:
        """Put an object on the turntable."""
        self._object.publish(String(data=name))
        self._split.publish(String(data=split))

    def show(self, name: str, split: str, seconds: float = 20.0) -> None:
        """Put an object on the turntable and wait until a picture of it is answered."""
        self.turn(name, split)
        for seen in self.watch(seconds):
            if (seen.object, seen.split) == (name, split):
                return
        raise DemoError(f'no picture of {name!r} came within {seconds:g} s')

    def teach(self, label: str, frames: int, seconds: float = 20.0) -> tuple[list[Seen], int]:
        """
        Teach the pictures that come now and wait until they are acknowledged as saved.

        :return: (the frames seen meanwhile, how many were learned).
        """
        self._results.clear()
        self._teach.publish(String(data=label))
        meanwhile = []
        for seen in self.watch(seconds):
            meanwhile.append(seen)
            # WARN: nearly the frame before again, which is not learned twice.
            failed = [r for r in self._results if r.level == DiagnosticStatus.ERROR]
            if failed:
                raise DemoError(f'teaching {label!r} was refused: {failed[0].message}')
            if len(self._results) >= frames:
                learned = sum(r.level == DiagnosticStatus.OK for r in self._results)
                return meanwhile, learned
        raise DemoError(f'{len(self._results)} of {frames} frames of {label!r} were acknowledged '
                        f'within {seconds:g} s')

    # -- a table with several things -----------------------------------------------------------

    def show_scene(self, names: Sequence[str], arrangement: int, seconds: float) -> None:
        """Look at a table with things on it, and wait until a picture of it is answered."""
        values = (('scene', ParameterValue(type=ParameterType.PARAMETER_INTEGER,
                                           integer_value=len(names))),
                  ('arrangement', ParameterValue(type=ParameterType.PARAMETER_INTEGER,
                                                 integer_value=arrangement)),
                  ('objects', ParameterValue(type=ParameterType.PARAMETER_STRING,
                                             string_value=','.join(names))))
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name=name, value=value) for name, value in values])
        self._until(self._camera.service_is_ready, seconds, 'the camera has no parameters')
        answer: Any = self._camera.call_async(request)
        self._until(answer.done, seconds, 'the camera does not answer')
        result = answer.result().result
        if not result.successful:
            raise DemoError(f'the camera shows no such table: {result.reason}')
        for seen in self.watch_scene(seconds):
            if (seen.view['scene'], seen.view['arrangement']) == (len(names), arrangement):
                return

    def watch_scene(self, seconds: float, found: bool = False) -> Iterator[SceneSeen]:
        """
        Yield answered pictures of the table as they come; DemoError when none comes any more.

        :param found: those alone in which the classifier has looked for things.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.spin(0.05)
            for stamp in list(self._scenes):
                if not found or stamp in self._found:
                    seen = self._scenes.pop(stamp, None)
                    if seen is None:  # forgotten meanwhile
                        break
                    yield seen._replace(things=self._found.pop(stamp, []))
                    end = time.monotonic() + seconds
        raise DemoError(f'no picture of the table was answered within {seconds:g} s')

    def look_for_things(self) -> None:
        """Listen to what the classifier finds; without a listener it does not look."""
        self._node.create_subscription(String, 'classifier/things', self._on_things, 100)

    def command(self, seconds: float, **fields: Any) -> DiagnosticStatus:
        """Send a command and return what became of it."""
        self._commands += 1
        identifier = f'demo {self._commands}'
        self._command.publish(String(data=json.dumps({'id': identifier, **fields})))
        result: list[DiagnosticStatus] = []

        def answered() -> bool:
            result.extend(one for one in self._results if any(
                (pair.key, pair.value) == ('id', identifier) for pair in one.values))
            self._results.clear()
            return bool(result)
        self._until(answered, seconds, f"nobody answered the command to {fields['do']}")
        return result[0]

    def wait_until_found(self, frames: int, seconds: float) -> None:
        """Wait until the classifier has learned where things are in so many drawn frames."""
        self._until(lambda: (self._where.get('frames'), self._where.get('ready'),
                             self.counters.get('where_catching_up')) == (frames, True, 'no'),
                    seconds, f'what was drawn in {frames} pictures was not learned')
        self.forget_scenes()

    def forget_scenes(self) -> None:
        """Forget the pictures of the table that were answered and not looked at yet."""
        for waiting in (self._scenes, self._found):
            waiting.clear()

    def _until(self, condition: Callable[[], bool], seconds: float, complaint: str) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise DemoError(f'{complaint} within {seconds:g} s')
            self.spin(0.05)
