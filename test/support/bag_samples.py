# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Bags for the tests, written on the spot."""

from pathlib import Path
import subprocess
import sys

from checkout import ROOT
import numpy as np
import pytest

IMAGE, STRING = 'sensor_msgs/msg/Image', 'std_msgs/msg/String'
CLASSIFICATION = 'vision_msgs/msg/Classification'
DETECTIONS = 'vision_msgs/msg/Detection2DArray'
DEFINITIONS = {
    CLASSIFICATION: 'std_msgs/Header header\nvision_msgs/ObjectHypothesis[] results',
    'vision_msgs/msg/ObjectHypothesis': 'string class_id\nfloat64 score',
    'vision_msgs/msg/ObjectHypothesisWithPose':
        'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose',
    'vision_msgs/msg/Point2D': 'float64 x\nfloat64 y',
    'vision_msgs/msg/Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
    'vision_msgs/msg/BoundingBox2D':
        'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
    'vision_msgs/msg/Detection2D':
        'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
        'vision_msgs/BoundingBox2D bbox\nstring id',
    DETECTIONS: 'std_msgs/Header header\nvision_msgs/Detection2D[] detections'}
RED, GREEN, BLUE = (200, 30, 30), (30, 190, 40), (20, 40, 220)


def run(*words, **options):
    """Run hybrid-snn; return the exit code, what it said on stdout and on stderr."""
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', *map(str, words)], cwd=ROOT,
        capture_output=True, text=True, timeout=300, **options)
    assert 'Traceback' not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def scene(colour, place):
    """Return a picture; another place, another one."""
    picture = np.full((120, 160, 3), colour, np.uint8)
    patch = np.random.default_rng(place).integers(0, 255, (40, 80, 3))
    top = 10 + 8 * (place % 8)
    picture[top:top + 40, 20:100] = patch
    return picture


def recorded(path, said, storage='MCAP', kind=IMAGE, image=None, teller=STRING, packed=''):
    """
    Write a bag of what was said and shown; return its path.

    :param said: a label (str), (stamp, label) of a Classification, (stamp, [(label, x, y, width,
        height, turn)]) of a Detection2DArray, or (stamp, pixels); one every tenth of a second.
    :param image: function of (types, header, pixels) that makes another message of a frame.
    :param packed: 'FILE', 'MESSAGE' or 'STORAGE', by zstd.
    """
    rosbag2 = pytest.importorskip('rosbags.rosbag2', reason='rosbags is not installed')
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    store = get_typestore(Stores.LATEST)
    for name, definition in DEFINITIONS.items():
        store.register(get_types_from_msg(definition, name))
    types = store.types
    writer = rosbag2.Writer(path, version=9, storage_plugin=rosbag2.StoragePlugin[storage])
    if packed:
        writer.set_compression(rosbag2.CompressionMode[packed], rosbag2.CompressionFormat.ZSTD)

    def header(stamp):
        return types['std_msgs/msg/Header'](types['builtin_interfaces/msg/Time'](*stamp), 'camera')

    with writer:
        camera = writer.add_connection('/camera/image', kind, typestore=store)
        label = writer.add_connection('/label', teller, typestore=store)
        for moment, one in enumerate(said, 1):
            if isinstance(one, str):
                connection, message = label, types[STRING](one)
            elif isinstance(one[1], str):
                result = types['vision_msgs/msg/ObjectHypothesis'](one[1], 1.0)
                connection, message = label, types[CLASSIFICATION](header(one[0]), [result])
            elif isinstance(one[1], list):
                connection, message = label, types[DETECTIONS](header(one[0]), [
                    _detection(types, header(one[0]), *box) for box in one[1]])
            else:
                stamp, pixels = one
                connection, message = camera, image(types, header(stamp), pixels) if image else (
                    types[kind](header(stamp), *pixels.shape[:2], 'rgb8', 0, pixels.shape[1] * 3,
                                pixels.reshape(-1)))
            writer.write(connection, 10**18 + moment * 10**8, store.serialize_cdr(
                message, message.__msgtype__))
    return Path(path)


def _detection(types, header, label, x, y, width, height, turn=0.0):
    """Return a Detection2D; of label None one without a hypothesis."""
    def vision(name, *fields):
        return types[f'vision_msgs/msg/{name}'](*fields)

    def geometry(name, *fields):
        return types[f'geometry_msgs/msg/{name}'](*fields)
    pose = geometry('PoseWithCovariance', geometry(
        'Pose', geometry('Point', 0.0, 0.0, 0.0), geometry('Quaternion', 0.0, 0.0, 0.0, 1.0)),
        np.zeros(36))
    box = vision('BoundingBox2D', vision('Pose2D', vision(
        'Point2D', x + width / 2, y + height / 2), turn), float(width), float(height))
    return vision('Detection2D', header, [] if label is None else [vision(
        'ObjectHypothesisWithPose', vision('ObjectHypothesis', label, 1.0), pose)], box, '')


def file_of(bag):
    """Return the one file of a bag's messages."""
    [file] = [path for path in Path(bag).iterdir() if path.name != 'metadata.yaml']
    return file


def shown(colour, stamps, first=0):
    """Return (stamp, pixels) for every stamp, each picture another one."""
    return [(stamp, scene(colour, first + place)) for place, stamp in enumerate(stamps)]
