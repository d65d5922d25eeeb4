# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The read-out follows what is drawn: the same set, the same bits, whatever the way to it."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros.memory.drawings import NewDrawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import RefusedError
from hybrid_snn_ros.memory.store import SampleStore
from hybrid_snn_ros.taught_readout import TaughtReadout
from hybrid_snn_ros.where.boxes import MOST
from hybrid_snn_ros.where.ridge import Drawn, Sums

ENCODER, CHANNELS = 'ab' * 32, 6
BOXES = ((0.1, 0.1, 0.4, 0.5), (0.55, 0.4, 0.4, 0.5), (0.0, 0.5, 0.3, 0.5))


def frame(seed, encoder=ENCODER):
    """Return a frame of 6 x 8 cells."""
    codes = np.random.default_rng(seed).integers(0, 256, (6, 8, CHANNELS), np.uint8)
    return DrawnFrame(encoder, codes)


def follower(store, **more):
    """Return a read-out that follows a store."""
    return TaughtReadout(ENCODER, CHANNELS, lambda: store.state, store.frame, **more)


def caught_up(taught):
    """Do all steps; return the read-out."""
    steps = list(taught.catch_up())
    assert not taught.is_stale
    assert all(done <= total for done, total in steps)
    return taught.solved


def expected(*drawn):
    """Return the weights of what is drawn, made by adding it and nothing else."""
    sums = Sums(CHANNELS)
    for seed, boxes, complete in drawn:
        sums.add(Drawn(frame(seed).codes, boxes, complete))
    return sums.solved()


def same(solved, weights):
    """Tell whether a read-out has exactly these weights."""
    return (np.array_equal(solved.weights.projections, weights.projections)
            and np.array_equal(solved.weights.bias, weights.bias))


def test_it_is_that_of_what_is_drawn_now():
    """Boxes come, are told to be all, and go; frames of nothing teach floor."""
    store = SampleStore({'inputs': 4})
    taught = follower(store)
    assert not taught.is_stale and caught_up(taught) is None
    store.draw(NewDrawing(frame(9), complete=True))
    assert caught_up(taught) is None  # floor alone finds nothing
    store.draw(NewDrawing(frame(1), [(BOXES[0], '')]))
    one = caught_up(taught)
    assert same(one, expected((1, BOXES[:1], False), (9, [], True)))
    store.draw(NewDrawing(frame(1), [(BOXES[1], '')], True))
    both = caught_up(taught)
    assert same(both, expected((9, [], True), (1, BOXES[:2], True)))
    assert one.threshold < both.threshold
    store.undo()
    assert same(caught_up(taught), one.weights)
    for _ in range(2):
        store.undo()
    assert caught_up(taught) is None
    for _ in range(3):
        store.redo()
    assert same(caught_up(taught), both.weights)


def test_lessons_and_repeats_change_nothing():
    """A lesson without a box, or a box that is there, starts no work."""
    store = SampleStore({'inputs': 4})
    taught = follower(store)
    store.draw(NewDrawing(frame(1), [(BOXES[0], '')]))
    solved = caught_up(taught)
    store.teach('mug', np.zeros(4, np.uint8))
    store.draw(NewDrawing(frame(1), [(BOXES[0], '')]))
    assert not taught.is_stale and list(taught.catch_up()) == []
    assert taught.solved is solved


@pytest.mark.parametrize('stop', [0, 1, 5, 17, 40])
def test_what_changes_on_the_way_counts(stop):
    """Drawn, or taken back, at any step; also where the work is dropped there and begun again."""
    for dropped in (False, True):
        store = SampleStore({'inputs': 4})
        taught = follower(store)
        for seed in range(3):
            store.draw(NewDrawing(frame(seed), [(BOXES[seed], '')]))
        work = taught.catch_up()
        for _ in zip(range(stop), work):
            pass
        store.undo()
        store.draw(NewDrawing(frame(0), [(BOXES[1], '')], True))
        if dropped:
            work.close()
        else:
            list(work)
        assert same(caught_up(taught), expected(
            (0, BOXES[:2], True), (1, BOXES[1:2], False)))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_way_to_a_set_gives_its_bits(data):
    """Draw, take back and say what is all in any order, catching up here and there."""
    store = SampleStore({'inputs': 4})
    taught = follower(store)
    for _ in range(data.draw(st.integers(1, 10))):
        seed, box = data.draw(st.integers(0, 2)), data.draw(st.sampled_from(BOXES))
        act = data.draw(st.sampled_from(['draw', 'all', 'undo', 'redo', 'look']))
        try:
            if act in ('draw', 'all'):
                store.draw(NewDrawing(frame(seed), [(box, '')] * (act == 'draw'), act == 'all'))
            elif act in ('undo', 'redo'):
                getattr(store, act)()
            else:
                caught_up(taught)
        except RefusedError:
            pass
    solved = caught_up(taught)
    fresh = caught_up(follower(store))
    assert (solved is None) == (fresh is None)
    if solved is not None:
        assert same(solved, fresh.weights) and solved.key == fresh.key


def test_what_was_solved_is_kept_for_the_next_start():
    """Then nothing is summed; other drawings have another key."""
    store, kept = SampleStore({'inputs': 4}), {}
    more = {'kept': kept.get, 'keep': kept.__setitem__}
    store.draw(NewDrawing(frame(1), [(BOXES[0], '')]))
    first = caught_up(follower(store, **more))
    assert list(kept) == [first.key]
    again = follower(store, **more)
    assert list(again.catch_up()) == [] and same(again.solved, first.weights)
    store.draw(NewDrawing(frame(2), [(BOXES[0], '')]))
    second = caught_up(again)
    assert same(second, expected((1, BOXES[:1], False), (2, BOXES[:1], False)))
    assert len(kept) == 2


def test_frames_that_teach_nothing_here_are_told():
    """Lost, or of another encoder; the others teach."""
    store = SampleStore({'inputs': 4})
    for one in (frame(1), frame(2), frame(3, 'cd' * 32)):
        store.draw(NewDrawing(one, [(BOXES[0], '')]))
    lost = frame(2).name
    taught = TaughtReadout(ENCODER, CHANNELS, lambda: store.state,
                           lambda name: None if name == lost else store.frame(name))
    assert same(caught_up(taught), expected((1, BOXES[:1], False)))
    assert taught.remarks == ['1 of 3 drawn frames are damaged or lost, and teach nothing',
                              '1 of 3 drawn frames are of another cut encoder, and teach nothing']


def test_a_frame_that_was_compacted_away_can_be_taken_back():
    """Then all is summed anew."""
    store, gone = SampleStore({'inputs': 4}), set()
    taught = TaughtReadout(ENCODER, CHANNELS, lambda: store.state,
                           lambda name: None if name in gone else store.frame(name))
    for seed in range(2):
        store.draw(NewDrawing(frame(seed), [(BOXES[0], '')]))
    caught_up(taught)
    store.undo()
    gone.add(frame(1).name)
    assert same(caught_up(taught), expected((0, BOXES[:1], False)))


def test_a_frame_that_cannot_be_added_is_told_and_the_others_teach():
    """More boxes than one frame can have; taken back, it teaches again, and nothing spins."""
    store = SampleStore({'inputs': 4})
    taught = follower(store)
    store.draw(NewDrawing(frame(1), [(BOXES[0], '')]))
    many = [((place / 400, 0.25, 0.001, 0.5), '') for place in range(MOST + 1)]
    store.draw(NewDrawing(frame(2), many))
    assert same(caught_up(taught), expected((1, BOXES[:1], False)))
    assert taught.remarks == [
        f'1 of 2 drawn frames teach nothing: a frame can have {MOST} boxes, not {MOST + 1}']
    store.undo()
    store.draw(NewDrawing(frame(2), [(BOXES[1], '')]))
    assert same(caught_up(taught), expected((1, BOXES[:1], False), (2, BOXES[1:2], False)))
    assert taught.remarks == []


def test_a_frame_that_was_lost_teaches_as_soon_as_it_is_there():
    """What was solved without it is not kept for the next start."""
    store, gone, kept = SampleStore({'inputs': 4}), set(), {}
    taught = TaughtReadout(ENCODER, CHANNELS, lambda: store.state,
                           lambda name: None if name in gone else store.frame(name),
                           kept.get, kept.__setitem__)
    for seed in range(2):
        store.draw(NewDrawing(frame(seed), [(BOXES[0], '')]))
    gone.add(frame(1).name)
    assert same(caught_up(taught), expected((0, BOXES[:1], False))) and not kept
    gone.clear()
    store.draw(NewDrawing(frame(0), [(BOXES[1], '')]))
    assert same(caught_up(taught), expected((0, BOXES[:2], False), (1, BOXES[:1], False)))
    assert len(kept) == 1 and not taught.remarks
