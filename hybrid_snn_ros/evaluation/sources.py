# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where embeddings to evaluate come from."""

from pathlib import Path
from typing import NamedTuple
import zipfile

import numpy as np

from hybrid_snn_ros.memory.labels import normalise

_ARRAYS = ('X_train', 'y_train', 'X_test', 'y_test', 'class_names')


class SourceError(ValueError):
    """A source that cannot be used; the message says why."""


class Embeddings(NamedTuple):
    """Encoder output codes of a data set with K classes."""

    name: str
    train: np.ndarray  # uint8 (M, N), or (M, k, N) of k views of each
    train_labels: np.ndarray  # int64 (M,), 0..K-1
    test: np.ndarray  # uint8 (T, N) or (T, k, N)
    test_labels: np.ndarray  # int64 (T,)
    class_names: list[str]

    @property
    def train_frames(self) -> np.ndarray:
        """The training part as it was seen, of several views the first, uint8 (M, N)."""
        return self.train if self.train.ndim == 2 else self.train[:, 0]

    @property
    def test_frames(self) -> np.ndarray:
        """The test part as it was seen, uint8 (T, N)."""
        return self.test if self.test.ndim == 2 else self.test[:, 0]


def load_pack(path: str | Path) -> Embeddings:
    """
    Read an embedding pack (.npz with X_train, y_train, X_test, y_test, class_names).

    :raises SourceError: when the file is missing or does not hold that.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            missing = [name for name in _ARRAYS if f'{name}.npy' not in archive.namelist()]
        if missing:
            raise SourceError(f"{path} lacks {', '.join(missing)}; an embedding pack holds "
                              f"{', '.join(_ARRAYS)}")
        with np.load(path, allow_pickle=False) as pack:
            train, train_labels, test, test_labels, names = [pack[name] for name in _ARRAYS]
        names = [normalise(str(name)) for name in names]
    except FileNotFoundError as error:
        raise SourceError(f'{path} does not exist') from error
    except SourceError:
        raise
    except Exception as error:  # the readers of zip and npy report damage in a dozen types
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise SourceError(f'{path} is not an embedding pack (.npz): {reason}') from error
    if len(set(names)) < len(names):
        raise SourceError(f'{path} names a class twice')
    for part, codes, labels in (('train', train, train_labels), ('test', test, test_labels)):
        if codes.dtype != np.uint8 or codes.ndim not in (2, 3) or labels.shape != (len(codes),):
            raise SourceError(f'{path} must hold uint8 codes (samples, inputs), or (samples, '
                              'views, inputs), and a label for each, not '
                              f'{codes.dtype} {codes.shape} and {labels.shape}')
        if not codes.size or codes.shape[-1] != train.shape[-1]:
            raise SourceError(f'{path} must hold at least one sample to train and to test, of the '
                              f'same width; X_{part} is {codes.shape}')
        if labels.dtype.kind not in 'iu' or not 0 <= labels.min() <= labels.max() < len(names):
            raise SourceError(f'{path} must label samples with whole numbers below its number of '
                              f'classes, {len(names)}; y_{part} does not')
    return Embeddings(path.stem, train, train_labels.astype(np.int64), test,
                      test_labels.astype(np.int64), names)
