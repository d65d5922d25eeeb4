# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Decode the picture of a CompressedImage, after looking at what its header claims.

The content decides: what the message's `format` says of it only tells how the colours lie.

OpenCV allocates what a header asks for and quietly fills up a picture that was cut short; both
are found out here before it is called.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import cv2
import numpy as np

from .content import bmp_size, BMP_START, name_of, webp_size, WEBP_START
from .framing import check_size, FrameError

JPEG_START = b'\xff\xd8\xff'
JPEG_END = b'\xff\xd9'
PNG_START = b'\x89PNG\r\n\x1a\n'
# Far more than a camera writes in front of its picture; the walk must end on hostile bytes too.
MAX_SEGMENTS = 1024
MAX_CHUNKS = 65536
# Deflate shrinks a frame of one grey value to a 1032nd, Huffman coding far less. WebP has no such
# bound, and no more memory than any frame of its size is taken for it.
MAX_PIXELS_PER_BYTE = 2048
_COMPRESSED_RGB = re.compile(r'compressed\W*rgb')


# libjpeg can leave out frequencies, and so give a half, a quarter or an eighth of each side.
_FLAGS = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4,
          8: cv2.IMREAD_REDUCED_COLOR_8}


class Header(NamedTuple):
    """What a picture file says of itself, and the message of it."""

    width: int
    height: int
    channels: int
    bits: int
    factor: int = 1  # by which decoding can shrink it at most
    exchanged: bool = False  # red and blue
    bounded: bool = True  # how far its bytes can stand for pixels


def read_header(format: str, data: bytes) -> Header:  # noqa: A002 (the message's field name)
    """
    Return what a picture claims to be; raise FrameError where that isn't what we decode.

    `format` is the message's, e.g. 'jpeg' or 'rgb8; jpeg compressed bgr8'. By the convention of
    ROS image_transport, '...compressed rgb8' means that red and blue were exchanged in the file.
    """
    text = format.lower() if isinstance(format, str) else ''
    if data.startswith(JPEG_START):
        header = _jpeg_header(data)
    elif data.startswith(PNG_START):
        header = _png_header(data)
    elif WEBP_START.match(data):
        header = _plain_header('WebP', webp_size(data), len(data))
    elif data.startswith(BMP_START):
        header = _plain_header('BMP', bmp_size(data), len(data))
    else:
        raise FrameError(f'the compressed frame of format {_shown(format)} holds '
                         f'{name_of(data)}; publish it as jpeg or png')
    check_size(header.width, header.height)
    if header.bounded and header.width * header.height > MAX_PIXELS_PER_BYTE * len(data):
        raise FrameError(f'the compressed frame claims {header.width}x{header.height} pixels, '
                         f'which its {len(data)} bytes cannot hold')
    if header.bits != 8:
        raise FrameError(f'the compressed frame has {header.bits} bits per channel (often depth), '
                         "the encoder takes pictures of 8: take the camera's colour topic")
    if header.channels == 1 and text.startswith('bayer_'):
        raise FrameError(f"the compressed frame holds a {text.partition(';')[0]:.20} mosaic in a "
                         'grey picture, which compression spoils: publish it as bgr8')
    return header._replace(
        exchanged=header.channels > 1 and bool(_COMPRESSED_RGB.search(text)))


def decode_bgr(header: Header, data: bytes, factor: int = 1) -> np.ndarray:
    """
    Return the whole picture as uint8 BGR (height, width, 3); EXIF rotation is not applied.

    `factor`, a power of two up to the header's, divides both sides, rounded up.
    """
    shape = (-(-header.height // factor), -(-header.width // factor), 3)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8),
                              _FLAGS[factor] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape != shape:
        raise FrameError(f'the compressed frame of {len(data)} bytes and {header.width}x'
                         f'{header.height} pixels cannot be decoded: its content is damaged')
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if header.exchanged else pixels


def _plain_header(kind: str, size: tuple[int, int] | None, length: int) -> Header:
    """Return the header of a picture of which only the size is known, None where it is broken."""
    if size is None:
        raise FrameError(f'the {kind} of {length} bytes is damaged, cut short or of a kind that '
                         'is not read: publish it as jpeg or png')
    return Header(*size, channels=3, bits=8, bounded=kind != 'WebP')


def _jpeg_header(data: bytes) -> Header:
    """Return what the frame header (SOF) of a JPEG says; refuse a picture without its end."""
    header = None
    at = 2
    for _ in range(MAX_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        # SOF0..SOF15 share their numbers with three tables: DHT (C4), JPG (C8) and DAC (CC).
        if header is None and 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if at + 10 > len(data):
                break
            header = Header(bits=data[at + 4], height=int.from_bytes(data[at + 5:at + 7], 'big'),
                            width=int.from_bytes(data[at + 7:at + 9], 'big'),
                            channels=data[at + 9], factor=max(_FLAGS))
        if marker == 0xDA and header is not None:  # the picture's data begins here
            if data.rfind(JPEG_END) < at:
                raise FrameError(f'the JPEG of {header.width}x{header.height} pixels is cut short '
                                 f'at {len(data)} bytes')
            return header
        at += 2 + int.from_bytes(data[at + 2:at + 4], 'big')
    raise FrameError(f'the JPEG of {len(data)} bytes is damaged or cut short in its header')


def _png_header(data: bytes) -> Header:
    """
    Return what the IHDR chunk of a PNG says; refuse a file whose chunks don't lead to its end.

    OpenCV allocates the length a chunk claims, up to 4 GiB, before it reads the chunk.
    """
    at = len(PNG_START)
    if data[at:at + 8] != b'\0\0\0\rIHDR' or len(data) < 33:
        raise FrameError(f'the PNG of {len(data)} bytes is damaged or cut short in its header')
    width, height = (int.from_bytes(data[i:i + 4], 'big') for i in (16, 20))
    # Palette and colour types hold colour; types 0 and 4 are grey. A palette of 1, 2 or 4 bits
    # is still a picture of 8 bits per channel.
    bits, colour = data[24], data[25]
    for _ in range(MAX_CHUNKS):
        length, name = int.from_bytes(data[at:at + 4], 'big'), data[at + 4:at + 8]
        at += length + 12
        if at > len(data):
            break
        if name == b'IEND':
            return Header(width, height, 1 if colour in (0, 4) else 3, max(bits, 8))
    raise FrameError(f'the PNG of {width}x{height} pixels is damaged or cut short at {len(data)} '
                     'bytes')


def _shown(text: Any) -> str:
    """Return a field of the message as it may stand in a log line."""
    return f'{text!r:.60}' if isinstance(text, str) else f'of type {type(text).__name__}'
