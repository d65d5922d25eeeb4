# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The network is a function of its samples: taken back, restored, moved on, it is the same."""

import inspect

import numpy as np
import pytest
import things

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network import cache, Consolidation, Network, Rebuild
from hybrid_snn_ros.network import network as networks
from hybrid_snn_ros.snn import checkpoints, kernel
from hybrid_snn_ros.snn.rule import Rule
from hybrid_snn_ros.snn.rules import params_of, RULES

INPUTS = 24
DRAW = np.random.default_rng(11)
THINGS = things.things(DRAW, 4, INPUTS)
pytestmark = pytest.mark.parametrize('rule', RULES)


def test_each_rule_holds_what_the_protocol_names(rule):
    for name, form in vars(Rule).items():
        if inspect.isfunction(form) and not name.startswith('_'):
            asked = list(inspect.signature(form).parameters)[1:]
            given = list(inspect.signature(getattr(RULES[rule], name)).parameters)
            assert given[:len(asked)] == asked, name
    assert all(hasattr(RULES[rule], name) for name in Rule.__annotations__)


def samples_of(labels, first=1):
    """Return {id: Sample}, one for each letter of a text; the codes follow from the id."""
    samples = {}
    for number, label in enumerate(labels, first):
        draw = np.random.default_rng(number)
        samples[number] = Sample(label, things.view_of(THINGS[ord(label) % 4], draw), '', 0.0, '')
    return samples


PROBES = [sample.codes for sample in samples_of('abcdabcdzz', 1000).values()]


def untaught(rule, params=None):
    """Return a network without labels."""
    return Network(rule, params_of(rule, params), INPUTS)


def learned(rule, samples):
    """Return a network that was taught samples, one after the other."""
    network = untaught(rule)
    for number, sample in samples.items():
        network.learn(number, sample.label, sample.codes)
    return network


def led(network, samples):
    """Return the network of other samples, and the steps on the way to it."""
    rebuild = Rebuild(network, samples)
    steps = list(rebuild.steps())
    return rebuild.network, steps


def settled(network):
    """Return a network whose bits tell nothing of the way to it: as it is, or consolidated."""
    if network.consolidated:
        return network
    consolidation = Consolidation(network)
    assert list(consolidation.steps()) and not network.consolidated
    return consolidation.network


def raw_bits(network):
    """Return what it has learned, as bytes, with all that was rounded on the way."""
    return [np.asarray(value).tobytes() for value in network.state]


def bits(network):
    """Return all that can be told of a network from outside, as bytes and plain values."""
    network = settled(network)
    return ([lesson.number for lesson in network.lessons],
            things.bits(network, PROBES, lambda response: network.decide(response, 0.05, 3)))


@pytest.fixture
def often(monkeypatch):
    """Keep a checkpoint after every three lessons."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)


@pytest.mark.parametrize('gone', [{9}, {8, 9}, {5}, {4, 7}, {1}, set(range(1, 10))])
def test_what_was_taken_back_has_left_no_trace(rule, often, gone):
    """The last, two, one in the middle, a label, the first, all of them."""
    everything = samples_of('abacbabca')
    rest = {number: sample for number, sample in everything.items() if number not in gone}
    network = learned(rule, everything)
    before, raw = bits(network), raw_bits(network)
    other, steps = led(network, rest)
    assert bits(other) == bits(learned(rule, rest))
    assert bits(network) == before and raw_bits(network) == raw, 'the old one went on answering'
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert all(done <= total == steps[-1][0] for done, total in steps)


def test_the_way_is_short(rule, often):
    """Unlearning takes a step; else what is behind a checkpoint before it is learned again."""
    everything = samples_of('abacbabca')
    network, relearned = learned(rule, everything), []
    for left in range(8, -1, -1):
        rest = dict(list(everything.items())[:left])
        network, steps = led(network, rest)
        relearned.append(len(steps))
        assert bits(network) == bits(learned(rule, rest))
    assert relearned == ([1] * 8 + [0] if rule == 'lateral' else [2, 1, 0, 2, 1, 0, 2, 1, 0])


def test_samples_may_be_added_at_the_end(rule, often):
    """Those of an import, for instance; what was learned before is not learned again."""
    everything = samples_of('abacbabca')
    for known in (6, 8):  # at a checkpoint and behind one
        network = learned(rule, dict(list(everything.items())[:known]))
        added, steps = led(network, everything)
        assert len(steps) == 9 - known
        assert rule == 'lateral' or added is network
        assert bits(added) == bits(learned(rule, everything))


def test_another_sample_of_the_same_number_is_learned(rule, often):
    """The memory of a directory may have been exchanged for another one."""
    network, samples = learned(rule, samples_of('abab')), samples_of('abab')
    samples[4] = samples[4]._replace(codes=samples[4].codes[::-1].copy())
    other, steps = led(network, samples)
    assert len(steps) == (2 if rule == 'lateral' else 1), 'unlearned and learned; learned'
    assert bits(other) == bits(learned(rule, samples)) != bits(network)


def test_another_name_costs_nothing_a_merge_is_a_step_or_learns_again(rule, often):
    """The columns stay; where order counts, all behind the first that is merged changes."""
    network = learned(rule, samples_of('aabbccabc'))
    before = [np.asarray(value).tobytes() for value in network.state]
    renamed = {number: sample._replace(label={'b': 'x'}.get(sample.label, sample.label))
               for number, sample in samples_of('aabbccabc').items()}
    same, steps = led(network, renamed)
    assert same is network and steps == [] and same.labels == ['a', 'x', 'c']
    assert [np.asarray(value).tobytes() for value in same.state] == before
    assert bits(same) == bits(learned(rule, renamed))
    merged = {number: sample._replace(label={'x': 'c'}.get(sample.label, sample.label))
              for number, sample in renamed.items()}
    other, steps = led(same, merged)
    assert other.labels == ['a', 'c']
    assert len(steps) == (1 if rule == 'lateral' else 6)  # the first checkpoint lies before it
    assert bits(other) == bits(learned(rule, merged))


def test_a_restored_network_is_the_same_and_goes_on_the_same(rule, often):
    """It has the newest checkpoint before the last lesson, and learns the rest again."""
    if RULES[rule].unlearn is not None:
        network = learned(rule, samples_of('ab'))
        assert cache.arrays(network) == {}, 'it is computed from the set'
        assert cache.restored(untaught(rule), {}, cache.notes(network), samples_of('ab')) is None
        return
    for length in (0, 1, 3, 7, 8, 9):
        samples = samples_of('abacbabca'[:length])
        network = learned(rule, samples)
        arrays = {name: np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)
                  for name, array in cache.arrays(network).items()}
        assert not any(array.flags.writeable for array in arrays.values())
        again = cache.restored(untaught(rule), arrays, cache.notes(network), samples)
        again, steps = led(again, samples)
        assert len(steps) == {7: 1, 8: 2, 9: 3}.get(length, 0)
        assert bits(again) == bits(network)
        if length > 3:
            less = dict(list(samples.items())[:-1])
            assert len(led(again, less)[1]) < 6
            assert bits(led(again, less)[0]) == bits(learned(rule, less))
        more = {**samples, **samples_of('dab', 50)}
        assert bits(led(again, more)[0]) == bits(led(network, more)[0]) == bits(
            learned(rule, more))


def test_what_other_constants_or_programs_computed_is_not_used(rule):
    """It is learned again; a snapshot is a cache."""
    if RULES[rule].unlearn is not None:
        return
    samples = samples_of('abab')
    network = learned(rule, samples)
    arrays, notes = cache.arrays(network), cache.notes(network)
    assert cache.restored(untaught(rule), arrays, notes, samples) is not None
    constant, value = next((name, value) for name, value in params_of(rule, None)._asdict().items()
                           if isinstance(value, float))
    assert cache.restored(untaught(rule, {constant: 0.9 * value}), arrays, notes, samples) is None
    other = next(name for name in RULES if name != rule)
    assert cache.restored(untaught(other), arrays, notes, samples) is None
    assert cache.restored(untaught(rule), arrays, {**notes, 'backend': 'cupy'}, samples) is None
    assert cache.restored(untaught(rule), {}, notes, samples) is None
    assert cache.restored(untaught(rule), {**arrays, 'state_more': arrays['lessons']}, notes,
                                   samples) is None


def test_what_another_form_learned_is_gone_on_with(rule, often):
    """Compiled and NumPy's teaching round differently, but not what is computed from the set."""
    if kernel.library() is None:
        pytest.skip('no compiled kernel')
    samples = samples_of('abcabcab')
    before = kernel.use((None, 'NumPy: for a test'))
    try:
        network = learned(rule, samples)
    finally:
        kernel.use(before)
    compiled = learned(rule, samples)
    assert raw_bits(network) != raw_bits(compiled) or rule != 'lateral'
    assert bits(network) == bits(compiled)
    less = dict(list(samples.items())[:-2])
    assert bits(led(network, less)[0]) == bits(learned(rule, less))


def test_a_lesson_that_was_broken_off_is_learned_anew(rule, often, monkeypatch):
    """Half of it may be in the state, which then is not gone on from."""
    samples = samples_of('abab')
    network = learned(rule, samples)
    teach = network.rule.teach

    def interrupted(*arguments):
        teach(*arguments)
        raise MemoryError

    for label in 'ax':
        with monkeypatch.context() as patch:
            patch.setattr(network.rule, 'teach', interrupted)
            with pytest.raises(MemoryError):
                network.learn(9, label, PROBES[0])
        for wanted in (samples, {**samples, **samples_of('a', 9)}):
            assert bits(led(network, wanted)[0]) == bits(learned(rule, wanted))
    assert bits(network) != bits(learned(rule, samples)), 'or this test tests nothing'


def test_a_large_network_keeps_no_checkpoint(rule, often, monkeypatch):
    """It takes too much memory; then everything is learned again, to the same end."""
    monkeypatch.setattr(checkpoints, 'LARGEST_BYTES', 0)
    samples = samples_of('abacbabca')
    network = learned(rule, samples)
    rest = dict(list(samples.items())[:-1])
    other, steps = led(network, rest)
    assert len(steps) == (1 if rule == 'lateral' else 8)
    assert bits(other) == bits(learned(rule, rest))
    if rule != 'lateral':
        again = cache.restored(
            untaught(rule), cache.arrays(network), cache.notes(network), samples)
        assert bits(again) == bits(network)


def test_checkpoints_lie_closer_the_newer_they_are(rule, monkeypatch):
    """Within their memory; far back is learned again from, at most, six times as far back."""
    state = checkpoints.state_to_host(learned(rule, samples_of('ab')).state)
    monkeypatch.setattr(checkpoints, 'TOGETHER_BYTES', 5 * checkpoints.size(state))
    kept = []
    for lessons in range(1, 150):
        kept = checkpoints.with_newest(kept, checkpoints.Checkpoint(lessons, 0, 0, state))
        places = [point.lessons for point in kept]
        assert len(places) == min(lessons, 5) and places[-1] == lessons
        assert lessons == 1 or places[-2] == lessons - 1
        for back in range(1, lessons + 1):
            begin = max([place for place in places if place <= lessons - back], default=0)
            assert lessons - begin <= 6 * back
    monkeypatch.setattr(checkpoints, 'TOGETHER_BYTES', 1)
    assert [point.lessons for point in checkpoints.with_newest(kept, kept[-1])] == [149, 149]
