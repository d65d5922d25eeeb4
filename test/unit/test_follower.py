# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory that is read along while somebody else writes it: known soon, and never touched."""

import contextlib
import os
import random
import shutil

from faulty_disk import FaultyDisk, PowerCut
import numpy as np
import pytest
from test_fault_layer import DIRECTORY, held, Operator
from test_memory_of_classifier import bits, CODES, counting, INPUTS, LESSON, made, remaining

from hybrid_snn_ros.memory import follower as followers
from hybrid_snn_ros.memory.borrowed import Borrowed
from hybrid_snn_ros.memory.errors import IdentityError, StoreError
from hybrid_snn_ros.memory.follower import Follower
from hybrid_snn_ros.memory.journal import FILE_NAME
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import look


@pytest.fixture
def wholes(monkeypatch):
    """Return a list that grows whenever a follower reads a whole memory."""
    seen = []

    def noting(*arguments):
        seen.append(arguments)
        return look(*arguments)

    monkeypatch.setattr(followers, 'look', noting)
    return seen


def files(directory):
    """Return what a directory holds: {name: (bytes, time of the last change)}."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in directory.iterdir()}


@pytest.mark.slow
def test_whatever_becomes_of_the_file_the_reader_knows_what_it_holds(wholes):
    """Three hundred writers that are refused, killed and cut off; most looks read only the end."""
    looks = 0
    for seed in range(300):
        rng = random.Random(seed)
        disk, operator = FaultyDisk(rng), Operator(rng)
        reader = Borrowed(operator.identity, None,
                          Follower(DIRECTORY, operator.identity, disk))
        vault = None
        for _ in range(40):
            disk.fault_rate = rng.choice((0, 0, 0.1))
            disk.cut_at = disk.calls + 5 if rng.random() < 0.05 else None
            try:
                if vault is None:
                    vault = Vault.open(DIRECTORY, operator.identity, lambda: 1.5, disk)
                    operator.check(vault)
                operator.act(vault)
            except StoreError:
                pass
            except PowerCut:
                disk.process_killed()
                vault = None
            disk.fault_rate, disk.cut_at = 0, None
            if rng.random() < 0.7:
                with contextlib.suppress(StoreError):
                    wanted = look(DIRECTORY, disk).ledger
                    reader.follow()
                    assert (held(reader), reader.version) == (held_in(wanted), wanted.version)
                    looks += 1
    assert looks > 5000 and len(wholes) < looks / 2


def held_in(ledger):
    """Return {id: (label, codes as bytes)} of a ledger."""
    return {number: (sample.label, sample.codes.tobytes())
            for number, sample in ledger.samples.items()}


def test_a_reader_answers_as_the_writer_does_bit_for_bit(tmp_path, monkeypatch, wholes):
    """After every kind of change; one more sample is one lesson; nothing is written."""
    home, reader = made(), made()
    home.open(tmp_path)
    reader.borrow(tmp_path, 'somebody else has it')
    assert reader.follows and not reader.follow() and reader.labels == []
    learned = counting(monkeypatch)
    for codes, label in LESSON[:8]:
        home.teach(codes, label)
        learned.clear()
        before = files(tmp_path)
        assert reader.follow() and not reader.follow()
        assert len(learned) == 1 and bits(reader) == bits(home)
        assert files(tmp_path) == before
    assert len(wholes) == 1, 'the first time'
    for change, anew in ((lambda: home.undo(), 0), (lambda: home.redo(), 0),
                         (lambda: home.remove(2), 0), (lambda: home.undo(), 0),
                         (lambda: home.rename('tray', 'plate'), 0),
                         (lambda: home.forget('duck'), 0), (lambda: home.rollback(5), 0),
                         (lambda: home.book.compact(), 1),
                         (lambda: home.teach(CODES[30], 'spoon'), 0)):
        wholes.clear()
        change()
        assert reader.follow() and len(wholes) == anew
        assert bits(reader) == bits(home) == bits(remaining(home))
        assert (reader.version, reader.ledger.counts) == (home.version, home.ledger.counts)
    home.close()
    shutil.rmtree(tmp_path)
    assert not reader.follow() and reader.version == home.version, 'what is known stays'
    with Vault.open(tmp_path, {'inputs': INPUTS}) as vault:  # another memory in its place
        vault.teach('mug', CODES[0])
    assert reader.follow() and bits(reader) == bits(remaining(reader))
    assert reader.labels == ['mug'] and reader.version == 1


def test_a_change_seen_half_written_is_known_when_it_is_whole(tmp_path):
    with Vault.open(tmp_path, {'inputs': INPUTS}) as vault:
        vault.teach('mug', CODES[0])
        reader = made()
        reader.borrow(tmp_path, 'a reason')
        vault.teach('cup', CODES[1])
    journal = tmp_path / FILE_NAME
    content = journal.read_bytes()
    for length in (len(content) - 5, len(content)):
        journal.write_bytes(content[:length])
        reader.follow()
        assert reader.labels == (['mug'] if length < len(content) else ['mug', 'cup'])


def test_a_memory_of_another_encoder_is_refused_and_what_is_known_stays(tmp_path):
    with Vault.open(tmp_path, {'inputs': INPUTS}) as vault:
        vault.teach('mug', CODES[0])
    reader = made()
    reader.borrow(tmp_path, 'a reason')
    shutil.rmtree(tmp_path)
    with Vault.open(tmp_path, {'inputs': 3}) as vault:
        for _ in range(2):  # refused as often as it changes
            vault.teach('cup', np.zeros(3, np.uint8))
            with pytest.raises(IdentityError, match='with embedding width 3, here it is 24'):
                reader.follow()
            assert not reader.follow() and reader.labels == ['mug']


@pytest.fixture
def nobody():
    """Return a context in which files that no one may read cannot be read, root or not."""
    @contextlib.contextmanager
    def become():
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)
    return become


def test_a_directory_that_may_not_be_read_is_one_sentence(tmp_path, nobody):
    """For the one who opens it, who borrows it, and who was reading along."""
    memory = tmp_path / 'locked away' / 'memory'
    with Vault.open(memory, {'inputs': INPUTS}) as vault:
        vault.teach('mug', CODES[0])
    reader = made()
    reader.borrow(memory, 'a reason')
    memory.parent.chmod(0)
    try:
        with nobody():
            for call in (lambda: made().borrow(memory, 'a reason'), reader.follow,
                         lambda: made().open(memory)):
                with pytest.raises(StoreError, match='Permission denied') as refusal:
                    call()
                assert str(memory) in str(refusal.value)
                assert len(str(refusal.value).splitlines()) == 1
    finally:
        memory.parent.chmod(0o700)
    assert reader.labels == ['mug'] and not reader.follow()
