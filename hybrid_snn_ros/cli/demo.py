# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
``hybrid-snn demo``: the main job on one computer, without a camera and without a robot.

With one robot it is demo_turntable.py, with several demo_fleet.py, without ROS demo_alone.py.
"""

import argparse
import os
from pathlib import Path
import shutil
import signal
import sys

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.resources import shared_file


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
    parser.add_argument('--rate', type=float, metavar='HZ',
                        help='frame rate of each camera, 0.1..120 (default: 15, with several '
                             'robots 5)')
    parser.add_argument('--robots', type=int, default=1, metavar='N',
                        help='2..5: so many robots instead, which know what one of them is '
                             'taught; one gets out of reach for a while (default: %(default)s)')
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
        if args.robots > 1:
            from hybrid_snn_ros.cli.demo_fleet import play
        else:
            from hybrid_snn_ros.cli.demo_turntable import play
        from hybrid_snn_ros.cli.demo_client import DemoError
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
    print(f'Camera and classifier start as two processes{" for each robot" * (args.robots > 1)} '
          f"(ROS domain {variables['ROS_DOMAIN_ID']}, this computer only).")
    print(f'What is taught lies in {output / "memory"}; logs and pictures in {output}.\n')
    try:
        return 0 if play(children, output, args) else 1
    except (DemoError, ChildDied, StoreError) as error:
        print(f'\nhybrid-snn demo: {error}', file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave them behind
        for name, code in children.stop().items():
            if code != 0:
                print(f'hybrid-snn demo: {name} ended with code {code}, see '
                      f'{output / name}.log', file=sys.stderr)


def _prepared(args: argparse.Namespace, output: Path) -> bool:
    """Make the directory, without a memory in it; say what keeps the demo from running."""
    if args.rate is None:
        args.rate = 15.0 if args.robots == 1 else 5.0
    for name, value, low, high in (('frames', args.frames, 1, 10), ('rate', args.rate, 0.1, 120),
                                   ('robots', args.robots, 1, 5)):
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
