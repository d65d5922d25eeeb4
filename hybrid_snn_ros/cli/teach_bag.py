# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The part of ``hybrid-snn teach`` that concerns bags."""

import argparse
from collections.abc import Iterator
import sys
from typing import TYPE_CHECKING

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.cli.teach_lessons import Frame, Lesson

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.left_out import LeftOut


def chosen(args: argparse.Namespace, classifier: 'Classifier',
           left_out: 'LeftOut') -> tuple[int, Iterator[Frame]]:
    """
    Open the bag that was asked for.

    :param left_out: evaluation.left_out.LeftOut, which collects what is not used.
    :return: (number of frames, generator of what each of them teaches).
    :raises ValueError: for what cannot be a label or cannot be read; the generator, too.
    """
    from hybrid_snn_ros.evaluation.bag_lessons import box_lessons, lessons
    from hybrid_snn_ros.memory.labels import normalise
    from hybrid_snn_ros.vision import bags
    total, frames = bags.frames(
        args.source, args.image, args.labels, normalise(args.label) if args.label else '',
        lambda sentence: print(printable(sentence), file=sys.stderr), args.boxes)

    # What was taught before decides on names, so they are asked for when the frame before has
    # been taught.
    def whole() -> Iterator[Frame]:
        for lesson in lessons(frames, classifier, left_out):
            yield Frame() if lesson is None else Frame([Lesson(
                lesson.name, lesson.label, classifier.name_of(lesson.stamp, lesson.seen.codes),
                lesson.seen)])

    def boxed() -> Iterator[Frame]:
        for name, stamp, found in box_lessons(frames, classifier, left_out):
            yield Frame([Lesson(name, label, classifier.name_of(stamp, seen.codes, region), seen,
                                region, 1) for label, region, seen in found])

    return total, boxed() if args.boxes else whole()
