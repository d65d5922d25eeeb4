# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The teaching itself of ``hybrid-snn teach``, whatever the lessons come from."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TYPE_CHECKING
import uuid

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.memory.record import Region, WHOLE

_NEARLY = 'nearly the same as another one of its label'

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.left_out import LeftOut
    from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
    from hybrid_snn_ros.vision.frame_encoder import Encoded


class Lesson(NamedTuple):
    """A frame, or a part of one, that is to be taught."""

    name: str  # of the frame
    label: str
    stamp: str  # '' where it cannot tell frames apart
    seen: 'Encoded'
    region: Region = WHOLE
    views: int | None = None  # that are learned, None for those of every frame


class Frame(NamedTuple):
    """What one frame teaches; nothing where it is left out already."""

    lessons: Sequence[Lesson] = ()
    drawn: 'DrawnFrame | None' = None  # where it teaches where things are: everything is drawn
    boxes: Sequence[Region] = ()  # that are drawn in it, those of its lessons, too
    stamp: str = ''  # of what is drawn


def teach(classifier: 'Classifier', frames: Iterable[Frame], total: int,
          taught: Counter[str], left_out: 'LeftOut', keep_pictures: bool) -> int:
    """
    Teach, counting in `taught`; return how many lessons were known before.

    All of it is one change, which one undo takes back.

    :param total: how many frames there are.
    :param keep_pictures: keep with each sample what the encoder saw of it.
    """
    from hybrid_snn_ros.vision.lesson_views import LessonViews
    progress, known, drawn = Progress('teaching'), 0, 0
    run = uuid.uuid4().hex
    try:
        for place, frame in enumerate(frames, 1):
            progress(min(place, total), total)
            for name, label, stamp, seen, region, wanted in frame.lessons:
                said = classifier.taught_as(stamp, region)
                if said not in (None, label):
                    left_out.add('taught under another label before; take that back first', name,
                                 f"as '{said}', now it is to be '{label}'")
                    continue
                views = LessonViews(classifier.frame_encoder, seen, classifier.learned_views(
                    wanted or classifier.teach_views))
                result = classifier.teach(
                    seen.codes, label, stamp=stamp, source='hybrid-snn teach', group=run,
                    region=region, views=views.codes(), frame=frame.drawn,
                    picture=views.picture if keep_pictures else None)
                known += bool(result.skipped)
                if result.remark:
                    print(printable(f"'{label}' is new: {result.remark}"))
                if not result.skipped:
                    taught[label] += 1
                else:
                    left_out.add('taught before' if said else _NEARLY, name)
            if frame.drawn is not None:
                classifier.draw(frame.drawn, frame.boxes, True, frame.stamp,
                                source='hybrid-snn teach', group=run)
                drawn += 1
    finally:
        progress.close()
    if drawn:
        print(f'{drawn} pictures teach where things are')
    return known
