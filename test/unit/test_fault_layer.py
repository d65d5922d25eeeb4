# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Power cuts, kills and disk errors at every moment: what was acknowledged is there afterwards."""

import random

from faulty_disk import FaultyDisk, PowerCut
import numpy as np
import pytest

from hybrid_snn_ros.memory.entry import encode, Entry
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.journal import Journal
from hybrid_snn_ros.memory.ledger import Sample
from hybrid_snn_ros.memory.vault import Vault

DIRECTORY = '/robot/memory'
LABELS = ('mug', 'cup', 'box', 'key')
CHANGES = {'teach': 12, 'group': 3, 'undo': 3, 'forget': 1, 'rename': 2, 'rollback': 1,
           'replace': 1, 'compact': 1, 'snapshot': 2}


def held(vault):
    """Return {id: (label, codes as bytes)} of what a vault knows."""
    return {number: (sample.label, sample.codes.tobytes())
            for number, sample in vault.ledger.samples.items()}


class Operator:
    """Changes a vault and keeps, by plain means of its own, what must be in it."""

    def __init__(self, rng):
        self.rng = rng
        self.width = rng.choice((3, 40, 700))
        self.identity = {'encoder': 'e', 'inputs': self.width}
        self.known = {}  # acknowledged
        self.maybe = {}  # the same with the change that is being made
        self.maybes = []  # (least, most) of each change refused since the last success
        self.states = {}  # version -> known, of this life
        self.ids = set()  # ever acknowledged
        self.version = 0
        self.acknowledged = 0

    def act(self, vault):
        """Make one random change, acknowledged when this returns."""
        try:
            self._change(vault)
        except BaseException:
            # Of a group any part may be there.
            least = self.known if self.kind == 'group' else self.maybe
            self.maybes.append((least, self.maybe))
            raise
        if self.kind != 'snapshot':  # anything else took back what a refused change had left
            self.maybes = []

    def _change(self, vault):
        rng, known = self.rng, self.known
        kind = rng.choices(list(CHANGES), list(CHANGES.values()))[0]
        if kind in ('undo', 'forget', 'rename') and not known:
            kind = 'teach'
        labels = sorted({label for label, _ in known.values()})
        self.maybe, self.kind = known, kind
        taught = {}
        if kind in ('teach', 'group', 'replace'):
            first = vault.version + 1 + (len(labels) if kind == 'replace' else 0)
            taught = {first + i: (rng.choice(LABELS), rng.randbytes(self.width))
                      for i in range(1 if kind == 'teach' else rng.randint(2, 4))}
            assert not self.ids & taught.keys(), 'the id of a sample was given twice'
            self.maybe = taught if kind == 'replace' else {**known, **taught}
            samples = [(label, np.frombuffer(codes, np.uint8)) for label, codes in taught.values()]
        if kind == 'replace':
            vault.import_samples(self.identity, [
                Sample(label, codes, '', 0.0, '') for label, codes in samples], replace=True)
        elif taught:
            vault.teach_all([(label, codes, '') for label, codes in samples])
        elif kind == 'undo':
            sample = rng.choice(sorted(known))
            newest = rng.random() < 0.5
            gone = max(known) if newest else sample
            self.maybe = {i: known[i] for i in known if i != gone}
            vault.remove(max(vault.ledger.samples) if newest else sample)
        elif kind == 'forget':
            label = rng.choice(labels)
            self.maybe = {i: known[i] for i in known if known[i][0] != label}
            vault.forget(label)
        elif kind == 'rename':
            old = rng.choice(labels)
            new = rng.choice([label for label in LABELS if label != old])
            self.maybe = {i: (new if label == old else label, codes)
                          for i, (label, codes) in known.items()}
            vault.rename(old, new, merge=True)
        elif kind == 'rollback':
            self.states[vault.version] = known
            target = rng.choice([v for v in self.states if v >= vault.ledger.base])
            self.maybe = self.states[target]
            vault.rollback(target)
        elif kind == 'compact':
            vault.compact()
        else:
            vault.save_snapshot({'ids': np.array(sorted(known), np.int64)}, {'by': 'test'})
        self.known = self.maybe
        self.states[vault.version] = self.known
        self.ids |= taught.keys()
        self.version = vault.version
        self.acknowledged += 1

    def check(self, vault):
        """Compare a vault that was just opened with what must be in it, and go on from there."""
        found = held(vault)
        possible = found == self.known or any(
            least.items() <= found.items() <= most.items() for least, most in self.maybes)
        assert possible, f'{sorted(found)} instead of {sorted(self.known)}'
        assert vault.version >= self.version
        snapshot = vault.snapshot_for_recovery()
        if snapshot:
            sequence, arrays, notes = snapshot
            assert arrays['ids'].tolist() == sorted(vault.ledger.as_of(sequence).samples)
            assert notes == {'by': 'test'}
        self.known, self.maybes = found, []
        self.states = {vault.version: found}
        self.ids |= found.keys()
        self.version = vault.version


def live(disk, operator, rng):
    """One life of the process, up to 25 changes, and its end."""
    disk.fault_rate = rng.choice((0, 0, 0.02, 0.3))
    disk.cut_at = disk.calls + rng.randint(1, 90)
    refused = disk.refused
    vault = None
    try:
        for _ in range(rng.randint(1, 25)):
            before = disk.refused
            try:
                if vault is None:
                    vault = Vault.open(DIRECTORY, operator.identity, lambda: 1.5, disk)
                    operator.check(vault)
                operator.act(vault)
            except StoreError:
                assert disk.refused > before, 'refused without a fault'
                assert vault is None or held(vault) == operator.known
                if rng.random() < 0.5:
                    disk.fault_rate = 0
                    if vault is not None:
                        operator.act(vault)  # works as soon as the trouble is over
    except PowerCut:
        pass
    # After an error, what a killed process leaves in the cache may be refused, yet readable until
    # the power fails: nothing that was acknowledged, but more than this operator keeps books on.
    if disk.refused > refused or rng.random() < 0.7:
        disk.power_cut()
    else:
        disk.process_killed()
    disk.fault_rate = 0
    disk.cut_at = None
    with Vault.open(DIRECTORY, operator.identity, lambda: 1.5, disk) as vault:
        operator.check(vault)


@pytest.mark.slow
@pytest.mark.parametrize('block', range(6))
def test_no_acknowledged_change_is_lost(block):
    """Three thousand scenarios of up to five lives each."""
    acknowledged = refused = 0
    for seed in range(500 * block, 500 * (block + 1)):
        rng = random.Random(seed)
        disk, operator = FaultyDisk(rng), Operator(rng)
        try:
            for _ in range(rng.randint(1, 5)):
                live(disk, operator, rng)
        except Exception as error:
            raise AssertionError(f'scenario {seed}: {error}') from error
        acknowledged += operator.acknowledged
        refused += disk.refused
    assert acknowledged > 4000 and refused > 200


def test_the_double_really_loses_what_was_not_synced():
    """Without the fsync in append, the very same power cuts lose acknowledged samples."""
    class Forgetful(FaultyDisk):
        def fsync(self, handle):
            pass

    lost = 0
    for seed in range(60):
        disk = Forgetful(random.Random(seed))
        with Vault.open(DIRECTORY, {'inputs': 3}, lambda: 1.5, disk) as vault:
            for _ in range(5):
                vault.teach('mug', np.zeros(3, np.uint8))
        disk.power_cut()
        try:
            with Vault.open(DIRECTORY, {'inputs': 3}, lambda: 1.5, disk) as vault:
                lost += len(vault.ledger.samples) < 5
        except StoreError:
            lost += 1
    assert lost > 30


def test_a_failed_fsync_is_never_believed():
    """The write a failed fsync covered is done anew, not synced a second time."""
    disk = FaultyDisk(random.Random(1))
    disk.make_directories(DIRECTORY)
    journal = Journal.open(DIRECTORY, {'inputs': 3}, disk, lambda: 1.5)
    journal.append([Entry(1, 1.5, 'teach', 'mug', sample=1)])
    journal.append([Entry(2, 1.5, 'teach', 'mug', sample=2)])
    disk.cut_at = None
    fsync = disk.fsync

    def failing(handle):
        handle.node.pending = []
        disk.fsync = fsync
        raise OSError(5, 'Input/output error')

    disk.fsync = failing
    with pytest.raises(StoreError, match='Input/output error'):
        journal.append([Entry(3, 1.5, 'teach', 'mug', sample=3)])
    journal.append([Entry(3, 1.5, 'teach', 'cup', sample=3)])
    disk.power_cut()
    again = Journal.open(DIRECTORY, {'inputs': 3}, disk, lambda: 1.5)
    assert [(entry.sequence, entry.label) for entry in again.entries] == [
        (1, 'mug'), (2, 'mug'), (3, 'cup')]


@pytest.mark.parametrize('failing', ['fsync', 'fsync_directory'])
def test_what_a_killed_process_left_in_the_cache_is_made_durable(failing):
    """Even if the first sync after it fails: a later acknowledgement vouches for all before."""
    def lesson(sequence):
        return Entry(sequence, 1.5, 'teach', 'mug', sample=sequence)

    def opened():
        return Journal.open(DIRECTORY, {'inputs': 3}, disk, lambda: 1.5)

    def fail(what):
        if failing == 'fsync':
            what.node.pending = []
        raise OSError(5, 'Input/output error')

    for seed in range(20):
        disk = FaultyDisk(random.Random(seed))
        disk.make_directories(DIRECTORY)
        journal = opened()
        journal.append([lesson(1)])
        content = disk.read(journal.path)
        if failing == 'fsync':  # killed after the write
            disk.write(disk.open(journal.path), encode(lesson(2)), len(content))
        else:  # killed after the rename
            beside = journal.path.with_name('beside')
            file = disk.create(beside)
            disk.write(file, content + encode(lesson(2)), 0)
            disk.fsync(file)
            disk.rename(beside, journal.path)
        disk.process_killed()
        setattr(disk, failing, fail)
        journal = opened()
        assert journal.version == 2
        delattr(disk, failing)
        journal.append([lesson(3)])
        disk.power_cut()
        assert [entry.sequence for entry in opened().entries] == [1, 2, 3]
