# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn teach``: teach a memory from a folder of pictures or a bag, without ROS."""

from collections import Counter
import hashlib
import os
from pathlib import Path

import numpy as np

from hybrid_snn_ros.cli import teach_bag
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.cli.progress import Progress

_PICTURES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = ('Teach a memory from a folder that holds a folder of pictures for every '
                          'label, or from a ROS bag (mcap, sqlite3, ROS 1). The node must not be '
                          'using the memory at that time.')
    parser.add_argument('source', help='folder (the names of the folders in it are the labels), '
                                       'or bag')
    parser.add_argument('--image', metavar='TOPIC', default='',
                        help='bag: topic of the images, where it has several')
    parser.add_argument('--labels', metavar='TOPIC', default='',
                        help='bag: std_msgs/String naming what is shown from then on, or '
                             'vision_msgs/Classification naming single frames by their stamp')
    parser.add_argument('--label', default='', help='bag: the label of every frame')
    parser.add_argument('--min-change', type=float, default=0.02, metavar='X',
                        help='bag: change (1 - cosine) from the newest sample of its label below '
                             'which a frame is not learned again (default: %(default)s)')
    parser.add_argument('-m', '--memory', metavar='DIR',
                        help='directory of the memory (default: ~/.ros/hybrid_snn_ros/classifier)')
    parser.add_argument('--export', metavar='FILE',
                        help='teach nobody but write a file that a robot can begin with '
                             '(parameter initial_memory)')
    parser.add_argument('--shots', type=int, metavar='N',
                        help='pictures taught for each label (default: all)')
    parser.add_argument('--without', metavar='LABEL', action='append', default=[],
                        help='a folder to leave out; may be given again')
    parser.add_argument('--seed', type=int, default=0, help='which pictures, and their order')


def main(args):
    """Teach; return the exit code."""
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.left_out import LeftOut
    from hybrid_snn_ros.memory.errors import StoreError
    from hybrid_snn_ros.memory.labels import LabelError, normalise
    from hybrid_snn_ros.vision import bags
    from hybrid_snn_ros.vision.encoder import EncoderError
    if args.export and args.memory:
        complain('teach', 'give --memory or --export, not both')
        return 2
    taught, left_out, begun = Counter(), LeftOut(), False
    try:
        if not os.path.lexists(args.source):
            raise ValueError(f'there is no {args.source}')
        bag = bags.is_bag(args.source)
        classifier = Classifier(min_change=args.min_change if bag else 0.0)
        for name in ('shots', 'without') if bag else ('image', 'labels', 'label'):
            if getattr(args, name):
                raise ValueError(f'--{name} is not for bags' if bag else
                                 f'--{name} is for bags, {args.source} is none')
        if bag:
            if bool(args.label) == bool(args.labels):
                raise ValueError('a bag needs --label NAME or --labels TOPIC')
            total, lessons = teach_bag.chosen(args, classifier, left_out)
        else:
            pictures = _pictures(Path(args.source), args.shots, set(args.without), args.seed,
                                 lambda name: normalise(name.replace('_', ' ')))
            total, lessons = len(pictures), _of_folder(pictures)
        if not args.export:
            for remark in classifier.open(
                    args.memory or Path('~/.ros/hybrid_snn_ros/classifier').expanduser()):
                print(remark)
        begun = True
        known = _teach(classifier, lessons, total, taught, left_out)
        if args.export:
            size = classifier.save(args.export)
            print(f'{args.export}: {size / 2**20:.1f} MiB')
        classifier.close()
    except (StoreError, LabelError, EncoderError, OSError, ValueError) as error:
        _tell(taught if begun else None, left_out)
        complain('teach', error)
        return 1
    _tell(taught, left_out)
    if not taught and not known:
        complain('teach', f'{args.source} holds nothing that can be taught')
        return 1
    return 0


def _tell(taught, left_out):
    if taught is not None:
        print(f'{sum(taught.values())} frames of {len(taught)} labels taught')
    for line in left_out.lines():
        print(printable(line))


def _pictures(folder, shots, without, seed, name):
    """Return [(path, label)], labels taking turns."""
    if not folder.is_dir():
        raise ValueError(f'{folder} is not a folder')
    if shots is not None and shots < 1:
        raise ValueError(f'--shots must be at least 1, not {shots}')
    for absent in sorted(name for name in without if not (folder / name).is_dir()):
        raise ValueError(f'--without {absent}: there is no such folder in {folder}')
    rng = np.random.default_rng(seed)
    found = []
    for directory in sorted(path for path in folder.iterdir() if path.is_dir()):
        if directory.name in without:
            continue
        files = sorted(p for p in directory.rglob('*') if p.suffix.lower() in _PICTURES)
        chosen = rng.permutation(len(files))[:shots]
        found += [(place, files[number], name(directory.name))
                  for place, number in enumerate(chosen)]
    if not found:
        raise ValueError(f'{folder} holds no folders with pictures ({", ".join(_PICTURES)})')
    return [(path, label) for _, path, label in sorted(found, key=lambda one: one[0])]


def _of_folder(pictures):
    """Yield (name, label, stamp, frame or None)."""
    import cv2
    for path, label in pictures:
        content = path.read_bytes()
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if (
            content) else None
        rgb = None if picture is None else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        # The same picture counts once, whatever its file is called.
        yield path, label, hashlib.sha256(content).hexdigest()[:32], rgb


def _teach(classifier, lessons, total, taught, left_out):
    """
    Teach, counting in `taught`; return how many lessons were known before.

    :param lessons: (name, label, stamp, frame or None), or None for one that is left out already.
    """
    progress, known = Progress('teaching'), 0
    try:
        for place, lesson in enumerate(lessons, 1):
            progress(min(place, total), total)
            if lesson is None:
                continue
            name, label, stamp, frame = lesson
            said = classifier.taught_as(stamp)
            if frame is None:
                left_out.add('not a picture that can be read', name)
            elif said not in (None, label):
                left_out.add('taught under another label before; take that back first', name,
                             f"as '{said}', now it is to be '{label}'")
            else:
                result = classifier.teach(frame, label, stamp=stamp, source='hybrid-snn teach')
                known += bool(result.skipped)
                if not result.skipped:
                    taught[label] += 1
                elif said:
                    left_out.add('taught before', name)
                else:
                    left_out.add('nearly the same as the newest of its label', name)
    finally:
        progress.close()
    return known
