# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn run``: the classifier node where ros2 launch is not installed."""

import argparse
import difflib
import os
import sys
from typing import Any

import yaml

from hybrid_snn_ros import dds_profile, parameter_files
from hybrid_snn_ros.cli.printable import complain
from hybrid_snn_ros.paths import PathError, user_path
from hybrid_snn_ros.resources import shared_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--params-file', metavar='YAML',
                        help='parameter file of the node (default: the shipped one)')
    parser.add_argument('--namespace', default='', help='namespace of the node and its topics')
    parser.add_argument('--image', metavar='TOPIC', default='image',
                        help='topic of the camera frames (default: %(default)s)')
    parser.add_argument('--set', metavar='NAME=VALUE', action='append', default=[],
                        help='a parameter that wins over the file; may be given again')
    parser.add_argument('--log-level', default='info',
                        choices=('debug', 'info', 'warn', 'error', 'fatal'),
                        help='least severe messages to log (default: %(default)s)')
    parser.add_argument('--dds-profile', metavar='XML',
                        help='Fast DDS profile, or none to leave Fast DDS alone (default: your '
                             'own if FASTDDS_DEFAULT_PROFILES_FILE or FASTDDS_BUILTIN_TRANSPORTS '
                             'is set, else the shipped one, which has room for raw images); start '
                             'the camera with the same profile')
    parser.epilog = 'What follows --ros-args is handed to ROS as it is.'


def main(args: argparse.Namespace) -> int:
    """Start the node; return its exit code."""
    try:
        params = str(user_path(args.params_file or shared_file('config', 'classifier.yaml')))
        parameter_files.check(params, parameter_files.remapped(
            'classifier', '', [*_command_line(args, params), *args.ros_args]))
        profile, remark = dds_profile.choose(
            args.dds_profile or '', shared_file('config', 'fastdds.xml'), os.environ)
    except ValueError as error:
        complain('run', error)
        return 2
    if remark:
        complain('run', remark)
    if profile:
        os.environ[dds_profile.variable(os.environ.get('ROS_DISTRO'))] = profile
    try:
        import rclpy  # noqa: F401

        from hybrid_snn_ros.ros.main import main as run_node
    except ImportError as error:
        print(f'hybrid-snn run: ROS 2 is not here ({error}); source your ROS set-up, or '
              "pip install 'hybrid_snn_ros[ros]'", file=sys.stderr)
        return 1
    for setting in args.set:
        problem = _problem(setting)
        if problem:
            complain('run', problem)
            return 2
    return run_node([*_command_line(args, params), *args.ros_args])


def _problem(setting: str) -> str | None:
    """
    Return the sentence why NAME=VALUE cannot be set, or None if it can.

    rcl silently ignores names it does not know, and values of another type than the file's.
    """
    from hybrid_snn_ros.ros.parameter_table import refusal
    from hybrid_snn_ros.ros.parameters import PATHS, TABLE
    name, _, text = setting.partition('=')
    if not (name and text):
        return f'--set needs NAME=VALUE, not {setting!r}'
    table = {parameter.name: parameter for parameter in TABLE}
    if name == 'use_sim_time':
        return None
    if name not in table:
        near = difflib.get_close_matches(name, [*table, 'use_sim_time'], 1)
        return f'there is no parameter {name!r}; ' + (
            f'did you mean {near[0]}?' if near else
            f"there are {', '.join(table)}, use_sim_time")
    problem = refusal(table[name], _value(text))
    if not problem and name in PATHS:
        try:
            user_path(text)
        except PathError as error:
            problem = f'{name}: {error}'
    return problem


def _value(text: str) -> Any:
    """Read a value as rcl reads it on its command line: YAML, and 1e-2 is a number."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _command_line(args: argparse.Namespace, params: str) -> list[str]:
    """Return the ROS command line that the arguments stand for."""
    words = ['--ros-args', '--params-file', params, '-r', f'image:={args.image}',
             '--log-level', args.log_level]
    if args.namespace:
        words += ['-r', f'__ns:=/{args.namespace.strip("/")}']
    for setting in args.set:
        name, _, value = setting.partition('=')
        words += ['-p', f'{name}:={value}']
    return words
