# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames and labels out of a ROS bag (mcap or sqlite3), without ROS, by the rosbags library."""

from pathlib import Path
from typing import Any, NamedTuple

_IMAGE = 'sensor_msgs/msg/Image'
_COMPRESSED = 'sensor_msgs/msg/CompressedImage'
_STRING = 'std_msgs/msg/String'
_CLASSIFICATION = 'vision_msgs/msg/Classification'


class BagError(ValueError):
    """A bag that cannot be used; the message says why."""


class Frame(NamedTuple):
    """One camera message of a bag."""

    stamp: tuple  # (sec, nanosec) of its header
    label: str  # what it is said to show, '' for nothing
    message: Any
    compressed: bool


def is_bag(path):
    """Tell whether a path looks like a bag: a folder with metadata.yaml, .mcap or .db3."""
    path = Path(path)
    return (path / 'metadata.yaml').exists() or path.suffix in ('.mcap', '.db3')


def frames(path, image_topic='', label_topic='', label=''):
    """
    Read a bag's camera messages in their order.

    :param image_topic: of the camera; may be empty where only one topic holds images.
    :param label_topic: std_msgs/String, each of which names what is shown from then on, or
        vision_msgs/Classification, each of which names the frame whose stamp it carries.
    :param label: what every frame shows, where there is no label topic.
    :return: (number of frames, generator of Frame).
    :raises BagError: when it cannot be read or a topic is not there; the generator, too.
    """
    try:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import get_typestore, Stores
    except ImportError as error:
        raise BagError("bags need the rosbags library (pip install 'hybrid_snn_ros[bags]'): "
                       f'{error}') from error
    path = Path(path)
    place = path if path.is_dir() else path.parent if (
        path.parent / 'metadata.yaml').exists() else path
    try:
        reader = AnyReader([place], default_typestore=get_typestore(Stores.LATEST))
        reader.open()
    except Exception as error:  # the library raises its own and others' for a broken file
        raise BagError(f'{path} is no bag that can be read: {error}') from error
    try:
        camera = _camera(path, reader, image_topic)
        teller = _topic(path, reader, label_topic, (_STRING, _CLASSIFICATION))
    except BagError:
        reader.close()
        raise
    return camera.msgcount, _read(path, reader, camera, teller, label)


def _topic(path, reader, topic, kinds):
    if not topic:
        return None
    for connection in reader.connections:
        if connection.topic == topic and connection.msgtype in kinds:
            return connection
    there = ', '.join(f'{c.topic} ({c.msgtype})' for c in reader.connections)
    raise BagError(f'{path} has no topic {topic} of type {" or ".join(kinds)}; it has {there}')


def _camera(path, reader, topic):
    if topic:
        return _topic(path, reader, topic, (_IMAGE, _COMPRESSED))
    cameras = [c for c in reader.connections if c.msgtype in (_IMAGE, _COMPRESSED)]
    if len(cameras) != 1:
        there = ', '.join(c.topic for c in cameras) or 'none'
        raise BagError(f'{path} has {len(cameras)} topics with images ({there}); name one')
    return cameras[0]


def _read(path, reader, camera, teller, label):
    wanted = [camera] if teller is None else [camera, teller]
    by_stamp = {}
    try:
        if teller is not None and teller.msgtype == _CLASSIFICATION:
            for _, _, raw in reader.messages([teller]):
                message = reader.deserialize(raw, teller.msgtype)
                if message.results:
                    by_stamp[_stamp(message)] = message.results[0].class_id
            wanted = [camera]
        for connection, _, raw in reader.messages(wanted):
            message = reader.deserialize(raw, connection.msgtype)
            if connection.msgtype == _STRING:
                label = message.data
                continue
            stamp = _stamp(message)
            yield Frame(stamp, by_stamp.get(stamp, '') if by_stamp else label, message,
                        connection.msgtype == _COMPRESSED)
    except Exception as error:  # again the library's own and others', in the middle of a file
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise BagError(f'{path} is damaged, it cannot be read to its end: {reason}') from error
    finally:
        reader.close()


def _stamp(message):
    return int(message.header.stamp.sec), int(message.header.stamp.nanosec)
