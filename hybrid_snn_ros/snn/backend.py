# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Array backends: the one file that knows CuPy exists.

Everything else in ``snn`` works on the namespace ``xp`` its arrays come from, so that the same
functions run on the CPU (NumPy) and on a GPU (CuPy).
"""

import sys

import numpy as np


class BackendError(RuntimeError):
    """The wanted backend cannot be had; the message says why."""


def load(name):
    """
    Return the array namespace of a backend.

    :param name: 'numpy' or 'cupy'.
    :raises BackendError: when it is unknown, not installed or finds no device.
    """
    if name == 'numpy':
        return np
    if name != 'cupy':
        raise BackendError(f"backend must be 'numpy' or 'cupy', not {name!r}")
    try:
        import cupy
    except ImportError as error:
        raise BackendError(
            f"backend 'cupy' needs CuPy (pip install 'hybrid_snn_ros[cuda]'): {error}") from error
    try:
        cupy.cuda.runtime.getDeviceCount()
        cupy.zeros(1).sum().item()
    except Exception as error:  # CuPy reports a missing driver in a dozen exception types
        raise BackendError(f"backend 'cupy' found no usable GPU: {error}") from error
    return cupy


def namespace(array):
    """Return the namespace (numpy or cupy) that an array lives in."""
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    return sys.modules[type(array).__module__.split('.')[0]]


def to_numpy(array):
    """Bring an array of any backend to the CPU; a NumPy array is returned as it is."""
    return array if isinstance(array, np.ndarray) else array.get()
