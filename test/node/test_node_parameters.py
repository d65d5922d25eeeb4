# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters over DDS: live ones act at the next frame, bad ones are refused."""

import contextlib
import json
import math
import os
from pathlib import Path

from camera_frames import BLUE, COLOURS, frame, GREEN, header, picture, RED
from checkout import ROOT
import cv2
from diagnostic_msgs.msg import DiagnosticStatus
from domains import fresh_domain
from drawn_scenes import draw_scenes, scene
import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.parameter import Parameter
from ros_harness import ERROR, LATCHED, NodeProcess, OK, Peer, values, WAIT, WARN
from std_msgs.msg import String

from hybrid_snn_ros.codes import view_count
from hybrid_snn_ros.memory.contents import pictures_of, read_store
from hybrid_snn_ros.operator_page import settings
from hybrid_snn_ros.ros.parameter_table import bounds
from hybrid_snn_ros.ros.parameters import TABLE

GOLD = (230, 190, 40)
LIVE = [parameter.name for parameter in TABLE if parameter.live]
AT_CONFIGURE = [parameter.name for parameter in TABLE if not parameter.live]


# -- live ones -----------------------------------------------------------------------------------
# Each proof shows another behaviour at the very next frame, and puts the parameter back.


def learning_stops(peer):
    peer.show(frame(picture(RED)))
    assert peer.set(learning=False) == ['']
    result, = peer.teach('red')
    assert (result.level, result.message) == (ERROR, 'learning is off (parameter learning)')
    assert peer.set(learning=True) == ['']
    assert peer.teach('red')[0].level == OK


def more_frames_are_taught(peer):
    assert peer.set(teach_frames=3) == ['']
    message = frame(picture(RED, 1))
    peer.show(message)
    before = len(peer.results)
    peer.ask('red')
    while len(peer.results) < before + 3:
        peer.show(header(message))
    assert [values(result)['taught'] for result in peer.results[before:]] == ['1', '2', '3']
    assert peer.set(teach_frames=1) == ['']
    peer.show(header(message))
    assert values(peer.teach('red')[0])['wanted'] == '1'


def what_is_little_changed_is_not_learned_again(peer):
    message = frame(picture(BLUE, 1))
    peer.show(message)
    assert peer.teach('blue')[0].level == OK
    assert peer.set(min_change=0.5) == ['']
    peer.show(header(message))
    result, = peer.teach('blue')
    assert (result.level, 'change' in result.message) == (WARN, True)
    assert peer.set(min_change=0.0) == ['']
    peer.show(header(message))
    assert peer.teach('blue')[0].level == OK


def memory_of(peer):
    """Return the directory of the node's memory."""
    return Path(peer.call('get_parameters', GetParameters, GetParameters.Request(
        names=['memory'])).values[0].string_value)


def pictures_are_kept_or_not(peer):
    """What the encoder saw, with the sample, for a person to look at."""
    memory, taught = memory_of(peer), []
    for keep in (True, False):
        assert peer.set(keep_pictures=keep) == ['']
        peer.show(frame(picture(BLUE, 7 + keep)))
        result = peer.teach(f'kept {keep}')[0]
        assert result.level == OK
        taught.append(int(values(result)['sample']))
    found = pictures_of(read_store(memory))
    assert taught[1] not in found
    seen = cv2.imdecode(np.frombuffer(found[taught[0]], np.uint8), cv2.IMREAD_COLOR)
    assert seen.shape == (320, 320, 3) and seen[..., 0].mean() > 2 * seen[..., 2].mean()  # blue
    for keep in (True, False):  # other proofs know the colours alone
        assert peer.request('forget', f'kept {keep}').level == OK
    assert peer.set(keep_pictures=True) == ['']


def views_are_learned_or_not(peer):
    """And what is kept of them, once; taught again after an undo they are the same codes."""
    memory, taught = memory_of(peer), []
    for views, side in ((1, 224), (6, 320)):
        assert peer.set(teach_views=views) == ['']
        peer.show(frame(picture(BLUE, 17 + views)))
        result, = peer.teach(f'in {views}')
        number = int(values(result)['sample'])
        contents = read_store(memory)
        taught.append(contents.state.samples[number].codes)
        assert view_count(taught[-1]) == views
        seen = cv2.imdecode(np.frombuffer(pictures_of(contents)[number], np.uint8), 1)
        assert seen.shape == (side, side, 3)
        assert peer.request('forget', f'in {views}').level == OK


def views_are_looked_at(peer):
    """Other scores than from the frame alone."""
    parts = [picture(colour, 3)[:, :107] for colour in (GREEN, RED, BLUE)]
    shown, answers = frame(np.concatenate(parts, axis=1)), []
    for views in (1, 3, 6, 1):
        assert peer.set(answer_views=views) == ['']
        answers.append(peer.show(header(shown))['ranked'])
    assert answers[0] == answers[3] and answers[0] != answers[1] != answers[2]


def earlier_frames_are_forgotten(peer):
    def teach_the_first_of_two():
        first, second = frame(picture(GREEN)), frame(picture(GREEN, 1))
        peer.show(first)
        peer.show(second)
        stamp = {'sec': first.header.stamp.sec, 'nanosec': first.header.stamp.nanosec}
        return peer.command(do='teach', label='green', stamp=stamp)
    assert teach_the_first_of_two().level == OK
    assert peer.set(recent_frames=1) == ['']
    result = teach_the_first_of_two()
    assert (result.level, 'the last 1 frames run' in result.message) == (ERROR, True)
    assert peer.set(recent_frames=300) == ['']


def strangers_are_unknown_or_not(peer):
    for down, across in ((1, 1), (2, 2), (4, 4), (1, 8), (10, 1)):  # different, or it is one view
        for label, colour in COLOURS.items():
            one = picture(colour, down + across, (240 // down, 320 // across))
            peer.show(frame(np.tile(one, (down, across, 1))))
            assert peer.teach(label)[0].level == OK
    noise = np.random.default_rng(7).integers(0, 256, (240, 320, 3), np.uint8)
    assert peer.set(false_unknown=0.3) == ['']
    answer = peer.show(frame(noise))
    assert (answer['label'], answer['unknown'], answer['reason']) == ('unknown', True, 'strange')
    assert peer.set(false_unknown=0.0) == ['']
    answer = peer.show(frame(noise))
    assert not answer['unknown'] and answer['label'] in COLOURS and 'reason' not in answer
    assert peer.teach('Nothing')[0].level == OK
    answer = peer.show(frame(noise))
    assert (answer['label'], answer['unknown'], answer['reason']) == ('unknown', True, 'nothing')
    assert answer['ranked'][0][0] == 'nothing'
    assert peer.trigger('undo').success
    assert peer.set(false_unknown=0.02) == ['']


def fewer_labels_are_ranked(peer):
    for count in (2, 1, 4):
        assert peer.set(top_k=count) == ['']
        assert len(peer.show(frame(picture(RED)))['ranked']) == count
    assert peer.set(top_k=5) == ['']


def answers_are_averaged(peer):
    pure, mixed = picture(RED), (picture(RED) // 2 + picture(BLUE) // 2)

    def mixed_after_pure():
        peer.show(frame(pure))
        return peer.show(frame(mixed))['ranked']
    alone = mixed_after_pure()
    assert peer.set(smoothing=10) == ['']
    averaged = mixed_after_pure()
    assert peer.set(smoothing=1) == ['']
    assert averaged != alone == mixed_after_pure()


def silence_is_told_sooner_or_later(peer):
    peer.show(frame(picture(RED)))
    assert peer.set(image_timeout=60.0) == ['']
    peer.until('a second without frames', lambda: peer.counters()['rate_hz'] == '0.0')
    assert peer.diagnosis().level != DiagnosticStatus.STALE  # others may have lost frames before
    assert peer.set(image_timeout=0.1) == ['']
    assert peer.diagnosis().level == DiagnosticStatus.STALE
    assert peer.set(image_timeout=2) == ['']  # a whole number is as good as 2.0


def things_are_looked_at_in_turn(peer):
    """One thing after the other, or all of a frame at once."""
    things = []
    peer.node.create_subscription(
        String, 'classifier/things', lambda m: things.append(json.loads(m.data)), 50)
    draw_scenes(peer, 3)
    looked = []
    # Where nothing was before: what is followed was looked at already.
    for crops, row in ((1, 20), (12, 260)):
        assert peer.set(where_crops=crops) == ['']
        message = frame(scene(5, places=[(30 + 200 * place, row, 130, 120)
                                         for place in range(3)])[0])
        peer.show(message)
        stamp = message.header.stamp.sec, message.header.stamp.nanosec
        found = peer.until('~/things', lambda stamp=stamp: [
            one for one in things if (one['stamp']['sec'], one['stamp']['nanosec']) == stamp])[0]
        looked.append(sum(thing['found'] for thing in found['things']))
    assert looked == [1, 3]
    for _ in range(3):
        assert peer.trigger('undo').success
    assert peer.set(where_crops=2) == ['']


def asked_of(peer):
    """Return what is asked now and from now on, a list that grows."""
    asked = []
    peer.node.create_subscription(
        String, 'classifier/questions', lambda m: asked.append(json.loads(m.data)), LATCHED)
    peer.until('~/questions', lambda: asked)
    return asked


def doubts(peer, asked):
    """Show views of a thing that has two names; return the doubts that are asked about."""
    before = len(asked)
    for seed in range(8):
        peer.show(frame(picture(GOLD, 90 + seed)))
    peer.spin(0.5)
    return [one for news in asked[before:] for one in news['questions'] if one['kind'] == 'doubt']


@contextlib.contextmanager
def two_names(peer):
    """Teach views of one thing under two labels, in turn."""
    for seed in range(8):
        peer.show(frame(picture(GOLD, 70 + seed)))
        assert peer.teach(('gold', 'brass')[seed % 2])[0].level == OK
    yield
    for label in ('gold', 'brass'):
        assert peer.request('forget', label).level == OK


def doubts_are_asked_about_or_not(peer):
    """Never, or as often as there are some."""
    asked = asked_of(peer)
    assert peer.set(doubt_period=0.0, false_unknown=0.0) == ['', '']
    with two_names(peer):
        assert not doubts(peer, asked)
        assert peer.set(doubt_period=0.001) == ['']
        assert doubts(peer, asked)
    assert peer.set(doubt_period=60.0, false_unknown=0.02) == ['', '']


def questions_are_asked_or_not(peer):
    """The same things, by the switch for all questions."""
    asked = asked_of(peer)
    assert peer.set(doubt_period=0.001, questions='off', false_unknown=0.0) == ['', '', '']
    with two_names(peer):
        assert not doubts(peer, asked)
    assert peer.set(doubt_period=60.0, questions='on', false_unknown=0.02) == ['', '', '']


def held_or_not(peer):
    """Noise is looked at by a node without the gate."""
    message = frame(picture(GREEN, 5))

    def held():
        peer.show(header(message))
        return peer.show(header(message))['held']
    peer.until('consolidation', lambda: peer.counters()['consolidated'] == 'yes')
    assert held()
    assert peer.set(still_gate=False) == ['']
    assert not held() and not held()
    assert peer.set(still_gate=True) == ['']
    assert held()


def it_is_held_for_longer_or_shorter(peer):
    message = frame(picture(GREEN, 6))
    peer.until('consolidation', lambda: peer.counters()['consolidated'] == 'yes')
    for seconds in (3600.0, 0.1, 3600.0):
        assert peer.set(held_for=seconds) == ['']
        peer.show(header(message))
        peer.spin(0.3)
        assert peer.show(header(message))['held'] == (seconds > 1), seconds
    assert peer.set(held_for=10) == ['']


PROOFS = {
    'still_gate': held_or_not,
    'held_for': it_is_held_for_longer_or_shorter,
    'questions': questions_are_asked_or_not,
    'doubt_period': doubts_are_asked_about_or_not,
    'where_crops': things_are_looked_at_in_turn,
    'learning': learning_stops,
    'teach_frames': more_frames_are_taught,
    'min_change': what_is_little_changed_is_not_learned_again,
    'recent_frames': earlier_frames_are_forgotten,
    'teach_views': views_are_learned_or_not,
    'answer_views': views_are_looked_at,
    'keep_pictures': pictures_are_kept_or_not,
    'false_unknown': strangers_are_unknown_or_not,
    'top_k': fewer_labels_are_ranked,
    'smoothing': answers_are_averaged,
    'image_timeout': silence_is_told_sooner_or_later,
}


@pytest.mark.parametrize('name', LIVE)
def test_a_live_parameter_acts_at_the_next_frame(robot, name):
    peer, _, _ = robot
    PROOFS[name](peer)


def test_every_live_parameter_has_a_proof():
    assert sorted(PROOFS) == sorted(LIVE)


# -- refusals ------------------------------------------------------------------------------------


def bad_values(parameter):
    """Return [(value that cannot be taken, what the refusal must say)] of a parameter."""
    default, kind = parameter.default, type(parameter.default)
    if kind is list:
        outside = [[parameter.high + 1] * len(default), [parameter.low - 1] * len(default)]
        return [*((value, bounds(parameter)) for value in outside),
                (['a'] * len(default), bounds(parameter)),
                *((value, f'needs {len(default)} numbers') for value in (0.5, [0.5], None))]
    others = {str: 1, bool: 'yes', int: 2.5, float: 'many'}
    bad = [(value, f'must be of type {kind.__name__}')
           for value in (others[kind], None, [1, 2], *([True] if kind is int else []))]
    if parameter.choices:
        bad += [(value, bounds(parameter)) for value in (
            ('backprop',) if kind is str else (0, 2, 7, -6))]
    if parameter.low is not None:
        bad += [(parameter.low - 1, bounds(parameter)), (parameter.high + 1, bounds(parameter))]
    if kind is float:
        bad += [(value, bounds(parameter)) for value in (math.nan, math.inf)]
    return bad


@pytest.mark.parametrize('parameter', TABLE, ids=lambda parameter: parameter.name)
def test_a_value_is_refused_with_the_bound(robot, parameter):
    """The reason names the parameter and the limit, and nothing has changed."""
    peer, _, _ = robot
    for value, limit in bad_values(parameter):
        said, = peer.set(**{parameter.name: value})
        assert said.startswith(parameter.name) and limit in said, (value, said)


def test_what_is_read_at_configure_is_refused_while_configured(robot):
    peer, _, _ = robot
    good = {parameter.name: parameter.default for parameter in TABLE
            if parameter.name in AT_CONFIGURE}
    for name, said in zip(good, peer.set(**good), strict=True):
        assert said.startswith(f'{name} is read at configure; clean the node up first')


# -- names that do not exist ---------------------------------------------------------------------


def test_unknown_names_in_the_parameter_file_are_warned_of(tmp_path):
    """Each with the nearest known one; what belongs to ROS itself is left alone."""
    path = tmp_path / 'misspelt.yaml'
    path.write_text(json.dumps({'/**': {'ros__parameters': {
        'topk': 3, 'image': {'timeout': 1.0}, 'exposure': 7, 'top_k': 4, 'use_sim_time': False,
        'start_type_description_service': False,
        'qos_overrides': {'/image': {'subscription': {'depth': 3}}}}}}))  # JSON is YAML
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, '--params-file', str(path),
                     memory=str(tmp_path / 'memory')) as node, Peer(domain) as peer:
        said = peer.counters()['unknown_parameters']
        assert sorted(said.split(', ')) == ['exposure', 'image.timeout', 'topk']
        warned = [line.split(': ', 1)[1] for line in node.log.splitlines()
                  if 'unknown parameter' in line]
        assert sorted(warned) == [
            'unknown parameter exposure is ignored',
            'unknown parameter image.timeout is ignored; did you mean image_timeout?',
            'unknown parameter topk is ignored; did you mean top_k?']
        assert peer.show(frame(picture(RED)))['unknown']
        node.end()


def test_a_parameter_file_for_other_nodes_is_warned_of(tmp_path):
    """Of several, and by the name that the node has in the end."""
    files = {}
    for name, section in (('ours', '/cell/eye'), ('all', '/**'), ('typo', '/cell/eyes'),
                          ('default', 'classifier'), ('other', '/robot/eye')):
        files[name] = tmp_path / f'{name}.yaml'
        files[name].write_text(json.dumps({section: {'ros__parameters': {'top_k': 3}}}))
    words = [word for file in files.values() for word in ('--params-file', str(file))]
    with NodeProcess(tmp_path, fresh_domain(), *words, '-r', '__ns:=/cell', '-r', '__node:=eye',
                     memory=str(tmp_path / 'memory')) as node:
        node.wait_for_log('0 labels')
        warned = [line.split(': ', 1)[1] for line in node.log.splitlines()
                  if 'nothing in' in line]
        assert [line.split(': ')[0] for line in warned] == [
            f'nothing in {files[name]} applies to this node, /cell/eye'
            for name in ('typo', 'default', 'other')]
        node.end()


@pytest.mark.parametrize('path, sentence', [
    ('~/mine.yaml', 'ROS does not expand ~ here: write {home}/mine.yaml'),
    ('~/mime.yaml', 'there is no parameter file {home}/mime.yaml; did you mean {home}/mine.yaml?'),
    ('{home}', 'the parameter file {home} is a directory'),
    ('{home}/broken.yaml', '{home}/broken.yaml is no YAML'),
    ('{home}/log directory.yaml', '{home}/log directory.yaml is no YAML'),
    ('{home}/null.yaml', 'there are no parameters below ros__parameters of /classifier'),
    ('{home}/alias.yaml', '{home}/alias.yaml has *a in line 2: ROS knows no aliases here'),
    ('$HOME/mine.yaml', '$HOME in $HOME/mine.yaml is not expanded here: write ~/mine.yaml')])
def test_a_parameter_file_that_ros_cannot_open_is_told_with_what_to_do(tmp_path, path, sentence):
    (tmp_path / 'mine.yaml').write_text('classifier: {ros__parameters: {top_k: 3}}')
    for name in ('broken.yaml', 'log directory.yaml'):
        (tmp_path / name).write_text('classifier: {ros__parameters: {top_k: [')
    (tmp_path / 'null.yaml').write_text('classifier:\n  ros__parameters:\n    # top_k: 3\n')
    (tmp_path / 'alias.yaml').write_text('x: &a {ros__parameters: {top_k: 3}}\nclassifier: *a')
    with NodeProcess(tmp_path, fresh_domain(), '--params-file', path.format(home=tmp_path),
                     environment={'HOME': str(tmp_path)}) as node:
        assert node.exit_code(WAIT) == 1
        assert sentence.format(home=tmp_path) in node.log.splitlines()[-1]
        assert 'Traceback' not in node.log


# -- paths ---------------------------------------------------------------------------------------


def test_a_relative_memory_is_shown_whole_and_warned_of_once(tmp_path):
    domain, home = fresh_domain(), {'HOME': str(tmp_path)}
    relative = os.path.relpath(tmp_path / 'robot', ROOT)  # the node is started there
    with NodeProcess(tmp_path, domain, environment=home, memory=relative) as node, \
            Peer(domain) as peer:
        whole = f'{ROOT}/{relative}'
        assert peer.counters()['memory'] == whole
        peer.show(frame(picture(RED)))
        assert peer.teach('red')[0].level == OK
        for transition in ('deactivate', 'cleanup', 'configure', 'activate'):
            peer.change(transition)
        assert f'memory {whole}: 1 labels' in node.wait_for_log('1 labels')
        assert node.log.count(f'memory {relative} is relative: a node that starts elsewhere '
                              f'than in {ROOT}') == 1
        node.end()
    assert (tmp_path / 'robot').is_dir()


@pytest.mark.parametrize('name, value, sentence', [
    ('memory', '~nobody_is_called_so', 'there is no user nobody_is_called_so'),
    ('memory', '$HOME/robot', '$HOME in $HOME/robot is not expanded here: write ~/robot'),
    ('initial_memory', '~nobody_is_called_so/x.memory', 'there is no user nobody_is_called_so'),
    ('initial_memory', '${HOME}/x.memory', 'is not expanded here: write ~/x.memory'),
    ('model', '~nobody_is_called_so/m.tflite', 'there is no user nobody_is_called_so'),
    ('model', '~/absent.tflite', '{home}/absent.tflite cannot be read: No such file'),
    ('delegate', '~/absent.so', '{home}/absent.so')])
def test_a_path_that_stands_for_nothing_ends_configure_with_a_sentence(tmp_path, name, value,
                                                                       sentence):
    with NodeProcess(tmp_path, fresh_domain(), environment={'HOME': str(tmp_path)},
                     **{'memory': str(tmp_path / 'memory'), name: value}) as node:
        node.wait_for_log('configure failed: ')
        assert sentence.format(home=tmp_path) in node.log and 'Traceback' not in node.log
        node.end()


def test_no_home_is_told_with_what_to_do(tmp_path):
    with NodeProcess(tmp_path, fresh_domain(), environment={'HOME': ''}) as node:
        node.wait_for_log('configure failed: there is no home for ~/.ros/hybrid_snn_ros/classifier'
                          ', because HOME is empty: set HOME, or write the whole path')
        assert 'Traceback' not in node.log
        node.end()
    nowhere = {'HOME': '', 'ROS_LOG_DIR': ''}
    with NodeProcess(tmp_path, fresh_domain(), environment=nowhere) as node:
        assert node.exit_code(WAIT) == 1
        assert node.log.splitlines()[-1].endswith(
            '; set HOME, or set ROS_LOG_DIR to a writable directory')


def test_unknown_names_are_told_by_the_page_too(capfd):
    context = rclpy.Context()
    rclpy.init(args=['--ros-args', '-p', 'prot:=8081', '-p', 'rate:=5'], context=context,
               domain_id=fresh_domain())
    node = rclpy.create_node('teach_page', context=context)
    try:
        assert settings.declare(node).rate == 5.0
        assert 'unknown parameter prot is ignored; did you mean port?' \
            in capfd.readouterr().err
        result, = node.set_parameters([Parameter('rate', value=7.0)])
        assert (result.successful, node.get_parameter('rate').value) == (False, 5)
    finally:
        node.destroy_node()
        context.try_shutdown()
