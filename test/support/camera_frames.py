# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures that can be told apart, and the messages a camera sends them in."""

from array import array
import time

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

RED, GREEN, BLUE, GREY = (250, 60, 20), (40, 240, 60), (20, 60, 250), (150, 150, 150)
COLOURS = {'red': RED, 'green': GREEN, 'blue': BLUE, 'grey': GREY}


def stamp_of(message):
    """Return the stamp of a message as ~/teach_result writes it."""
    return f'{message.header.stamp.sec}.{message.header.stamp.nanosec:09d}'


def picture(colour, seed=0, size=(240, 320)):
    """
    Draw blocks in one colour: pictures of equal seed differ in nothing else.

    :return: uint8 RGB (height, width, 3), smooth enough for a mosaic or halved chroma.
    """
    blocks = np.random.default_rng(seed).uniform(0.15, 1.0, (6, 8))
    height, width = size
    light = np.kron(blocks, np.ones((height // 6 + 1, width // 8 + 1)))[:height, :width]
    return (light[..., None] * np.array(colour)).astype(np.uint8)


def header(message, frame_id='camera'):
    """Stamp a message with the present time and return it."""
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(time.time_ns(), 10**9)
    message.header.frame_id = frame_id
    return message


def frame(pixels, encoding='rgb8', padding=0, frame_id='camera'):
    """Return sensor_msgs/Image of pixels uint8 (H, W[, C]), rows padded with junk."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=171)
    return header(Image(height=height, width=width, encoding=encoding, step=rows.shape[1],
                        data=array('B', rows.tobytes())), frame_id)


def compressed(content, format):  # noqa: A002 (the message's field name)
    """Return sensor_msgs/CompressedImage of a picture file's bytes."""
    return header(CompressedImage(format=format, data=array('B', content)))
