# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Camera messages whose bytes lie in a vendor's memory, as ROS 2 Lyrical may hand them over.

The messages are sensor_msgs' own, their ``data`` a stand-in (rosidl_buffer, which see): all that
the node does with a frame comes out as with bytes in the computer's memory.
"""

import array

import cv2
import numpy as np
import pytest
from rosidl_buffer import Buffer, Lost
from sensor_msgs.msg import CompressedImage, Image

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.frame_pipeline import answer
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.annotate import annotated
from hybrid_snn_ros.ros.recent_frames import RecentFrames, SeenFrame
from hybrid_snn_ros.sim import conditions, solids
from hybrid_snn_ros.stopwatch import Stopwatch
from hybrid_snn_ros.vision.encoder import EncoderError
from hybrid_snn_ros.vision.frames import FrameError


def view(name, number=4):
    """Return a picture of a solid, uint8 RGB (240, 320, 3)."""
    return solids.render(name, conditions.view('jitter', number, 1, 0))


def message(name, compressed, foreign):
    """Return the camera message of a view, its bytes here or in a vendor's memory."""
    rgb = view(name)
    if compressed:
        made = CompressedImage(format='jpeg')
        content = cv2.imencode('.jpg', rgb[..., ::-1])[1].tobytes()
    else:
        made = Image(height=240, width=320, step=960, encoding='rgb8')
        content = rgb.tobytes()
    # The setter of an older distribution takes sequences only; Lyrical's takes a Buffer.
    made._data = Buffer(content) if foreign else array.array('B', content)
    return made


def answered(classifier, one, compressed):
    """Answer a camera message as the worker does."""
    return answer(classifier, one, compressed, Stopwatch().lap)


@pytest.fixture(scope='module')
def classifier():
    """Return a classifier that knows three solids."""
    known = Classifier()
    try:
        for name in ('mug', 'star', 'vase'):
            for number in conditions.TRAIN_VIEWS[:4]:
                known.teach(view(name, number), name)
    except EncoderError as error:
        pytest.skip(str(error))
    return known


@pytest.mark.parametrize('compressed', [False, True])
def test_the_way_of_a_frame_through_the_node_is_the_same(classifier, compressed):
    ours, theirs = (message('star', compressed, foreign) for foreign in (False, True))
    here, there = (answered(classifier, one, compressed) for one in (ours, theirs))
    assert there.prediction == here.prediction and there.prediction.label == 'star'
    np.testing.assert_array_equal(there.seen.codes, here.seen.codes)
    # Views and boxes are cut out of the message later on.
    encoder = classifier.frame_encoder
    for a, b in zip(encoder.view_codes(here.seen, 6), encoder.view_codes(there.seen, 6),
                    strict=True):
        np.testing.assert_array_equal(a, b)
    drawn = [annotated(one, found.prediction, classifier.crop)
             for one, found in ((ours, here), (theirs, there))]
    assert drawn[0] == drawn[1] and isinstance(drawn[1].data, array.array)
    assert messages.describe(theirs) == messages.describe(ours)


@pytest.mark.parametrize('compressed', [False, True])
def test_it_is_kept_and_looked_at_again(classifier, compressed):
    recent = RecentFrames(5)
    for number in range(3):
        one = message('mug', compressed, True)
        recent.add((1, number), SeenFrame(
            answered(classifier, one, compressed).seen, one, compressed), 5)
    assert recent.hold((1, 1))
    kept = recent.seen((1, 1))
    assert kept.size == (320, 240)
    np.testing.assert_array_equal(
        kept.rgb(), SeenFrame(kept.seen, message('mug', compressed, False), compressed).rgb())


def test_memory_that_is_gone_is_a_frame_that_cannot_be_read(classifier):
    one = message('mug', False, True)
    one._data = Lost(one.data.to_bytes())
    with pytest.raises(FrameError, match='cannot be copied out of the memory of cuda'):
        answered(classifier, one, False)
