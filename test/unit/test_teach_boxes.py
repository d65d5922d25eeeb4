# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn teach`` from data sets with boxes and from bags with boxes: what is learned."""

import hashlib
import json
import math
import sqlite3

from bag_samples import DETECTIONS, file_of, GREEN, recorded, RED, scene
from boxed_samples import (
    coco,
    coco_2017,
    convert,
    IN_PARTS,
    LAYOUTS,
    ours,
    pascal,
    Photograph,
    photographs,
    put,
    yolo_beside,
    yolo_flat,
)
from checkout import DATA
import cv2
import numpy as np
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.evaluation.boxed import found
from hybrid_snn_ros.evaluation.boxed.reading import BoxReader
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.memory.contents import drawings_of, frames_of, pictures_of, read_store
from hybrid_snn_ros.taught_readout import TaughtReadout
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.resample import resample
from hybrid_snn_ros.where import readout
from hybrid_snn_ros.where.boxes import cut_of, FRACTIONS, iou, PIXELS

pytest.importorskip('ai_edge_litert', reason='no TFLite runtime is installed')
PICTURES = photographs(range(6))


@pytest.fixture
def teach(tmp_path, capsys):
    """Return a function that teaches a memory; it returns exit code, stdout and stderr."""
    def run(source, *words, memory=tmp_path / 'memory'):
        to = [] if memory is None else ['-m', str(memory)]
        code = main(['teach', str(source), *to, *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err
    return run


def known(memory):
    """Return all that a memory was taught: samples and drawings, in no order."""
    view = read_store(memory)
    samples = sorted((one.label, one.stamp, one.region, one.codes.tobytes())
                     for one in view.state.samples.values())
    return samples, view.state.drawn


@pytest.fixture(scope='module')
def encoder():
    return Classifier().encoder


# -- data sets -------------------------------------------------------------------------------


def test_a_box_teaches_the_square_around_it(teach, encoder, tmp_path):
    pictures = [PICTURES[0]._replace(things=[([15, 30, 50, 70], 'red'), ([0, 100, 90, 20], 'blue'),
                                             ([0, 0, 320, 240], 'green')])]
    squares = {'red': (5, 30, 75, 100), 'blue': (0, 65, 90, 155), 'green': (40, 0, 280, 240)}
    ours(tmp_path / 'set', pictures)
    code, out, err = teach(tmp_path / 'set')
    assert code == 0, err
    assert out.splitlines() == [
        f'{tmp_path}/set: boxes as COCO has them, 3 of 3 labels in 1 pictures',
        '1 pictures teach where things are', '3 boxes of 3 labels taught']
    view = read_store(tmp_path / 'memory')
    image = cv2.imdecode(np.frombuffer(pictures[0].content, np.uint8), 1)[..., ::-1]
    kept = pictures_of(view)
    for number, one in view.state.samples.items():
        left, top, right, bottom = squares[one.label]
        shown = resample(np.ascontiguousarray(image[top:bottom, left:right]), 224)
        np.testing.assert_array_equal(one.codes, encoder.codes(shown))
        seen = cv2.imdecode(np.frombuffer(kept[number], np.uint8), 1)[..., ::-1]
        assert np.abs(seen.astype(int) - shown).mean() < 8  # a JPEG of that
    regions = {one.label: one.region for one in view.state.samples.values()}
    assert regions == {'red': (15 / 320, 30 / 240, 50 / 320, 70 / 240),
                       'blue': (0, 100 / 240, 90 / 320, 20 / 240), 'green': (0, 0, 1, 1)}
    [drawing] = view.state.drawn.values()
    assert drawing == (tuple(sorted(regions.values())), True)


@pytest.mark.slow
def test_every_layout_teaches_the_same_to_the_bit(teach, tmp_path):
    for layout in LAYOUTS:
        layout(tmp_path / layout.__name__, PICTURES)
        memory = tmp_path / f'{layout.__name__}.m'
        code, out, err = teach(tmp_path / layout.__name__, memory=memory)
        assert code == 0, err
        count = sum(len(one.things) for one in PICTURES)
        assert f'{count} boxes of 3 labels taught' in out and 'left out' not in out
        assert f'boxes as {LAYOUTS[layout]} has them, {count} of 3 labels in 6 pictures' in out
        assert ('is for `hybrid-snn evaluate`' in out) == (layout in IN_PARTS)
    first, *others = [known(tmp_path / f'{layout.__name__}.m') for layout in LAYOUTS]
    assert len(first[0]) == count and len(first[1]) == 6
    for other in others:
        assert other == first


def test_a_set_in_another_form_is_the_same_set(teach, tmp_path):
    """By the pictures' content and the boxes in them."""
    for layout in (ours, yolo_flat, pascal):
        layout(tmp_path / layout.__name__, PICTURES[:2])
    assert teach(tmp_path / 'ours')[0] == 0
    first = known(tmp_path / 'memory')
    for layout in ('ours', 'yolo_flat', 'pascal'):
        code, out, err = teach(tmp_path / layout)
        assert code == 0 and '0 boxes of 0 labels taught' in out and '(taught before)' in out, err
    assert known(tmp_path / 'memory') == first


def test_a_run_is_one_change_with_all_that_it_drew(teach, tmp_path, capsys):
    yolo_beside(tmp_path / 'set', PICTURES[:3])
    assert teach(tmp_path / 'set')[0] == 0
    assert len(read_store(tmp_path / 'memory').state.drawn) == 3
    assert main(['state', 'undo', '-m', str(tmp_path / 'memory')]) == 0
    state = read_store(tmp_path / 'memory').state
    assert not state.samples and not state.drawn


@pytest.mark.slow
def test_shots_come_from_as_many_pictures_as_there_are(teach, tmp_path):
    twice = [([10, 10, 50, 50], 'red'), ([100, 10, 50, 50], 'red'), ([200, 10, 50, 50], 'red')]
    pictures = [one._replace(things=list(twice)) for one in PICTURES[:4]]
    pictures[0].things.append(([10, 100, 60, 60], 'blue'))
    ours(tmp_path / 'set', pictures)
    seen = {}
    for shots, most in ((3, 1), (4, 1), (6, 2), (12, 3), (99, 3)):
        memory = tmp_path / str(shots)
        code, out, err = teach(tmp_path / 'set', '--shots', shots, '--frames', 2, memory=memory)
        assert code == 0, err
        view = read_store(memory)
        red = [one for one in view.state.samples.values() if one.label == 'red']
        assert view.state.counts == {'red': min(shots, 12), 'blue': 1}
        by_picture = [sum(one.stamp == stamp for one in red) for stamp in {s.stamp for s in red}]
        assert max(by_picture) == most and len(by_picture) == min(shots, 4)
        # Also what is not taught is drawn.
        assert [len(one.boxes) for one in view.state.drawn.values()] in ([3, 3], [3, 4], [4, 3])
        seen[shots] = {one.stamp for one in red}
    assert teach(tmp_path / 'set', '--shots', 3, '--seed', 3, memory=tmp_path / 'other')[0] == 0
    assert seen[3] != {one.stamp for one in read_store(tmp_path / 'other').state.samples.values()
                       if one.label == 'red'}


def test_frames_are_drawn_of_which_all_is_known(teach, tmp_path):
    pictures = [one._replace(things=[*one.things]) for one in PICTURES[:5]]
    pictures[0].things.append(([1, 1, 0, 5], 'red'))  # was something
    pictures[1].things.append(([1, 1, 9, 9], 'green thing'))  # will be left out
    pictures[2] = pictures[2]._replace(things=[])  # perhaps nobody looked
    labels = ['red', 'green', 'blue', 'green thing']
    put(tmp_path / 'set', pictures)
    (tmp_path / 'set' / 'boxes.json').write_text(json.dumps(coco(pictures, labels)))
    code, out, err = teach(tmp_path / 'set', '--without', 'green thing', '--shots', 1)
    assert code == 0 and '(boxes that cannot be): 000.png (red: the box (' in out, err
    view = read_store(tmp_path / 'memory')
    assert view.state.counts == {'red': 1, 'blue': 1, 'green': 1}
    cells, images = CellEncoder(), {}
    for one in pictures[3:]:
        bgr = cv2.imdecode(np.frombuffer(one.content, np.uint8), cv2.IMREAD_COLOR)
        images[cells.codes(bgr[..., ::-1]).tobytes()] = one, bgr
    frames = {frame.name: frame for frame in frames_of(view)}
    assert set(frames) == set(view.state.drawn) and len(frames) == len(images) == 2
    lessons = {(one.label, one.stamp, one.region) for one in view.state.samples.values()}
    for drawing in drawings_of(view):
        frame = drawing.frame
        one, bgr = images[frame.codes.tobytes()]
        assert frame.encoder == cells.digest and drawing.complete
        seen = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert seen.shape == (240, 320, 3) and np.abs(seen.astype(int) - bgr).mean() < 8
        # All of its boxes, with the label of those that teach one.
        assert sorted(region for region, _ in drawing.boxes) == sorted(
            (x / 320, y / 240, w / 320, h / 240) for (x, y, w, h), _ in one.things)
        stamp = hashlib.sha256(one.content).hexdigest()[:32]
        assert drawing.stamp == stamp
        for region, label in drawing.boxes:
            assert {said for said, at, there in lessons if (at, there) == (stamp, region)} == (
                {label} if label else set())


@pytest.mark.slow
def test_what_a_set_taught_finds_and_names_things_in_other_pictures(teach, encoder, tmp_path):
    ours(tmp_path / 'set', photographs(range(100, 112)))
    assert teach(tmp_path / 'set')[0] == 0
    classifier, cells = Classifier(encoder), CellEncoder()
    classifier.open(tmp_path / 'memory')
    taught = TaughtReadout(cells.digest, cells.channels, lambda: classifier.state,
                           classifier.store.frame)
    for _ in taught.catch_up():
        pass
    things = found_things = named = 0
    for one in PICTURES:
        image = cv2.imdecode(np.frombuffer(one.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        boxes = readout.find(taught.solved.weights, cells.codes(image),
                             taught.solved.threshold).boxes
        for (x, y, width, height), label in one.things:
            shared = iou(np.array([[x / 320, y / 240, width / 320, height / 240]]), boxes)[0]
            things += 1
            if shared.max(initial=0) >= 0.5:
                found_things += 1
                crop = cut_of(boxes[shared.argmax()].tolist(), FRACTIONS, (320, 240)).crop
                seen = classifier.frame_encoder.encode_frame(image, crop)
                ranked = classifier.predict(seen.codes).ranked
                named += ranked[0][0] == label
    classifier.close()
    assert things > 10 and found_things >= 0.8 * things and named >= 0.8 * found_things


def test_pictures_and_frames_need_not_be_kept(teach, tmp_path):
    ours(tmp_path / 'set', PICTURES[:3])
    assert teach(tmp_path / 'set', '--no-pictures', '--frames', 1)[0] == 0
    view = read_store(tmp_path / 'memory')
    assert pictures_of(view) == {} and [frame.jpeg for frame in frames_of(view)] == [None]
    code, out, err = teach(tmp_path / 'set', '--frames', 0, '--export', tmp_path / 'x.memory',
                           memory=None)
    assert code == 0, err
    exported = read_store(tmp_path / 'x.memory')
    assert not exported.state.drawn and len(exported.state.samples) == len(view.state.samples)
    # What was taught without is drawn when it is taught again.
    assert teach(tmp_path / 'set')[0] == 0
    again = read_store(tmp_path / 'memory')
    assert len(again.state.drawn) == 3 and again.state.counts == view.state.counts


def test_a_picture_in_which_nothing_can_be_drawn_is_taught_all_the_same(teach, tmp_path):
    narrow = np.random.default_rng(1).integers(0, 256, (20, 400, 3), np.uint8)
    many = [([x % 300, x // 20, 9, 9], 'red') for x in range(257)]
    ours(tmp_path / 'set', [
        Photograph('narrow.png', cv2.imencode('.png', narrow)[1].tobytes(), (400, 20),
                   [([5, 5, 10, 10], 'blue')]),
        PICTURES[0]._replace(things=many)])
    code, out, err = teach(tmp_path / 'set', '--shots', 3)
    assert code == 0 and '4 boxes of 2 labels taught' in out, err
    assert 'left out: 2 (a picture that cannot teach where things are): ' in out
    assert 'it has 257 boxes, the limit is 256' in out and 'too narrow to say where' in out
    assert not read_store(tmp_path / 'memory').state.drawn


def test_a_box_that_was_taught_as_something_else_is_left_out(teach, tmp_path):
    ours(tmp_path / 'one', PICTURES[:1])
    ours(tmp_path / 'two', [PICTURES[0]._replace(things=[
        (box, 'blue' if label != 'blue' else 'red') for box, label in PICTURES[0].things])])
    assert teach(tmp_path / 'one')[0] == 0
    counts = read_store(tmp_path / 'memory').state.counts
    code, out, err = teach(tmp_path / 'two')
    count = len(PICTURES[0].things)
    assert code == 1 and f'left out: {count} (taught under another label before;' in out
    assert read_store(tmp_path / 'memory').state.counts == counts


@pytest.mark.parametrize('words, sentence', [
    (['--boxes', '/boxes'], '--boxes is for bags'), (['--label', 'mug'], '--label is for bags'),
    (['--min-change', '0.1'], '--min-change is for bags'),
    (['--shots', '0'], '--shots must be at least 1, not 0'),
    (['--frames', '-1'], '--frames must be at least 0, not -1'),
    (['--without', 'mug'], '--without mug: there is no such label in')])
def test_what_does_not_go_together_is_refused(words, sentence, teach, tmp_path):
    coco_2017(tmp_path / 'set', PICTURES[:2])
    code, _, err = teach(tmp_path / 'set', *words)
    assert code == 1 and sentence in err and err.count('\n') == 1
    assert not (tmp_path / 'memory').exists()


def test_a_set_without_a_box_or_a_part_to_teach_is_refused(teach, tmp_path):
    ours(tmp_path / 'none', [PICTURES[0]._replace(things=[])])
    assert 'holds no picture with a box' in teach(tmp_path / 'none')[2]
    ours(tmp_path / 'set' / 'test', PICTURES)
    assert 'holds boxes to evaluate (test), and no part that is called train' in teach(
        tmp_path / 'set')[2]
    put(tmp_path / 'labels' / 'mug', PICTURES)
    assert '--frames is for data sets with boxes' in teach(
        tmp_path / 'labels', '--frames', 3)[2]


def test_the_help_names_the_forms_and_the_options(capsys):
    with pytest.raises(SystemExit):
        main(['teach', '--help'])
    out = ' '.join(capsys.readouterr().out.split())
    for word in ('COCO', 'YOLO', 'Pascal VOC', '--boxes TOPIC', '--frames N',
                 'vision_msgs/Detection2DArray', 'data.yaml', '_annotations.coco.json'):
        assert word in out


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / 'scenes').is_dir(), reason='needs ../shared/data/scenes')
@pytest.mark.parametrize('name', ['boards', 'cards', 'cells'])
def test_photographs_are_the_same_in_every_form(name, tmp_path):
    """Their boxes have tenths of pixels, which YOLO's six digits round."""
    source, = found(DATA / 'scenes' / name / 'test').values()
    content = json.loads(source.place.read_text())
    labels = [one['name'] for one in content['categories']]
    pictures = [Photograph(one['file_name'], (source.place.parent / one['file_name']).read_bytes(),
                           (one['width'], one['height']),
                           [(box['bbox'], labels[box['category_id'] - 1])
                            for box in content['annotations'] if box['image_id'] == one['id']])
                for one in content['images']]
    convert(tmp_path, pictures, labels)
    first, *others = [
        {listed.path.name: (read.digest, [None if box is None else box.tolist()
                                          for box in read.boxes],
                            [box.label for box in listed.boxes])
         for listed in form.read(left_out) for read in [BoxReader(left_out).read(listed)] if read}
        for left_out in [LeftOut()] for form in (
            source, found(tmp_path / 'yolo')[''], found(tmp_path / 'voc')[''])]
    assert len(first) == len(pictures) and others == [first, first]


# -- bags ------------------------------------------------------------------------------------


@pytest.fixture
def bag(tmp_path):
    """Return a function that writes a bag and teaches it."""
    def write(said, storage='MCAP', **options):
        return recorded(tmp_path / f'bag{len(list(tmp_path.iterdir()))}', said, storage,
                        teller=DETECTIONS, **options)
    return write


BOXES = [('red', 20, 10, 60, 40), ('patch', 90, 60, 50, 30)]


@pytest.mark.parametrize('storage', ['MCAP', 'SQLITE3'])
def test_boxes_of_a_bag_teach_what_they_show_in_their_frames(storage, teach, bag, encoder,
                                                             tmp_path):
    """Whether they came before their frame, after it, or at the end."""
    frames = [((1, place), scene(RED, place)) for place in range(1, 5)]
    path = bag([((1, 1), BOXES), *frames[:2], ((1, 2), BOXES[:1]), *frames[2:], ((1, 3), BOXES),
                ((9, 9), BOXES), ((1, 4), [])], storage)
    code, out, err = teach(path, '--boxes', '/label', '--min-change', 0)
    assert code == 0 and '5 boxes of 2 labels taught' in out, err
    assert 'left out: 1 (no boxes were given for them): 1.000000004' in out
    view = read_store(tmp_path / 'memory')
    wanted = {('red', f'1.{place:09d}') for place in (1, 2, 3)} | {
        ('patch', f'1.{place:09d}') for place in (1, 3)}
    assert {(one.label, one.stamp) for one in view.state.samples.values()} == wanted
    squares = {'red': (20, 0, 80, 60), 'patch': (90, 50, 140, 100)}
    kept = pictures_of(view)
    for number, one in view.state.samples.items():
        left, top, right, bottom = squares[one.label]
        picture = scene(RED, int(one.stamp[-1]))
        shown = resample(np.ascontiguousarray(picture[top:bottom, left:right]), 224)
        np.testing.assert_array_equal(one.codes, encoder.codes(shown))
        _, x, y, width, height = next(box for box in BOXES if box[0] == one.label)
        assert one.region == cut_of((x, y, width, height), PIXELS, (160, 120)).region
        assert number in kept
    # The same bag again is known.
    code, out, err = teach(path, '--boxes', '/label', '--min-change', 0)
    assert code == 0 and '0 boxes of 0 labels taught' in out and '5 (taught before)' in out, err


def test_boxes_that_cannot_be_cost_themselves_alone(teach, bag, tmp_path):
    said = [*BOXES, ('nan', math.nan, 0, 5, 5), ('none', 0, 0, 0, 5), ('out', 500, 0, 5, 5),
            ('unknown', 0, 0, 9, 9), (None, 0, 0, 9, 9), ('x' * 70, 0, 0, 9, 9),
            ('cut', -20, -20, 40, 40), ('huge', 0, 0, 1e308, 1e308)]
    path = bag([((1, 0), scene(RED, 1)), ((1, 0), said), ((2, 0), scene(GREEN, 2)),
                ((2, 0), [('red', 0, 0, 9, 9)] * 257), ((0, 0), scene(GREEN, 3)),
                ((0, 0), BOXES)])
    code, out, err = teach(path, '--boxes', '/label')
    assert code == 0, err
    view = read_store(tmp_path / 'memory')
    assert view.state.counts == {'red': 1, 'patch': 1, 'cut': 1, 'huge': 1}
    regions = {one.label: one.region for one in view.state.samples.values()}
    assert regions['cut'] == (0, 0, 20 / 160, 20 / 120) and regions['huge'] == (0, 0, 1, 1)
    assert 'left out: 3 (boxes that cannot be): 1.000000000 (the box (nan' in out
    assert 'left out: 2 (no one said what they show): 1.000000000, 1.000000000' in out
    assert 'a label may be 64 bytes long' in out
    assert 'left out: 1 (a frame can have 256 boxes, not 257): 2.000000000' in out
    assert 'left out: 1 (it has no stamp by which it could be named): frame 3' in out


def test_a_turned_box_is_the_upright_one_around_it(teach, bag, tmp_path):
    path = bag([((1, 0), scene(RED, 1)), ((1, 0), [('turned', 60, 50, 40, 20, math.pi / 2)])])
    assert teach(path, '--boxes', '/label')[0] == 0
    [one] = read_store(tmp_path / 'memory').state.samples.values()
    assert one.region == pytest.approx((70 / 160, 40 / 120, 20 / 160, 40 / 120))


def test_frames_that_changed_little_are_not_learned_again(teach, bag, tmp_path):
    still = scene(RED, 1)
    path = bag([((place, 0), what) for place in range(1, 9) for what in (still, BOXES)])
    code, out, err = teach(path, '--boxes', '/label')
    assert code == 0 and '2 boxes of 2 labels taught' in out, err
    assert 'left out: 14 (nearly the same as another one of its label)' in out


def test_definitions_of_boxes_that_an_early_bag_lacks_are_known(teach, bag, tmp_path):
    path = bag([((1, 0), scene(RED, 1)), ((1, 0), BOXES)], 'SQLITE3')
    with sqlite3.connect(file_of(path)) as early:
        early.execute('DROP TABLE schema')
        early.execute('DROP TABLE message_definitions')
    early.close()
    code, out, err = teach(path, '--boxes', '/label')
    assert code == 0 and '2 boxes of 2 labels taught' in out, err


@pytest.mark.parametrize('words, sentence', [
    (['--boxes', '/gone'], 'has no topic /gone of type vision_msgs/msg/Detection2DArray; it has'),
    (['--boxes', '/camera/image'], 'has no topic /camera/image of type vision_msgs'),
    (['--boxes', '/label', '--label', 'x'], 'a bag needs one of --label NAME, --labels TOPIC and'),
    (['--boxes', '/label', '--labels', '/label'], 'a bag needs one of --label NAME'),
    ([], 'a bag needs one of --label NAME'), (['--labels', '/label'], 'of type std_msgs/msg/Str'),
    (['--boxes', '/label', '--frames', '3'], '--frames is for data sets with boxes')])
def test_a_bag_with_boxes_used_wrongly_is_told(words, sentence, teach, bag):
    path = bag([((1, 0), scene(RED, 1)), ((1, 0), BOXES)])
    code, _, err = teach(path, *words)
    assert code == 1 and sentence in err and err.count('\n') == 1


def test_more_boxes_than_can_be_at_hand_are_refused(teach, bag, monkeypatch):
    monkeypatch.setattr('hybrid_snn_ros.vision.bags._MOST_BOXES', 3)
    frame = (1, 0), scene(RED, 1)
    assert teach(bag([frame, ((1, 0), BOXES), ((2, 0), BOXES[:1])]), '--boxes', '/label')[0] == 0
    code, _, err = teach(bag([frame, ((1, 0), BOXES), ((2, 0), BOXES)]), '--boxes', '/label')
    assert code == 1 and 'has more than 3 boxes in /label' in err
