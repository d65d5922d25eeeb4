# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn state``: look at, check, carry over and tidy up what was taught."""

from pathlib import Path
import sys
import time

from hybrid_snn_ros.cli import state_report, torture
from hybrid_snn_ros.memory.errors import IdentityError, StoreError
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import export, look
from hybrid_snn_ros.memory.wording import put_back, taken_back

DEFAULT = '~/.ros/hybrid_snn_ros/classifier'
EPILOG = ('Exit code: 0 all is well; 1 it was done, or looked at, but something is damaged or '
          'lost; 2 it could not be done.')


def add_arguments(parser):
    """Declare the commands and their arguments."""
    parser.epilog = '`hybrid-snn state COMMAND --help` explains a command. ' + EPILOG
    commands = parser.add_subparsers(dest='state_command', metavar='COMMAND', required=True)

    def command(name, action, text, memory=True):
        one = commands.add_parser(name, help=text, epilog=EPILOG,
                                  description=text[0].upper() + text[1:] + '.')
        one.set_defaults(action=action)
        if memory:
            one.add_argument('-m', '--memory', metavar='DIR', default=DEFAULT,
                             help="directory of the memory: the node's parameter of that name "
                                  '(default: %(default)s)')
        return one

    command('show', _show, 'list labels, samples, ages, sizes and versions')
    command('verify', _verify, 'read everything and compare every checksum; changes nothing')
    one = command('export', _export, 'write what is known into one file, for other robots with '
                                     'the same encoder; works while the node runs')
    one.add_argument('file', help='the file to write')
    one.add_argument('--force', action='store_true', help='replace the file if it is there')
    one = command('import', _import, 'take over the samples of an exported file; the node must '
                                     'not be running')
    one.add_argument('file', help='a file that `export` wrote, or the directory of a memory')
    one.add_argument('--replace', action='store_true',
                     help='forget everything else (default: merge; equal samples count once)')
    command('undo', _undo, 'take back the last thing that was done, whole; again, the one before; '
                           'the node must not be running')
    command('redo', _redo, 'put back what the last undo took, as long as nothing else was done; '
                           'the node must not be running')
    command('compact', _compact, 'drop what was taken back from the disk for good; earlier '
                                 'states cannot be returned to afterwards; the node must not be '
                                 'running')
    one = command('log', _log, 'list who taught what when; works while the node runs')
    one.add_argument('--last', type=torture.count, metavar='N', help='only the newest N entries')
    one.add_argument('--label', help='only entries that name this label')
    one = command('torture', torture.main, 'kill teaching processes at random moments and look '
                                           'for losses', memory=False)
    torture.add_arguments(one)


def main(args):
    """Run one of the commands; return the exit code."""
    try:
        return args.action(args)
    except (StoreError, LabelError) as error:
        print(f'hybrid-snn state: {error}', file=sys.stderr)
        return 2


def _tell(problems):
    """Print what is wrong; return the exit code it stands for."""
    for problem in problems:
        print(f'hybrid-snn state: {state_report.printable(problem)}', file=sys.stderr)
    return 1 if problems else 0


def _show(args):
    view = look(args.memory)
    print('\n'.join(state_report.show(view, time.time())))
    return _tell(view.problems)


def _verify(args):
    view = look(args.memory)
    code = _tell(view.problems)
    print(f'{view.path}: {len(view.entries)} entries, {len(view.ledger.samples)} samples of '
          f'{len(view.ledger.counts)} labels, {len(view.snapshots)} snapshots read: '
          + ('damage was found' if code else 'every byte is as it was written'))
    return code


def _export(args):
    path = Path(args.file).expanduser()
    if path.exists() and not args.force:
        raise StoreError(f'{path} is there already; give --force to replace it')
    view = look(args.memory)
    written = export(view, path)
    print(f'{path}: {len(view.ledger.samples)} samples of {len(view.ledger.counts)} labels, '
          f'{state_report.size(written)}')
    return _tell(view.problems)


def _import(args):
    view = look(args.file)
    with Vault.open(args.memory, _known_identity(args.memory) or view.header.identity) as vault:
        try:
            added, known = vault.import_samples(
                view.header.identity, view.ledger.samples.values(), args.replace)
        except IdentityError as error:
            raise IdentityError(f'{args.file} does not fit {vault.directory}: {error}') from error
        print(f'{vault.directory}: {added} samples added, {known} were known; now '
              f'{len(vault.ledger.samples)} samples of {len(vault.ledger.counts)} labels, '
              f'version {vault.version}')
        return _tell(view.problems + vault.remarks)


def _known_identity(memory):
    try:
        return look(memory).header.identity
    except StoreError:
        return None


def _undo(args):
    return _step(args, lambda vault: taken_back(vault.undo()))


def _redo(args):
    return _step(args, lambda vault: put_back(vault.redo()))


def _step(args, step):
    """Take a step in the history of a memory that is there, and say so."""
    look(args.memory)
    with Vault.open(args.memory, None) as vault:
        remarks = list(vault.remarks)
        print(step(vault))
        return _tell(remarks)


def _compact(args):
    look(args.memory)  # nothing there: say so instead of making an empty one
    with Vault.open(args.memory, None) as vault:
        remarks = list(vault.remarks)
        before, after = vault.compact()
        print(f'{vault.directory}: {state_report.size(before)} before, '
              f'{state_report.size(after)} now, {len(vault.ledger.samples)} samples')
        return _tell(remarks)


def _log(args):
    view = look(args.memory)
    entries = [entry for entry in view.entries
               if args.label is None or args.label in (entry.label, entry.target)]
    print('\n'.join(state_report.log(entries[-args.last:] if args.last else entries)))
    return _tell(view.problems)
