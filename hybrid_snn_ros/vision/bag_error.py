# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one error of everything that reads a bag."""

from pathlib import Path
import shlex


class BagError(ValueError):
    """A bag that cannot be used; the message says why, and what to do."""


def no_permission(path: Path) -> BagError:
    """Return the error for what one may not read."""
    return BagError(f'{path} cannot be read: you have no permission '
                    f'(`ls -ld {shlex.quote(str(path))}` shows who has)')


def reason_of(error: BaseException) -> str:
    """Return what a library says of a broken file, in one line."""
    return ' '.join(str(error).split()) or type(error).__name__
