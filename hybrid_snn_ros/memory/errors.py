# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a memory; every message is one sentence that names the thing."""


class StoreError(RuntimeError):
    """A memory that cannot be read, written or changed as asked."""


class RefusedError(StoreError):
    """A change that is not made as things stand; nothing is wrong with the memory."""


class UnknownLabel(RefusedError):
    """A label that nothing was taught under."""


class UnknownSample(RefusedError):
    """A sample that was never taught or is not there any more."""


class NothingToUndoError(RefusedError):
    """An Undo where no one did anything, or a Redo that follows no Undo."""


class LabelExistsError(RefusedError):
    """A rename to a label that is there: the two would become one, which is to be said."""


class ChangedError(StoreError):
    """A file that somebody else put in the place of an open one; nothing was saved to it."""


class NewerVersionError(StoreError):
    """A file written by a newer version of this package."""


class OldFormatError(StoreError):
    """A memory of the format before SQLite; the message says how it is taken over."""


class DamagedError(StoreError):
    """A file that does not hold all that it was written with, or nothing at all."""


class FingerprintError(StoreError):
    """Samples of another encoder, or of another part of the frame."""


def disk_error(doing: str, error: OSError) -> StoreError:
    """Return the StoreError for an OSError: what was being done, and the disk's reason."""
    return StoreError(f'cannot {doing}: {error.strerror or error}')
