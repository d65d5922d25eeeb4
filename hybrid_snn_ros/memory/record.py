# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
One immutable record of a memory: what everything that is known follows from.

A record is never changed and never erased by another one; it is taken back by a tombstone, which
is a record as well and can be taken back in the same way.  Its id is (author, sequence): who wrote
it and his how-manieth it is.  Its clock is a hybrid logical clock (Kulkarni et al. 2014):
milliseconds since 1970 in the upper bits, a counter in the lower 16, always above every clock the
author has seen.  (clock, author, sequence) is the order of records, the same everywhere.
"""

from collections.abc import Iterable, Iterator
import math
import struct
from typing import NamedTuple
import zlib

import numpy as np

from hybrid_snn_ros.memory.errors import StoreError

LESSON, NAME, JOIN, TOMBSTONE, BOX, COMPLETE, DENY, ALLOW = KINDS = (
    'lesson', 'name', 'join', 'tombstone', 'box', 'complete', 'deny', 'allow')
DRAWN = BOX, COMPLETE  # what teaches where things are, not what they are
DECISIONS = DENY, ALLOW  # whose records count, see memory.decisions
FORK = 'fork'  # act of a tombstone of an id that two different records have
INITIAL = 'initial'  # source of the lessons that an empty memory begins with
MAX_TEXT = 64  # bytes of a text, a stamp, a source, a group
MAX_CODES = 65536
WHOLE = (0.0, 0.0, 1.0, 1.0)  # the region of a lesson that is the whole crop
NO_CODES = np.zeros(0, np.uint8)

Region = tuple[float, float, float, float]  # x, y, width, height as fractions of the frame


class Record(NamedTuple):
    """One thing that was written down."""

    number: int  # its place in this file, in order of arrival; also the id people use here
    author: str  # 32 hexadecimal digits
    sequence: int  # from 1 on, without gaps for each author
    kind: str  # one of KINDS
    act: str  # what the person did: teach, remove, forget, rename, merge, rollback, undo, redo
    clock: int  # hybrid logical clock
    time: float  # unix seconds, for people
    source: str  # who or how: 'teach', 'import', 'cli', ...
    group: str = ''  # records of one source and group are one change of a person
    # id of the label (author/sequence of its first lesson), '' for its own id; of a box its
    # label's, '' where it has none
    label: str = ''
    # of a join: the label it becomes part of; of a tombstone: the record ids; of what is drawn:
    # the name of the frame (memory.drawn_frame); of a decision: the author it is about
    target: str = ''
    text: str = ''  # the label's text at the time; of a name: its new one; of a join: the target's
    was: str = ''  # of a name or join: the text before
    # how many it concerned; of a lesson, the views in its codes; of a complete frame, its boxes
    samples: int = 0
    stamp: str = ''  # of the frame of a lesson, or of what is drawn
    region: Region = WHOLE
    codes: np.ndarray = NO_CODES  # of a lesson, uint8 (N,) or (k, N), see hybrid_snn_ros.codes

    @property
    def id(self) -> tuple[str, int]:
        """What names it everywhere."""
        return self.author, self.sequence

    @property
    def order(self) -> tuple[int, str, int]:
        """By this records are sorted, whatever order they came in."""
        return self.clock, self.author, self.sequence

    @property
    def label_id(self) -> str:
        """The label of a lesson, name or join."""
        return self.label or f'{self.author}/{self.sequence}'


def canonical(record: Record) -> bytes:
    """Return the bytes that a record is everywhere; its number is of this file alone."""
    region = struct.pack('<4d', *record.region)
    words = [*record[1:6], float(record.time).hex(), *record[7:15]]
    return '\x1f'.join(map(str, words)).encode() + region + record.codes.tobytes()


def checksum(record: Record) -> int:
    """Return the CRC-32 of a record and its number."""
    return zlib.crc32(canonical(record), record.number & 0xFFFFFFFF)


def check(record: Record) -> None:
    """Raise StoreError where a field is out of bounds."""
    for name in ('text', 'was', 'stamp', 'source', 'group'):
        try:
            size = len(getattr(record, name).encode())
        except UnicodeEncodeError as error:
            raise StoreError(f'the {name} of a record is no valid Unicode text') from error
        if size > MAX_TEXT:
            raise StoreError(f'the {name} of a record may be {MAX_TEXT} bytes long, this one has '
                             f'{size}')
    if not math.isfinite(record.time):
        raise StoreError(f'the time of a record must be a number, not {record.time}')
    x, y, width, height = record.region
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1 - x + 1e-9
            and 0 < height <= 1 - y + 1e-9):
        raise StoreError('a region is x, y, width and height as fractions of the frame, not '
                         f'{record.region}')


def spans(records: Iterable[Record]) -> str:
    """Return the ids of records as text: ``author/5-17 author/20``."""
    found: list[list] = []
    for author, sequence in sorted(record.id for record in records):
        if found and found[-1][0] == author and found[-1][2] == sequence - 1:
            found[-1][2] = sequence
        else:
            found.append([author, sequence, sequence])
    return ' '.join(f'{author}/{first}' + (f'-{last}' if last > first else '')
                    for author, first, last in found)


def read_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (author, first, last) of what `spans` wrote; what makes no sense is passed over."""
    for word in text.split():
        author, _, numbers = word.partition('/')
        first, _, last = numbers.partition('-')
        if first.isdecimal() and (not last or last.isdecimal()):
            yield author, int(first), int(last or first)
