# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Bits that flip and sectors that go: what is lost is small, named, and mended where it can be.

    DAMAGES=400 python -m pytest test/unit/test_memory_damage.py  # all bits of a record
"""

import os
import random
import re
import shutil
import zlib

from memory_samples import codes, FINGERPRINT
import pytest

from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.database import PAGE_SIZE
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import NewerVersionError, StoreError
from hybrid_snn_ros.memory.store import NewLesson

SAMPLES = 100
DAMAGES = int(os.environ.get('DAMAGES', '20'))
WIDE = {'encoder': 'ab12', 'inputs': 1280}


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """Return the directory of a memory of 100 samples, a rename and a copy of its beginning."""
    directory = tmp_path_factory.mktemp('whole')
    with DiskStore.open(directory, WIDE) as store:
        shutil.copyfile(directory / 'memory.copy.db', directory / 'begin')
        store.teach_all([NewLesson(f'thing {number % 7}', codes(number, 1280), f'{number}.5',
                                   picture=b'jpeg' * 40 * number)  # also over several pages
                         for number in range(SAMPLES)])
        store.rename('thing 1', 'mug')
        store.keep()
        (directory / 'begin').replace(directory / 'memory.copy.db')
    return directory


def listed(state):
    return {number: (sample.label, sample.codes.tobytes())
            for number, sample in state.samples.items()}


def damaged(whole, directory, places, copy=False):
    """Copy a memory, with bytes changed: {offset: bytes}."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(whole, directory)
    if copy:
        shutil.copyfile(directory / 'memory.db', directory / 'memory.copy.db')
    with open(directory / 'memory.db', 'r+b') as file:
        for offset, data in places.items():
            file.seek(offset)
            file.write(data)


def opened(directory):
    """Open a damaged memory; return what is known, the sentences, and what is said next time."""
    with DiskStore.open(directory, WIDE) as store:
        found, remarks = listed(store.state), list(store.remarks)
        store.teach('later', codes(999, 1280))
        assert store.version > SAMPLES + 1, 'no number is given twice'
    if remarks:
        with DiskStore.open(directory, WIDE) as store:
            assert listed(store.state).keys() - found.keys() and not store.remarks
    return found, remarks


def flipped(content, place, bit):
    return {place: bytes([content[place] ^ 1 << bit])}


def looked_at(directory):
    """Look at a damaged memory; return what is known, and the sentences."""
    contents = read_store(directory)
    return listed(contents.state), contents.problems


def check_bits(whole, tmp_path, places, use):
    """Flip bits one at a time; no more than that record may be lost, and it is named."""
    content = (whole / 'memory.db').read_bytes()
    before = listed(read_store(whole).state)
    lost = 0
    for place, bit in places:
        damaged(whole, tmp_path / 'memory', flipped(content, place, bit))
        found, remarks = use(tmp_path / 'memory')
        gone = [n for n in before if n not in found]
        assert len(gone) <= 1, (place, bit, gone, remarks)
        if gone:
            assert re.search(rf'record {gone[0]} is lost', ' '.join(remarks)), (place, remarks)
        same = [n for n in found if found[n] == before[n]]
        # The one rename there is may be the record that is lost.
        assert len(same) == len(found) or 'record 101 is lost' in ' '.join(remarks), place
        lost += len(gone)
    return lost


def test_every_bit_of_one_record(whole, tmp_path):
    """Of its codes a sample, of everything around them all."""
    content = (whole / 'memory.db').read_bytes()
    begin = content.index(codes(50, 1280).tobytes())
    places = [(place, bit) for place in range(begin - 130, begin + 1290) for bit in range(8)]
    places = places[::1 if DAMAGES >= 400 else len(places) // (8 * DAMAGES)]
    assert check_bits(whole, tmp_path, places, looked_at) > len(places) // 2
    check_bits(whole, tmp_path, places[::len(places) // 12], opened)


def test_random_bits_of_the_file(whole, tmp_path):
    """Also of its head, its inner pages, its pictures."""
    size, rng = (whole / 'memory.db').stat().st_size, random.Random(3)
    places = [(rng.randrange(size), rng.randrange(8)) for _ in range(DAMAGES)]
    check_bits(whole, tmp_path, [*places, *((place, 3) for place in range(0, 110, 5))], opened)


def test_sectors_cost_nothing_that_is_in_the_copy(whole, tmp_path):
    """Anywhere; without a copy they cost the records of a page at most."""
    content, rng = (whole / 'memory.db').read_bytes(), random.Random(5)
    before = listed(read_store(whole).state)
    sectors = [0, 1, PAGE_SIZE // 512,
               *(rng.randrange(len(content) // 512) for _ in range(DAMAGES))]
    for copy in (True, False):
        for sector in sectors:
            damaged(whole, tmp_path / 'memory', {512 * sector: rng.randbytes(512)}, copy)
            found, remarks = opened(tmp_path / 'memory')
            assert found == before or not copy, (sector, remarks)
            assert len(before) - len(found) <= 6, (sector, remarks)
            assert len(found) == len(before) or remarks


def test_what_was_compacted_away_is_not_mended_back(whole, tmp_path):
    """Not from free pages, nor from a copy that is older."""
    damaged(whole, tmp_path / 'memory', {}, copy=True)
    with DiskStore.open(tmp_path / 'memory', WIDE) as store:
        store.forget('thing 3')
        kept = listed(store.state)
        shutil.copyfile(tmp_path / 'memory' / 'memory.copy.db', tmp_path / 'copy')
        store.compact()
    shutil.copyfile(tmp_path / 'copy', tmp_path / 'memory' / 'memory.copy.db')
    with open(tmp_path / 'memory' / 'memory.db', 'r+b') as file:
        content = file.read()
        file.seek(content.index(codes(50, 1280).tobytes()) + 5)
        file.write(b'\0\0\0')
    with DiskStore.open(tmp_path / 'memory', WIDE) as store:
        found = listed(store.state)
    assert found.keys() == kept.keys() - {51}


def test_without_its_first_page_every_picture_is_there(whole, tmp_path):
    """Also those that go over several pages; a label with many samples as well."""
    with DiskStore.open(whole, WIDE) as store:
        before = store.pictures(range(1, SAMPLES + 1))
    assert max(map(len, before.values())) > PAGE_SIZE
    damaged(whole, tmp_path / 'memory', {0: bytes(PAGE_SIZE)})
    with DiskStore.open(tmp_path / 'memory', WIDE) as store:
        assert 'all records up to 101 are there' in store.remarks[0]
        assert store.pictures(range(1, SAMPLES + 1)) == before


def test_a_file_that_is_gone_or_empty_is_made_of_its_copy(whole, tmp_path):
    """And says so."""
    for empty in (True, False):
        damaged(whole, tmp_path / 'memory', {}, copy=True)
        file = tmp_path / 'memory' / 'memory.db'
        file.write_bytes(b'') if empty else file.unlink()
        found, remarks = opened(tmp_path / 'memory')
        assert found == listed(read_store(whole).state)
        assert len(remarks) == 1 and 'what the second copy held is known' in remarks[0]


def test_looking_at_damage_changes_nothing(whole, tmp_path):
    """Verify and show name what is lost; only a robot that opens it mends."""
    content = (whole / 'memory.db').read_bytes()
    place = content.index(codes(20, 1280).tobytes()) + 7
    damaged(whole, tmp_path / 'memory', flipped(content, place, 1))
    before = {path.name: path.read_bytes() for path in (tmp_path / 'memory').iterdir()}
    contents = read_store(tmp_path / 'memory')
    assert 'record 21 is lost; all others are there' in contents.problems[0]
    assert len(contents.state.samples) == SAMPLES - 1
    assert {path.name: path.read_bytes() for path in (tmp_path / 'memory').iterdir()} == before
    opened(tmp_path / 'memory')
    kept, = (tmp_path / 'memory').glob('memory.damaged-*')
    assert kept.read_bytes() == before['memory.db']


def test_what_is_no_memory_or_a_newer_one_is_left_alone(whole, tmp_path):
    """By name, and nothing is written over it."""
    file = tmp_path / 'memory' / 'memory.db'
    for content, error, sentence in (
            (b'mug\n' * 3000, StoreError, 'is not a memory, or too damaged to know'),
            (None, NewerVersionError, 'has version 9, written by a newer program')):
        damaged(whole, tmp_path / 'memory', newer(whole))
        if content:
            file.write_bytes(content)
            (tmp_path / 'memory' / 'memory.copy.db').unlink()
        content = file.read_bytes()
        with pytest.raises(error, match=sentence):
            DiskStore.open(tmp_path / 'memory', WIDE)
        with pytest.raises(StoreError):
            read_store(tmp_path / 'memory')
        assert file.read_bytes() == content


def newer(whole):
    """Return the bytes by which a file says that a newer program wrote it, both times."""
    content = (whole / 'memory.db').read_bytes()
    crcs = [zlib.crc32(f'format\x1f{version}'.encode()) for version in (3, 9)]
    size = 4 if crcs[0] < 1 << 31 else 6
    place = content.index(b'format3' + crcs[0].to_bytes(size, 'big'))
    return {60: (9).to_bytes(4, 'big'), place: b'format9' + crcs[1].to_bytes(size, 'big')}


def test_a_copy_that_knows_more_is_kept(tmp_path):
    """Somebody put an older file back: what was known since is not overwritten."""
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        store.teach('mug', codes(1))
        store.keep()
        shutil.copyfile(tmp_path / 'memory.db', tmp_path / 'backup')
        store.teach('box', codes(2))
        store.keep()
    shutil.copyfile(tmp_path / 'backup', tmp_path / 'memory.db')
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        assert store.state.counts == {'mug': 1}
        assert 'that is kept in' in store.remarks[0] and 'memory.before-1.db' in store.remarks[0]
        store.teach('key', codes(3))
        store.keep()
    assert read_store(tmp_path / 'memory.before-1.db').state.counts == {'mug': 1, 'box': 1}
