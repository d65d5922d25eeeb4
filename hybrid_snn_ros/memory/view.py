# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Looking into a memory or an export without changing it, even while a node is using it."""

from pathlib import Path
from typing import Any, NamedTuple

from hybrid_snn_ros.memory import snapshot as snapshots
from hybrid_snn_ros.memory.disk import DISK, Disk, expanded
from hybrid_snn_ros.memory.entry import checksum, encode, Entry
from hybrid_snn_ros.memory.errors import DamagedError, disk_error, StoreError
from hybrid_snn_ros.memory.header import encode_header, Header
from hybrid_snn_ros.memory.journal import FILE_NAME
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.scan import next_chain, scan
from hybrid_snn_ros.memory.vault import remaining


class View(NamedTuple):
    """What a file holds."""

    path: Path
    header: Header
    entries: list[Entry]
    ledger: Ledger
    size: int  # bytes
    problems: list[str]  # sentences; empty when every byte is as it was written
    snapshots: list[snapshots.Snapshot]  # the usable ones, newest first


def look(path: Path | str, disk: Disk = DISK, cached: bool = True) -> View:
    """
    Read the memory of a directory, or an exported file.

    :param cached: whether to read the snapshots of a directory, too.
    :return: View.
    :raises StoreError: when there is nothing to be read.
    """
    path = expanded(path)
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
        raise StoreError(f'{path} is not a memory, or its header is damaged' if content else
                         f'{path} is empty, so it is not a memory')
    ledger, problems = Ledger.fold(found.entries, found.header.base)
    problems = found.damage + problems
    if found.torn and not found.cut:
        problems.append(f'{path}: the last {found.torn} bytes are not a whole entry (being '
                        'written at this moment, or torn off by a power cut)')
    kept = list(snapshots.usable(directory, found, disk, problems)) if directory and cached else []
    return View(path, found.header, found.entries, ledger, len(content), problems, kept)


def stored_identity(path: Path | str) -> dict[str, Any]:
    """Return what the codes of a memory depend on; {} where there is none, or it is damaged."""
    try:
        return look(path, cached=False).header.identity
    except StoreError:  # opening it will say so
        return {}


def look_whole(path: Path | str, replace: bool = False, force: bool = False,
               disk: Disk = DISK) -> View:
    """
    Read a memory or an exported file whose samples are to be taken over.

    :param replace: whether all that is known is to be forgotten for them.
    :param force: take what can be read of a damaged file, and an empty one as well.
    :return: View.
    :raises DamagedError: when something of it is damaged or missing, or there is nothing in it.
    :raises StoreError: when there is nothing to be read.
    """
    view = look(path, disk, cached=False)
    if view.problems and not force:
        raise DamagedError('; '.join(view.problems) + '; nothing was taken over')
    if replace and not view.ledger.samples and not force:
        raise DamagedError(f'{view.path} holds no samples; nothing was forgotten for them')
    return view


def export(view: View, path: Path | str, disk: Disk = DISK) -> int:
    """
    Write what remains of a memory into one file, which is a compacted journal.

    :return: bytes written.
    :raises StoreError: when the disk refuses.
    """
    path = Path(path)
    records, chain = list(map(encode, remaining(view.ledger))), 0
    for record in records:
        chain = next_chain(chain, checksum(record))
    data = encode_header(Header(view.header.identity, view.ledger.version, chain)) + b''.join(
        records)
    try:
        disk.replace(path, data)
    except OSError as error:
        raise disk_error(f'write {path}', error) from error
    return len(data)
