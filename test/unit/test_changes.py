# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Each kind of change taken back and put back on its own, and what may be in its way."""

import numpy as np
import pytest

from hybrid_snn_ros.memory.changes import ChangeList, EARLIER, ELSEWHERE, LATER, NAMED
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.drawings import NewDrawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import NothingToUndoError, RefusedError
from hybrid_snn_ros.memory.record import INITIAL
from hybrid_snn_ros.memory.store import SampleStore

FINGERPRINT = {'inputs': 4}


def codes(seed):
    return np.random.default_rng(seed).integers(0, 255, 4).astype(np.uint8)


def listed(store, limit=100):
    return ChangeList(store.state).newest(limit)


def standing(store):
    """Return [(id, what, label, samples, taken back)], newest first."""
    return [(one.change.id, one.change.what, one.change.label, one.change.samples, one.taken_back)
            for one in listed(store)]


@pytest.fixture
def store():
    """Yield a store in which three mugs were taught in a press, and two cups."""
    store = SampleStore(FINGERPRINT)
    for seed in range(3):
        store.teach('mug', codes(seed), f'{seed + 1}.0', 'command', 'press')
    for seed in (10, 11):
        store.teach('cup', codes(seed), f'{seed}.0')
    return store


def draw(store):
    frame = DrawnFrame('00', np.zeros((4, 4, 8), np.uint8))
    return store.draw(NewDrawing(frame, [((0.1, 0.1, 0.2, 0.2), ''), ((0.5, 0.5, 0.2, 0.2), '')],
                                 complete=True))[0].number


def moved(store):
    store.relabel(2, 'cup')
    return store.version - 1


def answered(store):
    return store.teach('bowl', codes(30), '30.0', 'command', 'question u1 17').number


KINDS = {
    'teach': lambda store: store.teach('box', codes(20), '20.0').number,
    'answer': answered,
    'forget': lambda store: store.forget('mug').number,
    'remove': lambda store: store.remove(2).number,
    'relabel': moved,
    'rename': lambda store: store.rename('mug', 'beaker').number,
    'merge': lambda store: store.rename('mug', 'cup', merge=True).number,
    'rollback': lambda store: store.rollback(2).number,
    'draw': draw,
}


def what_is_known(store):
    return ([(number, one.label) for number, one in store.state.samples.items()],
            {name: (one.boxes, one.complete) for name, one in store.state.drawn.items()})


@pytest.mark.parametrize('kind', KINDS)
def test_each_kind_is_taken_back_and_put_back_after_others_came(store, kind):
    """As the last change, and with two that have nothing to do with it behind it."""
    other = SampleStore(FINGERPRINT)
    for record in store.state.records:
        other.teach(record.text, record.codes, record.stamp, record.source, record.group)
    number = KINDS[kind](store)
    for one in (store, other):  # what it would be if that had never been done
        one.teach('key', codes(40), '40.0')
        one.rename('key', 'bolt')
    before = what_is_known(store)
    never = sorted((label, other.state.samples[place].codes.tobytes())
                   for place, label in what_is_known(other)[0])
    for _ in range(2):
        change = store.undo_one(number)
        assert (change.id, change.what) == (number, kind)
        assert sorted((one.label, one.codes.tobytes())
                      for one in store.state.samples.values()) == never
        assert not store.state.drawn
        assert (number, True) in [(one.change.id, one.taken_back) for one in listed(store)]
        assert store.redo_one(number).what == kind
        assert what_is_known(store) == before


def test_a_list_has_what_a_person_did_newest_first_and_ends(store):
    """What the robot began with is not in it, nor Undo and Redo; a press is one change."""
    begun = SampleStore(FINGERPRINT)
    begun.teach('spoon', codes(50), '50.0', INITIAL)
    begun.teach('mug', codes(51), '51.0')
    assert [what for _, what, *_ in standing(begun)] == ['teach']
    store.forget('cup')
    store.undo()
    store.redo()
    assert standing(store) == [(6, 'forget', 'cup', 2, False), (5, 'teach', 'cup', 1, False),
                               (4, 'teach', 'cup', 1, False), (1, 'teach', 'mug', 3, False)]
    store.undo_one(1)
    assert standing(store)[-1] == (1, 'teach', 'mug', 3, True)
    assert [one.change.id for one in listed(store, 2)] == [6, 5]


def why(store, number):
    """Return what is in the way of a change, and by which, and what is said of it."""
    obstacle = next(one.obstacle for one in listed(store) if one.change.id == number)
    with pytest.raises(RefusedError, match=f'^change {number} stays as it is') as refused:
        (store.undo_one if not next(one.taken_back for one in listed(store)
                                    if one.change.id == number) else store.redo_one)(number)
    return obstacle.why, obstacle.change and obstacle.change.id, str(refused.value)


def test_what_a_later_change_has_done_already_says_which(store):
    gone = store.forget('mug').number
    assert why(store, 1) == (
        LATER, gone, f"change 1 stays as it is as long as change {gone} ('mug' was forgotten (3 "
        'samples)) stands, which came later; take that back first')
    store.undo_one(gone)
    assert store.undo_one(1).samples == 3
    store.redo_one(gone)
    assert why(store, 1)[:2] == (LATER, gone), 'there is nothing to put back'


def test_a_sample_that_was_moved_twice_goes_back_in_the_opposite_order(store):
    """Else it would be there twice."""
    store.relabel(2, 'cup')
    first, sample = store.version - 1, store.version
    store.relabel(sample, 'box')
    second = store.version - 1
    assert why(store, first)[:2] == (LATER, second)
    store.undo_one(second)
    store.undo_one(first)
    store.remove(2)
    gone = store.version
    assert why(store, first)[:2] == (LATER, gone), 'what is removed is not moved'
    store.undo_one(gone)
    store.undo_one(1)
    assert why(store, first)[:2] == (EARLIER, 1)
    store.redo_one(1)
    store.redo_one(first)
    assert {number: one.label for number, one in store.state.samples.items()}[sample] == 'cup'


def test_no_two_labels_get_one_name(store):
    renamed = store.rename('mug', 'beaker').number
    store.teach('mug', codes(60), '60.0')
    assert why(store, renamed) == (
        NAMED, None, f"change {renamed} stays as it is: another label is called 'mug' now; rename "
        'that first')
    store.rename('mug', 'jug')
    assert store.undo_one(renamed).samples == 3
    assert store.state.counts == {'mug': 3, 'cup': 2, 'jug': 1}


def test_a_name_that_was_changed_again_is_changed_back_from_the_end(store):
    first = store.rename('mug', 'beaker').number
    second = store.rename('beaker', 'jug').number
    assert why(store, first)[:2] == (LATER, second)
    store.undo_one(second)
    store.undo_one(first)
    joined = store.rename('mug', 'cup', merge=True).number
    assert why(store, first)[:2] == (LATER, joined)


def test_a_join_that_another_one_made_needless_is_not_put_back_beside_it(store):
    """It would take the other label along."""
    store.teach('box', codes(70), '70.0')
    first = store.rename('mug', 'cup', merge=True).number
    store.undo_one(first)
    second = store.rename('mug', 'box', merge=True).number
    assert why(store, first)[:2] == (LATER, second)
    store.undo_one(second)
    store.redo_one(first)
    assert store.state.counts == {'cup': 5, 'box': 1}


def test_a_frame_that_was_taught_again_since_is_not_taught_twice(store):
    store.undo_one(1)
    again = store.teach('cup', codes(1), '2.0').number
    store.teach('key', codes(80))
    store.undo()  # nothing that Redo could put back is older than that
    assert why(store, 1)[:2] == (LATER, again)
    store.undo_one(again)
    store.redo_one(1)
    assert store.state.counts == {'mug': 3, 'cup': 2}


def test_what_another_robot_did_is_named_as_such(store):
    far = SampleStore(FINGERPRINT)
    far.state.add(store.state.records)
    far.forget('mug')
    store.state.add([far.state.records[-1]])
    assert why(store, 1)[::2] == (
        ELSEWHERE, 'change 1 stays as it is: what it concerned was changed by another robot, or '
        'at the start')
    assert [what for _, what, *_ in standing(store)] == ['teach'] * 3


def test_a_change_that_there_is_not_is_refused(store):
    for number in (2, 99):  # the second record of a press is no change
        with pytest.raises(NothingToUndoError, match=f'there is no change {number}'):
            store.undo_one(number)


def test_it_is_all_there_after_a_restart(tmp_path):
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        for label in ('mug', 'cup'):
            store.teach(label, codes(len(label)), '', 'command', f'press {label}')
        gone = store.forget('mug').number
        store.undo_one(gone)
        store.undo_one(2)
        before = listed(store)
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        assert listed(store) == before
        store.redo_one(gone)
        assert store.state.counts == {}
        store.redo_one(2)
        assert store.state.counts == {'cup': 1}
