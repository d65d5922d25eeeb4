# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Label texts against their written rule."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from hybrid_snn_ros.memory.labels import LabelError, MAX_BYTES, normalise

# Letters, marks, digits, punctuation, symbols and plain spaces of any script.
PRINTABLE = st.characters(categories=('L', 'M', 'N', 'P', 'S', 'Zs'))
FORBIDDEN = st.characters(categories=('Cc', 'Cs', 'Zl', 'Zp'))


@given(st.text())
@example('unknown')
@example(' \t mug \n')
@example('e\u0301')  # e + combining acute: one letter in normal form C
@example(' \u0301')
@example('\u2126')  # the ohm sign, whose normal form C is the letter omega
@example('a\ud800')
def test_an_accepted_label_obeys_every_line_of_the_rule(text):
    try:
        label = normalise(text)
    except LabelError as refusal:
        assert len(str(refusal).splitlines()) == 1
        return
    assert unicodedata.is_normalized('NFC', label)
    assert label == label.strip()
    assert 1 <= len(label.encode('utf-8')) <= MAX_BYTES
    assert all(unicodedata.category(c) not in ('Cc', 'Cs', 'Zl', 'Zp') for c in label)
    assert label.casefold() != 'unknown'
    assert normalise(label) == label


@given(st.text(PRINTABLE, min_size=1, max_size=MAX_BYTES))
def test_every_printable_text_that_fits_is_accepted_as_it_is(text):
    wanted = unicodedata.normalize('NFC', f'x{text}x')
    if len(wanted.encode('utf-8')) <= MAX_BYTES:
        assert normalise(f'  x{text}x \t') == wanted
    else:
        with pytest.raises(LabelError, match=f'{MAX_BYTES} bytes'):
            normalise(f'x{text}x')


@given(st.text(PRINTABLE, max_size=8), FORBIDDEN, st.text(PRINTABLE, max_size=8))
def test_one_control_character_or_line_break_inside_is_enough_to_refuse(before, bad, after):
    with pytest.raises(LabelError, match='control characters or line breaks'):
        normalise(f'a{before}{bad}{after}z')


@pytest.mark.parametrize('character, width', [('a', 1), ('ü', 2), ('杯', 3), ('🦆', 4)])
def test_the_limit_counts_bytes_not_characters(character, width):
    fits = MAX_BYTES // width
    assert normalise(character * fits) == character * fits
    with pytest.raises(LabelError, match=str((fits + 1) * width)):
        normalise(character * (fits + 1))


@pytest.mark.parametrize('text', ['', ' ', '\n\t', '\u3000'])
def test_an_empty_label_is_refused(text):
    with pytest.raises(LabelError, match='at least one character'):
        normalise(text)


@pytest.mark.parametrize('text', ['unknown', 'Unknown', ' UNKNOWN '])
def test_the_answer_for_what_was_never_taught_is_no_label(text):
    with pytest.raises(LabelError, match="'unknown'"):
        normalise(text)


@pytest.mark.parametrize('text', ['unknowns', 'the unknown', 'unknown 1'])
def test_only_the_whole_word_is_reserved(text):
    assert normalise(text) == text


@pytest.mark.parametrize('thing', [None, 7, b'mug', ['mug']])
def test_what_is_not_text_is_refused_by_type(thing):
    with pytest.raises(LabelError, match=type(thing).__name__):
        normalise(thing)
