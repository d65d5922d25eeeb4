# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Data sets in Pascal VOC's form: an XML file for each picture, in Annotations/ or beside it."""

from pathlib import Path
from xml.etree import ElementTree

from hybrid_snn_ros.evaluation.boxed.listing import (
    Box,
    Classes,
    content_of,
    DIFFICULT,
    folder_in,
    Listed,
    names_in,
    NO_PICTURE,
    part_of,
    pictures_by_stem,
    reason_of,
    Source,
    UNREADABLE,
)
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import SourceError

FORM = 'Pascal VOC'
_MAX_BYTES = 4 * 2 ** 20  # of an XML file


def sources(folder: Path) -> dict[str, Source]:
    """Find the XML files of a folder, by their parts; '' for those that are all."""
    lists = folder_in(folder, 'annotations')
    if lists is None:
        beside = {path.stem for path in _lists(folder)} & set(pictures_by_stem(folder))
        return {'': _source(folder, folder, None)} if any(
            _is_list(folder / f'{stem}.xml') for stem in sorted(beside)) else {}
    if not any(map(_is_list, _lists(lists))):
        return {}
    pictures = folder_in(folder, 'jpegimages', 'images') or folder
    chosen = folder / 'ImageSets' / 'Main'
    parts = {part: _source(lists, pictures, chosen / name) for name in names_in(chosen)
             if name.endswith('.txt') and (part := part_of(name.removesuffix('.txt')))}
    return parts or {'': _source(lists, pictures, None)}


def _source(lists: Path, pictures: Path, chosen: Path | None) -> Source:
    return Source(FORM, chosen or lists, lambda left_out: _read(
        lists, pictures, chosen, left_out))


def _lists(folder: Path) -> list[Path]:
    return [folder / name for name in names_in(folder) if name.lower().endswith('.xml')]


def _is_list(path: Path) -> bool:
    try:
        with open(path, 'rb') as file:
            return b'<annotation' in file.read(4096)
    except OSError:
        return False


def _read(lists: Path, pictures: Path, chosen: Path | None, left_out: LeftOut) -> list[Listed]:
    """
    Read the lists of a folder.

    :param chosen: file that names those of one part, a line each; None for all.
    """
    paths = _lists(lists)
    if chosen is not None:
        lines = content_of(chosen, 16 * _MAX_BYTES).decode(errors='replace').splitlines()
        wanted = {line.split()[0] for line in lines if line.strip()}
        paths = [path for path in paths if path.stem in wanted]
    by_stem = pictures_by_stem(pictures)
    listed = []
    for path in paths:
        if path.stem not in by_stem:
            left_out.add(NO_PICTURE, path.name)
            continue
        picture = by_stem[path.stem]
        try:
            root = _parsed(content_of(path, _MAX_BYTES))
            boxes, complete = _boxes(root, path.name, left_out)
            listed.append(Listed(picture, picture.name, boxes, complete, False, _size(root)))
        except SourceError as error:
            left_out.add(UNREADABLE, path.name, str(error))
        except (ValueError, ElementTree.ParseError) as error:
            left_out.add(UNREADABLE, path.name, reason_of(error))
    return listed


class _Builder(ElementTree.TreeBuilder):
    """Builds a tree of what needs no document type, which could define entities without end."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Refuse it."""
        raise ValueError('it has a DOCTYPE, which is not read')


def _parsed(content: bytes) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Builder())
    parser.feed(content)
    root = parser.close()
    if root.tag != 'annotation':
        raise ValueError(f'it holds <{root.tag}>, not <annotation>')
    return root


def _boxes(root: ElementTree.Element, shown: str, left_out: LeftOut) -> tuple[list[Box], bool]:
    """Return the boxes of a picture, and whether they are all."""
    boxes, complete = [], True
    for number, thing in enumerate(root.findall('object'), 1):
        where, label = f'{shown}, object {number}', None
        name = (thing.findtext('name') or '').strip()
        if (thing.findtext('difficult') or '').strip() == '1':
            left_out.add(DIFFICULT, where)
        else:
            label = Classes([(name, name)]).label(name, where, left_out)
        if label is None:
            complete = False
        else:
            boxes.append(Box(label, _numbers(thing)))
    return boxes, complete


def _numbers(thing: ElementTree.Element) -> tuple[float, ...]:
    """Return x, y, width and height in pixels; nothing where there are no corners."""
    try:
        left, top, right, bottom = (float(thing.findtext(f'bndbox/{name}') or '')
                                    for name in ('xmin', 'ymin', 'xmax', 'ymax'))
    except ValueError:
        return ()
    return left - 1, top - 1, right - left + 1, bottom - top + 1


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    width, height = (root.findtext(f'size/{name}') or '' for name in ('width', 'height'))
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() and (
        int(width) and int(height)) else None
