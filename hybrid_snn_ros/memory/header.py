# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The head of a journal or an export: magic, version, and what its samples belong to.

It is written twice in a row, each copy with its own CRC, so that one bad bit in it does not cost
the samples behind it.  Magic, version, length and CRC keep their place in every future version:
that is how an older program can name a newer file.

An export holds nothing but samples, numbered up to `base`, and its `chain` is that of exactly
those: so a reader knows when one is missing.  Its generation is 0, that of a compacted journal is
not.  Exports of earlier versions have the chain 0, and then only their end tells.
"""

import json
import struct
from typing import Any, NamedTuple
import zlib

from hybrid_snn_ros.memory.errors import NewerVersionError, StoreError

MAGIC = b'HSNNMEM\n'
VERSION = 1
MAX_JSON = 16384  # bytes
_FRAME = struct.Struct('<8sIII')  # magic, version, bytes of JSON, CRC-32 of all but itself


class Header(NamedTuple):
    """What a journal says of itself."""

    identity: dict[str, Any]  # what the codes depend on, see memory.identity
    base: int = 0  # sequence at which it was compacted: earlier states cannot be had again
    chain: int = 0  # fingerprint of the history up to `base`, see memory.scan
    generation: int = 0  # how often it was compacted


def encode_header(header: Header) -> bytes:
    """Return the bytes of both copies."""
    text = json.dumps(header._asdict(), sort_keys=True).encode()
    if len(text) > MAX_JSON:
        raise StoreError(f'the identity of a memory may take {MAX_JSON} bytes, this one takes '
                         f'{len(text)}')
    crc = zlib.crc32(text, zlib.crc32(MAGIC + struct.pack('<II', VERSION, len(text))))
    return 2 * (_FRAME.pack(MAGIC, VERSION, len(text), crc) + text)


def decode_header(content: bytes, name: str) -> tuple[Header, int, bool] | None:
    """
    Read the header of a file's content.

    :return: (Header, offset behind it, whether both copies are whole), or None when neither is.
    :raises NewerVersionError: naming the file and its version.
    """
    found = _decode_copy(content, 0, name)
    if found:
        header, size = found
        return header, 2 * size, content[size:2 * size] == content[:size]
    second = content.find(MAGIC, 1, _FRAME.size + MAX_JSON + len(MAGIC))
    found = _decode_copy(content, second, name) if second > 0 else None
    return (found[0], second + found[1], False) if found else None


def _decode_copy(content: bytes, offset: int, name: str) -> tuple[Header, int] | None:
    if len(content) < offset + _FRAME.size:
        return None
    magic, version, size, crc = _FRAME.unpack_from(content, offset)
    text = content[offset + _FRAME.size:offset + _FRAME.size + size]
    frame = content[offset:offset + _FRAME.size - 4]
    if (magic != MAGIC or len(text) != size or size > MAX_JSON
            or crc != zlib.crc32(text, zlib.crc32(frame))):
        return None
    if version > VERSION:
        raise NewerVersionError(f'{name} has version {version}, written by a newer program; this '
                                f'one reads up to version {VERSION}')
    try:
        header = Header(**json.loads(text))
    except (TypeError, ValueError):
        return None
    plausible = isinstance(header.identity, dict) and all(
        type(number) is int and 0 <= number < 2 ** 63 for number in header[1:])
    return (header, _FRAME.size + size) if plausible else None
