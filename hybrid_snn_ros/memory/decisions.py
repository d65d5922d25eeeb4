# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Whose records count: a fold of `deny` and `allow` records, in their order.

The newest decision about an author holds.  What an author decides counts until it is denied
itself: of two robots that deny each other, the one that did so first stays.  A decision is taken
back by the opposite one, not by a tombstone.
"""

from collections.abc import Iterable

from hybrid_snn_ros.memory.record import ALLOW, DECISIONS, DENY, Record


def heeded(records: Iterable[Record]) -> list[Record]:
    """Return the decisions that count, in order, of records in order."""
    out: set[str] = set()
    found = []
    for record in records:
        if record.kind in DECISIONS and record.author not in out:
            found.append(record)
            (out.add if record.kind == DENY else out.discard)(record.target)
    return found


def denied(records: Iterable[Record]) -> frozenset[str]:
    """Return the authors that are denied, of records in order."""
    newest = {record.target: record.kind for record in heeded(records)}
    return frozenset(author for author, kind in newest.items() if kind == DENY)


def trusted(records: Iterable[Record], author: str) -> frozenset[str]:
    """
    Return the authors whose records a robot takes in, of records in order.

    They are the robot itself, whom it allows, whom those allow, and so on, but for the denied.
    """
    allowed: dict[str, set[str]] = {}
    out: set[str] = set()
    for record in heeded(records):
        (out.add if record.kind == DENY else out.discard)(record.target)
        if record.kind == ALLOW:
            allowed.setdefault(record.author, set()).add(record.target)
    found, new = {author}, [author]
    while new:
        more = allowed.get(new.pop(), set()) - found
        found |= more
        new += more
    return frozenset(found - out | {author})
