# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a robot lacks and asks for: a window of records, each again when no answer comes."""

from collections import Counter
from collections.abc import Iterable, Mapping

from hybrid_snn_ros.fleet.index import Index

WINDOW = 128  # records that are asked for at a time
_PAUSE_S = 0.5  # between two questions
_LOOK_S = 0.1  # until it is looked whether there is anything to ask for
_RETRY_S = 1.5  # after which a record is asked for again
_MOST_DOUBLED = 1  # how often that doubles while nothing of an author comes
_MOST_SPANS = 64  # in a question

Span = tuple[str, int, int]


class Questions:
    """Bounded by the window, whatever others claim to have."""

    def __init__(self) -> None:
        """Ask for nothing."""
        self._asked: dict[tuple[str, int], float] = {}  # when
        self._silent: dict[str, int] = {}  # author: how often nothing came
        self.next = float('-inf')  # when it is worth asking
        self._turn = 0

    def due(self, index: Index, lengths: Mapping[str, int], now: float) -> tuple[
            list[Span], float]:
        """
        Return what is to be asked for now, and from when on it is worth asking again.

        :param lengths: {author: length} of the logs that others have.
        """
        late = set()
        for one, when in list(self._asked.items()):
            if index.has(*one):
                del self._asked[one]
            elif now - when >= _RETRY_S * 2 ** self._silent.get(one[0], 0):
                del self._asked[one]
                late.add(one[0])
        for author in late:
            self._silent[author] = min(self._silent.get(author, 0) + 1, _MOST_DOUBLED)
        behind = [author for author in sorted(lengths) if index.length(author) < lengths[author]]
        self._silent = {author: count for author, count in self._silent.items()
                        if author in behind}
        new: list[tuple[str, int]] = []
        if behind:
            self._turn = (self._turn + 1) % len(behind)
        # No author takes all of the window, in case no one has what it is said to have.
        most = WINDOW if len(behind) == 1 else max(WINDOW // 4, WINDOW // max(len(behind), 1))
        waiting = Counter(author for author, _ in self._asked)
        for author in behind[self._turn:] + behind[:self._turn]:
            room = min(WINDOW - len(self._asked) - len(new), most - waiting[author])
            if room <= 0:
                continue
            for sequence in index.missing(author, lengths[author]):
                if room <= 0:
                    break
                if (author, sequence) not in self._asked:
                    new.append((author, sequence))
                    room -= 1
        spans = _spans(new)[:_MOST_SPANS]
        self._asked.update(((author, sequence), now) for author, first, last in spans
                           for sequence in range(first, last + 1))
        self.next = now + (_PAUSE_S if spans else _LOOK_S)
        return spans, self.next

    def heard(self, index: Index, spans: Iterable[Span], now: float) -> None:
        """Take it that another robot has asked, whose answer is heard here, too."""
        for author, first, last in spans:
            first = max(first, index.length(author) + 1)
            for sequence in range(first, min(last, first + WINDOW) + 1):
                if len(self._asked) < WINDOW:
                    self._asked.setdefault((author, sequence), now)

    def answered(self, authors: Iterable[str]) -> None:
        """Note that something of some authors came."""
        for author in authors:
            self._silent.pop(author, None)


def _spans(ids: Iterable[tuple[str, int]]) -> list[Span]:
    found: list[Span] = []
    for author, sequence in sorted(ids):
        if found and found[-1][0] == author and found[-1][2] == sequence - 1:
            found[-1] = author, found[-1][1], sequence
        else:
            found.append((author, sequence, sequence))
    return found
