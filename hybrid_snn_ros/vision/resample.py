# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Bring pixels to another size: the same bits on every computer.

OpenCV's INTER_LINEAR and INTER_AREA are computed in other ways by other builds of OpenCV; a level
in a fifth of the pixels moves a third of the codes. So this is done in whole numbers. Weights are
256ths. Shrinking averages: a pixel weighs as much as it is covered by. Enlarging interpolates
between the two nearest pixel centres. Rounded once, at the end: within a level of real arithmetic.

The compiled form (``_resample.c``) is for speed; NumPy's gives the same bits.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros import compiled

ONE = 256  # the sum of the weights of a pixel, down and across

_HERE = Path(__file__).resolve().parent


class Weights(NamedTuple):
    """Which pixels make one of the new ones, and by how much, down or across."""

    first: np.ndarray  # int32 (size,)
    each: np.ndarray  # uint32 (size, taps), of the pixels from the first on; rows add up to ONE


def resample(pixels: np.ndarray, size: int) -> np.ndarray:
    """
    Return a square at another size, a new uint8 array (size, size[, channels]).

    :param pixels: uint8 (side, side[, channels]), of 1 to 4 channels, any side; may be a view.
    :param size: 1 to 4096.
    """
    return resample_to(pixels, size, size)


def resample_to(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """
    Return a rectangle at another size, a new uint8 array (height, width[, channels]).

    :param pixels: uint8 (rows, columns[, channels]), of 1 to 4 channels; may be a view.
    :param height, width: 1 to 4096.
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if pixels.strides[1:] != ((1,) if pixels.ndim == 2 else (channels, 1)):
        pixels = np.ascontiguousarray(pixels)
    down, across = weights_of(pixels.shape[0], height), weights_of(pixels.shape[1], width)
    library = _library()
    if library is None:
        return _resample_numpy(pixels.reshape(*pixels.shape[:2], channels), down, across).reshape(
            height, width, *pixels.shape[2:])
    bytes_ = pixels.shape[1] * channels
    sums = np.empty(bytes_ + channels * across.each.shape[1] + 4, np.uint32)
    out = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    library.hs_resample(
        pixels.ctypes.data, pixels.strides[0], bytes_, channels,
        height, down.each.shape[1], down.first.ctypes.data, down.each.ctypes.data,
        width, across.each.shape[1], across.first.ctypes.data, across.each.ctypes.data,
        sums.ctypes.data, out.ctypes.data)
    return out


@lru_cache(maxsize=32)
def weights_of(side: int, size: int) -> Weights:
    """Return the weights that bring `side` pixels to `size`."""
    new = np.arange(size, dtype=np.int64)[:, None]
    if side > size:
        # In units of 1 / size of a pixel the new one covers [new * side, (new + 1) * side). What
        # is covered up to each edge is rounded, and not each share, so that rows add up to ONE.
        first = new * side // size
        edges = first + np.arange(-(-side // size) + 2)
        each = np.diff((ONE * np.clip(edges * size - new * side, 0, side) + side // 2) // side)
    else:
        # The centre of the new one lies behind that of the first by (rest / 2 size) of a pixel.
        first, rest = np.divmod((2 * new + 1) * side - size, 2 * size)
        second = (ONE * rest + size) // (2 * size)
        second = np.where((first < 0) | (first >= side - 1), 0, second)
        first = np.clip(first, 0, side - 1)
        each = np.hstack([ONE - second, second])
    return Weights(np.ascontiguousarray(first[:, 0], np.int32),
                   np.ascontiguousarray(each, np.uint32))


def _resample_numpy(pixels: np.ndarray, down: Weights, across: Weights) -> np.ndarray:
    """Return the same by NumPy; pixels (rows, columns, channels)."""
    height, width, channels = len(down.first), len(across.first), pixels.shape[2]
    rows = _sums(pixels.reshape(len(pixels), -1), down, np.uint16)
    columns = np.ascontiguousarray(rows.reshape(height, -1, channels).transpose(1, 0, 2))
    whole = _sums(columns.reshape(len(columns), -1), across, np.uint32) + np.uint32(ONE * ONE // 2)
    return np.ascontiguousarray((whole // (ONE * ONE)).astype(np.uint8).reshape(
        width, height, channels).transpose(1, 0, 2))


def _sums(rows: np.ndarray, weights: Weights, dtype: Any) -> np.ndarray:
    """Return rows (size, N) summed by their weights."""
    last = len(rows) - 1
    total = np.zeros((len(weights.first), rows.shape[1]), dtype)
    for k, weight in enumerate(weights.each.T.astype(dtype)):
        if weight.any():
            part = rows[np.minimum(weights.first + k, last)].astype(dtype)
            part *= weight[:, None]
            total += part
    return total


def _open(path: Path, source: Path | None = None) -> tuple[Any, str]:
    """Load a built library, see compiled.load."""
    import ctypes
    library = compiled.open_library(path, source)
    address, number = ctypes.c_void_p, ctypes.c_int32
    library.hs_resample.argtypes = (
        address, ctypes.c_int64, number, number, *(number, number, address, address) * 2,
        address, address)
    library.hs_resample.restype = None
    return library, 'compiled'


@lru_cache(maxsize=1)
def _library() -> Any:
    """Return the compiled form, or None where there is none; looked for at the first call."""
    return compiled.load(_HERE / '_resample', _open)[0]
