# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The lateral network as a function of the set of its samples.

Local steps forward and back against float64 algebra, and the consolidated bits against any order
and any history.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from lateral_common import any_counts, few_counts, teach_all, untaught
import numpy as np
import pytest
import things

from hybrid_snn_ros.codes import PARTS
from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network import Consolidation, Network, Rebuild
from hybrid_snn_ros.network.difference import difference
from hybrid_snn_ros.snn import kernel, lateral
from hybrid_snn_ros.snn.rule import Lesson
from hybrid_snn_ros.snn.steps import finish

PARAMS = lateral.Params()
NUMPY = (None, 'NumPy: for a test')


def algebra(counts, column, labels, params=PARAMS):
    """Return P, m, w, A, n of some samples, by float64 algebra written out plainly."""
    x = np.asarray(counts, np.float64).reshape(len(counts), -1) * params.trace_scale
    column = np.asarray(column)
    inputs = x.shape[1]
    scatter, means = np.zeros((inputs, inputs)), [x.mean(axis=0)]
    for c in range(labels):
        own = x[column == c]
        means.append(own.mean(axis=0) if len(own) else np.zeros(inputs))
        scatter += (own - means[-1]).T @ (own - means[-1])
    p = np.linalg.inv(params.ridge * np.eye(inputs) + scatter)
    m = np.array(means)
    w = m @ p
    return p, m, w, (w * m).sum(axis=1) / 2, np.bincount(column, minlength=labels)


def close(state, exact, rtol=1e-4):
    """Assert that a state is what algebra says, up to the rounding of float32 steps."""
    for name, ours, theirs in zip(state._fields, state, exact):
        if name == 'samples':
            assert ours[1:].tolist() == theirs.tolist() and ours[0] == theirs.sum()
        else:
            np.testing.assert_allclose(ours, theirs, rtol=rtol,
                                       atol=rtol / 10 * np.abs(theirs).max(), err_msg=name)
    np.testing.assert_array_equal(state.lateral, state.lateral.T)


@pytest.fixture(params=['as it is', 'NumPy'])
def form(request):
    """Teach and unlearn by the compiled kernel where there is one, and by NumPy."""
    before = kernel.use(NUMPY) if request.param == 'NumPy' else None
    yield
    if before:
        kernel.use(before)


# -- local steps ------------------------------------------------------------------------------


@pytest.mark.parametrize('frames', [few_counts, any_counts])
def test_a_lesson_is_unlearned_whatever_came_after_it(form, frames):
    counts, column = frames(PARAMS, 3, 120, 90, 5)
    state = teach_all(PARAMS, untaught(PARAMS, 90, 5), counts, column)
    left = np.ones(120, bool)
    for gone in np.random.default_rng(1).permutation(120)[:70]:
        state = lateral.unlearn(PARAMS, state, counts[gone], int(column[gone]))
        left[gone] = False
    close(state, algebra(counts[left], column[left], 5))


def test_when_all_is_unlearned_nothing_is_left(form):
    counts, column = few_counts(PARAMS, 4, 40, 60, 3)
    state = teach_all(PARAMS, untaught(PARAMS, 60, 3), counts, column)
    for k, c in zip(counts, column):
        state = lateral.unlearn(PARAMS, state, k, int(c))
    fresh = untaught(PARAMS, 60, 3)
    np.testing.assert_allclose(state.lateral, fresh.lateral, rtol=1e-4, atol=1e-4)
    for name in ('templates', 'weights', 'costs', 'samples'):
        np.testing.assert_array_equal(getattr(state, name), getattr(fresh, name))


@pytest.mark.parametrize('source, target, share', [
    (0, 1, 1.0), (1, 0, 0.5), (2, 3, 0.3), (3, 4, 1.0), (0, 4, 0.5)])
def test_frames_move_to_another_column_in_two_steps(form, source, target, share):
    """All of them or some, to a column that has frames or to one that has none."""
    counts, column = few_counts(PARAMS, 5, 100, 80, 4)
    state = teach_all(PARAMS, untaught(PARAMS, 80, 5), counts, column)
    own = np.flatnonzero(column == source)
    moved = own[:max(1, int(share * len(own)))]
    state = lateral.move(PARAMS, state, counts[moved], source, target)
    after = column.copy()
    after[moved] = target
    close(state, algebra(counts, after, 5))
    state = lateral.move(PARAMS, state, counts[moved], target, source)  # un-merged
    close(state, algebra(counts, column, 5))


@pytest.mark.parametrize('frames', [few_counts, any_counts])
@pytest.mark.parametrize('known, many', [(0, 1), (0, 40), (1, 2), (30, 70), (30, 200)])
def test_many_frames_are_learned_and_unlearned_at_once(form, frames, known, many):
    """Of a column that had none before or some, more of them than there are inputs as well."""
    counts, column = frames(PARAMS, 8, known + many + 60, 90, 4)
    column[:known], column[known:known + many] = 2, 2
    column[known + many:] %= 2
    first = np.r_[0:known, known + many:len(column)]
    state = teach_all(PARAMS, untaught(PARAMS, 90, 4), counts[first], column[first])
    block = counts[known:known + many]
    state = lateral.teach_all(PARAMS, state, block, 2)
    close(state, algebra(counts, column, 4))
    state = lateral.unlearn_all(PARAMS, state, block, 2)
    close(state, algebra(counts[first], column[first], 4))
    if not known:
        assert not state.templates[3].any() and not state.weights[3].any() and not state.costs[3]


def test_many_equal_frames_are_unlearned_at_once(form):
    """Of which nothing is left of the error but its rounding."""
    counts, column = few_counts(PARAMS, 9, 40, 60, 3)
    state = teach_all(PARAMS, untaught(PARAMS, 60, 3), counts, column)
    same = np.repeat(counts[:1], 64, axis=0)
    state = lateral.teach_all(PARAMS, state, same, 1)
    state = lateral.unlearn_all(PARAMS, state, same, 1)
    close(state, algebra(counts, column, 3))


def test_columns_are_arranged():
    counts, column = few_counts(PARAMS, 6, 50, 30, 4)
    state = teach_all(PARAMS, untaught(PARAMS, 30, 4), counts, column)
    assert lateral.arrange(PARAMS, state, [0, 1, 2, 3]) is state
    other = lateral.arrange(PARAMS, state, [2, 0])
    for name in ('templates', 'weights', 'costs', 'samples'):
        np.testing.assert_array_equal(getattr(other, name), getattr(state, name)[[0, 3, 1]])


# -- consolidation ----------------------------------------------------------------------------


def test_it_is_the_float64_algebra_to_the_last_digit_of_float32():
    counts, column = few_counts(PARAMS, 11, 700, 200, 8)
    state = lateral.consolidated(PARAMS, counts, column, 8)
    close(state, algebra(counts, column, 8), rtol=1e-6)


def test_labels_of_the_same_frames_have_no_scatter_at_all():
    """Whole numbers cancel: what never varied leaves P as it was, to the bit."""
    counts, _ = few_counts(PARAMS, 12, 3, 150, 1)
    column = np.repeat(np.arange(3), 7)
    state = lateral.consolidated(PARAMS, np.repeat(counts, 7, axis=0), column, 3)
    np.testing.assert_array_equal(state.lateral, np.eye(150, dtype=np.float32) * np.float32(5))
    assert lateral.Products.of(PARAMS, state).residual == 0


def test_sums_of_earlier_change_nothing_and_stay_as_they_are():
    counts, column = few_counts(PARAMS, 13, 600, 40, 4)
    lessons = [Lesson.of(number, int(c), k, k)
               for number, (k, c) in enumerate(zip(counts, column))]
    _, sums = finish(lateral.consolidate(PARAMS, 40, lessons[:400], 4))
    before, held = sums.products.copy(), dict(sums.counted)
    for part in (lessons[100:420], lessons[:5], lessons, []):
        state, new = finish(lateral.consolidate(PARAMS, 40, part, 4, sums))
        fresh, own = finish(lateral.consolidate(PARAMS, 40, part, 4))
        for a, b in zip((*state, new.products), (*fresh, own.products)):
            np.testing.assert_array_equal(a, b)
        exact = np.array([lesson.counts for lesson in part], np.int64).reshape(-1, 40)
        np.testing.assert_array_equal(new.products, PARTS * (exact.T @ exact))
    np.testing.assert_array_equal(sums.products, before)
    assert sums.counted.keys() == held.keys()


def test_the_largest_counts_are_summed_exactly():
    """Beyond 2^24 float32 would round; sums of parts are whole numbers again."""
    counts = np.full((200_000, 3), 10, dtype=np.uint8)
    counts[7] = 1, 0, 9
    lessons = [Lesson(number, 0, k, k) for number, k in enumerate(counts)]
    _, sums = finish(lateral.consolidate(PARAMS, 3, lessons, 1))
    exact = counts.astype(np.int64)
    np.testing.assert_array_equal(sums.products, PARTS * (exact.T @ exact))
    assert sums.products[0, 0] == PARTS * (100 * 199_999 + 1)


# -- networks: any order, any history ---------------------------------------------------------

INPUTS = 20
DRAW = np.random.default_rng(31)
THINGS = things.things(DRAW, 4, INPUTS)
CODES = [things.view_of(THINGS[view % 4], DRAW) for view in range(16)]
PROBES = CODES[12:]
# A memory: which of 30 samples there are, each with its own codes and some label.
memories = st.dictionaries(st.integers(1, 30), st.sampled_from('abcd'), max_size=30)


def samples_of(memory, order=None):
    """Return {id: Sample} of {id: label}, in the order of the ids."""
    return {number: Sample(memory[number], CODES[number % 12], '', 0.0, '')
            for number in order or sorted(memory)}


def led(network, samples):
    """Return the network of other samples."""
    rebuild = Rebuild(network, samples)
    for _ in rebuild.steps():
        pass
    return rebuild.network


def consolidated(network):
    """Return a network whose bits shall tell nothing of the way to it."""
    consolidation = Consolidation(network)
    for _ in consolidation.steps():
        pass
    return consolidation.network


def bits(network):
    """Return all that can be told of a network from outside."""
    return ([lesson[:2] for lesson in network.lessons],
            things.bits(network, PROBES, lambda response: network.decide(response, 0.05, 3)))


@given(st.lists(memories, min_size=1, max_size=5), memories, st.randoms())
@settings(max_examples=60, deadline=None)
def test_any_way_to_a_set_ends_in_the_same_bits(visited, memory, random):
    """Taught in any order, by way of any other memories, consolidated on the way or not."""
    samples = samples_of(memory)
    network = Network('lateral', PARAMS, INPUTS)
    for other in visited:
        network = led(network, samples_of(other))
        if random.random() < 0.3:
            network = consolidated(network)
        if random.random() < 0.5:
            number = 100 + random.randrange(50)
            network.learn(number, random.choice('abcde'), CODES[number % 12])
    network = led(network, samples)
    assert network.labels == list(dict.fromkeys(sample.label for sample in samples.values()))

    fresh = Network('lateral', PARAMS, INPUTS)
    shuffled = list(memory)
    random.shuffle(shuffled)
    for number in shuffled:
        fresh.learn(number, memory[number], CODES[number % 12])
    fresh = led(fresh, samples)  # nothing to learn: another order of labels, at most
    for one, other in zip(network.state, fresh.state):  # close before, the same bits behind
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-3 * max(1, np.abs(other).max(
            initial=0)))
    assert bits(consolidated(network)) == bits(consolidated(fresh))


@given(memories, memories)
@settings(max_examples=200, deadline=None)
def test_the_difference_is_the_whole_way_and_a_name_costs_nothing(old, new):
    """What is unlearned, moved and learned turns the old columns into those of the new labels."""
    labels = list(dict.fromkeys(old[number] for number in sorted(old)))
    lessons = [Lesson(number, labels.index(old[number]), CODES[number % 12], CODES[0])
               for number in sorted(old)]
    way = difference(lessons, samples_of(new))
    assert len(set(way.homes.values())) == len(way.homes)
    at = {lesson.number: lesson.column for lesson in lessons}
    for lesson in way.gone:
        del at[lesson.number]
    place = {**{label: f'new {label}' for label in way.labels}, **way.homes}
    for (source, label), moved in way.moved.items():
        for lesson in moved:
            assert at[lesson.number] == source != place[label]
            at[lesson.number] = place[label]
    for number in way.added:
        assert number not in at
        at[number] = place[new[number]]
    assert at == {number: place[label] for number, label in new.items()}
    renamed = {number: {'a': 'x', 'b': 'a'}.get(label, label) for number, label in old.items()}
    assert difference(lessons, samples_of(renamed)).steps == 0


def test_a_network_that_changes_meanwhile_keeps_what_it_has_learned():
    """What was begun is of what it had learned then: it is given up at the next step."""
    samples = samples_of({number: 'abc'[number % 3] for number in range(1, 13)})
    network = led(Network('lateral', PARAMS, INPUTS), samples)
    consolidation = Consolidation(network)
    steps = consolidation.steps()
    next(steps)
    revision = network.revision
    network.learn(50, 'd', CODES[3])
    assert network.revision is not revision and not network.consolidated
    before = bits(network)
    assert list(steps) == [] and consolidation.network is network
    assert bits(network) == before and not network.consolidated
    assert sorted(network.labels) == list('abcd')
    fresh = led(Network('lateral', PARAMS, INPUTS), {
        **samples, 50: Sample('d', CODES[3], '', 0.0, '')})
    assert bits(consolidated(network)) == bits(consolidated(fresh))
