# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Reading along in a journal that somebody else writes: what was appended, and nothing twice.

A look costs one stat while nothing happens.  What was appended is taken from the end of the file,
once its head and the last entry known are still the same bytes at the same place.  Anything else
(compacted, cut back after a full disk, replaced, damaged, caught in the middle of a write) is read
anew as a whole.
"""

from pathlib import Path
from typing import Any

from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory.disk import DISK, Disk, expanded
from hybrid_snn_ros.memory.entry import decode, encode, Entry
from hybrid_snn_ros.memory.errors import disk_error, IdentityError, StoreError
from hybrid_snn_ros.memory.header import encode_header
from hybrid_snn_ros.memory.journal import FILE_NAME
from hybrid_snn_ros.memory.view import look, View


class Follower:
    """Tells what is new in the journal of a directory; writes nothing."""

    def __init__(self, directory: Path | str, identity: dict[str, Any], disk: Disk = DISK) -> None:
        """
        Begin before the first look.

        :param identity: what codes depend on here; samples of another one are refused.
        """
        self._directory = expanded(directory)
        self._path = self._directory / FILE_NAME
        self._identity = identity
        self._disk = disk
        self._mark: tuple[int, ...] | None = None  # of the file as it was read last
        # bytes of the header; None where the file has to be read anew
        self._head: bytes | None = None
        self._last = b''  # bytes of the last entry known
        self._end = 0  # offset behind it

    def news(self) -> list[Entry] | View | None:
        """
        Look for what is new since the last call.

        :return: None when nothing is, or nothing is there; a list of Entry that follow those told
            before; or a View where all is to be taken anew, with snapshots only the first time.
        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        try:
            mark = self._disk.mark(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk_error(f'read {self._path}', error) from error
        if mark == self._mark:
            return None
        # The mark is older than what is read: a change in between is seen by the next look.
        before, self._mark = self._mark, mark
        try:
            entries = self._appended()
            return self.anew(before is None) if entries is None else entries
        except IdentityError:
            raise  # as long as it stays what it is, that has been said
        except StoreError:
            self._mark = before
            raise

    def anew(self, snapshots: bool = False) -> View:
        """Return the View of the whole; StoreError as of `news`."""
        self._head = None
        view = look(self._directory, self._disk, snapshots)
        remarks = identities.compare(
            str(self._directory), view.header.identity, self._identity)
        if not view.problems:
            self._last = encode(view.entries[-1]) if view.entries else b''
            self._head, self._end = encode_header(view.header), view.size
        return view._replace(problems=view.problems + remarks)

    def _appended(self) -> list[Entry] | None:
        """Return the entries behind the last one known, None unless the file is merely longer."""
        if self._head is None:
            return None
        try:
            head, tail = self._disk.read_parts(
                self._path, len(self._head), self._end - len(self._last))
        except OSError:
            return None  # reading anew tells why
        if head != self._head or not tail.startswith(self._last):
            return None
        entries, start, offset = [], 0, len(self._last)
        while offset < len(tail):
            read = decode(tail, offset)
            if read is None:
                return None
            start, offset = offset, read[2]
            entries.append(read[0])
        if entries:
            self._end += offset - len(self._last)
            self._last = tail[start:]
        return entries
