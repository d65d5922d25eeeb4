# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn evaluate``: teach a set of embeddings by a protocol and score what was learned."""

import argparse
from collections.abc import Iterable, Sequence
import json
import os
from pathlib import Path
import sys
import time
from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.cli import checked_arguments, crop_arguments, evaluate_scenes, json_file
from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.evaluation import PROTOCOLS
from hybrid_snn_ros.snn.rules import DEFAULT, RULES

if TYPE_CHECKING:
    from hybrid_snn_ros.evaluation.protocols import Outcome
    from hybrid_snn_ros.evaluation.settings import Settings
    from hybrid_snn_ros.evaluation.sources import Embeddings

TURNTABLE = 'turntable'  # the source that is rendered here
_FALSE_UNKNOWN = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add('source', type=a_path, metavar='SOURCE',
        help='embedding pack (.npz), folder with train/ and test/ (in each a folder for every '
             'label, with jpg, png, webp or bmp in it and below), data set with boxes (COCO, '
             'YOLO or Pascal VOC, with train and test or val; `teach --help` has more), ROS bag '
             '(mcap, sqlite3, ROS 1), "turntable", or "scenes": several things on a floor, '
             'rendered')
    add('--protocol', choices=PROTOCOLS,
        help='joint: all samples once, shuffled (default); few-shot: K samples a class; '
             'incremental: label after label; newcomer: each label in turn has K samples '
             '(default: 1), the others all; open-set: N classes are never taught; questions: '
             'so, and the robot asks for their names as they come by (default: a third of the '
             'classes); audit: a tenth of the samples has wrong labels; stream: '
             'things come and go before a camera, a hand between them; turntable: 20 known and '
             '10 new objects (default for the turntable)')
    add('--shots', type=int, metavar='K',
        help='samples to teach of each class (default: all; of frames with boxes 10 crops)')
    add('--unknown', type=int, default=0, metavar='N',
        help='classes never taught, in open-set, questions and of photographs with boxes')
    add('--other', type=int, default=0, metavar='K',
        help='open-set: frames that are taught as `other`, of half of the N classes; the other '
             'half is asked')
    add('--smoothing', type=int, default=1, metavar='N',
        help='stream: frames of one scene over which answers are averaged (default: 1)')
    add('--times', type=int, default=1, metavar='N',
        help='how often each sample is taught, as by a button that is held down (default: 1)')
    add('--views', type=int, default=1, choices=(1, 2, 3, 6), metavar='K',
        help='folder: views of each picture that are taught, 1, 2, 3 or 6 (default: 1; the node '
             'takes 6)')
    add('--answer-views', type=int, default=1, choices=(1, 2, 3, 6), metavar='K',
        help='folder: views of each test picture that are asked, 1, 2, 3 or 6 (default: 1)')
    add('--condition', default='plain', choices=('plain', 'jitter', 'varied'),
        help='what changes between views of the turntable (default: %(default)s)')
    add('--labels', metavar='TOPIC', default='',
        help='bag: std_msgs/String that names what is shown from then on, or '
             'vision_msgs/Classification that names single frames by their stamp')
    add('--image', metavar='TOPIC', default='',
        help='bag: topic of the images, if it has several')
    add('--test', type=a_path, metavar='BAG',
        help='bag: another one to test on (default: the last frames of each label, which are '
             'then not taught)')
    add('--asked', type=float, metavar='SHARE', default=0.3,
        help='bag: share of those last frames (default: %(default)s)')
    crop_arguments.add_arguments(parser, '')
    add('--rule', default=DEFAULT, choices=RULES,
        help='learning rule (default: %(default)s)')
    add('--set', metavar='NAME=VALUE', action='append', default=[],
        help='a constant of the rule; may be given again')
    add('--false-unknown', type=float, metavar='SHARE',
        help='nominal share of frames of taught labels that are called unknown (default: '
             f'{_FALSE_UNKNOWN}; of frames with boxes {evaluate_scenes.DEFAULT_FALSE_UNKNOWN})')
    add('--orders', type=int, default=5, metavar='N',
        help='orders, draws and class choices to average over (default: %(default)s)')
    add('--seed', type=int, default=0, help='seed of the first order, or of the scenes')
    add('--baselines', action='store_true',
        help='compare with ten other read-outs on the same samples: those of scikit-learn and '
             'our own (extra baselines)')
    add('--json', type=a_path, metavar='FILE', help='write the figures to a file')
    add('--plots', type=a_path, metavar='DIR',
        help='draw the figures into a directory (extra plots); of frames with boxes the nine '
             'first and the nine worst')
    add('--jobs', type=int, metavar='N',
        help='processes (default: two if there are two cores and the work is worth it)')
    evaluate_scenes.add_arguments(add)


def main(args: argparse.Namespace) -> int:
    """Run the protocol; return the exit code."""
    # What OpenCV has to say of a damaged picture is said here, with the picture's name.
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
    try:
        boxed = evaluate_scenes.is_mine(args.source)
        params = constants(args.set) if boxed else {}
    except ValueError as error:
        complain('evaluate', error)
        return 2
    if boxed:
        return evaluate_scenes.main(args, params)
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation import baselines, plots, report, runner
    from hybrid_snn_ros.evaluation import settings as settings_of
    from hybrid_snn_ros.evaluation.sources import SourceError
    from hybrid_snn_ros.vision.encoder import EncoderError
    begin = time.monotonic()
    try:
        settings = _settings(args, settings_of.Settings)
        # Everything that can be refused is refused before pictures are embedded.
        Classifier(rule=settings.rule, params=settings.params, inputs=1)
        settings_of.check(settings)
        if args.baselines:
            baselines.check()
        if args.plots:
            plots.check()
        data = _load(args)
        data = data._replace(name=printable(data.name))
        jobs = args.jobs or runner.default_jobs(data, args.orders)
        progress = Progress(f'{data.name}, {settings.protocol}, {settings.rule}')
        try:
            outcomes = runner.run(data, settings, range(args.seed, args.seed + args.orders),
                                  jobs, progress)
        finally:
            progress.close()
    except (SourceError, ValueError, EncoderError, OSError, baselines.BaselineError,
            plots.PlotError) as error:
        complain('evaluate', error)
        return 2
    figures = report.summarise(outcomes, settings, data)
    figures = {'protocol': settings.protocol, 'source': args.source, **figures,
               'seed': args.seed, 'seconds': round(time.monotonic() - begin, 1)}
    if args.source == TURNTABLE:
        figures['condition'] = args.condition
    figures |= {name: getattr(args, name) for name in ('views', 'answer_views')
                if getattr(args, name) > 1}
    # Files first: they are not to be lost when the reader of the table leaves early.
    code = max(_write_json(args.json, figures), _draw(args.plots, outcomes, figures, data))
    print('\n'.join(map(printable, report.table(figures, data.name))))
    print(f"{figures['seconds']} s, {jobs} process{'es' * (jobs > 1)}"
          + f'; plots in {printable(args.plots)}' * bool(args.plots))
    return code


def _settings(args: argparse.Namespace, form: type['Settings']) -> 'Settings':
    """Check the arguments; ValueError, one sentence, for one that cannot be."""
    checked_arguments.at_least_one(args, 'orders', 'jobs')
    checked_arguments.no_seed_below_zero(args)
    checked_arguments.in_a_directory(args, 'json')
    protocol = args.protocol or ('turntable' if args.source == TURNTABLE else 'joint')
    if protocol == 'turntable' and args.source != TURNTABLE:
        raise ValueError('--protocol turntable needs the SOURCE turntable')
    false_unknown = _FALSE_UNKNOWN if args.false_unknown is None else args.false_unknown
    return form(protocol, args.rule, constants(args.set), false_unknown, args.shots, args.unknown,
                 args.baselines, args.other, args.smoothing,
                args.times, bool(args.plots))


def _load(args: argparse.Namespace) -> 'Embeddings':
    """Return the embeddings of the source, made now where they are not."""
    from hybrid_snn_ros.evaluation.sources import load_pack
    from hybrid_snn_ros.vision import bags
    recorded = bags.is_bag(args.source)
    for name in ('labels', 'image', 'test'):
        if getattr(args, name) and not recorded:
            if args.source != TURNTABLE and not Path(args.source).exists():
                raise ValueError(f'there is no {args.source}')
            raise ValueError(f'--{name} is for bags, {args.source} is none')
    views = args.views, args.answer_views
    if views != (1, 1) and (recorded or not Path(args.source).is_dir()):
        raise ValueError('--views and --answer-views need a folder of pictures, '
                         f'{args.source} is none')
    if args.source != TURNTABLE and not Path(args.source).is_dir() and not recorded:
        if args.model or args.crop is not None or args.roi is not None:
            raise ValueError('--model, --crop and --roi need pictures, '
                             f'{args.source} holds embeddings')
        return load_pack(args.source)
    from hybrid_snn_ros.classifier import Classifier
    # By default what a robot would use.
    facade = Classifier(args.model or None, crop=crop_arguments.crop_of(args))
    progress = Progress(f'embedding {args.source}')
    try:
        if args.source == TURNTABLE:
            from hybrid_snn_ros.evaluation.turntable_source import load_turntable
            return load_turntable(args.condition, facade, progress)
        if recorded:
            from hybrid_snn_ros.evaluation.bag_source import load_bag
            return load_bag(args.source, facade, args.image, args.labels, args.test, args.asked,
                            progress, _remark)
        from hybrid_snn_ros.evaluation.folders import load_folder
        return load_folder(args.source, facade, progress, _remark, views=views)
    finally:
        progress.close()


def _remark(sentence: str) -> None:
    print(printable(sentence), file=sys.stderr)


def _write_json(path: str | None, figures: dict[str, Any]) -> int:
    if not path:
        return 0
    try:
        json_file.write(path, figures)
    except OSError as error:
        complain('evaluate', f'{path} cannot be written: {error.strerror}')
        return 1
    return 0


def _draw(directory: str | None, outcomes: Sequence['Outcome'], figures: dict[str, Any],
          data: 'Embeddings') -> int:
    if not directory:
        return 0
    from hybrid_snn_ros.evaluation import plots
    try:
        plots.draw(directory, outcomes, figures, data)
    except OSError as error:
        complain('evaluate', f'plots cannot be written: {error}')
        return 1
    return 0


def constants(settings: Iterable[str]) -> dict[str, int | float]:
    """Turn NAME=VALUE texts into a dict of numbers and truth values; ValueError if one is not."""
    params = {}
    for setting in settings:
        name, separator, text = setting.partition('=')
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = float(text) if text in ('inf', '-inf') else None
        if not separator or not isinstance(value, (int, float)):
            raise ValueError(f'--set needs NAME=NUMBER (or true, false), not {setting!r}')
        params[name] = value
    return params
