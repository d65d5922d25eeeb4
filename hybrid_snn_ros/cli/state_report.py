# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The tables of ``hybrid-snn state``: what is known, and who taught what when."""

from collections.abc import Iterable, Sequence
import time
import unicodedata

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.history import Change
from hybrid_snn_ros.memory.view import View
from hybrid_snn_ros.memory.wording import samples_text


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(character) else
               2 if unicodedata.east_asian_width(character) in 'WF' else 1 for character in text)


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table whose last column may be of any length."""
    cells = [list(map(printable, map(str, row))) for row in [head, *rows]]
    widths = [max(map(width, column)) for column in zip(*cells)][:-1]
    return ['  '.join([*(cell + ' ' * (size - width(cell)) for cell, size in zip(row, widths)),
                       row[-1]]).rstrip() for row in cells]


def moment(seconds: float) -> str:
    """Return local time, to the second, with its offset."""
    try:
        return time.strftime('%Y-%m-%d %H:%M:%S%z', time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f'{seconds:.0f} s'


def age(seconds: float) -> str:
    """Return how long ago something was, in one unit."""
    if seconds < 0:
        return 'in the future'
    for unit, size in (('days', 86400), ('h', 3600), ('min', 60)):
        if seconds >= 2 * size:
            return f'{seconds / size:.0f} {unit} ago'
    return f'{seconds:.0f} s ago'


def size(count: int) -> str:
    """Return a number of bytes for people."""
    for unit, factor in (('MB', 1e6), ('kB', 1e3)):
        if count >= factor:
            return f'{count / factor:.1f} {unit}'
    return f'{count} bytes'


def show(view: View, now: float) -> list[str]:
    """Return the lines of ``state show``."""
    samples = view.ledger.samples.values()
    rows: list[Sequence[object]] = []
    for label, count in view.ledger.counts.items():
        times = [sample.time for sample in samples if sample.label == label]
        rows.append((count, age(now - max(times)), moment(min(times)), moment(max(times)), label))
    rows = rows or [('-', '-', '-', '-', '-')]
    lines = table(('samples', 'last taught', 'first', 'last', 'label'), rows)
    lines += ['', f'{len(view.ledger.counts)} labels, {len(samples)} samples, version '
              f'{view.ledger.version}', '']
    header = view.header
    facts = [('file', f'{view.path}, {size(view.size)}, {len(view.entries)} entries'),
             ('history', f'states {header.base} to {view.ledger.version} can be returned to')]
    facts += identities.facts(header.identity)
    newest = view.ledger.history.newest()
    facts += [('undo', 'would take back: ' + change(newest) if newest else 'nothing to take back')]
    facts += [('snapshot', f'state {kept.sequence}, {moment(kept.time)}, {size(kept.size)}')
              for kept in view.snapshots]
    name = max(len(key) for key, _ in facts)
    return lines + [printable(f'{key:{name}}  {value}') for key, value in facts]


def change(done: Change) -> str:
    """Return in a few words what a change was (memory.history.Change)."""
    label = f" of '{done.label}'" if done.label else ''
    what = {'forget': f"'{done.label}' was forgotten ({samples_text(done.samples)})",
            'rename': f"'{done.label}' was renamed '{done.target}'",
            'merge': f"'{done.label}' was merged into '{done.target}'",
            'remove': f"a sample of '{done.label}' was removed",
            'rollback': f'the return to version {done.target}'}
    return (what.get(done.what) or f'{samples_text(done.samples)}{label}, by {done.source}') + (
        f', {moment(done.time)}')


def log(entries: Iterable[Entry]) -> list[str]:
    """Return the lines of ``state log``, oldest entry first."""
    rows = []
    for entry in entries:
        done = entry.reason or {'undo': 'remove'}.get(entry.operation, entry.operation)
        what = {'rename': f'{entry.label} -> {entry.target}',
                'rollback': f'to state {entry.target}',
                'repair': entry.target}.get(entry.operation, entry.label)
        rows.append((entry.sequence, moment(entry.time), done, entry.sample or '', entry.source,
                     entry.stamp if entry.operation == 'teach' else '', what))
    return table(('entry', 'when', 'what', 'sample', 'who', 'stamp of the frame', 'label'), rows)
