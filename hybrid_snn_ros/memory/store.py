# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The file a memory lives in: the taught samples, saved so that a power cut cannot break them.

What is kept are the samples (the encoder's output codes, lossless, and their labels), not the
weights: every network state follows from them bit for bit, under either learning rule and under
any constants, so a file stays good when those change.  Saving writes a file beside the old one,
syncs it, renames it over the old one and syncs the directory: at any moment one whole file exists.
"""

import contextlib
import io
import json
import os
from pathlib import Path
from typing import NamedTuple
import zipfile

import numpy as np

from hybrid_snn_ros.memory.labels import normalise

FORMAT = 1
FILE_NAME = 'memory.npz'


class StoreError(RuntimeError):
    """A memory that cannot be read or written; the message names the file and the reason."""


class Memory(NamedTuple):
    """Everything a memory file holds (M samples of N codes)."""

    identity: dict  # what the codes depend on: encoder digest, crop, ...
    labels: list  # texts, one a column
    columns: np.ndarray  # int32 (M,), column of each sample, in the order taught
    codes: np.ndarray  # uint8 (M, N)
    version: int  # rises with every change of what is known


def save(directory, memory):
    """
    Write a memory into a directory, which is made if needed.

    :return: the path of the file.
    :raises StoreError: when the disk refuses.
    """
    path = Path(directory).expanduser() / FILE_NAME
    header = json.dumps({'format': FORMAT, 'identity': memory.identity,
                         'labels': list(memory.labels), 'version': memory.version})
    content = io.BytesIO()
    np.savez(content, header=np.frombuffer(header.encode('utf-8'), np.uint8),
             columns=np.asarray(memory.columns, np.int32), codes=memory.codes)
    beside = path.with_name(f'.{FILE_NAME}.{os.getpid()}')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, 'wb') as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        _sync_directory(path.parent)
    except OSError as error:
        raise StoreError(
            f'cannot save the memory to {path}: {error.strerror or error}') from error
    finally:
        with contextlib.suppress(OSError):  # it is gone already when all went well
            beside.unlink()
    return path


def _sync_directory(directory):
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load(directory):
    """
    Read the memory of a directory.

    :return: Memory, or None when the directory holds none.
    :raises StoreError: when the file cannot be read, is damaged or comes from a newer version.
    """
    path = Path(directory).expanduser() / FILE_NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f'cannot read the memory {path}: {error.strerror or error}') from error
    try:
        header, columns, codes = _arrays(content)
        header = json.loads(header.tobytes().decode('utf-8'))
        written = int(header['format'])
        if written > FORMAT:
            raise StoreError(f'{path} has format {written}, written by a newer version; this one '
                             f'reads up to {FORMAT}')
        labels = [normalise(label) for label in header['labels']]
        memory = Memory(dict(header['identity']), labels, columns, codes, int(header['version']))
    except StoreError:
        raise
    except Exception as error:  # the readers of zip, npy and JSON report damage in a dozen types
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise StoreError(f'the memory {path} is damaged: {reason}') from error
    _check_arrays(path, labels, columns, codes)
    return memory


def _arrays(content):
    """
    Read header, columns and codes out of an .npz file.

    Every member is read to its end: only then does zipfile compare its checksum.  np.load stops
    where the shape says, and a damaged shape would go unnoticed.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [np.lib.format.read_array(io.BytesIO(archive.read(f'{name}.npy')),
                                         allow_pickle=False)
                for name in ('header', 'columns', 'codes')]


def _check_arrays(path, labels, columns, codes):
    if (codes.ndim != 2 or codes.dtype != np.uint8 or columns.shape != (len(codes),)
            or columns.dtype != np.int32
            or (len(columns) and not 0 <= columns.min() <= columns.max() < len(labels))):
        raise StoreError(f'the memory {path} is damaged: samples and labels do not fit together')
