# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What lies in the shared memory of Fast DDS: left by killed processes, of other users, or no room.

A file ``<name>_el`` beside each segment is locked as long as its owner lives; the kernel lets go
of it also after ``kill -9``, and across containers.  ``fastdds shm clean`` goes by the same.
"""

from collections.abc import Iterator
import fcntl
import os
from pathlib import Path
import pwd
import re
import shutil
import time
from typing import cast

PLACE = Path('/dev/shm')
PROFILES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
ROOM = 24 * 2**20  # bytes: a process of ours takes 17 MB, and needs a segment for LOCALHOST, too
# Fast DDS 3, and 2. Segments have one owner, ports can have several.
_SEGMENT = re.compile(r'(fastdds|fastrtps)_[0-9a-f]{16}')
_PORT = re.compile(r'(fastdds|fastrtps)_port(\d+)')
_SETTLED = 0.5  # seconds: a lock file is there an instant before its lock is


def clear(place: Path = PLACE) -> str:
    """
    Remove the segments whose owners are dead, as far as this user may.

    :return: a sentence of what was removed, '' for nothing.
    """
    count, size = 0, 0
    for segment, status in _segments(place, _SEGMENT):
        if _lives(segment):
            continue
        try:
            segment.unlink()
            _lock(segment).unlink()
        except OSError:  # somebody else's, or gone meanwhile
            continue
        count, size = count + 1, size + status.st_size
    return (f'removed shared memory that killed processes had left: {size / 2**20:.1f} MB in '
            f"{count} segment{'s' * (count > 1)}" if count else '')


def foreign() -> str:
    """
    Return a sentence where this process and one of another user both count on shared memory.

    '' where that is not so.  Fast DDS opens it to its owner alone, yet sends nothing by network to
    whom it takes for a neighbour there.
    """
    return neighbours() if _used() else ''


def _used() -> bool:
    """Tell whether Fast DDS hands messages to this process in shared memory."""
    profile = next(filter(None, map(os.environ.get, PROFILES)), os.devnull)
    try:
        chosen = Path(profile).read_text(encoding='utf-8')
        # ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST makes a segment in spite of such a profile.
        return ('SHM' in chosen or 'userTransports' not in chosen) and bool(
            _SEGMENT.search(Path('/proc/self/maps').read_text(encoding='utf-8')))
    except (OSError, ValueError):
        return True


def neighbours(place: Path = PLACE, user: int | None = None) -> str:
    """Return the sentence where living processes of others have shared memory in this domain."""
    user = os.geteuid() if user is None else user
    domain = os.environ.get('ROS_DOMAIN_ID') or '0'
    others = {status.st_uid for port, status in _segments(place, _PORT)
              if status.st_uid != user and _domain(port) == domain
              and _lock(port).exists() and _lives(port)}
    if not others:
        return ''
    return (f"nodes of user {', '.join(sorted(map(_name, others)))} use shared memory that this "
            f'node, of user {_name(user)}, cannot open: their pictures get lost; start all as one '
            'user, or this node with the Fast DDS profile config/fastdds_udp.xml')


def short(place: Path = PLACE) -> str:
    """Return a sentence where shared memory has no room for one process more, '' otherwise."""
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return ''
    if free >= ROOM:
        return ''
    return (f'{place} has {free // 2**20} MB free, but a node needs {ROOM // 2**20} MB: raw '
            'frames can get lost; `fastdds shm clean` removes what killed processes left; in a '
            'container, --shm-size=512m gives more')


def _segments(place: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield (Path, status) of the files of Fast DDS with such names."""
    try:
        found = sorted(place.iterdir())
    except OSError:  # another system
        return
    for path in found:
        if pattern.fullmatch(path.name):
            try:
                yield path, path.stat()
            except OSError:
                continue  # gone meanwhile


def _domain(port: Path) -> str:
    """Return the ROS domain of a port as text."""
    found = cast(re.Match[str], _PORT.fullmatch(port.name))  # as all that is asked for
    return str((int(found[2]) - 7400) // 250)


def _lock(segment: Path) -> Path:
    return segment.with_name(f'{segment.name}_el')


def _lives(segment: Path) -> bool:
    """Tell whether the owner of a segment lives; yes where that cannot be known."""
    try:
        with open(_lock(segment), 'rb') as file:
            if time.time() - os.fstat(file.fileno()).st_mtime < _SETTLED:
                return True
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _name(user: int) -> str:
    """Return the name of a user, or the number where he has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
