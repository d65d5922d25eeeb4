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

from collections.abc import Mapping
import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.learner import Learner, Taught
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.database import Head
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.readonly_store import ReadOnlyStore
from hybrid_snn_ros.memory.store import SampleStore
from hybrid_snn_ros.network import cache, Prediction
from hybrid_snn_ros.paths import user_path
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER

__all__ = ['Classifier', 'Prediction', 'SHIPPED_ENCODER', 'Taught']

# Version, arrays and notes of what was computed before.
_Found = tuple[int, dict[str, np.ndarray], dict[str, Any]]


class Classifier(Learner):
    """A learner with a memory: what it was taught outlives it in a directory, or in a file."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make an untaught classifier that remembers nowhere yet; arguments as of Learner."""
        super().__init__(*arguments, **options)
        # directory and initial file of a memory that is only read
        self._home: tuple[Path | str, Path | str | None] | None = None
        self._kept: int | None = None  # version that was saved last

    def open(self, directory: Path | str, initial: Path | str | None = None) -> list[str]:
        """
        Remember in a directory from now on, and know what it holds.

        Other processes may have it open and teach as well; ``poll`` tells what they did.

        :param initial: a file that ``save`` wrote, whose samples an empty memory begins with.
        :return: sentences the user should hear (another runtime, damage that was mended).
        :raises StoreError: when it cannot be read, or belongs to another encoder.
        """
        store = DiskStore.open(directory, self.frame_encoder.fingerprint)
        try:
            remarks = list(store.remarks)
            remarks += self._begin(store, initial)
            found = store.cached() if self._order_matters else None
        except BaseException:
            store.close()
            raise
        self.close()
        self._take_over(store, found)
        return remarks

    def open_readonly(self, directory: Path | str, reason: str,
                      initial: Path | str | None = None) -> list[str]:
        """
        Know what a directory holds and leave it alone; every change tries to ``open`` it first.

        What others change is known after the next ``poll``.

        :param reason: sentence with which changes are refused as long as that fails.
        :param initial: as in ``open``.
        :return: sentences the user should hear.
        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        store = ReadOnlyStore(directory, self.frame_encoder.fingerprint)
        remarks = list(store.remarks)
        remarks += self._begin(store, initial)
        store.reason = reason
        self.close()
        self._home = directory, initial
        self._take_over(store, None)
        return remarks

    def release(self, reason: str) -> None:
        """
        Only read a memory that is open from now on, and close its file; see ``open_readonly``.

        The network stays as it is: nothing is learned again.
        """
        store = self._store
        if not isinstance(store, DiskStore):
            return
        store.close()
        frozen = ReadOnlyStore(store.directory, self.frame_encoder.fingerprint)
        frozen.reason = reason
        current = not self.is_stale and frozen.version == store.version
        self._store, self._duplicates, self._home = frozen, None, (store.directory, None)
        self._learned = frozen.version if current else None

    @property
    def is_readonly(self) -> bool:
        """Whether the memory is only read."""
        return self._home is not None

    def poll(self, later: bool = False) -> bool:
        """
        Know what other processes have changed meanwhile.

        A look costs next to nothing while nothing has changed.

        :param later: as in ``undo``.
        :return: whether anything has changed.
        :raises StoreError: when it cannot be read, or somebody put another file in its place;
            what is known stays, unless it is errors.ChangedError.
        """
        before = self.state, self.version
        try:
            self.store.poll()
        finally:
            if self.state is not before[0]:
                self._learned = None  # another history, whose versions mean something else
            changed = before != (self.state, self.version)
            if changed:
                self._changed(later=True)
        if changed and not later:
            self._catch_up_now()
        return changed

    @property
    def _order_matters(self) -> bool:
        """Whether the rule must learn all samples one by one, which a cache saves at a start."""
        return bool(self.network.rule.PREQUENTIAL)

    def _take_over(self, store: SampleStore, found: _Found | None) -> None:
        """Know what a store holds; what was computed before, if any, saves learning it again."""
        self._store, self._duplicates, self._learned = store, None, None
        self._kept = None
        # Set when it is whole: another thread may look at it, and would else make one, too.
        network = self._untaught()
        if found is not None:
            version, arrays, notes = found
            network = cache.restored(
                network, arrays, notes, store.state.as_of(version).samples) or network
        self._network = network
        self._catch_up_now()

    def _begin(self, store: SampleStore, initial: Path | str | None) -> list[str]:
        """Let an empty store begin with the samples of a file."""
        if not initial or store.version:
            return []
        return self._take_in(store, initial, 'initial', empty=True)

    def _own(self) -> None:
        """Have the memory, and know what others wrote, before it is changed."""
        if self._home is not None:
            self.open(*self._home)
        else:
            self.poll(later=True)

    def close(self) -> None:
        """Give the directory back; what is known stays in memory."""
        if self._store is None:
            return
        with contextlib.suppress(StoreError):  # a copy and a cache; the rest is on disk
            self.keep()
        store, self._home = self._store, None
        self._store = SampleStore(self.frame_encoder.fingerprint, store.state)
        store.close()

    def keep(self) -> bool:
        """
        Save what makes the next start quick and safe; what was taught is on disk already.

        A second copy of the memory is renewed, and the version noted as one to return to.

        :return: whether there was anything new.
        :raises StoreError: when the disk refuses, or somebody else changed what is there.
        """
        if not isinstance(self._store, DiskStore):
            return False
        self.poll(later=True)
        if self._kept == self.version or not self.version:
            return False
        if self._order_matters and not self.is_stale:
            self._store.keep(cache.arrays(self.network), cache.notes(self.network))
        else:
            self._store.keep()
        self._kept = self.version
        return True

    def _caught_up(self) -> None:
        if isinstance(self._store, DiskStore) and self._store.copy_is_due:
            with contextlib.suppress(StoreError):  # as in close
                self.keep()

    def status(self) -> dict[str, Any]:
        """Return how the memory stands, {name: value}."""
        return self.store.status()

    def versions(self) -> list[int]:
        """Return the versions that were saved on purpose, newest first; see ``rollback``."""
        return self.store.versions()

    def save(self, path: Path | str, pictures: Mapping[int, bytes] | None = None) -> int:
        """
        Write all that is known into one file that another robot can take over.

        :param pictures: {number: JPEG} to go with it, as the store's ``pictures`` gives them.
        :return: bytes written.
        :raises StoreError: when the disk refuses.
        """
        head = Head(fingerprints.plain(self.frame_encoder.fingerprint), self.store.author)
        return contents_of.export(self.state, head, user_path(path), pictures)

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
        remarks = self._take_in(self.store, path, source, replace, force)
        self._changed(later=False)
        return remarks

    def _take_in(self, store: SampleStore, path: Path | str, source: str, replace: bool = False,
                 force: bool = False, empty: bool = False) -> list[str]:
        found = contents_of.read_whole(path, replace and bool(store.state.samples), force)
        remarks = found.problems + fingerprints.compare(
            str(path), found.fingerprint, self.frame_encoder.fingerprint)
        samples, jpegs = found.state.samples, contents_of.pictures_of(found)
        store.import_samples(found.fingerprint, samples.values(), replace, source,
                             [jpegs.get(number) for number in samples], empty)
        return remarks
