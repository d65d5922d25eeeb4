# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the node refuses over DDS, in which words, and that it goes on afterwards."""

from array import array
import json
import time

from camera_frames import frame, picture, stamp_of
from diagnostic_msgs.msg import DiagnosticStatus
from domains import fresh_domain
import numpy as np
import pytest
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered, STOP, values

from hybrid_snn_ros.snn.rules import RULES

SILENCE = 1.0  # seconds without a frame after which the camera counts as silent
GOOD = picture((250, 60, 20), size=(48, 64))


def _with(message, **fields):
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def _image(encoding='rgb8'):
    return frame(GOOD, encoding)


BAD_FRAMES = {
    'unknown encoding': (lambda: _image('16UC1'), "'16UC1'"),
    'no encoding': (lambda: _image(''), "''"),
    'long encoding': (lambda: _image('x' * 5000), "'xxx"),
    'empty': (lambda: _with(_image(), height=0, width=0, step=0, data=array('B')), '0x0'),
    'no data': (lambda: _with(_image(), data=array('B')), '0 bytes'),
    'truncated': (lambda: _with(_image(), data=_image().data[:-1]), '9215 bytes'),
    'step too small': (lambda: _with(_image(), step=191), '191'),
    'width too large': (lambda: _with(_image(), width=2**32 - 1), '4294967295'),
    'all numbers at most': (lambda: _with(_image(), width=2**32 - 1, height=2**32 - 1,
                                          step=2**32 - 1), '4294967295'),
    'odd width of pairs': (lambda: frame(np.zeros((4, 5, 2), np.uint8), 'yuv422'), 'even width'),
}


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Yield (peer, memory directory, NodeProcess)."""
    directory, domain = tmp_path_factory.mktemp('robot'), fresh_domain()
    memory = directory / 'memory'
    with NodeProcess(directory, domain, memory=str(memory), image_timeout=SILENCE,
                     min_change=0.0) as node, Peer(domain) as peer:
        peer.show(frame(GOOD))
        yield peer, memory, node
        node.end()


@pytest.mark.parametrize('what', BAD_FRAMES)
def test_a_bad_frame_is_counted_and_named_and_the_next_good_one_answered(robot, what):
    """Each refusal raises `refused` by one, and `last_refusal` holds the offending value."""
    peer, _, _ = robot
    make, named = BAD_FRAMES[what]
    before = peer.latest() or peer.counters()
    sent, refused = 0, 0
    while not refused:  # best effort: a frame may get lost on its way
        assert sent < 10
        peer.camera.publish(make())
        sent += 1
        peer.spin(0.05)
        after = peer.counters()
        refused = int(after['refused']) - int(before['refused'])
    assert refused <= sent
    assert named in after['last_refusal']
    assert len(after['last_refusal']) < 400
    assert peer.show(frame(GOOD))['ranked'] is not None


def test_unreadable_frames_are_an_error_not_silence_and_the_log_is_throttled(robot):
    """A camera of the wrong encoding is said to be that: ERROR with the encoding, one WARN."""
    peer, _, node = robot
    peer.spin(0.1)
    warnings = node.log.count('frame refused')
    refused = int(peer.counters()['refused'])
    end = time.monotonic() + SILENCE + 1.5
    while time.monotonic() < end:  # longer than the silence that counts
        peer.camera.publish(_image('32FC1'))
        peer.spin(0.02)
    status = peer.diagnostics[-1].status[0]
    assert (status.level, "'32FC1'" in status.message) == (DiagnosticStatus.ERROR, True)
    count = int(peer.counters()['refused']) - refused
    assert count > 50
    assert node.log.count('frame refused') - warnings <= 1  # 5 s apart
    peer.until('OK', lambda: peer.show(frame(GOOD)) and (
        peer.diagnostics[-1].status[0].level == OK))


@pytest.mark.parametrize('text, reason', [
    ('', 'at least one character'),
    (' \t ', 'at least one character'),
    ('unknown', 'never taught'),
    (' Unknown ', 'never taught'),
    ('two\nlines', 'control characters'),
    ('bell\a', 'control characters'),
    ('é' * 33, '64 bytes'),
    ('x' * 100_000, '64 bytes'),
])
def test_a_text_that_cannot_be_a_label_is_refused_with_the_rule(robot, text, reason):
    """Nothing is learned, nothing is saved."""
    peer, memory, _ = robot
    peer.show(frame(GOOD))
    before = remembered(memory).version
    result, = peer.teach(text)
    assert result.level == ERROR
    assert reason in result.message
    assert len(result.message) < 200
    assert remembered(memory).version == before


def test_bytes_that_are_no_text_do_not_harm(robot):
    """A label of invalid UTF-8, as another client library may send it, gets an answer."""
    peer, _, _ = robot
    result, = peer.teach(b'\x00\x01\x00\x00' + b'\x04\x00\x00\x00' + b'\xff\xfe\xfd\x00')
    assert result.level in (OK, ERROR)
    assert peer.show(frame(GOOD))


def test_learning_is_switched_off_and_on_by_service(robot):
    """While it is off a ~/teach is refused by name; the parameter tells the same story."""
    peer, _, _ = robot
    peer.show(frame(GOOD))
    response = peer.learning(False)
    assert (response.success, response.message) == (True, 'learning is off')
    result, = peer.teach('mug')
    assert (result.level, result.name) == (ERROR, 'mug')
    assert 'learning is off' in result.message
    response = peer.learning(True)
    assert (response.success, response.message) == (True, 'learning is on')
    peer.show(frame(GOOD))
    assert peer.teach('mug')[0].level == OK


def test_a_silent_camera_is_told_to_the_teacher_and_to_diagnostics(robot):
    """The refusal comes within image_timeout + 1 s, and the request does not linger."""
    peer, memory, _ = robot
    peer.spin(SILENCE + 0.3)
    asked = time.monotonic()
    result, = peer.teach('late')
    assert time.monotonic() - asked < SILENCE + 1.0
    assert result.level == ERROR
    assert 'taught 0 of 1' in result.message and 'no readable frame came for 1 s' in result.message
    status = peer.diagnosis()
    assert (status.level, status.message[:12]) == (DiagnosticStatus.STALE, 'no frame for')
    results = len(peer.results)
    peer.show(frame(GOOD))
    peer.spin(0.3)
    assert len(peer.results) == results
    assert 'late' not in remembered(memory).labels


def test_teaching_from_unreadable_frames_is_given_up(robot):
    """Frames that come but cannot be read do not keep a request waiting for ever."""
    peer, _, _ = robot
    peer.spin(SILENCE + 0.3)
    peer.ask('blurred')
    before = len(peer.results)
    asked = time.monotonic()
    while len(peer.results) == before:
        assert time.monotonic() - asked < SILENCE + 1.0
        peer.camera.publish(_image('16UC1'))
        peer.spin(0.05)
    assert 'taught 0 of 1' in peer.results[-1].message


def test_teach_waits_for_a_camera_that_is_about_to_start(robot):
    """A frame that comes within the time-out after the request is the one that is taught."""
    peer, memory, _ = robot
    peer.spin(SILENCE + 0.3)
    before = len(peer.results)
    peer.ask('early')
    peer.spin(0.3)
    message = frame(GOOD)
    peer.show(message)
    peer.until('the result', lambda: len(peer.results) > before)
    assert peer.results[-1].level == OK
    assert values(peer.results[-1])['stamp'] == stamp_of(message)
    assert remembered(memory).labels[-1] == 'early'


def _stream(peer, condition, seconds=10.0):
    """Publish good frames at 20 Hz until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        peer.camera.publish(frame(GOOD))
        peer.spin(0.05)


def test_five_frames_five_acknowledgements_and_a_new_label_cuts_the_earlier_short(robot):
    """teach_frames counts; the stamps of the samples are those of five different frames."""
    peer, memory, _ = robot
    assert peer.set(teach_frames=5) == ['']
    peer.show(frame(GOOD))
    before = len(peer.results)
    peer.ask('five')
    _stream(peer, lambda: len(peer.results) >= before + 5)
    peer.spin(0.3)
    results = peer.results[before:]
    said = [values(result) for result in results]
    assert [(r.level, r.name) for r in results] == [(OK, 'five')] * 5
    assert [(v['taught'], v['wanted']) for v in said] == [(str(i), '5') for i in range(1, 6)]
    assert len({v['stamp'] for v in said}) == len({v['sample'] for v in said}) == 5

    peer.show(frame(GOOD))
    before = len(peer.results)
    peer.ask('first')
    peer.until('one of five', lambda: len(peer.results) == before + 1)
    peer.ask('second')
    _stream(peer, lambda: len(peer.results) >= before + 7)
    peer.spin(0.3)
    cut = [(r.name, r.level) for r in peer.results[before:]]
    assert cut == [('first', OK), ('first', ERROR)] + [('second', OK)] * 5
    assert peer.results[before + 1].message == \
        "taught 1 of 5 frames of 'first', then another request came"
    assert peer.set(teach_frames=1) == ['']
    counts = remembered(memory).counts
    assert (counts['five'], counts['first'], counts['second']) == (5, 1, 5)


def test_a_parameter_that_does_not_exist_is_refused(robot):
    """The sentence is rclpy's own."""
    peer, _, _ = robot
    assert 'undeclared' in peer.set(no_such_parameter=1)[0]


def test_of_several_parameters_the_good_ones_are_taken(robot):
    """A whole number is as good as 2.0, and takes effect."""
    peer, _, _ = robot
    assert [bool(r) for r in peer.set(image_timeout=2, top_k=0, teach_frames=3)] == [
        False, True, False]
    assert peer.set(image_timeout=SILENCE, teach_frames=1) == ['', '']


@pytest.mark.parametrize('values, sentence', [
    ({'false_unknown': 7.0}, 'classifier: false_unknown must lie in 0.0..0.9, not 7.0'),
    ({'top_k': 'many'}, "classifier: top_k must be of type int, not 'many'"),
    ({'roi': 0.5}, 'classifier: roi needs 4 numbers, not 0.5'),
    ({'rule': 'backprop'}, f"classifier: rule must be one of {', '.join(RULES)}, not 'backprop'"),
])
def test_a_bad_value_in_the_parameter_file_ends_the_start(tmp_path, values, sentence):
    """Exit code 1 and one sentence, without a traceback."""
    path = tmp_path / 'bad.yaml'
    path.write_text(json.dumps({'/**': {'ros__parameters': values}}))  # JSON is YAML
    with NodeProcess(tmp_path, fresh_domain(), '--params-file', str(path)) as node:
        assert node.exit_code(STOP) == 1
        assert node.log.strip() == sentence


@pytest.mark.parametrize('words', [
    ('--params-file', '/nowhere/at_all.yaml'), ('-p', 'top_k'), ('--log-level', 'loud')])
def test_a_bad_command_line_ends_the_start_with_one_sentence(tmp_path, words):
    """What rcl cannot read is told without a traceback."""
    with NodeProcess(tmp_path, fresh_domain(), *words) as node:
        assert node.exit_code(STOP) == 1
        assert words[1] in node.log.splitlines()[-1]
        assert 'Traceback' not in node.log
