# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the bytes of a compressed frame are: by themselves, not by what a message says of them.

JPEG and PNG, which cameras send, have a module of their own (compressed.py).
"""

from __future__ import annotations

import re

WEBP_START = re.compile(rb'RIFF....WEBP', re.DOTALL)
BMP_START = b'BM'
_BMP_HEADER = 40  # bytes; the older one of 12 ended with OS/2

# Beginnings of what is no picture that we decode.
_OTHERS = tuple((re.compile(pattern, re.DOTALL), name) for pattern, name in (
    (rb'.{12}\x89PNG', 'depth of the transport compressedDepth'),
    (rb'\x00\x00\x00?\x01[^\x80-\xff]', 'a packet of H.264 or H.265 video'),
    (rb'\x00\x00\x01[\x80-\xff]', 'a packet of MPEG video'),
    (rb'OggS|\x80theora', 'a packet of Theora video'),
    (rb'...\x9d\x01\x2a|DKIF|\x1aE\xdf\xa3', 'a packet of VP8, VP9 or AV1 video'),
    (rb'\x12\x00', 'a packet of AV1 video'),
    (rb'....ftyp(avif|avis|hei|mif1|msf1)', 'an AVIF or HEIF picture'),
    (rb'....ftyp', 'an MP4 video'),
    (rb'II\*\x00|MM\x00\*', 'a TIFF picture'),
    (rb'GIF8', 'a GIF picture'),
    (rb'\xff\x4f\xff\x51|\x00\x00\x00\x0cjP  ', 'a JPEG 2000 picture'),
    (rb'\xff\x0a|\x00\x00\x00\x0cJXL ', 'a JPEG XL picture'),
    (rb'P[1-7]\s', 'a PNM picture'),
    (rb'v/1\x01', 'an OpenEXR picture'),
    (rb'qoif', 'a QOI picture'),
    (rb'\x1f\x8b|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|BZh', 'packed data (gzip, zstd, lz4 or bzip2)'),
))


def name_of(data: bytes) -> str:
    """Return what bytes that are no picture for us seem to be."""
    for start, what in _OTHERS:
        if start.match(data):
            return what
    return f'unknown content: it begins with {data[:4].hex(" ")}'


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a WebP picture, None where it is damaged or cut short."""
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10 or len(data) < 8 + _number(data, 4, 4):
        return None
    if chunk == b'VP8 ' and body[3:6] == b'\x9d\x01\x2a':
        return _number(body, 6, 2) & 0x3fff, _number(body, 8, 2) & 0x3fff
    if chunk == b'VP8L' and body[0] == 0x2f:
        both = _number(body, 1, 4)
        return (both & 0x3fff) + 1, (both >> 14 & 0x3fff) + 1
    if chunk == b'VP8X':
        return _number(body, 4, 3) + 1, _number(body, 7, 3) + 1
    return None


def bmp_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a BMP picture, None where it is damaged, cut short or packed."""
    if len(data) < 14 + _BMP_HEADER or _number(data, 14, 4) < _BMP_HEADER:
        return None
    width, height = (int.from_bytes(data[at:at + 4], 'little', signed=True) for at in (18, 22))
    start, bits, packing = _number(data, 10, 4), _number(data, 28, 2), _number(data, 30, 4)
    height = abs(height)  # below zero: the first row is the upper one
    row = (width * bits + 31) // 32 * 4
    if bits not in (8, 24, 32) or packing not in (0, 3) or len(data) < start + row * height:
        return None
    return width, height


def _number(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at:at + length], 'little')
