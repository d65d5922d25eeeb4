# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The operator's page in Chromium, Firefox and WebKitGTK, from small phones to a desktop."""

import contextlib
import signal
import time

from axe import AXE, axe, NO_AXE, violations
from browser import DESKTOP, PHONE, WAIT
from browser_engines import ENGINES
import cv2
import numpy as np
import operator_page_harness as harness
from operator_page_harness import Finder, opened, page, settled, teach, thing
import pytest

SIZES = ((375, 553), PHONE, (640, 360), (320, 256), DESKTOP)
PIN = '271828'


@pytest.fixture(scope='module')
def locked(robot, tmp_path_factory):
    """Yield the address, without its PIN, of a second page on the same robot."""
    web, url = page(robot.directory, robot.domain, '-r', '__node:=locked_page', pin=PIN)
    with web:
        yield url.partition('#')[0]
        web.end()


@pytest.fixture(scope='module', params=list(ENGINES))
def browser(request, tmp_path_factory):
    if harness.missing(request.param):
        pytest.skip(harness.missing(request.param))
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as browser:
        yield browser


@pytest.fixture(autouse=True)
def no_script_fails(browser):
    yield
    assert browser.complaints() == []


@pytest.fixture(scope='module')
def taught(robot, browser):
    """Give the page something to show: a label of this browser's own, and its pictures."""
    browser.look(PHONE, False)
    opened(browser, robot.url)
    robot.show('duck')
    label = f'{browser.name} duck'
    return label, teach(browser, label, 1.5)


@pytest.fixture
def phone(robot, browser, taught):
    browser.look(PHONE, False)
    opened(browser, robot.url)
    return browser


def seen_as_magenta(browser, selector, path):
    """Tell whether an element's words, written in magenta, come up on the screen."""
    x, y, width, height = browser.run("""
        const node = document.querySelector(arguments[0]);
        node.style.color = '#f0f';
        node.scrollIntoView({block: 'nearest'});
        const box = node.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height].map(Math.round);""", selector)
    end, marked = time.monotonic() + WAIT, 0
    while marked <= 20 and time.monotonic() < end:  # until the engine has painted it
        browser.picture(path)
        seen = cv2.imread(str(path))
        scale = seen.shape[1] / browser.run('return innerWidth')
        box = seen[int(y * scale):int((y + height) * scale),
                   int(x * scale):int((x + width) * scale)]
        marked = np.count_nonzero(np.all(np.abs(box.astype(int) - (255, 0, 255)) < 60, axis=2))
    browser.run("document.querySelector(arguments[0]).style.color = ''", selector)
    return marked > 20


# -- what is seen --------------------------------------------------------------------------------


@pytest.mark.parametrize('size', SIZES, ids='{0[0]}x{0[1]}'.format)
def test_the_verdict_is_seen_over_the_picture(robot, phone, size, tmp_path):
    phone.look(size, False)
    phone.until('a verdict', "return document.getElementById('verdict-label').textContent")
    assert seen_as_magenta(phone, '#verdict-label', tmp_path / 'seen.png')


@pytest.mark.parametrize('size', SIZES, ids='{0[0]}x{0[1]}'.format)
def test_nothing_lies_under_the_buttons_or_beside_the_screen(phone, size):
    phone.look(size, False)
    for place in ('top', 'bottom'):
        covered = phone.run("""
            scrollTo(0, arguments[0] === 'top' ? 0 : document.documentElement.scrollHeight);
            const box = (node) => node.getBoundingClientRect();
            const under = box(document.querySelector('.actions'));
            return [...document.querySelectorAll('.live, .answers, .taught, section li')]
              .filter((node) => node.checkVisibility()).map((node) => [node.className, box(node)])
              .filter(([, each]) => each.width && each.height
                && Math.min(each.right, under.right) - Math.max(each.left, under.left) > 1
                && Math.min(each.bottom, under.bottom) - Math.max(each.top, under.top) > 1)
              .map(([name, each]) => [name, each.top, each.bottom, under.top]);""", place)
        assert covered == [], place
    wide, sideways = phone.run('return [document.documentElement.scrollWidth, innerWidth]')
    assert wide <= sideways
    for selector in ('#teach', '#undo', '#choose', '#taught li:first-child button'):
        if size != DESKTOP or selector != '#choose':  # there the list stands in its place
            phone.centre(selector)


def test_what_has_the_focus_is_not_covered(phone):
    for size in SIZES:
        phone.look(size, False)
        hidden = phone.run("""
            return (async () => {
              const hidden = [];
              for (const node of document.querySelectorAll('main button, main a, main input')) {
                if (!node.checkVisibility() || node.disabled || node.tabIndex < 0
                    || getComputedStyle(node).pointerEvents === 'none') continue;
                node.focus();
                if (document.activeElement !== node) continue;
                let top = null; // WebKit scrolls to it a little later
                for (let n = 0; n < 100 && !node.contains(top); n += 1) {
                  if (n) await new Promise((done) => setTimeout(done, 20));
                  const box = node.getBoundingClientRect();
                  top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                }
                if (!node.contains(top)) hidden.push([node.id || node.className, top?.className]);
              }
              return hidden;
            })();""")
        assert hidden == [], size


THINGS = [thing(1, (30, 30, 70, 60), 'duck'), thing(2, (150, 40, 60, 80))]


@pytest.fixture
def finder(robot):
    with Finder(robot.domain) as finder:
        yield finder


@pytest.mark.parametrize('size', SIZES, ids='{0[0]}x{0[1]}'.format)
def test_boxes_are_seen_over_the_picture_and_chosen(phone, finder, size, tmp_path):
    phone.look(size, False)
    finder.things = THINGS
    phone.until('boxes', "return document.querySelectorAll('.thing').length === 2")
    assert seen_as_magenta(phone, '.thing .tag', tmp_path / 'seen.png')
    phone.press('.thing[data-kind=unknown]')
    phone.until_text('#answers', 'nearest: mug')
    assert phone.run("return document.querySelectorAll('.thing[aria-pressed=true]').length") == 1


def test_a_box_is_drawn_and_teaches_what_is_in_it(robot, phone, finder):
    finder.things = THINGS
    phone.until('boxes', "return document.querySelectorAll('.thing').length === 2")
    label = f'{phone.name} box'
    phone.choose(label)
    x, y = phone.centre('#stage')
    phone.down('#stage')
    phone.move(x + 30, y + 20)
    phone.move(x + 80, y + 70)
    phone.up()
    phone.until_text('#teach .big', 'Teach the box as')
    phone.press('#teach')
    assert settled(phone) == f'1 saved as “{label}”'
    assert robot.samples()[label] == 1
    phone.press('#undo')
    settled(phone)
    assert label not in robot.samples()


# -- what is done --------------------------------------------------------------------------------


def test_a_press_is_saved_and_undone(robot, phone):
    robot.show('mug')
    label = f'{phone.name} mug'
    saved = teach(phone, label, 1.5)
    assert saved >= 3
    assert robot.samples()[label] == saved
    phone.press('#undo')
    phone.until_text('#choose .detail', 'new label')
    settled(phone)
    assert label not in robot.samples()


def tools(browser, label, name):
    browser.press('#choose')
    browser.press(f"#list [data-focus='more {label}']")
    browser.press(f'#list .{name}')
    browser.until('the question', "return document.getElementById('ask').open")


def test_rename_and_forget_ask_first(robot, phone):
    robot.show('racecar')
    old, new = f'{phone.name} car', f'{phone.name} racecar'
    count = teach(phone, old, 0.8)
    tools(phone, old, 'rename')
    phone.type(new)
    phone.press('#ask-yes')
    phone.until_text('#choose .name', new)
    assert robot.samples().get(new) == count and old not in robot.samples()
    phone.press('#picker-close')
    tools(phone, new, 'forget')
    phone.press("#ask button[value='no']")
    assert robot.samples()[new] == count
    phone.press('#picker-close')
    tools(phone, new, 'forget')
    phone.press('#ask-yes')
    phone.until_text('#note', 'forgotten')
    assert new not in robot.samples()


def test_the_keyboard_alone_can_teach(robot, phone):
    robot.show('jenga block')
    label = f'{phone.name} block'
    phone.run("document.getElementById('choose').focus()")
    phone.key('Enter')
    phone.until('the sheet', "return document.getElementById('picker').open")
    phone.run("document.getElementById('search').focus()")
    phone.type(label)
    phone.key('Enter')
    phone.until('the button', "return document.activeElement.id === 'teach'")
    settled(phone)
    before = robot.samples().get(label, 0)
    phone.key(' ', kinds=('keyDown',))
    robot.peer.until('three samples', lambda: robot.samples().get(label, 0) >= before + 3)
    phone.key(' ', kinds=('keyUp',))
    settled(phone)


def test_escape_and_a_wrong_pin_leave_the_question_open(phone, locked):
    phone.open(locked)
    phone.until('the question', "return document.getElementById('login').open")
    phone.press('#pin')
    for _ in range(3):
        phone.key('Escape')
    phone.until('the question', "return document.getElementById('login').open")
    phone.press('#pin')
    phone.type('000000')
    phone.press('#login .main')
    phone.until_text('#login-note', 'wrong')
    phone.run("document.getElementById('pin').value = ''")
    phone.press('#pin')
    phone.type(PIN)
    phone.key('Enter')
    phone.until('a picture', "return !document.getElementById('login').open "
                "&& document.getElementById('banner').hidden "
                "&& document.getElementById('teach').getAttribute('aria-disabled') === 'false'")


# -- accessibility -------------------------------------------------------------------------------


@contextlib.contextmanager
def main_page(browser, robot):
    yield


@contextlib.contextmanager
def sheet(browser, robot):
    if browser.run('return innerWidth') < 900:
        browser.press('#choose')
    yield
    if browser.run('return innerWidth') < 900:
        browser.press('#picker-close')


@contextlib.contextmanager
def sheet_with_tools(browser, robot):
    with sheet(browser, robot):
        browser.press('#list .more')
        yield
        browser.press('#list .more')


def question(name):
    @contextlib.contextmanager
    def asked(browser, robot):
        with sheet(browser, robot):
            browser.press('#list .more')
            browser.press(f'#list .{name}')
            browser.until('the question', "return document.getElementById('ask').open")
            yield
            browser.press("#ask button[value='no']")
    return asked


@contextlib.contextmanager
def large_picture(browser, robot):
    browser.press('#taught li:first-child button')
    yield
    browser.press('#look-close')


@contextlib.contextmanager
def menu(browser, robot):
    browser.press('#menu-open')
    yield
    browser.press('#menu .choice button')


@contextlib.contextmanager
def holding(browser, robot):
    browser.down('#teach')
    yield
    browser.up()


STATES = {'main': main_page, 'holding': holding, 'sheet': sheet, 'tools': sheet_with_tools,
          'rename': question('rename'), 'forget': question('forget'),
          'large picture': large_picture, 'menu': menu}


def found(browser, sizes=SIZES):
    """Return all violations in sizes and colour schemes."""
    wrong = []
    for size in sizes:
        for dark in (False, True):
            browser.look(size, dark)
            wrong += [(size, dark, each) for each in violations(browser)]
    return wrong


def cut_off(browser):
    """Return the sheets and questions that can be scrolled sideways, and buttons too narrow."""
    return browser.run("""
        return [...document.querySelectorAll('dialog[open], dialog[open] .choice button')]
          .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth)
          .map((node) => [node.id, node.scrollWidth, node.clientWidth]);""")


@pytest.mark.parametrize('state', STATES)
def test_every_state_fits_and_axe_finds_nothing(robot, phone, state):
    for size in SIZES:
        phone.look(size, False)
        with STATES[state](phone, robot):
            assert cut_off(phone) == [], size
            if AXE:
                assert found(phone, [size]) == []
    if not AXE:
        pytest.skip(NO_AXE)


@axe
def test_axe_finds_nothing_without_a_camera(robot, phone):
    robot.camera.process.send_signal(signal.SIGSTOP)
    try:
        phone.until_text('#banner', 'No picture')
        assert found(phone) == []
    finally:
        robot.camera.process.send_signal(signal.SIGCONT)
    phone.until('recovery', "return document.getElementById('banner').hidden")


@axe
def test_axe_finds_nothing_at_the_pin(phone, locked):
    phone.open(locked + 'icon.svg')  # no script of the page's own runs there
    phone.run('sessionStorage.clear()')
    phone.forget_cookies()
    phone.open(locked)
    phone.until('the question', "return document.getElementById('login').open")
    assert found(phone) == []
    phone.look(PHONE, False)
    phone.press('#pin')
    phone.type('000000')
    phone.press('#login .main')
    phone.until_text('#login-note', 'wrong')
    assert found(phone) == []


@axe
def test_axe_finds_nothing_in_the_developers_view(robot, phone):
    phone.open(robot.url + 'debug')
    phone.until_text('#stages', 'encode')
    phone.until('the records', "return document.getElementById('records').textContent.length > 3")
    assert found(phone) == []
