# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which frames of a bag are taught, under which label, and what is said of those that are not."""

from collections import Counter
import re

from bag_samples import (
    BLUE,
    CLASSIFICATION,
    file_of,
    GREEN,
    IMAGE,
    recorded,
    RED,
    run,
    scene,
    shown,
)
from crops import crop_message
import numpy as np
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.evaluation.bag_source import load_bag
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.vision import bags
from hybrid_snn_ros.vision.frames import FrameError

pytest.importorskip('ai_edge_litert', reason='no TFLite runtime is installed')
pytest.importorskip('rosbags', reason='rosbags is not installed')
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
LONG = 'x' * 65


@pytest.fixture
def teach(tmp_path, capsys):
    """Return a function that teaches a memory; it returns exit code, stdout and stderr."""
    def taught(bag, *words, change=0):
        code = main(['teach', str(bag), '-m', str(tmp_path / 'memory'), '--min-change',
                     str(change), *words])
        said = capsys.readouterr()
        return code, said.out, said.err
    return taught


@pytest.fixture
def counts(tmp_path):
    """Return a function: how many samples of each label are in that memory."""
    return lambda: read_store(tmp_path / 'memory').state.counts


@pytest.fixture(scope='module')
def facade():
    return Classifier()


def turns(labels, colours, stamps):
    """Return what to record: a label before every frame."""
    said = []
    for place, stamp in enumerate(stamps):
        said += [labels[place % len(labels)], (stamp, scene(colours[place % len(colours)], place))]
    return said


# -- which frame is which --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize('storage', ['MCAP', 'SQLITE3'])
@pytest.mark.parametrize('stamps', [
    [(0, 0)] * 6,  # a camera that stamps nothing
    [(5, 7)] * 6,  # one whose clock stands still
    [(0, 1)] * 6,
    [(1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (3, 0)],  # one that is ahead of its clock
    [(1, 0), (2, 0), (3, 0), (1, 0), (2, 0), (3, 0)],  # a simulation that began again
    [(0, 0), (1, 0), (0, 0), (1, 0), (0, 0), (1, 0)],
    [(9, 0), (8, 0), (7, 0), (9, 0), (0, 0), (7, 0)],
])
def test_frames_that_differ_are_different_frames_whatever_their_stamps(
        stamps, storage, teach, counts, tmp_path):
    bag = recorded(tmp_path / 'bag', turns(['red', 'green'], [RED, GREEN], stamps), storage)
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0, err
    assert counts() == {'red': 3, 'green': 3} and 'left out' not in out
    named = [s.stamp for s in read_store(tmp_path / 'memory').state.samples.values() if s.stamp]
    assert sorted(named) == sorted({f'{s}.{n:09d}' for s, n in stamps if (s, n) != (0, 0)})


@pytest.mark.slow
@pytest.mark.parametrize('first', [(0, 0), (0, 1), (1, 0)])
def test_runs_of_a_simulation_are_taught_one_after_the_other(first, teach, counts, tmp_path):
    """Their clocks all begin at 0; and the same run again counts once, as far as it has stamps."""
    stamps = [first] + [(2 + n, 0) for n in range(4)]
    runs = [recorded(tmp_path / str(number), shown(colour, stamps, 10 * number))
            for number, colour in enumerate((RED, GREEN, RED, BLUE))]
    for bag, label in zip(runs, ('red', 'green', 'red', 'blue')):
        code, out, err = teach(bag, '--label', label)
        assert code == 0 and '5 frames of 1 labels taught' in out, err
    assert counts() == {'red': 10, 'green': 5, 'blue': 5}
    code, out, err = teach(runs[0], '--label', 'red')
    repeats = 5 - (first == (0, 0))
    assert code == 0 and counts()['red'] == 15 - repeats
    assert f'left out: {repeats} (taught before): ' in out and out.count('left out') == 1


def test_a_frame_taught_as_something_else_is_left_out_and_the_rest_goes_on(
        teach, counts, tmp_path):
    frames = shown(RED, [(n, 5) for n in range(1, 9)])
    assert teach(recorded(tmp_path / 'one', frames[:4]), '--label', 'red')[0] == 0
    whole = recorded(tmp_path / 'two', frames)
    code, out, err = teach(whole, '--label', 'crimson')
    assert code == 0, err
    assert counts() == {'red': 4, 'crimson': 4} and '4 frames of 1 labels taught' in out
    assert ('left out: 4 (taught under another label before; take that back first): 1.000000005 '
            "(as 'red', now it is to be 'crimson'), 2.000000005 (") in out
    # What cannot be taught at all ends in an error, after all of it was tried.
    code, out, err = teach(whole, '--label', 'scarlet')
    assert code == 1 and 'left out: 8 (taught under another label before' in out
    assert '0 frames' in out and 'holds nothing that can be taught' in err
    assert counts() == {'red': 4, 'crimson': 4}


def test_a_frame_that_is_named_twice_in_a_bag_is_one_conflict(teach, counts, tmp_path):
    same = scene(RED, 1)
    bag = recorded(tmp_path / 'bag', [
        'red', ((1, 0), same), 'green', ((1, 0), same), ((2, 0), scene(GREEN, 2)),
        'red', ((1, 0), same)])
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0 and counts() == {'red': 1, 'green': 1}, err
    assert "take that back first): 1.000000000 (as 'red', now it is to be 'green')" in out
    assert 'left out: 1 (taught before): 1.000000000' in out


def test_many_frames_left_out_are_a_line(teach, counts, tmp_path):
    still = scene(RED, 1)
    bag = recorded(tmp_path / 'bag', [((n, 0), still) for n in range(1, 61)])
    code, out, err = teach(bag, '--label', 'mug', change=0.02)
    assert code == 0 and counts() == {'mug': 1}, err
    assert ('left out: 59 (nearly the same as another one of its label): 2.000000000, '
            '3.000000000, 4.000000000, 5.000000000, 6.000000000, and 54 more') in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize('change', ['-0.1', '1.5', 'nan', 'inf'])
def test_a_change_that_cannot_be_is_refused(change, teach, tmp_path):
    bag = recorded(tmp_path / 'bag', shown(RED, [(1, 0)]))
    code, _, err = teach(bag, '--label', 'mug', f'--min-change={change}')
    assert code == 1 and 'min_change must lie in [0, 1]' in err


# -- what was said ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize('storage', ['MCAP', 'SQLITE3'])
@pytest.mark.parametrize('word', [
    'unknown', 'Unknown', 'UNKNOWN', ' unKnown ', 'unknown\n', '\tunknown', '', '  '])
def test_unknown_means_that_nobody_said_anything(word, storage, facade, teach, counts, tmp_path):
    stamps = iter([(n, 0) for n in range(1, 20)])
    bag = recorded(tmp_path / 'bag', [
        ((99, 0), scene(BLUE, 9)), 'mug', *shown(RED, [next(stamps) for _ in range(3)]),
        word, *shown(BLUE, [next(stamps) for _ in range(3)], 10),
        'duck', *shown(GREEN, [next(stamps) for _ in range(3)], 20)], storage)
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0 and counts() == {'mug': 3, 'duck': 3}, err
    assert ('left out: 4 (no one said what they show): 99.000000000, 4.000000000, 5.000000000, '
            '6.000000000') in out
    remarks = []
    data = load_bag(bag, facade, labels='/label', remark=remarks.append)
    assert data.class_names == ['mug', 'duck'] and len(data.train) + len(data.test) == 6
    assert len(remarks) == 1
    assert remarks[0].startswith(f'{bag}: left out: 4 (no one said what they show): 99.000000000')


@pytest.mark.parametrize('word, reason', [
    (LONG, 'a label may be 64 bytes long in UTF-8, this one has 65'),
    ('é' * 33, 'a label may be 64 bytes long in UTF-8, this one has 66'),
    ('a mug\nand a duck', 'a label must not hold control characters or line breaks'),
    ('\x1b[31mmug', 'a label must not hold control characters or line breaks'),
    ('mug\0', 'a label must not hold control characters or line breaks'),
    ('mug\u2028duck', 'a label must not hold control characters or line breaks'),
])
def test_what_cannot_be_a_label_is_left_out_and_the_rest_goes_on(
        word, reason, facade, teach, counts, tmp_path):
    bag = recorded(tmp_path / 'bag', [
        'mug', *shown(RED, [(1, 0), (2, 0)]), word, *shown(BLUE, [(3, 0), (4, 0)], 10),
        'duck', *shown(GREEN, [(5, 0), (6, 0)], 20)])
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0 and counts() == {'mug': 2, 'duck': 2}, err
    [line] = [line for line in out.splitlines() if line.startswith('left out: 2 (')]
    assert reason in line and line.isprintable()
    remarks = []
    load_bag(bag, facade, labels='/label', remark=remarks.append)
    assert len(remarks) == 1 and ': left out: 2 (' in remarks[0] and reason in remarks[0]


def labels_of(path):
    return [(frame.label, frame.trouble) for frame in
            bags.frames(path, label_topic='/label')[1]]


NO_STAMP = 'it has no stamp by which it could be named'
SEVERAL = 'several frames have its stamp, and are named differently'


@pytest.mark.parametrize('said, labels', [
    # any time, in any order; the last word counts
    ('f1 f2 2mug 1duck f3', ['duck', 'mug', '']),
    ('1mug 2mug f1 f2', ['mug', 'mug']),
    ('f1 1mug f2 1duck', ['duck', '']),
    # a clock that began anew: a label means the frame that came before it
    ('f1 1mug f2 2mug f1 1duck f2', ['mug', 'mug', 'duck', '']),
    ('f1 f2 2mug f1 f2 1duck 2duck', ['', 'mug', 'duck', 'duck']),
    ('f5 5mug f1 1duck f5', ['mug', 'duck', '']),
    # no stamps: what is said names no frame
    ('f0 0mug f0 0duck f1 1cup', [NO_STAMP, NO_STAMP, 'cup']),
    # stamps that stand still
    ('f3 3mug f3 3mug', ['mug', 'mug']),
    ('f3 3mug f3 3duck f4 4cup', [SEVERAL, SEVERAL, 'cup']),
])
def test_a_classification_names_the_frame_whose_stamp_it_carries(said, labels, tmp_path):
    messages = [((int(word[1:]), 0), scene(RED, place)) if word[0] == 'f' else
                ((int(word[0]), 0), word[1:]) for place, word in enumerate(said.split())]
    for storage in ('MCAP', 'SQLITE3'):
        bag = recorded(tmp_path / storage, messages, storage, teller=CLASSIFICATION)
        assert [why or label for label, why in labels_of(bag)] == labels


def test_unknown_is_no_class_either(teach, counts, tmp_path):
    bag = recorded(tmp_path / 'bag', [
        *shown(RED, [(n, 0) for n in range(1, 5)]), ((1, 0), 'mug'), ((2, 0), 'Unknown'),
        ((3, 0), LONG), ((4, 0), 'mug')], teller=CLASSIFICATION)
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0 and counts() == {'mug': 2}, err
    assert 'left out: 1 (no one said what they show): 2.000000000' in out
    assert 'this one has 65): 3.000000000' in out


def test_definitions_that_an_early_bag_lacks_are_known(tmp_path):
    import sqlite3
    bag = recorded(tmp_path / 'bag', [*shown(RED, [(1, 0)]), ((1, 0), 'mug')], 'SQLITE3',
                   teller=CLASSIFICATION)
    with sqlite3.connect(file_of(bag)) as early:
        early.execute('DROP TABLE schema')
        early.execute('DROP TABLE message_definitions')
    early.close()
    assert labels_of(bag) == [('mug', '')]


# -- frames that cannot be used --------------------------------------------------------------


def raw(encoding, height=120, width=160, step=480, size=57600):
    return IMAGE, lambda types, header, pixels: types[IMAGE](
        header, height, width, encoding, 0, step, np.zeros(size, np.uint8))


def compressed(form, data):
    return COMPRESSED, lambda types, header, pixels: types[COMPRESSED](
        header, form, np.frombuffer(data, np.uint8))


@pytest.mark.slow
@pytest.mark.parametrize('kind, image', [
    raw('32FC1', step=640, size=76800), raw('bayer16'), raw('no such thing'), raw(''),
    raw('\x1b[31m'), raw('rgb8', step=0), raw('rgb8', step=479), raw('rgb8', size=57599),
    raw('rgb8', size=0), raw('rgb8', height=0), raw('mono8', width=0),
    raw('rgb8', width=2**31, step=2**32 - 1), compressed('jpeg', b'no picture'),
    compressed('jpeg', b'\xff\xd8\xff\xe0 broken'), compressed('h264', b'\0\0\0\1'),
    compressed('png', b'')])
@pytest.mark.parametrize('labels', [['--label', 'mug'], ['--labels', '/label']])
def test_the_reason_of_the_node_is_passed_on(kind, image, labels, facade, teach, tmp_path):
    bag = recorded(tmp_path / 'bag', ['mug', *shown(RED, [(1, 0), (2, 0)])], kind=kind,
                   image=image)
    frame = next(bags.frames(bag)[1])
    with pytest.raises(FrameError) as why:
        crop_message(frame.message, frame.compressed, 224)
    code, out, err = teach(bag, *labels)
    assert code == 1 and 'holds nothing that can be taught' in err
    assert f'left out: 2 ({why.value}): 1.000000000, 2.000000000' in out.splitlines()
    if '--labels' in labels:
        remarks = []
        with pytest.raises(SourceError, match='holds no frame that can be read and has a label'):
            load_bag(bag, facade, labels='/label', remark=remarks.append)
        assert remarks == [f'{bag}: left out: 2 ({why.value}): 1.000000000, 2.000000000']


@pytest.mark.slow
def test_the_commands_say_it_too(tmp_path):
    """As users run them: in a process of its own, on stdout and stderr."""
    def every_second(types, header, pixels):
        encoding = 'bayer16' if header.stamp.sec % 2 else 'rgb8'
        return types[IMAGE](header, *pixels.shape[:2], encoding, 0, 480, pixels.reshape(-1))
    bag = recorded(tmp_path / 'bag', [
        'mug', *shown(RED, [(n, 0) for n in range(1, 9)]), 'unknown',
        *shown(BLUE, [(9, 0)]), 'duck', *shown(GREEN, [(n, 0) for n in range(10, 18)], 20)],
        image=every_second)
    code, out, err = run('teach', bag, '--labels', '/label', '-m', tmp_path / 'm',
                         '--min-change', '0')
    assert code == 0 and '8 frames of 2 labels taught' in out, err
    assert "left out: 8 (the frame has encoding 'bayer16'; supported are " in out
    assert 'left out: 1 (no one said what they show): 9.000000000' in out
    code, out, err = run('evaluate', bag, '--labels', '/label', '--orders', '1')
    assert code == 0, err
    assert "left out: 8 (the frame has encoding 'bayer16'; supported are" in err
    assert 'left out: 1 (no one said what they show)' in err


@pytest.mark.parametrize('name', ['gone.mcap', 'gone', 'gone/metadata.yaml', 'gone.npz'])
def test_evaluate_says_that_there_is_none(name, tmp_path, capsys):
    path = str(tmp_path / name)
    assert main(['evaluate', path, '--labels', '/label']) == 2
    assert capsys.readouterr().err.strip() == f'hybrid-snn evaluate: there is no {path}'


def test_reasons_that_all_differ_are_not_a_line_each(teach, tmp_path):
    def each_another(types, header, pixels):
        return types[IMAGE](header, *pixels.shape[:2], f'junk{header.stamp.sec}', 0, 480,
                            pixels.reshape(-1))
    bag = recorded(tmp_path / 'bag', shown(RED, [(n, 0) for n in range(1, 31)]),
                   image=each_another)
    code, out, err = teach(bag, '--label', 'mug')
    assert code == 1 and out.count('left out: ') == 11
    assert 'left out: 20 (many other reasons): 11.000000000, ' in out


def broken(bag, text, place=0):
    """Make the message in which a text stands one that cannot be read."""
    content = file_of(bag).read_bytes()
    found = [match.start() for match in re.finditer(re.escape(text), content)][place]
    # The length of the text is what a reader stumbles over.
    file_of(bag).write_bytes(content[:found - 4] + b'\xff\xff\xff\x7f' + content[found:])


@pytest.mark.parametrize('storage', ['MCAP', 'SQLITE3'])
@pytest.mark.parametrize('place', [0, 1, 3])
def test_a_damaged_message_costs_one_frame(place, storage, facade, teach, counts, tmp_path):
    bag = recorded(tmp_path / 'bag', ['mug', *shown(RED, [(n, 0) for n in range(1, 5)])], storage)
    broken(bag, b'rgb8\0', place)
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0 and counts() == {'mug': 3}, err
    assert 'left out: 1 (its message is damaged: ' in out
    remarks = []
    load_bag(bag, facade, labels='/label', remark=remarks.append)
    assert len(remarks) == 1 and ': left out: 1 (its message is damaged' in remarks[0]


def test_after_a_damaged_label_nobody_has_said_anything(teach, counts, tmp_path):
    bag = recorded(tmp_path / 'bag', [
        'cup', *shown(RED, [(1, 0), (2, 0)]), 'a mug', *shown(BLUE, [(3, 0), (4, 0)], 10),
        'duck', *shown(GREEN, [(5, 0)], 20)])
    content = file_of(bag).read_bytes()
    file_of(bag).write_bytes(content.replace(b'a mug\0', b'a \xff\xfeg\0'))
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 0 and counts() == {'cup': 2, 'duck': 1}, err
    assert ('left out: 2 (the label that was said before it is damaged): 3.000000000, '
            '4.000000000') in out


def test_a_bag_that_breaks_off_half_way_is_told_in_a_sentence(facade, teach, counts, tmp_path):
    """Its frames are taken as far as they can be read: here those of the first of three chunks."""
    bag = recorded(tmp_path / 'bag', ['mug', *shown(RED, [(n, 0) for n in range(1, 41)]),
                                      'unknown', *shown(RED, [(n, 0) for n in range(41, 60)])],
                   packed='STORAGE')
    content = bytearray(file_of(bag).read_bytes())
    chunks = [match.start() for match in re.finditer(
        b'zstd.{8}' + re.escape(b'\x28\xb5\x2f\xfd'), content, re.S)]
    content[chunks[1] + 16:chunks[1] + 66] = b'\xff' * 50
    file_of(bag).write_bytes(content)
    code, out, err = teach(bag, '--labels', '/label')
    assert code == 1 and '19 frames of 1 labels taught' in out
    assert f'{bag} is damaged, it cannot be read to its end: ' in err and '`mcap recover ' in err
    assert counts() == {'mug': 19}
    with pytest.raises(bags.BagError, match='cannot be read to its end'):
        load_bag(bag, facade, labels='/label')


def test_a_topic_of_two_publishers_is_one_topic(tmp_path):
    """Recorders keep a channel for each of them, and one of each in every file of a split bag."""
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import get_typestore, Stores
    store = get_typestore(Stores.LATEST)
    types = store.types
    for storage in ('MCAP', 'SQLITE3'):
        with Writer(tmp_path / storage, version=9,
                    storage_plugin=StoragePlugin[storage]) as writer:
            channels = [writer.add_connection('/camera/image', IMAGE, typestore=store),
                        writer.add_connection('/camera/image', COMPRESSED, typestore=store)]
            for n in range(6):
                header = types['std_msgs/msg/Header'](
                    types['builtin_interfaces/msg/Time'](n + 1, 0), 'camera')
                message = types[COMPRESSED](header, 'jpeg', np.zeros(4, np.uint8)) if n % 2 else (
                    types[IMAGE](header, 2, 2, 'mono8', 0, 2, np.zeros(4, np.uint8)))
                writer.write(channels[n % 2], n, store.serialize_cdr(
                    message, message.__msgtype__))
        total, frames = bags.frames(tmp_path / storage)
        assert total == 6
        assert Counter(frame.compressed for frame in frames) == {True: 3, False: 3}
