# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of what another robot was taught: given to those who look, and only where allowed."""

import contextlib

from fleets import codes, FINGERPRINT, KEYS, Robot
import pytest

from hybrid_snn_ros.fleet.network import VirtualNetwork
from hybrid_snn_ros.fleet.pictures import Pictures
from hybrid_snn_ros.fleet.wire import MOST_PICTURE
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.record import ALLOW
from hybrid_snn_ros.memory.store import NewLesson

JPEG = b'\xff\xd8 a picture of '


class Looking:
    """Robots on a network; the first was taught some mugs with pictures."""

    def __init__(self, directory, stack, loss=0.0, pictures=(True, True, True), size=0):
        self.network = VirtualNetwork(1, loss)
        self.seen = [{}, {}, {}]
        self.asked, robots = [], []
        for number, key in enumerate(KEYS[:3]):
            store = stack.enter_context(DiskStore.open(
                directory / str(number), FINGERPRINT, now=lambda: 1e9 + self.network.now))
            store.take_author(key.author)
            for other in KEYS[:3]:
                if other is not key:
                    store.decide(ALLOW, other.author)
            self.asked.append(Pictures(self.seen[number].__setitem__))
            robots.append(Robot(self.network, number, key, store,
                                pictures=self.asked[number] if pictures[number] else None))
        self.robots = robots
        robots[0].store.teach_all([NewLesson(
            'mug', codes(number), f'{number}.0', picture=JPEG + bytes([number]) + bytes(size))
            for number in range(5)])
        for robot in robots:
            robot.start()
        assert self.network.run(30, lambda: all(
            len(robot.store.state.samples) == 5 for robot in robots))
        self.ids = [one.id for one in robots[1].store.state.records
                    if one.number in robots[1].store.state.samples]

    def look(self, number, ids=None, seconds=15):
        """Let a person at a robot look; return what they saw: {id: JPEG}."""
        self.asked[number].want(self.ids if ids is None else ids, self.network.now)
        self.network.run(self.network.now + seconds)
        return self.seen[number]


@pytest.fixture
def fleet(tmp_path):
    with contextlib.ExitStack() as stack:
        yield lambda **words: Looking(tmp_path, stack, **words)


@pytest.mark.parametrize('loss', [0.0, 0.3])
def test_who_looks_sees_the_pictures_and_no_one_else(fleet, loss):
    looking = fleet(loss=loss)
    seen = looking.look(1)
    if not loss:
        assert seen == {one: JPEG + bytes([place]) for place, one in enumerate(looking.ids)}
    assert len(seen) >= 4 and looking.seen[2] == {}
    assert looking.robots[0].peer.counters['pictures sent'] >= 5
    assert not any(looking.robots[1].store.pictures(looking.robots[1].store.state.samples))


@pytest.mark.parametrize('pictures', [(False, True, True), (True, False, True)])
def test_they_stay_on_their_robot_unless_both_allow_it(fleet, pictures):
    looking = fleet(pictures=pictures)
    assert looking.look(1) == {}
    assert looking.robots[0].peer.counters['pictures sent'] == 0


def test_what_is_not_there_or_of_no_one_is_given_up(fleet):
    looking = fleet()
    nobody = KEYS[7].author
    sent = looking.robots[1].peer.counters['bytes sent']
    looking.look(1, [(nobody, 1), (KEYS[0].author, 1), (KEYS[0].author, 999)], 60)
    assert looking.seen[1] == {}
    assert looking.asked[1].next_due == float('inf')
    looking.network.run(looking.network.now + 10)
    assert looking.robots[1].peer.counters['bytes sent'] - sent < 70 * 200 + 3 * 3 * 300


def test_one_that_is_too_large_is_not_sent_and_many_keep_to_the_rate(fleet):
    looking = fleet(size=MOST_PICTURE - 17)
    begun, before = looking.network.now, looking.robots[0].peer.counters['bytes sent']
    seen = looking.look(1, seconds=30)
    assert len(seen) == 5
    sent = looking.robots[0].peer.counters['bytes sent'] - before
    assert sent <= 50_000 * (looking.network.now - begun) + 2 * MOST_PICTURE
    looking.robots[0].store.teach_all([NewLesson(
        'bowl', codes(9), '9.0', picture=JPEG + bytes(MOST_PICTURE))])
    assert looking.network.run(looking.network.now + 10, lambda: len(
        looking.robots[1].store.state.samples) == 6)
    newest = looking.robots[1].store.state.records[-1].id
    assert newest not in looking.look(1, [newest], 30)
