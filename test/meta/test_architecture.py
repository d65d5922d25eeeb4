# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The plan of the house, checked on the source: who may import whom, and what no one may do."""

import ast
import html
import importlib.util
import re

from checkout import ROOT
import pytest

NAME = 'hybrid_snn_ros'
PACKAGE = ROOT / NAME
HEADER = ('# Copyright 2026 The hybrid_snn_ros developers\n'
          '# SPDX-License-Identifier: Apache-2.0\n')

# part -> the other parts of the package it may import; what is not listed may import nothing
ARROWS = {
    'paths': set(),
    'parameter_files': {'paths'},
    'dds_profile': {'paths'},
    'launch_arguments': set(),
    'launching': {'dds_profile', 'launch_arguments', 'parameter_files', 'paths'},
    'resources': set(),
    'stopwatch': set(),
    'defaults': set(),
    'threads': set(),
    'codes': set(),
    'compiled': set(),
    'likeness': set(),
    'recent': set(),
    'vision': {'compiled', 'resources'},
    'spiking_encoder': {'vision'},
    'snn': {'codes', 'compiled', 'likeness'},
    'memory': {'codes', 'likeness', 'paths', 'recent'},
    'fleet': {'memory', 'recent'},
    'where': {'likeness', 'snn.response', 'snn.steps', 'snn.sweep', 'snn.track',
              'vision.framing'},
    'network': {'codes', 'memory', 'snn'},
    'questions': {'codes', 'defaults', 'likeness', 'memory', 'network', 'snn'},
    'audit': {'memory', 'network', 'snn'},
    'taught_network': {'memory', 'network'},
    'taught_readout': {'memory', 'vision', 'where'},
    'classifier': {'codes', 'defaults', 'memory', 'network', 'paths', 'snn', 'taught_network',
                   'vision'},
    'still_scene': {'classifier', 'network', 'snn', 'vision'},
    'frame_pipeline': {'classifier', 'network', 'snn', 'still_scene', 'vision'},
    'evaluation': {'audit', 'classifier', 'codes', 'resources', 'memory', 'questions',
                   'sim.conditions', 'sim.objects', 'sim.occlusion', 'sim.scenes',
                   'sim.turntable', 'snn', 'spiking_encoder', 'taught_readout', 'vision',
                   'where'},
    'bench': {'classifier', 'frame_pipeline', 'memory', 'network', 'ros.messages', 'resources',
              'snn', 'stopwatch', 'threads', 'vision'},
    'ros': {'audit', 'classifier', 'defaults', 'fleet', 'frame_pipeline', 'parameter_files',
            'paths', 'questions', 'recent', 'resources', 'stopwatch', 'taught_readout',
            'threads', 'memory', 'snn',
            'spiking_encoder', 'still_scene', 'vision', 'where'},
    'sim': {'ros.process', 'ros.qos', 'resources', 'threads', 'where.boxes'},
    'operator_page': {'paths', 'ros.process', 'ros.qos', 'ros.parameter_table', 'recent',
                      'resources', 'threads', 'vision.frames', 'vision.pictures',
                      'where.boxes'},
    'cli': {'audit', 'bench', 'classifier', 'codes', 'dds_profile', 'defaults', 'evaluation',
            'operator_page.settings', 'parameter_files', 'paths', 'ros', 'sim', 'resources',
            'threads', 'fleet', 'likeness', 'memory', 'network', 'recent', 'snn',
            'spiking_encoder', 'vision', 'where.boxes'},
}
# The package's own __init__ offers the facade.
ARROWS['__init__'] = {'classifier'}

ROS_PARTS = ('ros', 'sim', 'operator_page')
ROS_MODULES = ('rclpy', 'launch', 'launch_ros', 'ament_index_python', 'cv_bridge')
CUPY = {'snn/backend.py'}
# A camera and a subscriber are nodes; messages are made of bytes and turned into them.
BENCH_ROS = ('bench/camera.py', 'bench/dds.py', 'bench/wire.py')
TORCH = {'bench/peers.py'}  # what we are compared with
PICKLE = {'vision/torch_weights.py'}

SOURCES = sorted(PACKAGE.rglob('*.py'))
ALL = SOURCES + sorted([*ROOT.glob('*.py'), *(ROOT / 'launch').glob('*.py')])
EVERY_FILE = ALL + sorted([*(ROOT / 'test').rglob('*.py'), *(ROOT / 'tools').glob('*.py')])


def relative(path):
    return path.relative_to(ROOT).as_posix()


def inside(path):
    return path.relative_to(PACKAGE).as_posix()


def imports(path):
    """Yield (absolute module, line) of every import in a file, also of those in functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            if node.level:
                package = path.relative_to(ROOT).parts[:-node.level]
                base = '.'.join([*package, base]).rstrip('.')
            yield base, node.lineno
            for name in node.names:
                yield f'{base}.{name.name}', node.lineno


def part_of(path):
    """Return the part of the house a file of the package belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix('.py')


def own_part(module):
    """Return what an import of the package itself refers to, '' for other modules."""
    names = module.replace(f'{NAME}.Classifier', f'{NAME}.classifier').split('.')
    return '.'.join(names[1:3]) if names[0] == NAME and len(names) > 1 else ''


def is_ros(module):
    top = module.split('.')[0]
    return top in ROS_MODULES or top.endswith(('_msgs', '_srvs', '_interfaces'))


def test_the_walk_sees_the_house():
    assert {part_of(path) for path in SOURCES} >= set(ARROWS) - {'operator_page'}
    seen = {module for path in SOURCES for module, _ in imports(path)}
    assert {'rclpy', 'cupy', 'numpy', f'{NAME}.classifier', 'pickle'} <= seen


@pytest.mark.parametrize('path', SOURCES, ids=inside)
def test_arrows_run_downward_only(path):
    part = part_of(path)
    assert part in ARROWS, f'{inside(path)} belongs to no part in ARROWS'
    for module, line in imports(path):
        target = own_part(module)
        if not target or not _is_module(target):
            continue
        top = target.split('.')[0]
        allowed = top == part or {top, target} & ARROWS[part] or any(
            arrow.startswith(f'{target}.') for arrow in ARROWS[part])
        assert allowed, f'{inside(path)}:{line} imports {module}'


def _is_module(target):
    """Tell modules from the names a module holds (`from hybrid_snn_ros.resources import x`)."""
    path = PACKAGE.joinpath(*target.split('.'))
    return path.is_dir() or path.with_suffix('.py').is_file()


@pytest.mark.parametrize('path', SOURCES, ids=inside)
def test_ros_stays_above_the_classifier(path):
    if part_of(path) in ROS_PARTS or inside(path) in (
            'cli/run.py', *BENCH_ROS) or (
            part_of(path) == 'cli' and path.name.startswith('demo')):
        return
    found = [f'{inside(path)}:{line} {module}' for module, line in imports(path)
             if is_ros(module)]
    assert not found


@pytest.mark.parametrize('module, places', [
    ('cupy', CUPY), ('cupyx', CUPY), ('pickle', PICKLE), ('cPickle', set()), ('dill', set()),
    ('marshal', set()), ('shelve', set()), ('torch', TORCH), ('tensorflow', set())])
def test_what_belongs_in_one_place_is_imported_there_alone(module, places):
    found = {inside(path) for path in SOURCES
             for name, _ in imports(path) if name.split('.')[0] == module}
    assert found <= places


@pytest.mark.parametrize('path', ALL, ids=relative)
def test_nothing_runs_code_out_of_data(path):
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if not isinstance(node, ast.Call):
            continue
        where = f'{relative(path)}:{node.lineno}'
        if isinstance(node.func, ast.Name):
            assert node.func.id not in ('eval', 'exec', '__import__'), where
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            called = f'{node.func.value.id}.{node.func.attr}'
            assert called not in ('os.system', 'os.popen', 'pickle.load', 'pickle.loads'), where
            if node.func.value.id == 'yaml' and 'load' in node.func.attr:
                assert node.func.attr == 'safe_load', where
        for keyword in node.keywords:
            if keyword.arg in ('shell', 'allow_pickle'):
                assert isinstance(keyword.value, ast.Constant) and not keyword.value.value, where


def test_the_one_unpickler_is_restricted():
    [place] = PICKLE
    tree = ast.parse((PACKAGE / place).read_text(encoding='utf-8'))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
               and any(ast.unparse(base) == 'pickle.Unpickler' for base in node.bases)]
    assert len(classes) == 1
    methods = {node.name: node for node in classes[0].body if isinstance(node, ast.FunctionDef)}
    assert 'super' not in ast.unparse(methods['find_class'])  # it asks no one else for a name
    assert isinstance(methods['find_class'].body[-1], ast.Raise)


@pytest.mark.parametrize('path', EVERY_FILE, ids=relative)
def test_every_file_says_whose_it_is(path):
    text = path.read_text(encoding='utf-8')
    if text.startswith('#!'):
        text = text.split('\n', 1)[1]
    assert text.startswith(HEADER)


def test_the_top_level_is_as_planned():
    for place in ('package.xml', 'setup.py', NAME, 'launch', 'config', 'models', 'test'):
        assert (ROOT / place).exists()


def drawn():
    """Return the arrows in the committed picture of the parts."""
    picture = (ROOT / 'docs/images/architecture.svg').read_text(encoding='utf-8')
    return {tuple(html.unescape(title).split('->'))
            for title in re.findall(r'<title>(.*?)</title>', picture) if '&#45;&gt;' in title}


def test_the_picture_of_the_parts_shows_what_is_imported():
    """Drawn by tools/draw_architecture.py; a new part or arrow wants it drawn again."""
    spec = importlib.util.spec_from_file_location('draw', ROOT / 'tools/draw_architecture.py')
    draw = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw)
    assert drawn() == draw.arrows()
    assert {part_of(path) for path in SOURCES} - {'__init__'} <= set(draw.PARTS)


@pytest.mark.parametrize('page', ['docs/architecture.md', 'CONTRIBUTING.md'])
def test_the_map_names_what_is_there(page):
    """Every file, and every function named with its file."""
    text = (ROOT / page).read_text(encoding='utf-8')
    named = set(re.findall(r'`((?:[\w.]+/)*[\w]+\.(?:py|xml|json|md))(?::(\w+))?`', text))
    assert len(named) > 10
    for name, function in sorted(named):
        path = next((place / name for place in (PACKAGE, ROOT) if (place / name).is_file()), None)
        assert path, f'{page} names {name}'
        if function:
            assert re.search(rf'^\s*(?:async )?(?:def|class) {function}\b|^{function} = ',
                             path.read_text(encoding='utf-8'), re.M), f'{name}:{function}'
