# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes of successive frames: which are one thing, what it is called, when it is looked at."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.where import tracker as module
from hybrid_snn_ros.where.boxes import iou
from hybrid_snn_ros.where.readout import Found, strongest
from hybrid_snn_ros.where.tracker import AGAIN, CARRIED, OVERLAP, REMEMBERED, Tracker

A, B, C, D = range(4)  # things; what they look like:
LOOKS = np.eye(4, 16) * 200


def codes(thing, other=None, share=0.0):
    """Return what the crop of a thing is like, of a cosine to another one where it is given."""
    looks = LOOKS[thing] if other is None else (
        np.sqrt(1 - share ** 2) * LOOKS[thing] + share * LOOKS[other])
    return np.rint(looks).astype(np.uint8)


def response(thing, columns=4, drive=1.0):
    """Return a response that a thing's own column wins."""
    evidence = drive * np.eye(columns)[thing]
    return Response(np.zeros(columns, np.int32), evidence, evidence, drive)


def box(x, y=0.4, size=0.2):
    return x, y, size, size


def found(*boxes):
    """Return boxes, the first the surest."""
    return Found(np.array(boxes, float).reshape(-1, 4), np.linspace(0.9, 0.5, len(boxes)))


class Scene:
    """A tracker, and a camera that knows what stands where."""

    def __init__(self, crops=2, smoothing=3):
        self.tracker = Tracker(smoothing)
        self.crops, self.number = crops, 0

    def show(self, boxes, lies=None):
        """Show {thing: box}, surest first; `lies` is what crops look like in place of that."""
        self.number += 1
        self.tracker.update(found(*boxes.values()))
        looked = []
        for look in self.tracker.due(self.crops):
            [thing] = [thing for thing, at in boxes.items() if tuple(look.box) == at]
            looked.append(thing)
            seen = (lies or {}).get(thing, codes(thing))
            self.tracker.named(look.track, seen, response(thing), self.stamp)
        return looked

    @property
    def stamp(self):
        return self.number // 30, self.number % 30 * 33_333_333

    def shown(self):
        """Return {thing by the winner of its mean response: (id, found)}."""
        return {int(one.response.evidence.argmax()): (one.id, one.found)
                for one in self.tracker.things()}


# -- which box is which --------------------------------------------------------------------------


def best_pairs(boxes, others):
    """Try all pairings; return the sum of overlaps of the best one, of those above the gate."""
    overlap = iou(boxes, others)
    overlap[overlap < OVERLAP] = 0
    if len(boxes) > len(others):
        overlap = overlap.T
    return max(sum(overlap[row, column] for row, column in enumerate(columns))
               for columns in itertools.permutations(range(overlap.shape[1]), len(overlap)))


def test_pairs_are_those_of_the_best_pairing_of_all_but_rarely():
    """Of boxes as the read-out finds them, crowded, in two frames of a camera that moves."""
    random = np.random.default_rng(5)
    crowded = different = 0
    for _ in range(600):
        sizes = random.uniform(0.1, 0.3, (9, 2))
        before = strongest(np.hstack([random.uniform(0, 0.7, (9, 2)), sizes]),
                           np.linspace(1, 0.5, 9), 6)
        moved = before.boxes * np.exp(random.normal(0, 0.05, before.boxes.shape))
        moved[:, :2] += random.uniform(-0.1, 0.1, 2) * moved[:, 2:].mean(axis=0)  # the camera
        now = moved[random.permutation(len(moved))[random.integers(0, 2):]]
        pairs = module._paired(before.boxes, now)
        overlap = iou(before.boxes, now)
        assert len({one for one, _ in pairs}) == len({one for _, one in pairs}) == len(pairs)
        assert all(overlap[pair] >= OVERLAP for pair in pairs)
        reached, best = sum(overlap[pair] for pair in pairs), best_pairs(before.boxes, now)
        assert 0.5 * best <= reached <= best + 1e-9  # what taking the largest first can cost
        different += reached < best - 1e-9
        crowded += ((overlap > 0.05).sum(axis=1) > 1).any()
    assert crowded > 300
    assert different <= 6


def test_where_a_box_lies_on_two_the_one_it_overlaps_most_gets_it():
    assert module._paired(np.array([box(0.1), box(0.2)]), np.array([box(0.18)])) == [(1, 0)]
    assert module._paired(np.array([box(0.1)]), np.array([box(0.4)])) == []
    assert module._paired(np.zeros((0, 4)), np.array([box(0.4)])) == []
    assert module._paired(np.array([box(0.4)]), np.zeros((0, 4))) == []


# -- ids over time -------------------------------------------------------------------------------


def test_a_thing_that_moves_keeps_its_id():
    scene = Scene()
    for step in range(40):
        scene.show({A: box(0.02 * step), B: box(0.78 - 0.02 * step, 0.75)})
        assert scene.shown() == {A: (1, True), B: (2, True)}
    [first, _] = scene.tracker.things()
    assert tuple(first.box) == box(0.02 * 39) and first.heat == 0.9 and first.stamp == scene.stamp


def test_two_things_that_cross_keep_their_ids():
    """They pass each other, side by side, then one before the other, which is not found then."""
    for apart, hidden in ((0.12, 0.0), (0.0, 0.09)):
        scene = Scene(crops=1)
        for step in range(61):
            x = 0.01 * step
            boxes = {A: box(x), B: box(0.6 - x, 0.4 + apart)}
            if abs(2 * x - 0.6) < hidden:
                del boxes[B]
            scene.show(boxes)
        assert scene.shown() == {A: (1, True), B: (2, True)}


def test_a_thing_behind_another_comes_back_with_its_id():
    scene = Scene()
    scene.show({A: box(0.5), B: box(0.1)})
    for step in range(100):  # three seconds
        scene.show({A: box(0.5)})
        assert scene.shown() == {A: (1, True), **({B: (2, False)} if step < CARRIED else {})}
    scene.show({A: box(0.5), C: box(0.25, 0.7), B: box(0.8)})
    scene.show({A: box(0.5), C: box(0.25, 0.7), B: box(0.8)})
    assert scene.shown() == {A: (1, True), B: (2, True), C: (3, True)}


def test_what_comes_back_too_late_or_looks_otherwise_is_another_thing():
    for frames, share, wanted in ((30, AGAIN + 0.02, 1), (30, AGAIN - 0.02, 2),
                                  (int(REMEMBERED * 30) + 2, 1.0, 2)):
        scene = Scene()
        scene.show({A: box(0.1)})
        for _ in range(frames):
            scene.show({})
        scene.show({A: box(0.6)}, {A: codes(B, A, share)})
        assert scene.shown() == {A: (wanted, True)}


def test_a_thing_that_jumps_is_known_again_at_once_and_nowhere_else():
    scene = Scene()
    scene.show({A: box(0.1), B: box(0.7)})
    scene.show({A: box(0.4), B: box(0.7)})
    assert scene.shown() == {A: (1, True), B: (2, True)}
    assert len(scene.tracker.things()) == 2


def test_boxes_that_flicker_keep_their_ids():
    random = np.random.default_rng(3)
    scene = Scene(crops=1)
    scene.show({A: box(0.1), B: box(0.6)})
    scene.show({A: box(0.1), B: box(0.6)})
    for _ in range(200):
        boxes = {thing: at for thing, at in ((A, box(0.1)), (B, box(0.6))) if random.random() < .6}
        scene.show(boxes)
        shown = scene.shown()
        assert {thing: shown[thing] for thing in boxes} == {
            thing: (1 + thing, True) for thing in boxes}


def test_another_thing_in_the_same_place_is_another_thing():
    scene = Scene()
    for thing, wanted in ((A, 1), (B, 2), (A, 1), (C, 3)):
        for _ in range(3):
            scene.show({thing: box(0.4)})
            assert scene.shown() == {thing: (wanted, True)}


def test_a_second_box_on_a_thing_is_no_other_thing():
    """And whichever of the two stays stays that thing."""
    upper, lower = (0.4, 0.2, 0.2, 0.3), (0.4, 0.4, 0.2, 0.3)
    alike = {A: codes(A), B: codes(B, A, AGAIN + 0.05)}
    for stays in (A, B):
        scene = Scene()
        scene.show({A: upper}, alike)
        scene.show({A: upper, B: lower}, alike)
        [one] = scene.tracker.things()
        assert (one.id, tuple(one.box)) == (1, upper), 'the surer one'
        for _ in range(CARRIED + 1):
            scene.show({stays: upper if stays == A else lower}, alike)
            [one] = scene.tracker.things()
            assert one.id == 1 and one.found
        scene.show({A: upper, C: (0.4, 0.4, 0.2, 0.3)}, alike)
        assert {one.id for one in scene.tracker.things()} == {1, 2}, 'another thing is one'


def test_what_another_box_covers_is_not_carried():
    scene = Scene()
    scene.show({A: box(0.4), B: box(0.1)})
    scene.show({A: box(0.4)})
    assert scene.shown() == {A: (1, True), B: (2, False)}
    scene.show({A: box(0.4), B: box(0.1)})
    scene.show({A: box(0.2)})
    assert scene.shown() == {A: (1, True)}, 'one stands before the other now'
    scene.show({A: box(0.2), B: box(0.5)})
    assert scene.shown() == {A: (1, True), B: (2, True)}


def test_two_things_that_look_alike_are_two():
    scene = Scene()
    for _ in range(5):
        scene.show({A: box(0.1), B: box(0.6)}, {A: codes(C), B: codes(C)})
    assert scene.shown() == {A: (1, True), B: (2, True)}


def test_after_a_reset_no_id_comes_again():
    scene = Scene()
    scene.show({A: box(0.1), B: box(0.6)})
    scene.tracker.reset()
    assert scene.tracker.things() == []
    scene.show({A: box(0.1)})
    assert scene.shown() == {A: (3, True)}


# -- whose turn it is ----------------------------------------------------------------------------


def test_the_surest_of_the_new_comes_first_then_who_waited_longest():
    scene = Scene(crops=1)
    boxes = {B: box(0.1), C: box(0.4), A: box(0.7)}
    assert [scene.show(boxes) for _ in range(7)] == [[B], [C], [A], [B], [C], [A], [B]]
    assert scene.show({**boxes, D: box(0.4, 0.75)}) == [D]
    assert [scene.show(boxes) for _ in range(3)] == [[C], [A], [B]]
    scene.crops = 9
    assert scene.show(boxes) == [C, A, B]
    assert scene.show({A: box(0.7)}) == [A]  # what is not seen cannot be looked at


def test_what_was_not_named_is_not_shown_and_not_carried():
    tracker = Tracker(3)
    tracker.update(found(box(0.1), box(0.6)))
    [look] = tracker.due(1)
    assert tracker.things() == []
    tracker.named(look.track, codes(A), response(A), (1, 0))
    assert [one.id for one in tracker.things()] == [1]
    tracker.update(found())
    assert [(one.id, one.found) for one in tracker.things()] == [(1, False)]
    assert tracker.due(2) == []


def test_a_name_that_comes_when_the_thing_is_gone_is_dropped():
    tracker = Tracker(3)
    tracker.update(found(box(0.1)))
    [look] = tracker.due(1)
    tracker.update(found())
    tracker.named(look.track, codes(A), response(A), (1, 0))
    assert tracker.things() == []


# -- what its views amount to --------------------------------------------------------------------


def test_responses_are_averaged_over_the_views_of_a_thing():
    """The k-th view weighs 1 / min(k, smoothing); smoothing may be changed."""
    tracker = Tracker(3)
    drives, mean = (1.0, 0.4, 0.1, 0.8, 0.3), 0.0
    for place, drive in enumerate(drives):
        tracker.update(found(box(0.1)))
        [look] = tracker.due(1)
        tracker.named(look.track, codes(A), response(A, drive=drive), (place, 0))
        mean += (drive - mean) / min(place + 1, 3)
        [one] = tracker.things()
        assert one.response.typicality == pytest.approx(mean)
        assert one.response.evidence == pytest.approx(mean * np.eye(4)[A])
    tracker.smoothing = 1
    tracker.named(look.track, codes(A), response(A, drive=0.9), (9, 0))
    assert tracker.things()[0].response.typicality == 0.9


def test_another_thing_takes_no_share_of_the_mean():
    scene = Scene()
    for thing in (A, A, B):
        scene.show({thing: box(0.4)})
    [one] = scene.tracker.things()
    assert one.response.evidence == pytest.approx(np.eye(4)[B])


def test_other_labels_have_everything_named_anew_under_the_same_ids():
    scene = Scene(crops=1)
    for _ in range(2):
        scene.show({A: box(0.1), B: box(0.6)})
    scene.show({A: box(0.1)})
    scene.tracker.forget_names()
    assert scene.tracker.things() == []
    scene.tracker.update(found(box(0.1), box(0.6)))
    for thing, ids in ((A, [1]), (B, [1, 2])):
        [look] = scene.tracker.due(1)
        scene.tracker.named(look.track, codes(thing), response(thing, columns=7), scene.stamp)
        assert [one.id for one in scene.tracker.things()] == ids
    assert {len(one.response.evidence) for one in scene.tracker.things()} == {7}


@pytest.mark.parametrize('smoothing, cut, sentence', [
    (0, 0.6, 'smoothing must be at least 1'), (3, 2.0, 'cut must lie in')])
def test_what_cannot_be_is_refused(smoothing, cut, sentence):
    with pytest.raises(ValueError, match=sentence):
        Tracker(smoothing, cut)


# -- whatever comes ------------------------------------------------------------------------------

numbers = st.integers(0, 7).map(lambda place: place / 10)
step = st.tuples(
    st.lists(st.tuples(numbers, numbers, st.sampled_from([0.1, 0.2, 0.3])), max_size=6,
             unique=True),
    st.integers(0, 4), st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.sampled_from(['', '', '', '', 'names', 'reset']))


@settings(deadline=None, max_examples=150)
@given(st.lists(step, max_size=25), st.integers(1, 4))
def test_no_id_is_given_twice_and_no_box_to_two(steps, smoothing):
    """And the same calls give the same things."""
    ended, born = set(), 0
    one, other = Tracker(smoothing), Tracker(smoothing)
    for number, (boxes, crops, looks, also) in enumerate(steps):
        for each in (one, other):
            each.update(found(*((x, y, size, size) for x, y, size in boxes)))
            for look, thing in zip(each.due(crops), looks):
                each.named(look.track, codes(thing), response(thing), (number, 0))
        things, same = one.things(), other.things()
        assert [(a.id, a.found, a.stamp) for a in things] == [
            (b.id, b.found, b.stamp) for b in same]
        ids = [thing.id for thing in things]
        assert len(set(ids)) == len(ids) and not ended & set(ids)
        new = sorted(number for number in ids if number > born)
        assert new == list(range(born + 1, born + 1 + len(new)))
        born += len(new)
        seen = [tuple(thing.box) for thing in things if thing.found]
        assert len(set(seen)) == len(seen) and set(seen) <= {
            (x, y, size, size) for x, y, size in boxes}
        assert sum(not thing.found for thing in things) + len(seen) == len(things)
        if also == 'reset':
            ended |= set(range(1, born + 1))
        for each in (one, other):
            if also == 'names':
                each.forget_names()
            elif also == 'reset':
                each.reset()
        if also:
            assert one.things() == []
