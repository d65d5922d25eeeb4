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

    :param said: a label (str), (stamp, label) of a Classification, or (stamp, pixels); one every
        tenth of a second.
    :param image: function of (types, header, pixels) that makes another message of a frame.
    :param packed: 'FILE', 'MESSAGE' or 'STORAGE', by zstd.
    """
    rosbag2 = pytest.importorskip('rosbags.rosbag2', reason='rosbags is not installed')
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    store = get_typestore(Stores.LATEST)
    store.register(get_types_from_msg(
        'std_msgs/Header header\nvision_msgs/ObjectHypothesis[] results', CLASSIFICATION))
    store.register(get_types_from_msg(
        'string class_id\nfloat64 score', 'vision_msgs/msg/ObjectHypothesis'))
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
            else:
                stamp, pixels = one
                connection, message = camera, image(types, header(stamp), pixels) if image else (
                    types[kind](header(stamp), *pixels.shape[:2], 'rgb8', 0, pixels.shape[1] * 3,
                                pixels.reshape(-1)))
            writer.write(connection, 10**18 + moment * 10**8, store.serialize_cdr(
                message, message.__msgtype__))
    return Path(path)


def file_of(bag):
    """Return the one file of a bag's messages."""
    [file] = [path for path in Path(bag).iterdir() if path.name != 'metadata.yaml']
    return file


def shown(colour, stamps, first=0):
    """Return (stamp, pixels) for every stamp, each picture another one."""
    return [(stamp, scene(colour, first + place)) for place, stamp in enumerate(stamps)]
