# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The robot asks over DDS: unknown things by groups, doubts, and how good what it knows is."""

import json

from camera_frames import BLUE, frame, GREEN, picture, RED
from checkout import ROOT
from domains import fresh_domain
import numpy as np
import pytest
from ros_harness import ERROR, LATCHED, NodeProcess, OK, Peer, remembered, values
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

COLOURS = {'red': RED, 'green': GREEN, 'blue': BLUE}
LESSONS = 8  # of each colour
SETTINGS = {'image_timeout': 60.0, 'initial_memory': str(ROOT / 'models' / 'everyday.memory')}
VIEWS = 120  # of the cloth at most until it is asked about


def checks(seed):
    """Return a view of a chequered cloth, which no one has taught: no two are alike."""
    random = np.random.default_rng(seed)
    side, turn = random.integers(14, 60), np.radians(random.uniform(0, 90))
    y, x = np.mgrid[:240, :320]
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    dark = (along // side + across // side) % 2 > 0
    cloth = np.where(dark[..., None], random.uniform(0, 90), random.uniform(150, 250))
    noise = random.normal(0, random.uniform(4, 16), (240, 320, 3))
    return np.clip(cloth * np.array([1, 0.9, 0.3]) + noise, 0, 255).astype(np.uint8)


class Robot:
    """A node that knows three colours, a peer, and what the node asks."""

    def __init__(self, directory, domain, **parameters):
        self.memory = directory / 'memory'
        self.node = NodeProcess(directory, domain, memory=str(self.memory),
                                **{**SETTINGS, **parameters})
        self.peer = Peer(domain)
        self.asked, self.quality, self.pictures = [], [], {}
        for topic, heard in (('questions', self.asked), ('quality', self.quality)):
            self.peer.node.create_subscription(
                String, f'classifier/{topic}',
                lambda m, heard=heard: heard.append(json.loads(m.data)), LATCHED)
        self.peer.node.create_subscription(
            CompressedImage, 'classifier/question_pictures',
            lambda m: self.pictures.update({m.header.frame_id: bytes(m.data)}), 64)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.__exit__()
        self.node.__exit__()

    def teach_colours(self):
        for seed in range(LESSONS):
            for name, colour in COLOURS.items():
                self.peer.show(frame(picture(colour, seed)))
                assert self.peer.teach(name)[0].level == OK

    def settled(self):
        """Wait until the network is what it will be, and the questions have followed."""
        self.peer.until('consolidation', lambda: self.peer.counters()['consolidated'] == 'yes')
        self.peer.until('following', lambda: self.peer.counters()['questions_wait'] == 'no')

    def asks(self, count):
        """Wait until so many questions are asked; return them."""
        return self.peer.until(f'{count} questions', lambda: self.asked and len(
            self.asked[-1]['questions']) == count and self.asked[-1])['questions']

    def show_cloth(self):
        """Show views of the cloth until it is asked about; return the question."""
        assert self.asks(0) == []
        for seed in range(VIEWS):
            self.peer.show(frame(checks(seed)))
            if self.asked[-1]['questions']:
                break
        return self.asks(1)[0]


@pytest.fixture
def robot(tmp_path):
    with Robot(tmp_path, fresh_domain()) as one:
        one.settled()
        yield one
        one.node.end()


def test_a_question_is_split_into_two_each_of_which_is_answered(robot):
    """What a person says of the halves: one is named, the other ignored."""
    peer = robot.peer
    question = robot.show_cloth()
    result = peer.command(do='split', question=question['id'])
    assert (result.level, values(result)['operation']) == (OK, 'split')
    parts = values(result)['questions'].split()
    asked = robot.asks(2)
    assert [one['id'] for one in asked] == parts
    assert result.message == f'that question is two now: {parts[0]} and {parts[1]}'
    assert sorted(member['id'] for one in asked for member in one['members']) == sorted(
        member['id'] for member in question['members'])
    again = peer.command(do='split', question=question['id'])
    assert (again.level, 'there is no question' in again.message) == (ERROR, True)
    assert peer.command(do='split').message == 'split needs the id of a question'
    assert peer.command(do='pictures', question=parts[1]).level == OK
    peer.until('its pictures', lambda: {f"{parts[1]}/{one['id']}" for one in asked[1]['members']}
               == set(robot.pictures))
    result = peer.command(do='answer', question=parts[0], label='cloth')
    assert values(result)['taught'] == str(asked[0]['count'])
    assert peer.command(do='answer', question=parts[1], ignore=True).level == OK
    robot.asks(0)


@pytest.mark.parametrize('top_k', [1, 3])
def test_a_frame_is_torn_however_many_labels_are_ranked(robot, top_k):
    """What is taught by two names is asked about; who asks for one label gets one."""
    peer = robot.peer
    assert peer.set(top_k=top_k, questions='off') == ['', '']
    for seed in range(16):
        peer.show(frame(checks(seed)))
        assert peer.teach(('cloth', 'rug')[seed % 2])[0].level != ERROR  # some are too alike
    robot.settled()
    for seed in range(100, 120):
        assert len(peer.show(frame(checks(seed)))['ranked']) == top_k
    robot.asks(0)
    assert peer.set(questions='on') == ['']
    for seed in range(120, 200):
        assert len(peer.show(frame(checks(seed)))['ranked']) == top_k
        if robot.asked[-1]['questions']:
            break
    question, = robot.asks(1)
    assert (question['kind'], set(question['labels'])) == ('doubt', {'cloth', 'rug'})
    assert peer.command(do='answer', question=question['id'], label='rug').level == OK
    robot.asks(0)


def test_an_unknown_thing_is_asked_about_once_and_named_as_a_whole(robot):
    """Struck out ones are left; undo and redo take and bring the whole answer."""
    peer = robot.peer
    question = robot.show_cloth()
    assert question['kind'] == 'unknown' and question['count'] >= 8 <= question['seen']
    assert {label for label, _ in question['nearest']} <= set(remembered(robot.memory).counts)
    members = [member['id'] for member in question['members']]
    assert len(members) == question['count'] and question['members'][0]['region'] is None
    result = peer.command(do='pictures', question=question['id'])
    assert result.level == OK
    peer.until('pictures', lambda: len(robot.pictures) == len(members))
    assert set(robot.pictures) == {f"{question['id']}/{member}" for member in members}
    assert set(values(result)['pictures'].split()) == set(robot.pictures)
    assert all(jpeg.startswith(b'\xff\xd8') for jpeg in robot.pictures.values())
    result = peer.command(do='answer', question=question['id'], label='cloth',
                          without=members[:2], id='a')
    assert (result.level, values(result)['taught']) == (OK, str(len(members) - 2))
    assert remembered(robot.memory).counts['cloth'] == len(members) - 2
    robot.asks(0)
    robot.settled()
    answers = [peer.show(frame(checks(VIEWS + seed))) for seed in range(10)]
    assert sum(answer['label'] == 'cloth' for answer in answers) >= 8
    undo = peer.until('~/labels', lambda: peer.known[-1]['undo']['label'] == 'cloth'
                      and peer.known[-1]['undo'])
    assert (undo['what'], undo['samples']) == ('answer', len(members) - 2)
    assert peer.trigger('undo').success and 'cloth' not in remembered(robot.memory).counts
    assert peer.trigger('redo').success
    assert remembered(robot.memory).counts['cloth'] == len(members) - 2


def test_questions_outlive_a_restart_and_can_be_ignored(tmp_path):
    domain = fresh_domain()
    with Robot(tmp_path, domain) as robot:
        robot.settled()
        before = robot.show_cloth()
        robot.node.end()
    with Robot(tmp_path, domain) as robot:
        after, = robot.asks(1)
        assert [one['id'] for one in after['members']] == [one['id'] for one in before['members']]
        assert robot.peer.command(do='pictures', question=after['id']).level == OK
        result = robot.peer.command(do='answer', question=after['id'], ignore=True)
        assert (result.level, result.message) == (OK, 'that is not asked about again')
        robot.asks(0)
        robot.settled()
        for seed in range(30):
            robot.peer.show(frame(checks(seed)))
        robot.peer.spin(1.0)
        assert robot.asks(0) == []
        robot.node.end()


def test_what_is_no_answer_is_refused(robot):
    peer = robot.peer
    question = robot.show_cloth()
    members = [member['id'] for member in question['members']]
    first, label = next((number, sample.label) for number, sample in remembered(
        robot.memory).samples.items())
    for fields, sentence in (
            ({'do': 'answer', 'label': 'x'}, 'needs the id of a question'),
            ({'do': 'answer', 'question': question['id']}, 'needs a "label"'),
            ({'do': 'answer', 'question': question['id'], 'label': 'unknown'}, 'unknown'),
            ({'do': 'answer', 'question': 'u999', 'label': 'x'}, 'no question'),
            ({'do': 'answer', 'question': question['id'], 'label': 'x', 'without': 'all'},
             'a list of ids'),
            ({'do': 'answer', 'question': question['id'], 'label': 'x', 'without': members},
             'struck out'),
            ({'do': 'answer', 'question': question['id'], 'ignore': 'yes'}, 'true or false'),
            ({'do': 'pictures', 'question': 'u999'}, 'no question'),
            ({'do': 'pictures', 'label': 'zebra'}, 'nothing was taught'),
            ({'do': 'relabel', 'label': 'x'}, 'needs the id of a sample'),
            ({'do': 'relabel', 'sample': 9999, 'label': 'x'}, 'no sample 9999'),
            ({'do': 'relabel', 'sample': first, 'label': label}, 'already')):
        result = peer.command(**fields)
        assert result.level == ERROR and sentence in result.message, (fields, result.message)
    assert robot.asks(1)[0]['id'] == question['id']
    assert peer.set(learning=False) == ['']
    assert 'learning is off' in peer.command(
        do='answer', question=question['id'], label='x').message


def test_a_wrong_label_is_found_and_put_right(tmp_path):
    """What fits another label better is listed; one tap relabels it, one takes that back."""
    with Robot(tmp_path, fresh_domain(), initial_memory='', min_change=0.0) as robot:
        robot.teach_colours()
        put_right(robot)
        robot.node.end()


def put_right(robot):
    peer = robot.peer
    peer.show(frame(picture(RED, 50)))
    wrong = int(values(peer.teach('green')[0])['sample'])
    found = peer.until('~/quality', lambda: [
        one for one in robot.quality if one['database_version'] == wrong])[-1]
    assert {one['label'] for one in found['labels']} == set(COLOURS)
    assert (found['doubtful'][0]['sample'], found['doubtful'][0]['better']) == (wrong, 'red')
    assert peer.command(do='pictures', label='green').level == OK
    peer.until('its picture', lambda: f'sample/{wrong}' in robot.pictures)
    result = peer.command(do='relabel', sample=wrong, label='red')
    assert result.level == OK and "one of 'red' now" in result.message
    counts = {'red': LESSONS + 1, 'green': LESSONS, 'blue': LESSONS}
    assert remembered(robot.memory).counts == counts
    undo = peer.until('~/labels', lambda: peer.known[-1]['undo']['what'] == 'relabel'
                      and peer.known[-1]['undo'])
    assert (undo['label'], undo['to']) == ('green', 'red')
    assert peer.trigger('undo').success
    assert remembered(robot.memory).counts == {**counts, 'red': LESSONS, 'green': LESSONS + 1}


def test_a_still_camera_and_switched_off_questions_ask_nothing(robot):
    """The same strange view for many frames; and many views while it is off."""
    for _ in range(40):
        robot.peer.show(frame(checks(1)))
    assert robot.peer.set(questions='off') == ['']
    for seed in range(40):
        robot.peer.show(frame(checks(seed)))
    robot.peer.spin(1.0)
    assert robot.asks(0) == []
