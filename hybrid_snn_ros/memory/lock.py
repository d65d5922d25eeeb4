# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One process at a time writes to a memory: the lock of its directory."""

import contextlib
from pathlib import Path

from hybrid_snn_ros.memory.disk import DISK, Disk
from hybrid_snn_ros.memory.errors import disk_error, LockedError

FILE_NAME = 'lock'


class Lock:
    """The lock of a directory; not held until `take`."""

    def __init__(self, directory: Path, disk: Disk = DISK) -> None:
        self._path = Path(directory) / FILE_NAME
        self._disk = disk
        self._handle: int | None = None
    def take(self) -> bool:
        """
        Make sure the lock is held.

        :return: False when it was held all the time, True when it had to be taken now.
        :raises LockedError: naming the process that holds it.
        :raises StoreError: when the directory cannot be had.
        """
        try:
            # A directory that vanished and came back holds another lock file.
            if self._handle is not None and self._disk.is_at(self._handle, self._path):
                return False
            self.release()
            self._handle = self._disk.lock(self._path)
        except BlockingIOError as error:
            raise LockedError(f'the memory {self._path.parent} is in use by {self.holder()}; only '
                              'one process at a time may write to it') from error
        except OSError as error:
            raise disk_error(f'lock the memory {self._path.parent}', error) from error
        return True

    def holder(self) -> str:
        """Name the process that has, or had last, the lock."""
        text = b''
        with contextlib.suppress(OSError):
            text = self._disk.read(self._path).strip()
        return f'process {text.decode()}' if text.isdigit() else 'another process'

    def release(self) -> None:
        """Give the lock back."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(OSError):
                self._disk.close(handle)
