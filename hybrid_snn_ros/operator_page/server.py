# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The web server in a thread of its own; all it shares with ROS goes through `post` and hooks."""

import asyncio
from collections.abc import Callable
import json
import socket
import ssl
import threading
import time
from typing import Any

from aiohttp import web, WSMsgType

from hybrid_snn_ros.operator_page import files, fleet
from hybrid_snn_ros.operator_page.access import Authenticator
from hybrid_snn_ros.operator_page.app import cookie_name, make_app
from hybrid_snn_ros.operator_page.commands import (
    checked,
    CommandError,
    LOOKING,
    MAX_BODY,
    may_repeat,
)
from hybrid_snn_ros.operator_page.listening import listening
from hybrid_snn_ros.operator_page.page_state import ENOUGH, PageState
from hybrid_snn_ros.operator_page.public_url import public_url
from hybrid_snn_ros.operator_page.settings import Settings
from hybrid_snn_ros.operator_page.viewer import Viewer
from hybrid_snn_ros.recent import Recent

CAMERA_PATIENCE = 2.0  # seconds without a picture after which the camera counts as gone
CLASSIFIER_PATIENCE = 3.5  # seconds without /diagnostics
_REPEAT = 1.5  # seconds after which an unacknowledged request is sent on once more
_TICK = 0.5  # seconds
_ANSWER_PERIOD = 0.08  # seconds between answers shown; no one reads faster
_UNPAIRED = 0.3  # seconds without things of a picture after which those of other frames do
_ASKED_AFTER = 1.0  # seconds without things that the node found itself


class PageServer(threading.Thread):
    """Serves viewers; made and used by the node, which hands it what ROS says."""

    def __init__(self, settings: Settings, authenticator: Authenticator,
                 send: Callable[[dict[str, Any]], bool],
                 want: Callable[[bool, bool], None]) -> None:
        """
        Prepare the server; `start_serving` opens the port.

        :param settings: settings.Settings.
        :param authenticator: access.Authenticator.
        :param send: function of a command (dict), returning False when no one listens.
        :param want: function (pictures, debug) told what the viewers need from now on.
        """
        super().__init__(name='teach page')
        self._settings = settings
        self._authenticator = authenticator
        self._send = send
        self._want = want
        self._tls = _tls(settings)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._sockets: list[socket.socket] = []
        self.port: Any = None  # a number when it is open
        self.page_state = PageState()
        self._viewers: set[Viewer] = set()
        # id -> [command, time it was sent, result or None]
        self._commands: Recent[str, list[Any]] = Recent(256)
        # monotonic seconds
        self._heard: dict[str, float | None] = {'camera': None, 'classifier': None}
        self._watched_since: float | None = None
        self._answering = ''  # what the classifier says of itself when it is not well
        self._fleet: dict[str, str] | None = None  # the classifier's part in one
        self._status: dict[str, Any] = {}
        self._latched: dict[str, dict[str, Any]] = {}  # kind -> what was told last
        self._dirty = False
        self._next_answer = 0.0
        self._found, self._showed = -_ASKED_AFTER, -_UNPAIRED

    # -- for the node --------------------------------------------------------------------------

    def start_serving(self) -> None:
        """Open the port; ValueError with a sentence when that cannot be."""
        self._sockets = listening(self._settings.host, self._settings.port)
        self.port = self._sockets[0].getsockname()[1]
        self.start()

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Run a function in the server's thread."""
        if not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(function, *arguments)
            except RuntimeError:
                pass  # closed just now: no one looks any more

    def stop(self) -> None:
        """Close all connections, end the thread and wait for it."""
        self.post(self._stopping.set)
        self.join()

    # -- what ROS says (in the server's thread) ------------------------------------------------

    def on_picture(self, stamp: tuple[int, int], content: bytes) -> None:
        """Show a picture."""
        self._heard['camera'] = time.monotonic()
        self.page_state.pictures.add(stamp, content)
        self._show_answered(stamp)
        for viewer in self._viewers:
            viewer.offer(stamp, content)

    def on_answer(self, answer: dict[str, Any]) -> None:
        """Show an answer."""
        self.page_state.add_answer(answer)
        self._show_answered((answer['stamp']['sec'], answer['stamp']['nanosec']))
        now = time.monotonic()
        if now < self._next_answer:
            return
        self._next_answer = now + _ANSWER_PERIOD
        for viewer in self._viewers:
            viewer.tell('answer', answer)

    def on_things(self, found: dict[str, Any]) -> None:
        """Show what was found in a frame (things.shown), of the frames that are shown."""
        now = time.monotonic()
        if not found['asked']:
            self._found = now
        elif now - self._found < _ASKED_AFTER:
            return  # what others ask about would take turns with what the node finds
        self.page_state.add_things(found)
        if found['stamp'] not in self.page_state.pictures and now - self._showed < _UNPAIRED:
            return
        self._showed = now
        for viewer in self._viewers:
            viewer.tell('things', found)

    def _show_answered(self, stamp: tuple[int, int]) -> None:
        """Say that a picture can be taught: the classifier has it too, and has not dropped it."""
        if stamp in self.page_state.pictures and stamp in self.page_state.answers:
            for viewer in self._viewers:
                viewer.tell('answered', {'stamp': stamp})

    def on_labels(self, known: dict[str, Any]) -> None:
        """Show what is known (a dict, as ~/labels says it)."""
        self.page_state.set_known(known)
        self._dirty = True
        self._show_state()

    def on_result(self, result: dict[str, Any]) -> None:
        """Show an acknowledgement or a refusal, whoever asked."""
        known = self._commands.get(result['id'])
        if known and not known[2]:  # of one that was sent twice the first says what was done
            known[2] = result
            if result['level'] == 'OK' and result['operation'] in ('answer', 'relabel') and (
                    result['label']):
                self._send({'do': 'pictures', 'label': result['label']})  # for the thumbnails
        self.page_state.add_result(result, known[0].get('box') if known else None)
        for viewer in self._viewers:
            viewer.report('result', result)
        self._dirty = True
        self._show_state()

    def on_latched(self, kind: str, message: dict[str, Any]) -> None:
        """Show what is asked ('questions'), how good that is ('quality'), or the 'fleet'."""
        self._latched[kind] = message
        for viewer in self._viewers:
            viewer.tell(kind, message)

    def on_asked_picture(self, name: str, content: bytes) -> None:
        """Keep a picture (JPEG) that somebody asked for, and say that it is there."""
        if self.page_state.add_asked_picture(name, content):
            self._dirty = True
            self._show_state()
        for viewer in self._viewers:
            viewer.report('shown', {'name': name})

    def on_diagnostics(self, problem: str, values: dict[str, str]) -> None:
        """Take note that the classifier is there; '' or its own words on what is wrong."""
        self._heard['classifier'] = time.monotonic()
        self._answering = problem
        self._fleet = fleet.part_in(values)
        for viewer in self._viewers:
            if viewer.debug:
                viewer.tell('diagnostics', {'values': values})
        self._show_status()

    def on_debug(self, content: dict[str, Any]) -> None:
        """Show the developer's view what the classifier says on ~/debug."""
        for viewer in self._viewers:
            if viewer.debug:
                viewer.tell('debug', content)

    # -- what viewers see ----------------------------------------------------------------------

    def _show_state(self) -> None:
        if self._dirty:
            self._dirty = False
            state = self.page_state.state()
            for viewer in self._viewers:
                viewer.tell('state', state)

    def _show_status(self) -> None:
        now = time.monotonic()
        since = max(self._heard['camera'] or 0, self._watched_since or now)
        heard = self._heard['classifier']
        status = {'camera': now - since < CAMERA_PATIENCE,
                  'classifier': heard is not None and now - heard < CLASSIFIER_PATIENCE,
                  'trouble': self._answering, 'fleet': self._fleet}
        if status != self._status:
            self._status = status
            for viewer in self._viewers:
                viewer.tell('status', status)

    def _viewers_changed(self) -> None:
        watching = any(viewer.watching for viewer in self._viewers)
        if watching and self._watched_since is None:
            self._watched_since = time.monotonic()
        elif not watching:
            self._watched_since = None
        self._want(watching, any(viewer.debug and viewer.watching for viewer in self._viewers))

    def _full(self) -> int:
        """Return how many look, when no more are let in; else 0."""
        return len(self._viewers) if len(self._viewers) >= self._settings.max_viewers else 0

    async def _serve(self, request: web.Request,
                     debug: bool) -> web.WebSocketResponse | web.Response:
        if self._full():
            raise web.HTTPServiceUnavailable(text=f'{self._full()} browsers are already connected')
        socket = web.WebSocketResponse(max_msg_size=MAX_BODY, heartbeat=5.0, compress=False)
        try:
            await socket.prepare(request)
        except ConnectionError:
            return web.Response(status=503)  # the browser has left: no one reads it
        viewer = Viewer(socket, debug)
        viewer.tell('hello', {'view_only': self._settings.view_only or debug,
                              'teach_rate': self._settings.teach_rate, 'enough': ENOUGH,
                              'classifier': self._settings.classifier})
        viewer.tell('state', self.page_state.state())
        viewer.tell('status', self._status)
        for kind, said in self._latched.items():
            viewer.tell(kind, said)
        self._viewers.add(viewer)
        sender = self._loop.create_task(viewer.send())
        try:
            async for message in socket:
                if message.type != WSMsgType.TEXT:
                    break
                self._hear(viewer, message.data)
        finally:
            self._viewers.discard(viewer)
            self._viewers_changed()
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        return socket

    # -- what viewers ask ----------------------------------------------------------------------

    def _hear(self, viewer: Viewer, text: str) -> None:
        try:
            request = json.loads(text)
        except (ValueError, RecursionError):
            return
        if request == {'do': 'drawn'}:
            viewer.drawn()
        elif request in ({'do': 'watch'}, {'do': 'rest'}):
            viewer.watching = request['do'] == 'watch'
            viewer.drawn()
            self._viewers_changed()
        elif viewer.may_ask():  # else it is dropped: the browser asks again
            self._ask(viewer, request)

    def _ask(self, viewer: Viewer, request: object) -> None:
        try:
            command = checked(request)
            if viewer.debug or self._settings.view_only and command['do'] not in LOOKING:
                raise CommandError('this page is for viewing only')
        except CommandError as error:
            name = request.get('id') if isinstance(request, dict) else None
            viewer.report('result', {'id': name if isinstance(name, str) else '',
                                     'level': 'ERROR', 'operation': 'refused', 'label': '',
                                     'message': str(error)})
            return
        known = self._commands.get(command['id'])
        now = time.monotonic()
        if known and known[2]:
            viewer.report('result', known[2])
        elif known is None or (now - known[1] > _REPEAT and may_repeat(command)):
            if command['do'] == 'hold':
                self.page_state.hold((command['stamp']['sec'], command['stamp']['nanosec']))
            if self._send(command):
                self._commands.add(command['id'], [command, now, None])

    # -- the thread ----------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        chosen = self._settings
        prefix = public_url(chosen.public_url).path.rstrip('/') if chosen.public_url else ''
        app = make_app(self._authenticator, files.load(),
                       lambda number: self.page_state.thumbnails.get(number),
                       lambda name: self.page_state.asked_pictures.get(name), self._serve,
                       self._tls is not None, chosen.language, cookie_name(self.port), self._full,
                       prefix)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            for each in self._sockets:
                await web.SockSite(runner, each, ssl_context=self._tls).start()
            while not self._stopping.is_set():
                self._show_status()
                try:
                    await asyncio.wait_for(self._stopping.wait(), _TICK)
                except asyncio.TimeoutError:  # Python's own TimeoutError from 3.11 on only
                    # A heartbeat of its own: browsers do not show the protocol's to scripts.
                    for viewer in self._viewers:
                        viewer.tell('alive', {})
            for viewer in list(self._viewers):
                await viewer.close()
        finally:
            await runner.cleanup()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """Return the SSLContext of the settings, None for plain HTTP; ValueError with a sentence."""
    if not settings.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f'certificate {settings.certificate} with key {settings.key} cannot be '
                         f'used: {error}') from error
    return context
