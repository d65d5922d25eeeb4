# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Paths of a memory, and what a database leaves to its caller: directories, renames, marks."""

import contextlib
import errno
import os
from pathlib import Path
import stat

from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.paths import PathError, user_path

FILE_NAME = 'memory.db'
COPY_NAME = 'memory.copy.db'


def expanded(path: Path | str) -> Path:
    """Return the Path that a user means; StoreError where it stands for nothing."""
    if not os.fspath(path):  # a variable of a script that was not set; it would be this directory
        raise StoreError('a path is empty: name a file or directory')
    try:
        return user_path(path)
    except PathError as error:
        raise StoreError(str(error)) from error


def beside(path: Path, suffix: str) -> Path:
    """Return the path of SQLite's ``-wal`` or ``-shm`` file of a database."""
    return path.with_name(path.name + suffix)


def mark(path: Path) -> tuple[int, ...]:
    """Return what differs once a file was written to or replaced; OSError where there is none."""
    found = os.stat(path)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns,
            found.st_ctime_ns)  # no one sets the last one back


def check_regular(path: Path) -> None:
    """Raise OSError unless a path is a file; a pipe or device might never end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, 'it is not a file but a directory, pipe or device')


def sync_directory(directory: Path) -> None:
    """Return when the names in a directory are on the medium."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that knows no such thing
            raise
    finally:
        os.close(handle)


def make_directories(path: Path) -> None:
    """
    Make a directory and the ones above it, all durable.

    Those that are there already are synced, too: whoever made them may have been stopped before,
    and with the name of a directory everything in it is lost.
    """
    if len(os.fsencode(path)) >= os.pathconf('/', 'PC_PATH_MAX'):  # before half of it is made
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    for each in [*reversed(path.parents), path][1:]:  # the first one is the root
        if not os.path.isdir(each):
            with contextlib.suppress(FileExistsError):
                each.mkdir()
        with contextlib.suppress(PermissionError):  # of somebody else, who made it long ago
            sync_directory(each.parent)


def put(new: Path, path: Path) -> None:
    """Put a finished file in the place of another; at any moment one of the two is there."""
    handle = os.open(new, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(new, path)
    sync_directory(path.parent)


def free_name(directory: Path, stem: str, suffix: str = '.db') -> Path:
    """Return the first of ``stem-1.db``, ``stem-2.db``, ... that is not there."""
    number = 1
    while (path := directory / f'{stem}-{number}{suffix}').exists():
        number += 1
    return path
