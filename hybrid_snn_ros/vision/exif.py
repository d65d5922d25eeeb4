# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Which way up a picture is: the EXIF orientation, and turning pixels by it.

A phone stores the picture as its sensor lay, and notes how it was held. OpenCV's versions differ
in which of the formats they turn, so all are turned here.
"""

import struct

import numpy as np

UPRIGHT = 1
_PREFIX = b'Exif\0\0'
_ORDERS = {b'II*\0': '<', b'MM\0*': '>'}
_TAG, _SHORT = 0x0112, 3


def orientation(data: bytes) -> int:
    """Return the orientation 1..8 that an EXIF block notes, 1 where it notes none."""
    data = data[len(_PREFIX):] if data.startswith(_PREFIX) else data
    order = _ORDERS.get(bytes(data[:4]))
    if order is None:
        return UPRIGHT
    try:
        [start] = struct.unpack_from(f'{order}I', data, 4)
        [count] = struct.unpack_from(f'{order}H', data, start)
        for number in range(count):
            at = start + 2 + 12 * number
            tag, kind, _, value = struct.unpack_from(f'{order}HHIH', data, at)
            if tag == _TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT


def swaps_sides(noted: int) -> bool:
    """Tell whether a picture of this orientation has width and height exchanged when upright."""
    return noted >= 5


def upright(pixels: np.ndarray, noted: int) -> np.ndarray:
    """Return a view of pixels (height, width, 3) as they were seen."""
    if swaps_sides(noted):
        pixels = pixels.transpose(1, 0, 2)
    if noted in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if noted in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
