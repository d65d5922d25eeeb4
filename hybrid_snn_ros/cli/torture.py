# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
``hybrid-snn state torture``: a teaching process is killed with SIGKILL, again and again.

The child announces each change on a pipe, makes it, and acknowledges it.  Whenever it dies, the
memory must open and hold what follows from the acknowledged changes, bit for bit, with or without
the one change that was announced and not acknowledged.
"""

import argparse
import collections
from collections.abc import Iterable
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from typing import Any, cast, NoReturn

import numpy as np

from hybrid_snn_ros.cli.printable import complain
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.store import NewLesson

WIDTH = 1280
FINGERPRINT = {'encoder': 'torture', 'inputs': WIDTH}
LABELS = ('mug', 'cup', 'box', 'key', 'Schlüssel')
KINDS = {'teach': 20, 'group': 3, 'undo': 3, 'forget': 1, 'rename': 2, 'compact': 1,
         'keep': 2}
ROUNDS_PER_DIRECTORY = 25
_Known = dict[int, tuple[str, int]]  # id of a sample: its label, and the seed of the rest


def count(text: str) -> int:
    """Return a number from 1 on, for argparse."""
    number = int(text) if text.isdecimal() else 0
    if not number:
        raise argparse.ArgumentTypeError(f'a number from 1 on is needed, not {text!r}')
    return number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--rounds', type=count, default=1000, metavar='N',
                        help='how often to kill (default: %(default)s)')
    parser.add_argument('--seed', type=int, help='seed of all random numbers (default: a new '
                                                 'one each time, which is printed)')
    parser.add_argument('--longest', type=float, default=250.0, metavar='MS',
                        help='kill within this many milliseconds (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """Torture; return 0 when nothing was lost."""
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(4), 'little')
    rng = random.Random(seed)
    sums: collections.Counter[str] = collections.Counter()
    progress = Progress('killing')
    begin = time.monotonic()
    for first in range(0, args.rounds, ROUNDS_PER_DIRECTORY):
        directory = tempfile.mkdtemp(prefix='hybrid_snn_torture_')
        known: _Known = {}
        before = _trouble(sums)
        for number in range(first, min(first + ROUNDS_PER_DIRECTORY, args.rounds)):
            known = _round(directory, rng, args.longest / 1000, known, sums)
            progress(number + 1, args.rounds)
        if _trouble(sums) == before:
            shutil.rmtree(directory)
        else:
            print(f'hybrid-snn state torture: see {directory}', file=sys.stderr)
    progress.close()
    print(f"{args.rounds} kills in {time.monotonic() - begin:.0f} s (seed {seed}): "
          f"{sums['acknowledged']} changes acknowledged, {sums['samples']} of them samples; "
          f"{sums['early']} kills before the first change, {sums['unfinished']} in the middle of "
          f"one, {sums['told']} with a remark at the next start")
    print(f"acknowledged changes lost: {sums['lost']}; memories that did not open: "
          f"{sums['closed']}")
    return 1 if _trouble(sums) else 0


def _trouble(sums: collections.Counter[str]) -> int:
    return sums['lost'] + sums['closed']


def _round(directory: str, rng: random.Random, longest: float, known: _Known,
           sums: collections.Counter[str]) -> _Known:
    """Start, kill and compare; return what is known afterwards."""
    pipe, end = os.pipe()
    seed = rng.getrandbits(32)
    child = os.fork()
    if child == 0:
        os.close(pipe)
        _teach_until_killed(directory, seed, end)
    os.close(end)
    try:
        told = _listen(pipe, time.monotonic() + rng.uniform(0, longest))
    finally:
        os.kill(child, signal.SIGKILL)
    told += _listen(pipe, time.monotonic() + 10)
    os.close(pipe)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        sums['closed'] += 1
        return known
    change = None
    for line in told.split(b'\n')[:-1]:  # what follows the last line end was cut short
        line = json.loads(line)
        if isinstance(line, dict):
            change = line
            continue
        known = _after(known, cast(dict[str, Any], change), line)
        sums['acknowledged'] += 1
        sums['samples'] += len(line)
        change = None
    sums['early'] += not told
    sums['unfinished'] += change is not None
    possible = [known]
    if change is not None:  # what was never acknowledged may be there, but whole
        possible.append(_after(known, change, range(-len(change.get('lessons', [])), 0)))
    return _compare(directory, known, possible, sums)


def _listen(pipe: int, until: float) -> bytes:
    """Return what the child says until a moment or its end, whichever is first."""
    parts = []
    while (left := until - time.monotonic()) > 0 and select.select([pipe], [], [], left)[0]:
        part = os.read(pipe, 65536)
        if not part:
            break
        parts.append(part)
    return b''.join(parts)


def _compare(directory: str, known: _Known, possible: list[_Known],
             sums: collections.Counter[str]) -> _Known:
    """Open the memory, count what is wrong with it, and return what it holds."""
    try:
        store = DiskStore.open(directory, FINGERPRINT)
    except Exception as error:  # whatever it is: the memory did not open
        complain('state torture', error)
        sums['closed'] += 1
        return known
    with store:
        seeds = {_codes(seed).tobytes(): seed for state in possible for _, seed in state.values()}
        found = {number: (sample.label, seeds.get(sample.codes.tobytes(), -1))
                 for number, sample in store.state.samples.items()}
        # Samples that were never acknowledged have ids that no one heard of.
        right = found == known or any(
            list(found.values()) == list(state.values())
            and all(found.get(number) == sample for number, sample in state.items() if number > 0)
            for state in possible[1:])
        if not right or not _is_drawn(store, [seed for _, seed in found.values()]):
            print(f'hybrid-snn state torture: {len(known)} samples were known, {len(found)} '
                  f'others are there: {store.remarks}', file=sys.stderr)
            sums['lost'] += 1
        sums['told'] += bool(store.remarks)
        return found


def _is_drawn(store: DiskStore, seeds: Iterable[int]) -> bool:
    """Tell whether the boxes are those of the samples of these seeds, and their frames whole."""
    drawn = {(name, box) for name, one in store.state.drawn.items() for box in one.boxes}
    wanted = {(frame.name, _region(seed)) for seed in seeds
              if (frame := _frame(seed)) is not None}
    return drawn == wanted and all(store.frame(name) is not None for name, _ in drawn)


def _after(known: _Known, change: dict[str, Any], ids: Iterable[int]) -> _Known:
    """Return what is known after a change: plain code of its own, to hold the memory to."""
    kind = change['kind']
    if kind == 'teach':
        return {**known, **{number: (label, seed)
                            for number, (label, seed) in zip(ids, change['lessons'])}}
    if kind == 'undo':
        return {number: known[number] for number in known if number != change['sample']}
    if kind == 'forget':
        return {number: known[number] for number in known if known[number][0] != change['label']}
    if kind == 'rename':
        return {number: (change['target'] if label == change['label'] else label, seed)
                for number, (label, seed) in known.items()}
    return known


def _codes(seed: int) -> np.ndarray:
    return np.frombuffer(random.Random(seed).randbytes(WIDTH), np.uint8)


def _frame(seed: int) -> DrawnFrame | None:
    """Return the frame in which the sample of a seed is drawn, if it is: every third is."""
    if seed % 3:
        return None
    cells = np.random.default_rng(seed % 60).integers(0, 256, (5, 5, 8), np.uint8)
    return DrawnFrame('torture', cells)


def _region(seed: int) -> Region:
    return seed / 2 ** 33, 0.25, 0.125, 0.5


def _teach_until_killed(directory: str, seed: int, pipe: int) -> NoReturn:
    """Announce, change and acknowledge without end; the child's whole life."""
    try:
        rng = random.Random(seed)
        store = DiskStore.open(directory, FINGERPRINT)
        while True:
            change = _plan(rng, store.state)
            os.write(pipe, json.dumps(change).encode() + b'\n')
            ids = _make(store, change)
            os.write(pipe, json.dumps(ids).encode() + b'\n')
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _plan(rng: random.Random, state: StoreState) -> dict[str, Any]:
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    if kind in ('undo', 'forget', 'rename') and not state.samples:
        kind = 'teach'
    if kind in ('teach', 'group'):
        count = 1 if kind == 'teach' else rng.randint(2, 6)
        return {'kind': 'teach', 'lessons': [[rng.choice(LABELS), rng.getrandbits(32)]
                                             for _ in range(count)]}
    if kind == 'undo':
        return {'kind': kind, 'sample': rng.choice(list(state.samples))}
    if kind == 'forget':
        return {'kind': kind, 'label': rng.choice(state.labels)}
    if kind == 'rename':
        old = rng.choice(state.labels)
        return {'kind': kind, 'label': old,
                'target': rng.choice([label for label in LABELS if label != old])}
    return {'kind': kind}


def _make(store: DiskStore, change: dict[str, Any]) -> list[int]:
    """Make a change; return the ids of what was taught."""
    kind = change['kind']
    if kind == 'teach':
        return [record.number for record in store.teach_all(
            [NewLesson(label, _codes(seed), region=_region(seed), frame=_frame(seed))
             for label, seed in change['lessons']], 'torture')]
    if kind == 'undo':
        store.remove(change['sample'])
    elif kind == 'forget':
        store.forget(change['label'])
    elif kind == 'rename':
        store.rename(change['label'], change['target'], merge=True)
    elif kind == 'compact':
        store.compact()
    else:
        store.keep()
    return []
