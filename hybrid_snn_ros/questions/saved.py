# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Clusters as plain arrays, to go on with after a restart; NumPy's npz holds them."""

from collections.abc import Mapping, Sequence

import numpy as np

from hybrid_snn_ros.questions.cluster import Cluster, Member


def arrays_of(clusters: Sequence[Cluster], next_number: int) -> dict[str, np.ndarray]:
    """Return {name: array} of clusters and the id of the next one."""
    members = [(member, cluster.number) for cluster in clusters for member in cluster.members]
    return {
        'next': np.array(next_number),
        'cluster': np.array([one.number for one in clusters], np.int64),
        'first': np.array([one.first for one in clusters], np.float64),
        'last': np.array([one.last for one in clusters], np.float64),
        'seen': np.array([one.seen for one in clusters], np.int64),
        'ignored': np.array([one.ignored for one in clusters], bool),
        'split': np.array([one.split for one in clusters], np.int64),
        'ripe': np.array([np.nan if one.ripe is None else one.ripe for one in clusters]),
        'member': np.array([member.number for member, _ in members], np.int64),
        'of': np.array([number for _, number in members], np.int64),
        'codes': np.array([member.codes for member, _ in members], np.uint8),
        'stamp': np.array([member.stamp for member, _ in members], str),
        'time': np.array([member.time for member, _ in members], np.float64)}


def clusters_of(arrays: Mapping[str, np.ndarray]) -> tuple[list[Cluster], int]:
    """
    Return what ``arrays_of`` was given.

    :raises ValueError: when they do not fit each other, or an array is missing.
    """
    try:
        members: dict[int, list[Member]] = {}
        for number, of, codes, stamp, when in zip(*(
                arrays[name] for name in ('member', 'of', 'codes', 'stamp', 'time')), strict=True):
            members.setdefault(int(of), []).append(
                Member(int(number), np.array(codes, np.uint8), str(stamp), float(when)))
        clusters = [
            Cluster(int(number), members[int(number)], float(first), float(last), int(seen),
                    bool(ignored), None if np.isnan(ripe) else float(ripe), int(split))
            for number, first, last, seen, ignored, ripe, split in zip(*(
                arrays[name] for name in (
                    'cluster', 'first', 'last', 'seen', 'ignored', 'ripe', 'split')),
                strict=True)]
        return clusters, int(arrays['next'])
    except KeyError as error:
        raise ValueError(f'saved questions lack {error}') from error
