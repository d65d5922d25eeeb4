# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn spiking-encoder``: run the encoder as spikes, and measure what that is worth."""

import argparse
from collections.abc import Iterator
import contextlib
import os
import sys
import time
from typing import Any, TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.cli import checked_arguments, crop_arguments, json_file
from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.cli.progress import Progress

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.spiking_encoder.encoder import SpikingEncoder
    from hybrid_snn_ros.spiking_encoder.graph import Graph

_COST_PICTURES = 50
_NOISE = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add('folder', type=a_path, metavar='FOLDER',
        help='folder with train/ and test/, in each a folder with pictures for every label')
    add('--steps', type=int, default=8, metavar='T',
        help='steps in which a neuron fires: 8 for the exact radix code, 7 to 255 for the rate '
             'code, such as 15, 31 or 63 (default: %(default)s)')
    add('--code', choices=('radix', 'rate'),
        help='how spikes stand for numbers (default: radix for 8 steps, else rate)')
    add('--shots', type=int, default=20, metavar='K',
        help='pictures of each label that are taught (default: %(default)s)')
    add('--orders', type=int, default=5, metavar='N',
        help='draws to average over (default: %(default)s)')
    add('--seed', type=int, default=0, help='seed of the first draw')
    add('--limit', type=int, metavar='N',
        help='pictures of each label that are used of train/ and of test/ (default: all)')
    crop_arguments.add_arguments(parser, '')
    add('--check', type=int, metavar='N',
        help='compare every number in the network with what the TFLite runtime computes, over N '
             'pictures of test/ and train/')
    add('--video', type=a_path, metavar='BAG',
        help='also measure a recording, where neurons send only what changes')
    add('--image', metavar='TOPIC', default='',
        help='bag: topic of the images, if it has several')
    add('--noise', type=float, default=_NOISE, metavar='LEVELS',
        help='bag: grey levels by which a tile of 8x8 pixels must differ to be sent, measured '
             'beside 0, which sends every change (default: %(default)g)')
    add('--thresholds', type=a_path, metavar='FILE',
        help='rate code: write the fitted thresholds, for the node (`encoder: rate`)')
    add('--nir', type=a_path, metavar='FILE',
        help='rate code: write the network for neuromorphic tool chains (extra nir)')
    add('--json', type=a_path, metavar='FILE', help='write the figures to a file')
    add('--plots', type=a_path, metavar='DIR',
        help='draw the figures into a directory (extra plots)')


def main(args: argparse.Namespace) -> int:
    """Measure; return the exit code."""
    # What OpenCV has to say of a damaged picture is said here, with the picture's name.
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
    from hybrid_snn_ros.evaluation import spiking_report
    from hybrid_snn_ros.evaluation.plots import PlotError
    from hybrid_snn_ros.evaluation.sources import SourceError
    from hybrid_snn_ros.spiking_encoder.graph import SpikingError
    from hybrid_snn_ros.vision.encoder import EncoderError
    begin = time.monotonic()
    try:
        _check(args)
        figures = _measure(args)
    except (SourceError, SpikingError, EncoderError, PlotError, ValueError, OSError) as error:
        complain('spiking-encoder', error)
        return 2
    figures['total_seconds'] = round(time.monotonic() - begin, 1)
    code = 0
    try:
        if args.json:
            json_file.write(args.json, figures)
        if args.plots:
            spiking_report.draw(args.plots, figures)
    except OSError as error:
        complain('spiking-encoder', f'the figures cannot be written: {error}')
        code = 1
    print('\n'.join(map(printable, spiking_report.table(figures))))
    print(f"{figures['total_seconds']} s" + f'; plots in {printable(args.plots)}' * bool(
        args.plots))
    return code


def _check(args: argparse.Namespace) -> None:
    """Refuse what cannot be, before pictures are encoded; ValueError, one sentence."""
    from hybrid_snn_ros.evaluation import plots
    from hybrid_snn_ros.spiking_encoder import nir_graph, radix, rate
    args.code = args.code or ('radix' if args.steps == radix.STEPS else 'rate')
    if args.code == 'rate':
        rate.check_steps(args.steps)
    elif args.steps != radix.STEPS:
        raise ValueError(f'--code radix takes {radix.STEPS} steps, not {args.steps}')
    checked_arguments.at_least_one(args, 'shots', 'orders', 'limit', 'check')
    checked_arguments.no_seed_below_zero(args)
    if not args.noise > 0:
        raise ValueError(f'--noise must be above 0, not {args.noise:g}')
    for name in ('nir', 'thresholds'):
        if getattr(args, name) and args.code != 'rate':
            raise ValueError(f'--{name} is for the rate code, and this is the {args.code} code')
    checked_arguments.in_a_directory(args, 'json', 'nir', 'thresholds')
    if args.nir:
        nir_graph.load_nir()
    if args.plots:
        plots.check()


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.evaluation import spiking
    from hybrid_snn_ros.evaluation.folders import load_folder
    from hybrid_snn_ros.evaluation.settings import Settings
    from hybrid_snn_ros.resources import shared_file
    from hybrid_snn_ros.spiking_encoder.graph import read_graph
    from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER
    model = args.model or str(shared_file(*SHIPPED_ENCODER))
    graph = read_graph(model)
    plain = Classifier(model, crop=crop_arguments.crop_of(args))
    beside: dict[str, Any] = {}  # first, or a bag that cannot be read is told after an hour
    if args.video:
        from hybrid_snn_ros.evaluation.spiking_video import measure_bag
        with _progress(f'watching {args.video}') as progress:
            beside['video'] = measure_bag(args.video, args.image, graph, plain,
                                          (0.0, args.noise), progress, _remark)
    if args.check:
        beside['check'] = _compare(args, model, plain)
    with _progress(f'embedding {args.folder}') as progress:
        int8 = load_folder(args.folder, plain, progress, _remark, most=args.limit)
    encoder = _encoder(args, model, graph, plain)
    with _progress(f'embedding {args.folder} by spikes') as progress:
        spikes = load_folder(args.folder, Classifier(encoder, crop=plain.crop), progress,
                             most=args.limit)
    with _progress('teaching and asking') as progress:
        figures = spiking.compare(
            int8, spikes, Settings('few-shot', shots=args.shots),
            range(args.seed, args.seed + args.orders), 1, progress)
    total, pictures = spiking.pictures_of(args.folder, plain, [spiking.TEST], _COST_PICTURES,
                                          args.limit)
    with _progress('counting spikes') as progress:
        cost = spiking.cost(encoder, pictures, lambda done: progress(done, total))
    figures = {
        'source': int8.name, 'model': plain.encoder.digest, 'code': args.code,
        'steps': args.steps, 'shots': args.shots, 'orders': args.orders, 'seed': args.seed,
        'limit': args.limit, 'train': len(int8.train), 'test': len(int8.test), **figures,
        'cost': cost}
    return {**figures, **beside}


def _encoder(args: argparse.Namespace, model: str, graph: 'Graph',
             plain: 'Classifier') -> 'SpikingEncoder':
    """Return the encoder of spikes, its thresholds fitted; write what was asked for."""
    from hybrid_snn_ros.evaluation import spiking
    from hybrid_snn_ros.spiking_encoder import nir_graph, thresholds
    from hybrid_snn_ros.spiking_encoder.calibration import calibrate, PICTURES
    from hybrid_snn_ros.spiking_encoder.encoder import SpikingEncoder
    from hybrid_snn_ros.spiking_encoder.rate import RateNetwork
    if args.code == 'radix':
        return SpikingEncoder(model, 'radix', graph=graph)
    # Of train/ alone: what is asked must not have had a say.
    _, pictures = spiking.pictures_of(args.folder, plain, [spiking.TRAIN], PICTURES, args.limit)
    with _progress('fitting thresholds') as progress:
        fitted = calibrate(graph, np.array(list(pictures)), args.steps, progress)
    encoder = SpikingEncoder(model, 'rate', args.steps, fitted, graph)
    if args.thresholds:
        thresholds.write(args.thresholds, plain.encoder.digest, args.steps, fitted)
    if args.nir:
        nir_graph.write(args.nir, RateNetwork.of_thresholds(graph, fitted, args.steps))
    return encoder


def _compare(args: argparse.Namespace, model: str,
             plain: 'Classifier') -> dict[str, Any]:
    from hybrid_snn_ros.evaluation import spiking
    from hybrid_snn_ros.spiking_encoder.litert import compare
    total, pictures = spiking.pictures_of(args.folder, plain, [spiking.TRAIN, spiking.TEST],
                                          args.check)
    with _progress('comparing with the runtime') as progress:
        return compare(model, pictures, lambda done: progress(done, total))


@contextlib.contextmanager
def _progress(text: str) -> Iterator[Progress]:
    progress = Progress(text)
    try:
        yield progress
    finally:
        progress.close()


def _remark(sentence: str) -> None:
    print(printable(sentence), file=sys.stderr)
