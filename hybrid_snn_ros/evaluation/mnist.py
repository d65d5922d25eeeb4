# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Fidelity of the original rule: handwritten digits by the published code and constants.

No encoder: a pixel b in 0..255 fires ``floor(10 b / 255)`` times (arXiv 2503.17111), ten columns
of 15 L neurons see every training sample once (``original.mnist``).
"""

from collections.abc import Callable
from pathlib import Path
import time
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.snn import original
from hybrid_snn_ros.snn.coding import MAX_COUNT

DIGITS = 10
_ARRAYS = ('X_train', 'y_train', 'X_test', 'y_test')


class Digits(NamedTuple):
    """Spike counts 0..10, uint8 (M, N), and digits, (M,)."""

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


class Outcome(NamedTuple):
    """What one pass gave; accuracies are fractions."""

    accuracy: float  # equal OUT counts are decided by the excess
    count_only: float  # by OUT counts alone: the first of equal columns; silent frames are wrong
    silent: float  # frames in which no neuron fired
    seconds: float  # teaching and asking
    ms_per_teach: float


def load(path: str | Path) -> Digits:
    """
    Read a pack of digits: .npz with X_train, y_train, X_test, y_test, images uint8 (M, pixels).

    :raises SourceError: when the file is missing or does not hold that.
    """
    path = Path(path)
    if not path.is_file():
        raise SourceError(f'{path} does not exist')
    try:
        with np.load(path, allow_pickle=False) as pack:
            missing = [name for name in _ARRAYS if name not in pack.files]
            arrays = [] if missing else [pack[name] for name in _ARRAYS]
    except Exception as error:  # the readers of zip and npy report damage in a dozen types
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise SourceError(f'{path} is not a pack of digits (.npz): {reason}') from error
    if missing:
        raise SourceError(f"{path} lacks {', '.join(missing)}; a pack of digits holds "
                          f"{', '.join(_ARRAYS)}")
    train, train_labels, test, test_labels = arrays
    for part, images, labels in (('train', train, train_labels), ('test', test, test_labels)):
        if (images.dtype != np.uint8 or images.ndim != 2 or not images.size
                or images.shape[1] != train.shape[1]):
            raise SourceError(f'{path} must hold images as uint8 (samples, pixels), both parts of '
                              f'the same width; X_{part} is {images.dtype} {images.shape}')
        if (labels.dtype.kind not in 'iu' or labels.shape != (len(images),)
                or not 0 <= labels.min() <= labels.max() < DIGITS):
            raise SourceError(f'{path} must name a digit 0..9 for every image; y_{part} does not')
    return Digits(_counts(train), train_labels, _counts(test), test_labels)


def _counts(images: np.ndarray) -> np.ndarray:
    return (np.arange(256) * MAX_COUNT // 255).astype(np.uint8)[images]


def run(digits: Digits, copies: int, order: int, limit: int | None = None,
        asked: int | None = None, tick: Callable[[], None] = lambda: None) -> Outcome:
    """
    Teach all digits once, in a shuffled order, then ask for all test digits, the first ones first.

    :param copies: networks on the same input, 1..15.
    :param order: seed of the order and of the noise.
    :param limit: teach no more than so many.
    :param asked: ask no more than so many.
    :param tick: called after every sample that was taught or asked.
    :raises ValueError: for a number of copies out of bounds.
    """
    params = original.mnist(copies)._replace(seed=order + 1)
    begin = time.perf_counter()
    state = original.initial(params, digits.train.shape[1])
    for _ in range(DIGITS):
        state = original.grow(params, state)
    taught = np.random.default_rng(order).permutation(len(digits.train))[:limit]
    for sample in taught:
        state = original.teach(params, state, digits.train[sample],
                               int(digits.train_labels[sample]))
        tick()
    between = time.perf_counter()
    readout = original.readout(params, state)
    y_true = digits.test_labels[:asked]
    found = np.zeros(3)  # right by evidence, right by spikes alone, silent
    for counts, digit in zip(digits.test, y_true):
        response = original.present(params, readout, counts)
        fired = bool(response.spikes.any())
        found += (np.argmax(response.evidence) == digit,
                  fired and np.argmax(response.spikes) == digit, not fired)
        tick()
    accuracy, count_only, silent = (found / len(y_true)).tolist()
    return Outcome(accuracy, count_only, silent, time.perf_counter() - begin,
                   1000 * (between - begin) / len(taught))
