# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Resampling: whole numbers and the same bits compiled, on NumPy, and by the definition."""

from fractions import Fraction
import math
import os
import shutil
import subprocess
import zlib

from checkout import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros.vision import resample as module
from hybrid_snn_ros.vision.resample import ONE, resample, resample_to, weights_of

SOURCE = ROOT / 'hybrid_snn_ros' / 'vision' / '_resample.c'
# With what Python adds when it builds extensions, and for the oldest processors of a kind.
KINDS = {'shipped': ('-O3', '-fwrapv', '-Wall', '-Wextra'), 'narrow': ('-O3', '-DCLONED='),
         'plain': ('-O0',)}
COMPILER = os.environ.get('CC') or next(filter(shutil.which, ('cc', 'gcc', 'clang')), None)


@pytest.fixture(scope='module', params=['numpy', *KINDS])
def form(request, tmp_path_factory):
    """Resample by NumPy, and by the library as it is built in several ways."""
    library = None
    if request.param != 'numpy':
        if COMPILER is None:
            pytest.skip('no C compiler')
        path = tmp_path_factory.mktemp('resample') / f'{request.param}.so'
        done = subprocess.run(
            [*COMPILER.split(), '-std=gnu11', '-fPIC', '-shared', *KINDS[request.param],
             str(SOURCE), '-o', str(path)], capture_output=True, text=True, timeout=900)
        assert done.returncode == 0 and not done.stderr, done.stderr
        library = module._open(path)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, '_library', lambda: library)
        yield request.param


def shares(side, size):
    """Return what part of each new pixel each old one makes, (size, side), by the definition."""
    table = [[Fraction(0)] * side for _ in range(size)]
    for new, row in enumerate(table):
        if side > size:
            begin, end = Fraction(new * side, size), Fraction((new + 1) * side, size)
            for old in range(math.floor(begin), math.ceil(end)):
                row[old] = (min(end, old + 1) - max(begin, old)) * size / side
        else:
            place = Fraction((2 * new + 1) * side, 2 * size) - Fraction(1, 2)
            place = min(max(place, Fraction(0)), Fraction(side - 1))
            low = math.floor(place)
            row[low] = 1 - (place - low)
            row[min(low + 1, side - 1)] += place - low
    return table


def of_weights(side, size):
    """Return the same from weights_of, as whole numbers."""
    first, each = weights_of(side, size)
    table = np.zeros((size, side + each.shape[1]), np.int64)
    for new in range(size):
        table[new, first[new]:first[new] + each.shape[1]] = each[new]
    assert not table[:, side:].any() and (first >= 0).all()
    return table[:, :side]


@pytest.mark.parametrize('side, size', [
    (1, 1), (1, 9), (2, 9), (9, 1), (9, 2), (9, 8), (8, 9), (7, 3), (420, 224), (105, 224),
    (630, 224), (223, 224), (225, 224), (1890, 224), (2000, 1), (1200, 3)])
def test_weights_are_the_shares_of_pixels_in_256ths(side, size):
    weights = of_weights(side, size)
    assert (weights.sum(axis=1) == ONE).all() and (weights >= 0).all()
    for row, exact in zip(weights, shares(side, size)):
        # Up to any pixel, no more than half of a 256th is rounded.
        reached = Fraction(0)
        for ours, whole in zip(np.cumsum(row), exact):
            reached += whole
            assert abs(int(ours) - ONE * reached) <= Fraction(1, 2)


def by_definition(pixels, size):
    """Return the new picture by plain matrix products of whole numbers."""
    weights = of_weights(len(pixels), size)
    total = np.einsum('iy,yx...,jx->ij...', weights, pixels.astype(np.int64), weights)
    return ((total + ONE * ONE // 2) // (ONE * ONE)).astype(np.uint8)


@pytest.mark.parametrize('channels', [None, 1, 3, 4])
@pytest.mark.parametrize('side, size', [
    (1, 5), (2, 3), (3, 2), (5, 5), (17, 16), (16, 17), (40, 9), (301, 3), (700, 1)])
def test_every_form_gives_what_the_weights_say(form, side, size, channels):
    shape = (side, side) + ((channels,) if channels else ())
    pixels = np.random.default_rng(side).integers(0, 256, shape, np.uint8)
    for picture in (pixels, np.full_like(pixels, 255), np.zeros_like(pixels)):
        made = resample(picture, size)
        assert made.dtype == np.uint8 and made.flags.c_contiguous and made.flags.writeable
        np.testing.assert_array_equal(made, by_definition(picture, size))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 90), st.integers(1, 60), st.integers(0, 3), st.integers(0, 2 ** 32 - 1))
def test_any_window_of_a_frame_is_as_its_copy(form, side, size, at, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (side + 3, side + 3, 3), np.uint8)
    window = frame[at:at + side, 3 - at:3 - at + side]
    made = resample(window, size)
    np.testing.assert_array_equal(made, by_definition(window, size))
    np.testing.assert_array_equal(made, resample(window.copy(), size))
    np.testing.assert_array_equal(made[..., ::-1], resample(window[..., ::-1], size))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 50), st.integers(1, 50),
       st.sampled_from([None, 1, 3, 4]), st.integers(0, 2 ** 32 - 1))
def test_a_rectangle_is_resampled_down_and_across_by_weights_of_its_own(
        form, rows, columns, height, width, channels, seed):
    shape = (rows, columns) + ((channels,) if channels else ())
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    total = np.einsum('iy,yx...,jx->ij...', of_weights(rows, height), pixels.astype(np.int64),
                      of_weights(columns, width))
    made = resample_to(pixels, height, width)
    assert made.dtype == np.uint8 and made.flags.c_contiguous and made.flags.writeable
    np.testing.assert_array_equal(made, (total + ONE * ONE // 2) // (ONE * ONE))


def test_the_bits_stay_what_they_were(form):
    """Codes of every memory depend on them: a change here is a change of what was taught."""
    y, x = np.mgrid[:500, :500]
    frame = np.dstack([x * y // 97, x * x // 61 + y, y * y // 53 ^ x]).astype(np.uint8)
    found = {side: zlib.crc32(resample(frame[:side, :side], 224).tobytes())
             for side in (105, 223, 225, 420, 500)}
    assert found == {105: 1346541624, 223: 305294311, 225: 3813403268, 420: 4138795385,
                     500: 3249184589}

