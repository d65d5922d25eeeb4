# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Label texts: the written rule every label passes.

The rule: UTF-8 text in Unicode normal form C, without white space at the ends, without control
characters or line breaks, 1 to 64 bytes long, and not the reserved word ``unknown``.
"""

import unicodedata

UNKNOWN = 'unknown'  # what the classifier says of a frame it was never taught
MAX_BYTES = 64


class LabelError(ValueError):
    """A text that cannot be a label; the message says why."""


def normalise(text):
    """
    Return the label a text stands for.

    :raises LabelError: when the text breaks the rule of this module.
    """
    if not isinstance(text, str):
        raise LabelError(f'a label must be text, not {type(text).__name__}')
    label = unicodedata.normalize('NFC', text).strip()
    if not label:
        raise LabelError('a label needs at least one character')
    if any(unicodedata.category(character) in ('Cc', 'Cs', 'Zl', 'Zp') for character in label):
        raise LabelError('a label must not hold control characters or line breaks')
    size = len(label.encode('utf-8'))
    if size > MAX_BYTES:
        raise LabelError(f'a label may be {MAX_BYTES} bytes long in UTF-8, this one has {size}')
    if label.casefold() == UNKNOWN:
        raise LabelError(f"'{UNKNOWN}' is the answer for what was never taught, not a label")
    return label
