# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The part of ``hybrid-snn teach`` that concerns bags."""

from collections import Counter
import sys

from hybrid_snn_ros.cli.progress import Progress


def recorded(args, classifier):
    """
    Open the bag that was named.

    :return: (number of frames, generator of vision.bags.Frame).
    :raises ValueError: for arguments that do not go together, and what cannot be read.
    """
    from hybrid_snn_ros.memory.labels import normalise
    from hybrid_snn_ros.vision import bags
    if bool(args.label) == bool(args.labels):
        raise ValueError('a bag needs --label NAME or --labels TOPIC')
    if not 0 <= args.min_change <= 1:
        raise ValueError(f'--min-change must lie between 0 and 1, not {args.min_change:g}')
    classifier.min_change = args.min_change
    label = normalise(args.label) if args.label else ''
    return bags.frames(args.source, args.image, args.labels, label,
                       lambda sentence: print(sentence, file=sys.stderr))


def teach(classifier, total, frames):
    """
    Teach what can be taught.

    :return: (Counter of labels taught, [(which frames, why not)], whether no frame is known now
        as it was named, the BagError that ended it or None).
    """
    from hybrid_snn_ros.evaluation.bag_lessons import LeftOut, lessons
    from hybrid_snn_ros.memory.stamps import stamp_text
    from hybrid_snn_ros.vision.bags import BagError
    progress, taught, left_out, known, ended = Progress('teaching'), Counter(), LeftOut(), 0, None
    try:
        for place, lesson in enumerate(lessons(frames, classifier), 1):
            why, is_known = (lesson.why, False) if lesson.why else _taught(classifier, lesson)
            known += is_known
            if why:
                left_out.add(why, lesson.stamp)
            else:
                taught[lesson.label] += 1
            progress(place, max(place, total))
    except BagError as error:
        ended = error
    finally:
        progress.close()
    skipped = []
    for count, first, reason in left_out.groups():
        stamp = stamp_text(first)
        skipped.append((f'{count} frames, the first {stamp}' if count > 1 else
                        f'1 frame, {stamp}', reason))
    return taught, skipped, not known, ended


def _taught(classifier, lesson):
    """
    Teach one frame.

    :return: (why it was not taught, in words that do not differ from frame to frame, '' if it
        was; whether it is known under its label now).
    """
    name = classifier.name_of(lesson.stamp, lesson.codes)
    before = classifier.taught_as(name) if name else None
    if before == lesson.label:
        return 'the memory holds them already', True
    if before is not None:
        return (f"they were taught as '{before}', and '{lesson.label}' is said now; take that "
                'back first'), False
    if classifier.teach(lesson.codes, lesson.label, stamp=name, source='hybrid-snn teach').skipped:
        return ('they are nearly the newest sample of their label again (--min-change '
                f'{classifier.min_change:g})'), True
    return '', True
