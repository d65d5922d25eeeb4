# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Mending a damaged file: its own whole rows, and those of the second copy for the others."""

from collections.abc import Iterator
import contextlib
import fcntl
import os
from pathlib import Path
import shutil
import sqlite3

from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory import database
from hybrid_snn_ros.memory.database import Connection
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.files import beside, COPY_NAME, free_name, put

_ROOM = 1000  # numbers that are left free behind a damaged file
_SHARED, _SHARED_SIZE = 0x40000002, 510  # bytes that every user of a SQLite file has locked


def replace_missing(path: Path) -> list[str]:
    """
    Put the second copy in the place of a database that is gone or empty.

    :return: sentences the operator should hear; [] where nothing was to be done.
    """
    copy = path.with_name(COPY_NAME)
    if os.path.exists(path) and path.stat().st_size or not os.path.exists(copy):
        return []
    gone = f'{path} was empty' if os.path.exists(path) else f'{path} was gone'
    beside(path, '-wal').unlink(missing_ok=True)  # of what was there before
    new = path.with_name('.memory.mended.db')
    shutil.copyfile(copy, new)
    put(new, path)
    return [f'{gone}; what the second copy held is known, what was taught since is not']


def keep_copy_ahead(path: Path, db: Connection) -> list[str]:
    """Keep a second copy that knows what the open database does not: it is an older one."""
    copy = path.with_name(COPY_NAME)
    try:
        with contents_of.opened(copy) as other:
            last = other.execute('SELECT number, crc FROM records ORDER BY number DESC').fetchone()
        base = database.read_head(db).base.version
        row = last and database.one(db, 'SELECT crc FROM records WHERE number = ?', last[:1])
    except (sqlite3.Error, database.Damage, OSError):
        return []  # no copy, or no good one: the next one is
    if last is None or row == last[1] or row is None and last[0] <= base:
        return []
    kept = free_name(path.parent, 'memory.before')
    os.rename(copy, kept)
    return [f'{path} is not what it was when it was saved last; that is kept in {kept}, which '
            '`hybrid-snn state import` takes']


def mend(path: Path, reason: str) -> list[str]:
    """
    Make a damaged database whole again; what was there is kept beside it.

    :param reason: what is wrong with it.
    :return: sentences the operator should hear.
    :raises StoreError: when no one knows what its codes depend on, or it is no memory.
    """
    found = contents_of.joined(path)
    try:
        whole = contents_of.put_together(path, found, reason)
    except StoreError as error:
        raise StoreError(f'{error}; it is left as it is') from error
    head, records = whole.head, whole.records
    kept = free_name(path.parent, 'memory.damaged')
    base, last = head.base, max([head.base.version, *found.records])
    lost = contents_of.spans_of(contents_of.missing(head, records))
    mended = head._replace(
        # No one knows how many came behind the last one: no number is given twice.
        lost=[*head.lost, *lost, [last + 1, last + _ROOM]],
        base=base._replace(
            rows=sum(one.number <= base.version for one in records),
            sequence=_ROOM + max([base.sequence, *(
                one.sequence for one in records if one.author == head.author)])))
    new = path.with_name('memory.mended.db')
    with _alone(path):
        contents_of.write_file(new, mended, records, {
            number: jpeg for number, jpeg in found.pictures.items() if number in found.records},
            found.frames.values(), {
                number: one for number, one in found.seals.items() if number in found.records})
        os.link(path, kept)
        for suffix in ('-wal', '-shm'):
            beside(path, suffix).unlink(missing_ok=True)
        put(new, path)
    return [f'{problem}; the damaged file is kept in {kept.name}' for problem in whole.problems]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from opening a database; StoreError where one has."""
    with open(path, 'r+b') as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED)
        except OSError as error:
            raise StoreError(f'{path} is damaged and in use by another process; it is mended '
                             'when it is opened while no one else has it') from error
        yield

