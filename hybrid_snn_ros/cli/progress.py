# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A progress line for long work: on a terminal only, redrawn a few times a second."""

import sys
import time

from hybrid_snn_ros.cli.printable import printable


class Progress:
    """Callable with (done, total); ``close`` wipes the line."""

    def __init__(self, text: str) -> None:
        self._text = printable(text)
        self._stream = sys.stderr
        self._next = 0.0
        self._begin = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Redraw the line if it is time to."""
        now = time.monotonic()
        if not self._stream.isatty() or (now < self._next and done < total):
            return
        self._next = now + 0.2
        left = (now - self._begin) * (total - done) / max(done, 1)
        bar = '#' * (30 * done // total)
        print(f'\r\x1b[K{self._text} [{bar:<30}] {done}/{total}, {left:.0f} s left', end='',
              file=self._stream, flush=True)

    def close(self) -> None:
        """Wipe the line."""
        if self._stream.isatty():
            print('\r\x1b[K', end='', file=self._stream, flush=True)
