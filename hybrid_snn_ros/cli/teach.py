# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn teach``: teach a memory from pictures, boxes in them or a bag, without ROS."""

import argparse
from collections import Counter
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_snn_ros.cli import crop_arguments, teach_bag, teach_boxes, teach_folder
from hybrid_snn_ros.cli.checked_arguments import at_least_one, no_seed_below_zero
from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.cli.teach_lessons import teach
from hybrid_snn_ros.defaults import MIN_CHANGE, TEACH_VIEWS
from hybrid_snn_ros.paths import DEFAULT_MEMORY, user_path

if TYPE_CHECKING:
    from hybrid_snn_ros.evaluation.left_out import LeftOut

EPILOG = (
    'A folder: every folder in it is a label (coffee_mug becomes "coffee mug"), with the pictures '
    'in it and below: jpg, png, webp, bmp, turned upright as their EXIF says. The same picture '
    'counts once, also in a later run. Hidden and system folders are skipped. If a file cannot be '
    'taught, the command leaves it out, says why, and teaches the rest. A folder with train/ and '
    'test/ is for `hybrid-snn evaluate`: teach its train/. Data sets with boxes: each box teaches '
    'what is in it: the square around it, in one view. Read are COCO (a JSON file such as '
    'boxes.json, _annotations.coco.json or annotations/instances_train2017.json, the pictures '
    'beside it, in images/ or where their names lead), YOLO (images/ and labels/, or texts beside '
    'the pictures; the classes in data.yaml, classes.txt or obj.names; polygons become boxes) and '
    'Pascal VOC (Annotations/ and JPEGImages/, or XML beside the pictures). Of a set with parts '
    'train is taught. A bag with --boxes is taught likewise. Exit code: 0 something is taught, or '
    'was before; 1 nothing was taught, or the run broke off; 2 the options contradict each other.')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = ('Teach a memory from a folder that holds a folder of pictures for every '
                          'label, from a data set with boxes (COCO, YOLO, Pascal VOC), or from a '
                          'ROS bag (mcap, sqlite3, ROS 1).')
    parser.epilog = EPILOG
    parser.add_argument('source', type=a_path, help='folder (the names of the folders in it are '
                                                    'the labels), data set with boxes, or bag')
    parser.add_argument('--image', metavar='TOPIC', default='',
                        help='bag: topic of the images, if it has several')
    parser.add_argument('--labels', metavar='TOPIC', default='',
                        help='bag: std_msgs/String that names what is shown from then on, or '
                             'vision_msgs/Classification that names single frames by their '
                             'stamp')
    parser.add_argument('--boxes', metavar='TOPIC', default='',
                        help='bag: vision_msgs/Detection2DArray of boxes in the frames of their '
                             'stamps; each teaches what is in it as its first class_id')
    parser.add_argument('--label', default='', help='bag: the label of every frame')
    parser.add_argument('--min-change', type=float, metavar='X',
                        help='bag: least change (1 - cosine) from all samples of the label; '
                             'a frame that changed less is not learned again (default: '
                             f'{MIN_CHANGE})')
    parser.add_argument('-m', '--memory', type=a_path, metavar='DIR',
                        help=f'directory of the memory (default: {DEFAULT_MEMORY})')
    parser.add_argument('--export', type=a_path, metavar='FILE',
                        help='teach no memory, but write a file that a robot can start from '
                             '(parameter initial_memory)')
    parser.add_argument('--force', action='store_true',
                        help='replace the file of --export if it exists')
    parser.add_argument('--views', type=int, choices=(1, TEACH_VIEWS), default=TEACH_VIEWS,
                        help='what is learned of each picture: 1 the picture alone, 6 also its '
                             'mirror image and parts of it, each as a sixth of a sample (default: '
                             '%(default)s)')
    parser.add_argument('--no-pictures', action='store_true',
                        help='do not keep what the encoder saw of each picture, a JPEG of about '
                             '9 kB, or 16 kB with its views (a file of --export holds none)')
    parser.add_argument('--shots', type=int, metavar='N',
                        help='folder: pictures taught for each label, of a data set boxes '
                             '(default: all)')
    parser.add_argument('--frames', type=int, metavar='N',
                        help='data set: pictures that also teach where things are, of those whose '
                             'boxes can all be used; each takes about 90 kB, 65 kB with '
                             f'--no-pictures (default: {teach_boxes.DRAWN})')
    parser.add_argument('--without', metavar='LABEL', action='append', default=[],
                        help='folder, data set: a label to leave out; may be given again')
    parser.add_argument('--seed', type=int, default=0,
                        help='folder, data set: which pictures, and in which order (default: '
                             '%(default)s)')
    crop_arguments.add_arguments(parser, 'what the memory was taught with, else ')


def main(args: argparse.Namespace) -> int:
    """Teach; return the exit code."""
    # What OpenCV has to say of a damaged picture is said here, with the picture's name.
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation.boxed import found
    from hybrid_snn_ros.evaluation.left_out import LeftOut
    from hybrid_snn_ros.memory.contents import stored_fingerprint
    from hybrid_snn_ros.memory.errors import StoreError
    from hybrid_snn_ros.memory.labels import LabelError
    from hybrid_snn_ros.vision import bags
    from hybrid_snn_ros.vision.encoder import EncoderError
    for name, path in (('the folder or bag', args.source), ('--memory', args.memory),
                       ('--export', args.export)):
        if path == '':  # a variable of a script that was not set must not mean the default
            complain('teach', f'the path of {name} is empty')
            return 2
    if args.export and args.memory:
        complain('teach', 'give --memory or --export, not both')
        return 2
    taught: Counter[str] = Counter()
    left_out, begun, what = LeftOut(), False, 'frames'
    try:
        memory = None if args.export else user_path(args.memory or DEFAULT_MEMORY)
        if not os.path.lexists(args.source):
            raise ValueError(f'there is no {args.source}')
        bag = bags.is_bag(args.source)
        sources = {} if bag else found(args.source)
        _check(args, bag, bool(sources))
        what = 'boxes' if sources or args.boxes else 'frames'
        stored = {} if memory is None else stored_fingerprint(memory)
        classifier = Classifier(args.model, crop=crop_arguments.crop_of(args, stored),
                                min_change=args.min_change or 0.0)
        classifier.teach_views = args.views
        if not args.model and stored.get('encoder', classifier.encoder.digest) != (
                classifier.encoder.digest):
            raise ValueError(f'{memory} was taught with another encoder (sha256 '
                             f'{stored["encoder"][:12]}...): name its file with --model')
        if bag:
            total, lessons = teach_bag.chosen(args, classifier, left_out)
        elif sources:
            total, lessons = teach_boxes.chosen(args, sources, classifier, left_out)
        else:
            total, lessons = teach_folder.chosen(args, classifier, left_out)
        if memory is not None:
            for remark in classifier.open(memory):
                print(printable(remark))
        begun = True
        known = teach(classifier, lessons, total, taught, left_out,
                      keep_pictures=not (args.no_pictures or args.export))
        if args.export and taught:
            size = classifier.save(args.export)
            print(f'{printable(args.export)}: {size / 2**20:.1f} MiB')
        classifier.close()
    except (StoreError, LabelError, EncoderError, OSError, ValueError) as error:
        _tell(taught if begun else None, left_out, what)
        complain('teach', error)
        return 1
    _tell(taught, left_out, what)
    if not taught and not known:
        complain('teach', f'{args.source} holds nothing that can be taught')
        return 1
    return 0


def _tell(taught: Counter[str] | None, left_out: 'LeftOut', what: str) -> None:
    if taught is not None:
        print(f'{sum(taught.values())} {what} of {len(taught)} labels taught')
    for line in left_out.lines():
        print(printable(line))


def _check(args: argparse.Namespace, bag: bool, boxed: bool) -> None:
    """Refuse what cannot be before anything is done; ValueError, a sentence."""
    for name in ('shots', 'without') if bag else (
            'image', 'labels', 'boxes', 'label', 'min_change'):
        if getattr(args, name) not in (None, '', []):
            raise ValueError(f'--{name.replace("_", "-")} is ' + (
                'not for bags' if bag else f'for bags, {args.source} is none'))
    if bag and [args.label, args.labels, args.boxes].count('') != 2:
        raise ValueError('a bag needs one of --label NAME, --labels TOPIC and --boxes TOPIC')
    if bag and args.min_change is None:
        args.min_change = MIN_CHANGE
    at_least_one(args, 'shots')
    if args.frames is not None and not boxed:
        raise ValueError(f'--frames is for data sets with boxes, {args.source} is none')
    if args.frames is not None and args.frames < 0:
        raise ValueError(f'--frames must be at least 0, not {args.frames}')
    no_seed_below_zero(args)
    if not args.export:
        if args.force:
            raise ValueError('--force is for --export')
        return
    path = Path(args.export)
    if path.is_dir():
        raise ValueError(f'--export needs a file, {path} is a folder')
    if os.path.lexists(path) and not (path.is_file() and args.force):
        raise ValueError(f'{path} is there already; ' + (
            'give --force to replace it' if path.is_file() else 'it is not a file'))
    if not path.absolute().parent.is_dir():
        raise ValueError(f'the folder of --export {path} does not exist')
    if not os.access(path.absolute().parent, os.W_OK):
        raise ValueError(f'nothing can be written into the folder of --export {path}')
