# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What setup.py and the launch files declare, read off their source."""

import ast

from checkout import ROOT

NAME = 'hybrid_snn_ros'
LAUNCH_FILES = sorted((ROOT / 'launch').glob('*.launch.py'))


def tree(path):
    return ast.parse(path.read_text(encoding='utf-8'))


def setup_arguments():
    """Return what setup.py hands to setup(), as far as it is written literally."""
    [call] = [node for node in ast.walk(tree(ROOT / 'setup.py'))
              if isinstance(node, ast.Call) and ast.unparse(node.func) == 'setup']
    return {keyword.arg: keyword.value for keyword in call.keywords}


def scripts():
    """Return the console scripts of setup.py as {name: (module, function)}."""
    [texts] = [value.elts for value in setup_arguments()['entry_points'].values]
    lines = [script_line(text) for text in texts]
    return {name.strip(): tuple(target.strip().split(':'))
            for name, target in (line.split('=') for line in lines)}


def script_line(node):
    """Return the text of an f-string that holds nothing but the package's name."""
    return ast.unparse(node)[2:-1].replace('{PACKAGE}', NAME)


def launch_arguments(path):
    """Yield (name, keywords) of the arguments a launch file declares."""
    for node in ast.walk(tree(path)):
        if (isinstance(node, ast.Call)
                and ast.unparse(node.func).endswith('DeclareLaunchArgument')):
            yield (ast.literal_eval(node.args[0]),
                   {keyword.arg: keyword.value for keyword in node.keywords})
