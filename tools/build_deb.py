# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Builds a Debian package of the checkout: hybrid-snn-ros_VERSION_ARCHITECTURE.deb.

python3 tools/build_deb.py [DIRECTORY]

Takes python3-setuptools, gcc and dpkg-deb, and no network. What the package needs comes from
package.xml and is Debian's (python3-numpy, ...); nothing is vendored. Debian has neither rclpy nor
a TFLite runtime: without them the commands that need one say how to get it. On ROS 2 robots take
the package that bloom makes; this one is for the commands, and for a node whose ROS is elsewhere.
"""

import gzip
import importlib.util
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

from debian_root import Missing

ROOT = Path(__file__).resolve().parents[1]
NAME, PACKAGE = 'hybrid-snn-ros', 'hybrid_snn_ros'
SOURCES = ('package.xml', 'setup.py', 'setup.cfg', 'pyproject.toml', 'LICENSE', 'resource',
           PACKAGE, 'launch', 'config', 'models')
NEEDED = {'python3-numpy', 'python3-opencv', 'python3-yaml'}  # the others serve single parts
DESCRIPTION = """\
teach a robot's camera new names, by a spiking classifier (ROS 2)
 A quantized EfficientNet codes each frame, and a spiking CoLaNET classifier
 answers and learns new labels by local rules, on the CPU, in one pass.
 .
 Two things are not in Debian. The encoder takes a TFLite runtime
 (pip install ai-edge-litert 'numpy<2'); without it, what needs no frame
 works. The node takes rclpy of ROS 2, from packages.ros.org or as wheels
 (ros-rclpy)."""
SCRIPT = '#!/usr/bin/python3\nimport sys\n\nfrom {} import {}\n\nsys.exit({}())\n'
# Compiled files belong to the Python that is there; Debian's tools make and remove them.
HOOKS = {'postinst': f'py3compile -p {NAME}', 'prerm': f'py3clean -p {NAME}'}


def check():
    """Raise Missing if no package can be built here."""
    for program, package in (('dpkg-deb', 'dpkg'), ('gcc', 'gcc'), ('strip', 'binutils')):
        if shutil.which(program) is None:
            raise Missing(f'{program} is not here: apt install {package}')
    if importlib.util.find_spec('setuptools') is None:
        raise Missing(f'{sys.executable} has no setuptools: apt install python3-setuptools')


def entry_points():
    """Return {command: (module, function)} as setup.py has them."""
    text = (ROOT / 'setup.py').read_text(encoding='utf-8')
    found = re.findall(r"f'([\w-]+) = \{PACKAGE\}([\w.]+):(\w+)'", text)
    return {name: (PACKAGE + module, function) for name, module, function in found}


def lay_out(stage):
    """Put what is installed where Debian has it."""
    source = stage / 'source'
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(
                '__pycache__', '*.so'))
        else:
            shutil.copy(ROOT / name, source / name)
    tree = stage / 'tree'
    python = tree / 'usr' / 'lib' / 'python3' / 'dist-packages'
    subprocess.run(
        [sys.executable, 'setup.py', '-q', 'build', '--build-lib', '../lib',
         'install_lib', '--skip-build', '--build-dir', '../lib', '--no-compile',
         '--install-dir', str(python), 'install_data', '--install-dir', str(tree / 'usr'),
         'install_egg_info', '--install-dir', str(python)],
        cwd=source, check=True, capture_output=True,
        env={**os.environ, 'CFLAGS': '-g0'})  # or the place of the build is in the libraries
    for library in python.rglob('*.so'):
        subprocess.run(['strip', '--strip-unneeded', str(library)], check=True)
        library.chmod(0o644)
    for name, (module, function) in entry_points().items():
        # `ros2 run` and `ros2 launch` look in lib/<package>, people in bin.
        for place in (f'usr/lib/{PACKAGE}', 'usr/bin') if name == 'hybrid-snn' else (
                f'usr/lib/{PACKAGE}',):
            path = tree / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(SCRIPT.format(module, function, function))
            path.chmod(0o755)
    papers = tree / 'usr' / 'share' / 'doc' / NAME
    papers.mkdir(parents=True)
    shutil.copyfile(ROOT / 'LICENSE', papers / 'copyright')
    with gzip.GzipFile(papers / 'changelog.gz', 'wb', mtime=0) as file:
        file.write((ROOT / 'CHANGELOG.rst').read_bytes())
    return tree


def describe(tree):
    """Write what dpkg wants to know."""
    manifest = ElementTree.parse(ROOT / 'package.xml').getroot()
    wanted = {element.text for element in manifest.iter('exec_depend')
              if element.text.startswith('python3-')}
    maintainer = manifest.find('maintainer')
    version = manifest.findtext('version')
    has_kernel = any(tree.rglob('_kernel*.so'))
    architecture = subprocess.run(['dpkg', '--print-architecture'], check=True, text=True,
                                  capture_output=True).stdout.strip() if has_kernel else 'all'
    size = sum(path.stat().st_size for path in tree.rglob('*') if path.is_file()) // 1024
    control = tree / 'DEBIAN'
    control.mkdir()
    needed = ['python3 (>= 3.10)', *sorted(wanted & NEEDED), *['libc6'] * has_kernel]
    (control / 'control').write_text('\n'.join([
        f'Package: {NAME}', f'Version: {version}', f'Architecture: {architecture}',
        f"Maintainer: {maintainer.text} <{maintainer.get('email')}>", 'Section: python',
        'Priority: optional', f'Installed-Size: {size}', f"Depends: {', '.join(needed)}",
        f"Recommends: {', '.join(sorted(wanted - NEEDED))}",
        f"Homepage: {manifest.findtext('url')}", f'Description: {DESCRIPTION}', '']))
    for name, command in HOOKS.items():
        path = control / name
        path.write_text(f'#!/bin/sh\nset -e\n{command}\n')
        path.chmod(0o755)
    return f'{NAME}_{version}_{architecture}.deb'


def main(directory):
    """Build it; return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        stage = Path(place)
        tree = lay_out(stage)
        path = directory / describe(tree)
        for part in tree.rglob('*'):
            if part.is_dir():
                part.chmod(0o755)
        subprocess.run(['dpkg-deb', '--root-owner-group', '--build', str(tree), str(path)],
                       check=True, stdout=subprocess.DEVNULL)
    return path


if __name__ == '__main__':
    if len(sys.argv) > 2 or sys.argv[1:2] in (['-h'], ['--help']):
        print(__doc__)
        sys.exit(2 if len(sys.argv) > 2 else 0)
    try:
        check()
        print(main(Path(sys.argv[1] if len(sys.argv) == 2 else 'dist')))
    except Missing as error:
        sys.exit(f'build_deb: {error}')
    except subprocess.CalledProcessError as error:
        said = (error.stderr or b'').decode(errors='replace').strip()
        sys.exit(f'build_deb: {error.cmd[0]} failed with code {error.returncode}\n{said}'.strip())
