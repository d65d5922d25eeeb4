# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How alike what the encoder makes of two frames is: the cosine of its codes."""

from collections.abc import Sequence

import numpy as np


def change_between(one: np.ndarray, other: np.ndarray) -> float:
    """Return 1 - cosine, and 0 for the same codes, also where they are all zero."""
    if np.array_equal(one, other):
        return 0.0
    one, other = one.astype(np.float64), other.astype(np.float64)
    return float(1 - one @ other / max(np.sqrt((one @ one) * (other @ other)), 1e-12))


def directions(codes: Sequence[np.ndarray]) -> np.ndarray:
    """Return codes, each uint8 (N,), at length 1, float32 (K, N); zeros stay zeros."""
    rows = np.array(codes, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
