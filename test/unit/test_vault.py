# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The memory of a robot: restarts, labels, rollback, compacting, imports."""

from pathlib import Path
import threading

from memory_samples import codes, IDENTITY, reopen, taught
import numpy as np
import pytest

from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.errors import IdentityError, StoreError, UnknownLabel
from hybrid_snn_ros.memory.journal import Journal
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import export, look


@pytest.fixture
def vault(tmp_path):
    """Return an open memory with two mugs and a box in it."""
    with taught(tmp_path / 'memory') as vault:
        yield vault


def test_what_was_taught_is_there_after_a_restart(vault):
    """Order, labels, codes, stamps, times, sources and version."""
    vault.rename('box', 'crate', source='topic')
    before = vault.ledger
    with reopen(vault) as again:
        assert again.version == before.version == 4 and not again.remarks
        assert again.ledger.counts == {'mug': 2, 'crate': 1}
        for number, sample in before.samples.items():
            assert again.ledger.samples[number]._replace(codes=0) == sample._replace(codes=0)
            assert (again.ledger.samples[number].codes == sample.codes).all()
        assert again.remove(3).label == 'mug' and again.undo().what == 'remove'
        assert again.remove(3).sample == 3 and again.remove(2).sample == 2
        assert again.teach('mug', codes(9)).sample == 9, 'an id is never given again'


def test_labels_are_normalised_and_codes_are_copied(vault):
    """The caller may reuse its buffer; bad texts and codes are refused and change nothing."""
    buffer = codes(5)
    entry = vault.teach(' Schlu\u0308ssel ', buffer)
    buffer[:] = 0
    assert entry.label == 'Schlüssel'
    assert (vault.ledger.samples[entry.sample].codes == codes(5)).all()
    with pytest.raises(ValueError, match='read-only'):
        entry.codes[0] = 1
    for bad in (codes(1, 15), codes(1).astype(np.int32), codes(1).reshape(4, 4)):
        with pytest.raises(StoreError, match='must have uint8 codes, 16 of them'):
            vault.teach('mug', bad)
    with pytest.raises(LabelError):
        vault.teach('a\nb', codes(1))
    with pytest.raises(LabelError):
        vault.teach_all([('mug', codes(1), ''), ('unknown', codes(1), '')])
    with pytest.raises(UnknownLabel, match="nothing was taught as 'cup'"):
        vault.rename('cup', 'mug')
    with pytest.raises(StoreError, match="'mug' has that name already"):
        vault.rename('mug', ' mug')
    assert vault.version == 4


def test_rollback_returns_to_a_snapshot_and_back(vault):
    """A rollback is a change like any other: it can be rolled back."""
    vault.save_snapshot({}, {})
    vault.forget('mug')
    kept, = vault.snapshots()
    vault.rollback(kept.sequence)
    assert vault.ledger.counts == {'mug': 2, 'box': 1} and vault.version == 5
    vault.rollback(4)
    with reopen(vault) as again:
        assert again.ledger.counts == {'box': 1} and again.version == 6
        again.compact()
        with pytest.raises(StoreError, match='no state 3 to return to, only 6 .* to 6'):
            again.rollback(3)


def test_compacting_keeps_ids_times_version_and_the_newest_snapshot(vault):
    """What was taken back is gone from the disk for good."""
    vault.save_snapshot({'P': np.zeros(2)}, {})
    secret = vault.teach('secret', codes(77))
    vault.forget('secret')
    vault.save_snapshot({'P': np.ones(2)}, {})
    samples, version = dict(vault.ledger.samples), vault.version
    before, after = vault.compact()
    content = (vault.directory / 'journal').read_bytes()
    assert after == len(content) < before
    assert [path.name for path in vault.directory.glob('snapshot-*')] == [
        f'snapshot-{version:012d}.bin'], 'states before cannot be returned to'
    assert secret.codes.tobytes() not in content and b'secret' not in content
    with reopen(vault) as again:
        assert again.version == version and again.snapshot_for_recovery()[0] == version
        assert list(again.ledger.samples) == list(samples) == [1, 2, 3]
        assert [s.time for s in again.ledger.samples.values()] == [
            s.time for s in samples.values()]
        assert again.teach('cup', codes(5)).sample == version + 1


def test_another_encoder_is_refused_another_runtime_is_remarked(vault):
    """In a sentence that says what to do; the lock is given back."""
    vault.close()
    with pytest.raises(IdentityError, match='taught with encoder ab12, here it is cd34; restore'):
        Vault.open(vault.directory, {**IDENTITY, 'encoder': 'cd34'})
    with Vault.open(vault.directory, {**IDENTITY, 'runtime': 'LiteRT 2.1'}) as again:
        assert 'taught with LiteRT 2.0, this is LiteRT 2.1: embeddings may' in again.remarks[0]
    with Vault.open(vault.directory.with_name('new'), None) as new:
        with pytest.raises(StoreError, match='no one said which encoder it is for'):
            new.teach('mug', codes(1))


def test_import_merges_or_replaces(vault, tmp_path):
    """An export is one file; what is known already counts once."""
    file = tmp_path / 'robot.memory'
    vault.remove(2)
    export(look(vault.directory), file)
    view = look(file)
    assert view.ledger.counts == {'mug': 2} and not view.problems
    with Vault.open(tmp_path / 'other', view.header.identity) as other:
        other.teach('mug', codes(3))
        other.teach('key', codes(4))
        samples = list(view.ledger.samples.values())
        assert other.import_samples(IDENTITY, samples) == (1, 1)
        assert other.import_samples(IDENTITY, samples + samples) == (0, 4)
        assert other.ledger.counts == {'mug': 2, 'key': 1}
        assert list(other.ledger.samples.values())[-1].stamp == '1.5'
        assert other.import_samples(IDENTITY, samples, replace=True) == (2, 0)
        assert other.ledger.counts == {'mug': 2}
        other.rollback(3)
        assert other.ledger.counts == {'mug': 2, 'key': 1}, 'even a replacement can be undone'
        with pytest.raises(IdentityError, match='with encoder zz'):
            other.import_samples({'encoder': 'zz'}, samples)
        with pytest.raises(LabelError):
            other.import_samples(IDENTITY, [*samples, samples[0]._replace(label='../\0')])
        assert other.version == 8 and not other.remarks
        other.import_samples({'inputs': 16}, samples)
        assert other.remarks == ['what is to be imported does not say which encoder it was '
                                 'taught with']
        assert not list(Path(other.directory).glob('.*')), 'nothing is left lying about'


OLD = ['mug', 'mug\u200b', '\u200b', 'unknown\u00ad', 'red\u3000 cup', 'box\ufeff']


@pytest.fixture
def old(tmp_path):
    """Return an open memory of labels older than the rule of what cannot be seen."""
    journal = Journal.open(tmp_path, IDENTITY)
    journal.append(Entry(number, 1.5, 'teach', label, '', number, codes=codes(number))
                   for number, label in enumerate(OLD, 1))
    journal.close()
    with Vault.open(tmp_path, IDENTITY) as vault:
        yield vault


@pytest.mark.parametrize('label', OLD)
def test_a_label_older_than_the_rule_is_known_forgotten_and_renamed(old, label):
    """As it is written, and no other one with it; what it becomes follows the rule."""
    assert not old.remarks and old.ledger.labels == OLD
    others = [other for other in OLD if other != label]
    old.forget(label)
    assert old.ledger.labels == others
    old.rollback(6)
    old.rename(label, 'crate\u200d')
    with reopen(old) as again:
        assert set(again.ledger.labels) == {*others, 'crate'}
        assert again.ledger.samples[OLD.index(label) + 1].label == 'crate'


def test_a_label_older_than_the_rule_is_meant_where_no_other_looks_so(old):
    """It can be typed; and two that look the same become one by a rename."""
    old.forget('box')
    old.forget('red cup')
    old.rename('mug\u200b', 'mug', merge=True)
    assert old.ledger.counts == {'mug': 2, '\u200b': 1, 'unknown\u00ad': 1}
    for text in ('', '\u200d', 'unknown'):
        with pytest.raises(LabelError):
            old.forget(text)
    with pytest.raises(UnknownLabel):
        old.forget('box')


def test_an_import_takes_labels_over_as_the_rule_has_them(old, tmp_path):
    """One that would be none is named, and nothing is taken over."""
    samples = list(old.ledger.samples.values())
    with Vault.open(tmp_path / 'other', IDENTITY) as other:
        with pytest.raises(LabelError, match=r"'\\u200b' cannot be taken over: a label needs"):
            other.import_samples(IDENTITY, samples)
        assert other.version == 0
        other.import_samples(IDENTITY, [*samples[:2], *samples[4:]])
        assert other.ledger.counts == {'mug': 2, 'red cup': 1, 'box': 1}


def test_several_threads_may_teach_at_once(vault):
    """Every change gets a sequence of its own."""
    threads = [threading.Thread(target=lambda: [
        vault.teach('mug', codes(1)) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reopen(vault) as again:
        assert again.version == 83 and not again.remarks


def test_a_closed_memory_takes_nothing(vault):
    """Instead of locking the directory again."""
    vault.close()
    with pytest.raises(StoreError, match='is closed'):
        vault.teach('mug', codes(1))
