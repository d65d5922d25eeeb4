# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Work in steps: generators that pause between them, so that a frame need not wait for all."""

from collections.abc import Generator
from typing import TypeVar

_Result = TypeVar('_Result')


def finish(steps: Generator[None, None, _Result]) -> _Result:
    """Do all steps in one go; return what the generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
