# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn teach`` and ``evaluate``: folders and bags of both kinds, written and read."""

import json

from bag_samples import BLUE, recorded, RED, run, scene
import cv2
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.bag_source import load_bag
from hybrid_snn_ros.memory.contents import read_store

pytest.importorskip('ai_edge_litert', reason='no TFLite runtime is installed')
COLOURS = {'red': RED, 'blue': BLUE}


def teach(*words):
    return run('teach', *words)


def write(path, storage, label_first=True):
    """Write a bag: two labels, four frames each, and before them one that no one names."""
    said = [] if label_first else [((7, 1), scene((90, 90, 90), 0))]
    moment = 1
    for label, colour in COLOURS.items():
        said.append(label)
        for place in range(4):
            moment += 10**8
            said.append(((7, moment), scene(colour, place)))
    return recorded(path, said, storage)


@pytest.fixture(scope='module', params=['MCAP', 'SQLITE3'])
def bag(request, tmp_path_factory):
    return write(tmp_path_factory.mktemp('bags') / 'bag', request.param)


def test_a_bag_is_taught_under_the_labels_of_a_topic(bag, tmp_path):
    code, out, err = teach(bag, '--labels', '/label', '-m', tmp_path / 'memory',
                           '--min-change', '0')
    assert code == 0, err
    assert '8 frames of 2 labels taught' in out
    view = read_store(tmp_path / 'memory')
    assert view.state.counts == {'red': 4, 'blue': 4}
    stamps = [sample.stamp for sample in view.state.samples.values()]
    assert stamps[0] == '7.100000001' and len(set(stamps)) == 8


@pytest.mark.slow
def test_a_bag_taught_twice_counts_once(bag, tmp_path):
    for _ in range(2):
        code, out, err = teach(bag, '--label', 'thing', '-m', tmp_path / 'memory',
                               '--min-change', '0')
        assert code == 0, err
    assert read_store(tmp_path / 'memory').state.counts == {'thing': 8}


@pytest.mark.slow
@pytest.mark.parametrize('change', ['0.002', '0.01', '0.02', '0.05', '0.2'])
def test_frames_left_out_as_nearly_the_same_are_left_out_again(bag, change, tmp_path):
    """Whatever was learned behind them is compared with, too, when they come again."""
    runs = []
    for _ in range(3):
        code, out, err = teach(bag, '--label', 'thing', '-m', tmp_path / 'memory',
                               '--min-change', change)
        assert code == 0, err
        runs.append(list(read_store(tmp_path / 'memory').state.samples))
    assert runs[0] and runs[1] == runs[0] and runs[2] == runs[0]
    assert '0 frames of 0 labels taught' in out


@pytest.mark.slow
@pytest.mark.parametrize('words, sentence', [
    ([], 'a bag needs one of --label NAME, --labels TOPIC and --boxes TOPIC'),
    (['--label', 'a', '--labels', '/label'], 'a bag needs one of --label NAME, --labels TOPIC'),
    (['--label', 'a', '--image', '/nothing'], 'has no topic /nothing'),
    (['--labels', '/camera/image'], 'has no topic /camera/image of type std_msgs/msg/String'),
    (['--label', 'unknown'], "'unknown' is the answer for what was never taught"),
])
def test_a_bag_used_wrongly_is_told_in_a_sentence(bag, tmp_path, words, sentence):
    code, _, err = teach(bag, '-m', tmp_path / 'memory', *words)
    assert code == 1
    assert sentence in err and 'Traceback' not in err


@pytest.mark.slow
def test_a_replay_is_repeatable_in_both_formats(tmp_path):
    """Same bag, same seed, same answers, whatever it is stored in; only the time differs."""
    said = []
    for number, storage in enumerate(('MCAP', 'MCAP', 'SQLITE3')):
        bag = tmp_path / storage
        if not bag.exists():
            write(bag, storage, label_first=False)
        target = tmp_path / f'{number}.json'
        code, out, err = run('evaluate', bag, '--labels', '/label', '--orders', '2', '--seed', '3',
                             '--json', target)
        assert code == 0, err
        assert 'left out: 1 (no one said what they show): 7.000000001' in err
        said.append(json.loads(target.read_text(encoding='utf-8')))
        for changing in ('seconds', 'source'):
            del said[-1][changing]
    assert said[0] == said[1] == said[2]
    assert said[0]['accuracy'] == 1.0 and set(said[0]['per_class']) == {'red', 'blue'}


def test_a_second_bag_is_asked_and_a_wrong_one_told(tmp_path):
    one, other = (write(tmp_path / name, 'MCAP') for name in ('one', 'other'))
    facade = Classifier()
    data = load_bag(one, facade, labels='/label', test=other)
    assert (len(data.train), len(data.test), data.class_names) == (8, 8, ['red', 'blue'])
    data = load_bag(one, facade, labels='/label', asked=0.3)  # the last two of four
    assert data.train_labels.tolist() == data.test_labels.tolist() == [0, 0, 1, 1]
    assert (load_bag(one, facade, labels='/label', test=one).train[2:4] == data.test[:2]).all()
    for words, sentence in (
            ({}, 'a bag needs --labels TOPIC'),
            ({'labels': '/nothing'}, 'has no topic /nothing'),
            ({'labels': '/label', 'asked': 1.0}, '--asked must lie between 0 and 1'),
            ({'labels': '/label', 'asked': 0.9}, 'needs at least 2 frames of every label'),
            ({'labels': '/label', 'test': tmp_path / 'gone.mcap'}, 'there is no .*gone.mcap')):
        with pytest.raises(ValueError, match=sentence):
            load_bag(one, facade, **words)


def test_a_folder_is_taught_and_exported(tmp_path):
    for label, colour in COLOURS.items():
        (tmp_path / 'pictures' / f'{label}_thing').mkdir(parents=True)
        for place in range(3):
            cv2.imwrite(str(tmp_path / 'pictures' / f'{label}_thing' / f'{place}.png'),
                        scene(colour, place)[..., ::-1])
    (tmp_path / 'pictures' / 'red_thing' / 'broken.jpg').write_bytes(b'not a picture')
    (tmp_path / 'pictures' / 'left_out').mkdir()
    code, out, err = teach(tmp_path / 'pictures', '--export', tmp_path / 'x.memory',
                           '--without', 'left_out')
    assert code == 0, err
    assert '6 frames of 2 labels taught' in out
    assert 'left out: 1 (no picture that can be read): red_thing/broken.jpg (it holds ' in out
    assert read_store(tmp_path / 'x.memory').state.counts == {'blue thing': 3, 'red thing': 3}


@pytest.mark.slow
def test_a_folder_without_pictures_is_told_in_a_sentence(tmp_path):
    code, _, err = teach(tmp_path, '-m', tmp_path / 'memory')
    assert code == 1 and 'holds no folders with pictures' in err
    code, _, err = teach(tmp_path / 'nowhere', '-m', tmp_path / 'memory')
    assert code == 1 and f'there is no {tmp_path / "nowhere"}' in err
    (tmp_path / 'mug').mkdir()
    (tmp_path / 'mug' / 'broken.jpg').write_bytes(b'not a picture')
    for words, sentence in (([], 'holds nothing that can be taught'),
                            (['--label', 'mug'], '--label is for bags'),
                            (['--shots', '0'], '--shots must be at least 1, not 0'),
                            (['--without', 'mgu'], 'there is no such folder')):
        code, _, err = teach(tmp_path, '-m', tmp_path / 'memory', *words)
        assert code == 1 and sentence in err and 'Traceback' not in err
