# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Memories of the format before SQLite, read for `state import`: a journal of entries, or an export.

A head (magic, version, length, CRC-32, JSON; twice in a row), then entries: mark, length, CRC-32,
sequence, time, operation, sample, lengths of four texts, number of codes, texts, codes.
"""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import struct
from typing import Any, NamedTuple
import zlib

import numpy as np

from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.files import FILE_NAME
from hybrid_snn_ros.memory.record import INITIAL, LESSON, Record

_MAGIC, _MARK, _JOURNAL = b'HSNNMEM\n', b'\xf5hse', 'journal'
_HEAD = struct.Struct('<8sIII')
_ENTRY = struct.Struct('<4sIIQdBQBBBBI')
_OPERATIONS = ('teach', 'undo', 'forget', 'rename', 'rollback', 'repair')
_Texts = tuple[str, str, str, str]  # label, target, stamp, source


class _Entry(NamedTuple):
    sequence: int
    time: float
    operation: str
    sample: int
    texts: _Texts
    codes: np.ndarray


class Old(NamedTuple):
    """What such a file holds."""

    path: Path
    fingerprint: dict[str, Any]
    records: list[Record]  # a lesson for each sample that is left
    problems: list[str]


def is_old(path: Path) -> bool:
    """Tell whether a file, or a directory without a new memory, holds one of the old format."""
    if os.path.isdir(path):
        return os.path.isfile(path / _JOURNAL) and not os.path.exists(path / FILE_NAME)
    if not os.path.isfile(path):  # opening a pipe might never end
        return False
    try:
        with open(path, 'rb') as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def old_file(path: Path) -> Path:
    """Return the journal of a directory, or the file itself."""
    return path / _JOURNAL if os.path.isdir(path) else path


def advice(path: Path) -> str:
    """Say what to do with a memory of the old format."""
    take = f'-m {path}' if os.path.isdir(path) else '-m DIRECTORY'
    return (f'{path} holds a memory of an earlier format; take it over with '
            f'`hybrid-snn state import {path} {take}`')


def read(path: Path) -> Old:
    """Read a journal or an export; StoreError where that cannot be done."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f'cannot read {path}: {error.strerror or error}') from error
    head, at = _head(content, path)
    entries: list[_Entry] = []
    problems = []
    while at < len(content):
        entry, end = _entry(content, at)
        if entry is None or entries and entry.sequence <= entries[-1].sequence:
            following = content.find(_MARK, at + 1)
            following = len(content) if following < 0 else following
            problems.append(f'{path}: {following - at} bytes from byte {at} on are damaged')
            at = following
            continue
        entries.append(entry)
        at = end
    last = entries[-1].sequence if entries else 0
    if last < head.get('base', 0):
        problems.append(f'{path} is cut off: {len(entries)} samples are there')
    jumps = [entry for before, entry in zip(entries, entries[1:])
             if entry.sequence != before.sequence + 1 and entry.operation != 'repair']
    if jumps and not problems:
        problems.append(f'{path}: a piece is missing before entry {jumps[0].sequence}')
    return Old(path, head['identity'], _records(entries), problems)


def _head(content: bytes, path: Path) -> tuple[dict[str, Any], int]:
    size = 0
    for start in (0, content.find(_MAGIC, 1)):
        frame = content[start:start + _HEAD.size]
        if start < 0 or len(frame) < _HEAD.size:
            continue
        _, version, length, crc = _HEAD.unpack(frame)
        text = content[start + _HEAD.size:start + _HEAD.size + length]
        if version == 1 and zlib.crc32(text, zlib.crc32(frame[:-4])) == crc:
            size = _HEAD.size + length
            return json.loads(text), 2 * size if start == 0 else start + size
    raise StoreError(f'{path} is not a memory, or its head is damaged')


def _entry(content: bytes, at: int) -> tuple[_Entry | None, int]:
    if len(content) - at < _ENTRY.size or content[at:at + 4] != _MARK:
        return None, at
    _, length, crc, sequence, time, operation, sample, *sizes, width = _ENTRY.unpack_from(
        content, at)
    end = at + length
    if (length != _ENTRY.size + sum(sizes) + width or operation >= len(_OPERATIONS)
            or zlib.crc32(content[at + 12:end], zlib.crc32(content[at:at + 8])) != crc):
        return None, at
    texts, place = [], at + _ENTRY.size
    for size in sizes:
        texts.append(content[place:place + size].decode('utf-8', 'replace'))
        place += size
    codes = np.frombuffer(content, np.uint8, width, place)
    return _Entry(sequence, time, _OPERATIONS[operation], sample,
                  (texts[0], texts[1], texts[2], texts[3]), codes), end


def _in_force(entries: list[_Entry]) -> Iterator[_Entry]:
    """Yield what is left once every rollback has skipped what it took back, newest first."""
    limit = None
    for entry in reversed(entries):
        if limit is not None and entry.sequence > limit:
            continue
        limit = None
        if entry.operation == 'rollback' and entry.texts[1].isdecimal():
            limit = int(entry.texts[1])
        else:
            yield entry


def _records(entries: list[_Entry]) -> list[Record]:
    samples: dict[int, tuple[str, _Entry]] = {}
    for entry in reversed(list(_in_force(entries))):
        label, target = entry.texts[:2]
        if entry.operation == 'teach':
            samples[entry.sample] = label, entry
        elif entry.operation == 'undo':
            samples.pop(entry.sample, None)
        elif entry.operation == 'forget':
            samples = {n: one for n, one in samples.items() if one[0] != label}
        elif entry.operation == 'rename':
            samples = {n: (target if text == label else text, one)
                       for n, (text, one) in samples.items()}
    first: dict[str, str] = {}
    records = []
    for number, (label, entry) in samples.items():
        records.append(Record(
            number, '0' * 32, number, LESSON, 'teach', number, entry.time,
            entry.texts[3] or INITIAL, '', first.get(label, ''), text=label, samples=1,
            stamp=entry.texts[2], codes=entry.codes))
        first.setdefault(label, records[-1].label_id)
    return records
