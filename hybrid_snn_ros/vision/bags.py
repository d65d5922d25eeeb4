# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames and labels out of a bag (mcap, sqlite3, ROS 1), without ROS, by the rosbags library."""

from collections.abc import Callable, Iterator
import contextlib
from pathlib import Path
from typing import Any, NamedTuple, TYPE_CHECKING

from hybrid_snn_ros.vision.bag_error import BagError, reason_of
from hybrid_snn_ros.vision.bag_files import files_of, is_bag
from hybrid_snn_ros.vision.bag_names import labels_by_stamp, NO_STAMP
from hybrid_snn_ros.vision.bag_reader import open_file, Reader

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

__all__ = ['BagError', 'Frame', 'frames', 'is_bag', 'NO_STAMP']

_IMAGE = 'sensor_msgs/msg/Image'
_COMPRESSED = 'sensor_msgs/msg/CompressedImage'
_STRING = 'std_msgs/msg/String'
_CLASSIFICATION = 'vision_msgs/msg/Classification'


class Frame(NamedTuple):
    """One camera message of a bag."""

    stamp: tuple[int, int]  # (sec, nanosec) of its header; NO_STAMP names no frame
    label: str  # what it is said to show, as it was said, '' for nothing
    message: Any
    compressed: bool
    trouble: str = ''  # why it cannot be used, whatever it holds; a sentence


def frames(path: Path | str, image_topic: str = '', label_topic: str = '', label: str = '',
           remark: Callable[[str], object] = lambda sentence: None) -> tuple[int, Iterator[Frame]]:
    """
    Read a bag's camera messages in their order.

    :param path: a recording's folder, its metadata.yaml, or one file of it, which means that file.
    :param image_topic: of the camera; may be empty where only one topic holds images.
    :param label_topic: std_msgs/String, each of which names what is shown from then on, or
        vision_msgs/Classification, each of which names the frame whose stamp it carries.
    :param label: what every frame shows, where there is no label topic.
    :param remark: called with a sentence where not all that was recorded can be read.
    :return: (number of frames, generator of Frame).
    :raises BagError: when it cannot be read or a topic is not there; the generator, too.
    """
    try:
        import rosbags.highlevel  # noqa: F401
    except ImportError as error:
        raise BagError("bags need the rosbags library (pip install 'hybrid_snn_ros[bags]'): "
                       f'{error}') from error
    with contextlib.ExitStack() as stack:
        readers = _readers(path, stack, remark)
        connections = [c for reader in readers for c in reader.connections]
        if not connections:
            raise BagError(f'{path} is an empty recording: it holds no topic')
        camera = _camera(path, connections, image_topic)
        kind = _kind(path, connections, label_topic, (_STRING, _CLASSIFICATION)) if (
            label_topic) else ''
        total = sum(c.msgcount for c in connections if c.topic == camera and _is_image(c))
        if not total:
            raise BagError(f'{path} holds no frame: nothing was recorded of {camera}')
        bag = _Bag(path, readers, camera, label_topic, kind, stack.pop_all())
    return total, bag.named_by_stamp() if kind == _CLASSIFICATION else bag.named_by_turns(label)


def _readers(path: Path | str, stack: contextlib.ExitStack,
             remark: Callable[[str], object]) -> list[Reader]:
    """Open the files of a recording; one of several that cannot be read is left out and told."""
    files, readers = files_of(path, remark), []
    for file in files:
        try:
            readers.append(open_file(file, stack, remark))
        except BagError as error:
            if len(files) == 1:
                raise
            remark(f'left out: {error}')
    if not readers:
        raise BagError(f'{path}: none of its {len(files)} files can be read')
    return readers


def _is_image(connection: 'Connection') -> bool:
    return connection.msgtype in (_IMAGE, _COMPRESSED)


def _kind(path: Path | str, connections: list['Connection'], topic: str,
          kinds: tuple[str, ...]) -> str:
    """Return the type of a topic."""
    for connection in connections:
        if connection.topic == topic and connection.msgtype in kinds:
            return connection.msgtype
    there = ', '.join(dict.fromkeys(f'{c.topic} ({c.msgtype})' for c in connections))
    raise BagError(f'{path} has no topic {topic} of type {" or ".join(kinds)}; it has {there}')


def _camera(path: Path | str, connections: list['Connection'], topic: str) -> str:
    """Return the topic of the camera."""
    if topic:
        _kind(path, connections, topic, (_IMAGE, _COMPRESSED))
        return topic
    cameras = list(dict.fromkeys(c.topic for c in connections if _is_image(c)))
    if not cameras:
        there = ', '.join(dict.fromkeys(f'{c.topic} ({c.msgtype})' for c in connections))
        raise BagError(f'{path} has no topic with images; it has {there}')
    if len(cameras) > 1:
        raise BagError(f'{path} has {len(cameras)} topics with images ({", ".join(cameras)}); '
                       'name one with --image')
    return cameras[0]


class _Bag:
    """The files of a recording, one behind the other; closed when they were read."""

    def __init__(self, path: Path | str, readers: list[Reader], camera: str, teller: str,
                 kind: str, stack: contextlib.ExitStack) -> None:
        self._path, self._readers, self._stack = path, readers, stack
        self._camera, self._teller, self._kind = camera, teller, kind

    def named_by_turns(self, label: str) -> Iterator[Frame]:
        """Yield Frame, each with what was said last."""
        lost = ''
        with self._stack:
            for _, is_frame, compressed, message, trouble in self._messages():
                if is_frame:
                    yield _frame(label, message, compressed, trouble or lost)
                elif trouble:
                    label, lost = '', 'the label that was said before it is damaged'
                else:
                    label, lost = message.data, ''

    def named_by_stamp(self) -> Iterator[Frame]:
        """Yield Frame, each with what was said of its stamp, at any time."""
        with self._stack:
            labels = iter(labels_by_stamp(self._named()))
            for _, is_frame, compressed, message, trouble in self._messages():
                if is_frame:
                    label, why = next(labels)
                    yield _frame(label, message, compressed, trouble or why)

    def _named(self) -> Iterator[tuple[int, tuple[int, int], str | None]]:
        """Yield what labels_by_stamp takes."""
        for time, is_frame, _, message, trouble in self._messages():
            if is_frame:
                yield time, NO_STAMP if trouble else _stamp(message), None
            elif not trouble and message.results:
                yield time, _stamp(message), message.results[0].class_id

    def _messages(self) -> Iterator[tuple[int, bool, bool, Any, str]]:
        """Yield (time, whether it is a frame, whether compressed, message, its trouble)."""
        for reader in self._readers:
            wanted = [c for c in reader.connections if self._is_frame(c) or (
                c.topic == self._teller and c.msgtype == self._kind)]
            if not wanted:
                continue  # to the library, an empty list means everything
            try:
                for connection, time, raw in reader.messages(wanted):
                    message, trouble = None, ''
                    try:
                        message = reader.message(connection, raw)
                    except Exception as error:  # the library's own and others'
                        trouble = f'its message is damaged: {reason_of(error)}'
                    yield (time, self._is_frame(connection), connection.msgtype == _COMPRESSED,
                           message, trouble)
            except Exception as error:  # again, in the middle of a file
                raise BagError(f'{self._path} is damaged, it cannot be read to its end: '
                               f'{reason_of(error)}; {reader.repair}') from error

    def _is_frame(self, connection: 'Connection') -> bool:
        return connection.topic == self._camera and _is_image(connection)


def _frame(label: str, message: Any, compressed: bool, trouble: str) -> Frame:
    if message is None:
        return Frame(NO_STAMP, label, None, compressed, trouble)
    return Frame(_stamp(message), label, message, compressed, trouble)


def _stamp(message: Any) -> tuple[int, int]:
    return int(message.header.stamp.sec), int(message.header.stamp.nanosec)
