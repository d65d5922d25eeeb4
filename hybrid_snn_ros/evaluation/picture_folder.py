# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Which pictures a folder holds, and the label of each: one rule for teaching and evaluating.

Every folder in it is a label (`coffee_mug` is 'coffee mug'); a picture belongs to the label whose
folder it lies in, however deep. What cannot be used is left out with its reason.
"""

from collections.abc import Collection, Iterable, Iterator
import errno
import os
from pathlib import Path
import re
import shlex
import stat

from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.memory.labels import LabelError, normalise
from hybrid_snn_ros.vision.pictures import FORMATS, OTHER_SUFFIXES, SUFFIXES

# What computers, and not people, put into folders; besides all that begins with a dot.
_SYSTEM = frozenset((
    '__macosx', 'network trash folder', 'temporary items', 'icon\r', '$recycle.bin',
    'system volume information', 'found.000', 'thumbs.db', 'ehthumbs.db',
    'ehthumbs_vista.db', 'desktop.ini', 'lost+found', '__pycache__', '@eadir', '#recycle',
    '@recycle', '#snapshot', 'picasa.ini'))
_PART = re.compile(r'(train|test|val)(ing|id|idation)?([ _-]?(set|split|data|images?))?',
                   re.IGNORECASE)

HIDDEN = 'hidden, or made by a system'
OTHER_FORMAT = f'a format that is not read; {FORMATS} are'
NO_PICTURE = 'not a picture by its name'
NO_FILE = 'not a file'
NO_LABEL = 'its name cannot be a label'
NO_PICTURES = 'a folder without a picture that is read'
UNLABELLED = 'in no folder of a label'
DEAD_LINK = 'a link that leads nowhere'
CIRCLE = 'a link that leads to where it comes from, or to a folder seen already'
UNREADABLE = 'cannot be read'


def list_pictures(root: str | Path, left_out: LeftOut, without: Collection[str] = (),
                  base: Path | None = None) -> dict[str, list[Path]]:
    """
    Find the pictures of every label.

    :param root: the folder that holds a folder for every label.
    :param left_out: collects all that is not used.
    :param without: names of folders to pass over.
    :param base: what names are shown relative to; None for the root.
    :return: {label: [path]}, both sorted.
    :raises SourceError: when there is no such folder, or no pictures of a label in it.
    """
    root = Path(root)
    look = _Look(left_out, root if base is None else base)
    if not root.is_dir():
        raise SourceError(f'{root} is not a folder')
    found: dict[str, list[Path]] = {}
    loose: list[Path] = []
    for path, status in look.into(root):
        if not stat.S_ISDIR(status.st_mode):
            if look.is_picture(path, status):
                loose.append(path)
        elif path.name not in without:
            try:
                label = normalise(path.name.replace('_', ' '))
            except LabelError as error:
                look.leave(NO_LABEL, path, str(error))
                continue
            pictures = look.below(path, (root, *root.resolve().parents))
            if pictures:
                found.setdefault(label, []).extend(pictures)
            else:
                look.leave(NO_PICTURES, path)
    if loose and not found:
        raise SourceError(
            f'{root} holds pictures, but no folders with pictures: the folder that a picture lies '
            f'in names its label, such as {root / "mug" / loose[0].name}')
    for path in loose:
        look.leave(UNLABELLED, path)
    if not found:
        raise SourceError(f'{root} holds no folders with pictures ({FORMATS})')
    return {label: sorted(found[label]) for label in sorted(found)}


def check_layout(root: str | Path, command: str) -> None:
    """Refuse a folder whose folders are parts of a data set (train, test) instead of labels."""
    root = Path(root)
    # A folder around the data set is nothing unusual; several labels may each have such parts.
    around = _folders(root)
    for place in [root, *(around if len(around) == 1 else ())]:
        folders = _folders(place)
        parts = {}
        for folder in sorted(folders, reverse=True):
            part = _PART.fullmatch(folder.name)
            if part:
                parts[part[1].lower()] = folder
        labelled = any(_folders(part) and not _pictures(part) for part in parts.values())
        if (len(parts) > 1 and (place == root or labelled)) or (
                place == root and len(folders) == 1 and labelled):
            names = ', '.join(sorted(folder.name for folder in parts.values()))
            chosen = parts.get('train') or min(parts.values())
            raise SourceError(
                f'{place} is laid out for `hybrid-snn evaluate` ({names}), its folders are no '
                f'labels; type `{command} {shlex.quote(str(chosen))}`')


class _Look:
    """Looks into folders and tells of what is passed over."""

    def __init__(self, left_out: LeftOut, base: Path) -> None:
        self._left_out = left_out
        self._base = base

    def leave(self, reason: str, path: Path, detail: str | None = '') -> None:
        self._left_out.add(reason, os.path.relpath(path, self._base), detail or '')

    def into(self, folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield (path, stat) of what a folder holds, links followed, hidden things not."""
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            self.leave(UNREADABLE, folder, error.strerror)
            return
        for name in names:
            path = folder / name
            if _hidden(name):
                self.leave(HIDDEN, path)
                continue
            try:
                yield path, path.stat()
            except FileNotFoundError:
                self.leave(DEAD_LINK, path)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    self.leave(CIRCLE, path)
                else:
                    self.leave(UNREADABLE, path, error.strerror)

    def is_picture(self, path: Path, status: os.stat_result) -> bool:
        """Tell whether something that is no folder is a picture by its name."""
        suffix = path.suffix.lower()
        if not stat.S_ISREG(status.st_mode):
            self.leave(NO_FILE, path)
        elif suffix in SUFFIXES:
            return True
        else:
            self.leave(OTHER_FORMAT if suffix in OTHER_SUFFIXES else NO_PICTURE, path)
        return False

    def below(self, folder: Path, above: Iterable[Path]) -> list[Path]:
        """Return the pictures in a folder and below; every folder is looked into once."""
        found: list[Path] = []
        waiting = [folder]
        seen = set(map(_identity, above))
        if _identity(folder) in seen:
            self.leave(CIRCLE, folder)
            return found
        seen.add(_identity(folder))
        while waiting:
            place, empty = waiting.pop(), True
            for path, status in self.into(place):
                empty = False
                if not stat.S_ISDIR(status.st_mode):
                    if self.is_picture(path, status):
                        found.append(path)
                elif _identity(path) in seen:
                    self.leave(CIRCLE, path)
                else:
                    seen.add(_identity(path))
                    waiting.append(path)
            if empty and place != folder and place.suffix.lower() in SUFFIXES:
                self.leave(NO_FILE, place)
        return found


def _hidden(name: str) -> bool:
    return name.startswith('.') or name.casefold() in _SYSTEM


def _identity(path: Path) -> object:
    """Return what tells a folder from all others, however it was reached."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    return status.st_dev, status.st_ino


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder that may be labels; none if it cannot be looked into."""
    return [path for path in _entries(folder) if os.path.isdir(path)]


def _pictures(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.suffix.lower() in SUFFIXES | OTHER_SUFFIXES]


def _entries(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder) if not _hidden(name)]
    except OSError:
        return []
