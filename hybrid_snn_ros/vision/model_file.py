# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A TFLite file and the YAML beside it, read and compared before a runtime sees them."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from hybrid_snn_ros.vision.runtime import EncoderError


class ModelFile(NamedTuple):
    """What lies on disk of a model."""

    path: Path
    content: bytes
    digest: str  # sha256 of the content in hex
    notes: dict[str, Any]  # what the YAML says; empty where there is none


def read_model(path: str | Path) -> ModelFile:
    """
    Read a model and its description.

    :raises EncoderError: for what cannot be read, is no TFLite model, or is not the one described:
        older runtimes load other files, cut and mixed-up ones without looking.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(
            f'the encoder model {path} cannot be read: {error.strerror}') from error
    digest = hashlib.sha256(content).hexdigest()
    notes = _read_notes(path.with_suffix('.yaml'))
    noted = notes.get('sha256')
    if content[4:8] != b'TFL3':
        raise EncoderError(f'{path} is not a TFLite model')
    if noted is not None and noted != digest:
        raise EncoderError(f'{path} is not the model that {path.with_suffix(".yaml").name} '
                           f'describes: its sha256 is {digest[:12]}..., not {str(noted)[:12]}...')
    return ModelFile(path, content, digest, notes)


def _read_notes(path: Path) -> dict[str, Any]:
    """Return what the YAML beside the model says; nothing when there is none."""
    try:
        notes = yaml.safe_load(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise EncoderError(
            f'the description {path} of the model cannot be read: {reason}') from error
    if not isinstance(notes, dict):
        raise EncoderError(f'the description {path} of the model is not a YAML mapping')
    return notes
