# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a memory or an export holds, read without changing it, even while a node is using it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import contextlib
from dataclasses import dataclass
from functools import cached_property
import os
from pathlib import Path
import shutil
import sqlite3
import tempfile
from types import MappingProxyType
from typing import Any

from hybrid_snn_ros.memory import database, legacy
from hybrid_snn_ros.memory.database import Base, Connect, Connection, Damage, Head
from hybrid_snn_ros.memory.drawings import NewDrawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import DamagedError, OldFormatError, StoreError
from hybrid_snn_ros.memory.files import (
    beside,
    check_regular,
    COPY_NAME,
    expanded,
    FILE_NAME,
    mark,
    put,
)
from hybrid_snn_ros.memory.record import BOX, Record, Region, TOMBSTONE
from hybrid_snn_ros.memory.salvage import Found, salvage
from hybrid_snn_ros.memory.state import StoreState


@dataclass(frozen=True)
class StoreContents:
    """What a file holds."""

    path: Path
    head: Head
    records: list[Record]  # in order of arrival
    problems: list[str]  # sentences; empty when every byte is as it was written
    versions: list[tuple[int, float]]  # saved on purpose and when, newest first
    size: int  # bytes

    @cached_property
    def state(self) -> StoreState:
        """What the records amount to; folded at the first look."""
        taken = max((last for _, last in self.head.lost), default=0)
        return StoreState(self.records, self.head.base.version, taken, self.head.author)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What the codes depend on."""
        return self.head.fingerprint


def file_of(path: Path | str) -> Path:
    """Return the database of a directory, or the file itself."""
    path = expanded(path)
    return path / FILE_NAME if os.path.isdir(path) else path


def has_log(path: Path) -> bool:
    """Return whether what was written last may not be in the database itself yet."""
    return os.path.exists(log := beside(path, '-wal')) and log.stat().st_size > 0


@contextlib.contextmanager
def opened(path: Path, maker: Connect = sqlite3.connect) -> Iterator[Connection]:
    """
    Open a database to read it, and leave no trace.

    With no one at work SQLite would make files beside it: then it is opened as one that no one
    writes to, or, where a process died before its write-ahead log was taken in, as a copy.
    """
    check_regular(path)
    db = None
    if os.path.exists(beside(path, '-shm')):
        db = database.connect(path, maker, 'ro')
        try:
            database.one(db, 'SELECT count(*) FROM sqlite_master')
        except sqlite3.OperationalError:  # left by a process that died, where nothing is written
            db.close()
            db = None
    with tempfile.TemporaryDirectory() as aside:
        if db is None and has_log(path):
            shutil.copyfile(path, f'{aside}/{FILE_NAME}')
            shutil.copyfile(beside(path, '-wal'), f'{aside}/{FILE_NAME}-wal')
            db = database.connect(Path(aside, FILE_NAME), maker)
        elif db is None:
            db = database.connect(path, maker, 'ro&immutable=1')
        try:
            yield db
        finally:
            db.close()


def read_store(path: Path | str, maker: Connect = sqlite3.connect) -> StoreContents:
    """
    Read the memory of a directory, or an exported file.

    :return: StoreContents; what is damaged is left out and named in its problems.
    :raises OldFormatError: when it is one of the format before.
    :raises StoreError: when there is nothing to be read.
    """
    directory, path = expanded(path), file_of(path)
    if legacy.is_old(path) or os.path.isdir(directory) and legacy.is_old(directory):
        raise OldFormatError(legacy.advice(directory))
    try:
        check_regular(path)
        if not path.stat().st_size:
            raise StoreError(f'{path} is empty, so it is not a memory')
    except FileNotFoundError as error:
        raise StoreError(f'nothing was taught yet in {directory}' if os.path.isdir(directory)
                         else f'there is no memory {path}') from error
    except OSError as error:
        raise database.refusal('read', path, error) from error
    try:
        for _ in range(5):
            before = mark(path)
            with opened(path, maker) as db:
                contents = read(db, path)
                written = (database.one(db, 'PRAGMA page_count')
                           * database.one(db, 'PRAGMA page_size'))
                size = path.stat().st_size
            if mark(path) == before:  # no one took a log in meanwhile
                break
    except (sqlite3.Error, Damage, OSError) as error:
        if not database.is_damage(error):
            raise database.refusal('read', path, error) from error
        return salvaged(path, str(error))
    if contents.problems:  # a page that says it holds fewer rows than it does hides the others
        return salvaged(path, 'a check of it failed')
    if size != written and not has_log(path):  # SQLite takes what is missing for zeros
        return salvaged(path, f'it has {size} bytes and was written with {written}')
    return contents


def read(db: Connection, path: Path) -> StoreContents:
    """Read all records through a connection; sqlite3.Error and Damage as they come."""
    db.execute('SAVEPOINT look')  # one moment of it, whatever others do meanwhile
    try:
        database.check_format(db, path)
        head = database.read_head(db)
        records, bad = database.read_records(db)
        check = database.one(db, 'PRAGMA quick_check(1)')
        versions = list(db.execute('SELECT number, time FROM versions ORDER BY number DESC'))
    finally:
        with contextlib.suppress(sqlite3.Error):
            db.execute('RELEASE look')
    problems = sentences(path, head, records, bad)
    if not problems and check != 'ok':
        problems = [f"{path} is damaged ({' '.join(check.split())})"]
    return StoreContents(path, head, records, problems, versions, size_of(path))


def size_of(path: Path) -> int:
    """Return the bytes of a database and its write-ahead log."""
    return sum(one.stat().st_size for one in (path, beside(path, '-wal')) if os.path.exists(one))


def missing(head: Head, records: Iterable[Record], bad: Iterable[int] = ()) -> list[int]:
    """Return the numbers of records that should be there and are not, those of `lost` aside."""
    numbers = {record.number for record in records}
    wanted = range(head.base.version + 1, max(numbers, default=0) + 1)
    known = {number for first, last in head.lost for number in range(first, last + 1)}
    return sorted({*bad, *wanted} - numbers - known)


def spans_of(numbers: Iterable[int]) -> list[list[int]]:
    """Return rising numbers as [first, last] each."""
    spans: list[list[int]] = []
    for number in numbers:
        if not spans or number > spans[-1][1] + 1:
            spans.append([number, number])
        spans[-1][1] = number
    return spans


def sentences(path: Path, head: Head, records: Sequence[Record],
              bad: Iterable[int] = ()) -> list[str]:
    """Return what is to be said of the records that are not there."""
    gone = missing(head, records, bad)
    kept = sum(record.number <= head.base.version for record in records)
    if kept < head.base.rows:
        return [f'{path} is damaged: {kept} of {head.base.rows} records are there']
    if not gone:
        return []
    named = ', '.join(str(a) if a == b else f'{a} to {b}' for a, b in spans_of(gone)[:8])
    many = len(gone) > 1
    return [f"{path} is damaged, record{'s' if many else ''} {named} {'are' if many else 'is'} "
            'lost; all others are there']


def salvaged(path: Path, reason: str) -> StoreContents:
    """
    Read what can be read of a damaged file, and fill the holes from the second copy beside it.

    :raises StoreError: when it is no memory, or no one knows what its codes depend on.
    """
    return put_together(path, joined(path), reason)


def put_together(path: Path, found: Found, reason: str) -> StoreContents:
    """Return what was salvaged as the contents of the file; StoreError as of `salvaged`."""
    if found.head is None:
        raise StoreError(f'{path} is not a memory, or too damaged to know which encoder it is of '
                         f'({reason})')
    records = [found.records[number] for number in sorted(found.records)]
    last = records[-1].number if records else 0
    problems = sentences(path, found.head, records) or [
        f'{path} is damaged ({reason}); all records up to {last} are there, what came behind '
        'them, if anything, is not']
    return StoreContents(path, found.head, records, problems, [], size_of(path))


def joined(path: Path) -> Found:
    """Return all rows of a file and of the second copy of the same memory."""
    found = salvage(path)
    copy = path.with_name(COPY_NAME)
    if os.path.isfile(copy) and path.name == FILE_NAME:
        other = salvage(copy)
        if other.head is not None and (found.head is None
                                       or found.head.author == other.head.author):
            head = found.head or other.head
            # A copy from before it was compacted holds what was taken back: no more of that.
            since = 0 if other.head.base == head.base else head.base.version
            theirs = {number: one for number, one in other.records.items() if number > since}
            found = Found(head, {**theirs, **found.records},
                          {**other.pictures, **found.pictures}, {**other.frames, **found.frames},
                          {**other.seals, **found.seals})
    return found


def stored_fingerprint(path: Path | str) -> dict[str, Any]:
    """Return what the codes of a memory depend on; {} where there is none, or it is damaged."""
    try:
        return read_store(path).fingerprint
    except StoreError:  # opening it will say so
        return {}


def read_whole(path: Path | str, replace: bool = False, force: bool = False) -> StoreContents:
    """
    Read a memory or an exported file whose samples are to be taken over.

    :param replace: whether all that is known is to be forgotten for them.
    :param force: take what can be read of a damaged file, and an empty one as well.
    :return: StoreContents, also of the format before.
    :raises DamagedError: when something of it is damaged or missing, or there is nothing in it.
    :raises StoreError: when there is nothing to be read.
    """
    try:
        contents = read_store(path)
    except OldFormatError:
        old = legacy.read(legacy.old_file(expanded(path)))
        contents = StoreContents(old.path, Head(old.fingerprint, '0' * 32, Base()), old.records,
                                 old.problems, [], old.path.stat().st_size)
    if contents.problems and not force:
        raise DamagedError('; '.join(contents.problems) + '; nothing was taken over')
    if replace and not contents.state.samples and not force:
        raise DamagedError(f'{contents.path} holds no samples; nothing was forgotten for them')
    return contents


def pictures_of(contents: StoreContents) -> dict[int, bytes]:
    """Return {number: JPEG} of the samples that have one."""
    if not contents.head.author.strip('0'):
        return {}
    try:
        with opened(contents.path) as db:
            return database.read_pictures(db, contents.state.samples)
    except (sqlite3.Error, OSError):
        return joined(contents.path).pictures


def frames_of(contents: StoreContents) -> Iterator[DrawnFrame]:
    """Yield the frames in which something is drawn, one at a time: each has some 200 kB."""
    names = list(contents.state.drawn)
    if not names:
        return
    try:
        with opened(contents.path) as db:
            found = (database.read_frame(db, name) for name in names)
            yield from (frame for frame in found if frame is not None)
    except (sqlite3.Error, OSError):
        kept = joined(contents.path).frames
        yield from (kept[name] for name in names if name in kept)


def drawings_of(contents: StoreContents) -> Iterator[NewDrawing]:
    """Yield what is drawn, as it is to be drawn elsewhere; as `frames_of`."""
    state = contents.state
    boxes: dict[str, dict[Region, Record]] = {}
    for box in state.drawn_records(BOX):
        label = state.text_of(box.label) if box.label else ''
        known = box._replace(text=label if label in state.counts else '')
        boxes.setdefault(box.target, {})[box.region] = known
    for frame in frames_of(contents):
        found = list(boxes.get(frame.name, {}).values())
        yield NewDrawing(frame, [(box.region, box.text) for box in found],
                         state.drawn[frame.name].complete, found[0].stamp if found else '')


def bad_attachments(contents: StoreContents) -> list[str]:
    """Return sentences about pictures and drawn frames that are not as they were written."""
    try:
        with opened(contents.path) as db:
            numbers = [number for number, in db.execute('SELECT number FROM pictures')]
            bad = len(numbers) - len(database.read_pictures(db, numbers))
            # Frames stay on the robot where something was drawn in them.
            names = {one.target for one in contents.state.drawn_records()
                     if one.author == contents.head.author}
            gone = sum(database.read_frame(db, name) is None for name in names)
    except (sqlite3.Error, OSError):  # that has been said
        return []
    return [f'{contents.path} is damaged: {sentence}' for count, sentence in (
        (bad, f'{bad} of {len(numbers)} pictures cannot be read'),
        (gone, f'{gone} of {len(names)} drawn frames cannot be read')) if count]


def write_file(path: Path, head: Head, records: Iterable[Record], pictures: Mapping[int, bytes],
               frames: Iterable[DrawnFrame] = (),
               seals: Mapping[int, tuple[str, bytes]] = MappingProxyType({})) -> int:
    """
    Write a whole database; at any moment, power cut included, the old or the new one is there.

    :return: bytes written.
    :raises StoreError: when the disk refuses.
    """
    new = path.with_name(f'.{path.name}.new')
    try:
        new.unlink(missing_ok=True)
        db = database.connect(new)
        try:
            db.execute('PRAGMA synchronous=OFF')  # `put` syncs it, once
            database.create(db, head)
            db.execute('BEGIN')
            database.write_records(db, records, pictures)
            database.write_frames(db, frames)
            database.write_seals(db, seals)
            db.execute('COMMIT')
            db.execute('PRAGMA journal_mode=DELETE')  # one file, nothing beside it
        finally:
            db.close()
        put(new, path)
        return path.stat().st_size
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)  # on a full disk it would keep others from writing
        raise database.refusal('write', path, error) from error


def remaining(state: StoreState) -> list[Record]:
    """Return the fewest records that amount to a state: all in force that take nothing back."""
    return sorted((one for one in state.records
                   if state.in_force(one) and one.kind != TOMBSTONE),
                  key=lambda one: one.number)


def export(state: StoreState, head: Head, path: Path,
           pictures: Mapping[int, bytes] | None = None,
           frames: Iterable[DrawnFrame] = ()) -> int:
    """
    Write what remains of a memory into one file that another robot can take over.

    :return: bytes written.
    :raises StoreError: when the disk refuses.
    """
    records = remaining(state)
    base = Base(state.version, len(records), state.last_sequence(head.author, head.base.sequence))
    return write_file(Path(path), head._replace(base=base), records, pictures or {}, frames)
