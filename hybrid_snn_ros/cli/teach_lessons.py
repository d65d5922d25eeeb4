# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The teaching itself of ``hybrid-snn teach``, whatever the lessons come from."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
import uuid

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.cli.progress import Progress

_NEARLY = 'nearly the same as another one of its label'

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.left_out import LeftOut
    from hybrid_snn_ros.vision.frame_encoder import Encoded

# Name of a frame, its label, its stamp ('' where it cannot tell frames apart), what was seen.
Named = tuple[str, str, str, 'Encoded']


def teach(classifier: 'Classifier', lessons: Iterable[Named | None], total: int,
          taught: Counter[str], left_out: 'LeftOut', keep_pictures: bool) -> int:
    """
    Teach, counting in `taught`; return how many lessons were known before.

    All of it is one change, which one undo takes back.

    :param lessons: (name, label, stamp, Encoded), or None for one that is left out already.
    :param keep_pictures: keep with each sample what the encoder saw of it.
    """
    from hybrid_snn_ros.vision.lesson_views import LessonViews
    progress, known, run = Progress('teaching'), 0, uuid.uuid4().hex
    try:
        for place, lesson in enumerate(lessons, 1):
            progress(min(place, total), total)
            if lesson is None:
                continue
            name, label, stamp, seen = lesson
            said = classifier.taught_as(stamp)
            if said not in (None, label):
                left_out.add('taught under another label before; take that back first', name,
                             f"as '{said}', now it is to be '{label}'")
            else:
                views = LessonViews(classifier.frame_encoder, seen,
                                    classifier.learned_views(classifier.teach_views))
                result = classifier.teach(
                    seen.codes, label, stamp=stamp, source='hybrid-snn teach', group=run,
                    views=views.codes(), picture=views.picture if keep_pictures else None)
                known += bool(result.skipped)
                if result.remark:
                    print(printable(f"'{label}' is new: {result.remark}"))
                if not result.skipped:
                    taught[label] += 1
                elif said:
                    left_out.add('taught before', name)
                else:
                    left_out.add(_NEARLY, name)
    finally:
        progress.close()
    return known
