# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Teaching exactly what was meant and taking it back, over DDS, on one node."""

import json
import os
import subprocess
import sys

from camera_frames import BLUE, frame, GREEN, picture, RED, stamp_of
from domains import fresh_domain
import numpy as np
import pytest
from ros_harness import ERROR, NodeProcess, OK, Peer, remembered, values, WAIT, WARN
from std_msgs.msg import String

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.contents import write_file
from hybrid_snn_ros.memory.database import Head
from hybrid_snn_ros.memory.files import FILE_NAME
from hybrid_snn_ros.memory.record import LESSON, Record

# Publishes ~/teach_frame from a process that has vision_msgs: a line "sec nanosec label" each.
TEACHER = """
import sys, rclpy
from vision_msgs.msg import Classification, ObjectHypothesis
rclpy.init()
node = rclpy.create_node('teacher')
publisher = node.create_publisher(Classification, 'classifier/teach_frame', 100)
for line in sys.stdin:
    while not publisher.get_subscription_count():
        rclpy.spin_once(node, timeout_sec=0.02)
    sec, nanosec, label = line.split()
    message = Classification()
    message.header.stamp.sec, message.header.stamp.nanosec = int(sec), int(nanosec)
    if label != '-':
        message.results.append(ObjectHypothesis(class_id=label))
    publisher.publish(message)
"""


def _comes(peer, pixels, condition):
    """Show a picture until the answer meets a condition: learning anew takes a moment."""
    peer.until('the answer after learning anew', lambda: condition(peer.show(frame(pixels))))


@pytest.fixture
def taught(robot):
    """Yield (peer, memory, node) of a node that knows red, blue and green, a sample each."""
    peer, memory, node = robot
    for label in remembered(memory).labels:
        assert peer.request('forget', label).level == OK
    for label, colour in (('red', RED), ('blue', BLUE), ('green', GREEN)):
        peer.show(frame(picture(colour)))
        assert peer.teach(label)[0].level == OK
    peer.until('the labels', lambda: {
        pair['label'] for pair in peer.known[-1]['labels']} == {'red', 'blue', 'green'})
    return peer, memory, node


def _undo(peer):
    """Wait until ~/labels tells of what is known now; return what Undo and Redo would do."""
    version = int(values(peer.results[-1])['database_version'])
    peer.until('~/labels', lambda: peer.known and peer.known[-1]['database_version'] == version)
    return peer.known[-1]['undo'], peer.known[-1]['redo']


def test_undo_again_and_again_until_nothing_is_left(tmp_path):
    """Each ~/undo takes the last change back, and the answers return to what they were."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0) as node, \
            Peer(domain) as peer:
        for label, colour in (('red', RED), ('blue', BLUE), ('green', GREEN)):
            peer.show(frame(picture(colour)))
            assert peer.teach(label)[0].level == OK
        peer.until('the consolidation', lambda: peer.counters()['consolidated'] == 'yes')
        before = peer.show(frame(picture(RED, 3)))['ranked']  # as it is again a second after Undo
        peer.show(frame(picture(RED, 3)))
        newest = int(values(peer.teach('scarf')[0])['sample'])
        assert peer.show(frame(picture(RED, 3)))['label'] == 'scarf'
        undo, redo = _undo(peer)
        assert (undo['what'], undo['label'], undo['samples'], redo) == ('teach', 'scarf', 1, None)
        response = peer.trigger('undo')
        assert (response.success, response.message) == (
            True, f"sample {newest} of 'scarf' is taken back")
        assert newest not in remembered(memory).samples
        _comes(peer, picture(RED, 3), lambda answer: answer['ranked'] == before)
        assert peer.trigger('redo').message == "1 sample of 'scarf' put back"
        _comes(peer, picture(RED, 3), lambda answer: answer['label'] == 'scarf')
        assert not peer.trigger('redo').success
        for label in ('scarf', 'green', 'blue', 'red'):
            response = peer.trigger('undo')
            assert response.success and label in response.message, response
            assert label not in remembered(memory).labels
        response = peer.trigger('undo')
        assert (response.success, response.message) == (False, 'there is nothing to undo')
        _comes(peer, picture(RED), lambda answer: answer['ranked'] == [])
        assert peer.diagnosis().level == OK  # to ask in vain is no trouble of the memory
        node.end()


def test_undo_is_the_last_thing_done_by_whatever_way_it_came(taught):
    """A course of ~/teach, a press of the page, a forget, a merge, a removal, a rollback."""
    peer, memory, _ = taught
    start = remembered(memory).counts

    def press(label, count, name):
        for seed in range(count):
            shown = frame(picture(RED, 40 + seed))
            peer.show(shown)
            assert peer.command(do='teach', label=label, stamp=_stamp(shown),
                                press=name).level == OK

    def course(label, count):
        assert peer.set(teach_frames=count) == ['']
        peer.teacher.publish(String(data=label))
        before = len(peer.results)
        for seed in range(count):
            peer.show(frame(picture(GREEN, 60 + seed)))
            peer.until('the frame', lambda: len(peer.results) > before + seed)  # noqa: B023
        assert peer.set(teach_frames=1) == ['']

    sample = next(iter(remembered(memory).samples))
    for change, what, label, samples, said in (
            (lambda: press('cup', 30, 'phone.1'), 'teach', 'cup', 30,
             "30 samples of 'cup' are taken back"),
            (lambda: course('leaf', 4), 'teach', 'leaf', 4, "4 samples of 'leaf' are taken back"),
            (lambda: peer.request('forget', 'blue'), 'forget', 'blue', 1,
             "'blue' is known again, with 1 sample"),
            (lambda: peer.request('rename', 'blue=sky'), 'rename', 'blue', 1,
             "'sky' is 'blue' again, with 1 sample"),
            (lambda: peer.request('merge', 'blue=green'), 'merge', 'blue', 1,
             "'blue' is a label of its own again, with 1 sample, apart from 'green'"),
            (lambda: peer.command(do='merge', label='green', to='red'), 'merge', 'green', 1,
             "'green' is a label of its own again, with 1 sample, apart from 'red'"),
            (lambda: peer.request('undo_sample', str(sample)), 'remove', 'red', 1,
             "the sample of 'red' that was removed is back")):
        change()
        after = remembered(memory).counts
        assert after != start
        undo, _ = _undo(peer)
        assert (undo['what'], undo['label'], undo['samples']) == (what, label, samples)
        result = peer.command(do='undo', change=undo['change'] + 1)
        assert (result.level, 'something else was done meanwhile' in result.message) == (
            ERROR, True)
        result = peer.command(do='undo', change=undo['change'])
        assert (result.level, result.message, result.name) == (OK, said, label)
        assert remembered(memory).counts == start
        assert _undo(peer)[1] == undo
        assert peer.command(do='redo', change=undo['change']).level == OK
        assert remembered(memory).counts == after
        assert _undo(peer)[0] == undo
        assert peer.trigger('undo').message == said
        assert remembered(memory).counts == start


def _changes(peer):
    """Return the list of changes, as the node tells it, newest first."""
    result = peer.command(do='changes')
    assert (result.level, result.message) == (
        OK, f"{len(listed := json.loads(values(result)['changes']))} changes")
    return listed


def test_any_change_of_the_list_is_taken_back_and_put_back_on_its_own(tmp_path):
    """However old, also after a restart; the answers follow, and what is in the way is named."""
    memory, domain = tmp_path / 'memory', fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0) as node, \
            Peer(domain) as peer:
        assert _changes(peer) == []
        for label, colour in (('red', RED), ('blue', BLUE), ('green', GREEN)):
            for seed in range(2):
                shown = frame(picture(colour, seed))
                peer.show(shown)
                assert peer.command(do='teach', label=label, stamp=_stamp(shown),
                                    press=f'hold {label}').level == OK
        peer.request('rename', 'blue=sky')
        renamed, green, blue, red = _changes(peer)
        assert [(one['what'], one['label'], one['to'], one['samples'], one['taken_back'])
                for one in (renamed, green, blue, red)] == [
            ('rename', 'blue', 'sky', 2, False), ('teach', 'green', '', 2, False),
            ('teach', 'sky', '', 2, False), ('teach', 'red', '', 2, False)]
        assert {one['source'] for one in (green, blue, red)} == {'command'}
        assert _undo(peer)[0] == {key: value for key, value in renamed.items()
                                  if key != 'taken_back'}, 'Undo is the first row'
        result = peer.command(do='take_back', change=red['change'])
        assert (result.level, result.message, result.name) == (
            OK, "2 samples of 'red' are taken back", 'red')
        assert values(result)['change'] == str(red['change'])
        assert remembered(memory).counts == {'sky': 2, 'green': 2}
        _comes(peer, picture(RED), lambda answer: 'red' not in dict(answer['ranked']))
        peer.request('forget', 'green')
        assert _changes(peer)[2]['obstacle'] == {'why': 'later', 'label': '', 'by': {
            key: value for key, value in _changes(peer)[0].items() if key != 'taken_back'}}
        result = peer.command(do='take_back', change=green['change'])
        assert (result.level, "'green' was forgotten (2 samples)" in result.message) == (
            ERROR, True)
        node.end()
    with NodeProcess(tmp_path, domain, memory=str(memory), min_change=0.0,
                     image_timeout=600.0) as node, Peer(domain) as peer:
        assert peer.diagnosis().level == OK
        listed = _changes(peer)
        assert [(one['change'], one['what'], one['taken_back']) for one in listed] == [
            (listed[0]['change'], 'forget', False), (renamed['change'], 'rename', False),
            (green['change'], 'teach', False), (blue['change'], 'teach', False),
            (red['change'], 'teach', True)]
        assert peer.command(do='put_back', change=red['change']).message == (
            "2 samples of 'red' put back")
        assert peer.command(do='take_back', change=renamed['change']).message == (
            "'sky' is 'blue' again, with 2 samples")
        _comes(peer, picture(RED), lambda answer: answer['label'] == 'red')
        assert remembered(memory).counts == {'red': 2, 'blue': 2}
        assert peer.command(do='take_back', change=listed[0]['change']).level == OK
        assert remembered(memory).counts == {'red': 2, 'blue': 2, 'green': 2}
        for do, change, said in (
                ('take_back', 999, 'there is no change 999'),
                ('put_back', red['change'], 'is not taken back'),
                ('take_back', 0, 'name a change by its id')):
            result = peer.command(do=do, change=change)
            assert result.level == ERROR and said in result.message, result
        result = peer.command(do='put_back')
        assert result.message.startswith('put_back needs the id of a "change"')
        assert peer.set(learning=False) == ['']
        assert len(_changes(peer)) == 5, 'to look changes nothing'
        assert peer.command(do='put_back', change=red['change']).level == ERROR
        node.end()


def test_the_list_of_changes_ends_at_fifty(taught):
    peer, _, _ = taught
    peer.show(frame(picture(RED, 90)))
    assert peer.teach('name 0')[0].level == OK
    for number in range(55):
        assert peer.request('rename', f'name {number}=name {number + 1}').level == OK
    listed = _changes(peer)
    assert len(listed) == 50
    assert [one['to'] for one in listed] == [f'name {number}' for number in range(55, 5, -1)]


def test_undo_of_one_sample_by_its_id(taught):
    """The other samples stay; what is no id is said to be none."""
    peer, memory, _ = taught
    second = list(remembered(memory).samples)[1]
    result = peer.request('undo_sample', f' {second} ')
    assert (result.level, result.name) == (OK, 'blue')
    assert values(result)['sample'] == str(second)
    assert remembered(memory).labels == ['red', 'green']
    result = peer.request('undo_sample', str(second))
    assert (result.level, result.message) == (ERROR, f'there is no sample {second}')
    for text in ('', 'blue', '0', '-1', '1.5', '9' * 19, '9' * 5000, 'x' * 100_000):
        result = peer.request('undo_sample', text)
        assert (result.level, result.message[:31]) == (ERROR, 'name a sample by its id, not by')
        assert len(result.message) < 200
    assert remembered(memory).labels == ['red', 'green']
    assert peer.show(frame(picture(GREEN)))['label'] == 'green'


def test_forget_and_rename_and_merge(taught):
    """Names in ~/labels follow; a rename onto a known label is refused, a merge makes them one."""
    peer, memory, _ = taught
    result = peer.request('forget', ' blue\n')
    assert (result.level, result.message) == (OK, "'blue' is forgotten (1 sample)")
    _comes(peer, picture(BLUE), lambda answer: 'blue' not in dict(answer['ranked']))
    result = peer.request('rename', 'red=Äpfel & Birnen')
    assert (result.level, result.name) == (OK, 'Äpfel & Birnen')
    _comes(peer, picture(RED), lambda answer: answer['label'] == 'Äpfel & Birnen')
    before = remembered(memory)
    result = peer.request('rename', 'Äpfel & Birnen=green')
    assert (result.level, result.message) == (ERROR, (
        "'green' is a label already, with 1 sample; to put the 1 sample of 'Äpfel & Birnen' into "
        'it, merge the two (~/merge)'))
    assert remembered(memory).version == before.version
    result = peer.request('merge', 'Äpfel & Birnen=green')
    assert result.message == "'Äpfel & Birnen' is part of 'green' now, which has 2 samples"
    assert remembered(memory).counts == {'green': 2}
    for colour in (RED, GREEN):
        _comes(peer, picture(colour), lambda answer: (
            [label for label, _ in answer['ranked']] == ['green']))
    peer.until('the names', lambda: peer.known[-1]['labels'] == [
        {'label': 'green', 'samples': 2}])
    for topic, text, reason in (
            ('forget', 'blue', "nothing was taught as 'blue'"),
            ('forget', '', 'a label needs at least one character that can be seen'),
            ('rename', 'blue=red', "nothing was taught as 'blue'"),
            ('rename', 'green=green', "'green' has that name already"),
            ('rename', 'green', "rename takes 'old=new', not 'green'"),
            ('merge', 'green', "merge takes 'old=new', not 'green'"),
            ('merge', 'green=blue', "nothing was taught as 'blue': to give 'green' that name, "
             'rename it'),
            ('merge', 'blue=green', "nothing was taught as 'blue'"),
            ('merge', 'green=green', "'green' has that name already"),
            ('rename', 'green=', 'a label needs at least one character that can be seen'),
            ('rename', 'green=unknown', "'unknown' is the answer for what was never taught, not "
             "a label; teach 'other' for what needs no name, 'nothing' for an empty scene")):
        result = peer.request(topic, text)
        assert (result.level, result.message) == (ERROR, reason)
    assert remembered(memory).counts == {'green': 2}
    assert peer.diagnosis().level == OK


def test_rollback_returns_to_what_was_saved_before(taught):
    """What was known when ~/save was called is known again; the version rises all the same."""
    peer, memory, _ = taught
    peer.show(frame(picture(RED)))
    assert peer.save().success
    saved = remembered(memory)
    peer.show(frame(picture(RED, 4)))
    assert peer.teach('mistake')[0].level == OK
    assert peer.request('forget', 'green').level == OK
    response = peer.trigger('rollback')
    assert (response.success, response.message) == (
        True, f'what was known at version {saved.version} is known again')
    now = remembered(memory)
    assert (now.counts, now.version) == (saved.counts, saved.version + 3)
    _comes(peer, picture(GREEN), lambda answer: answer['label'] == 'green')
    assert 'mistake' not in dict(peer.show(frame(picture(RED, 4)))['ranked'])


def test_every_command_in_json_is_answered_with_its_id(taught):
    """One topic for programs: what is asked, what became of it, under the asker's own id."""
    peer, memory, _ = taught
    peer.show(frame(picture(RED, 2)))
    for number, (fields, label, said) in enumerate((
            ({'do': 'teach', 'label': 'cup'}, 'cup', "'cup' has 1 sample, saved"),
            ({'do': 'save'}, '', 'everything taught is on disk'),
            ({'do': 'rename', 'label': 'cup', 'to': 'a=b'}, 'a=b',
             "'cup' is 'a=b' now, with 1 sample"),
            ({'do': 'undo'}, 'cup', "'a=b' is 'cup' again, with 1 sample"),
            ({'do': 'redo'}, 'cup', "'cup' is 'a=b' again, with 1 sample"),
            ({'do': 'undo', 'sample': list(remembered(memory).samples)[0]}, 'red', 'taken back'),
            ({'do': 'forget', 'label': 'blue'}, 'blue', 'is forgotten'),
            ({'do': 'rollback', 'version': 1}, '', 'known at version 1 is known again'),
            ({'do': 'undo'}, '', 'the return to version 1 is taken back'),
            ({'do': 'rollback'}, '', 'is known again'))):
        result = peer.command(id=f'é {number}', **fields)
        assert (result.level, result.name) == (OK, label), result
        assert said in result.message
        assert values(result)['id'] == f'é {number}'
        assert values(result)['operation'] == fields['do']
        assert values(result)['database_version'] == str(remembered(memory).version)


def test_any_record_is_taken_back_by_its_number(taught):
    """A forget that other things were done after; and a label that looks like another one."""
    peer, memory, _ = taught
    forgotten = values(peer.request('forget', 'green'))['database_version']
    peer.show(frame(picture(GREEN, 8)))
    said, = peer.teach('RED')
    assert said.message == "'RED' has 1 sample, saved; 'red' differs in case or width only"
    assert peer.command(do='undo', record=int(forgotten)).message == (
        f'record {forgotten} is taken back')
    assert remembered(memory).counts == {'red': 1, 'blue': 1, 'green': 1, 'RED': 1}
    result = peer.command(do='undo', record=int(forgotten))
    assert (result.level, 'is taken back already' in result.message) == (ERROR, True)
    assert peer.trigger('undo').success
    assert 'green' not in remembered(memory).counts


@pytest.mark.parametrize('text, reason', [
    ('', 'a command must be JSON: '),
    ('{"do": ', 'a command must be JSON: '),
    ('[' * 4000, 'a command must be JSON: '),
    ('["undo"]', 'a command must be a JSON object'),
    ('{}', 'a command\'s "do" must be one of teach, name, draw, complete, empty, hold, answer, '
     'split, relabel, pictures, changes, undo, redo, take_back, put_back, forget, rename, merge, '
     'rollback, save, not '),
    ('{"do": "explode", "id": "7"}', "save, not 'explode'"),
    (json.dumps({'do': 'x' * 4000, 'id': '7'}), 'a command\'s "do" must be one of'),
    (json.dumps({'do': 'teach', 'label': 'x' * 4096}), 'a command may have at most 4096 bytes'),
    ('{"do": "teach", "id": "7"}', 'this command needs a "label", a text'),
    ('{"do": "teach", "label": 5, "id": "7"}', 'this command needs a "label", a text'),
    ('{"do": "rename", "label": "red", "id": "7"}', 'this command needs a "to", a text'),
    ('{"do": "forget", "label": "\\ud800", "id": "7"}', 'control characters'),
    ('{"do": "undo", "id": "\\ud800"}', 'must be text of at most 64 bytes'),
    ('{"do": "undo", "id": 7}', 'must be text of at most 64 bytes'),
    (json.dumps({'do': 'undo', 'id': 'é' * 33}), 'must be text of at most 64 bytes'),
    ('{"do": "undo", "sample": 0, "id": "7"}', 'name a sample by its id, not by 0'),
    ('{"do": "undo", "sample": true, "id": "7"}', 'by its id, not by True'),
    ('{"do": "undo", "sample": null, "id": "7"}', 'by its id, not by None'),
    ('{"do": "undo", "sample": ' + '9' * 3000 + ', "id": "7"}', 'by its id, not by 999'),
    ('{"do": "undo", "change": 0, "id": "7"}', 'name a change by its id, not by 0'),
    ('{"do": "redo", "change": "x", "id": "7"}', "name a change by its id, not by 'x'"),
    ('{"do": "undo", "record": 0, "id": "7"}', 'name a record by its number, not by 0'),
    ('{"do": "rollback", "version": "x", "id": "7"}', "whole number from 0, not 'x'"),
    ('{"do": "rollback", "version": -1, "id": "7"}', 'whole number from 0, not -1'),
    ('{"do": "rollback", "version": 9999, "id": "7"}', 'there is no state 9999 to return to'),
    ('{"do": "undo", "change": 1, "sample": 1, "id": "7"}', 'not both'),
    ('{"do": "merge", "label": "red", "id": "7"}', 'this command needs a "to", a text'),
    ('{"do": "teach", "label": "x", "press": 5, "id": "7"}', '"press" must be text of at most 64'),
    (json.dumps({'do': 'teach', 'label': 'x', 'press': 'é' * 33, 'id': '7'}), '"press" must be'),
    ('{"do": "teach", "label": "x", "stamp": 5, "id": "7"}', '"stamp" must hold "sec" and'),
    ('{"do": "teach", "label": "x", "stamp": {"sec": 1.5, "nanosec": 0}, "id": "7"}',
     'must hold whole numbers'),
    ('{"do": "teach", "label": "x", "stamp": {"sec": -1, "nanosec": 0}, "id": "7"}',
     'must hold numbers from 0'),
])
def test_a_command_that_cannot_be_understood_is_answered_in_one_sentence(robot, text, reason):
    """Nothing changes, the id is handed back where it could be read, the node lives on."""
    peer, memory, _ = robot
    before = remembered(memory).version
    result = peer.request('command', text)
    assert result.level == ERROR
    assert reason in result.message
    assert len(result.message) < 300 and '\n' not in result.message
    assert values(result)['id'] == ('7' if '"id": "7"' in text else '')
    assert remembered(memory).version == before
    assert peer.show(frame(picture(RED)))['label']


def _stamp(message):
    return {'sec': message.header.stamp.sec, 'nanosec': message.header.stamp.nanosec}


def test_a_frame_is_taught_by_its_stamp_and_counts_once(taught):
    """Newer frames came meanwhile; an acknowledgement that got lost may be asked for again."""
    peer, memory, _ = taught
    meant = frame(picture(RED, 6))
    peer.show(meant)
    for seed in range(3):
        last = frame(picture(BLUE, seed))
        peer.show(last)
    results = [peer.command(do='teach', label='cup', stamp=_stamp(meant), id=str(number))
               for number in range(3)]
    assert {result.level for result in results} == {OK}
    assert len({values(result)['sample'] for result in results}) == 1
    assert {values(result)['samples'] for result in results} == {'1'}
    assert results[1].message == f'that frame is sample {values(results[0])["sample"]} already'
    state = remembered(memory)
    assert state.counts['cup'] == 1
    assert state.samples[max(state.samples)].stamp == stamp_of(meant)
    assert peer.show(frame(picture(RED, 6)))['label'] == 'cup'

    result = peer.command(do='teach', label='mug', stamp=_stamp(meant))
    assert (result.level, result.message) == (
        ERROR, "that frame was taught as 'cup'; take that back first")
    assert peer.diagnosis().level == OK
    result = peer.command(do='teach', label='cup', stamp={'sec': 5, 'nanosec': 7})
    assert result.level == ERROR
    assert result.message.startswith('no frame 5.000000007 is at hand; the last ')
    assert values(result)['stamp'] == '5.000000007'

    assert peer.set(recent_frames=2) == ['']
    shown = [frame(picture(GREEN, seed)) for seed in range(3)]
    for message in shown:
        peer.show(message)
    result = peer.command(do='teach', label='leaf', stamp=_stamp(shown[0]))
    assert result.message == (
        f'no frame {stamp_of(shown[0])} is at hand; the last 2 frames run from '
        f'{stamp_of(shown[1])} to {stamp_of(shown[2])}')
    assert peer.command(do='teach', label='leaf', stamp=_stamp(shown[1])).level == OK
    assert peer.set(recent_frames=300) == ['']


def test_a_bag_that_loops_makes_old_stamps_unknown(taught):
    """Stamps that jump back mean other frames from now on; those at hand are the new ones."""
    peer, memory, _ = taught

    def play(colour, *seconds):
        for sec in seconds:
            message = frame(picture(colour, 7))
            message.header.stamp.sec, message.header.stamp.nanosec = sec, 5
            peer.answers.pop((sec, 5), None)
            peer.show(message)
    play(RED, 100, 101, 102)
    play(BLUE, 100)
    result = peer.command(do='teach', label='late', stamp={'sec': 102, 'nanosec': 5})
    assert (result.level, 'the last 1 frames run from 100.000000005' in result.message) == (
        ERROR, True), result.message
    result = peer.command(do='teach', label='sky', stamp={'sec': 100, 'nanosec': 5})
    assert result.level == OK
    assert peer.show(frame(picture(BLUE, 7)))['label'] == 'sky'
    # A simulator that starts anew at the same times shows another picture: that is no repeat.
    play(GREEN, 100)
    assert peer.teach('moss')[0].message == "'moss' has 1 sample, saved"
    assert remembered(memory).counts['sky'] == 1


def test_a_camera_that_does_not_stamp_its_frames_can_be_taught(taught):
    """Stamp zero names no frame, so two of them are not one."""
    peer, memory, _ = taught
    for colour, label in ((RED, 'hot'), (BLUE, 'cold'), (GREEN, 'hot')):
        message = frame(picture(colour, 8))
        message.header.stamp.sec = message.header.stamp.nanosec = 0
        peer.answers.pop((0, 0), None)
        peer.show(message)
        assert peer.teach(label)[0].level == OK
    counts = remembered(memory).counts
    assert (counts['hot'], counts['cold']) == (2, 1)


def test_a_still_camera_is_no_evidence(taught):
    """What is nearly a sample of its label is skipped, and said to be: WARN."""
    peer, memory, _ = taught
    assert peer.set(min_change=0.02) == ['']
    peer.show(frame(picture(RED)))
    assert peer.teach('mug')[0].level == OK
    before = remembered(memory).version
    peer.show(frame(picture(RED)))
    result, = peer.teach('mug')
    assert peer.set(min_change=0.0) == ['']
    newest = max(remembered(memory).samples)
    assert (result.level, result.message) == (
        WARN, f'that frame is nearly sample {newest} again (change 0.000, min_change 0.02)')
    assert values(result)['sample'] == str(newest)
    assert remembered(memory).version == before


def test_labels_that_cannot_be_seen_are_not_taught_and_old_ones_are_got_rid_of(tmp_path):
    """Over every topic; of two that look the same the one that was meant."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    memory.mkdir()
    old = ['mug', 'mug\u200b', '\u200b', 'unknown\u00ad', 'red\u3000cup', 'b\u2060ox', 'box']
    write_file(memory / FILE_NAME, Head(Classifier().frame_encoder.fingerprint, 'ab' * 16), [
        Record(number, 'ab' * 16, number, LESSON, 'teach', number, 1.5, 'teach', text=label,
               codes=np.random.default_rng(number).integers(0, 256, 1280, dtype=np.uint8))
        for number, label in enumerate(old, 1)], {})
    with NodeProcess(tmp_path, domain, memory=str(memory)) as node, Peer(domain) as peer:
        peer.show(frame(picture(RED)))
        for text in ('\u200b', 'unknown\u200b', 'ｕｎｋｎｏｗｎ', '\ufeff\u2800'):
            assert peer.teach(text)[0].level == ERROR
            assert peer.command(do='teach', label=text).level == ERROR
            assert peer.command(do='rename', label='mug', to=text).level == ERROR
        for result, name in ((peer.request('forget', '\u200b'), '\u200b'),
                             (peer.request('forget', 'mug\u200b'), 'mug\u200b'),
                             (peer.command(do='forget', label='unknown\u00ad'), 'unknown\u00ad'),
                             (peer.request('merge', 'red cup=mug\u200d'), 'mug'),
                             (peer.command(do='rename', label='b\u2060ox', to=' crate'), 'crate')):
            assert (result.level, result.name) == (OK, name), result
        assert remembered(memory).counts == {'mug': 2, 'crate': 1, 'box': 1}
        result = peer.request('forget', '\u200b')
        assert (result.level, 'can be seen' in result.message) == (ERROR, True)
        assert _taught(peer, '\ufeffbox\u200b').name == 'box'
        assert remembered(memory).counts == {'mug': 2, 'crate': 1, 'box': 2}
        assert peer.diagnosis().level == OK, 'a text that is no label is no trouble of the memory'
        node.end()


def _taught(peer, label):
    peer.show(frame(picture(GREEN)))
    result, = peer.teach(label)
    assert result.level == OK, result
    return result


def test_teach_frame_labels_the_frame_whose_header_it_carries(vision_msgs, tmp_path):
    """By vision_msgs/Classification, as a labelled bag has it; one without a label is refused."""
    domain, memory = fresh_domain(), tmp_path / 'memory'
    environment = {**os.environ, **vision_msgs, 'ROS_DOMAIN_ID': str(domain)}
    with NodeProcess(tmp_path, domain, memory=str(memory), environment=vision_msgs) as node, \
            Peer(domain) as peer:
        meant = frame(picture(RED))
        for message in (meant, frame(picture(BLUE)), frame(picture(GREEN))):
            peer.show(message)
        teacher = subprocess.Popen([sys.executable, '-c', TEACHER], env=environment, text=True,
                                   stdin=subprocess.PIPE, start_new_session=True)
        try:
            stamp = meant.header.stamp
            for label in ('mug', '-', 'mug'):
                teacher.stdin.write(f'{stamp.sec} {stamp.nanosec} {label}\n')
            teacher.stdin.flush()
            peer.until('three results', lambda: len(peer.results) == 3)
        finally:
            teacher.kill()
            teacher.wait(timeout=WAIT)
        assert sorted((result.message, result.level) for result in peer.results) == [
            ("'mug' has 1 sample, saved", OK),
            ('a label needs at least one character that can be seen', ERROR),
            ('that frame is sample 1 already', OK)]
        sample = remembered(memory).samples[1]
        assert (sample.stamp, sample.source) == (stamp_of(meant), 'teach_frame')
        node.end()
