# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Parameter files and the README's table come from the tables in the code; no ROS is needed."""

import shutil
import subprocess
import sys

from checkout import ROOT
import pytest
import yaml

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.cli.parameters import documents, NODES
from hybrid_snn_ros.operator_page import settings
from hybrid_snn_ros.ros import parameters
from hybrid_snn_ros.ros.parameter_table import meant, refusal

TABLES = {'classifier': parameters.TABLE, 'teach_page': settings.TABLE}
EVERY = [(node, parameter) for node, table in TABLES.items() for parameter in table]


def test_what_is_written_from_the_tables_is_up_to_date():
    """Else: `hybrid-snn parameters --write .`."""
    written = dict(documents(ROOT))
    assert [path.name for path in written] == ['classifier.yaml', 'teach_page.yaml', 'README.md']
    for path, text in written.items():
        assert path.read_text(encoding='utf-8') == text, path


@pytest.mark.parametrize('node', NODES)
def test_a_parameter_file_read_back_holds_the_defaults(node, capsys):
    assert main(['parameters', node]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 99
    defaults = {parameter.name: parameter.default for parameter in TABLES[node]}
    assert len(defaults) == len(TABLES[node])
    values = yaml.safe_load(text)['/**']['ros__parameters']
    assert list(values.items()) == list(defaults.items())
    assert list(map(type, values.values())) == list(map(type, defaults.values()))


@pytest.mark.parametrize('node, parameter', EVERY, ids=lambda value: getattr(value, 'name', value))
def test_a_table_holds_to_itself(node, parameter):
    """Defaults are within the bounds, bounds are of the default's type, texts can be printed."""
    assert refusal(parameter, parameter.default) is None
    if parameter.low is not None:
        kind = type((parameter.default if type(parameter.default) is list
                     else [parameter.default])[0])
        assert type(parameter.low) is type(parameter.high) is kind
    assert parameter.text and '|' not in parameter.text and '\n' not in parameter.text


@pytest.mark.parametrize('node, parameter', EVERY, ids=lambda value: getattr(value, 'name', value))
def test_on_and_off_need_no_quotes(node, parameter):
    """YAML takes them for true and false; where one of them is no choice, it is refused."""
    for text in ('on', 'off'):
        value = yaml.safe_load(text)
        assert isinstance(value, bool)
        switch = 'off' in parameter.choices
        assert meant(parameter, value) == (text if switch else value)
        assert bool(refusal(parameter, value)) != (
            text in parameter.choices or isinstance(parameter.default, bool))


def test_writing_mends_a_checkout(tmp_path, capsys):
    (tmp_path / 'config').mkdir()
    readme = (ROOT / 'README.md').read_text(encoding='utf-8')
    (tmp_path / 'README.md').write_text(readme.replace('| `top_k` | `5` ', '| `top_k` | `6` '))
    assert main(['parameters', '--write', str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    for name in ('README.md', 'config/classifier.yaml', 'config/teach_page.yaml'):
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()


@pytest.mark.parametrize('text, sentence', [
    (None, 'No such file'), ('no place for a table', 'has no <!-- parameters: begin -->')])
def test_what_cannot_be_written_is_a_sentence(tmp_path, capsys, text, sentence):
    shutil.copytree(ROOT / 'config', tmp_path / 'config')
    if text:
        (tmp_path / 'README.md').write_text(text)
    assert main(['parameters', '--write', str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith('hybrid-snn parameters: ') and sentence in said


def test_the_table_is_printed_where_there_is_no_ros():
    program = ("import sys\nfor name in ('rclpy', 'rcl_interfaces', 'aiohttp'):\n"
               '    sys.modules[name] = None\n'
               'from hybrid_snn_ros.cli.main import main\n'
               "sys.exit(main(['parameters', '--markdown']))")
    done = subprocess.run([sys.executable, '-c', program], cwd=ROOT, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout in (ROOT / 'README.md').read_text(encoding='utf-8')
