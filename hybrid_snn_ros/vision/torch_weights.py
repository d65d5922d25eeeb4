# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Read the tensors of a legacy torch checkpoint without torch, and without trusting the file.

The file is a sequence of pickles (magic number, protocol, machine, the tensors, the storage keys)
followed by the raw little-endian storages in the order of the keys. A pickle can name any Python
callable, so the reader admits only the few names that a checkpoint of plain tensors needs.
"""

from collections import OrderedDict
from pathlib import Path
import pickle
from typing import Any, BinaryIO, cast

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
STORAGE_TYPES = {'FloatStorage': np.dtype('<f4'), 'LongStorage': np.dtype('<i8')}


class WeightsError(RuntimeError):
    """The checkpoint isn't a legacy torch file of plain tensors."""


class _Storage:
    """One storage: its element type and length at first, its elements once they are read."""

    def __init__(self, dtype: np.dtype, length: int) -> None:
        self.dtype = dtype
        self.length = length
        self.elements: np.ndarray | None = None


class _Tensor:
    """What the checkpoint says about one tensor; strides count elements, as torch counts them."""

    def __init__(self, storage: _Storage, offset: int, shape: tuple, strides: tuple,
                 *_: Any) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides

    def array(self) -> np.ndarray:
        """Return the tensor as a contiguous array of its own."""
        elements = cast(np.ndarray, self.storage.elements)  # they are read by now
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides))
        if (self.offset < 0 or min(self.shape, default=1) < 1 or min(self.strides, default=0) < 0
                or last >= elements.size):
            raise WeightsError(f'a tensor of shape {self.shape} and strides {self.strides} leaves '
                               f'its storage of {elements.size} elements')
        view = np.lib.stride_tricks.as_strided(
            elements[self.offset:], self.shape, [s * elements.itemsize for s in self.strides])
        return view.copy()


class _Unpickler(pickle.Unpickler):
    """An unpickler that admits tensors, ordered dictionaries and storages, nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ('torch._utils', '_rebuild_tensor_v2'):
            return _Tensor
        if (module, name) == ('collections', 'OrderedDict'):
            return OrderedDict
        if module == 'torch' and name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        raise WeightsError(f'the checkpoint asks for {module}.{name}, which no tensor file needs')

    def persistent_load(self, reference: Any) -> _Storage:
        kind, dtype, key, _location, length, _view = reference
        if kind != 'storage':
            raise WeightsError(f'the checkpoint refers to a {kind!r}, only storages are known')
        return self.storages.setdefault(key, _Storage(dtype, length))


def load_tensors(path: Path) -> dict[str, np.ndarray]:
    """
    Return the tensors of the legacy torch checkpoint at `path` by name.

    :raises WeightsError: when the file is something else, is cut short, or asks for a Python name
        that a file of tensors does not need.
    """
    try:
        with open(path, 'rb') as file:
            if _Unpickler(file).load() != MAGIC or _Unpickler(file).load() != PROTOCOL:
                raise WeightsError(f'{path.name} is not a legacy torch checkpoint')
            _Unpickler(file).load()
            reader = _Unpickler(file)
            tensors = reader.load()
            for key in _Unpickler(file).load():
                storage = reader.storages[key]
                length = int.from_bytes(file.read(8), 'little')
                size = storage.dtype.itemsize * storage.length
                content = file.read(size)
                if length != storage.length or len(content) != size:
                    raise WeightsError(f'{path.name} is cut short in storage {key}')
                storage.elements = np.frombuffer(content, storage.dtype)
            return {name: tensor.array() for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError,
            AttributeError) as error:
        raise WeightsError(f'{path.name} is not a checkpoint of plain tensors: {error}') from error
