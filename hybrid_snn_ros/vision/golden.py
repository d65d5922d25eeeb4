# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A golden picture: what a computer makes of it tells whether codes mean the same there.

Encoder file, crop and region of interest being equal, codes may still differ: another runtime or
delegate rounds in another way, or computes wrongly. So the codes of one picture, taken the way of
every frame, are kept with a memory. The picture is whole-number arithmetic: no file that could be
lost, no random numbers whose stream could change.
"""

from types import SimpleNamespace

import numpy as np

from hybrid_snn_ros.vision.encoder import Encoder
from hybrid_snn_ros.vision.frames import crop_picture, decode_message

WIDTH, HEIGHT = 640, 480
MOST = 4096  # codes that are kept of a wider embedding
# Centre and reach in pixels, colour; every other one is a disc, the rest stand on a corner.
SHAPES = ((400, 300, 110, (40, 90, 210)), (230, 170, 90, (220, 60, 40)),
          (240, 340, 70, (30, 150, 80)), (420, 150, 60, (240, 210, 50)),
          (330, 240, 45, (245, 245, 240)))


def golden_picture() -> np.ndarray:
    """Return shapes of several sizes and colours on a shaded ground, uint8 RGB (480, 640, 3)."""
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[..., 0], rgb[..., 1], rgb[..., 2] = 40 + x // 4, 200 - y // 4, 60 + (x + y) // 8
    for number, (left, top, radius, colour) in enumerate(SHAPES):
        y, x = np.ogrid[-radius:radius + 1, -radius:radius + 1]
        stripes = (x + number * y) // (6 + 4 * number) % 2 == 0
        light = np.clip(256 + (x - y) // 2, 0, 256) // np.where(stripes, 1, 2)
        part = rgb[top - radius:top + radius + 1, left - radius:left + radius + 1]
        inside = x * x + y * y < radius ** 2 if number % 2 else abs(x) + abs(y) < radius
        part[inside] = (light[..., None] * colour // 256)[inside]
    return rgb


def golden_codes(encoder: Encoder) -> np.ndarray:
    """Return what an encoder makes of it, uint8 (its width, at most 4096), through the crop."""
    rgb = golden_picture()
    message = SimpleNamespace(encoding='rgb8', height=HEIGHT, width=WIDTH, step=3 * WIDTH,
                              is_bigendian=0, data=rgb.tobytes())
    size = encoder.input_size
    return encoder.codes(crop_picture(decode_message(message, False, size), size))[:MOST]
