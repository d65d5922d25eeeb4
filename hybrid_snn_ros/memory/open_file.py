# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A SQLite file that is open here, and whether it is still the one in its place.

The main file changes when a write-ahead log is taken in, and only then.  When it changed, was
replaced (``mv``) or written over (``cp``), it is compared with what is known here before anything
is written.  A log that is left beside another file would be taken into that one, so that it is
emptied before such a file is opened.
"""

from collections.abc import Callable
import contextlib
import os
from pathlib import Path
import sqlite3
import subprocess
import tempfile
import time
from typing import TypeAlias

from hybrid_snn_ros.memory import database
from hybrid_snn_ros.memory.contents import read, size_of, StoreContents
from hybrid_snn_ros.memory.database import Connect, Connection, Damage, Head
from hybrid_snn_ros.memory.files import beside, FILE_NAME, mark, put

# Tells whether a file holds all that is known, or, with a version, all that was known then.
IsKnown: TypeAlias = Callable[[StoreContents, int | None], bool]
_LOG = 16 << 20  # bytes of a write-ahead log, after which it is taken in at once
_IDLE_S = 5.0  # without a change, after which it is: then the file alone is the memory


class OpenFile:
    """One connection; errors are sqlite3.Error, Damage and OSError as they come."""

    def __init__(self, path: Path, maker: Connect) -> None:
        """Begin without a connection."""
        self.path = path
        self.written: float | None = None  # monotonic time of the last commit, if any
        self._maker = maker
        self._db: Connection | None = None
        self._mark: tuple[int, ...] = ()  # of the main file when it was last known to be ours
        # SQLite's: another one when another process has committed; and as it was last looked at
        self._data_version = self._seen = 0
        self._settled = 0  # version up to which all is in the main file, not in the log alone
        self._logged = False  # whether there may be something in the log

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._db is not None

    @property
    def db(self) -> Connection:
        """The connection, which must be there."""
        assert self._db is not None
        return self._db

    def connect(self, head: Head) -> StoreContents:
        """Open the file, which is made if needed; return what it holds."""
        self._db = db = database.connect(self.path, self._maker)
        db.execute('PRAGMA synchronous=FULL')
        db.execute('PRAGMA secure_delete=ON')  # what was compacted away is not mended back
        db.execute('PRAGMA wal_autocheckpoint=0')  # done by `take_in_log`, seen by `_mark`
        if not database.one(db, 'SELECT count(*) FROM sqlite_master'):
            database.create(db, head)
        if database.one(db, 'PRAGMA journal_mode') != 'wal':  # an export that was copied here
            db.execute('PRAGMA journal_mode=WAL')
        database.check_format(db, self.path)
        database.renew(db)
        self._data_version = database.one(db, 'PRAGMA data_version')
        found = read(db, self.path)
        _, log, taken_in = db.execute('PRAGMA wal_checkpoint(PASSIVE)').fetchone()
        self._mark = mark(self.path)
        self._settled = found.head.base.version
        if log == taken_in and found.records:
            self._settled = found.records[-1].number
        return found

    def drop(self) -> None:
        """Close the connection."""
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    def commit(self) -> None:
        """End a transaction; FileNotFoundError where the file has lost its place meanwhile."""
        self.db.execute('COMMIT')
        if mark(self.path)[:2] != self._mark[:2]:  # a deleted file takes writes, too
            raise FileNotFoundError(2, 'the file was replaced at that moment')
        self.written = time.monotonic()
        self._logged = True

    def has_news(self, version: int) -> bool:
        """Tell whether there is something behind a version, or another process wrote."""
        self._seen = database.one(self.db, 'PRAGMA data_version')
        # A change of our own that was interrupted behind its commit is no news to SQLite.
        last = database.one(self.db, 'SELECT max(number) FROM records') or 0
        return self._seen != self._data_version or last > version

    def took_news(self) -> None:
        """Note that the news is known."""
        self._data_version = self._seen

    # -- is it still ours? ---------------------------------------------------------------------

    def is_ours(self, is_known: IsKnown) -> bool:
        """
        Tell whether the file in its place is the open one and holds what is known.

        If it is another one, the open one is let go.

        :raises FileNotFoundError: when nothing is in its place.
        :raises Damage: when it makes no sense, as while something is being copied over it.
        """
        found = mark(self.path)
        if self._db is None or found == self._mark:
            return self._db is not None
        if found[:2] != self._mark[:2]:
            self.let_go(moved=True)
            return False
        error = self._lacks_something(is_known)
        if error is None:  # most often another process has taken the log in
            self._mark = found
            return True
        if not self._is_another(is_known):
            raise error
        self.let_go(moved=False)
        return False

    def _lacks_something(self, is_known: IsKnown) -> Exception | None:
        try:
            other = database.connect(self.path, self._maker)  # with nothing in its cache
            try:
                found = read(other, self.path)
            finally:
                other.close()
        except (sqlite3.DatabaseError, Damage) as error:
            return error
        if not found.problems and is_known(found, None):
            return None
        return Damage('it does not hold what is known here')

    def _is_another(self, is_known: IsKnown) -> bool:
        """Tell whether the main file by itself is a whole memory and not ours."""
        with tempfile.TemporaryDirectory() as aside:
            copy = Path(aside, FILE_NAME)
            # By another process: to close a file here would give back SQLite's locks on it.
            subprocess.run(['cp', self.path, copy], check=False, capture_output=True)
            try:
                db = database.connect(copy)
                try:
                    found = read(db, copy)
                finally:
                    db.close()
            except (sqlite3.DatabaseError, Damage):
                return False
            return not found.problems and not is_known(found, self._settled)

    def let_go(self, moved: bool) -> None:
        """
        Close a file that is not in its place any more, and keep its log off the one that is.

        :param moved: whether the open file is another one, so that its log may go into it.
        """
        if moved:
            with contextlib.suppress(sqlite3.Error):
                self.db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        with contextlib.suppress(OSError):
            os.truncate(beside(self.path, '-wal'), 0)
        self.drop()

    # -- upkeep --------------------------------------------------------------------------------

    def copy_to(self, path: Path) -> None:
        """Write all of it into another file, at once and synced; also where it lost its name."""
        new = path.with_name(f'.{path.name}.new')
        new.unlink(missing_ok=True)
        copy = database.connect(new)
        try:
            copy.execute('PRAGMA synchronous=OFF')  # `put` syncs it, once
            self.db.backup(copy)
            copy.execute('PRAGMA journal_mode=DELETE')
        finally:
            copy.close()
        if path == self.path:
            self.let_go(moved=True)
            for suffix in ('-wal', '-shm'):
                beside(path, suffix).unlink(missing_ok=True)
        put(new, path)

    def settle(self, version: int, now: bool = False) -> None:
        """Take the log in where nothing was changed for a while, or it is large, or now."""
        if now or self._logged and (time.monotonic() - (self.written or 0.0) > _IDLE_S
                                    or size_of(beside(self.path, '-wal')) > _LOG):
            with contextlib.suppress(sqlite3.OperationalError):  # somebody reads: another time
                self.db.execute('PRAGMA busy_timeout=0')
                self._logged = bool(database.one(self.db, 'PRAGMA wal_checkpoint(TRUNCATE)'))
                self._settled = self._settled if self._logged else version
            self.db.execute(f'PRAGMA busy_timeout={int(database.BUSY_S * 1000)}')
            self._mark = mark(self.path)
