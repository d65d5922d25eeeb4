# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The Debian package as it is built: what is in it, what it depends on, that it runs unpacked."""

import os
from pathlib import Path
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import build_deb
from checkout import ROOT
from debian_root import Missing
from declared import NAME, scripts
import pytest

import hybrid_snn_ros


@pytest.fixture(scope='module')
def package(tmp_path_factory):
    """Build it; return its path."""
    try:
        build_deb.check()
    except Missing as lacking:
        pytest.skip(str(lacking))
    return build_deb.main(tmp_path_factory.mktemp('deb'))


@pytest.fixture(scope='module')
def unpacked(package, tmp_path_factory):
    """Return what it installs, in a directory of its own."""
    place = tmp_path_factory.mktemp('unpacked')
    subprocess.run(['dpkg-deb', '--extract', package, place], check=True)
    return place


@pytest.mark.parametrize('program, sentence', [
    ('gcc', 'gcc is not here: apt install gcc'),
    ('strip', 'strip is not here: apt install binutils')])
def test_what_building_lacks_is_said(monkeypatch, program, sentence):
    monkeypatch.setattr(build_deb.shutil, 'which', lambda name: None if name == program else name)
    with pytest.raises(Missing, match=sentence):
        build_deb.check()


def field(package, name):
    """Return a field of its description."""
    return subprocess.run(['dpkg-deb', '--field', package, name], check=True, text=True,
                          capture_output=True).stdout.strip()


def test_it_says_what_it_is(package):
    architecture = subprocess.run(['dpkg', '--print-architecture'], check=True, text=True,
                                  capture_output=True).stdout.strip()
    assert package.name == f'hybrid-snn-ros_{hybrid_snn_ros.__version__}_{architecture}.deb'
    assert field(package, 'Version') == hybrid_snn_ros.__version__
    assert field(package, 'Architecture') == architecture
    assert re.fullmatch(r'.+ <\S+@\S+>', field(package, 'Maintainer'))
    assert field(package, 'Homepage').startswith('https://')
    text = field(package, 'Description')
    assert 'pip install ai-edge-litert' in text and 'rclpy' in text
    assert max(map(len, text.splitlines())) <= 80


def test_everything_that_debian_has_is_a_dependency_and_nothing_else(package):
    keys = {element.text for element in ElementTree.parse(
        ROOT / 'package.xml').getroot().iter('exec_depend')}
    debian = {key for key in keys if key.startswith('python3-')}
    needed, wished = ({re.split(r'[ (]', part.strip())[0] for part in field(
        package, name).split(',')} for name in ('Depends', 'Recommends'))
    assert needed == {'python3', 'libc6', *build_deb.NEEDED}
    assert needed - {'python3', 'libc6'} | wished == debian
    assert not needed & wished


def test_it_holds_the_code_the_shared_files_and_nothing_of_others(unpacked):
    python = unpacked / 'usr' / 'lib' / 'python3' / 'dist-packages'
    assert {path.name.partition('-')[0] for path in python.iterdir()} == {NAME}
    for path in (ROOT / NAME).rglob('*.py'):
        assert (python / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    for folder in ('models', 'config', 'launch'):
        assert {path.name for path in (unpacked / 'usr' / 'share' / NAME / folder).iterdir()
                } >= {path.name for path in (ROOT / folder).glob('*.*') if path.is_file()}
    assert len([*python.rglob('_kernel*.so'), *python.rglob('_resample*.so')]) == 2
    assert not [*unpacked.rglob('*.pyc'), *unpacked.rglob('test_*')]
    assert (unpacked / 'usr/share/ament_index/resource_index/packages' / NAME).exists()
    assert 'Apache License' in (unpacked / 'usr/share/doc/hybrid-snn-ros/copyright').read_text()


def test_its_scripts_are_those_of_setup_py_and_can_be_run(unpacked):
    assert build_deb.entry_points() == scripts()
    for name in scripts():
        path = unpacked / 'usr' / 'lib' / NAME / name
        assert os.access(path, os.X_OK)
        assert path.read_text().startswith('#!/usr/bin/python3\n')
    assert os.access(unpacked / 'usr' / 'bin' / 'hybrid-snn', os.X_OK)


def run(unpacked, *words, cwd):
    """Run its command from where it was unpacked."""
    return subprocess.run(
        [sys.executable, str(unpacked / 'usr' / 'bin' / 'hybrid-snn'), *map(str, words)], cwd=cwd,
        capture_output=True, text=True, timeout=60,
        env={**os.environ, 'PYTHONPATH': str(unpacked / 'usr/lib/python3/dist-packages'),
             'AMENT_PREFIX_PATH': ''})


def test_unpacked_it_finds_its_own_files(unpacked, tmp_path):
    done = run(unpacked, '--version', cwd=tmp_path)
    assert done.stdout == f'hybrid-snn {hybrid_snn_ros.__version__}\n', done.stderr
    memory = unpacked / 'usr' / 'share' / NAME / 'models' / 'everyday.memory'
    done = run(unpacked, 'state', 'verify', '-m', memory, cwd=tmp_path)
    assert done.returncode == 0 and '1890 samples of 63 labels' in done.stdout, done.stderr


def test_the_same_sources_give_the_same_files(unpacked, tmp_path):
    """Nothing of the place where it was built gets in."""
    again = tmp_path / 'again'
    subprocess.run(['dpkg-deb', '--extract', build_deb.main(tmp_path), again], check=True)

    def contents(place):
        return {path.relative_to(place): path.read_bytes() for path in place.rglob('*')
                if path.is_file()}

    assert contents(again) == contents(unpacked)
    for path, content in contents(unpacked).items():
        assert str(ROOT).encode() not in content, path
    assert Path('usr/bin/hybrid-snn') in contents(unpacked)
