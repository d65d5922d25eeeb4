# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What a robot is about to send: after a while of its own, unless another one is quicker.

All hear all answers, so that one upload serves everybody.  The author answers first; the others
wait longer, each a random time, and stay silent when they hear the answer.
"""

from collections.abc import Iterable
import random

from hybrid_snn_ros.fleet.index import Index
from hybrid_snn_ros.fleet.wire import MOST_ENTRIES, MOST_RECORDS
from hybrid_snn_ros.recent import Recent

_OWN_S = 0.0, 0.05  # after which the author answers
_OTHERS_S = 0.1, 0.6
_GONE_S = 1.0, 1.5  # after which "it is gone" is said: unless someone has it
_AGAIN_S = 1.0  # before which nothing is sent again
_MOST = 4096  # records that wait

Id = tuple[str, int]
Span = tuple[str, int, int]


class Answers:
    """Bounded, whatever is asked for."""

    def __init__(self, rng: random.Random) -> None:
        """Have nothing to say."""
        self._rng = rng
        self._waiting: dict[Id, float] = {}  # when it is due
        self._gone: dict[Span, float] = {}
        self._given: Recent[Id, float] = Recent(_MOST)  # when it was heard or sent last

    def add(self, one: Id, due: float) -> None:
        """Send a record at a time, or earlier where it is due earlier."""
        if one in self._waiting or len(self._waiting) < _MOST:
            self._waiting[one] = min(due, self._waiting.get(one, due))

    def asked(self, index: Index, mine: str, spans: Iterable[Span], now: float) -> None:
        """Note what another robot lacks, of what is here."""
        own, others = self._rng.uniform(*_OWN_S), self._rng.uniform(*_OTHERS_S)
        for author, first, last in spans:
            due = now + (own if author == mine else others)
            for sequence in index.here(author, first, last)[:_MOST]:
                if now - self._given.get((author, sequence), -_AGAIN_S) >= _AGAIN_S:
                    self.add((author, sequence), due)
            for a, b in index.gone(author, first, last):
                if len(self._gone) < MOST_ENTRIES:
                    self._gone.setdefault((author, a, b), now + self._rng.uniform(*_GONE_S))

    def due(self, now: float) -> list[Id]:
        """Return up to a message of what is due; not all robots begin at the same one."""
        due = sorted(one for one, when in self._waiting.items() if when <= now)
        if len(due) <= MOST_RECORDS:
            return due
        first = MOST_RECORDS * self._rng.randrange(-(-len(due) // MOST_RECORDS))
        return due[first:first + MOST_RECORDS]

    def given(self, ids: Iterable[Id], now: float) -> None:
        """Note that records were sent, by whomever."""
        for one in ids:
            self._waiting.pop(one, None)
            self._given.add(one, now)

    def gone(self, now: float) -> list[Span]:
        """Return, once, what is to be said to be gone."""
        due = [span for span, when in self._gone.items() if when <= now]
        for span in due:
            del self._gone[span]
        return due

    @property
    def next_due(self) -> float:
        """When something is due."""
        return min([*self._waiting.values(), *self._gone.values()], default=float('inf'))
