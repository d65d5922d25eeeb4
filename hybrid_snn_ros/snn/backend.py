# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Array backends: the one file that knows CuPy exists.

Everything else in ``snn`` works on the namespace ``xp`` its arrays come from, so that the same
functions run on the CPU (NumPy) and on a GPU (CuPy).
"""

from collections.abc import Callable
import ctypes
import functools
import logging
import os
from pathlib import Path
import sys
import tempfile
from typing import Any, cast, TypeVar

import numpy as np

# An array of whichever backend, and the namespace (numpy or cupy) that works on it.
Array = Any
ArrayNamespace = Any

_Method = TypeVar('_Method', bound=Callable[..., Any])

# What CuPy raises when a device is lost, full or misbehaves (its CUDA and library errors are
# RuntimeErrors), when a kernel cannot be compiled for want of a library, or be stored.
_TROUBLE = (RuntimeError, MemoryError, ImportError, OSError)


class BackendError(RuntimeError):
    """The wanted backend cannot be had; the message says why."""


class Backend:
    """
    Where the arrays of networks live.

    All networks of a classifier share one, so that a lost GPU is lost for all of them, and
    reported once.
    """

    def __init__(self, name: str, why: str = '') -> None:
        """
        Take a backend into use.

        :param name: 'numpy' or 'cupy'.
        :param why: sentence saying how it was chosen, for logs; empty for one that was asked for.
        :raises BackendError: when it cannot be had.
        """
        self.name = name
        self.xp: ArrayNamespace = load(name)
        # What means that the device has failed.
        self.errors: tuple[type[Exception], ...] = () if self.xp is np else _TROUBLE
        self.why = why or f'{name}, as asked for' + ('' if self.xp is np else
                                                     f' ({device_name(self.xp)})')
        self.lost = ''  # sentence saying why the device was disabled; empty while all is well

    def disable_device(self, error: Exception) -> None:
        """Stay on the CPU from now on; the first error is the one that is reported."""
        if not self.lost:
            reason = str(error).strip().split('\n')[0] or 'no reason given'
            self.lost = (f'the GPU was disabled ({type(error).__name__}: {reason}); numpy goes on '
                         'with the same samples until the next start')
            self.why = f'numpy: {self.lost}'
        self.name, self.xp = 'numpy', np


def falls_back_to_cpu(method: _Method) -> _Method:
    """
    Let a method do its work again on the CPU when the device fails on the way.

    Its object has a ``backend`` and ``fall_back_to_cpu(error)``, which disables the device and
    brings what the object holds to the CPU.
    """
    @functools.wraps(method)
    def work(self: Any, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except self.backend.errors as error:
            if self.on_cpu:
                raise
            self.fall_back_to_cpu(error)
            return method(self, *arguments)
    return cast(_Method, work)


def load(name: str) -> ArrayNamespace:
    """
    Return the array namespace of a backend.

    :param name: 'numpy' or 'cupy'.
    :raises BackendError: when it is unknown, not installed or finds no device.
    """
    if name == 'numpy':
        return np
    if name != 'cupy':
        raise BackendError(f"backend must be 'numpy', 'cupy' or 'auto', not {name!r}")
    try:
        kernel_cache()
    except OSError as error:
        raise BackendError(
            f"backend 'cupy' finds no directory for compiled kernels: {error}") from error
    try:
        import cupy
    except ImportError as error:
        raise BackendError(
            f"backend 'cupy' needs CuPy (pip install 'hybrid_snn_ros[cuda]', or with a driver of "
            f"CUDA 13 'hybrid_snn_ros[cupy-cuda13x]'): {error}") from error
    try:
        cupy.cuda.runtime.getDeviceCount()
        # A kernel is compiled and a library loaded: both are missing where there is a driver only.
        (cupy.eye(2) @ cupy.ones(2)).sum().item()
        device_name(cupy)
    except Exception as error:  # CuPy reports a missing driver in a dozen exception types
        raise BackendError(f"backend 'cupy' found no usable GPU: {error}") from error
    return cupy


def devices() -> int:
    """Return how many CUDA devices the driver knows; quick, without importing CuPy."""
    try:
        driver = ctypes.CDLL('libcuda.so.1')
        count = ctypes.c_int(0)
        if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
            return 0
    except (OSError, AttributeError):
        return 0
    return count.value


def device_name(xp: ArrayNamespace) -> str:
    """Return what the GPU calls itself."""
    name = xp.cuda.runtime.getDeviceProperties(0)['name']
    return name.decode() if isinstance(name, bytes) else str(name)


def kernel_cache() -> str:
    """
    Let CuPy keep compiled kernels where the next start finds them, unless the user chose a place.

    Compiling takes seconds.  CuPy's own place is in the home directory, which a service may be
    unable to write to; CuPy then fails at the first kernel.  To be called before CuPy is imported.

    :return: the directory; where nothing persistent can be written, one of temporary files.
    """
    chosen = os.environ.get('CUPY_CACHE_DIR')
    if chosen:
        return chosen
    caches = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    try:
        place = Path(caches).expanduser() / 'hybrid_snn_ros' / 'cupy'
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except (OSError, RuntimeError):  # not writable; no home directory at all
        # No fixed name: where everyone may write, others could put their own kernels there.
        place = Path(tempfile.mkdtemp(prefix='hybrid_snn_ros_cupy_'))
        logging.getLogger(__name__).warning(
            'compiled GPU kernels cannot be kept in %s/hybrid_snn_ros; %s takes them, and the '
            'next start compiles them again', caches, place)
    os.environ['CUPY_CACHE_DIR'] = str(place)
    return str(place)


def array_namespace(array: Array) -> ArrayNamespace:
    """Return the namespace (numpy or cupy) that an array lives in."""
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    return sys.modules[type(array).__module__.split('.')[0]]


def to_numpy(array: Array) -> np.ndarray:
    """Bring one array of any backend to the CPU; a NumPy array is returned as it is."""
    return array if isinstance(array, np.ndarray) else array.get()


def to_host(*arrays: Array) -> list[Any]:
    """
    Bring arrays of one backend to the CPU, in a single transfer.

    A transfer waits for all that the device still has to do, so a frame should need one only.

    :param arrays: of types that float64 holds exactly (bool, up to int32, float32, float64).
    :return: list of NumPy arrays of the same shapes and types; NumPy arrays as they are.
    """
    if all(isinstance(array, (np.ndarray, np.generic)) for array in arrays):
        return list(arrays)
    xp = array_namespace(arrays[0])
    packed = xp.concatenate([array.ravel().astype(np.float64) for array in arrays]).get()
    ends = np.cumsum([array.size for array in arrays])
    return [part.astype(array.dtype).reshape(array.shape)
            for part, array in zip(np.split(packed, ends[:-1]), arrays)]


def synchronize(array: Array) -> None:
    """Wait until the device of an array has finished its work; nothing to do on the CPU."""
    xp = array_namespace(array)
    if xp is not np:
        xp.cuda.get_current_stream().synchronize()
