# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What bytes that are no picture for us seem to be: by themselves, not by what is said of them."""

import re

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
