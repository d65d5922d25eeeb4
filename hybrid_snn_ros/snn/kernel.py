# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The compiled forms of presenting and teaching (``_kernel.c``), and whether they are there.

They are built when the package is installed and a C compiler is found; without them everything
runs on NumPy: a network answers with the same spikes, bit for bit, and is taught the same up to
rounding.  What the kernel does that BLAS cannot: it reads the weights of those inputs alone that
fired, as int8, and steps all columns in one call.
"""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros import compiled
from hybrid_snn_ros.snn.coding import MAX_COUNT, STEPS, TRAINS
from hybrid_snn_ros.snn.currents import quantise

_HERE = Path(__file__).resolve().parent
_LANES = 64  # these two as in _kernel.c
_MAX_INPUTS = 4096

# Bit t of row count * 10 + phase: an input with that count and phase fires at step t.
_STEP_BITS = (TRAINS.reshape(-1, STEPS) @ (1 << np.arange(STEPS))).astype(np.uint16)

_loaded: tuple[Any, str] | None = None  # (library or None, sentence)


class _Plan(ctypes.Structure):
    _fields_ = [*((name, ctypes.c_void_p) for name in (
        'weights', 'phases', 'trains', 'scale', 'bias', 'threshold')),
        *((name, ctypes.c_int32) for name in ('inputs', 'columns', 'neurons')),
        *((name, ctypes.c_float) for name in ('leak', 'theta', 'noise'))]


class _Lateral(ctypes.Structure):
    _fields_ = [*((name, ctypes.c_void_p) for name in (
        'lateral', 'templates', 'weights', 'costs')),
        ('inputs', ctypes.c_int32), ('rows', ctypes.c_int32)]


def open_library(path: Path, source: Path | None = None) -> tuple[Any, str]:
    """
    Load a built kernel.

    :param source: the file it must have been built from, or None for any.
    :return: (library, sentence).
    :raises OSError: when it is of another machine or another source.
    """
    library = compiled.open_library(path, source)
    library.hs_form.restype = ctypes.c_char_p
    address, number, real = ctypes.c_void_p, ctypes.c_int32, ctypes.c_float
    for name, takes, gives in (
            ('present_single', (address, ctypes.c_char_p, address), None),
            ('present_columns', (address, ctypes.c_char_p, address), None),
            ('pack', (address, number, number, number, address, address), None),
            ('fit', (address, ctypes.c_char_p, real, number), real),
            ('teach', (address, address, number, real, real, real), None),
            ('step', (address, address, address, real), None)):
        function = getattr(library, f'hs_{name}')
        function.argtypes, function.restype = takes, gives
    return library, f'compiled kernel ({library.hs_form().decode()})'


def _loaded_now() -> tuple[Any, str]:
    global _loaded
    if _loaded is None:
        _loaded = compiled.load(_HERE / '_kernel', open_library)
    return _loaded


def library() -> Any:
    """Return the loaded kernel, or None where NumPy is used; loaded at the first call."""
    return _loaded_now()[0]


def describe() -> str:
    """Return a sentence: which form answers and teaches here, and why if it is not compiled."""
    return _loaded_now()[1]


def use(loaded: tuple[Any, str]) -> tuple[Any, str]:
    """
    Exchange what ``library`` and ``describe`` return; for comparisons and tests.

    :param loaded: as open_library returns it, (None, sentence) for NumPy.
    :return: what was used until now.
    """
    global _loaded
    before, _loaded = _loaded_now(), loaded
    return before


def suits(array: Any) -> bool:
    """Tell whether the kernel is there and takes weights or synapses (..., N) as these."""
    return (isinstance(array, np.ndarray) and array.shape[-1] <= _MAX_INPUTS
            and library() is not None)


class Columns:
    """
    Columns ready to be shown frames: int8 weights, input-major, 64 columns side by side.

    Twelve calls of NumPy's would take longer than a small network takes, hence one for all.
    """

    def __init__(self, weights: np.ndarray, leak: float, scale: float | None = None,
                 phases: np.ndarray | None = None) -> None:
        """
        Lay out weights.

        :param weights: float32 (C, L, N); with ``scale`` whole numbers -127..127, without it each
            row (neuron) is put on a grid of 127 levels of its own peak.
        :param scale: current of one spike through weight 1, the same for all; L must be 1.
        :param phases: (N,) 0..9, or None for none.
        """
        self._library = library()
        weights = np.ascontiguousarray(weights)
        self.columns, self.neurons, self.inputs = weights.shape
        blocks = -(-self.columns // _LANES)
        self._padded = blocks, self.neurons, _LANES
        packed = np.empty((blocks, self.neurons, self.inputs, _LANES), dtype=np.int8)
        steps = np.ones(self._padded, dtype=np.float32)
        self._library.hs_pack(
            _address(weights), *weights.shape, _address(packed, np.int8),
            None if scale is not None else _address(steps))
        if scale is not None:
            steps *= np.float32(scale)
        phases = np.zeros(self.inputs, np.uint8) if phases is None else phases.astype(np.uint8)
        # The structure holds bare addresses, so what they point at is kept alive beside it.
        self._packed, self._steps, self._phases = packed, steps, phases
        self._plan = _Plan(
            weights=_address(packed, np.int8), phases=_address(phases, np.uint8),
            trains=_address(_STEP_BITS, np.uint16), scale=_address(steps), inputs=self.inputs,
            columns=self.columns, neurons=self.neurons, leak=leak)
        self._at = ctypes.addressof(self._plan)

    def single(self, bias: np.ndarray, theta: float) -> 'Columns':
        """Complete columns of one neuron: what is taken off in ten steps (C,), the threshold."""
        padded = np.zeros(self._padded[0] * _LANES, dtype=np.float32)
        padded[:self.columns] = bias
        self._bounds: np.ndarray = padded
        self._plan.bias, self._plan.theta = _address(padded), theta
        self._out: Any = ctypes.c_float * (3 * self.columns)
        return self

    def several(self, threshold: np.ndarray, noise: float) -> 'Columns':
        """Complete columns of several: thresholds (C, L), current that is there without spikes."""
        padded = np.full(self._padded, np.inf, dtype=np.float32)
        column = np.arange(self.columns)
        padded[column // _LANES, :, column % _LANES] = threshold
        self._bounds = padded
        self._plan.threshold, self._plan.noise = _address(padded), noise
        self._out = ctypes.c_float * (2 * self.columns)
        return self

    def renew(self, rows: np.ndarray, weights: np.ndarray) -> None:
        """
        Replace the weights of some neurons in place, as if they had been laid out with the others.

        :param rows: (R,) places among the C L; weights: float32 (R, N), each on its own grid.
        """
        column, neuron = np.divmod(rows, self.neurons)
        block, lane = np.divmod(column, _LANES)
        whole, self._steps[block, neuron, lane] = quantise(weights)
        self._packed[block, neuron, :, lane] = whole

    def present_single(
            self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        Show spike counts (N,) as ``presentation.present_single`` does.

        :return: (spikes (C,) int32, end (C,), graded drive (C,)).
        """
        out = self._out()
        self._library.hs_present_single(self._at, self._bytes(counts), out)
        real = np.frombuffer(out, dtype=np.float32).reshape(3, -1)
        return real[0].view(np.int32), real[1], real[2]

    def present(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Show spike counts (N,) as ``presentation.present_all`` does.

        :return: (OUT spikes (C,) int32, largest excess up to the first one (C,)).
        """
        out = self._out()
        self._library.hs_present_columns(self._at, self._bytes(counts), out)
        real = np.frombuffer(out, dtype=np.float32).reshape(2, -1)
        return real[0].view(np.int32), real[1]

    def _bytes(self, counts: np.ndarray) -> bytes:
        found = np.asarray(counts, dtype=np.uint8).tobytes()
        if len(found) != self.inputs:
            raise ValueError(f'{self.inputs} spike counts are wanted, not {len(found)}')
        return found


class Lateral:
    """The arrays of a lateral state as the kernel sees them; they must stay where they are."""

    def __init__(self, lateral: np.ndarray, templates: np.ndarray, weights: np.ndarray,
                 costs: np.ndarray) -> None:
        """Take float32 arrays as of ``lateral.State``."""
        self._library = library()
        self._kept = lateral, templates, weights, costs
        rows, inputs = weights.shape
        if lateral.shape != (inputs, inputs) or templates.shape != weights.shape or (
                costs.shape != (rows,)):
            raise ValueError('these arrays are not of one lateral network')
        self._net = _Lateral(*map(_address, self._kept), lateral.shape[0], templates.shape[0])
        self._at = ctypes.addressof(self._net)

    def fit(self, counts: np.ndarray, trace_scale: float, row: int) -> float:
        """Return ``2 (w_row . x - A_row) - x . P x`` of spike counts, float."""
        found = np.asarray(counts, dtype=np.uint8).tobytes()
        if len(found) != self._net.inputs or not 0 <= row < self._net.rows:
            raise ValueError(f'{self._net.inputs} spike counts and a row below {self._net.rows} '
                             f'are wanted, not {len(found)} and {row}')
        return self._library.hs_fit(self._at, found, trace_scale, row)

    def teach(self, x: np.ndarray, row: int, own_samples: float, all_samples: float,
              share: float = 1.0) -> None:
        """
        Teach trace x, float32 (N,), to a row of the state, in place, but for the samples.

        :param own_samples, all_samples: of that row and of the background, in units of `share`.
        :param share: what x counts, a frame being 1.
        """
        if x.shape != (self._net.inputs,) or not 0 <= row < self._net.rows:
            raise ValueError(f'{self._net.inputs} inputs and a row below {self._net.rows} are '
                             f'wanted, not {x.shape} and {row}')
        self._check_writeable()
        self._library.hs_teach(self._at, _address(x), row, own_samples, all_samples, share)

    def step(self, d: np.ndarray, r: np.ndarray, f: float) -> None:
        """
        Change P, weights and costs in place by one error; see ``lateral.synapses.step``.

        :param d, r: float32 (N,), the error and P d; f: its factor, negative to take it back.
        """
        if d.shape != (self._net.inputs,) or r.shape != d.shape:
            raise ValueError(f'{self._net.inputs} inputs are wanted, not {d.shape} and {r.shape}')
        self._check_writeable()
        self._library.hs_step(self._at, _address(d), _address(r), f)

    def _check_writeable(self) -> None:
        if not all(array.flags.writeable for array in self._kept):
            raise ValueError('these arrays are read-only')


def _address(array: np.ndarray, dtype: Any = np.float32) -> int:
    """Return where an array lies, once it is certain that it is what the kernel takes it for."""
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise TypeError(f'the kernel needs contiguous {np.dtype(dtype)}, not {array.dtype}')
    return array.ctypes.data


assert MAX_COUNT == STEPS == 10  # as compiled
