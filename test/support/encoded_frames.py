# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Pictures written in every encoding of sensor_msgs/Image, from the definition of each one.

An encoding that is new in ``vision/encodings.py`` gets its way back here, and all tests of frames,
those of the node too, then go through it.
"""

import numpy as np

PLAIN = {'rgb8': (0, 1, 2), 'bgr8': (2, 1, 0), '8UC3': (2, 1, 0), 'rgba8': (0, 1, 2, 3),
         'bgra8': (2, 1, 0, 3), '8UC4': (2, 1, 0, 3)}
GREY = ('mono8', '8UC1', 'mono16')
PLANES = {'nv12': 2, 'nv21': 2, 'nv24': 1}  # pixels a side that share colour
PAIRS = {'yuv422': 'UYVY', 'uyvy': 'UYVY', 'yuv422_yuy2': 'YUYV', 'yuyv': 'YUYV'}
MOSAICS = ('bayer_rggb8', 'bayer_bggr8', 'bayer_gbrg8', 'bayer_grbg8')
# name: the encoding of 8 bits that it is, with 8 more below
DEEP = {'rgb16': 'rgb8', 'bgr16': 'bgr8', 'rgba16': 'rgba8', 'bgra16': 'bgra8',
        'mono16': 'mono8', **{name.replace('8', '16'): name for name in MOSAICS}}
# By how many levels of 255 a colour may come out changed, where that is not 0.
SLACK = dict.fromkeys([*PAIRS, *PLANES], 3)


def encode(encoding: str, rgb: np.ndarray, big_endian: bool = False) -> np.ndarray:
    """Write an RGB picture as rows of bytes of `encoding`, from the definition of each one."""
    height, width = rgb.shape[:2]
    if encoding in DEEP:
        high = encode(DEEP[encoding], rgb)
        pair = [np.full_like(high, 171), high]  # what is below the upper 8 bits is rubbish
        return np.stack(pair[::-1] if big_endian else pair, axis=2).reshape(height, -1)
    if encoding in PLAIN:
        opaque = np.dstack([rgb, np.full((height, width), 200, np.uint8)])
        return opaque[..., list(PLAIN[encoding])].reshape(height, -1)
    if encoding in GREY:
        return rgb[..., 1].copy()
    if encoding in MOSAICS:
        rows = np.empty((height, width), np.uint8)
        for place, letter in enumerate(encoding[6:10]):
            y, x = divmod(place, 2)
            rows[y::2, x::2] = rgb[y::2, x::2, 'rgb'.index(letter)]
        return rows
    if encoding not in PLANES and encoding not in PAIRS:
        raise KeyError(f'{encoding} has no way back yet: write it here')
    red, green, blue = (rgb[..., i] / 255 for i in range(3))  # ITU-R BT.601, limited range
    y = 16 + 65.481 * red + 128.553 * green + 24.966 * blue
    u = 128 - 37.797 * red - 74.203 * green + 112.0 * blue
    v = 128 + 112.0 * red - 93.786 * green - 18.214 * blue
    if encoding in PLANES:
        shared = PLANES[encoding]
        colour = [v, u] if encoding == 'nv21' else [u, v]
        colour = np.stack([plane[::shared, ::shared] for plane in colour], axis=2)
        return np.rint(np.concatenate([y.ravel(), colour.ravel()])).astype(np.uint8).reshape(
            -1, width)
    parts = {'U': u[:, ::2], 'V': v[:, ::2]}
    rows = np.empty((height, width // 2, 4), np.uint8)
    luma = iter((y[:, ::2], y[:, 1::2]))
    for place, letter in enumerate(PAIRS[encoding]):
        rows[..., place] = np.rint(next(luma) if letter == 'Y' else parts[letter])
    return rows.reshape(height, -1)


def pad(encoding: str, rows: np.ndarray, extra: int) -> tuple[int, bytes]:
    """Return the step and the bytes of rows that carry `extra` bytes of rubbish each."""
    if encoding == 'nv24':  # a row of its colours is twice as long, and so is the rubbish
        height, width = len(rows) // 3, rows.shape[1]
        colours = pad('', rows[height:].reshape(height, -1), 2 * extra)[1]
        return width + extra, pad('', rows[:height], extra)[1] + colours
    padded = np.full((rows.shape[0], rows.shape[1] + extra), 77, np.uint8)
    padded[:, :rows.shape[1]] = rows
    return padded.shape[1], padded.tobytes()
