# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Data sets in COCO's form: a JSON file of images, annotations and categories."""

import json
import mmap
import os
from pathlib import Path, PurePath
from typing import Any

from hybrid_snn_ros.evaluation.boxed.listing import (
    Box,
    Classes,
    content_of,
    CROWD,
    folder_in,
    Listed,
    names_in,
    NO_PICTURE,
    part_of,
    reason_of,
    Source,
)
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import SourceError

FORM = 'COCO'
MAX_BYTES = 512 * 2 ** 20  # COCO's own of 118287 pictures has 448 MiB
_KNOWN = ('boxes.json', '_annotations.coco.json')
_KEYS = (b'"images"', b'"annotations"', b'"categories"')


def sources(folder: Path) -> dict[str, Source]:
    """
    Find the lists of a folder, by their parts; '' for one that is all.

    :raises SourceError: when it cannot be told which of several is meant.
    """
    for place in (folder, folder_in(folder, 'annotations')):
        found: dict[str, list[Path]] = {}
        for path in _lists(place) if place else ():
            found.setdefault(part_of(path.stem), []).append(path)
        if found:
            if len(found) > 1:
                found.pop('', None)
            return {part: source(_only(paths)) for part, paths in found.items()}
    return {}


def source(path: Path) -> Source:
    """Return the set that a file lists."""
    return Source(FORM, path, lambda left_out: _read(path, left_out))


def is_list(path: Path) -> bool:
    """Tell whether a file lists boxes so; a known name is enough to be asked what is wrong."""
    if path.suffix.lower() != '.json' or not path.is_file():
        return False
    if path.name in _KNOWN or path.name.startswith('instances_'):
        return True
    try:
        if not 0 < path.stat().st_size <= MAX_BYTES:
            return False
        with open(path, 'rb') as file, mmap.mmap(
                file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return all(content.find(key) >= 0 for key in _KEYS)
    except (OSError, ValueError):
        return False


def _lists(folder: Path) -> list[Path]:
    return [path for name in names_in(folder) if is_list(path := folder / name)]


def _only(paths: list[Path]) -> Path:
    """Return the list that is meant where several could be."""
    named = [path for path in paths if path.name in _KNOWN or path.name.startswith('instances_')]
    best = named if len(paths) > 1 and named else paths
    if len(best) > 1:
        raise SourceError(f"{best[0].parent} holds {len(best)} lists of boxes "
                          f"({', '.join(path.name for path in best)}); name the one that is meant")
    return best[0]


def _read(path: Path, left_out: LeftOut) -> list[Listed]:
    content = content_of(path, MAX_BYTES)
    try:
        told = json.loads(content, object_hook=_without_outlines)
        del content
        classes = Classes((one['id'], one['name']) for one in told['categories'])
        find = _Finder(path)
        pictures = {one['id']: Listed(*find(one['file_name']), [], True, False, _size(one))
                    for one in told['images']}
        for one in told['annotations']:
            number, where = one['image_id'], f"annotation {one.get('id')}"[:80]
            if number not in pictures:
                left_out.add(NO_PICTURE, where, f'picture {number} is not listed'[:80])
                continue
            picture = pictures[number]
            where = f'{picture.name}, {where}'
            label = None
            if one.get('iscrowd'):
                left_out.add(CROWD, where)
            else:
                label = classes.label(one['category_id'], where, left_out)
            if label is None:
                pictures[number] = picture._replace(complete=False)
            else:
                box = one['bbox']
                picture.boxes.append(Box(label, tuple(box) if isinstance(box, list) else ()))
        return list(pictures.values())
    except SourceError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(f'{path} does not hold images, annotations and categories as COCO has '
                          f'them: {type(error).__name__}: {reason_of(error)}') from error


def _without_outlines(one: dict[str, Any]) -> dict[str, Any]:
    """Drop what is most of a large list, and nothing here."""
    one.pop('segmentation', None)
    return one


def _size(one: dict[str, Any]) -> tuple[int, int] | None:
    width, height = one.get('width'), one.get('height')
    return (width, height) if isinstance(width, int) and isinstance(height, int) and (
        width > 0 and height > 0) else None


class _Finder:
    """Finds pictures: beside their list, or where sets have them."""

    def __init__(self, path: Path) -> None:
        self._list = path
        beside = path.parent
        root = beside.parent if beside.name.lower() == 'annotations' else beside
        subset = path.stem.removeprefix('instances_')
        self._places = list(dict.fromkeys([
            beside, beside / 'images', root / subset, root / 'images' / subset, root / 'images',
            root]))

    def __call__(self, name: Any) -> tuple[Path, str]:
        """Return the path of a picture and how it is shown; it need not be there."""
        self._check(name)
        for place in self._places:
            if os.path.isfile(place / name):
                if place != self._places[0]:  # the next one lies there, too
                    self._places.remove(place)
                    self._places.insert(0, place)
                return place / name, name
        return self._places[0] / name, name

    def _check(self, name: Any) -> None:
        """Refuse a name that leads elsewhere; SourceError."""
        try:
            if isinstance(name, str) and name and '\0' not in name and os.fsencode(name):
                path = PurePath(name)
                if not path.is_absolute() and path.name and '..' not in path.parts:
                    return
        except UnicodeEncodeError:
            pass
        raise SourceError(f'the picture {name!r:.80} of {self._list} is no file of this set: a '
                          'name, or a path below it')
