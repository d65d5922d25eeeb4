# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Records of other robots: what may be taken in, what is asked for, what a shared memory must keep.

An author's log is complete up to its length: each sequence up to there is here, or known to be
gone, which is what compaction drops and no other robot has to send again.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
import unicodedata

from hybrid_snn_ros.codes import PARTS
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.labels import LabelError, written
from hybrid_snn_ros.memory.record import (
    canonical,
    check,
    DECISIONS,
    JOIN,
    KINDS,
    LESSON,
    MAX_CODES,
    MAX_TEXT,
    NAME,
    Record,
    TOMBSTONE,
)
from hybrid_snn_ros.memory.state import StoreState

Spans = list[list[int]]  # [first, last] each, rising
_MAX_CLOCK = 1 << 62  # far above all times, and SQLite's integers above it
_MAX_SEQUENCE = 1 << 48
_MAX_TARGET = 1 << 16  # bytes of a tombstone's ids
_HEX = frozenset('0123456789abcdef')


class Foreign(NamedTuple):
    """A record as robots give it to each other."""

    record: Record  # its number is of the robot it comes from
    seal: bytes  # who signed it and how (fleet.seal); b'' where no one did


class Admitted(NamedTuple):
    """What became of records of other robots."""

    new: list[Record]
    known: int  # that were here
    forked: list[tuple[str, int]]  # ids that two different records have, found just now


def is_author(text: object) -> bool:
    """Tell whether a text can name an author."""
    return isinstance(text, str) and len(text) == 32 and _HEX.issuperset(text)


def check_foreign(record: Record, width: int | None) -> None:
    """
    Raise StoreError where a record of another robot is none, or does not fit here.

    :param record: with fields of the right types.
    :param width: codes of an embedding; None where that is not known.
    """
    if not (is_author(record.author) and record.kind in KINDS
            and 0 < record.sequence < _MAX_SEQUENCE and 0 <= record.clock < _MAX_CLOCK
            and 0 <= record.samples < _MAX_SEQUENCE):
        raise StoreError('a record of another robot has an author, a kind or a number that none '
                         'can have')
    check(record)
    for text in (record.act, record.label):
        if len(text.encode('utf-8', 'replace')) > MAX_TEXT:
            raise StoreError(f'the act and label of a record may be {MAX_TEXT} bytes long')
    if len(record.target) > _MAX_TARGET:
        raise StoreError(f'a record may take back ids of {_MAX_TARGET} bytes at once')
    for text in (*record[3:5], *record[7:13], record.stamp):
        if any(unicodedata.category(character) in ('Cc', 'Cs') for character in text):
            raise StoreError('a record of another robot holds control characters')
    if record.kind in (LESSON, NAME, JOIN):
        try:
            if written(record.text) != record.text:
                raise LabelError('it is not as labels are written')
        except LabelError as error:
            raise StoreError(f'{record.text!a} of another robot is no label: {error}') from error
    if record.kind in DECISIONS and not is_author(record.target):
        raise StoreError('a decision of another robot is about no author')
    _check_codes(record, width)


def _check_codes(record: Record, width: int | None) -> None:
    if record.kind != LESSON:
        if record.codes.size:
            raise StoreError(f'a {record.kind} of another robot holds codes')
        return
    views = 1 if record.codes.ndim == 1 else len(record.codes)
    if (not record.codes.size or record.codes.dtype != 'uint8' or views != max(record.samples, 1)
            or PARTS % views or record.codes.shape[-1] > MAX_CODES
            or width not in (None, record.codes.shape[-1])):
        raise StoreError(f'a lesson of another robot must have uint8 codes, {width or MAX_CODES} '
                         f'a view, not {record.codes.dtype} {record.codes.shape}')


def sorted_out(foreign: Iterable[Foreign], state: StoreState) -> tuple[
        list[Foreign], int, dict[tuple[str, int], int]]:
    """Return what is new, how many were known, and {id: clock} of those that differ from ours."""
    here = {record.id: record for record in state.records}
    new: dict[tuple[str, int], Foreign] = {}
    known, forked = 0, {}
    for one in foreign:
        mine = here.get(one.record.id)
        if mine is None and one.record.id in new:
            mine = new[one.record.id].record
        if mine is None:
            new[one.record.id] = one
        elif canonical(mine) == canonical(one.record):
            known += 1
        elif one.record.id not in state.forked:
            forked[one.record.id] = max(mine.clock, one.record.clock)
    return list(new.values()), known, forked


def remaining_shared(state: StoreState) -> list[Record]:
    """
    Return what a memory must keep that other robots know of, in order of arrival.

    Tombstones stay, taken back or not: without them a record that is dropped here would come to
    life again where it is not dropped yet.  So does what a denied author wrote, who may be allowed
    again, and the lesson a label is called after.
    """
    kept = [one for one in state.records if state.in_force(one) or one.kind == TOMBSTONE
            or one.author in state.denied]
    named = {one.label for one in kept} | {one.target for one in kept if one.kind == JOIN}
    ids = {one.id for one in kept}
    kept += [one for one in state.records if one.id not in ids and one.kind == LESSON
             and not one.label and one.label_id in named]
    return sorted(kept, key=lambda one: one.number)


def spans_of(sequences: Iterable[int]) -> Spans:
    """Return whole numbers as [first, last] each."""
    found: Spans = []
    for number in sorted(set(sequences)):
        if not found or number > found[-1][1] + 1:
            found.append([number, number])
        found[-1][1] = number
    return found


def joined(spans: Iterable[Iterable[int]], here: set[int]) -> Spans:
    """Return spans without overlaps, and without what is here; however long they are."""
    merged: Spans = []
    for first, last in sorted(map(tuple, spans)):
        if not merged or first > merged[-1][1] + 1:
            merged.append([first, last])
        merged[-1][1] = max(merged[-1][1], last)
    found: Spans = []
    inside = iter(sorted(here))
    number = next(inside, None)
    for first, last in merged:
        while number is not None and number <= last:
            if number >= first:
                if number > first:
                    found.append([first, number - 1])
                first = number + 1
            number = next(inside, None)
        if first <= last:
            found.append([first, last])
    return found


def sequences(state: StoreState) -> dict[str, set[int]]:
    """Return the sequences that are here: {author: sequences}."""
    here: dict[str, set[int]] = {}
    for record in state.records:
        here.setdefault(record.author, set()).add(record.sequence)
    return here


def lengths(here: Mapping[str, set[int]], gone: Mapping[str, Spans]) -> dict[str, int]:
    """Return up to where each author's log is complete: {author: length}."""
    found = {}
    for author in {*here, *gone}:
        spans = joined([*gone.get(author, ()), *([one, one] for one in here.get(author, ()))],
                       set())
        found[author] = spans[0][1] if spans and spans[0][0] <= 1 else 0
    return found


def under(records: Iterable[Record], old: str, new: str) -> list[Record]:
    """Return records with another author in the place of one, also where they name its ids."""
    def renamed(text: str) -> str:
        return ' '.join(new + word[len(old):] if word.startswith(f'{old}/') else word
                        for word in text.split(' '))
    return [one._replace(
        author=new if one.author == old else one.author, label=renamed(one.label),
        target=renamed(one.target) if one.kind in (JOIN, TOMBSTONE) else one.target)
        for one in records]
