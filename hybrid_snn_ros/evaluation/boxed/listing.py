# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a data set with boxes lists, in whatever form: its pictures, and the boxes in each."""

from collections.abc import Callable, Iterable
import os
from pathlib import Path
import re
from typing import Any, NamedTuple

from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.memory.labels import LabelError, normalise
from hybrid_snn_ros.vision.pictures import SUFFIXES

NO_BOX = 'boxes that cannot be'
CROWD = 'boxes around a crowd'
DIFFICULT = 'boxes that the set calls difficult'
NO_CLASS = 'boxes of a class that is not listed'
NO_LABEL = 'boxes whose class cannot be a label'
NO_PICTURE = 'boxes without their picture'
UNREADABLE = 'boxes that cannot be read'

_PART = re.compile(r'(?:instances_|obj_)?(train|test|val)(?:ing|id|idation)?\d*(?:_data)?',
                   re.IGNORECASE)


class Box(NamedTuple):
    """One box as a set lists it."""

    label: str
    numbers: tuple[Any, ...]  # x and y of the upper left corner, width, height; not checked yet


class Listed(NamedTuple):
    """One picture as a set lists it."""

    path: Path
    name: str  # as it is shown to people
    boxes: list[Box]
    complete: bool  # whether no box of it was left out, so that all that is in it is drawn
    fractions: bool  # whether boxes are in fractions of the picture; else in pixels
    size: tuple[int, int] | None = None  # width and height that the set gives it


class Source(NamedTuple):
    """A data set, or one part of it, which was found and not read yet."""

    form: str  # as people call it
    place: Path  # what lists it
    # reads the list; what cannot be used goes to LeftOut, SourceError where nothing can
    read: Callable[[LeftOut], list[Listed]]


class Classes:
    """The classes of a set by whatever tells them apart, as labels."""

    def __init__(self, names: Iterable[tuple[Any, Any]]) -> None:
        """Take (key, name) of each class."""
        self._labels: dict[Any, str] = {}
        self._refused: dict[Any, str] = {}
        for key, name in names:
            try:
                self._labels[key] = normalise(name)
            except LabelError as error:
                self._refused[key] = str(error)

    def label(self, key: Any, where: str, left_out: LeftOut) -> str | None:
        """Return the label of a class; None, and what was wrong is noted, where it has none."""
        if key in self._labels:
            return self._labels[key]
        if key in self._refused:
            left_out.add(NO_LABEL, where, self._refused[key])
        else:
            left_out.add(NO_CLASS, where, f'class {key}'[:80])
        return None


def part_of(name: str) -> str:
    """Return 'train', 'val' or 'test' for the name of such a part, '' for any other."""
    found = _PART.fullmatch(name)
    return found[1].lower() if found else ''


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder, sorted, hidden things not; none if unreadable."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith('.'))
    except OSError:
        return []


def folder_in(folder: Path, *names: str) -> Path | None:
    """Return a folder in a folder by its name, in small or capital letters; None without one."""
    for name in names_in(folder):
        if name.lower() in names and (folder / name).is_dir():
            return folder / name
    return None


def pictures_by_stem(folder: Path) -> dict[str, Path]:
    """Return the pictures that lie in a folder by their names without the suffix."""
    paths = map(folder.joinpath, names_in(folder))
    return {path.stem: path for path in paths if path.suffix.lower() in SUFFIXES}


def content_of(path: Path, most: int) -> bytes:
    """
    Return what a file of a set holds.

    :param most: bytes it may have.
    :raises SourceError: when it cannot be read, or is larger.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise SourceError(f'{path} has {size} bytes, the limit is {most}')
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f'{path} cannot be read: {error.strerror}') from error


def reason_of(error: Exception) -> str:
    """Return what an exception says, in one line."""
    reason = ' '.join(str(error).split()) or type(error).__name__
    return f'{reason:.100}'
