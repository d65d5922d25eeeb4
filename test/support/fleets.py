# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Robots of a fleet in virtual time: real stores, keys and peers, over a bad network."""

import itertools
import zlib

import numpy as np

from hybrid_snn_ros.fleet.log import StoreLog
from hybrid_snn_ros.fleet.network import VirtualNetwork
from hybrid_snn_ros.fleet.peer import Peer
from hybrid_snn_ros.fleet.seal import key_from
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.record import ALLOW
from hybrid_snn_ros.memory.store import SampleStore
from hybrid_snn_ros.network import Consolidation, Network, Rebuild
from hybrid_snn_ros.snn import lateral

FINGERPRINT = {'encoder': 'ab' * 32, 'inputs': 8}
# Always the same, so that a seed says all.
KEYS = [key_from(bytes([number])) for number in range(8)]


def codes(number, width=8):
    """Return codes that follow from a number."""
    return np.random.default_rng(number).integers(0, 256, width, dtype=np.uint8)


def frame(number=0):
    """Return a drawn frame that follows from a number."""
    return DrawnFrame('cd' * 32, codes(number, 12).reshape(1, 2, 6))


def store_of(key, now=lambda: 1e9, allowed=(), fingerprint=FINGERPRINT):
    """Return an empty store in memory that writes as a key's author and allows others."""
    store = SampleStore(fingerprint, now=now)
    store.take_author(key.author)
    for other in allowed:
        store.decide(ALLOW, other.author)
    return store


class Robot:
    """A store and its peer on a network; a second `start` loses all but the store."""

    def __init__(self, network, name, key, store, **options):
        self.network, self.name, self.key, self.store = network, name, key, store
        self.options = options
        self._runs = itertools.count()
        self.run = None
        self.errors = []

    def start(self):
        """Begin to speak and to hear."""
        self.run = run = next(self._runs)
        share = self.options.get('share', True)
        self.peer = Peer(
            StoreLog(self.store, self.key, share),
            self.key, lambda topic, data: self.network.send(self.name, topic, data),
            lambda: self.network.now, zlib.crc32(f'{self.name} {run}'.encode()), **self.options)
        self.network.join(self.name, self.peer.receive)

        def tick():
            if self.run == run:
                self.peer.tick()
                self.network.at(self.network.now + 0.05, tick)
        self.network.at(self.network.now, tick)
        return self

    def stop(self):
        """Fall silent."""
        self.run = None
        self.network.leave(self.name)

    @property
    def known(self):
        """What a network is a function of, and what is drawn."""
        return network_of(self.store.state), self.store.state.drawn


def fleet(count, seed=0, network=None, **options):
    """Return a network and robots on it that allow each other, started."""
    network = network or VirtualNetwork(seed)
    keys = KEYS[:count]
    robots = [Robot(network, number, key, store_of(
        key, lambda: 1e9 + network.now, [one for one in keys if one is not key]), **options)
        for number, key in enumerate(keys)]
    return network, [robot.start() for robot in robots]


def network_of(state):
    """Return what a network is a function of: (id, label, codes) of each lesson, in order."""
    return tuple((one.id, state.samples[one.number].label, one.codes.tobytes())
                 for one in state.records if one.number in state.samples)


def network_bits(samples, width=8):
    """Return the bits of the network that a set of samples amounts to, of codes of a width."""
    rebuild = Rebuild(Network('lateral', lateral.Params(), width), samples)
    for _ in rebuild.steps():
        pass
    consolidation = Consolidation(rebuild.network)
    for _ in consolidation.steps():
        pass
    network = consolidation.network
    return (tuple(network.labels), *(np.asarray(part).tobytes() for part in network.state))


def agree(robots):
    """Tell whether robots know the same."""
    return len({robot.peer.digest for robot in robots}) == 1 and all(
        not list(robot.peer.log.index.missing(author, other.peer.log.index.length(author)))
        for robot in robots for other in robots for author in other.peer.log.index.authors)
