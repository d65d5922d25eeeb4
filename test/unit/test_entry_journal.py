# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The bytes of the journal: cut anywhere, flipped anywhere, of a newer version."""

from pathlib import Path
import random
import struct
import zlib

from faulty_disk import FaultyDisk
import numpy as np
import pytest

from hybrid_snn_ros.memory.disk import Disk
from hybrid_snn_ros.memory.entry import decode, encode, Entry, MAX_TEXT, OPERATIONS
from hybrid_snn_ros.memory.errors import IdentityError, NewerVersionError, StoreError
from hybrid_snn_ros.memory.header import decode_header, encode_header, Header, MAGIC
from hybrid_snn_ros.memory.journal import Journal
from hybrid_snn_ros.memory.scan import scan

PATH = Path('/robot/journal')
IDENTITY = {'encoder': 'ab12', 'inputs': 24, 'crop': 0.875, 'roi': [0.0, 0.0, 1.0, 1.0]}


def lesson(sequence, label='Schlüssel'):
    """Return a teach entry with codes that follow from its sequence."""
    codes = (np.arange(24) * sequence % 251).astype(np.uint8)
    return Entry(sequence, 1000.5 + sequence, 'teach', label, '', sequence, f'{sequence}.25',
                 'teach', codes)


ENTRIES = [lesson(1), lesson(2, 'mug'), Entry(3, 1003.5, 'rename', 'mug', 'cup', source='cli'),
           lesson(4, 'mug'), Entry(5, 1005.5, 'undo', 'mug', sample=4, source='cli'), lesson(6)]
RECORDS = [encode(entry) for entry in ENTRIES]


@pytest.fixture
def content(tmp_path):
    """Return the bytes of a journal of ENTRIES."""
    journal = Journal.open(tmp_path, IDENTITY)
    journal.append(ENTRIES[:2])
    journal.append(ENTRIES[2:])
    journal.close()
    return (tmp_path / 'journal').read_bytes()


def reopened(directory, content):
    """Write the bytes of a journal, open it, and return it."""
    directory.mkdir(exist_ok=True)
    for left in directory.iterdir():
        left.unlink()
    (directory / 'journal').write_bytes(content)
    return Journal.open(directory, IDENTITY)


@pytest.mark.parametrize('operation', OPERATIONS)
def test_an_entry_comes_back_as_it_was(operation):
    """Every operation, with every field at its bound."""
    entry = Entry(2 ** 64 - 1, -1e300, operation, 'é' * 32, 'x' * MAX_TEXT, 2 ** 63, '', 'ü',
                  np.arange(256, dtype=np.uint8))
    again, crc, end = decode(b'before' + encode(entry) + b'behind', 6)
    assert again[:-1] == entry[:-1] and (again.codes == entry.codes).all()
    assert end == 6 + len(encode(entry)) and encode(again) == encode(entry)


@pytest.mark.parametrize('change, sentence', [
    ({'label': 'é' * 33}, 'label of an entry may be 64 bytes long, this one has 66'),
    ({'source': 'x' * 65}, 'source of an entry may be 64 bytes long, this one has 65'),
    ({'stamp': '\ud800'}, 'stamp of an entry is no valid Unicode'),
    ({'time': float('nan')}, 'time of an entry must be a number, not nan'),
    ({'sequence': 2 ** 64}, r'sequence 18446744073709551616 or sample 1 of an entry is not in'),
    ({'codes': np.zeros(65537, np.uint8)}, 'N up to 65536'),
    ({'codes': np.zeros((2, 2), np.uint8)}, r'not uint8 \(2, 2\)'),
    ({'codes': np.zeros(3, np.float32)}, 'not float32'),
])
def test_fields_out_of_bounds_are_refused(change, sentence):
    """Nothing is written that could not be read."""
    with pytest.raises(StoreError, match=sentence):
        encode(lesson(1)._replace(**change))


def test_cut_at_every_byte_opens_to_a_prefix(content):
    """Whole entries before the cut are kept, the torn rest is reported and kept aside."""
    start = len(content) - sum(map(len, RECORDS))
    ends = [start + sum(map(len, RECORDS[:count])) for count in range(len(RECORDS) + 1)]
    for cut in range(1, len(content)):
        disk = FaultyDisk(random.Random(cut))
        disk.make_directories(PATH.parent)
        disk.replace(PATH, content[:cut])
        journal = Journal.open(PATH.parent, IDENTITY, disk)
        whole = sum(end <= cut for end in ends[1:])
        kept = [entry for entry in journal.entries if entry.operation != 'repair']
        assert [encode(entry) for entry in kept] == RECORDS[:whole], cut
        journal.append([lesson(journal.version + 1, 'box')])
        disk.power_cut()
        again = Journal.open(PATH.parent, IDENTITY, disk)
        assert again.entries[-1].label == 'box'
        assert not again.remarks, 'a torn end is reported once'
        if cut in ends:
            assert not journal.remarks
        else:
            assert 'not a whole entry and were cut off' in ' '.join(journal.remarks)
            torn = content[ends[whole]:cut] if cut > start else content[:cut]
            aside, = (name for name in disk.names(PATH.parent) if 'torn' in name)
            assert disk.read(PATH.with_name(aside)) == torn
            assert again.entries[-1].sequence > whole + 2


@pytest.mark.parametrize('number', range(len(RECORDS)))
def test_every_flipped_bit_costs_one_entry_and_is_said(tmp_path, content, number):
    """The entries before and behind the damaged one are kept."""
    start = len(content) - sum(map(len, RECORDS[number:]))
    for bit in range(8 * len(RECORDS[number])):
        damaged = bytearray(content)
        damaged[start + bit // 8] ^= 1 << bit % 8
        found = scan(bytes(damaged), 'it')
        assert [encode(entry) for entry in found.entries] == (
            RECORDS[:number] + RECORDS[number + 1:]), bit
        if number == len(RECORDS) - 1:
            assert found.torn == len(RECORDS[number])
        else:
            assert found.damage == [
                f'it: {len(RECORDS[number])} bytes from byte {start} on are damaged, entry '
                f'{number + 1} is lost; what follows was kept']


def test_every_flipped_bit_of_the_header_is_survived(content):
    """It is there twice."""
    start = len(content) - sum(map(len, RECORDS))
    for bit in range(8 * start):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        found = scan(bytes(damaged), 'it')
        assert found.header == scan(content, 'it').header
        assert [encode(entry) for entry in found.entries] == RECORDS
        assert found.damage == ['one of the two headers of it is damaged, the other one was used']


def test_a_damaged_journal_goes_on_and_is_not_cut(tmp_path, content):
    """Damage in the middle stays where it is, and new entries are appended behind."""
    damaged = bytearray(content)
    damaged[-len(RECORDS[-1]) - 5] ^= 4
    journal = reopened(tmp_path, bytes(damaged))
    assert [entry.sequence for entry in journal.entries] == [1, 2, 3, 4, 6]
    assert 'entry 5 is lost' in journal.remarks[0]
    journal.append([lesson(7)])
    journal.close()
    assert (tmp_path / 'journal').read_bytes() == bytes(damaged) + encode(lesson(7))
    again = Journal.open(tmp_path, IDENTITY)
    assert [entry.sequence for entry in again.entries] == [1, 2, 3, 4, 6, 7]
    assert again.remarks == journal.remarks


def test_an_operation_of_another_program_is_no_entry():
    """Even if its checksum is right."""
    record = bytearray(RECORDS[0])
    record[28] = len(OPERATIONS)
    record[8:12] = struct.pack('<I', zlib.crc32(record[12:], zlib.crc32(record[:8])))
    assert decode(RECORDS[0]) and decode(bytes(record)) is None


def test_an_interrupted_append_leaves_nothing_behind(tmp_path):
    """What it wrote beyond the next entry must not turn up as one later."""
    disk = Disk()
    journal = Journal.open(tmp_path, IDENTITY, disk)
    journal.append([lesson(1)])
    journal.append([lesson(2)])

    def interrupted(handle):
        raise KeyboardInterrupt

    disk.fsync = interrupted
    with pytest.raises(KeyboardInterrupt):
        journal.append([lesson(3), lesson(4)])
    del disk.fsync
    journal.append([lesson(3)])
    journal.close()
    again = Journal.open(tmp_path, IDENTITY)
    assert [entry.sequence for entry in again.entries] == [1, 2, 3] and not again.remarks


def test_a_sector_of_zeros_costs_what_it_covers(tmp_path):
    """Sequences on both sides say how many entries are gone."""
    journal = Journal.open(tmp_path, IDENTITY)
    journal.append([lesson(number) for number in range(1, 41)])
    journal.close()
    content = bytearray((tmp_path / 'journal').read_bytes())
    content[1024:1536] = bytes(512)
    found = scan(bytes(content), 'it')
    numbers = [entry.sequence for entry in found.entries]
    lost = sorted(set(range(1, 41)) - set(numbers))
    assert 4 <= len(lost) <= 8 and lost == list(range(lost[0], lost[-1] + 1))
    assert f'entries {lost[0]} to {lost[-1]} are lost' in found.damage[0]


def test_an_old_block_that_turns_up_again_is_no_entry(content):
    """Valid bytes with a sequence that was had are passed over as damage."""
    found = scan(content + RECORDS[1] + encode(lesson(7)), 'it')
    assert [entry.sequence for entry in found.entries] == [1, 2, 3, 4, 5, 6, 7]
    assert f'{len(RECORDS[1])} bytes from byte {len(content)} on are damaged' in found.damage[0]


def test_without_a_header_nothing_is_guessed(tmp_path, content):
    """Samples of an unknown encoder are refused; a file without entries is begun anew."""
    start = len(content) - sum(map(len, RECORDS))
    with pytest.raises(StoreError, match='not known which encoder its 6 entries belong to'):
        reopened(tmp_path, bytes(start) + content[start:])
    assert (tmp_path / 'journal').read_bytes() == bytes(start) + content[start:]
    journal = reopened(tmp_path, bytes(700))
    assert journal.entries[0].operation == 'repair' and 'cut off' in journal.remarks[0]


def test_torn_ends_are_kept_three_times(tmp_path, content):
    """A robot that loses power every day does not fill its disk."""
    (tmp_path / 'journal').write_bytes(content)
    for day in range(6):
        with open(tmp_path / 'journal', 'ab') as file:
            file.write(bytes(10 + day))
        Journal.open(tmp_path, IDENTITY).close()
    assert sorted(path.stat().st_size for path in tmp_path.glob('journal.torn-*')) == [13, 14, 15]


@pytest.mark.parametrize('name', ['journal.torn-\u00b2', 'journal.torn-', 'journal.torn-1.old',
                                  'journal.torn--1'])
def test_a_file_named_like_a_torn_end_is_let_be(tmp_path, content, name):
    """Its owner did not number it."""
    (tmp_path / name).write_bytes(b'mine')
    (tmp_path / 'journal').write_bytes(content)
    for day in range(4):
        with open(tmp_path / 'journal', 'ab') as file:
            file.write(bytes(10 + day))
        journal = Journal.open(tmp_path, IDENTITY)
        journal.close()
        assert 'a copy is in journal.torn-' in ' '.join(journal.remarks)
    assert (tmp_path / name).read_bytes() == b'mine'


def test_a_newer_version_is_refused_by_name(tmp_path, content):
    """The file is left as it is."""
    text = b'{"whatever": "they invented"}'
    frame = MAGIC + struct.pack('<II', 2, len(text))
    newer = frame + struct.pack('<I', zlib.crc32(text, zlib.crc32(frame))) + text + content[50:]
    with pytest.raises(NewerVersionError, match=r'journal has version 2, written by a newer '
                                                r'program; this one reads up to version 1'):
        reopened(tmp_path, newer)
    assert (tmp_path / 'journal').read_bytes() == newer


@pytest.mark.parametrize('key, value, sentence', [
    ('encoder', 'cd34', 'taught with encoder ab12, here it is cd34'),
    ('crop', 1.0, 'taught with crop 0.875, here it is 1.0'),
    ('roi', (0.0, 0.0, 0.5, 1.0), r'region of interest \[0.0, 0.0, 1.0, 1.0\], here it is'),
    ('inputs', 25, 'taught with embedding width 24, here it is 25'),
])
def test_another_identity_is_refused(tmp_path, content, key, value, sentence):
    """Codes of another encoder or view mean something else."""
    (tmp_path / 'journal').write_bytes(content)
    with pytest.raises(IdentityError, match=sentence):
        Journal.open(tmp_path, {**IDENTITY, key: value})


def test_the_header_knows_its_bounds():
    """An identity that does not fit is refused when it is written."""
    with pytest.raises(StoreError, match='may take 16384 bytes'):
        encode_header(Header({'encoder': 'x' * 16384}))
    head = Header({'roi': [0, 0, 1, 1]}, 7, 9, 2)
    assert decode_header(encode_header(head), 'it') == (head, len(encode_header(head)), True)


@pytest.mark.parametrize('text', [
    b'', b'[]', b'{}', b'\xff', b'{"identity": 1}', b'{"identity": {}, "base": -1}',
    b'{"identity": {}, "base": true}', b'{"identity": {}, "more": 1}'])
def test_a_header_with_a_good_checksum_may_still_be_nonsense(text):
    """Files come from other people."""
    frame = MAGIC + struct.pack('<II', 1, len(text))
    head = frame + struct.pack('<I', zlib.crc32(text, zlib.crc32(frame))) + text
    assert decode_header(2 * head, 'it') is None


def test_reading_leaves_no_trace(tmp_path):
    """The file is made by the first append, not before."""
    Journal.open(tmp_path, IDENTITY).close()
    assert not list(tmp_path.iterdir())
