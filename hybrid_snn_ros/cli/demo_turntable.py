# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
``hybrid-snn demo`` with one robot: teach objects on a turntable, show them again, and strangers.

A simulated turntable camera and the classifier run as two processes and talk over DDS.  This
process plays the operator: it teaches objects from a handful of views over ``~/teach``, then shows
views that were never taught, and objects that were never taught at all.  At the end there are
several things on a table (demo_scene.py).
"""

import contextlib
from pathlib import Path
import sys
import time
from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.cli import demo_report, demo_scene
from hybrid_snn_ros.cli.demo_client import DemoClient, DemoError
from hybrid_snn_ros.cli.demo_processes import start_page, start_robot

if TYPE_CHECKING:
    from hybrid_snn_ros.cli.demo_processes import Children
    from hybrid_snn_ros.cli.demo_report import LiveTable, Seen

TAUGHT = ('duck', 'mug', 'lego brick', 'soccer ball', 'racecar', 'husky', 'kuka arm',
          'jenga block', 'tray', 'bicycle')
STRANGERS = ('r2d2', 'robot dog')
VIEWS = 26  # test views of an object on the turntable
WANTED_ACCURACY = 0.95
_SHEET_COLUMNS = 5
_PATIENCE = 30.0  # seconds for all views of an object


def play(children: 'Children', output: Path, args: Any) -> bool:
    """
    Start the processes, teach, show, print; return whether it reached what it promises.

    :raises DemoError: when something that is waited for does not come.
    """
    begin = time.monotonic()
    start_robot(children, args, args.seed, output / 'memory', TAUGHT[0], '', '-p', 'where:=on')
    has_page = start_page(children)
    with contextlib.closing(DemoClient(children.check)) as client:
        client.wait_until_ready(60.0)
        if client.wait_for_page(8.0 if has_page else 0.0):
            print(f'Watch and teach along in a browser: {client.page_url}\n')
        accuracy = _teach_and_show(client, args.frames, output)
        scene = demo_scene.play(client, output)
        print('\n' + '\n'.join(scene.lines()))
        passed = accuracy >= WANTED_ACCURACY and scene.passed
        print(f'\ndone in {time.monotonic() - begin:.0f} s; pictures: '
              f"{output / 'contact_sheet.png'}, {output / 'scene.png'}")
        if not passed:
            print(f'hybrid-snn demo: fewer than {100 * WANTED_ACCURACY:.0f} % of the new views or '
                  f'{100 * demo_scene.WANTED:.0f} % of the things on the table were named right',
                  file=sys.stderr)
        if args.stay:
            print(f'The camera goes on; Ctrl-C ends it. {client.page_url}')
            for _ in client.watch(float('inf')):
                pass
        return passed


def _teach_and_show(client: DemoClient, frames: int, output: Path) -> float:
    table = demo_report.LiveTable()
    table.head()
    latencies = []
    for name in TAUGHT:
        table.row(name, 'teaching', '')
        client.show(name, 'train')
        meanwhile, learned = client.teach(name, frames)
        latencies += [seen.answer['latency_ms'] for seen in meanwhile]
        table.row(name, 'teaching', f'{learned}/{frames}', meanwhile[-1].answer, 'saved',
                  done=True)
    known: dict[str, dict[int, bool]] = {}
    strangers: dict[str, dict[int, bool]] = {}
    pictures = []
    for name in TAUGHT + STRANGERS:
        taught = name in TAUGHT
        views, shown = _ask(client, table, name, name if taught else 'unknown', latencies)
        (known if taught else strangers)[name] = views
        pictures.append((name if taught else f'{name} (never taught)', shown))
    demo_report.contact_sheet(output / 'contact_sheet.png', pictures, _SHEET_COLUMNS)
    accuracy, lines = demo_report.summary(known, strangers, latencies, client.published,
                                          client.answered, client.counters)
    print('\n' + '\n'.join(lines))
    return accuracy


def _ask(client: DemoClient, table: 'LiveTable', name: str, wanted: str,
         latencies: list[float]) -> tuple[dict[int, bool], list['Seen']]:
    """Show one object's new views until each was answered once."""
    doing = 'new views' if name == wanted else 'unknown?'
    table.row(name, doing, f'0/{VIEWS}')
    client.show(name, 'test')
    views: dict[int, bool] = {}
    pictures: list[Seen] = []
    for seen in client.watch(_PATIENCE):
        if (seen.object, seen.split) != (name, 'test'):
            continue
        latencies.append(seen.answer['latency_ms'])
        if seen.view not in views:
            views[seen.view] = seen.answer['label'] == wanted
            if seen.picture is not None and len(views) % (VIEWS // _SHEET_COLUMNS) == 1:
                pictures.append(seen)
        done = len(views) == VIEWS
        table.row(name, doing, f'{len(views)}/{VIEWS}', seen.answer,
                  f'{sum(views.values())}/{len(views)}', done)
        if done:
            return views, pictures
    raise DemoError(f'only {len(views)} of {VIEWS} views of {name!r} were answered within '
                    f'{_PATIENCE:g} s')
