# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Two processes on one memory, and disks that vanish, fill up, go read-only or fail."""

import os
import random
import shutil
import subprocess
import sys

from faulty_disk import FaultyDisk
from memory_samples import codes, IDENTITY, reopen, taught
import numpy as np
import pytest

from hybrid_snn_ros.memory.errors import LockedError, StoreError
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import look

OTHER_PROCESS = """
import sys
from hybrid_snn_ros.memory.vault import Vault
vault = Vault.open(sys.argv[1], None)
print('open', flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def vault(tmp_path):
    """Return an open memory with two mugs and a box in it."""
    with taught(tmp_path / 'memory') as vault:
        yield vault


@pytest.fixture
def small_disk(tmp_path):
    """Return the directory of a real disk of 64 kB, where one can be mounted."""
    directory = tmp_path / 'disk'
    directory.mkdir()
    mounted = shutil.which('mount') and not subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory],
        capture_output=True).returncode
    if not mounted:
        pytest.skip('mounting a small disk needs to be root')
    yield directory
    subprocess.run(['mount', '-o', 'remount,rw', directory], check=False)
    subprocess.run(['umount', '-l', directory], check=True)


def test_a_second_process_is_refused_by_name(vault):
    """And can have the memory when the first one is done; one that was killed is done."""
    command = [sys.executable, '-c', OTHER_PROCESS, vault.directory]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert f'is in use by process {os.getpid()}; only one process' in refused.stderr
    vault.close()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as other:
        try:
            assert other.stdout.readline() == 'open\n'
            with pytest.raises(LockedError, match=f'in use by process {other.pid}'):
                Vault.open(vault.directory, IDENTITY)
            assert look(vault.directory).ledger.version == 3, 'looking is always allowed'
        finally:
            other.kill()
    with Vault.open(vault.directory, IDENTITY) as again:
        assert again.teach('mug', codes(4)).sequence == 4


def test_a_directory_that_vanishes_and_comes_back(vault):
    """Refused while it is away, works when it is back, and nothing is missing in it."""
    away = vault.directory.with_name('away')
    vault.directory.rename(away)
    with pytest.raises(StoreError, match='No such file or directory'):
        vault.teach('cup', codes(4))
    with pytest.raises(StoreError, match='No such file or directory'):
        vault.save_snapshot({}, {})
    assert vault.ledger.counts == {'mug': 2, 'box': 1}
    away.rename(vault.directory)
    vault.teach('cup', codes(4))
    shutil.rmtree(vault.directory)
    with pytest.raises(StoreError, match='No such file or directory'):
        vault.undo()
    vault.directory.mkdir()  # another, empty one: what is known is written anew
    vault.teach('key', codes(5))
    with reopen(vault) as again:
        assert not again.remarks
        assert again.ledger.counts == {'mug': 2, 'box': 1, 'cup': 1, 'key': 1}


def test_a_journal_that_is_deleted_alone_is_noticed(vault):
    """An open file that lost its name takes writes that no one will find again."""
    vault.journal.path.unlink()
    with pytest.raises(StoreError, match='the file has vanished'):
        vault.teach('cup', codes(4))
    vault.teach('key', codes(5))
    with reopen(vault) as again:
        assert again.ledger.counts == {'mug': 2, 'box': 1, 'key': 1}


def test_a_memory_that_somebody_exchanged_is_not_written_to(vault):
    """A backup put in its place is neither overwritten nor mixed with what is known."""
    with Vault.open(vault.directory.with_name('backup'), IDENTITY) as backup:
        backup.teach('key', codes(7))
    shutil.rmtree(vault.directory)
    shutil.copytree(backup.directory, vault.directory)
    with pytest.raises(StoreError, match='changed by somebody else meanwhile'):
        vault.teach('mug', codes(8))
    with pytest.raises(StoreError, match='changed by somebody else meanwhile'):
        vault.compact()
    with reopen(vault) as again:
        assert again.ledger.counts == {'key': 1}


def test_a_process_that_lost_its_lock_sees_what_others_wrote(vault):
    """With the lock file somebody deleted goes the certainty of being alone."""
    (vault.directory / 'lock').unlink()
    with Vault.open(vault.directory, IDENTITY) as other:
        with pytest.raises(LockedError):
            vault.teach('mug', codes(4))
        other.teach('key', codes(5))
    with pytest.raises(StoreError, match='changed by somebody else meanwhile'):
        vault.teach('mug', codes(4))
    with reopen(vault) as again:
        assert again.ledger.counts == {'mug': 2, 'box': 1, 'key': 1}


def test_a_full_disk_refuses_and_recovers(small_disk):
    """A real one: what was acknowledged is there, teaching goes on when there is room."""
    directory = small_disk / 'memory'
    with Vault.open(directory, {'inputs': 1280}) as vault:
        taught = 0
        with pytest.raises(StoreError, match='cannot write .* No space left on device'):
            while taught < 100:
                vault.teach('mug', codes(taught, 1280))
                taught += 1
        assert 10 < taught < 60 and len(vault.ledger.samples) == taught
        with pytest.raises(StoreError, match='No space left'):
            vault.teach('mug', codes(taught, 1280))
        with pytest.raises(StoreError, match='No space left'):
            vault.save_snapshot({'P': np.zeros(100000)}, {})
        assert not list(directory.glob('.*')), 'an unfinished file takes room from teaching'
        subprocess.run(['mount', '-o', 'remount,size=256k', small_disk], check=True)
        vault.teach('mug', codes(taught, 1280))
    with Vault.open(directory, None) as again:
        assert not again.remarks
        assert [sample.codes.tobytes() for sample in again.ledger.samples.values()] == [
            codes(number, 1280).tobytes() for number in range(taught + 1)]


def test_a_read_only_disk_answers_and_refuses(small_disk):
    """What was taught can be used; it can be taught again once it is writable."""
    directory = small_disk / 'memory'
    with Vault.open(directory, IDENTITY) as vault:
        vault.teach('mug', codes(1))
    (directory / 'lock').unlink()
    subprocess.run(['mount', '-o', 'remount,ro', small_disk], check=True)
    with Vault.open(directory, IDENTITY) as vault:
        assert vault.ledger.counts == {'mug': 1}
        assert 'Read-only file system; nothing can be taught until' in vault.remarks[0]
        with pytest.raises(StoreError, match='Read-only file system'):
            vault.teach('mug', codes(2))
        subprocess.run(['mount', '-o', 'remount,rw', small_disk], check=True)
        vault.teach('mug', codes(2))
    with Vault.open(directory, IDENTITY) as again:
        assert again.ledger.counts == {'mug': 2}


def test_an_input_output_error_refuses_and_recovers():
    """Every call that can fail does so in turn; the next change works."""
    for call in ('write', 'fsync', 'is_at', 'lock', 'mark', 'read_at'):
        disk = FaultyDisk(random.Random(0))
        with Vault.open('/memory', IDENTITY, disk=disk) as vault:
            vault.teach('mug', codes(1))
            vault.teach('mug', codes(2))

            def failing(*arguments):
                raise OSError(5, 'Input/output error')

            setattr(disk, call, failing)
            if call == 'lock':
                disk.remove('/memory/lock')
            for _ in range(2):
                with pytest.raises(StoreError, match='Input/output error'):
                    vault.forget('mug')
            delattr(disk, call)
            assert vault.teach('box', codes(3)).sequence == 3
        disk.power_cut()
        with Vault.open('/memory', IDENTITY, disk=disk) as again:
            assert again.ledger.counts == {'mug': 2, 'box': 1} and not again.remarks


@pytest.mark.parametrize('name', [
    'a' * 300, 'é' * 200, 'abc/' * 1500, 'a/' * 5000, 'x/' + 'a' * 4096])
def test_a_path_too_long_is_refused_by_a_sentence_and_nothing_is_made(tmp_path, name):
    with pytest.raises(StoreError, match='cannot make the directory .*: File name too long'):
        Vault.open(tmp_path / name, IDENTITY)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_deep_directory_is_made(tmp_path):
    deep = tmp_path / ('a/' * 1500)
    Vault.open(deep, IDENTITY).close()
    assert deep.is_dir()
    while deep != tmp_path:  # shutil.rmtree would go one function deeper for each
        for file in deep.iterdir():
            file.unlink() if file.is_file() else file.rmdir()
        deep = deep.parent
