# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The stream with cuts: what is drawn, and what is counted."""

from checkout import SUPPORT
import numpy as np
import pytest

from hybrid_snn_ros.evaluation import stream
from hybrid_snn_ros.evaluation.evaluated_classifier import Answers
from hybrid_snn_ros.evaluation.sources import load_pack

PACK = SUPPORT / 'data' / 'turntable12.npz'
KNOWN, STRANGE, HANDS = np.arange(8), np.array([8, 9]), np.array([10, 11])


class Says:
    """Answers what it is told to, as a classifier would."""

    def __init__(self, data, named, refused):
        self.data, self.named, self.refused = data, named, refused

    def answer(self, frames, smoothing):
        truth = self.data.test_labels[frames]
        return Answers(truth, np.where(self.named, truth, -1), np.ones(len(frames)),
                       self.refused, np.zeros(len(frames)))


@pytest.fixture(scope='module')
def data():
    return load_pack(PACK)


def test_objects_stay_and_turn_and_hands_come_between(data):
    shown = stream.drawn(data, KNOWN, STRANGE, HANDS, np.random.default_rng(3))
    labels = data.test_labels[shown.frames]
    visits = [np.flatnonzero(shown.visit == number) for number in range(stream.VISITS)]
    for own in visits:
        assert 5 <= len(own) <= 40 and len(set(labels[own])) == 1
        assert (np.diff(own) == 1).all(), 'without a gap'
        views = np.flatnonzero(data.test_labels == labels[own[0]])
        steps = np.diff(np.searchsorted(views, shown.frames[own])) % len(views)
        assert (steps == 1).all(), 'view after view'
    hands = shown.visit == -1
    assert set(labels[hands]) <= set(HANDS) and set(labels[~hands]) == {*KNOWN, *STRANGE}
    assert (shown.strange == ~np.isin(labels, KNOWN)).all()
    strange = np.mean([shown.strange[own[0]] for own in visits])
    assert 0.1 < strange < 0.3


def test_delays_and_shares_are_counted(data):
    visit = np.array([0, 0, 0, 0, -1, 1, 1, 1, -1, 2, 2, 2])
    seen = (0, 4), (10, 1), (1, 3), (10, 1), (8, 3)
    frames = np.concatenate([np.flatnonzero(data.test_labels == label)[:count]
                             for label, count in seen])
    shown = stream.Stream(frames, visit, ~np.isin(data.test_labels[frames], KNOWN))
    named = np.array([0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0], bool)
    refused = np.array([0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0], bool)
    known, strange, figures = stream.watched(Says(data, named, refused), shown, 1)
    assert (len(known.y_true), len(strange.y_true)) == (7, 3)
    assert figures['named_right'] == pytest.approx(2 / 7)
    assert figures['unknown_detected'] == pytest.approx(2 / 3)
    # The first is named right at its third frame, the second never while it is there.
    assert figures['delay']['mean'] == pytest.approx((2 + 3) / 2)
