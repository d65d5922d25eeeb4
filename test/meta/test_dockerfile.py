# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The Dockerfile, without Docker: it can be read, what it copies is here, commands are shell."""

import shlex
import shutil
import subprocess

from checkout import ROOT
import pytest

PATH = ROOT / 'docker' / 'Dockerfile'
# https://docs.docker.com/reference/dockerfile/
INSTRUCTIONS = {'ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK',
                'LABEL', 'ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'}


def instructions():
    """Yield (instruction, the rest of it), continued lines as one."""
    lines = [line for line in PATH.read_text(encoding='utf-8').splitlines()
             if not line.lstrip().startswith('#')]
    for line in '\n'.join(lines).replace('\\\n', ' ').splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(' ')
            yield word, rest.strip()


def test_every_instruction_is_one_of_dockers_and_the_first_ones_say_where_from():
    words = [word for word, _ in instructions()]
    assert set(words) <= INSTRUCTIONS
    assert words[:2] == ['ARG', 'FROM'] and words[-1] == 'ENTRYPOINT'
    assert dict(instructions())['FROM'] == 'ros:${ROS_DISTRO}-ros-base'


def test_what_is_copied_is_in_the_checkout_and_what_setup_py_installs_is_copied():
    copied = set()
    for word, rest in instructions():
        if word == 'COPY':
            *sources, target = shlex.split(rest)
            assert len(sources) == 1 or target.endswith('/')
            for source in sources:
                assert (ROOT / source).exists(), source
                copied.add(source)
    assert copied >= {'package.xml', 'setup.py', 'setup.cfg', 'pyproject.toml', 'resource',
                      'hybrid_snn_ros', 'launch', 'config', 'models'}


@pytest.mark.skipif(shutil.which('bash') is None, reason='bash is not installed')
def test_its_commands_are_shell():
    commands = [rest for word, rest in instructions() if word == 'RUN']
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(['bash', '-n'], input=command, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr


def test_nothing_in_it_belongs_to_one_processor():
    """It is for amd64 and arm64: no platform is fixed, no file of one architecture is fetched."""
    text = PATH.read_text(encoding='utf-8').split('FROM', 1)[1]
    for word in ('--platform', 'x86_64', 'amd64', 'aarch64', 'arm64'):
        assert word not in text
