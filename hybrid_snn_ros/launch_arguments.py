# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Names of launch arguments: `ros2 launch` says nothing of those that no one declares."""

from collections.abc import Collection, Iterable
import difflib
import os
from typing import Any

_OF_LAUNCH = ('launch-prefix', 'launch-prefix-filter')  # of `ros2 launch` itself


def defaults(context: Any, description: Any) -> dict[str, str]:
    """Return {name: default} of the arguments of a launch description and of what it includes."""
    return {argument.name: ''.join(part.perform(context) for part in argument.default_value)
            for argument in description.get_launch_arguments()}


def refuse_unknown(context: Any, file: str, more: Iterable[str] = ()) -> None:
    """
    Raise ValueError where somebody gave a file of ours an argument on the command line in vain.

    `ros2 launch` sets what no one declares, and no one reads it. Of a file that another one
    includes nothing is said: the arguments may be meant for that one.

    :param context: LaunchContext.
    :param file: the launch file.
    :param more: names of further arguments, of files that it includes later.
    """
    begin = getattr(getattr(context.locals, 'event', None), 'launch_description', None)
    for include in getattr(begin, 'entities', ()):
        source = getattr(include, 'launch_description_source', None)
        if source is not None and os.path.exists(source.location) and (
                os.path.samefile(source.location, file)):
            known = {argument.name for argument in
                     source.get_launch_description(context).get_launch_arguments()}
            check_names([name for name, _ in include.launch_arguments], {*known, *more},
                        os.path.basename(file))


def check_names(names: Iterable[str], known: Collection[str], file: str) -> None:
    """Raise ValueError for launch arguments that a file does not have, with the nearest ones."""
    unknown = [name for name in names if name not in known and name not in _OF_LAUNCH]
    if not unknown:
        return
    near = [found for name in unknown for found in difflib.get_close_matches(name, known, 1)]
    raise ValueError(f"{file} has no argument {', '.join(unknown)}"
                     + (f"; did you mean {', '.join(near)}?" if near else '')
                     + ' (ros2 launch ... --show-args lists them)')
