# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Data sets of pictures with boxes, in the forms that people have them in.

One reader a form (``coco``, ``yolo``, ``voc``) lists pictures and boxes; ``reading`` reads the
pictures and checks the boxes, which are then the same whatever form they were written in.
"""

from pathlib import Path

from hybrid_snn_ros.evaluation.boxed import coco, voc, yolo
from hybrid_snn_ros.evaluation.boxed.listing import folder_in, names_in, part_of, Source
from hybrid_snn_ros.evaluation.sources import SourceError

__all__ = ['found']


def found(place: str | Path) -> dict[str, Source]:
    """
    Find what a folder, or a JSON file, lists; nothing where it is no data set with boxes.

    :return: 'train', 'val', 'test', as far as there are such parts, or '' for all.
    :raises SourceError: when there is something of a data set, and not enough.
    """
    place = Path(place)
    if not place.is_dir():
        listed = place.suffix.lower() == '.json' and place.is_file()
        return {'': coco.source(place)} if listed else {}
    own = _sources(place)
    if own:
        return own
    parts = {}
    for name in names_in(place):
        if part_of(name) and (place / name).is_dir():
            inner = _sources(place / name)
            if '' in inner:
                parts[part_of(name)] = inner['']
    if not parts and (place / 'data.yaml').exists() and folder_in(place, 'images', 'labels'):
        raise SourceError(f'{place} has the data.yaml of a data set with boxes, but not both '
                          'images/ and labels/ with a text of boxes for each picture')
    return parts


def _sources(folder: Path) -> dict[str, Source]:
    for form in (coco, yolo, voc):
        sources = form.sources(folder)
        if sources:
            return sources
    return {}
