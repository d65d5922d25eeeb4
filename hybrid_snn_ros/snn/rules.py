# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The registry of learning rules: the rules there are, by name, and their constants.

Parameters, command lines, networks and evaluations all choose from it, so a rule that is added
here (``RULES['mine'] = Mine()``) can be chosen everywhere.
"""

from typing import Any

from hybrid_snn_ros.snn import lateral, original
from hybrid_snn_ros.snn.rule import Rule

RULES: dict[str, Rule] = {'lateral': lateral, 'original': original}
DEFAULT = 'lateral'


def params_of(rule: str, params: Any) -> Any:
    """
    Return a rule's Params from None, a dict of values that differ from the defaults, or Params.

    :raises ValueError: for an unknown constant, or a value that is no number or out of bounds.
    """
    kind = RULES[rule].Params
    if params is None:
        params = {}
    if not isinstance(params, kind):
        if not isinstance(params, dict):
            raise ValueError(f"params must be a dict or the rule's own Params, not {params!r}")
        unknown = set(params) - set(kind._fields)
        if unknown:
            raise ValueError(f"no such constant: {', '.join(sorted(unknown))}; there are "
                             f"{', '.join(kind._fields)}")
        for name, value in params.items():
            if not isinstance(value, (int, float)):
                raise ValueError(f'{name} must be a number, not {value!r}')
        params = kind(**params)
    RULES[rule].check(params)
    return params


def seeded(rule: str, seed: int) -> dict[str, int]:
    """Return the constants that fix everything random in a rule: none if nothing is random."""
    return {'seed': seed} if 'seed' in RULES[rule].Params._fields else {}
