# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The part of ``hybrid-snn teach`` that concerns bags."""

import argparse
from collections.abc import Iterator
import sys
from typing import TYPE_CHECKING

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.cli.teach_lessons import Named

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.left_out import LeftOut


def chosen(args: argparse.Namespace, classifier: 'Classifier',
           left_out: 'LeftOut') -> tuple[int, Iterator[Named | None]]:
    """
    Open the bag that was asked for.

    :param left_out: evaluation.left_out.LeftOut, which collects what is not used.
    :return: (number of frames, generator of (name, label, stamp, Encoded), or None for a frame
        that is left out already; the stamp is '' where it cannot tell frames apart).
    :raises ValueError: for what cannot be a label or cannot be read; the generator, too.
    """
    from hybrid_snn_ros.evaluation.bag_lessons import lessons
    from hybrid_snn_ros.memory.labels import normalise
    from hybrid_snn_ros.vision import bags
    total, frames = bags.frames(
        args.source, args.image, args.labels, normalise(args.label) if args.label else '',
        lambda sentence: print(printable(sentence), file=sys.stderr))

    def named() -> Iterator[Named | None]:
        for lesson in lessons(frames, classifier, left_out):
            # What was taught before decides, so this is asked when the one before has been taught.
            yield lesson and (lesson.name, lesson.label, classifier.name_of(
                lesson.stamp, lesson.seen.codes), lesson.seen)

    return total, named()
