# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is remembered of the newest frames, or of other things, and no more."""

from collections import OrderedDict
from typing import TypeVar

_Key = TypeVar('_Key')
_Value = TypeVar('_Value')


class Recent(OrderedDict[_Key, _Value]):
    """The newest values by stamp (sec, nanosec), or by another key; the oldest fall out."""

    def __init__(self, limit: int) -> None:
        """Remember so many; ``limit`` may be changed, the next ``add`` keeps to it."""
        super().__init__()
        self.limit = limit

    def add(self, key: _Key, value: _Value) -> None:
        """Remember a value."""
        self[key] = value
        while len(self) > self.limit:
            self.popitem(last=False)
