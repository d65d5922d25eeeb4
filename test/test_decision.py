# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The decision: ranking, scores, ties, and the unknown threshold."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros.snn.decision import (
    decide,
    mature_familiarities,
    MIN_RECORDS,
    Record,
    TEMPERATURE,
)
from hybrid_snn_ros.snn.rule import Response

NONE = np.array([])
EVIDENCE = st.lists(st.floats(-20, 20), min_size=1, max_size=12)


def response(evidence, familiarity=0.0):
    evidence = np.array(evidence, dtype=float)
    return Response(np.zeros(len(evidence), int), evidence, familiarity)


def test_without_a_column_everything_is_unknown():
    assert decide(response([]), NONE, 0.05, 5) == ([], True, 0.0)


def test_columns_are_ranked_by_evidence_and_cut_at_top():
    ranked = decide(response([1.0, 5.0, -2.0, 3.0]), NONE, 0.05, 3).ranked
    assert [column for column, _ in ranked] == [1, 3, 0]


def test_scores_are_the_softmax_of_the_evidence_in_half_spikes():
    ranked = decide(response([2.0, 3.0]), NONE, 0, 5).ranked
    odds = np.exp(1.0 / 0.5)
    assert TEMPERATURE == 0.5
    assert ranked == [(1, pytest.approx(odds / (1 + odds))), (0, pytest.approx(1 / (1 + odds)))]


@given(EVIDENCE)
def test_scores_of_all_columns_are_a_distribution_and_fall_with_the_rank(evidence):
    ranked = decide(response(evidence), NONE, 0, len(evidence)).ranked
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


def test_known_is_the_share_of_records_at_least_as_strange():
    records = np.arange(20.0)
    for familiarity, known in ((-1.0, 0.0), (0.0, 0.05), (0.5, 0.05), (9.5, 0.5), (19.0, 1.0)):
        assert decide(response([1.0], familiarity), records, 0.05, 1).known == known


def test_a_frame_is_unknown_below_the_quantile_of_the_records():
    records = np.arange(100.0)
    assert decide(response([1.0], 3.9), records, 0.05, 1).unknown  # 4 of 100 as strange
    assert not decide(response([1.0], 4.0), records, 0.05, 1).unknown  # exactly 5 of 100
    assert decide(response([1.0], 48.9), records, 0.5, 1).unknown
    assert not decide(response([1.0], 49.0), records, 0.5, 1).unknown


@given(st.lists(st.floats(-100, 100), min_size=MIN_RECORDS, max_size=60),
       st.floats(0.01, 0.9))
def test_about_the_wanted_share_of_the_records_themselves_is_refused(familiarities, wanted):
    records = np.sort(familiarities)
    refused = [decide(response([1.0], f), records, wanted, 1).unknown for f in records]
    assert np.mean(refused) <= wanted


def test_the_wanted_share_is_reached_when_no_records_tie():
    records = np.arange(1000.0)
    for wanted in (0.01, 0.05, 0.3):
        refused = [decide(response([1.0], f), records, wanted, 1).unknown for f in records]
        assert np.mean(refused) == pytest.approx(wanted, abs=0.0011)


def test_too_few_records_say_nothing_yet():
    stranger = response([1.0], -1e9)
    few = decide(stranger, np.zeros(MIN_RECORDS - 1), 0.9, 1)
    assert (few.unknown, few.known) == (False, 1.0)
    assert decide(stranger, np.zeros(MIN_RECORDS), 0.9, 1).unknown


def test_a_share_of_zero_never_refuses():
    decision = decide(response([1.0], -1e9), np.zeros(500), 0, 1)
    assert (decision.unknown, decision.known) == (False, 1.0)


def test_the_unknown_flag_leaves_ranking_and_scores_alone():
    known = decide(response([1.0, 2.0], 5.0), np.zeros(50), 0.05, 2)
    strange = decide(response([1.0, 2.0], -5.0), np.zeros(50), 0.05, 2)
    assert (known.unknown, strange.unknown) == (False, True)
    assert known.ranked == strange.ranked


def test_records_of_columns_that_have_doubled_since_are_left_out():
    records = [Record(0, n, float(-n)) for n in range(1, 10)] + [Record(1, 1, 7.0)]
    # Column 0 has 10 samples: taken with 5 or more, then its own, the record still counts.
    assert mature_familiarities(records, [10, 2]).tolist() == [-9, -8, -7, -6, -5, 7]
    assert mature_familiarities(records, [10, 4]).tolist() == [-9, -8, -7, -6, -5]


def test_familiarities_come_sorted_and_may_be_none():
    records = [Record(0, 3, f) for f in (2.0, -1.0, 0.5)]
    assert mature_familiarities(records, [4]).tolist() == [-1.0, 0.5, 2.0]
    assert len(mature_familiarities([], [])) == 0
