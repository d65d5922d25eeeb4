# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A stand-in for CuPy whose device is this computer's memory, for machines without a GPU.

It proves two things of the code that runs on it: that the code is generic (no array of the device
is ever mixed with a NumPy array, silently converted to one, or indexed by one) and what the
traffic is (every transfer and every wait for the device is counted, with its bytes).  It proves
nothing about CuPy itself, whose kernels, rounding and errors are its own: the arithmetic here is
NumPy's.  Where CuPy is lenient (it takes NumPy arrays as indices, for instance), this is strict.

The module is its own namespace: install it as ``sys.modules['cupy']``.
"""

import types

import numpy as np

float32, float64, int32, int64, bool_, inf = (
    np.float32, np.float64, np.int32, np.int64, np.bool_, np.inf)


class Traffic:
    """What went to the device and back since the last ``clear``."""

    def __init__(self):
        self.countdown = None  # operations until the device is lost; None for never
        self.lost = False
        self.clear()

    def clear(self):
        """Count from here."""
        self.uploads = []  # bytes of each
        self.downloads = []  # bytes of each; reading one number back is a download too
        self.operations = 0

    def lose_after(self, operations):
        """Lose the device in the middle of the operation so many from now on."""
        self.countdown, self.lost = operations, False

    def recover(self):
        """Make the device whole again, for the next test."""
        self.countdown, self.lost = None, False

    def operate(self):
        """Count one operation; raise what CuPy raises once the device is lost."""
        self.operations += 1
        if self.countdown is not None:
            self.countdown -= 1
            self.lost = self.lost or self.countdown < 0
        if self.lost:
            raise CUDARuntimeError(
                'cudaErrorIllegalAddress: an illegal memory access was encountered')


class CUDARuntimeError(RuntimeError):
    """As CuPy's."""


traffic = Traffic()
cuda = types.SimpleNamespace(
    runtime=types.SimpleNamespace(
        getDeviceCount=lambda: 1, CUDARuntimeError=CUDARuntimeError,
        getDeviceProperties=lambda device: {'name': b'Strict Device'}),
    get_current_stream=lambda: types.SimpleNamespace(synchronize=traffic.operate))


def _inner(value):
    """Return what the device computes with; refuse what lives on the host."""
    if isinstance(value, ndarray):
        return value._memory
    if isinstance(value, np.ndarray):
        raise TypeError(f'Unsupported type {np.ndarray}: a host array of shape {value.shape} '
                        'among arrays of the device')
    if isinstance(value, (list, tuple)):
        return type(value)(_inner(part) for part in value)
    return value


def _outer(value):
    if isinstance(value, tuple):
        return tuple(map(_outer, value))
    return ndarray(np.asarray(value))


def _run(function, *arguments, **options):
    traffic.operate()
    return _outer(function(*map(_inner, arguments),
                           **{name: _inner(value) for name, value in options.items()}))


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):  # noqa: N801 (it is CuPy's name)
    """An array of the device."""

    def __init__(self, memory):
        self._memory = memory

    dtype = property(lambda self: self._memory.dtype)
    shape = property(lambda self: self._memory.shape)
    size = property(lambda self: self._memory.size)
    ndim = property(lambda self: self._memory.ndim)
    nbytes = property(lambda self: self._memory.nbytes)
    T = property(lambda self: ndarray(self._memory.T))

    def __len__(self):
        return len(self._memory)

    def __iter__(self):
        return (self[place] for place in range(len(self)))

    def __array__(self, *arguments, **options):
        raise TypeError('Implicit conversion to a NumPy array is not allowed.')

    def __array_function__(self, function, *_):
        raise TypeError(f'numpy.{function.__name__} on an array of the device')

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        """Compute what an operator stands for; as in CuPy, NumPy's scalars may take part."""
        if method != '__call__':
            raise TypeError(f'numpy.{ufunc.__name__}.{method} on an array of the device')
        if out is not None:
            options['out'] = out[0]
        result = _run(ufunc, *inputs, **options)
        return result if out is None else out[0]

    def _read(self):
        traffic.operate()
        traffic.downloads.append(self.nbytes)
        return self._memory

    def get(self):
        """Bring it to the host."""
        return self._read().copy()

    def item(self):
        """Bring its one number to the host."""
        return self._read().item()

    def __bool__(self):
        return bool(self.item())

    def __int__(self):
        return int(self.item())

    def __float__(self):
        return float(self.item())

    __index__ = None  # as in CuPy, an array is no index of a list

    def __getitem__(self, places):
        for place in places if isinstance(places, tuple) else [places]:
            if isinstance(place, ndarray) and place.dtype == bool:
                traffic.downloads.append(8)  # the size of the result has to be known
        return _run(np.ndarray.__getitem__, self, places)

    def __setitem__(self, places, value):
        traffic.operate()
        self._memory[_inner(places)] = _inner(value)

    def __getattr__(self, name):
        if name not in ('argmax', 'astype', 'copy', 'max', 'mean', 'min', 'ravel', 'reshape',
                        'sum', 'trace', 'transpose'):
            raise AttributeError(name)
        return lambda *arguments, **options: _run(
            getattr(self._memory, name), *arguments, **options)


def asarray(values, dtype=None):
    """Send values to the device, unless they are there."""
    if isinstance(values, ndarray):
        return values if dtype in (None, values.dtype) else values.astype(dtype)
    traffic.operate()
    values = np.array(values, dtype=dtype)
    if values.ndim:
        traffic.uploads.append(values.nbytes)
    return ndarray(values)


def copyto(target, source, where=True):
    """Copy in place."""
    traffic.operate()
    np.copyto(_inner(target), _inner(source), where=_inner(where))


def _function(name):
    def run(*arguments, out=None, **options):
        if out is None:
            return _run(getattr(np, name), *arguments, **options)
        _run(getattr(np, name), *arguments, out=out, **options)
        return out
    return run


globals().update({name: _function(name) for name in (
    'abs', 'append', 'arange', 'ascontiguousarray', 'broadcast_to', 'concatenate', 'einsum',
    'empty', 'empty_like', 'eye', 'full', 'greater_equal', 'matmul', 'maximum', 'minimum',
    'moveaxis', 'multiply', 'ones', 'outer', 'rint', 'sqrt', 'where', 'zeros', 'zeros_like')})
