# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn state audit``: is what was taught enough, and which of it looks wrong."""

import argparse

from hybrid_snn_ros.audit import audit, Findings
from hybrid_snn_ros.audit.as_json import as_json
from hybrid_snn_ros.audit.findings import Quality, SUSPECT_ODDS
from hybrid_snn_ros.cli import json_file
from hybrid_snn_ros.cli.checked_arguments import in_a_directory
from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.cli.state_report import table
from hybrid_snn_ros.memory.contents import read_store, StoreContents
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.wording import samples_text
from hybrid_snn_ros.network import Network, Rebuild
from hybrid_snn_ros.snn.rules import DEFAULT, params_of
from hybrid_snn_ros.snn.steps import finish

_CONFUSIONS = 10  # that are listed
_WIDEST = 32  # characters of a label in a table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--json', type=a_path, metavar='FILE',
                        help='write everything that was found to a file')


def find(contents: StoreContents, progress: Progress) -> Findings:
    """
    Audit what a memory holds, through a network made for it.

    :raises StoreError: when there are no two labels to tell apart.
    """
    state = contents.state
    if len(state.counts) < 2:
        raise StoreError(f'{contents.path} holds {len(state.counts)} labels; an audit needs two '
                         'that could be mistaken for each other')
    inputs = next(iter(state.samples.values())).codes.shape[-1]
    rebuild = Rebuild(Network(DEFAULT, params_of(DEFAULT, None), inputs), state.samples)
    for done, total in rebuild.steps():
        progress(done, total)
    found = finish(audit(rebuild.network))
    assert found is not None  # the default rule can
    return found


def run(args: argparse.Namespace) -> list[str]:
    """Print the findings; return what is damaged, sentences."""
    in_a_directory(args, 'json')
    contents = read_store(args.memory)
    progress = Progress('learning what the memory holds')
    try:
        found = find(contents, progress)
    finally:
        progress.close()
    if args.json:
        json_file.write(args.json, as_json(found))
    print('\n'.join(report(found)))
    return contents.problems


def report(found: Findings) -> list[str]:
    """Return the lines of an audit."""
    samples = sum(one.samples for one in found.labels)
    enough = sum(one.verdict == 'enough' for one in found.labels)
    lines = [f'{samples_text(samples)} of {len(found.labels)} labels, each judged as if it had '
             f'not been taught; enough of {enough} labels.', '']
    lines += table(('label', 'samples', 'looks', 'right', '95 %', 'suspect', 'what to teach'), [
        (_short(one.label), one.samples, f'{one.looks:.0f}', *_accuracy(one), one.suspects or '',
         one.sentence) for one in found.labels])
    doubtful = [(one.sample, _short(one.label), _short(one.better), _odds(one.odds))
                for one in found.doubtful if one.odds < 1]
    lines += ['', 'Samples that look like another label:' if doubtful
              else 'Every sample looks most like its own label.']
    if doubtful:
        lines += table(('  sample', 'taught as', 'looks like', 'odds'), [
            (f'  {sample}', *rest) for sample, *rest in doubtful])
        lines += ['`hybrid-snn state undo --record SAMPLE` takes a wrong one out.']
    if found.confusions:
        lines += ['', 'Taken for another label:']
        lines += table(('  label', 'taken for', 'of its looks'), [
            (f'  {_short(one.label)}', _short(one.other), f'{100 * one.share:.0f} %')
            for one in found.confusions[:_CONFUSIONS]])
    if found.one_thing:
        lines += ['', 'Perhaps one thing under two names (t is about 1 for one thing):']
        lines += table(('  label', 'label', 't'), [
            (f'  {_short(one.label)}', _short(one.other), f'{one.t:.1f}')
            for one in found.one_thing])
    lines += ['', f'{samples_text(len(found.repeats))} nearly repeat an earlier one of their '
              'label and count with it as one look.']
    if found.unjudged:
        lines.append(f'{samples_text(found.unjudged)} could not be judged: their label was shown '
                     'one way only.')
    return lines


def _short(label: str) -> str:
    return label if len(label) <= _WIDEST else f'{label[:_WIDEST - 1]}…'


def _accuracy(one: Quality) -> tuple[str, str]:
    if one.accuracy is None:
        return '-', '-'
    return f'{100 * one.accuracy:.0f} %', f'{100 * one.low:.0f}..{100 * one.high:.0f}'


def _odds(odds: float) -> str:
    return (f'{1 / odds:.1f} to 1' if odds > 0.001 else 'above 1000 to 1') + (
        ', a suspect' if odds * SUSPECT_ODDS < 1 else '')
