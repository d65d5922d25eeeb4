# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Data sets in YOLO's form: a text file for each picture, in labels/ or beside it."""

from collections.abc import Iterator, Sequence
import os
from pathlib import Path
from typing import Any

from hybrid_snn_ros.evaluation.boxed.listing import (
    Box,
    Classes,
    content_of,
    folder_in,
    Listed,
    names_in,
    NO_BOX,
    NO_PICTURE,
    part_of,
    pictures_by_stem,
    reason_of,
    Source,
    UNREADABLE,
)
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import SourceError

FORM = 'YOLO'
_MAX_BYTES = 2 ** 20  # of a text file: some ten thousand boxes
_MAX_YAML = 2 ** 18  # bytes
_NAMES = ('data.yaml', 'classes.txt', 'obj.names', '_darknet.labels')


def sources(folder: Path) -> dict[str, Source]:
    """Find the pictures and texts of a folder, by their parts; '' for those that are all."""
    pictures, texts = folder_in(folder, 'images'), folder_in(folder, 'labels')
    if pictures and texts:
        parts = {part: _source(pictures / name, texts / name, folder)
                 for name in names_in(pictures)
                 if (part := part_of(name)) and (texts / name).is_dir()}
        whole = not parts and any(map(_begins_with_a_box, _texts(texts)))
        return {'': _source(pictures, texts, folder)} if whole else parts
    if _is_beside(folder):
        return {'': _source(folder, folder, folder)}
    return {part_of(name): _source(folder / name, folder / name, folder)
            for name in names_in(folder)
            if name.startswith('obj_') and part_of(name) and _is_beside(folder / name)}


def names_file(folder: Path) -> Path | None:
    """Return the file that names the classes of a folder, if there is one."""
    for name in names_in(folder):
        if name in _NAMES or (name.endswith(('.yaml', '.yml')) and _has_names(folder / name)):
            return folder / name
    return None


def _has_names(path: Path) -> bool:
    try:
        return 'names' in _yaml(path)
    except SourceError:
        return False


def _source(pictures: Path, texts: Path, root: Path) -> Source:
    return Source(FORM, texts, lambda left_out: _read(pictures, texts, root, left_out))


def _is_beside(folder: Path) -> bool:
    """Tell whether pictures that lie in a folder have texts with boxes beside them."""
    names = set(names_in(folder))
    return any(f'{stem}.txt' in names and _begins_with_a_box(folder / f'{stem}.txt')
               for stem in pictures_by_stem(folder))


def _begins_with_a_box(path: Path) -> bool:
    try:
        with open(path, 'rb') as file:
            return len([float(word) for word in file.readline(4096).split()]) >= 5
    except (OSError, ValueError):
        return False


def _texts(folder: Path) -> Iterator[Path]:
    return (Path(place, name) for place, _, names in os.walk(folder)
            for name in names if name.endswith('.txt'))


def _read(pictures: Path, texts: Path, root: Path, left_out: LeftOut) -> list[Listed]:
    classes, posed = _classes([texts, pictures, root, root.parent])
    listed = []
    unused = set(_texts(texts))
    for place, folders, _ in os.walk(pictures):
        folders[:] = sorted(name for name in folders if not name.startswith('.'))
        for stem, path in pictures_by_stem(Path(place)).items():
            shown = path.relative_to(pictures)
            text = (texts / shown).with_name(f'{stem}.txt')
            unused.discard(text)
            try:
                boxes, complete = _boxes(text, shown.as_posix(), classes, posed, left_out)
                listed.append(Listed(path, shown.as_posix(), boxes, complete, True))
            except SourceError as error:
                left_out.add(UNREADABLE, shown, str(error))
    for text in filter(_begins_with_a_box, sorted(unused)):
        left_out.add(NO_PICTURE, text.relative_to(texts))
    return listed


def _boxes(text: Path, shown: str, classes: Classes, posed: bool,
           left_out: LeftOut) -> tuple[list[Box], bool]:
    """Return the boxes of a picture, none where it has no text, and whether they are all."""
    boxes, complete = [], True
    lines = content_of(text, _MAX_BYTES).decode(errors='replace') if text.exists() else ''
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        where = f'{shown}, line {number}'
        try:
            words = list(map(float, line.split()))
            numbers = _numbers(words[1:5] if posed else words[1:])
            label = classes.label(int(words[0]), where, left_out)
        except (ValueError, OverflowError, IndexError) as error:
            left_out.add(NO_BOX, where, reason_of(error))
            label = None
        if label is None:
            complete = False
        else:
            boxes.append(Box(label, numbers))
    return boxes, complete


def _numbers(words: Sequence[float]) -> tuple[float, ...]:
    """Return x, y, width and height of a middle with its size, or of a polygon's corners."""
    if len(words) == 4:
        x, y, width, height = words
        return x - width / 2, y - height / 2, width, height
    if len(words) >= 6 and len(words) % 2 == 0:
        left, top = min(words[::2]), min(words[1::2])
        return left, top, max(words[::2]) - left, max(words[1::2]) - top
    raise ValueError(f'{len(words)} numbers behind the class are no box and no polygon')


def _classes(places: Sequence[Path]) -> tuple[Classes, bool]:
    """Return the classes, and whether the points of poses follow the boxes."""
    path = next(filter(None, map(names_file, dict.fromkeys(places))), None)
    if path is None:
        raise SourceError(f'{places[2]} holds boxes as YOLO has them, but not the names of their '
                          'classes: data.yaml, classes.txt or obj.names')
    if path.suffix in ('.yaml', '.yml'):
        told = _yaml(path)
        names = told.get('names')
        if not isinstance(names, (dict, list)):
            raise SourceError(f'{path} does not list the names of the classes (names: ...)')
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        # Digits are names, too; YAML has made numbers of them.
        return Classes((key, str(name) if type(name) is int else name) for key, name in pairs), (
            'kpt_shape' in told)
    lines = content_of(path, _MAX_BYTES).decode(errors='replace').splitlines()
    return Classes(enumerate(line.strip() for line in lines)), False


def _yaml(path: Path) -> dict[Any, Any]:
    """Return the mapping that a YAML file holds; SourceError where it holds none."""
    import yaml
    content = content_of(path, _MAX_YAML)
    try:
        told = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f'{path} is no YAML that can be read: {reason_of(error)}') from error
    if not isinstance(told, dict):
        raise SourceError(f'{path} does not list the names of the classes (names: ...)')
    return told
