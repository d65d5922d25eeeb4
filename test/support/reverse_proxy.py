# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A small reverse proxy, as nginx, Caddy or a tunnel would stand before the operator's page."""

import asyncio
import ssl
import subprocess
import threading

import aiohttp
from aiohttp import web

_OF_ONE_HOP = {'connection', 'upgrade', 'keep-alive', 'transfer-encoding', 'content-length',
               'content-encoding', 'accept-encoding', 'sec-websocket-key',
               'sec-websocket-version', 'sec-websocket-extensions', 'date'}


def certificate(directory):
    """Make a certificate for this computer; return the files of it and of its key."""
    names = directory / 'cert.pem', directory / 'key.pem'
    subprocess.run([
        'openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-nodes', '-days', '2', '-subj', '/CN=robot', '-addext',
        'subjectAltName=IP:127.0.0.1,DNS:robot.example.org', '-out', names[0], '-keyout',
        names[1]], check=True, capture_output=True, timeout=30)
    return names


class Proxy(threading.Thread):
    """Passes requests on to a port of this computer until it is left."""

    def __init__(self, port, tls=None, prefix='', strip=True, keep_host=True, upgrade=True,
                 own_port=0):
        """
        Open the proxy.

        :param port: of the page.
        :param tls: files of certificate and key, or None.
        :param prefix: path that is ours, '/robot1'; or {prefix: port}, and no `port`.
        :param strip: whether the page is asked without it.
        :param keep_host: whether the page is told the name that the browser asked for.
        :param upgrade: whether WebSockets are passed on.
        :param own_port: to listen on; 0 takes a free one.
        """
        super().__init__(name='reverse proxy')
        self._ways = prefix if isinstance(prefix, dict) else {prefix: port}
        self._tls, self._strip = tls, strip
        self._keep_host, self._upgrade = keep_host, upgrade
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._over = asyncio.Event()
        self.port = own_port

    def __enter__(self):
        self.start()
        assert self._ready.wait(20.0)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._over.set)
        self.join()

    def run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        context = None
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._tls)
        app = web.Application()
        app.router.add_route('*', '/{path:.*}', self._pass_on)
        async with aiohttp.ClientSession(auto_decompress=False) as self._client:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            await web.TCPSite(runner, '127.0.0.1', self.port, ssl_context=context).start()
            self.port = runner.addresses[0][1]
            self._ready.set()
            await self._over.wait()
            await runner.cleanup()

    async def _pass_on(self, request):
        ways = [way for way in self._ways if request.path == way or request.path.startswith(
            way + '/')]
        if not ways:
            raise web.HTTPNotFound(text='no robot here')
        way, path = ways[0], request.path_qs
        if self._strip:
            path = path[len(way):] or '/'
        url = f'http://127.0.0.1:{self._ways[way]}{path}'
        headers = {name: value for name, value in request.headers.items()
                   if name.lower() not in _OF_ONE_HOP}
        if not self._keep_host:
            headers['Host'] = f'127.0.0.1:{self._ways[way]}'
        headers['X-Forwarded-Proto'] = 'https' if self._tls else 'http'
        headers['X-Forwarded-For'] = request.remote or ''
        headers['X-Forwarded-Host'] = request.host
        if self._upgrade and request.headers.get('Upgrade', '').lower() == 'websocket':
            return await self._both_ways(request, url, headers)
        async with self._client.request(
                request.method, url, headers=headers, data=await request.read(),
                allow_redirects=False) as answer:
            kept = [(name, value) for name, value in answer.headers.items()
                    if name.lower() not in _OF_ONE_HOP]
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def _both_ways(self, request, url, headers):
        try:
            far = await self._client.ws_connect(url, headers=headers, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        near = web.WebSocketResponse(max_msg_size=0)
        await near.prepare(request)

        async def copy(source, target):
            async for message in source:
                if message.type == aiohttp.WSMsgType.TEXT:
                    await target.send_str(message.data)
                elif message.type == aiohttp.WSMsgType.BINARY:
                    await target.send_bytes(message.data)
            await target.close()

        await asyncio.gather(copy(near, far), copy(far, near), return_exceptions=True)
        return near
