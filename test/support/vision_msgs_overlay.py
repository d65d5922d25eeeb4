# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Build the few types of vision_msgs, bond and foxglove_msgs which the tests need, without CMake.

Robots have these packages from apt; they are not on PyPI. This script makes a small overlay prefix
from the field tables below with the Python API of the installed rosidl packages and the C
compiler: IDL, type hashes, C code and type supports, Python classes. C++ is left out; rclpy
does not need it. Names, types and order of the fields are those of ros-perception/vision_msgs and
ros/bond_core (branch ros2), so the type hashes agree with the real packages. Those of
foxglove_msgs are of its earlier releases; later ones have more fields at the end.

Usage: [OVERLAY_PACKAGE=bond|foxglove_msgs] python vision_msgs_overlay.py PREFIX
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import hashlib
import importlib.util
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time

PACKAGE = os.environ.get('OVERLAY_PACKAGE', 'vision_msgs')
DEPENDENCIES = {'bond': ('std_msgs',), 'foxglove_msgs': ('builtin_interfaces',)}.get(
    PACKAGE, ('std_msgs', 'geometry_msgs'))
MESSAGES = {
    'Status': 'std_msgs/Header header, string id, string instance_id, bool active, '
              'float32 heartbeat_timeout, float32 heartbeat_period',
} if PACKAGE == 'bond' else {
    'Color': 'float64 r, float64 g, float64 b, float64 a',
    'Point2': 'float64 x, float64 y',
    'CircleAnnotation': 'builtin_interfaces/Time timestamp, Point2 position, float64 diameter, '
                        'float64 thickness, Color fill_color, Color outline_color',
    'PointsAnnotation': 'builtin_interfaces/Time timestamp, uint8 UNKNOWN=0, uint8 POINTS=1, '
                        'uint8 LINE_LOOP=2, uint8 LINE_STRIP=3, uint8 LINE_LIST=4, uint8 type, '
                        'Point2[] points, Color outline_color, Color[] outline_colors, '
                        'Color fill_color, float64 thickness',
    'TextAnnotation': 'builtin_interfaces/Time timestamp, Point2 position, string text, '
                      'float64 font_size, Color text_color, Color background_color',
    'ImageAnnotations': 'CircleAnnotation[] circles, PointsAnnotation[] points, '
                        'TextAnnotation[] texts',
} if PACKAGE == 'foxglove_msgs' else {
    'ObjectHypothesis': 'string class_id, float64 score',
    'Classification': 'std_msgs/Header header, ObjectHypothesis[] results',
    'VisionClass': 'uint16 class_id, string class_name',
    'LabelInfo': 'std_msgs/Header header, VisionClass[] class_map, float32 threshold',
    'VisionInfo': 'std_msgs/Header header, string method, string database_location, '
                  'int32 database_version',
    'ObjectHypothesisWithPose': 'ObjectHypothesis hypothesis, geometry_msgs/PoseWithCovariance '
                                'pose',
    'Point2D': 'float64 x, float64 y',
    'Pose2D': 'Point2D position, float64 theta',
    'BoundingBox2D': 'Pose2D center, float64 size_x, float64 size_y',
    'Detection2D': 'std_msgs/Header header, ObjectHypothesisWithPose[] results, '
                   'BoundingBox2D bbox, string id',
    'Detection2DArray': 'std_msgs/Header header, Detection2D[] detections',
}
JOBS = 2
STEP_SECONDS = 300
STAMP = '.overlay_stamp'

# In the order of linking: name of the generator = suffix of the library made from its code, and
# what that library needs besides the ones before it and its namesakes in the dependencies.
LIBRARIES = {
    'rosidl_generator_c': ('rosidl_runtime_c', 'rcutils'),
    'rosidl_typesupport_introspection_c': ('rosidl_typesupport_introspection_c',),
    'rosidl_typesupport_fastrtps_c': (
        'rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_fastrtps_cpp', 'fastcdr', 'rmw'),
    'rosidl_typesupport_c': ('rosidl_typesupport_c',),
    'rosidl_generator_py': (),
}
TYPE_SUPPORTS = [name for name in LIBRARIES if 'typesupport' in name]


def _ros_prefix() -> Path | None:
    """Return the prefix that holds the rosidl generators and std_msgs, or None."""
    candidates = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) + [sys.prefix]
    for path in map(Path, filter(None, candidates)):
        if all((path / 'share' / name).is_dir() for name in (*LIBRARIES, *DEPENDENCIES)):
            return path
    return None


def missing_tools() -> str | None:
    """Return one sentence naming what a build lacks here, or None when nothing is missing."""
    for tool in ('gcc', 'g++'):
        if shutil.which(tool) is None:
            return f'The {PACKAGE} overlay needs {tool}, which is not on PATH.'
    header = Path(sysconfig.get_paths()['include'], 'Python.h')
    if not header.is_file():
        return f'The {PACKAGE} overlay needs Python.h, which is not at {header}.'
    for module in ('numpy', 'rosidl_adapter', 'rosidl_generator_type_description', *LIBRARIES):
        if importlib.util.find_spec(module) is None:
            return f'The {PACKAGE} overlay needs Python module {module}, which is not installed.'
    if _ros_prefix() is None:
        return (f'The {PACKAGE} overlay needs a ROS prefix with rosidl generators and '
                f"{' and '.join(DEPENDENCIES)} in AMENT_PREFIX_PATH or sys.prefix.")
    return None


def environment(prefix: Path, base: dict[str, str] | None = None) -> dict[str, str]:
    """
    Return the variables to set in a subprocess so that it sees the overlay at `prefix`.

    They extend those of `base` (default os.environ): use them as `{**base, **environment(p)}`.
    A base taken from a running interpreter of the ROS wheels holds both LD_LIBRARY_PATH and
    the guard _ROS_WHEELS_BOOTSTRAP_COMPLETE; whoever removes one must remove the other, or
    rclpy does not load.
    """
    base = dict(os.environ) if base is None else base
    prefix = Path(prefix).absolute()
    first = {
        'LD_LIBRARY_PATH': [prefix / 'lib'],
        'PYTHONPATH': [_site_packages(prefix)],
        'AMENT_PREFIX_PATH': [prefix],
    }
    if not base.get('AMENT_PREFIX_PATH') and (ros := _ros_prefix()) is not None:
        first['AMENT_PREFIX_PATH'].append(ros)
    return {key: os.pathsep.join([*map(str, paths), *filter(None, [base.get(key)])])
            for key, paths in first.items()}


def build(prefix: Path) -> Path:
    """
    Build the overlay at `prefix` unless an up-to-date one is there, and return its path.

    The work is done in a folder beside `prefix` and renamed at the end, so no one ever sees
    half an overlay, and of two builders at once one wins and both are served.

    Raises RuntimeError when a tool is missing, a step fails, or `prefix` is a folder that this
    script did not make.
    """
    prefix = Path(prefix).absolute()
    if (problem := missing_tools()) is not None:
        raise RuntimeError(problem)
    stamp = _stamp()
    if _built(prefix) == stamp:
        return prefix
    if prefix.exists() and _built(prefix) is None and any(prefix.iterdir()):
        raise RuntimeError(f'{prefix} is not an overlay made by this script; it is left alone.')
    prefix.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f'{prefix.name}.', dir=prefix.parent))
    try:
        # The generators print, and their template engine takes over sys.stdout: own process.
        _call([sys.executable, __file__, '--generate', str(work)])
        _compile(work, work / 'prefix')
        _install_share(work, work / 'prefix')
        (work / 'prefix' / STAMP).write_text(stamp)
        try:
            if prefix.exists():
                prefix.rename(work / 'old')
            (work / 'prefix').rename(prefix)
        except OSError:
            if _built(prefix) != stamp:
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return prefix


def _built(prefix: Path) -> str | None:
    try:
        return (prefix / STAMP).read_text()
    except OSError:
        return None


def _stamp() -> str:
    """Hash all that decides what is built: this file, Python's and NumPy's ABI, rosidl."""
    import numpy
    described = (_ros_prefix() / 'share' / 'rosidl_generator_c' / 'package.xml').read_text()
    facts = [Path(__file__).read_text(), sysconfig.get_config_var('EXT_SUFFIX'), sys.version,
             numpy.__version__, re.search(r'<version>(.*?)</version>', described).group(1)]
    return hashlib.sha256('\n'.join(map(str, facts)).encode()).hexdigest()


def _site_packages(prefix: Path) -> Path:
    return prefix / 'lib' / f'python{sys.version_info[0]}.{sys.version_info[1]}' / 'site-packages'


def _call(command: list[str]) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=STEP_SECONDS)
    if done.returncode:
        raise RuntimeError(f'{" ".join(command)} failed:\n{done.stdout[-2000:]}'
                           f'{done.stderr[-4000:]}')


def _generate(work: Path) -> None:
    """Write definitions below `work`/share and the C and Python code of each generator."""
    from rosidl_adapter import convert_to_idl
    from rosidl_generator_c import generate_c
    from rosidl_generator_py import generate_py
    from rosidl_generator_type_description import generate_type_hash
    from rosidl_typesupport_c import generate_c as generate_dispatch
    from rosidl_typesupport_fastrtps_c import generate_typesupport_fastrtps_c
    from rosidl_typesupport_introspection_c import generate_c as generate_introspection

    resources, share = _ros_prefix() / 'share', work / 'share'
    (share / 'msg').mkdir(parents=True)
    for name, fields in MESSAGES.items():
        source = Path('msg', f'{name}.msg')
        (share / source).write_text(
            f'# {PACKAGE}/{name} as the tests need it\n' + fields.replace(', ', '\n') + '\n')
        convert_to_idl(share, PACKAGE, source, share)

    def run(generator, folder: str, *more) -> None:
        output = work / folder / PACKAGE
        arguments = {
            'package_name': PACKAGE,
            'idl_tuples': [f'{share}:msg/{name}.idl' for name in MESSAGES],
            'output_dir': str(share if generator is generate_type_hash else output),
            'template_dir': str(resources / folder / 'resource'),
            'target_dependencies': [],
        }
        if generator is generate_type_hash:
            arguments['include_paths'] = [
                f'{path.name}:{path}' for path in resources.iterdir() if (path / 'msg').is_dir()]
        else:
            arguments['type_description_tuples'] = [
                f'msg/{name}.idl:{share}/msg/{name}.json' for name in MESSAGES]
            arguments['ros_interface_files'] = [f'{share}/msg/{name}.msg' for name in MESSAGES]
            (output / 'msg').mkdir(parents=True)
        (work / 'arguments.json').write_text(json.dumps(arguments))
        generator(str(work / 'arguments.json'), *more)
        for template in (resources / folder / 'resource').glob('*__visibility_control.h.in'):
            text = template.read_text().replace('@PROJECT_NAME@', PACKAGE)
            (output / 'msg' / template.stem).write_text(
                text.replace('@PROJECT_NAME_UPPER@', PACKAGE.upper()))

    run(generate_type_hash, 'rosidl_generator_type_description')
    run(generate_c, 'rosidl_generator_c')
    run(generate_introspection, 'rosidl_typesupport_introspection_c')
    run(generate_typesupport_fastrtps_c, 'rosidl_typesupport_fastrtps_c')
    run(generate_dispatch, 'rosidl_typesupport_c',
        [name for name in TYPE_SUPPORTS if name != 'rosidl_typesupport_c'])
    run(generate_py, 'rosidl_generator_py', TYPE_SUPPORTS)


def _compile(work: Path, prefix: Path) -> None:
    """Compile what was generated, link the libraries and the Python extension modules."""
    import numpy
    ros = _ros_prefix()
    includes = [work / name for name in LIBRARIES] + [
        path for path in (ros / 'include').iterdir() if path.is_dir()]
    # Packages of older distributions and the Python headers lie directly in an include folder.
    includes += [ros / 'include', numpy.get_include(), sysconfig.get_paths()['include']]
    flags = ['-O1', '-fPIC', '-w', *(f'-I{path}' for path in includes)]
    sources = sorted(path for path in work.rglob('*') if path.suffix in ('.c', '.cpp'))

    def compile_one(source: Path) -> None:
        compiler = ['g++', '-std=c++17'] if source.suffix == '.cpp' else ['gcc']
        _call([*compiler, *flags, '-c', str(source), '-o', f'{source}.o'])

    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(compile_one, sources))

    modules = _site_packages(prefix) / PACKAGE
    shutil.copytree(work / 'rosidl_generator_py' / PACKAGE, modules,
                    ignore=shutil.ignore_patterns('*.c', '*.o'))
    (modules / '__init__.py').touch()

    def link(target: Path, objects: list[Path], libraries: list[str]) -> None:
        _call(['g++', '-shared', '-o', str(target), *map(str, objects), f'-L{prefix}/lib',
               f'-L{ros}/lib', f'-Wl,-soname,{target.name}', f'-Wl,-rpath-link,{ros}/lib',
               *(f'-l{name}' for name in libraries)])

    done: list[str] = []
    for name, runtime in LIBRARIES.items():
        objects = [path for path in (work / name).rglob('*.o') if '.ep.' not in path.name]
        link(prefix / 'lib' / f'lib{PACKAGE}__{name}.so', objects,
             [*done, *(f'{package}__{name}' for package in DEPENDENCIES), *runtime])
        done.append(f'{PACKAGE}__{name}')
    for support in TYPE_SUPPORTS:
        objects = list((work / 'rosidl_generator_py').rglob(f'*.ep.{support}.c.o'))
        link(modules / f'{PACKAGE}_s__{support}.so', objects, done)


def _install_share(work: Path, prefix: Path) -> None:
    """Install definitions, package.xml and the index entries which the ros2 tools read."""
    shutil.copytree(work / 'share', prefix / 'share' / PACKAGE)
    (prefix / 'share' / PACKAGE / 'package.xml').write_text(
        f'<package format="3"><name>{PACKAGE}</name><version>0.0.0</version>'
        f'<description>Test overlay</description><maintainer email="none@example.org">none'
        f'</maintainer><license>Apache-2.0</license>'
        + ''.join(f'<depend>{package}</depend>' for package in DEPENDENCIES) + '</package>\n')
    index = prefix / 'share' / 'ament_index' / 'resource_index'
    for kind, content in (
            ('packages', ''), ('package_run_dependencies', ';'.join(DEPENDENCIES)),
            ('rosidl_interfaces', '\n'.join(f'msg/{name}.{suffix}' for name in sorted(MESSAGES)
                                            for suffix in ('idl', 'msg')))):
        (index / kind).mkdir(parents=True)
        (index / kind / PACKAGE).write_text(content)


def main(arguments: list[str]) -> int:
    """Build at the prefix given on the command line and print how to use it."""
    if len(arguments) == 2 and arguments[0] == '--generate':
        _generate(Path(arguments[1]))
        return 0
    if len(arguments) != 1 or arguments[0].startswith('-'):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    print(f'building {PACKAGE} ({len(MESSAGES)} messages, {JOBS} jobs) ...', flush=True)
    started = time.monotonic()
    try:
        prefix = build(Path(arguments[0]))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f'{prefix} is ready after {time.monotonic() - started:.1f} s; set')
    for key in environment(prefix, base={}):
        print(f'  {key}={environment(prefix)[key]}')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
