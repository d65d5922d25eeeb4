# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A disk under SQLite that loses power: what was not synced is there, torn, or not at all."""

import os
from pathlib import Path
import sqlite3

import apsw

SECTOR = 512


class Power:
    """What is durable of each file, and what was written since its last sync."""

    def __init__(self, rng):
        """Begin with nothing; `rng` decides what is lost."""
        self.rng = rng
        self.durable = {}  # path -> bytes
        self.pending = {}  # path -> [(offset, data), or (None, size) of a truncation]
        self.writes = 0
        self.on_write = lambda: None  # called before each: the moment at which power may fail
        self.failing = None  # apsw error class that every write and sync raises

    def note(self, path, offset, data):
        """Take note of a write that is not synced yet."""
        self.writes += 1
        self.on_write()
        self.pending.setdefault(path, []).append((offset, data))

    def synced(self, path):
        """Make all that was written to a file durable."""
        self.on_write()
        self.durable[path] = self._after(path, self.pending.pop(path, []))

    def _after(self, path, writes):
        content = bytearray(self.durable.get(path, b''))
        for offset, data in writes:
            if offset is None:
                del content[data:]
                continue
            content.extend(bytes(max(0, offset - len(content))))
            content[offset:offset + len(data)] = data
        return bytes(content)

    def deleted(self, path):
        """Forget a file."""
        self.durable.pop(path, None)
        self.pending.pop(path, None)

    def cut(self, directory, others):
        """
        Write into a directory what is there after a power cut now.

        :param others: directory with the files that SQLite did not write through this disk.
        """
        directory.mkdir()
        ours = {*self.durable, *self.pending}
        for file in Path(others).iterdir():
            if str(file) not in ours and not file.name.endswith('-shm'):
                (directory / file.name).write_bytes(file.read_bytes())
        for path in ours:
            kept = []
            for offset, data in self.pending.get(path, []):
                fate = self.rng.random()
                if fate < 0.4 or offset is None and fate < 0.6:
                    kept.append((offset, data))
                elif fate < 0.7 and offset is not None:  # some of its sectors
                    kept += [(offset + at, data[at:at + SECTOR])
                             for at in range(0, len(data), SECTOR) if self.rng.random() < 0.5]
            content = self._after(path, kept)
            if path in self.durable or content:
                (directory / os.path.basename(path)).write_bytes(content)


class _File(apsw.VFSFile):
    def __init__(self, power, name, flags):
        super().__init__('', name, flags)
        self.power = power
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else name

    def _try(self):
        if self.power.failing:
            raise self.power.failing

    def xWrite(self, data, offset):  # noqa: D102, N802 (SQLite's names)
        self._try()
        self.power.note(self.path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, size):  # noqa: D102, N802
        self._try()
        self.power.note(self.path, None, size)
        super().xTruncate(size)

    def xSync(self, flags):  # noqa: D102, N802
        self._try()
        self.power.synced(self.path)


class LosingVFS(apsw.VFS):
    """The computer's files, with an eye on what of them is durable."""

    def __init__(self, power):
        """Register under a name of its own."""
        self.power = power
        self.name = f'losing{id(self)}'
        super().__init__(self.name, '')

    def xOpen(self, name, flags):  # noqa: D102, N802
        return _File(self.power, name, flags)

    def xDelete(self, name, syncdir):  # noqa: D102, N802
        super().xDelete(name, syncdir)
        self.power.deleted(name)


class _Cursor:
    def __init__(self, rows):
        self._rows = rows

    def fetchone(self):
        return next(self._rows, None)

    def fetchall(self):
        return list(self._rows)

    def __iter__(self):
        return self._rows


class Connection:
    """An apsw connection that looks like one of sqlite3, as far as the store uses that."""

    def __init__(self, vfs, address):
        """Open a file; without shared memory, so by one connection at a time."""
        path = address.removeprefix('file:').partition('?')[0]
        self._db = apsw.Connection(path, vfs=vfs.name)
        self.execute('PRAGMA locking_mode=EXCLUSIVE')

    def execute(self, sql, values=()):
        """Run a statement; errors are those of sqlite3."""
        try:
            return _Cursor(iter(list(self._db.execute(sql, values))))
        except apsw.ConstraintError as error:
            raise sqlite3.IntegrityError(str(error)) from error
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise sqlite3.DatabaseError(str(error)) from error
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error

    def backup(self, copy):
        """Copy all of it into a connection of sqlite3, by its rows."""
        for sql, in self._db.execute("SELECT sql FROM sqlite_master WHERE type = 'table'"):
            copy.execute(sql)
        for name in ('memory', 'records', 'pictures', 'versions', 'cache'):
            for row in self._db.execute(f'SELECT * FROM {name}'):
                copy.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        for pragma in ('application_id', 'user_version'):
            value, = next(self._db.execute(f'PRAGMA {pragma}'))
            copy.execute(f'PRAGMA {pragma}={value}')

    def close(self):
        """Close it."""
        self._db.close(True)


def maker(vfs):
    """Return what opens connections on a disk, for DiskStore."""
    return lambda address, **_: Connection(vfs, address)
