# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Two parts of a group in which two things are mixed: 2-means in the metric of the columns.

The square of a distance is (x - y).P(x - y), so all that is needed is the matrix of x.P y.  It
begins from the sign of the main direction of the centred members, which is the best cut where cuts
may be soft (Ding and He, K-means clustering via principal component analysis, 2004), and goes on
as Lloyd's algorithm does.
"""

import numpy as np

_ROUNDS = 32  # of Lloyd; it ends by itself, in a handful


def halves(x: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """
    Return which members belong to the second part, bool (K,); neither part is empty.

    :param x: traces, float32 (K, N), of two members at least.
    :param heard: P x, float32 (K, N).
    """
    products = (x @ heard.T).astype(np.float64)
    products = (products + products.T) / 2
    centred = products - products.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    main = np.linalg.eigh(centred)[1][:, -1]
    second = main > main.mean()
    for _ in range(_ROUNDS):
        if second.all() or not second.any():  # all alike: one apart is as good as any
            break
        closer = _square(centred, second) < _square(centred, ~second)
        if (closer == second).all():
            return second
        second = closer
    if second.all() or not second.any():
        second = np.arange(len(x)) == len(x) - 1
    return second


def _square(products: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the square of each member's distance to the mean of a part, less its own square."""
    return products[np.ix_(part, part)].mean() - 2 * products[:, part].mean(axis=1)
