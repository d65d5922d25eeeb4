# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Snapshots: three are kept, and none is trusted blindly."""

import hashlib

from memory_samples import codes, IDENTITY, reopen, taught
import numpy as np
import pytest

from hybrid_snn_ros.memory.disk import Disk
from hybrid_snn_ros.memory.errors import NewerVersionError, StoreError
from hybrid_snn_ros.memory.snapshot import load
from hybrid_snn_ros.memory.vault import Vault


@pytest.fixture
def vault(tmp_path):
    """Return an open memory with two mugs and a box in it."""
    with taught(tmp_path / 'memory') as vault:
        yield vault


def test_three_snapshots_are_kept_and_the_newest_valid_one_wins(vault):
    """A broken one is passed over with a sentence; none of them is ever trusted blindly."""
    for number in range(5):
        vault.teach('cup', codes(10 + number))
        vault.save_snapshot({'P': np.full((3, 4), number, np.float32), 'n': np.arange(number)},
                            {'rule': 'lateral', 'number': number})
    kept = sorted(vault.directory.glob('snapshot-*'))
    assert [snapshot.sequence for snapshot in vault.snapshots()] == [8, 7, 6]
    assert len(kept) == 3
    sequence, arrays, notes = vault.snapshot_for_recovery()
    assert sequence == 8 and notes == {'rule': 'lateral', 'number': 4}
    assert arrays['P'].dtype == np.float32 and (arrays['P'] == np.full((3, 4), 4)).all()
    assert [entry.sequence for entry in vault.ledger.entries_since(7)] == [8]
    content = kept[-1].read_bytes()
    for at in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[at] ^= 16
        kept[-1].write_bytes(damaged)
        with pytest.raises(StoreError):
            load(kept[-1], Disk())
        kept[-1].write_bytes(content[:at])
        with pytest.raises(StoreError):
            load(kept[-1], Disk())
    kept[-1].write_bytes(damaged)
    with reopen(vault) as again:
        assert again.snapshot_for_recovery()[0] == 7
        assert 'checksum is wrong; it was passed over' in again.remarks[0]


def test_unfinished_files_are_cleared_away(vault):
    """A robot that loses power while it saves does not fill its disk."""
    unfinished = vault.directory / '.snapshot-000000000003.bin.new'
    unfinished.write_bytes(bytes(100))
    with reopen(vault):
        assert not unfinished.exists()


def test_a_snapshot_holds_numbers_only(vault):
    """Objects would have to be pickled."""
    with pytest.raises(StoreError, match='array names is object'):
        vault.save_snapshot({'names': np.array(['a', None], object)}, {})


def test_a_snapshot_of_a_lost_history_is_not_used(vault):
    """The journal was cut behind the snapshot; another history has the same sequences."""
    vault.save_snapshot({'P': np.zeros(1)}, {})
    vault.close()
    journal = vault.directory / 'journal'
    content = journal.read_bytes()
    journal.write_bytes(content[:-90])
    with Vault.open(vault.directory, IDENTITY) as again:
        again.teach('key', codes(5))
        assert again.snapshot_for_recovery() is None
        assert 'belongs to a history that is not here any more' in again.remarks[-1]


def test_a_newer_snapshot_is_passed_over_by_name(vault):
    """It costs time, not samples."""
    path = vault.save_snapshot({'P': np.zeros(1)}, {})
    content = bytearray(path.read_bytes())[:-32]
    content[8] = 2
    path.write_bytes(bytes(content) + hashlib.sha256(content).digest())
    with pytest.raises(NewerVersionError, match='has version 2'):
        load(path, Disk())
    assert vault.snapshot_for_recovery() is None
    assert 'version 2, written by a newer program' in vault.remarks[-1]
