# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Looking into a memory or an export without changing it, even while a node is using it."""

from pathlib import Path
from typing import NamedTuple

from hybrid_snn_ros.memory import snapshot as snapshots
from hybrid_snn_ros.memory.disk import DISK
from hybrid_snn_ros.memory.entry import encode
from hybrid_snn_ros.memory.errors import disk_error, StoreError
from hybrid_snn_ros.memory.header import encode_header, Header
from hybrid_snn_ros.memory.journal import FILE_NAME
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.scan import scan
from hybrid_snn_ros.memory.vault import remaining
from hybrid_snn_ros.paths import user_path


class View(NamedTuple):
    """What a file holds."""

    path: Path
    header: Header
    entries: list
    ledger: Ledger
    size: int  # bytes
    problems: list  # sentences; empty when every byte is as it was written
    snapshots: list  # Snapshot, the usable ones, newest first


def look(path, disk=DISK, cached=True):
    """
    Read the memory of a directory, or an exported file.

    :param cached: whether to read the snapshots of a directory, too.
    :return: View.
    :raises StoreError: when there is nothing to be read.
    """
    path = user_path(path)
    directory = path if disk.has_directory(path) else None
    path = path / FILE_NAME if directory else path
    try:
        content = disk.read(path)
    except FileNotFoundError as error:
        raise StoreError(f'nothing was taught yet in {directory}' if directory
                         else f'there is no memory {path}') from error
    except OSError as error:
        raise disk_error(f'read {path}', error) from error
    found = scan(content, str(path))
    if found.header is None:
        raise StoreError(f'{path} is not a memory, or its header is damaged')
    ledger, problems = Ledger.fold(found.entries, found.header.base)
    problems = found.damage + problems
    if found.torn:
        problems.append(f'{path}: the last {found.torn} bytes are not a whole entry (being '
                        'written at this moment, or torn off by a power cut)')
    kept = list(snapshots.usable(directory, found, disk, problems)) if directory and cached else []
    return View(path, found.header, found.entries, ledger, len(content), problems, kept)


def export(view, path, disk=DISK):
    """
    Write what remains of a memory into one file, which is a compacted journal.

    :return: bytes written.
    :raises StoreError: when the disk refuses.
    """
    path = Path(path)
    data = encode_header(Header(view.header.identity, view.ledger.version)) + b''.join(
        map(encode, remaining(view.ledger)))
    try:
        disk.replace(path, data)
    except OSError as error:
        raise disk_error(f'write {path}', error) from error
    return len(data)
