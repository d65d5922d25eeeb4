# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Paths as people write them: what is replaced, what is refused, and which sentence says so."""

import os
from pathlib import Path
import pwd
import subprocess
import sys

import pytest

from hybrid_snn_ros import Classifier, paths
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.operator_page import settings

NOBODY = 'nobody_is_called_so'
ME = pwd.getpwuid(os.getuid())


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.chdir(tmp_path)


def test_a_home_is_replaced_and_all_else_is_left_as_it_is(tmp_path):
    for text, path in (('~', 'home'), ('~/a/b', 'home/a/b'), ('~/x~y', 'home/x~y')):
        assert paths.user_path(text) == tmp_path / path
    assert paths.user_path(f'~{ME.pw_name}/a') == Path(ME.pw_dir, 'a')
    assert paths.user_path('./~robot') == tmp_path / '~robot'
    for text in ('a', '/a/~b', 'a$', 'cost$', 'a b', '/x/../y', 'é'):
        assert paths.user_path(text) == Path(text)
        assert paths.user_path(Path(text)) == Path(text)


@pytest.mark.parametrize('text, sentence', [
    (f'~{NOBODY}', f'~{NOBODY}: there is no user {NOBODY}; write'),
    (f'~{NOBODY}/a/b', f'write ~/{NOBODY} for a file in your own home'),
    (f'~{NOBODY}~', f'there is no user {NOBODY}~'),
    ('$HOME/robot', '$HOME in $HOME/robot is not expanded here: write ~/robot'),
    ('${HOME}/robot', 'write ~/robot'), ('$HOME', 'write ~'),
    ('/data/$ROBOT/m', '$ROBOT in /data/$ROBOT/m is not expanded here: write the whole path'),
    ('${XDG_DATA_HOME}/m', '${XDG_DATA_HOME} in ${XDG_DATA_HOME}/m'),
    ('~/$USER', '$USER in ~/$USER is not expanded here')])
def test_what_stands_for_nothing_is_refused_by_one_sentence(text, sentence):
    with pytest.raises(paths.PathError) as refusal:
        paths.user_path(text)
    assert sentence in str(refusal.value) and '\n' not in str(refusal.value)
    for use in (read_store, lambda path: DiskStore.open(path, None),
                lambda path: Classifier().save(path),
                lambda path: paths.memory_path(path)):
        with pytest.raises((ValueError, StoreError), match='no user|not expanded'):
            use(text)
    assert not list(Path.cwd().iterdir()), 'nothing was made by that name'


def test_a_directory_that_is_called_like_a_variable_can_be_named_by_its_whole_path(tmp_path):
    place = tmp_path / '$HOME'
    place.mkdir()
    assert paths.user_path(place) == place
    with pytest.raises(paths.PathError):
        paths.user_path('$HOME')


def test_without_a_home_a_sentence_says_what_to_do():
    """In processes of their own, as users of no name: nothing but a whole path can be used."""
    code = ('import sys; from hybrid_snn_ros import paths\n'
            'try: print(paths.memory_path(sys.argv[1]))\n'
            'except ValueError as error: print(error)')
    def said(text, uid=None, **variables):
        environment = {name: value for name, value in os.environ.items() if name != 'HOME'}
        return subprocess.run(
            [sys.executable, '-c', code, text], env={**environment, **variables}, text=True,
            capture_output=True, check=True, timeout=60, cwd='/',
            **({} if uid is None else {'preexec_fn': lambda: os.setuid(uid)})).stdout.strip()
    assert said('', HOME='') == ('there is no home for ~/.ros/hybrid_snn_ros/classifier, because '
                                 'HOME is empty: set HOME, or write the whole path')
    assert said('~', HOME='').startswith('there is no home for ~, because')
    assert said('/data/m', HOME='') == '/data/m' == said('/data/m')
    assert said('~/m') == f'{ME.pw_dir}/m', 'of the user database, where HOME is not set'
    assert said('~/m', HOME='/else') == '/else/m'


def test_the_memory_of_a_node_is_a_whole_path_named_like_it(tmp_path):
    home = tmp_path / 'home' / '.ros' / 'hybrid_snn_ros'
    assert paths.memory_path('') == home / 'classifier' == paths.user_path(paths.DEFAULT_MEMORY)
    assert paths.memory_path('', '/', 'eye') == home / 'eye'
    assert paths.memory_path('', '/robot/left', 'classifier') == home / 'robot/left/classifier'
    assert paths.memory_path('robot') == tmp_path / 'robot'
    assert paths.memory_path('../robot') == tmp_path / '../robot'
    assert paths.memory_path('~/robot') == tmp_path / 'home/robot'


def test_a_relative_memory_is_remarked_with_where_it_is_now(tmp_path):
    for chosen in ('robot', './robot', '../robot', 'a/b'):
        assert paths.relative_remark(chosen) == (
            f'memory {chosen} is relative: a node that starts elsewhere than in {tmp_path} '
            f'uses another directory; write {tmp_path / chosen}')
    for chosen in ('', '/robot', '~/robot', '~'):
        assert paths.relative_remark(chosen) == ''


def test_what_is_missing_is_told_with_what_may_be_meant(tmp_path):
    (tmp_path / 'params.yaml').touch()
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'link.yaml').symlink_to('nowhere')
    os.mkfifo(tmp_path / 'pipe.yaml')
    assert paths.missing(tmp_path / 'params.yaml', 'file') == ''
    for name, sentence in (
            ('parms.yaml', f'there is no file {tmp_path}/parms.yaml; did you mean '
                           f'{tmp_path}/params.yaml?'),
            ('params.yml', 'did you mean'), ('zzz', f'there is no file {tmp_path}/zzz'),
            ('link.yaml', f'there is no file {tmp_path}/link.yaml'),
            ('pipe.yaml', f'the file {tmp_path}/pipe.yaml is not a file'),
            ('params.yaml/x', f'the file {tmp_path}/params.yaml/x cannot be read: Not a dir'),
            ('a' * 300, 'cannot be read: File name too long'), ('a/' * 3000, 'too long'),
            ('a\0b', 'cannot be read: embedded null'),
            ('folder', f'the file {tmp_path}/folder is a directory'),
            ('no/x.yaml', f'not even the directory {tmp_path}/no')):
        said = paths.missing(tmp_path / name, 'file')
        assert sentence in said and f'mean {tmp_path / name}' not in said


def test_the_pages_certificate_and_key_are_paths_too(tmp_path):
    values = {parameter.name: parameter.default for parameter in settings.TABLE}
    chosen = settings.checked({**values, 'certificate': '~/c.pem', 'key': './k.pem'})
    assert chosen.certificate == f'{tmp_path}/home/c.pem' and chosen.key == 'k.pem'
    for wrong in (f'~{NOBODY}/c.pem', '$HOME/c.pem', '/etc/${SSL}/c.pem'):
        for name, other in (('certificate', 'key'), ('key', 'certificate')):
            with pytest.raises(ValueError, match='no user|not expanded'):
                settings.checked({**values, name: wrong, other: '/x.pem'})
    assert settings.checked(values).certificate == ''


@pytest.mark.parametrize('words', [
    ['teach', ''], ['teach', '.', '-m', ''], ['teach', '.', '--export', ''],
    ['teach', '.', '--memory='], ['state', 'show', '-m', ''], ['state', 'undo', '--memory='],
    ['state', 'import', '', '-m', 'robot'], ['state', 'log', '-m', ''],
    ['state', 'export', '', '-m', 'robot'], ['state', 'compact', '-m', '']])
def test_an_empty_path_stands_for_nothing(words, tmp_path, monkeypatch, capsys):
    """As "$MEMORY" gives where it is not set: neither for the default nor for where one is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', str(tmp_path))
    assert main(words) == 2
    said = capsys.readouterr()
    assert not said.out and 'empty' in said.err and len(said.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
