# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
``hybrid-snn demo``: the main job on one computer, without a camera and without a robot.

A simulated turntable camera and the classifier run as two processes and talk over DDS.  This
process plays the operator: it teaches objects from a handful of views over ``~/teach``, then shows
views that were never taught, and objects that were never taught at all.  At the end there are
several things on a table (demo_scene.py).  Without ROS there is a smaller one (demo_alone.py).
"""

import argparse
import importlib.util
import os
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain
from hybrid_snn_ros.resources import shared_file

if TYPE_CHECKING:
    from hybrid_snn_ros.cli.demo_client import DemoClient
    from hybrid_snn_ros.cli.demo_report import LiveTable, Seen

TAUGHT = ('duck', 'mug', 'lego brick', 'soccer ball', 'racecar', 'husky', 'kuka arm',
          'jenga block', 'tray', 'bicycle')
STRANGERS = ('r2d2', 'robot dog')
VIEWS = 26  # test views of an object on the turntable
WANTED_ACCURACY = 0.95
_SHEET_COLUMNS = 5
_PATIENCE = 30.0  # seconds for all views of an object


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--output', type=a_path, default='demo', metavar='DIR',
                        help='directory for memory, pictures and logs (default: %(default)s); '
                             'the demo starts by emptying the memory in it')
    parser.add_argument('--condition', default='jitter', choices=('plain', 'jitter', 'varied'),
                        help='what changes between views: nothing, elevation + distance + light, '
                             'or the floor too (default: %(default)s)')
    parser.add_argument('--frames', type=int, default=10, metavar='N',
                        help='frames taught for each object, 1..10 (default: %(default)s)')
    parser.add_argument('--rate', type=float, default=15.0, metavar='HZ',
                        help='frame rate of the camera, 0.1..120 (default: %(default)g)')
    parser.add_argument('--without-ros', action='store_true',
                        help='do it in this one process, with drawn objects: no node, no DDS, '
                             'no page, no simulator')
    parser.add_argument('--stay', action='store_true',
                        help="keep running after the summary until Ctrl-C, to teach on the "
                             "operator's page")
    parser.add_argument('--seed', type=int, default=1, help='seed of the views')


def main(args: argparse.Namespace) -> int:
    """Run the demo; return 0, or 1 when it did not reach what it promises."""
    output = Path(args.output).absolute()
    if not _prepared(args, output):
        return 2
    if args.without_ros:
        from hybrid_snn_ros.cli import demo_alone
        from hybrid_snn_ros.vision.encoder import EncoderError
        try:
            return demo_alone.play(output, args.condition, args.frames, args.seed)
        except EncoderError as error:
            complain('demo', str(error))
            return 1
    variables = environment()
    os.environ.update(variables)
    try:
        from hybrid_snn_ros.cli import demo_scene
        from hybrid_snn_ros.cli.demo_client import DemoClient, DemoError
    except ImportError as error:
        print(f'hybrid-snn demo: ROS 2 is not here ({error}); source your ROS set-up, or '
              "pip install 'hybrid_snn_ros[ros]'; or without it: hybrid-snn demo --without-ros",
              file=sys.stderr)
        return 1
    from hybrid_snn_ros.cli.demo_processes import ChildDied, Children
    children = Children(output, dict(os.environ))
    # Told to end in whatever way, the demo ends its processes first.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    client = None
    begin = time.monotonic()
    print(f'Camera and classifier start as two processes (ROS domain '
          f"{variables['ROS_DOMAIN_ID']}, this computer only).")
    print(f'What is taught lies in {output / "memory"}; logs and pictures in {output}.\n')
    try:
        children.start('camera', 'hybrid_snn_ros.sim.camera_node', '--ros-args',
                       '-p', f'object:={TAUGHT[0]}', '-p', 'split:=train',
                       '-p', f'condition:={args.condition}', '-p', f'rate:={args.rate}',
                       '-p', 'floor:=plain', '-p', f'seed:={args.seed}')
        children.start('classifier', 'hybrid_snn_ros.ros.main', '--ros-args',
                       '--params-file', str(shared_file('config', 'classifier.yaml')),
                       '-r', 'image:=image_raw', '-p', f'memory:={output / "memory"}',
                       '-p', f'teach_frames:={args.frames}', '-p', 'where:=on')
        if importlib.util.find_spec('aiohttp'):
            children.start('page', 'hybrid_snn_ros.operator_page.main', '--ros-args',
                           '-p', 'port:=0', '-r', 'image:=image_raw')
        client = DemoClient(children.check)
        client.wait_until_ready(60.0)
        if client.wait_for_page(8.0 if importlib.util.find_spec('aiohttp') else 0.0):
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
        return 0 if passed else 1
    except (DemoError, ChildDied) as error:
        print(f'\nhybrid-snn demo: {error}', file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave them behind
        if client is not None:
            client.close()
        codes = children.stop()
        for name, code in codes.items():
            if code != 0:
                print(f'hybrid-snn demo: {name} ended with code {code}, see '
                      f'{output / name}.log', file=sys.stderr)


def _prepared(args: argparse.Namespace, output: Path) -> bool:
    """Make the directory, without a memory in it; say what keeps the demo from running."""
    for name, value, low, high in (('frames', args.frames, 1, 10), ('rate', args.rate, 0.1, 120)):
        if not low <= value <= high:
            print(f'hybrid-snn demo: --{name} must lie in {low}..{high}, not {value}',
                  file=sys.stderr)
            return False
    memory = output / 'memory'
    try:
        output.mkdir(parents=True, exist_ok=True)
        if memory.exists():
            shutil.rmtree(memory)
        memory.mkdir()
    except OSError as error:
        print(f'hybrid-snn demo: --output {args.output} cannot be used: {error.filename}: '
              f'{error.strerror}', file=sys.stderr)
        return False
    return True


def environment() -> dict[str, str]:
    """Return what keeps the demo's traffic on this computer and on a domain of its own."""
    return {
        'ROS_DOMAIN_ID': os.environ.get('ROS_DOMAIN_ID', str(1 + os.getpid() % 100)),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'FASTDDS_DEFAULT_PROFILES_FILE': str(shared_file('config', 'fastdds.xml')),
        'PYTHONUNBUFFERED': '1',
    }


def _teach_and_show(client: 'DemoClient', frames: int, output: Path) -> float:
    from hybrid_snn_ros.cli import demo_report
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


def _ask(client: 'DemoClient', table: 'LiveTable', name: str, wanted: str,
         latencies: list[float]) -> tuple[dict[int, bool], list['Seen']]:
    """Show one object's new views until each was answered once."""
    from hybrid_snn_ros.cli.demo_client import DemoError
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
