# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The page's parts that need no node and no browser: door, requests, board, texts, settings."""

import json
import re
import time

import cv2
import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.operator_page import (
    access,
    address,
    commands,
    files,
    fleet,
    pictures,
    settings,
    things,
)
from hybrid_snn_ros.operator_page.page_state import PageState
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.thing_finder import WhereStatus

DEFAULTS = {parameter.name: parameter.default for parameter in settings.TABLE}


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


# -- the door ------------------------------------------------------------------------------------


def test_the_right_pin_opens_a_session_that_ends():
    clock = Clock()
    door = access.Authenticator('424242', clock=clock)
    assert not door.knows(None) and not door.knows('') and not door.knows('424242')
    key = door.enter('424242', 'phone')
    assert len(key) >= 40 and door.knows(key) and not door.knows(key[:-1])
    assert door.enter('424242', 'phone') != key
    clock.now += access.SESSION_SECONDS
    assert not door.knows(key)


def test_without_a_pin_the_door_stands_open():
    assert access.Authenticator('').knows(None)


def test_wrong_tries_make_an_address_wait_and_others_not():
    clock = Clock()
    door = access.Authenticator('424242', clock=clock)
    for _ in range(access.TRIES):
        assert door.wait('thief') == 0
        assert door.enter('000000', 'thief') is None
    assert 0 < door.wait('thief') <= access.WINDOW
    assert door.enter('424242', 'thief') is None, 'while waiting, not even the right PIN opens'
    assert door.enter('424242', 'phone')
    clock.now += access.WINDOW + 1
    assert door.wait('thief') == 0
    assert door.enter('424242', 'thief')


def test_many_addresses_together_have_to_wait_too():
    clock = Clock()
    door = access.Authenticator('424242', clock=clock)
    for number in range(access.ALL_TRIES):
        assert door.enter('000000', f'bot {number}') is None
    assert door.wait('another') > 0
    assert door.enter('424242', 'another') is None
    clock.now += access.WINDOW + 1
    assert door.wait('another') == 0


def test_sessions_are_bounded_and_the_oldest_goes():
    door = access.Authenticator('424242')
    keys = [door.enter('424242', 'phone') for _ in range(access.MAX_SESSIONS + 1)]
    assert not door.knows(keys[0])
    assert all(map(door.knows, keys[1:]))


@pytest.mark.parametrize('host, ours', [
    ('127.0.0.1:8080', True), ('192.168.1.7', True), ('[fe80::1]:8080', True),
    ('localhost:1', True), ('robot.example:8080', True), ('evil.example', False), ('', False),
    ('localhost.evil.example', False), ('127.0.0.1.evil.example', False), ('[::1', False),
    ('evil.example@127.0.0.1', True), ('127.0.0.1@evil.example', False)])
def test_only_names_of_this_computer_pass(host, ours):
    assert access.Authenticator('', ['Robot.example']).host_is_ours(host) == ours


def test_new_pins_are_long_and_differ():
    pins = {access.new_pin() for _ in range(50)}
    assert len(pins) > 45
    assert all(re.fullmatch('[0-9]{8}', pin) for pin in pins)


# -- requests ------------------------------------------------------------------------------------

TEACH = {'do': 'teach', 'id': 'a1.2.3', 'label': 'mug', 'stamp': [12, 34]}


@pytest.mark.parametrize('request_, command', [
    (TEACH, {'do': 'teach', 'id': 'a1.2.3', 'label': 'mug', 'stamp': {'sec': 12, 'nanosec': 34}}),
    ({'do': 'undo', 'id': 'x'}, {'do': 'undo', 'id': 'x'}),
    ({'do': 'undo', 'id': 'x', 'sample': 7}, {'do': 'undo', 'id': 'x', 'sample': 7}),
    ({'do': 'undo', 'id': 'x', 'change': 7}, {'do': 'undo', 'id': 'x', 'change': 7}),
    ({'do': 'redo', 'id': 'x', 'change': 7}, {'do': 'redo', 'id': 'x', 'change': 7}),
    ({'do': 'merge', 'id': 'x', 'label': 'a', 'to': 'b'},
     {'do': 'merge', 'id': 'x', 'label': 'a', 'to': 'b'}),
    ({**TEACH, 'press': 'a1.2'}, {'do': 'teach', 'id': 'a1.2.3', 'label': 'mug', 'press': 'a1.2',
                                  'stamp': {'sec': 12, 'nanosec': 34}}),
    ({'do': 'rename', 'id': 'x', 'label': 'a', 'to': 'b'},
     {'do': 'rename', 'id': 'x', 'label': 'a', 'to': 'b'}),
    ({**TEACH, 'box': [0, 0.25, 1, 0.5]},
     {'do': 'teach', 'id': 'a1.2.3', 'label': 'mug', 'stamp': {'sec': 12, 'nanosec': 34},
      'box': [0.0, 0.25, 1.0, 0.5], 'unit': 'fractions'}),
    ({**TEACH, 'box': [0.75, -0.5, 0.5, 0.75]},  # cut off at the edges
     {'do': 'teach', 'id': 'a1.2.3', 'label': 'mug', 'stamp': {'sec': 12, 'nanosec': 34},
      'box': [0.75, 0.0, 0.25, 0.25], 'unit': 'fractions'}),
    *(({'do': do, 'id': 'x', 'stamp': [12, 34]},
       {'do': do, 'id': 'x', 'stamp': {'sec': 12, 'nanosec': 34}})
      for do in ('complete', 'empty', 'hold')),
    ({'do': 'answer', 'id': 'x', 'question': 'u1', 'label': 'mug', 'without': ['5', '7']},
     {'do': 'answer', 'id': 'x', 'question': 'u1', 'label': 'mug', 'without': ['5', '7']}),
    ({'do': 'answer', 'id': 'x', 'question': 'd1', 'label': 'mug'},
     {'do': 'answer', 'id': 'x', 'question': 'd1', 'label': 'mug'}),
    ({'do': 'ignore', 'id': 'x', 'question': 'u1'},
     {'do': 'answer', 'id': 'x', 'question': 'u1', 'ignore': True}),
    ({'do': 'relabel', 'id': 'x', 'sample': 7, 'label': 'cup'},
     {'do': 'relabel', 'id': 'x', 'sample': 7, 'label': 'cup'}),
    *(({'do': 'pictures', 'id': 'x', **what}, {'do': 'pictures', 'id': 'x', **what})
      for what in ({'question': 'u1'}, {'label': 'mug'})),
    ({'do': 'forget', 'id': 'x', 'label': '<b>'}, {'do': 'forget', 'id': 'x', 'label': '<b>'})])
def test_a_request_becomes_a_command(request_, command):
    assert commands.checked(request_) == command


@pytest.mark.parametrize('wrong', [
    None, [], 'teach', 7, {}, {**TEACH, 'do': 'format'}, {**TEACH, 'do': []}, {**TEACH, 'id': ''},
    {**TEACH, 'id': 'x' * 65}, {**TEACH, 'id': '../x'}, {**TEACH, 'id': None},
    {**TEACH, 'label': ''}, {**TEACH, 'label': '  '}, {**TEACH, 'label': 'ü' * 33},
    {**TEACH, 'label': ['mug']}, {**TEACH, 'label': '\ud800'}, {**TEACH, 'stamp': 12},
    {**TEACH, 'stamp': [1]}, {**TEACH, 'stamp': [1, 10**9]}, {**TEACH, 'stamp': [-1, 0]},
    {**TEACH, 'stamp': [1.5, 0]}, {**TEACH, 'stamp': [True, 0]}, {**TEACH, 'more': 1},
    {'do': 'teach', 'id': 'x', 'label': 'mug'}, {'do': 'undo', 'id': 'x', 'sample': '7'},
    {'do': 'undo', 'id': 'x', 'label': 'mug'}, {'do': 'undo', 'id': 'x', 'sample': 1, 'change': 2},
    {'do': 'redo', 'id': 'x', 'change': -1}, {'do': 'merge', 'id': 'x', 'label': 'a'},
    *({**TEACH, 'box': box} for box in (
        None, 7, 'box', [], [0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1], [0, 0, -1, 1], [1, 0, 1, 1],
        [2, 2, 1, 1], [0, 0, float('nan'), 1], [0, 0, float('inf'), 1], ['0', 0, 1, 1],
        [True, 0, 1, 1], [0, 0, 1, None], [[0], 0, 1, 1], [0, 0, 10**400, 1], {'x': 0})),
    {**TEACH, 'unit': 'pixels'}, *({'do': do, 'id': 'x'} for do in ('complete', 'empty', 'hold')),
    {'do': 'complete', 'id': 'x', 'stamp': [1, 2], 'label': 'mug'},
    {'do': 'hold', 'id': 'x', 'stamp': [1, 2], 'box': [0, 0, 1, 1]},
    {'do': 'empty', 'id': 'x', 'stamp': {'sec': 1, 'nanosec': 2}},
    {'do': 'answer', 'id': 'x', 'label': 'mug'}, {'do': 'answer', 'id': 'x', 'question': 'u1'},
    {'do': 'ignore', 'id': 'x', 'question': 'u1', 'label': 'mug'}, {'do': 'ignore', 'id': 'x'},
    {'do': 'answer', 'id': 'x', 'question': 'u1/5', 'label': 'mug'},
    *({'do': 'answer', 'id': 'x', 'question': 'u1', 'label': 'mug', 'without': without}
      for without in ('5', [5], [''], ['a'] * 65, None, {})),
    {'do': 'relabel', 'id': 'x', 'label': 'mug'}, {'do': 'relabel', 'id': 'x', 'sample': 1},
    {'do': 'pictures', 'id': 'x'}, {'do': 'pictures', 'id': 'x', 'label': 'a', 'question': 'b'},
    {**TEACH, 'press': ''}, {**TEACH, 'press': 'a/b'}, {'do': 'rename', 'id': 'x', 'label': 'a'}])
def test_anything_else_is_refused_with_a_sentence(wrong):
    with pytest.raises(commands.CommandError, match=r'\w+ \w+ \w+'):
        commands.checked(wrong)


def test_an_undo_of_whatever_was_last_is_never_sent_twice():
    assert commands.may_repeat({'do': 'teach'})
    assert commands.may_repeat({'do': 'undo', 'sample': 3})
    assert commands.may_repeat({'do': 'redo', 'change': 3})
    for do in ('complete', 'empty', 'hold', 'answer', 'relabel', 'pictures'):
        assert commands.may_repeat({'do': do})
    assert not commands.may_repeat({'do': 'undo'})
    assert not commands.may_repeat({'do': 'redo'})
    assert not commands.may_repeat({'do': 'rollback'})


# -- the board -----------------------------------------------------------------------------------


class Teaching:
    """A classifier, and a board that is told what the node says of it."""

    def __init__(self):
        self.page_state, self.frame = PageState(), 0
        self.classifier = Classifier(inputs=16, min_change=0)

    def teach(self, label, press='', said=None, seen=None, level='OK', box=None, found=(),
              later=lambda stamp: None):
        self.frame += 1
        stamp = (5, self.frame)
        picture = np.zeros((96, 128, 3), np.uint8)
        picture[:, :64] = 200  # the left half is light
        self.page_state.pictures.add(stamp, cv2.imencode('.jpg', picture)[1].tobytes())
        if said:
            answer = {'stamp': {'sec': 5, 'nanosec': self.frame}, 'label': said}
            self.page_state.add_answer({**answer, 'seen': seen} if seen else answer)
        self.page_state.add_things({'stamp': stamp, 'things': list(found)})
        later(stamp)
        sample = None
        if level == 'OK':
            codes = np.random.default_rng(self.frame).integers(0, 255, 16).astype(np.uint8)
            sample = self.classifier.teach(codes, label, '', 'command', press).sample
        result = {'level': level, 'operation': 'teach', 'label': label, 'sample': sample,
                  'id': f'{press}.{self.frame}', 'stamp': stamp,
                  'samples': self.classifier.state.counts.get(label),
                  'version': self.classifier.version}
        self.page_state.add_result(result, box)
        return self.tell(result)

    def tell(self, result=None):
        known = messages.labels(self.classifier.state, WhereStatus())
        self.page_state.set_known(json.loads(known))
        return result

    def do(self, function, *arguments, **options):
        """Change what is known; return the labels of the thumbnails."""
        getattr(self.classifier, function)(*arguments, **options)
        self.tell()
        return [item['label'] for item in self.page_state.state()['history'] if item['picture']]

    def light(self, label):
        [entry] = [e for e in self.page_state.state()['labels'] if e['label'] == label]
        return entry['light'], entry['with']


def test_an_acknowledged_sample_gets_a_thumbnail_once():
    teaching = Teaching()
    result = teaching.teach('mug', 'phone.1')
    teaching.page_state.add_result(result)  # 'already taught' is acknowledged the same way
    [item] = teaching.page_state.state()['history']
    assert (item['label'], item['sample'], item['picture']) == ('mug', 1, True)
    assert abs(item['at'] - time.time()) < 600
    thumbnail = teaching.page_state.thumbnails[item['number']]
    small = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), 1)
    assert small.shape == (pictures.THUMBNAIL, pictures.THUMBNAIL, 3)


@pytest.mark.parametrize('seen, left, right', [
    (None, 200, 0), ([0, 0, .375, .5], 200, 200), ([.625, .5, .375, .5], 0, 0),
    ([.25, .125, .5, .6667], 200, 0), ([.9, .9, .1, .13], 0, 0), ([0, 0, .001, .001], 200, 200)])
def test_a_thumbnail_shows_what_was_seen(seen, left, right):
    """The region of interest and the crop, not the middle of the frame."""
    teaching = Teaching()
    teaching.teach('mug', said='mug', seen=seen)
    small = cv2.imdecode(np.frombuffer(teaching.page_state.thumbnails[1], np.uint8), 0)
    assert abs(int(small[48, 10]) - left) < 25 and abs(int(small[48, 85]) - right) < 25


@pytest.mark.parametrize('box, left, right', [
    ([.05, .1, .3, .4], 200, 200), ([.6, .5, .2, .4], 0, 0), ([.3, .3, .4, .1], 200, 0),
    ([0, 0, 1, 1], 200, 0), ([.49, .49, .001, .001], 200, 200)])
def test_a_thumbnail_of_a_box_shows_the_square_around_it(box, left, right):
    teaching = Teaching()
    teaching.teach('mug', said='mug', seen=[0, 0, .1, .1], box=box)
    small = cv2.imdecode(np.frombuffer(teaching.page_state.thumbnails[1], np.uint8), 0)
    assert abs(int(small[48, 10]) - left) < 25 and abs(int(small[48, 85]) - right) < 25


def test_a_lesson_by_a_box_is_judged_by_what_was_said_of_the_box():
    """Not by the answer to the whole frame, nor by what was said of another thing."""
    here, there = [.1, .1, .3, .3], [.6, .5, .3, .3]
    teaching = Teaching()
    for _ in range(2):
        teaching.teach('duck')
        teaching.teach('mug')
    for _ in range(3):
        teaching.teach('mug', said='duck', box=[.12, .1, .3, .3], found=[
            {'box': there, 'label': 'duck'}, {'box': here, 'label': 'mug'}])
    assert teaching.light('mug') == ('enough', '')
    for _ in range(3):
        teaching.teach('duck', said='mug', box=here, found=[{'box': there, 'label': 'mug'}])
    assert teaching.light('duck') == ('unjudged', ''), 'nothing was found there'
    for _ in range(3):
        teaching.teach('duck', said='duck', box=there, found=[
            {'box': there, 'label': 'mug'}, {'box': here, 'label': 'duck'}])
    assert teaching.light('duck') == ('confused', 'mug')


def test_of_a_frame_that_is_held_everything_stays():
    """However long somebody draws in it."""
    def wait(stamp):
        teaching.page_state.hold(stamp)
        for number in range(100):
            teaching.page_state.pictures.add((9, number), b'')
            teaching.page_state.add_things({'stamp': (9, number), 'things': []})
            teaching.page_state.add_answer({'stamp': {'sec': 9, 'nanosec': number}, 'label': ''})
    teaching = Teaching()
    teaching.teach('duck')
    for _ in range(3):
        teaching.teach('mug')
    teaching.teach('mug', said='duck', box=[.1, .1, .3, .3], later=wait,
                   found=[{'box': [.1, .1, .3, .3], 'label': 'mug'}])
    assert teaching.light('mug') == ('enough', '')
    assert teaching.page_state.state()['history'][0]['picture']
    teaching.teach('mug', later=lambda stamp: [
        teaching.page_state.pictures.add((9, number), b'') for number in range(100)])
    assert not teaching.page_state.state()['history'][0]['picture'], 'but of no other'


def test_what_is_said_of_things_becomes_what_browsers_draw():
    named = {'label': 'mug', 'score': .5, 'unknown': False, 'ranked': [['mug', .5]]}
    found = {'stamp': {'sec': 5, 'nanosec': 6}, 'frame_id': 'camera', 'id': 'x',
             'size': [640, 480], 'things': [{'box': [64, 120, 320, 48], 'track': 3, **named},
                                            {'refused': 'the box has no size'}]}
    wanted = {'stamp': (5, 6), 'things': [{'box': [.1, .25, .5, .1], 'track': 3, **named}]}
    assert things.shown(found) == {**wanted, 'asked': True}
    assert things.shown({**found, 'by': 'request'}) == {**wanted, 'asked': True}
    assert things.shown({**found, 'by': 'where'}) == {**wanted, 'asked': False}


def test_the_state_says_how_surroundings_stand():
    state = PageState()
    assert state.state()['where'] is None
    for where in (WhereStatus(), WhereStatus(True, 7, 2, False), WhereStatus(True, 10, 10, True)):
        state.set_known(json.loads(messages.labels(Classifier(inputs=16).state, where)))
        assert state.state()['where'] == where._asdict()


def test_a_refusal_or_a_skipped_frame_is_not_shown_as_taught():
    teaching = Teaching()
    teaching.teach('mug', level='ERROR')
    teaching.teach('mug', level='WARN')
    assert teaching.page_state.state()['history'] == []


def test_whatever_is_done_the_thumbnails_are_those_of_what_is_known():
    """By whatever way it was done: the classifier alone says what there is."""
    teaching = Teaching()
    for label in ('mug', 'duck', 'mug', 'tray'):
        teaching.teach(label)
    assert teaching.do('remove', 3) == ['tray', 'duck', 'mug']
    assert teaching.do('rename', 'mug', 'cup') == ['tray', 'duck', 'cup']
    assert teaching.do('forget', 'duck') == ['tray', 'cup']
    assert teaching.page_state.state()['recent'] == ['tray', 'cup']
    assert teaching.do('rename', 'cup', 'tray', merge=True) == ['tray', 'tray']
    assert teaching.do('undo') == ['tray', 'cup']
    assert teaching.do('undo') == ['tray', 'duck', 'cup'], 'a forgotten one has its picture again'
    assert teaching.do('redo') == ['tray', 'cup']
    assert teaching.do('rollback', 0) == []
    assert teaching.do('undo') == ['tray', 'cup']


def test_the_state_says_what_undo_and_redo_would_do():
    teaching = Teaching()
    state = teaching.page_state.state()
    assert (state['undo'], state['redo']) == (None, None)
    for _ in range(30):
        teaching.teach('mug', 'hold')
    undo = teaching.page_state.state()['undo']
    assert (undo['what'], undo['label'], undo['samples'], undo['source']) == (
        'teach', 'mug', 30, 'command')
    teaching.do('undo', undo['change'])
    assert teaching.page_state.state()['undo'] is None
    assert teaching.page_state.state()['redo'] == undo


def test_another_memory_under_the_same_name_has_other_pictures():
    """Its ids begin at 1 again."""
    teaching = Teaching()
    teaching.teach('mug')
    teaching.teach('mug')
    teaching.classifier = Classifier(inputs=16, min_change=0)
    teaching.classifier.teach(np.arange(16, dtype=np.uint8), 'duck')
    teaching.tell()
    [item] = teaching.page_state.state()['history']
    assert (item['label'], item['picture']) == ('duck', False)


def test_thumbnails_are_bounded():
    teaching = Teaching()
    for _ in range(150):
        teaching.teach('mug')
    assert len(teaching.page_state.state()['history']) == 24
    assert len(teaching.page_state.thumbnails) == 96


def test_pictures_that_were_asked_for_are_bounded_and_become_thumbnails():
    teaching = Teaching()
    teaching.teach('mug')
    sample = teaching.page_state.state()['history'][0]['number']
    state = teaching.page_state = PageState()  # of a page that begins later
    teaching.tell()
    assert not state.state()['history'][0]['picture']
    picture = cv2.imencode('.jpg', np.full((224, 224, 3), 200, np.uint8))[1].tobytes()
    for name in ('u1/5', 'sample/x', f'sample/{sample + 1}', 'sample/'):
        assert not state.add_asked_picture(name, picture)
    assert not state.add_asked_picture(f'sample/{sample}', b'no picture')
    assert state.add_asked_picture(f'sample/{sample}', picture)
    assert not state.add_asked_picture(f'sample/{sample}', picture), 'it has one'
    assert state.state()['history'][0]['picture']
    assert state.asked_pictures['u1/5'] == picture
    for number in range(300):
        state.add_asked_picture(f'u2/{number}', picture)
    assert len(state.asked_pictures) == 256 and 'u1/5' not in state.asked_pictures


def test_what_was_answered_is_among_the_labels_used_last():
    teaching = Teaching()
    for label in 'abcdefg':
        teaching.teach(label)
    result = {'level': 'OK', 'operation': 'answer', 'label': 'b'}
    teaching.page_state.add_result(result)
    assert teaching.page_state.state()['recent'][0] == 'b'
    for other in ({**result, 'label': 'a', 'level': 'ERROR'}, {**result, 'label': ''}):
        teaching.page_state.add_result(other)
    assert teaching.page_state.state()['recent'][0] == 'b'


def test_a_page_that_begins_later_knows_what_was_taught_last():
    """Without pictures; and until a new frame was judged no light is green."""
    teaching = Teaching()
    for label in ('a', 'b', 'c', 'b', 'b', 'b', 'b'):
        teaching.teach(label, said=label)
    teaching.page_state = PageState()
    teaching.tell()
    state = teaching.page_state.state()
    assert [item['label'] for item in state['history']] == list('bbbbcba')
    assert not any(item['picture'] for item in state['history'])
    assert state['recent'] == ['b', 'c', 'a']
    assert teaching.light('b') == ('unjudged', '') and teaching.light('a') == ('few', '')


def test_the_traffic_light_of_a_label():
    teaching = Teaching()
    teaching.teach('duck')
    teaching.teach('mug', said='duck')
    assert teaching.light('mug') == ('few', '')
    teaching.teach('mug', said='duck')  # still the beginning: no one could know it
    for _ in range(3):
        teaching.teach('mug', said='mug')
    assert teaching.light('mug') == ('enough', '')
    teaching.teach('mug', said='unknown')
    teaching.teach('mug', said='duck')
    assert teaching.light('mug') == ('enough', '')
    teaching.teach('mug', said='duck')
    assert teaching.light('mug') == ('confused', 'duck')
    for _ in range(10):
        teaching.teach('mug', said='mug')
    assert teaching.light('mug') == ('enough', '')
    teaching.do('rename', 'mug', 'cup')
    assert teaching.light('cup') == ('enough', '')
    teaching.do('undo')
    assert teaching.light('mug') == ('enough', '')


def test_the_last_five_labels_come_newest_first():
    teaching = Teaching()
    for label in ('a', 'b', 'c', 'd', 'e', 'f', 'b'):
        teaching.teach(label)
    assert teaching.page_state.state()['recent'] == ['b', 'f', 'e', 'd', 'c']


@pytest.mark.parametrize('values, part', [
    ({}, None),  # an older classifier
    ({'fleet': 'off', 'memory': '/m'}, None),
    ({'fleet': 'share', 'fleet_state': 'joining', 'memory': '/m'},
     {'memory': '/m', 'problem': ''}),
    ({'fleet': 'listen', 'fleet_state': '1 of 1 other robots know the same, 0 are away',
      'fleet_digest': '0f', 'memory': "/a robot's"}, {
          'memory': """'/a robot'"'"'s'""", 'problem': ''}),
    ({'fleet': 'share', 'fleet_state': 'the memory is only read', 'memory': ''},
     {'memory': 'memory', 'problem': 'the memory is only read'})])
def test_diagnostics_say_what_part_a_classifier_has_in_a_fleet(values, part):
    assert fleet.part_in(values) == part


# -- texts, files, settings, address -------------------------------------------------------------


def test_every_language_has_the_same_texts_and_placeholders():
    english = files.texts('en')
    for language in files.LANGUAGES:
        other = files.texts(language)
        assert set(other) == set(english), language
        for key, text in other.items():
            assert text.strip(), (language, key)
            assert set(re.findall(r'{\w+}', text)) == set(re.findall(r'{\w+}', english[key])), key


def test_every_text_that_the_page_asks_for_exists_and_none_is_idle():
    english = files.texts('en')
    sources = {path: content.decode() for path, (kind, content) in files.load().items()
               if kind in ('text/html', 'text/javascript')}
    asked = {key for source in sources.values() for key in re.findall(
        r"""(?:\bt\('|data-(?:t|label|placeholder)=")(\w+)""", source)}
    assert asked <= set(english)
    assert {key for key in english if not key.endswith('_one')} <= asked


def test_the_page_asks_nobody_else_and_holds_no_inline_code():
    for path, (kind, content) in files.load().items():
        text = content.decode()
        outside = set(re.findall(r'https?://[^\s"\'`)]+', text)) - {'http://www.w3.org/2000/svg'}
        assert not outside, path
        if kind == 'text/html':
            assert not re.search(r'<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=', text), path
        if kind == 'text/javascript':
            assert not re.search(r'innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|'
                                 r'new Function', text), path
    scripts = sum(len(content) for path, (kind, content) in files.load().items()
                  if kind == 'text/javascript')
    assert scripts < 120 * 1024


def test_every_path_is_relative_so_that_a_proxy_may_put_a_prefix_before_it():
    for path, (kind, content) in files.load().items():
        if kind in ('text/html', 'text/javascript', 'text/css'):
            assert not re.findall(
                r"""(?:(?:href|src|action)\s*=\s*|from\s+|import\s*\(?|fetch\(|Link\(|url\()"""
                r"""["'`]?/(?!/)[^"'`]*""", content.decode()), path


@pytest.mark.parametrize('change, sentence', [
    ({'port': 70000}, 'port must lie in 0..65535, not 70000'),
    ({'port': 'x'}, "port must be of type int, not 'x'"),
    ({'pin': '12345'}, 'pin must have at least 6 characters, this one has 5'),
    ({'pin': 12345678}, 'pin must be of type str, not 12345678'),
    ({'view_only': 1}, 'view_only must be of type bool, not 1'),
    ({'language': 'xx'}, "language must be one of '', en, de, not 'xx'"),
    ({'certificate': 'a.pem'}, 'TLS needs both certificate and key')])
def test_wrong_parameters_are_named(change, sentence):
    with pytest.raises(ValueError) as refusal:
        settings.checked({**DEFAULTS, **change})
    assert str(refusal.value) == sentence


def test_the_qr_code_can_be_read_back():
    pytest.importorskip('qrcode', reason='qrcode is not installed (extra page)')
    url = 'http://192.168.178.20:8080/#pin=12345678'
    halves = {'█': (255, 255), '▀': (255, 0), '▄': (0, 255), '\xa0': (0, 0), ' ': (0, 0)}
    lines = [line for line in address.qr_code(url).splitlines() if line]
    rows = [[halves[sign][half] for sign in line] for line in lines for half in (0, 1)]
    width = max(map(len, rows))
    image = np.array([row + [0] * (width - len(row)) for row in rows], np.uint8)
    image = cv2.copyMakeBorder(cv2.resize(image, None, fx=8, fy=8,
                                          interpolation=cv2.INTER_NEAREST), 40, 40, 40, 40,
                               cv2.BORDER_CONSTANT, value=255)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == url
