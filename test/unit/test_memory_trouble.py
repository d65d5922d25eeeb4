# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Disks that run full, go away and come back; files that somebody puts in the place of ours."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

from memory_samples import codes, FINGERPRINT, reopen, taught
import numpy as np
import pytest

from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import ChangedError, OldFormatError, RefusedError, StoreError
from hybrid_snn_ros.memory.store import NewLesson

CHANGES = {
    'teach': lambda store: store.teach('tray', codes(9)),
    'undo': lambda store: store.undo(),
    'forget': lambda store: store.forget('mug'),
    'rename': lambda store: store.rename('mug', 'beaker'),
    'rollback': lambda store: store.rollback(3),
    'import': lambda store: store.import_samples(
        FINGERPRINT, list(store.state.samples.values())[:2], replace=True),
    'compact': lambda store: store.compact(),
    'keep': lambda store: store.keep(),
    'poll': lambda store: store.poll(),
}


@pytest.fixture
def store(tmp_path):
    """Return an open memory with two mugs and a box in it."""
    with taught(tmp_path / 'memory') as store:
        yield store


@pytest.fixture
def small_disk(tmp_path):
    """Return the directory of a real disk of 1 MB, where one can be mounted."""
    directory = tmp_path / 'disk'
    directory.mkdir()
    mounted = shutil.which('mount') and not subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory],
        capture_output=True).returncode
    if not mounted:
        pytest.skip('mounting a small disk needs to be root')
    yield directory
    subprocess.run(['mount', '-o', 'remount,rw', directory], check=False)
    subprocess.run(['umount', '-l', directory], check=True)


def listed(state):
    return {number: (sample.label, sample.codes.tobytes())
            for number, sample in state.samples.items()}


# -- disks ---------------------------------------------------------------------------------------


def test_a_directory_that_vanishes_and_comes_back(store):
    """Refused while it is away, works when it is back, and nothing is missing in it."""
    away = store.directory.with_name('away')
    store.directory.rename(away)
    for change in CHANGES.values():
        with pytest.raises(StoreError, match='No such file or directory'):
            change(store)
    assert store.state.counts == {'mug': 2, 'box': 1}
    away.rename(store.directory)
    store.teach('cup', codes(4))
    shutil.rmtree(store.directory)
    with pytest.raises(StoreError, match='No such file or directory'):
        store.undo()
    store.directory.mkdir()  # another, empty one: what is known is written anew
    store.teach('key', codes(5))
    with reopen(store) as again:
        assert not again.remarks
        assert again.state.counts == {'mug': 2, 'box': 1, 'cup': 1, 'key': 1}


@pytest.mark.parametrize('idle', [True, False])
def test_a_file_that_is_deleted_is_written_anew_with_its_pictures(store, idle):
    """An open file that lost its name takes writes that nobody will find again."""
    number = store.teach('cup', codes(4), picture=b'a jpeg').number
    if idle:
        store.keep()
    for path in store.directory.iterdir():
        path.unlink()
    store.teach('key', codes(5))
    with reopen(store) as again:
        assert again.state.counts == {'mug': 2, 'box': 1, 'cup': 1, 'key': 1}
        assert again.pictures([number]) == {number: b'a jpeg'} and not again.remarks


def test_a_full_disk_refuses_and_recovers(small_disk):
    """A real one: what was acknowledged is there, teaching goes on when there is room."""
    directory = small_disk / 'memory'
    with DiskStore.open(directory, {'inputs': 1280}) as store:
        number = 0
        with pytest.raises(StoreError, match='cannot write .* No space left on device'):
            while number < 1000:
                store.teach('mug', codes(number, 1280))
                number += 1
        assert 10 < number < 300 and len(store.state.samples) == number
        for change in (lambda: store.teach('mug', codes(number, 1280)), store.keep):
            with pytest.raises(StoreError, match='No space left'):
                change()
        subprocess.run(['mount', '-o', 'remount,size=4m', small_disk], check=True)
        store.teach('mug', codes(number, 1280))
        store.keep()
        assert not list(directory.glob('.*')), 'an unfinished file takes room from teaching'
    with DiskStore.open(directory, None) as again:
        assert not again.remarks
        assert [sample.codes.tobytes() for sample in again.state.samples.values()] == [
            codes(each, 1280).tobytes() for each in range(number + 1)]


def test_a_read_only_disk_is_read_and_refuses(small_disk):
    """Also one with the log of a process that was killed; taught again once it is writable."""
    directory = small_disk / 'memory'
    with DiskStore.open(directory, FINGERPRINT) as store:
        store.teach('mug', codes(1))
        for path in directory.iterdir():
            shutil.copy(path, small_disk / path.name)
            if not path.name.endswith('-shm'):
                (small_disk / 'other').mkdir(exist_ok=True)
                shutil.copy(path, small_disk / 'other' / path.name)
    for place in (directory, small_disk, small_disk / 'other'):
        subprocess.run(['mount', '-o', 'remount,ro', small_disk], check=True)
        assert read_store(place).state.counts == {'mug': 1}
        with pytest.raises(StoreError, match='readonly|unable to open|read-only|Read-only'):
            with DiskStore.open(place, FINGERPRINT) as store:
                store.teach('mug', codes(2))
        subprocess.run(['mount', '-o', 'remount,rw', small_disk], check=True)
        with DiskStore.open(place, FINGERPRINT) as store:
            store.teach('mug', codes(2))
            assert store.state.counts == {'mug': 2} and not store.remarks
            subprocess.run(['mount', '-o', 'remount,ro', small_disk], capture_output=True)


@pytest.mark.parametrize('name', [
    'a' * 300, 'é' * 200, 'abc/' * 1500, 'a/' * 5000, 'x/' + 'a' * 4096])
def test_a_path_too_long_is_refused_by_a_sentence_and_nothing_is_made(tmp_path, name):
    with pytest.raises(StoreError, match='cannot make the directory .*: File name too long'):
        DiskStore.open(tmp_path / name, FINGERPRINT)
    assert not list(tmp_path.iterdir())


def test_an_odd_path_is_one(tmp_path):
    """Whatever it means to a URI."""
    with DiskStore.open(tmp_path / 'a?mode=ro#b%20&c', FINGERPRINT) as store:
        store.teach('mug', codes(1))
    assert read_store(tmp_path / 'a?mode=ro#b%20&c').state.counts == {'mug': 1}


# -- other processes -----------------------------------------------------------------------------

OTHER = """
import sys, numpy as np
from hybrid_snn_ros.memory.disk_store import DiskStore
store = DiskStore.open(sys.argv[1], None)
for number in range(int(sys.argv[2])):
    store.teach(sys.argv[3], np.full(16, number, np.uint8))
    print(number, flush=True)
sys.stdin.read()
"""


def test_processes_that_teach_at_once_lose_nothing(store):
    """Four at a time, and the records of each in its order; killed, they leave no lock."""
    others = [subprocess.Popen([sys.executable, '-c', OTHER, store.directory, '40', name],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
              for name in 'abc']
    for number in range(40):
        store.teach('mine', codes(number))
    for other in others:
        assert [int(other.stdout.readline()) for _ in range(40)] == list(range(40))
        other.kill()
        other.wait()
    assert store.poll()
    assert store.state.counts == {'mug': 2, 'box': 1, 'mine': 40, 'a': 40, 'b': 40, 'c': 40}
    store.teach('after', codes(50))
    with reopen(store) as again:
        assert listed(again.state) == listed(store.state) and again.version == 164
        for name in 'abc':
            assert [sample.codes[0] for sample in again.state.samples.values()
                    if sample.label == name] == list(range(40))


UPKEEP = """
import sys, time
from hybrid_snn_ros.memory.disk_store import DiskStore
store = DiskStore.open(sys.argv[1], None)
print('open', flush=True)
for number in range(30):
    store.keep() if number % 3 else store.compact()
    time.sleep(0.01)
"""


def test_what_others_do_to_the_file_is_no_trouble(store):
    """Taking the log in, compacting, copying, again and again while it is taught here."""
    with subprocess.Popen([sys.executable, '-c', UPKEEP, store.directory], text=True,
                          stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == 'open\n'
        number = 0
        while other.poll() is None:
            store.teach('mine', codes(number))
            number += 1
            if number % 5 == 0:
                store.undo()
                number -= 1
            time.sleep(0.01)  # SQLite's locks are not fair: leave the other one a gap
    assert other.returncode == 0 and number > 1
    assert not list(store.directory.glob('memory.before-*'))
    with reopen(store) as again:
        assert again.state.counts == {'mug': 2, 'box': 1, 'mine': number} and not again.remarks


def test_a_change_that_is_interrupted_behind_its_commit_is_there(store, monkeypatch):
    """Ctrl-C at the worst moment: it is on disk, so it is known by the next change."""
    def interrupted(records):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.state, 'add', interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.teach('cup', codes(4))
    assert store.teach('key', codes(5)).number == 5
    with reopen(store) as again:
        assert again.state.counts == {'mug': 2, 'box': 1, 'cup': 1, 'key': 1}


def test_a_busy_file_is_waited_for_and_then_refused(store, monkeypatch):
    """As somebody at work with sqlite3 may hold it; what is asked works again afterwards."""
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute('BEGIN IMMEDIATE')
        store._file.db.execute('PRAGMA busy_timeout=100')
        with pytest.raises(StoreError, match='another process has been writing to it'):
            store.teach('cup', codes(4))
        other.execute('ROLLBACK')
    store.teach('cup', codes(4))
    assert store.state.counts == {'mug': 2, 'box': 1, 'cup': 1}


def test_what_others_compact_is_read_anew(store):
    """And what was taken back is in no file any more."""
    store.forget('box')
    with DiskStore.open(store.directory, None) as other:
        other.compact()
    assert store.poll() and store.state.base == store.version == 4
    with pytest.raises(RefusedError, match='only 4 .when it was compacted last. to 4'):
        store.rollback(2)
    store.close()
    for path in store.directory.iterdir():
        assert codes(2).tobytes() not in path.read_bytes(), path


# -- files that are exchanged --------------------------------------------------------------------


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


def _another(path):
    """Return the bytes of a memory with another history."""
    directory = path.parent.parent / 'another'
    with DiskStore.open(directory, FINGERPRINT) as other:
        other.teach_all([NewLesson('tray', codes(number)) for number in range(70, 75)])
    return (directory / 'memory.db').read_bytes()


def _keeping_times(path):
    before = path.stat()
    _overwrite(path, _another(path))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGED = {
    'a backup copied over': (lambda path: _overwrite(path, _backup(path)), {'mug': 2, 'box': 1}),
    'a backup put in its place': (lambda path: _put(path, _backup(path)), {'mug': 2, 'box': 1}),
    'another one copied over': (lambda path: _overwrite(path, _another(path)), {'tray': 5}),
    'another one in its place': (lambda path: _put(path, _another(path)), {'tray': 5}),
    'another one with old times': (_keeping_times, {'tray': 5}),
}


@pytest.mark.parametrize('change', CHANGES)
@pytest.mark.parametrize('what', CHANGED)
@pytest.mark.parametrize('idle', [True, False], ids=['idle', 'amid'])
def test_nothing_is_saved_into_a_file_that_somebody_put_there(
        store, tmp_path, what, change, idle):
    """What is known is kept beside it; what the file holds is known; teaching goes on in that."""
    store.keep()
    shutil.copy(store.path, tmp_path / 'backup')
    store.teach('cup', codes(4))
    store.keep()
    store.teach('key', codes(5))
    before, records = listed(store.state), list(store.state.records)
    if idle:
        store.keep()
    put, expected = CHANGED[what]
    put(store.path)
    if what == 'a backup copied over' and not idle:
        # All that the backup lacks is in the log, which holds whole pages: nothing is lost.
        CHANGES[change](store)
        contents = read_store(store.directory)
        assert contents.problems == [] and change == 'compact' or (
            {record.id for record in records} <= {record.id for record in contents.records})
        return
    with pytest.raises(ChangedError, match='put there by somebody else: nothing was sav') as said:
        CHANGES[change](store)
    assert store.state.counts == expected
    kept = store.directory / 'memory.before-1.db'
    assert str(kept) in str(said.value) and len(str(said.value).splitlines()) == 1
    assert listed(read_store(kept).state) == before
    store.teach('after', codes(6))
    with reopen(store) as again:
        assert again.state.counts == {**expected, 'after': 1}
        assert read_store(again.directory).problems == []


@pytest.mark.parametrize('idle', [True, False], ids=['idle', 'amid'])
def test_another_file_is_told_by_every_process_that_has_it_open(store, tmp_path, idle):
    """Each goes on with it; what each knew is kept; nothing of before is in it."""
    with subprocess.Popen([sys.executable, '-c', TOLD, store.directory], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        def ask(word):
            other.stdin.write(f'{word}\n')
            other.stdin.flush()
            return other.stdout.readline()

        assert ask('teach') == '4\n'
        store.teach('cup', codes(4))
        store.keep() if idle else None
        assert ask('teach') == '6\n'
        _overwrite(store.path, _another(store.path))
        said = []
        for _ in range(6):  # whoever looks first; the others get over it
            for call in (lambda: ask('poll'), store.poll):
                try:
                    said.append(call())
                except StoreError as error:
                    said.append(str(error))
        assert sum('put there by somebody else' in str(one) for one in said) == 2, said
        assert ask('teach') == '6\n' and store.poll()
        assert store.state.counts == {'tray': 5, 'theirs': 1}
        store.teach('mine', codes(5))
        assert ask('teach') == '8\n'
        other.stdin.close()
    with reopen(store) as again:
        assert again.state.counts == {'tray': 5, 'theirs': 2, 'mine': 1}
    kept = [read_store(path).state.counts for path in store.directory.glob('memory.before-*')]
    assert {'mug': 2, 'box': 1, 'theirs': 2, 'cup': 1} in kept


TOLD = """
import sys, numpy as np
from hybrid_snn_ros.memory.disk_store import DiskStore
store = DiskStore.open(sys.argv[1], None)
for word in sys.stdin:
    try:
        print(store.teach('theirs', np.full(16, store.version, np.uint8)).number
              if word == 'teach\\n' else store.poll(), flush=True)
    except Exception as error:
        print(str(error), flush=True)
"""


def test_the_same_bytes_under_a_new_date_are_no_trouble(store):
    """Copied back, or put back."""
    store.keep()
    content = store.path.read_bytes()
    for put in (_overwrite, _put):
        put(store.path, content)
        store.teach('cup', codes(4))
        store.keep()
        content = store.path.read_bytes()
    with reopen(store) as again:
        assert again.state.counts == {'mug': 2, 'box': 1, 'cup': 2} and not again.remarks


def test_a_file_that_is_half_copied_is_waited_for(store, tmp_path):
    """Refused until it is whole; what was known is not lost whatever comes of it."""
    store.keep()
    content = _another(store.path)
    for part in (b'', content[:300], content[:9000], b'no memory at all' * 1000):
        _overwrite(store.path, part)
        for _ in range(2):
            with pytest.raises(StoreError, match='cannot read|is not a memory'):
                store.teach('cup', codes(4))
        assert store.path.read_bytes() == part and store.state.counts == {'mug': 2, 'box': 1}
    _overwrite(store.path, content)
    with pytest.raises(ChangedError):
        store.teach('cup', codes(4))
    store.teach('cup', codes(4))
    with reopen(store) as again:
        assert again.state.counts == {'tray': 5, 'cup': 1}


def test_a_memory_of_the_format_before_is_named_not_passed_over(tmp_path):
    """With the command that takes it over."""
    (tmp_path / 'journal').write_bytes(b'HSNNMEM\n' + bytes(100))
    for call in (lambda: DiskStore.open(tmp_path, FINGERPRINT), lambda: read_store(tmp_path)):
        with pytest.raises(OldFormatError, match=f'hybrid-snn state import {tmp_path} -m '):
            call()
    assert np.array_equal(os.listdir(tmp_path), ['journal'])
