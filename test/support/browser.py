# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a test does in a browser, whichever it is: look, wait, point, type."""

import time

PHONE, DESKTOP = (360, 640), (1280, 800)
WAIT = 20.0  # seconds
# As WebDriver writes them.
_KEYS = {'Enter': '\ue007', 'Tab': '\ue004', 'Escape': '\ue00c', 'Backspace': '\ue003',
         'Shift': '\ue008', 'ArrowUp': '\ue013', 'ArrowDown': '\ue015', 'ArrowLeft': '\ue012',
         'ArrowRight': '\ue014', 'Home': '\ue011', 'End': '\ue010'}


class Browser:
    """
    One browser with an empty profile and one page, as large as a phone or a desktop.

    An engine adds `open`, `run`, `look`, `actions`, `picture`, `complaints`, `forget_cookies` and
    `quit`.
    """

    name = ''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quit()

    def text(self, selector):
        """Return what an element shows."""
        return self.run('return document.querySelector(arguments[0]).innerText', selector).strip()

    def until(self, what, script, *arguments, seconds=WAIT):
        """Wait until a script returns something true and return it."""
        end = time.monotonic() + seconds
        while not (value := self.run(script, *arguments)):
            assert time.monotonic() < end, \
                f'{self.name}: waited {seconds} s in vain for {what}: ' + \
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

    # -- pointer and keys ----------------------------------------------------------------------

    def _point(self, actions, kind, number):
        self.actions([{'type': 'pointer', 'id': f'{kind}{number}',
                       'parameters': {'pointerType': kind}, 'actions': actions}])

    def down(self, selector, kind='mouse', number=0):
        """Put the mouse, or a finger (kind 'touch', each with its number), down on an element."""
        x, y = self.centre(selector)
        self._point([{'type': 'pointerMove', 'x': round(x), 'y': round(y)},
                     {'type': 'pointerDown', 'button': 0}], kind, number)

    def move(self, x, y, kind='mouse', number=0):
        """Move what is down, or the mouse, to a place on the screen."""
        self._point([{'type': 'pointerMove', 'x': round(x), 'y': round(y)}], kind, number)

    def up(self, kind='mouse', number=0):
        """Lift it again."""
        self._point([{'type': 'pointerUp', 'button': 0}], kind, number)

    def press(self, selector, seconds=0.0, kind='mouse'):
        """Hold the mouse, or a finger, down on an element for a time."""
        x, y = self.centre(selector)
        self._point([  # at once: a busy machine makes no hold of a tap
            {'type': 'pointerMove', 'x': round(x), 'y': round(y)},
            {'type': 'pointerDown', 'button': 0},
            {'type': 'pause', 'duration': round(1000 * seconds)},
            {'type': 'pointerUp', 'button': 0}], kind, 0)

    def tap(self, selector):
        """Tap an element with a finger, or with the mouse where an engine knows no fingers."""
        self.press(selector, kind='touch')

    def drag_on_picture(self, box, size=(1, 1), kind='touch'):
        """
        Drag from the upper left corner of a box to its lower right one.

        :param box: x, y, width, height in the operator's page's picture, which has this size.
        """
        left, top, width, height = self.run(
            'const box = document.getElementById("picture").getBoundingClientRect();'
            'return [box.x, box.y, box.width, box.height];')
        corner, sides = box[:2], box[2:]
        places = [[edge + (start + side * step / 6) / by * whole for edge, start, side, by, whole
                   in zip((left, top), corner, sides, size, (width, height))]
                  for step in range(7)]
        self._point([{'type': 'pointerMove', 'x': round(places[0][0]), 'y': round(places[0][1])},
                     {'type': 'pointerDown', 'button': 0}], kind, 0)
        for x, y in places[1:]:
            self.move(x, y, kind)
        self.up(kind)

    def key(self, name, code='', kinds=('keyDown', 'keyUp')):
        """Press a key, 'Enter' or 'a', or do only the half of that."""
        for kind in kinds:
            self.actions([{'type': 'key', 'id': 'keys', 'actions': [
                {'type': kind, 'value': _KEYS.get(name, name)}]}])

    def enter(self):
        """Press Enter."""
        self.key('Enter')

    def focused(self):
        """Return what has the focus: its id, else what is to be focused again when redrawn."""
        return self.run('const node = document.activeElement;'
                        'return node.id || node.dataset.focus || node.tagName')

    def type(self, text):
        """Type a text into what has the focus."""
        self.actions([{'type': 'key', 'id': 'keys', 'actions': [
            {'type': kind, 'value': sign} for sign in text for kind in ('keyDown', 'keyUp')]}])

    # -- on the operator's page ----------------------------------------------------------------

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
