# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn parameters``: the parameters of a node as a YAML file, or as a Markdown table."""

import argparse
from collections.abc import Iterator
import json
from pathlib import Path
import sys
import textwrap

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.operator_page import settings
from hybrid_snn_ros.ros import parameters
from hybrid_snn_ros.ros.parameter_table import bounds

NODES = {
    'classifier': (parameters.GROUPS, """\
Parameters of the classifier node. They apply to every node that gets this file; a launch
argument wins over it. "live" parameters take effect at the next frame (`ros2 param set`), the
others when the node is configured."""),
    'teach_page': (settings.GROUPS, "Parameters of the operator's page. All are read at start."),
}
_BEGIN, _END = '<!-- parameters: begin -->\n', '<!-- parameters: end -->\n'
_WIDTH = 99


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('node', nargs='?', choices=tuple(NODES), default='classifier',
                        help='whose parameters (default: %(default)s)')
    form = parser.add_mutually_exclusive_group()
    form.add_argument('--markdown', action='store_true', help='print a table, not YAML')
    form.add_argument('--write', metavar='CHECKOUT', type=a_path,
                      help='write the parameter files and the table of the README of a checkout')


def main(args: argparse.Namespace) -> int:
    """Print or write; return the exit code."""
    if args.write is None:
        sys.stdout.write((markdown if args.markdown else yaml_text)(args.node))
        return 0
    try:
        for path, text in documents(Path(args.write)):
            path.write_text(text, encoding='utf-8')
            print(printable(path))
    except (OSError, ValueError) as error:
        complain('parameters', error)
        return 1
    return 0


def documents(checkout: Path) -> Iterator[tuple[Path, str]]:
    """
    Yield (path, text) of every file of a checkout that is written from the tables.

    :raises ValueError: when the README has no place for the table.
    """
    for node in NODES:
        yield checkout / 'config' / f'{node}.yaml', yaml_text(node)
    path = checkout / 'README.md'
    readme = path.read_text(encoding='utf-8')
    before, begin, rest = readme.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f'{path} has no {_BEGIN.strip()} and {_END.strip()}')
    yield path, before + begin + markdown('classifier') + end + after


def yaml_text(node: str) -> str:
    """Return the parameter file of a node, with its defaults and what they mean."""
    groups, heading = NODES[node]
    lines = [f'# {line}' for line in heading.splitlines()]
    lines += ['/**:', '  ros__parameters:']
    for title, group in groups.items():
        lines += [f'    # ---- {title} ----'] if len(groups) > 1 else []
        for parameter in group:
            limits = '; '.join(filter(None, [bounds(parameter), 'live' * parameter.live]))
            lines += textwrap.wrap(
                parameter.text + (f' ({limits})' if limits else ''), _WIDTH,
                initial_indent='    # ', subsequent_indent='    # ', break_on_hyphens=False)
            lines.append(f'    {parameter.name}: {json.dumps(parameter.default)}')
    return '\n'.join(lines) + '\n'


def markdown(node: str) -> str:
    """Return the table of a node's parameters."""
    lines = ['| name | default | values | | meaning |', '|---|---|---|---|---|']
    for title, group in NODES[node][0].items():
        lines.append(f'| **{title}** | | | | |')
        lines += [
            f'| `{parameter.name}` | `{json.dumps(parameter.default)}` | {bounds(parameter)} | '
            f"{'live' * parameter.live} | {parameter.text} |" for parameter in group]
    return '\n'.join(lines) + '\n'
