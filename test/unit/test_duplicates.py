# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that are no new evidence: the same stamp again, or nearly the same picture."""

import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory.duplicates import Outcome
from hybrid_snn_ros.memory.errors import RefusedError, StoreError
from hybrid_snn_ros.network import cache

INPUTS = 64
VIEWS = np.random.default_rng(3).integers(0, 256, (6, INPUTS), dtype=np.uint8)


@pytest.fixture
def classifier():
    """Return a classifier that was taught a mug, a box and a mug, at 1.0, 2.0 and 3.0."""
    classifier = Classifier(inputs=INPUTS)
    for stamp, label in enumerate(('mug', 'box', 'mug'), 1):
        classifier.teach(VIEWS[stamp], label, f'{stamp}.0')
    return classifier


def test_a_frame_counts_once_for_its_label(classifier):
    """However often it is taught: same id, same count, a reason, nothing learned or written."""
    before = cache.arrays(classifier.network)
    for _ in range(3):
        again = classifier.teach(VIEWS[1], ' mug ', '1.0')
        assert again[:4] == (1, 2, 'that frame is sample 1 already', Outcome.KNOWN)
    assert classifier.version == 3 and len(classifier.state.samples) == 3
    after = cache.arrays(classifier.network)
    assert all(after[name].tobytes() == before[name].tobytes() for name in before)


def test_a_frame_has_one_label(classifier):
    """Until that is taken back."""
    with pytest.raises(StoreError) as refusal:
        classifier.teach(VIEWS[1], 'cup', '1.0')
    assert str(refusal.value) == (
        "that frame was taught as 'mug' (sample 1); take that back first")
    assert classifier.labels == ['mug', 'box'] and classifier.version == 3
    classifier.remove(1)
    assert classifier.teach(VIEWS[1], 'cup', '1.0')[:4] == (5, 1, '', Outcome.LEARNED)
    assert classifier.state.counts == {'box': 1, 'mug': 1, 'cup': 1}


@pytest.mark.parametrize('take_back', [
    lambda classifier: classifier.remove(3),
    lambda classifier: classifier.forget('mug'),
    lambda classifier: classifier.rollback(2)])
def test_what_was_taken_back_may_be_taught_again(classifier, take_back):
    """Whichever way it went, also while the network has yet to follow."""
    take_back(classifier)
    assert classifier.taught_as('3.0') is None
    taught = classifier.teach(VIEWS[3], 'mug', '3.0')
    assert not taught.skipped and taught.sample == 5
    assert classifier.teach(VIEWS[3], 'mug', '3.0').skipped
    assert classifier.taught_as('3.0') == 'mug'
    assert np.array_equal(classifier.codes_of('3.0'), VIEWS[3])


def test_a_renamed_frame_is_known_under_its_new_name(classifier):
    """Teaching it under the old name would tear the label apart."""
    classifier.rename('mug', 'cup')
    assert classifier.teach(VIEWS[1], 'cup', '1.0').skipped
    with pytest.raises(StoreError, match="taught as 'cup'"):
        classifier.teach(VIEWS[1], 'mug', '1.0')


def test_stamps_are_known_after_a_restart_and_after_compacting(tmp_path):
    """A bag that is played twice teaches once."""
    classifier = Classifier(inputs=INPUTS)
    classifier.open(tmp_path)
    classifier.teach(VIEWS[1], 'mug', '1.0')
    classifier.teach(VIEWS[2], 'mug', '2.0')
    classifier.remove(1)
    assert classifier.taught_as('2.0') == 'mug'
    classifier.store.compact()
    classifier.teach(VIEWS[3], 'mug', '3.0')
    assert classifier.teach(VIEWS[3], 'mug', '3.0').sample == 4
    classifier.close()
    again = Classifier(inputs=INPUTS)
    again.open(tmp_path)
    assert again.teach(VIEWS[2], 'mug', '2.0')[:3] == (2, 2, 'that frame is sample 2 already')
    assert not again.teach(VIEWS[1], 'mug', '1.0').skipped
    again.close()


def test_frames_without_a_stamp_count_each(classifier):
    """Unless a change is asked for."""
    assert classifier.teach(VIEWS[4], 'mug', min_change=0).samples == 3
    assert classifier.teach(VIEWS[4], 'mug', min_change=0).samples == 4


def turned(codes, cosine):
    """Return codes at an angle to others; 250 times a unit vector, so that rounding is small."""
    one = codes / np.linalg.norm(codes)
    other = np.roll(one, 1) - (np.roll(one, 1) @ one) * one
    sine = np.sqrt(1 - cosine ** 2)
    both = cosine * one + sine * other / np.linalg.norm(other)
    assert both.min() >= 0
    return np.round(both * 250 / both.max()).astype(np.uint8)


def test_a_still_camera_is_no_evidence():
    """Nearly a sample of the label is skipped with both numbers; others are learned."""
    classifier = Classifier(inputs=INPUTS, min_change=0.02)
    base = np.random.default_rng(5).integers(100, 200, INPUTS).astype(np.uint8)
    assert classifier.teach(base, 'mug', '1.0').sample == 1
    near = classifier.teach(turned(base, 0.99), 'mug', '2.0')
    assert near[:4] == (
        1, 1, 'that frame is nearly sample 1 again (change 0.010, min_change 0.02)',
        Outcome.TOO_ALIKE)
    assert classifier.taught_as('2.0') is None
    assert classifier.version == 1
    assert not classifier.teach(turned(base, 0.975), 'mug', '3.0').skipped
    assert classifier.teach(base, 'mug').sample == 1, 'it need not be the newest'
    assert classifier.teach(turned(base, 0.97), 'mug').sample == 2
    assert not classifier.teach(base, 'box').skipped, 'another label has its own samples'
    classifier.remove(1)
    assert not classifier.teach(base, 'mug').skipped, 'of those that are left'
    classifier.min_change = 0.0
    assert not classifier.teach(base, 'mug').skipped


def test_more_labels_than_are_kept_at_hand_are_compared_as_well():
    classifier = Classifier(inputs=INPUTS, min_change=0.02)
    rng = np.random.default_rng(8)
    things = {f'thing {number}': rng.integers(0, 200, (12, INPUTS)).astype(np.uint8)
              for number in range(20)}
    for place in range(12):
        for label, codes in things.items():
            assert not classifier.teach(codes[place], label).skipped
            again = classifier.teach(codes[place // 2], label)
            assert again.outcome is Outcome.TOO_ALIKE
            assert np.array_equal(classifier.state.samples[again.sample].codes, codes[place // 2])


@pytest.mark.parametrize('value', [0, 1, 255])
def test_the_same_flat_frame_is_a_repeat(value):
    """A covered lens gives codes of which all may be zero: no direction, yet no change."""
    classifier = Classifier(inputs=INPUTS, min_change=1e-6)
    flat = np.full(INPUTS, value, np.uint8)
    assert not classifier.teach(flat, 'dark').skipped
    assert 'change 0.000' in classifier.teach(flat, 'dark').skipped
    assert classifier.state.counts == {'dark': 1}
    assert not classifier.teach(VIEWS[1], 'dark').skipped


@pytest.mark.parametrize('value', [-0.1, 1.1, float('nan')])
def test_min_change_is_bounded(value):
    """One minus a cosine of codes, which are not negative."""
    with pytest.raises(ValueError, match=r'min_change must lie in \[0, 1\], not'):
        Classifier(inputs=INPUTS, min_change=value)


def test_what_became_of_a_frame_is_told_by_its_outcome():
    """Not by a word of the sentence, which a label may hold, too."""
    classifier = Classifier(inputs=len(VIEWS[0]), min_change=0.02)
    label = 'already nearly taught'
    assert classifier.teach(VIEWS[0], label, '1.0').outcome is Outcome.LEARNED
    assert classifier.teach(VIEWS[0], label, '1.0').outcome is Outcome.KNOWN
    assert classifier.teach(VIEWS[0], label, '2.0').outcome is Outcome.TOO_ALIKE
    assert classifier.teach(VIEWS[0], label).outcome is Outcome.TOO_ALIKE
    with pytest.raises(RefusedError, match='take that back first'):
        classifier.teach(VIEWS[0], 'another', '1.0')
