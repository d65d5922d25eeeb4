# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Messages of cameras with anything in them, and whether they can be read."""

from array import array
import random
from types import SimpleNamespace

from crops import crop_message
import cv2
import numpy as np

from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.frames import FrameError

MORE = ('', 'rgb', 'RGB8', 'rgb32', '16UC1', '32FC1', 'mono12', 'nv16', 'h264', 'bayer_rggb10',
        'rgb8 ', 'x' * 300, 'ünïcode', '8UC99')
FORMATS = ('jpeg', 'png', 'jpg', 'rgb8; jpeg compressed bgr8', 'bgr8; png compressed ', 'theora',
           '', ';', 'mono8; jpeg compressed', '16UC1; compressedDepth png', 'x' * 300)
EDGES = (0, 1, 2, 3, 255, 256, 2 ** 14, 2 ** 16, 2 ** 31, 2 ** 32 - 1)


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


def readable(fields, size=8):
    """Tell whether a frame is read; it is refused in one sentence, and by FrameError alone."""
    try:
        crop = crop_message(SimpleNamespace(**fields), 'format' in fields, size)
    except FrameError as error:
        assert len(str(error)) < 400 and '\n' not in str(error)
        return False
    assert crop.shape == (size, size, 3) and crop.dtype == np.uint8
    return True
