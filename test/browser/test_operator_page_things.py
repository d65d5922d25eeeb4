# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Pointing at things on the page: boxes over the picture, tapped, drawn, followed, taught.

What is found is said on ~/things by a node of the tests' own, so that they know what is where; the
camera, the classifier that is taught, the page and the browser are the real ones.
"""

import itertools
import time

from axe import axe, violations
from browser import DESKTOP, PHONE
import operator_page_harness as harness
from operator_page_harness import Finder, opened, page, settled, thing
import pytest
from ros_harness import remembered
from std_msgs.msg import String

if harness.missing():
    pytest.skip(harness.missing(), allow_module_level=True)

SIZE = 320, 240  # of the camera's pictures
SCENE = [thing(4, (60, 140, 90, 80), 'soccer ball'), thing(3, (240, 130, 50, 50), 'mug'),
         thing(2, (150, 40, 60, 80)), thing(1, (30, 30, 70, 60), 'duck')]
READ = ['duck, 1 of 4', 'unknown thing, 2 of 4', 'soccer ball, 3 of 4', 'mug, 4 of 4']
NAMES = "return [...document.querySelectorAll('.thing')].map((n) => n.getAttribute('aria-label'))"
CHOSEN = """return [...document.querySelectorAll(".thing[aria-pressed='true']")]
  .map((node) => node.getAttribute('aria-label'))"""
OWN = """
    const own = document.getElementById('own'), whole = document.getElementById('picture');
    if (own.hidden) return null;
    const box = own.getBoundingClientRect(), all = whole.getBoundingClientRect();
    return [(box.x - all.x) / all.width, (box.y - all.y) / all.height, box.width / all.width,
      box.height / all.height];"""
UNKNOWN = '.thing[data-kind=unknown]'


@pytest.fixture(scope='module')
def finding(robot):
    with Finder(robot.domain) as finder:
        yield finder


@pytest.fixture
def finder(finding):
    finding.things, finding.by = None, 'where'
    yield finding
    finding.things = None


@pytest.fixture
def phone(robot, finder, browser):
    """Yield the browser on the page, connected, with a picture in which nothing is found yet."""
    browser.look(PHONE, False)
    opened(browser, robot.url)
    return browser


def find(phone, finder, things, count=None):
    """Let things be found, and wait until there are so many boxes."""
    finder.things = things
    phone.until('the boxes', "return document.querySelectorAll('.thing').length === arguments[0]",
                len(things) if count is None else count)


def samples(robot, label):
    """Return the samples of a label on the disk, oldest first."""
    state = remembered(robot.directory / 'memory')
    return [sample for sample in state.samples.values() if sample.label == label]


def regions(robot, label):
    return [sample.region for sample in samples(robot, label)]


def pixels(region):
    return [part * by for part, by in zip(region, SIZE * 2)]


def on_screen(phone, x, y):
    """Return where a place of the camera's picture is on the screen."""
    left, top, width, height = phone.run(
        "const {x, y, width, height} = document.getElementById('picture').getBoundingClientRect();"
        'return [x, y, width, height];')
    return left + x / SIZE[0] * width, top + y / SIZE[1] * height


def drag(phone, start, end, kind='touch'):
    """Drag from one place of the camera's picture to another."""
    phone.drag_on_picture((*start, *(b - a for a, b in zip(start, end))), SIZE, kind)


def put_down(phone, x, y, kind='touch'):
    phone._point([{'type': 'pointerMove', 'x': round(x), 'y': round(y)},
                  {'type': 'pointerDown', 'button': 0}], kind, 0)


def tap_at(phone, x, y, kind='touch'):
    """Tap a place of the camera's picture."""
    put_down(phone, *on_screen(phone, x, y), kind)
    phone.up(kind)


# -- what is seen --------------------------------------------------------------------------------


@pytest.mark.parametrize('size', [PHONE, (375, 553), (640, 360), DESKTOP])
def test_every_thing_is_a_button_with_a_box_and_a_name(phone, finder, size):
    phone.look(size, False)
    find(phone, finder, SCENE)
    assert phone.run(NAMES) == READ
    boxes = phone.until('boxes in their places', """
        const all = document.getElementById('picture').getBoundingClientRect();
        return all.width && [...document.querySelectorAll('.thing')].map((node) => {
          const {x, y, width, height} = node.getBoundingClientRect();
          return [(x - all.x) / all.width * 320, (y - all.y) / all.height * 240,
            width / all.width * 320, height / all.height * 240]; });""")
    wanted = [each['box'] for each in sorted(SCENE, key=lambda each: READ.index(next(
        name for name in READ if name.startswith(
            'unknown' if each['unknown'] else each['label']))))]
    for box, want in zip(boxes, wanted, strict=True):
        assert all(abs(part - due) < 1.5 for part, due in zip(box, want)), (boxes, wanted)
    looks = phone.run("""
        return [...document.querySelectorAll('.thing')].map((node) => [node.innerText,
          getComputedStyle(node).borderTopStyle, getComputedStyle(node).borderTopColor]);""")
    assert [text for text, _, _ in looks] == ['1 duck', '2 ?', '3 soccer ball', '4 mug']
    assert [style for _, style, _ in looks] == ['solid', 'dashed', 'solid', 'solid']
    assert len({colour for _, _, colour in looks}) == 4
    phone.until_text('#answers', 'duck, soccer ball, mug, 1 unknown')
    phone.until('it to be spoken', "return document.getElementById('spoken').textContent"
                " === 'sees: duck, soccer ball, mug, 1 unknown'")


def test_one_thing_has_no_number(phone, finder):
    find(phone, finder, SCENE[2:3])
    assert phone.run(NAMES) == ['unknown thing'] and phone.text('.thing') == '?'
    find(phone, finder, SCENE[3:])
    phone.until('the name', "return document.querySelector('.thing').innerText === 'duck'")
    find(phone, finder, [], 0)
    phone.until('the whole picture again', "return !document.getElementById('verdict')"
                ".matches('[data-kind=none]') && document.getElementById('things').hidden")


def test_boxes_that_nobody_says_any_more_go(phone, finder):
    find(phone, finder, SCENE)
    finder.things = None
    phone.until('no boxes', "return !document.querySelector('.thing')")


def test_where_nothing_is_found_the_page_is_as_ever(phone):
    """No control, no section of the menu, and a finger on the picture draws nothing."""
    assert not phone.run("return document.getElementById('freeze').checkVisibility()")
    drag(phone, (60, 60), (200, 160))
    assert phone.run(OWN) is None
    phone.choose('as ever')
    assert phone.text('#teach .big') == 'Teach “as ever”'
    phone.press('#menu-open')
    assert not phone.run("return document.getElementById('surroundings').checkVisibility()")


def test_what_is_no_message_of_things_is_passed_over(phone, finder):
    for text in ('nonsense', '[]', '{}', '{"stamp": 1, "size": [0, 0], "things": [{"box": [1]}]}',
                 '{"stamp": {"sec": 1, "nanosec": 2}, "size": [0, 0], "things": '
                 '[{"box": [1, 2, 3, 4]}]}'):
        finder._out.publish(String(data=text))
    find(phone, finder, SCENE)
    assert phone.run(NAMES) == READ


# -- choosing ------------------------------------------------------------------------------------


@pytest.mark.parametrize('way', ['tap again', 'tap beside', 'Escape'])
def test_a_tap_chooses_a_thing_and_another_the_whole_picture_again(phone, finder, way):
    find(phone, finder, SCENE)
    phone.choose('mug')
    phone.tap(UNKNOWN)
    phone.until_text('#teach .big', 'Teach thing 2 as “mug”')
    assert phone.run(CHOSEN) == [READ[1]]
    phone.until_text('#answers', 'nearest: mug')
    dimmed = phone.run("""
        const style = (node) => getComputedStyle(node);
        return [...document.querySelectorAll('.thing')].map((node) => [node.getAttribute(
          'aria-pressed'), style(node).borderTopWidth,
          getComputedStyle(node, '::after').boxShadow.includes('3000px'),
          style(node).borderTopColor === style(node.firstChild).backgroundColor]);""")
    assert [each[1:] for each in dimmed if each[0] == 'true'] == [['6px', True, True]]
    assert all(each[1:] == ['3px', False, False] for each in dimmed if each[0] == 'false')
    phone.tap('.thing:last-child')
    phone.until_text('#teach .big', 'Teach thing 4 as “mug”')
    phone.until_text('#answers', '93')
    assert phone.run(CHOSEN) == [READ[3]]
    if way == 'tap again':
        phone.tap('.thing:last-child')
    elif way == 'tap beside':
        tap_at(phone, 300, 20)
    else:
        phone.key('Escape')
    phone.until('the whole picture', "return document.querySelector('#teach .big').innerText"
                " === 'Teach “mug”'")
    assert phone.run(CHOSEN) == []


def test_a_small_thing_has_room_for_a_finger(phone, finder):
    find(phone, finder, [thing(1, (150, 100, 14, 16)), thing(2, (20, 20, 200, 180), 'mug')])
    for across, down in itertools.product((-20, 0, 20), repeat=2):
        x, y = on_screen(phone, 157, 108)
        put_down(phone, x + across, y + down)
        phone.up('touch')
        assert phone.run(CHOSEN) == ['unknown thing, 2 of 2'], (across, down)
        phone.key('Escape')


def test_the_keyboard_alone_chooses_and_teaches(robot, phone, finder):
    find(phone, finder, SCENE)
    phone.choose('by keys')
    phone.run("document.getElementById('menu-open').focus()")
    phone.key('Tab')
    focused = "return document.activeElement.getAttribute('aria-label')"
    assert phone.run(focused) == READ[0]
    for key, wanted in (('ArrowRight', 1), ('ArrowDown', 2), ('ArrowLeft', 1), ('End', 3),
                        ('ArrowRight', 3), ('Home', 0), ('ArrowRight', 1)):
        phone.key(key)
        assert phone.run(focused) == READ[wanted], key
    phone.enter()
    assert phone.run(CHOSEN) == [READ[1]] and phone.run(focused) == READ[1]
    time.sleep(0.5)  # messages come, and leave the attention where it is
    assert phone.run(focused) == READ[1]
    for _ in range(6):
        phone.key('Tab')
        if phone.focused() == 'teach':
            break
    phone.key(' ')
    assert settled(phone) == '1 saved as “by keys”'
    [region] = regions(robot, 'by keys')
    assert pixels(region) == pytest.approx([150, 40, 60, 80], abs=0.1)
    assert phone.run(CHOSEN) == [READ[1]]


def test_a_thing_that_goes_takes_the_attention_nowhere_dangerous(phone, finder):
    find(phone, finder, SCENE[2:])
    phone.run("document.querySelector('.thing').focus()")
    find(phone, finder, SCENE[2:3])
    assert phone.run("return document.activeElement.getAttribute('aria-label')") == 'unknown thing'
    find(phone, finder, [], 0)
    assert phone.focused() == 'stage'


# -- teaching a found thing ----------------------------------------------------------------------


def test_while_it_is_held_the_box_follows_its_track(robot, phone, finder):
    """Each sample is what was found in its very frame, wherever the thing was then."""
    places = itertools.count()
    finder.things = lambda: [
        thing(7, (20 + 9 * (next(places) % 20), 60, 64, 56)), thing(8, (230, 150, 60, 60), 'mug')]
    phone.until('the boxes', "return document.querySelectorAll('.thing').length === 2")
    phone.choose('followed')
    phone.run(f"document.querySelector('{UNKNOWN}').click()")
    phone.down('#teach')
    phone.until('some samples', "return Number(document.getElementById('teach-big').textContent)"
                ' >= 5')
    phone.up()
    assert 'saved' in settled(phone)
    taught = samples(robot, 'followed')
    assert len(taught) >= 5
    found = {f"{said['stamp']['sec']}.{said['stamp']['nanosec']:09d}": said['things'][0]['box']
             for said in finder.said if len(said['things']) == 2}
    for sample in taught:
        assert pixels(sample.region) == pytest.approx(found[sample.stamp], abs=0.1)
    assert len({sample.region for sample in taught}) > 1
    phone.press('#undo')
    settled(phone)
    assert samples(robot, 'followed') == [], 'one press is one change'


@pytest.mark.parametrize('back', [2, 9], ids=['same track', 'another track'])
def test_what_is_lost_is_waited_for_and_goes_on_by_itself(robot, phone, finder, back):
    find(phone, finder, SCENE)
    label = f'lost {back}'
    phone.choose(label)
    phone.tap(UNKNOWN)
    phone.down('#teach')
    count = "return Number(document.getElementById('teach-big').textContent)"
    phone.until('some samples', "return Number(document.getElementById('teach-big').textContent)"
                ' >= 2')
    finder.things = [each for each in SCENE if each['track'] != 2]
    phone.until_text('#tally', 'lost it')
    assert phone.run("return document.getElementById('tally').dataset.kind") == 'skipped'
    phone.until_text('.thing[aria-pressed=true]', 'lost it')
    time.sleep(0.5)  # what was sent is saved
    held = phone.run(count)
    time.sleep(1.0)
    assert phone.run(count) == held
    finder.things += [thing(back, (155, 44, 60, 80))]
    phone.until('it to go on', "return Number(document.getElementById('teach-big').textContent)"
                ' > arguments[0] + 1', held)
    phone.up()
    settled(phone)
    boxes = [pixels(region) for region in regions(robot, label)]
    assert all(abs(box[0] - 150) < 6 and abs(box[1] - 40) < 5 for box in boxes), boxes


def test_a_box_that_is_only_carried_on_is_not_taught(robot, phone, finder):
    find(phone, finder, SCENE)
    phone.choose('carried')
    phone.tap(UNKNOWN)
    finder.things = [{**each, 'found': False} for each in SCENE]
    phone.until_text('.thing[aria-pressed=true]', 'lost it')
    phone.press('#teach')
    phone.until_text('#note', 'out of sight')
    assert samples(robot, 'carried') == []
    assert phone.run(CHOSEN), 'the whole picture is not taught in its place'


# -- drawing -------------------------------------------------------------------------------------


@pytest.mark.parametrize('kind', ['touch', 'mouse'])
def test_a_box_is_drawn_named_saved_and_taken_back(robot, phone, finder, kind):
    find(phone, finder, SCENE)
    label = f'drawn by {kind}'
    drag(phone, (110, 95), (215, 165), kind)
    assert pixels(phone.run(OWN)) == pytest.approx([110, 95, 105, 70], abs=1.5)
    phone.until_text('#note', 'Choose its label')
    phone.choose(label)
    assert phone.text('#teach .big') == f'Teach the box as “{label}”'
    phone.press('#teach', kind=kind)
    assert settled(phone) == f'1 saved as “{label}”'
    [region] = regions(robot, label)
    assert pixels(region) == pytest.approx([110, 95, 105, 70], abs=1.5)
    phone.until('its thumbnail', "const image = document.querySelector('#taught img[src]');"
                'return image && image.naturalWidth === 96')
    phone.until_text('#undo-what', f'1 × {label}')
    phone.press('#undo')
    phone.until_text('#note', 'Taken back')
    assert samples(robot, label) == []
    phone.press('#put-back')
    phone.until_text('#note', 'Put back')
    assert regions(robot, label) == [region]
    tap_at(phone, 20, 220, kind)
    assert phone.run(OWN) is None
    assert phone.text('#teach .big') == f'Teach “{label}”'


def test_a_box_begins_over_a_thing_too_and_takes_its_place(phone, finder):
    find(phone, finder, SCENE)
    phone.tap(UNKNOWN)
    drag(phone, (165, 60), (250, 130))
    assert phone.run(OWN) and phone.run(CHOSEN) == []
    phone.run("document.querySelector('.thing').click()")
    assert phone.run(OWN) is None and phone.run(CHOSEN) == [READ[0]]


@pytest.mark.parametrize('end', [(120, 106), (80, 94), (100, 115), (319, 239)])
def test_a_box_is_no_smaller_than_a_finger_and_no_larger_than_the_picture(phone, finder, end):
    find(phone, finder, SCENE)
    drag(phone, (100, 100), end)
    x, y, width, height = phone.run(OWN)
    stage = phone.run("return document.getElementById('stage').clientWidth")
    assert width * stage >= 47.9 and height * stage * 0.75 >= 47.9
    assert x >= -0.001 and y >= -0.001 and x + width <= 1.001 and y + height <= 1.001
    phone.key('Escape')
    assert phone.run(OWN) is None


def test_corners_and_the_box_itself_are_dragged(phone, finder):
    find(phone, finder, SCENE)
    drag(phone, (100, 80), (200, 160))
    sizes = phone.run("return [...document.querySelectorAll('#own [data-grip]')].map((node) => "
                      'node.getBoundingClientRect()).map(({width, height}) => [width, height])')
    assert sizes == [[28, 28]] * 4
    for start, end, wanted in (((200, 160), (230, 190), [100, 80, 130, 110]),
                               ((100, 80), (120, 90), [120, 90, 110, 100]),
                               ((230, 90), (240, 70), [120, 70, 120, 120]),
                               ((120, 190), (90, 180), [90, 70, 150, 110]),
                               ((165, 125), (145, 115), [70, 60, 150, 110]),
                               ((145, 115), (319, 239), [170, 130, 150, 110])):
        drag(phone, start, end)
        assert pixels(phone.run(OWN)) == pytest.approx(wanted, abs=2.5)
    tap_at(phone, 240, 185)  # a tap on it leaves it
    assert phone.run(OWN)


def test_a_drag_that_is_broken_off_leaves_what_was_there(phone, finder):
    find(phone, finder, SCENE)
    drag(phone, (100, 80), (200, 160))
    before = phone.run(OWN)
    put_down(phone, *on_screen(phone, 20, 20))
    phone.move(*on_screen(phone, 60, 60), 'touch')
    assert phone.run(OWN) != before
    assert phone.run("return document.getElementById('loupe').checkVisibility()")
    phone.command('Input.dispatchTouchEvent', type='touchCancel', touchPoints=[])
    phone._down.discard(0)
    assert phone.run(OWN) == before
    assert not phone.run("return document.getElementById('loupe').checkVisibility()")


# -- boxes of others, other ways to see ----------------------------------------------------------


def test_boxes_that_others_ask_about_can_be_tapped_and_taught(robot, phone):
    """By the real node: `name` on ~/command, again and again as a detector does."""
    def detect():  # a busy node may refuse some
        robot.peer.command(do='name', boxes=[[40, 60, 100, 100], [200, 120, 80, 80]])
    robot.show('duck')
    for _ in range(50):
        detect()
        if phone.run("return document.querySelectorAll('.thing').length") == 2:
            break
    keys = "return [...document.querySelectorAll('.thing')].map((node) => node.dataset.mine)"
    phone.run("document.querySelectorAll('.thing').forEach((n, at) => { n.dataset.mine = at; })")
    for _ in range(5):
        detect()
    assert phone.run(keys) == ['0', '1'], 'the same boxes are the same buttons'
    phone.choose('of a detector')
    for _ in range(3):
        detect()
    phone.run("document.querySelectorAll('.thing')[1].click()")
    phone.run("document.getElementById('teach').click()")
    for _ in range(20):
        detect()
        if phone.run("return document.getElementById('note').dataset.kind") == 'saved':
            break
    settled(phone)
    [region] = regions(robot, 'of a detector')
    assert pixels(region) == pytest.approx([200, 120, 80, 80], abs=0.1)
    phone.press('#undo')
    settled(phone)


def test_boxes_of_others_do_not_take_turns_with_what_the_node_finds(robot, phone, finder):
    find(phone, finder, SCENE)
    phone.run("""
        window.counts = new Set();
        new MutationObserver(() => window.counts.add(document.querySelectorAll('.thing').length))
          .observe(document.getElementById('things'), {childList: true});""")
    for _ in range(5):
        robot.peer.command(do='name', boxes=[[40, 60, 100, 100]])
        robot.peer.spin(0.2)
    assert phone.run(NAMES) == READ
    assert phone.run('return [...window.counts]') == []


@pytest.mark.parametrize('language', ['en', 'de'])
@pytest.mark.parametrize('size', [(375, 553), PHONE, (640, 360), (320, 568), DESKTOP])
def test_it_fits_in_every_size_and_language(robot, phone, finder, size, language):
    phone.look(size, False)
    opened(phone, robot.url + f'?lang={language}')
    find(phone, finder, SCENE)
    phone.run(f"document.querySelector('{UNKNOWN}').click()")
    phone.until('Freeze', "return document.getElementById('freeze').checkVisibility()")
    phone.run("""
        const badge = document.getElementById('inbox-open');
        badge.removeAttribute('hidden');  // whether the robot asks by now or not
        Object.defineProperty(badge, 'hidden', {get: () => false, set: () => {}});""")
    assert phone.run('return document.documentElement.scrollWidth') <= size[0]
    assert phone.run('return document.documentElement.scrollHeight') <= size[1]
    for selector in ('#freeze', '#inbox-open', '#menu-open', '#teach', '#undo'):
        x, y = phone.centre(selector)
        assert 0 < x < size[0] and 0 < y < size[1]
        assert phone.run('const {width, height} = document.querySelector(arguments[0])'
                         '.getBoundingClientRect(); return Math.min(width, height)',
                         selector) >= 47.9


def test_forced_colours_leave_boxes_and_their_kinds_visible(phone, finder):
    find(phone, finder, SCENE)
    phone.command('Emulation.setEmulatedMedia', features=[
        {'name': 'forced-colors', 'value': 'active'}])
    try:
        looks = phone.run("""
            return [...document.querySelectorAll('.thing')].map((node) => [
              getComputedStyle(node).borderTopStyle, getComputedStyle(node).borderTopColor,
              getComputedStyle(node.firstChild).backgroundColor]);""")
    finally:
        phone.command('Emulation.setEmulatedMedia', features=[])
    assert [style for style, _, _ in looks] == ['solid', 'dashed', 'solid', 'solid']
    assert all(line == tag != 'rgba(0, 0, 0, 0)' for _, line, tag in looks)


@axe
@pytest.mark.parametrize('state', ['found', 'chosen', 'drawn', 'lost'])
def test_axe_finds_nothing(phone, finder, state):
    for size, dark in itertools.product((PHONE, (375, 553), (640, 360), (320, 256), DESKTOP),
                                        (False, True)):
        phone.look(size, dark)
        find(phone, finder, SCENE)
        if state in ('chosen', 'lost'):
            phone.run(f"document.querySelector('{UNKNOWN}').click()")
        if state == 'lost':
            finder.things = SCENE[:2]
            phone.until_text('.thing[aria-pressed=true]', 'lost it')
        if state == 'drawn':
            drag(phone, (110, 95), (215, 165), 'mouse')
            assert phone.run(OWN)
        assert violations(phone) == [], (size, dark)
        phone.key('Escape')


def test_who_only_looks_can_look_at_a_thing_and_draws_nothing(robot, phone, finder):
    web, url = page(robot.directory, robot.domain, '-r', '__node:=looking_page', view_only=True)
    with web:
        phone.open(url)
        phone.until('the page', "return document.getElementById('state-word').textContent"
                    " === 'View only'")
        find(phone, finder, SCENE)
        phone.tap(UNKNOWN)
        phone.until_text('#answers', 'nearest: mug')
        drag(phone, (110, 95), (215, 165))
        assert phone.run(OWN) is None
        assert not phone.run("return document.getElementById('freeze').checkVisibility()")
        phone.open('about:blank')
        web.end()
