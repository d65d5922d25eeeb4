# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one way of a frame, from the camera's message in memory to the decision."""

from collections.abc import Callable
from typing import Any, NamedTuple, TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.network.prediction import Prediction
from hybrid_snn_ros.snn.response import mean_of, Response
from hybrid_snn_ros.snn.track import Track
from hybrid_snn_ros.still_scene import StillScene

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier
    from hybrid_snn_ros.vision.frame_encoder import Encoded

# of a frame in this module, in order; 'decode', 'crop' and 'encode' are the frame encoder's
STAGES = ('decode', 'crop', 'encode', 'code', 'present', 'decide')


class Answer(NamedTuple):
    """What became of one frame."""

    seen: 'Encoded'  # the frame, as the encoder saw it, and its codes
    counts: np.ndarray  # uint8 (N,), spikes 0..10
    response: Response  # of the columns to this frame alone, the mean of its views
    prediction: Prediction


def answer(classifier: 'Classifier', message: Any, compressed: bool, lap: Callable[[str], None],
           track: Track | None = None, false_unknown: float | None = None,
           top: int | None = None, views: int = 1, still: StillScene | None = None) -> Answer:
    """
    Answer a camera message.

    :param message: sensor_msgs/Image, or CompressedImage where `compressed`, or what has its
        fields; of plain pixels nothing is copied before the crop.
    :param lap: is called with the name of each of STAGES when it is done (Stopwatch.lap).
    :param track: smooths over successive frames.
    :param false_unknown, top: as of Classifier.decide.
    :param views: of the frame that are looked at, and whose responses are averaged.
    :param still: holds the answer while nothing moves; `begin` was called for this frame.
    :raises FrameError: when the message cannot be read.
    """
    seen = classifier.frame_encoder.encode_message(
        message, compressed, lap, known=None if still is None else still.codes)
    if still is not None and seen.held:
        counts, response = still.counts, still.response
        lap('code')
        lap('present')
    else:
        counts, response = _presented(classifier, seen, views, lap)
        if still is not None:
            still.looked(seen, counts, response)
    prediction = still.settled if still is not None and seen.held else None
    if prediction is None:
        smoothed = response if track is None else track.add(seen.codes, response)
        prediction = classifier.decide(smoothed, false_unknown, top)
        if still is not None:
            still.decided(prediction)
    lap('decide')
    return Answer(seen, counts, response, prediction)


def _presented(classifier: 'Classifier', seen: 'Encoded', views: int,
               lap: Callable[[str], None]) -> tuple[np.ndarray, Response]:
    """Return the spike counts of a frame and the mean response to its views."""
    counts = classifier.counts(seen.codes)
    lap('code')
    responses = [classifier.present(seen.codes, counts)]
    lap('present')
    for codes in classifier.frame_encoder.view_codes(seen, views):
        lap('encode')
        responses.append(classifier.present(codes))
        lap('present')
    return counts, mean_of(responses)
