# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A frame in which people drew boxes: what the read-out of where things are learns from.

It is kept once, however many boxes are drawn in it, and named by a digest of what is in it, so
that the same frame has the same name everywhere and a damaged one is known by its name.
"""

import hashlib
from typing import NamedTuple
import zlib

import numpy as np


class DrawnFrame(NamedTuple):
    """The cells of a frame, and what they were made of."""

    encoder: str  # sha256 of the cut encoder's file, in hex
    codes: np.ndarray  # uint8 (rows, columns, C), of vision.cell_encoder
    jpeg: bytes | None = None  # the frame, no finer than the cells have seen it

    @property
    def name(self) -> str:
        """32 hexadecimal digits that tell what the cells are; the JPEG does not count."""
        shape = 'x'.join(map(str, self.codes.shape))
        return hashlib.sha256(
            f'{self.encoder} {shape} '.encode() + self.codes.tobytes()).hexdigest()[:32]


def packed(codes: np.ndarray) -> bytes:
    """Return the codes of cells in some 60 kB instead of 200: most are 0, channel by channel."""
    return zlib.compress(np.ascontiguousarray(codes.transpose(2, 0, 1)).tobytes(), 1)


def unpacked(content: bytes, rows: int, columns: int, channels: int) -> np.ndarray:
    """
    Return codes as `packed` was given them, uint8 (rows, columns, channels).

    :raises ValueError: when the content is of other cells, or damaged.
    """
    size = rows * columns * channels
    try:
        content = zlib.decompressobj().decompress(content, size + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    codes = np.frombuffer(content, np.uint8).reshape(channels, rows, columns).transpose(1, 2, 0)
    codes = np.ascontiguousarray(codes)
    codes.flags.writeable = False
    return codes
