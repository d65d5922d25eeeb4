# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The append-only file of every change; what `Journal.append` returned from survives a power cut.

After a failed call the file on disk is in an unknown state (after a failed fsync even what is read
back lies), so it is closed.  Before the next append it is opened anew, compared with what is known
here, and cut back to the last acknowledged byte.

Before anything is written the file is looked at: one that somebody else wrote to, or put in its
place, is left alone.
"""

from collections.abc import Callable, Iterable
import contextlib
import errno
from pathlib import Path
import time
from typing import Any, cast
import zlib

from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory import torn as torn_ends
from hybrid_snn_ros.memory.disk import DISK, Disk
from hybrid_snn_ros.memory.entry import checksum, encode, Entry, MIN_RECORD
from hybrid_snn_ros.memory.errors import disk_error, StoreError
from hybrid_snn_ros.memory.foreign import Beside
from hybrid_snn_ros.memory.header import decode_header, encode_header, Header
from hybrid_snn_ros.memory.scan import last_sequence, next_chain, Scan, scan

FILE_NAME = 'journal'
_TAIL = 4096  # bytes before the end that are compared before more is written behind them


class Journal:
    """
    The journal of a directory; made by `Journal.open`.

    Its file is made at the first append: a memory that is only read leaves no trace.
    """

    def __init__(self, path: Path, found: Scan, disk: Disk) -> None:
        self.path = path
        self.remarks = list(found.damage)
        self._take(found)
        self._disk = disk
        self._handle: int | None = None
        self._pending: list[Entry] = []  # a repair that could not be written yet
        # highest generation of a rewrite that failed; it may be there
        self._attempt: int | None = None
        self._anew = False  # whether the file is no good to append to
        self._shared = False  # whether others may have written since
        self._beside = Beside(path, disk)
        # of the file as it was left, while it is open
        self._mark: tuple[int, ...] | None = None
        self._tail = b''  # its last good bytes then
        # monotonic time of the last write that reached the medium, if any
        self.synced: float | None = None

    def _take(self, found: Scan) -> None:
        self.header = cast(Header, found.header)  # open sees to it that there is one
        self.entries = found.entries
        self.chains = found.chains  # sequence -> fingerprint of the history up to it
        self.length = found.length  # bytes that are known to be good

    @classmethod
    def open(cls, directory: Path, identity: dict[str, Any] | None, disk: Disk = DISK,
             now: Callable[[], float] = time.time) -> 'Journal':
        """
        Read the journal of a directory, and cut off and report a torn end.

        :param identity: what codes depend on here, or None to take what the file says.
        :raises StoreError: when it cannot be read, or holds samples of another identity.
        """
        path = Path(directory) / FILE_NAME
        mark = None
        try:
            mark = disk.mark(path)  # older than what is read: a change in between is seen later
            content = disk.read(path)
        except FileNotFoundError:
            content = b''
        except OSError as error:
            raise disk_error(f'read the journal {path}', error) from error
        found = scan(content, str(path))
        remarks = []
        if found.header is not None:
            remarks = identities.compare(str(path), found.header.identity, identity or {})
        elif found.entries:
            raise StoreError(f'both headers of {path} are damaged, so it is not known which '
                             f'encoder its {len(found.entries)} entries belong to')
        if mark is not None and not content:
            remarks.append(f'{path} is empty: what was taught before, if anything, is not there')
        beheaded = mark is not None and not found.entries and not found.whole
        if found.header is None or beheaded:
            header = found.header or Header(
                identities.plain(identity or {}), chain=zlib.crc32(repr(now()).encode()))
            found = Scan(header, [], {header.base: header.chain}, 0, len(content), [], True)
        journal = cls(path, found, disk)
        journal.remarks += remarks
        journal._anew = beheaded
        journal._mark, journal._tail = mark, content[:found.length][-_TAIL:]
        if found.torn:
            journal._cut_off(content[found.length:], now)
        elif content:
            journal._make_durable()
        return journal

    def _make_durable(self) -> None:
        """Sync what was read: the process before this one may have been killed before it did."""
        try:
            self._handle = self._disk.open(self.path)
        except OSError:
            return  # a read-only disk: tried again before an append
        try:
            self._disk.fsync(self._handle)
        except OSError:
            self.close()
            self._anew = True  # what was read may never reach the medium, only a new file will
            return
        try:
            self._disk.fsync_directory(self.path.parent)
        except OSError:
            self.close()

    @property
    def version(self) -> int:
        """Sequence of the last entry, a repair that is still to be written included."""
        return last_sequence(self.header, self._pending or self.entries)

    @property
    def known(self) -> list[Entry]:
        """All entries, a repair that is still to be written included."""
        return [*self.entries, *self._pending]

    def _cut_off(self, torn: bytes, now: Callable[[], float]) -> None:
        """
        Keep a copy of a torn end and note the cut as an entry.

        The entry's sequence leaves room for everything that may have been in those bytes: neither
        a sequence nor the id of a sample is ever given twice, even if it was not a power cut but
        bad luck that spoiled acknowledged bytes.
        """
        sequence = self.version + len(torn) // MIN_RECORD + 2
        kept = torn_ends.keep(self.path, sequence, torn, self._disk)
        self.remarks.append(
            f'{self.path}: the last {len(torn)} bytes are not a whole entry and were cut off '
            f'({kept}); everything before them is there')
        self._pending = [Entry(sequence, now(), 'repair', target=f'{len(torn)} bytes cut off')]
        with contextlib.suppress(StoreError):  # done before the next append otherwise
            self.append([])

    def append(self, entries: Iterable[Entry], whole: bool = False) -> None:
        """
        Write entries and return when they are on the medium; one sync for all of them.

        :param entries: Entry list, with sequences from `version` + 1 on.
        :param whole: all of them or none even if power fails: the file is written anew.
        :raises StoreError: when the disk refuses; none of them counts then.  Only if the process
            ends before the disk recovers may some of them be there at the next start.
        """
        entries = list(entries)
        try:
            ready = self._ready()
            if whole or not ready:
                self._rewrite(self.header, [*self.known, *entries])
            elif entries:
                self._write(entries)
        except OSError as error:
            self._recover()
            raise disk_error(f'write the journal {self.path}', error) from error
        except BaseException:
            self.close()  # interrupted half-way: to be looked at before the next append
            raise
        self.synced = time.monotonic()

    @property
    def in_use(self) -> bool:
        """Whether it was open for writing, or was written to."""
        return self._handle is not None or self._shared or self.synced is not None

    def check(self) -> None:
        """
        Make sure that all that is known is in the file.

        :raises StoreError: when it is not: the file was changed by somebody else, or is gone.
        """
        try:
            ready = self._ready()
        except OSError as error:
            self._recover()
            raise disk_error(f'write the journal {self.path}', error) from error
        if not ready:
            self.append([])

    def compact(self, entries: list[Entry]) -> None:
        """
        Put teach entries that amount to the same in the place of all entries, at once.

        :param entries: Entry list whose last sequence is `version`.
        :raises StoreError: when the disk refuses; the old ones are there then.
        """
        try:
            self._ready()
            chain = self.chains.get(self.version, self.header.chain)
            self._rewrite(self.header._replace(base=self.version, chain=chain), entries)
        except OSError as error:
            self._recover()
            raise disk_error(f'write the journal {self.path}', error) from error

    def distrust(self) -> None:
        """Have the file compared before the next append: others may have written to it."""
        self.close()
        self._shared = True

    def close(self) -> None:
        """Close the file; the next append opens it again."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(OSError):  # whatever was acknowledged was synced
                self._disk.close(handle)

    def _write(self, entries: list[Entry]) -> None:
        assert self._handle is not None  # _ready has opened it
        records = [encode(entry) for entry in entries]
        data = b''.join(records)
        self._disk.write(self._handle, data, self.length)
        self._disk.fsync(self._handle)
        if not self._disk.is_at(self._handle, self.path):  # a deleted file takes writes, too
            self.distrust()
            raise FileNotFoundError(errno.ENOENT, 'the file has vanished')
        mark = self._disk.mark(self._handle)
        if not self._ends_with(self._tail + data):
            self.distrust()
            raise BlockingIOError(errno.EBUSY, 'somebody else wrote to it at the same moment')
        self._mark = mark
        self._account(entries, records)

    def _ends_with(self, end: bytes) -> bool:
        assert self._handle is not None
        return end == self._disk.read_at(
            self._handle, len(end) + 1, self.length - len(self._tail))

    def _account(self, entries: list[Entry], records: list[bytes]) -> None:
        self._tail = b''.join([self._tail, *records])[-_TAIL:]
        for entry, record in zip(entries, records):
            chain = self.chains[last_sequence(self.header, self.entries)]
            self.chains[entry.sequence] = next_chain(chain, checksum(record))
            self.entries.append(entry)
            self.length += len(record)

    def _rewrite(self, header: Header, entries: list[Entry]) -> None:
        """Write the whole file anew, under a generation that tells a failed attempt from it."""
        self._attempt = max(self.header.generation, self._attempt or 0) + 1
        header = header._replace(generation=self._attempt)
        data = encode_header(header) + b''.join(map(encode, entries))
        self.close()
        self._disk.replace(self.path, data)
        self._take(scan(data, str(self.path)))
        self._pending, self._attempt, self._anew = [], None, False

    def _recover(self) -> None:
        """Take back what a failed call may have left; if that fails, the next append does it."""
        self.close()
        with contextlib.suppress(OSError, StoreError):
            if not self._attach() and self._attempt is not None:
                self._rewrite(self.header, self.entries)

    def _ready(self) -> bool:
        """Tell whether there is a file to append to, as it was left here; see `_attach`."""
        if self._handle is not None and not self._untouched():
            self.distrust()
        return self._handle is not None or self._attach()

    def _untouched(self) -> bool:
        try:
            return self._disk.mark(self.path) == self._mark and self._ends_with(self._tail)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                errno.ENOENT, 'the file has vanished; the next change writes it anew') from error

    def _attach(self) -> bool:
        """
        Open the file, make sure it is the one known here, and cut it back to what is known.

        :return: whether there is a file to append to; if not, it is to be written anew.
        :raises ChangedError: when somebody else changed it.
        :raises OSError: when the disk refuses.
        """
        if self._anew:
            with contextlib.suppress(FileNotFoundError):
                if self._attempt is None and self._disk.mark(self.path) != self._mark:
                    self._beside.refuse(self.header, self.known, False)
            return False
        try:
            handle = self._disk.open(self.path)
        except FileNotFoundError:
            if not self._disk.has_directory(self.path.parent):
                raise
            self._shared = False
            return False  # nothing was written yet, or it was deleted: all is known here
        try:
            content = self._disk.read_all(handle)
            recognised = self._recognise(content)
            self._shared = False  # from here on the lock keeps others away
            if not recognised:
                self._disk.close(handle)
                return False
            records = [encode(entry) for entry in self._pending]
            # First over the torn end, then the cut: no state between has lost the repair.
            self._disk.write(handle, b''.join(records), self.length)
            self._disk.truncate(handle, self.length + sum(map(len, records)))
            self._disk.fsync(handle)
            self._disk.fsync_directory(self.path.parent)
            self._mark, self._tail = self._disk.mark(handle), content[:self.length][-_TAIL:]
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.close(handle)
            raise
        self._account(self._pending, records)
        self._pending, self._handle = [], handle
        return True

    def _recognise(self, content: bytes) -> bool:
        """Tell the file known here (True) from a failed rewrite of it; refuse any other."""
        found = scan(content[:self.length], str(self.path))
        same = (found.header, found.length, found.chains, len(found.entries)) == (
            self.header, self.length, self.chains, len(self.entries))
        if same and not (self._shared and len(content) > self.length):
            return True
        head = decode_header(content, str(self.path))
        if (head and head[0].identity == self.header.identity and not self._shared
                and self.header.generation < head[0].generation <= (self._attempt or 0)):
            return False
        self._beside.refuse(self.header, self.known, same)
