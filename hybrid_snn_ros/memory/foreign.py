# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What happens when a journal was changed by somebody else while it was open here.

It is not written to any more: what is known here and what the file holds now are two histories.
What is known here is kept beside the file, once, so that neither is lost.
"""

from pathlib import Path
from typing import NoReturn

from hybrid_snn_ros.memory.disk import Disk
from hybrid_snn_ros.memory.entry import encode, Entry
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.header import encode_header, Header

BESIDE = 'journal.before-'


class ChangedError(StoreError):
    """A journal that somebody else changed; nothing is written to it."""


class Beside:
    """The copy of what was known beside a journal that somebody else changed."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """
        Begin without one.

        :param path: of the journal.
        """
        self._path = path
        self._disk = disk
        # (last sequence, path) of the copy that is there
        self._kept: tuple[int, Path] | None = None

    def refuse(self, header: Header, entries: list[Entry], there: bool) -> NoReturn:
        """
        Raise ChangedError, once what is known is in a file.

        :param entries: all that is known here.
        :param there: whether all of them are in the journal as it is now.
        """
        raise ChangedError(
            f'{self._path} was changed by somebody else meanwhile: nothing was saved. '
            + (self._keep(header, entries) if entries and not there else
               'All that is known here is in it' if entries else 'Nothing was known here')
            + '. Restart the node to go on with what the file holds now')

    def _keep(self, header: Header, entries: list[Entry]) -> str:
        if self._kept is None or self._kept[0] != entries[-1].sequence:
            try:
                others = self._disk.numbered(self._path.parent, BESIDE)
                path = self._path.with_name(f'{BESIDE}{others[-1][0] + 1 if others else 1}')
                self._disk.replace(path, encode_header(header) + b''.join(map(encode, entries)))
            except OSError as error:
                return ('What is known here could not be kept beside it '
                        f'({error.strerror or error})')
            self._kept = entries[-1].sequence, path
        return (f'What is known here is kept in {self._kept[1]}, which `hybrid-snn state import` '
                'takes')
