# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Views of a lesson: one sample in six views, each a sixth, against the algebra in float64."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from lateral_common import few_counts, untaught
import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.codes import all_views, first_view, view_count
from hybrid_snn_ros.memory.contents import read_whole
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.snn import kernel, lateral
from hybrid_snn_ros.snn.rule import Lesson
from hybrid_snn_ros.snn.steps import finish

PARAMS = lateral.Params()
INPUTS, LABELS = 90, 4
CLOSE = {'rtol': 2e-4, 'atol': 2e-5}


@pytest.fixture(params=['kernel', 'numpy'])
def form(request, monkeypatch):
    """Learn by the compiled kernel, if there is one, and by NumPy."""
    if request.param == 'numpy':
        monkeypatch.setattr(kernel, 'suits', lambda array: False)


def lessons(seed=3, count=24, kinds=(6, 1, 2, 3)):
    """Return spike counts of lessons of 1 to 6 views, taking turns, and the column of each."""
    frames, column = few_counts(PARAMS, seed, count, INPUTS, LABELS)
    rng, found = np.random.default_rng(seed), []
    for frame, k in zip(frames, itertools.cycle(kinds)):
        views = np.clip(frame + rng.integers(-2, 3, (k, INPUTS)), 0, 10).astype(np.uint8)
        views[0] = frame
        found.append(views[0] if k == 1 else views)
    return found, column


def algebra(found, column):
    """Return P, m and kappa of lessons as they are defined, float64, row 0 the background's."""
    x = np.concatenate([all_views(one) for one in found]) * PARAMS.trace_scale
    share = np.concatenate([np.full(view_count(one), 1 / view_count(one)) for one in found])
    owner = np.repeat(column, [view_count(one) for one in found])
    scatter, means, errors = np.zeros((INPUTS, INPUTS)), [share @ x / share.sum()], 0.0
    for c in range(LABELS):
        own, weights = x[owner == c], share[owner == c]
        means.append(weights @ own / weights.sum())
        scatter += ((own - means[-1]).T * weights) @ (own - means[-1])
        errors += weights.sum() - (weights ** 2).sum() / weights.sum()
    p = np.linalg.inv(PARAMS.ridge * np.eye(INPUTS) + scatter)
    return p, np.array(means), np.sum(p * scatter) / errors


def taught(found, column, state=None):
    """Return the state after lessons, one by one."""
    state = untaught(PARAMS, INPUTS, LABELS) if state is None else state
    for one, c in zip(found, column):
        state = lateral.teach(PARAMS, state, one, int(c))
    return state


def same(state, other):
    """Check that two states are one up to rounding, their whole numbers exactly."""
    for name, a, b in zip(state._fields, state, other):
        if a.dtype.kind == 'i':
            np.testing.assert_array_equal(a, b, name)
        else:
            np.testing.assert_allclose(a, b, err_msg=name, **CLOSE)


def test_local_steps_arrive_at_the_algebra(form):
    found, column = lessons()
    state = taught(found, column)
    p, means, kappa = algebra(found, column)
    np.testing.assert_allclose(state.lateral, p, **CLOSE)
    np.testing.assert_allclose(state.templates, means, **CLOSE)
    np.testing.assert_allclose(state.weights, means @ p, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(state.samples, [24, *np.bincount(column)])
    assert lateral.Products.of(PARAMS, state).residual == pytest.approx(kappa, rel=1e-3)


def test_computed_at_once_it_is_the_same_network_in_any_order():
    found, column = lessons()
    made = [Lesson.of(number, int(c), one, one)
            for number, (one, c) in enumerate(zip(found, column))]
    state, sums = finish(lateral.consolidate(PARAMS, INPUTS, made, LABELS))
    same(state, taught(found, column))
    for order in (made[::-1], made[7:] + made[:7]):
        again, _ = finish(lateral.consolidate(PARAMS, INPUTS, order, LABELS))
        for a, b in zip(state, again):
            np.testing.assert_array_equal(a, b)
    fewer, _ = finish(lateral.consolidate(PARAMS, INPUTS, made[3:], LABELS, sums))
    fresh, _ = finish(lateral.consolidate(PARAMS, INPUTS, made[3:], LABELS))
    for a, b in zip(fewer, fresh):
        np.testing.assert_array_equal(a, b)


def test_one_view_many_times_is_the_frame_itself():
    frames, column = few_counts(PARAMS, 5, 20, INPUTS, LABELS)
    one = taught(frames, column)
    six = taught([np.tile(frame, (6, 1)) for frame in frames], column)
    for name in ('lateral', 'templates', 'weights', 'samples'):
        np.testing.assert_allclose(getattr(one, name), getattr(six, name), **CLOSE)


def test_what_is_taken_back_leaves_nothing_but_rounding(form):
    found, column = lessons()
    state = taught(found, column)
    for place in (2, 17, 0, 9):
        state = lateral.unlearn(PARAMS, state, found[place], int(column[place]))
    rest = [place for place in range(24) if place not in (2, 17, 0, 9)]
    same(state, taught([found[place] for place in rest], column[rest]))
    for place in rest:
        state = lateral.unlearn(PARAMS, state, found[place], int(column[place]))
    assert not state.samples.any() and not state.parts.any() and not state.templates.any()
    np.testing.assert_allclose(state.lateral, np.eye(INPUTS) / PARAMS.ridge, atol=2e-3)


def test_many_at_once_arrive_where_single_ones_do():
    found, column = lessons()
    own = [place for place in range(24) if column[place] == 1]
    others = [place for place in range(24) if column[place] != 1]
    whole = taught(found, column)
    copy = lateral.State(*(array.copy() for array in whole))
    without = lateral.unlearn_all(PARAMS, copy, [found[place] for place in own], 1)
    same(without, taught([found[place] for place in others], column[others]))
    same(lateral.teach_all(PARAMS, without, [found[place] for place in own], 1), whole)
    moved = np.where(np.isin(np.arange(24), own[:2]), 3, column)
    copy = taught(found, column)
    same(lateral.move(PARAMS, copy, [found[place] for place in own[:2]], 1, 3),
         taught(found, moved))


# -- with a memory ----------------------------------------------------------------------------


def codes_of(rng, views):
    """Return codes of a lesson."""
    codes = (rng.gamma(0.6, 40, INPUTS) * rng.lognormal(0, 0.3, (views, INPUTS))).clip(0, 255)
    return codes.astype(np.uint8)[0] if views == 1 else codes.astype(np.uint8)


def bits(classifier):
    """Return what there is to a network, once it is consolidated."""
    for _ in classifier.consolidation():
        pass
    return [np.asarray(array).tobytes() for array in classifier.network.state]


def test_a_lesson_of_six_views_is_one_sample_one_record_and_one_change(tmp_path):
    rng = np.random.default_rng(1)
    first, second = codes_of(rng, 6), codes_of(rng, 1)
    robot = Classifier(inputs=INPUTS)
    robot.open(tmp_path / 'memory')
    robot.teach(second, 'cup')
    before = bits(robot)
    robot.teach(first, 'duck')
    assert robot.state.counts == {'cup': 1, 'duck': 1} and robot.version == 2
    assert robot.predict(first[0]).label == 'duck'
    np.testing.assert_array_equal(robot.state.samples[2].codes, first)
    known = bits(robot)
    robot.close()

    again = Classifier(inputs=INPUTS)
    again.open(tmp_path / 'memory')
    assert bits(again) == known
    again.undo()
    assert again.state.counts == {'cup': 1} and bits(again) == before
    again.redo()
    assert bits(again) == known
    again.save(tmp_path / 'copy.memory')
    np.testing.assert_array_equal(
        read_whole(tmp_path / 'copy.memory', False).state.samples[2].codes, first)
    other = Classifier(inputs=INPUTS)
    other.load(tmp_path / 'copy.memory')
    assert bits(other) == known
    assert other.teach(first[0], 'duck').skipped, 'the frame itself is known'


@given(st.lists(st.tuples(st.sampled_from('abc'), st.sampled_from([1, 2, 3, 6])), min_size=1,
                max_size=9), st.randoms())
@settings(max_examples=25, deadline=None)
def test_any_mixture_in_any_order_is_the_same_network(kinds, random):
    rng = np.random.default_rng(7)
    known = [(label, codes_of(rng, views)) for label, views in kinds]
    networks = []
    for _ in range(2):
        robot = Classifier(inputs=INPUTS, min_change=0)
        order = {label: None for label, _ in known}  # columns stand in the order of labels
        for label in order:
            own = [codes for name, codes in known if name == label]
            random.shuffle(own)
            for codes in own:
                robot.teach(codes, label)
        robot.teach(codes_of(rng, 6), 'mistake')
        robot.undo()
        networks.append(bits(robot))
    assert networks[0] == networks[1]


@pytest.mark.parametrize('views', [0, 4, 5, 7, 12])
def test_a_number_of_views_that_does_not_divide_a_sample_is_refused(views):
    robot = Classifier(inputs=INPUTS)
    robot.teach(np.arange(INPUTS, dtype=np.uint8), 'cup')
    with pytest.raises((StoreError, ValueError), match='views|codes'):
        robot.teach(np.ones((views, INPUTS), np.uint8), 'duck')
    assert robot.state.counts == {'cup': 1}


@pytest.mark.parametrize('shape', [(6, INPUTS + 1), (6, INPUTS - 1), (1, 6, INPUTS)])
def test_views_of_another_width_are_refused(shape):
    robot = Classifier(inputs=INPUTS)
    with pytest.raises(ValueError, match='inputs|a frame must be'):
        robot.teach(np.ones(shape, np.uint8), 'duck')


def test_the_original_rule_learns_the_frame_alone():
    rng = np.random.default_rng(2)
    shown = [codes_of(rng, 6) for _ in range(3)]
    robots = [Classifier(inputs=INPUTS, rule='original') for _ in range(2)]
    for number, codes in enumerate(shown):
        robots[0].teach(codes, f'thing {number}')
        robots[1].teach(first_view(codes), f'thing {number}')
    for a, b in zip(robots[0].network.state, robots[1].network.state):
        np.testing.assert_array_equal(a, b)


def test_calibration_asks_the_frame_and_leaves_all_its_views_out():
    """Six views of each frame, all alike, say no more than the frame alone."""
    frames, column = few_counts(PARAMS, 11, 40, INPUTS, LABELS)
    found = []
    for tiles in (1, 6):
        made = [Lesson.of(number, int(c), *2 * (np.tile(k, (tiles, 1)) if tiles > 1 else k,))
                for number, (k, c) in enumerate(zip(frames, column))]
        made = [lesson._replace(rank=lesson.number) for lesson in made]
        state, _ = finish(lateral.consolidate(PARAMS, INPUTS, made, LABELS))
        # kappa counts errors within a lesson as well, of which there are none
        state = state._replace(parts=6 * state.samples)
        found.append(lateral.calibrate(PARAMS, state, made, [], list(state.samples[1:])))
    np.testing.assert_allclose(found[0].typicalities, found[1].typicalities, atol=1e-4)
    assert np.ptp(found[0].typicalities) > 0.1
