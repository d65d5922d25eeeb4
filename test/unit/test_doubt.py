# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Torn between two labels: which answers are, and how seldom that is asked about."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros.network import Prediction
from hybrid_snn_ros.questions import DoubtPolicy, torn
from hybrid_snn_ros.questions.doubt import Doubt, REMEMBERED

MUG, BOWL = ('mug', 0.5), ('bowl', 0.4)


def answer(*ranked, p_value=0.5, unknown=False):
    """Return a Prediction of such ranks."""
    label, score = ranked[0]
    return Prediction('unknown' if unknown else label, score, unknown, list(ranked), p_value)


TORN = answer(MUG, BOWL)


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def codes(seed):
    """Return codes that are unlike those of other seeds."""
    draw = np.random.default_rng(seed)
    return (draw.integers(1, 256, 200) * (draw.random(200) < 0.2)).astype(np.uint8)


@pytest.mark.parametrize('prediction, doubt', [
    (TORN, ('mug', 'bowl')),
    (answer(('mug', 0.6), ('bowl', 0.35)), ('mug', 'bowl')),
    (answer(('mug', 0.6), ('bowl', 0.3)), None),  # twice as likely is sure enough
    (answer(('mug', 0.6), ('bowl', 0.2)), None),
    (answer(('mug', 0.4), ('bowl', 0.35), ('cup', 0.25)), None),  # it may be a third one
    (answer(('mug', 0.4), ('bowl', 0.4), ('cup', 0.2)), ('mug', 'bowl')),
    (answer(MUG, BOWL, unknown=True), None),
    (answer(MUG, BOWL, p_value=0.09), None),  # stranger than nine of ten taught frames
    (answer(MUG, BOWL, p_value=0.1), ('mug', 'bowl')),
    (answer(('mug', 1.0)), None),
    (answer(MUG, ('other', 0.4)), None),
    (answer(MUG, ('nothing', 0.4)), None)])
def test_which_answers_are_torn(prediction, doubt):
    assert torn(prediction) == (doubt and Doubt(*doubt))


def test_no_labels_no_doubt():
    assert torn(Prediction('unknown', 1.0, True, [], 0.0)) is None
    assert torn(Prediction('mug', 1.0, False, [], 1.0)) is None


def test_one_question_a_minute():
    clock = Clock()
    policy = DoubtPolicy(clock=clock)
    asked = []
    for second in range(600):  # a new thing every second, and all of them torn
        clock.now = float(second)
        if policy.ask(TORN, codes(second)):
            asked.append(second)
    assert asked == list(range(0, 600, 60))


def test_the_period_is_a_parameter():
    clock = Clock()
    policy = DoubtPolicy(5.0, clock)
    assert policy.ask(TORN, codes(0))
    clock.now = 4.9
    assert policy.ask(TORN, codes(1)) is None
    clock.now = 5.0
    assert policy.ask(TORN, codes(1))


def test_a_still_camera_asks_once():
    clock, draw = Clock(), np.random.default_rng(0)
    policy, still = DoubtPolicy(1.0, clock), codes(0).astype(int)
    asked = 0
    for second in range(3600):
        clock.now = float(second)
        frame = np.clip(still + draw.integers(-9, 10, len(still)), 0, 255).astype(np.uint8)
        asked += policy.ask(TORN, frame) is not None
    assert asked == 1


def test_what_was_sure_is_not_remembered():
    clock = Clock()
    policy = DoubtPolicy(1.0, clock)
    assert policy.ask(answer(('mug', 0.9), ('bowl', 0.1)), codes(0)) is None
    assert policy.ask(TORN, codes(0)) == Doubt('mug', 'bowl')


def test_another_encoder_is_another_thing():
    clock = Clock()
    policy = DoubtPolicy(1.0, clock)
    assert policy.ask(TORN, codes(0))
    clock.now = 1.0
    assert policy.ask(TORN, codes(0)[:100])


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 100)), max_size=200))
def test_never_twice_about_the_same_thing(shown):
    clock, times, things = Clock(), [], []
    policy = DoubtPolicy(60.0, clock)
    for thing, passed in shown:
        clock.now += passed
        if policy.ask(TORN, codes(thing)):
            times.append(clock.now)
            things.append(thing)
    assert len(things) == len(set(things))
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[1:]))


def test_memory_is_bounded():
    clock = Clock()
    policy = DoubtPolicy(0.0, clock)
    for seed in range(3 * REMEMBERED):
        assert policy.ask(TORN, codes(seed))
    assert len(policy._asked) == REMEMBERED
