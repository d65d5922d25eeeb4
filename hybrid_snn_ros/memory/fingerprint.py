# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What stored codes depend on: encoder, part of the frame, width of the embedding, what computes.

A fingerprint is a small JSON object.  Its keys ``runtime`` and ``golden`` say what computed the
codes: a name, and in base64 the codes of one picture that is the same everywhere.  Codes that
differ a little are remarked on, others refused.  Any other key that both sides know must be equal.
"""

import base64
import hashlib
import json
from typing import Any

import numpy as np

from hybrid_snn_ros.likeness import change_between
from hybrid_snn_ros.memory.errors import FingerprintError

_NAMES = {'inputs': 'embedding width', 'roi': 'region of interest'}
_COMPUTES = {'runtime', 'golden'}
# Cosine of the golden codes from which they mean the same.  Runtimes that round differently give
# 0.9965 and more, a picture moved by one pixel 0.995, a wrong computation 0.13, another picture
# 0.2; frames above 0.98 are too alike to be learned again (min_change).
ALIKE = 0.98


def plain(fingerprint: dict[str, Any]) -> dict[str, Any]:
    """Return a fingerprint as JSON gives it back (tuples become lists)."""
    return json.loads(json.dumps(fingerprint))


def facts(fingerprint: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a fingerprint as people read it, sorted; codes as their number and digest."""
    codes = golden(fingerprint)
    shown = {key: str(value) for key, value in fingerprint.items()}
    if codes is not None:
        digest = hashlib.sha256(codes.tobytes()).hexdigest()
        shown['golden'] = f'{len(codes)} codes, sha256 {digest[:12]}'
    return sorted(shown.items())


def golden(fingerprint: dict[str, Any]) -> np.ndarray | None:
    """Return the codes of the golden picture, uint8 (N,), or None where it holds none."""
    try:
        codes = np.frombuffer(base64.b64decode(fingerprint['golden'], validate=True), np.uint8)
    except (KeyError, TypeError, ValueError):
        return None
    return codes if len(codes) else None


def compare(where: str, stored: dict[str, Any], present: dict[str, Any]) -> list[str]:
    """
    Refuse codes that mean something else here; remark on what merely may differ.

    :param where: what the stored fingerprint is read from, for the sentences.
    :param stored: fingerprint of the stored codes.
    :param present: fingerprint of whoever wants to use them.
    :return: list of sentences.
    :raises FingerprintError: when they do not fit together.
    """
    stored, present = plain(stored), plain(present)
    for key in sorted(stored.keys() & present.keys() - _COMPUTES):
        if stored[key] != present[key]:
            raise FingerprintError(
                f'{where} was taught with {_NAMES.get(key, key)} {stored[key]}, here it is '
                f'{present[key]}; restore that setting or choose another memory')
    remarks = []
    if 'encoder' in present and 'encoder' not in stored:
        remarks.append(f'{where} does not say which encoder it was taught with')
    return remarks + _compare_what_computes(where, stored, present)


def _compare_what_computes(where: str, stored: dict[str, Any],
                           present: dict[str, Any]) -> list[str]:
    then, now = stored.get('runtime'), present.get('runtime')
    renamed = bool(then and now and then != now)
    theirs, ours = golden(stored), golden(present)
    if ours is None or theirs is None:
        remarks = []
        if ours is not None and 'encoder' in stored:
            remarks.append(
                f'{where} was begun before the crop was the same on every computer: its codes '
                'differ slightly from those of today (cosine 0.996 to 0.999); it is used as it '
                'is, and nothing needs to be done')
        if renamed:
            remarks.append(f'{where} was taught with {then}, this is {now}: embeddings may differ '
                           'slightly')
        return remarks
    if np.array_equal(theirs, ours):
        return []
    by = f'{then}, here it is {now}' if renamed else f'{now or then} on both'
    if len(theirs) != len(ours):
        raise FingerprintError(
            f'{where} was taught with {len(theirs)} codes of the golden picture, '
            f'here they are {len(ours)}; choose another memory')
    differ, alike = np.count_nonzero(theirs != ours), 1 - change_between(theirs, ours)
    measured = f'{differ} of {len(ours)} codes of the golden picture differ, cosine {alike:.4f}'
    if alike < ALIKE:
        raise FingerprintError(
            f'{where} holds codes that mean something else here: the model is the same, but what '
            f'computes it is not ({measured}, at least {ALIKE} is needed; runtime {by}); go back '
            'to that runtime, delegate and processor, or choose another memory')
    return [f'{where} was computed slightly differently ({measured}; runtime {by}): it is used as '
            'it is, and nothing needs to be done']
