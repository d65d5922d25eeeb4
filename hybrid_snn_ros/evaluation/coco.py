# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Photographs with boxes in COCO's form: train/ and test/, in each the pictures and boxes.json."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.memory.labels import LabelError, normalise
from hybrid_snn_ros.vision.frames import decode_rgb
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.pictures import read
from hybrid_snn_ros.where.boxes import BoxError, checked
from hybrid_snn_ros.where.readout import MOST_BOXES

BOXES = 'boxes.json'
PARTS = ('train', 'test')
MAX_BYTES = 64 * 2 ** 20  # of boxes.json
NO_BOX = 'boxes that cannot be'
NO_PICTURE = 'no picture that can be read'


def is_pictured(root: str | Path) -> bool:
    """Tell whether a folder has boxes to its pictures."""
    return all(Path(root, part, BOXES).is_file() for part in PARTS)


def load_pictured(root: str | Path, unknown: int, seed: int,
                  progress: Callable[[int, int], None] = lambda done, total: None,
                  remark: Callable[[str], None] = lambda sentence: None) -> PicturedSet:
    """
    Read the pictures of a folder and their boxes.

    :param unknown: labels that are never taught, drawn by the seed.
    :param remark: called with sentences about what is left out.
    :raises SourceError: when the folder does not hold that, or cannot be asked so.
    """
    root, left_out = Path(root), LeftOut()
    try:
        lists = [_listed(root / part, left_out) for part in PARTS]
        total, done = sum(map(len, lists)), 0
        parts: list[list[Pictured]] = []
        for part, files in zip(PARTS, lists):
            parts.append([])
            for name, things in files:
                pictured = _pictured(root / part, name, things, left_out)
                if pictured is not None:
                    parts[-1].append(pictured)
                done += 1
                progress(done, total)
            if not any(len(one.boxes) for one in parts[-1]):
                raise SourceError(f'{root / part} holds no picture with a box')
    finally:
        for line in left_out.lines():
            remark(line)
    train, test = parts
    labels = sorted({name for one in train for name in one.names})
    strange = sorted({name for one in test for name in one.names} - set(labels))
    if strange:
        raise SourceError(f"{root}/test holds {', '.join(strange)}, which train does not")
    if not 0 <= unknown < len(labels) - 1:
        raise SourceError(f'--unknown must lie in 0..{max(len(labels) - 2, 0)}, {root} has '
                          f'{len(labels)} labels, not {unknown}')
    order = np.random.default_rng(seed).permutation(labels).tolist()
    most = max(MOST_BOXES, 2 * max(len(one.boxes) for one in train))
    return PicturedSet(root.resolve().name, train, test, [], frozenset(order[unknown:]), {}, most)


def _listed(folder: Path, left_out: LeftOut) -> list[tuple[str, list[tuple[Any, str]]]]:
    """Return [(name of the picture, [(box in pixels, label)])] of one part."""
    path = folder / BOXES
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f'{path} has {path.stat().st_size} bytes, the limit is {MAX_BYTES}')
        content = json.loads(path.read_bytes())
        labels = {one['id']: normalise(one['name']) for one in content['categories']}
        files: dict[Any, tuple[str, list[tuple[Any, str]]]] = {
            one['id']: (_plain(one['file_name']), []) for one in content['images']}
        for one in content['annotations']:
            if one.get('iscrowd'):
                left_out.add(NO_BOX, f"{folder.name}: annotation {one['id']}", 'a crowd')
                continue
            files[one['image_id']][1].append((one['bbox'], labels[one['category_id']]))
    except SourceError:
        raise
    except LabelError as error:
        raise SourceError(f'{path} has a category that cannot be a label: {error}') from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise SourceError(f'{path} does not hold images, annotations and categories as COCO has '
                          f'them: {type(error).__name__}: {reason:.100}') from error
    return list(files.values())


def _plain(name: Any) -> str:
    """Return a file's name; SourceError for one that leads elsewhere."""
    if not isinstance(name, str) or name in ('', '.', '..') or Path(name).name != name or (
            '\0' in name):
        raise SourceError(f'the picture {name!r:.80} of {BOXES} is no name of a file beside it')
    return name


def _pictured(folder: Path, name: str, things: list[tuple[Any, str]],
              left_out: LeftOut) -> Pictured | None:
    """Read a picture; None, and what was wrong, where it cannot be."""
    shown = f'{folder.name}/{name}'
    try:
        image = decode_rgb('', read(folder / name))
    except FrameError as error:
        left_out.add(NO_PICTURE, shown, str(error))
        return None
    boxes, names = [], []
    scale = np.tile(image.shape[1::-1], 2)
    for box, label in things:
        try:
            pixels = np.array(box, np.float64)
            if pixels.shape != (4,):
                raise BoxError('a box is four numbers: x, y, width, height')
            boxes.append(checked([pixels / scale])[0])
            names.append(label)
        except (BoxError, TypeError, ValueError) as error:
            left_out.add(NO_BOX, shown, ' '.join(str(error).split()))
    return Pictured(image, np.array(boxes).reshape(-1, 4), tuple(names))
