# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An audit: against networks taught without the sample, and on memories with known faults."""

import json
import math

from memory_samples import FINGERPRINT
import numpy as np
import pytest
import things

from hybrid_snn_ros.audit import audit, FitLog
from hybrid_snn_ros.audit.drift import FEWEST, WEEK_S
from hybrid_snn_ros.audit.findings import SUSPECT_ODDS
from hybrid_snn_ros.audit.interval import differ, wilson
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.store import NewLesson
from hybrid_snn_ros.snn.decision import fit_temperature
from hybrid_snn_ros.snn.lateral.calibration import groups_of
from hybrid_snn_ros.snn.lateral.leave_one_out import leave_one_out
from hybrid_snn_ros.snn.steps import finish

INPUTS, LABELS = 96, 6
THINGS = things.things(np.random.default_rng(2), LABELS, INPUTS)


def view(thing, seed, spread=0.8):
    """Return one view of a thing."""
    return things.view_of(THINGS[thing], np.random.default_rng([thing, seed]), spread)


def robot_of(lessons, **options):
    """Return a classifier that was taught [(codes, label)]."""
    robot = Classifier(inputs=INPUTS, min_change=0, **options)
    for codes, label in lessons:
        robot.teach(codes, label)
    return robot


def lessons(views=10):
    return [(view(thing, seed), f'thing {thing}')
            for seed in range(views) for thing in range(LABELS)]


def findings(robot):
    return finish(audit(robot.network))


# -- the interval --------------------------------------------------------------------------------


@pytest.mark.parametrize('right, trials, low, high', [
    # Newcombe, Statistics in Medicine 17, 1998, table I, method 3
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718)])
def test_the_interval_is_wilsons(right, trials, low, high):
    assert wilson(right, trials) == pytest.approx((low, high), abs=5e-5)
    assert wilson(trials - right, trials) == pytest.approx((1 - high, 1 - low), abs=5e-5)


@pytest.mark.parametrize('one, trials, other, more, apart', [
    (56, 70, 48, 80, True), (9, 10, 3, 10, True), (6, 7, 2, 7, True),  # Newcombe's, table II:
    (5, 56, 0, 29, False), (0, 10, 0, 20, False), (10, 10, 0, 20, True),  # 0.0524 to 0.3339, ...
    (18, 20, 17, 17, False), (20, 20, 10, 20, True)])
def test_two_shares_differ_where_the_interval_of_their_difference_does_not_hold_0(
        one, trials, other, more, apart):
    assert differ(one / trials, trials, other / more, more) is apart
    assert differ(other / more, more, one / trials, trials) is apart


def test_shares_of_one_truth_seldom_differ():
    """All pairs of counts, by their chances: at most the nominal 5 % or a little more."""
    for truth in (0.5, 0.7, 0.9, 0.97):
        for trials, more in ((20, 20), (18, 40)):
            chances = [[math.comb(n, k) * truth ** k * (1 - truth) ** (n - k)
                        for k in range(n + 1)] for n in (trials, more)]
            wrong = sum(chances[0][k] * chances[1][m]
                        for k in range(trials + 1) for m in range(more + 1)
                        if differ(k / trials, trials, m / more, more))
            assert wrong < 0.06, (truth, trials, more, wrong)


# -- margins -------------------------------------------------------------------------------------


@pytest.mark.parametrize('views', [1, 3])
def test_margins_are_those_of_leaving_each_out(views):
    """All samples in blocks against one call that leaves out the same groups at once."""
    taught = [(view(thing, seed, 0.2 if seed % 3 else 0.8), f'thing {thing}')
              for seed in range(9) for thing in range(4)]
    if views > 1:
        taught = [(np.array([codes, np.roll(codes, 1), np.roll(codes, 2)]), label)
                  for codes, label in taught]
    network = robot_of(taught).network
    groups, _ = groups_of(network.lessons, network.lessons)
    columns = np.array([lesson.column for lesson in network.lessons])
    first = np.array([lesson.counts if views == 1 else lesson.counts[0]
                      for lesson in network.lessons])
    seen = leave_one_out(network.params, network.state, first, columns, groups)
    row = np.arange(len(columns))
    others = seen.drives.copy()
    others[row, columns] = -np.inf
    expected = (seen.drives[row, columns] - others.max(axis=1)) / fit_temperature(
        seen.drives, columns)
    found = finish(audit(network))
    np.testing.assert_allclose([found.margins[lesson.number] for lesson in network.lessons],
                               expected, rtol=1e-4, atol=1e-4)
    assert groups.sizes.max() > 1  # near twins are among them


def test_a_label_shown_one_way_only_is_not_judged():
    same = view(0, 0)
    robot = robot_of([*lessons(4), (same, 'alone'), (same, 'alone'), (view(1, 99), 'once')])
    found = findings(robot)
    assert found.unjudged == 3
    for one in found.labels[:2]:
        assert (one.accuracy, one.looks, one.verdict) == (None, 0.0, 'too few')
        assert one.sentence == 'too few'
    assert {one.label for one in found.labels[:2]} == {'alone', 'once'}


def test_near_twins_are_one_look():
    close = [(view(0, seed // 4), 'thing 0') for seed in range(16)]  # four views, each four times
    found = findings(robot_of(close + [one for one in lessons(6) if one[1] != 'thing 0']))
    [own] = [one for one in found.labels if one.label == 'thing 0']
    assert own.samples == 16
    assert own.looks == pytest.approx(4)
    repeated = [earlier for sample, earlier in found.repeats]
    assert len(repeated) == 12
    assert len(set(repeated)) == 4


# -- what is wrong is found ----------------------------------------------------------------------


@pytest.mark.parametrize('seed', range(3))
def test_wrong_labels_are_the_most_doubtful(seed):
    draw = np.random.default_rng(seed)
    taught = lessons(12)
    wrong = draw.permutation(len(taught))[:6]
    for place in wrong:
        codes, label = taught[place]
        taught[place] = codes, f'thing {(int(label[-1]) + 1 + draw.integers(LABELS - 1)) % LABELS}'
    robot = robot_of(taught)
    found = findings(robot)
    numbers = list(robot.state.samples)
    worst = {one.sample for one in found.doubtful[:6]}
    assert len(worst & {numbers[place] for place in wrong}) >= 5
    for one in found.doubtful[:5]:
        place = numbers.index(one.sample)
        truth = next(thing for thing in range(LABELS) for s in range(12)
                     if np.array_equal(view(thing, s), taught[place][0]))
        assert one.label == taught[place][1]
        if place in wrong:
            assert one.better == f'thing {truth}'
            assert one.suspect
    # They are no evidence against the labels they were taught under.
    assert sum(one.suspects for one in found.labels) >= 5
    assert all(one.accuracy > 0.85 for one in found.labels)


def test_odds_and_verdicts_follow_from_the_margins():
    draw = np.random.default_rng(1)  # things much like each other
    robot = robot_of([(things.view_of(0.8 * THINGS[0] + 0.2 * THINGS[thing], draw, 0.8),
                       f'thing {thing}') for _ in range(8) for thing in range(LABELS)])
    found = findings(robot)
    assert [one.odds for one in found.doubtful] == sorted(one.odds for one in found.doubtful)
    for one in found.doubtful:
        assert math.log(one.odds) == pytest.approx(found.margins[one.sample])
        assert one.suspect == (one.odds < 1 / SUSPECT_ODDS)
    labels = {number: sample.label for number, sample in robot.state.samples.items()}
    for one in found.labels:
        own = np.array([margin for number, margin in found.margins.items()
                        if labels[number] == one.label])
        kept = own[own >= -math.log(SUSPECT_ODDS)]
        assert one.suspects == len(own) - len(kept)
        assert one.looks == len(kept)  # views this wide have no twins
        assert one.accuracy == pytest.approx((kept > 0).mean())
        assert (one.low, one.high) == wilson((kept > 0).sum(), len(kept))
        assert (one.verdict == 'enough') == (one.low >= 0.7)
        if one.more_like is not None:
            assert found.margins[one.more_like] == kept.min()
            assert one.sentence == f'more like sample {one.more_like}, taken for {one.taken_for}'
    assert any(one.more_like for one in found.labels)
    shares = {}
    for one in found.confusions:
        shares[one.label] = shares.get(one.label, 0) + one.share
    for one in found.labels:
        assert shares.get(one.label, 0) == pytest.approx(1 - one.accuracy)


def test_one_thing_under_two_names():
    taught = [(codes, 'beaker' if label == 'thing 0' and place % 2 else label)
              for place, (codes, label) in enumerate(
                  sorted(lessons(16), key=lambda one: one[1]))]
    found = findings(robot_of(taught))
    assert [{one.label, one.other} for one in found.one_thing] == [{'beaker', 'thing 0'}]
    assert 0 < found.one_thing[0].t < 3


@pytest.mark.parametrize('seed', range(2))
def test_the_t_of_two_labels_is_its_definition(seed):
    robot = robot_of(lessons(5 + seed))
    network = robot.network
    review = finish(network.rule.review(network.params, network.state, network.lessons))
    x = np.array([lesson.counts for lesson in network.lessons], float) * network.params.trace_scale
    columns = np.array([lesson.column for lesson in network.lessons])
    means = np.array([x[columns == c].mean(axis=0) for c in range(LABELS)])
    scatter = sum(np.outer(row - means[c], row - means[c]) for row, c in zip(x, columns))
    p = np.linalg.inv(network.params.ridge * np.eye(INPUTS) + scatter)
    kappa = (INPUTS - network.params.ridge * np.trace(p)) / (len(x) - LABELS)
    for one in range(LABELS):
        assert np.isnan(review.apart[one, one])
        for other in set(range(LABELS)) - {one}:
            d = means[one] - means[other]
            n, m = (columns == one).sum(), (columns == other).sum()
            assert review.apart[one, other] == pytest.approx(
                d @ p @ d / (kappa * (1 / n + 1 / m)), rel=2e-3)


def test_what_needs_no_name_is_no_label():
    found = findings(robot_of([*lessons(5), *[(view(0, 50 + s), 'other') for s in range(5)]]))
    assert 'other' not in {one.label for one in found.labels}
    assert len(found.margins) == 5 * LABELS


def test_a_rule_that_cannot_says_so():
    assert findings(robot_of(lessons(2), rule='original')) is None


def test_it_goes_in_steps():
    network = robot_of(lessons(8)).network
    assert sum(1 for _ in audit(network)) > LABELS


def test_nothing_taught_and_one_label():
    assert findings(Classifier(inputs=INPUTS)).labels == []
    found = findings(robot_of([(view(0, seed), 'one') for seed in range(4)]))
    [only] = found.labels
    assert only.verdict == 'too few'


# -- drift ---------------------------------------------------------------------------------------


def test_a_label_that_fits_less_and_less_drifts():
    log, draw = FitLog(), np.random.default_rng(0)
    for week, mean in ((0, 0.5), (1, 0.5), (5, 0.2)):
        for place in range(2 * FEWEST):
            at = week * WEEK_S + place
            log.add('worn', float(np.clip(draw.normal(mean, 0.1), 0, 1)), at)
            log.add('fresh', float(draw.random()), at)
    [(label, fall)] = log.drifted()
    assert label == 'worn'
    assert fall == pytest.approx(0.3, abs=0.05)
    other = FitLog()
    other.restore(json.loads(json.dumps(log.saved())))
    assert other.drifted() == log.drifted()
    other.forget('worn')
    assert other.drifted() == []


def test_few_answers_say_nothing():
    log = FitLog()
    for place in range(FEWEST):
        log.add('thing', 0.9, float(place))
    for place in range(FEWEST - 1):
        log.add('thing', 0.0, WEEK_S + place)
    assert log.drifted() == []
    log.add('thing', 0.0, WEEK_S + FEWEST)
    assert log.drifted() == [('thing', pytest.approx(0.9))]


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def memory(tmp_path):
    """Return a memory in which one sample has a wrong label, and which one that is."""
    with DiskStore.open(tmp_path / 'memory', {**FINGERPRINT, 'inputs': INPUTS}) as store:
        store.teach_all([NewLesson(label, codes, f'{place}.5')
                         for place, (codes, label) in enumerate(lessons(10))])
        wrong = store.teach('thing 3', view(0, 77), '900.5')
    return tmp_path / 'memory', wrong.number


def test_the_command_names_the_wrong_sample(memory, tmp_path, capsys):
    directory, wrong = memory
    assert main(['state', 'audit', '-m', str(directory), '--json', str(tmp_path / 'a.json')]) == 0
    out = capsys.readouterr().out
    row = next(line.split() for line in out.splitlines() if line.endswith('a suspect'))
    assert row[:5] == [str(wrong), 'thing', '3', 'thing', '0']
    assert 'hybrid-snn state undo --record' in out
    figures = json.loads((tmp_path / 'a.json').read_text())
    assert figures['doubtful'][0]['sample'] == wrong
    assert figures['doubtful'][0]['suspect'] is True
    assert len(figures['margins']) == 61
    assert {row['label'] for row in figures['labels']} == {f'thing {t}' for t in range(LABELS)}


def test_it_reads_a_memory_that_is_open_elsewhere(memory, capsys):
    directory, wrong = memory
    with DiskStore.open(directory, {**FINGERPRINT, 'inputs': INPUTS}) as store:
        added = store.teach('thing 4', view(5, 88), '901.5').number
        assert main(['state', 'audit', '-m', str(directory)]) == 0
        out = capsys.readouterr().out
        assert {str(added), str(wrong)} <= {line.split()[0] for line in out.splitlines() if line}
        assert store.version == added


@pytest.mark.parametrize('labels', [0, 1])
def test_too_few_labels_are_one_sentence(tmp_path, capsys, labels):
    with DiskStore.open(tmp_path / 'memory', {**FINGERPRINT, 'inputs': INPUTS}) as store:
        if labels:
            store.teach('thing 0', view(0, 0), '1.5')
    assert main(['state', 'audit', '-m', str(tmp_path / 'memory')]) == 2
    error = capsys.readouterr().err
    assert 'an audit needs two' in error
    assert error.count('\n') == 1


def test_names_that_steer_a_terminal_are_written_out(tmp_path, capsys):
    with DiskStore.open(tmp_path / 'memory', {**FINGERPRINT, 'inputs': INPUTS}) as store:
        for seed in range(3):
            store.teach('a' * 60, view(0, seed), f'{seed}.5')
            store.teach('Tür 門', view(1, seed), f'{seed}.7')
    assert main(['state', 'audit', '-m', str(tmp_path / 'memory')]) == 0
    out = capsys.readouterr().out
    assert 'Tür 門' in out
    assert 'a' * 31 + '…' in out
    assert 'a' * 32 not in out
