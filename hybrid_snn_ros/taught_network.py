# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A network that follows what is known: it catches up with changes, and is consolidated."""

from collections.abc import Callable, Iterator

from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.network import Consolidation, Network, Rebuild


class TaughtNetwork:
    """The network of a store; it answers with what it has learned while it catches up."""

    def __init__(self, make: Callable[[], Network], known: Callable[[], StoreState]) -> None:
        """
        Begin without a network.

        :param make: function that makes an untaught one, called when one is needed.
        :param known: function that returns what is known now.
        """
        self._make = make
        self._known = known
        self._network: Network | None = None
        # version the network has caught up with, None where versions mean something else now
        self._version: int | None = 0

    @property
    def network(self) -> Network:
        """The network that answers; made now if it was not yet."""
        if self._network is None:
            self._network = self._make()
        return self._network

    @property
    def is_stale(self) -> bool:
        """Whether the network has yet to catch up with what is known (see ``catch_up``)."""
        return self._version != self._known().version

    def start_from(self, network: Network) -> None:
        """Go on with another network, which has yet to catch up."""
        self._network, self._version = network, None

    def forget_version(self) -> None:
        """Compare with what is known from the beginning: its versions mean something else now."""
        self._version = None

    def learn(self, number: int) -> None:
        """Learn a sample that was just added to what is known, by its id."""
        known = self._known()
        sample = known.samples[number]
        self.network.learn(number, sample.label, sample.codes)
        self._version = known.version

    def catch_up(self) -> Iterator[tuple[int, int]]:
        """
        Make the network the one that was taught only what is known now.

        A generator of (steps done, steps to do); the old network answers until it ends.
        """
        while self.is_stale:
            known = self._known()
            version = known.version
            rebuild = Rebuild(self.network, known.samples)
            for step in rebuild.steps():
                yield step
                if self._known() is not known or known.version != version:
                    break  # changed again meanwhile: what was begun is of no use
            else:
                self._network, self._version = rebuild.network, version

    @property
    def consolidated(self) -> bool:
        """Whether the network's bits depend on what is known alone, and not on the way to it."""
        return not self.is_stale and self.network.consolidated

    def consolidation(self) -> Iterator[None]:
        """
        Compute the network from the set of what is known, for idle time.

        A generator that pauses after steps of a few milliseconds; the network as it is answers
        until it ends.  Where something changes meanwhile it ends without having done anything.
        """
        network = self.network
        if self.is_stale or network.consolidated:
            return
        computed = Consolidation(network)
        for _ in computed.steps():
            yield
            if self.is_stale or self._network is not network:
                return
        self._network = computed.network
