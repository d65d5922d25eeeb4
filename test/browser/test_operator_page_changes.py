# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The sheet of changes in Chromium, on a phone, with the real node: any one back and again."""

import functools
import itertools
import json
import signal
import time
from urllib.parse import urlsplit

from axe import axe, violations
from browser import DESKTOP, PHONE
import operator_page_harness as harness
from operator_page_harness import Browser, opened, page, settled, teach
import pytest
from ros_harness import OK, values

if harness.missing():
    pytest.skip(harness.missing(), allow_module_level=True)

NUMBERS = itertools.count()


@pytest.fixture
def phone(robot, browser):
    browser.look(PHONE, False)
    opened(browser, robot.url)
    return browser


def asked(robot, **command):
    """Ask as another program does; return the result, among those of what the page asks."""
    name = f'test.{next(NUMBERS)}'
    robot.peer.command(**command, id=name)
    return robot.peer.until('its result', lambda: next(
        (one for one in robot.peer.results if values(one).get('id') == name), None))


def did(robot, **command):
    """Ask likewise; it must be done."""
    result = asked(robot, **command)
    assert result.level == OK, result.message


def taught(robot, label, count=1, press=''):
    """Teach frames that are taken from now on, and answered."""
    for _ in range(count):
        stamp = robot.peer.until('a new frame', functools.partial(
            newer, robot, divmod(time.time_ns(), 10**9)))
        did(robot, do='teach', label=label, press=press,
            stamp=dict(zip(('sec', 'nanosec'), stamp)))


def newer(robot, then):
    """Return the stamp of an answered frame that is newer than another, None without one."""
    return next((one for one in robot.peer.answers if one > then), None)


def changes(robot):
    return json.loads(values(asked(robot, do='changes'))['changes'])


def of(robot, *labels):
    """Return {label: samples} of some labels."""
    known = robot.samples()
    return {label: known[label] for label in labels if label in known}


def look(phone):
    """Open the sheet."""
    phone.tap('#menu-open')
    phone.tap('#changes-open')
    phone.until('the list', "return document.querySelector('#changes-list li')"
                " || document.getElementById('changes-none').checkVisibility()")


def row(change):
    return f'#changes-list li[data-change="{change}"]'


def until_row(phone, change, *words):
    """Wait until a row has these words."""
    phone.until(f'{words} in the row of {change}', """
        const row = document.querySelector(arguments[0]);
        return row && arguments[1].every((each) => row.innerText.includes(each));""",
                row(change), words)


def turn(phone, change, note):
    """Tap what a row offers, once it can be tapped, and wait until it is done."""
    phone.until('a button', "return document.querySelector(arguments[0])"
                ".getAttribute('aria-disabled') === 'false'", f'{row(change)} button')
    phone.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})",
              row(change))
    phone.tap(f'{row(change)} button')
    phone.until_text('#changes-note', note)


KINDS = {  # what is done to labels a (3 samples in a press) and b (2), and what the row says
    'teach': (lambda robot, a, b: taught(robot, a, 2, f'more {a}'), '2 × {a}'),
    'answer': (lambda robot, a, b: taught(robot, a, 2, f'question u1 {a}'),
               '2 × {a}, an answer'),
    'forget': (lambda robot, a, b: did(robot, do='forget', label=a), '“{a}” forgotten'),
    'remove': (lambda robot, a, b: did(robot, do='undo', sample=sample_of(robot, a)),
               '“{a}”: 1 picture removed'),
    'relabel': (lambda robot, a, b: did(
        robot, do='relabel', sample=sample_of(robot, a), label=b),
        'a picture of “{a}” is one of “{b}”'),
    'rename': (lambda robot, a, b: did(robot, do='rename', label=a, to=f'new {a}'),
               '“{a}” is now “new {a}”'),
    'merge': (lambda robot, a, b: did(robot, do='merge', label=a, to=b),
              '“{a}” put into “{b}”'),
    'rollback': (lambda robot, a, b: did(
        robot, do='rollback', version=robot.peer.known[-1]['database_version'] - 1),
        'rolled back'),
}


def sample_of(robot, label):
    robot.samples()
    return next(number for number, name, _ in robot.peer.known[-1]['newest'] if name == label)


@pytest.mark.parametrize('kind', KINDS)
def test_each_kind_of_change_is_taken_back_and_put_back(robot, phone, kind):
    """The sheet is open while somebody else does it, and does something else after it."""
    a, b, later = f'a {kind}', f'b {kind}', f'later {kind}'
    ours = a, b, f'new {a}'
    taught(robot, a, 3, f'hold {a}')
    taught(robot, b, 2, f'hold {b}')
    before = of(robot, *ours)
    assert before == {a: 3, b: 2}
    look(phone)
    change, words = KINDS[kind]
    change(robot, a, b)
    number, after = changes(robot)[0]['change'], of(robot, *ours)
    assert after != before
    words = words.format(a=a, b=b)
    until_row(phone, number, words, 'Take back')
    if kind != 'rollback':  # takes back what came after it, too
        taught(robot, later)
        until_row(phone, changes(robot)[0]['change'], later)
    turn(phone, number, f'Taken back: {words}')
    assert of(robot, *ours) == before
    until_row(phone, number, words, 'taken back', 'Put back')
    assert phone.run("return document.activeElement.closest('li')?.dataset.change") == str(number)
    turn(phone, number, f'Put back: {words}')
    assert of(robot, *ours) == after
    until_row(phone, number, words, 'Take back')
    if kind != 'rollback':
        assert of(robot, later) == {later: 1}
    phone.tap('#changes-close')
    assert phone.focused() == 'menu-open'


def test_undo_is_the_first_row_and_what_is_in_the_way_is_said(robot, phone):
    """A hold is one change; the label that is chosen follows its name back and forth."""
    held = teach(phone, 'cup', 1.0)
    hold = changes(robot)[0]
    assert (hold['what'], hold['samples']) == ('teach', held)
    did(robot, do='rename', label='cup', to='beaker')
    phone.until_text('#choose .name', 'beaker')
    renamed = changes(robot)[0]['change']
    taught(robot, 'spoon')
    did(robot, do='forget', label='beaker')
    gone = changes(robot)[0]['change']
    look(phone)
    first = phone.run("return document.querySelector('#changes-list li').dataset.change")
    assert int(first) == gone
    phone.until_text('#undo-what', phone.text(f'{row(gone)} .what'))
    until_row(phone, hold['change'], 'Take that back first: “beaker” forgotten')
    assert phone.run("return document.querySelector(arguments[0]).getAttribute('aria-disabled')",
                     f'{row(hold["change"])} button') == 'true'
    phone.tap(f'{row(hold["change"])} button')
    turn(phone, gone, 'Taken back: “beaker” forgotten')
    assert of(robot, 'beaker') == {'beaker': held}, 'the other tap did nothing'
    turn(phone, renamed, 'Taken back: “cup” is now “beaker”')
    phone.tap('#changes-close')
    phone.until_text('#choose .name', 'cup')
    look(phone)
    turn(phone, renamed, 'Put back: “cup” is now “beaker”')
    assert of(robot, 'beaker', 'spoon') == {'beaker': held, 'spoon': 1}
    turn(phone, renamed, 'Taken back')
    taught(robot, 'beaker')
    until_row(phone, renamed, 'Another label is called “beaker” now. Rename it first.')
    phone.tap('#changes-close')
    phone.until_text('#undo-what', '1 × beaker')
    phone.press('#undo')
    settled(phone)
    assert of(robot, 'cup', 'beaker', 'spoon') == {'cup': held, 'spoon': 1}


def test_a_row_that_came_under_the_finger_takes_no_tap(robot, phone):
    """Somebody else's change is not taken back for the one that was meant."""
    taught(robot, 'bowl')
    look(phone)
    until_row(phone, changes(robot)[0]['change'], '1 × bowl')
    phone.run("""
        new MutationObserver(() => {
          const first = document.querySelector('#changes-list li');
          if (!first.innerText.includes('1 × jug') || window.tapped) return;
          first.querySelector('button').click();
          window.tapped = true;
        }).observe(document.getElementById('changes-list'), {childList: true});""")
    taught(robot, 'jug')
    number = changes(robot)[0]['change']
    phone.until('the tap', 'return window.tapped')
    turn(phone, number, 'Taken back: 1 × jug')
    assert of(robot, 'jug', 'bowl') == {'bowl': 1}
    turn(phone, number, 'Put back: 1 × jug')  # the early tap took nothing back after that
    assert of(robot, 'jug', 'bowl') == {'bowl': 1, 'jug': 1}


def test_a_second_page_follows_and_both_survive_a_restart(robot, phone, tmp_path):
    """Two pages on one robot, a browser each; one of the pages is killed and comes again."""
    taught(robot, 'plate', 2, 'hold plate')
    number = changes(robot)[0]['change']
    web, url = page(robot.directory, robot.domain, '-r', '__node:=second_page')
    with Browser(tmp_path) as other:
        with web:
            other.look(PHONE, False)
            opened(other, url)
            for each in (phone, other):
                look(each)
                until_row(each, number, '2 × plate', 'page or program')
            turn(phone, number, 'Taken back: 2 × plate')
            until_row(other, number, 'taken back', 'Put back')
            assert other.text('#changes-note') == ''
            web.signal(signal.SIGKILL)
            web.exit_code()
        other.until('the loss', "return !document.getElementById('banner').hidden")
        web, _ = page(robot.directory, robot.domain, '-r', '__node:=second_page',
                      port=urlsplit(url).port)
        with web:
            turn(other, number, 'Put back: 2 × plate')
            until_row(phone, number, 'Take back')
            assert of(robot, 'plate') == {'plate': 2}
            turn(phone, number, 'Taken back: 2 × plate')
            until_row(other, number, 'Put back')
            web.end()


def test_who_may_only_look_sees_the_list_without_buttons(robot, browser):
    taught(robot, 'fork')
    number = changes(robot)[0]['change']
    web, url = page(robot.directory, robot.domain, '-r', '__node:=looking_page', view_only=True)
    with web:
        browser.look(PHONE, False)
        browser.open(url)
        browser.until('the page', "return document.getElementById('state-name').textContent")
        look(browser)
        until_row(browser, number, '1 × fork')
        assert browser.run("return document.querySelector('#changes-list button')") is None
        browser.open('about:blank')
        web.end()


@axe
@pytest.mark.parametrize('size, dark, language', [
    (PHONE, False, 'en'), (PHONE, True, 'de'), ((320, 568), False, 'de'), (DESKTOP, True, 'en')])
def test_axe_finds_nothing_and_everything_fits(robot, browser, size, dark, language):
    browser.look(size, dark)
    opened(browser, f'{robot.url}?lang={language}')
    name = 'a name that is as long as a label may be, which is 64 bytes: so'
    taught(robot, name)
    did(robot, do='forget', label=name)
    taught(robot, 'knife')
    number = changes(robot)[0]['change']
    did(robot, do='take_back', change=number)
    look(browser)
    browser.until('all kinds of rows', """
        return document.querySelector('#changes-list .gone') && document.querySelector('.way');""")
    assert violations(browser) == []
    assert browser.run("""
        return [...document.querySelectorAll('#changes, #changes-list li, #changes-list button')]
          .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.outerHTML);
        """) == []
    assert browser.run("""
        return [...document.querySelectorAll('#changes button')].every((each) => {
          const { width, height } = each.getBoundingClientRect();
          return width > 47.9 && height > 47.9;
        });""")
    browser.picture(robot.directory / f'changes_{size[0]}_{language}.png')
    browser.tap('#changes-close')
