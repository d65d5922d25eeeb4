# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Write test/meta/humble_rclpy.json, what Humble's rclpy offers, from a checkout of its sources.

    git clone -b humble https://github.com/ros2/rclpy && python tools/humble_signatures.py rclpy
"""

import ast
import json
from pathlib import Path
import sys


def arguments(function):
    """Return the names a function can be called with; '**' where it takes any."""
    a = function.args
    return [x.arg for x in a.posonlyargs + a.args + a.kwonlyargs if x.arg not in ('self', 'cls')] \
        + (['**'] if a.kwarg else [])


def offered(package):
    """Return {module: names in it} and {function or method: names of its arguments}."""
    modules, calls = {}, {}
    for path in sorted(package.rglob('*.py')):
        name = '.'.join(path.relative_to(package.parent).with_suffix('').parts)
        tree = ast.parse(path.read_text(encoding='utf-8'))
        names = modules.setdefault(name.removesuffix('.__init__'), set())
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.Assign):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith('_'):
                known = calls.setdefault(node.name, set())
                known |= set(arguments(node))
            elif isinstance(node, ast.ClassDef):
                for item in node.body:
                    if isinstance(item, ast.FunctionDef) and item.name == '__init__':
                        calls.setdefault(node.name, set()).update(arguments(item))
    return ({name: sorted(names) for name, names in modules.items()},
            {name: sorted(names) for name, names in sorted(calls.items())})


if __name__ == '__main__':
    modules, calls = offered(Path(sys.argv[1]) / 'rclpy' / 'rclpy')
    target = Path(__file__).resolve().parents[1] / 'test' / 'meta' / 'humble_rclpy.json'
    target.write_text(json.dumps(
        {'source': 'github.com/ros2/rclpy, branch humble (3.3.15)', 'modules': modules,
         'calls': calls}, indent=0) + '\n', encoding='utf-8')
