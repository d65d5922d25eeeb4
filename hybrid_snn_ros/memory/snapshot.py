# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Snapshots: a cache of what was computed from the samples, so that a start need not learn again.

A file holds magic, version, length of the head, the head (JSON: identity, sequence, chain, time,
notes, and name, type and shape of each array), the arrays' bytes one after the other, and the
SHA-256 of all that.  Nothing in it is executed or unpickled.  What the arrays mean is the
caller's business; losing a snapshot costs time, never a sample.
"""

from collections.abc import Iterator
import contextlib
import hashlib
import json
import math
from pathlib import Path
import struct
from typing import Any, cast, NamedTuple

import numpy as np

from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory.disk import Disk
from hybrid_snn_ros.memory.errors import disk_error, NewerVersionError, StoreError
from hybrid_snn_ros.memory.header import Header
from hybrid_snn_ros.memory.journal import Journal
from hybrid_snn_ros.memory.scan import Scan

MAGIC = b'HSNNSNP\n'
VERSION = 1
KEPT = 3
_PREFIX, _SUFFIX = 'snapshot-', '.bin'
_FRAME = struct.Struct('<8sII')  # magic, version, bytes of the head
_DIGEST = 32


class Snapshot(NamedTuple):
    """What one snapshot holds."""

    sequence: int  # last entry that went into it
    chain: int  # fingerprint of the history up to that entry
    time: float  # unix seconds
    identity: dict[str, Any]
    arrays: dict[str, np.ndarray]  # read-only
    notes: dict[str, Any]  # JSON of the caller
    path: Path | None
    size: int  # bytes


def save(directory: Path, snapshot: Snapshot, disk: Disk) -> Path:
    """
    Write a snapshot and drop all but the newest three.

    :param snapshot: Snapshot; its path and size are not looked at.
    :return: the path.
    :raises StoreError: when the disk refuses, or an array holds objects.
    """
    path = Path(directory) / f'{_PREFIX}{snapshot.sequence:012d}{_SUFFIX}'
    arrays = {name: np.asarray(array, order='C') for name, array in snapshot.arrays.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject or array.dtype.names:
            raise StoreError(f'a snapshot holds plain numbers, array {name} is {array.dtype}')
    head = json.dumps({
        'identity': snapshot.identity, 'sequence': snapshot.sequence, 'chain': snapshot.chain,
        'time': snapshot.time, 'notes': snapshot.notes,
        'arrays': [[name, array.dtype.str, array.shape] for name, array in arrays.items()],
    }).encode()
    parts = [_FRAME.pack(MAGIC, VERSION, len(head)), head,
             *(array.tobytes() for array in arrays.values())]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    try:
        disk.replace(path, b''.join([*parts, digest.digest()]))
        for old in paths(directory, disk)[KEPT:]:
            disk.remove(old)
    except OSError as error:
        raise disk_error(f'save the snapshot {path}', error) from error
    return path


def paths(directory: Path, disk: Disk) -> list[Path]:
    """Return the paths of a directory's snapshots, newest first."""
    return [path for _, path in reversed(_numbered(directory, disk))]


def drop_before(directory: Path, sequence: int, disk: Disk) -> None:
    """Delete the snapshots of states before a sequence; they are of no use after compacting."""
    for number, path in _numbered(directory, disk):
        if number < sequence:
            with contextlib.suppress(OSError):  # is passed over later all the same
                disk.remove(path)


def _numbered(directory: Path, disk: Disk) -> list[tuple[int, Path]]:
    try:
        return disk.numbered(directory, _PREFIX, _SUFFIX)
    except OSError:
        return []


def load(path: Path, disk: Disk) -> Snapshot:
    """
    Read a snapshot.

    :return: Snapshot.
    :raises StoreError: when it cannot be read, is damaged or comes from a newer version.
    """
    try:
        content = disk.read(path)
    except OSError as error:
        raise disk_error(f'read the snapshot {path}', error) from error
    if len(content) < _FRAME.size + _DIGEST or not content.startswith(MAGIC):
        raise StoreError(f'{path} is not a snapshot')
    body = memoryview(content)[:-_DIGEST]
    if hashlib.sha256(body).digest() != content[-_DIGEST:]:
        raise StoreError(f'the snapshot {path} is damaged: its checksum is wrong')
    _, version, size = _FRAME.unpack_from(content)
    if version > VERSION:
        raise NewerVersionError(f'{path} has version {version}, written by a newer program; this '
                                f'one reads up to version {VERSION}')
    try:
        head = json.loads(content[_FRAME.size:_FRAME.size + size])
        arrays, at = {}, _FRAME.size + size
        for name, kind, shape in head['arrays']:
            kind, count = np.dtype(kind), math.prod(shape)
            if kind.hasobject:
                raise ValueError(f'array {name} holds objects')
            arrays[name] = np.frombuffer(body, kind, count, at).reshape(shape)
            at += count * kind.itemsize
        return Snapshot(int(head['sequence']), int(head['chain']), float(head['time']),
                        dict(head['identity']), arrays, dict(head['notes']), path, len(content))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f'the snapshot {path} is damaged: {error}') from error


def usable(directory: Path, journal: Journal | Scan, disk: Disk,
           broken: list[str]) -> Iterator[Snapshot]:
    """
    Yield the snapshots of states this journal went through, newest first.

    :param journal: Journal or Scan: its header and its chains.
    :param broken: list that takes a sentence for each snapshot that is passed over.
    """
    for path in paths(directory, disk):
        try:
            snapshot = load(path, disk)
            header = cast(Header, journal.header)  # who asks has read one
            identities.compare(str(path), snapshot.identity, header.identity)
        except StoreError as error:
            broken.append(f'{error}; it was passed over')
            continue
        if journal.chains.get(snapshot.sequence) != snapshot.chain:
            broken.append(f'{path} belongs to a history that is not here any more; it was passed '
                          'over')
            continue
        yield snapshot
