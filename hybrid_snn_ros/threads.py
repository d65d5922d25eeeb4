# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One thread for linear algebra: on small computers more of them cost latency, not time."""

import os

VARIABLES = ('OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS')


def pin_blas():
    """Hold BLAS to one thread unless the user said otherwise; call before NumPy is imported."""
    for variable in VARIABLES:
        os.environ.setdefault(variable, '1')
