# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a figure depends on besides the code: machine, governor, threads, versions, load."""

import os
from pathlib import Path
import platform
from typing import Any

import numpy as np


def facts() -> dict[str, Any]:
    """Return what to write beside every figure, as a dict of plain values."""
    return {
        'cpu': _cpu(), 'cores': os.cpu_count(), 'machine': platform.machine(),
        'governor': first_line('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
        'system': platform.platform(), 'python': platform.python_version(),
        'numpy': np.__version__, 'blas': _blas(),
        'blas_threads': os.environ.get('OPENBLAS_NUM_THREADS', 'not pinned'),
        'load': [round(load, 2) for load in os.getloadavg()]}


def thread_counts() -> list[int]:
    """Return the numbers of threads worth trying here: powers of two, and every core."""
    cores = (len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity')
             else os.cpu_count() or 1)
    return sorted({cores, *(2 ** n for n in range(cores.bit_length()) if 2 ** n <= cores)})


def resident_mb(process: int | str = 'self') -> tuple[float, float]:
    """Return the resident memory of a process in megabytes and its peak, (now, peak)."""
    found = {}
    for line in Path(f'/proc/{process}/status').read_text().splitlines():
        name, _, value = line.partition(':')
        if name in ('VmRSS', 'VmHWM'):
            found[name] = round(int(value.split()[0]) / 1024, 1)
    return found['VmRSS'], found['VmHWM']


def available_bytes() -> int:
    """Return how much memory processes can still have."""
    for line in Path('/proc/meminfo').read_text().splitlines():
        if line.startswith('MemAvailable:'):
            return 1024 * int(line.split()[1])
    raise OSError('/proc/meminfo says nothing of MemAvailable')


def cpu_seconds(process: int | str) -> float:
    """Return the processor time that a process has used so far, all its threads."""
    fields = Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def threads_of(process: int | str) -> int:
    """Return how many threads a process has."""
    return len(os.listdir(f'/proc/{process}/task'))


def first_line(path: str, otherwise: str = 'not readable') -> str:
    """Return what stands in a file of one line, or something else where it cannot be read."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return otherwise


def _cpu() -> str:
    for line in first_line('/proc/cpuinfo').splitlines():
        if line.startswith(('model name', 'Model')):
            return line.partition(':')[2].strip()
    return platform.processor() or 'unknown'


def _blas() -> str:
    show_config: Any = np.show_config  # NumPy 1.26 types it as of 1.25
    try:
        found = show_config(mode='dicts').get('Build Dependencies', {}).get('blas', {})
    except TypeError:  # NumPy 1.24 (Debian 12) only prints it
        return 'not told by this NumPy'
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()
