# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Other work on the machine, on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager
import subprocess
import sys


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep ``count`` processes computing for as long as the block lasts."""
    running = [subprocess.Popen([sys.executable, '-c', 'while True: sum(range(10000))'])
               for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
