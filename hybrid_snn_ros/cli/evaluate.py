# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn evaluate``: teach a set of embeddings once, in one pass, and score it."""

import json
from pathlib import Path
import sys
import time

import numpy as np

from hybrid_snn_ros.cli.progress import Progress


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument('source', help='embedding pack (.npz)')
    parser.add_argument('--rule', default='lateral', choices=('lateral', 'original'),
                        help='learning rule (default: %(default)s)')
    parser.add_argument('--set', metavar='NAME=VALUE', action='append', default=[],
                        help='a constant of the rule; may be given again')
    parser.add_argument('--orders', type=int, default=1, metavar='N',
                        help='orders of presentation to average over (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='seed of the first order')
    parser.add_argument('--json', metavar='FILE', help='write the figures to a file')


def main(args):
    """Run the protocol; return the exit code."""
    from hybrid_snn_ros.evaluation import protocols
    from hybrid_snn_ros.evaluation.sources import load_pack, SourceError
    try:
        if args.orders < 1:
            raise ValueError(f'--orders must be at least 1, not {args.orders}')
        if args.seed < 0:
            raise ValueError(f'--seed must be at least 0, not {args.seed}')
        if args.json and not Path(args.json).absolute().parent.is_dir():
            raise ValueError(f'the directory of --json {args.json} does not exist')
        params = constants(args.set)
        data = load_pack(args.source)
        asked = np.bincount(data.test_labels, minlength=len(data.class_names))
        accuracies, answered = [], np.zeros(len(asked))
        begin = time.monotonic()
        for order in range(args.orders):
            progress = Progress(f'{data.name} {args.rule}, order {order + 1} of {args.orders}')
            answers = protocols.joint(data, args.rule, params, args.seed + order, progress)
            progress.close()
            right = answers == data.test_labels
            accuracies.append(right.mean())
            answered += np.bincount(data.test_labels, right, minlength=len(asked))
    except (SourceError, ValueError) as error:
        print(f'hybrid-snn evaluate: {error}', file=sys.stderr)
        return 2
    seconds = time.monotonic() - begin
    accuracy, sd = float(np.mean(accuracies)), float(np.std(accuracies))
    tested = np.flatnonzero(asked)
    per_class = {data.class_names[c]: float(answered[c] / (args.orders * asked[c]))
                 for c in tested}
    worst = sorted(per_class, key=per_class.get)[:5]
    code = 0
    if args.json:
        figures = json.dumps({
            'protocol': 'joint', 'source': str(args.source), 'rule': args.rule,
            'params': params, 'orders': args.orders, 'accuracy': accuracy, 'accuracy_sd': sd,
            'per_class': per_class}, indent=2, ensure_ascii=False)
        try:
            Path(args.json).write_text(figures + '\n', encoding='utf-8')
        except OSError as error:
            print(f'hybrid-snn evaluate: {args.json} cannot be written: {error.strerror}',
                  file=sys.stderr)
            code = 1
    print(f'{data.name}: rule {args.rule}, one pass over {len(data.train)} samples of '
          f'{len(data.class_names)} classes, {args.orders} order(s), {seconds:.1f} s')
    print(f'accuracy on {len(data.test)} test samples: {100 * accuracy:.2f} %'
          + (f' (sd {100 * sd:.2f})' if args.orders > 1 else ''))
    print('hardest classes: ' + ', '.join(
        f'{name} {100 * per_class[name]:.0f} %' for name in worst))
    return code


def constants(settings):
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
