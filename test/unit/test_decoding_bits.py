# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Decoding: the same bits whichever build of OpenCV and libjpeg does it.

Where one of these fails, codes differ from those of other computers. The digests are those of
OpenCV 4.6 of Debian for arm64, of 4.12 and 5.0 from PyPI for x86-64 and aarch64, and of x86-64
without IPP and AVX.
"""

import base64
import zlib

from crops import crop_compressed
import numpy as np
import pytest

from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.frames import Crop

WIDTH, HEIGHT = 46, 34
RGB = {
    'rgb8': 1484815727, 'bgr8': 3595324870, 'rgba8': 3541981484, 'bgra8': 1593994209, 'mono8':
    3409795686, '8UC1': 3409795686, '8UC3': 3595324870, '8UC4': 1593994209, 'yuv422':
    1867808222, 'uyvy': 1867808222, 'yuv422_yuy2': 3704145092, 'yuyv': 3704145092, 'nv12':
    2350893009, 'nv21': 934787007, 'nv24': 3706769694, 'rgb16': 3411319444, 'bgr16': 947049393,
    'rgba16': 4019675702, 'bgra16': 3986676154, 'mono16': 2148809963, 'bayer_rggb8':
    3145339059, 'bayer_bggr8': 148644847, 'bayer_gbrg8': 2861327075, 'bayer_grbg8': 2609556143,
    'bayer_rggb16': 1524178871, 'bayer_bggr16': 3278633626, 'bayer_gbrg16': 2262416774,
    'bayer_grbg16': 3159586237}
# 46x34 pixels in colour, colours halved both ways, quality 70.
JPEG = base64.b64decode("""
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEi
MEExNDk7Pj4+JS5ESUM8SDc9Pjv/2wBDAQoLCw4NDhwQEBw7KCIoOzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7
Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozv/wAARCAAiAC4DASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcI
CQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRol
JicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ip
qrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAA
AAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLR
ChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaX
mJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEA
PwDyqKz9quRWftWjFZ+1b9inl2ca+mf5msZ1/Zxva50ZUni6jgpWsr/l/mc3FZ+1W4rP2roKQlG+Uuo+pp0cZKclFQ/r
7j6V0Pq8eaU/0/UzIrP2q3HZ8dKuxpAOssY/4EK0I7PjpXrJtbmuHxsZbMwYrP2q7FbNtCjitCKz9qtxWftXge7NWkfk
+X5pVw0uelKzenR/mZi2Lt/Fj8Kyp12TyJ12sR+tdpFZ+1YN14e1SW8meK13I0jFTvUZGfrXuZO6NKcm2lp1Z6+IzKvj
IJVZXt5L9DGrvY7PjpXMDwtrTdLL/wAiJ/jXokdnx0rtzCtCXLyST32+R15ZUdJyv1t+pzEQHpVyID0oor5OJ+fUC3EB
6VciA9KKK6Inu0C5EB6VbjAx0ooroie5QP/Z""")
JPEG_CROPS = {34: 3132805176, 20: 1227712458, 17: 1607587808, 8: 917181037, 4: 485460657}


@pytest.mark.parametrize('encoding', frames.ENCODINGS)
def test_every_encoding_is_converted_to_the_same_bits(encoding):
    layout = frames.ENCODINGS[encoding]
    step = WIDTH * layout.channels * layout.bytes
    planes = {'planes': 3}.get(layout.kind, 1) if layout.shared == 1 else 2
    place = np.arange(step * HEIGHT * planes)
    data = (place * place // 7 + place // step * 11).astype(np.uint8).tobytes()
    rgb = frames.to_rgb(encoding, HEIGHT, WIDTH, step, data)
    assert zlib.crc32(rgb.tobytes()) == RGB[encoding]


@pytest.mark.parametrize('size', JPEG_CROPS)
def test_a_jpeg_is_decoded_to_the_same_bits_whole_and_reduced(size):
    crop = crop_compressed('jpeg', JPEG, size, Crop(1.0))
    assert zlib.crc32(crop.tobytes()) == JPEG_CROPS[size]
