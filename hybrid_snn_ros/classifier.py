# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The classifier without ROS: look at frames, be taught, take it back, answer, remember.

    >>> from hybrid_snn_ros import Classifier
    >>> classifier = Classifier()                       # the encoder that is shipped
    >>> classifier.open('~/my_robot')                   # remember there, not only in memory
    >>> classifier.teach(rgb_frame, 'mug')              # uint8 (H, W, 3), any size
    >>> classifier.predict(rgb_frame).label
    'mug'
    >>> classifier.undo()
"""

import contextlib
from pathlib import Path
from typing import Any, cast

import numpy as np

from hybrid_snn_ros.learner import Learner, Taught
from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory.book import Book
from hybrid_snn_ros.memory.borrowed import Borrowed
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.follower import Follower
from hybrid_snn_ros.memory.header import Header
from hybrid_snn_ros.memory.ledger import Ledger
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import export, look_whole, View
from hybrid_snn_ros.network import cache, Prediction
from hybrid_snn_ros.paths import user_path
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER

__all__ = ['Classifier', 'Prediction', 'SHIPPED_ENCODER', 'Taught']

_SNAPSHOT_EVERY = 256  # changes after which what was computed is kept for the next start
# Version, arrays and notes of a snapshot.
_Found = tuple[int, dict[str, np.ndarray], dict[str, Any]]


class Classifier(Learner):
    """A learner with a memory: what it was taught outlives it in a directory, or in a file."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make an untaught classifier that remembers nowhere yet; arguments as of Learner."""
        super().__init__(*arguments, **options)
        # directory and initial file of a borrowed memory
        self._home: tuple[Path | str, Path | str | None] | None = None
        self._saved = 0  # version of the last snapshot
        self._tried = 0  # version at which one was tried last

    def open(self, directory: Path | str, initial: Path | str | None = None) -> list[str]:
        """
        Remember in a directory from now on, and know what it holds.

        :param initial: a file that ``save`` wrote, whose samples an empty memory begins with.
        :return: sentences the user should hear (another runtime, a torn end that was cut off).
        :raises StoreError: when it cannot be read, is in use, or belongs to another encoder.
        """
        vault = Vault.open(directory, self.frame_encoder.identity)
        try:
            found = vault.snapshot_for_recovery()
            remarks = list(vault.remarks)
            remarks += self._begin(vault, initial)
        except BaseException:
            vault.close()
            raise
        self.close()
        self._take_over(vault, found)
        return remarks

    def borrow(self, directory: Path | str, reason: str,
               initial: Path | str | None = None) -> list[str]:
        """
        Know what a directory holds and leave it alone; every change tries to ``open`` it first.

        What its writer changes is known after the next ``follow``.

        :param reason: sentence with which changes are refused as long as that fails.
        :param initial: as in ``open``.
        :return: sentences the user should hear.
        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        follower = Follower(directory, self.frame_encoder.identity)
        remarks: list[str] = []
        ledger: Ledger | None = None
        found: _Found | None = None
        view = cast(View | None, follower.news())  # the first time never mere entries
        if view is not None:
            remarks, ledger = view.problems, view.ledger
            found = next(((s.sequence, s.arrays, s.notes) for s in view.snapshots), None)
        book = Borrowed(self.frame_encoder.identity, ledger, follower)
        remarks = remarks + self._begin(book, initial)
        book.reason = reason
        self.close()
        self._home = directory, initial
        self._take_over(book, found)
        return remarks

    @property
    def follows(self) -> bool:
        """Whether the memory is a borrowed one, whose writer can be followed."""
        return self._home is not None

    def follow(self, later: bool = False) -> bool:
        """
        Know what the writer of a borrowed memory has changed meanwhile; nothing is written.

        A look costs one stat while nothing has changed.

        :param later: as in ``undo``.
        :return: whether anything has changed.
        :raises StoreError: when it cannot be read; what is known stays.
        """
        before = self.ledger
        if not self.follows or not cast(Borrowed, self._book).follow():
            return False
        if self.ledger is not before:
            self._learned = None  # another history, whose versions mean something else
        self._changed(later)
        return True

    def _take_over(self, book: Book, found: _Found | None) -> None:
        """Know what a book holds; a snapshot that was found, if any, saves learning it again."""
        self._book, self._repeats, self._learned = book, None, None
        self._saved = self._tried = 0
        # Set when it is whole: another thread may look at it, and would else make one, too.
        network = self._untaught()
        if found is not None:
            version, arrays, notes = found
            restored = cache.restored(
                network, arrays, notes, book.ledger.as_of(version).samples)
            if restored is not None:
                network, self._saved, self._tried = restored, version, version
        self._network = network
        self._catch_up_now()

    def _begin(self, book: Book, initial: Path | str | None) -> list[str]:
        """Let an empty book begin with the samples of a file."""
        return self._take_in(book, initial, 'initial') if initial and book.version == 0 else []

    def _own(self) -> None:
        """Open a borrowed memory, if it may be opened now, before it is changed."""
        if self._home is not None:
            self.open(*self._home)

    def close(self) -> None:
        """Give the directory back; what is known stays in memory."""
        if self._book is None:
            return
        with contextlib.suppress(StoreError):  # a cache; the journal holds what matters
            self.keep()
        book, self._book = self._book, Book(self.frame_encoder.identity, self._book.ledger)
        self._home = None
        book.close()

    def keep(self) -> Path | None:
        """
        Save what was computed, so that the next start is quick; nothing depends on it.

        :return: the path of the snapshot, or None when there is nothing new.
        :raises StoreError: when the disk refuses, or somebody else changed what is there.
        """
        if not isinstance(self._book, Vault):
            return None
        self._book.check()
        if self._saved == self.version or self.behind:
            return None
        self._tried = self.version
        path = self._book.save_snapshot(
            cache.arrays(self.network), cache.notes(self.network))
        self._saved = self.version
        return path

    def _caught_up(self) -> None:
        if self.version - self._tried >= _SNAPSHOT_EVERY:
            with contextlib.suppress(StoreError):  # as in close
                self.keep()

    def status(self) -> dict[str, Any]:
        """Return how the memory stands, {name: value}: the journal, and what a start relearns."""
        told = self.book.condition()
        if isinstance(self._book, Vault):
            told['journal_since_snapshot'] = self.version - self._saved
        return told

    def snapshots(self) -> list[int]:
        """Return the versions that can be returned to by snapshot, newest first."""
        return [snapshot.sequence for snapshot in self.book.snapshots()]

    def save(self, path: Path | str) -> int:
        """
        Write all that is known into one file that another robot can take over.

        :return: bytes written.
        :raises StoreError: when the disk refuses.
        """
        header = Header(identities.plain(self.frame_encoder.identity))
        path = user_path(path)
        return export(View(path, header, [], self.ledger, 0, [], []), path)

    def load(self, path: Path | str, replace: bool = True, source: str = 'import',
             force: bool = False) -> list[str]:
        """
        Take over the samples of a file that ``save`` wrote.

        :param replace: forget what was known; False merges the two.
        :param force: take what can be read of a damaged file, and an empty one as well.
        :return: sentences the user should hear.
        :raises DamagedError: when the file is not whole, or replaces what is known by nothing.
        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        self._own()
        remarks = self._take_in(self.book, path, source, replace, force)
        self._changed(later=False)
        return remarks

    def _take_in(self, book: Book, path: Path | str, source: str, replace: bool = False,
                 force: bool = False) -> list[str]:
        view = look_whole(path, replace and bool(book.ledger.samples), force)
        remarks = view.problems + identities.compare(
            str(path), view.header.identity, self.frame_encoder.identity)
        book.import_samples(view.header.identity, view.ledger.samples.values(), replace, source)
        return remarks
