# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Data sets with boxes: COCO, YOLO and Pascal VOC as people have them, and as nobody should."""

import json
import os

from boxed_samples import (
    coco,
    coco_2017,
    IN_PARTS,
    LAYOUTS,
    ours,
    pascal,
    photographs,
    put,
    roboflow_yolo,
    voc,
    yolo,
    yolo_beside,
    yolo_flat,
)
import cv2
import numpy as np
import pytest

from hybrid_snn_ros.evaluation.boxed import found
from hybrid_snn_ros.evaluation.boxed.reading import BoxReader
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.photographs import load_photographs
from hybrid_snn_ros.evaluation.sources import SourceError

PICTURES = photographs(range(5))


def read(root, part=None):
    """Return {name of a file: (boxes, labels, complete)} of a set, and what was left out."""
    sources, left_out = found(root), LeftOut()
    part = part or ('' if '' in sources else 'train')
    reader, all_of_it = BoxReader(left_out), {}
    for listed in sources[part].read(left_out):
        got = reader.read(listed)
        if got is not None:
            pictured = got.pictured(listed)
            all_of_it[listed.path.name] = (
                pictured.boxes.tolist(), list(pictured.names), pictured.complete)
    return all_of_it, left_out.lines()


def expected(pictures):
    return {one.name: ([[x / one.size[0], y / one.size[1], w / one.size[0], h / one.size[1]]
                        for (x, y, w, h), _ in one.things],
                       [label for _, label in one.things], True) for one in pictures}


@pytest.mark.parametrize('layout', LAYOUTS, ids=lambda one: one.__name__)
def test_every_layout_holds_the_same_boxes_to_the_bit(layout, tmp_path):
    layout(tmp_path / 'set', PICTURES)
    sources = found(tmp_path / 'set')
    assert {source.form for source in sources.values()} == {LAYOUTS[layout]}
    assert read(tmp_path / 'set') == (expected(PICTURES), [])
    assert ('train' in sources) == (layout in IN_PARTS or layout.__name__ == 'darknet')
    for part in set(sources) & {'val', 'test'}:
        others = read(tmp_path / 'set', part)
        assert others == (expected(PICTURES[:len(others[0])]), []) and len(others[0]) in (2, 3)


@pytest.mark.parametrize('layout', IN_PARTS, ids=lambda one: one.__name__)
def test_every_layout_in_parts_can_be_evaluated(layout, tmp_path):
    layout(tmp_path / 'set', PICTURES)
    told = []
    data = load_photographs(tmp_path / 'set', 0, 0, remark=told.append)
    assert [len(data.train), data.name, told] == [5, 'set', []] and len(data.test) in (2, 3)
    for one, frame in zip(PICTURES, data.train):
        np.testing.assert_array_equal(frame.image, cv2.imdecode(
            np.frombuffer(one.content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])
        assert frame.boxes.tolist() == expected([one])[one.name][0]


@pytest.mark.parametrize('number', [0.4, 12.34, 229.3, 317.01])
def test_boxes_that_are_no_whole_pixels_are_the_same_in_every_form(number, tmp_path):
    pictures = [PICTURES[0]._replace(things=[([number / 2, 3.21, number, 40.02], 'red')])]
    for layout in (ours, yolo_flat, pascal):
        layout(tmp_path / layout.__name__, pictures)
    first, *others = [read(tmp_path / layout.__name__)[0] for layout in (ours, yolo_flat, pascal)]
    assert others == [first, first]
    assert first['000.png'][0][0][0] * 320 == pytest.approx(number / 2, abs=0.006)


def test_a_part_and_a_file_can_be_named(tmp_path):
    roboflow_yolo(tmp_path / 'yolo', PICTURES)
    assert read(tmp_path / 'yolo' / 'valid') == (expected(PICTURES[:3]), [])
    coco_2017(tmp_path / 'coco', PICTURES)
    lists = tmp_path / 'coco' / 'annotations'
    assert read(lists / 'instances_val2017.json') == (expected(PICTURES[:3]), [])


def test_what_is_no_set_is_none(tmp_path):
    for label in ('train', 'images', 'mug'):
        put(tmp_path / 'labels' / label, PICTURES)
    (tmp_path / 'labels' / 'about.json').write_text('{"images": 3, "annotations": 2}')
    (tmp_path / 'labels' / 'mug' / '000.txt').write_text('a mug')
    put(tmp_path / 'captions', PICTURES)
    (tmp_path / 'captions' / '000.txt').write_text('a mug from above, with a spoon')
    (tmp_path / 'labels' / 'data.yaml').write_text('names: [mug]')
    (tmp_path / 'labels' / 'images').rename(tmp_path / 'labels' / 'pictures')
    for place in ('labels', 'labels/mug', 'captions', 'gone'):
        assert found(tmp_path / place) == {}


# -- what is left out ------------------------------------------------------------------------


def test_of_coco_what_cannot_be_a_box_is_left_out_and_told(tmp_path):
    content = coco(PICTURES)
    content['categories'] += [{'id': 8, 'name': 'unknown'}, {'id': 9, 'name': 'never used'}]

    def add(picture, **more):
        content['annotations'].append({'id': 7, 'image_id': picture, 'category_id': 1,
                                       'bbox': [1, 1, 9, 9], **more})
    add(1, iscrowd=1)
    add(2, category_id=8)
    add(3, category_id=77)
    add(88)
    for box in ([0, 0, 0, 5], [1e9, 0, 5, 5], [0, 0, float('nan'), 5], [0, 0, 10 ** 400, 1],
                [0, 0, 5], 'box', None):
        add(4, bbox=box)
    put(tmp_path, PICTURES)
    (tmp_path / 'boxes.json').write_text(json.dumps(content))
    pictures, lines = read(tmp_path)
    assert {name: one[:2] for name, one in pictures.items()} == {
        name: one[:2] for name, one in expected(PICTURES).items()}
    assert [one[2] for one in pictures.values()] == [False] * 4 + [True]
    assert [line.split(')')[0] for line in lines] == [
        'left out: 1 (boxes around a crowd', 'left out: 1 (boxes whose class cannot be a label',
        'left out: 1 (boxes of a class that is not listed',
        'left out: 1 (boxes without their picture', 'left out: 7 (boxes that cannot be']


def test_of_yolo_what_cannot_be_a_box_is_left_out_and_told(tmp_path):
    yolo_flat(tmp_path, PICTURES)
    (tmp_path / 'images' / '.thumbnails').mkdir()
    (tmp_path / 'images' / '.thumbnails' / 'small.png').write_bytes(PICTURES[0].content)
    lines = ['3 .5 .5 .1 .1', 'inf .5 .5 .1 .1', '0 .5 .5 .1', '0 .5 .5 .1 .1 .9',
             'red .5 .5 .1 .1', '0 nan .5 .1 .1', '0 .5 .5 0 .1', '0 1.5 .5 .1 .1', '',
             '0.0 .5 .5 inf .1']
    with open(tmp_path / 'labels' / '000.txt', 'a') as file:
        file.write('\n'.join(lines))
    (tmp_path / 'labels' / '001.txt').write_bytes(b'\xff\xfe\x00')
    (tmp_path / 'labels' / '002.txt').unlink()
    (tmp_path / 'labels' / '004.txt').write_text('0 .5 .5 .1 .1\n' * 100000)
    (tmp_path / 'labels' / 'gone.txt').write_text('0 .5 .5 .1 .1\n')
    pictures, told = read(tmp_path)
    want = expected(PICTURES)
    assert pictures == {
        '000.png': (*want['000.png'][:2], False), '001.png': ([], [], False),
        '002.png': ([], [], True), '003.png': want['003.png']}
    assert [line.split(')')[0] for line in told] == [
        'left out: 1 (boxes of a class that is not listed', 'left out: 9 (boxes that cannot be',
        'left out: 1 (boxes that cannot be read', 'left out: 1 (boxes without their picture']


def test_of_voc_what_cannot_be_a_box_is_left_out_and_told(tmp_path):
    pascal(tmp_path, PICTURES)
    lists = tmp_path / 'Annotations'

    def add(name, *things):
        text = (lists / name).read_text().replace('</annotation>', ''.join(things))
        (lists / name).write_text(text + '</annotation>')
    box = '<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>'
    add('000.xml', f'<object><name>red</name><difficult>1</difficult>{box}</object>')
    add('001.xml', f'<object><name>unknown</name>{box}</object>', f'<object>{box}</object>')
    add('002.xml', '<object><name>red</name></object>', '<object><name>red</name><bndbox><xmin>9'
        '</xmin><ymin>1</ymin><xmax>1</xmax><ymax>9</ymax></bndbox></object>')
    (lists / 'gone.xml').write_text(voc(PICTURES[0]))
    (lists / '004.xml').write_text((lists / '004.xml').read_text().replace('320', '640'))
    pictures, told = read(tmp_path)
    want = {name: (*one[:2], name == '003.png') for name, one in expected(PICTURES[:4]).items()}
    assert pictures == want
    assert sorted(line.split(')')[0] for line in told) == [
        'left out: 1 (a picture of another size than its boxes are for',
        'left out: 1 (boxes that the set calls difficult',
        'left out: 1 (boxes without their picture', 'left out: 2 (boxes that cannot be',
        'left out: 2 (boxes whose class cannot be a label']


def test_classes_may_be_named_in_many_ways(tmp_path):
    yolo_flat(tmp_path, PICTURES)
    (tmp_path / 'labels' / 'classes.txt').unlink()
    for text in ('names: [red, green, blue]', 'names:\n  0: red\n  1: green\n  2: blue\n'):
        (tmp_path / 'mine.yaml').write_text(text)
        assert read(tmp_path) == (expected(PICTURES), [])
    (tmp_path / 'mine.yaml').write_text('names: [7, no, blue]')
    pictures, told = read(tmp_path)
    labels = {label for _, names, _ in pictures.values() for label in names}
    assert labels <= {'7', 'blue'} and '(boxes whose class cannot be a label)' in told[0]
    # Of poses, points follow the box.
    (tmp_path / 'mine.yaml').write_text('names: [red, green, blue]\nkpt_shape: [2, 3]')
    for one in PICTURES:
        lines = yolo(one).splitlines()
        (tmp_path / 'labels' / one.name).with_suffix('.txt').write_text(
            ''.join(f'{line} .9 .9 2 .8 .8 2\n' for line in lines))
    assert read(tmp_path) == (expected(PICTURES), [])


# -- what is refused -------------------------------------------------------------------------


def sentence_of(root):
    with pytest.raises(SourceError) as caught:
        read(root)
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 400 + len(str(root))
    return str(caught.value)


@pytest.mark.parametrize('content', [
    b'', b'{', b'\xff\xfe', b'[]', b'[' * 10 ** 6, b'null', b'{"images": [1]}', b'NaN',
    b'{"images": [], "annotations": [], "categories": [{"id": []}]}',
    b'{"images": ' + b'9' * 5000 + b', "annotations": [], "categories": []}'],
    ids=lambda content: repr(content[:20]))
def test_json_that_lists_nothing_is_refused_in_a_sentence(content, tmp_path):
    put(tmp_path, PICTURES)
    (tmp_path / 'boxes.json').write_bytes(content)
    assert 'boxes.json does not hold images, annotations and cat' in sentence_of(tmp_path)


@pytest.mark.parametrize('name', ['../001.png', '/etc/passwd', '', 3, None, 'a\0b', '\ud800',
                                  'x/../../y.png', '..'])
def test_names_that_lead_out_of_the_set_are_refused(name, tmp_path):
    (tmp_path / 'set').mkdir()
    put(tmp_path, PICTURES)
    content = coco(PICTURES)
    content['images'][1]['file_name'] = name
    (tmp_path / 'set' / 'boxes.json').write_text(json.dumps(content))
    assert 'is no file of this set' in sentence_of(tmp_path / 'set')


def test_files_that_are_too_large_are_refused_before_they_are_read(tmp_path):
    for layout, place, limit in ((ours, 'boxes.json', 2 ** 29),
                                 (yolo_flat, 'labels/classes.txt', 2 ** 20)):
        layout(tmp_path / layout.__name__, PICTURES)
        os.truncate(tmp_path / layout.__name__ / place, 2 ** 40)
        assert f'has {2 ** 40} bytes, the limit is {limit}' in sentence_of(
            tmp_path / layout.__name__)
    pascal(tmp_path / 'pascal', PICTURES)
    os.truncate(tmp_path / 'pascal' / 'Annotations' / '001.xml', 2 ** 40)
    pictures, told = read(tmp_path / 'pascal')
    assert len(pictures) == 4 and 'the limit is 4194304' in told[0]


BOMB = ('<!DOCTYPE annotation [<!ENTITY a "red">' + ''.join(
    f'<!ENTITY {name} "' + f'&{one};' * 10 + '">' for one, name in zip('abcdefgh', 'bcdefghi')
) + ']><annotation><object><name>&i;</name></object></annotation>')


@pytest.mark.parametrize('text, reason', [
    (BOMB, 'it has a DOCTYPE'),
    ('<!DOCTYPE annotation SYSTEM "file:///etc/passwd"><annotation/>', 'it has a DOCTYPE'),
    ('<annotation><object>&i;</object></annotation>', 'undefined entity'),
    ('<annotation>' * 300000, 'no element found'), ('<annotation', 'unclosed token'),
    ('<things></things><annotation/>', 'junk after'),
    ('<things><annotation/></things>', 'it holds <things>, not <annotation>'),
    ('<annotation>\x00</annotation>', 'not well-formed')], ids=lambda text: text[:20])
def test_xml_is_read_without_what_it_could_do(text, reason, tmp_path):
    pascal(tmp_path, PICTURES)
    (tmp_path / 'Annotations' / '001.xml').write_text(text)
    pictures, told = read(tmp_path)
    assert sorted(pictures) == ['000.png', '002.png', '003.png', '004.png']
    assert len(told) == 1 and reason in told[0]


def test_xml_that_is_deep_is_only_long(tmp_path):
    pascal(tmp_path, PICTURES)
    path = tmp_path / 'Annotations' / '001.xml'
    deep = '<x>' * 200000 + '</x>' * 200000
    path.write_text(path.read_text().replace('</annotation>', f'{deep}</annotation>'))
    assert read(tmp_path) == (expected(PICTURES), [])


@pytest.mark.parametrize('text, reason', [
    ('names: [', 'is no YAML that can be read'), ('[' * 100000, 'is no YAML that can be read'),
    ('3', 'does not list the names'), ('names: 3', 'does not list the names'),
    ('path: x', 'does not list the names'), ('x' * 300000, 'the limit is 262144'),
    ('!!python/object/apply:os.system [true]', 'is no YAML that can be read')],
    ids=lambda text: text[:20])
def test_names_that_are_none_are_refused_in_a_sentence(text, reason, tmp_path):
    yolo_beside(tmp_path, PICTURES)
    (tmp_path / 'classes.txt').unlink()
    assert 'not the names of their classes: data.yaml, classes.txt' in sentence_of(tmp_path)
    (tmp_path / 'data.yaml').write_text(text)
    assert reason in sentence_of(tmp_path)


def test_what_is_half_a_set_says_what_is_missing(tmp_path):
    (tmp_path / 'half' / 'images').mkdir(parents=True)
    (tmp_path / 'half' / 'data.yaml').write_text('names: [red]')
    assert 'but not both images/ and labels/ with a text' in sentence_of(tmp_path / 'half')
    (tmp_path / 'about.json').write_text('{"images": 3}')
    assert 'about.json does not hold images, annotations and' in sentence_of(
        tmp_path / 'about.json')
    ours(tmp_path / 'two', PICTURES)
    (tmp_path / 'two' / 'instances_all.json').write_text('{}')
    assert 'holds 2 lists of boxes (boxes.json, instances_all.json); name' in sentence_of(
        tmp_path / 'two')
    ours(tmp_path / 'one', PICTURES)
    with pytest.raises(SourceError, match=r'must hold train/ and test/.*; it has them all in one'):
        load_photographs(tmp_path / 'one', 0, 0)
