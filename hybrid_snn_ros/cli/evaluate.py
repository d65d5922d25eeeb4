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
        data = load_pack(args.source)
        params = constants(args.set)
        accuracies, per_class = [], np.zeros(len(data.class_names))
        begin = time.monotonic()
        for order in range(args.orders):
            progress = Progress(f'{data.name} {args.rule}, order {order + 1} of {args.orders}')
            answers = protocols.joint(data, args.rule, params, args.seed + order, progress)
            progress.close()
            right = answers == data.test_labels
            accuracies.append(right.mean())
            per_class += [right[data.test_labels == c].mean() for c in range(len(per_class))]
    except (SourceError, ValueError) as error:
        print(f'hybrid-snn evaluate: {error}', file=sys.stderr)
        return 2
    seconds = time.monotonic() - begin
    accuracy, sd = float(np.mean(accuracies)), float(np.std(accuracies))
    worst = np.argsort(per_class)[:5]
    print(f'{data.name}: rule {args.rule}, one pass over {len(data.train)} samples of '
          f'{len(data.class_names)} classes, {args.orders} order(s), {seconds:.1f} s')
    print(f'accuracy on {len(data.test)} test samples: {100 * accuracy:.2f} %'
          + (f' (sd {100 * sd:.2f})' if args.orders > 1 else ''))
    print('hardest classes: ' + ', '.join(
        f'{data.class_names[c]} {100 * per_class[c] / args.orders:.0f} %' for c in worst))
    if args.json:
        Path(args.json).write_text(json.dumps({
            'protocol': 'joint', 'source': str(args.source), 'rule': args.rule,
            'params': params, 'orders': args.orders, 'accuracy': accuracy, 'accuracy_sd': sd,
            'per_class': {name: float(share) / args.orders
                          for name, share in zip(data.class_names, per_class)},
        }, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')
    return 0


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
