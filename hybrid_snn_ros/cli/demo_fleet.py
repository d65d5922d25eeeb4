# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
``hybrid-snn demo --robots 3``: teach one robot, all know.

Each robot is a turntable camera and a classifier in a namespace of its own.  The operator teaches
each of them other objects, then shows every object to all.  Then one robot gets out of reach; both
sides are taught something new, and know only their own until the radio is back.
"""

from collections import Counter
from collections.abc import Callable, Sequence
import contextlib
import json
from pathlib import Path
import sys
import time
from typing import Any, NamedTuple, TYPE_CHECKING

from std_msgs.msg import String

from hybrid_snn_ros.cli import demo_report
from hybrid_snn_ros.cli.demo_client import DemoClient, DemoError
from hybrid_snn_ros.cli.demo_processes import start_page, start_robot
from hybrid_snn_ros.cli.demo_radio import Radio, remaps
from hybrid_snn_ros.cli.demo_report import Seen
from hybrid_snn_ros.fleet.store_key import introduce
from hybrid_snn_ros.ros.qos import LATCHED

if TYPE_CHECKING:
    from hybrid_snn_ros.cli.demo_processes import Children

NAMES = 'arm', 'belt', 'cart', 'door', 'eye'
TAUGHT = (('duck', 'mug'), ('soccer ball', 'lego brick'), ('racecar', 'husky'),
          ('tray', 'bicycle'), ('jenga block', 'kuka arm'))  # by robot
NEW = 'r2d2', 'robot dog'  # taught on the two sides of the cut
WANTED = 0.95  # share of new views that must be named right
_VIEWS = 8  # new views of an object that each robot is asked
_PATIENCE = 60.0  # seconds for anything that is waited for: computers may be busy


class FleetResult(NamedTuple):
    """What became of it."""

    right: int
    asked: int  # of so many new views, at robots that were not taught the object
    seconds: list[float]  # from a lesson's acknowledgement until all others knew it
    unknown: int
    asked_apart: int  # of so many views of what only the other side was taught
    healed: float  # seconds after the cut until all knew all

    @property
    def passed(self) -> bool:
        """Whether it reached what it promises."""
        return self.right >= WANTED * self.asked

    def lines(self) -> list[str]:
        """Return the closing lines."""
        median = sorted(self.seconds)[len(self.seconds) // 2]
        return [
            f'named right elsewhere   {100 * self.right / self.asked:5.1f} %   {self.right} of '
            f'{self.asked} new views, by robots that were not taught the object',
            f'known to all            {median:.2f} s after it was taught (median of '
            f'{len(self.seconds)} objects), {max(self.seconds):.2f} s at most',
            f'out of reach            {self.unknown} of {self.asked_apart} views of what the '
            'other side was taught are unknown',
            f'in reach again          all know all {self.healed:.2f} s later']


class Robot:
    """One robot, and the person at it."""

    def __init__(self, name: str, check: Callable[[], None]) -> None:
        """Meet the robot in the namespace `name`."""
        self.name = name
        self.client = DemoClient(check, f'/{name}')
        self.fleet: dict[str, Any] = {}  # what ~/fleet said last
        self.labels: set[str] = set()
        self.client.hear('classifier/fleet', String, self._on_fleet, LATCHED)
        self.client.hear('classifier/labels', String, self._on_labels, LATCHED)

    def _on_fleet(self, message: Any) -> None:
        self.fleet = json.loads(message.data)

    def _on_labels(self, message: Any) -> None:
        self.labels = {one['label'] for one in json.loads(message.data)['labels']}

    @property
    def others(self) -> set[str]:
        """How the other robots stand to this one."""
        return {one['state'] for one in self.fleet.get('robots', ())}


def play(children: 'Children', output: Path, args: Any) -> bool:
    """
    Start, teach, show to all, cut, teach both sides, heal; write fleet.png.

    :return: whether it reached what it promises.
    :raises DemoError: when something that is waited for does not come.
    """
    begun, names = time.monotonic(), NAMES[:args.robots]
    for number, name in enumerate(names):
        start_robot(children, args, args.seed + number, output / 'memory' / name,
                    TAUGHT[number][0], name, '-p', 'fleet:=share', *remaps(name))
    has_page = start_page(children, names[0])
    with contextlib.ExitStack() as stack:
        robots = []
        for name in names:
            robots.append(Robot(name, children.check))
            stack.callback(robots[-1].client.close)
        radio = stack.enter_context(Radio(names))
        demo = _Demo(robots, radio, args.frames)
        for robot in robots:
            robot.client.wait_until_ready(_PATIENCE)
        demo.wait(lambda: all(one.fleet for one in robots), 'not all robots speak')
        introduce({name: output / 'memory' / name for name in names})
        demo.wait(lambda: all(one.others == {'same'} for one in robots),
                  'the robots do not know each other')
        if url := robots[0].client.wait_for_page(10.0 if has_page else 0.0):
            print(f'Watch and teach along in a browser: {url}\n')
        result = demo.run(args.robots)
        demo_report.contact_sheet(output / 'fleet.png', demo.rows, len(names), 150)
        print('\n' + '\n'.join(result.lines()))
        print(f"\ndone in {time.monotonic() - begun:.0f} s; picture: {output / 'fleet.png'}")
        if not result.passed:
            print(f'hybrid-snn demo: fewer than {100 * WANTED:.0f} % of the new views were named '
                  'right by robots that were not taught them', file=sys.stderr)
        if args.stay:
            print(f'The cameras go on; Ctrl-C ends it. {robots[0].client.page_url}')
            while True:
                for robot in robots:
                    robot.client.spin()
                    robot.client.look()
        return result.passed


class _Demo:
    """What happens, in order."""

    def __init__(self, robots: list[Robot], radio: Radio, frames: int) -> None:
        self.robots, self.radio, self.frames = robots, radio, frames
        self.rows: list[tuple[str, list[Seen]]] = []  # of the picture

    def run(self, count: int) -> FleetResult:
        """Do it all."""
        *near, far = self.robots
        seconds = [self._teach(robot, name, self.robots)
                   for robot, names in zip(self.robots, TAUGHT) for name in names]
        print('\nEach object is shown to all robots, from views that none of them has seen:')
        right = asked = 0
        for robot, names in zip(self.robots, TAUGHT):
            for name in names:
                found = self._show(name, f'{name} (taught to {robot.name})')
                right += sum(label == name for other, labels in found.items()
                             if other != robot.name for label in labels)
                asked += (count - 1) * _VIEWS
        self.radio.out_of_reach = frozenset([far.name])
        print(f'\n{far.name} gets out of reach.')
        self._teach(near[0], NEW[0], near)
        self._teach(far, NEW[1], [far])
        apart = [label for name, side in zip(NEW, (near, [far])) for other, labels in self._show(
            name, f'{name}, {far.name} out of reach').items()
            if other not in [one.name for one in side] for label in labels]
        self.radio.out_of_reach = frozenset()
        healed = self.wait(lambda: all(set(NEW) <= one.labels for one in self.robots),
                           'after the cut not all know all')
        print(f'\n{far.name} is in reach again; all know all {healed:.2f} s later.')
        for name in NEW:
            self._show(name, f'{name}, {far.name} in reach again')
        return FleetResult(right, asked, seconds, apart.count('unknown'), len(apart), healed)

    def _teach(self, robot: Robot, name: str, knowing: Sequence[Robot]) -> float:
        """Teach an object at a robot; return the seconds until others know it, too."""
        robot.client.show(name, 'train', _PATIENCE)
        robot.client.teach(name, self.frames, _PATIENCE)
        seconds = self.wait(lambda: all(name in one.labels for one in knowing),
                            f'{name!r} is not known to all')
        others = [one.name for one in knowing if one is not robot]
        print(f'  {robot.name:5} is taught {name:12}' + (
            f" {' and '.join(others)} know it {seconds:.2f} s later" if others else ''),
            flush=True)
        return seconds

    def _show(self, name: str, title: str) -> dict[str, list[str]]:
        """Show an object to all robots at once; return what each names its new views."""
        for robot in self.robots:
            robot.client.turn(name, 'test')
        found: dict[str, dict[int, Seen]] = {robot.name: {} for robot in self.robots}

        def enough() -> bool:
            for robot in self.robots:
                views = found[robot.name]
                for seen in robot.client.look():
                    if (seen.object, seen.split) == (name, 'test') and len(views) < _VIEWS:
                        views.setdefault(seen.view, seen)
            return all(len(views) == _VIEWS for views in found.values())
        self.wait(enough, f'not all views of {name!r} were answered')
        labels = {robot: [seen.answer['label'] for seen in views.values()]
                  for robot, views in found.items()}
        print(f'  {title:34}' + '  '.join(
            f'{robot}: {most} {count}/{_VIEWS}' for robot, said in labels.items()
            for most, count in Counter(said).most_common(1)), flush=True)
        pictures = [next((seen for seen in views.values() if seen.picture is not None), None)
                    for views in found.values()]
        if name in (*NEW, *(names[0] for names in TAUGHT)):  # enough to look at
            self.rows.append((title, [one for one in pictures if one is not None]))
        return labels

    def wait(self, condition: Callable[[], bool], complaint: str) -> float:
        """Let everything go on until a condition holds; return the seconds that took."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() > begun + _PATIENCE:
                raise DemoError(f'{complaint} within {_PATIENCE:g} s')
            for robot in self.robots:
                robot.client.spin()
        return time.monotonic() - begun
