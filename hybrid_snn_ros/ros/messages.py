# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Messages from plain objects.

The only place that imports ``vision_msgs``: it comes with apt on a robot and may be missing
elsewhere.  Without it the typed topics are off and everything else works; ``~/answer`` and
``~/labels`` carry the same as JSON text and need nothing but std_msgs.
"""

from collections.abc import Iterable
import itertools
import json
from typing import Any, TYPE_CHECKING, TypeAlias

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hybrid_snn_ros.memory.history import Change
from hybrid_snn_ros.memory.state import StoreState

try:
    from vision_msgs.msg import (
        Classification,
        LabelInfo,
        ObjectHypothesis,
        VisionClass,
        VisionInfo,
    )
    HAVE_VISION_MSGS = True
except ImportError:
    Classification = LabelInfo = VisionInfo = None
    HAVE_VISION_MSGS = False

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Prediction

CameraMessage: TypeAlias = Image | CompressedImage
NEWEST = 24  # samples of which ~/labels tells id, label and time


def classification(header: Header, prediction: 'Prediction') -> Any:
    """Return vision_msgs/Classification: hypotheses best first, class_id is the label's text."""
    message = Classification(header=header)
    ranked = prediction.ranked
    if prediction.unknown:
        ranked = [(prediction.label, prediction.score), *ranked]
    for label, score in ranked:
        message.results.append(ObjectHypothesis(class_id=label, score=score))
    return message


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
        'label': prediction.label,
        'score': round(prediction.score, 4),
        'unknown': prediction.unknown,
        **({'reason': prediction.reason} if prediction.unknown else {}),
        'known': round(prediction.p_value, 4),
        'ranked': [[label, round(score, 4)] for label, score in prediction.ranked],
        'seen': [round(part, 4) for part in seen],
        'latency_ms': round(latency_ms, 2),
        'processing_ms': round(processing_ms, 2),
    }, ensure_ascii=False)


def labels(state: StoreState) -> str:
    """
    Return what is known as JSON text for ``~/labels``.

    ``undo`` is the change that Undo takes back, ``redo`` the one that can be put back; ``newest``
    holds id, label and time of the newest samples, newest first.

    :param state: memory.state.StoreState.
    """
    newest = itertools.islice(reversed(state.samples.items()), NEWEST)
    return json.dumps({
        'database_version': state.version,
        'labels': [{'label': name, 'samples': samples}
                   for name, samples in state.counts.items()],
        'undo': _change(state.history.newest()),
        'redo': _change(state.history.undone()),
        'newest': [[number, sample.label, round(sample.time, 3)] for number, sample in newest],
    }, ensure_ascii=False)


def _change(change: Change | None) -> dict[str, Any] | None:
    return change and {
        'change': change.id, 'what': change.what, 'label': change.label, 'to': change.target,
        'samples': change.samples, 'source': change.source, 'time': round(change.time, 3)}


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
