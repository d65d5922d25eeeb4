# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where embeddings to evaluate come from."""

from pathlib import Path
from typing import NamedTuple
import zipfile

import numpy as np

_ARRAYS = ('X_train', 'y_train', 'X_test', 'y_test', 'class_names')


class SourceError(ValueError):
    """A source that cannot be used; the message says why."""


class Embeddings(NamedTuple):
    """Encoder output codes of a data set with K classes."""

    name: str
    train: np.ndarray  # uint8 (M, N)
    train_labels: np.ndarray  # int64 (M,), 0..K-1
    test: np.ndarray  # uint8 (T, N)
    test_labels: np.ndarray  # int64 (T,)
    class_names: list


def load_pack(path):
    """
    Read an embedding pack (.npz with X_train, y_train, X_test, y_test, class_names).

    :raises SourceError: when the file is missing or does not hold that.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as pack:
            missing = [name for name in _ARRAYS if name not in pack]
            if missing:
                raise SourceError(f"{path} lacks {', '.join(missing)}; an embedding pack holds "
                                  f"{', '.join(_ARRAYS)}")
            arrays = [pack[name] for name in _ARRAYS]
    except FileNotFoundError as error:
        raise SourceError(f'{path} does not exist') from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f'{path} is not an embedding pack (.npz): {error}') from error
    train, train_labels, test, test_labels, names = arrays
    for codes, labels in ((train, train_labels), (test, test_labels)):
        if codes.dtype != np.uint8 or codes.ndim != 2 or labels.shape != (len(codes),):
            raise SourceError(f'{path} must hold uint8 codes (samples, inputs) and a label for '
                              f'each, not {codes.dtype} {codes.shape} and {labels.shape}')
    return Embeddings(path.stem, train, train_labels.astype(np.int64), test,
                      test_labels.astype(np.int64), [str(name) for name in names])
