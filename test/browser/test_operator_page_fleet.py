# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The robots of a fleet on the page in Chromium: real nodes over DDS, and all that can be told."""

import itertools
import json
import time

from asking_node import unknown
from axe import axe, violations
from browser import DESKTOP, PHONE
from browser_engines import ENGINES
from camera_frames import GREEN, RED
from domains import fresh_domain
from fleet_robots import fleet
from fleet_telling_node import FleetTellingNode, key, OWN, robot, told
import operator_page_harness as harness
from operator_page_harness import Browser, page
import pytest

if harness.missing():
    pytest.skip(harness.missing(), allow_module_level=True)

NUMBERS = itertools.count()
MEMORY = "'/var/lib/robot one'"
LONG = 'a name that is as long as a label may be, which is 64 bytes: so!'
SINCE = "return new Intl.DateTimeFormat('en', {hour: '2-digit', minute: '2-digit'})" \
    '.format(new Date(1000 * arguments[0]))'  # as the page writes a time of today
MARKUP = '<img src=x onerror="window.pwned=1"><b>bold</b>'


@pytest.fixture
def node(domain):
    with FleetTellingNode(domain) as node:
        yield node


@pytest.fixture
def phone(url, browser, node):
    browser.look(PHONE, False)
    return fresh(browser, url, node)


def fresh(browser, url, node):
    """Open the page anew, of a node that has no part in a fleet, whatever was told before."""
    browser.run('try { sessionStorage.clear(); } catch { return; }')
    browser.open('about:blank')
    browser.open(url)
    name = f'no. {next(NUMBERS)}'
    node.tell(told(name=name))
    browser.until('the node', """
        const button = document.getElementById('fleet-open');
        return button.checkVisibility() && button.innerText.includes(arguments[0])
          && document.querySelectorAll('#list .pick').length === 2;""", name)
    node.facts = {'fleet': 'off'}
    browser.until('no fleet',
                  "return !document.getElementById('fleet-open').checkVisibility()")
    return browser


def robots(phone):
    """Open the sheet."""
    phone.until('the button', "return document.getElementById('fleet-open').checkVisibility()")
    phone.tap('#fleet-open')
    phone.until('the sheet', "return document.querySelector('#robots-list li')?.checkVisibility()")


def row(number=None):
    """Return the selector of the row of another robot, or of this one."""
    return f'#robots-list li[data-robot="{"" if number is None else key(number)}"]'


def until_row(phone, number, *words):
    """Wait until the row of a robot has these words, and return all it says."""
    return phone.until(f'{words} of {number}', """
        const row = document.querySelector(arguments[0]);
        return row && arguments[1].every((each) => row.innerText.includes(each))
          && row.innerText;""", row(number), words)


def label_page(phone, label):
    """Open the page of a label."""
    phone.tap('#choose')
    phone.tap(f'.more[data-focus="more {label}"]')
    phone.tap('#list .look')
    phone.until_text('#label-name', label)


def close_label(phone):
    """Close it, and the list that it was opened from."""
    phone.tap('#label-close')
    phone.tap('#picker-close')


def sentences(phone):
    return phone.run("return [...document.querySelectorAll('#label-fleet li')]"
                     '.map((each) => each.innerText)')


# -- with real nodes ---------------------------------------------------------------------------


def test_the_page_of_any_robot_says_who_taught_what_and_who_is_away(browser, tmp_path):
    """Two robots over DDS; the other one teaches, is killed, misses two lessons, comes back."""
    domain = fresh_domain()
    with fleet(tmp_path, domain, 'arm', 'belt') as (arm, belt):
        web, url = page(tmp_path, domain, classifier='/arm/classifier')
        with web:
            browser.look(PHONE, False)
            browser.open(url)
            belt.teach('red', RED)
            belt.teach('red', RED, 1)
            arm.knows({'red': 2})
            browser.until_text('#fleet-word', '2 robots, all know the same')
            robots(browser)
            until_row(browser, None, 'taught 0')
            browser.until_text(f'#robots-list [data-robot="{belt.key}"]', 'taught 2')
            browser.until_text(f'#robots-list [data-robot="{belt.key}"]', 'belt')
            browser.tap('#robots-close')
            label_page(browser, 'red')
            browser.until('the author', "return document.getElementById('label-fleet')"
                          ".innerText === 'Taught by: belt 2'")
            close_label(browser)
            belt.node.process.kill()
            belt.node.process.wait()
            arm.teach('green', GREEN)
            arm.teach('green', GREEN, 1)
            browser.until_text('#fleet-word', '1 away', 60)
            robots(browser)
            of_belt = f'#robots-list [data-robot="{belt.key}"]'
            [away] = arm.overview('away', lambda told: told['robots'][0]['state'] == 'away')[
                'robots']
            since = browser.run(SINCE, away['heard'])
            browser.until_text(of_belt, f'away since {since}; lacks 2: green')
            browser.tap('#robots-close')
            label_page(browser, 'green')
            browser.until('what is missing', "return document.getElementById('label-fleet')"
                          '.innerText === arguments[0]',
                          f'Taught by: arm 2\nbelt lacks 2 of it; away since {since}')
            belt.start()
            belt.knows({'red': 2, 'green': 2})
            browser.until('nothing is missing', "return document.querySelectorAll("
                          "'#label-fleet li').length === 1", seconds=60)
            browser.until_text('#fleet-word', '2 robots, all know the same')
            browser.open('about:blank')
            web.end()


# -- with a node beside the test that tells what it likes ----------------------------------------

STATES = {  # of another robot: what is told of it, what its row says, what the button says
    'same': ({}, ['robot 1', 'taught 0', 'knows the same'],
             ('same', '2 robots, all know the same')),
    'behind': ({'lacks': {'mug': 2, 'duck': 1}}, ['lacks 3: mug, duck'],
               ('busy', '1 not up to date')),
    'behind in decisions': ({'state': 'behind'}, ['lacks the latest change'],
                            ('busy', '1 not up to date')),
    'ahead': ({'lacks': {'cup': 1}}, ['knows what this robot lacks; lacks 1: cup'],
              ('busy', '1 not up to date')),
    'away': ({'lacks': {label: 1 for label in ('a', 'b', 'c', 'd')}},
             ['away since {since}; lacks 4: a, b, c …'], ('trouble', '1 away')),
    'unheard': ({}, ['not heard of since this robot started'], ('trouble', '1 away')),
    'unlike': ({'why': 'its crop is 0.5'}, ['another encoder: its crop is 0.5'],
               ('trouble', '1 with another encoder')),
    'denied': ({}, ['denied: what it taught does not count'], ('busy', 'no other robot')),
    'stranger': ({}, ['speaks, but is not allowed here', 'hybrid-snn fleet allow '
                      f'{key(1)} -m {MEMORY}', 'Copy'], ('trouble', '1 not allowed')),
    'twin': ({}, ['another robot', 'has this robot’s key', 'hybrid-snn fleet key --new -m '
                  f'{MEMORY}', 'Copy'], ('wrong', 'something is wrong')),
    'of a newer node': ({'state': 'asleep'}, ['asleep'], ('busy', '1 not up to date')),
}


@pytest.mark.parametrize('state', STATES)
def test_each_state_of_a_robot_is_said_in_words(phone, node, state):
    said, words, (kind, word) = STATES[state]
    heard = time.time() - 60 if state == 'away' else None
    node.tell(told(robot(1, **{'state': state, 'heard': heard, **said})))
    phone.until_text('#fleet-name', 'arm')
    assert word in phone.text('#fleet-word')
    assert phone.run("return document.getElementById('fleet-open').dataset.state") == kind
    robots(phone)
    until_row(phone, None, 'arm', 'this robot', 'taught 3')
    until_row(phone, 1, *(each.format(since=heard and phone.run(SINCE, heard))
                          for each in words))


def test_the_button_says_what_is_worst_and_the_sheet_shows_that_first(phone, node):
    node.tell(told(robot(1), robot(2, 'behind'), robot(3, 'stranger'), robot(4, 'away', heard=9.0),
                   robot(5, 'denied')))
    phone.until_text('#fleet-word', '1 away')
    robots(phone)
    order = phone.run("return [...document.querySelectorAll('#robots-list li')]"
                      '.map((each) => each.dataset.robot)')
    assert order == ['', *map(key, (3, 4, 2, 5, 1))]
    node.tell(told(robot(1), errors=['records 4 of robot a0a0 differ: none of them counts']))
    phone.until_text('#robots-wrong', 'records 4 of robot a0a0 differ: none of them counts')
    phone.tap('#robots-close')
    phone.until_text('#fleet-word', 'something is wrong')
    assert phone.focused() == 'fleet-open'


def test_a_robot_without_names_that_only_listens_and_takes_no_part(phone, node):
    alone = told(name='', mode='listen')
    node.tell(alone)
    phone.until_text('#fleet-word', 'no other robot')
    robots(phone)
    until_row(phone, None, 'this robot', 'only listens: others learn nothing from it')
    phone.until_text('#robots-more', 'No other robot is allowed here yet.')
    node.tell(told(robot(1, name='')), 'the memory is only read')
    phone.until_text('#robots-wrong', 'This robot takes no part now: the memory is only read')
    until_row(phone, 1, key(1)[:8])
    assert phone.text('#fleet-word') == 'takes no part'
    node.facts = {'fleet': 'off'}  # it was started anew without a fleet
    phone.until('nothing of a fleet', """
        return !document.getElementById('fleet-open').checkVisibility()
          && !document.getElementById('robots').open;""")


def test_an_older_node_has_no_robots_whatever_is_said_on_the_topic(phone, node):
    """What is told counts only while the classifier says that it has a part in a fleet."""
    node.say(told(robot(1)))
    label_page(phone, 'mug')
    phone.until('the pictures', "return document.querySelectorAll('#label-pictures li').length")
    assert sentences(phone) == []
    assert not phone.run("return document.getElementById('fleet-open').checkVisibility()")


@pytest.mark.parametrize('state', ['stranger', 'twin'])
def test_the_command_is_copied_whole(phone, node, state):
    command = f'hybrid-snn fleet allow {key(1)} -m {MEMORY}' if state == 'stranger' \
        else f'hybrid-snn fleet key --new -m {MEMORY}'
    node.tell(told(robot(1, state)))
    robots(phone)
    until_row(phone, 1, 'Copy')
    phone.tap(f'{row(1)} button')
    phone.until_text('#robots-note', 'Copied')
    node.tell(told(robot(1, state), robot(2, 'away', heard=9.0)))  # it is drawn anew
    until_row(phone, 2, 'away')
    assert phone.run("return document.activeElement.closest('li')?.dataset.robot") == key(1)
    phone.tap('#robots-close')
    phone.press('#choose')
    phone.until('the field', "return document.activeElement.id === 'search'")
    phone.key('\ue009', kinds=('keyDown',))
    phone.key('v')
    phone.key('\ue009', kinds=('keyUp',))
    phone.until('what was copied', "return document.getElementById('search').value"
                ' === arguments[0]', command)


def test_a_labels_page_says_who_taught_it_what_else_it_is_called_and_who_lacks_it(phone, node):
    heard = time.time() - 60
    others = [robot(1), robot(2, 'away', 'belt', heard=heard, lacks={'mug': 2, 'bowl': 9}),
              robot(3, 'behind', '', lacks={'mug': 1}), robot(4, 'away', heard=heard,
                                                              lacks={'bowl': 1})]
    node.tell(told(*others, also_called={'mug': ['cup', 'tea cup']},
                   taught={'mug': {key(2): 2, OWN: 6, key(9): 1}, 'bowl': {OWN: 2}}))
    phone.until_text('#fleet-word', '2 away')
    label_page(phone, 'mug')
    phone.until('all of it', "return document.querySelectorAll('#label-fleet li').length === 4")
    assert sentences(phone) == [
        f'Taught by: arm 6, belt 2, {key(9)[:8]} 1',
        'Also called “cup”, “tea cup” on another robot',
        f'belt lacks 2 of it; away since {phone.run(SINCE, heard)}',
        f'{key(3)[:8]} lacks 1 of it']
    node.tell(told(*(robot(number, 'behind', lacks={'mug': 1}) for number in range(9)),
                   taught={'mug': {key(number): 2 for number in range(7)}}))
    phone.until('seven teachers', "return document.querySelectorAll('#label-fleet li').length"
                ' === 7')
    assert sentences(phone)[0].endswith('robot 4 2, and 2 more robots')
    assert sentences(phone)[-1] == 'and 4 more robots'
    node.tell(told(robot(1)))
    phone.until('nothing', "return !document.getElementById('label-fleet').checkVisibility()")


def test_hostile_names_are_texts_and_two_hundred_robots_fit(phone, node):
    node.tell(told(
        robot(0, 'unlike', MARKUP, why=MARKUP * 40), robot(1, 'away', 'x' * 5000, heard=1e10,
                                                           lacks={MARKUP: 10**30, LONG: 1}),
        robot(2, 'stranger', '\ud800 half a sign'), robot(3, 'behind', '\u202egnp.exe'),
        *(robot(number, name=f'cart {number}') for number in range(4, 200)), name=LONG,
        errors=[MARKUP] * 32, also_called={'mug': [MARKUP, 'y' * 5000], '__proto__': ['z']},
        taught={'mug': {MARKUP: 2, 'z' * 5000: 1}, 'toString': {}}))
    robots(phone)
    until_row(phone, 0, MARKUP)
    assert phone.text('#robots-more') == 'and 140 more robots'
    assert phone.run("return document.querySelectorAll('#robots-list li').length") == 61
    assert phone.run("""
        return [...document.querySelectorAll('#robots, #robots-list li, #fleet-open, body')]
          .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.id);
        """) == []
    assert phone.run("return Math.max(...[...document.querySelectorAll('#robots-list li')]"
                     '.map((each) => each.offsetHeight))') < 320
    phone.run("document.querySelector('#robots-more').scrollIntoView()")
    assert phone.run("return document.querySelector('#robots .scrolled').scrollTop") > 61 * 72
    phone.tap('#robots-close')
    label_page(phone, 'mug')
    phone.until_text('#label-fleet', MARKUP)
    assert phone.run('return window.pwned') is None
    assert phone.run("return document.querySelector('#robots img, #label-fleet img, b')") is None


DAMAGED = {
    'no JSON': '{"mode": "share"', 'deep': '[' * 100_000, 'a list': [], 'nothing': {},
    'a robot is a text': told('belt'), 'no robots': told(robots=None),
    'heard long after all': told(robot(1, heard=1e300)),
    'heard at no number': told(robot(1, heard=float('nan'))),
    'a name is a list': told(robot(1, name=['b'])), 'counts are a list': told(taught={'mug': [1]}),
    'a half': told(robot(1, samples=0.5)), 'errors are a text': told(errors='abc'),
    'a key is a number': told(robot(1, robot=5))}


def test_a_damaged_message_leaves_what_was_told_before(phone, node, browser):
    node.tell(told(robot(1, samples=1)))
    robots(phone)
    until_row(phone, 1, 'taught 1')
    for place, damaged in enumerate(DAMAGED.values(), 2):
        node.say(damaged if isinstance(damaged, str) else json.dumps(damaged))
        node.say(told(robot(1, samples=place)))
        until_row(phone, 1, f'taught {place}', 'knows the same')


def test_without_the_classifier_nobody_claims_that_all_is_well(url, browser, domain):
    with FleetTellingNode(domain) as node:
        browser.look(PHONE, False)
        fresh(browser, url, node)
        node.tell(told(robot(1)))
        browser.until_text('#fleet-word', 'all know the same')
    browser.until('the loss', "return document.getElementById('fleet-open').dataset.state"
                  " === 'lost' && document.getElementById('fleet-word').innerText === 'not live'")


def test_the_keyboard_opens_scrolls_and_closes_the_sheet(phone, node):
    node.tell(told(*(robot(number) for number in range(30))))
    phone.until_text('#fleet-word', '31 robots')
    phone.run("document.getElementById('freeze').focus();"
              "document.getElementById('fleet-open').focus()")
    phone.enter()
    phone.until('the sheet', "return document.activeElement.id === 'robots-title'")
    phone.key('Tab')
    assert phone.focused() == 'robots-close'
    phone.key('Tab')
    phone.key('End')
    phone.until('the end', """
        const { scrollTop, scrollHeight, clientHeight } = document.querySelector(
          '#robots .scrolled');
        return scrollTop > 0 && scrollTop + clientHeight > scrollHeight - 2;""")
    phone.key('Escape')
    phone.until('the page', "return !document.getElementById('robots').open")
    assert phone.focused() == 'fleet-open'


@pytest.mark.parametrize('size', [PHONE, (320, 568), (640, 360), DESKTOP])
@pytest.mark.parametrize('language', ['en', 'de'])
def test_all_that_may_stand_in_the_bar_has_its_place(url, browser, node, size, language):
    browser.look(size, False)
    fresh(browser, f'{url}?lang={language}', node)
    node.where = {'on': True, 'frames': 12, 'ready': True}
    node.know()
    node.ask(*(unknown(f'u{number}') for number in range(12)))
    node.tell(told(robot(1), name=LONG))
    browser.until('all of it', """
        return ['freeze', 'fleet-open', 'inbox-open'].every(
          (each) => document.getElementById(each).checkVisibility())
          && document.getElementById('state').dataset.state === 'lost';""")
    places = browser.run("""
        return [...document.querySelectorAll('.top > :not(h1)')].map((each) => {
          const { left, right, height } = each.getBoundingClientRect();
          return [left, right, height];
        });""")
    assert len(places) == 5
    assert all(a[1] <= b[0] + 0.5 for a, b in zip(places, places[1:])), places
    assert places[-1][1] <= size[0] and max(place[2] for place in places) < 60, places
    assert places[1][1] - places[1][0] > 47.9
    assert browser.text('#inbox-count') == '12'
    assert browser.run("return document.getElementById('fleet-name').clientWidth") > 24


@pytest.mark.parametrize('engine', [name for name in ENGINES if name != Browser.name])
def test_other_engines_too(node, url, tmp_path, engine):
    if harness.missing(engine):
        pytest.skip(harness.missing(engine))
    with ENGINES[engine](tmp_path) as browser:
        browser.look(PHONE, False)
        fresh(browser, url, node)
        test_the_command_is_copied_whole(browser, node, 'stranger')
        browser.open('about:blank')
        assert browser.complaints() == []


@axe
@pytest.mark.parametrize('size, dark, language', [
    (PHONE, False, 'en'), (PHONE, True, 'de'), ((320, 568), False, 'de'), ((640, 360), True, 'en'),
    (DESKTOP, True, 'en')])
def test_axe_finds_nothing_and_everything_fits(
        url, browser, node, size, dark, language, tmp_path_factory):
    browser.look(size, dark)
    fresh(browser, f'{url}?lang={language}', node)
    node.tell(told(
        robot(1), robot(2, 'twin'), robot(3, 'stranger', ''), robot(4, 'away', LONG, heard=9.0,
                                                                    lacks={LONG: 2, 'mug': 1}),
        robot(5, 'unlike', why=LONG), robot(6, 'denied'), robot(7, 'behind', lacks={'mug': 1}),
        errors=['two different records say that they are record 5 of robot ' + OWN],
        taught={'mug': {OWN: 3, key(4): 1}}, also_called={'mug': [LONG]}))
    robots(browser)
    until_row(browser, 7, '1: mug')
    shots = tmp_path_factory.mktemp('shots')
    for name, part, done in (('robots', '#robots', lambda: browser.tap('#robots-close')),
                             ('label', '#label', lambda: close_label(browser)),
                             ('page', 'main', lambda: None)):
        if name == 'label':
            if size == DESKTOP:
                browser.tap('.more[data-focus="more mug"]')
                browser.tap('#list .look')
            else:
                label_page(browser, 'mug')
            browser.until_text('#label-fleet', 'arm 3')
        assert violations(browser) == []
        assert browser.run("""
            return [...document.querySelectorAll(`${arguments[0]}, ${arguments[0]} li, body`)]
              .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
              .map((each) => each.outerHTML);""", part) == []
        assert browser.run("""
            return [...document.querySelectorAll(`${arguments[0]} button`)].filter((each) => {
              const { width, height } = each.getBoundingClientRect();
              return each.checkVisibility() && (width < 47.9 || height < 47.9);
            }).map((each) => each.id);""", part) == []
        browser.picture(shots / f'{name}_{size[0]}_{language}.png')
        if size == DESKTOP and name == 'label':
            browser.tap('#label-close')
        else:
            done()
