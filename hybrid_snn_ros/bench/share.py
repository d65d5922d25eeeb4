# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What of a benchmark's report can be sent to others: what the computer is, versions, figures.

Only what is named here is taken, and of the figures only numbers: no names of hosts, users, files
or networks, no serial numbers, no command line.
"""

from collections.abc import Mapping
import platform
import re
from typing import Any

from hybrid_snn_ros import __version__
from hybrid_snn_ros.bench.machine import first_line

FORMAT = 'hybrid-snn bench 1'
_MACHINE = ('cpu', 'cores', 'machine', 'governor', 'python', 'numpy', 'blas', 'load')
_RUN = ('model_digest', 'interpreter', 'backend', 'rule', 'labels', 'frames', 'threads', 'busy')
_FIGURES = ('stages', 'jitter_ms', 'cpu_ms_per_frame', 'runs', 'inputs', 'teach', 'store',
            'sweeps', 'memory', 'dds')


def shared(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can be sent of a report of ``hybrid-snn bench``, plain values."""
    machine = report['machine']
    return {
        'format': FORMAT, 'version': __version__,
        'machine': {
            # What a Raspberry Pi or a Jetson calls itself, e.g. 'Raspberry Pi 5 Model B Rev 1.0'.
            'device': first_line('/proc/device-tree/model', 'unnamed device').strip('\0'),
            **{name: machine[name] for name in _MACHINE},
            'system': _system(), 'kernel': ''.join(re.findall(r'^[\d.]+', platform.release()))},
        'run': {**{name: report[name] for name in _RUN if name in report},
                # Sentences may name files behind the colon; a library of one's own is a path.
                **{name: str(report.get(name, '')).partition(':')[0]
                   for name in ('form', 'backend_reason')},
                'delegate': str(report.get('delegate', '')).rpartition('/')[2]},
        'figures': {name: _numbers(report[name]) for name in _FIGURES if name in report}}


def _system() -> str:
    """Return what the system calls itself, e.g. 'Debian GNU/Linux 12 (bookworm)'."""
    try:
        return platform.freedesktop_os_release().get('PRETTY_NAME', 'unknown')
    except OSError:
        return platform.system()


def _numbers(value: Any) -> Any:
    """Return the numbers in nested dicts and lists; everything else is left out."""
    if isinstance(value, Mapping):
        kept = {str(name): _numbers(part) for name, part in value.items()}
        return {name: part for name, part in kept.items() if part is not None}
    if isinstance(value, list):
        return [part for part in map(_numbers, value) if part is not None]
    return value if isinstance(value, (int, float)) else None


def described(found: Mapping[str, Any]) -> str:
    """Return in words what is in it, for whoever is about to send it."""
    machine = found['machine']
    return (f"what the computer is ({machine['device']}, {machine['cpu']}, {machine['cores']} "
            f"cores, {machine['system']}), its load, versions, and {_count(found['figures'])} "
            'measured numbers; no names of host, user, files or network')


def _count(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 1
