# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The inverse by blocks against LAPACK's."""

import numpy as np
import pytest

from hybrid_snn_ros.snn import sweep


def result(steps):
    """Run a generator to its end; return its value and how often it paused."""
    paused = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, paused
        paused += 1


@pytest.mark.parametrize('size', [1, 2, 127, 128, 129, 300, 640])
@pytest.mark.parametrize('ridge, error', [(0.2, 1e-9), (1e-3, 1e-6)])
def test_it_is_the_inverse_both_triangles_alike(size, ridge, error):
    """To a share of the largest element that it may have; float32 keeps 6e-8."""
    draw = np.random.default_rng(size)
    rows = draw.normal(size=(size // 2 + 1, size))  # of half the rank: the ridge makes it whole
    matrix = rows.T @ rows + ridge * np.eye(size)
    inverse, paused = result(sweep.inverse(np.tril(matrix)))  # the upper triangle is not needed
    np.testing.assert_array_equal(inverse, inverse.T)
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix), rtol=0, atol=error / ridge)
    blocks = -(-size // 128)
    assert paused == blocks ** 2


def test_of_a_diagonal_it_is_exact():
    inverse, _ = result(sweep.inverse(np.diag(np.full(200, 0.25))))
    np.testing.assert_array_equal(inverse, np.diag(np.full(200, 4.0)))
