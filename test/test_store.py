# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The memory file: complete, atomic, and honest about damage."""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from hybrid_snn_ros.memory import store
from hybrid_snn_ros.memory.store import Memory, StoreError

INPUTS = 40


def memory(samples=12, version=3, seed=0):
    draw = np.random.default_rng(seed)
    return Memory({'encoder': 'ab' * 32, 'inputs': INPUTS, 'crop': 0.875,
                   'roi': [0.0, 0.0, 1.0, 1.0]}, ['mug', 'Ente', '杯子'],
                  draw.integers(0, 3, samples).astype(np.int32),
                  draw.integers(0, 256, (samples, INPUTS), dtype=np.uint8), version)


def same(one, other):
    return (one.identity == other.identity and one.labels == other.labels
            and one.version == other.version and one.codes.dtype == other.codes.dtype
            and np.array_equal(one.columns, other.columns)
            and np.array_equal(one.codes, other.codes))


def rewritten(path, **changes):
    """Write a memory file whose checksums are right and whose content is not."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file}
    header = json.loads(arrays['header'].tobytes())
    for name, value in changes.items():
        if name in arrays and name != 'header':
            arrays[name] = value
        else:
            header[name] = value
    if 'header' in changes:
        header = changes['header']
    arrays['header'] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


def test_what_was_saved_is_loaded(tmp_path):
    path = store.save(tmp_path / 'new' / 'folder', memory())
    assert path == tmp_path / 'new' / 'folder' / store.FILE_NAME
    assert same(store.load(path.parent), memory())
    assert os.listdir(path.parent) == [store.FILE_NAME]


def test_an_empty_memory_is_a_memory(tmp_path):
    empty = Memory({}, [], np.zeros(0, np.int32), np.zeros((0, INPUTS), np.uint8), 0)
    store.save(tmp_path, empty)
    assert same(store.load(tmp_path), empty)


def test_a_later_save_replaces_the_earlier_one(tmp_path):
    store.save(tmp_path, memory(version=1))
    store.save(tmp_path, memory(samples=30, version=2, seed=1))
    assert same(store.load(tmp_path), memory(samples=30, version=2, seed=1))
    assert os.listdir(tmp_path) == [store.FILE_NAME]


def test_the_home_directory_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    store.save('~/memory', memory())
    assert (tmp_path / 'memory' / store.FILE_NAME).is_file()
    assert same(store.load('~/memory'), memory())


def test_no_file_is_no_memory(tmp_path):
    assert store.load(tmp_path) is None
    assert store.load(tmp_path / 'absent') is None
    (tmp_path / 'file').write_text('')
    assert store.load(tmp_path / 'file') is None


# -- writing that fails --------------------------------------------------------------------------


class FullDisk(io.FileIO):
    """A file on a disk with room for so many bytes."""

    def __init__(self, path, room):
        super().__init__(path, 'w')
        self._room = room

    def write(self, content):
        fits = super().write(content[:self._room])
        self._room -= fits
        if fits < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return fits


def refuse(code):
    def call(*_arguments, **_options):
        raise OSError(code, os.strerror(code))
    return call


def second_sync_fails():
    """Let the file's sync pass and the directory's fail."""
    real, calls = os.fsync, []

    def call(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)
    return call


def check_only_one_whole_file_is_left(directory, *allowed):
    assert os.listdir(directory) == [store.FILE_NAME]
    assert any(same(store.load(directory), one) for one in allowed)


@pytest.mark.parametrize('room', [0, 1, 100, 300, 500, 700, 900, 1100, 1300])
def test_a_disk_that_fills_up_leaves_the_previous_file(tmp_path, monkeypatch, room):
    store.save(tmp_path, memory(version=1))
    monkeypatch.setattr(store, 'open', lambda path, _mode: FullDisk(path, room), raising=False)
    with pytest.raises(StoreError, match=f'cannot save .*{store.FILE_NAME}: No space left'):
        store.save(tmp_path, memory(version=2))
    check_only_one_whole_file_is_left(tmp_path, memory(version=1))


@pytest.mark.parametrize('call, code', [
    ('fsync', errno.EIO), ('fsync', errno.ENOSPC), ('replace', errno.EROFS),
    ('replace', errno.ENOSPC)])
def test_a_failed_sync_or_rename_leaves_the_previous_file(tmp_path, monkeypatch, call, code):
    store.save(tmp_path, memory(version=1))
    monkeypatch.setattr(os, call, refuse(code))
    with pytest.raises(StoreError, match=os.strerror(code)):
        store.save(tmp_path, memory(version=2))
    check_only_one_whole_file_is_left(tmp_path, memory(version=1))


def test_a_file_that_cannot_be_opened_leaves_the_previous_one(tmp_path, monkeypatch):
    store.save(tmp_path, memory(version=1))
    monkeypatch.setattr(store, 'open', refuse(errno.EACCES), raising=False)
    with pytest.raises(StoreError, match='Permission denied'):
        store.save(tmp_path, memory(version=2))
    check_only_one_whole_file_is_left(tmp_path, memory(version=1))


def test_a_directory_that_cannot_be_synced_is_reported_and_one_file_is_whole(
        tmp_path, monkeypatch):
    store.save(tmp_path, memory(version=1))
    monkeypatch.setattr(os, 'fsync', second_sync_fails())
    with pytest.raises(StoreError, match=os.strerror(errno.EIO)):
        store.save(tmp_path, memory(version=2))
    check_only_one_whole_file_is_left(tmp_path, memory(version=1), memory(version=2))


def test_the_file_is_synced_before_it_gets_its_name_and_the_directory_after(
        tmp_path, monkeypatch):
    done = []
    sync, rename = os.fsync, os.replace

    def note_sync(descriptor):
        done.append(os.readlink(f'/proc/self/fd/{descriptor}'))
        sync(descriptor)

    def note_rename(source, target):
        with zipfile.ZipFile(source) as archive:
            assert archive.testzip() is None  # whole by now, not still in a buffer
        done.append('rename')
        rename(source, target)

    if not os.path.isdir('/proc/self/fd'):
        pytest.skip('no /proc to tell what a file descriptor stands for')
    monkeypatch.setattr(os, 'fsync', note_sync)
    monkeypatch.setattr(os, 'replace', note_rename)
    store.save(tmp_path, memory())
    assert len(done) == 3
    assert os.path.dirname(done[0]) == str(tmp_path) and done[0] != str(tmp_path)
    assert done[1:] == ['rename', str(tmp_path)]


def test_an_interrupted_save_leaves_no_litter(tmp_path, monkeypatch):
    def interrupt(_descriptor):
        raise KeyboardInterrupt
    store.save(tmp_path, memory(version=1))
    monkeypatch.setattr(os, 'fsync', interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.save(tmp_path, memory(version=2))
    check_only_one_whole_file_is_left(tmp_path, memory(version=1))


def test_a_place_where_no_directory_can_be_is_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    for place in (tmp_path / 'file', tmp_path / 'file' / 'below'):
        with pytest.raises(StoreError, match=f'cannot save the memory to {place}'):
            store.save(place, memory())
    assert os.listdir(tmp_path) == ['file']


def test_a_killed_process_leaves_a_whole_file(tmp_path):
    program = (
        'import numpy as np, sys\n'
        'from hybrid_snn_ros.memory import store\n'
        'for version in range(1, 10 ** 9):\n'
        '    codes = np.full((2000, 500), version % 256, np.uint8)\n'
        '    store.save(sys.argv[1], store.Memory({}, ["mug"], np.zeros(2000, np.int32), codes,\n'
        '                                         version))\n'
        '    print(version, flush=True)\n')
    for patience in (0.0, 0.003, 0.007, 0.011, 0.017, 0.023):
        child = subprocess.Popen(
            [sys.executable, '-c', program, str(tmp_path)], stdout=subprocess.PIPE,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
        saved = int(child.stdout.readline())
        time.sleep(patience)
        child.send_signal(signal.SIGKILL)
        for line in child.stdout:
            saved = int(line)
        child.wait()
        left = store.load(tmp_path)
        assert left.version in (saved, saved + 1)  # what was acknowledged is there
        assert (left.codes == left.version % 256).all()


# -- files that are damaged ----------------------------------------------------------------------


def test_a_file_cut_anywhere_is_refused(tmp_path):
    path = store.save(tmp_path, memory())
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StoreError, match='damaged'):
            store.load(tmp_path)


def test_a_flipped_byte_is_refused_or_harmless(tmp_path):
    path = store.save(tmp_path, memory())
    whole = path.read_bytes()
    draw = np.random.default_rng(1)
    refused = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= int(draw.integers(1, 256))
        path.write_bytes(damaged)
        try:
            assert same(store.load(tmp_path), memory()), place
        except StoreError as refusal:
            assert str(path) in str(refusal) and len(str(refusal).splitlines()) == 1
            refused += 1
    assert refused > 0.8 * len(whole)  # the rest are dates and the like


def test_many_flipped_bytes_are_refused_or_harmless(tmp_path):
    path = store.save(tmp_path, memory())
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    draw = np.random.default_rng(2)
    for _ in range(300):
        damaged = whole.copy()
        places = draw.integers(0, len(whole), draw.integers(2, 60))
        damaged[places] = draw.integers(0, 256, len(places))
        path.write_bytes(damaged.tobytes())
        try:
            assert same(store.load(tmp_path), memory())
        except StoreError:
            pass


@pytest.mark.parametrize('content', [
    b'', b'\0' * 500, b'PK\x03\x04', b'mug', b'\x93NUMPY\x01\x00',
    np.random.default_rng(0).bytes(2000)])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / store.FILE_NAME).write_bytes(content)
    with pytest.raises(StoreError, match='damaged'):
        store.load(tmp_path)


def test_a_single_array_is_refused(tmp_path):
    with open(tmp_path / store.FILE_NAME, 'wb') as file:
        np.save(file, np.zeros(3))
    with pytest.raises(StoreError, match='damaged'):
        store.load(tmp_path)


def test_pickled_objects_are_never_loaded(tmp_path):
    path = store.save(tmp_path, memory())
    with np.load(path) as file:
        header = file['header']
    np.savez(path, header=header, columns=np.zeros(12, np.int32),
             codes=np.array([{}] * 12, dtype=object))
    with pytest.raises(StoreError, match='damaged'):
        store.load(tmp_path)


@pytest.mark.parametrize('changes', [
    {'columns': np.zeros(11, np.int32)}, {'columns': np.full(12, 3, np.int32)},
    {'columns': np.full(12, -1, np.int32)}, {'columns': np.zeros(12, np.int64)},
    {'columns': np.zeros((12, 1), np.int32)}, {'codes': np.zeros((12, INPUTS), np.int8)},
    {'codes': np.zeros(12, np.uint8)}, {'labels': []}, {'labels': [1, 2, 3]},
    {'labels': ['unknown', 'a', 'b']}, {'labels': None}, {'identity': 5}, {'version': 'new'},
    {'version': None}, {'format': None}, {'format': 'x'}, {'header': [1]}, {'header': None}])
def test_content_that_does_not_fit_together_is_refused(tmp_path, changes):
    path = store.save(tmp_path, memory())
    rewritten(path, **changes)
    with pytest.raises(StoreError, match='damaged') as refusal:
        store.load(tmp_path)
    assert str(path) in str(refusal.value)


def test_a_shape_beyond_all_memory_is_refused(tmp_path):
    path = store.save(tmp_path, memory())
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        huge, {'descr': '|u1', 'fortran_order': False, 'shape': (2 ** 40, 2 ** 20)})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in members.items():
            archive.writestr(name, huge.getvalue() if name == 'codes.npy' else content)
    with pytest.raises(StoreError, match='damaged'):
        store.load(tmp_path)


def test_a_shape_that_leaves_out_samples_does_not_pass_unnoticed(tmp_path):
    path = store.save(tmp_path, memory())
    whole = path.read_bytes()
    assert whole.count(b'(12, 40)') == 1
    path.write_bytes(whole.replace(b'(12, 40)', b'(12, 20)'))
    with pytest.raises(StoreError, match='damaged'):
        store.load(tmp_path)


def test_a_file_of_a_newer_version_is_refused_by_name(tmp_path):
    path = store.save(tmp_path, memory())
    rewritten(path, format=store.FORMAT + 1)
    with pytest.raises(StoreError, match=f'format {store.FORMAT + 1}, written by a newer version'):
        store.load(tmp_path)


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path):
    (tmp_path / store.FILE_NAME).mkdir()
    with pytest.raises(StoreError, match='cannot read the memory .*directory'):
        store.load(tmp_path)
