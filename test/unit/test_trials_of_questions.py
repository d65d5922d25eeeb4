# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What evaluate measures of a robot that asks, and of an audit."""

from checkout import EMBEDDINGS, SUPPORT
import numpy as np
import pytest

from hybrid_snn_ros.evaluation import protocols, question_trial, report, runner
from hybrid_snn_ros.evaluation.evaluated_classifier import EvaluatedClassifier
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import load_pack

QUESTIONS = Settings('questions', unknown=4)
needs_packs = pytest.mark.skipif(not EMBEDDINGS.is_dir(), reason='shared/data is not there')


@pytest.fixture(scope='module')
def pack():
    """Return the twelve objects of the turntable."""
    return load_pack(SUPPORT / 'data' / 'turntable12.npz')


def summary(data, settings, orders=1):
    """Return the figures of an evaluation."""
    return report.summarise(runner.run(data, settings, range(orders)), settings, data)


# Measured, twenty orders: purity 90.5 % (standard deviation 8.3), named right 97.8 % (3.7), by one
# frame 91.4 % (11.2).  The floors are rounded down from three standard errors of four orders.
@pytest.mark.slow
def test_things_that_are_asked_for_are_known_afterwards(pack):
    figures = summary(pack, QUESTIONS, orders=4)
    assert figures['purity'] >= 0.75
    assert figures['named'] >= 0.9
    assert figures['named'] > figures['one_frame']
    assert 0 < figures['coverage'] <= 1
    curves = figures['active_learning']
    whole, one = (curves[way] for way in ('asked, the whole group is taught',
                                          'asked, one frame of the group'))
    assert whole[0] == one[0] == [0, 0.0]  # before the first answer nothing new has a name
    assert whole[-1][1] > 0.3
    assert whole[-1][1] >= one[-1][1]


def test_what_is_asked_later_never_came_by(pack):
    shown = question_trial.Shown.drawn(pack, np.array([0, 5]), np.random.default_rng(0))
    assert not np.intersect1d(shown.stream, shown.later).size
    assert (shown.later < len(pack.test)).all()
    labels = shown.data.test_labels
    # All training frames of the new classes come by, and half of the test frames of each class.
    assert (shown.stream >= len(pack.test)).sum() == 20
    assert set(labels[shown.stream[shown.stream >= len(pack.test)]]) == {0, 5}
    assert len(shown.later) == len(pack.test) / 2
    np.testing.assert_array_equal(shown.data.test[shown.stream[shown.stream >= 144]],
                                  pack.train[shown.stream[shown.stream >= 144] - 144])


@pytest.mark.slow
def test_the_person_is_asked_by_the_robot_and_answers_right(pack):
    """Counted again from the lessons that the robot has at the end."""
    random = np.random.default_rng(3)
    new = np.array([1, 2, 3, 4])
    shown = question_trial.Shown.drawn(pack, new, random)
    before = [place for place in range(len(pack.train)) if pack.train_labels[place] not in new]

    def taught():
        robot = EvaluatedClassifier(shown.data, 'lateral', {}, 0.05)
        robot.teach(before)
        return robot
    robot, asked = question_trial.run(taught, shown, random)
    lessons = list(robot.classifier.state.samples.values())[len(before):]
    labels = {shown.data.test[place].tobytes(): pack.class_names[shown.data.test_labels[place]]
              for place in shown.stream}
    assert lessons
    for lesson in lessons:  # each under its own name, and it did come by
        assert labels[lesson.codes.tobytes()] == lesson.label
    told = {lesson.label for lesson in lessons}
    assert {pack.class_names[c] for c in asked.named} == {
        name for name in told if name in [pack.class_names[c] for c in new]}
    assert asked.figures['coverage'] == len(asked.named) / 4
    later = [place for place in shown.later if shown.data.test_labels[place] in asked.named]
    assert asked.figures['named'] == robot.look(later).mean()


@pytest.mark.slow
def test_an_order_is_the_same_again(pack):
    one, other = (protocols.run(pack, QUESTIONS, 7) for _ in range(2))
    assert repr(one.figures) == repr(other.figures)  # NaN is not equal to itself
    assert one.curves == other.curves


@pytest.mark.slow
def test_progress_goes_to_the_end(pack):
    seen = []
    for settings in (QUESTIONS, Settings('audit', shots=5)):
        seen.clear()
        protocols.run(pack, settings, 0, lambda done, total: seen.append((done, total)))
        assert 0.6 * seen[-1][1] < seen[-1][0] <= seen[-1][1]
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_where_nothing_is_asked_there_is_no_purity(pack):
    """Two frames of each thing are too few to ask about."""
    few = pack._replace(train=pack.train[::5], train_labels=pack.train_labels[::5],
                        test=pack.test[::4], test_labels=pack.test_labels[::4])
    figures = summary(few, QUESTIONS)
    assert (figures['questions'], figures['coverage']) == (0, 0)
    assert not {'purity', 'named', 'one_frame'} & set(figures)
    assert 'questions asked: 0.0 on average' in report.table(figures, 'few')


# Measured, ten orders: R-precision 97.5 % (3.8), 49 of 50 pairs of labels found.
@pytest.mark.slow
def test_an_audit_finds_wrong_labels_and_one_thing_under_two_names(pack):
    figures = summary(pack, Settings('audit'), orders=3)
    assert figures['r_precision'] >= 0.9
    assert figures['pairs_found'] >= 0.8
    assert abs(figures['said']['test'] - figures['true']['test']) < 0.05
    assert figures['apart']['test'] < 0.12
    assert figures['agrees']['test'] > 0.9 < figures['above_low']['test']  # nominal: 95, 97.5
    assert set(figures['true']) == {'test'}  # every training frame was taught


@pytest.mark.parametrize('settings, sentence', [
    (Settings('questions', rule='original'), 'is not for the rule original'),
    (Settings('audit', rule='original'), 'is not for the rule original'),
    (Settings('questions', baselines=True), 'takes no --baselines'),
    (Settings('audit', unknown=2), 'takes no --unknown'),
    (Settings('audit', times=2), 'takes no --times'),
    (Settings('questions', unknown=11), 'needs --unknown 1..10 of the 12 classes'),
    (Settings('questions', unknown=-1), 'needs --unknown 1..10 of the 12 classes')])
def test_what_does_not_fit_is_refused_by_one_sentence(pack, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        runner.run(pack, settings, [0])


@needs_packs
@pytest.mark.slow
@pytest.mark.parametrize('name, unknown, marks', [
    ('caltech64', 24, (0.88, 0.75, 0.89)), ('grocery67', 27, (0.78, 0.27, 0.64))])
def test_real_things_never_taught_are_asked_for(name, unknown, marks):
    data = load_pack(EMBEDDINGS / f'{name}.npz')
    figures = summary(data, Settings('questions', shots=20, unknown=unknown), orders=2)
    assert figures['purity'] >= marks[0]
    assert figures['coverage'] >= marks[1]
    assert figures['named'] >= marks[2]


@needs_packs
@pytest.mark.slow
@pytest.mark.parametrize('name', ['caltech64', 'grocery67'])
def test_real_wrong_labels_are_found(name):
    figures = summary(load_pack(EMBEDDINGS / f'{name}.npz'), Settings('audit', shots=20))
    assert figures['r_precision'] >= 0.93
    assert abs(figures['said']['rest'] - figures['true']['rest']) < 0.05
