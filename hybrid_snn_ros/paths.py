# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Paths as people write them: with ``~``, relative, or by mistake with a ``$`` that no one replaced.

Not every path has passed a shell: those in parameter files, of launch arguments and behind a ``=``
arrive as they were typed.
"""

import difflib
import os
from pathlib import Path
import re
import stat

DEFAULT_MEMORY = '~/.ros/hybrid_snn_ros/classifier'  # of a node that is called so, in no namespace
_VARIABLE = re.compile(r'\$(\w+|\{\w+\})')


class PathError(ValueError):
    """A path that cannot be meant; the message is one sentence that says what to write."""


def user_path(text: str | os.PathLike[str]) -> Path:
    """
    Return the Path that a user means.

    :raises PathError: where ``~`` or ``~user`` stands for no one, or a variable is left in it.
    """
    text = os.fspath(text)
    path = os.path.expanduser(text)
    user = text[1:].split('/')[0] if text.startswith('~') else None
    if user == '' and not os.environ.get('HOME', 'the user database'):
        raise PathError(f'there is no home for {text}, because HOME is empty: set HOME, or write '
                        'the whole path')
    if user == '' and path == text:
        raise PathError(f'there is no home for {text}, because HOME is not set and the user '
                        f'{os.getuid()} has no name: set HOME, or write the whole path')
    if user and path == text:
        raise PathError(f'{text}: there is no user {user}; write ~/{user} for a file in your own '
                        f'home, or ./~{user} for a file with that name')
    variable = _VARIABLE.search(text)
    if variable and not (os.path.isabs(path) and os.path.exists(path)):
        advice = f'~{text[variable.end():]}' if (
            variable.start() == 0 and 'HOME' in variable[0]) else 'the whole path'
        raise PathError(f'{variable[0]} in {text} is not expanded here: write {advice}')
    found = Path(path)
    # So that it means the same if it comes by here again: Path drops the ./ of ./~robot.
    return found.absolute() if str(found).startswith('~') else found


def memory_path(chosen: str | os.PathLike[str], namespace: str = '',
                node: str = 'classifier') -> Path:
    """Return the whole path of the memory of a node: the chosen one, or that named like it."""
    path = user_path(chosen) if chosen else user_path(DEFAULT_MEMORY).parent.joinpath(
        *namespace.strip('/').split('/'), node)
    return path.absolute()


def relative_remark(chosen: str | os.PathLike[str]) -> str:
    """Return the sentence to warn of a memory that depends on where one starts, '' for others."""
    if not chosen or user_path(chosen).is_absolute():
        return ''
    return (f'memory {chosen} is relative: a node that starts elsewhere than in {os.getcwd()} '
            f'uses another directory; write {user_path(chosen).absolute()}')


def missing(path: str | os.PathLike[str], what: str) -> str:
    """Return the sentence that a file is not there, with the one that may be meant, or ''."""
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # not allowed, too long a name, a zero in it
        return f"the {what} {path} cannot be read: {getattr(error, 'strerror', None) or error}"
    else:
        if stat.S_ISREG(mode):
            return ''
        return f"the {what} {path} is {'a directory' if stat.S_ISDIR(mode) else 'not a file'}"
    try:
        beside = sorted(one.name for one in path.parent.iterdir() if os.path.isfile(one))
    except PermissionError:
        beside = []
    except OSError:
        return f'there is no {what} {path}, not even the directory {path.parent}'
    near = difflib.get_close_matches(path.name, beside, 1)
    return f'there is no {what} {path}' + (
        f'; did you mean {path.parent / near[0]}?' if near else '')
