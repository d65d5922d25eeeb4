# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Messages from plain objects.

The only place that imports ``vision_msgs``: it comes with apt on a robot and may be missing
elsewhere.  Without it the typed topics are off and everything else works; ``~/answer`` and
``~/labels`` carry the same as JSON text and need nothing but std_msgs.
"""

from collections.abc import Iterable, Sequence
import itertools
import json
from typing import Any, TYPE_CHECKING, TypeAlias

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.ros.boxes import pixels_of
from hybrid_snn_ros.ros.change_json import of_change

try:
    from vision_msgs.msg import (
        BoundingBox2D,
        Classification,
        Detection2D,
        Detection2DArray,
        LabelInfo,
        ObjectHypothesis,
        ObjectHypothesisWithPose,
        VisionClass,
        VisionInfo,
    )
    HAVE_VISION_MSGS = True
except ImportError:
    Classification = Detection2DArray = LabelInfo = VisionInfo = None
    HAVE_VISION_MSGS = False

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Prediction
    from hybrid_snn_ros.ros.box_namer import Thing, Things
    from hybrid_snn_ros.ros.thing_finder import WhereStatus

CameraMessage: TypeAlias = Image | CompressedImage
NEWEST = 24  # samples of which ~/labels tells id, label and time


def classification(header: Header, prediction: 'Prediction') -> Any:
    """Return vision_msgs/Classification: hypotheses best first, class_id is the label's text."""
    message = Classification(header=header)
    message.results = [ObjectHypothesis(class_id=label, score=score)
                       for label, score in _hypotheses(prediction)]
    return message


def _hypotheses(prediction: 'Prediction') -> list[tuple[str, float]]:
    """Return labels and scores, the answer first."""
    first = [(prediction.label, prediction.score)] if prediction.unknown else []
    return first + prediction.ranked


def detections(things: 'Things') -> Any:
    """
    Return vision_msgs/Detection2DArray: for each box its hypotheses, best first.

    What was asked by such a message comes back with its header, ids and boxes; a box that is
    refused has no hypothesis.  Of what was found here, the id is that of the thing, and its own
    header has the stamp of the frame in which it was named last.
    """
    asked = things.request.detections if things.request else None
    message = Detection2DArray(header=things.header if asked is None else asked.header)
    for place, thing in enumerate(things.things):
        if asked is None:
            detection = Detection2D(header=message.header)
            if things.request is None:
                detection = Detection2D(header=Header(frame_id=message.header.frame_id),
                                        id=str(thing.track))
                named = detection.header.stamp
                named.sec, named.nanosec = thing.named
            if thing.region is not None:
                detection.bbox = _bounding_box(pixels_of(thing.region, things.size))
        else:
            given = asked.detections[place]
            detection = Detection2D(header=message.header, bbox=given.bbox, id=given.id)
        if thing.prediction is not None:
            detection.results = [
                ObjectHypothesisWithPose(hypothesis=ObjectHypothesis(class_id=label, score=score))
                for label, score in _hypotheses(thing.prediction)]
        message.detections.append(detection)
    return message


def _bounding_box(box: Sequence[float]) -> Any:
    x, y, width, height = box
    found = BoundingBox2D(size_x=float(width), size_y=float(height))
    found.center.position.x, found.center.position.y = x + width / 2, y + height / 2
    return found


def things(named: 'Things') -> str:
    """Return the named boxes of a frame as JSON text for ``~/things``."""
    stamp = named.header.stamp
    return json.dumps({
        'stamp': {'sec': stamp.sec, 'nanosec': stamp.nanosec},
        'frame_id': named.header.frame_id, 'id': named.request.id if named.request else '',
        'by': 'request' if named.request else 'where', 'size': list(named.size),
        'things': [_thing(thing, named.size) | ({} if named.request else _followed(thing))
                   for thing in named.things],
    }, ensure_ascii=False)


def _thing(thing: 'Thing', size: tuple[int, int]) -> dict[str, Any]:
    if thing.prediction is None or thing.region is None:
        return {'refused': thing.refused}
    return {'box': pixels_of(thing.region, size), **_predicted(thing.prediction)}


def _followed(thing: 'Thing') -> dict[str, Any]:
    sec, nanosec = thing.named
    return {'track': thing.track, 'found': thing.found,
            'named': {'sec': sec, 'nanosec': nanosec}}


def label_info(header: Header, names: Iterable[str]) -> Any:
    """Return vision_msgs/LabelInfo: the label of every column."""
    message = LabelInfo(header=header)
    message.class_map = [VisionClass(class_id=column, class_name=name)
                         for column, name in enumerate(names)]
    return message


def vision_info(header: Header, method: str, location: str, version: int) -> Any:
    """Return vision_msgs/VisionInfo: how it classifies, and which version of its knowledge."""
    return VisionInfo(header=header, method=method, database_location=location,
                      database_version=version)


def answer(header: Header, prediction: 'Prediction', seen: Iterable[float], latency_ms: float,
           processing_ms: float) -> str:
    """
    Return the answer to one frame as JSON text for ``~/answer``.

    :param seen: x, y, width, height of what the encoder sees, as fractions of the frame.
    """
    return json.dumps({
        'stamp': {'sec': header.stamp.sec, 'nanosec': header.stamp.nanosec},
        'frame_id': header.frame_id,
        **_predicted(prediction),
        'seen': [round(part, 4) for part in seen],
        'latency_ms': round(latency_ms, 2),
        'processing_ms': round(processing_ms, 2),
    }, ensure_ascii=False)


def _predicted(prediction: 'Prediction') -> dict[str, Any]:
    return {
        'label': prediction.label,
        'score': round(prediction.score, 4),
        'unknown': prediction.unknown,
        **({'reason': prediction.reason} if prediction.unknown else {}),
        'known': round(prediction.p_value, 4),
        'ranked': [[label, round(score, 4)] for label, score in prediction.ranked]}


def labels(state: StoreState, where: 'WhereStatus') -> str:
    """
    Return what is known as JSON text for ``~/labels``.

    ``undo`` is the change that Undo takes back, ``redo`` the one that can be put back; ``newest``
    holds id, label and time of the newest samples, newest first.

    :param state: memory.state.StoreState.
    :param where: how finding things stands.
    """
    newest_change, undone = state.history.newest(), state.history.undone()
    newest = itertools.islice(reversed(state.samples.items()), NEWEST)
    return json.dumps({
        'database_version': state.version,
        'labels': [{'label': name, 'samples': samples}
                   for name, samples in state.counts.items()],
        'undo': newest_change and of_change(newest_change),
        'redo': undone and of_change(undone),
        'where': where._asdict(),
        'newest': [[number, sample.label, round(sample.time, 3)] for number, sample in newest],
    }, ensure_ascii=False)


def status(level: str, name: str, message: str, **values: object) -> DiagnosticStatus:
    """Return a DiagnosticStatus; level is 'OK', 'WARN', 'ERROR' or 'STALE'."""
    return DiagnosticStatus(
        level=getattr(DiagnosticStatus, level), name=name, message=message,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()])


def is_compressed(message: CameraMessage) -> bool:
    """Tell whether a camera message is a CompressedImage."""
    return isinstance(message, CompressedImage)


def describe(message: CameraMessage) -> str:
    """Return what a camera message is like, in a few words for the log."""
    if is_compressed(message):
        return f'{len(message.data)} bytes of format {message.format!r:.60}'
    return f'{message.width}x{message.height} {message.encoding!r:.40}'
