# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The tables of ``hybrid-snn state``: what is known, and who taught what when."""

from collections.abc import Iterable, Sequence
import time
import unicodedata

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.authors import also_called, robot_names, taught_by
from hybrid_snn_ros.memory.changes import Listed
from hybrid_snn_ros.memory.contents import StoreContents
from hybrid_snn_ros.memory.record import Record, TOMBSTONE, WHOLE
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.wording import boxes_text, in_words


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


def _robots(state: StoreState, own: str) -> dict[str, str]:
    """Return which robots taught each label, nothing where there is only this one."""
    names = {**robot_names(state), own: 'this robot'}
    found = taught_by(state)
    if {author for by in found.values() for author in by} <= {own}:
        return {}
    return {label: ', '.join(f'{names.get(author, author[:8])} {count}'
                             for author, count in by.items()) for label, by in found.items()}


def show(contents: StoreContents, now: float) -> list[str]:
    """Return the lines of ``state show``."""
    state, base = contents.state, contents.head.base.version
    rows: list[Sequence[object]] = []
    robots = _robots(state, contents.head.author)
    for label, count in state.counts.items():
        times = [sample.time for sample in state.samples.values() if sample.label == label]
        rows.append((count, age(now - max(times)), moment(min(times)), moment(max(times)),
                     *([robots[label]] if robots else []), label))
    head = ('samples', 'last taught', 'first', 'last', *(['taught by'] if robots else []), 'label')
    lines = table(head, rows or [['-'] * len(head)])
    lines += ['', f'{len(state.counts)} labels, {len(state.samples)} samples, version '
              f'{state.version}', '']
    facts = [('file', f'{contents.path}, {size(contents.size)}, {len(contents.records)} records'),
             ('history', f'versions {base} to {state.version} can be returned to')]
    facts += fingerprints.facts(contents.fingerprint)
    if drawn := state.drawn.values():
        facts += [('drawn', f'{boxes_text(sum(len(one.boxes) for one in drawn))} in {len(drawn)} '
                   f'frames, {sum(one.complete for one in drawn)} of them wholly')]
    newest = state.history.newest()
    facts += [('names', f"{label!r} is called {' and '.join(map(repr, others))}, too, by other "
               'robots') for label, others in also_called(state).items()]
    facts += [('undo', f'would take back: {in_words(newest)}, {moment(newest.time)}' if newest
               else 'nothing to take back')]
    facts += [('saved', f'version {number}, {moment(saved)}')
              for number, saved in contents.versions if number >= base]
    name = max(len(key) for key, _ in facts)
    return lines + [printable(f'{key:{name}}  {value}') for key, value in facts]


def samples(state: StoreState, label: str) -> list[str]:
    """Return the lines of ``state show --label``; [] where it has no sample."""
    rows = [(number, moment(sample.time), sample.source, sample.stamp,
             '' if sample.region == WHOLE else ' '.join(f'{part:.3g}' for part in sample.region))
            for number, sample in state.samples.items() if sample.label == label]
    return table(('sample', 'when', 'who', 'stamp of the frame', 'region'), rows) if rows else []


def changes(listed: Iterable[Listed]) -> list[str]:
    """Return the lines of ``state changes``; those that are taken back are marked."""
    rows = [(one.change.id, moment(one.change.time), 'taken back' if one.taken_back else '',
             one.change.source, in_words(one.change)) for one in listed]
    return table(('change', 'when', 'now', 'who', 'what'), rows)


def log(state: StoreState, records: Iterable[Record]) -> list[str]:
    """Return the lines of ``state log``, oldest record first; what is taken back is marked."""
    rows = []
    for record in records:
        what = {'rename': f'{record.was} -> {record.text}',
                'merge': f'{record.was} -> {record.text}',
                'rollback': f'to version {record.text}',
                'allow': record.text or record.target,
                'deny': record.text or record.target}.get(record.act, record.text)
        if record.act in ('undo', 'redo', 'remove', 'relabel', 'restore') and (
                record.kind == TOMBSTONE):
            numbers = [one.number for one in state.targets(record)]
            span = f'{numbers[0]} to {numbers[-1]}' if len(numbers) > 1 else ''.join(
                map(str, numbers))
            what = f'{what} ({span})' if what else f'({span})'
        rows.append((record.number, moment(record.time), record.act,
                     '' if state.in_force(record) else 'taken back', record.source,
                     record.stamp, what))
    return table(('record', 'when', 'what', 'now', 'who', 'stamp of the frame', 'label'), rows)
