# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn state``: look at, check, take back, carry over and tidy up what was taught."""

import argparse
from collections.abc import Callable, Sequence
import os
import time

from hybrid_snn_ros.cli import state_audit, state_pictures, state_report, subcommands, torture
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory.changes import ChangeList
from hybrid_snn_ros.memory.contents import read_store, read_whole, stored_fingerprint
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import DamagedError, FingerprintError, StoreError
from hybrid_snn_ros.memory.files import expanded, FILE_NAME
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.memory.store import SampleStore
from hybrid_snn_ros.memory.wording import put_back, samples_text, taken_back

EPILOG = ('All commands but migrate work while nodes use the memory; the nodes know of it half a '
          'second later. Exit code: 0 all is well; 1 the command ran, but something is damaged or '
          'lost; 2 the command failed.')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands and their arguments."""
    command = subcommands.declare(parser, 'state', EPILOG)
    one = command('show', _show, 'list labels, samples, ages, sizes and versions')
    one.add_argument('--label', help='only the samples of this label, one a line')
    one.add_argument('--pictures', metavar='DIR',
                     help='write the kept pictures there, those of --label or all')
    one = command('audit', _audit, 'say of each label whether it was taught enough, and which '
                                   'samples look wrong; changes nothing')
    state_audit.add_arguments(one)
    command('verify', _verify, 'read everything and compare every checksum; changes nothing')
    one = command('export', _export, 'write what is known into one file, for other robots with '
                                     'the same encoder, or its pictures into folders')
    one.add_argument('file', nargs='?', help='the file to write')
    one.add_argument('--pictures', metavar='DIR',
                     help='write the kept pictures: a folder for each label, as '
                          '`hybrid-snn teach` and other tools read them')
    one.add_argument('--force', action='store_true', help='replace the file if it is there')
    one = command('import', _import, 'take over the samples of an exported file, or of a memory '
                                     'of an earlier format')
    one.add_argument('file', help='a file that `export` wrote, or the directory of a memory')
    one.add_argument('--replace', action='store_true',
                     help='forget everything else (default: merge; equal samples count once)')
    one.add_argument('--force', action='store_true',
                     help='import the readable part of a damaged file; with --replace, accept a '
                          'file without samples')
    one = command('changes', _changes, 'list what people did, newest first')
    one.add_argument('--last', type=torture.count, default=50, metavar='N',
                     help='the newest N changes (default: %(default)s)')
    one = command('undo', _undo, 'take back the last change as a whole; once more, the one before')
    which = one.add_mutually_exclusive_group()
    which.add_argument('--change', type=torture.count, metavar='N',
                       help='take back change N instead, however old, and nothing that came '
                            'after it; `changes` lists them')
    which.add_argument('--record', type=torture.count, metavar='N',
                       help='take back record N instead, whatever it is and however old: a '
                            'sample, a forget, a merge, a rename, an undo; `log` lists them')
    one = command('redo', _redo, 'put back what the last undo took, unless something else was '
                                 'done since')
    one.add_argument('--change', type=torture.count, metavar='N',
                     help='put back change N, however long ago it was taken back')
    one = command('rollback', _rollback, 'return to an earlier version; `undo` takes that back')
    one.add_argument('version', type=_version, help='as `show` and `log` list them')
    command('compact', _compact, 'delete from the disk, for good, what was taken back; you cannot '
                                 'return to earlier versions after that')
    one = command('migrate', state_pictures.migrate, 'encode all kept pictures again through '
                                                     'another encoder; no node may be running')
    one.add_argument('--model', required=True, metavar='FILE',
                     help='the new encoder, a TFLite model')
    one = command('log', _log, 'list who taught what, and when')
    one.add_argument('--last', type=torture.count, metavar='N', help='only the newest N records')
    one.add_argument('--label', help='only records that name this label')
    one = command('torture', torture.main, 'kill teaching processes at random moments and look '
                                           'for losses', memory=False)
    torture.add_arguments(one)


def main(args: argparse.Namespace) -> int:
    """Run one of the commands; return the exit code."""
    try:
        return args.action(args)
    except (StoreError, LabelError, OSError, ValueError) as error:
        complain('state', error)
        return 2


def _tell(problems: Sequence[str]) -> int:
    """Print what is wrong; return the exit code it stands for."""
    for problem in problems:
        complain('state', problem)
    return 1 if problems else 0


def _show(args: argparse.Namespace) -> int:
    contents = read_store(args.memory)
    if args.label:
        lines = state_report.samples(contents.state, args.label)
        if not lines:
            raise StoreError(f"nothing was taught as '{args.label}'")
        print('\n'.join(lines))
    else:
        print('\n'.join(state_report.show(contents, time.time())))
    if args.pictures:
        print(state_pictures.write(contents, expanded(args.pictures), args.label))
    return _tell(contents.problems)


def _audit(args: argparse.Namespace) -> int:
    return _tell(state_audit.run(args))


def _verify(args: argparse.Namespace) -> int:
    contents = read_store(args.memory)
    state = contents.state
    code = _tell([*contents.problems, *contents_of.bad_attachments(contents)])
    print(f'{printable(contents.path)}: {len(contents.records)} records, '
          f'{len(state.samples)} samples of {len(state.counts)} labels read, digest '
          f'{state.digest}: '
          + ('damage was found' if code else 'every byte is as it was written'))
    return code


def _export(args: argparse.Namespace) -> int:
    if args.file is None and not args.pictures:
        raise StoreError('name a file to write, or --pictures DIR')
    path = None if args.file is None else expanded(args.file)
    contents = read_store(args.memory)
    if args.pictures:
        print(state_pictures.write(contents, expanded(args.pictures), None))
    if path is not None:
        if os.path.lexists(path) and not args.force:
            raise StoreError(f'{path} is there already; give --force to replace it')
        state = contents.state
        written = contents_of.export(state, contents.head, path,
                                     contents_of.pictures_of(contents),
                                     contents_of.frames_of(contents))
        print(f'{printable(path)}: {len(state.samples)} samples of {len(state.counts)} labels, '
              f'{state_report.size(written)}')
    return _tell(contents.problems)


def _import(args: argparse.Namespace) -> int:
    try:
        contents = read_whole(args.file, args.replace, args.force)
    except DamagedError as error:
        raise StoreError(f'{error}; --force takes what can be read') from error
    memory = expanded(args.memory) / FILE_NAME
    if os.path.exists(memory) and os.path.samefile(memory, contents.path):
        raise StoreError(f'{args.file} is the memory itself; nothing was imported')
    fingerprint = stored_fingerprint(args.memory) or contents.fingerprint
    samples, jpegs = contents.state.samples, contents_of.pictures_of(contents)
    with DiskStore.open(args.memory, fingerprint, old_format=True) as store:
        try:
            added, known = store.import_samples(
                contents.fingerprint, samples.values(), args.replace,
                pictures=[jpegs.get(number) for number in samples],
                drawings=contents_of.drawings_of(contents))
        except FingerprintError as error:
            raise FingerprintError(
                f'{args.file} does not fit {store.directory}: {error}') from error
        store.keep()
        print(f'{printable(store.directory)}: {added} samples added, {known} were known; now '
              f'{len(store.state.samples)} samples of {len(store.state.counts)} labels, '
              f'version {store.version}')
        return _tell(contents.problems + store.remarks)


def _undo(args: argparse.Namespace) -> int:
    if args.change is not None:
        return _step(args, lambda store: taken_back(store.undo_one(args.change)))
    if args.record is None:
        return _step(args, lambda store: taken_back(store.undo()))

    def step(store: SampleStore) -> str:
        store.take_back(args.record)
        return (f'record {args.record} is taken back: {samples_text(len(store.state.samples))} '
                f'of {len(store.state.counts)} labels')
    return _step(args, step)


def _redo(args: argparse.Namespace) -> int:
    return _step(args, lambda store: put_back(
        store.redo() if args.change is None else store.redo_one(args.change)))


def _version(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'a version is a whole number from 0, not {text!r}')
    return int(text)


def _rollback(args: argparse.Namespace) -> int:
    def step(store: SampleStore) -> str:
        store.rollback(args.version)
        return (f'what was known at version {args.version} is known again: '
                f'{samples_text(len(store.state.samples))} of {len(store.state.counts)} labels')
    return _step(args, step)


def _step(args: argparse.Namespace, step: Callable[[DiskStore], str]) -> int:
    """Change a memory that is there, and say so."""
    read_store(args.memory)  # nothing there: say so instead of making an empty one
    with DiskStore.open(args.memory, None) as store:
        remarks = list(store.remarks)
        print(step(store))
        return _tell(remarks)


def _compact(args: argparse.Namespace) -> int:
    def step(store: DiskStore) -> str:
        before, after = store.compact()
        return (f'{printable(store.directory)}: {state_report.size(before)} before, '
                f'{state_report.size(after)} now, {len(store.state.samples)} samples')
    return _step(args, step)


def _changes(args: argparse.Namespace) -> int:
    contents = read_store(args.memory)
    print('\n'.join(state_report.changes(ChangeList(contents.state).newest(args.last))))
    return _tell(contents.problems)


def _log(args: argparse.Namespace) -> int:
    contents = read_store(args.memory)
    records = [record for record in contents.records
               if args.label is None or args.label in (record.text, record.was)]
    print('\n'.join(state_report.log(contents.state,
                                     records[-args.last:] if args.last else records)))
    return _tell(contents.problems)
