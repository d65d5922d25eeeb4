# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The SQLite file of a memory: its tables, and rows from and to records.

Every row has a CRC of its own.  Pictures and drawn frames are rows of their own: reading what was
taught need not read them.  All functions raise sqlite3.Error as it comes; `refusal` makes a
sentence of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
import contextlib
import errno
import io
import json
import os
from pathlib import Path
import sqlite3
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias
import zlib

import numpy as np

from hybrid_snn_ros.memory.drawn_frame import DrawnFrame, packed, unpacked
from hybrid_snn_ros.memory.errors import NewerVersionError, StoreError
from hybrid_snn_ros.memory.record import (
    checksum,
    KINDS,
    LESSON,
    NO_CODES,
    Record,
    Region,
    WHOLE,
)

APPLICATION_ID = 0x68736E6E  # 'hsnn'
FORMAT = 3  # user_version
_FORMATS = 2, FORMAT  # that are read; 2 has no frames, what was before was no database
PAGE_SIZE = 8192  # five lessons of 1280 codes
BUSY_S = 5.0  # how long to wait for another process that is writing

Connection: TypeAlias = sqlite3.Connection
Connect: TypeAlias = Callable[..., Connection]

# Whoever types .schema reads this.
_TABLES = (
    """CREATE TABLE memory (  -- what holds for all records
    name TEXT PRIMARY KEY,    -- fingerprint: what the codes depend on; author: who writes here;
                              -- base: when it was compacted last; lost: what damage took
    value TEXT NOT NULL,      -- JSON
    crc INTEGER NOT NULL)""",
    """CREATE TABLE records (   -- what was done; rows are only added, never changed
    number INTEGER PRIMARY KEY, -- in order of arrival; the id of a sample, a change, a version
    author TEXT NOT NULL,       -- who wrote it, 32 hexadecimal digits,
    sequence INTEGER NOT NULL,  -- and his how-manieth record it is: its id is author/sequence
    kind TEXT NOT NULL,         -- lesson, name, join, tombstone: takes back its targets;
                                -- box, complete: what was drawn in a frame
    act TEXT NOT NULL,          -- teach, remove, forget, rename, merge, rollback, undo, ...
    clock INTEGER NOT NULL,     -- hybrid logical clock: milliseconds since 1970 * 65536 + counter
    time REAL NOT NULL,         -- seconds since 1970
    source TEXT NOT NULL,       -- who or how
    press TEXT NOT NULL,        -- rows of one source and press are one change
    label TEXT NOT NULL,        -- id of the label: that of its first lesson; empty: its own
    target TEXT NOT NULL,       -- label a join puts it into; ids a tombstone takes back;
                                -- name of the frame of a box
    text TEXT NOT NULL,         -- the label's text at the time; the new one of a name
    was TEXT NOT NULL,          -- the text before, of a name or join
    samples INTEGER NOT NULL,   -- how many it concerned; of a lesson, the views in its codes;
                                -- of a complete frame, the boxes in it
    stamp TEXT NOT NULL,        -- of the frame of a lesson or box, seconds
    region TEXT NOT NULL,       -- x y width height in fractions; empty: all of it
    codes BLOB,                 -- of a lesson: the encoder's output, a byte each, view by view
    crc INTEGER NOT NULL)""",
    """CREATE TABLE pictures (  -- what the encoder saw of a lesson
    number INTEGER PRIMARY KEY, -- of the lesson
    jpeg BLOB NOT NULL,
    crc INTEGER NOT NULL)""",
    """CREATE TABLE versions (  -- when it was saved on purpose, for a rollback
    number INTEGER PRIMARY KEY, -- the last record then
    time REAL NOT NULL)""",
    """CREATE TABLE cache (     -- what was computed from the records; may be deleted
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,   -- the last record it is computed from
    notes TEXT NOT NULL,        -- JSON: what it depends on besides
    arrays BLOB NOT NULL,       -- NumPy's npz
    crc INTEGER NOT NULL)""")
_FRAMES = """CREATE TABLE frames ( -- in which boxes were drawn, each once
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,  -- 32 hexadecimal digits: the start of a SHA-256 of the cells
    encoder TEXT NOT NULL,      -- sha256 of the model that gave them
    down INTEGER NOT NULL,      -- cells
    across INTEGER NOT NULL,
    channels INTEGER NOT NULL,  -- codes of a cell
    cells BLOB NOT NULL,        -- zlib; a byte a code, channel by channel
    jpeg BLOB,                  -- the frame, where pictures are kept
    crc INTEGER NOT NULL)"""
_SEALS = """CREATE TABLE seals (  -- who signed a record that robots share
    number INTEGER PRIMARY KEY, -- of the record
    author TEXT NOT NULL,
    seal BLOB NOT NULL,         -- the author's public key and the signature (Ed25519)
    crc INTEGER NOT NULL)"""
COLUMNS = len(Record._fields) + 1
SEAL_COLUMNS = 4
FRAME_COLUMNS = 9


class Base(NamedTuple):
    """Where the history of a memory begins."""

    version: int = 0  # there is no history before it
    rows: int = 0  # records that were kept of it
    sequence: int = 0  # of the author, the last one by then


class Head(NamedTuple):
    """What holds for all records of a file."""

    fingerprint: dict[str, Any]  # what the codes depend on, see memory.fingerprint
    author: str
    base: Base = Base()
    # first and last numbers of records that damage took: said once, and never given again
    lost: Sequence[Sequence[int]] = ()
    format: int = FORMAT
    # sequences that no other robot has to send: {author: [[first, last], ...]}
    gone: Mapping[str, Sequence[Sequence[int]]] = MappingProxyType({})
    formerly: Sequence[str] = ()  # authors that wrote here before



class Damage(Exception):
    """A database that SQLite cannot read, or that lacks what ours have."""


_BROKEN = ('no such table', 'no such column', 'unsupported file format', 'malformed')


def is_damage(error: Exception) -> bool:
    """Tell whether an error is of the file, not of the moment: a full disk, another process."""
    if isinstance(error, sqlite3.OperationalError):
        return any(words in str(error) for words in _BROKEN)
    return isinstance(error, (Damage, sqlite3.DatabaseError))


def refusal(doing: str, path: Path, error: Exception) -> StoreError:
    """Return the StoreError for an error: what was being done, and why it could not be."""
    reason = getattr(error, 'strerror', None) or str(error)
    if 'locked' in reason:
        reason = f'another process has been writing to it for {BUSY_S:g} s'
    elif 'disk is full' in reason:
        reason = 'No space left on device'
    elif 'readonly' in reason or 'unable to open' in reason:
        reason = _why(path) or reason
    return StoreError(f'cannot {doing} {path}: {reason}')


def _why(path: Path) -> str:
    """Return why a file cannot be written, as the system says it; '' where it does not."""
    try:
        place = path if path.exists() else path.parent
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return os.strerror(errno.EROFS)
        return '' if os.access(place, os.W_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        return os.strerror(error.errno or 0)


def connect(path: Path, maker: Connect = sqlite3.connect, mode: str = 'rwc') -> Connection:
    """
    Open a database, for any thread.

    :param mode: 'rwc', 'ro', or 'ro&immutable=1' for a file that no one writes to.
    """
    text = str(path).replace('%', '%25').replace('?', '%3f').replace('#', '%23')
    opened = maker(f'file:{text}?mode={mode}', uri=True, timeout=BUSY_S, isolation_level=None,
                   check_same_thread=False)
    opened.text_factory = lambda raw: raw.decode('utf-8', 'replace')  # its CRC tells
    return opened


def create(db: Connection, head: Head) -> None:
    """Make the tables, unless another process was quicker."""
    db.execute(f'PRAGMA page_size={PAGE_SIZE}')
    db.execute('PRAGMA journal_mode=WAL')
    db.execute('BEGIN IMMEDIATE')
    try:
        if not one(db, 'SELECT count(*) FROM sqlite_master'):
            db.execute(f'PRAGMA application_id={APPLICATION_ID}')
            db.execute(f'PRAGMA user_version={FORMAT}')
            for table in (*_TABLES, _FRAMES, _SEALS):
                db.execute(table)
            write_head(db, head)
        db.execute('COMMIT')
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute('ROLLBACK')
        raise


def renew(db: Connection) -> None:
    """Make a database of the format before one of today's, or of today's without seals."""
    if one(db, 'PRAGMA user_version') == FORMAT and _has_seals(db):
        return
    db.execute('BEGIN IMMEDIATE')
    try:
        head = read_head(db)
        if head.format != FORMAT:  # else another process was quicker
            db.execute(_FRAMES)
            write_head(db, head)
            db.execute(f'PRAGMA user_version={FORMAT}')
        if not _has_seals(db):
            db.execute(_SEALS)
        db.execute('COMMIT')
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute('ROLLBACK')
        raise


def _has_seals(db: Connection) -> bool:
    return bool(one(db, "SELECT count(*) FROM sqlite_master WHERE name = 'seals'"))


def one(db: Connection, sql: str, values: tuple = ()) -> Any:
    """Return the first column of the first row; None where there is none."""
    row = db.execute(sql, values).fetchone()
    return None if row is None else row[0]


def check_format(db: Connection, path: Path) -> None:
    """
    Make sure that a database is a memory.

    :raises NewerVersionError: when a newer program wrote it.
    :raises StoreError: when it is another program's.
    """
    found, version = one(db, 'PRAGMA application_id'), one(db, 'PRAGMA user_version')
    if found != APPLICATION_ID:
        raise Damage('it is no memory')
    # Said twice, so that one bad bit is not taken for a newer program.
    said = head_of(db.execute('SELECT name, value, crc FROM memory'))
    if version > FORMAT and (said is None or said.format not in _FORMATS):
        raise NewerVersionError(f'{path} has version {version}, written by a newer program; this '
                                f'one reads up to version {FORMAT}')
    if version not in _FORMATS or said is None or said.format != version:
        raise Damage('its head is damaged')


def write_head(db: Connection, head: Head) -> None:
    """Write what holds for all records, in the format of today."""
    for name, value in head._replace(format=FORMAT)._asdict().items():
        text = json.dumps(dict(value) if name == 'gone' else value, sort_keys=True)
        db.execute('INSERT OR REPLACE INTO memory VALUES (?, ?, ?)',
                   (name, text, zlib.crc32(f'{name}\x1f{text}'.encode())))


def is_whole(row: tuple) -> bool:
    """Tell whether a row of the table memory is as it was written."""
    name, text, crc = row
    return isinstance(text, str) and crc == zlib.crc32(f'{name}\x1f{text}'.encode())


def head_of(rows: Iterable[tuple]) -> Head | None:
    """Return the Head that the rows of the table memory are, None where one is damaged."""
    found = {row[0]: json.loads(row[1]) for row in rows if is_whole(row)}
    if not set(Head._fields) - {'gone', 'formerly'} <= set(found):
        return None
    return Head(found['fingerprint'], found['author'], Base(*found['base']), found['lost'],
                found['format'], found.get('gone', {}), found.get('formerly', []))


def read_head(db: Connection) -> Head:
    """Return the Head; Damage where it is not whole."""
    head = head_of(db.execute('SELECT name, value, crc FROM memory'))
    if head is None:
        raise Damage('the table memory is damaged')
    return head


def _region(text: str) -> Region:
    parts = tuple(map(float, text.split()))
    return (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else WHOLE


def row_of(record: Record) -> tuple:
    """Return the row of a record."""
    region = '' if record.region == WHOLE else ' '.join(map(repr, record.region))
    codes = record.codes.tobytes() if len(record.codes) else None
    return (*record[:15], region, codes, checksum(record))


def record_of(row: tuple) -> Record | None:
    """Return the record of a row; None where its CRC is wrong."""
    *fields, region, codes, crc = row
    try:
        record = Record._make((*fields, _region(region), NO_CODES if codes is None
                               else np.frombuffer(codes, np.uint8)))
        if record.kind == LESSON and record.samples > 1:
            record = record._replace(codes=record.codes.reshape(record.samples, -1))
        whole = record.kind in KINDS and checksum(record) == crc
    except (TypeError, ValueError, AttributeError, UnicodeError):
        return None
    return record if whole else None


def read_records(db: Connection, since: int = 0) -> tuple[list[Record], list[int]]:
    """Return the records behind a version, in order of arrival, and the numbers of bad ones."""
    records, bad = [], []
    for row in db.execute('SELECT * FROM records WHERE number > ? ORDER BY number', (since,)):
        record = record_of(row)
        if record is None:
            bad.append(row[0])
        else:
            records.append(record)
    return records, bad


def write_records(db: Connection, records: Iterable[Record],
                  pictures: Mapping[int, bytes]) -> None:
    """Add records and pictures, within a transaction of the caller's."""
    question = ', '.join('?' * COLUMNS)
    for record in records:
        db.execute(f'INSERT INTO records VALUES ({question})', row_of(record))
    for number, jpeg in pictures.items():
        db.execute('INSERT INTO pictures VALUES (?, ?, ?)', (number, jpeg, zlib.crc32(jpeg)))


def read_pictures(db: Connection, numbers: Iterable[int]) -> dict[int, bytes]:
    """Return {number: JPEG} of the lessons that have a whole picture."""
    found = {}
    for number in numbers:
        row = db.execute('SELECT jpeg, crc FROM pictures WHERE number = ?', (number,)).fetchone()
        if row is not None and zlib.crc32(row[0]) == row[1]:
            found[number] = row[0]
    return found


def _seal_crc(number: int, author: str, seal: bytes) -> int:
    return zlib.crc32(f'{number} {author} '.encode() + seal)


def write_seals(db: Connection, seals: Mapping[int, tuple[str, bytes]]) -> None:
    """Add {number: (author, seal)}, within a transaction of the caller's."""
    for number, (author, seal) in seals.items():
        db.execute('INSERT OR REPLACE INTO seals VALUES (?, ?, ?, ?)',
                   (number, author, seal, _seal_crc(number, author, seal)))


def seal_of(row: tuple) -> tuple[str, bytes] | None:
    """Return author and seal of a row; None where it is damaged."""
    number, author, seal, crc = row
    whole = (isinstance(author, str) and isinstance(seal, bytes)
             and crc == _seal_crc(number, author, seal))
    return (author, seal) if whole else None


def read_seals(db: Connection, numbers: Iterable[int]) -> dict[int, bytes]:
    """Return {number: seal} of the records that have a whole one."""
    found = {}
    for number in numbers:
        row = db.execute('SELECT * FROM seals WHERE number = ?', (number,)).fetchone()
        if row is not None and (seal := seal_of(row)) is not None:
            found[number] = seal[1]
    return found


def _frame_row(name: str, frame: DrawnFrame) -> tuple:
    fields = (name, frame.encoder, *frame.codes.shape, packed(frame.codes), frame.jpeg)
    return (*fields, _frame_crc(fields))


def _frame_crc(fields: tuple) -> int:
    *words, cells, jpeg = fields
    return zlib.crc32('\x1f'.join(map(str, words)).encode() + cells + (jpeg or b''))


def frame_of(row: tuple) -> DrawnFrame | None:
    """Return the frame of a row, without its number; None where it is damaged."""
    *fields, crc = row
    try:
        _, encoder, down, across, channels, cells, jpeg = fields
        if crc == _frame_crc(tuple(fields)):
            return DrawnFrame(encoder, unpacked(cells, down, across, channels), jpeg)
    except (TypeError, ValueError):
        pass
    return None


def write_frames(db: Connection, frames: Iterable[DrawnFrame]) -> None:
    """Add frames that are not there, within a transaction of the caller's."""
    question = ', '.join('?' * (FRAME_COLUMNS - 1))
    for frame in frames:
        # Looked up first: a row means deflating 200 kB, and most boxes come to a known frame.
        if not one(db, 'SELECT count(*) FROM frames WHERE name = ?', (name := frame.name,)):
            db.execute(f'INSERT INTO frames VALUES (NULL, {question})', _frame_row(name, frame))


def read_frame(db: Connection, name: str) -> DrawnFrame | None:
    """Return the frame of a name; None where there is no whole one."""
    if one(db, 'PRAGMA user_version') != FORMAT:
        return None
    row = db.execute('SELECT name, encoder, down, across, channels, cells, jpeg, crc '
                     'FROM frames WHERE name = ?', (name,)).fetchone()
    return None if row is None else frame_of(row)


def write_cache(db: Connection, name: str, version: int, notes: dict[str, Any],
                arrays: dict[str, np.ndarray]) -> None:
    """Keep arrays under a name, in place of what was there, within the caller's transaction."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # a keyword is a name
    blob = buffer.getvalue()
    db.execute('INSERT OR REPLACE INTO cache VALUES (?, ?, ?, ?, ?)',
               (name, version, json.dumps(notes), blob, zlib.crc32(blob)))


def read_cache(db: Connection, name: str) -> tuple[
        int, dict[str, np.ndarray], dict[str, Any]] | None:
    """Return version, arrays and notes that are kept under a name; None where none are whole."""
    row = db.execute('SELECT version, notes, arrays, crc FROM cache WHERE name = ?',
                     (name,)).fetchone()
    if row is None or zlib.crc32(row[2]) != row[3]:
        return None
    with np.load(io.BytesIO(row[2])) as arrays:
        return row[0], dict(arrays), json.loads(row[1])


def read_cache_of(db: Connection, name: str, key: str) -> dict[str, np.ndarray] | None:
    """Return the arrays that are kept under a name, if they are of this key."""
    found = read_cache(db, name)
    return found[1] if found is not None and found[2].get('key') == key else None
