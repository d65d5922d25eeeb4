# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""HTTP and WebSocket of the page: who is let in, and with which headers the answers leave."""

from collections.abc import Awaitable, Callable, Mapping
import hashlib
import json
import socket
import uuid

from aiohttp import web

from hybrid_snn_ros.operator_page.access import Authenticator
from hybrid_snn_ros.operator_page.commands import MAX_BODY

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# No inline script or style, nothing from elsewhere, in no one's frame.
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


def cookie_name(port: int) -> str:
    """
    Return the name of the cookie that holds the session.

    A cookie is for all ports of a host: two pages on one robot, and two robots behind one proxy,
    need names of their own.
    """
    page = f'{socket.gethostname()} {uuid.getnode()} {port}'
    return 'teach_page_' + hashlib.sha256(page.encode()).hexdigest()[:10]


def make_app(authenticator: Authenticator, files: Mapping[str, tuple[str, bytes]],
             thumbnail: Callable[[int], bytes | None],
             picture: Callable[[str], bytes | None],
             serve: Callable[[web.Request, bool], Awaitable[web.StreamResponse]], secure: bool,
             language: str = '', cookie: str = 'teach_page', full: Callable[[], int] = int,
             prefix: str = '') -> web.Application:
    """
    Build the application.

    :param authenticator: access.Authenticator.
    :param files: {path: (content type, bytes)}.
    :param thumbnail: function of a number, returning JPEG bytes or None.
    :param picture: the same of the name of a picture that somebody asked for, 'u17/5'.
    :param serve: coroutine function (request, debug) that runs a WebSocket to its end.
    :param secure: whether it is served over TLS.
    :param language: of the page; '' leaves it to the browser.
    :param cookie: its name.
    :param full: function returning how many look when no more are let in, else 0.
    :param prefix: path that a proxy puts before ours, '/robot1'; it may also strip it.
    """
    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            if not authenticator.host_is_ours(request.host):
                raise web.HTTPMisdirectedRequest(
                    text='The page does not know itself by this name. Open it by its address, or '
                    'start it with public_url:= and the address that browsers show.')
            writes = request.method != 'GET' or request.path.endswith('/ws')
            if writes and not authenticator.same_origin(
                    request.headers.get('Origin'), secure, request.host):
                raise web.HTTPForbidden(
                    text='Only the page itself may ask this. If a proxy stands before it, start '
                    'the page with public_url:= and the address that browsers show.')
            response = await handler(request)
        except web.HTTPException as error:
            # Its text is ours and plain; a 404 must not repeat what was asked.
            error.headers.update(_HEADERS)
            raise
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def key(request: web.Request) -> str | None:
        return request.cookies.get(cookie)

    async def file(request: web.Request) -> web.Response:
        found = files.get('/' + request.match_info['path'])
        if found is None:
            raise web.HTTPNotFound(text='not here')
        kind, content = found
        return web.Response(body=content, content_type=kind,
                            charset='utf-8' if kind.startswith('text') else None)

    async def session(request: web.Request) -> web.Response:
        return web.json_response({'open': authenticator.knows(key(request)), 'language': language,
                                  'digits': authenticator.digits, 'full': full()})

    async def login(request: web.Request) -> web.Response:
        address = request.remote or ''
        wait = authenticator.wait(address)
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
        fresh = authenticator.enter(pin, address)
        if fresh is None:
            return web.json_response({'wait': int(authenticator.wait(address))}, status=401)
        response = web.json_response({'open': True})
        # Without a path of ours a browser takes the one that it sees, a proxy's prefix included.
        response.set_cookie(
            cookie, fresh, httponly=True, samesite='Strict', path='',
            secure=secure or request.headers['Origin'].lower().startswith('https://'))
        return response

    def shown(request: web.Request, content: Callable[[], bytes | None]) -> web.Response:
        if not authenticator.knows(key(request)):
            raise web.HTTPUnauthorized(text='the PIN is wanted')
        found = content()
        if found is None:
            raise web.HTTPNotFound(text='not here')
        return web.Response(body=found, content_type='image/jpeg')

    async def small(request: web.Request) -> web.Response:
        return shown(request, lambda: thumbnail(int(request.match_info['number'])))

    async def large(request: web.Request) -> web.Response:
        return shown(request, lambda: picture(request.match_info['name']))

    async def live(request: web.Request) -> web.StreamResponse:
        if not authenticator.knows(key(request)):
            raise web.HTTPUnauthorized(text='the PIN is wanted')
        return await serve(request, request.query.get('view') == 'debug')

    app = web.Application(client_max_size=MAX_BODY, middlewares=[guard])
    if prefix:
        async def to_the_page(_: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f'{prefix}/')
        app.router.add_get(prefix, to_the_page)
    for before in dict.fromkeys((prefix, '')):
        app.router.add_get(f'{before}/session', session)
        app.router.add_post(f'{before}/session', session)  # tells whether we may ask at all
        app.router.add_post(f'{before}/login', login)
        app.router.add_get(f'{before}/ws', live)
        app.router.add_get(before + '/thumbnail/{number:[0-9]{1,9}}', small)
        app.router.add_get(before + '/picture/{name:[a-z0-9]{1,20}/[a-z0-9]{1,20}}', large)
        app.router.add_get(before + '/{path:.*}', file)
    return app
