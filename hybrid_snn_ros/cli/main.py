# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn``: one entry, a module for every command."""

import argparse
import importlib
import os
import sys

from hybrid_snn_ros import __version__
from hybrid_snn_ros.cli.printable import print_anywhere
from hybrid_snn_ros.threads import pin_blas

# command -> (module under cli/, what it does); modules are imported only when they are asked for
COMMANDS = {
    'demo': ('demo', 'run a simulated camera and the node, teach and name objects'),
    'parameters': ('parameters', 'print the parameters of a node, as YAML or as a table'),
    'run': ('run', 'start the classifier node without ros2 launch'),
    'evaluate': ('evaluate', 'teach and test on a data set, a bag or the turntable, and score'),
    'tune': ('tune', 'search for the constants of the lateral rule, or measure their worth'),
    'mnist': ('mnist', 'run the original rule on handwritten digits, as published'),
    'bench': ('bench', 'measure how long each stage of a frame takes on this machine'),
    'figures': ('figures', 'draw how the classifier learns, from a real run'),
    'teach': ('teach', 'teach a memory from a folder of pictures or a bag'),
    'state': ('state', 'manage a memory: show, verify, export, import and more'),
    'fleet': ('fleet', 'manage whom a robot learns from, and simulate a fleet'),
    'spiking-encoder': ('spiking_encoder', 'run the encoder as spikes: accuracy, spikes, energy'),
    'build-encoder': ('build_encoder', 'write the TFLite encoder from the published weights'),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    pin_blas()
    print_anywhere()
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        print('\nhybrid-snn: interrupted', file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader left (`| head`): spare the interpreter a second failure when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog='hybrid-snn', description='On-device visual learning for ROS 2.',
        epilog='`hybrid-snn COMMAND --help` explains a command.')
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    asked = next((word for word in arguments if not word.startswith('-')), None)
    modules = {}
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:])
        if name == asked:
            modules[name] = importlib.import_module(f'hybrid_snn_ros.cli.{module}')
            modules[name].add_arguments(command)
    # argparse would take ROS's own arguments for unknown options of ours.
    end = arguments.index('--ros-args') if '--ros-args' in arguments else len(arguments)
    chosen = parser.parse_args(arguments[:end], argparse.Namespace(ros_args=arguments[end:]))
    return modules[chosen.command].main(chosen)


if __name__ == '__main__':
    sys.exit(main())
