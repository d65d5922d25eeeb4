# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""HTTP and WebSocket of the page: who is let in, and with which headers the answers leave."""

from collections.abc import Awaitable, Callable, Mapping
import json

from aiohttp import web

from hybrid_snn_ros.operator_page.access import Door
from hybrid_snn_ros.operator_page.commands import MAX_BODY

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_COOKIE = 'teach_page'
# No inline script or style, nothing from elsewhere, in nobody's frame.
_HEADERS = {
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    'Cache-Control': 'no-store',
    'Server': 'teach_page',
}


def make_app(door: Door, files: Mapping[str, tuple[str, bytes]],
             thumbnail: Callable[[int], bytes | None],
             serve: Callable[[web.Request, bool], Awaitable[web.StreamResponse]], secure: bool,
             language: str = '') -> web.Application:
    """
    Build the application.

    :param door: access.Door.
    :param files: {path: (content type, bytes)}.
    :param thumbnail: function of a number, returning JPEG bytes or None.
    :param serve: coroutine function (request, debug) that runs a WebSocket to its end.
    :param secure: whether it is served over TLS.
    :param language: of the page; '' leaves it to the browser.
    """
    scheme = 'https' if secure else 'http'

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            if not door.host_is_ours(request.host):
                raise web.HTTPMisdirectedRequest(text='this computer has no such name')
            writes = request.method != 'GET' or request.path == '/ws'
            if writes and not door.same_origin(
                    request.headers.get('Origin'), scheme, request.host):
                raise web.HTTPForbidden(text='another page may not ask this')
            response = await handler(request)
        except web.HTTPException as error:
            # Its text is ours and plain; a 404 must not repeat what was asked.
            error.headers.update(_HEADERS)
            raise
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def key(request: web.Request) -> str | None:
        return request.cookies.get(_COOKIE)

    async def file(request: web.Request) -> web.Response:
        found = files.get(request.path)
        if found is None:
            raise web.HTTPNotFound(text='not here')
        kind, content = found
        return web.Response(body=content, content_type=kind,
                            charset='utf-8' if kind.startswith('text') else None)

    async def session(request: web.Request) -> web.Response:
        return web.json_response({'open': door.knows(key(request)), 'language': language})

    async def login(request: web.Request) -> web.Response:
        address = request.remote or ''
        wait = door.wait(address)
        if wait > 0:
            return web.json_response({'wait': int(wait) + 1}, status=429,
                                     headers={'Retry-After': str(int(wait) + 1)})
        try:
            body = json.loads(await request.text())
        except (ValueError, RecursionError):
            body = None
        pin = body.get('pin') if isinstance(body, dict) else None
        if not isinstance(pin, str):
            raise web.HTTPBadRequest(text='a PIN is wanted')
        fresh = door.enter(pin, address)
        if fresh is None:
            return web.json_response({'wait': int(door.wait(address))}, status=401)
        response = web.json_response({'open': True})
        response.set_cookie(_COOKIE, fresh, httponly=True, samesite='Strict', secure=secure,
                            path='/')
        return response

    async def small(request: web.Request) -> web.Response:
        if not door.knows(key(request)):
            raise web.HTTPUnauthorized(text='the PIN is wanted')
        content = thumbnail(int(request.match_info['number']))
        if content is None:
            raise web.HTTPNotFound(text='not here')
        return web.Response(body=content, content_type='image/jpeg')

    async def socket(request: web.Request) -> web.StreamResponse:
        if not door.knows(key(request)):
            raise web.HTTPUnauthorized(text='the PIN is wanted')
        return await serve(request, request.query.get('view') == 'debug')

    app = web.Application(client_max_size=MAX_BODY, middlewares=[guard])
    app.router.add_get('/session', session)
    app.router.add_post('/login', login)
    app.router.add_get('/ws', socket)
    app.router.add_get('/thumbnail/{number:[0-9]{1,9}}', small)
    app.router.add_get('/{path:.*}', file)
    return app
