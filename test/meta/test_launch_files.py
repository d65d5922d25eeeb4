# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The launch files as they are written, and what their arguments mean: all that needs no `launch`.

test_launch.py runs them where ROS is installed.
"""

import ast
import re

from checkout import ROOT
from declared import launch_arguments, LAUNCH_FILES, NAME, scripts, tree
import pytest

from hybrid_snn_ros import launching
from hybrid_snn_ros.ros import parameters

PAGE = (ROOT / 'docs' / 'ros.md').read_text(encoding='utf-8')
GIVEN = {'camera': 'none', 'camera_device': '', 'camera_width': '', 'camera_height': '',
         'camera_rate': '', 'object': '', 'condition': '', 'scene': '',
         'objects': '', 'arrangement': '', 'floor': '', 'use_respawn': 'false',
         'respawn_delay': '2.0', 'remaps': '', 'dds_profile': 'none', 'cameras': '',
         'cameras_file': str(ROOT / 'config' / 'cameras.yaml'), 'namespace': '',
         'image': 'image_raw', 'memory': ''}


def names(file):
    """Return the names of the arguments of one of our launch files."""
    return {name for name, _ in launch_arguments(ROOT / 'launch' / file)}


def given(**arguments):
    return {**GIVEN, **arguments}


# -- as they are written -------------------------------------------------------------------------


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_every_launch_argument_is_described_and_optional(path):
    arguments = list(launch_arguments(path))
    assert arguments
    for name, keywords in arguments:
        text = ast.literal_eval(keywords['description'])
        assert len(text) > 15 and text.endswith('.'), name
        assert 'default_value' in keywords, name


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_the_documentation_lists_every_launch_argument(path):
    """A table under the name of the file: its arguments in their order, and no others."""
    section = PAGE.split(f'### {path.name}\n')[1].split('\n#')[0]
    listed = re.findall(r'^\| `(\w+)` \|', section, re.MULTILINE)
    assert listed == [name for name, _ in launch_arguments(path)]


def test_the_classifier_is_launched_with_all_arguments():
    assert names('classifier.launch.py') >= {
        'namespace', 'params_file', 'image', 'image_transport', 'remaps', 'use_respawn',
        'respawn_delay', 'log_level', 'autostart', 'use_sim_time', 'dds_profile', 'camera',
        'memory', 'learning', 'page'}


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_every_argument_a_launch_file_reads_is_declared(path):
    read = {ast.literal_eval(node.args[0]) for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == 'LaunchConfiguration'}
    read |= {node.slice.value for node in ast.walk(tree(path))
             if isinstance(node, ast.Subscript) and ast.unparse(node.value) in (
                 'given', 'context.launch_configurations')
             and isinstance(node.slice, ast.Constant)}
    assert read <= names(path.name)


def test_launch_files_start_executables_that_exist():
    started = set()
    for path in LAUNCH_FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == 'Node':
                keywords = {k.arg: k.value for k in node.keywords}
                if isinstance(keywords['package'], ast.Constant):
                    assert keywords['package'].value == NAME
                    started.add(keywords['executable'].value)
    turntable = launching.camera(given(camera='turntable'))
    assert turntable.package == NAME
    assert {*started, turntable.executable} == {'classifier_node', 'teach_page',
                                                'turntable_camera'} <= set(scripts())


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_a_launch_file_leaves_nothing_behind_and_runs_no_texts(path):
    """All of it is one scoped group; nothing is evaluated, fetched or handed to a shell."""
    [call] = [node for node in ast.walk(tree(path))
              if isinstance(node, ast.Call) and ast.unparse(node.func) == 'LaunchDescription']
    [group] = call.args[0].elts
    assert ast.unparse(group.func) == 'GroupAction'
    assert {k.arg: k.value.value for k in group.keywords} == {'scoped': True}
    assert not {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)} & {
        'eval', 'exec', 'compile', 'PythonExpression', 'ExecuteProcess', 'Command'}


# -- what the arguments mean ---------------------------------------------------------------------


def test_a_driver_is_given_what_it_calls_the_arguments():
    arguments = given(camera_device='/dev/video2', camera_width='640', camera_height='480',
                      camera_rate='29.97', object='8', condition='plain', scene='4',
                      objects='duck, mug', arrangement='0', floor='plain')
    assert launching.camera(given()) is None
    for choice, wanted in (
            ('usb_cam', {'video_device': '/dev/video2', 'image_width': 640, 'image_height': 480,
                         'framerate': 29.97}),
            ('v4l2_camera', {'video_device': '/dev/video2', 'image_size': [640, 480],
                             'time_per_frame': [100, 2997]}),
            ('turntable', {'object': '8', 'condition': 'plain', 'scene': 4,
                           'objects': 'duck, mug', 'arrangement': 0, 'floor': 'plain',
                           'width': 640, 'height': 480,
                           'rate': 29.97})):
        found = launching.camera({**arguments, 'camera': choice})
        assert found.parameters == wanted
        assert [type(value) for value in found.parameters.values()] == [
            type(value) for value in wanted.values()]
        assert launching.camera(given(camera=choice)).parameters == {}, "the driver's defaults"
    assert launching.camera(given(camera='v4l2_camera', camera_rate='15')).parameters == {
        'time_per_frame': [1, 15]}


def test_a_missing_driver_is_named_with_the_command_that_installs_it():
    assert launching.camera(given(camera='v4l2_camera')).missing('jazzy') == (
        'camera:=v4l2_camera needs the package v4l2_camera, which is not installed: sudo apt '
        'install ros-jazzy-v4l2-camera')


def test_the_other_arguments():
    assert launching.respawn(given(use_respawn='True', respawn_delay='0.5')) == {
        'respawn': True, 'respawn_delay': 0.5}
    assert launching.remappings(given(remaps=' ~/label:=/label  a:=b/c ')) == [
        ('~/label', '/label'), ('a', 'b/c')]
    profile = str(ROOT / 'config' / 'fastdds.xml')
    assert launching.dds_profile(given(), profile, {}) == ({}, 'none', '')
    for choice in ('', profile):
        assert launching.dds_profile(given(dds_profile=choice), profile, {
            'ROS_DISTRO': 'kilted'}) == ({'FASTDDS_DEFAULT_PROFILES_FILE': profile}, profile, '')
        assert launching.dds_profile(given(dds_profile=choice), profile, {
            'ROS_DISTRO': 'humble'}) == ({'FASTRTPS_DEFAULT_PROFILES_FILE': profile}, profile, '')


@pytest.mark.parametrize('read, arguments, sentence', [
    (launching.camera, {'camera': 'webcam'}, "camera must be none, usb_cam, v4l2_camera, "
                                             "turntable, not 'webcam'"),
    (launching.camera, {'camera': 'usb_cam', 'camera_width': '6.4'},
     "camera_width must be a whole number above 0, not '6.4'"),
    (launching.camera, {'camera': 'usb_cam', 'camera_rate': '1/0'},
     "camera_rate must be a number above 0, not '1/0'"),
    (launching.camera, {'camera': 'v4l2_camera', 'camera_width': '640'},
     'v4l2_camera needs camera_width and camera_height, or neither'),
    (launching.respawn, {'use_respawn': 'yes'},
     "use_respawn must be 'true' or 'false', not 'yes'"),
    (launching.respawn, {'respawn_delay': '-1'},
     "respawn_delay must be a number above 0, not '-1'"),
    (launching.remappings, {'remaps': 'a:=b c'}, "remaps must be pairs from:=to with spaces "
                                                 "between them, not 'c'"),
    (lambda g: launching.whole(g, 'port'), {'port': '80a'},
     "port must be a whole number, not '80a'"),
    (launching.remappings, {'remaps': 'a:='}, "not 'a:='"),
    (lambda g: launching.dds_profile(g, '', {}), {'dds_profile': '/nowhere.xml'},
     'there is no dds_profile /nowhere.xml; give a file, or none'),
    (lambda g: launching.dds_profile(g, '', {}), {'dds_profile': '~nobody_is_called_so/x.xml'},
     'there is no user nobody_is_called_so'),
    (lambda g: launching.parameter_file(g, 'params_file', 'classifier'),
     {'params_file': '$HOME/x.yaml'}, 'params_file: $HOME in $HOME/x.yaml is not expanded'),
    (lambda g: launching.parameter_file(g, 'params_file', 'classifier'),
     {'namespace': 'a b', 'params_file': ''}, '/a b/classifier is not a name for a node'),
    (lambda g: launching.parameter_file(g, 'params_file', 'classifier'),
     {'namespace': '/8/robot', 'params_file': ''}, '/8/robot/classifier is not a name for a node'),
    (lambda g: launching.initial_memory(g, ''), {'initial_memory': '~nobody_is_called_so/x'},
     'initial_memory: ~nobody_is_called_so/x: there is no user'),
    (lambda g: launching.path(g, 'memory'), {'memory': '$HOME/robot'},
     'memory: $HOME in $HOME/robot is not expanded here: write ~/robot')])
def test_a_wrong_argument_is_refused_by_one_sentence(read, arguments, sentence):
    with pytest.raises(ValueError) as refusal:
        read(given(**arguments))
    assert sentence in str(refusal.value) and '\n' not in str(refusal.value)


def test_everyday_objects_are_for_those_who_look_through_what_they_were_taught_with(tmp_path):
    """Of the parameter file what is the classifier's counts, and an argument wins over it."""
    file = tmp_path / 'mine.yaml'
    assert {one.name: one.default for one in parameters.TABLE
            if one.name in launching.EVERYDAY} == launching.EVERYDAY

    def begins(text, argument=''):
        file.write_text(text)
        return launching.initial_memory(
            {'initial_memory': argument, 'params_file': str(file)}, 'everyday')
    for text in ('', 'a: [', '/**: {ros__parameters: {top_k: 3, initial_memory: "", crop: 0.875}}',
                 'realsense: {ros__parameters: {model: D435}}', '/**: {ros__parameters: }'):
        assert begins(text) == 'everyday', text
    for text in ('/**: {ros__parameters: {initial_memory: /mine}}',
                 '/cell/classifier: {ros__parameters: {crop: 1.0}}',
                 'cell: {classifier: {ros__parameters: {roi: [0.0, 0.0, 0.5, 1.0]}}}',
                 '/*/classifier: {ros__parameters: {model: lite2.tflite}}'):
        assert begins(text) is None, text
        assert begins(text, 'none') == '' and begins(text, '/chosen') == '/chosen'
    assert launching.initial_memory({'initial_memory': '', 'params_file': '/no'}, 'e') == 'e'


def test_the_example_of_several_cameras_is_one():
    known = names('classifier.launch.py') | names('camera.launch.py')
    places = launching.cameras(given(namespace='robot'), known)
    assert [tuple(place) for place in places] == [
        ('robot/front', {'image': 'image_raw', 'memory': ''}),
        ('robot/rear', {'image': 'image_raw', 'memory': ''})]
    spelt = {above: launching.cameras(given(namespace=above), known)[0].namespace
             for above in ('', '/', '/robot', 'robot/')}
    assert spelt == {'': 'front', '/': '/front', '/robot': '/robot/front',
                     'robot/': 'robot/front'}


def test_cameras_with_the_same_memory_are_all_taught_unless_they_are_told_not_to(tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text('frozen: {learning: false}\nfront: {image: /a, threads: 2}\nrear:\n'
                    'side: {memory: /other}\n')
    places = launching.cameras(
        given(cameras_file=str(file), memory='~/m'), {'memory', 'image', 'learning', 'threads'})
    common = {'image': 'image_raw', 'memory': '~/m'}
    assert [tuple(place) for place in places] == [
        ('frozen', {**common, 'learning': 'false'}),
        ('front', {**common, 'image': '/a', 'threads': '2'}), ('rear', common),
        ('side', {**common, 'memory': '/other'})]


def test_what_is_left_empty_for_a_camera_is_as_if_it_was_not_there(tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text('front: {memory: , image: ~, learning: null, threads: 0}\nrear:\n')
    front, rear = launching.cameras(
        given(cameras_file=str(file)), {'memory', 'image', 'learning', 'threads'})
    assert front.arguments == {**rear.arguments, 'threads': '0'}


@pytest.mark.parametrize('text, sentence', [
    (None, 'there is no cameras_file'), ('a: [', 'is no YAML'),
    ('2001-99-99: {}', 'is no YAML: month must'), ('{a: ' * 2000 + '}' * 2000, 'nested too'),
    ('7', 'must name cameras'),
    ('a: {image: [x, y]}', "the camera a: image takes one value, not ['x', 'y']"),
    ('a: {image: {x: y}}', "image takes one value, not {'x': 'y'}"), ('a: {image: []}', 'not []'),
    ('a: 7', 'the camera a needs launch arguments, not 7'),
    ('"a b": {}', "and 'a b' cannot be one"),
    ('a: {imagee: x, picture: y}', 'the camera a: classifier.launch.py has no argument imagee, '
                                   'picture; did you mean image?')])
def test_wrong_cameras_are_refused_by_one_sentence(tmp_path, text, sentence):
    file = tmp_path / 'mine.yaml'
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError) as refusal:
        launching.cameras(given(cameras_file=str(file)), {'image'})
    assert sentence in str(refusal.value) and '\n' not in str(refusal.value)
    for wrong in ('front,front', 'front,', 'a/b'):
        with pytest.raises(ValueError, match='twice|cannot be'):
            launching.cameras(given(cameras=wrong), {'image'})
