# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The inbox and a label's page in Chromium, as another process asks and judges."""

from asking_node import AskingNode, doubt, NAME, unknown
from axe import axe, violations
from browser import DESKTOP, PHONE
from browser_engines import ENGINES
from domains import fresh_domain
import operator_page_harness as harness
from operator_page_harness import Browser, page
import pytest

if harness.missing():
    pytest.skip(harness.missing(), allow_module_level=True)

JUDGED = {'samples': 3, 'looks': 10.0, 'accuracy': 0.9, 'low': 0.6, 'high': 0.98, 'suspects': 0,
          'verdict': 'more', 'more_like': 2, 'taken_for': 'bowl'}


@pytest.fixture
def node(domain):
    with AskingNode(domain) as node:
        yield node


@pytest.fixture
def phone(url, browser, node):
    browser.look(PHONE, False)
    fresh(browser, url)
    node.ask()
    browser.until('no question', "return !document.getElementById('inbox-open').checkVisibility()")
    return browser


def fresh(browser, url):
    """Open the page anew; forget what the one before still waits for."""
    browser.run('try { sessionStorage.clear(); } catch { return; }')
    browser.open('about:blank')
    browser.open(url)
    browser.until('the page', "return document.getElementById('state-name').textContent === "
                  "arguments[0] && document.querySelectorAll('#list .pick').length === 2", NAME)


def ask(node, phone, *questions):
    """Let the robot ask, and open the inbox."""
    node.ask(*questions)
    phone.until_text('#inbox-count', str(len(questions)))
    phone.tap('#inbox-open')
    ready(phone)


def ready(phone):
    phone.until('a question', "return document.getElementById('inbox').open && document"
                ".getElementById('inbox-ignore').getAttribute('aria-disabled') === 'false'")
    phone.until('its pictures', "return [...document.querySelectorAll('#inbox-members img')]"
                '.every((each) => each.complete && each.naturalWidth)')


def gone(node, phone, question, taught):
    """Acknowledge an answer as the node does, and wait until the page says so."""
    command = node.last('answer', question)
    node.answer(command, 'saved', taught=taught)
    node.ask(*(one for one in node.asked if one['id'] != question))
    phone.until_text('#inbox-note', 'saved as' if taught else 'not asked about again')
    return {key: value for key, value in command.items() if key != 'id'}


def test_pictures_that_get_lost_on_their_way_are_asked_for_again(node, phone):
    node.loses = 2
    ask(node, phone, unknown('u1'))
    assert node.loses == 0 and [one['do'] for one in node.commands].count('pictures') >= 3


def test_a_tap_leaves_a_picture_out_and_one_tap_names_the_others(node, phone):
    ask(node, phone, unknown('u1'), unknown('u2', 8))
    assert phone.text('#inbox-place') == '1 of 2'
    assert phone.text('#inbox-what').startswith('I saw this 27 times since ')
    assert phone.run("return document.querySelector('#inbox-members img').naturalWidth") == 224
    for member, words in ((9, '8 of 9'), (3, '7 of 9'), (9, '8 of 9')):
        phone.tap(f'#inbox-members [data-id="{member}"]')
        phone.until_text('#inbox-left', words)
    phone.tap('#inbox-labels button:nth-child(2)')
    assert gone(node, phone, 'u1', 8) == {
        'do': 'answer', 'question': 'u1', 'label': 'bowl', 'without': ['3']}
    assert phone.text('#inbox-note') == '8 saved as “bowl”'
    phone.until_text('#inbox-place', '1 of 1')
    phone.until_text('#inbox-left', '8 of 8')


def test_different_things_are_split_and_each_half_is_asked_about(node, phone):
    """The halves come next, before other questions."""
    ask(node, phone, unknown('u1', 12), unknown('u2', 8), doubt('d1', 'mug', 'bowl'))
    phone.tap('#inbox-later')
    phone.until_text('#inbox-place', '2 of 3')
    phone.tap('#inbox-later')
    phone.until_text('#inbox-place', '3 of 3')
    assert not phone.run("return document.getElementById('inbox-split').checkVisibility()")
    phone.tap('#inbox-close')
    ask(node, phone, unknown('u1', 12), unknown('u2', 8), doubt('d1', 'mug', 'bowl'))
    phone.tap('#inbox-members [data-id="3"]')
    phone.tap('#inbox-split')
    command = node.last('split')
    assert {key: value for key, value in command.items() if key != 'id'} == {
        'do': 'split', 'question': 'u1'}
    node.answer(command, 'that question is two now', questions='u8 u9')
    phone.until_text('#inbox-note', 'These are two questions now')
    node.ask(unknown('u8', 5), unknown('u9', 7), *node.asked[1:])
    for left, count in (('4', 5), ('3', 7)):
        phone.until_text('#inbox-left', f'{count} of {count}')
        phone.until_text('#inbox-place', f'1 of {left}')
        ready(phone)
        assert phone.run("return document.querySelectorAll('#inbox-members li').length") == count
        phone.tap('#inbox-labels button')
        gone(node, phone, 'u8' if count == 5 else 'u9', count)


def test_what_joins_a_group_while_it_is_looked_at_is_not_taught_with_it(node, phone):
    ask(node, phone, unknown('u1', 8))
    node.ask(unknown('u1', 10), unknown('u5'))
    phone.until_text('#inbox-place', '1 of 2')
    assert phone.run("return document.querySelectorAll('#inbox-members li').length") == 8
    phone.tap('#inbox-labels button')
    assert sorted(gone(node, phone, 'u1', 8)['without']) == ['10', '9']


def test_a_new_question_takes_no_answer_from_the_finger_that_answered_the_last(node, phone):
    ask(node, phone, unknown('u1'), unknown('u2'))
    phone.run("""
        new MutationObserver(() => {
          if (!document.getElementById('inbox-place').textContent.startsWith('1 of 1')) return;
          if (window.tapped) return;
          document.querySelector('#inbox-labels button').click();
          window.tapped = true;
        }).observe(document.getElementById('inbox-place'), {childList: true, subtree: true});""")
    phone.tap('#inbox-labels button')
    node.answer(node.last('answer'), 'saved', taught=9)
    phone.until('the second tap', 'return window.tapped')
    ready(phone)
    assert [one['question'] for one in node.commands if one['do'] == 'answer'] == ['u1']
    phone.tap('#inbox-labels button')
    gone(node, phone, 'u2', 9)


def test_a_torn_frame_shows_one_picture_and_two_labels(node, phone):
    ask(node, phone, doubt('d1', 'mug', 'bowl'))
    phone.until_text('#inbox-what', 'I cannot tell these two apart')
    labels = "return [...document.querySelectorAll('#inbox-labels button')].map(n => n.innerText)"
    assert phone.run(labels) == ['mug', 'bowl']
    assert phone.text('#inbox-left') == ''
    phone.tap('#inbox-members button')  # there is nothing to leave out
    phone.tap('#inbox-labels button:last-child')
    assert gone(node, phone, 'd1', 1) == {'do': 'answer', 'question': 'd1', 'label': 'bowl'}
    phone.until_text('#inbox-what', 'The robot has no questions.')


def test_do_not_ask_again_asks_first(node, phone):
    ask(node, phone, unknown('u1'))
    phone.tap('#inbox-ignore')
    phone.tap('#ask [value=no]')
    phone.tap('#inbox-ignore')
    phone.tap('#ask-yes')
    assert gone(node, phone, 'u1', 0) == {'do': 'answer', 'question': 'u1', 'ignore': True}


def test_later_shows_the_next_and_after_the_last_the_page(node, phone):
    ask(node, phone, unknown('u1'), doubt('d1', 'mug', 'bowl'))
    phone.tap('#inbox-later')
    phone.until_text('#inbox-place', '2 of 2')
    phone.tap('#inbox-later')
    phone.until('the page', "return !document.getElementById('inbox').open")
    assert phone.text('#inbox-open').split() == ['?', '2', 'questions']
    assert all(one['do'] == 'pictures' for one in node.commands)


def test_an_answer_on_another_phone_brings_the_next_question(node, phone):
    ask(node, phone, unknown('u1'), unknown('u2'))
    phone.tap('#inbox-other')
    phone.until('the list', "return document.getElementById('picker').matches(':modal')")
    node.ask(node.asked[1])
    phone.until_text('#inbox-place', '1 of 1')
    phone.tap('#list .pick')  # that was meant for the first one
    phone.until_text('#inbox-note', 'That question is gone')
    assert all(one['do'] == 'pictures' for one in node.commands)


def test_a_refusal_leaves_the_question(node, phone):
    ask(node, phone, unknown('u1'))
    phone.tap('#inbox-labels button')
    node.answer(node.last('answer'), 'learning is off (parameter learning)', level=b'\x02')
    phone.until_text('#inbox-note', 'learning is off')
    ready(phone)
    assert phone.text('#inbox-place') == '1 of 1'


def test_all_left_out_is_no_answer(node, phone):
    ask(node, phone, unknown('u1', 2))
    phone.tap('#inbox-members [data-id="1"]')
    phone.tap('#inbox-members [data-id="2"]')
    phone.tap('#inbox-labels button')
    phone.until_text('#inbox-note', 'All pictures are left out')
    assert all(one['do'] == 'pictures' for one in node.commands)


def test_by_keyboard_alone(node, phone):
    """One Tab stop for the pictures; a new label; the attention is at the next question."""
    node.ask(unknown('u1'), unknown('u2'))
    phone.until_text('#inbox-count', '2')
    phone.run("document.getElementById('inbox-open').focus()")
    phone.enter()
    ready(phone)
    assert phone.focused() == 'inbox-what'
    phone.key('Tab')
    phone.key('ArrowRight')
    phone.key('ArrowDown')
    phone.key('End')
    assert phone.run('return document.activeElement.dataset.id') == '1'
    phone.key(' ')
    phone.until_text('#inbox-left', '8 of 9')
    for _ in range(4):
        phone.key('Tab')
    assert phone.focused() == 'inbox-other'
    phone.enter()
    phone.until('the search', "return document.activeElement.id === 'search'")
    phone.type('garlic press')
    phone.enter()
    assert gone(node, phone, 'u1', 8) == {
        'do': 'answer', 'question': 'u1', 'label': 'garlic press', 'without': ['1']}
    ready(phone)
    assert phone.focused() == 'inbox-what'
    phone.key('Escape')
    phone.until('the page', "return !document.getElementById('inbox').open")
    assert phone.focused() == 'inbox-open'


@pytest.mark.parametrize('size, language', [
    (PHONE, 'en'), (PHONE, 'de'), ((320, 568), 'de'), ((640, 360), 'de'), (DESKTOP, 'en')])
def test_all_of_a_question_can_be_touched(node, phone, url, size, language):
    phone.look(size, False)
    fresh(phone, f'{url}?lang={language}')
    ask(node, phone, unknown('u1', 32, ('windsor chair', 'Lebensmittelwaage', 'tea pot')))
    for each in ('inbox-other', 'inbox-ignore', 'inbox-split', 'inbox-later', 'inbox-close'):
        phone.centre(f'#{each}')
    for place in (1, 32):
        phone.centre(f'#inbox-members li:nth-child({place}) button')
    buttons = phone.run("""
        return [...document.querySelectorAll('.sheet[open] button, #inbox-open')].filter(
          (each) => each.checkVisibility()).map((each) => [each.id || each.innerText,
            each.getBoundingClientRect().width, each.getBoundingClientRect().height,
            each.scrollWidth - each.clientWidth]);""")
    assert len(buttons) > 32
    assert [each for each in buttons if min(each[1:3]) < 47.9 or each[3] > 1] == []
    assert phone.run("const box = document.getElementById('inbox'); "
                     'return box.scrollWidth <= box.clientWidth')


@pytest.mark.parametrize('size', [PHONE, (320, 568)])
def test_what_can_be_done_with_a_label_can_be_read(node, phone, url, size):
    phone.look(size, False)
    fresh(phone, f'{url}?lang=de')
    phone.tap('#choose')
    phone.tap('.more[data-focus="more mug"]')
    assert phone.text('#list .tools').split() == ['Bilder', 'Umbenennen', 'Vergessen']
    assert phone.run("return [...document.querySelectorAll('#list .tools button')].every((each) =>"
                     ' each.scrollWidth <= each.clientWidth)')


def test_a_label_says_how_good_it_is_and_shows_the_doubtful_first(node, phone):
    node.judge([{'label': 'mug', **JUDGED}, {**JUDGED, 'label': 'bowl', 'samples': 2}],
               [{'sample': 3, 'label': 'mug', 'better': 'bowl', 'odds': 0.01},
                {'sample': 1, 'label': 'mug', 'better': 'bowl', 'odds': 40.0}])
    look_at(phone, 'mug')
    phone.until_text('#label-quality', 'Right in 9 of 10 looks. Show it from more sides.')
    assert phone.text('#label-like') == 'Show more of this side: it is taken for “bowl”.'
    phone.until('pictures', "return [...document.querySelectorAll('#label img')]"
                '.every((each) => each.naturalWidth === 224)')
    assert phone.run("return document.querySelectorAll('#label-doubtful li').length") == 1
    assert [line for line in phone.text('#label-doubtful').split('\n') if line] == [
        'looks like “bowl”', 'It is “bowl”', 'Remove']
    phone.tap('#label-doubtful button')
    command = node.last('relabel')
    assert (command['sample'], command['label']) == (3, 'bowl')
    node.answer(command, 'done')
    phone.until_text('#label-note', 'The picture is one of “bowl” now')
    phone.tap('#label-pictures li:last-child button')
    phone.tap('#label-remove')
    assert node.last('undo')['sample'] == 2
    node.answer(node.last('undo'), 'gone')
    phone.until_text('#label-note', 'A picture of')


def test_what_is_said_of_other_samples_is_not_shown(node, phone):
    """It was judged before the last one was taught."""
    node.judge([{'label': 'mug', **JUDGED, 'samples': 2}], [])
    look_at(phone, 'mug')
    phone.until_text('#label-quality', 'Not judged yet.')
    node.judge([{'label': 'mug', **JUDGED, 'verdict': 'too few', 'accuracy': None}], [])
    phone.until_text('#label-quality', 'Too few pictures to judge it')


def look_at(phone, label):
    """Open a label's page."""
    phone.tap('#choose')
    row = f'.more[data-focus="more {label}"]'
    phone.tap(row)
    phone.tap('#list .look')
    phone.until_text('#label-name', label)


@axe
@pytest.mark.parametrize('size, dark', [(PHONE, False), (PHONE, True), (DESKTOP, True)])
def test_axe_finds_nothing(node, phone, size, dark):
    phone.look(size, dark)
    node.judge([{'label': 'mug', **JUDGED}],
               [{'sample': 3, 'label': 'mug', 'better': 'bowl', 'odds': 0.01}])
    ask(node, phone, unknown('u1'), doubt('d1', 'mug', 'bowl'))
    phone.tap('#inbox-members button')
    assert violations(phone) == []
    phone.tap('#inbox-later')
    ready(phone)
    assert violations(phone) == []
    phone.tap('#inbox-close')
    assert violations(phone) == []
    if size == PHONE:
        look_at(phone, 'mug')
        phone.tap('#label-pictures button')
        assert violations(phone) == []


@pytest.mark.parametrize('engine', [name for name in ENGINES if name != Browser.name])
def test_other_engines_too(node, url, tmp_path, engine):
    if harness.missing(engine):
        pytest.skip(harness.missing(engine))
    with ENGINES[engine](tmp_path) as browser:
        browser.look(PHONE, False)
        browser.open(url)
        node.ask()
        browser.until('no question',
                      "return !document.getElementById('inbox-open').checkVisibility()")
        test_a_tap_leaves_a_picture_out_and_one_tap_names_the_others(node, browser)
        browser.tap('#inbox-close')
        node.commands.clear()
        test_a_label_says_how_good_it_is_and_shows_the_doubtful_first(node, browser)
        assert browser.complaints() == []


def test_an_older_node_changes_nothing(tmp_path, browser):
    """No badge, and of pictures the page says that there are none."""
    domain = fresh_domain()
    web, url = page(tmp_path, domain, classifier=NAME)
    with web, AskingNode(domain, old=True):
        browser.look(PHONE, False)
        fresh(browser, url)
        assert not browser.run("return document.getElementById('inbox-open').checkVisibility()")
        look_at(browser, 'mug')
        assert browser.text('#label-quality') == 'Not judged yet.'
        browser.until('that there are none',
                      "return document.getElementById('label-none').checkVisibility()")
