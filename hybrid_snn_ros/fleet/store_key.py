# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The key of a memory on disk: whoever has it writes as the author that it stands for."""

from hybrid_snn_ros.fleet.seal import Key, key_of
from hybrid_snn_ros.memory.disk_store import DiskStore


def key_for(store: DiskStore, renew: bool = False) -> Key:
    """
    Return the key of an open memory, made at first use, and let the memory write as its author.

    :param renew: make another key; what was signed with the old one stays as it is.
    :raises StoreError: when the key or the disk refuses.
    """
    key = key_of(store.directory, renew)
    store.take_author(key.author)
    return key
