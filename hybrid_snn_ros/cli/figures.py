# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn figures``: draw how the classifier learns, from a real run."""

from pathlib import Path
import sys


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument('pack', help='embedding pack (.npz)')
    parser.add_argument('--output', default='.', metavar='DIR', help='where the PNGs go')
    parser.add_argument('--seed', type=int, default=0, help='which labels and frames')


def main(args):
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
        print(f'hybrid-snn figures: {error}', file=sys.stderr)
        return 2
    Path(args.output).mkdir(parents=True, exist_ok=True)
    for path in draw(data, args.output, args.seed):
        print(path)
    return 0
