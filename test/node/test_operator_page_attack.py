# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Everything a stranger on the network may try, against the real page over raw sockets."""

import base64
import http.client
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import time
from urllib.parse import urlsplit

import pytest

pytest.importorskip('aiohttp', reason='aiohttp is not installed (extra page)')

from domains import fresh_domain
from operator_page_harness import page, Process
import rclpy
from rclpy.executors import SingleThreadedExecutor
from ros_harness import LATCHED
from std_msgs.msg import String

from hybrid_snn_ros.operator_page import access, commands
from hybrid_snn_ros.operator_page.app import cookie_name

PIN = '31415926'


class Site:
    """A page under attack."""

    def __init__(self, process, url, domain):
        self.process, self.url, self.domain = process, url, domain
        self.port = urlsplit(url).port
        self.host = f'127.0.0.1:{self.port}'
        self.origin = f'http://{self.host}'

    def ask(self, method, path, body=None, **headers):
        """Return (status, headers, body) of a request; header names with _ for -."""
        link = http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)
        try:
            link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            headers = {'Host': self.host, **{k.replace('_', '-'): v for k, v in headers.items()}}
            if body is not None:
                headers.setdefault('Content-Length', str(len(body)))
            for name, value in headers.items():
                link.putheader(name, value)
            link.endheaders(body)
            answer = link.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            link.close()

    def login(self, pin=PIN, **headers):
        """Try a PIN; return (status, cookie or '')."""
        status, found, _ = self.ask('POST', '/login', json.dumps({'pin': pin}).encode(),
                                    **{'Origin': self.origin, **headers})
        return status, found.get('Set-Cookie', '').partition(';')[0]

    def socket(self, **headers):
        """Ask for a WebSocket; return (status line, connected socket)."""
        link = socket.create_connection(('127.0.0.1', self.port), timeout=10)
        lines = {'Host': self.host, 'Upgrade': 'websocket', 'Connection': 'Upgrade',
                 'Sec-WebSocket-Version': '13', 'Origin': self.origin,
                 'Sec-WebSocket-Key': base64.b64encode(os.urandom(16)).decode(),
                 **{name.replace('_', '-'): value for name, value in headers.items()}}
        link.sendall(('GET /ws HTTP/1.1\r\n' + ''.join(
            f'{name}: {value}\r\n' for name, value in lines.items() if value is not None)
            + '\r\n').encode())
        head = b''
        while not head.endswith(b'\r\n\r\n') and (byte := link.recv(1)):
            head += byte
        return int(head.split()[1]), link


def send(link, payload, code=1):
    """Send a masked frame of the WebSocket protocol."""
    size = len(payload)
    head = bytes([0x80 | code])
    head += bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack('>H', size)
    link.sendall(head + bytes(4) + payload)


def receive(link):
    """Return (opcode, payload) of the next frame; (None, b'') at the end of the connection."""
    def exactly(count):
        data = b''
        while len(data) < count:
            more = link.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data
    try:
        first, size = exactly(2)
        if size == 126:
            [size] = struct.unpack('>H', exactly(2))
        elif size == 127:
            [size] = struct.unpack('>Q', exactly(8))
        return first & 15, exactly(size)
    except (EOFError, ConnectionError):
        return None, b''


def result(link, name):
    """Return the answer to the request of an id."""
    for _ in range(200):
        code, payload = receive(link)
        assert code is not None, 'the page closed the connection'
        message = json.loads(payload) if code == 1 else {}
        if message.get('t') == 'result' and message['id'] == name:
            return message
    raise AssertionError(f'no answer to {name}')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    domain = fresh_domain()
    process, url = page(tmp_path_factory.mktemp('attack'), domain, pin=PIN)
    with process:
        yield Site(process, url, domain)
        process.end()


@pytest.fixture(scope='module')
def cookie(site):
    status, cookie = site.login()
    assert status == 200
    return cookie


@pytest.fixture
def listener(site):
    """Yield a list of what reaches the classifier's ~/command."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=site.domain)
    node = rclpy.create_node('listener', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    heard = []
    node.create_subscription(String, 'classifier/command', lambda m: heard.append(m.data), 100)

    def until(count, seconds=10.0):
        end = time.monotonic() + seconds
        while len(heard) < count and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.05)
        return heard

    end = time.monotonic() + 10.0
    while not node.count_publishers('classifier/command'):
        assert time.monotonic() < end
        time.sleep(0.05)
    until(1, 0.5)  # and the page has to know of us
    yield until
    executor.shutdown()
    node.destroy_node()
    context.try_shutdown()


# -- who comes in --------------------------------------------------------------------------------


def test_the_address_in_the_log_carries_the_pin(site):
    assert urlsplit(site.url).fragment == f'pin={PIN}'


def test_without_a_session_there_is_nothing_to_see(site):
    status, link = site.socket()
    link.close()
    assert status == 401
    name = cookie_name(site.port)
    for cookie in (f'{name}=', f'{name}=x', f'{name}={PIN}', f'{name}=' + 'A' * 43):
        status, link = site.socket(Cookie=cookie)
        link.close()
        assert status == 401
        assert site.ask('GET', '/thumbnail/1', Cookie=cookie)[0] == 401
        assert site.ask('GET', '/picture/u1/1', Cookie=cookie)[0] == 401
    assert json.loads(site.ask('GET', '/session')[2]) == {
        'open': False, 'language': '', 'digits': True, 'full': 0}


@pytest.mark.parametrize('origin', [
    None, 'null', 'http://evil.example', 'https://127.0.0.1', 'http://127.0.0.1:1',
    'http://127.0.0.1.evil.example'])
def test_other_origins_are_refused_even_with_a_session(site, cookie, origin):
    status, link = site.socket(Cookie=cookie, Origin=origin)
    link.close()
    assert status == 403
    headers = {'Origin': origin} if origin else {}
    assert site.ask('POST', '/login', b'{"pin": "%s"}' % PIN.encode(), **headers)[0] == 403


def test_a_name_that_is_not_ours_is_refused(site, cookie):
    for path in ('/', '/session'):
        assert site.ask('GET', path, Host=f'evil.example:{site.port}')[0] == 421
    status, link = site.socket(Cookie=cookie, Host=f'evil.example:{site.port}',
                               Origin=f'http://evil.example:{site.port}')
    link.close()
    assert status == 421


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site):
    _, headers, _ = site.ask('POST', '/login', json.dumps({'pin': PIN}).encode(),
                             Origin=site.origin)
    cookie = headers['Set-Cookie'].lower()
    assert 'httponly' in cookie and 'samesite=strict' in cookie
    assert 'domain' not in cookie and 'expires' not in cookie and 'max-age' not in cookie


@pytest.mark.parametrize('body', [
    b'', b'[]', b'{}', b'{"pin": 31415926}', b'{"pin": null}', b'[' * 4000, b'\xff\xfe', b'"x"'])
def test_a_damaged_login_is_a_400(site, body):
    assert site.ask('POST', '/login', body, Origin=site.origin)[0] == 400


# -- what comes in -------------------------------------------------------------------------------


def test_an_oversize_body_is_not_read(site):
    big = b'{"pin": "' + b'1' * commands.MAX_BODY + b'"}'
    assert site.ask('POST', '/login', big, Origin=site.origin)[0] == 413


def test_an_oversize_message_ends_the_connection(site, cookie):
    status, link = site.socket(Cookie=cookie)
    assert status == 101
    send(link, b'x' * (commands.MAX_BODY + 1))
    while (got := receive(link))[0] in (1, 2):
        pass
    link.close()
    assert got[0] in (8, None)
    if got[0] == 8:
        assert struct.unpack('>H', got[1][:2]) == (1009,)


@pytest.mark.parametrize('path', [
    '/../../../etc/passwd', '/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd', '/static/', '/static/page.js', '/texts/', '/texts', '/texts/../page.js',
    '/texts/..%2fserver.py', '/server.py', '/../server.py', '/index.html', '/.git/config',
    '/thumbnail/', '/thumbnail/..', '/thumbnail/1/../../etc/passwd', '/thumbnail/1e3',
    '/picture/', '/picture/u1', '/picture/u1/', '/picture/../x', '/picture/u1/..',
    '/picture/u1/2/3', '/picture/u1/%2e%2e', '/picture/' + 'u' * 21 + '/1',
    '/page.js%00.html', '/page.js/', '/ws/', '/%ff%fe', '/<script>alert(1)</script>'])
def test_no_path_leads_anywhere(site, cookie, path):
    status, headers, body = site.ask('GET', path, Cookie=cookie)
    assert status in (400, 404), path
    assert b'root:' not in body and b'import' not in body
    if status == 404:
        assert body == b'not here' and headers['Content-Type'].startswith('text/plain')


@pytest.mark.parametrize('method', ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'POST', 'HEAD'])
def test_other_methods_do_nothing(site, cookie, method):
    assert site.ask(method, '/', Cookie=cookie, Origin=site.origin)[0] in (404, 405) or (
        method == 'HEAD')
    assert site.ask(method, '/', Cookie=cookie)[0] in (403, 405)


@pytest.mark.parametrize('path', ['/', '/debug', '/page.js', '/page.css', '/session', '/nowhere'])
def test_every_answer_carries_the_headers(site, path):
    _, headers, _ = site.ask('GET', path)
    policy = headers['Content-Security-Policy']
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy and 'unsafe' not in policy
    assert headers['X-Content-Type-Options'] == 'nosniff'
    assert headers['Referrer-Policy'] == 'no-referrer'
    assert 'Access-Control-Allow-Origin' not in headers
    assert 'aiohttp' not in headers['Server'].lower()


def test_nonsense_on_the_socket_is_refused_and_the_page_lives_on(site, cookie, listener):
    _, link = site.socket(Cookie=cookie)
    for text in (b'', b'{', b'[' * 3000, b'null', b'7', b'"teach"', b'{"do": "teach"}',
                 b'{"do": {}, "id": 1}', b'\x00', b'{"do":"undo","id":"n1","sample":-1}'):
        send(link, text)
    assert result(link, 'n1')['level'] == 'ERROR'
    label = 'x' * (commands.MAX_LABEL_BYTES + 1)
    for number, request in enumerate((
            {'do': 'teach', 'label': label, 'stamp': [1, 2]}, {'do': 'forget', 'label': label},
            {'do': 'rename', 'label': 'a', 'to': label}, {'do': 'learning', 'label': 'a'})):
        send(link, json.dumps({**request, 'id': f'bad{number}'}).encode())
        assert result(link, f'bad{number}')['level'] == 'ERROR'
    assert listener(1, 0.3) == []
    # Markup is text like any other: it goes to the classifier as it is.
    markup = '<img src=x onerror=alert(1)>'
    send(link, json.dumps({'do': 'forget', 'id': 'ok', 'label': markup}).encode())
    [command] = listener(1)
    link.close()
    assert json.loads(command) == {'do': 'forget', 'id': 'ok', 'label': markup}


def test_a_request_sent_again_at_once_reaches_the_classifier_once(site, cookie, listener):
    _, link = site.socket(Cookie=cookie)
    for _ in range(5):
        send(link, json.dumps({'do': 'undo', 'id': 'again'}).encode())
    send(link, json.dumps({'do': 'undo', 'id': 'other'}).encode())
    ids = [json.loads(text)['id'] for text in listener(2)]
    link.close()
    assert ids == ['again', 'other']


def test_a_flood_of_requests_is_cut_off(site, cookie, listener):
    _, link = site.socket(Cookie=cookie)
    for number in range(200):
        send(link, json.dumps({'do': 'undo', 'id': f'flood{number}'}).encode())
    passed = len(listener(200, 1.0))
    link.close()
    assert 20 <= passed < 100


@pytest.mark.parametrize('path', ['/ws', '/ws?view=debug', '/session', '/page.js'])
def test_who_leaves_at_the_door_leaves_no_traceback(site, cookie, path):
    """A connection that is reset while its answer is being written, also for a WebSocket."""
    lines = {'Host': site.host, 'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Cookie': cookie,
             'Sec-WebSocket-Version': '13', 'Origin': site.origin,
             'Sec-WebSocket-Key': base64.b64encode(os.urandom(16)).decode()}
    request = f'GET {path} HTTP/1.1\r\n' + ''.join(
        f'{name}: {value}\r\n' for name, value in lines.items()) + '\r\n'
    for _ in range(150):
        with socket.create_connection(('127.0.0.1', site.port), timeout=10) as link:
            link.sendall(request.encode())
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    assert site.ask('GET', '/session')[0] == 200
    assert site.process.log.count('Traceback') == 0


def test_the_number_of_browsers_is_limited(site, cookie):
    links = []
    try:
        for _ in range(9):
            status, link = site.socket(Cookie=cookie)
            links.append(link)
        assert status == 503
        assert json.loads(site.ask('GET', '/session', Cookie=cookie)[2])['full'] == 8
    finally:
        for link in links:
            link.close()


def test_tries_are_limited(site):
    """Last of those on this page: from here on the address has to wait."""
    for _ in range(access.TRIES):
        assert site.login('00000000') == (401, '')
    assert site.login('00000000')[0] == 429
    assert site.login(PIN) == (429, ''), 'not even the right PIN'
    assert 'PIN' not in site.process.log.replace('pin=', '')


# -- other settings ------------------------------------------------------------------------------


def test_for_the_network_there_is_a_pin_a_qr_code_and_a_warning(tmp_path):
    domain = fresh_domain()
    process, url = page(tmp_path, domain, host='0.0.0.0', public_host='127.0.0.1')
    with process:
        assert re.fullmatch(r'http://127\.0\.0\.1:\d+/#pin=\d{8}', url)
        log = process.wait_for_log('without TLS')
        if __import__('importlib.util').util.find_spec('qrcode'):
            assert '▀▀▀' in log or '███' in log
        context = rclpy.Context()
        rclpy.init(context=context, domain_id=domain)
        node = rclpy.create_node('reader', context=context)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        heard = []
        node.create_subscription(
            String, 'teach_page/page_url', lambda m: heard.append(m.data), LATCHED)
        end = time.monotonic() + 10.0
        while not heard and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.1)
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
        assert heard == [url]
        process.end(signal.SIGTERM)


def test_loopback_asks_for_no_pin_and_view_only_teaches_nothing(tmp_path):
    domain = fresh_domain()
    process, url = page(tmp_path, domain, view_only=True)
    with process:
        site = Site(process, url, domain)
        assert url == f'http://127.0.0.1:{site.port}/'
        status, link = site.socket()
        assert status == 101
        send(link, json.dumps({'do': 'undo', 'id': 'x'}).encode())
        assert 'viewing only' in result(link, 'x')['message']
        for number, refused in enumerate((
                {'do': 'answer', 'question': 'u1', 'label': 'mug'},
                {'do': 'ignore', 'question': 'u1'},
                {'do': 'relabel', 'sample': 1, 'label': 'mug'})):
            send(link, json.dumps({**refused, 'id': f'y{number}'}).encode())
            assert 'viewing only' in result(link, f'y{number}')['message']
        link.close()
        with Process(tmp_path, domain, 'operator_page.main', port=site.port) as second:
            assert second.process.wait(timeout=20) == 1
            assert re.fullmatch(r'teach_page: cannot listen on 127\.0\.0\.1 port \d+: '
                                r'another program listens there; take another port, .*\n',
                                second.log)
        process.end()


def test_tls_with_a_given_certificate(tmp_path):
    names = tmp_path / 'cert.pem', tmp_path / 'key.pem'
    try:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
                        '/CN=robot', '-addext', 'subjectAltName=IP:127.0.0.1', '-out', names[0],
                        '-keyout', names[1]], check=True, capture_output=True, timeout=30)
    except FileNotFoundError:
        pytest.skip('openssl is not installed')
    process, url = page(tmp_path, fresh_domain(), pin=PIN, certificate=str(names[0]),
                        key=str(names[1]))
    with process:
        port = urlsplit(url).port
        assert url == f'https://127.0.0.1:{port}/#pin={PIN}'
        trust = ssl.create_default_context(cafile=names[0])
        link = http.client.HTTPSConnection('127.0.0.1', port, context=trust, timeout=10)
        link.request('POST', '/login', json.dumps({'pin': PIN}),
                     {'Origin': f'https://127.0.0.1:{port}'})
        answer = link.getresponse()
        assert answer.status == 200
        assert 'secure' in answer.getheader('Set-Cookie').lower()
        link.close()
        process.end()
