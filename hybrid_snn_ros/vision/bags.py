# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames, labels and boxes out of a bag (mcap, sqlite3, ROS 1), by rosbags, without ROS."""

from collections.abc import Callable, Iterator
import contextlib
from itertools import chain
from pathlib import Path
import struct
from typing import Any, NamedTuple, TYPE_CHECKING

from hybrid_snn_ros.vision.bag_error import BagError, reason_of
from hybrid_snn_ros.vision.bag_files import files_of, is_bag
from hybrid_snn_ros.vision.bag_names import NO_STAMP, said_by_stamp
from hybrid_snn_ros.vision.bag_reader import open_file, Reader
from hybrid_snn_ros.vision.detections import boxes_of, label_of

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

__all__ = ['BagError', 'Boxes', 'Frame', 'frames', 'is_bag', 'NO_STAMP']

_IMAGE = 'sensor_msgs/msg/Image'
_COMPRESSED = 'sensor_msgs/msg/CompressedImage'
_STRING = 'std_msgs/msg/String'
_CLASSIFICATION = 'vision_msgs/msg/Classification'
_DETECTIONS = 'vision_msgs/msg/Detection2DArray'
_MOST_BOXES = 2 ** 21  # of a recording; they are at hand before the first frame is, some 100 MB


class Boxes(NamedTuple):
    """What a Detection2DArray says, in as little memory as it takes."""

    labels: tuple[str, ...] = ()  # as they were said, '' for none
    numbers: bytes = b''  # four doubles for each: x, y, width, height in pixels

    def each(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Yield the label and the numbers of each box."""
        return zip(self.labels, struct.iter_unpack('4d', self.numbers))


class Frame(NamedTuple):
    """One camera message of a bag."""

    stamp: tuple[int, int]  # (sec, nanosec) of its header; NO_STAMP names no frame
    label: str  # what it is said to show, as it was said, '' for nothing
    message: Any
    compressed: bool
    trouble: str = ''  # why it cannot be used, whatever it holds; a sentence
    boxes: Boxes = Boxes()  # that were given for it


def frames(path: Path | str, image_topic: str = '', label_topic: str = '', label: str = '',
           remark: Callable[[str], object] = lambda sentence: None,
           box_topic: str = '') -> tuple[int, Iterator[Frame]]:
    """
    Read a bag's camera messages in their order.

    :param path: a recording's folder, its metadata.yaml, or one file of it, which means that file.
    :param image_topic: of the camera; may be empty where only one topic holds images.
    :param label_topic: std_msgs/String, each of which names what is shown from then on, or
        vision_msgs/Classification, each of which names the frame whose stamp it carries.
    :param label: what every frame shows, where there is no label topic.
    :param remark: called with a sentence where not all that was recorded can be read.
    :param box_topic: vision_msgs/Detection2DArray, instead of labels: boxes, each with the label
        of its first hypothesis, in the frame whose stamp it carries.
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
        teller = box_topic or label_topic
        kinds = (_DETECTIONS,) if box_topic else (_STRING, _CLASSIFICATION)
        kind = _kind(path, connections, teller, kinds) if teller else ''
        total = sum(c.msgcount for c in connections if c.topic == camera and _is_image(c))
        if not total:
            raise BagError(f'{path} holds no frame: nothing was recorded of {camera}')
        bag = _Bag(path, readers, camera, teller, kind, stack.pop_all())
    by_stamp = kind in (_CLASSIFICATION, _DETECTIONS)
    return total, bag.named_by_stamp() if by_stamp else bag.named_by_turns(label)


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
            told = iter(said_by_stamp(self._named()))
            for _, is_frame, compressed, message, trouble in self._messages():
                if is_frame:
                    said, why = next(told)
                    label = said if isinstance(said, str) else ''
                    frame = _frame(label, message, compressed, trouble or why)
                    yield frame._replace(boxes=said) if isinstance(said, Boxes) else frame

    def _named(self) -> Iterator[tuple[int, tuple[int, int], str | Boxes | None]]:
        """Yield what said_by_stamp takes."""
        count = 0
        labels: dict[str, str] = {}  # each is kept once
        for time, is_frame, _, message, trouble in self._messages():
            if is_frame:
                yield time, NO_STAMP if trouble else _stamp(message), None
            elif trouble:
                continue
            elif self._kind == _DETECTIONS:
                boxes = self._boxes(message, labels)
                count += len(boxes.labels)
                if count > _MOST_BOXES:
                    raise BagError(f'{self._path} has more than {_MOST_BOXES} boxes in '
                                   f'{self._teller}; teach one file of it at a time')
                yield time, _stamp(message), boxes
            elif message.results:
                yield time, _stamp(message), message.results[0].class_id

    def _boxes(self, message: Any, known: dict[str, str]) -> Boxes:
        try:
            labels = map(label_of, message.detections)
            return Boxes(tuple(known.setdefault(label, label) for label in labels), struct.pack(
                f'{4 * len(message.detections)}d', *chain.from_iterable(boxes_of(message))))
        except AttributeError as error:
            raise BagError(f'the boxes in {self._teller} of {self._path} are those of an older '
                           f'vision_msgs than ROS 2 Humble has: {error}') from error

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
