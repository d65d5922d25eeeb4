# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What a table of parameters is, for any node of ours: bounds, refusals, declaration, unknown names.

ROS is imported only where a node declares its table: the parameter files and the tables in the
documentation are written from the same tables on computers without it.
"""

from array import array
from collections.abc import Collection, Iterable
import difflib
from typing import Any, NamedTuple

# Of rclpy itself, and not declared by every distribution or not before they are needed.
_OF_RCLPY = ('use_sim_time', 'start_type_description_service')
_QOS_OVERRIDES = 'qos_overrides.'


class Parameter(NamedTuple):
    """A parameter, its bounds and the sentence that explains it."""

    name: str
    default: Any
    text: str
    low: Any = None
    high: Any = None
    choices: Collection[str] | Collection[int] = ()
    live: bool = False  # acts at the next frame; else it is read at configure or start


def bounds(parameter: Parameter) -> str:
    """Return what the values of a parameter are limited to, '' where only the type is."""
    if parameter.choices:
        return 'one of ' + ', '.join(str(choice) or "''" for choice in parameter.choices)
    return '' if parameter.low is None else f'{parameter.low}..{parameter.high}'


def meant(parameter: Parameter, value: Any) -> Any:
    """Return a value as it was meant: YAML takes on and off for true and false, and 2 for 2.0."""
    if isinstance(value, bool) and 'off' in parameter.choices:
        return 'on' if value else 'off'
    return float(value) if type(parameter.default) is float and type(value) is int else value


def refusal(parameter: Parameter, value: Any) -> str | None:
    """Return the sentence why a value cannot be taken, or None if it can."""
    wanted, value = type(parameter.default), meant(parameter, value)
    if wanted is list:
        values = list(value) if isinstance(value, (list, tuple, array)) else []
        if len(values) != len(parameter.default):
            return f'{parameter.name} needs {len(parameter.default)} numbers, not {value!r}'
    elif type(value) is not wanted:
        return f'{parameter.name} must be of type {wanted.__name__}, not {value!r}'
    else:
        values = [value]
    if parameter.choices and value not in parameter.choices:
        return f'{parameter.name} must be {bounds(parameter)}, not {value!r}'
    if parameter.low is not None and not all(
            isinstance(v, (int, float)) and parameter.low <= v <= parameter.high for v in values):
        return f'{parameter.name} must lie in {bounds(parameter)}, not {value!r}'
    return None


def declare(node: Any, table: Iterable[Parameter], when: str,
            live_too: bool = False) -> tuple[dict[str, Any], list[str]]:
    """
    Declare a table on a node and warn of the names it was given that no one declared.

    :param node: rclpy node.
    :param table: Parameters.
    :param when: when those are read that are not live, 'configure' or 'start'.
    :param live_too: whether the node takes changes while it runs.
    :return: dict of the values, and the list of unknown names.
    :raises ValueError: with a sentence, when the parameter file holds a bad value.
    """
    from rcl_interfaces.msg import ParameterDescriptor
    values = {}
    for parameter in table:
        value = node.declare_parameter(parameter.name, parameter.default, ParameterDescriptor(
            description=parameter.text + ('' if parameter.live else f' (read at {when})'),
            additional_constraints=bounds(parameter), read_only=not live_too,
            dynamic_typing=True)).value  # so that `image_timeout: 2` is as good as 2.0
        problem = refusal(parameter, value)
        if problem:
            raise ValueError(problem)
        values[parameter.name] = meant(parameter, value)
    unknown = _unknown(node, [parameter.name for parameter in table])
    for sentence in unknown.values():
        node.get_logger().warning(sentence)
    return values, list(unknown)


def _unknown(node: Any, known: list[str]) -> dict[str, str]:
    """Return {name: sentence} of what the node was given at start and no one declared."""
    # rclpy has no public way to them (undeclared ones are invisible); the name is the same from
    # Humble to Kilted, and without it there is nothing to say.
    given = getattr(node, '_parameter_overrides', {})
    sentences = {}
    for name in given:
        if (node.has_parameter(name) or name in _OF_RCLPY or name.startswith(_QOS_OVERRIDES)):
            continue
        near = difflib.get_close_matches(name, known, 1)
        sentences[name] = (f'unknown parameter {name} is ignored'
                           + (f'; did you mean {near[0]}?' if near else ''))
    return sentences
