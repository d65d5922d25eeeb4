# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One thread for linear algebra and pictures: on small computers more of them cost latency."""

import os

VARIABLES = ('OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS')
# A second thread saves nothing on a crop, and on a busy computer the first one waits for it.
_OPENCV = 'OPENCV_FOR_THREADS_NUM'


def pin_blas() -> None:
    """
    Hold BLAS and OpenCV to one thread unless the user said otherwise.

    Call before NumPy and OpenCV are imported.
    """
    for variable in (*VARIABLES, _OPENCV):
        os.environ.setdefault(variable, '1')
