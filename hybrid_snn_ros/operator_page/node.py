# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node of the page: ROS on one side, the web server's thread on the other."""

from collections.abc import Callable
import json
import time
from typing import Any, cast, TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from hybrid_snn_ros.operator_page import address, fleet, settings
from hybrid_snn_ros.operator_page.access import Authenticator, new_pin
from hybrid_snn_ros.operator_page.pictures import jpeg
from hybrid_snn_ros.operator_page.public_url import public_url
from hybrid_snn_ros.operator_page.server import PageServer
from hybrid_snn_ros.operator_page.things import shown
from hybrid_snn_ros.ros.qos import LATCHED
from hybrid_snn_ros.vision.frames import FrameError

if TYPE_CHECKING:
    from rclpy.subscription import Subscription
    from rclpy.timer import Timer
_NEWEST = QoSProfile(depth=1, reliability=qos_profile_sensor_data.reliability)
_ASKED = 64  # pictures that come at once
_THINGS = QoSProfile(depth=5, reliability=qos_profile_sensor_data.reliability)
_QUALITY = 'labels', 'doubtful'  # what the page shows of ~/quality
_LEVELS = {getattr(DiagnosticStatus, name): name for name in ('OK', 'WARN', 'ERROR', 'STALE')}


class RateLimitedGroup(CallbackGroup):
    """
    Lets the executor take a message only when the next picture is due.

    Until then the frames pass by in DDS, each in place of the one before: a frame that no one will
    see costs this process nothing.
    """

    def __init__(self, period: float) -> None:
        super().__init__()
        self._period = period  # seconds
        self._due = 0.0

    def can_execute(self, entity: object) -> bool:
        """Tell whether the next picture is due."""
        return time.monotonic() >= self._due

    def beginning_execution(self, entity: object) -> bool:
        """Set when the next one is due; from the last due time, lest 10 of 15 become 7.5."""
        now = time.monotonic()
        self._due = max(self._due + self._period, now - self._period)
        return True

    def ending_execution(self, entity: object) -> None:
        """Do nothing: one thread executes."""


class TeachPage(Node):
    """Hears the camera and the answers only while somebody looks."""

    def __init__(self) -> None:
        super().__init__('teach_page')
        self._settings = settings.declare(self)
        if not self._settings.pin and self._is_for_others():
            self._settings = self._settings._replace(pin=new_pin())
        self._name = self.resolve_topic_name(self._settings.classifier)
        self._wanted = (False, False)
        self._watching: list[Subscription[Any]] = []  # while somebody looks
        # meanwhile: the executor must look again when one is due
        self._pace: Timer | None = None
        self._debugging: Subscription[String] | None = None
        self._command_out = self.create_publisher(String, f'{self._name}/command', 100)
        self._url_out = self.create_publisher(String, '~/page_url', LATCHED)
        self._wake = self.create_guard_condition(self._subscribe_to_what_is_wanted)
        chosen = self._settings
        authenticator = Authenticator(
            chosen.pin, [chosen.public_host] if chosen.public_host else [],
            public_url(chosen.public_url) if chosen.public_url else None)
        self._server = PageServer(chosen, authenticator, self._send, self._want)
        self._server.start_serving()
        self.create_subscription(String, f'{self._name}/labels', self._on_labels, LATCHED)
        self.create_subscription(
            String, f'{self._name}/questions', self._on_questions, LATCHED)
        self.create_subscription(
            DiagnosticStatus, f'{self._name}/teach_result', self._on_result, 100)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self._say_where()

    def close(self) -> None:
        """End the web server's thread."""
        self._server.stop()

    def _is_for_others(self) -> bool | str:
        """Tell whether more than this computer reaches the page: a proxy here may lead to it."""
        chosen = self._settings
        return not address.is_loopback(chosen.host) or chosen.public_url or (
            chosen.public_host and not address.is_loopback(chosen.public_host))

    def _say_where(self) -> None:
        chosen = self._settings
        scheme = 'https' if chosen.certificate else 'http'
        url, *more = [address.page_url(scheme, host, self._server.port, chosen.pin)
                      for host in address.reachable(chosen.host, chosen.public_host)]
        if chosen.public_url:
            url, more = address.with_pin(chosen.public_url, chosen.pin), []
        self._url_out.publish(String(data=url))
        log = self.get_logger()
        if not self._is_for_others():
            log.info(f'the page is at {url} (this computer only)')
            return
        log.info(f'the page is at {url}\n{address.qr_code(url)}')
        if chosen.public_url:
            log.info(f'it listens for the proxy on {chosen.host} port {self._server.port}')
        if more:
            log.info('on other networks of this computer it is at ' + ', '.join(
                each.partition('#')[0] for each in more))
        if not chosen.certificate and not chosen.public_url.startswith('https:'):
            log.warning('the page is served without TLS: anybody who listens on this network can '
                        'read the PIN and the pictures (set parameters certificate and key)')

    # -- from the web server's thread ----------------------------------------------------------

    def _send(self, command: dict[str, Any]) -> bool:
        if not self._command_out.get_subscription_count():
            return False
        self._command_out.publish(String(data=json.dumps(command, ensure_ascii=False)))
        return True

    def _want(self, pictures: bool, debug: bool) -> None:
        self._wanted = (pictures, debug)
        self._wake.trigger()

    # -- in the executor -----------------------------------------------------------------------

    def _subscribe_to_what_is_wanted(self) -> None:
        pictures, debug = self._wanted
        if pictures and not self._watching:
            topic, kind = self.resolve_topic_name('image'), Image
            if self._settings.image_transport == 'compressed':
                topic, kind = f'{topic}/compressed', CompressedImage
            period = 1.0 / self._settings.rate
            self._pace = self.create_timer(period, lambda: None)
            self._watching = [
                self.create_subscription(kind, topic, self._on_image, _NEWEST,
                                         callback_group=RateLimitedGroup(period)),
                self.create_subscription(
                    String, f'{self._name}/answer', self._on_answer, _NEWEST),
                self.create_subscription(
                    String, f'{self._name}/things', self._on_things, _THINGS),
                self.create_subscription(
                    String, f'{self._name}/quality', self._on_quality, LATCHED),
                self.create_subscription(
                    String, f'{self._name}/fleet', self._on_fleet, LATCHED),
                self.create_subscription(
                    CompressedImage, f'{self._name}/question_pictures', self._on_asked_picture,
                    _ASKED)]
        elif not pictures and self._watching:
            self.destroy_timer(cast('Timer', self._pace))
            while self._watching:
                self.destroy_subscription(self._watching.pop())
        if debug and self._debugging is None:
            self._debugging = self.create_subscription(
                String, f'{self._name}/debug', self._on_debug, 1)
        elif not debug and self._debugging is not None:
            self.destroy_subscription(self._debugging)
            self._debugging = None

    def _on_image(self, message: Image | CompressedImage) -> None:
        try:
            content = jpeg(message, self._settings.width, self._settings.quality)
        except FrameError as error:
            self.get_logger().warning(f'no picture: {error}', throttle_duration_sec=5.0)
            return
        stamp = message.header.stamp
        self._server.post(self._server.on_picture, (stamp.sec, stamp.nanosec), content)

    def _on_answer(self, message: String) -> None:
        self._post_json(message, lambda answer: (self._server.on_answer, answer))

    def _on_things(self, message: String) -> None:
        self._post_json(message, lambda found: (self._server.on_things, shown(found)))

    def _on_labels(self, message: String) -> None:
        self._post_json(message, lambda known: (self._server.on_labels, known))

    def _on_questions(self, message: String) -> None:
        self._post_json(message, lambda asked: (
            lambda said: self._server.on_latched('questions', said),
            {'questions': asked['questions'], 'waiting': asked['waiting']}))

    def _on_quality(self, message: String) -> None:
        self._post_json(message, lambda found: (
            lambda said: self._server.on_latched('quality', said),
            {name: found[name] for name in _QUALITY}))

    def _on_fleet(self, message: String) -> None:
        self._post_json(message, lambda told: (
            lambda said: self._server.on_latched('fleet', said), fleet.shown(told)))

    def _on_asked_picture(self, message: CompressedImage) -> None:
        self._server.post(
            self._server.on_asked_picture, message.header.frame_id, bytes(message.data))

    def _on_debug(self, message: String) -> None:
        self._post_json(message, lambda content: (self._server.on_debug, content))

    def _post_json(self, message: String,
                   arguments: Callable[[Any], tuple[Callable[[Any], None], Any]]) -> None:
        try:
            self._server.post(*arguments(json.loads(message.data)))
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
            self.get_logger().warning(f'cannot read a message of the classifier: {error!r}',
                                      throttle_duration_sec=5.0)

    def _on_result(self, message: DiagnosticStatus) -> None:
        values = {pair.key: pair.value for pair in message.values}
        sec, _, nanosec = values.get('stamp', '').partition('.')
        result = {
            'id': values.get('id', ''), 'level': _LEVELS.get(message.level, 'ERROR'),
            'operation': values.get('operation', 'teach'), 'label': message.name,
            'message': message.message, 'sample': _whole(values.get('sample')),
            'samples': _whole(values.get('samples')), 'taught': _whole(values.get('taught')),
            'pictures': values.get('pictures', '').split(),
            'questions': values.get('questions', '').split(),
            'changes': _list(values.get('changes')),
            'version': _whole(values.get('database_version')),
            'stamp': (_whole(sec), _whole(nanosec))}
        self._server.post(self._server.on_result, result)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.startswith(f'{self._name}:'):
                problem = '' if _LEVELS.get(status.level) == 'OK' else status.message
                self._server.post(self._server.on_diagnostics, problem,
                                  {pair.key: pair.value for pair in status.values})


def _whole(text: str | None) -> int | None:
    """Return the whole number that a text holds, None if it holds none."""
    return int(text) if text and text.isascii() and text.isdigit() else None


def _list(text: str | None) -> list[Any]:
    """Return the list that a text holds as JSON, an empty one if it holds none."""
    try:
        found = json.loads(text or '[]')
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []
