# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn state``: look at, check, carry over and tidy up what was taught."""

import argparse
from collections.abc import Callable, Sequence
import os
import time

from hybrid_snn_ros.cli import state_report, torture
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.memory.disk import expanded
from hybrid_snn_ros.memory.errors import DamagedError, IdentityError, StoreError
from hybrid_snn_ros.memory.journal import FILE_NAME
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import export, look, look_whole, stored_identity
from hybrid_snn_ros.memory.wording import put_back, samples_text, taken_back
from hybrid_snn_ros.paths import DEFAULT_MEMORY

EPILOG = ('Exit code: 0 all is well; 1 the command ran, but something is damaged or lost; 2 the '
          'command failed.')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands and their arguments."""
    parser.epilog = '`hybrid-snn state COMMAND --help` explains a command. ' + EPILOG
    commands = parser.add_subparsers(dest='state_command', metavar='COMMAND', required=True)

    def command(name: str, action: Callable[[argparse.Namespace], int], text: str,
                memory: bool = True) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, epilog=EPILOG,
                                  description=text[0].upper() + text[1:] + '.')
        one.set_defaults(action=action)
        if memory:
            one.add_argument('-m', '--memory', metavar='DIR', default=DEFAULT_MEMORY,
                             help="directory of the memory, as in the node's parameter memory "
                                  '(default: %(default)s)')
        return one

    command('show', _show, 'list labels, samples, ages, sizes and versions')
    command('verify', _verify, 'read everything and compare every checksum; changes nothing')
    one = command('export', _export, 'write all samples into one file, for other robots with the '
                                     'same encoder; works while the node runs')
    one.add_argument('file', help='the file to write')
    one.add_argument('--force', action='store_true', help='replace the file if it exists')
    one = command('import', _import, 'add the samples of an exported file; the node must not be '
                                     'running')
    one.add_argument('file', help='a file that `export` wrote, or the directory of a memory')
    one.add_argument('--replace', action='store_true',
                     help='forget everything else (default: merge; equal samples count once)')
    one.add_argument('--force', action='store_true',
                     help='import the readable part of a damaged file; with --replace, accept a '
                          'file without samples')
    command('undo', _undo, 'take back the last change as a whole; once more, the one before; the '
                           'node must not be running')
    command('redo', _redo, 'put back what the last undo took, unless something else was done '
                           'since; the node must not be running')
    one = command('rollback', _rollback, 'return to an earlier version; `undo` takes that back; '
                                         'the node must not be running')
    one.add_argument('version', type=_version, help='as `show` and `log` list them')
    command('compact', _compact, 'delete from the disk, for good, what was taken back; you cannot '
                                 'return to earlier versions after that; the node must not be '
                                 'running')
    one = command('log', _log, 'list who taught what, and when; works while the node runs')
    one.add_argument('--last', type=torture.count, metavar='N', help='only the newest N entries')
    one.add_argument('--label', help='only entries that name this label')
    one = command('torture', torture.main, 'kill teaching processes at random moments and look '
                                           'for losses', memory=False)
    torture.add_arguments(one)


def main(args: argparse.Namespace) -> int:
    """Run one of the commands; return the exit code."""
    try:
        return args.action(args)
    except (StoreError, LabelError) as error:
        complain('state', error)
        return 2


def _tell(problems: Sequence[str]) -> int:
    """Print what is wrong; return the exit code it stands for."""
    for problem in problems:
        complain('state', problem)
    return 1 if problems else 0


def _show(args: argparse.Namespace) -> int:
    view = look(args.memory)
    print('\n'.join(state_report.show(view, time.time())))
    return _tell(view.problems)


def _verify(args: argparse.Namespace) -> int:
    view = look(args.memory)
    code = _tell(view.problems)
    print(f'{printable(view.path)}: {len(view.entries)} entries, '
          f'{len(view.ledger.samples)} samples of {len(view.ledger.counts)} labels, '
          f'{len(view.snapshots)} snapshots read: '
          + ('damage was found' if code else 'every byte is as it was written'))
    return code


def _export(args: argparse.Namespace) -> int:
    path = expanded(args.file)
    if os.path.lexists(path) and not args.force:
        raise StoreError(f'{path} is there already; give --force to replace it')
    view = look(args.memory)
    written = export(view, path)
    print(f'{printable(path)}: {len(view.ledger.samples)} samples of '
          f'{len(view.ledger.counts)} labels, {state_report.size(written)}')
    return _tell(view.problems)


def _import(args: argparse.Namespace) -> int:
    try:
        view = look_whole(args.file, args.replace, args.force)
    except DamagedError as error:
        raise StoreError(f'{error}; --force takes what can be read') from error
    journal = expanded(args.memory) / FILE_NAME
    if os.path.exists(journal) and os.path.samefile(journal, view.path):
        raise StoreError(f'{args.file} is the memory itself; nothing was imported')
    with Vault.open(args.memory, stored_identity(args.memory) or view.header.identity) as vault:
        try:
            added, known = vault.import_samples(
                view.header.identity, view.ledger.samples.values(), args.replace)
        except IdentityError as error:
            raise IdentityError(f'{args.file} does not fit {vault.directory}: {error}') from error
        print(f'{printable(vault.directory)}: {added} samples added, {known} were known; now '
              f'{len(vault.ledger.samples)} samples of {len(vault.ledger.counts)} labels, '
              f'version {vault.version}')
        return _tell(view.problems + vault.remarks)


def _undo(args: argparse.Namespace) -> int:
    return _step(args, lambda vault: taken_back(vault.undo()))


def _redo(args: argparse.Namespace) -> int:
    return _step(args, lambda vault: put_back(vault.redo()))


def _version(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'a version is a whole number from 0, not {text!r}')
    return int(text)


def _rollback(args: argparse.Namespace) -> int:
    def step(vault: Vault) -> str:
        vault.rollback(args.version)
        return (f'what was known at version {args.version} is known again: '
                f'{samples_text(len(vault.ledger.samples))} of {len(vault.ledger.counts)} labels')
    return _step(args, step)


def _step(args: argparse.Namespace, step: Callable[[Vault], str]) -> int:
    """Change a memory that is there, and say so."""
    look(args.memory, cached=False)  # nothing there: say so instead of making an empty one
    with Vault.open(args.memory, None) as vault:
        remarks = list(vault.remarks)
        print(step(vault))
        return _tell(remarks)


def _compact(args: argparse.Namespace) -> int:
    def step(vault: Vault) -> str:
        before, after = vault.compact()
        return (f'{printable(vault.directory)}: {state_report.size(before)} before, '
                f'{state_report.size(after)} now, {len(vault.ledger.samples)} samples')
    return _step(args, step)


def _log(args: argparse.Namespace) -> int:
    view = look(args.memory)
    entries = [entry for entry in view.entries
               if args.label is None or args.label in (entry.label, entry.target)]
    print('\n'.join(state_report.log(entries[-args.last:] if args.last else entries)))
    return _tell(view.problems)
