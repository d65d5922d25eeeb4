# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The running page behind proxies, on both families of addresses, and two of it on one robot."""

import http.client
import http.cookiejar
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from urllib.parse import urlsplit
import urllib.request

from checkout import ROOT
import pytest

pytest.importorskip('aiohttp', reason='aiohttp is not installed (extra page)')
from browser import PHONE, WAIT
import browser_engines
from domains import fresh_domain
from operator_page_harness import Browser, page, Process
from reverse_proxy import certificate, Proxy

from hybrid_snn_ros.operator_page.address import own_addresses, page_url

PIN = '271828'
NAME = 'robot.example.org'
UPGRADE = {'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Version': '13',
           'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA=='}


@pytest.fixture(scope='module')
def domain():
    return fresh_domain()


@pytest.fixture(scope='module')
def tls(tmp_path_factory):
    if not shutil.which('openssl'):
        pytest.skip('openssl is not installed')
    return certificate(tmp_path_factory.mktemp('tls'))


@pytest.fixture
def start(tmp_path, domain):
    """Yield a function that starts a page and returns (its address, its port)."""
    begun = []

    def begin(*words, **parameters):
        process, url = page(tmp_path, domain, *words, **parameters)
        begun.append(process)
        if 'public_url' not in parameters:
            return url, urlsplit(url).port
        log = process.wait_for_log(' it listens for the proxy on ')
        return url, int(re.search(r'it listens for the proxy on \S+ port (\d+)', log).group(1))

    begin.processes = begun
    yield begin
    for process in begun:
        with process:
            process.end()


class Visitor:
    """A browser's requests: it keeps cookies as browsers do, and says where its page is from."""

    def __init__(self, host, tls=None):
        self.host, self.tls = host, tls
        self.jar = http.cookiejar.CookieJar()
        self.origin = f'{"https" if tls else "http"}://{host}'

    def ask(self, port, path, method='GET', body=None, **headers):
        """Return (status, headers, text) of a request for a path of the host on a port here."""
        if self.tls:
            context = ssl.create_default_context(cafile=self.tls[0])
            context.check_hostname = False
            link = http.client.HTTPSConnection('127.0.0.1', port, context=context, timeout=20)
        else:
            link = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        request = urllib.request.Request(self.origin + path)
        self.jar.add_cookie_header(request)
        sent = {'Host': self.host, **dict(request.header_items())}
        if method == 'POST' or 'Upgrade' in headers:
            sent['Origin'] = self.origin
        try:
            link.request(method, path, body, {**sent, **headers})
            answer = link.getresponse()
            self.jar.extract_cookies(_Answer(answer), request)
            return answer.status, answer.headers, (
                '' if answer.status == 101 else answer.read().decode())
        finally:
            link.close()

    def enter(self, port, prefix='', pin=PIN):
        """Type the PIN; return the status and the cookie that was set."""
        status, headers, _ = self.ask(port, f'{prefix}/login', 'POST', json.dumps({'pin': pin}))
        return status, headers.get('Set-Cookie', '')

    def is_in(self, port, prefix=''):
        """Tell whether the page knows us."""
        return json.loads(self.ask(port, f'{prefix}/session', 'POST')[2])['open']


class _Answer:
    def __init__(self, answer):
        self._answer = answer

    def info(self):
        return self._answer.msg


def everything_works(visitor, port, prefix=''):
    """Load the page as a browser does, log in, look; return the cookie."""
    status, _, html = visitor.ask(port, f'{prefix}/')
    assert status == 200
    paths = re.findall(r'(?:src|href)="\./([^"]+)"', html)
    assert {'page.js', 'page.css', 'icon.svg'} <= set(paths)
    _, _, script = visitor.ask(port, f'{prefix}/page.js')
    for path in (*paths, *re.findall(r"from '\./([^']+)'", script), 'debug', 'texts/en.json'):
        assert visitor.ask(port, f'{prefix}/{path}')[0] == 200, path
    assert not visitor.is_in(port, prefix)
    assert visitor.ask(port, f'{prefix}/ws', **UPGRADE)[0] == 401
    status, cookie = visitor.enter(port, prefix)
    assert status == 200
    assert visitor.is_in(port, prefix)
    assert visitor.ask(port, f'{prefix}/thumbnail/1')[0] == 404, 'let in, and there is none'
    assert visitor.ask(port, f'{prefix}/ws', **UPGRADE)[0] == 101
    for other in ('https://evil.example', 'http://evil.example', 'null'):
        assert visitor.ask(port, f'{prefix}/ws', **UPGRADE, Origin=other)[0] == 403
        assert visitor.ask(port, f'{prefix}/login', 'POST', '{}', Origin=other)[0] == 403
    return cookie.lower()


# -- proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize('keep_host', [True, False], ids=['name kept', 'name replaced'])
@pytest.mark.parametrize('public', [
    {'public_url': f'https://{NAME}'}, {'public_host': NAME}], ids=['url', 'host'])
def test_a_proxy_adds_tls(start, tls, public, keep_host):
    url, port = start(pin=PIN, **public)
    assert NAME in url
    with Proxy(port, tls, keep_host=keep_host) as proxy:
        assert 'secure' in everything_works(Visitor(NAME, tls), proxy.port)


def test_a_proxy_that_adds_tls_to_an_address_needs_no_setting(start, tls):
    _, port = start(pin=PIN)
    with Proxy(port, tls) as proxy:
        host = f'127.0.0.1:{proxy.port}'
        assert 'secure' in everything_works(Visitor(host, tls), proxy.port)


@pytest.mark.parametrize('strip', [True, False], ids=['stripped', 'left'])
@pytest.mark.parametrize('path', ['/robot1', '/plant/hall-2/robot1'])
@pytest.mark.parametrize('keep_host', [True, False], ids=['name kept', 'name replaced'])
def test_a_proxy_puts_a_path_before_it(start, tls, path, strip, keep_host):
    url, port = start(pin=PIN, public_url=f'https://{NAME}:8443{path}')
    assert url == f'https://{NAME}:8443{path}/#pin={PIN}'
    with Proxy(port, tls, path, strip, keep_host) as proxy:
        visitor = Visitor(f'{NAME}:8443', tls)
        cookie = everything_works(visitor, proxy.port, path)
        assert [each.path for each in visitor.jar] == [path]
        assert 'path' not in cookie, 'the browser knows the prefix, the page may not'
        if not strip:
            status, headers, _ = visitor.ask(proxy.port, path)
            assert (status, headers['Location']) == (302, f'{path}/')


def test_a_plain_proxy_on_another_port_or_host(start):
    _, port = start(pin=PIN, public_url=f'http://{NAME}:8000')
    with Proxy(port, keep_host=False) as proxy:
        assert 'secure' not in everything_works(Visitor(f'{NAME}:8000'), proxy.port)


def test_past_the_proxy_the_page_is_still_reached_at_home(start, tls):
    _, port = start(pin=PIN, public_url=f'https://{NAME}/robot1/')
    everything_works(Visitor(f'127.0.0.1:{port}'), port)


def test_whom_the_page_does_not_know_it_tells_what_to_set(start, tls):
    _, port = start(pin=PIN)
    with Proxy(port, tls) as proxy:
        for path in ('/', '/session'):
            status, _, words = Visitor(NAME, tls).ask(proxy.port, path)
            assert status == 421 and 'public_url' in words
    with Proxy(port, tls, keep_host=False) as proxy:
        visitor = Visitor(NAME, tls)
        assert visitor.ask(proxy.port, '/')[0] == 200
        for path in ('/session', '/login'):
            status, _, words = visitor.ask(proxy.port, path, 'POST', '{}')
            assert status == 403 and 'public_url' in words


def test_what_a_stranger_says_of_a_proxy_is_not_believed(start):
    _, port = start(pin=PIN, public_url=f'https://{NAME}/')
    visitor = Visitor(f'127.0.0.1:{port}')
    for name in ('X-Forwarded-Host', 'X-Forwarded-Server', 'X-Original-Host'):
        assert visitor.ask(port, '/', Host='evil.example', **{name: NAME})[0] == 421
    says = {'Origin': 'https://evil.example', 'X-Forwarded-Host': 'evil.example',
            'X-Forwarded-Proto': 'https', 'Forwarded': 'host=evil.example;proto=https'}
    assert visitor.ask(port, '/login', 'POST', '{}', **says)[0] == 403
    assert visitor.ask(port, '/ws', **UPGRADE, **says)[0] == 403
    # Nor do tries count as somebody else's.
    tries = [visitor.ask(port, '/login', 'POST', '{"pin": "000000"}', **{
        'X-Forwarded-For': f'10.0.0.{n}', 'X-Real-IP': f'10.0.0.{n}'})[0] for n in range(6)]
    assert tries == [401] * 5 + [429]


def test_a_page_for_a_proxy_asks_for_a_pin_though_it_listens_here_alone(start):
    for public in ({'public_url': f'https://{NAME}'}, {'public_host': NAME}):
        url, port = start(**public)
        assert re.search(r'#pin=\d{8}$', url)
        assert not Visitor(f'127.0.0.1:{port}').is_in(port)


NGINX = """
daemon off;
pid {here}/pid;
error_log {here}/log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fast;
  uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
  {example}
}}
"""


def documented(language):
    """Return the example of the documentation in a language."""
    text = (ROOT / 'docs' / 'operator_page.md').read_text(encoding='utf-8')
    return re.search(rf'```{language}\n(.*?)```', text, re.DOTALL)[1]


def test_the_documented_nginx(start, tls, tmp_path):
    nginx = shutil.which('nginx') or shutil.which('/usr/sbin/nginx')
    if not nginx:
        pytest.skip('nginx is not installed (apt install nginx-light)')
    with Proxy(1) as free:
        pass
    _, port = start(pin=PIN, public_url=f'https://{NAME}/robot1/')
    example = documented('nginx')
    for old, new in (('443', f'127.0.0.1:{free.port}'), ('/etc/ssl/certs/robot.pem', tls[0]),
                     ('/etc/ssl/private/robot.key', tls[1]),
                     ('127.0.0.1:8080', f'127.0.0.1:{port}')):
        assert old in example
        example = example.replace(old, str(new))
    (tmp_path / 'conf').write_text(NGINX.format(here=tmp_path, example=example))
    with subprocess.Popen([nginx, '-p', str(tmp_path), '-c', str(tmp_path / 'conf')]) as process:
        everything_works_behind(process, free.port, tls, tmp_path / 'log')


def test_the_documented_caddy(start, tls, tmp_path):
    if not shutil.which('caddy'):
        pytest.skip('caddy is not installed (apt install caddy)')
    with Proxy(1) as free:
        pass
    _, port = start(pin=PIN, public_url=f'https://{NAME}/robot1/')
    example = documented('caddy').replace('127.0.0.1:8080', f'127.0.0.1:{port}')
    # A certificate of our own instead of one from the network; all else as it stands.
    example = example.replace(f'{NAME} {{', f'{NAME}:{free.port} {{\n  bind 127.0.0.1\n'
                              f'  tls {tls[0]} {tls[1]}')
    (tmp_path / 'Caddyfile').write_text('{\n  admin off\n  auto_https disable_redirects\n}\n'
                                        + example)
    with open(tmp_path / 'log', 'w') as log, subprocess.Popen(
            ['caddy', 'run', '--config', str(tmp_path / 'Caddyfile'), '--adapter', 'caddyfile'],
            stderr=log, env={**os.environ, 'HOME': str(tmp_path)}) as process:
        everything_works_behind(process, free.port, tls, tmp_path / 'log')


def everything_works_behind(process, port, tls, log):
    try:
        until_listening(process, port, log)
        everything_works(Visitor(NAME, tls), port, '/robot1')
    finally:
        process.terminate()


def until_listening(process, port, log):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


# -- several pages -------------------------------------------------------------------------------


def test_two_pages_on_one_robot_keep_their_sessions_apart(start):
    pins = '271828', '141421'
    ports = [start('-r', f'__node:=page_{n}', pin=pin)[1] for n, pin in enumerate(pins)]
    visitors = [Visitor(f'127.0.0.1:{port}') for port in ports]
    visitors[1].jar = visitors[0].jar  # one browser
    for visitor, port, pin in zip(visitors, ports, pins):
        assert visitor.enter(port, pin=pin)[0] == 200
    assert [visitor.is_in(port) for visitor, port in zip(visitors, ports)] == [True, True]
    for visitor, port in zip(visitors, ports):
        assert visitor.ask(port, '/thumbnail/1')[0] == 404
    assert len({cookie.name for cookie in visitors[0].jar}) == 2


def test_two_robots_behind_one_proxy_keep_their_sessions_apart(start, tls):
    ports = [start('-r', f'__node:=page_{n}', pin=PIN, public_url=f'https://{NAME}/robot{n}')[1]
             for n in range(2)]
    with Proxy(None, tls, {f'/robot{n}': port for n, port in enumerate(ports)}) as proxy:
        visitor = Visitor(NAME, tls)
        assert visitor.enter(proxy.port, '/robot0')[0] == 200
        assert [visitor.is_in(proxy.port, f'/robot{n}') for n in range(2)] == [True, False]
        assert visitor.enter(proxy.port, '/robot1')[0] == 200
        assert [visitor.is_in(proxy.port, f'/robot{n}') for n in range(2)] == [True, True]


# -- both families -------------------------------------------------------------------------------


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason='this computer has no IPv6')
@pytest.mark.parametrize('host', ['::', '[::]', '::0'])
def test_the_page_listens_on_both_families_and_names_where(start, host):
    url, port = start(host=host, pin=PIN)
    for each in ('127.0.0.1', '::1', *own_addresses()):
        with urllib.request.urlopen(page_url('http', each, port, '') + 'session', timeout=20) as a:
            assert a.status == 200
    shown, *others = own_addresses() or [socket.gethostname()]
    assert url == page_url('http', shown, port, PIN)
    log = start.processes[-1].wait_for_log('on other networks') if others else ''
    assert all(page_url('http', each, port, '') in log for each in others)


@pytest.mark.parametrize('parameters, sentence', [
    ({'host': '192.0.2.77'}, 'cannot listen on 192.0.2.77 port 0: this computer does not have'),
    ({'host': 'nobody.invalid'}, 'cannot listen on nobody.invalid port 0: that name is unknown'),
    ({'public_url': 'robot.local'}, 'public_url must look like https://robot.example.org/ or'),
    ({'public_host': 'https://robot.local'}, 'public_host must be just a name or an address')])
def test_what_cannot_be_is_one_sentence(tmp_path, domain, parameters, sentence):
    with Process(tmp_path, domain, 'operator_page.main', port=0, **parameters) as process:
        assert process.process.wait(timeout=20) == 1
        assert process.log.startswith(f'teach_page: {sentence}')
        assert process.log.count('\n') == 1


# -- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    if browser_engines.missing('Chromium'):
        pytest.skip(browser_engines.missing('Chromium'))
    with Browser(tmp_path_factory.mktemp('profile'), PHONE, trusting=True) as browser:
        yield browser


def test_the_page_itself_works_behind_tls_and_a_path(start, tls, browser):
    with Proxy(1, tls) as free:
        pass
    _, port = start(pin=PIN, public_url=f'https://127.0.0.1:{free.port}/robot1/')
    with Proxy(port, tls, '/robot1', own_port=free.port):
        for path in ('', 'debug'):
            browser.open(f'https://127.0.0.1:{free.port}/robot1/{path}#pin={PIN}')
            browser.until('a connection', "return document.body.innerText.match("
                          "'classifier does not answer|Waiting for the classifier')")
            assert PIN not in browser.url


def test_the_page_says_why_it_cannot_come_in(start, tls, browser):
    _, port = start(max_viewers=1)
    with Proxy(port, keep_host=False) as proxy:
        browser.open(f'http://127.0.0.1:{proxy.port}/')
        browser.until_text('#banner', f'public_url:=http://127.0.0.1:{proxy.port}/')
    with Proxy(port, upgrade=False) as proxy:
        browser.open(f'http://127.0.0.1:{proxy.port}/')
        browser.until_text('#banner', 'a proxy must pass WebSockets on')
    first = socket.create_connection(('127.0.0.1', port), timeout=20)
    with first:
        first.sendall('\r\n'.join([
            'GET /ws HTTP/1.1', f'Host: 127.0.0.1:{port}', f'Origin: http://127.0.0.1:{port}',
            *(f'{name}: {value}' for name, value in UPGRADE.items()), '', '']).encode())
        assert b' 101 ' in first.recv(100)
        browser.open(f'http://127.0.0.1:{port}/')
        browser.until_text('#banner', 'is connected')
    browser.until_text('#banner', 'classifier does not answer')
