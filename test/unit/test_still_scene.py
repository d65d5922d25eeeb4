# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An answer is held while nothing moves, and is what looking at the frame would have given."""

from types import SimpleNamespace

import numpy as np
import pytest
from scripted_changes import drawn_pictures, noisy
from taught_robot import Robot

from hybrid_snn_ros.bench.stages import plain_message
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.frame_pipeline import answer
from hybrid_snn_ros.ros.commands import Command
from hybrid_snn_ros.ros.recent_frames import SeenFrame
from hybrid_snn_ros.snn.response import mean_of
from hybrid_snn_ros.snn.track import Track
from hybrid_snn_ros.still_scene import StillScene
from hybrid_snn_ros.vision.framing import resize
from hybrid_snn_ros.vision.views import surroundings, surroundings_size

HELD_FOR = 10.0


class Camera:
    """Frames of one thing or another before a classifier that knows some, by a clock to set."""

    def __init__(self, rule='lateral', smoothing=1):
        self.random = np.random.default_rng(5)
        self.things = [np.pad(picture, ((0, 0), (30, 30), (0, 0)), mode='edge')
                       for picture in drawn_pictures(4, 300, self.random)]
        self.classifier = Classifier(rule=rule)
        self.classifier.teach_views = 1
        for place in range(3):
            self.classifier.teach(self.frame(place)[..., ::-1].copy(), f'thing {place}')
        self.now, self.track = 0.0, Track(smoothing)
        self.still = StillScene(self.classifier, lambda: self.now)

    def frame(self, place, sigma=2.0):
        """Return a frame of a thing, bgr8, with new noise."""
        return noisy(self.things[place], sigma, self.random)

    def ask(self, picture, may_hold=True, **settings):
        """Answer a frame, bgr8."""
        self.still.begin(may_hold, HELD_FOR, self.track.frames, settings)
        return answer(self.classifier, plain_message('vga', np.ascontiguousarray(picture)), False,
                      lambda stage: None, self.track, still=self.still)

    def looks(self, picture, **settings):
        """Answer a frame; tell whether it was looked at."""
        return not self.ask(picture, **settings).seen.held


@pytest.fixture(scope='module', params=['lateral', 'original'])
def camera(request):
    return Camera(request.param)


def codes_of(camera, picture):
    """Return what the encoder gives, with nothing held."""
    return camera.classifier.frame_encoder.encode_frame(picture[..., ::-1]).codes


def test_what_stands_still_is_held_and_what_moves_is_not(camera):
    camera.still.forget()
    first = camera.frame(0)
    before = camera.ask(first)
    assert not before.seen.held and np.array_equal(before.seen.codes, codes_of(camera, first))
    for _ in range(5):
        held = camera.ask(camera.frame(0))
        assert held.seen.held and held.seen.codes is before.seen.codes
        assert held.counts is before.counts and held.prediction == before.prediction
    other = camera.frame(1)
    moved = camera.ask(other)
    assert not moved.seen.held and np.array_equal(moved.seen.codes, codes_of(camera, other))
    assert (held.prediction.label, moved.prediction.label) == ('thing 0', 'thing 1')


def test_it_is_looked_at_again_after_a_time(camera):
    camera.still.forget()
    begin, looked = camera.now, []
    for half in range(46):
        camera.now = begin + half / 2
        if camera.looks(camera.frame(2)):
            looked.append(half / 2)
    assert looked == [0.0, 10.0, 20.0]


@pytest.mark.parametrize('rule', ['lateral', 'original'])
def test_what_is_known_is_asked_anew_when_it_changes(rule):
    camera = Camera(rule)
    changes = [
        ('teach', np.full((60, 80, 3), 90, np.uint8), 'thing 0'),
        ('teach', np.full((60, 80, 3), 190, np.uint8), 'grey'), ('undo',), ('redo',),
        ('rename', 'thing 2', 'another'), ('forget', 'another'), ('undo',), ('rollback', 2)]
    if rule == 'lateral':
        changes.append(('consolidate',))
    for name, *words in changes:
        camera.looks(camera.frame(1))
        assert not camera.looks(camera.frame(1))
        getattr(camera.classifier, name)(*words)
        assert camera.looks(camera.frame(1)), name
        assert not camera.looks(camera.frame(1)), name


def test_other_settings_and_what_may_not_be_held_are_looked_at(camera):
    camera.looks(camera.frame(1), top=3)
    assert not camera.looks(camera.frame(1), top=3)
    assert camera.looks(camera.frame(1), top=4)
    assert not camera.looks(camera.frame(1), top=4)
    for _ in range(3):
        assert camera.looks(camera.frame(1), may_hold=False, top=4)
    assert camera.looks(camera.frame(1), top=4)
    assert not camera.looks(camera.frame(1), top=4)


def test_a_held_frame_shows_itself(camera):
    """What is cut out of it later is its own, not that of the one it is like."""
    camera.looks(camera.frame(1))
    picture = camera.frame(1)
    held = camera.ask(picture)
    assert held.seen.held
    own = camera.classifier.frame_encoder.encode_frame(picture[..., ::-1])
    assert np.array_equal(held.seen.crop, own.crop)
    around = camera.classifier.frame_encoder.surroundings(own)
    assert np.array_equal(camera.classifier.frame_encoder.surroundings(held.seen), around)


def test_the_same_bytes_in_another_order_of_colours_are_looked_at(camera):
    picture = camera.frame(2)
    camera.looks(picture)
    assert not camera.looks(picture)
    for encoding, order in (('rgb8', 1), ('bgr8', -1)):
        camera.still.begin(True, HELD_FOR, 1, {})
        message = plain_message('vga', picture)
        message.encoding = encoding
        seen = answer(camera.classifier, message, False, lambda stage: None,
                      still=camera.still).seen
        assert not seen.held
        assert np.allclose(seen.crop.mean(axis=(0, 1)), picture.mean(axis=(0, 1))[::order], atol=9)


def parts_of(camera, picture):
    """Return responses to a frame, to its mirror image and to what is near, by the book."""
    classifier = camera.classifier
    rgb = np.ascontiguousarray(picture[..., ::-1])
    seen = classifier.frame_encoder.encode_frame(rgb)
    around = seen.cut(surroundings_size(224), surroundings(classifier.crop))
    near = resize(np.ascontiguousarray(around[48:272, 48:272]), 224)  # 70 % of 320
    return [classifier.present(codes) for codes in (
        seen.codes, classifier.encoder.codes(np.ascontiguousarray(seen.crop[:, ::-1])),
        classifier.encoder.codes(near))]


def same(first, second):
    return (np.allclose(first.evidence, second.evidence)
            and np.allclose(first.drives, second.drives)
            and np.isclose(first.typicality, second.typicality))


def test_spare_time_looks_at_two_more_views_once(camera):
    camera.still.forget()
    camera.looks(camera.frame(0))
    first = camera.frame(1)
    assert camera.looks(first)
    parts, means = parts_of(camera, first), []
    assert not camera.still.look_longer()  # nothing was held yet
    for number in range(5):
        means.append(camera.ask(camera.frame(1)).response)
        assert camera.still.look_longer() == (number < 2)
        assert not camera.still.look_longer()  # one behind each frame
    for mean, count in zip(means, (1, 2, 3, 3, 3)):
        assert same(mean, mean_of(parts[:count])), count
    # Looked at again, the other views stand until they are.
    camera.now += HELD_FOR
    again = camera.frame(1)
    answers = [camera.ask(again)]
    renewed = parts_of(camera, again)
    assert not answers[0].seen.held and same(answers[0].response, renewed[0])
    for count in (1, 2, 3):
        response = camera.ask(camera.frame(1)).response
        assert same(response, mean_of([*renewed[:count], *parts[count:]])), count
        camera.still.look_longer()


def test_nothing_is_mixed_with_what_the_network_was_before(camera):
    camera.still.forget()
    camera.looks(camera.frame(1))
    camera.looks(camera.frame(1))
    before = camera.still.response
    camera.classifier.teach(np.full((60, 80, 3), 30, np.uint8), 'thing 1', min_change=0)
    camera.still.look_longer()
    assert camera.still.response is before
    again = camera.frame(1)
    assert same(camera.ask(again).response, parts_of(camera, again)[0])


def test_averages_over_frames_go_on_as_if_they_were_looked_at():
    """After another scene that is alike, held frames bring the average to their own answer."""
    camera = Camera(smoothing=4)
    camera.things.append(0.7 * camera.things[0] + 0.3 * camera.things[1])
    plain = Track(4)
    for _ in range(2):
        first = camera.ask(camera.frame(0))
        plain.add(first.seen.codes, first.response)
    answers = [camera.ask(camera.frame(4)) for _ in range(60)]
    assert [one.seen.held for one in answers] == [False] + [True] * 59
    for number, one in enumerate(answers):
        expected = camera.classifier.decide(plain.add(one.seen.codes, one.response))
        if number <= 8 * 4:
            assert one.prediction == expected, number
        else:  # settled: nothing is computed
            assert one.prediction is answers[8 * 4].prediction
            assert one.prediction.label == expected.label
            assert one.prediction.score == pytest.approx(expected.score, abs=1e-3)
    assert answers[0].prediction != answers[-1].prediction


# -- lessons -------------------------------------------------------------------------------------


@pytest.mark.parametrize('rule', ['lateral', 'original'])
def test_a_held_frame_teaches_its_own_codes(rule):
    """By its stamp, beside a robot that looked at every frame."""
    taught = []
    random = np.random.default_rng(8)
    picture, = drawn_pictures(1, 300, random)
    pictures = [noisy(picture, 3, random) for _ in range(4)]
    for gate in (True, False):
        robot = Robot(rule, min_change=0.0)
        still, held = StillScene(robot.classifier), []
        for stamp, one in enumerate(pictures, 1):
            still.begin(gate, HELD_FOR, 1)
            seen = answer(robot.classifier, plain_message('vga', one), False, lambda stage: None,
                          still=still).seen
            held.append(seen.held)
            message = SimpleNamespace(data=one.tobytes(), width=300, height=300)
            robot.frames.add((stamp, 0), SeenFrame(seen, message, False), 300)
        assert held == [False, gate, gate, gate]
        for stamp in (3, 2, 4):
            robot.executor.run(Command('teach', label='thing', stamp=(stamp, 0), frames=1))
            robot.executor.finish()
        assert [result.level for result in robot.results] == ['OK'] * 3
        taught.append([sample.codes for sample in robot.classifier.state.samples.values()])
    assert len(taught[0]) == 3
    for own, other in zip(*taught, strict=True):
        assert np.array_equal(own, other)
    assert not np.array_equal(taught[0][0], taught[0][1])


def test_a_held_frame_that_is_gone_teaches_what_it_was_answered_by():
    """Of the newest thirty alone the message is kept."""
    robot, random = Robot(min_change=0.0), np.random.default_rng(8)
    still, (picture,), all_seen = StillScene(robot.classifier), drawn_pictures(1, 300, random), []
    for stamp in range(1, 41):
        still.begin(True, HELD_FOR, 1)
        one = noisy(picture, 3, random)
        seen = answer(robot.classifier, plain_message('vga', one), False, lambda stage: None,
                      still=still).seen
        robot.frames.add((stamp, 0), SeenFrame(seen, SimpleNamespace(data=b''), False), 300)
        all_seen.append(seen)
    assert [one.held for one in all_seen] == [False] + [True] * 39
    for stamp in (9, 15):
        robot.executor.run(Command('teach', label=f'seen {stamp}', stamp=(stamp, 0)))
        robot.executor.finish()
    early, late = (np.atleast_2d(one.codes)
                   for one in robot.classifier.state.samples.values())
    assert len(early) == 1 and np.array_equal(early[0], all_seen[0].codes)
    assert len(late) == 6 and not np.array_equal(late[0], all_seen[0].codes)
