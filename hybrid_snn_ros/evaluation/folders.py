# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A folder of pictures as a source: train/ and test/, a folder per class, jpg or png."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.cache import cached, encoder_identity
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError
from hybrid_snn_ros.memory.labels import LabelError, normalise

PARTS = ('train', 'test')
FORMATS = {'.jpg': 'jpeg', '.jpeg': 'jpeg', '.png': 'png'}

Pictures = list[tuple[Path, int]]  # and the class of each


def load_folder(root: str | Path, facade: Classifier,
                progress: Callable[[int, int], None] = lambda done, total: None,
                remark: Callable[[str], None] = lambda sentence: None) -> Embeddings:
    """
    Embed the pictures of a folder, or read them from the cache.

    :param facade: whose encoder and crop are used.
    :param remark: called with a sentence for every picture that is skipped.
    :raises SourceError: when the folder does not hold train/CLASS/ and test/CLASS/ with pictures.
    """
    root = Path(root)
    files, names = _list(root)
    stats = [[path.stat() for path, _ in part] for part in files]
    identity = {
        **encoder_identity(facade), 'root': str(root.resolve()), 'files': [
            [path.relative_to(root).as_posix(), stat.st_size, stat.st_mtime_ns]
            for part, seen in zip(files, stats) for (path, _), stat in zip(part, seen)]}
    return cached(root.resolve().name, identity, lambda: _embed(
        root, files, names, facade, progress), remark)


def _list(root: Path) -> tuple[list[Pictures], list[str]]:
    """Return the pictures of both parts and the names of the classes."""
    folders = {part: sorted(path for path in (root / part).iterdir() if path.is_dir()
                            and not path.name.startswith('.')) if (root / part).is_dir() else []
               for part in PARTS}
    if not all(folders.values()):
        raise SourceError(f'{root} must hold train/ and test/ with a folder for every class')
    try:
        names = [normalise(path.name) for path in folders['train']]
        tested = [normalise(path.name) for path in folders['test']]
    except LabelError as error:
        raise SourceError(f'{root} holds a folder that cannot name a class: {error}') from error
    if len(set(names)) < len(names) or len(set(tested)) < len(tested):
        raise SourceError(f'{root} names a class twice')
    untrained = sorted(set(tested) - set(names))
    if untrained:
        raise SourceError(f"{root}/test holds {', '.join(untrained)}, which train does not")
    files = [[(path, names.index(normalise(folder.name)))
              for folder in folders[part] for path in sorted(folder.iterdir())
              if path.suffix.lower() in FORMATS and path.is_file()] for part in PARTS]
    return files, names


def _embed(root: Path, files: Sequence[Pictures], names: list[str], facade: Classifier,
           progress: Callable[[int, int], None]) -> tuple[Embeddings, list[str]]:
    """Return the Embeddings, and a sentence for every picture that cannot be read."""
    from hybrid_snn_ros.vision.frames import crop_compressed, FrameError
    encoder, done = facade.encoder, 0
    arrays: list[Any] = []  # codes and labels of both parts
    skipped: list[str] = []
    for part, pictures in zip(PARTS, files):
        codes, labels = [], []
        for path, label in pictures:
            try:
                codes.append(encoder.codes(crop_compressed(
                    FORMATS[path.suffix.lower()], path.read_bytes(), encoder.input_size,
                    facade.crop)))
                labels.append(label)
            except (FrameError, OSError) as error:
                skipped.append(f'skipped {path}: {error}')
            done += 1
            progress(done, sum(map(len, files)))
        if not codes:
            raise SourceError(f'{root}/{part} holds no picture (jpg, png) that can be read')
        arrays += [np.array(codes), np.array(labels, dtype=np.int64)]
    train, train_labels, test, test_labels = arrays
    return Embeddings(root.name, train, train_labels, test, test_labels, names), skipped
