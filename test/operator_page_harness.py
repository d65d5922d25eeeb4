# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The page's process, the camera's process and a headless browser, for end-to-end tests."""

import importlib.util
import os
import shutil
import signal
import time

from ros_harness import NodeProcess

PHONE, DESKTOP = (360, 640), (1280, 800)
WAIT = 20.0  # seconds
_FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
          '--disable-background-networking', '--disable-component-update', '--disable-sync',
          '--disable-dev-shm-usage', '--hide-scrollbars', '--lang=en')
_CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser'))), None)
_DRIVER = shutil.which('chromedriver')


def missing():
    """Return the sentence why no browser can be driven here, '' if one can."""
    for there, what in ((importlib.util.find_spec('aiohttp'), 'aiohttp is not installed '
                         '(extra page)'),
                        (importlib.util.find_spec('selenium'), 'selenium is not installed '
                         '(extra page-test)'),
                        (_CHROMIUM, 'chromium is not installed (apt install chromium)'),
                        (_DRIVER, 'chromedriver is not installed (apt install '
                         'chromium-driver)')):
        if not there:
            return what
    return ''


class Process(NodeProcess):
    """Any module of this package as a ROS node in a process; leaves nothing behind."""

    def __init__(self, directory, domain, module, *words, **parameters):
        super().__init__(directory, domain, *words, program=('-m', f'hybrid_snn_ros.{module}'),
                         **parameters)

    def end(self, number=signal.SIGINT, seconds=10.0):
        """End the process the usual way; it must do so cleanly."""
        super().end(number, seconds)

    def cpu_seconds(self):
        """Return the processor time the process has used so far."""
        with open(f'/proc/{self.process.pid}/stat') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def page(directory, domain, *words, **parameters):
    """Start the page on a free port; return (Process, its address with the PIN)."""
    process = Process(directory, domain, 'operator_page.main', '-r', 'image:=image_raw', *words,
                      **{'port': 0, **parameters})
    log = process.wait_for_log('the page is at ')
    while '\n' not in (rest := log.partition('the page is at ')[2]):
        log = process.log
    return process, rest.split()[0]


class Browser:
    """One headless Chromium with an empty profile, as large as a phone or a desktop."""

    def __init__(self, profile, size=PHONE, dark=False, preferences=None):
        from selenium import webdriver
        options = webdriver.ChromeOptions()
        options.binary_location = _CHROMIUM
        for flag in (*_FLAGS, f'--user-data-dir={profile}', '--window-size=1280,900'):
            options.add_argument(flag)
        options.add_experimental_option('prefs', preferences or {})
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(_DRIVER))
        self.driver.set_script_timeout(WAIT)
        self.look(size, dark)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def look(self, size, dark):
        """Take the size (width, height) of a device and its colour scheme."""
        self.command('Emulation.setDeviceMetricsOverride', width=size[0], height=size[1],
                     deviceScaleFactor=2 if size == PHONE else 1, mobile=size == PHONE)
        self.command('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def command(self, name, **arguments):
        """Send a command of the developer tools' protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script, *arguments):
        """Run the body of a function in the page and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        """Return what an element shows."""
        return self.run('return document.querySelector(arguments[0]).innerText', selector).strip()

    def until(self, what, script, *arguments, seconds=WAIT):
        """Wait until a script returns something true and return it."""
        end = time.monotonic() + seconds
        while not (value := self.run(script, *arguments)):
            assert time.monotonic() < end, f'waited {seconds} s in vain for {what}: ' + \
                self.run('return document.body.innerText')
            time.sleep(0.05)
        return value

    def until_text(self, selector, wanted, seconds=WAIT):
        """Wait until an element's text holds a text."""
        return self.until(
            f'{wanted!r} in {selector}',
            'return document.querySelector(arguments[0]).innerText.includes(arguments[1])',
            selector, wanted, seconds=seconds)

    def centre(self, selector):
        """Return where an element is to be touched; it must be what lies on top there."""
        return self.until(f'{selector} to be touchable', """
            const node = document.querySelector(arguments[0]);
            if (!node) return null;
            node.scrollIntoView({block: 'nearest'});
            const box = node.getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2;
            return node.contains(document.elementFromPoint(x, y)) && [x, y];""", selector)

    def press(self, selector, seconds=0.0):
        """Hold the mouse down on an element for a time, as a finger would."""
        x, y = self.centre(selector)
        place = {'x': x, 'y': y, 'button': 'left', 'clickCount': 1}
        self.command('Input.dispatchMouseEvent', type='mousePressed', **place)
        time.sleep(seconds)
        self.command('Input.dispatchMouseEvent', type='mouseReleased', **place)

    def key(self, key, code='', text='', kinds=('keyDown', 'keyUp')):
        """Press a key of the keyboard, or only the half of that."""
        number = {'Enter': 13, ' ': 32, 'Escape': 27, 'Tab': 9, 'ArrowLeft': 37, 'ArrowRight': 39,
                  'Home': 36, 'End': 35}[key]
        text = text or {'Enter': '\r', ' ': ' '}.get(key, '')
        for kind in kinds:
            self.command('Input.dispatchKeyEvent', type=kind, key=key, code=code or key,
                         windowsVirtualKeyCode=number,
                         **({'text': text} if text and kind == 'keyDown' else {}))

    def enter(self):
        """Press Enter."""
        self.key('Enter')

    def touch(self, kind, *places):
        """Let fingers begin or end to touch: those that touch now, [(x, y, finger)]."""
        self.command('Input.dispatchTouchEvent', type=kind, touchPoints=[
            {'x': x, 'y': y, 'id': finger} for x, y, finger in places])

    def tap(self, selector):
        """Tap an element with a finger."""
        x, y = self.centre(selector)
        self.touch('touchStart', (x, y, 0))
        self.touch('touchEnd')

    def focused(self):
        """Return what has the focus: its id, else what is to be focused again when redrawn."""
        return self.run('const node = document.activeElement;'
                        'return node.id || node.dataset.focus || node.tagName')

    def type(self, text):
        """Type a text into what has the focus."""
        self.command('Input.insertText', text=text)

    def choose(self, label):
        """Choose a label, a new one if it is not there, as an operator does on a phone."""
        self.press('#choose')
        self.until('the sheet', "return document.activeElement.id === 'search'")
        self.type(label)
        self.enter()
        # Where the text is a part of other names, Enter goes to the first of them.
        if self.run("return document.getElementById('new').checkVisibility()"):
            self.press('#new')
        self.until_text('#choose .name', label)

    def picture(self, path):
        """Save what is seen as PNG."""
        import base64
        path.write_bytes(base64.b64decode(self.command(
            'Page.captureScreenshot', format='png')['data']))

    def complaints(self):
        """Return the browser's errors, those of the network aside."""
        return [entry['message'] for entry in self.driver.get_log('browser')
                if entry['level'] == 'SEVERE' and entry['source'] != 'network'
                and 'WebSocket' not in entry['message'] and 'ERR_' not in entry['message']]
