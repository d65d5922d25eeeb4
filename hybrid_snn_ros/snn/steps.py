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


class UnderWay:
    """One work that is done a step at a time, or none."""

    def __init__(self) -> None:
        """Begin with none."""
        self._steps: Generator[None, None, None] | None = None

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return self._steps is not None

    def begin(self, steps: Generator[None, None, None]) -> None:
        """Take up another one; nothing of it is done yet."""
        self._steps = steps

    def go_on(self) -> None:
        """Take the next step; a work that ends or fails is over."""
        if self._steps is None:
            return
        over = True
        try:
            next(self._steps)
            over = False
        except StopIteration:
            pass
        finally:
            if over:
                self._steps = None
