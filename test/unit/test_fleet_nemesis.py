# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A fleet on disk under a seeded nemesis, in virtual time; nothing may be lost or come back.

Partitions, one-way links, lost, doubled, reordered and corrupted messages, clocks a day off and
stepping, robots that stop and start, one that joins late, and in every third run two robots with
one key.
"""

import os
import random
import shutil
import tempfile

from fleets import agree, codes, FINGERPRINT, KEYS, network_bits, Robot
import pytest

from hybrid_snn_ros.fleet.network import VirtualNetwork
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import RefusedError
from hybrid_snn_ros.memory.record import ALLOW, canonical, LESSON, read_spans, TOMBSTONE

ROBOTS, SECONDS = 4, 40


@pytest.fixture
def disk():
    """A directory in memory where there is one: what a sync costs is not the subject."""
    place = tempfile.mkdtemp(dir='/dev/shm' if os.path.isdir('/dev/shm') else None)
    yield place
    shutil.rmtree(place)


class Nemesis:
    """What happens, and what must be true of it afterwards."""

    def __init__(self, seed, disk):
        self.rng = random.Random(seed)
        self.disk = disk
        self.network = VirtualNetwork(seed, delay_s=(0.001, 1.0))
        self.acknowledged = []  # records in the order in which they were made
        self.counts = dict.fromkeys(
            ('lessons', 'undone', 'partitions', 'one-way links', 'restarts', 'clock steps'), 0)
        self.skew = {}
        self.twins = seed % 3 == 0
        self.robots = [self.robot(number, KEYS[number]).start() for number in range(ROBOTS)]
        self.late = self.robot('late', KEYS[ROBOTS])
        self.robots.append(self.late)
        if self.twins:
            self.robots.append(self.robot('twin', KEYS[0]))

    def robot(self, name, key):
        self.skew[name] = self.rng.choice([0, 86400, -86400])
        store = self.opened(name)
        store.take_author(key.author)
        if not store.state.records and name != 'twin':
            for other in KEYS[:ROBOTS + 1]:
                if other is not key:
                    store.decide(ALLOW, other.author)
        return Robot(self.network, name, key, store)

    def opened(self, name):
        return DiskStore.open(f'{self.disk}/{name}', FINGERPRINT,
                              now=lambda: 1e9 + self.skew[name] + self.network.now)

    def run(self):
        twin = self.robots[-1] if self.twins else None
        for second in range(SECONDS):
            if twin and second == 5:  # a copy of robot 0's card, made some time ago
                twin.store.close()
                shutil.copytree(f'{self.disk}/0', f'{self.disk}/twin', dirs_exist_ok=True)
                twin.store = self.opened('twin')
                twin.start()
            if second == SECONDS // 2:
                self.late.start()
            self.harm()
            for _ in range(self.rng.randint(0, 2)):
                self.act(self.rng.choice([one for one in self.robots if one.run is not None]))
            self.network.run(self.network.now + 1)

    def harm(self):
        network, rng = self.network, self.rng
        names = [robot.name for robot in self.robots]
        what = rng.randrange(8)
        if what == 0:
            side = set(rng.sample(names, rng.randint(1, len(names) - 1)))
            network.cut = {(a, b) for a in names for b in names if (a in side) != (b in side)}
            self.counts['partitions'] += 1
        elif what == 1:
            network.cut = {(rng.choice(names), rng.choice(names)) for _ in range(4)}
            self.counts['one-way links'] += 1
        elif what == 2:
            network.cut = set()
        elif what == 3:
            network.loss, network.doubled, network.corrupted = (
                rng.choice([0, 0.1, 0.5]), rng.choice([0, 0.3]), rng.choice([0, 0.1]))
        elif what == 4:
            robot = rng.choice([one for one in self.robots if one.run is not None])
            robot.stop()
            robot.store.close()
            robot.store = self.opened(robot.name)
            robot.start()
            self.counts['restarts'] += 1
        elif what == 5:
            self.skew[rng.choice(names)] = rng.choice([0, 86400, -86400, 3600])
            self.counts['clock steps'] += 1

    def act(self, robot):
        store, rng = robot.store, self.rng
        version = store.version
        act = rng.choice(['teach'] * 6 + ['undo', 'forget', 'rename', 'merge'])
        try:
            if act == 'teach':
                store.teach(rng.choice(['mug', 'cup', 'box', 'pen']),
                            codes(rng.randrange(10 ** 6)), f'{rng.random():.9f}')
                self.counts['lessons'] += 1
            elif act == 'undo':
                store.undo()
                self.counts['undone'] += 1
            elif act == 'forget' and rng.random() < 0.3:
                store.forget(rng.choice(store.state.labels))
                self.counts['undone'] += 1
            elif act in ('rename', 'merge'):
                store.rename(rng.choice(store.state.labels), rng.choice(['mug', 'cup', 'tool']),
                             merge=act == 'merge')
        except (RefusedError, IndexError):
            return
        self.acknowledged += [(robot.name, one) for one in store.state.records
                              if one.number > version]

    def forked(self):
        """Return the ids that two robots have given to two different records."""
        content = {}
        for _, record in self.acknowledged:
            content.setdefault(record.id, set()).add(canonical(record))
        return {one for one, found in content.items() if len(found) > 1}

    def expected(self, forked):
        """Return the lessons that must be there, and those that must not, by plain sets."""
        taken_back = set()
        for _, record in reversed(self.acknowledged):
            if record.kind == TOMBSTONE and record.id not in taken_back | forked:
                taken_back |= {(author, number) for author, first, last in read_spans(
                    record.target) for number in range(first, last + 1)}
        lessons = {record.id for _, record in self.acknowledged if record.kind == LESSON}
        return lessons - taken_back - forked, (lessons & taken_back) | forked


@pytest.mark.parametrize('seed', [
    pytest.param(seed, marks=pytest.mark.slow if seed >= 6 else ()) for seed in range(50)])
def test_after_a_nemesis_all_know_the_same_nothing_is_lost_and_nothing_is_back(seed, disk):
    nemesis = Nemesis(seed, disk)
    nemesis.run()
    network, robots = nemesis.network, nemesis.robots
    network.cut, network.loss, network.doubled, network.corrupted = set(), 0, 0, 0
    healed = network.now
    network.delay_s = 0.001, 0.02
    network.run(healed + 1.2)  # what was under way
    assert network.run(healed + 240, lambda: agree(robots)), [
        (robot.name, robot.peer.digest, robot.peer.errors) for robot in robots]
    took = network.now - healed
    forked = nemesis.forked()
    there, gone = nemesis.expected(forked)
    for robot in robots:
        state = robot.store.state
        known = {one.id for one in state.records if one.number in state.samples}
        assert there - known == set(), (robot.name, 'lost')
        assert gone & known == set(), (robot.name, 'came back')
        assert robot.known == robots[0].known
        assert not robot.store.remarks
    assert len({network_bits(robot.store.state.samples) for robot in robots}) == 1
    for robot in robots:
        robot.store.close()
    print(f'\nseed {seed}: {nemesis.counts}, {len(there)} lessons are there at all of '
          f'{len(robots)} robots, {len(gone)} at none, {len(forked)} forks; equal after '
          f'{took:.1f} s')
