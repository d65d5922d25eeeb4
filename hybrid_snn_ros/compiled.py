# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Libraries of plain C that are built when the package is installed, if a C compiler is found.

There is no Python in them: ctypes loads them, one build serves every Python, and whoever uses one
does the same on NumPy where there is none.
"""

from collections.abc import Callable
import ctypes
import os
from pathlib import Path
from typing import Any
import zlib

SWITCH = 'HYBRID_SNN_KERNEL'  # environment: 'off' to do without


def load(stem: Path, opener: Callable[[Path, Path | None], tuple[Any, str]]) -> tuple[Any, str]:
    """
    Return (library, sentence that says which form is used), or (None, and why).

    :param stem: path of the source without its suffix; what was built of it lies beside it.
    :param opener: opens a built library (path, source or None); raises OSError or AttributeError.
    """
    if os.environ.get(SWITCH) == 'off':
        return None, f'NumPy: the kernel is off by {SWITCH}=off'
    reason = 'it was not built, most likely for want of a C compiler at installation'
    source = stem.with_suffix('.c')
    for path in sorted(stem.parent.glob(f'{stem.name}*.so')):
        try:
            return opener(path, source if source.exists() else None)
        except (OSError, AttributeError) as error:
            reason = str(error)
    return None, f'NumPy: there is no compiled kernel: {reason}'


def open_library(path: Path, source: Path | None = None) -> Any:
    """
    Open a built library; its functions are called with Python's lock held.

    No call takes a millisecond at usual sizes, and a thread that lets go of the lock may wait 5 ms
    to have it again.

    :param source: the file it must have been built from, or None for any.
    :raises OSError: when it is of another machine or another source.
    """
    library = ctypes.PyDLL(str(path))
    library.hs_source.restype = ctypes.c_uint32
    if source is not None and library.hs_source() != zlib.crc32(source.read_bytes()):
        raise OSError(f'{path.name} is not of this source; install the package again')
    return library

