# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn teach``: teach a memory from a folder of pictures or a bag, without ROS."""

from collections import Counter
import hashlib
from pathlib import Path
import sys

import numpy as np

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.paths import DEFAULT_MEMORY

_PICTURES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = ('Teach a memory from a folder that holds a folder of pictures for every '
                          'label, or from a ROS bag (mcap, sqlite3). The node must not be using '
                          'the memory at that time.')
    parser.add_argument('source', type=a_path, help='folder (the names of the folders in it are '
                                                    'the labels), or bag')
    parser.add_argument('--image', metavar='TOPIC', default='',
                        help='bag: topic of the images, where it has several')
    parser.add_argument('--labels', metavar='TOPIC', default='',
                        help='bag: std_msgs/String naming what is shown from then on, or '
                             'vision_msgs/Classification naming single frames by their stamp')
    parser.add_argument('--label', default='', help='bag: the label of every frame')
    parser.add_argument('--min-change', type=float, default=0.02, metavar='X',
                        help='bag: change (1 - cosine) from the newest sample of its label below '
                             'which a frame is not learned again (default: %(default)s)')
    parser.add_argument('-m', '--memory', type=a_path, metavar='DIR',
                        help=f'directory of the memory (default: {DEFAULT_MEMORY})')
    parser.add_argument('--export', type=a_path, metavar='FILE',
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
    from hybrid_snn_ros.memory.errors import StoreError
    from hybrid_snn_ros.memory.labels import LabelError, normalise
    from hybrid_snn_ros.vision import bags
    from hybrid_snn_ros.vision.encoder import EncoderError
    if args.export and args.memory:
        print('hybrid-snn teach: give --memory or --export, not both', file=sys.stderr)
        return 2
    try:
        classifier = Classifier()
        bag = bags.is_bag(args.source)
        for name in ('shots', 'without') if bag else ('image', 'labels', 'label'):
            if getattr(args, name):
                raise ValueError(f'--{name} is not for {"bags" if bag else "folders"}')
        if bag:
            if bool(args.label) == bool(args.labels):
                raise ValueError('a bag needs --label NAME or --labels TOPIC')
            classifier.min_change = args.min_change
            total, frames = bags.frames(args.source, args.image, args.labels, args.label)
            lessons = _of_bag(classifier, frames)
        else:
            pictures = _pictures(Path(args.source), args.shots, set(args.without), args.seed,
                                 lambda name: normalise(name.replace('_', ' ')))
            total, lessons = len(pictures), _of_folder(pictures)
        if not args.export:
            for remark in classifier.open(
                    args.memory or DEFAULT_MEMORY):
                print(remark)
        taught, skipped, unusable = _teach(classifier, lessons, total)
        if args.export:
            size = classifier.save(args.export)
            print(f'{args.export}: {size / 2**20:.1f} MiB')
        classifier.close()
    except (StoreError, LabelError, EncoderError, OSError, ValueError) as error:
        print(f'hybrid-snn teach: {error}', file=sys.stderr)
        return 1
    print(f'{sum(taught.values())} frames of {len(taught)} labels taught')
    for path, reason in skipped:
        print(f'left out: {path}: {reason}')
    if unusable == total:
        print(f'hybrid-snn teach: {args.source} holds nothing that can be taught', file=sys.stderr)
        return 1
    return 0


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


def _of_bag(classifier, frames):
    """Yield (name, label, stamp, codes or None)."""
    from hybrid_snn_ros.vision.frames import crop_message, FrameError
    size = classifier.encoder.input_size
    for frame in frames:
        stamp = f'{frame.stamp[0]}.{frame.stamp[1]:09d}'
        try:
            codes = classifier.encoder.codes(crop_message(
                frame.message, frame.compressed, size, classifier.crop))
        except FrameError:
            codes = None
        yield stamp, frame.label, stamp, codes


def _teach(classifier, lessons, total):
    """Return (Counter of labels taught, [(name, why not)], frames that could not be taught)."""
    progress, taught, skipped, unusable = Progress('teaching'), Counter(), [], 0
    for place, (name, label, stamp, frame) in enumerate(lessons):
        unusable += frame is None or not label
        if frame is None:
            skipped.append((name, 'not a picture that can be read'))
        elif not label:
            skipped.append((name, 'nobody said what it shows'))
        else:
            result = classifier.teach(frame, label, stamp=stamp, source='hybrid-snn teach')
            if result.skipped:
                skipped.append((name, result.skipped))
            else:
                taught[label] += 1
        progress(place + 1, total)
    progress.close()
    return taught, skipped, unusable
