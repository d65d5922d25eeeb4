# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Lets things that no one taught go past a robot, and answers what it asks on its page.

python tools/ten_things.py [--things N] [--taught]

The robot begins with models/everyday.memory, or with four things that were taught. The first N
things of the turntable that everyday.memory has no name for turn before the camera (views of the
split test); each question is answered in Chromium, 360x640, taken back and put back. What was not
asked about goes past again, in another light and on another floor, three times in all. Then every
thing is shown from elsewhere, as at first (views of the split train).
"""

import argparse
from collections import Counter
import contextlib
from pathlib import Path
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from browser import PHONE
from checkout import ROOT
from operator_page_harness import Browser, opened, running
from passing_things import Person

from hybrid_snn_ros.sim.objects import CATALOGUE

KNOWN = 'mug', 'soccer ball'  # the memory has a cup and a soccer ball
THINGS = [thing.name for thing in CATALOGUE if thing.name not in KNOWN]
TAUGHT = 'mug', 'soccer ball', 'pink rocket', 'yellow submarine'
ROUNDS = 'jitter', 'varied', 'plain'  # conditions of the camera
TURNS, VIEWS, LATER = 2, 26, 10


def teach(robot):
    """Teach four other things, as by holding Teach."""
    for name in TAUGHT:
        robot.show(name)
        result = robot.peer.command(do='teach', label=name)
        for _ in range(3 * LATER):
            robot.peer.spin(0.3)
            result = robot.peer.command(do='teach', label=name)
        print(result.message, flush=True)


def main(count, taught):
    """Run it and print the figures."""
    things, begun = THINGS[:count], time.monotonic()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        robot = stack.enter_context(running(
            directory, questions='off', initial_memory='' if taught else str(
                ROOT / 'models' / 'everyday.memory')))
        browser = stack.enter_context(Browser(directory / 'profile'))
        browser.look(PHONE, False)
        opened(browser, robot.url)
        if taught:
            teach(robot)
        person = Person(robot, browser)
        person.ready()
        for number, condition in enumerate(ROUNDS):
            robot.set_camera(condition=condition)
            left = [name for name in things if name not in person.labels]
            for name in left:
                person.let_pass(name, TURNS * VIEWS, 'test')
                print(f'round {number + 1}: {name} went past, {len(person.questions)} questions',
                      flush=True)
            print('answered:', ', '.join(person.answer_all()), flush=True)
            person.ready()
        robot.set_camera(condition=ROUNDS[0])
        struck = sum(answer.struck for answer in person.answers)
        print(f'{len(person.answers)} answers name {len(set(things) & person.labels)} of {count} '
              f'things; {struck} pictures were left out')
        right = total = 0
        for name in things:
            said = person.look(name, 'train', LATER)
            print(f'{name}: later views are called ' + ', '.join(
                f'{label} ({count})' for label, count in Counter(said).most_common()), flush=True)
            right, total = right + said.count(name), total + len(said)
        print(f'{right} of {total} later views are right: {100 * right / total:.1f} %; '
              f'{time.monotonic() - begun:.0f} s')


if __name__ == '__main__':
    PARSER = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    PARSER.add_argument('--things', type=int, default=10, metavar='N',
                        help='how many (%(default)s)')
    PARSER.add_argument('--taught', action='store_true',
                        help='begin with four things that were taught, not everyday.memory')
    WORDS = PARSER.parse_args()
    main(WORDS.things, WORDS.taught)
