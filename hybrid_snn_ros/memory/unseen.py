# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Characters that cannot be seen: taken out of a text, except where they change what it looks like.

What cannot be seen is what Unicode calls default ignorable (zero-width spaces, soft hyphens, byte
order marks, controls of direction, tags, selectors of a variation, fillers) and a few more.  What
shows as a gap becomes one plain space.
"""

import bisect
import re
import unicodedata

_UNSEEN = (  # first, last; the property Default_Ignorable_Code_Point of Unicode 16, and the rest
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x16FE4, 0x16FE4),
    (0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF))
_STARTS = [first for first, _ in _UNSEEN]
_MAYBE = re.compile('[^\x00-\x7f]|  ')  # a text without is as it should be
_BLANK = '\u2800'  # a braille cell without dots
_JOINER, _NON_JOINER, _PICTURE_SELECTOR, _KEYCAP = '\u200d', '\u200c', '\ufe0f', '\u20e3'
_VIRAMA = 9  # its combining class
# Scripts whose letters joiners bind or part: Arabic to Sinhala, Tibetan, Myanmar, Khmer, Mongol,
# 'Phags-pa, forms of Devanagari, Myanmar and Meetei, Brahmi and its kin, Adlam.
_JOINING = ((0x0620, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF), (0x1A20, 0x1BFF),
            (0xA840, 0xA87F), (0xA8E0, 0xA8FF), (0xA9E0, 0xA9FF), (0xAA60, 0xAAFF),
            (0xABC0, 0xABFF), (0x10A00, 0x10A5F), (0x10D00, 0x10D3F), (0x10F30, 0x10FFF),
            (0x11000, 0x11FFF), (0x1E900, 0x1E95F))
# The flags of England, Scotland and Wales: the only ones that are spelt in tags.
_FLAGS = re.compile('\U0001f3f4(?:' + '|'.join(
    ''.join(chr(0xE0000 + ord(letter)) for letter in name)
    for name in ('gbeng', 'gbsct', 'gbwls')) + ')\U000e007f')


def _parting() -> set[str]:
    """Return the Arabic letters that join nothing behind them: a joiner there shows nothing."""
    forms: dict[str, set[str]] = {'<initial>': set(), '<final>': set()}
    for code in range(0xFB50, 0xFF00):
        kind, *letters = unicodedata.decomposition(chr(code)).split() or ['']
        if kind in forms and len(letters) == 1:
            forms[kind].add(chr(int(letters[0], 16)))
    return forms['<final>'] - forms['<initial>'] | {'\u0621'}


_PARTING = _parting()


def tidied(text: str) -> str:
    """
    Return a text in normal form C without what cannot be seen, its gaps one plain space each.

    A text that is tidied already comes back as it is.
    """
    text = unicodedata.normalize('NFC', text)
    if not _MAYBE.search(text):
        return text.strip(' ')
    while (cleaner := unicodedata.normalize('NFC', _cleaned(text))) != text:
        text = cleaner
    return text


def _cleaned(text: str) -> str:
    kept: list[str] = []
    end = 0
    for flag in _FLAGS.finditer(text):
        _keep(text[end:flag.start()], kept, text[flag.start()])
        kept.append(flag.group())
        end = flag.end()
    _keep(text[end:], kept, '')
    return ''.join(kept).strip(' ')


def _keep(text: str, kept: list[str], following: str) -> None:
    """Append what can be seen of a text to what was kept before it."""
    for place, character in enumerate(text):
        before = kept[-1][-1] if kept else ''
        if character == _BLANK or unicodedata.category(character) == 'Zs':
            if before != ' ':
                kept.append(' ')
        elif not is_unseen(character):
            kept.append(character)
        elif character in (_JOINER, _NON_JOINER):
            if _joins(character, before, next(
                    (c for c in text[place + 1:] if not is_unseen(c)), following)):
                kept.append(character)
        elif character == _PICTURE_SELECTOR and before and (
                _is_text_or_picture(before) or text[place + 1:place + 2] == _KEYCAP):
            kept.append(character)


def is_unseen(character: str) -> bool:
    """Tell whether a character cannot be seen, where it stands alone."""
    place = bisect.bisect_right(_STARTS, ord(character)) - 1
    return place >= 0 and ord(character) <= _UNSEEN[place][1]


def _joins(joiner: str, before: str, after: str) -> bool:
    """Tell whether a joiner between two characters changes what is seen."""
    if _is_picture(after):
        return joiner == _JOINER and (_is_picture(before) or before == _PICTURE_SELECTOR)
    if before and unicodedata.combining(before) == _VIRAMA:
        return joiner == _JOINER or _is_joining(after)
    return before not in _PARTING and _is_joining(before) and _is_joining(after)


def _is_text_or_picture(character: str) -> bool:
    """Tell whether a character shows as text unless a selector makes a picture of it."""
    return _is_picture(character) and unicodedata.east_asian_width(character) != 'W'


def _is_joining(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in 'LM' and any(
        first <= ord(character) <= last for first, last in _JOINING)


def _is_picture(character: str) -> bool:
    """Tell whether a character is one that emoji are made of."""
    return bool(character) and (0x1F000 <= ord(character) <= 0x1FBFF or character in '©®‼⁉ℹ〰' or (
        0x2100 <= ord(character) <= 0x32FF and unicodedata.category(character) in ('So', 'Sm')))
