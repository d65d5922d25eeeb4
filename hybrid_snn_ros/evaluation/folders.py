# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A folder of pictures as a source: train/ and test/, in each a folder for every label."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.cache import cached, encoder_fingerprint
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.picture_folder import list_pictures
from hybrid_snn_ros.evaluation.picture_reader import PictureReader
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError
from hybrid_snn_ros.vision.pictures import FORMATS

PARTS = ('train', 'test')

Pictures = list[tuple[Path, str]]  # and the label of each


def load_folder(root: str | Path, facade: Classifier,
                progress: Callable[[int, int], None] = lambda done, total: None,
                remark: Callable[[str], None] = lambda sentence: None,
                views: tuple[int, int] = (1, 1), most: int | None = None) -> Embeddings:
    """
    Embed the pictures of a folder, or read them from the cache.

    :param facade: whose encoder and crop are used.
    :param remark: called with sentences about what is left out.
    :param views: of each picture of train/ and of test/ (vision.views).
    :param most: pictures of a label that are embedded of train and of test; None for all.
    :raises SourceError: when the folder does not hold train/LABEL/ and test/LABEL/ with pictures.
    """
    root, left_out = Path(root), LeftOut()
    try:
        files = listed(root, left_out, most)
        fingerprint = {**encoder_fingerprint(facade), 'root': str(root.resolve()), 'files': [
            [path.relative_to(root).as_posix(), label, status.st_size, status.st_mtime_ns]
            for part in files for path, label in part for status in [path.stat()]],
            **({'views': views} if views != (1, 1) else {})}
        data, notes = cached(root.resolve().name, fingerprint, lambda: _embed(
            root, files, facade, progress, left_out, views), remark)
        left_out.take(notes)
    finally:
        for line in left_out.lines():
            remark(line)
    return data


def listed(root: Path, left_out: LeftOut, most: int | None = None) -> list[Pictures]:
    """Return the pictures of both parts, at most so many of a label, evenly chosen."""
    if not all((root / part).is_dir() for part in PARTS):
        raise SourceError(f'{root} must hold train/ and test/ with a folder for every class')
    parts = [list_pictures(root / part, left_out, base=root) for part in PARTS]
    strange = sorted(set(parts[1]) - set(parts[0]))
    if strange:
        raise SourceError(f"{root}/test holds {', '.join(strange)}, which train does not")
    return [[(path, label) for label, paths in part.items() for path in evenly(paths, most)]
            for part in parts]


def evenly(items: Sequence[Any], most: int | None) -> list[Any]:
    """Return at most so many items, evenly chosen; all of them for None."""
    count = len(items) if most is None else min(most, len(items))
    return [items[len(items) * place // count] for place in range(count)]


def _embed(root: Path, files: list[Pictures], facade: Classifier,
           progress: Callable[[int, int], None],
           left_out: LeftOut, views: tuple[int, int]) -> tuple[Embeddings, list[str]]:
    """Return the Embeddings, and notes of the pictures that cannot be used."""
    unusable, done = LeftOut(), 0
    names: list[str] = []
    arrays: list[np.ndarray] = []  # codes and labels of both parts
    for part, pictures, wanted in zip(PARTS, files, views):
        reader, codes, labels = PictureReader(facade, root, unusable), [], []
        for path, label in pictures:
            seen = reader.encoded(path, label)
            if seen is not None:
                more = facade.frame_encoder.view_codes(seen[1], wanted)
                codes.append(np.array([seen[1].codes, *more]) if wanted > 1 else seen[1].codes)
                labels.append(label)
            done += 1
            progress(done, sum(map(len, files)))
        if not codes:
            left_out.take(unusable.notes())
            raise SourceError(f'{root}/{part} holds no picture ({FORMATS}) that can be read')
        names = names or sorted(set(labels))
        strange = sorted(set(labels) - set(names))
        if strange:
            left_out.take(unusable.notes())
            raise SourceError(f"{root}/test holds {', '.join(strange)}, which train does not")
        arrays += [np.array(codes), np.array([names.index(label) for label in labels], np.int64)]
    train, train_labels, test, test_labels = arrays
    return (Embeddings(root.name, train, train_labels, test, test_labels, names),
            unusable.notes())
