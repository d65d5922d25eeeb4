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

    :raises ValueError: with a sentence, when it is no file, cannot be read or rcl would refuse it.
    """
    path = user_path(path)
    text, tree = read(path, 'parameter file')
    _check_form(path, text, tree)
    return tree


def read(path: Path, what: str) -> tuple[str, Any]:
    """
    Return the text of a YAML file and what that holds.

    :param what: how a sentence calls the file.
    :raises ValueError: with a sentence, when it is no file, cannot be read or is no YAML.
    """
    if sentence := missing(path, what):
        raise ValueError(sentence)
    try:
        text = path.read_text(encoding='utf-8')
        return text, yaml.safe_load(text)
    except OSError as error:
        raise ValueError(f'the {what} {path} cannot be read: {error.strerror}') from None
    except RecursionError:
        raise ValueError(f'the {what} {path} is nested too deeply') from None
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(
            f"the {what} {path} is no YAML: {' '.join(str(error).split())}") from None


def _check_form(path: Path, text: str, tree: Any) -> None:
    """Refuse what rcl refuses with the number of a line alone."""
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):  # a tree with them may have no end
            line = f' in line {event.start_mark.line + 1}' if event.start_mark else ''
            raise ValueError(f'{path} has *{event.anchor}{line}: ROS knows no aliases here, write '
                             'out what it stands for')
    for near in _nearly(tree):
        raise ValueError(f'{path}: {near} in it must be called {_KEY}')
    for name, values in sections(tree):
        if not name:
            raise ValueError(f'{path}: {_KEY} must stand below the name of a node, or /**')
        if not isinstance(values, dict):
            raise ValueError(f'{path}: there are no parameters below {_KEY} of {name}; write '
                             'some, or {} for none')


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
    parts = re.split(r'(/\*\*?)', section)
    return re.fullmatch(''.join(pattern.get(part, re.escape(part)) for part in parts), node)


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
        raise ValueError(
            f"{path} {'is empty: it' if tree is None else ''} holds no parameters of a node "
            f'({_KEY}); they stand below {node} (or /**), and {_KEY} below that'.replace(
                '  ', ' '))
    if any(speaks_to(name, node) for name in names):
        return
    names.sort(key=lambda name: -difflib.SequenceMatcher(None, name, node).ratio())
    spoken = ', '.join(names[:_SHOWN]) + (', ...' if len(names) > _SHOWN else '')
    above, _, base = names[0].rpartition('/')
    advice = f'call that section {node}, or /** for every node'
    if base == node.rpartition('/')[2] and '*' not in above:
        advice += f"; or start the node in the namespace {above or '/'}"
    raise ValueError(f'nothing in {path} applies to this node, {node}: it is for {spoken}; '
                     f'{advice}')


def _nearly(tree: Any) -> Iterator[Any]:
    """Yield the keys that seem to mean the one above parameters, where that one is not."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        if str(key) != _KEY and not any(sections(value)):
            if difflib.SequenceMatcher(None, str(key).lower(), _KEY).ratio() >= 0.75:
                yield key
            yield from _nearly(value)


def remapped(name: str, namespace: str, words: Sequence[str]) -> str:
    """
    Return the whole name of a node that is started with these ROS arguments.

    :param namespace: what it has without them.
    :param words: as behind --ros-args; of several rules for one thing the first one counts.
    :raises ValueError: with a sentence, when that is no name.
    """
    given = {'__ns': namespace, '__node': name}
    for rule, option in reversed(list(zip(words[1:], words))):
        if option in ('-r', '--remap'):
            key, _, value = rule.removeprefix(f'{name}:').partition(':=')
            if key in ('__ns', '__name', '__node'):
                given['__ns' if key == '__ns' else '__node'] = value
    found = f"/{given['__ns'].strip('/')}/{given['__node']}".replace('//', '/')
    if not re.fullmatch(r'(/[A-Za-z_]\w*)+', found, re.ASCII):
        raise ValueError(f'{found} is not a name for a node: between slashes use Latin letters, _ '
                         'and digits, and do not begin with a digit')
    return found
