# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""`hybrid-snn evaluate` on rendered scenes and on photographs with boxes, on tiny settings."""

import itertools
import json
import math

from boxed_samples import ours, photographs
import cv2
import numpy as np
import pytest

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.evaluation import scene_source, scene_trial
from hybrid_snn_ros.evaluation.photographs import load_photographs
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.sim import objects

COLOURS = ((220, 60, 40), (40, 200, 60), (40, 60, 220))  # of pasted things


@pytest.fixture
def tiles(tmp_path):
    """Return a folder of photographs with boxes."""
    ours(tmp_path / 'tiles' / 'train', photographs(range(12)))
    ours(tmp_path / 'tiles' / 'test', photographs(range(100, 106)))
    return tmp_path / 'tiles'


@pytest.mark.slow
def test_photographs_with_boxes_are_taught_and_asked(tiles, tmp_path, capsys):
    command = ['evaluate', str(tiles), '--drawn', '7', '--shots', '4', '--seed', '3', '--json',
               str(tmp_path / 'out.json'), '--plots', str(tmp_path / 'pictures')]
    assert main(command) == 0
    out = capsys.readouterr().out
    figures = json.loads((tmp_path / 'out.json').read_text())
    assert out.startswith('tiles, seed 3: 7 frames drawn, 12 crops of 3 labels taught; '
                          f'6 frames asked with {6 * figures["drawn"]["things"]:.0f} things, 0')
    assert figures['true']['top1'] > 0.8 and figures['true']['auroc'] is None
    assert figures['drawn']['any_loose'] > 0.9 and figures['marks'] == []
    assert 'MISSED' not in out and 'marks' not in out and 'nan' not in out
    assert sorted(path.name for path in (tmp_path / 'pictures').iterdir()) == [
        'first.jpg', 'heat.jpg', 'worst.jpg']
    assert main(command) == 0  # the same again but for the time it took
    again = json.loads((tmp_path / 'out.json').read_text())
    for part in ('true', 'drawn', 'one', 'all', 'whole'):
        assert again[part] == figures[part]


@pytest.mark.slow
def test_a_label_of_photographs_can_be_left_untaught(tiles, capsys):
    assert main(['evaluate', str(tiles), '--unknown', '1', '--drawn', '8', '--shots', '4']) == 0
    out = capsys.readouterr().out
    assert 'crops of 2 labels taught' in out and 'AUROC' in out


@pytest.mark.slow
@pytest.mark.parametrize('teach', ['point', 'alone'])
def test_scenes_are_rendered_taught_and_asked(teach, tmp_path, capsys, monkeypatch):
    pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
    monkeypatch.setattr(scene_source, '_ALONE_STEP', 26)  # one view of each object
    assert main(['evaluate', 'scenes', '--seed', '4', '--floors', 'varied', '--teach', teach,
                 '--scenes', '4', '--drawn', '6', '--shots', '2', '--json',
                 str(tmp_path / 'out.json'), '--plots', str(tmp_path)]) == 0
    out = capsys.readouterr().out
    figures = json.loads((tmp_path / 'out.json').read_text())
    assert 'scenes varied, seed 4: 6 frames drawn, 40 crops of 20 labels taught; 4 frames' in out
    assert ', 2 of them never taught' in out and len(figures['taught']) == 20
    assert out.count('at least') == 12 and out.count('at most') == 6
    assert [mark['met'] for mark in figures['marks']].count(True) == int(
        out[out.rindex('\n\n'):].split()[0])
    for mark in figures['marks']:
        part, name = mark['figure'].split('.')
        value = figures[part][name]
        assert mark['met'] is (None if value is None else
                               value >= mark['value'] if mark['at_least'] else
                               value <= mark['value'])
    assert ('cropped by the read-out' in out) == ('alone_cropped' in figures) == (
        teach == 'alone')


@pytest.mark.slow
def test_things_alone_are_taught_in_three_ways_and_asked_as_whole_frames(monkeypatch):
    pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
    monkeypatch.setattr(scene_source, '_ALONE_STEP', 26)  # one view of each object
    data = scene_source.load_scenes('plain', 4, 6, 1, 2, True)
    assert {len(frames) for frames in data.alone.values()} == {1}
    names = [name for name, _ in data.alone_asked]
    assert {name: names.count(name) for name in names} == dict.fromkeys(objects.names(), 1)
    trial = scene_trial.Trial(data, scene_trial.Settings('lateral', {}, 0.03, 4, 6, 1))
    whole, cropped, both = trial._alone
    assert set(whole.state.counts.values()) == set(cropped.state.counts.values()) == {1}
    more = sum(both.state.counts.values()) - 20
    assert 0 < more <= 20  # those in which one clear thing is found are taught twice
    same = sum(np.array_equal(one.codes, other.codes) for one, other in zip(
        whole.state.samples.values(), cropped.state.samples.values()))
    assert same == 20 - more
    said = trial.alone_frames()
    assert [len(frames) for frames in said] == [30] * 3
    assert np.mean([one.best == name for one, name in zip(said[0], names)
                    if name in data.taught]) > 0.5


@pytest.mark.slow
def test_occluded_scenes_are_asked_by_how_much_is_seen(tmp_path, capsys):
    pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
    assert main(['evaluate', 'scenes', '--kind', 'occluded', '--seed', '4', '--scenes', '3',
                 '--drawn', '6', '--shots', '1', '--json', str(tmp_path / 'out.json')]) == 0
    out = capsys.readouterr().out
    figures = json.loads((tmp_path / 'out.json').read_text())
    assert out.startswith('occluded scenes plain, seed 4: ') and 'of which 75 to 100 %' in out
    assert figures['marks'] == [] and figures['kind'] == 'occluded' and 'MISSED' not in out
    things = [figures[f'seen_{least}']['things'] for least in (75, 50, 25)]
    assert sum(things) == round(3 * figures['drawn']['things']) and sum(things[1:]) > 0


@pytest.mark.slow
def test_composites_are_pasted_taught_and_asked(tmp_path, capsys):
    for part, (label, colour) in itertools.product(
            ('train', 'test'), zip(range(12), itertools.cycle(COLOURS))):
        place = tmp_path / 'things' / part / f'{label:02d}'
        place.mkdir(parents=True)
        image = np.random.default_rng(label).integers(90, 130, (120, 160, 3), np.uint8)
        cv2.rectangle(image, (40, 20 + label), (120, 90), colour, -1)
        cv2.imwrite(str(place / '0.png'), image)
    assert main(['evaluate', 'scenes', '--kind', 'composites', '--photographs',
                 str(tmp_path / 'things'), '--seed', '4', '--scenes', '4', '--drawn', '6',
                 '--shots', '2', '--json', str(tmp_path / 'out.json')]) == 0
    out = capsys.readouterr().out
    figures = json.loads((tmp_path / 'out.json').read_text())
    assert out.startswith('composites of things, seed 4: ') and 'of 6 labels taught; 4' in out
    assert figures['marks'] == [] and figures['drawn']['empty'] is not None


@pytest.mark.slow
def test_the_same_seed_gives_the_same_scenes_and_another_others():
    pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
    first, again, other = (scene_source.load_scenes('plain', seed, 2, 1, 2, False)
                           for seed in (5, 5, 6))
    assert first.taught == again.taught != other.taught and len(first.taught) == 20
    for one, same in zip([*first.train, *first.test, *first.empty],
                         [*again.train, *again.test, *again.empty]):
        np.testing.assert_array_equal(one.image, same.image)
        np.testing.assert_array_equal(one.boxes, same.boxes)
        assert one.names == same.names
    assert {name for frame in first.train for name in frame.names} == first.taught
    assert all((frame.boxes >= 0).all() and (frame.boxes <= 1).all() for frame in first.train)
    assert [len(set(frame.names) - first.taught) for frame in first.test] == [0, 1]


@pytest.mark.parametrize('arguments, sentence', [
    (['scenes', '--protocol', 'joint'], '--protocol is not for frames with boxes'),
    (['scenes', '--roi', '0', '0', '1', '1'], '--roi is not for'),
    (['scenes', '--scenes', '0'], '--scenes must be at least 1, not 0'),
    (['scenes', '--shots', '0'], '--shots must be at least 1, not 0'),
    (['scenes', '--seed', '-1'], '--seed must be at least 0'),
    (['scenes', '--unknown', '2'], 'ten objects are never taught'),
    (['scenes', '--set', 'ridge'], '--set needs NAME=NUMBER'),
    (['scenes', '--set', 'nothing=1'], 'nothing'),
    (['scenes', '--false-unknown', '1'], 'false_unknown must lie in [0, 1)'),
    (['scenes', '--json', '/nowhere/at/all.json'], 'the directory of --json'),
    (['TILES', '--floors', 'varied'], '--floors, --teach, --scenes are for scenes'),
    (['TILES', '--kind', 'occluded'], '--kind, --photographs, --grounds, --floors'),
    (['scenes', '--kind', 'composites'], '--kind composites needs --photographs FOLDER'),
    (['scenes', '--photographs', 'x'], '--photographs and --grounds are for --kind composites'),
    (['scenes', '--kind', 'occluded', '--grounds', 'x'], '--photographs and --grounds are for'),
    (['scenes', '--kind', 'composites', '--photographs', 'x', '--floors', 'varied'],
     '--floors and --teach are for rendered scenes'),
    (['scenes', '--kind', 'composites', '--photographs', '/nowhere'], 'must hold train/ and'),
    (['TILES', '--unknown', '2'], '--unknown must lie in 0..1'),
    (['TILES', '--unknown', '-1'], '--unknown must lie in 0..1')])
def test_what_cannot_be_asked_is_refused_in_a_sentence(arguments, sentence, tiles, capsys):
    assert main(['evaluate', *(str(tiles) if word == 'TILES' else word
                               for word in arguments)]) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.startswith('hybrid-snn evaluate: ') and err.count('\n') == 1


def test_half_a_set_and_a_set_in_one_part_are_refused_in_a_sentence(tmp_path, capsys):
    (tmp_path / 'labels').mkdir()
    (tmp_path / 'data.yaml').write_text('names: [red]')
    ours(tmp_path / 'one', photographs(range(2)))
    for place, sentence in ((tmp_path, 'but not both images/ and labels/'),
                            (tmp_path / 'one', 'it has them all in one'),
                            (tmp_path / 'one' / 'boxes.json', 'it has them all in one')):
        assert main(['evaluate', str(place)]) == 2
        err = capsys.readouterr().err
        assert sentence in err and err.startswith('hybrid-snn evaluate: ') and err.count('\n') == 1


@pytest.mark.parametrize('change, sentence', [
    (lambda c: c.pop('images'), 'does not hold images'),
    (lambda c: c['images'][0].update(file_name='../x.png'), 'no file of this set'),
    (lambda c: c['images'][0].update(file_name=3), 'no file of this set'),
    (lambda c: c['annotations'][0].update(image_id=[77]), 'TypeError'),
    (lambda c: c['annotations'][0].update(category_id=[1]), 'TypeError'),
    (lambda c: c['categories'][0].pop('name'), "KeyError: 'name'"),
    (lambda c: c.update(annotations=[]), 'holds no picture with a box')])
def test_boxes_that_are_no_coco_are_refused_in_a_sentence(change, sentence, tiles):
    path = tiles / 'train' / 'boxes.json'
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(SourceError, match=sentence) as caught:
        load_photographs(tiles, 0, 0)
    assert '\n' not in str(caught.value)


def test_text_that_is_no_json_is_refused(tiles):
    path = tiles / 'test' / 'boxes.json'
    for content in (b'{', b'\xff\xfe', b'[]', b'[' * 10 ** 5):
        path.write_bytes(content)
        with pytest.raises(SourceError, match='test/boxes.json does not hold'):
            load_photographs(tiles, 0, 0)


def test_boxes_and_pictures_that_cannot_be_are_left_out_and_told(tiles):
    path = tiles / 'train' / 'boxes.json'
    content = json.loads(path.read_text())
    good = len(content['annotations'])
    for box in ([0, 0, 0, 5], [1e9, 0, 5, 5], [0, 0, math.nan, 5], [0, 0, 5], 'box', None,
                [-10, -10, 100, 100]):
        content['annotations'].append({'id': 1, 'image_id': 1, 'category_id': 1, 'bbox': box})
    content['annotations'].append({'id': 9, 'image_id': 2, 'category_id': 1, 'iscrowd': 1,
                                   'bbox': [0, 0, 9, 9]})
    content['images'].append({'id': 99, 'file_name': 'gone.png'})
    (tiles / 'train' / 'broken.jpg').write_bytes(b'\xff\xd8\xff')
    content['images'].append({'id': 98, 'file_name': 'broken.jpg'})
    path.write_text(json.dumps(content))
    told = []
    data = load_photographs(tiles, 0, 0, remark=told.append)
    assert sum(len(frame.boxes) for frame in data.train) == good + 1  # one was cut off
    np.testing.assert_allclose(data.train[0].boxes[-1], (0, 0, 90 / 320, 90 / 240))
    assert len(data.train) == 12
    assert [line.split(':')[1].split('(')[0].strip() for line in told] == [
        '1', '6', '2']
    assert 'a crowd' in told[0] and 'no size' in told[1] and 'gone.png' in told[2]


def test_a_label_that_training_lacks_is_refused(tiles):
    path = tiles / 'test' / 'boxes.json'
    content = json.loads(path.read_text())
    content['categories'][0]['name'] = 'violet'
    path.write_text(json.dumps(content))
    with pytest.raises(SourceError, match='test holds violet, which train does not'):
        load_photographs(tiles, 0, 0)
