# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One connected browser: what waits to be sent to it, newest only."""

import asyncio
import json
import struct
import time
from typing import Any

from aiohttp import web

_BURST, _REFILL = 40.0, 20.0  # requests at once, requests a second


class Viewer:
    """Holds at most one picture and one message of each kind; results wait in line."""

    def __init__(self, socket: web.WebSocketResponse, debug: bool) -> None:
        """
        Serve a WebSocket.

        :param socket: aiohttp WebSocketResponse.
        :param debug: whether this is the developer's view.
        """
        self._socket = socket
        self.debug = debug
        self.watching = False
        self._wake = asyncio.Event()
        self._picture: tuple[tuple[int, int], bytes] | None = None
        self._ready = True  # the browser has drawn the picture before
        self._newest: dict[str, dict[str, Any]] = {}  # kind -> message
        self._line: list[dict[str, Any]] = []
        self._tokens, self._counted = _BURST, time.monotonic()

    def offer(self, stamp: tuple[int, int], content: bytes) -> None:
        """Show a picture (JPEG bytes of the frame with this stamp) unless a newer one comes."""
        if self.watching:
            self._picture = stamp, content
            self._wake.set()

    def tell(self, kind: str, message: dict[str, Any]) -> None:
        """Send a message; a newer one of its kind takes its place."""
        self._newest[kind] = {'t': kind, **message}
        self._wake.set()

    def report(self, kind: str, message: dict[str, Any]) -> None:
        """Send a message that must not be skipped."""
        self._line.append({'t': kind, **message})
        self._wake.set()

    def drawn(self) -> None:
        """Take note that the browser has drawn the last picture."""
        self._ready = True
        self._wake.set()

    def may_ask(self) -> bool:
        """Tell whether one more request is within the limit of requests a second."""
        now = time.monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._counted) * _REFILL)
        self._counted = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def close(self) -> None:
        """Say good-bye."""
        await self._socket.close(code=1001)

    async def send(self) -> None:
        """Send what waits until cancelled or the connection breaks."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            line, self._line = self._line, []
            newest, self._newest = self._newest, {}
            for message in [*line, *newest.values()]:
                # Escaped: half of a surrogate pair, which JSON may hold, is no UTF-8.
                await self._socket.send_str(json.dumps(message))
            if self._picture and self._ready:
                (stamp, content), self._picture = self._picture, None
                self._ready = False
                await self._socket.send_bytes(struct.pack('>II', *stamp) + content)
