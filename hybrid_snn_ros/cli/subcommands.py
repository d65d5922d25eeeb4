# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Commands of a command: `hybrid-snn state show`, `hybrid-snn fleet key`, ..."""

import argparse
from collections.abc import Callable

from hybrid_snn_ros.paths import DEFAULT_MEMORY

Declare = Callable[..., argparse.ArgumentParser]


def declare(parser: argparse.ArgumentParser, name: str, epilog: str) -> Declare:
    """
    Let a command have commands of its own.

    :param name: of the command; `args.NAME_command` says which of them is meant.
    :param epilog: what each of them says at the end of its help.
    :return: function of a name, the action (arguments to exit code), a sentence without its full
        stop, and whether it is about a memory (by default); it returns the command's parser.
    """
    parser.epilog = f'`hybrid-snn {name} COMMAND --help` explains a command. {epilog}'
    commands = parser.add_subparsers(dest=f'{name}_command', metavar='COMMAND', required=True)

    def command(name: str, action: Callable[[argparse.Namespace], int], text: str,
                memory: bool = True) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, epilog=epilog,
                                  description=text[0].upper() + text[1:] + '.')
        one.set_defaults(action=action)
        if memory:
            one.add_argument('-m', '--memory', metavar='DIR', default=DEFAULT_MEMORY,
                             help="directory of the memory, as in the node's parameter memory "
                                  '(default: %(default)s)')
        return one
    return command
