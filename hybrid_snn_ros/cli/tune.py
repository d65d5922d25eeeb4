# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn tune``: search for constants, or ablate, on splits of training data; resumable."""

import argparse
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
import json
import multiprocessing
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain

if TYPE_CHECKING:
    from hybrid_snn_ros.evaluation.ablation import Figures, Task
    from hybrid_snn_ros.evaluation.tuning import Sets

_Row = dict[str, Any]  # one line of the log

def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('packs', type=a_path, nargs='+', metavar='PACK',
                        help='embedding packs (.npz); only their training parts are read')
    parser.add_argument('--log', type=a_path, required=True, metavar='FILE',
                        help='file with a line of JSON for each trial; a new run continues '
                             'where it ends')
    parser.add_argument('--ablate', action='store_true',
                        help='do not search, but take away one mechanism of the two rules and of '
                             'the read-out at a time')
    parser.add_argument('--wide', type=int, default=40, metavar='N',
                        help='trials drawn from the whole range (default: %(default)s)')
    parser.add_argument('--near', type=int, default=24, metavar='N',
                        help='trials drawn around the best of those (default: %(default)s)')
    parser.add_argument('--splits', type=int, default=2, metavar='N',
                        help='splits of every training part (default: %(default)s)')
    parser.add_argument('--jobs', type=int, default=2, metavar='N',
                        help='processes (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """Run what is missing in the log, then print the best trials."""
    from hybrid_snn_ros.evaluation.sources import load_pack, SourceError
    try:
        packs = [load_pack(path) for path in args.packs]
    except SourceError as error:
        complain('tune', error)
        return 2
    problem = _problem(args)
    if problem:
        complain('tune', problem)
        return 2
    sets = {pack.name: (pack.train, pack.train_labels) for pack in packs}
    log = Path(args.log)
    if args.ablate:
        return _ablate(log, sets, args)
    done = _read(log, 'trial')
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(args.jobs, context, _prepare, (sets, args.splits)) as pool:
        _run(pool, log, done, range(args.wide), None)
        best = _best({number: done[number] for number in range(args.wide)})
        _run(pool, log, done, range(args.wide, args.wide + args.near), best['params'])
    _report(done)
    return 0


def _problem(args: argparse.Namespace) -> str | None:
    """Return the sentence why the arguments cannot be, or None if they can."""
    for name, least in (('wide', 1), ('near', 0), ('splits', 1), ('jobs', 1)):
        if getattr(args, name) < least:
            return f'--{name} must be at least {least}, not {getattr(args, name)}'
    try:
        with open(args.log, 'a', encoding='utf-8'):  # as it will be after hours of work
            pass
        trials = _read(Path(args.log), 'trial')
    except (OSError, TypeError, ValueError) as error:
        return f'--log {args.log} cannot be used: {getattr(error, "strerror", None) or error}'
    from hybrid_snn_ros.snn.lateral import Params
    others = {name for row in trials.values() for name in row.get('params', ())} - {
        *Params._fields}
    if others and not args.ablate:
        return (f"--log {args.log} holds trials of constants that there are no more "
                f"({', '.join(sorted(others))}); give another file")
    return None


_work: dict[str, Any] = {}


def _prepare(sets: 'Sets', splits: int) -> None:
    from hybrid_snn_ros.threads import pin_blas
    pin_blas()
    _work.update(sets=sets, seeds=range(splits))


def _trial(number: int, best: dict[str, Any] | None) -> _Row:
    from hybrid_snn_ros.evaluation import tuning
    from hybrid_snn_ros.snn.lateral import Params
    params = tuning.trial(number, Params(**best) if best else None)
    return {'trial': number, **tuning.run_trial(params, _work['sets'], _work['seeds'])}


def _run(pool: Executor, log: Path, done: dict[Any, _Row], numbers: Iterable[int],
         best: dict[str, Any] | None) -> None:
    waiting = [pool.submit(_trial, number, best) for number in numbers if number not in done]
    for future in waiting:
        row = future.result()
        done[row['trial']] = row
        _append(log, row)
        print(f"trial {row['trial']}: {row['mark']:.3f}", flush=True)


def _read(log: Path, key: str) -> dict[Any, _Row]:
    """Return {what was measured: its line}; both kinds of lines may share a log."""
    if not log.exists():
        return {}
    rows = [json.loads(line) for line in log.read_text(encoding='utf-8').splitlines() if line]
    return {row[key]: row for row in rows if key in row}


def _ablate(log: Path, sets: 'Sets', args: argparse.Namespace) -> int:
    from hybrid_snn_ros.evaluation import ablation
    # The key holds all constants: after a change of a default a variant is measured again.
    tasks = {json.dumps(task): task for task in ablation.tasks(sets, args.splits)}
    done = _read(log, 'ablation')
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(args.jobs, context, _prepare, (sets, args.splits)) as pool:
        waiting = {key: pool.submit(_variant, task) for key, task in tasks.items()
                   if key not in done}
        for key, future in waiting.items():
            done[key] = {'ablation': key, 'figures': future.result()}
            _append(log, done[key])
            print(f'{tasks[key].part}: {tasks[key].name}', file=sys.stderr, flush=True)
    print('\n'.join(ablation.tables(
        [(task, done[key]['figures']) for key, task in tasks.items()])))
    return 0


def _variant(task: 'Task') -> 'Figures':
    from hybrid_snn_ros.evaluation import ablation
    return ablation.run(task, _work['sets'])


def _append(log: Path, row: _Row) -> None:
    with open(log, 'a', encoding='utf-8') as file:
        file.write(json.dumps(row) + '\n')


def _best(rows: dict[Any, _Row]) -> _Row:
    return max(rows.values(), key=lambda row: row['mark'])


def _report(done: dict[Any, _Row]) -> None:
    from hybrid_snn_ros.evaluation.tuning import SPACE
    names = [*SPACE, 'trace_scale']
    print('\n' + 'trial'.rjust(6) + 'mark'.rjust(9) + ''.join(name.rjust(13) for name in names))
    ranked = sorted(done.values(), key=lambda row: -row['mark'])
    for row in [*ranked[:10], done[0]]:
        print(f"{row['trial']:6d}{row['mark']:9.3f}"
              + ''.join(f"{row['params'][name]:13.4g}" for name in names))
