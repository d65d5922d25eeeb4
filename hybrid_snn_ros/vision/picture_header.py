# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What a JPEG, PNG, WebP or BMP says of itself, read before it is decoded.

OpenCV allocates what a header asks for and quietly fills up a picture that was cut short; both
are found out here before it is called.
"""

import struct
from typing import NamedTuple

from hybrid_snn_ros.vision.content import name_of
from hybrid_snn_ros.vision.exif import orientation, swaps_sides, UPRIGHT
from hybrid_snn_ros.vision.framing import check_size, FrameError

JPEG_START = b'\xff\xd8\xff'
JPEG_END = b'\xff\xd9'
PNG_START = b'\x89PNG\r\n\x1a\n'
# Far more than a camera writes in front of its picture; the walk must end on hostile bytes too.
MAX_SEGMENTS = 1024
MAX_CHUNKS = 65536
# Deflate shrinks a frame of one grey value to a 1032nd, Huffman coding far less. WebP has no such
# bound, and the bytes of a BMP are counted.
MAX_PIXELS_PER_BYTE = 2048
JPEG_FACTOR = 8  # libjpeg leaves out frequencies down to an eighth of each side
_ANIMATED = 0x02  # flag of a WebP
_PLAIN, _RUNS, _FIELDS = (0,), (1, 2), (3, 6)  # compressions of a BMP


class Header(NamedTuple):
    """What a picture file says of itself; the sides as they are stored."""

    width: int
    height: int
    channels: int = 3
    bits: int = 8
    factor: int = 1  # by which decoding can shrink it at most
    orientation: int = UPRIGHT  # of EXIF

    @property
    def upright_size(self) -> tuple[int, int]:
        """Return width and height of the picture as it was seen."""
        return ((self.height, self.width) if swaps_sides(self.orientation)
                else (self.width, self.height))


def read_header(data: bytes) -> Header:
    """Return what a picture claims to be; raise FrameError where it isn't one that we decode."""
    bounded = True
    if data.startswith(JPEG_START):
        header = _jpeg(data)
    elif data.startswith(PNG_START):
        header = _png(data)
    elif data[:4] == b'RIFF' and data[8:12] == b'WEBP':
        header, bounded = _webp(data), False
    elif data[:2] == b'BM' and len(data) > 18:
        header, bounded = _bmp(data), False
    else:
        raise FrameError(f'it holds no JPEG, PNG, WebP or BMP picture but {name_of(data)}')
    check_size(header.width, header.height)
    if bounded and header.width * header.height > MAX_PIXELS_PER_BYTE * len(data):
        raise FrameError(f'the picture claims {header.width}x{header.height} pixels, which its '
                         f'{len(data)} bytes cannot hold')
    if header.bits != 8:
        raise FrameError(f'the picture has {header.bits} bits per channel, the encoder takes '
                         'pictures of 8')
    return header


def _jpeg(data: bytes) -> Header:
    """Return what the frame header (SOF) of a JPEG says; refuse a picture without its end."""
    header, noted = None, UPRIGHT
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
                            channels=data[at + 9], factor=JPEG_FACTOR)
        if marker == 0xDA and header is not None:  # the picture's data begins here
            if data.rfind(JPEG_END) < at:
                raise FrameError(f'the JPEG of {header.width}x{header.height} pixels is cut short '
                                 f'at {len(data)} bytes')
            return header._replace(orientation=noted)
        end = at + 2 + int.from_bytes(data[at + 2:at + 4], 'big')
        if marker == 0xE1 and data[at + 4:at + 10] == b'Exif\0\0':
            noted = orientation(data[at + 4:end])
        at = end
    raise FrameError(f'the JPEG of {len(data)} bytes is damaged or cut short in its header')


def _png(data: bytes) -> Header:
    """
    Return what the IHDR chunk of a PNG says; refuse a file whose chunks don't lead to its end.

    OpenCV allocates the length a chunk claims, up to 4 GiB, before it reads the chunk.
    """
    at = len(PNG_START)
    if data[at:at + 8] != b'\0\0\0\rIHDR' or len(data) < 33:
        raise FrameError(f'the PNG of {len(data)} bytes is damaged or cut short in its header')
    width, height = struct.unpack_from('>II', data, 16)
    # Palette and colour types hold colour; types 0 and 4 are grey. A palette of 1, 2 or 4 bits
    # is still a picture of 8 bits per channel.
    bits, colour, noted = data[24], data[25], UPRIGHT
    for _ in range(MAX_CHUNKS):
        length, name = int.from_bytes(data[at:at + 4], 'big'), data[at + 4:at + 8]
        if name == b'eXIf':
            noted = orientation(data[at + 8:at + 8 + length])
        at += length + 12
        if at > len(data):
            break
        if name == b'IEND':
            return Header(width, height, 1 if colour in (0, 4) else 3, max(bits, 8),
                          orientation=noted)
    raise FrameError(f'the PNG of {width}x{height} pixels is damaged or cut short at {len(data)} '
                     'bytes')


def _webp(data: bytes) -> Header:
    """Return what the chunks of a WebP say; refuse a file that is shorter than it says."""
    if len(data) < 30:
        raise FrameError(f'the WebP of {len(data)} bytes is cut short in its header')
    end = 8 + int.from_bytes(data[4:8], 'little')
    if end > len(data):
        raise FrameError(f'the WebP of {end} bytes is cut short at {len(data)} bytes')
    kind, noted, at = data[12:16], UPRIGHT, 12
    if kind == b'VP8X':
        if data[20] & _ANIMATED:
            raise FrameError('the WebP is an animation, not a picture')
        width, height = (1 + int.from_bytes(data[i:i + 3], 'little') for i in (24, 27))
    elif kind == b'VP8L' and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], 'little')
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b'VP8 ' and data[23:26] == b'\x9d\x01\x2a':
        width, height = (side & 0x3FFF for side in struct.unpack_from('<HH', data, 26))
    else:
        raise FrameError(f'the WebP of {len(data)} bytes is damaged in its header')
    for _ in range(MAX_CHUNKS):
        if at + 8 > end:
            break
        length = int.from_bytes(data[at + 4:at + 8], 'little')
        if at + 8 + length > end:
            raise FrameError(f'the WebP of {width}x{height} pixels is damaged or cut short')
        if data[at:at + 4] == b'EXIF':
            noted = orientation(data[at + 8:at + 8 + length])
        at += 8 + length + length % 2
    return Header(width, height, orientation=noted)


def _bmp(data: bytes) -> Header:
    """Return what the header of a BMP says; refuse a file that holds fewer pixels than it says."""
    begin, kind = struct.unpack_from('<II', data, 10)
    compression = size = 0
    try:
        if kind == 12:
            width, height, _, bits = struct.unpack_from('<HHHH', data, 18)
        else:
            width, height, _, bits, compression, size = struct.unpack_from('<iiHHII', data, 18)
    except struct.error:
        raise FrameError(f'the BMP of {len(data)} bytes is cut short in its header') from None
    height = abs(height)  # negative where the first row is the uppermost
    if compression not in (*_PLAIN, *_RUNS, *_FIELDS) or bits not in (1, 4, 8, 16, 24, 32) or (
            compression in _RUNS and not size):
        raise FrameError(f'the BMP is of a kind that is not read (compression {compression}, '
                         f'{bits} bits)')
    need = begin + (size if compression in _RUNS else (width * bits + 31) // 32 * 4 * height)
    if need > len(data):
        raise FrameError(f'the BMP of {width}x{height} pixels is cut short: it takes {need} '
                         f'bytes, there are {len(data)}')
    return Header(width, height)
