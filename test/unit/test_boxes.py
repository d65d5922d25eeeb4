# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes in, names out: what a box shows, and requests that are worked through between frames."""

import math

import cv2
import numpy as np
import pytest
from taught_robot import Robot as TaughtRobot

from hybrid_snn_ros.network.prediction import Prediction
from hybrid_snn_ros.ros.box_namer import BoxNamer, BoxQueue, BoxRequest, Thing, Things
from hybrid_snn_ros.ros.box_style import BoxStyle, COLOURS, styles, UNKNOWN_COLOUR
from hybrid_snn_ros.ros.boxes import cut_of, FRACTIONS, PIXELS, pixels_of
from hybrid_snn_ros.ros.commands import Command, CommandError, parse
from hybrid_snn_ros.vision.framing import crop_window
from hybrid_snn_ros.where.boxes import BoxError, MOST

SIZE = 640, 480
HOSTILE = [
    (math.nan, 0, 10, 10), (0, math.inf, 10, 10), (0, 0, -math.inf, 10), (10, 10, 0, 10),
    (10, 10, 10, -5), (640, 0, 10, 10), (-20, 0, 20, 10), (0, 480, 9, 9), (1e308, 0, 1e308, 1),
    (0, 0, 10), (0, 0, 10, 10, 10), ('a', 0, 1, 1), (None, 0, 1, 1)]


# -- what a box shows ----------------------------------------------------------------------------


@pytest.mark.parametrize('box, square', [
    ((100, 50, 80, 40), (100, 30, 180, 110)), ((100, 50, 40, 80), (80, 50, 160, 130)),
    ((0, 0, 60, 20), (0, 0, 60, 60)), ((600, 440, 40, 40), (600, 440, 640, 480)),
    ((0, 0, 640, 480), (80, 0, 560, 480)), ((10, 0, 600, 480), (70, 0, 550, 480)),
    ((300, 200, 0.4, 0.2), (300, 200, 301, 201))])
def test_a_box_is_cropped_to_the_square_around_it(box, square):
    cut = cut_of(box, PIXELS, SIZE)
    assert tuple(crop_window(*SIZE, cut.crop)) == square
    assert pixels_of(cut.region, SIZE) == pytest.approx(box, abs=0.06)
    fractions = [part / by for part, by in zip(box, SIZE * 2)]
    assert tuple(crop_window(*SIZE, cut_of(fractions, FRACTIONS, SIZE).crop)) == square


@pytest.mark.parametrize('size', [(640, 480), (480, 640), (1, 1), (3, 7), (1921, 1081)])
def test_any_box_in_any_frame_is_a_square_in_it(size):
    rng = np.random.default_rng(size[0])
    for _ in range(200):
        box = rng.uniform(-0.3, 1.0, 4)
        box[2:] = rng.uniform(0.01, 1.5, 2)
        if (box[:2] + box[2:] <= 0.001).any():
            continue
        cut = cut_of(box, FRACTIONS, size)
        x, y, width, height = cut.region
        assert 0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1 - x and 0 < height <= 1 - y
        window = crop_window(*size, cut.crop)
        assert window.right - window.left == window.bottom - window.top >= 1
        assert 0 <= window.left and window.right <= size[0]
        assert 0 <= window.top and window.bottom <= size[1]


@pytest.mark.parametrize('unit', [PIXELS, FRACTIONS])
@pytest.mark.parametrize('box', HOSTILE)
def test_what_cannot_be_a_box_is_refused_with_a_sentence(box, unit):
    with pytest.raises(BoxError, match='box'):
        cut_of(box, unit, SIZE)


@pytest.mark.parametrize('text, reason', [
    ('{"do": "name"}', 'needs "boxes"'), ('{"do": "name", "boxes": 3}', 'needs "boxes"'),
    ('{"do": "name", "boxes": [[1, 2, 3]]}', 'four numbers'),
    ('{"do": "name", "boxes": [[1, 2, 3, true]]}', 'four numbers'),
    ('{"do": "name", "boxes": [["1", 2, 3, 4]]}', 'four numbers'),
    ('{"do": "teach", "label": "mug", "box": [1, 2, 3]}', 'four numbers'),
    ('{"do": "teach", "label": "mug", "box": null}', 'four numbers'),
    ('{"do": "teach", "label": "mug", "box": [1, 2, 3, 4], "unit": "m"}', 'pixels, fractions')])
def test_a_command_with_boxes_that_are_none_is_refused(text, reason):
    with pytest.raises(CommandError, match=reason):
        parse(text)


# -- naming and teaching -------------------------------------------------------------------------


def thing(kind, size=100):
    """Draw a thing: one of three that differ in form and colour."""
    rgb = np.full((size, size, 3), 120, np.uint8)
    if kind == 'ball':
        cv2.circle(rgb, (size // 2, size // 2), size // 2 - 6, (230, 40, 30), -1)
    elif kind == 'cross':
        cv2.line(rgb, (8, 8), (size - 8, size - 8), (20, 60, 240), 14)
        cv2.line(rgb, (8, size - 8), (size - 8, 8), (20, 60, 240), 14)
    else:
        for left in range(5, size - 10, 20):
            cv2.rectangle(rgb, (left, 5), (left + 8, size - 5), (30, 200, 60), -1)
    return rgb


KINDS = ('ball', 'cross', 'bars')
BOXES = ((40, 60, 100, 100), (270, 200, 100, 100), (480, 330, 100, 100))


def table(order, shift=0):
    """Draw a frame with three things on it, in some order."""
    rgb = np.full((480, 640, 3), 120, np.uint8)
    for kind, (x, y, width, height) in zip(order, BOXES):
        rgb[y + shift:y + shift + height, x + shift:x + shift + width] = thing(kind)
    return rgb


class Robot(TaughtRobot):
    """One that names boxes as well."""

    def __init__(self):
        super().__init__(min_change=0.0, false_unknown=0.0)
        self.told, self.refused, self.queue = [], [], BoxQueue()
        self.namer = BoxNamer(self.classifier, self.settings, self.frames, self.queue,
                              self.told.append, self.refused.append)
        self.executor = self.make_executor(name=self.queue.put)

    def ask(self, boxes, **words):
        """Name boxes; return the new Things."""
        before = len(self.told)
        self.queue.put(BoxRequest(boxes, **{'stamp': None, **words}))
        while self.namer.busy:
            self.namer.go_on()
        return self.told[before:]


@pytest.fixture(scope='module')
def robot():
    """Return a robot that was taught three things by pointing."""
    robot = Robot()
    robot.see(table(KINDS))
    for kind, box in zip(KINDS, BOXES):
        robot.executor.run(Command('teach', kind, boxes=(box,)))
        robot.executor.finish()
    assert [result.level for result in robot.results] == ['OK'] * 3
    return robot


def test_one_frame_teaches_several_things_and_they_are_named_elsewhere(robot):
    assert robot.classifier.state.counts == dict.fromkeys(KINDS, 1)
    regions = [sample.region for sample in robot.classifier.state.samples.values()]
    assert pixels_of(regions[1], SIZE) == list(BOXES[1])
    order = ('bars', 'ball', 'cross')
    robot.see(table(order, 7))
    named, = robot.ask([(x + 7, y + 7, w, h) for x, y, w, h in BOXES])
    assert [one.prediction.label for one in named.things] == list(order)
    assert named.size == SIZE and named.header.stamp.sec == robot.stamp
    assert robot.ask([]) [0].things == []


def test_a_region_of_a_frame_counts_once_and_under_one_label(robot):
    stamp = robot.see(table(KINDS, 3))
    box = (43, 63, 100, 100)
    for _ in range(2):
        robot.executor.run(Command('teach', 'ball', boxes=(box,), stamp=stamp))
        robot.executor.finish()
    assert 'is sample' in robot.results[-1].message and robot.results[-1].level == 'OK'
    robot.executor.run(Command('teach', 'cross', boxes=(box,), stamp=stamp))
    robot.executor.finish()
    assert robot.results[-1].level == 'ERROR' and "taught as 'ball'" in robot.results[-1].message
    robot.executor.run(Command('undo'))
    for _ in robot.classifier.catch_up():
        pass
    assert robot.classifier.state.counts == dict.fromkeys(KINDS, 1)


def test_a_frame_is_answered_between_two_boxes(robot):
    robot.see(table(KINDS))
    robot.queue.put(BoxRequest(BOXES, None))
    steps = 0
    while robot.namer.busy:
        robot.see(table(KINDS))
        before = robot.namer.named
        robot.namer.go_on()
        steps += 1
    assert steps == 4 and robot.namer.named == before + 3


def test_hostile_boxes_are_refused_one_by_one_and_the_others_named(robot):
    robot.see(table(KINDS))
    before = len(robot.refused)
    named, = robot.ask([HOSTILE[0], BOXES[0], *HOSTILE[1:8], (600, 400, 500, 500)])
    assert [one.prediction is None for one in named.things] == [True, False, *[True] * 7, False]
    assert all('box' in one.refused for one in named.things if one.prediction is None)
    assert named.things[1].prediction.label == 'ball' and len(robot.refused) == before + 1
    assert robot.ask([BOXES[0]] * (MOST + 1)) == []
    assert f'{MOST} boxes, not {MOST + 1}' in robot.refused[-1]


@pytest.mark.parametrize('box', HOSTILE[:8])
def test_a_hostile_box_teaches_nothing(robot, box):
    robot.see(table(KINDS))
    counts = dict(robot.classifier.state.counts)
    robot.executor.run(Command('teach', 'mug', boxes=(box,)))
    robot.executor.finish()
    assert robot.results[-1].level == 'ERROR' and 'box' in robot.results[-1].message
    assert robot.classifier.state.counts == counts


def test_boxes_wait_for_their_frame_and_are_refused_when_it_is_gone(robot):
    stamp = robot.see(table(KINDS))
    robot.queue.put(BoxRequest(BOXES[:1], (stamp[0] + 1, 0)))
    robot.namer.go_on()
    assert not robot.namer.busy
    robot.see(table(KINDS))
    before = len(robot.told)
    while robot.namer.busy:
        robot.namer.go_on()
    assert len(robot.told) == before + 1
    for _ in range(40):
        newest = robot.see(table(KINDS))
    assert robot.ask(BOXES, stamp=stamp) == []
    assert 'no frame' in robot.refused[-1] and 'frames run from' in robot.refused[-1]
    robot.executor.run(Command('teach', 'mug', boxes=BOXES[:1], stamp=stamp))
    assert 'no frame' in robot.results[-1].message
    assert len(robot.ask(BOXES, stamp=newest)) == 1


def test_a_lesson_waits_for_its_frame_too(robot):
    """A detector that labels what the camera just sent is quicker than the encoder."""
    stamp = robot.see(table(KINDS))
    before, counts = len(robot.results), dict(robot.classifier.state.counts)
    early = [Command('teach', kind, boxes=(box,), stamp=(stamp[0] + 1, 0), press='one')
             for kind, box in zip(KINDS, BOXES)]
    for command in early:
        robot.executor.run(command)
        robot.executor.go_on()
    assert len(robot.results) == before and not robot.executor.teaching
    robot.see(table(KINDS, 2))
    for _ in range(9):
        robot.executor.go_on()
    assert [one.level for one in robot.results[before:]] == ['OK'] * 3
    robot.executor.run(Command('undo'))
    for _ in robot.classifier.catch_up():
        pass
    assert robot.classifier.state.counts == counts
    robot.executor.run(early[0]._replace(stamp=(10 ** 6, 0)))
    robot.executor.close('the node was deactivated')
    assert robot.results[-1].level == 'ERROR' and 'deactivated' in robot.results[-1].message


def test_a_lesson_that_waits_is_refused_when_learning_is_switched_off(robot):
    """A robot that was frozen meanwhile writes nothing."""
    stamp = robot.see(table(KINDS))
    counts, before = dict(robot.classifier.state.counts), len(robot.results)
    robot.executor.run(Command('teach', 'mug', boxes=BOXES[:1], stamp=(stamp[0] + 1, 0)))
    robot.settings.learning = False
    try:
        robot.see(table(KINDS))
        robot.executor.go_on()
    finally:
        robot.settings.learning = True
    assert [one.level for one in robot.results[before:]] == ['ERROR']
    assert 'learning was switched off' in robot.results[-1].message
    robot.executor.go_on()
    assert robot.classifier.state.counts == counts and len(robot.results) == before + 1


def test_of_too_many_requests_the_oldest_are_left_out_and_counted(robot):
    robot.see(table(KINDS))
    left_out, told = robot.namer.left_out, len(robot.told)
    for _ in range(20):
        robot.queue.put(BoxRequest(BOXES[:1], None))
    while robot.namer.busy:
        robot.namer.go_on()
    assert robot.namer.left_out - left_out + len(robot.told) - told == 20
    assert len(robot.told) - told >= 4


def test_who_asks_by_a_command_hears_of_it_also_while_learning_is_off(robot):
    robot.see(table(KINDS))
    robot.settings.learning = False
    try:
        for boxes, level, sentence in ((BOXES, 'OK', '3 of 3 boxes are named'),
                                       ((BOXES[0], HOSTILE[3]), 'ERROR', '1 of 2 boxes')):
            robot.executor.run(Command('name', boxes=boxes, id='phone 7'))
            while robot.namer.busy:
                robot.namer.go_on()
            result = robot.results[-1]
            assert (result.level, result.values['id']) == (level, 'phone 7')
            assert sentence in result.message and robot.told[-1].request.id == 'phone 7'
        robot.executor.run(Command('teach', 'mug', boxes=BOXES[:1]))
        assert 'learning is off' in robot.results[-1].message
    finally:
        robot.settings.learning = True


# -- how boxes look ------------------------------------------------------------------------------


def prediction(label, unknown=False):
    return Prediction(label, 0.87, unknown, 0.9, [(label, 0.87)])


def test_boxes_beside_each_other_have_other_colours_and_dashes_where_they_have_no_name():
    region = (0.25, 0.5, 0.125, 0.25)
    things = [Thing((0, 0, 1, 1), region, prediction('mug')),
              Thing((1, 2, 3, 0), None, None, 'no'),
              Thing((0, 0, 1, 1), region, prediction('unknown', True)),
              Thing((0, 0, 1, 1), region, prediction('mug'), track=6)]
    mug, stranger, other = styles(Things(BoxRequest([], None), None, SIZE, things))
    assert mug == other, 'a track keeps its colour, wherever it stands in the list'
    assert mug.corners == ((160, 240), (240, 240), (240, 360), (160, 360))
    assert mug.text == 'mug 87%' and mug.colour in COLOURS and not mug.dashed
    assert stranger.corners == mug.corners and stranger.dashed
    assert (stranger.text, stranger.colour) == ('unknown', UNKNOWN_COLOUR)
    assert len({*COLOURS, UNKNOWN_COLOUR}) == 7
    many = [Thing((0, 0, 1, 1), region, prediction('mug')) for _ in COLOURS]
    assert [style.colour for style in styles(Things(None, None, SIZE, many))] == list(COLOURS)


def test_dashes_are_as_long_as_their_gaps_and_stay_on_the_outline():
    style = BoxStyle(((10, 20), (50, 20), (50, 30), (10, 30)), '', UNKNOWN_COLOUR, True)
    dashes = list(style.dashes())
    assert dashes[:3] == [((10, 20), (18, 20)), ((26, 20), (34, 20)), ((42, 20), (50, 20))]
    assert dashes[3] == ((50, 20), (50, 28)) and dashes[-1] == ((10, 30), (10, 22))
    assert not list(BoxStyle(((5, 5),) * 4, '', UNKNOWN_COLOUR, True).dashes())
