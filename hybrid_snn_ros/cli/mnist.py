# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn mnist``: the original rule on handwritten digits, as it was published."""

import argparse
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.cli import checked_arguments
from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain
from hybrid_snn_ros.cli.progress import Progress

if TYPE_CHECKING:
    from hybrid_snn_ros.evaluation.mnist import Digits, Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('pack', type=a_path, metavar='PACK',
                        help='.npz with X_train, y_train, X_test, y_test; uint8 (samples, pixels)')
    parser.add_argument('--copies', type=int, default=1, metavar='N',
                        help='networks that add their spikes, 1..15 (default: %(default)s)')
    parser.add_argument('--orders', type=int, default=1, metavar='N',
                        help='shuffled orders to average over (default: %(default)s)')
    parser.add_argument('--limit', type=int, metavar='N',
                        help='teach at most N samples (default: all)')
    parser.add_argument('--asked', type=int, metavar='N',
                        help='test on at most N samples, the first ones (default: as --limit)')
    parser.add_argument('--json', type=a_path, metavar='FILE', help='write the figures to a file')


def main(args: argparse.Namespace) -> int:
    """Run the passes; return the exit code."""
    import numpy as np

    from hybrid_snn_ros.evaluation import mnist
    from hybrid_snn_ros.snn import original
    try:
        _check(args)
        original.check(original.mnist(args.copies))
        digits = mnist.load(args.pack)
    except ValueError as error:
        complain('mnist', error)
        return 2
    asked = args.limit if args.asked is None else args.asked
    taught, tested = len(digits.train[:args.limit]), len(digits.test[:asked])
    outcomes = []
    print(f"{'order':>5}{'accuracy':>10}{'count only':>12}{'silent':>9}{'seconds':>9}"
          f"{'ms a teach':>12}")
    for order in range(args.orders):
        outcomes.append(_pass(mnist.run, digits, args, order, taught, tested))
        _line(order, outcomes[-1])
    mean = mnist.Outcome(*np.mean(outcomes, axis=0).tolist())
    if args.orders > 1:
        _line('mean', mean)
    return _write_json(args.json, {
        'source': args.pack, 'rule': 'original', 'copies': args.copies, 'orders': args.orders,
        'taught': taught, 'asked': tested,
        **mean._asdict(), 'accuracy_sd': float(np.std([o.accuracy for o in outcomes])),
        'runs': [outcome._asdict() for outcome in outcomes]})


def _check(args: argparse.Namespace) -> None:
    checked_arguments.at_least_one(args, 'orders', 'limit', 'asked')
    checked_arguments.in_a_directory(args, 'json')


def _pass(run: Callable[..., 'Outcome'], digits: 'Digits', args: argparse.Namespace, order: int,
          taught: int, tested: int) -> 'Outcome':
    progress = Progress(f'order {order}')
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, taught + tested)

    try:
        return run(digits, args.copies, order, taught, tested, tick)
    finally:
        progress.close()


def _line(name: object, outcome: 'Outcome') -> None:
    print(f'{name:>5}{100 * outcome.accuracy:9.2f}%{100 * outcome.count_only:11.2f}%'
          f'{100 * outcome.silent:8.2f}%'
          f'{outcome.seconds:9.1f}{outcome.ms_per_teach:12.3f}', flush=True)


def _write_json(path: str | None, figures: dict[str, Any]) -> int:
    if not path:
        return 0
    try:
        Path(path).write_text(json.dumps(figures, indent=2) + '\n', encoding='utf-8')
    except OSError as error:
        complain('mnist', f'{path} cannot be written: {error.strerror}')
        return 1
    return 0
