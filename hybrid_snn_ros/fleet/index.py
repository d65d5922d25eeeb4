# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Which records a robot has, as have/want looks at it: by author and sequence, each with a hash.

Hashes are of what is in force; those of sets are sums, which no order changes.  A log is complete
up to its length, a version vector's entry: each sequence is here or known to be gone.
"""

from collections.abc import Iterator

BLOCK = 16  # records that are compared by one hash
_SHORT = (1 << 32) - 1


class _Log:
    """One author's."""

    def __init__(self) -> None:
        self.hashes: dict[int, int] = {}  # by sequence; 0 where it is not in force
        self.gone: list[tuple[int, int]] = []
        self.length = 0
        self.total = 0

    def put(self, sequence: int, value: int) -> None:
        self.total += value - self.hashes.get(sequence, 0)
        self.hashes[sequence] = value
        if sequence == self.length + 1:
            self.settle()

    def settle(self) -> None:
        while True:
            following = self.length + 1
            if following not in self.hashes:
                following = max((last for first, last in self.gone
                                 if first <= following <= last), default=0)
                if not following:
                    return
            self.length = following


class Index:
    """Filled by whoever holds the records."""

    def __init__(self) -> None:
        """Begin without any."""
        self._logs: dict[str, _Log] = {}

    def put(self, author: str, sequence: int, value: int) -> None:
        """Note that a record is here; value is a 128-bit hash, 0 where it is not in force."""
        self._logs.setdefault(author, _Log()).put(sequence, value)

    def put_gone(self, author: str, first: int, last: int) -> None:
        """Note that sequences need not be sent any more."""
        log = self._logs.setdefault(author, _Log())
        log.gone.append((first, last))
        log.settle()

    @property
    def authors(self) -> list[str]:
        """Whose records are here, sorted."""
        return sorted(self._logs)

    def __len__(self) -> int:
        return sum(len(log.hashes) for log in self._logs.values())

    def has(self, author: str, sequence: int) -> bool:
        """Tell whether a record is here, or gone."""
        log = self._logs.get(author)
        return log is not None and (sequence <= log.length or sequence in log.hashes)

    def length(self, author: str) -> int:
        """Return up to where an author's log is complete."""
        log = self._logs.get(author)
        return 0 if log is None else log.length

    @property
    def lengths(self) -> dict[str, int]:
        """Up to where each author's log is complete: {author: length}."""
        return {author: log.length for author, log in self._logs.items()}

    def last(self, author: str) -> int:
        """Return the highest sequence of an author that is here, or gone."""
        log = self._logs.get(author)
        return 0 if log is None else max([log.length, *log.hashes])

    def missing(self, author: str, upto: int, first: int = 1) -> Iterator[int]:
        """Yield the sequences from one on that are not here, rising."""
        log = self._logs.get(author) or _Log()
        for sequence in range(max(log.length + 1, first), upto + 1):
            if sequence not in log.hashes and not any(
                    first <= sequence <= last for first, last in log.gone):
                yield sequence

    def here(self, author: str, first: int, last: int) -> list[int]:
        """Return the sequences that are here between two, both included."""
        log = self._logs.get(author) or _Log()
        if last - first < len(log.hashes):
            return [sequence for sequence in range(first, last + 1) if sequence in log.hashes]
        return sorted(sequence for sequence in log.hashes if first <= sequence <= last)

    def gone(self, author: str, first: int, last: int) -> list[tuple[int, int]]:
        """Return spans of what is gone between two sequences."""
        log = self._logs.get(author) or _Log()
        return [(max(first, a), min(last, b)) for a, b in log.gone if a <= last and b >= first]

    def hash(self, author: str) -> int:
        """Return 32 bits that two robots share if they know the same of an author."""
        log = self._logs.get(author)
        return 0 if log is None else log.total & _SHORT

    def blocks(self, author: str, first: int, count: int) -> tuple[int, ...]:
        """Return 32 bits each of some blocks; block b holds the sequences from 16 b + 1 on."""
        hashes = (self._logs.get(author) or _Log()).hashes
        return tuple(sum(hashes.get(sequence, 0) for sequence in range(
            block * BLOCK + 1, (block + 1) * BLOCK + 1)) & _SHORT
            for block in range(first, first + count))

    @property
    def digest(self) -> bytes:
        """16 bytes that two robots share only if they know the same."""
        total = sum(log.total for log in self._logs.values())
        return (total % (1 << 128)).to_bytes(16, 'big')
