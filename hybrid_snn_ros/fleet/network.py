# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A network in virtual time: it loses, doubles, delays, reorders and changes, by a seed."""

from collections.abc import Callable, Hashable
import heapq
import itertools
import random

Receive = Callable[[str, bytes], None]


class VirtualNetwork:
    """Everybody hears everybody, as far as links are up; time goes on from event to event."""

    def __init__(self, seed: int, loss: float = 0.0, doubled: float = 0.0,
                 corrupted: float = 0.0, delay_s: tuple[float, float] = (0.001, 0.01)) -> None:
        """
        Begin at time 0.

        :param loss: probability that one receiver does not hear a message, of each by itself.
        :param doubled: that it hears it twice.
        :param corrupted: that a bit of it is another one.
        :param delay_s: shortest and longest; those that differ reorder.
        """
        self.now = 0.0
        self.loss, self.doubled, self.corrupted, self.delay_s = loss, doubled, corrupted, delay_s
        self.cut: set[tuple[Hashable, Hashable]] = set()  # (from, to) of the links that are down
        self._rng = random.Random(seed)
        self._receivers: dict[Hashable, Receive] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def join(self, name: Hashable, receive: Receive) -> None:
        """Let someone hear; who is there already under the name is replaced."""
        self._receivers[name] = receive

    def leave(self, name: Hashable) -> None:
        """Let someone hear nothing any more."""
        self._receivers.pop(name, None)

    def at(self, time: float, action: Callable[[], None]) -> None:
        """Do something at a time."""
        heapq.heappush(self._events, (time, next(self._count), action))

    def send(self, sender: Hashable, topic: str, data: bytes) -> None:
        """Send to all others."""
        for name in list(self._receivers):
            if name == sender or (sender, name) in self.cut:
                continue
            for _ in range(1 + (self._rng.random() < self.doubled)):
                if self._rng.random() >= self.loss:
                    self.at(self.now + self._rng.uniform(*self.delay_s),
                            self._delivery(name, topic, self._maybe_changed(data)))

    def _maybe_changed(self, data: bytes) -> bytes:
        if self._rng.random() >= self.corrupted:
            return data
        place = self._rng.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << self._rng.randrange(8)]) + data[place + 1:]

    def _delivery(self, name: Hashable, topic: str, data: bytes) -> Callable[[], None]:
        def deliver() -> None:
            receive = self._receivers.get(name)
            if receive is not None:
                receive(topic, data)
        return deliver

    def run(self, until: float, done: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; return whether `done` became true, which is asked ten times a second."""
        ask = self.now
        while self._events and self._events[0][0] <= until:
            if self._events[0][0] >= ask:
                if done():
                    return True
                ask = self._events[0][0] + 0.1
            time, _, action = heapq.heappop(self._events)
            self.now = max(self.now, time)
            action()
        self.now = max(self.now, until)
        return done()
