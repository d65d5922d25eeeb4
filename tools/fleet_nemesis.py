# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Lets five real nodes teach each other while a seeded nemesis tears at them (root on Linux).

python tools/fleet_nemesis.py [--runs N] [--seed N]

Each node is a process in a network namespace of its own, on a switch that loses, doubles, delays
and cuts; one comes late, clocks are a day off, a sixth participant repeats what it heard, whole
and corrupted.  A run: people teach, undo, forget and rename at robots, which are partitioned, deaf
on one side and killed meanwhile; then all heals.  After it all must know the same, within five
seconds: nothing that was acknowledged is lost, nothing that was taken back is there, the networks
have equal bits, the nodes answer the same.
"""

import argparse
import contextlib
from pathlib import Path
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

import ether
import fleet_person
from fleets import network_bits, network_of

from hybrid_snn_ros.fleet.store_key import introduce
from hybrid_snn_ros.memory.record import TOMBSTONE

ROBOTS = 5
WITHIN = 5.0  # seconds after healing
PATIENCE = 60.0  # after which a run is given up
LABELS = {'mug': (250, 60, 20), 'bowl': (40, 240, 60), 'duck': (20, 60, 250)}
OFF = (0, 86400, -86400, 0, 3600)  # seconds by which the clocks are off
# The node with a calendar that is off; what it does by steady clocks is as ever.
WRONG_CLOCK = """
import time
right = time.time
time.time = lambda: right() + {off}
from hybrid_snn_ros.ros.main import main
main()
"""


class Robot:
    """A node in its namespace, and the people around it."""

    def __init__(self, number, namespace, directory):
        self.number, self.name, self.namespace = number, f'robot{number}', namespace
        self.directory = directory
        self.memory = directory / self.name
        self._program = '-c', WRONG_CLOCK.format(off=OFF[number])
        self.run = False
        self._frames = 0

    def start(self):
        """Start the node, at first or again."""
        from ros_harness import NodeProcess
        self.node = self.namespace.run(
            NodeProcess, self.directory, 0, '-r', f'__ns:=/{self.name}', fleet='share',
            memory=str(self.memory), min_change=0.0, smoothing=1, image_timeout=600.0,
            questions='off', program=self._program)
        self.run = True

    def do(self, function, *arguments):
        """Let the person at the robot do something, once it is there."""
        self.namespace.do(fleet_person.told, PATIENCE)
        return self.namespace.do(function, *arguments)

    def kill(self):
        """Cut its power."""
        self.node.process.kill()
        self.node.process.wait()
        self.run = False
        self.namespace.do(fleet_person.forget_told)

    @property
    def state(self):
        """What is on its disk."""
        from ros_harness import remembered
        return remembered(self.memory)

    @property
    def lessons(self):
        """Ids of the lessons that are in force on its disk."""
        state = self.state
        return {one.id for one in state.records if one.number in state.samples}

    def teach(self, label):
        """Teach a picture that no one has seen; return the lesson's id."""
        self._frames += 1
        number = self.do(fleet_person.teach, label, LABELS[label],
                         1000 * self.number + self._frames)
        return self.state.record(number).id

    def close(self):
        """End the node, which must end well."""
        with self.node:  # whatever happens, it is ended
            self.namespace.do(fleet_person.leave)
            if self.run:
                self.node.end()


class Nemesis:
    """Runs, and what is known of what people did."""

    def __init__(self, robots, switch, seed):
        self.robots, self.switch, self.random = robots, switch, random.Random(seed)
        self.taught = set()  # ids of acknowledged lessons
        self._taken_at = {}  # by robot: ids of what it took back
        self.counts = dict.fromkeys(('lessons', 'undone', 'forgotten', 'renamed', 'partitions',
                                     'one-way links', 'kills', 'bad lines'), 0)
        self.seconds = []  # until all knew the same

    def _teach(self, robot):
        label = self.random.choice(list(LABELS))
        self.taught.add(robot.teach(label))
        self.counts['lessons'] += 1

    def _take_back(self, robot, name, act):
        before = {one.id for one in robot.state.records}
        act()
        # What the robot wrote says what was taken: lessons of others come in meanwhile.
        state, mine = robot.state, self._taken_at.setdefault(robot.name, set())
        for record in state.records:
            if (record.author, record.kind) == (state.author, TOMBSTONE) and (
                    record.id not in before):
                for target in state.targets(record):
                    if target.kind == TOMBSTONE:  # an Undo of a forget
                        mine -= {one.id for one in state.targets(target)}
                    else:
                        mine.add(target.id)
        self.counts[name] += 1

    @property
    def taken(self):
        """Ids of what some robot took back, and not that again."""
        return set().union(*self._taken_at.values())

    def _undo(self, robot):
        self._take_back(robot, 'undone', lambda: robot.do(fleet_person.command, {'do': 'undo'}))

    def _forget(self, robot):
        labels = list(robot.state.counts)
        if labels:
            label = self.random.choice(labels)
            self._take_back(robot, 'forgotten', lambda: robot.do(
                fleet_person.command, {'do': 'forget', 'label': label}))

    def _rename(self, robot):
        labels = list(robot.state.counts)
        if labels:
            robot.do(fleet_person.command, {
                'do': 'rename', 'label': self.random.choice(labels),
                'to': f'thing {self.random.randrange(10**6)}'})
            self.counts['renamed'] += 1

    def _partition(self):
        side = set(self.random.sample(range(ROBOTS), self.random.randint(1, ROBOTS - 1)))
        self.switch.cut = {(a, b) for a in range(ROBOTS) for b in range(ROBOTS)
                           if (a in side) != (b in side)}
        self.counts['partitions'] += 1

    def _one_way(self):
        deaf = self.random.randrange(ROBOTS)
        self.switch.cut |= {(other, deaf) for other in range(ROBOTS) if other != deaf}
        self.counts['one-way links'] += 1

    def _bad_line(self):
        self.switch.loss, self.switch.double, self.switch.late = 0.2, 0.1, 0.2
        self.counts['bad lines'] += 1

    def _kill(self):
        robot = self.random.choice([one for one in self.robots if one.run])
        robot.kill()
        robot.start()
        self.counts['kills'] += 1

    def run(self):
        """Do harm, heal, and check; return what is wrong, a sentence, or ''."""
        for _ in range(self.random.randint(2, 3)):
            self.random.choices([self._partition, self._one_way, self._bad_line, self._kill],
                                [4, 4, 4, 1])[0]()
            robot = self.random.choice([one for one in self.robots if one.run])
            act = self.random.choices([self._teach, self._undo, self._forget, self._rename],
                                      [6, 2, 0.5, 1])[0]
            act(robot)
            if self.random.random() < 0.3:
                self._teach(self.random.choice([one for one in self.robots if one.run]))
        for robot in self.robots:
            robot.do(fleet_person.told)
        self.switch.heal()
        healed = time.monotonic()
        while time.monotonic() < healed + PATIENCE:
            told = [robot.do(fleet_person.told) for robot in self.robots]
            if self._agree(told):
                self.seconds.append(time.monotonic() - healed)
                return self._wrong()
        return f'they do not agree within {PATIENCE:g} s: {told}'

    def _agree(self, told):
        """Tell whether all say that they know the same, and do."""
        return len({one['digest'] for one in told}) == 1 and len(
            {frozenset(one.lessons) for one in self.robots}) == 1

    def _wrong(self):
        there = self.robots[0].lessons
        if lost := self.taught - self.taken - there:
            return f'lost: {self._told_of(lost)}'
        if back := self.taken & there:
            return f'back again: {self._told_of(back)}'
        states = [one.state for one in self.robots]
        if len({tuple(state.counts.items()) for state in states}) > 1:
            return f'names differ: {[state.counts for state in states]}'
        # Of equal networks one is computed, since that takes a second.
        taught = {network_of(state): state.samples for state in states}
        if len({network_bits(samples, 1280) for samples in taught.values()}) > 1:
            return 'the networks have other bits'
        return ''

    def _told_of(self, ids):
        """Return each robot's records of some lessons, and of what takes them back there."""
        told = []
        for robot in self.robots:
            state = robot.state
            lessons = [one for one in state.records if one.id in ids]
            told += [f'{robot.name} has {len(lessons)} of {len(ids)} records', *(
                f'{robot.name}: {author}/{sequence} is taken back by '
                f'{[(*one.id, one.act) for one in by]}'
                for (author, sequence), by in state.reached(lessons).items())]
        return '\n'.join(map(str, [*ids, *told]))

    def end(self):
        """Return what is wrong with each robot's network and its answers, a sentence, or ''."""
        if len({network_bits(one.state.samples, 1280) for one in self.robots}) > 1:
            return 'the networks have other bits'
        if len({repr(robot.do(fleet_person.answers, list(LABELS.values())))
                for robot in self.robots}) > 1:
            return 'the nodes answer differently'
        return ''


def main(runs, seed):
    """Do the runs; return the exit code: 1 where something is wrong, 3 where it took too long."""
    if problem := ether.missing():
        print(problem)
        return 2
    fleet_person.set_dds()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        namespaces = [ether.Namespace(number + 1) for number in range(ROBOTS + 1)]
        for one in namespaces:
            stack.callback(one.close)
        switch = ether.Switch(namespaces, seed)
        switch.start()
        stack.callback(switch.close)
        robots = [Robot(number, namespaces[number], directory) for number in range(ROBOTS)]
        for robot in robots:
            robot.start()
            stack.callback(robot.close)
            robot.namespace.do(fleet_person.meet, robot.name)
        for robot in robots:
            robot.do(fleet_person.told)
        robots[-1].kill()  # the late one
        introduce({robot.name: robot.memory for robot in robots})
        end = directory / 'end of noise'
        noise = namespaces[ROBOTS].begin(fleet_person.make_noise, seed, str(end))
        stack.callback(end.touch)
        nemesis, begun, wrong = Nemesis(robots, switch, seed), time.monotonic(), ''
        late = robots.pop()
        for number in range(runs):
            if number == 1:
                robots.append(late)
                late.start()
            if wrong := nemesis.run():
                print(f'run {number}: {wrong}')
                break
            if (number + 1) % 10 == 0:
                print(f'{number + 1} of {runs} runs, {time.monotonic() - begun:.0f} s',
                      file=sys.stderr, flush=True)
        end.touch()
        if not wrong and (wrong := nemesis.end()):
            print(wrong)
        seconds = sorted(nemesis.seconds)
        print(f'{len(seconds)} runs in {time.monotonic() - begun:.0f} s: '
              + ', '.join(f'{count} {name}' for name, count in nemesis.counts.items()))
        print('frames: ' + ', '.join(f'{count} {name}' for name, count in switch.counts.items())
              + f'; {noise.result()} messages repeated or corrupted')
        if seconds:
            print(f'equal after healing: median {statistics.median(seconds):.2f} s, 95 % '
                  f'{seconds[int(0.95 * (len(seconds) - 1))]:.2f} s, longest {seconds[-1]:.2f} s')
        print(f'{len(nemesis.taught - nemesis.taken)} lessons were to be there and '
              f'{len(nemesis.taught & nemesis.taken)} not')
        slow = sum(one > WITHIN for one in seconds)
        if slow:
            print(f'{slow} runs took longer than {WITHIN:g} s')
        return 1 if wrong else 3 if slow else 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--runs', type=int, default=50, metavar='N',
                        help='how often (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1, metavar='N',
                        help='of what happens (default: %(default)s)')
    options = parser.parse_args()
    sys.exit(main(options.runs, options.seed))
