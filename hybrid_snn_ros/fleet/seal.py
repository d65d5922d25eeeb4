# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Who wrote something: Ed25519 seals, and the key of a robot.

An author is the start of a SHA-256 of its public key.  So nothing has to be remembered about whose
key is whose, and all robots decide alike, whom they have heard first or not: with keys that are
pinned at first sight, whoever speaks first in a robot's name would win at some and lose at others.
A seal is the public key and the signature, 96 bytes; with it a record proves itself, whoever
passes it on.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.files import free_name, put, sync_directory
from hybrid_snn_ros.memory.record import canonical, Record

KEY_NAME = 'fleet.key'
KEY_BYTES, SEAL_BYTES = 32, 96
_RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class Key:
    """The private key of a robot."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        """Hold a key."""
        self._private = private
        self._public = private.public_key().public_bytes(*_RAW)
        self.author = author_of(self._public)

    def seal(self, content: bytes) -> bytes:
        """Return the seal of some bytes, always the same one."""
        return self._public + self._private.sign(content)


def author_of(public: bytes) -> str:
    """Return the author that a public key stands for, 32 hexadecimal digits."""
    return hashlib.sha256(b'hybrid_snn_ros author\0' + public).hexdigest()[:32]


def is_sealed(seal: bytes, content: bytes) -> bool:
    """Tell whether a seal is of some bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(seal[:KEY_BYTES]).verify(seal[KEY_BYTES:], content)
    except (InvalidSignature, ValueError):
        return False
    return True


def of_record(record: Record, encoder: str) -> bytes:
    """
    Return what is signed of a record.

    :param encoder: sha256 of the encoder's file: codes mean nothing to another one, so that what
        was taught through one cannot be played back to robots with another.
    """
    return b'hybrid_snn_ros record\0' + encoder.encode() + b'\0' + canonical(record)


def key_from(secret: bytes) -> Key:
    """Return the key that follows from a secret, of a simulation for example."""
    return Key(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret).digest()))


def key_of(directory: Path, renew: bool = False) -> Key:
    """
    Return the key of the memory in a directory, made where there is none yet.

    :param renew: make another one; the old one is kept beside it.
    :raises StoreError: when it cannot be read, or others can read it.
    """
    path = directory / KEY_NAME
    try:
        if renew and path.exists():
            os.rename(path, free_name(directory, 'fleet.key.before', ''))
        if not path.exists():
            _write(path, Ed25519PrivateKey.generate())
        if path.stat().st_mode & 0o077:
            raise StoreError(f"{path} can be read by others, who could teach in this robot's "
                             f'name: chmod 600 {path}, or `hybrid-snn fleet key --new`')
        private = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise StoreError(f'cannot use {path}: {error.strerror or error}') from error
    except (ValueError, TypeError) as error:
        raise StoreError(f'{path} holds no key; put a copy back, or move it away and run '
                         '`hybrid-snn fleet key`') from error
    if not isinstance(private, Ed25519PrivateKey):
        raise StoreError(f'{path} holds a key of another kind than Ed25519')
    return Key(private)


def _write(path: Path, private: Ed25519PrivateKey) -> None:
    """Write a key that only its owner can read; whoever was quicker has made it."""
    new = path.with_name(f'.{path.name}.{os.getpid()}')
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, 'wb') as file:
        file.write(private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        file.flush()
        os.fsync(handle)
    try:
        os.link(new, path)  # never over a key that is there, unlike a rename
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            put(new, path)
    new.unlink(missing_ok=True)
    sync_directory(path.parent)
