# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
An mcap file that was cut off (power, kill -9, a full disk), as one that ends behind what is whole.

The file itself is not touched, and nothing of it is copied.
"""

import io
from pathlib import Path
import struct
from typing import Any, IO

MAGIC = b'\x89MCAP0\r\n'
_CHUNK = 0x06
_NO_DATA = (0, 0x02, 0x0F)  # nothing was written, footer, end of the data
# A footer that names no summary: readers look through the whole file then.
_END = b'\x02' + struct.pack('<QQQI', 20, 0, 0, 0) + MAGIC


class CutMcap:
    """Stands for the path of an mcap file, in as far as rosbags asks for one (its RPath)."""

    suffix = '.mcap'

    def __init__(self, path: Path | str, packed_end: bool = True) -> None:
        """
        Find what is whole in a file; raises OSError.

        :param packed_end: trust the last chunk, where it is packed and cannot be looked into.
        """
        self._path = Path(path)
        with open(self._path, 'rb') as file:
            self._parts = _whole_parts(file, packed_end)

    def __str__(self) -> str:
        return str(self._path)

    def exists(self) -> bool:
        """Tell that it is there."""
        return True

    def is_dir(self) -> bool:
        """Tell that it is a file."""
        return False

    def open(self, mode: str = 'rb') -> io.BufferedReader:
        """Open it for reading."""
        return io.BufferedReader(_Parts(open(self._path, mode), self._parts, _END))


def is_cut(path: Path | str) -> bool:
    """Tell whether an mcap file lacks its end; raises OSError."""
    with open(path, 'rb') as file:
        end = file.seek(0, io.SEEK_END)
        file.seek(max(0, end - len(MAGIC)))
        return end < len(MAGIC) + len(_END) or file.read() != MAGIC


def _whole_parts(file: IO[bytes], packed_end: bool) -> list[tuple[int, int]]:
    """Return [(start, stop)] of the records that are whole, of those in the last chunk, too."""
    size = file.seek(0, io.SEEK_END)
    stop, last = _end_of_records(file, len(MAGIC), size)
    file.seek(last)
    # opcode, length; times, uncompressed size, checksum; the compression's name and length
    head = file.read(9 + 28 + 4)
    if len(head) < 41 or head[0] != _CHUNK:
        return [(0, stop)]
    if any(head[37:]):
        return [(0, stop if packed_end else last)]
    inside = last + 41 + 8  # not compressed: its records stand in the file as they are
    length, = struct.unpack('<Q', head[1:9])
    return [(0, last), (inside, _end_of_records(file, inside, min(size, last + 9 + length))[0])]


def _end_of_records(file: IO[bytes], place: int, size: int) -> tuple[int, int]:
    """Return where the last whole record ends, and where the last chunk, whole or not, begins."""
    before, chunk = place, place
    while place + 9 <= size:
        file.seek(place)
        operation, length = struct.unpack('<BQ', file.read(9))
        if operation == _CHUNK:
            chunk = place
        if operation in _NO_DATA or place + 9 + length > size:
            break
        before, place = place, place + 9 + length
    file.seek(place)
    # Zeros, where nothing was written, may begin further up, in the record before them.
    return before if file.read(1) == b'\0' else place, chunk


class _Parts(io.RawIOBase):
    """Parts of a file and some bytes, read as one file."""

    def __init__(self, file: IO[bytes], parts: list[tuple[int, int]], end: bytes) -> None:
        super().__init__()
        self._file, self._parts, self._end = file, parts, end
        self._size = sum(stop - start for start, stop in parts) + len(end)
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place,
                                io.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        place = self._place
        for start, stop in self._parts:
            if place < stop - start:
                self._file.seek(start + place)
                data = self._file.read(min(len(buffer), stop - start - place))
                break
            place -= stop - start
        else:
            data = self._end[place:place + len(buffer)]
        buffer[:len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
