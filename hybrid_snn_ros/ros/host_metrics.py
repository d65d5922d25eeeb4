# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How warm the computer is and whether it is held back: read from the kernel's files.

Whatever a computer does not tell is left out.  Throttled means slowed down against heat: a cooling
device of the kernel that lowers the clock of the processors is at work, or the firmware of a
Raspberry Pi says so.  A clock below the highest is none: idle cores clock down, and a power mode
sets a limit.
"""

from pathlib import Path

# Bits of a Raspberry Pi's firmware: what happens now; 16 above, what happened since the start.
_NOW = {0: 'under-voltage', 1: 'frequency capped', 2: 'throttled', 3: 'temperature limit'}
_FIRMWARE = {**_NOW, **{bit + 16: name for bit, name in _NOW.items()}}


def read(root: Path | str = '/') -> dict[str, str]:
    """
    Return {name: value} of what can be read: ``temperature``, ``clock``, ``throttled``.

    A dozen files at most, each of a few bytes; to be called about once a second.

    :param root: directory that stands for the root of the file system.
    """
    system = Path(root, 'sys')
    throttled = _cooling(system) + _firmware(system)
    told = {**_temperature(system), **_clock(system)}
    if throttled:
        told['throttled'] = ', '.join(filter(None, throttled)) or 'no'
    return told


def _temperature(system: Path) -> dict[str, str]:
    """Return the hottest thermal zone; cpu, gpu and soc have zones of their own on a Jetson."""
    zones = []
    for zone in sorted(system.glob('class/thermal/thermal_zone*')):
        degrees = _number(zone / 'temp')
        if degrees is not None and -40_000 < degrees < 200_000:  # Jetson: powered off is -256 000
            zones.append((degrees / 1e3, _text(zone / 'type') or zone.name))
    if not zones:
        return {}
    hottest, name = max(zones)
    return {'temperature': f'{hottest:.1f} C ({name}, hottest of {len(zones)})'}


def _clock(system: Path) -> dict[str, str]:
    """Return the fastest clock now, the highest that is allowed, and the highest there is."""
    clocks = [[_number(policy / name) for name in (
        'scaling_cur_freq', 'scaling_max_freq', 'cpuinfo_max_freq')]
        for policy in system.glob('devices/system/cpu/cpufreq/policy*')]
    clocks = [clock for clock in clocks if None not in clock]
    if not clocks:
        return {}
    now, allowed, possible = (max(column) / 1e3 for column in zip(*clocks))
    return {'clock': f'{now:.0f} MHz, at most {allowed:.0f} of {possible:.0f} allowed'}


def _cooling(system: Path) -> list[str]:
    """Return a text for every cooling device of the processors, empty where it rests."""
    texts = []
    for device in sorted(system.glob('class/thermal/cooling_device*')):
        name, state, most = (_text(device / 'type'), _number(device / 'cur_state'),
                             _number(device / 'max_state'))
        if state is not None and ('cpufreq' in name or name == 'Processor'):
            texts.append(f'{name} by {state} of {most}' if state > 0 else '')
    return texts


def _firmware(system: Path) -> list[str]:
    """Return a text for every bit of a Raspberry Pi's firmware, empty where it is not set."""
    try:
        bits = int(_text(system / 'devices/platform/soc/soc:firmware/get_throttled'), 16)
    except ValueError:
        return []
    return [f"{name}{' before' * (bit > 15)}" if bits >> bit & 1 and not (
        bit > 15 and bits >> bit - 16 & 1) else '' for bit, name in _FIRMWARE.items()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='ascii', errors='replace').strip()
    except OSError:  # also in the middle of a read: a zone that is powered off says EAGAIN
        return ''


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None
