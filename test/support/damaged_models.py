# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Ways to damage the content of a model file; each seed gives another one."""

import numpy as np


def truncated(content, seed):
    """Cut it somewhere after the file's mark, which Encoder looks at first."""
    return content[:int(np.random.default_rng(seed).integers(8, len(content)))]


def noise(content, seed):
    """Keep the file's mark and nothing else."""
    return content[:8] + np.random.default_rng(seed).bytes(4096 << seed % 6)


def flipped(content, seed):
    """Flip eight bits: two anywhere, six in its last part, where tables and shapes stand."""
    generator, damaged = np.random.default_rng(seed), bytearray(content)
    places = [*generator.integers(8, len(content), 2),
              *generator.integers(len(content) - 60000, len(content), 6)]
    for place in places:
        damaged[place] ^= 1 << int(generator.integers(8))
    return bytes(damaged)
