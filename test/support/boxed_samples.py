# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Data sets with boxes for the tests, written on the spot in each of the forms."""

import json
from typing import NamedTuple
from xml.sax.saxutils import escape

import cv2
import numpy as np

COLOURS = {'red': (0, 0, 220), 'green': (0, 200, 0), 'blue': (230, 60, 0)}


class Photograph(NamedTuple):
    """A picture, and what is in it."""

    name: str
    content: bytes  # of its file
    size: tuple[int, int]  # width, height
    things: list  # (box: x, y, width, height in pixels, label)


def photograph(seed):
    """Return a picture of two or three coloured tiles."""
    random = np.random.default_rng(seed)
    image = random.integers(90, 130, (240, 320, 3), np.uint8)
    things = []
    for place in range(int(random.integers(2, 4))):
        label = list(COLOURS)[int(random.integers(3))]
        width, height = (int(side) for side in random.integers(50, 80, 2))
        x, y = 15 + 105 * place, int(random.integers(10, 240 - 90))
        cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), COLOURS[label], -1)
        things.append(([x, y, width, height], label))
    return Photograph(f'{seed:03d}.png', cv2.imencode('.png', image)[1].tobytes(), (320, 240),
                      things)


def photographs(seeds):
    return [photograph(seed) for seed in seeds]


def put(folder, pictures):
    """Write the pictures into a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in pictures:
        (folder / one.name).write_bytes(one.content)
    return folder


def coco(pictures, labels=tuple(COLOURS), folder=''):
    """Return what a JSON file in COCO's form says."""
    content = {'images': [], 'annotations': [], 'categories': [
        {'id': place + 1, 'name': label} for place, label in enumerate(labels)]}
    for number, one in enumerate(pictures, 1):
        content['images'].append({'id': number, 'file_name': folder + one.name,
                                  'width': one.size[0], 'height': one.size[1]})
        for box, label in one.things:
            content['annotations'].append({
                'id': len(content['annotations']) + 1, 'image_id': number, 'bbox': box,
                'category_id': labels.index(label) + 1, 'iscrowd': 0, 'segmentation': [[0, 0]]})
    return content


def yolo(one, labels=tuple(COLOURS)):
    """Return the text of a picture in YOLO's form, with the six digits that it usually has."""
    width, height = one.size
    return ''.join(
        f'{labels.index(label)} {(x + across / 2) / width:.6f} {(y + down / 2) / height:.6f} '
        f'{across / width:.6f} {down / height:.6f}\n'
        for (x, y, across, down), label in one.things)


def polygons(one, labels=tuple(COLOURS)):
    """Return the same as YOLO has outlines: here the four corners and the middle of an edge."""
    width, height = one.size
    text = ''
    for (x, y, across, down), label in one.things:
        corners = [(x, y), (x + across / 2, y), (x + across, y), (x + across, y + down),
                   (x, y + down)]
        text += f'{labels.index(label)} ' + ' '.join(
            f'{left / width:.6f} {top / height:.6f}' for left, top in corners) + '\n'
    return text


def voc(one):
    """Return the XML of a picture in Pascal VOC's form: corners, the first pixel is 1."""
    objects = ''.join(
        f'<object><name>{escape(label)}</name><difficult>0</difficult><bndbox>'
        f'<xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{x + across}</xmax>'
        f'<ymax>{y + down}</ymax></bndbox></object>\n'
        for (x, y, across, down), label in one.things)
    width, height = one.size
    return (f'<annotation><filename>{one.name}</filename><size><width>{width}</width>'
            f'<height>{height}</height><depth>3</depth></size>\n{objects}</annotation>\n')


def _texts(folder, pictures, suffix, write):
    folder.mkdir(parents=True, exist_ok=True)
    for one in pictures:
        (folder / one.name).with_suffix(suffix).write_text(write(one), encoding='utf-8')


def _names(path, labels=tuple(COLOURS)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('names: ' + json.dumps(list(labels)) if path.suffix == '.yaml' else
                    '\n'.join(labels) + '\n', encoding='utf-8')


def _json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding='utf-8')


def ours(root, pictures):
    _json(put(root, pictures) / 'boxes.json', coco(pictures))


def ours_in_parts(root, pictures):
    ours(root / 'train', pictures)
    ours(root / 'test', pictures[:3])


def roboflow_coco(root, pictures):
    for part, some in (('train', pictures), ('valid', pictures[:3]), ('test', pictures[:2])):
        _json(put(root / part, some) / '_annotations.coco.json', coco(some))


def coco_2017(root, pictures):
    for part, some in (('train2017', pictures), ('val2017', pictures[:3])):
        put(root / part, some)
        _json(root / 'annotations' / f'instances_{part}.json', coco(some))
        _json(root / 'annotations' / f'person_keypoints_{part}.json', coco(some[:1]))


def label_studio(root, pictures):
    put(root / 'images', pictures)
    _json(root / 'result.json', coco(pictures, folder='images/'))


def ultralytics(root, pictures):
    for part, some in (('train', pictures), ('val', pictures[:3])):
        put(root / 'images' / part, some)
        _texts(root / 'labels' / part, some, '.txt', yolo)
    _names(root / 'set.yaml')


def roboflow_yolo(root, pictures):
    for part, some in (('train', pictures), ('valid', pictures[:3])):
        put(root / part / 'images', some)
        _texts(root / part / 'labels', some, '.txt', polygons)
    _names(root / 'data.yaml')


def yolo_flat(root, pictures):
    put(root / 'images', pictures)
    _texts(root / 'labels', pictures, '.txt', yolo)
    _names(root / 'labels' / 'classes.txt')


def yolo_beside(root, pictures):
    _texts(put(root, pictures), pictures, '.txt', yolo)
    _names(root / 'classes.txt')


def darknet(root, pictures):
    _texts(put(root / 'obj_train_data', pictures), pictures, '.txt', yolo)
    _names(root / 'obj.names')
    (root / 'train.txt').write_text('obj_train_data/000.png\n')


def pascal(root, pictures):
    put(root / 'JPEGImages', pictures)
    _texts(root / 'Annotations', pictures, '.xml', voc)


def pascal_in_parts(root, pictures):
    pascal(root, pictures)
    (root / 'ImageSets' / 'Main').mkdir(parents=True)
    for part, some in (('train', pictures), ('trainval', pictures), ('val', pictures[:3]),
                       ('red_train', pictures[:1])):
        (root / 'ImageSets' / 'Main' / f'{part}.txt').write_text(
            ''.join(f'{one.name.removesuffix(".png")}\n' for one in some))


def pascal_beside(root, pictures):
    for part, some in (('train', pictures), ('valid', pictures[:3])):
        _texts(put(root / part, some), some, '.xml', voc)


def convert(root, pictures, labels):
    """Write a set as yolo/ and as voc/."""
    put(root / 'yolo' / 'images', pictures)
    _texts(root / 'yolo' / 'labels', pictures, '.txt', lambda one: yolo(one, labels))
    _names(root / 'yolo' / 'data.yaml', labels)
    pascal(root / 'voc', pictures)


# every layout -> the form that it is found to have
LAYOUTS = {
    ours: 'COCO', ours_in_parts: 'COCO', roboflow_coco: 'COCO', coco_2017: 'COCO',
    label_studio: 'COCO', ultralytics: 'YOLO', roboflow_yolo: 'YOLO', yolo_flat: 'YOLO',
    yolo_beside: 'YOLO', darknet: 'YOLO', pascal: 'Pascal VOC', pascal_in_parts: 'Pascal VOC',
    pascal_beside: 'Pascal VOC'}
IN_PARTS = (ours_in_parts, roboflow_coco, coco_2017, ultralytics, roboflow_yolo, pascal_in_parts,
            pascal_beside)
