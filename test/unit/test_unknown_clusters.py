# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Unknown frames in groups: against the equation in float64, and as the robot meets them."""

import io

import cluster_oracle
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
import things

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.likeness import change_between
from hybrid_snn_ros.questions import UnknownClusters
from hybrid_snn_ros.questions.halves import halves
from hybrid_snn_ros.questions.unknown_clusters import ASK_AT, LARGEST
from hybrid_snn_ros.snn import lateral
from hybrid_snn_ros.snn.rule import Lesson

INPUTS, KNOWN, NEW = 96, 5, 4
DRAW = np.random.default_rng(3)
THINGS = things.things(DRAW, KNOWN + NEW, INPUTS)
FALSE_UNKNOWN = 0.05


def view(thing, seed):
    """Return a new view of a thing, known (0..4) or new (5..8)."""
    return things.view_of(THINGS[thing], np.random.default_rng([7, thing, seed]), spread=0.8)


@pytest.fixture
def robot():
    """Return a classifier that knows five things from twelve views of each."""
    return taught()


def taught():
    classifier = Classifier(inputs=INPUTS, false_unknown=FALSE_UNKNOWN, min_change=0)
    for seed in range(12):
        for thing in range(KNOWN):
            classifier.teach(view(thing, seed), f'thing {thing}')
    return classifier


def followed(clusters, robot):
    """Let clusters catch up with a robot; return them."""
    for _ in clusters.follow(lambda: robot.network):
        pass
    return clusters


def watching(robot, limit=500):
    return followed(UnknownClusters(FALSE_UNKNOWN, limit), robot)


def see(clusters, robot, thing, seeds, time=0.0):
    """Show views of a thing that are strange; return the members that they became."""
    shown = [(seed, codes) for seed in seeds
             if robot.predict(codes := view(thing, 100 + seed)).reason == 'strange']
    assert len(shown) > len(seeds) / 2
    return [clusters.add(robot.network, codes, f'{thing}.{seed}', time + seed)
            for seed, codes in shown]


def oracle_of(robot):
    """Return the state of the float64 oracle and a function from codes to spike counts."""
    network = robot.network
    counts = np.array([lesson.counts for lesson in network.lessons])
    columns = np.array([lesson.column for lesson in network.lessons])
    return cluster_oracle.state_of(network.params, counts, columns), network.counts


# -- the equation --------------------------------------------------------------------------------


@pytest.mark.parametrize('constants', [
    {}, {'prior_strength': 0.0, 'bias_correction': 0.0},
    {'prior_strength': 5.0, 'bias_correction': 1.0, 'ridge': 1.0}])
def test_scores_are_the_equation_in_float64(constants):
    params = lateral.Params(**constants)
    rng = np.random.default_rng(4)
    columns = np.repeat(np.arange(4), (2, 3, 6, 9))
    counts = rng.integers(0, 11, (4, 40), dtype=np.uint8)[columns]
    counts = np.clip(counts + rng.integers(-3, 4, counts.shape), 0, 10).astype(np.uint8)
    state = lateral.consolidated(params, counts, columns, 4)
    oracle = cluster_oracle.state_of(params, counts, columns)
    frames = rng.integers(0, 11, (5, 40), dtype=np.uint8)
    groups = [rng.integers(0, 11, (n, 40), dtype=np.uint8) for n in (1, 2, 8, 30)]
    metric = lateral.cluster_metric(params, state)
    _, heard = lateral.hear(params, state, frames)
    means, means_heard = lateral.hear(params, state, np.array([g.mean(axis=0) for g in groups]))
    scores = metric.scores(heard, means, (means * means_heard).sum(axis=1),
                           np.array([len(g) for g in groups]))
    expected = [[cluster_oracle.score(params, oracle, frame, g) for g in groups]
                for frame in frames]
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-3)
    assert np.ptp(expected) > 0.5  # or the comparison says nothing


def test_the_threshold_is_a_quantile_over_pairs_of_different_labels(robot):
    oracle, _ = oracle_of(robot)
    lessons = robot.network.lessons
    scores = [cluster_oracle.score(robot.network.params, oracle, one.counts, other.counts[None])
              for one in lessons for other in lessons if one.column != other.column]
    assert len(scores) == 60 * 48
    assert watching(robot)._threshold == pytest.approx(np.quantile(scores, 0.99), rel=2e-3)


def test_what_needs_no_name_sets_no_threshold(robot):
    """Frames taught as `other` show one thing or many: pairs with them say nothing."""
    for seed in range(4):
        robot.teach(view(8, seed), 'other')
    oracle, _ = oracle_of(robot)
    lessons = [one for one in robot.network.lessons if robot.labels[one.column] != 'other']
    scores = [cluster_oracle.score(robot.network.params, oracle, one.counts, other.counts[None])
              for one in lessons for other in lessons if one.column != other.column]
    assert watching(robot)._threshold == pytest.approx(np.quantile(scores, 0.99), rel=2e-3)


def leader_clustering(robot, threshold, frames):
    """Group frames as the docstring of the module says, one by one; return sets of places."""
    oracle, counts_of = oracle_of(robot)
    seen = [counts_of(codes) for codes in frames]

    def score(place, group):
        return cluster_oracle.score(robot.network.params, oracle, seen[place],
                                    np.array([seen[one] for one in group]))
    groups = []
    for place, codes in enumerate(frames):
        if any(change_between(codes, frames[one]) < 0.1 for group in groups for one in group):
            continue
        scores = [score(place, group) for group in groups]
        above = sorted((one for one in range(len(groups)) if scores[one] > threshold),
                       key=lambda one: -scores[one])
        if not above:
            groups.append([place])
            continue
        best, others = groups[above[0]], [groups[one] for one in above[1:]]
        if len(best) >= LARGEST:
            continue
        best.append(place)
        for other in others:
            if min(np.mean([score(one, best) for one in other]),
                   np.mean([score(one, other) for one in best])) > threshold:
                best += other
                groups = [group for group in groups if group is not other]
                break
    return {frozenset(group) for group in groups}


def between(seed):
    """Return frames that lie between two new things each, so that groups run into each other."""
    rng = np.random.default_rng(seed)
    for _ in range(60):
        (one, other), share = THINGS[rng.integers(KNOWN, KNOWN + NEW, 2)], rng.random()
        yield things.view_of(share * one + (1 - share) * other, rng, spread=0.8)


@pytest.mark.parametrize('seed', range(6))
def test_groups_are_those_of_the_rule_said_plainly(robot, seed):
    frames = list(between(seed))
    clusters, sizes = watching(robot), []
    clusters._threshold = 0.5  # at which these frames make several groups
    for place, codes in enumerate(frames):
        clusters.add(robot.network, codes, str(place), 0.0)
        sizes.append(len(clusters.clusters))
    found = {frozenset(int(member.stamp) for member in cluster.members)
             for cluster in clusters.clusters}
    assert found == leader_clustering(robot, 0.5, frames)
    assert 4 < len(found) < 15
    if seed < 2:
        assert min(np.diff(sizes)) == -1  # groups became one, or it would not be tested


# -- asking --------------------------------------------------------------------------------------


def test_each_new_thing_is_asked_about_once(robot):
    clusters, shown = watching(robot), {}
    clusters._threshold = 0.3  # five things known are few to find one that four more keep apart
    for seed in range(14):
        for thing in range(KNOWN, KNOWN + NEW):
            if robot.predict(view(thing, 100 + seed)).reason == 'strange':
                see(clusters, robot, thing, [seed])
                shown.setdefault(str(thing), []).append(float(seed))
    assert len(clusters.questions) == NEW
    for question in clusters.questions:
        [thing] = {member.stamp.split('.')[0] for member in question.members}
        assert (question.first, question.last) == (shown[thing][0], shown[thing][-1])
        assert question.seen == len(shown[thing])
    assert [q.ripe for q in clusters.questions] == sorted(q.ripe for q in clusters.questions)


def test_a_question_needs_members_enough(robot):
    clusters = watching(robot)
    taken = 0
    for seed in range(14):
        taken += see(clusters, robot, KNOWN + 1, [seed])[0] is not None
        assert len(clusters.questions) == (taken >= ASK_AT)
    assert taken > ASK_AT


def test_an_answer_gives_what_to_teach_and_the_thing_is_known(robot):
    clusters = watching(robot)
    see(clusters, robot, KNOWN, range(12))
    see(clusters, robot, KNOWN + 1, range(3))
    [question] = clusters.questions
    struck = question.members[2]
    members = clusters.answer(question.number, [struck.number])
    assert members == [member for member in question.members if member is not struck]
    assert {member.stamp[0] for member in members} == {str(KNOWN)}
    assert not clusters.questions
    assert struck.number in clusters.numbers  # it waits on, alone
    for member in members:
        robot.teach(member.codes, 'new')
    followed(clusters, robot)
    assert struck.number not in clusters.numbers  # it has a name now
    assert {member.stamp[0] for one in clusters.clusters for member in one.members} == {
        str(KNOWN + 1)}
    assert robot.predict(view(KNOWN, 999)).label == 'new'


def mixed(robot, counts):
    """Return clusters in which two new things have become one question."""
    clusters = watching(robot)
    clusters._threshold = -np.inf
    shown = [[(thing, seed) for seed in range(40)
              if robot.predict(view(thing, 100 + seed)).reason == 'strange'][:count]
             for thing, count in zip((5, 6), counts)]
    for thing, seed in sorted(sum(shown, []), key=lambda one: one[1]):
        see(clusters, robot, thing, [seed], float(seed))
    return clusters, clusters.questions[0]


def things_of(cluster):
    return {member.stamp.split('.')[0] for member in cluster.members}


@pytest.mark.parametrize('counts', [(10, 10), (4, 12), (12, 5)])
def test_a_question_about_two_things_is_split_by_its_members(robot, counts):
    """Each half is asked about at once, and stays, apart, when the metric changes."""
    clusters, question = mixed(robot, counts)
    members, times = {one.number for one in question.members}, question.ripe
    assert things_of(question) == {'5', '6'}
    before = clusters.numbers
    parts = clusters.split(robot.network, question.number)
    assert clusters.numbers == before
    for _ in range(2):
        asked = clusters.questions
        assert [one.number for one in asked] == parts and question.number not in parts
        assert sorted(map(len, map(things_of, asked))) == [1, 1]
        left = {one.number for part in asked for one in part.members}
        assert left == members & clusters.numbers and len(left) > len(members) - 4
        assert {one.ripe for one in asked} == {times}, 'in the place of what was split'
        robot.teach(view(0, 900), 'thing 0')
        followed(clusters, robot)
    clusters._threshold = -np.inf  # whatever comes would make them one again
    see(clusters, robot, 5, range(30, 36), 90.0)
    assert [one.number for one in clusters.questions] == parts
    [left] = [one for one in clusters.questions if things_of(one) == {'6'}]
    clusters.answer(left.number)
    assert [one.number for one in clusters.questions] == [
        number for number in parts if number != left.number]


def test_two_means_are_the_best_cut_and_are_the_same_whatever_the_order():
    """Of few members all cuts can be tried."""
    draw = np.random.default_rng(4)
    for count in range(2, 10):
        root = draw.normal(size=(6, 6))
        metric = root @ root.T + np.eye(6)
        x = draw.normal(size=(count, 6)) + np.outer(np.arange(count) % 3 == 0, np.full(6, 9.0))

        def spread(part, x=x, metric=metric):
            return sum(float(np.einsum('ki,ij,kj->', one - one.mean(axis=0), metric,
                                       one - one.mean(axis=0)))
                       for one in (x[part], x[~part]))
        cuts = [np.array([number >> place & 1 for place in range(count)], bool)
                for number in range(1, 2 ** count - 1)]
        best = min(map(spread, cuts))
        found = halves(x, x @ metric)
        assert found.any() and not found.all()
        assert spread(found) == pytest.approx(best)
        turned = halves(x[::-1], (x @ metric)[::-1])[::-1]
        assert (turned == found).all() or (turned == ~found).all()
    assert halves(np.ones((5, 6)), np.ones((5, 6))).sum() in range(1, 5), 'all alike'


def test_a_thing_that_is_ignored_is_not_asked_about_again(robot):
    clusters = watching(robot)
    see(clusters, robot, KNOWN, range(10))
    clusters.ignore(clusters.questions[0].number)
    see(clusters, robot, KNOWN, range(10, 60))
    assert not clusters.questions
    assert max(len(one.members) for one in clusters.clusters) == LARGEST


@pytest.mark.parametrize('do', ['answer', 'ignore'])
def test_a_question_that_is_gone_is_named(robot, do):
    with pytest.raises(KeyError, match='there is no question 7'):
        getattr(watching(robot), do)(7)


def test_the_nearest_labels_are_those_of_the_network(robot):
    clusters = watching(robot)
    see(clusters, robot, KNOWN, range(10))
    nearest = clusters.nearest(robot.network, clusters.questions[0].number, 3)
    assert len(nearest) == 3
    drives = np.mean([robot.present(member.codes).evidence
                      for member in clusters.questions[0].members], axis=0)
    assert nearest[0][0] == robot.labels[int(drives.argmax())]


# -- what is no news -----------------------------------------------------------------------------


def test_a_camera_that_stands_still_asks_nothing(robot):
    """Noise changes the codes a little, for as long as it likes."""
    clusters, rng = watching(robot), np.random.default_rng(0)
    still = view(KNOWN, 1).astype(int)
    for second in range(3000):
        frame = np.clip(still + rng.integers(-4, 5, INPUTS), 0, 255).astype(np.uint8)
        clusters.add(robot.network, frame, str(second), float(second))
    [only] = clusters.clusters
    assert len(only.members) == 1
    assert (only.seen, only.last) == (3000, 2999.0)


def test_nothing_is_grouped_before_two_things_are_known():
    robot = Classifier(inputs=INPUTS)
    clusters = watching(robot)
    assert clusters.add(robot.network, view(0, 0), '', 0.0) is None
    for seed in range(4):
        robot.teach(view(0, seed), 'one')
    followed(clusters, robot)
    assert clusters.add(robot.network, view(5, 0), '', 0.0) is None


@pytest.mark.parametrize('rule', ['original'])
def test_a_rule_without_a_metric_groups_nothing(rule):
    robot = Classifier(rule=rule, inputs=INPUTS)
    for seed in range(3):
        robot.teach(view(0, seed), 'one')
        robot.teach(view(1, seed), 'two')
    clusters = watching(robot)
    assert clusters.add(robot.network, view(5, 0), '', 0.0) is None


# -- when something is taught --------------------------------------------------------------------


def test_no_frame_is_taken_before_the_new_metric_is_there(robot):
    clusters = watching(robot)
    robot.teach(view(6, 0), 'another')
    assert clusters.is_stale(robot.network)
    assert see(clusters, robot, 5, [0]) == [None]
    followed(clusters, robot)
    assert see(clusters, robot, 5, [0])[0] is not None


def test_a_change_on_the_way_begins_it_again(robot):
    clusters = watching(robot)
    see(clusters, robot, 5, range(5))
    robot.teach(view(6, 0), 'another')
    steps = clusters.follow(lambda: robot.network)
    next(steps)
    robot.teach(view(6, 1), 'another')
    for _ in steps:
        pass
    other = followed(watching_restored(clusters), robot)
    assert clusters._threshold == other._threshold
    np.testing.assert_array_equal(clusters._heard.matrix, other._heard.matrix)


def watching_restored(clusters):
    """Return other clusters that were saved and restored by way of a file."""
    file = io.BytesIO()
    np.savez(file, **clusters.saved())
    file.seek(0)
    fresh = UnknownClusters(FALSE_UNKNOWN)
    with np.load(file, allow_pickle=False) as arrays:
        fresh.restore(dict(arrays))
    return fresh


def test_an_answer_on_the_way_begins_it_again(robot):
    clusters = watching(robot)
    see(clusters, robot, 5, range(12))
    see(clusters, robot, 6, range(3))
    robot.teach(view(8, 0), 'another')
    steps = clusters.follow(lambda: robot.network)
    for _ in range(3):
        next(steps)
    clusters.answer(clusters.questions[0].number)
    for _ in steps:
        pass
    assert {member.stamp[0] for one in clusters.clusters for member in one.members} == {'6'}
    assert len(clusters._heard) == len(clusters.clusters)


def test_what_is_computed_anew_is_what_grew(robot):
    """Means that grew frame by frame, and those from the members, are the same."""
    clusters = watching(robot)
    for seed in range(9):
        for thing in range(5, 9):
            if robot.predict(view(thing, 100 + seed)).reason == 'strange':
                see(clusters, robot, thing, [seed])
    grown = clusters._means.matrix.copy(), clusters._heard.matrix.copy()
    clusters._revision = None
    followed(clusters, robot)
    for before, after in zip(grown, (clusters._means.matrix, clusters._heard.matrix)):
        np.testing.assert_allclose(after, before, rtol=2e-4, atol=2e-5)


def test_what_is_answered_as_other_leaves_too(robot):
    clusters = watching(robot)
    see(clusters, robot, 6, range(6))
    assert len(clusters.numbers) == 6
    for seed in range(12):
        robot.teach(view(6, 200 + seed), 'other')
    assert robot.predict(view(6, 100)).reason == 'other'
    followed(clusters, robot)
    assert not clusters.clusters


# -- bounded, deterministic, restorable ----------------------------------------------------------


def contents(clusters):
    """Return all there is to know of clusters, comparable."""
    return repr([(one.number, one.first, one.last, one.seen, one.ignored, one.ripe, one.split,
                  [(member.number, member.stamp, member.time, member.codes.tobytes())
                   for member in one.members]) for one in clusters.clusters])


def test_a_restart_goes_on_as_if_there_had_been_none(robot):
    clusters = watching(robot)
    for thing in (5, 6):
        see(clusters, robot, thing, range(12))
    clusters.ignore(clusters.questions[1].number)
    clusters.split(robot.network, clusters.questions[0].number)
    fresh = watching_restored(clusters)
    assert contents(fresh) == contents(clusters)
    followed(fresh, robot)
    for one in (clusters, fresh):
        see(one, robot, 7, range(5))
        see(one, robot, 5, range(20, 25))
    assert contents(fresh) == contents(clusters)
    assert fresh.numbers == clusters.numbers


@pytest.mark.parametrize('name', ['codes', 'cluster', 'next'])
def test_saved_arrays_that_lack_one_are_refused(robot, name):
    saved = watching(robot).saved()
    del saved[name]
    with pytest.raises(ValueError, match=f"saved questions lack '{name}'"):
        UnknownClusters(FALSE_UNKNOWN).restore(saved)


def test_the_smallest_that_was_not_seen_for_longest_goes_first(robot):
    clusters = watching(robot, limit=70)
    see(clusters, robot, 5, range(12), time=0.0)  # a question, the oldest
    see(clusters, robot, 6, range(3), time=100.0)
    clusters._threshold = np.inf  # from now on each is a group of its own
    rng = np.random.default_rng(1)
    strangers = [rng.integers(0, 256, INPUTS) * (rng.random(INPUTS) < 0.08) for _ in range(200)]
    for place, codes in enumerate(strangers):
        clusters.add(robot.network, codes.astype(np.uint8), f's.{place}', 200.0 + place)
    assert len(clusters.numbers) <= 70
    sizes = [len(one.members) for one in clusters.clusters]
    assert len(clusters.questions) >= 1
    assert clusters.clusters[0].first == 0.0
    assert sizes.count(1) < 70
    alone = [int(one.members[0].stamp.split('.')[1]) for one in clusters.clusters
             if len(one.members) == 1]
    assert min(alone) > 100  # of those alone the old ones went


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from('sssssssaipptu'), st.integers(5, 8),
                          st.integers(0, 30)), min_size=1, max_size=90))
def test_whatever_is_done_the_books_agree(steps):
    """Seen, answered, ignored, taught, taken back: counts, rows and members stay one story."""
    robot, limit = _KNOWING, 70
    clusters = watching(robot, limit)
    taught_here = 0
    for what, thing, number in steps:
        if what == 's':
            clusters.add(robot.network, view(thing, number), f'{thing}', float(number))
        elif what == 't':
            robot.teach(view(thing, number), f'thing {thing}')
            taught_here += 1
        elif what == 'u' and taught_here:
            robot.undo()
            taught_here -= 1
        elif clusters.questions:
            question = clusters.questions[number % len(clusters.questions)]
            if what == 'a':
                clusters.answer(question.number, [question.members[0].number])
            elif what == 'p' and len(question.members) > 1:
                clusters.split(robot.network, question.number)
            else:
                clusters.ignore(question.number)
        if number % 3 == 0:
            followed(clusters, robot)
        listed = [member.number for one in clusters.clusters for member in one.members]
        assert len(listed) == len(set(listed)) <= limit
        assert set(listed) == clusters.numbers
        assert all(one.members for one in clusters.clusters)
        assert len(clusters._means) == len(clusters._heard) == len(clusters.clusters)
        assert len(clusters._directions) == len(listed)
        for row, (member, own) in enumerate(clusters._members):
            assert any(member is one for one in own.members)
            codes = member.codes.astype(np.float32)
            np.testing.assert_allclose(clusters._directions.matrix[row],
                                       codes / np.linalg.norm(codes), rtol=1e-5)
        assert all(len(one.members) >= ASK_AT or one.split for one in clusters.questions)
    for _ in range(taught_here):
        robot.undo()


_KNOWING = taught()


def test_lessons_in_views_set_the_threshold_by_their_first(robot):
    """The other views of a taught frame are no pair of their own."""
    several = Classifier(inputs=INPUTS, false_unknown=FALSE_UNKNOWN, min_change=0)
    for seed in range(4):
        for thing in range(3):
            several.teach(np.array([view(thing, seed), view(thing, 50 + seed)]), f'thing {thing}')
    clusters = watching(several)
    metric = several.network.cluster_metric()
    lessons: list[Lesson] = several.network.lessons
    x, heard = several.network.hear(np.array([lesson.counts[0] for lesson in lessons]))
    scores = metric.scores(heard, x, (x * heard).sum(axis=1), np.ones(len(x)))
    columns = np.array([lesson.column for lesson in lessons])
    apart = columns[:, None] != columns
    assert clusters._threshold == pytest.approx(np.quantile(scores[apart], 0.99), rel=1e-5)
