# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Picture files: which ones are read, what is in them, and how one is made."""

import os
from pathlib import Path
import stat

import cv2
import numpy as np

from hybrid_snn_ros.vision.framing import FrameError

FORMATS = 'jpg, png, webp, bmp'
SUFFIXES = frozenset(('.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.bmp'))
# Pictures that people have and that are not read; the command says so.
OTHER_SUFFIXES = frozenset((
    '.heic', '.heif', '.avif', '.gif', '.tif', '.tiff', '.jp2', '.jxl', '.dng', '.cr2', '.cr3',
    '.nef', '.arw', '.orf', '.rw2', '.raf', '.raw', '.psd', '.svg', '.ppm', '.pgm', '.pbm', '.tga',
    '.ico', '.exr', '.hdr'))
KEPT_QUALITY = 90  # of the JPEG that is kept with a sample: some 9 kB
MAX_BYTES = 300 * 2 ** 20  # the largest picture that is decoded takes 256 MiB as a BMP


def read(path: str | Path) -> bytes:
    """Return what a picture file holds; raise FrameError, with the reason, where that can't be."""
    try:
        # A named pipe that took the file's place is not waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), 'rb') as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise FrameError('it is not a file')
            if status.st_size > MAX_BYTES:
                raise FrameError(f'it has {status.st_size} bytes, the limit is {MAX_BYTES}')
            content = file.read(MAX_BYTES)
    except OSError as error:
        raise FrameError(f'it cannot be read: {error.strerror}') from error
    if not content:
        raise FrameError('the file is empty')
    return content


def kept_jpeg(crop: np.ndarray) -> bytes:
    """Return the JPEG that a memory keeps of what the encoder saw, uint8 RGB (size, size, 3)."""
    return encode_jpeg(cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), KEPT_QUALITY)


def encode_jpeg(bgr: np.ndarray, quality: int) -> bytes:
    """Return a picture, uint8 BGR (height, width, 3), as a JPEG; quality 1..100."""
    return cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
