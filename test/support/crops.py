# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the encoder is shown of a frame, by the two steps of a frame's way that come before it."""

from hybrid_snn_ros.vision.frames import (
    Crop,
    crop_picture,
    decode_compressed,
    decode_file,
    decode_image,
    decode_message,
)


def crop_image(encoding, height, width, step, data, size, crop=Crop(), big_endian=False):
    """Return the crop of a sensor_msgs/Image as RGB, uint8 (size, size, 3)."""
    return crop_picture(
        decode_image(encoding, height, width, step, data, crop, big_endian), size)


def crop_compressed(format, data, size, crop=Crop()):  # noqa: A002 (the message's field name)
    """Return the same of a sensor_msgs/CompressedImage."""
    return crop_picture(decode_compressed(format, data, size, crop), size)


def crop_message(message, compressed, size, crop=Crop()):
    """Return the same of a camera message."""
    return crop_picture(decode_message(message, compressed, size, crop), size)


def crop_file(content, size, crop=Crop()):
    """Return the same of a picture file, given what is in it."""
    return crop_picture(decode_file(content, size, crop), size)
