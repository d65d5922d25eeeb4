# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether a parameter file speaks to a node; where not, a sentence says why."""

import pytest

from hybrid_snn_ros import parameter_files


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / 'mine.yaml'
        path.write_text(text)
        return path
    return write


@pytest.mark.parametrize('text, sentence', [
    ('clasifier: %s', 'it is for /clasifier; call that section /classifier, or /**'),
    ('classifier_node: %s', 'it is for /classifier_node; call that section /classifier'),
    ('/robot/classifier: %s', 'or start the node in the namespace /robot'),
    ('robot: {left: {classifier: %s}}', 'or start the node in the namespace /robot/left'),
    ('/camera: %s\n/clasifier: %s', 'it is for /clasifier, /camera; call'),
    ('{a: %s, b: %s, c: %s, d: %s, e: %s, classify: %s}', 'it is for /classify, '),
    ('"/class(ifier": %s', 'it is for /class(ifier; call that section /classifier'),
    ('"[x": %s', 'it is for /[x;'), ('c.assifier: %s', 'it is for /c.assifier;'),
    ('clas*: %s', 'it is for /clas*;'), ('"a\\\\": %s', 'it is for /a\\;'),
    ('"/*/classifier": %s', 'it is for /*/classifier; call that section /classifier')])
def test_a_file_for_others_is_refused_with_the_nearest_name(file, text, sentence):
    path = file(text.replace('%s', '{ros__parameters: {learning: false}}'))
    with pytest.raises(ValueError) as refusal:
        parameter_files.check(path, '/classifier')
    said = str(refusal.value)
    assert said.startswith(f'nothing in {path} applies to this node, /classifier: it is for')
    assert sentence in said and '\n' not in said


def test_a_file_for_others_too_is_taken(file):
    parameter_files.check(file('camera: {ros__parameters: {rate: 3}}\nclassifier: '
                               '{ros__parameters: {}}\nx: 7'), '/classifier')


@pytest.mark.parametrize('text, sentence', [
    ('', 'is empty: it holds no parameters of a node (ros__parameters)'),
    ('# only a remark\n', 'is empty: it holds'),
    ('learning: false', 'holds no parameters of a node (ros__parameters); they stand below'),
    ('no parameters, just a text', 'holds no parameters of a node'),
    ('[1, 2]', 'holds no parameters of a node'),
    ('classifier: {learning: false}', 'they stand below /classifier (or /**)'),
    ('classifier: {ros_parameters: {a: 1}}', 'ros_parameters in it must be called ros__param'),
    ('/**: {ros__params: {a: 1}}', 'ros__params in it must be called ros__parameters'),
    ('/**: {ros__parameter: {a: 1}}', 'ros__parameter in it must be called'),
    ('/**: {ROS__parameters: {a: 1}}', 'ROS__parameters in it must be called'),
    ('camera: {ros__parameters: {a: 1}}\nclassifier: {ros__parameter: {a: 1}}', 'ros__parameter '
     'in it must be called ros__parameters'),
    ('/**: {ros__parameters: {a: 1}}\nclassifier: {Ros_Parameters: {a: 1}}', 'Ros_Parameters in'),
    ('classifier: {ros__parameters: }', 'no parameters below ros__parameters of /classifier; '
     'write some, or {} for none'),
    ('classifier: {ros__parameters: [1]}', 'there are no parameters below ros__parameters'),
    ('/**: {ros__parameters: {a: 1}}\ncell: {eye: {ros__parameters: x}}', 'of /cell/eye; write'),
    ('ros__parameters: {a: 1}', 'ros__parameters must stand below the name of a node, or /**'),
    ('x: &d {a: 1}\nclassifier:\n  ros__parameters: *d', 'has *d in line 3: ROS knows no aliases'),
    ('classifier: &a\n  ros__parameters: *a', 'has *a in line 2'),
    ('a: &a\n  b: *a', 'has *a in line 2'),
    ('x: &d {a: 1}\n/**: {ros__parameters: {<<: *d}}', 'has *d in line 2'),
    ('{a: ' * 2000 + '1' + '}' * 2000, 'is nested too deeply'),
    ('a: [', 'is no YAML'), ('2001-99-99: 1', 'is no YAML'), ('a: b: c', 'is no YAML'),
    ('\ta: 1', 'is no YAML'),
    ('\x00', 'is no YAML')])
def test_a_file_without_parameters_is_refused_by_one_sentence(file, text, sentence):
    path = file(text)
    with pytest.raises(ValueError) as refusal:
        parameter_files.check(path, '/classifier')
    said = str(refusal.value)
    assert sentence in said and str(path) in said and '\n' not in said and '  ' not in said


def test_a_file_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'mine.yaml').write_bytes(b'\xff\xfe\x00')
    for path, sentence in (('~/nine.yaml', f'did you mean {tmp_path}/mine.yaml?'),
                           ('~', 'is a directory'), ('~/mine.yaml', 'is no YAML'),
                           ('~nobody_is_called_so/x', 'there is no user'), ('/no/x', 'not even'),
                           ('$HOME/mine.yaml', 'is not expanded here: write ~/mine.yaml')):
        with pytest.raises(ValueError, match='.') as refusal:
            parameter_files.check(path, '/classifier')
        assert sentence in str(refusal.value)


def test_the_name_of_a_node_follows_the_rules_of_its_command_line():
    for namespace, words, name in (
            ('', '', '/classifier'), ('/', '', '/classifier'), ('robot', '', '/robot/classifier'),
            ('/robot/', '', '/robot/classifier'), ('', '-r __ns:=/a', '/a/classifier'),
            ('', '--remap __node:=b', '/b'), ('', '-r __ns:=/a -r __node:=b', '/a/b'),
            ('', '-r classifier:__ns:=/c', '/c/classifier'), ('', '-r __name:=d', '/d'),
            ('', '-r __ns:=/a -r __ns:=/b', '/a/classifier'),
            ('', '-r image:=/eye -p a:=b', '/classifier'),
            ('', '-r other:__ns:=/a', '/classifier')):
        assert parameter_files.remapped(
            'classifier', namespace, ['--ros-args', *words.split()]) == name, words
    for namespace in ('a b', '8', '/a/8', 'é', 'a-b', '~', 'a.b', '*', 'a\n'):
        with pytest.raises(ValueError, match='is not a name for a node: between slashes use'):
            parameter_files.remapped('classifier', namespace, [])
