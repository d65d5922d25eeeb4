# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand frames that no camera should send, and two thousand of them over DDS."""

from array import array
import random
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.frames import FrameError

IN_PROCESS, OVER_DDS = 100_000, 2000
MORE = ('', 'rgb', 'RGB8', 'rgb32', '16UC1', '32FC1', 'mono12', 'nv16', 'h264', 'bayer_rggb10',
        'rgb8 ', 'x' * 300, 'ünïcode', '8UC99')
FORMATS = ('jpeg', 'png', 'jpg', 'rgb8; jpeg compressed bgr8', 'bgr8; png compressed ', 'theora',
           '', ';', 'mono8; jpeg compressed', '16UC1; compressedDepth png', 'x' * 300)
EDGES = (0, 1, 2, 3, 255, 256, 2 ** 14, 2 ** 16, 2 ** 31, 2 ** 32 - 1)
TIMES = ((0, 0), (-1, 0), (-2 ** 31, 0), (2 ** 31 - 1, 2 ** 32 - 1), (5, 10 ** 9), (9, 1))


class Fuzz:
    """Makes messages whose every field may be wrong, mostly one or two at a time."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        noise = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), np.uint8)
        self.noise = noise.tobytes() * 3
        self.pictures = [cv2.imencode(suffix, noise[:side, :side + 3])[1].tobytes()
                         for suffix in ('.jpg', '.png', '.webp', '.bmp') for side in (3, 9, 20)]

    def raw(self, wrong=0.3):
        """Return the fields of a sensor_msgs/Image; each is wrong with a probability."""
        def choose(good, *bad):
            return self.random.choice(bad) if self.random.random() < wrong else good
        encoding = choose(self.random.choice(list(frames.ENCODINGS)), *MORE)
        height, width = self.random.randint(1, 20), self.random.randint(1, 20)
        layout = frames.ENCODINGS.get(encoding)
        if layout and layout.shared == 2 and self.random.random() > wrong:
            height, width = (height + 1) // 2 * 2, (width + 1) // 2 * 2
        row = width * (layout.channels * layout.bytes if layout else 3)
        step = choose(row + self.random.choice((0, 0, 3, 8)), row - 1, 0, *EDGES)
        planes = 3 if layout and layout.kind == 'planes' else 1  # at most that much longer
        length = min(height * step * planes, len(self.noise))
        length = choose(length, 0, max(length - 1, 0), length + 5, self.random.randint(0, 999))
        return {'encoding': encoding, 'height': choose(height, *EDGES),
                'width': choose(width, *EDGES), 'step': max(step, 0),
                'data': array('B', self.noise[:length]),
                'is_bigendian': self.random.randint(0, 1)}

    def compressed(self):
        """Return the fields of a sensor_msgs/CompressedImage with damaged content."""
        data = bytearray(self.random.choice(self.pictures))
        for _ in range(self.random.choice((0, 0, 1, 3))):
            data[self.random.randrange(min(len(data), self.random.choice((40, 400))))] = (
                self.random.randrange(256))
        if self.random.random() < 0.3:
            del data[self.random.randrange(len(data)):]
        return {'format': self.random.choice(FORMATS), 'data': array('B', bytes(data))}


def _readable(fields, size=8):
    """Tell whether a frame is read; it is refused in one sentence, and by FrameError alone."""
    try:
        crop = frames.crop_message(SimpleNamespace(**fields), 'format' in fields, size)
    except FrameError as error:
        assert len(str(error)) < 400 and '\n' not in str(error)
        return False
    assert crop.shape == (size, size, 3) and crop.dtype == np.uint8
    return True


def test_a_hundred_thousand_frames_are_read_or_refused():
    """Nothing else happens to them; both do, many times over."""
    fuzz = Fuzz(5)
    read = [sum(_readable(fuzz.raw(wrong)) for _ in range(IN_PROCESS * 3 // 10))
            for wrong in (0.02, 0.1, 0.3)]
    read.append(sum(_readable(fuzz.compressed()) for _ in range(IN_PROCESS // 10)))
    assert IN_PROCESS * 0.3 > read[0] > read[1] > read[2] > 1000
    assert 1000 < read[3] < 9000


def test_a_node_under_two_thousand_of_them_refuses_what_is_to_be_refused_and_lives(tmp_path):
    """None is lost on the way (reliable, a queue), so that the counters are known beforehand."""
    pytest.importorskip('rclpy', reason='rclpy is not installed (extra ros)')
    from builtin_interfaces.msg import Time
    from ros_harness import frame, fresh_domain, header, NodeProcess, OK, Peer, picture, RED, WAIT
    from sensor_msgs.msg import Image
    fuzz, domain, refused = Fuzz(6), fresh_domain(), 0
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), frame_queue=1000,
                     min_change=0.0) as node, Peer(domain) as peer:
        peer.show(frame(picture(RED)))
        assert peer.teach('red')[0].level == OK
        camera = peer.node.create_publisher(Image, 'image', OVER_DDS)
        peer.until('the camera to be heard', camera.get_subscription_count)
        before = {name: int(value) for name, value in peer.counters().items()
                  if name in ('received', 'answered', 'refused')}
        for number in range(OVER_DDS):
            fields = fuzz.raw(0.4)
            refused += not _readable(fields)
            message = header(Image(**fields))
            if number % 3 == 0:
                sec, nanosec = fuzz.random.choice(TIMES)
                message.header.stamp = Time(sec=sec, nanosec=nanosec)
            camera.publish(message)
            peer.spin(0.002)
        last = frame(picture(RED))
        camera.publish(last)
        stamp = last.header.stamp.sec, last.header.stamp.nanosec
        answer = peer.until('the answer to the last', lambda: peer.answers.get(stamp), 3 * WAIT)
        assert answer['label'] == 'red'
        after = peer.counters()
        assert int(after['refused']) - before['refused'] == refused
        assert int(after['received']) - before['received'] == OVER_DDS + 1
        assert int(after['answered']) - before['answered'] == OVER_DDS + 1 - refused
        assert (after['failed'], after['dropped']) == ('0', '0')
        assert OVER_DDS // 2 < refused < OVER_DDS
        node.end()
