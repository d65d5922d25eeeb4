# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The sweep operator: the inverse of a symmetric positive definite matrix, in steps that may pause.

Sweeping a block k of the matrix (Goodnight, "A tutorial on the SWEEP operator", 1979) replaces::

    A_kk by -A_kk^-1,   A_ik by A_ik A_kk^-1,   A_ij by A_ij - A_ik A_kk^-1 A_kj

and once every block was swept the matrix is ``-A^-1``.  That is Gauss-Jordan elimination without
pivots, which a positive definite matrix does not need.  By Cholesky factors it would take as many
multiplications, but LAPACK cannot be interrupted, and a frame must not wait until it has ended.
(Its error is larger: 1e-15 of the largest element at the condition numbers of the default ridge,
1e-7 at 10^6, where float32 keeps 6e-8.)
"""

from collections.abc import Generator

import numpy as np

_BLOCK = 128  # rows: a step then takes 1 to 2 ms of a 1280 x 1280 matrix, nearly all of it in BLAS


def inverse(matrix: np.ndarray) -> Generator[None, None, np.ndarray]:
    """
    Invert a symmetric positive definite matrix; a generator that pauses between its steps.

    :param matrix: float64 (N, N), used up; its lower triangle is looked at.
    :return: (the generator's return value) float64 (N, N), both triangles the same bits.
    """
    size = len(matrix)
    blocks = [slice(start, min(start + _BLOCK, size)) for start in range(0, size, _BLOCK)]
    for k in blocks:
        pivot = np.linalg.inv(_mirrored(matrix[k, k]))
        # The block column of k, from whichever side of the diagonal it is kept on.
        column = np.concatenate([matrix[k, :k.start].T, matrix[k.start:, k]])
        row = column @ pivot
        for i in blocks:
            if i == k:
                matrix[i, :k.start] = row[:k.start].T
                matrix[i, i] = -pivot
                continue
            # The lower triangle of block row i, but for block k, whose new value is in ``row``.
            before = slice(0, min(i.stop, k.start))
            matrix[i, before] -= row[i] @ column[before].T
            if i.start > k.start:
                behind = slice(k.stop, i.stop)
                matrix[i, behind] -= row[i] @ column[behind].T
                matrix[i, k] = row[i]
            yield
    np.negative(matrix, out=matrix)
    for i in blocks:
        matrix[i, i] = _mirrored(matrix[i, i])
        matrix[:i.start, i] = matrix[i, :i.start].T
        yield
    return matrix


def _mirrored(block: np.ndarray) -> np.ndarray:
    """Return a block whose upper triangle has the bits of its lower one."""
    return np.tril(block) + np.tril(block, -1).T
