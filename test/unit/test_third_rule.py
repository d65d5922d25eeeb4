# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A rule that is registered, and nothing else, can be chosen wherever the others can."""

import json

from nearest_mean import NAME, NearestMean, Unlearning
import numpy as np
import pytest
import things
import yaml

from hybrid_snn_ros.bench import stages
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.cli.parameters import markdown, yaml_text
from hybrid_snn_ros.evaluation import protocols, runner
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import Embeddings
from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network import cache, Network, Rebuild
from hybrid_snn_ros.network import network as networks
from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.ros import parameters
from hybrid_snn_ros.ros.parameter_table import refusal
from hybrid_snn_ros.snn.rules import params_of, RULES, seeded
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError

INPUTS, LABELS = 24, 'abcd'
DRAW = np.random.default_rng(5)
THINGS = things.things(DRAW, len(LABELS), INPUTS)


def codes_of(label, number):
    """Return one view of a label's object."""
    return things.view_of(THINGS[LABELS.index(label)], np.random.default_rng(number), spread=0.3)


def samples_of(labels):
    """Return {id: Sample}, one for each letter of a text."""
    return {number: Sample(label, codes_of(label, number), '', 0.0, '')
            for number, label in enumerate(labels, 1)}


PROBES = [codes_of(label, 1000 + place) for place, label in enumerate(LABELS * 3)]


@pytest.fixture
def registered(monkeypatch):
    """Register the rule for a test."""
    monkeypatch.setitem(RULES, NAME, NearestMean())


@pytest.fixture
def unlearning(monkeypatch):
    """Register the one that takes lessons back; return a list of what it was taught."""
    taught = []

    class Noting(Unlearning):
        def teach(self, params, state, spike_counts, column):
            taught.append(column)
            return super().teach(params, state, spike_counts, column)

    monkeypatch.setitem(RULES, NAME, Noting())
    return taught


def learned(samples):
    """Return a network that was taught samples."""
    network = Network(NAME, params_of(NAME, None), INPUTS)
    for number, sample in samples.items():
        network.learn(number, sample.label, sample.codes)
    return network


def bits(network):
    """Return all that can be seen of a network."""
    return ([lesson.number for lesson in network.lessons],
            things.bits(network, PROBES, lambda response: network.decide(response, 0.05, 3)))


def rebuilt(network, samples):
    """Return the network of other samples, and how many steps led to it."""
    rebuild = Rebuild(network, samples)
    steps = list(rebuild.steps())
    return rebuild.network, steps[-1][0] if steps else 0


# -- network -------------------------------------------------------------------------------------


def test_a_network_learns_answers_goes_back_and_is_restored(registered, monkeypatch):
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)
    samples = samples_of('abcdabcdab' * 2)
    network = learned(samples)
    answers = [network.decide(network.present(codes), 0, 1).label for codes in PROBES]
    assert answers == list(LABELS * 3)
    for gone in ({20}, {3}, {1, 2}, {4, 8, 14, 18}):
        rest = {number: sample for number, sample in samples.items() if number not in gone}
        other, _ = rebuilt(network, rest)
        assert bits(other) == bits(learned(rest))
    again = cache.restored(learned({}), cache.arrays(network), cache.notes(network), samples)
    assert bits(rebuilt(again, samples)[0]) == bits(network)


def test_what_a_rule_says_nothing_of_is_the_default(registered):
    network = learned(samples_of('abc'))
    assert network.reach == (3, 0)
    trains, potentials = network.inspect(PROBES[0], 5)
    assert trains.shape == (5, 10) and potentials is None
    assert seeded(NAME, 7) == {} and seeded('lateral', 7) == {'seed': 7}


@pytest.mark.parametrize('gone', [{10}, {9}, {5, 6}, {5, 7, 10}])
def test_a_rule_that_unlearns_learns_nothing_again(unlearning, gone):
    """The samples that stay are in their order, and every label keeps one."""
    samples = samples_of('abcdabcdab')
    rest = {number: sample for number, sample in samples.items() if number not in gone}
    network, expected = learned(samples), bits(learned(rest))
    before = bits(network)
    unlearning.clear()
    other, steps = rebuilt(network, rest)
    assert steps == len(gone) and unlearning == []
    assert bits(other) == expected and other.consolidated, 'its steps are exact'
    assert bits(network) == before, 'the old one went on answering'
    more = {**rest, 50: Sample('b', codes_of('b', 50), '', 0.0, '')}
    assert rebuilt(network, more)[1] == len(gone) + 1 and unlearning == [LABELS.index('b')]


def test_by_unlearning_every_change_is_possible(unlearning):
    """A column that is empty then, another order of columns, a sample that has changed, moves."""
    samples = samples_of('abcab')
    network = learned(samples)
    for change, steps, learns in (
            ({3: None}, 1, 0), ({1: None}, 1, 0), ({1: None, 4: None}, 2, 0),
            ({1: samples[1]._replace(label='b')}, 1, 1),  # unlearned there, learned here
            ({2: samples[2]._replace(codes=PROBES[0])}, 2, 1),
            ({number: None for number in samples}, 5, 0),
            ({number: samples[number]._replace(label=label)
              for number, label in zip((1, 2, 4, 5), 'baba')}, 0, 0)):
        wanted = {**samples, **change}
        wanted = {number: sample for number, sample in wanted.items() if sample is not None}
        unlearning.clear()
        other, taken = rebuilt(network, wanted)
        assert taken == min(steps, len(wanted)) and len(unlearning) == learns
        assert bits(other) == bits(learned(wanted))
        assert bits(network) == bits(learned(samples)) or not steps


def test_a_lesson_that_was_broken_off_leaves_nothing(unlearning, monkeypatch):
    """Half of it may be in the state, which then is not gone on from: all is learned again."""
    samples = samples_of('abcab')
    network = learned(samples)
    teach = network.rule.teach

    def interrupted(*arguments):
        teach(*arguments)
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(network.rule, 'teach', interrupted)
        with pytest.raises(MemoryError):
            network.learn(9, 'a', PROBES[0])
    assert bits(rebuilt(network, samples)[0]) == bits(learned(samples))


# -- classifier ----------------------------------------------------------------------------------


def test_a_classifier_is_taught_undone_renamed_and_opened_again(registered, tmp_path):
    classifier = Classifier(rule=NAME, inputs=INPUTS, backend='auto', false_unknown=0)
    classifier.open(tmp_path)
    for sample in samples_of('abcdabcd').values():
        classifier.teach(sample.codes, sample.label)
    assert [classifier.predict(codes).label for codes in PROBES] == list(LABELS * 3)
    classifier.undo()
    classifier.rename('a', 'z')
    classifier.forget('b')
    assert classifier.labels == ['z', 'c', 'd']
    answers = [classifier.predict(codes) for codes in PROBES]
    classifier.close()
    again = Classifier(rule=NAME, inputs=INPUTS, false_unknown=0)
    again.open(tmp_path)
    assert [again.predict(codes) for codes in PROBES] == answers
    again.close()
    with pytest.raises(ValueError, match='no such constant: ridge; there are saturation'):
        Classifier(rule=NAME, inputs=INPUTS, params={'ridge': 1})


def test_a_name_that_is_not_registered_is_refused():
    with pytest.raises(ValueError, match=f"one of {', '.join(RULES)}, not 'nearest-mean'"):
        Classifier(rule=NAME, inputs=INPUTS)


# -- evaluation ----------------------------------------------------------------------------------


def data():
    """Return views of every label, to teach and to ask."""
    train, test = ([(codes_of(label, start + 10 * view + place), place)
                    for view in range(8) for place, label in enumerate(LABELS)]
                   for start in (0, 5000))
    return Embeddings('views', *(np.array(part) for half in (train, test) for part in zip(*half)),
                      list(LABELS))


@pytest.mark.parametrize('settings', [
    Settings(rule=NAME), Settings('few-shot', NAME, shots=2), Settings('turntable', NAME),
    Settings('incremental', NAME, shots=3), Settings('open-set', NAME, unknown=1)])
def test_every_protocol_evaluates_it(registered, settings):
    [outcome] = runner.run(data(), settings, [0])
    assert outcome.answers.correct.mean() > 0.9
    again = protocols.run(data(), settings, 0)
    assert (again.answers.score == outcome.answers.score).all()


def test_the_command_evaluates_it(registered, tmp_path, capsys):
    pack, figures = tmp_path / 'views.npz', tmp_path / 'figures.json'
    views = data()
    np.savez(pack, X_train=views.train, y_train=views.train_labels, X_test=views.test,
             y_test=views.test_labels, class_names=views.class_names)
    words = ['evaluate', str(pack), '--rule', NAME, '--set', 'saturation=0.2', '--orders', '1',
             '--json', str(figures)]
    assert main(words) == 0
    found = json.loads(figures.read_text(encoding='utf-8'))
    assert (found['rule'], found['params']) == (NAME, {'saturation': 0.2})
    assert f'rule {NAME}' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*words[:3], 'furthest-mean'])
    assert f"'{NAME}'" in capsys.readouterr().err  # among the choices


@pytest.mark.slow
@pytest.mark.parametrize('rule', ['lateral', 'original', NAME])
def test_the_benchmark_times_it(registered, rule):
    try:
        encoder = Encoder(shared_file('models', 'efficientnet_lite0_int8.tflite'))
    except EncoderError as error:
        pytest.skip(f'no TFLite runtime: {error}')
    subject = stages.Subject(encoder, 3, 5, rule=rule)
    figures, _ = stages.answer_frames(subject, 'vga', 4, 1)
    assert {'encode', 'code', 'present', 'decide', 'whole'} <= set(figures)
    assert {'teach', 'next_present', 'next_decide'} <= set(stages.teach_frames(subject, 10))
    assert ' spikes a frame' in subject.synaptic_operations()


# -- parameter of a node -------------------------------------------------------------------------


def test_the_parameter_offers_it(registered):
    [rule] = [parameter for parameter in parameters.TABLE if parameter.name == 'rule']
    assert refusal(rule, NAME) is None
    assert refusal(rule, 'furthest-mean') == (
        f"rule must be one of {', '.join(RULES)}, not 'furthest-mean'")
    assert NAME in RULES and f"one of {', '.join(RULES)}" in markdown('classifier')
    unwrapped = ' '.join(yaml_text('classifier').replace('#', '').split())
    assert f"one of {', '.join(RULES)}" in unwrapped
    assert yaml.safe_load(yaml_text('classifier'))['/**']['ros__parameters']['rule'] == 'lateral'
