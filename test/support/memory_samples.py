# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the memory share: a fingerprint, codes, a memory with something in it."""

import numpy as np

from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.store import NewLesson

FINGERPRINT = {'encoder': 'ab12', 'inputs': 16, 'runtime': 'LiteRT 2.0',
               'roi': (0.0, 0.0, 1.0, 1.0)}


def codes(number, width=16):
    """Return codes that follow from a number."""
    return np.random.default_rng(number).integers(0, 256, width, dtype=np.uint8)


def taught(directory):
    """Return an open memory with two mugs and a box in it."""
    store = DiskStore.open(directory, FINGERPRINT)
    store.teach('mug', codes(1), '1.5')
    store.teach_all([NewLesson('box', codes(2), '2.5'), NewLesson('mug', codes(3), '3.5')])
    return store


def reopen(store, fingerprint=FINGERPRINT):
    """Close a memory and open it again."""
    store.close()
    return DiskStore.open(store.directory, fingerprint)
