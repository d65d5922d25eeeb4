# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Every file call of the memory, in one place.

Tests put a double underneath that loses power or runs full.  All methods raise OSError and
nothing else.
"""

import contextlib
import errno
import fcntl
import os
from pathlib import Path
import stat

from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.paths import PathError, user_path

_UNFINISHED = '.new'


def expanded(path: Path | str) -> Path:
    """Return the Path that a user means; StoreError where it stands for nothing."""
    if not os.fspath(path):  # a variable of a script that was not set; it would be this directory
        raise StoreError('a path is empty: name a file or directory')
    try:
        return user_path(path)
    except PathError as error:
        raise StoreError(str(error)) from error


class Disk:
    """The file calls of this computer; a handle is a file descriptor."""

    def read(self, path: Path) -> bytes:
        """Return a file's bytes; a pipe or device is refused, it might never end."""
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # of that the read will say so
            raise OSError(errno.EINVAL, 'it is not a file but a pipe or device')
        return Path(path).read_bytes()

    def mark(self, file: Path | int) -> tuple[int, ...]:
        """Return what differs once a file, a path or a handle, was written to or replaced."""
        found = os.stat(file)
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns,
                found.st_ctime_ns)  # nobody sets the last one back

    def read_parts(self, path: Path, length: int, offset: int) -> tuple[bytes, bytes]:
        """Return a file's first bytes, ``length`` of them, and all from an offset on."""
        with open(path, 'rb') as file:
            head = file.read(length)
            file.seek(offset)
            return head, file.read()

    def open(self, path: Path) -> int:
        """Open an existing file for reading and writing."""
        return os.open(path, os.O_RDWR)

    def create(self, path: Path) -> int:
        """Open a file for writing, emptied or made."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)

    def read_all(self, handle: int) -> bytes:
        """Return the bytes of an open file."""
        parts, offset = [], 0
        while part := os.pread(handle, 1 << 24, offset):
            parts.append(part)
            offset += len(part)
        return b''.join(parts)

    def read_at(self, handle: int, length: int, offset: int) -> bytes:
        """Return up to so many bytes of an open file, from an offset on."""
        return os.pread(handle, length, offset)

    def write(self, handle: int, data: bytes, offset: int) -> None:
        """Write all of the data at an offset."""
        view = memoryview(data)
        while view:
            written = os.pwrite(handle, view, offset)
            view, offset = view[written:], offset + written

    def truncate(self, handle: int, length: int) -> None:
        """Cut a file to a length."""
        os.ftruncate(handle, length)

    def fsync(self, handle: int) -> None:
        """Return when a file's content is on the medium."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close a file."""
        os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Put a file in another's place, at once."""
        os.replace(old, new)

    def remove(self, path: Path) -> None:
        """Delete a file."""
        os.unlink(path)

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory."""
        return os.listdir(directory)

    def has_directory(self, path: Path) -> bool:
        """Tell whether a directory is there."""
        return os.path.isdir(path)

    def make_directory(self, path: Path) -> None:
        """Make one directory in an existing one."""
        os.mkdir(path)

    def fsync_directory(self, directory: Path) -> None:
        """Return when the names in a directory are on the medium."""
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def is_at(self, handle: int, path: Path) -> bool:
        """Tell whether an open file is still the one of this name."""
        try:
            named = os.stat(path)
        except FileNotFoundError:
            return False
        opened = os.fstat(handle)
        return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)

    def lock(self, path: Path) -> int:
        """
        Take the exclusive lock of a lock file, made if needed, and leave our process id in it.

        The kernel gives it back when the process ends, however it ends.

        :raises BlockingIOError: when somebody holds it.
        """
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES):
                raise
            try:
                handle = os.open(path, os.O_RDONLY)  # enough for a lock
            except FileNotFoundError:
                raise error from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the name in it
            os.ftruncate(handle, 0)
            os.pwrite(handle, f'{os.getpid()}\n'.encode(), 0)
        return handle

    # -- made of the calls above ---------------------------------------------------------------

    def make_directories(self, path: Path) -> None:
        """
        Make a directory and the ones above it, all durable.

        Those that are there already are synced, too: whoever made them may have been stopped
        before, and with the name of a directory everything in it is lost.
        """
        if len(os.fsencode(path)) >= os.pathconf('/', 'PC_PATH_MAX'):  # before half of it is made
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        path = Path(path)
        for each in [*reversed(path.parents), path][1:]:  # the first one is the root
            if not self.has_directory(each):
                with contextlib.suppress(FileExistsError):
                    self.make_directory(each)
            try:
                self.fsync_directory(each.parent)
            except OSError as error:
                # EACCES: a directory of somebody else, who made it long ago.  EINVAL: a file
                # system that knows no such thing.
                if error.errno not in (errno.EACCES, errno.EINVAL):
                    raise

    def replace(self, path: Path, data: bytes) -> None:
        """
        Write a whole file; at any moment, power cut included, the old or the new one is there.

        It is written beside, synced, renamed, and the directory synced.
        """
        beside = path.with_name(f'.{path.name}{_UNFINISHED}')
        handle = self.create(beside)
        try:
            self.write(handle, data, 0)
            self.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                self.remove(beside)  # on a full disk it would keep others from writing
            raise
        finally:
            self.close(handle)
        self.rename(beside, path)
        self.fsync_directory(path.parent)

    def numbered(self, directory: Path, before: str, behind: str = '') -> list[tuple[int, Path]]:
        """Return (number, path) of the files named by a number between two texts, lowest first."""
        found = [(name[len(before):len(name) - len(behind)], Path(directory) / name)
                 for name in self.names(directory)
                 if name.startswith(before) and name.endswith(behind)]
        return sorted((int(number), path) for number, path in found if number.isdecimal())

    def remove_unfinished(self, directory: Path) -> None:
        """Delete what `replace` left behind where it was cut short; only one may call it."""
        with contextlib.suppress(OSError):  # they do no harm but take room
            for name in self.names(directory):
                if name.startswith('.') and name.endswith(_UNFINISHED):
                    self.remove(Path(directory) / name)


DISK = Disk()
