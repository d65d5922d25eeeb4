# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The key of a memory on disk: whoever has it writes as the author that it stands for."""

from collections.abc import Mapping
from pathlib import Path

from hybrid_snn_ros.fleet.seal import Key, key_of
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.record import ALLOW


def key_for(store: DiskStore, renew: bool = False) -> Key:
    """
    Return the key of an open memory, made at first use, and let the memory write as its author.

    :param renew: make another key; what was signed with the old one stays as it is.
    :raises StoreError: when the key or the disk refuses.
    """
    key = key_of(store.directory, renew)
    store.take_author(key.author)
    return key


def introduce(memories: Mapping[str, Path]) -> dict[str, str]:
    """
    Let the robots of some memories learn from each other, as `hybrid-snn fleet allow` does.

    :param memories: {name of the robot: directory of its memory}; nodes may be using them.
    :return: {name: author}.
    :raises StoreError: when a key or the disk refuses.
    """
    authors = {}
    for name, directory in memories.items():
        with DiskStore.open(directory, None) as store:
            authors[name] = key_for(store).author
    for name, directory in memories.items():
        with DiskStore.open(directory, None) as store:
            for other, author in authors.items():
                if other != name:
                    store.decide(ALLOW, author, other)
    return authors
