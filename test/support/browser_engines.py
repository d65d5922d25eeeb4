# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Chromium, Firefox and WebKitGTK behind the same few methods (browser.Browser)."""

import base64
import functools
import importlib.util
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time

from browser import Browser, DESKTOP, PHONE, WAIT
import cv2
import numpy as np

_CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser'))), None)
_FIREFOX = next(filter(None, map(shutil.which, ('firefox-esr', 'firefox'))), None)
_FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
          '--disable-background-networking', '--disable-component-update', '--disable-sync',
          '--disable-dev-shm-usage', '--hide-scrollbars', '--lang=en', '--window-size=1280,900')
_PYTHON = '/usr/bin/python3'  # Debian's, which has gi
_SCREEN = 1400, 1000
# No faults of the page: what a lost connection leaves in a log, and what an engine passes over.
_NO_FAULT = ('WebSocket', 'ERR_', 'establish a connection', 'was interrupted', 'Failed to load',
             'NetworkError', 'network connection', 'not recognized and ignored')


def missing(engine):
    """Return the sentence why an engine cannot be driven here, '' if it can."""
    for module in ('selenium', 'websocket'):
        if importlib.util.find_spec(module) is None:
            return f'{module} is not installed (extra page-test)'
    for there, what in _NEEDS[engine]:
        if not there():
            return f'{what.split()[-1]} is not installed (apt install {what})'
    return ''


class _Selenium(Browser):
    """What Chromium and WebKitGTK have in common."""

    def open(self, url):
        """Go to an address, anew even if only its fragment differs."""
        self.driver.get('about:blank')
        self.driver.get(url)

    def run(self, script, *arguments):
        """Run the body of a function in the page and return what it, or its promise, returns."""
        return self.driver.execute_script(script, *arguments)

    def actions(self, sources):
        """Do what WebDriver calls actions."""
        from selenium.webdriver.remote.command import Command
        self.driver.execute(Command.W3C_ACTIONS, {'actions': sources})

    def forget_cookies(self):
        """Delete all cookies of the page."""
        self.driver.delete_all_cookies()

    @property
    def url(self):
        """Return what the address bar shows."""
        return self.driver.current_url


class Chromium(_Selenium):
    """Headless, by chromedriver."""

    name = 'Chromium'

    def __init__(self, profile, size=PHONE, dark=False, preferences=None,
                 trusting=False):
        from selenium import webdriver
        options = webdriver.ChromeOptions()
        options.binary_location = _CHROMIUM
        for flag in (*_FLAGS, f'--user-data-dir={profile}'):
            options.add_argument(flag)
        options.add_experimental_option('prefs', preferences or {})
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        options.accept_insecure_certs = trusting
        self.driver = webdriver.Chrome(
            options, webdriver.ChromeService(shutil.which('chromedriver')))
        self.driver.set_script_timeout(WAIT)
        self._fingers, self._down = {}, set()
        self.look(size, dark)

    def quit(self):
        """End the browser."""
        self.driver.quit()

    def look(self, size, dark):
        """Take the size (width, height) of a device and its colour scheme."""
        self.command('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1],
                     deviceScaleFactor=2 if size == PHONE else 1, mobile=size != DESKTOP)
        self.command('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def _point(self, actions, kind, number):
        if kind != 'touch':
            super()._point(actions, kind, number)
            return
        # chromedriver forgets a finger that is still down at the next call.
        for action in actions:
            what = {'pointerDown': 'touchStart', 'pointerUp': 'touchEnd'}.get(action['type'])
            if action['type'] == 'pause':
                time.sleep(action['duration'] / 1000)
            elif not what:
                self._fingers[number] = {'x': action['x'], 'y': action['y'], 'id': number}
                what = 'touchMove' if number in self._down else None
            if what == 'touchStart':
                self._down.add(number)
            elif what == 'touchEnd':
                self._down.discard(number)
            if what:
                self.command('Input.dispatchTouchEvent', type=what,
                             touchPoints=[self._fingers[number]])

    def touch(self, kind, *places):
        """Let fingers begin or end to touch: those that touch now, [(x, y, finger)]."""
        self.command('Input.dispatchTouchEvent', type=kind, touchPoints=[
            {'x': x, 'y': y, 'id': finger} for x, y, finger in places])

    def command(self, name, **arguments):
        """Send a command of the developer tools' protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def picture(self, path):
        """Save what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.command(
            'Page.captureScreenshot', format='png')['data']))

    def complaints(self):
        """Return the errors logged since the last call, without those of the network."""
        return [entry['message'] for entry in self.driver.get_log('browser')
                if entry['level'] == 'SEVERE' and entry['source'] != 'network'
                and not any(word in entry['message'] for word in _NO_FAULT)]


class WebKit(_Selenium):
    """WebKitGTK in a bare window on a screen of its own, by WebKitWebDriver."""

    name = 'WebKitGTK'

    def __init__(self, profile, size=PHONE, dark=False):
        from selenium import webdriver
        from selenium.webdriver.webkitgtk.options import Options
        from selenium.webdriver.webkitgtk.service import Service
        self._directory = pathlib.Path(profile)
        self._directory.mkdir(parents=True, exist_ok=True)
        reading, writing = os.pipe()
        with open(reading) as told:
            self._screen = subprocess.Popen(
                ['Xvfb', '-displayfd', str(writing), '-screen', '0', '{}x{}x24'.format(*_SCREEN),
                 '-fbdir', str(self._directory), '-nolisten', 'tcp'],
                pass_fds=[writing], stderr=subprocess.DEVNULL)
            os.close(writing)
            display = told.readline().strip()
        options = Options()
        options.binary_location = _PYTHON
        options.add_argument(str(pathlib.Path(__file__).with_name('webkit_window.py')))
        environment = {**os.environ, 'DISPLAY': f':{display}', 'GDK_BACKEND': 'x11',
                       'NO_AT_BRIDGE': '1', 'LANG': 'C.UTF-8', 'LANGUAGE': 'en',
                       'HOME': str(self._directory), 'GTK_THEME': ''}
        for name in ('PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV', 'GTK_THEME'):
            environment.pop(name, None)
        service = Service(shutil.which('WebKitWebDriver'), env=environment,
                          log_output=str(self._directory / 'log'))
        try:
            self.driver = webdriver.WebKitGTK(options=options, service=service)
        except BaseException:
            self._screen.terminate()
            self._screen.wait(WAIT)
            raise
        self.driver.set_script_timeout(WAIT)
        driver = service.process.pid
        children = pathlib.Path(f'/proc/{driver}/task/{driver}/children').read_text().split()
        [self._window] = map(int, children)
        self._read = 0  # characters of the log
        self.look(size, dark)

    def quit(self):
        """End the browser and its screen."""
        try:
            self.driver.quit()
        finally:
            self._screen.terminate()
            self._screen.wait(WAIT)

    def look(self, size, dark):
        """Take the size (width, height) of a device and its colour scheme."""
        self._size = size
        self.driver.set_window_rect(0, 0, *size)
        os.kill(self._window, signal.SIGUSR2 if dark else signal.SIGUSR1)
        self.until('size and colours', """
            return innerWidth === arguments[0] && innerHeight === arguments[1]
              && matchMedia('(prefers-color-scheme: dark)').matches === arguments[2]""",
                   *size, dark)
        # Media queries are asked again when the next frame is drawn, not before.
        self.run('return new Promise('
                 'done => requestAnimationFrame(() => requestAnimationFrame(done)))')

    def picture(self, path):
        """Save what is on the screen, layers and all, as PNG."""
        self.run('return new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))')
        raw = (self._directory / 'Xvfb_screen0').read_bytes()
        head, colours = struct.unpack('>I', raw[:4])[0], struct.unpack('>I', raw[76:80])[0]
        width, height = struct.unpack('>II', raw[16:24])
        pixels = np.frombuffer(raw, np.uint8, width * height * 4, head + 12 * colours)
        cv2.imwrite(str(path), pixels.reshape(height, width, 4)[
            :self._size[1], :self._size[0], :3])

    def complaints(self):
        """Return the errors logged since the last call, without those of the network."""
        text = (self._directory / 'log').read_text(errors='replace')
        new, self._read = text[self._read:], len(text)
        return [line for line in new.splitlines()
                if ': CONSOLE ' in line and ' ERROR ' in line
                and not any(word in line for word in _NO_FAULT)]


class Firefox(Browser):
    """Headless, by the WebDriver BiDi that it speaks itself: Debian has no geckodriver."""

    name = 'Firefox'

    def __init__(self, profile, size=PHONE, dark=False):
        self._directory = pathlib.Path(profile)
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / 'user.js').write_text(''.join(
            f'user_pref({json.dumps(name)}, {json.dumps(value)});\n' for name, value in {
                'browser.shell.checkDefaultBrowser': False, 'intl.accept_languages': 'en',
                'network.captive-portal-service.enabled': False,
                'datareporting.policy.dataSubmissionEnabled': False,
                'app.update.enabled': False}.items()))
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        with open(self._directory / 'log', 'w') as log:
            self._process = subprocess.Popen(
                [_FIREFOX, '--headless', '--no-remote', '--profile', str(self._directory),
                 '--remote-debugging-port', str(port), '--remote-allow-system-access',
                 'about:blank'], stdout=log, stderr=log,
                env={**os.environ, 'HOME': str(self._directory)})
        self._numbers = itertools.count()
        self._errors = []
        try:
            self._socket = self._connected(port)
            self.ask('session.new', capabilities={})
            self.ask('session.subscribe', events=['log.entryAdded'])
            self._page = self._first()
            self._chrome = self._first(**{'moz:scope': 'chrome'})
            # Out of the address bar: keys work only on a page that has the focus.
            self._call('gBrowser.selectedBrowser.focus()', self._chrome)
            self.look(size, dark)
        except BaseException:
            self._process.kill()
            self._process.wait(WAIT)
            raise

    def _connected(self, port):
        import websocket
        end = time.monotonic() + WAIT
        while True:
            try:
                return websocket.create_connection(
                    f'ws://127.0.0.1:{port}/session', timeout=2 * WAIT, suppress_origin=True)
            except OSError:
                assert time.monotonic() < end and self._process.poll() is None, \
                    (self._directory / 'log').read_text()
                time.sleep(0.05)

    def ask(self, method, **parameters):
        """Send a command and return its result; what it logs meanwhile is kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({'id': number, 'method': method, 'params': parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get('method') == 'log.entryAdded':
                if message['params']['level'] == 'error':
                    self._errors.append(message['params']['text'])
            elif message.get('id') == number:
                assert message['type'] == 'success', message
                return message['result']

    def _first(self, **which):
        return self.ask('browsingContext.getTree', **which)['contexts'][0]['context']

    def _call(self, script, context, *arguments):
        answer = self.ask(
            'script.callFunction', target={'context': context}, awaitPromise=True,
            functionDeclaration='async (given) => JSON.stringify(await (function () {' + script
            + '\n}).apply(null, JSON.parse(given)) ?? null)',
            arguments=[{'type': 'string', 'value': json.dumps(arguments)}])
        assert answer['type'] == 'success', answer
        return json.loads(answer['result']['value'])

    def quit(self):
        """End the browser."""
        try:
            self.ask('browser.close')
            self._socket.close()
            self._process.wait(WAIT)
        finally:
            self._process.kill()
            self._process.wait(WAIT)

    def open(self, url):
        """Go to an address, anew even if only its fragment differs."""
        for each in ('about:blank', url):
            self.ask('browsingContext.navigate', context=self._page, url=each, wait='complete')

    def run(self, script, *arguments):
        """Run the body of a function in the page and return what it, or its promise, returns."""
        return self._call(script, self._page, *arguments)

    def look(self, size, dark):
        """Take the size (width, height) of a device and its colour scheme."""
        self.ask('browsingContext.setViewport', context=self._page,
                 viewport={'width': size[0], 'height': size[1]},
                 devicePixelRatio=2 if size == PHONE else 1)
        self._call('gBrowser.selectedBrowser.browsingContext.prefersColorSchemeOverride = '
                   'arguments[0]', self._chrome, 'dark' if dark else 'light')

    def actions(self, sources):
        """Do what WebDriver calls actions."""
        self.ask('input.performActions', context=self._page, actions=sources)

    def forget_cookies(self):
        """Delete all cookies."""
        self.ask('storage.deleteCookies')

    @property
    def url(self):
        """Return what the address bar shows."""
        return self.run('return location.href')

    def picture(self, path):
        """Save what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.ask(
            'browsingContext.captureScreenshot', context=self._page)['data']))

    def complaints(self):
        """Return the errors logged since the last call, without those of the network."""
        self.run('')
        errors, self._errors = self._errors, []
        return [error for error in errors if not any(word in error for word in _NO_FAULT)]


@functools.cache
def _has_webkit_for_python():
    return shutil.which(_PYTHON) and not subprocess.run(
        [_PYTHON, '-c', "import gi; gi.require_version('WebKit2', '4.1')"],
        stderr=subprocess.DEVNULL, timeout=WAIT).returncode


ENGINES = {engine.name: engine for engine in (Chromium, Firefox, WebKit)}
_NEEDS = {
    'Chromium': ((lambda: _CHROMIUM, 'chromium'),
                 (lambda: shutil.which('chromedriver'), 'chromium-driver')),
    'Firefox': ((lambda: _FIREFOX, 'firefox-esr'),),
    'WebKitGTK': ((lambda: shutil.which('WebKitWebDriver'), 'webkit2gtk-driver'),
                  (lambda: shutil.which('Xvfb'), 'xvfb'),
                  (_has_webkit_for_python, 'python3-gi gir1.2-webkit2-4.1')),
}
