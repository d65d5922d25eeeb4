# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Whether a parameter file speaks to a node at all.

rcl says nothing of a file that speaks to others only: one wrong letter in the name of the node,
and it runs with its defaults.
"""

from collections.abc import Iterator, Sequence
import difflib
from pathlib import Path
import re
from typing import Any

import yaml

from hybrid_snn_ros.paths import missing, user_path

_KEY = 'ros__parameters'
_SHOWN = 5  # names of nodes in a sentence


def load(path: Path | str) -> Any:
    """
    Return what a parameter file holds.

    :raises ValueError: with a sentence, when it is no file, cannot be read or is no YAML.
    """
    path = user_path(path)
    if not path.is_file():
        raise ValueError(missing(path, 'parameter file'))
    try:
        return yaml.safe_load(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise ValueError(f'the parameter file {path} cannot be read: {error.strerror}') from None
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is no YAML: {' '.join(str(error).split())}") from None


def sections(tree: Any, above: str = '') -> Iterator[tuple[str, Any]]:
    """Yield (name of the nodes it speaks to, parameters) of what a parameter file holds."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        if str(key) == _KEY:
            yield above, value
        else:
            yield from sections(value, f"{above}/{str(key).removeprefix('/')}")


def speaks_to(section: str, node: str) -> re.Match[str] | None:
    """Tell whether rcl gives a section's parameters to a node, both as whole names."""
    pattern = {'/**': r'(/\w+)*', '/*': r'/\w+'}
    return re.fullmatch(re.sub(r'/\*\*?', lambda found: pattern[found[0]], section), node)


def check(path: Path | str, node: str) -> None:
    """
    Do nothing where a file gives a node parameters, or could: its section may be empty.

    :param node: the node's whole name, like /robot/classifier.
    :raises ValueError: with a sentence that names the nearest right name.
    """
    tree = load(path)
    path = user_path(path)
    names = [name for name, _ in sections(tree)]
    if not names:
        near = difflib.get_close_matches(_KEY, _keys(tree), 1, 0.75)
        raise ValueError(
            f"{path} {'is empty: it' if tree is None else ''} holds no parameters of a node "
            f'({_KEY})'.replace('  ', ' ')
            + (f'; {near[0]} in it must be called {_KEY}' if near else
               f'; they stand below {node} (or /**), and {_KEY} below that'))
    if any(speaks_to(name, node) for name in names):
        return
    names.sort(key=lambda name: -difflib.SequenceMatcher(None, name, node).ratio())
    spoken = ', '.join(names[:_SHOWN]) + (', ...' if len(names) > _SHOWN else '')
    above, _, base = names[0].rpartition('/')
    advice = f'call that section {node}, or /** for every node'
    if base == node.rpartition('/')[2] and '*' not in above:
        advice += f"; or start the node in the namespace {above or '/'}"
    raise ValueError(f'nothing in {path} applies to this node, {node}: it speaks to {spoken}; '
                     f'{advice}')


def _keys(tree: Any) -> list[str]:
    """Return all keys of a tree of dicts."""
    if not isinstance(tree, dict):
        return []
    return [str(key) for key in tree] + [key for value in tree.values() for key in _keys(value)]


def remapped(name: str, namespace: str, words: Sequence[str]) -> str:
    """
    Return the whole name of a node that is started with these ROS arguments.

    :param namespace: what it has without them.
    :param words: as behind --ros-args; of several rules for one thing the first one counts.
    """
    given = {'__ns': namespace, '__node': name}
    for rule, option in reversed(list(zip(words[1:], words))):
        if option in ('-r', '--remap'):
            key, _, value = rule.removeprefix(f'{name}:').partition(':=')
            if key in ('__ns', '__name', '__node'):
                given['__ns' if key == '__ns' else '__node'] = value
    return f"/{given['__ns'].strip('/')}/{given['__node']}".replace('//', '/')
