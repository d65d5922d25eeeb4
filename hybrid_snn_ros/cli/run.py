# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn run``: the classifier node where ros2 launch is not installed."""

import os
import sys

from hybrid_snn_ros.share import shared_file


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.add_argument('--params-file', metavar='YAML',
                        help='parameters of the node (default: the one shipped)')
    parser.add_argument('--namespace', default='', help='namespace of the node and its topics')
    parser.add_argument('--image', metavar='TOPIC', default='image',
                        help='topic of the camera frames (default: %(default)s)')
    parser.add_argument('--set', metavar='NAME=VALUE', action='append', default=[],
                        help='a parameter that wins over the file; may be given again')
    parser.add_argument('--log-level', default='info', help='debug, info, warn, error or fatal')
    parser.add_argument('--dds-profile', metavar='XML',
                        help='Fast DDS profile, none to leave Fast DDS alone (default: the one '
                             'shipped, with room for raw images; start the camera with the same '
                             'one)')
    parser.epilog = 'What follows --ros-args is handed to ROS as it is.'


def main(args):
    """Start the node; return its exit code."""
    profile = args.dds_profile
    if profile is None and 'FASTDDS_DEFAULT_PROFILES_FILE' not in os.environ:
        profile = str(shared_file('config', 'fastdds.xml'))
    if profile not in (None, 'none'):
        os.environ['FASTDDS_DEFAULT_PROFILES_FILE'] = profile
    try:
        import rclpy  # noqa: F401

        from hybrid_snn_ros.ros.main import main as run_node
    except ImportError as error:
        print(f'hybrid-snn run: ROS 2 is not here ({error}); source your ROS set-up, or '
              "pip install 'hybrid_snn_ros[ros]'", file=sys.stderr)
        return 1
    return run_node([*command_line(args), *args.ros_args])


def command_line(args):
    """Return the ROS command line that the arguments stand for."""
    params = args.params_file or str(shared_file('config', 'classifier.yaml'))
    words = ['--ros-args', '--params-file', params, '-r', f'image:={args.image}',
             '--log-level', args.log_level]
    if args.namespace:
        words += ['-r', f'__ns:=/{args.namespace.strip("/")}']
    for setting in args.set:
        name, separator, value = setting.partition('=')
        if not separator:
            raise SystemExit(f'hybrid-snn run: --set needs NAME=VALUE, not {setting!r}')
        words += ['-p', f'{name}:={value}']
    return words
