# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What robots send each other, in bytes: MessagePack, sealed, and bounded in every direction.

A message is a seal and a body: (kind, digest of the sender's fingerprint, ...).  A record is a
seal, and its fields compressed where that is shorter; whose it is follows from the seal.
"""

from collections.abc import Sequence
import hashlib
import json
from typing import Any, NamedTuple
import zlib

import msgpack
import numpy as np

from hybrid_snn_ros.fleet.seal import author_of, is_sealed, Key, KEY_BYTES, SEAL_BYTES
from hybrid_snn_ros.memory.exchange import Foreign
from hybrid_snn_ros.memory.record import KINDS, LESSON, NO_CODES, Record, WHOLE

HAVE, WANT, RECORDS = TOPICS = 'fleet/have', 'fleet/want', 'fleet/records'
# kinds of messages
LENGTHS, RANGES, CHECK, ASK, CONTENT, FINGERPRINT, LOOK, PICTURE = range(8)
_TOPIC = {LENGTHS: HAVE, RANGES: WANT, CHECK: WANT, ASK: WANT, CONTENT: RECORDS,
          FINGERPRINT: RECORDS, LOOK: WANT, PICTURE: RECORDS}
MOST_RECORDS = 16  # in a message
MOST_ENTRIES = 256  # authors, ranges, spans or hashes in one
MOST_PICTURE = 1 << 16  # bytes of a JPEG
MOST_BYTES = 1 << 19  # of a message; a lesson of six views of 65536 codes fits
_MESSAGE = b'hybrid_snn_ros message\0'
_FIELDS = (int, int, str, int, float, str, str, str, str, str, str, int, str, tuple, bytes)
_MOST_INT = 1 << 48


class Garbage(ValueError):
    """Bytes that are no message or record of ours."""


class Message(NamedTuple):
    """What was heard."""

    author: str  # of the sender
    fit: bytes  # 8, digest of its fingerprint
    kind: int
    body: tuple  # as `check_body` promises


def fit_of(fingerprint: dict[str, Any]) -> bytes:
    """Return 8 bytes that tell one fingerprint from another."""
    return hashlib.sha256(fingerprint_text(fingerprint)).digest()[:8]


def fingerprint_text(fingerprint: dict[str, Any]) -> bytes:
    """Return a fingerprint as it is sent."""
    return json.dumps(fingerprint, sort_keys=True).encode()


def packed(key: Key, fit: bytes, kind: int, body: tuple) -> tuple[str, bytes]:
    """Return the topic and the bytes of a message."""
    content = msgpack.packb((kind, fit, *body))
    return _TOPIC[kind], key.seal(_MESSAGE + content) + content


def unpacked(topic: str, data: bytes) -> Message:
    """
    Return a message; whether its seal holds is another question (`is_genuine`).

    :raises Garbage: when it is none.
    """
    if not SEAL_BYTES < len(data) <= MOST_BYTES:
        raise Garbage('a message of that size is none')
    value = _value(data[SEAL_BYTES:])
    if (not isinstance(value, tuple) or len(value) < 3 or type(value[0]) is not int
            or _TOPIC.get(value[0]) != topic or not _is_bytes(value[1], 8)):
        raise Garbage('it is no message')
    kind, fit, *body = value
    if not _is_body(kind, body):
        raise Garbage('it is no message of its kind')
    return Message(author_of(data[:KEY_BYTES]), fit, kind, tuple(body))


def is_genuine(data: bytes) -> bool:
    """Tell whether the robot that a message names has sent it."""
    return is_sealed(data[:SEAL_BYTES], _MESSAGE + data[SEAL_BYTES:])


def _value(content: bytes) -> Any:
    try:
        return msgpack.unpackb(content, use_list=False, raw=False, strict_map_key=True,
                               max_map_len=0, max_ext_len=0, max_array_len=MOST_ENTRIES)
    except (ValueError, msgpack.UnpackException, RecursionError, UnicodeError) as error:
        raise Garbage(str(error)) from error


def _is_bytes(value: object, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _MOST_INT


def _are_spans(value: object) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(one, tuple) and len(one) == 3 and _is_bytes(one[0], 16)
        and _is_count(one[1]) and _is_count(one[2]) and 0 < one[1] <= one[2] for one in value)


def _is_body(kind: int, body: Sequence[Any]) -> bool:
    """Tell whether a body has the form of its kind; the forms are written out here."""
    if kind == LENGTHS:  # digest, whether these are all, (author, length, hash) each
        return (len(body) == 3 and _is_bytes(body[0], 16) and isinstance(body[1], bool)
                and isinstance(body[2], tuple) and all(
                    isinstance(one, tuple) and len(one) == 3 and _is_bytes(one[0], 16)
                    and _is_count(one[1]) and _is_count(one[2]) for one in body[2]))
    if kind == RANGES:  # (author, first, last) each
        return len(body) == 1 and _are_spans(body[0])
    if kind == CHECK:  # author, first block, hash of each block
        return (len(body) == 3 and _is_bytes(body[0], 16) and _is_count(body[1])
                and isinstance(body[2], tuple) and all(map(_is_count, body[2])))
    if kind == ASK:  # for the fingerprint of this digest
        return len(body) == 1 and _is_bytes(body[0], 8)
    if kind == CONTENT:  # records, and (author, first, last) of what is gone
        return (len(body) == 2 and isinstance(body[0], tuple) and len(body[0]) <= MOST_RECORDS
                and all(isinstance(one, bytes) for one in body[0]) and _are_spans(body[1]))
    if kind == LOOK:  # author, sequences of lessons whose pictures are wanted
        return (len(body) == 2 and _is_bytes(body[0], 16) and isinstance(body[1], tuple)
                and len(body[1]) <= MOST_RECORDS and all(map(_is_count, body[1])))
    if kind == PICTURE:  # sequence of the sender's lesson, JPEG
        return (len(body) == 2 and _is_count(body[0]) and isinstance(body[1], bytes)
                and len(body[1]) <= MOST_PICTURE and body[1].startswith(b'\xff\xd8'))
    return len(body) == 1 and isinstance(body[0], bytes)  # FINGERPRINT: JSON


def packed_record(foreign: Foreign) -> bytes:
    """Return a sealed record in bytes."""
    record = foreign.record
    region = () if record.region == WHOLE else record.region
    content = msgpack.packb((
        record.sequence, KINDS.index(record.kind), *record[4:6], float(record.time),
        *record[7:15], region, record.codes.tobytes()))
    shorter = zlib.compress(content)
    packed = b'z' + shorter if len(shorter) < len(content) else b'=' + content
    return foreign.seal + packed


def unpacked_record(data: bytes) -> Foreign:
    """
    Return the record of some bytes; whether it is allowed here is another question.

    :raises Garbage: when it is none.
    """
    seal, form, content = data[:SEAL_BYTES], data[SEAL_BYTES:SEAL_BYTES + 1], data[
        SEAL_BYTES + 1:]
    if form == b'z':
        try:
            content = zlib.decompressobj().decompress(content, MOST_BYTES + 1)
        except zlib.error as error:
            raise Garbage(str(error)) from error
    elif form != b'=':
        raise Garbage('it is no record')
    fields = _value(content[:MOST_BYTES])
    if (not isinstance(fields, tuple) or tuple(map(type, fields)) != _FIELDS
            or not 0 <= fields[1] < len(KINDS)):
        raise Garbage('it is no record')
    sequence, kind, act, clock, time, *texts, stamp, region, codes = fields
    if region and (len(region) != 4 or any(type(part) is not float for part in region)):
        raise Garbage('its region is none')
    array = np.frombuffer(codes, np.uint8) if codes else NO_CODES
    samples = texts[-1]
    if KINDS[kind] == LESSON and samples > 1:
        if len(codes) % samples:
            raise Garbage('its views are of several sizes')
        array = array.reshape(samples, -1)
    return Foreign(Record._make((0, author_of(seal[:KEY_BYTES]), sequence, KINDS[kind], act, clock,
                                 time, *texts, stamp, region or WHOLE, array)), seal)
