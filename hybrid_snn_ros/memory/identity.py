# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What stored codes depend on: encoder, part of the frame, width of the embedding.

An identity is a small JSON object.  Its key ``runtime`` is a remark (another TFLite runtime gives
slightly different codes); any other key that both sides know must be equal.
"""

import json
from typing import Any

from hybrid_snn_ros.memory.errors import IdentityError

_NAMES = {'inputs': 'embedding width', 'roi': 'region of interest'}


def plain(identity: dict[str, Any]) -> dict[str, Any]:
    """Return an identity as JSON gives it back (tuples become lists)."""
    return json.loads(json.dumps(identity))


def compare(where: str, stored: dict[str, Any], present: dict[str, Any]) -> list[str]:
    """
    Refuse codes that mean something else here; remark on what merely may differ.

    :param where: what the stored identity is read from, for the sentences.
    :param stored: identity of the stored codes.
    :param present: identity of whoever wants to use them.
    :return: list of sentences.
    :raises IdentityError: when they do not fit together.
    """
    stored, present = plain(stored), plain(present)
    for key in sorted(stored.keys() & present.keys() - {'runtime'}):
        if stored[key] != present[key]:
            raise IdentityError(
                f'{where} was taught with {_NAMES.get(key, key)} {stored[key]}, here it is '
                f'{present[key]}; restore that setting or choose another memory')
    remarks = []
    if 'encoder' in present and 'encoder' not in stored:
        remarks.append(f'{where} does not say which encoder it was taught with')
    then, now = stored.get('runtime'), present.get('runtime')
    if then and now and then != now:
        remarks.append(
            f'{where} was taught with {then}, this is {now}: embeddings may differ slightly')
    return remarks
