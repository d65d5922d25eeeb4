# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which frame of a recording a label means that names it by a stamp."""

from collections.abc import Iterable
from typing import NamedTuple

NO_STAMP = (0, 0)  # of a camera that does not stamp its frames


class _Bearers(NamedTuple):
    """Frames of one stamp in a part of the recording in which the clock runs forward."""

    time: int  # at which the first was recorded
    places: list[int]
    labels: list[str]


def labels_by_stamp(
        messages: Iterable[tuple[int, tuple[int, int], str | None]]) -> list[tuple[str, str]]:
    """
    Find the label of every frame.

    :param messages: (time, stamp, label) in their order, label None for a frame.
    :return: a list, (label, why it has none) for every frame; both empty where no one named it.
    """
    bearers: dict[tuple[int, int], dict[int, _Bearers]] = {}
    said, newest, run, count = [], NO_STAMP, 0, 0
    for time, stamp, label in messages:
        if label is not None:
            said.append((time, stamp, label))
            continue
        run += stamp < newest  # a simulation that began again: its stamps are other frames'
        newest = stamp
        bearers.setdefault(stamp, {}).setdefault(run, _Bearers(time, [], [])).places.append(count)
        count += 1
    for time, stamp, label in said:
        runs = list(bearers.get(stamp, {}).values())
        if runs:
            before = [one for one in runs if one.time <= time]
            (before[-1] if before else runs[0]).labels.append(label)
    labels = [('', '')] * count
    for stamp, of_stamp in bearers.items():
        for one in of_stamp.values():
            for place in one.places:
                labels[place] = _label(stamp, one)
    return labels


def _label(stamp: tuple[int, int], bearers: _Bearers) -> tuple[str, str]:
    if not bearers.labels:
        return '', ''
    if stamp == NO_STAMP:
        return '', 'it has no stamp by which a Classification could name it'
    if len(bearers.places) > 1 and len(set(bearers.labels)) > 1:
        return '', 'several frames have its stamp, and are named differently'
    return bearers.labels[-1], ''  # the last word is the one that counts
