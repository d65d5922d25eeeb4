# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
One change of what is known, and its bytes in a journal.

A record is little endian: mark (4 bytes), length of the whole record (u32), CRC-32 of everything
but itself (u32), sequence (u64), time (f64), operation (u8), sample (u64), byte lengths of label,
target, stamp and source (4 x u8), number of codes (u32), then the four texts in UTF-8 and the
codes.  The mark is what a reader looks for behind damaged bytes; its first byte is in no UTF-8.
"""

import math
import struct
from typing import NamedTuple
import zlib

import numpy as np

from hybrid_snn_ros.memory.errors import StoreError

OPERATIONS = ('teach', 'undo', 'forget', 'rename', 'rollback', 'repair')
MARK = b'\xf5hse'
MAX_TEXT = 64  # bytes of label, target, stamp and source
MAX_CODES = 65536
_FIXED = struct.Struct('<4sIIQdBQBBBBI')
_CRC_AT, _CRC_END = 8, 12
MIN_RECORD = _FIXED.size
MAX_RECORD = MIN_RECORD + 4 * MAX_TEXT + MAX_CODES
_NO_CODES = np.zeros(0, np.uint8)


class Entry(NamedTuple):
    """
    One change.

    ``repair`` changes nothing that is known: it notes that a damaged end was cut off, and takes a
    sequence above everything that may have been lost with it.
    """

    sequence: int  # rises by one with each entry
    time: float  # unix seconds
    operation: str  # one of OPERATIONS
    label: str = ''  # of teach, forget and rename (the old one)
    target: str = ''  # new label of a rename; sequence, in decimal, a rollback returns to; of
    # teach and forget the group: entries of one source and group are one change of a person
    sample: int = 0  # of teach and undo: unique for ever in its directory
    stamp: str = ''  # stamp of the taught frame; 'undo N' or 'redo N' of an undo or rollback that
    # belongs to an Undo or Redo (memory.history), N the sequence of its first entry
    source: str = ''  # who or how: 'teach', 'import', 'cli', ...
    codes: np.ndarray = _NO_CODES  # uint8 (N,), of teach

    @property
    def group(self) -> str:
        """What entries have in common that are one change, '' where each is one of its own."""
        return self.target if self.operation in ('teach', 'forget') else ''

    @property
    def reason(self) -> str:
        """Of an undo or rollback: 'undo' or 'redo' where it belongs to one, else ''."""
        word = self.stamp.partition(' ')[0]
        known = self.operation in ('undo', 'rollback') and word in ('undo', 'redo')
        return word if known and self.stamp[len(word) + 1:].isdecimal() else ''

    @property
    def first(self) -> int:
        """Sequence of the first entry of the Undo or Redo this one belongs to."""
        return int(self.stamp.partition(' ')[2])


def encode(entry: Entry) -> bytes:
    """
    Return the bytes of an entry.

    :raises StoreError: when a field is out of bounds.
    """
    texts = []
    for name in ('label', 'target', 'stamp', 'source'):
        try:
            text = getattr(entry, name).encode('utf-8')
        except UnicodeEncodeError as error:
            raise StoreError(f'the {name} of an entry is no valid Unicode text') from error
        if len(text) > MAX_TEXT:
            raise StoreError(f'the {name} of an entry may be {MAX_TEXT} bytes long, this one has '
                             f'{len(text)}')
        texts.append(text)
    if not math.isfinite(entry.time):
        raise StoreError(f'the time of an entry must be a number, not {entry.time}')
    codes = entry.codes
    if codes.dtype != np.uint8 or codes.ndim != 1 or len(codes) > MAX_CODES:
        raise StoreError(f'codes must be uint8 (N,) with N up to {MAX_CODES}, not {codes.dtype} '
                         f'{codes.shape}')
    body = b''.join(texts) + codes.tobytes()
    try:
        record = bytearray(_FIXED.pack(
            MARK, MIN_RECORD + len(body), 0, entry.sequence, entry.time,
            OPERATIONS.index(entry.operation), entry.sample, *map(len, texts), len(codes)) + body)
    except struct.error as error:
        raise StoreError(f'sequence {entry.sequence} or sample {entry.sample} of an entry is not '
                         'in 0..2^64-1') from error
    record[_CRC_AT:_CRC_END] = struct.pack('<I', _compute(record))
    return bytes(record)


def _compute(record: bytes | bytearray | memoryview) -> int:
    return zlib.crc32(record[_CRC_END:], zlib.crc32(record[:_CRC_AT]))


def checksum(record: bytes) -> int:
    """Return the CRC in the bytes of one entry."""
    return int.from_bytes(record[_CRC_AT:_CRC_END], 'little')


def decode(content: bytes, offset: int = 0) -> tuple[Entry, int, int] | None:
    """
    Read the entry at an offset.

    :return: (Entry, its CRC, offset behind it), or None when there is no valid one.  Its codes
        are a view into `content`.
    """
    if len(content) - offset < MIN_RECORD or content[offset:offset + 4] != MARK:
        return None
    (_, length, crc, sequence, time, operation, sample, label, target, stamp, source,
     width) = _FIXED.unpack_from(content, offset)
    end = offset + length
    size = MIN_RECORD + label + target + stamp + source + width
    if (length != size or length > MAX_RECORD or end > len(content)
            or operation >= len(OPERATIONS)
            or crc != _compute(memoryview(content)[offset:end])):
        return None
    texts, at = [], offset + MIN_RECORD
    for size in (label, target, stamp, source):
        try:
            texts.append(content[at:at + size].decode('utf-8'))
        except UnicodeDecodeError:
            return None
        at += size
    codes = np.frombuffer(content, np.uint8, width, at) if width else _NO_CODES
    return Entry(sequence, time, OPERATIONS[operation], texts[0], texts[1], sample, texts[2],
                 texts[3], codes), crc, end
