# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the memory share: an identity, codes, a memory with something in it."""

import numpy as np

from hybrid_snn_ros.memory.vault import Vault

IDENTITY = {'encoder': 'ab12', 'inputs': 16, 'runtime': 'LiteRT 2.0', 'roi': (0.0, 0.0, 1.0, 1.0)}


def codes(number, width=16):
    """Return codes that follow from a number."""
    return np.random.default_rng(number).integers(0, 256, width, dtype=np.uint8)


def taught(directory):
    """Return an open memory with two mugs and a box in it."""
    vault = Vault.open(directory, IDENTITY)
    vault.teach('mug', codes(1), '1.5')
    vault.teach_all([('box', codes(2), '2.5'), ('mug', codes(3), '3.5')])
    return vault


def reopen(vault, identity=IDENTITY):
    """Close a memory and open it again."""
    vault.close()
    return Vault.open(vault.directory, identity)
