# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The part of ``hybrid-snn teach`` that concerns data sets with boxes."""

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.cli.teach_lessons import Frame, Lesson

DRAWN = 40  # frames; docs/scenes.md says what so many do

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.boxed.listing import Listed, Source
    from hybrid_snn_ros.evaluation.left_out import LeftOut


def chosen(args: argparse.Namespace, sources: 'Mapping[str, Source]', classifier: 'Classifier',
           left_out: 'LeftOut') -> tuple[int, Iterator[Frame]]:
    """
    Choose the boxes that were asked for, and say what was found.

    :param sources: of evaluation.boxed.found: the parts of the set.
    :param left_out: evaluation.left_out.LeftOut, which collects what is not used.
    :return: (number of pictures, generator of what each of them teaches).
    :raises ValueError: for arguments that do not go together, and a set that cannot be taught.
    """
    from hybrid_snn_ros.evaluation.boxed_lessons import FrameDrawer, set_lessons
    part = '' if '' in sources else 'train'
    if part not in sources:
        raise ValueError(f'{args.source} holds boxes to evaluate ({", ".join(sources)}), and no '
                         'part that is called train')
    pictures = sorted(sources[part].read(left_out), key=lambda one: one.name)
    labels = {box.label for one in pictures for box in one.boxes}
    _tell(args.source, sources, part, pictures, labels)
    for absent in sorted(set(args.without) - labels):
        raise ValueError(f'--without {absent}: there is no such label in {args.source}')
    if not labels:
        raise ValueError(f'{sources[part].place} holds no picture with a box')
    if args.without:
        pictures = [_without(one, args.without) for one in pictures]
    order = np.random.default_rng(args.seed).permutation(len(pictures))
    drawer = FrameDrawer(DRAWN if args.frames is None else args.frames,
                         not (args.no_pictures or args.export), left_out)
    frames = set_lessons([pictures[place] for place in order], args.shots, classifier, drawer,
                         left_out)
    return len(pictures), (Frame(
        [Lesson(frame.name, one.label, frame.stamp, one.seen, one.region, 1)
         for one in frame.lessons], frame.drawn, frame.boxes, frame.stamp) for frame in frames)


def _tell(source: str, sources: 'Mapping[str, Source]', part: str, pictures: 'list[Listed]',
          labels: set[str]) -> None:
    boxes = sum(len(one.boxes) for one in pictures)
    others = ' and '.join(name for name in sources if name != part)
    print(printable(
        f'{source}: boxes as {sources[part].form} has them, {boxes} of {len(labels)} labels in '
        f'{len(pictures)} pictures' + f' of {part}' * bool(part)
        + f'; {others} is for `hybrid-snn evaluate`' * bool(others)))


def _without(listed: 'Listed', labels: list[str]) -> 'Listed':
    kept = [box for box in listed.boxes if box.label not in labels]
    return listed._replace(boxes=kept, complete=listed.complete and len(kept) == len(listed.boxes))
