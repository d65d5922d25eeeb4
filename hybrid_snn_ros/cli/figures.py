# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn figures``: draw how the classifier learns, from a real run."""

import argparse
from pathlib import Path
import sys

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('pack', type=a_path, metavar='PACK', help='embedding pack (.npz)')
    parser.add_argument('--output', type=a_path, default='.', metavar='DIR',
                        help='directory for the PNGs (default: here)')
    parser.add_argument('--seed', type=int, default=0, help='seed that picks labels and frames')


def main(args: argparse.Namespace) -> int:
    """Draw; return the exit code."""
    from hybrid_snn_ros.evaluation.sources import load_pack, SourceError
    try:
        from hybrid_snn_ros.evaluation.figures import draw
        data = load_pack(args.pack)
    except ImportError as error:
        print("hybrid-snn figures: matplotlib is missing (pip install 'hybrid_snn_ros[plots]'): "
              f'{error}', file=sys.stderr)
        return 1
    except SourceError as error:
        complain('figures', error)
        return 2
    if args.seed < 0:
        print(f'hybrid-snn figures: --seed must be at least 0, not {args.seed}', file=sys.stderr)
        return 2
    try:
        Path(args.output).mkdir(parents=True, exist_ok=True)
        for path in draw(data, args.output, args.seed):
            print(printable(path))
    except OSError as error:
        complain('figures', f'--output {args.output} cannot be used: {error.strerror}')
        return 2
    return 0
