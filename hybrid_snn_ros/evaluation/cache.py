# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Embeddings that took long to make, kept in the user's cache as embedding packs."""

from collections.abc import Callable, Mapping, Sequence
import hashlib
import json
import os
from pathlib import Path
import tempfile
from types import ModuleType
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.sources import Embeddings, load_pack, SourceError


def directory() -> Path:
    """
    Return where embeddings are cached: below $XDG_CACHE_HOME, or ~/.cache.

    :raises RuntimeError: for a user without a home.
    """
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base, 'hybrid_snn_ros', 'embeddings')


def digest_of_sources(*modules: ModuleType) -> str:
    """Return a digest of the Python files beside each of these modules."""
    digest = hashlib.sha256()
    for module in modules:
        for path in sorted(Path(str(module.__file__)).parent.glob('*.py')):
            digest.update(path.name.encode() + b'\0' + path.read_bytes() + b'\0')
    return digest.hexdigest()


def encoder_fingerprint(facade: Classifier) -> dict[str, Any]:
    """Return what a Classifier's codes depend on besides the pictures."""
    from hybrid_snn_ros.vision import frames
    return {**facade.frame_encoder.fingerprint, 'vision': digest_of_sources(frames)}


def cached(name: str, fingerprint: Mapping[str, Any],
           make: Callable[[], tuple[Embeddings, Sequence[str]]],
           remark: Callable[[str], None]) -> tuple[Embeddings, Sequence[str]]:
    """
    Return the embeddings of this fingerprint and their notes, made now unless they are cached.

    A damaged cache is made again; one that cannot be written is remarked on and done without.

    :param fingerprint: all that the embeddings depend on, as JSON can hold it.
    :param make: function without arguments, gives (sources.Embeddings, notes), which are texts.
    :param remark: called with a sentence where the cache cannot be written.
    """
    digest = hashlib.sha256(json.dumps(fingerprint, sort_keys=True).encode()).hexdigest()
    try:
        path = directory() / f'{digest[:32]}.npz'
    except RuntimeError as error:
        remark(f'the embeddings cannot be cached: {error}')
        return make()
    try:
        data = load_pack(path)._replace(name=name)
        with np.load(path, allow_pickle=False) as pack:
            notes = pack['notes'].tolist()
    except (SourceError, OSError, KeyError, ValueError):
        data, notes = make()
        try:
            _write(path, data, notes)
        except OSError as error:
            remark(f'the embeddings cannot be cached: {error}')
    return data, notes


def _write(path: Path, data: Embeddings, notes: Sequence[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix='.part')
    try:
        with os.fdopen(handle, 'wb') as file:
            np.savez_compressed(
                file, X_train=data.train, y_train=data.train_labels, X_test=data.test,
                y_test=data.test_labels, class_names=np.array(data.class_names),
                notes=np.array(notes, dtype=str))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
