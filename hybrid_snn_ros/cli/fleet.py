# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn fleet``: whom a robot learns from, and how long a fleet takes to know the same."""

import argparse
import os
from pathlib import Path
import time

from hybrid_snn_ros.cli import json_file, subcommands
from hybrid_snn_ros.cli.checked_arguments import in_a_directory
from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.cli.state_report import age, size, table
from hybrid_snn_ros.evaluation import plots
from hybrid_snn_ros.memory.authors import robot_names
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.decisions import heeded, trusted
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.files import expanded, FILE_NAME
from hybrid_snn_ros.memory.record import ALLOW, DENY, LESSON

EPILOG = ('key, allow, deny and list work while nodes use the memory. Exit code: 0 all is well; 1 '
          'the simulated fleet did not come to know the same; 2 the command failed.')
_MISSING = "{} is missing: rosdep install, or pip install 'hybrid_snn_ros[fleet]'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands and their arguments."""
    command = subcommands.declare(parser, 'fleet', EPILOG)
    one = command('key', _key, 'print what other robots call this one; the first time, make its '
                               'key')
    one.add_argument('--new', action='store_true',
                     help='make another key, when somebody else has the old one; what was taught '
                          'with it stays')
    for kind, text in ((ALLOW, 'take in what a robot is taught, and whom it allows'),
                       (DENY, 'let nothing count that a robot was taught, here and on all robots '
                              'that allow this one; `allow` takes that back')):
        one = command(kind, _decide, text)
        one.add_argument('robot', help='32 hexadecimal digits, as `hybrid-snn fleet key` prints '
                                       'them there')
        one.add_argument('--name', default='', help='what to call that robot in `list`')
        one.set_defaults(kind=kind)
    command('list', _list, 'list all robots that are known, and what they taught')
    one = command('sim', _simulate, 'let simulated robots meet, each taught by itself, and '
                                    'measure how long they take to know the same', memory=False)
    for option, default, text in (
            ('--robots', 100, 'how many there are, 2 to 1000'),
            ('--samples', 10000, 'lessons all together, 0 to 100000'),
            ('--seed', 1, 'of the losses, delays and codes')):
        one.add_argument(option, type=int, default=default, metavar='N',
                         help=text + ' (default: %(default)s)')
    one.add_argument('--loss', type=float, default=0.1, metavar='P',
                     help='probability that a robot does not hear a message, 0 to 0.9 '
                          '(default: %(default)s)')
    one.add_argument('--rate', type=float, default=50.0, metavar='KB',
                     help='kB a second that a robot may send, 1 to 10000 (default: %(default)s)')
    one.add_argument('--late', action='store_true',
                     help='one robot joins late instead; the others know everything')
    one.add_argument('--json', type=a_path, metavar='FILE', help='write the figures there')
    one.add_argument('--plots', type=a_path, metavar='DIR',
                     help='draw what robots knew when (extra plots)')


def main(args: argparse.Namespace) -> int:
    """Run one of the commands; return the exit code."""
    try:
        return args.action(args)
    except ModuleNotFoundError as error:
        if error.name not in ('cryptography', 'msgpack'):
            raise
        complain('fleet', _MISSING.format(error.name))
    except (StoreError, OSError, ValueError, plots.PlotError) as error:
        complain('fleet', error)
    return 2


def _opened(directory: str) -> DiskStore:
    if not os.path.exists(expanded(directory) / FILE_NAME):
        raise StoreError(f'there is no memory in {directory} yet; start the node once, so that it '
                         'is known which encoder it is for')
    return DiskStore.open(directory, None)


def _key(args: argparse.Namespace) -> int:
    from hybrid_snn_ros.fleet.store_key import key_for
    with _opened(args.memory) as store:
        print(key_for(store, args.new).author)
    return 0


def _decide(args: argparse.Namespace) -> int:
    from hybrid_snn_ros.fleet.store_key import key_for
    with _opened(args.memory) as store:
        key_for(store)  # else what is decided would be of a robot that no one can ask
        before = len(store.state.samples)
        store.decide(args.kind, args.robot.lower(), args.name)
        change = len(store.state.samples) - before
    verb = 'allowed' if args.kind == ALLOW else 'denied'
    count = f'; {abs(change)} samples {"are back" if change > 0 else "are gone"}' if change else ''
    print(printable(f'{args.name or args.robot} is {verb}{count}'))
    return 0


def _list(args: argparse.Namespace) -> int:
    contents = read_store(args.memory)
    state, own = contents.state, contents.head.author
    decisions = heeded(state.records)
    allowed = trusted(state.records, own)
    names = robot_names(state)
    rows = []
    for author in sorted({own, *(one.author for one in state.records),
                          *(one.target for one in decisions)}, key=lambda one: (one != own, one)):
        records = [one for one in state.records if one.author == author]
        lessons = [one for one in records if one.kind == LESSON and state.in_force(one)]
        rows.append((author, 'denied' if author in state.denied else
                     'this robot' if author == own else
                     'allowed' if author in allowed else 'not allowed', len(records),
                     len(lessons), age(time.time() - max(one.time for one in lessons))
                     if lessons else '-', names.get(author, '')))
    print('\n'.join(table(('robot', 'it is', 'records', 'samples', 'last taught', 'name'), rows)))
    return 0


def _simulate(args: argparse.Namespace) -> int:
    for name, value, least, most in (
            ('--robots', args.robots, 2, 1000), ('--samples', args.samples, 0, 100000),
            ('--seed', args.seed, 0, 2**31), ('--loss', args.loss, 0, 0.9),
            ('--rate', args.rate, 1, 10000)):
        if not least <= value <= most:
            raise StoreError(f'{name} must be {least} to {most}, not {value}')
    in_a_directory(args, 'json')
    if args.plots:
        plots.check()
    from hybrid_snn_ros.fleet.simulation import simulate
    progress = Progress('records known')
    try:
        figures = simulate(args.robots, args.samples, args.loss, args.seed, args.rate * 1000,
                           progress=progress, late=args.late)
    finally:
        progress.close()
    ended = 'all know all' if figures.converged else 'given up'
    sent = figures.sent_bytes
    lines = [
        ('robots', f'{args.robots}, {args.samples} samples, {args.loss:.0%} of messages lost'),
        (ended, f'after {figures.converged_s:.1f} s'),
        ('sent by a robot', f'{size(round(sum(sent) / len(sent)))} on average, {size(max(sent))} '
                            f'at most; it may send {args.rate:g} kB/s'),
        ('a lesson', f'{figures.record_bytes:.0f} bytes, sent '
                     f'{figures.records_sent / max(args.samples, 1):.2f} times'),
        ('idle', f'{figures.idle_bytes_s:.0f} bytes/s a robot, {figures.idle_most_bytes_s:.0f} at '
                 'most'),
        ('simulated in', f'{figures.wall_s:.0f} s')]
    print('\n'.join(f'{name:16} {text}' for name, text in lines))
    if args.json:
        json_file.write(args.json, figures._asdict())
    if args.plots:
        from hybrid_snn_ros.cli.fleet_plot import draw
        Path(args.plots).mkdir(parents=True, exist_ok=True)
        print(printable(draw(figures, Path(args.plots))))
    return 0 if figures.converged else 1
