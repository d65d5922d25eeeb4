# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The robots of a fleet, as the browsers draw them: what ~/fleet and /diagnostics say, checked."""

from collections.abc import Mapping
import shlex
from typing import Any

_END_OF_TIME = 1e11  # unix seconds, the year 5138; far beyond that a browser knows no dates


def shown(told: dict[str, Any]) -> dict[str, Any]:
    """
    Return what is shown of a message of ~/fleet (fleet.overview).

    :raises KeyError, TypeError, ValueError: when it is not such a message.
    """
    robots = [{**{name: _text(one[name]) for name in ('robot', 'name', 'state', 'why')},
               'heard': None if one['heard'] is None else _time(one['heard']),
               'samples': _whole(one['samples']), 'lacks': _counts(one['lacks'])}
              for one in _list(told['robots'])]
    return {**{name: _text(told[name]) for name in ('mode', 'robot', 'name')},
            'samples': _whole(told['samples']), 'robots': robots,
            'taught': {label: _counts(counts) for label, counts in _object(
                told['taught']).items()},
            'also_called': {label: _texts(names) for label, names in _object(
                told['also_called']).items()},
            'errors': _texts(told['errors'])}


def part_in(values: Mapping[str, str]) -> dict[str, str] | None:
    """
    Return what /diagnostics says of the classifier's part in a fleet, None where it has none.

    :return: memory, its directory as a shell reads it; problem, why it takes no part now, else ''.
    """
    if values.get('fleet', 'off') == 'off':  # an older classifier knows of no fleet
        return None
    state = values.get('fleet_state', '')
    there = 'fleet_digest' in values or state == 'joining'
    return {'memory': shlex.quote(values.get('memory') or 'memory'),
            'problem': '' if there else state}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f'{value!r:.80} is no text')
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f'{value!r:.80} is no list')
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f'{value!r:.80} is no object')
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f'{value!r:.80} is no whole number')
    return value


def _time(value: object) -> float:
    if not isinstance(value, (int, float)) or not 0 <= value < _END_OF_TIME:
        raise ValueError(f'{value!r:.80} is no time')
    return value


def _texts(value: object) -> list[str]:
    return [_text(each) for each in _list(value)]


def _counts(value: object) -> dict[str, int]:
    return {name: _whole(count) for name, count in _object(value).items()}
