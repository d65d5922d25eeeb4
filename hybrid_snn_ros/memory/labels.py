# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Label texts: the written rule every label passes.

The rule: UTF-8 text in Unicode normal form C, without characters that cannot be seen, with single
plain spaces between words and none at the ends, without control characters or line breaks, 1 to
64 bytes long, and not the reserved word ``unknown``.  ``other`` and ``nothing``, in any case and
width, are taught like labels and answered as unknown (``NAMELESS``).
"""

from collections.abc import Collection
import unicodedata

from hybrid_snn_ros.memory.unseen import tidied

UNKNOWN = 'unknown'  # what the classifier says of a frame it was never taught
NAMELESS = ('other', 'nothing')  # something that needs no name; the scene with no thing in it
MAX_BYTES = 64
_MAX_TYPED = 1024  # characters, before what cannot be seen is taken out


class LabelError(ValueError):
    """A text that cannot be a label; the message says why."""


def normalise(text: object) -> str:
    """
    Return the label a text stands for.

    :raises LabelError: when the text breaks the rule of this module.
    """
    label = tidied(_typed(text)).strip()
    _check(label)
    folded = _folded(label)
    if folded == UNKNOWN:
        raise LabelError(f"'{UNKNOWN}' is the answer for what was never taught, not a label; "
                         "teach 'other' for what needs no name, 'nothing' for an empty scene")
    return folded if folded in NAMELESS else label


def written(text: object) -> str:
    """
    Return a text as a memory may hold it, also one older than the rule of what cannot be seen.

    :raises LabelError: when no memory holds such a label.
    """
    label = unicodedata.normalize('NFC', _typed(text)).strip()
    _check(label)
    return label


def find(text: object, known: Collection[str]) -> str:
    """
    Return the label that is meant, of those that are known.

    It is the one that is written exactly so, or the one the text stands for, or the only one that
    looks the same; where there is none of them, the label the text stands for.

    :param known: dict or set of labels.
    :raises LabelError: when the text cannot be a label and is none of the known ones.
    """
    exact = written(text)
    if exact in known:
        return exact
    label = normalise(text)
    alike = [other for other in known if tidied(other) == label]
    return alike[0] if label not in known and len(alike) == 1 else label


def alike(label: str, known: Collection[str]) -> str:
    """Return a sentence where a new label differs from known ones in case or width only."""
    folded = _folded(label)
    others = [f"'{other}'" for other in known if other != label and _folded(other) == folded]
    return f"{' and '.join(others)} differs in case or width only" if others else ''


def _folded(text: str) -> str:
    return unicodedata.normalize('NFKC', text).casefold()


def _typed(text: object) -> str:
    if not isinstance(text, str):
        raise LabelError(f'a label must be text, not {type(text).__name__}')
    text = text.strip()
    if len(text) > _MAX_TYPED:
        _check_size(text)
    return text


def _check(label: str) -> None:
    if not label:
        raise LabelError('a label needs at least one character that can be seen')
    if any(unicodedata.category(character) in ('Cc', 'Cs', 'Zl', 'Zp') for character in label):
        raise LabelError('a label must not hold control characters or line breaks')
    _check_size(label)


def _check_size(label: str) -> None:
    size = len(label.encode('utf-8', 'surrogatepass'))
    if size > MAX_BYTES:
        raise LabelError(f'a label may be {MAX_BYTES} bytes long in UTF-8, this one has {size}')
