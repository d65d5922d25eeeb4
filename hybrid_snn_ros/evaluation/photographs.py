# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A data set with boxes as frames to teach and frames to ask."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from hybrid_snn_ros.evaluation.boxed import found
from hybrid_snn_ros.evaluation.boxed.reading import BoxReader
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.where.readout import MOST_BOXES


def load_photographs(root: str | Path, unknown: int, seed: int,
                     progress: Callable[[int, int], None] = lambda done, total: None,
                     remark: Callable[[str], None] = lambda sentence: None) -> PicturedSet:
    """
    Read the pictures of a data set and their boxes: train is taught, test, or else val, asked.

    :param unknown: labels that are never taught, drawn by the seed.
    :param remark: called with sentences about what is left out.
    :raises SourceError: when the set does not hold that, or cannot be asked so.
    """
    root, left_out, sources = Path(root), LeftOut(), found(root)
    asked = 'test' if 'test' in sources else 'val'
    if not {'train', asked} <= set(sources):
        there = ' and '.join(part for part in sources if part) or 'all in one'
        raise SourceError(f'{root} must hold train/ and test/, or train/ and val/, with pictures '
                          f'and their boxes; it has them {there}')
    try:
        lists = [sorted(sources[part].read(left_out), key=lambda one: one.name)
                 for part in ('train', asked)]
        total, done, reader = sum(map(len, lists)), 0, BoxReader(left_out)
        parts: list[list[Pictured]] = []
        for part, pictures in zip(('train', asked), lists):
            parts.append([])
            for listed in pictures:
                read = reader.read(listed)
                if read is not None:
                    parts[-1].append(read.pictured(listed))
                done += 1
                progress(done, total)
            if not any(len(one.boxes) for one in parts[-1]):
                raise SourceError(f'{sources[part].place} holds no picture with a box')
    finally:
        for line in left_out.lines():
            remark(line)
    train, test = parts
    labels = sorted({name for one in train for name in one.names})
    strange = sorted({name for one in test for name in one.names} - set(labels))
    if strange:
        raise SourceError(f"{root}/{asked} holds {', '.join(strange)}, which train does not")
    if not 0 <= unknown < len(labels) - 1:
        raise SourceError(f'--unknown must lie in 0..{max(len(labels) - 2, 0)}, {root} has '
                          f'{len(labels)} labels, not {unknown}')
    order = np.random.default_rng(seed).permutation(labels).tolist()
    most = max(MOST_BOXES, 2 * max(len(one.boxes) for one in train))
    return PicturedSet(root.resolve().name, train, test, [], frozenset(order[unknown:]), {}, most)
