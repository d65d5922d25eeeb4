# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The decision: ranking, scores, ties, the unknown threshold, and the temperature."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros.snn.decision import (
    calibrate,
    calibrate_prequential,
    Calibration,
    decide,
    FewRecords,
    fit_temperature,
    LeftOut,
    MIN_RECORDS,
    Record,
    START_TEMPERATURE,
)
from hybrid_snn_ros.snn.response import Response

NONE = Calibration(np.array([]), 0.5)
EVIDENCE = st.lists(st.floats(-20, 20), min_size=1, max_size=12)


def response(evidence, typicality=0.0, drives=None):
    evidence = np.array(evidence, dtype=float)
    drives = evidence if drives is None else np.array(drives, dtype=float)
    return Response(np.zeros(len(evidence), int), evidence, drives, typicality)


def records(typicalities):
    return Calibration(np.asarray(typicalities, dtype=float), 0.5)


# -- ranking and scores --------------------------------------------------------------------------


def test_without_a_column_everything_is_unknown():
    assert decide(response([]), NONE, 0.05, 5) == ([], True, 0.0)


def test_columns_are_ranked_by_evidence_and_cut_at_top():
    ranked = decide(response([1.0, 5.0, -2.0, 3.0]), NONE, 0.05, 3).ranked
    assert [column for column, _ in ranked] == [1, 3, 0]


@pytest.mark.parametrize('temperature', [0.1, 0.5, 3.0])
def test_scores_are_the_softmax_of_the_drives(temperature):
    calibration = Calibration(np.array([]), temperature)
    ranked = decide(response([7.0, 9.0], drives=[2.0, 2.3]), calibration, 0, 5).ranked
    odds = np.exp(0.3 / temperature)
    assert ranked == [(1, pytest.approx(odds / (1 + odds))), (0, pytest.approx(1 / (1 + odds)))]


@given(EVIDENCE, st.randoms())
def test_scores_of_all_columns_are_a_distribution_and_fall_with_the_rank(evidence, draw):
    drives = draw.sample(evidence, len(evidence))  # spikes and drives need not agree
    ranked = decide(response(evidence, drives=drives), NONE, 0, len(evidence)).ranked
    scores = [score for _, score in ranked]
    assert sorted(column for column, _ in ranked) == list(range(len(evidence)))
    assert sum(scores) == pytest.approx(1)
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert evidence[ranked[0][0]] == max(evidence)


def test_equal_evidence_goes_to_the_label_taught_first():
    ranked = decide(response([1.0, 4.0, 4.0, 1.0]), NONE, 0.05, 4).ranked
    assert [column for column, _ in ranked] == [1, 2, 0, 3]
    assert ranked[0][1] == ranked[1][1]


def test_huge_evidence_does_not_overflow():
    ranked = decide(response([1e6, -1e6]), NONE, 0, 2).ranked
    assert ranked == [(0, 1.0), (1, 0.0)]


def test_an_untaught_column_ranks_last_with_score_zero():
    ranked = decide(response([-np.inf, 0.5]), NONE, 0, 2).ranked
    assert ranked == [(1, 1.0), (0, 0.0)]


# -- unknown -------------------------------------------------------------------------------------


def test_the_p_value_is_the_share_of_records_no_more_typical():
    for typicality, p_value in ((-1.0, 0.0), (0.0, 0.05), (0.5, 0.05), (9.5, 0.5), (19.0, 1.0)):
        asked = response([1.0], typicality)
        assert decide(asked, records(np.arange(20)), 0.05, 1).p_value == p_value


def test_a_frame_is_unknown_below_the_quantile_of_the_records():
    hundred = records(np.arange(100))
    assert decide(response([1.0], 3.9), hundred, 0.05, 1).unknown  # 4 of 100 no more typical
    assert not decide(response([1.0], 4.0), hundred, 0.05, 1).unknown  # exactly 5 of 100
    assert decide(response([1.0], 48.9), hundred, 0.5, 1).unknown
    assert not decide(response([1.0], 49.0), hundred, 0.5, 1).unknown


@given(st.lists(st.floats(-100, 100), min_size=MIN_RECORDS, max_size=60),
       st.floats(0.01, 0.9))
def test_at_most_the_wanted_share_of_the_records_themselves_is_refused(typicalities, wanted):
    own = records(np.sort(typicalities))
    refused = [decide(response([1.0], f), own, wanted, 1).unknown for f in typicalities]
    assert np.mean(refused) <= wanted


def test_the_wanted_share_is_reached_when_no_records_tie():
    thousand = records(np.arange(1000))
    for wanted in (0.01, 0.05, 0.3):
        refused = [decide(response([1.0], f), thousand, wanted, 1).unknown for f in range(1000)]
        assert np.mean(refused) == pytest.approx(wanted, abs=0.0011)


def test_records_that_all_tie_refuse_only_what_is_less_typical():
    equal = records(np.zeros(50))
    assert not decide(response([1.0], 0.0), equal, 0.05, 1).unknown
    assert decide(response([1.0], -1e-9), equal, 0.05, 1).unknown


def test_too_few_records_say_nothing_yet():
    untypical = response([1.0], -1e9)
    few = decide(untypical, records(np.zeros(MIN_RECORDS - 1)), 0.9, 1)
    assert (few.unknown, few.p_value) == (False, 1.0)
    assert decide(untypical, records(np.zeros(MIN_RECORDS)), 0.9, 1).unknown


@pytest.mark.parametrize('count', [3, 7, 20, 49])
def test_few_records_tell_by_their_mean_and_spread(count):
    """Student's t, its density added up by hand; with the prior's spread where they have none."""
    rng = np.random.default_rng(count)
    for typicalities in (rng.normal(-3, 0.7, count), np.full(count, -1.0)):
        few = FewRecords.of(typicalities)
        freedom = 3 + count - 1
        spread = np.sqrt((3 * 0.2 ** 2 + typicalities.var() * count) / freedom)
        scale = spread * np.sqrt(1 + 1 / count)
        t = np.linspace(-300, 30, 1_000_001)
        density = (1 + t * t / freedom) ** (-(freedom + 1) / 2)
        below = np.cumsum(density) / density.sum()
        for place in (-60.0, -6.0, -2.5, -1.0, 0.0, 0.7, 3.0):
            exact = below[np.searchsorted(t, place)]
            assert few.share_below(typicalities.mean() + place * scale) == pytest.approx(
                exact, abs=0.005)


def test_three_records_are_enough_and_two_are_not():
    def left_out(count):
        return LeftOut(np.linspace(-1, -0.8, count), np.zeros((count, 1)), np.zeros(count, int),
                       np.full(count, -np.inf))
    untypical = response([1.0], -1e9)
    assert (decide(untypical, calibrate(left_out(2)), 0.9, 1)).p_value == 1.0
    for count in (3, 10, 49, 50, 300):
        calibration = calibrate(left_out(count))
        assert (calibration.few is None) == (count >= 50)
        assert decide(untypical, calibration, 0.02, 1).unknown
        assert not decide(response([1.0], -0.9), calibration, 0.02, 1).unknown


def test_a_share_of_zero_never_refuses():
    decision = decide(response([1.0], -1e9), records(np.zeros(500)), 0, 1)
    assert (decision.unknown, decision.p_value) == (False, 1.0)


def test_the_unknown_flag_leaves_ranking_and_scores_alone():
    known = decide(response([1.0, 2.0], 5.0), records(np.zeros(50)), 0.05, 2)
    refused = decide(response([1.0, 2.0], -5.0), records(np.zeros(50)), 0.05, 2)
    assert (known.unknown, refused.unknown) == (False, True)
    assert known.ranked == refused.ranked


# -- what the records say ------------------------------------------------------------------------


def test_calibrating_sorts_the_familiarities_and_fits_the_temperature():
    drives, columns = softmax_samples(0.5, 400, 4)
    typicality = np.random.default_rng(0).normal(size=400)
    calibration = calibrate(LeftOut(typicality, drives, columns, typicality - 2))
    assert calibration.typicalities.tolist() == sorted(typicality)
    assert calibration.temperature == fit_temperature(drives, columns)


def test_without_records_the_start_temperature_holds_and_nothing_is_refused():
    calibration = calibrate(
        LeftOut(np.zeros(0), np.zeros((0, 3)), np.zeros(0, int), np.zeros(0)))
    assert calibration.temperature == START_TEMPERATURE
    assert not decide(response([1.0], -1e9), calibration, 0.05, 1).unknown


def test_records_of_columns_that_have_doubled_since_are_left_out():
    taken = [Record(0, n, float(-n)) for n in range(1, 10)] + [Record(1, 1, 7.0)]
    # Column 0 has 10 samples: taken with 5 or more, then its own, the record still counts.
    for samples, kept in (([10, 2], [-9, -8, -7, -6, -5, 7]), ([10, 4], [-9, -8, -7, -6, -5])):
        assert calibrate_prequential(taken, samples).typicalities.tolist() == kept


def test_prequential_familiarities_come_sorted_and_may_be_none():
    taken = [Record(0, 3, f) for f in (2.0, -1.0, 0.5)]
    assert calibrate_prequential(taken, [4]).typicalities.tolist() == [-1.0, 0.5, 2.0]
    assert len(calibrate_prequential([], []).typicalities) == 0
    assert calibrate_prequential([], []).temperature > 0


# -- temperature ---------------------------------------------------------------------------------


def softmax_samples(temperature, rows, columns, seed=0):
    """Return drives (rows, columns), and columns drawn with odds exp(drive / temperature)."""
    draw = np.random.default_rng([seed, rows, columns])
    drives = draw.normal(0, 2 * temperature, (rows, columns))
    noise = draw.gumbel(size=drives.shape)  # its argmax is a draw from the softmax
    return drives, (drives / temperature + noise).argmax(axis=1)


@pytest.mark.parametrize('columns', [2, 5, 30])
@pytest.mark.parametrize('temperature', [0.05, 0.2, 0.7, 2.0])
def test_the_temperature_of_softmax_samples_is_recovered(temperature, columns):
    for seed in range(3):
        drives, right = softmax_samples(temperature, 2000, columns, seed)
        assert fit_temperature(drives, right) == pytest.approx(temperature, rel=0.25)


def test_scores_at_the_fitted_temperature_are_true():
    """Of answers with a score of about p, a share of about p is right."""
    drives, right = softmax_samples(0.3, 3000, 5)
    calibration = Calibration(np.array([]), fit_temperature(drives, right))
    answers = [decide(response(d), calibration, 0, 1).ranked[0] for d in drives]
    scores = np.array([score for _, score in answers])
    hits = np.array([column for column, _ in answers]) == right
    for low in (0.3, 0.5, 0.7, 0.9):
        among = (scores >= low) & (scores < low + 0.2)
        assert among.sum() > 50
        assert hits[among].mean() == pytest.approx(scores[among].mean(), abs=0.06)


@pytest.mark.parametrize('temperature', [START_TEMPERATURE / 4, START_TEMPERATURE * 8])
def test_few_records_draw_towards_the_start_temperature(temperature):
    drives, right = softmax_samples(temperature, 4000, 4)
    away = [abs(np.log(fit_temperature(drives[:rows], right[:rows]) / START_TEMPERATURE))
            for rows in (1, 4, 4000)]
    truth = abs(np.log(temperature / START_TEMPERATURE))
    assert away[0] < truth / 2
    assert away[2] > 0.8 * truth
    assert away[0] < away[2]


@pytest.mark.filterwarnings('error')
def test_the_temperature_of_nothing_to_compare():
    assert fit_temperature(np.zeros((0, 4)), np.zeros(0, int)) == START_TEMPERATURE
    assert fit_temperature(np.zeros((9, 1)), np.zeros(9, int)) == START_TEMPERATURE
    assert 0 < fit_temperature(np.zeros((9, 3)), np.zeros(9, int)) < 10  # any will do


@pytest.mark.filterwarnings('error')
def test_extreme_drives_and_untaught_columns_give_a_finite_temperature():
    drives = np.array([[-np.inf, 1e6, -1e6], [-np.inf, -3.0, 4.0]] * 10)
    for right in ([1, 2] * 10, [2, 1] * 10):
        assert 0 < fit_temperature(drives, np.array(right)) < 10


def test_what_looks_like_no_unknown_object_is_never_unknown():
    """Unknown objects lie at 0..1, records at 5..6: 3 is untypical, yet unlike the unknown."""
    typicality, drives = np.linspace(5, 6, 100), np.zeros((100, 2))
    calibration = calibrate(
        LeftOut(typicality, drives, np.zeros(100, int), np.linspace(0, 1, 100)))
    assert 0.95 < calibration.ceiling < 1
    evidence = np.array([1.0, 0.0])
    for place, unknown in ((3.0, False), (0.5, True)):
        response = Response(evidence.astype(int), evidence, evidence, place)
        assert decide(response, calibration, 0.05, 1).unknown == unknown


def test_a_label_alone_leaves_no_unknown_frame_to_compare_with():
    typicality = np.linspace(5, 6, 100)
    calibration = calibrate(LeftOut(
        typicality, np.zeros((100, 1)), np.zeros(100, int), np.full(100, -np.inf)))
    assert calibration.ceiling == np.inf
