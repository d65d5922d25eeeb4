# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The code runs where the README says: Python 3.10 to 3.13, and Humble as far as its API goes."""

import ast
import json
from pathlib import Path
import shutil
import subprocess
import sys

from checkout import ROOT
from humble_signatures import offered
import pytest

SOURCES = sorted([*ROOT.glob('*.py'), *ROOT.glob('launch/*.py'), *ROOT.glob('test/**/*.py'),
                  *ROOT.glob('tools/*.py'), *ROOT.glob('hybrid_snn_ros/**/*.py')])
PACKAGE = sorted(ROOT.glob('hybrid_snn_ros/**/*.py'))
HUMBLE = json.loads((ROOT / 'test' / 'meta' / 'humble_rclpy.json').read_text(encoding='utf-8'))

# Compiles files, then imports what they import from the standard library.
TRY = """
import importlib, json, sys
files, names = json.load(sys.stdin)
for path in files:
    with open(path, encoding='utf-8') as file:
        compile(file.read(), path, 'exec')
for module, name in names:
    found = importlib.import_module(module)
    if name and not hasattr(found, name):
        importlib.import_module(f'{module}.{name}')
print(sys.version_info[:2])
"""


def trees():
    for path in PACKAGE:
        yield path, ast.parse(path.read_text(encoding='utf-8'))


def imported(tree):
    """Yield (module, name or None) of every absolute import of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_is_python_3_10(path):
    ast.parse(path.read_text(encoding='utf-8'), feature_version=(3, 10))


@pytest.mark.parametrize('minor', [10, 11, 12, 13])
def test_the_interpreters_that_are_here_take_every_file(minor):
    """Also f-strings, which the parser of a newer Python judges by its own rules."""
    python = shutil.which(f'python3.{minor}')
    here = python and subprocess.run(
        [python, '-c', 'import sys; print(sys.version_info[1])'], capture_output=True, text=True)
    if not here or here.stdout.strip() != str(minor):
        pytest.skip(f'python3.{minor} is not installed')
    names = {(module, name) for _, tree in trees() for module, name in imported(tree)
             if module.split('.')[0] in sys.stdlib_module_names}
    assert ('pathlib', 'Path') in names
    done = subprocess.run([python, '-c', TRY], capture_output=True, text=True, timeout=60,
                          input=json.dumps([list(map(str, SOURCES)), sorted(
                              names, key=str)]))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str((3, minor))


@pytest.mark.parametrize('module', ['asyncio', 'concurrent'])
def test_a_timeout_is_caught_by_the_name_that_python_3_10_has_for_it(module):
    """Those of asyncio and concurrent.futures are TimeoutError itself from Python 3.11 on only."""
    wrong, seen = [], 0
    for path, tree in trees():
        if module not in {name.split('.')[0] for name, _ in imported(tree)}:
            continue
        seen += 1
        caught = [name for handler in ast.walk(tree) if isinstance(handler, ast.ExceptHandler)
                  and handler.type for name in ast.walk(handler.type)]
        wrong += [f'{path.name}:{name.lineno}' for name in caught
                  if isinstance(name, ast.Name) and name.id == 'TimeoutError']
    assert seen
    assert not wrong


def test_what_is_imported_from_rclpy_is_in_humble():
    missing, seen = [], set()
    for path, tree in trees():
        for module, name in imported(tree):
            if module.split('.')[0] != 'rclpy':
                continue
            seen.add(name)
            if module not in HUMBLE['modules'] or (
                    name and name not in HUMBLE['modules'][module]
                    and f'{module}.{name}' not in HUMBLE['modules']):
                missing.append(f'{path.name}: {module} {name}')
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == 'rclpy' and (
                    node.attr not in HUMBLE['modules']['rclpy']
                    and f'rclpy.{node.attr}' not in HUMBLE['modules']):
                missing.append(f'{path.name}:{node.lineno} rclpy.{node.attr}')
    assert {'LifecycleNode', 'QoSProfile', 'Parameter'} <= seen
    assert not missing


def test_what_is_called_of_rclpy_is_in_humble_with_these_arguments():
    """Every call whose name the rclpy installed here has: the name and its keywords."""
    rclpy = pytest.importorskip('rclpy', reason='rclpy is not installed (extra ros)')
    here = offered(Path(rclpy.__file__).parent)[1]
    missing, seen = [], set()
    for path, tree in trees():
        if not any(module.split('.')[0] == 'rclpy' for module, _ in imported(tree)):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, 'attr', getattr(node.func, 'id', None))
            if name not in here:
                continue
            seen.add(name)
            known = HUMBLE['calls'].get(name)
            keywords = {keyword.arg for keyword in node.keywords} - {None}
            if known is None or not ('**' in known or keywords <= set(known)):
                missing.append(f'{path.name}:{node.lineno} {name}({", ".join(keywords)})')
    assert {'create_lifecycle_publisher', 'create_subscription', 'declare_parameter', 'init',
            'SingleThreadedExecutor', 'spin_once', 'add_on_set_parameters_callback'} <= seen
    assert not missing


@pytest.mark.parametrize('code, name', [
    ('node.create_service(t, "x", f, introspect=1)', 'create_service'),
    ('node.destroy_lifecycle_subscription(s)', 'destroy_lifecycle_subscription')])
def test_the_check_can_fail(code, name):
    [call] = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    known = HUMBLE['calls'].get(name)
    assert known is None or not {k.arg for k in call.keywords} <= set(known)
