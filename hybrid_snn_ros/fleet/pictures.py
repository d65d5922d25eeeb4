# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Pictures of what other robots were taught, for people who look at a label; off unless allowed.

A picture is asked of the robot that was taught, when somebody wants to see it, and goes no
further: it is no part of what a fleet knows.  Whose it is follows from the message's seal.
"""

from collections.abc import Callable, Iterable

from hybrid_snn_ros.fleet.wire import MOST_RECORDS
from hybrid_snn_ros.recent import Recent

_AGAIN_S = 3.0  # after which one that did not come is asked for again
_TRIES = 3
_MOST = 64  # pictures that are waited for, or waited for by others

Id = tuple[str, int]  # author and sequence of a lesson


class Pictures:
    """Bounded, whatever is asked for."""

    def __init__(self, deliver: Callable[[Id, bytes], None]) -> None:
        """
        Wait for none.

        :param deliver: called with a lesson's id and the JPEG that was asked for.
        """
        self._deliver = deliver
        self._wanted: Recent[Id, tuple[float, int]] = Recent(_MOST)  # when next, and tries so far
        self._asked: Recent[int, None] = Recent(_MOST)  # own sequences that others want

    def want(self, ids: Iterable[Id], now: float) -> None:
        """Ask for the pictures of some lessons."""
        for one in ids:
            if one not in self._wanted:
                self._wanted.add(one, (now, 0))

    def questions(self, now: float) -> dict[str, list[int]]:
        """Return what is to be asked now: {author: sequences}."""
        found: dict[str, list[int]] = {}
        for one, (due, tries) in list(self._wanted.items()):
            if due > now:
                continue
            if tries == _TRIES:
                del self._wanted[one]
            elif len(found.setdefault(one[0], [])) < MOST_RECORDS:
                found[one[0]].append(one[1])
                self._wanted[one] = now + _AGAIN_S, tries + 1
        return {author: sequences for author, sequences in found.items() if sequences}

    def asked(self, sequences: Iterable[int]) -> None:
        """Note what another robot wants of this one."""
        for sequence in sequences:
            self._asked.add(sequence, None)

    @property
    def next_answer(self) -> int | None:
        """The sequence whose picture is to be sent next; None where nothing is wanted."""
        return next(iter(self._asked), None)

    def answered(self, sequence: int) -> None:
        """Note that it was sent, or is not here."""
        self._asked.pop(sequence, None)

    def came(self, author: str, sequence: int, jpeg: bytes) -> None:
        """Take in a picture, if it was asked for."""
        if self._wanted.pop((author, sequence), None) is not None:
            self._deliver((author, sequence), jpeg)

    @property
    def next_due(self) -> float:
        """When something is to be asked or sent."""
        if self._asked:
            return 0.0
        return min((due for due, _ in self._wanted.values()), default=float('inf'))
