# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory that takes in what other robots were taught: on disk, in any order, and out again."""

import multiprocessing
import os
import random
import sqlite3
import stat

from fleets import codes, FINGERPRINT, frame, KEYS, network_bits, store_of
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.fleet.log import StoreLog
from hybrid_snn_ros.fleet.seal import is_sealed, key_from, key_of, of_record
from hybrid_snn_ros.fleet.store_key import key_for
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory import database, exchange
from hybrid_snn_ros.memory.contents import bad_attachments, read_store
from hybrid_snn_ros.memory.decisions import denied, trusted
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.drawings import NewDrawing
from hybrid_snn_ros.memory.errors import NothingToUndoError, RefusedError, StoreError
from hybrid_snn_ros.memory.exchange import Foreign, remaining_shared
from hybrid_snn_ros.memory.readonly_store import ReadOnlyStore
from hybrid_snn_ros.memory.record import ALLOW, DECISIONS, DENY, Record
from hybrid_snn_ros.memory.state import StoreState


def taught_elsewhere(key=KEYS[1], labels=('mug', 'cup', 'mug')):
    """Return the signed records of a robot that was taught."""
    store = store_of(key)
    for number, label in enumerate(labels):
        store.teach(label, codes(number), f'{number}.0', group='press')
    StoreLog(store, key).refresh()
    return store.records_of(key.author, 1, 99)


@pytest.fixture
def memory(tmp_path):
    """An open memory on disk with a key and one lesson of its own."""
    with DiskStore.open(tmp_path / 'memory', FINGERPRINT) as store:
        key_for(store)
        store.teach('box', codes(100), '100.0', group='press')
        yield store


def test_records_of_another_robot_are_taken_in_once_under_numbers_of_this_one(memory):
    foreign, before = taught_elsewhere(), memory.lengths()[memory.author]
    found = memory.admit(foreign[:2])
    assert [one.number for one in found.new] == [2, 3] and not found.known
    found = memory.admit(foreign)
    assert [one.number for one in found.new] == [4] and found.known == 2
    assert not memory.admit(foreign).new and memory.version == 4
    assert memory.state.counts == {'mug': 2, 'cup': 1, 'box': 1}
    assert memory.lengths() == {KEYS[1].author: 3, memory.author: before}
    assert memory.teach('box', codes(101)).sequence == before + 1
    again = DiskStore.open(memory.directory, FINGERPRINT)
    with again:
        assert again.state.counts == {'mug': 2, 'cup': 1, 'box': 2} and not again.remarks
        assert [(one.record.id, one.seal) for one in again.records_of(KEYS[1].author, 2, 3)] == [
            (one.record.id, one.seal) for one in foreign[1:]]
    assert not read_store(memory.directory).problems
    reader = ReadOnlyStore(memory.directory, FINGERPRINT)
    assert reader.state.digest == memory.state.digest


def test_all_of_a_message_or_nothing_is_taken_in(memory):
    foreign = taught_elsewhere()
    bad = foreign[2]._replace(record=foreign[2].record._replace(codes=codes(1, 9)))
    before = memory.state.digest
    with pytest.raises(StoreError, match='8 a view, not uint8'):
        memory.admit([*foreign[:2], bad])
    assert memory.state.digest == before


@pytest.mark.parametrize('fields, reason', [
    ({'author': 'x' * 32}, 'author'), ({'sequence': 0}, 'number'), ({'sequence': 1 << 60}, 'num'),
    ({'clock': 1 << 63}, 'number'), ({'samples': -1}, 'number'), ({'kind': 'magic'}, 'kind'),
    ({'text': 'a\x1fb'}, 'control'), ({'text': ''}, 'label'), ({'text': 'x' * 65}, '64 bytes'),
    ({'act': 'a' * 65}, '64 bytes'), ({'time': float('nan')}, 'time'), ({'region': (2, 0, 1, 1)},
                                                                        'region'),
    ({'kind': 'name'}, 'holds codes'), ({'kind': 'deny', 'codes': codes(0, 0)}, 'no author'),
    ({'codes': codes(0, 0)}, 'codes'), ({'samples': 5}, 'codes'),
    ({'kind': 'tombstone', 'codes': codes(0, 0), 'target': 'x' * 70000}, '65536 bytes')])
def test_what_can_be_no_record_is_refused_in_a_sentence(memory, fields, reason):
    good = taught_elsewhere()[0]
    with pytest.raises(StoreError, match=reason):
        memory.admit([good._replace(record=good.record._replace(**fields))])


def test_undo_takes_back_what_was_done_here_and_groups_do_not_mix(memory):
    """Both robots taught in a press of the same name; the other one's lessons are the newest."""
    memory.admit(taught_elsewhere())
    assert memory.undo().label == 'box'
    assert memory.state.counts == {'mug': 2, 'cup': 1}
    with pytest.raises(NothingToUndoError):
        memory.undo()
    assert memory.redo().label == 'box'
    memory.forget('mug')  # a change of a person here, whoever taught it
    assert memory.state.counts == {'cup': 1, 'box': 1}
    assert memory.undo().what == 'forget' and memory.state.counts['mug'] == 2


def test_a_redo_is_still_there_when_records_of_others_come(memory):
    memory.undo()
    memory.admit(taught_elsewhere())
    assert memory.redo().label == 'box'
    assert memory.state.counts == {'mug': 2, 'cup': 1, 'box': 1}


def test_a_denied_robot_has_never_taught_until_it_is_allowed_again(memory):
    memory.admit(taught_elsewhere())
    memory.rename('mug', 'beaker')
    everything = memory.state.samples.keys()
    memory.decide(DENY, KEYS[1].author)
    assert memory.state.counts == {'box': 1}
    with DiskStore.open(memory.directory, FINGERPRINT) as again:
        assert again.state.counts == {'box': 1}
    memory.decide(ALLOW, KEYS[1].author)
    assert memory.state.samples.keys() == everything
    assert memory.state.counts == {'beaker': 2, 'cup': 1, 'box': 1}


def test_decisions_are_not_undone_and_not_about_oneself(memory):
    record = memory.decide(DENY, KEYS[1].author, 'kitchen')
    assert memory.undo().label == 'box'  # the press before it
    with pytest.raises(RefusedError, match='decides about a robot'):
        memory.take_back(record.number)
    with pytest.raises(RefusedError, match='this robot itself'):
        memory.decide(DENY, memory.author)
    with pytest.raises(RefusedError, match='32 hexadecimal digits'):
        memory.decide(ALLOW, 'kitchen')
    memory.rollback(0)
    assert memory.state.denied == {KEYS[1].author}


def test_who_counts_against_a_table():
    a, b, c, d = ('a' * 32, 'b' * 32, 'c' * 32, 'd' * 32)

    def folded(*decisions):
        records = [Record(0, by, place, kind, kind, place, 0.0, 'cli', target=about)
                   for place, (by, kind, about) in enumerate(decisions, 1)]
        return denied(records), trusted(records, a)
    assert folded() == (frozenset(), {a})
    assert folded((a, ALLOW, b), (b, ALLOW, c)) == (frozenset(), {a, b, c})
    assert folded((b, ALLOW, c)) == (frozenset(), {a})  # no one here allows b
    assert folded((c, ALLOW, d), (b, ALLOW, c), (a, ALLOW, b)) == (frozenset(), {a, b, c, d})
    assert folded((a, ALLOW, b), (a, DENY, b)) == ({b}, {a})
    assert folded((a, ALLOW, b), (a, DENY, b), (b, DENY, a)) == ({b}, {a})  # the first stays
    assert folded((a, ALLOW, b), (a, DENY, b), (b, ALLOW, b)) == ({b}, {a})
    assert folded((a, ALLOW, b), (a, DENY, b), (a, ALLOW, b)) == (frozenset(), {a, b})
    assert folded((a, ALLOW, b), (b, ALLOW, c), (c, DENY, b)) == ({b}, {a, c})


# -- the key -------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_no_one_else_can_read_it(memory):
    path = memory.directory / 'fleet.key'
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert key_for(memory).author == key_of(memory.directory).author == memory.author
    os.chmod(path, 0o644)
    with pytest.raises(StoreError, match='can be read by others'):
        key_of(memory.directory)
    os.chmod(path, 0o600)
    path.write_text('nonsense')
    with pytest.raises(StoreError, match='holds no key'):
        key_of(memory.directory)


def test_what_was_taught_before_there_was_a_key_becomes_the_keys(tmp_path):
    """Ids in labels, tombstones and merges, too; another process that has it open follows."""
    with DiskStore.open(tmp_path, FINGERPRINT) as store, DiskStore.open(
            tmp_path, FINGERPRINT) as other:
        for number, label in enumerate(('mug', 'cup', 'box', 'mug')):
            store.teach(label, codes(number), f'{number}.0')
        store.rename('cup', 'mug', merge=True)
        store.rename('box', 'crate')
        store.remove(1)
        before = [(one.label, one.codes.tobytes()) for one in store.state.samples.values()]
        change, old = store.state.history.newest(), store.author
        key = key_for(store)
        assert store.author == key.author != old
        assert {one.author for one in store.state.records} == {key.author}
        assert not any(old in one.target + one.label for one in store.state.records)
        assert [(one.label, one.codes.tobytes())
                for one in store.state.samples.values()] == before
        assert store.state.history.newest() == change
        other.poll()
        assert other.author == key.author and other.state.digest == store.state.digest
        other.teach('pen', codes(9))
        assert store.poll() and store.state.counts['pen'] == 1
        assert not store.remarks and not other.remarks
    assert read_store(tmp_path).problems == []


def test_another_key_leaves_what_others_may_know_of(memory):
    StoreLog(memory, key_for(memory)).refresh()  # it is signed, so it may have been sent
    old = memory.author
    new = key_for(memory, renew=True)
    assert new.author == memory.author != old
    assert memory.state.counts == {'box': 1} and memory.lengths()[old] == 1
    assert memory.teach('cup', codes(1)).id == (new.author, 1)
    assert memory.undo().label == 'cup'
    with pytest.raises(NothingToUndoError):
        memory.undo()


def test_a_seal_is_of_one_record_one_encoder_and_one_key():
    [one, *_] = taught_elsewhere()
    encoder = FINGERPRINT['encoder']
    assert is_sealed(one.seal, of_record(one.record, encoder))
    assert not is_sealed(one.seal, of_record(one.record, 'ef' * 32))
    assert not is_sealed(one.seal, of_record(one.record._replace(text='cup'), encoder))
    other = key_from(b'a stranger').seal(b'')[:32] + one.seal[32:]
    assert not is_sealed(other, of_record(one.record, encoder))
    assert not is_sealed(b'', b'')


# -- compacting, damage, formats -----------------------------------------------------------------


def test_compacting_a_shared_memory_keeps_tombstones_and_notes_what_is_gone(memory):
    foreign = taught_elsewhere(labels=('mug', 'cup', 'mug', 'mug'))
    memory.admit(foreign)
    memory.forget('cup')
    memory.remove(next(number for number, one in memory.state.samples.items()
                       if one.stamp == '2.0'))
    lengths, known = memory.lengths(), memory.state.counts
    memory.compact()
    assert memory.state.counts == known == {'mug': 2, 'box': 1}
    assert memory.lengths() == lengths
    assert memory.gone() == {KEYS[1].author: [[2, 3]]}
    assert not memory.admit(foreign[:2]).known - 1  # what is gone comes again, and stays dead
    assert memory.state.counts == known
    with DiskStore.open(memory.directory, FINGERPRINT) as again:
        assert not again.remarks and again.gone() == {KEYS[1].author: [[3, 3]]}
        assert again.lengths() == lengths
        assert [one.seal for one in again.records_of(KEYS[1].author, 1, 4)] == [
            foreign[place].seal for place in (0, 1, 3)]


def test_compacting_keeps_the_lesson_that_a_label_is_called_after(memory):
    """Else the label would be called after a later one here, and after this one elsewhere."""
    memory.admit(taught_elsewhere(labels=('mug',)))
    memory.rename('mug', 'beaker')
    memory.teach('beaker', codes(7))
    memory.remove(2)
    memory.compact()
    memory.take_back(next(one.number for one in memory.state.records if one.kind == 'name'))
    assert memory.state.counts == {'mug': 1, 'box': 1}


def test_a_memory_that_no_one_shares_is_compacted_to_the_fewest_records(tmp_path):
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        for number in range(3):
            store.teach('mug', codes(number))
        store.undo()
        store.compact()
        assert len(store.state.records) == 2 and store.lengths() == {store.author: 4}
        key_for(store)
        assert store.lengths() == {store.author: 4} and store.gone() == {
            store.author: [[3, 4]]}


def test_a_memory_with_records_of_others_is_not_encoded_again(memory):
    memory.admit(taught_elsewhere())
    with pytest.raises(StoreError, match='holds what other robots were taught'):
        memory.migrate({**FINGERPRINT, 'encoder': 'ef' * 32}, {})
    assert memory.state.counts == {'mug': 2, 'cup': 1, 'box': 1}


def test_seals_outlive_a_damaged_page(memory):
    foreign = taught_elsewhere(labels=['mug'] * 40)
    memory.admit(foreign)
    memory.keep()
    memory.close()
    content = bytearray(memory.path.read_bytes())
    content[100:108] = bytes(8)  # the head of the first page's tree
    content[3 * database.PAGE_SIZE:3 * database.PAGE_SIZE + 64] = bytes(64)
    memory.path.write_bytes(content)
    with DiskStore.open(memory.directory, FINGERPRINT) as again:
        assert any('damaged' in remark for remark in again.remarks)
        found = again.records_of(KEYS[1].author, 1, 40)
        assert [one.seal for one in found] == [one.seal for one in foreign]


def test_records_that_damage_took_are_missing_and_may_come_again(memory):
    foreign = taught_elsewhere(labels=['mug'] * 5)
    memory.admit(foreign)
    memory.close()
    os.unlink(memory.directory / 'memory.copy.db')
    db = sqlite3.connect(memory.path)
    db.execute("UPDATE records SET text = 'mag' WHERE sequence = 3")
    db.commit()
    db.close()
    with DiskStore.open(memory.directory, FINGERPRINT) as again:
        assert any('damaged' in remark for remark in again.remarks)
        assert again.lengths()[KEYS[1].author] == 2
        assert len(again.admit(foreign).new) == 1
        assert again.state.counts == {'mug': 5, 'box': 1}
        assert not read_store(memory.directory).problems


def test_frames_of_others_are_not_missed(memory):
    store = store_of(KEYS[1])
    store.draw(NewDrawing(frame(), [((0.1, 0.1, 0.2, 0.2), '')], True))
    StoreLog(store, KEYS[1]).refresh()
    memory.admit(store.records_of(KEYS[1].author, 1, 9))
    assert len(memory.state.drawn) == 1 and memory.frame(frame().name) is None
    assert bad_attachments(read_store(memory.directory)) == []
    memory.draw(NewDrawing(frame(1), [((0.1, 0.1, 0.2, 0.2), '')]))
    assert bad_attachments(read_store(memory.directory)) == []


@pytest.mark.parametrize('old', [2, 3])
def test_memories_from_before_there_were_seals_are_renewed(tmp_path, monkeypatch, old):
    """Of the format before, and of today's without the table of seals."""
    with monkeypatch.context() as before:
        before.setattr(database, 'FORMAT', old)
        before.setattr(database, '_SEALS', 'SELECT 1')
        if old == 2:
            before.setattr(database, '_FRAMES', 'SELECT 1')
        with DiskStore.open(tmp_path, FINGERPRINT) as store:
            store.teach('mug', codes(1))
            store.keep()
    content = (tmp_path / 'memory.db').read_bytes()
    assert ReadOnlyStore(tmp_path, FINGERPRINT).state.counts == {'mug': 1}
    assert (tmp_path / 'memory.db').read_bytes() == content
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        key_for(store)
        store.admit(taught_elsewhere())
        assert store.state.counts == {'mug': 3, 'cup': 1}
    assert read_store(tmp_path).problems == []
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        assert len(store.records_of(KEYS[1].author, 1, 9)) == 3 and not store.remarks


def test_an_export_of_a_shared_memory_is_taken_over_elsewhere(memory, tmp_path):
    memory.admit(taught_elsewhere())
    found = read_store(memory.directory)
    contents_of.export(found.state, found.head, tmp_path / 'file')
    with DiskStore.open(tmp_path / 'other', FINGERPRINT) as store:
        store.import_samples(FINGERPRINT, read_store(tmp_path / 'file').state.samples.values())
        assert store.state.counts == {'mug': 2, 'cup': 1, 'box': 1}


# -- the laws of the fold ------------------------------------------------------------------------


def anything_was_done(seed):
    """Return the records of three robots that did all there is to do, and heard a part of it."""
    rng = random.Random(seed)
    robots = [store_of(key, lambda skew=skew: 1e9 + skew + rng.random())
              for key, skew in zip(KEYS, (0, 86400, -86400))]
    for _ in range(rng.randint(5, 30)):
        robot = rng.choice(robots)
        there = robot.state.labels
        act = rng.choice(['teach'] * 3 + ['draw', 'box', 'forget', 'rename', 'undo', 'redo',
                                          'back', 'hear', 'hear', 'decide'])
        region = rng.choice([(0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 0.25, 0.25)])
        if act == 'teach' or not there:
            robot.teach(rng.choice('abcd'), codes(rng.randrange(50)))
        elif act == 'box':
            robot.teach(rng.choice('abcd'), codes(rng.randrange(50)), region=region,
                        frame=frame(rng.randrange(2)))
        elif act == 'draw':
            robot.draw(NewDrawing(frame(rng.randrange(2)), [(region, rng.choice(['', there[0]]))],
                                  rng.random() < 0.5))
        elif act == 'forget':
            robot.forget(rng.choice(there))
        elif act == 'rename':
            old, new = rng.choice(there), rng.choice('abcd')
            if old != new:
                robot.rename(old, new, merge=True)
        elif act == 'hear':
            records = rng.choice(robots).state.records
            robot.admit([Foreign(one, b'') for one in rng.sample(
                records, rng.randint(0, len(records)))])
        elif act == 'decide':
            other = rng.choice([key for key in KEYS[:4] if key.author != robot.author])
            robot.decide(rng.choice(DECISIONS), other.author)
        else:
            try:
                if act == 'back':
                    robot.take_back(rng.randint(1, robot.version))
                else:
                    (robot.undo if act == 'undo' else robot.redo)()
            except RefusedError:
                pass
    ids = {one.id: one for robot in robots for one in robot.state.records}
    return [one._replace(number=place) for place, one in enumerate(ids.values(), 1)], rng


def amounts_to(state):
    """Return all that a state says, whatever numbers its records have."""
    return ([(one.id, state.samples[one.number].label) for one in state.records
             if one.number in state.samples], state.counts, state.drawn, state.denied,
            state.forked, state.digest, {one.id for one in state.records if state.in_force(one)})


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2 ** 32))
def test_the_fold_is_commutative_associative_and_idempotent_with_every_kind(seed):
    records, rng = anything_was_done(seed)
    expected = amounts_to(StoreState(records))
    rng.shuffle(records)
    cuts = sorted(rng.choices(range(len(records) + 1), k=2))
    state = StoreState()
    for part in (records[:cuts[0]], records[cuts[0]:cuts[1]], records[cuts[1]:]):
        state.add(part)
    assert amounts_to(state) == expected
    left, right = store_of(KEYS[0]), store_of(KEYS[0])
    for store, order in ((left, records), (right, records[::-1])):
        for place in range(0, len(order), 5):
            part = [Foreign(one, b'') for one in order[place:place + 5]]
            store.admit(part)
            assert not store.admit(part).new  # what is here changes nothing
    assert amounts_to(left.state) == amounts_to(right.state) == expected


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2 ** 32))
def test_denied_is_as_if_nothing_had_been_done(seed):
    """Against the same records without those of the denied, decisions aside."""
    records, _ = anything_was_done(seed)
    state = StoreState(records)
    without = StoreState([one for one in records
                          if one.author not in state.denied or one.kind in DECISIONS])
    assert without.denied == state.denied
    assert amounts_to(without)[:3] == amounts_to(state)[:3]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2 ** 32))
def test_compacting_at_any_moment_changes_nothing_that_comes_later(seed):
    """A robot that compacts in between, beside one that never does; all else comes to both."""
    records, rng = anything_was_done(seed)
    records = [one for one in records if one.act not in ('redo', 'restore')]
    rng.shuffle(records)
    cut = rng.randint(0, len(records))
    early = StoreState(records[:cut])
    compacted = StoreState(remaining_shared(early))
    assert amounts_to(compacted)[:3] == amounts_to(early)[:3]
    early.add(records[cut:])
    compacted.add(records[cut:])
    here = {one.id for one in compacted.records}
    # What a later record brings to life again is asked for (test_fleet_protocol); then it is here.
    compacted.add([one for one in early.records if early.in_force(one) and one.id not in here])
    assert amounts_to(compacted)[:3] == amounts_to(early)[:3]


def test_equal_sets_give_equal_bits_of_the_network():
    records, rng = anything_was_done(7)
    bits = set()
    for _ in range(4):
        rng.shuffle(records)
        store = store_of(KEYS[0])
        for one in records:
            store.admit([Foreign(one, b'')])
        bits.add(network_bits(store.state.samples))
    assert len(store.state.samples) > 3 and len(bits) == 1
    store.teach('a', codes(77))
    assert network_bits(store.state.samples) not in bits


def test_a_classifier_follows_what_another_robot_was_taught_long_ago(tmp_path):
    """Older than all that is known here, so that it comes first; answers are those of the set."""
    classifier = Classifier(inputs=8)
    with DiskStore.open(tmp_path, classifier.frame_encoder.fingerprint) as store:
        key_for(store)
        classifier.open(tmp_path)
        for number in range(3):
            classifier.teach(codes(50 + number), 'box', f'{number}.0')
        assert store.poll()
        store.admit(taught_elsewhere(labels=('mug', 'cup', 'mug', 'cup')))
        assert classifier.poll()
        assert classifier.labels == ['mug', 'cup', 'box']  # in the order of their first lessons
        classifier.consolidate()
        network = classifier.network
        assert network_bits(store.state.samples) == (tuple(network.labels), *(
            np.asarray(part).tobytes() for part in network.state))
        # a frame of this robot that has the stamp of one of the other's
        classifier.teach(codes(90), 'box', '3.0')
        other = store_of(KEYS[0])
        assert store.poll() and classifier.state.counts == {'mug': 2, 'cup': 2, 'box': 4}
        other.admit([Foreign(one, b'') for one in reversed(store.state.records)])
        assert network_bits(other.state.samples) == network_bits(store.state.samples)
        assert classifier.undo().label == 'box'
        assert classifier.state.counts == {'mug': 2, 'cup': 2, 'box': 3}
        classifier.close()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12)), max_size=8),
       st.sets(st.integers(1, 50), max_size=12))
def test_spans_are_joined_as_their_numbers_say(spans, here):
    """Held to a list of all numbers; and however long they are, nothing is counted through."""
    spans = [(first, first + more) for first, more in spans]
    numbers = sorted({one for first, last in spans for one in range(first, last + 1)} - here)
    found = exchange.joined(spans, here)
    assert [one for first, last in found for one in range(first, last + 1)] == numbers
    assert all(a[1] + 1 < b[0] for a, b in zip(found, found[1:]))
    far = 2 ** 48
    assert exchange.joined([*spans, (1, far)], {7}) == [[1, 6], [8, far]]
    assert exchange.lengths({'a': {1, 2, 3, 9}}, {'a': [[4, 8], [11, far]]}) == {'a': 9}


def test_an_old_key_is_never_written_over(tmp_path):
    """Each renewal keeps the one before beside it."""
    keys = [key_of(tmp_path)]
    for _ in range(3):
        keys.append(key_of(tmp_path, renew=True))
    assert len({key.author for key in keys}) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'fleet.key', 'fleet.key.before-1', 'fleet.key.before-2', 'fleet.key.before-3']


def test_of_two_who_make_a_key_at_once_both_have_the_same(tmp_path):
    """A node at its first start, and a command line beside it."""
    directories = [tmp_path / str(number) for number in range(12)]
    for directory in directories:
        directory.mkdir()
    with multiprocessing.get_context('spawn').Pool(4) as pool:
        for directory in directories:
            keys = pool.map(_author_in, [directory] * 4, chunksize=1)
            assert len(set(keys)) == 1 and keys[0] == key_of(directory).author
            assert [path.name for path in directory.iterdir()] == ['fleet.key']


def _author_in(directory):
    return key_of(directory).author
