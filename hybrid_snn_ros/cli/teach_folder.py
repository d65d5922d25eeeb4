# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The part of ``hybrid-snn teach`` that concerns folders of pictures."""

import argparse
from collections import Counter
from collections.abc import Iterator
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.cli.teach_lessons import Frame, Lesson

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.left_out import LeftOut


def chosen(args: argparse.Namespace, classifier: 'Classifier',
           left_out: 'LeftOut') -> tuple[int, Iterator[Frame]]:
    """
    Choose the pictures that were asked for; labels take turns.

    :param left_out: evaluation.left_out.LeftOut, which collects what is not used.
    :return: (number of pictures, generator of what each of them teaches).
    :raises ValueError: for arguments that do not go together, and a folder that cannot be taught.
    """
    from hybrid_snn_ros.evaluation.picture_folder import check_layout, list_pictures
    from hybrid_snn_ros.evaluation.picture_reader import PictureReader
    folder, without = Path(args.source), {name.rstrip('/') for name in args.without}
    for absent in sorted(name for name in without if not (folder / name).is_dir()):
        raise ValueError(f'--without {absent}: there is no such folder in {folder}')
    check_layout(folder, 'hybrid-snn teach')
    found = list_pictures(folder, left_out, without)
    rng = np.random.default_rng(args.seed)
    shots = args.shots or max(map(len, found.values()))
    pictures = [(place, label, files[number]) for label, files in found.items()
                for place, number in enumerate(rng.permutation(len(files)))]
    reader = PictureReader(classifier, folder, left_out)
    given: Counter[str] = Counter()

    def lessons() -> Iterator[Frame]:
        for _, label, path in sorted(pictures, key=lambda one: one[0]):
            if given[label] < shots:  # a picture that cannot be read makes room for another one
                seen = reader.encoded(path, label)
                given[label] += seen is not None
                yield Frame() if seen is None else Frame([
                    Lesson(os.path.relpath(path, folder), label, *seen)])

    return sum(min(shots, len(files)) for files in found.values()), lessons()
