# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Which Fast DDS profile a process is started with: the one asked for, the user's own, or ours.

Ours makes room for raw images. Whoever has set Fast DDS up for himself (a discovery server, UDP
only between containers) keeps that: without it, he would hear no one.
"""

from collections.abc import Mapping
from pathlib import Path

from hybrid_snn_ros.paths import missing, user_path

NONE = 'none'
_FILES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
_TRANSPORTS = 'FASTDDS_BUILTIN_TRANSPORTS'
_ROOM = 'raw frames above 512 KiB need a larger segment_size in it, as in config/fastdds.xml'


def variable(distribution: str | None) -> str:
    """Return the name of the environment variable that hands Fast DDS its profile."""
    # Fast DDS 2.6, which comes with Humble, knows the older name alone.
    return _FILES[1] if distribution == 'humble' else _FILES[0]


def choose(asked: str, ours: Path | str, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """
    Return (path of the profile to set, or None to leave the environment alone; remark or '').

    :param asked: a path, none, or '' for the user's own where there is one, else ours.
    :param ours: path of the profile that is shipped.
    :param environment: of the process that is going to start.
    :raises ValueError: when there is no such file.
    """
    if asked == NONE:
        return None, ''
    if asked:
        path = user_path(asked)
        if sentence := missing(path, 'dds_profile'):
            raise ValueError(f'{sentence}; give a file, or none')
        return str(path), ''
    if 'fastrtps' not in (environment.get('RMW_IMPLEMENTATION') or 'rmw_fastrtps_cpp'):
        return None, ''  # another middleware
    # The older name is read everywhere, the newer one not before Iron.
    newer = [] if environment.get('ROS_DISTRO') == 'humble' else [_FILES[0]]
    for name in [*newer, _FILES[1]]:
        own = environment.get(name)
        if own:
            trouble = missing(own, 'such file')
            return None, '' if own == str(ours) else (
                f'your Fast DDS profile {own} ({name}) is kept: ' + (
                    f'{trouble}, and without one raw frames above 512 KiB get lost'
                    if trouble else _ROOM))
    if environment.get(_TRANSPORTS):
        return None, (f'your {_TRANSPORTS}={environment[_TRANSPORTS]} is kept, so the profile for '
                      'raw frames above 512 KiB is left out; dds_profile gives one')
    if environment.get(_FILES[0]):  # not among those that are read
        return str(ours), (f'the Fast DDS of Humble reads {_FILES[1]} and not {_FILES[0]}: '
                           f'{environment[_FILES[0]]} is replaced by {ours}')
    return str(ours), ''
