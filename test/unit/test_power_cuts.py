# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Power fails at any write: what was acknowledged is there, and no change is there by half.

    POWER_CUTS=3000 python -m pytest test/unit/test_power_cuts.py
"""

import os
import random
import shutil

from memory_samples import codes, FINGERPRINT
import pytest

from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.store import NewLesson

apsw = pytest.importorskip('apsw', reason='apsw is not installed (extra test)')
from losing_vfs import LosingVFS, maker, Power  # noqa: E402

CUTS = int(os.environ.get('POWER_CUTS', '120'))
CHANGES = 25  # in a run; some cuts in each


def listed(state):
    return {number: (sample.label, sample.codes.tobytes())
            for number, sample in state.samples.items()}


def make(store, rng):
    """Make one change of any kind."""
    kind = rng.choice(['teach'] * 6 + ['many', 'many', 'forget', 'rename', 'undo', 'compact',
                                       'keep'])
    labels = store.state.labels
    if kind == 'teach' or not labels:
        store.teach(rng.choice('abc'), codes(rng.randrange(99)),
                    picture=rng.choice([None, rng.randbytes(9000)]))
    elif kind == 'many':
        store.teach_all([NewLesson(rng.choice('abc'), codes(rng.randrange(99)))
                         for _ in range(rng.randint(2, 30))], group=str(store.version))
    elif kind == 'forget':
        store.forget(rng.choice(labels))
    elif kind == 'rename':
        store.rename(rng.choice(labels), rng.choice('xyz') + str(store.version))
    elif kind == 'undo' and store.state.history.newest():
        store.undo()
    elif kind == 'compact':
        store.compact()
    else:
        store.keep()


def run(directory, seed):
    """Change a memory, cut the power at random writes; yield (what is there, before, after)."""
    rng = random.Random(seed)
    power = Power(rng)
    vfs = LosingVFS(power)
    cuts = []

    def perhaps():
        # While it is made it is written to as often as in some changes.
        if rng.random() < (0.04 if len(states) > 1 else 0.02) and len(cuts) < 12:
            image = directory / f'cut{len(cuts)}'
            power.cut(image, directory / 'memory')
            cuts.append((image, states[-1], len(states) - 1))

    states = [{}]
    power.on_write = perhaps
    store = DiskStore.open(directory / 'memory', FINGERPRINT, maker=maker(vfs))
    for _ in range(CHANGES):
        make(store, rng)
        states.append(listed(store.state))
    power.on_write = lambda: None
    store.close()
    for image, before, place in cuts:
        yield image, before, states[place + 1] if place + 1 < len(states) else before


def test_what_was_acknowledged_is_there_after_a_power_cut(tmp_path):
    """In every image of the disk that is possible: before, or after the change, and it goes on."""
    done, seed, later = 0, 0, 0
    while done < CUTS:
        directory = tmp_path / str(seed)
        directory.mkdir()
        for image, before, after in run(directory, seed):
            with DiskStore.open(image, FINGERPRINT) as store:
                found = listed(store.state)
                assert found in (before, after), (seed, image, store.remarks)
                assert not any('lost' in remark for remark in store.remarks), store.remarks
                store.teach('goes on', codes(1))
            assert read_store(image).problems == []
            later += found != before
            done += 1
        shutil.rmtree(directory)
        seed += 1
    assert 0 < later < done, 'both are seen'


@pytest.mark.parametrize('error', [apsw.FullError, apsw.IOError])
def test_an_error_of_the_disk_refuses_and_recovers(tmp_path, error):
    """Whatever is asked; the next change works, and nothing that was refused is there later."""
    power = Power(random.Random(0))
    with DiskStore.open(tmp_path / 'memory', FINGERPRINT, maker=maker(LosingVFS(power))) as store:
        store.teach('mug', codes(1))
        store.teach('mug', codes(2))
        before = listed(store.state)
        power.failing = error
        for change in (lambda: store.teach('mug', codes(3)), lambda: store.forget('mug'),
                       store.undo, lambda: store.rename('mug', 'cup'), store.compact, store.keep):
            for _ in range(2):
                with pytest.raises(StoreError, match='cannot (write|save)'):
                    change()
                assert listed(store.state) == before and store.version == 2
        power.failing = None
        assert store.teach('box', codes(3)).number == 3
        power.cut(tmp_path / 'image', tmp_path / 'memory')
    for place in ('memory', 'image'):
        with DiskStore.open(tmp_path / place, FINGERPRINT) as again:
            assert again.state.counts == {'mug': 2, 'box': 1} and not again.remarks
