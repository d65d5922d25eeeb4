# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which frame of a recording is meant by what names it by its stamp: a label, or boxes."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

NO_STAMP = (0, 0)  # of a camera that does not stamp its frames


Said = TypeVar('Said', bound=Hashable)  # of a frame, by which others tell what it shows


@dataclass
class _Bearers(Generic[Said]):
    """Frames of one stamp in a part of the recording in which the clock runs forward."""

    time: int  # at which the first was recorded
    places: list[int]
    said: list[Said]


def said_by_stamp(messages: Iterable[tuple[int, tuple[int, int], Said | None]]) -> list[
        tuple[Said | None, str]]:
    """
    Find what was said of every frame.

    :param messages: (time, stamp, what was said) in their order, None for a frame.
    :return: (what was said, why nothing counts) for every frame; (None, '') where no one named it.
    """
    bearers: dict[tuple[int, int], dict[int, _Bearers[Said]]] = {}
    said: list[tuple[int, tuple[int, int], Said]] = []
    newest, run, count = NO_STAMP, 0, 0
    for time, stamp, word in messages:
        if word is not None:
            said.append((time, stamp, word))
            continue
        run += stamp < newest  # a simulation that began again: its stamps are other frames'
        newest = stamp
        bearers.setdefault(stamp, {}).setdefault(run, _Bearers(time, [], [])).places.append(count)
        count += 1
    for time, stamp, one in said:
        runs = list(bearers.get(stamp, {}).values())
        if runs:
            before = [earlier for earlier in runs if earlier.time <= time]
            (before[-1] if before else runs[0]).said.append(one)
    found: list[tuple[Said | None, str]] = [(None, '')] * count
    for stamp, of_stamp in bearers.items():
        for bearer in of_stamp.values():
            what = _what_counts(stamp, bearer)
            for place in bearer.places:
                found[place] = what
    return found


def _what_counts(stamp: tuple[int, int], bearers: _Bearers[Said]) -> tuple[Said | None, str]:
    if not bearers.said:
        return None, ''
    if stamp == NO_STAMP:
        return None, 'it has no stamp by which it could be named'
    if len(bearers.places) > 1 and len(set(bearers.said)) > 1:
        return None, 'several frames have its stamp, and are named differently'
    return bearers.said[-1], ''  # the last word is the one that counts
