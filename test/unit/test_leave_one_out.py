# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Leaving out by its closed form against networks really taught without the samples."""

from lateral_common import teach_all, untaught
import numpy as np
import pytest

from hybrid_snn_ros.likeness import change_between
from hybrid_snn_ros.snn import lateral
from hybrid_snn_ros.snn.decision import calibrate, decide
from hybrid_snn_ros.snn.lateral import calibration
from hybrid_snn_ros.snn.lateral.leave_one_out import Groups, leave_one_out
from hybrid_snn_ros.snn.rule import Lesson

SIZES = (2, 3, 5, 8, 4, 1)  # samples of each column
INPUTS = 120
CLOSE = 0.01  # of a drive; the network that answers rounds its weights to int8, this does not


def clusters(seed, sizes, inputs, width=0.35):
    """
    Draw frames of Gaussian clusters around one prototype a column.

    :return: function (columns,) -> uint8 (M, inputs) spike counts of new frames.
    """
    rng = np.random.default_rng([3, seed])
    prototypes = rng.gamma(0.5, 4.0, (len(sizes), inputs))
    spread = width * rng.uniform(0.5, 2.0, inputs) * prototypes.mean()

    def frames(columns):
        drawn = prototypes[columns] + spread * rng.standard_normal((len(columns), inputs))
        return np.clip(np.rint(drawn), 0, 10).astype(np.uint8)

    return frames


def lesson(seed, sizes=SIZES, inputs=INPUTS):
    """Return spike counts and columns in a random order, so many frames a column."""
    columns = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    return clusters(seed, sizes, inputs)(columns), columns


def taught(params, counts, columns, size):
    """Return the state after a lesson."""
    return teach_all(params, untaught(params, counts.shape[-1], size), counts, columns)


def several_views(counts, views, seed=17):
    """Return the frames as the first of so many views that differ, uint8 (M, views, N)."""
    noise = np.random.default_rng(seed).integers(-2, 3, (len(counts), views, counts.shape[1]))
    noise[:, 0] = 0
    return np.clip(counts[:, None].astype(int) + noise, 0, 10).astype(np.uint8)


def taught_without(params, counts, columns, left_out, size):
    """
    Return the state after a lesson less one sample, its label's share in the background kept.

    The background hears the mean of the label's other samples in the place of the one left out.
    """
    rest = np.arange(len(columns)) != left_out
    state = taught(params, counts[rest], columns[rest], size)
    row = columns[left_out] + 1
    for array in (state.templates, state.weights):
        array[0] += (array[row] - array[0]) / len(columns)
    state.costs[0] = state.weights[0] @ state.templates[0] / 2
    return state


@pytest.mark.parametrize('constants', [
    {}, {'prior_strength': 0.0, 'bias_correction': 0.0},
    {'prior_strength': 4.0, 'bias_correction': 1.0, 'fit_share': 2.0}])
@pytest.mark.parametrize('seed', range(3))
def test_leaving_out_is_a_network_taught_without_the_sample(seed, constants):
    params = lateral.Params(**constants)
    counts, columns = lesson(seed)
    state = taught(params, counts, columns, len(SIZES))
    gain = lateral.readout(params, state).gain
    seen = leave_one_out(params, state, counts, columns)
    others = np.flatnonzero(np.array(SIZES)[columns] > 1)
    assert seen.columns.tolist() == columns[others].tolist()

    shift = 0.0
    for row, left_out in enumerate(others):
        without = lateral.readout(
            params, taught_without(params, counts, columns, left_out, len(SIZES)))
        response = lateral.present(params, without, counts[left_out])
        rescaled = gain / without.gain  # leave_one_out looks with the gain of today's network
        np.testing.assert_allclose(seen.drives[row], response.drives * rescaled, atol=CLOSE)
        if response.evidence.argmax() == seen.drives[row].argmax():
            assert seen.typicality[row] == pytest.approx(
                response.typicality * rescaled, abs=CLOSE)
        else:  # the columns spike nearly alike
            assert np.ptp(np.sort(seen.drives[row])[-2:]) < 0.1
        learned = lateral.present(params, lateral.readout(params, state), counts[left_out])
        shift = max(shift, learned.typicality - seen.typicality[row])
    assert shift > 4 * CLOSE  # as learned, some look far more typical: leaving out matters


@pytest.mark.parametrize('size, views', [(1, 1), (2, 1), (3, 1), (1, 2), (1, 6), (2, 6), (3, 3)])
def test_leaving_out_equals_the_algebra_in_float64(size, views):
    """
    Drives and typicality from the scatter without the group, apart from kappa and gain.

    A group of more than one view leaves what the others in it differ by among themselves.
    """
    params = lateral.Params()
    counts, columns = lesson(5)
    shown = several_views(counts, views)  # (M, k, N)
    state = taught(params, shown if views > 1 else counts, columns, len(SIZES))
    gain = lateral.readout(params, state).gain
    kappa = lateral.Products.of(params, state).residual
    x = shown * params.trace_scale
    groups = [np.flatnonzero(columns == column)[:size] for column in range(len(SIZES))]
    members = [groups[column] if row in groups[column] else np.array([row])
               for row, column in enumerate(columns)]
    seen = leave_one_out(params, state, counts, columns, Groups(
        np.array(list(map(len, members))),
        np.array([shown[group].mean(axis=(0, 1)) for group in members], np.float32),
        np.full(len(columns), 1 / views)))
    several = [row for row, column in enumerate(columns) if SIZES[column] > len(members[row])]
    assert len(seen.columns) == len(several) > 10
    for row, left_out in enumerate(several):
        group = members[left_out]
        rest = ~np.isin(np.arange(len(columns)), group)
        asked = np.flatnonzero(group == left_out)[0] * views  # itself is left out wholly
        others = np.delete(x[group].reshape(-1, INPUTS), asked, axis=0)
        within = (others - others.mean(axis=0) if len(others) else others) / np.sqrt(views)
        scatter = params.ridge * np.eye(INPUTS) + within.T @ within
        means = []
        for c in range(len(SIZES)):
            own = x[rest & (columns == c)].reshape(-1, INPUTS)
            means.append(own.mean(axis=0))
            scatter += (own - means[c]).T @ (own - means[c]) / views
        p = np.linalg.inv(scatter)
        new = x[left_out, 0]
        zero = (x[rest].mean(axis=1).sum(axis=0)
                + len(group) * means[columns[left_out]]) / len(x)
        drives = []
        for c, mean in enumerate(means):
            n = (rest & (columns == c)).sum()
            s = n / (n + params.prior_strength)
            e = zero + s * (mean - zero)
            drives.append(gain * ((e - zero) @ p @ new - (e @ p @ e - zero @ p @ zero) / 2
                                  + s * s * params.bias_correction * kappa / n / 2))
        best = int(np.argmax(drives))
        error = new - means[best]
        np.testing.assert_allclose(seen.drives[row], drives, atol=1e-4)
        assert seen.typicality[row] == pytest.approx(
            drives[best] - gain * params.fit_share * error @ p @ error, abs=1e-4)


def test_what_is_too_alike_is_found_in_its_own_column_alone():
    """Also a chain of three, of which the ends are not alike; in any order."""
    base = np.random.default_rng(1).gamma(0.5, 40, 300).clip(0, 200)
    other = np.random.default_rng(2).gamma(0.5, 40, 300).clip(0, 200)
    codes = [(base + share * other).astype(np.uint8) for share in (0, 0.35, 0.7, 0, 2.5)]
    lessons = [Lesson.of(number, column, one, one // 20) for number, (column, one) in enumerate(
        zip([0, 0, 0, 1, 0], codes))]
    alike = [[change_between(a, b) < calibration.ALIKE for b in codes[:3]] for a in codes[:3]]
    assert alike == [[True, True, False], [True, True, True], [False, True, True]]
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 3, 1]):
        groups, _ = calibration.groups_of(lessons, [lessons[place] for place in order])
        assert groups.sizes.tolist() == [2, 3, 2, 1, 1]
        np.testing.assert_allclose(
            groups.means[1], np.mean([lesson.counts for lesson in lessons[:3]], axis=0))
        np.testing.assert_array_equal(groups.means[3], lessons[3].counts)


def test_what_was_found_before_saves_time_and_changes_nothing():
    """A lesson more, one less, another column, other lessons chosen."""
    counts, columns = lesson(12, sizes=(9, 12))
    drawn = np.random.default_rng(3).integers(0, 3, len(counts))  # some are the same again
    lessons = [Lesson.of(number, int(column), counts[one] * 20, counts[one])
               for number, (one, column) in enumerate(zip(drawn, columns))]
    _, known = calibration.groups_of(lessons[:8], lessons)
    for chosen, of in ((lessons[:8], lessons), (lessons[:8], lessons[:-1]),
                       (lessons[1:9], lessons[1:]), (lessons[3:], lessons),
                       ([one._replace(column=0) for one in lessons[:8]],
                        [one._replace(column=0) for one in lessons])):
        ours, _ = calibration.groups_of(chosen, of, known)
        fresh, _ = calibration.groups_of(chosen, of)
        np.testing.assert_array_equal(ours.sizes, fresh.sizes)
        np.testing.assert_array_equal(ours.means, fresh.means)
        assert ours.sizes.max() > 1


def test_leaving_out_changes_nothing():
    params = lateral.Params()
    counts, columns = lesson(6)
    state = taught(params, counts, columns, len(SIZES))
    before = [array.copy() for array in state]
    first = leave_one_out(params, state, counts, columns)
    again = leave_one_out(params, state, counts, columns)
    for array, copy in zip(state, before):
        np.testing.assert_array_equal(array, copy)
    for one, other in zip(first, again):
        np.testing.assert_array_equal(one, other)


def test_any_part_of_the_samples_may_be_looked_at():
    """Rows do not depend on one another, and a list of columns will do."""
    params = lateral.Params()
    counts, columns = lesson(7)
    state = taught(params, counts, columns, len(SIZES))
    whole = leave_one_out(params, state, counts, columns)
    kept = np.flatnonzero(np.array(SIZES)[columns] > 1)
    part = leave_one_out(params, state, counts[kept[3:8]], columns[kept[3:8]].tolist())
    np.testing.assert_allclose(part.drives, whole.drives[3:8], atol=1e-5)
    np.testing.assert_allclose(part.typicality, whole.typicality[3:8], atol=1e-5)


@pytest.mark.filterwarnings('error')
def test_the_only_sample_of_a_column_is_left_out():
    params = lateral.Params()
    counts, columns = lesson(8, sizes=(1, 1, 1))
    for m in (1, 2, 3):
        state = taught(params, counts[:m], columns[:m], 3)
        seen = leave_one_out(params, state, counts[:m], columns[:m])
        assert seen.typicality.shape == seen.columns.shape == (0,)
        assert seen.drives.shape == (0, 3)
        assert len(calibrate(seen).typicalities) == 0


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('samples', [2, 5])
def test_a_single_label_has_a_fit_and_no_drive(samples):
    """Nothing sets one label apart: gain 0. What it was not taught fits it worse."""
    params = lateral.Params()
    counts, columns = lesson(9, sizes=(samples,))
    state = taught(params, counts, columns, 1)
    seen = leave_one_out(params, state, counts, columns)
    assert seen.drives.tolist() == [[0.0]] * samples
    read = lateral.readout(params, state)
    strange = clusters(77, (1,), INPUTS)(np.zeros(8, int))
    assert seen.typicality.min() > max(
        lateral.present(params, read, k).typicality for k in strange)


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('sizes', [(3, 0), (3, 0, 4)])
def test_columns_never_taught_are_no_answer(sizes):
    params = lateral.Params()
    counts, columns = lesson(10, sizes=sizes)
    state = taught(params, counts, columns, len(sizes))
    seen = leave_one_out(params, state, counts, columns)
    assert (seen.drives[:, 1] == -np.inf).all()
    assert np.isfinite(np.delete(seen.drives, 1, axis=1)).all()
    assert np.isfinite(seen.typicality).all()


@pytest.mark.filterwarnings('error')
def test_black_and_equal_frames_are_looked_at():
    params = lateral.Params()
    counts, columns = lesson(11, sizes=(4, 4))
    counts[columns == 0] = 0
    counts[columns == 1] = counts[columns == 1][0]
    state = taught(params, counts, columns, 2)
    seen = leave_one_out(params, state, counts, columns)
    assert (seen.drives.argmax(axis=1) == columns).all()
    assert np.isfinite(seen.typicality).all()


# --- what it is for: the threshold --------------------------------------------------------------

LABELS = (10, 14, 18, 22, 26, 30, 34, 38, 42, 46)  # 280 records


def false_unknown(seed, order, nominal, sizes=LABELS):
    """
    Teach clusters in an order; return the share of 500 fresh frames called unknown.

    By the records alone: clusters lie so far apart that no frame looks like an unknown object.
    """
    params = lateral.Params()
    frames = clusters(seed, sizes, INPUTS)
    columns = np.repeat(np.arange(len(sizes)), sizes)
    counts = frames(columns)
    fresh = frames(np.random.default_rng(seed).choice(columns, 500))  # labels as often as taught
    place = order(np.random.default_rng(seed), columns)
    counts, columns = counts[place], columns[place]
    state = taught(params, counts, columns, len(sizes))
    calibration = calibrate(leave_one_out(params, state, counts, columns))._replace(ceiling=np.inf)
    assert len(calibration.typicalities) == sum(sizes)
    read = lateral.readout(params, state)
    return np.mean([decide(lateral.present(params, read, k), calibration, nominal, 1).unknown
                    for k in fresh])


ORDERS = {'label by label': lambda rng, columns: np.arange(len(columns)),
          'last label first': lambda rng, columns: np.argsort(-columns, kind='stable'),
          'shuffled': lambda rng, columns: rng.permutation(len(columns))}


@pytest.mark.parametrize('nominal', [0.05, 0.1])
@pytest.mark.parametrize('seed', range(3))
def test_about_the_nominal_share_of_fresh_frames_is_refused_in_any_order(seed, nominal):
    shares = {name: false_unknown(seed, order, nominal) for name, order in ORDERS.items()}
    for name, share in shares.items():
        assert nominal / 2 <= share <= nominal * 2, f'{name}: {share}'
    assert np.ptp(list(shares.values())) <= 0.005  # rounding alone


@pytest.mark.parametrize('sizes', [(10, 10), (8, 8, 8), (6, 24)])
def test_few_labels_with_few_samples_are_refused_no_more_than_wanted(sizes):
    """Mean over draws: with few records a single threshold is a matter of luck."""
    shares = [false_unknown(seed, ORDERS['label by label'], 0.1, sizes) for seed in range(10)]
    assert np.mean(shares) <= 0.15, shares


def test_the_threshold_does_not_drift_as_labels_are_taught_one_after_the_other():
    """At every moment, not just at the end; as learned, frames would set it far too high."""
    params = lateral.Params()
    inputs, labels, shots = 400, 36, 7
    frames = clusters(4, (shots,) * labels, inputs)
    state = lateral.initial(params, inputs)
    counts, columns = np.zeros((0, inputs), np.uint8), np.zeros(0, int)
    shares, learned = [], []
    for c in range(labels):
        new = frames(np.full(shots, c))
        state = teach_all(params, lateral.grow(params, state), new, [c] * shots)
        counts, columns = np.vstack([counts, new]), np.append(columns, [c] * shots)
        if c not in (15, 25, 35):
            continue
        calibration = calibrate(
            leave_one_out(params, state, counts, columns))._replace(ceiling=np.inf)
        read = lateral.readout(params, state)
        responses = [lateral.present(params, read, k)
                     for k in frames(np.repeat(np.arange(c + 1), 500 // (c + 1)))]
        shares.append(np.mean([decide(r, calibration, 0.1, 1).unknown for r in responses]))
        as_learned = calibration._replace(typicalities=np.sort(
            [lateral.present(params, read, k).typicality for k in counts]))
        learned.append(np.mean([decide(r, as_learned, 0.1, 1).unknown for r in responses]))
    assert 0.05 <= min(shares) and max(shares) <= 0.2, shares
    assert max(learned) > 0.2, learned  # these bounds would notice
    assert all(naive > 1.5 * share for naive, share in zip(learned, shares))
