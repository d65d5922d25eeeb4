# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A journal that somebody else changes while it is open: nothing is written behind a hole."""

import os
import shutil

from memory_samples import codes, IDENTITY, reopen, taught
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.borrowed import Borrowed
from hybrid_snn_ros.memory.disk import Disk
from hybrid_snn_ros.memory.entry import encode, Entry
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.follower import Follower
from hybrid_snn_ros.memory.foreign import ChangedError
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import look


@pytest.fixture
def vault(tmp_path):
    """Return an open memory that was backed up, and taught a cup and a key after that."""
    with taught(tmp_path / 'memory') as vault:
        shutil.copy(vault.journal.path, tmp_path / 'backup')
        vault.teach('cup', codes(4))
        vault.teach('key', codes(5))
        yield vault


def _overwrite(path, content):
    """Write over a file in place, as cp does."""
    with open(path, 'r+b') as file:
        file.truncate(0)
        file.write(content)


def _put(path, content):
    """Put another file in its place, as mv and rsync do."""
    path.with_name('other').write_bytes(content)
    path.with_name('other').rename(path)


def _backup(path):
    return (path.parent.parent / 'backup').read_bytes()


def _another(path, length=None):
    """Return a journal of the same length, unless told otherwise, with another history."""
    with Vault.open(path.parent.parent / 'another', IDENTITY) as other:
        other.teach_all([('tray', codes(number), '') for number in range(70, 75)])
    content = (path.parent.parent / 'another' / 'journal').read_bytes()
    size = path.stat().st_size if length is None else length
    return (content + bytes(size))[:size]


def _keeping_times(path):
    before = path.stat()
    _overwrite(path, _another(path))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _flip(path):
    """Change one byte of the last sample."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    _overwrite(path, content)


def _append(path, data):
    with open(path, 'ab') as file:
        file.write(data)


def _by_a_link(path):
    path.unlink()
    path.symlink_to(path.parent.parent / 'backup')


CHANGED = {
    'a shorter backup copied over': lambda path: _overwrite(path, _backup(path)),
    'a longer history copied over': lambda path: _overwrite(path, _another(path, 5000)),
    'another one of the same length': lambda path: _overwrite(path, _another(path)),
    'the same with its old times': _keeping_times,
    'one byte of it': _flip,
    'a backup put in its place': lambda path: _put(path, _backup(path)),
    'another one put in its place': lambda path: _put(path, _another(path)),
    'a link to the backup': _by_a_link,
    'emptied': lambda path: os.truncate(path, 0),
    'cut in the middle of a sample': lambda path: os.truncate(path, path.stat().st_size - 20),
    'cut behind its head': lambda path: os.truncate(path, 300),
    'rubbish behind it': lambda path: _append(path, b'rubbish'),
    'zeros behind it': lambda path: _append(path, bytes(5000)),
    'a text in its place': lambda path: _put(path, b'no memory at all'),
    'a backup with a sample more': lambda path: _overwrite(path, _backup(path) + encode(Entry(
        4, 1.5, 'teach', 'tray', sample=4, codes=codes(8)))),
}
IN_FRONT = {  # of which the file still begins with all that is known
    'rubbish behind it', 'zeros behind it'}
CHANGES = {
    'teach': lambda vault: vault.teach('mug', codes(9)),
    'undo': lambda vault: vault.undo(),
    'forget': lambda vault: vault.forget('cup'),
    'rename': lambda vault: vault.rename('cup', 'beaker'),
    'rollback': lambda vault: vault.rollback(3),
    'import': lambda vault: vault.import_samples(
        IDENTITY, list(vault.ledger.samples.values())[:2], replace=True),
    'compact': lambda vault: vault.compact(),
    'snapshot': lambda vault: vault.save_snapshot({}, {}),
    'check': lambda vault: vault.check(),
}


@pytest.mark.parametrize('change', CHANGES)
@pytest.mark.parametrize('what', CHANGED)
def test_nothing_is_written_to_a_file_that_somebody_else_changed(vault, what, change):
    """Not by any change; what is known is kept beside it once, and comes back on demand."""
    path, counts = vault.journal.path, dict(vault.ledger.counts)
    CHANGED[what](path)
    theirs = path.read_bytes()
    for _ in range(3):
        with pytest.raises(ChangedError, match='by somebody else .*nothing was saved') as no:
            CHANGES[change](vault)
        assert path.read_bytes() == theirs
        assert (vault.ledger.counts, vault.version) == (counts, 5)
    assert 'Restart the node' in str(no.value) and len(str(no.value).splitlines()) == 1
    kept = sorted(path.parent.glob('journal.before-*'))
    assert not list(path.parent.glob('snapshot*'))
    if what in IN_FRONT:
        assert 'All that is known here is in it' in str(no.value) and not kept
        return
    assert [file.name for file in kept] == ['journal.before-1']
    assert str(kept[0]) in str(no.value)
    view = look(kept[0])
    assert not view.problems and view.ledger.counts == counts and len(view.entries) == 5
    _put(path, kept[0].read_bytes())
    CHANGES[change](vault)  # the former file is back: it goes on
    with reopen(vault) as again:
        assert not again.remarks


@pytest.mark.parametrize('what', ['a shorter backup copied over', 'a backup put in its place'])
def test_after_a_restart_it_knows_what_the_file_holds_and_takes_the_rest_in(vault, what):
    """As the operator wanted it when copying; the other samples are not lost."""
    CHANGED[what](vault.journal.path)
    with pytest.raises(ChangedError):
        vault.teach('mug', codes(9))
    with reopen(vault) as again:
        assert not again.remarks and again.ledger.counts == {'mug': 2, 'box': 1}
        rest = look(vault.directory / 'journal.before-1')
        assert again.import_samples(rest.header.identity, rest.ledger.samples.values()) == (2, 3)
        assert again.ledger.counts == {'mug': 2, 'box': 1, 'cup': 1, 'key': 1}
        shutil.copyfile(vault.directory.parent / 'backup', again.journal.path)
        with pytest.raises(ChangedError, match=r'is kept in .*/journal.before-2, which'):
            again.undo()
    assert look(vault.directory / 'journal.before-2').ledger.version == 5


@pytest.mark.parametrize('what', CHANGED)
def test_a_reader_knows_what_the_file_holds_or_stays_with_what_it_knew(vault, what):
    """Also while it is copied, piece by piece; it writes nothing."""
    path, counts = vault.journal.path, dict(vault.ledger.counts)
    reader = Borrowed(IDENTITY, None, Follower(vault.directory, IDENTITY))
    reader.follow()
    whole = path.read_bytes()
    CHANGED[what](path)
    theirs, names = path.read_bytes(), sorted(vault.directory.iterdir())
    for length in (0, 30, 400, len(theirs) * 2 // 3, len(theirs), len(whole)):
        content = whole if length == len(whole) else theirs[:length]
        path.write_bytes(content)
        try:
            wanted = look(vault.directory).ledger.counts
        except StoreError:
            with pytest.raises(StoreError):
                reader.follow()
        else:
            reader.follow()
            assert reader.ledger.counts == wanted
        assert path.read_bytes() == content and sorted(vault.directory.iterdir()) == names
    assert reader.ledger.counts == counts, 'the former file is back'


@pytest.mark.parametrize('touch', [
    lambda path: path.touch(), lambda path: path.chmod(0o600),
    lambda path: os.link(path, path.with_name('linked')),
    lambda path: _overwrite(path, path.read_bytes()), lambda path: _put(path, path.read_bytes()),
    lambda path: shutil.copy(path, path.with_name('copied'))])
def test_who_only_touches_it_is_no_trouble(vault, touch):
    """The same bytes, whoever wrote them: teaching goes on."""
    for number in range(3):
        touch(vault.journal.path)
        vault.teach('mug', codes(20 + number))
        for left in ('linked', 'copied'):
            vault.directory.joinpath(left).unlink(missing_ok=True)
    with reopen(vault) as again:
        assert not again.remarks and again.ledger.counts['mug'] == 5
    assert not list(vault.directory.glob('journal.*'))


def test_a_file_that_somebody_puts_where_none_was_is_left_alone(tmp_path):
    """A backup copied into the directory of a robot that runs and was taught nothing."""
    with taught(tmp_path / 'backup'):
        pass
    with Vault.open(tmp_path / 'memory', IDENTITY) as vault:
        shutil.copy(tmp_path / 'backup' / 'journal', vault.directory)
        with pytest.raises(ChangedError, match='Nothing was known here. Restart the node'):
            vault.teach('cup', codes(4))
        assert not list(vault.directory.glob('journal.*'))
        with reopen(vault) as again:
            assert again.ledger.counts == {'mug': 2, 'box': 1}


def test_an_empty_file_is_said_and_begun_anew_unless_it_is_filled_meanwhile(tmp_path):
    """A journal somebody emptied; then a backup is copied over it while the robot runs."""
    with taught(tmp_path / 'backup'):
        pass
    for filled in (False, True):
        path = tmp_path / f'memory {filled}' / 'journal'
        path.parent.mkdir()
        path.touch()
        with Vault.open(path.parent, IDENTITY) as vault:
            assert 'is empty: what was taught before' in vault.remarks[0]
            if filled:
                shutil.copyfile(tmp_path / 'backup' / 'journal', path)
                with pytest.raises(ChangedError, match='Nothing was known here'):
                    vault.teach('cup', codes(4))
            else:
                vault.teach('cup', codes(4))
                vault.teach('cup', codes(5))
            with reopen(vault) as again:
                assert not again.remarks
                assert again.ledger.counts == ({'mug': 2, 'box': 1} if filled else {'cup': 2})


class Meddled(Disk):
    """A disk on which somebody else writes over a file at the worst moment."""

    meddle = None

    def write(self, handle, data, offset):
        if self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle()
        super().write(handle, data, offset)


@pytest.mark.parametrize('what', ['emptied', 'a shorter backup copied over', 'zeros behind it',
                                  'a longer history copied over', 'a backup put in its place'])
def test_a_file_that_is_written_over_at_the_same_moment_is_no_success(vault, what):
    """Between the look at the file and the write: the hole is there, and no one says 'saved'."""
    vault.close()
    disk = Meddled()
    with Vault.open(vault.directory, IDENTITY, disk=disk) as vault:
        vault.teach('mug', codes(6))
        disk.meddle = lambda: CHANGED[what](vault.journal.path)
        with pytest.raises(StoreError, match='at the same moment|the file has vanished'):
            vault.teach('mug', codes(7))
        assert vault.ledger.counts == {'mug': 3, 'box': 1, 'cup': 1, 'key': 1}
        theirs = vault.journal.path.read_bytes()
        with pytest.raises(ChangedError):
            vault.teach('mug', codes(8))
        assert vault.journal.path.read_bytes() == theirs


def test_where_no_copy_can_be_kept_the_sentence_says_so(vault):
    """And it is tried again."""
    class Full(Disk):
        def replace(self, path, data):
            raise OSError(28, 'No space left on device')

    _put(vault.journal.path, _backup(vault.journal.path))
    vault.journal._beside._disk = Full()
    with pytest.raises(ChangedError, match=r'could not be kept beside it \(No space left'):
        vault.teach('mug', codes(9))
    vault.journal._beside._disk = Disk()
    with pytest.raises(ChangedError, match='is kept in .*/journal.before-1'):
        vault.teach('mug', codes(9))


def test_save_says_nothing_is_on_disk_that_is_not(tmp_path):
    """Also where there is nothing new to save."""
    classifier = Classifier(inputs=16)
    classifier.open(tmp_path / 'memory')
    classifier.teach(codes(1), 'mug')
    shutil.copy(tmp_path / 'memory' / 'journal', tmp_path / 'backup')
    classifier.teach(codes(2), 'cup')
    assert classifier.keep() and classifier.keep() is None
    shutil.copyfile(tmp_path / 'backup', tmp_path / 'memory' / 'journal')
    for _ in range(2):
        with pytest.raises(StoreError, match='changed by somebody else'):
            classifier.keep()
    snapshots = sorted((tmp_path / 'memory').glob('snapshot*'))
    classifier.close()
    assert sorted((tmp_path / 'memory').glob('snapshot*')) == snapshots
    assert classifier.open(tmp_path / 'memory')[0].endswith(
        'belongs to a history that is not here any more; it was passed over')
    assert classifier.labels == ['mug']
    (tmp_path / 'memory' / 'journal').unlink()
    with pytest.raises(StoreError, match='the file has vanished; the next change writes it anew'):
        classifier.keep()
