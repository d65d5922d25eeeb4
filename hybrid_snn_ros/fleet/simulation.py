# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A fleet in virtual time: the protocol that robots speak, over a network that loses messages.

Each robot was taught by itself, and all meet at once: the worst a site can see.  Messages and
records are sealed, sent and opened as on robots; what a robot does with a record besides (fold,
disk, network) is left out, and each message is opened once for all who hear it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.fleet import wire
from hybrid_snn_ros.fleet.index import Index
from hybrid_snn_ros.fleet.log import GARBAGE, hash_of, Heard, KNOWN, Span, TAKEN, WRONGLY_SIGNED
from hybrid_snn_ros.fleet.network import VirtualNetwork
from hybrid_snn_ros.fleet.peer import Peer, RATE
from hybrid_snn_ros.fleet.seal import is_sealed, Key, key_from, of_record
from hybrid_snn_ros.fleet.wire import Garbage, packed_record, unpacked_record
from hybrid_snn_ros.memory.exchange import Foreign
from hybrid_snn_ros.memory.record import LESSON, Record

CODES = 1280
_IDLE_S = 10.0  # how long the idle fleet is watched
_ENCODER = 'ab' * 32
_FINGERPRINT: dict[str, Any] = {'encoder': _ENCODER, 'inputs': CODES}


class Figures(NamedTuple):
    """What came of a simulation."""

    robots: int
    samples: int
    loss: float
    rate: float  # bytes a second that a robot may send
    seed: int
    converged: bool
    converged_s: float  # virtual seconds until all knew all
    sent_bytes: list[int]  # of each robot, until then
    record_bytes: float  # mean of a lesson
    records_sent: int  # by all, repetitions included
    idle_bytes_s: float  # mean of a robot afterwards
    idle_most_bytes_s: float
    curve: list[tuple[float, float, float, float]]  # time; least, mean and most that robots know
    wall_s: float


class _Opened(NamedTuple):
    id: tuple[str, int] | None
    value: int
    outcome: str


class _SimulatedLog:
    """Records without what they mean; all of the fleet trust each other."""

    def __init__(self, author: str, own: dict[int, bytes],
                 opened: Callable[[bytes], _Opened], trusted: frozenset[str]) -> None:
        self.author = author
        self.trusted = trusted
        self.fingerprint = _FINGERPRINT
        self.index = Index()
        self._opened = opened
        self._records = {(author, sequence): data for sequence, data in own.items()}
        self._news = False
        for sequence, data in own.items():
            self.index.put(author, sequence, opened(data).value)

    def refresh(self) -> bool:
        news, self._news = self._news, False
        return news

    def read(self, author: str, sequence: int) -> bytes | None:
        return self._records.get((author, sequence))

    def picture(self, sequence: int) -> bytes | None:
        return None

    def admit(self, records: Sequence[bytes], gone: Sequence[Span]) -> Heard:
        heard = Heard([], [], [])
        for data in records:
            found = self._opened(data)
            outcome = found.outcome
            if found.id is not None:
                heard.ids.append(found.id)
                if found.id in self._records:
                    outcome = KNOWN
                else:
                    self._records[found.id] = data
                    self.index.put(*found.id, found.value)
                    self._news = True
            heard.outcomes.append(outcome)
        return heard


def _open(data: bytes) -> _Opened:
    try:
        foreign = unpacked_record(data)
    except Garbage:
        return _Opened(None, 0, GARBAGE)
    if not is_sealed(foreign.seal, of_record(foreign.record, _ENCODER)):
        return _Opened(None, 0, WRONGLY_SIGNED)
    return _Opened(foreign.record.id, hash_of(foreign), TAKEN)


def _lesson(key: Key, sequence: int, codes: np.ndarray) -> bytes:
    record = Record(0, key.author, sequence, LESSON, 'teach', (1_700_000_000_000 + sequence) << 16,
                    1.7e9 + sequence, 'teach', '', '' if sequence == 1 else f'{key.author}/1',
                    text='thing', samples=1, stamp=f'{sequence}.000000000', codes=codes)
    foreign = Foreign(record, b'')
    return packed_record(foreign._replace(seal=key.seal(
        of_record(record, _ENCODER))))


def simulate(robots: int, samples: int, loss: float, seed: int, rate: float = RATE,
             most_s: float = 3600.0, progress: Callable[[int, int], None] = lambda a, b: None,
             late: bool = False) -> Figures:
    """
    Let a fleet meet, and watch until all know all.

    :param samples: all together, dealt out one by one; of random codes, which no one can
        compress, so that a real lesson is no larger.
    :param most_s: virtual seconds after which it is given up.
    :param progress: called with (records known, records to be known).
    :param late: whether one robot joins late instead, and the others know all.
    """
    begun = time.perf_counter()
    codes = np.random.default_rng(seed)
    keys = [key_from(f'{seed} {number}'.encode()) for number in range(robots)]
    opened = lru_cache(maxsize=None)(_open)
    own: list[dict[int, bytes]] = [{} for _ in keys]
    teaching = robots - late
    for number in range(samples):
        mine = own[number % teaching]
        mine[len(mine) + 1] = _lesson(
            keys[number % teaching], len(mine) + 1, codes.integers(0, 256, CODES, dtype=np.uint8))
    network = VirtualNetwork(seed, loss)
    unpack = lru_cache(maxsize=4096)(wire.unpacked)
    genuine = lru_cache(maxsize=4096)(wire.is_genuine)
    everyone = frozenset(key.author for key in keys)
    logs, peers = [], []
    for number, key in enumerate(keys):
        log = _SimulatedLog(key.author, own[number], opened, everyone)
        if late and number < teaching:
            log.admit([data for each in own for data in each.values()], ())
            log.refresh()
        peer = Peer(log, key, _sender(network, number), lambda: network.now,
                    seed + number, rate, opened=unpack, is_genuine=genuine)
        network.join(number, _receiver(network, peer))
        network.at(0.0, _ticker(network, peer))
        logs.append(log)
        peers.append(peer)
    curve: list[tuple[float, float, float, float]] = []

    def done() -> bool:
        counts = [len(log.index) for log in logs]
        if not curve or network.now - curve[-1][0] >= 0.25 or min(counts) == samples:
            curve.append((network.now, min(counts), sum(counts) / robots, max(counts)))
            progress(sum(counts), samples * robots)
        return min(counts) == samples and len({log.index.digest for log in logs}) == 1
    converged = network.run(most_s, done)
    converged_s, sent = network.now, [peer.counters['bytes sent'] for peer in peers]
    records_sent = sum(peer.counters['records sent'] for peer in peers)
    network.run(network.now + _IDLE_S)  # the last answers, and full logs
    before = [peer.counters['bytes sent'] for peer in peers]
    network.run(network.now + _IDLE_S)
    idle = [(peer.counters['bytes sent'] - one) / _IDLE_S for peer, one in zip(peers, before)]
    sizes = [len(data) for each in own for data in each.values()]
    return Figures(robots, samples, loss, rate, seed, converged, converged_s, sent,
                   sum(sizes) / max(len(sizes), 1), records_sent, sum(idle) / robots, max(idle),
                   curve, time.perf_counter() - begun)


def _sender(network: VirtualNetwork, name: int) -> Callable[[str, bytes], None]:
    return lambda topic, data: network.send(name, topic, data)


def _receiver(network: VirtualNetwork, peer: Peer) -> Callable[[str, bytes], None]:
    def receive(topic: str, data: bytes) -> None:
        peer.receive(topic, data)
    return receive


def _ticker(network: VirtualNetwork, peer: Peer) -> Callable[[], None]:
    """Return an event that lets a peer do what is due, twenty times a second as a node does."""
    def tick() -> None:
        peer.tick()
        network.at(network.now + 0.05, tick)
    return tick
