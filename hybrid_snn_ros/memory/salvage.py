# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Rows out of a damaged SQLite file, page by page, without its trees.

One bad bit in an inner page, or in the first one, makes SQLite refuse a whole table, although
every row is there.  A row of ours proves itself by its CRC, so each leaf can be read on its own
(https://www.sqlite.org/fileformat2.html, "B-tree Pages" and "Record Format").
"""

from collections.abc import Iterator
from pathlib import Path
import struct
from typing import NamedTuple
import zlib

from hybrid_snn_ros.memory.database import (
    COLUMNS,
    FRAME_COLUMNS,
    frame_of,
    Head,
    head_of,
    is_whole,
    PAGE_SIZE,
    record_of,
    SEAL_COLUMNS,
    seal_of,
)
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.files import beside
from hybrid_snn_ros.memory.record import Record

_MOST = PAGE_SIZE - 35  # bytes of a row that stay in its leaf
_LEAST = (PAGE_SIZE - 12) * 32 // 255 - 23
_SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}  # bytes by serial type


class Found(NamedTuple):
    """What could be read of a file."""

    head: Head | None
    records: dict[int, Record]  # by number
    pictures: dict[int, bytes]  # JPEG by number
    frames: dict[str, DrawnFrame]  # by name
    seals: dict[int, tuple[str, bytes]]  # author and seal by number


def salvage(path: Path) -> Found:
    """Read all whole rows of a database, and of its write-ahead log; OSError as it comes."""
    content = path.read_bytes()
    pages = [content[at:at + PAGE_SIZE] for at in range(0, len(content), PAGE_SIZE)]
    log = beside(path, '-wal')
    logged = log.read_bytes()[32:] if log.exists() else b''
    size = PAGE_SIZE + 24
    pages += [logged[at + 24:at + size] for at in range(0, len(logged), size)]
    heads: dict[str, tuple] = {}
    records: dict[int, Record] = {}
    pictures: dict[int, bytes] = {}
    frames: dict[str, DrawnFrame] = {}
    seals: dict[int, tuple[str, bytes]] = {}
    for number, page in enumerate(pages):
        for key, row in _rows(page, pages, 100 if number == 0 else 0):
            if len(row) == COLUMNS:
                record = record_of((key, *row[1:]))
                if record is not None:
                    records[key] = record
            elif len(row) == FRAME_COLUMNS:
                frame = frame_of(row[1:])
                if frame is not None:
                    frames[frame.name] = frame
            elif len(row) == SEAL_COLUMNS:
                seal = seal_of((key, *row[1:]))
                if seal is not None:
                    seals[key] = seal
            elif len(row) == 3 and isinstance(row[0], str):
                if is_whole(row):
                    heads[row[0]] = row
            elif len(row) == 3 and isinstance(row[1], bytes) and row[2] == zlib.crc32(row[1]):
                pictures[key] = row[1]
    return Found(head_of(heads.values()), records, pictures, frames, seals)


def _rows(page: bytes, pages: list[bytes], start: int) -> Iterator[tuple[int, tuple]]:
    """Yield (rowid, values) of whatever looks like a row; its CRC tells whether it is one."""
    seen = set()
    # The number of cells may be what is damaged: pointers are read until they end.
    for at in range(start + 8, len(page) - 2, 2):
        pointer, = struct.unpack_from('>H', page, at)
        if pointer <= at or pointer >= len(page) or pointer in seen:
            break
        seen.add(pointer)
        try:
            yield _row(page, pointer, pages)
        except (IndexError, ValueError, struct.error):
            continue


def _row(page: bytes, at: int, pages: list[bytes]) -> tuple[int, tuple]:
    length, at = _varint(page, at)
    key, at = _varint(page, at)
    local = length
    if length > _MOST:
        local = _LEAST + (length - _LEAST) % (PAGE_SIZE - 4)
        local = local if local <= _MOST else _LEAST
    payload = page[at:at + local]
    if length > local:
        following, = struct.unpack_from('>I', page, at + local)
        while following and len(payload) < length:
            payload += pages[following - 1][4:]
            following, = struct.unpack_from('>I', pages[following - 1])
        payload = payload[:length]
    if len(payload) < length or length > 1 << 24:
        raise ValueError
    return key, tuple(_values(payload))


def _values(payload: bytes) -> Iterator[object]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    for kind in kinds:
        size = _SIZES.get(kind, (kind - 12) // 2)
        raw = payload[at:at + size]
        at += size
        if len(raw) < size or kind in (10, 11):
            raise ValueError
        if kind == 0:
            yield None
        elif kind == 7:
            yield struct.unpack('>d', raw)[0]
        elif kind < 10:
            yield int.from_bytes(raw, 'big', signed=True) if kind < 8 else kind - 8
        else:
            yield raw.decode('utf-8', 'replace') if kind % 2 else raw


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        byte = data[at + count]
        if count == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at + count + 1
