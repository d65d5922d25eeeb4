# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The demo in one process, for computers that ROS 2 and PyBullet have no wheels for (64-bit ARM).

Drawn solids take the place of the turntable, the classifier that of the node; encoder, memory on
disk and network are the node's.  Nothing is sent over DDS.
"""

from pathlib import Path
import time

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli import demo_report
from hybrid_snn_ros.sim import conditions, solids
from hybrid_snn_ros.snn import kernel

WANTED_ACCURACY = 0.95
_STRANGERS = 2  # the last solids are never taught
_SHEET_COLUMNS = 5


def play(output: Path, condition: str, frames: int, seed: int) -> int:
    """
    Teach, ask, and start again.

    :param output: directory for the memory and the contact sheet, there already.
    :param condition: what changes between views: 'plain', 'jitter' or 'varied'.
    :param frames: taught of each object.
    :return: 0, or 1 when it did not reach what it promises.
    :raises EncoderError: where no TFLite runtime is installed.
    """
    begin = time.monotonic()
    names = solids.names()
    taught = names[:-_STRANGERS]
    classifier = Classifier()
    classifier.open(output / 'memory')
    print('One process without ROS: drawn objects in the place of the camera, the classifier in '
          f'that of\nthe node. What is taught lies in {output / "memory"}.\n')
    table = demo_report.LiveTable()
    table.head()
    for name in taught:
        for view in conditions.view_indices('train')[:frames]:
            learned = classifier.teach(_picture(name, condition, view, seed), name)
        table.row(name, 'teaching', f'{learned.samples}/{frames}', None, 'saved', done=True)
    known: dict[str, dict[int, bool]] = {}
    unknown: dict[str, dict[int, bool]] = {}
    sheet = []
    for name in names:
        wanted = name if name in taught else 'unknown'
        seen = [_ask(classifier, name, condition, view, seed)
                for view in conditions.view_indices('test')]
        right = {one.view: one.answer['label'] == wanted for one in seen}
        (known if name in taught else unknown)[name] = right
        table.row(name, 'new views' if name in taught else 'unknown?',
                  f'{len(seen)}/{len(seen)}', seen[-1].answer,
                  f'{sum(right.values())}/{len(right)}', done=True)
        sheet.append((name if name in taught else f'{name} (never taught)',
                      seen[::len(seen) // _SHEET_COLUMNS]))
    demo_report.contact_sheet(output / 'contact_sheet.png', sheet, _SHEET_COLUMNS)
    accuracy, lines = demo_report.verdict(known, unknown)
    print('\n' + '\n'.join(lines))
    print(f'computed by             {kernel.describe()}')
    same = _start_again(classifier, output, taught[-1], condition, seed)
    print(f'\ndone in {time.monotonic() - begin:.0f} s; pictures: {output / "contact_sheet.png"}')
    return 0 if accuracy >= WANTED_ACCURACY and same else 1


def _picture(name: str, condition: str, view: int, seed: int) -> np.ndarray:
    return solids.render(name, conditions.view(condition, view, seed, solids.names().index(name)))


def _ask(classifier: Classifier, name: str, condition: str, view: int,
         seed: int) -> demo_report.Seen:
    picture = _picture(name, condition, view, seed)
    begin = time.perf_counter()
    answer = classifier.predict(picture)
    return demo_report.Seen(name, 'test', view, {
        'label': answer.label, 'score': answer.score, 'unknown': answer.unknown,
        'latency_ms': 1e3 * (time.perf_counter() - begin)}, picture)


def _start_again(classifier: Classifier, output: Path, name: str, condition: str,
                 seed: int) -> bool:
    """Open the memory anew; return whether a view of an object is answered as before."""
    picture = _picture(name, condition, conditions.TEST_VIEWS[0], seed)
    before = classifier.predict(picture)
    classifier.close()
    again = Classifier()
    again.open(output / 'memory')
    after = again.predict(picture)
    again.close()
    same = (before.label, before.score) == (after.label, after.score)
    print(f'after a new start       {after.label}, {100 * after.score:.0f} %: '
          + ('the same answer' if same else f'before it was {before.label}'))
    return same
