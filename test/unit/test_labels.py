# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Label texts against their written rule."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from hybrid_snn_ros.memory.labels import (
    find,
    LabelError,
    MAX_BYTES,
    NAMELESS,
    normalise,
    written,
)
from hybrid_snn_ros.memory.unseen import is_unseen, tidied

# Letters, marks, digits, punctuation and symbols of any script.
PRINTABLE = st.characters(categories=('L', 'M', 'N', 'P', 'S')).filter(
    lambda character: not is_unseen(character) and character != '\u2800')
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
    assert unicodedata.normalize('NFKC', label).casefold() != 'unknown'
    assert '  ' not in label and not any(
        unicodedata.category(c) == 'Zs' and c != ' ' for c in label)
    assert normalise(label) == label == tidied(label)


@given(st.text(PRINTABLE, min_size=1, max_size=MAX_BYTES))
def test_every_printable_text_that_fits_is_accepted_as_it_is(text):
    wanted = unicodedata.normalize('NFC', f'x{text}x')
    if len(wanted.encode('utf-8')) <= MAX_BYTES:
        assert normalise(f'  x{text}x \t') == wanted
    else:
        with pytest.raises(LabelError, match=f'{MAX_BYTES} bytes'):
            normalise(f'x{text}x')


@pytest.mark.parametrize('text, label', [
    ('other', 'other'), (' Other ', 'other'), ('NOTHING', 'nothing'),
    ('\uff4e\uff4fthing', 'nothing'),
    ('other thing', 'other thing'), ('no thing', 'no thing')])
def test_what_needs_no_name_is_one_word_in_any_case_and_width(text, label):
    assert normalise(text) == label
    assert (label in NAMELESS) == (' ' not in label)


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


@pytest.mark.parametrize('text', [
    '', ' ', '\n\t', '\u3000', '\u200b', '\u200d\u200c', '\ufeff \u00ad', '\u2800', '\u3164',
    '\ufe0f', '\u180e', '\u2066\u2069', '\U000e0067\U000e007f', '\u115f\u1160', '\u034f'])
def test_an_empty_label_is_refused(text):
    with pytest.raises(LabelError, match='at least one character'):
        normalise(text)


@pytest.mark.parametrize('text', [
    'unknown', 'Unknown', ' UNKNOWN ', 'unknown\u200b', '\ufeffunknown', 'un\u00adknown',
    'UN\u200dKNOWN', '\u202eunknown', 'unk\ufe0fnown', 'unknown\u3164', 'ｕｎｋｎｏｗｎ',
    '\u3000Ｕnknown', '𝐮𝐧𝐤𝐧𝐨𝐰𝐧', 'ⓤnknown'])
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


UNSEEN = [0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D,
          0x200E, 0x200F, 0x202A, 0x202E, 0x2060, 0x2063, 0x2066, 0x2069, 0x206F, 0x3164, 0xFE00,
          0xFE0E, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0x1D173, 0xE0001, 0xE0041, 0xE007F, 0xE0100]


@pytest.mark.parametrize('code', UNSEEN, ids=hex)
def test_what_cannot_be_seen_makes_no_other_label(code):
    """At either end, inside, several of them, and beside other ones."""
    bad = chr(code)
    for text in (f'mug{bad}', f'{bad}mug', f'm{bad}ug', f'{bad}m{bad}{bad}u\u200bg{bad}',
                 f'mug \u200b{bad} '):
        assert normalise(text) == 'mug', ascii(text)
    assert normalise(f'Tasse{bad}杯') == 'Tasse杯'


def test_every_format_character_is_taken_out_or_can_be_seen():
    """Of the whole of Unicode: signs above digits, and the joints of hieroglyphs, are seen."""
    seen = {c for c in map(chr, range(0x110000))
            if unicodedata.category(c) == 'Cf' and not is_unseen(c)}
    names = {' '.join(unicodedata.name(c).split()[:2]) for c in seen}
    assert all(name.startswith(('ARABIC', 'SYRIAC', 'KAITHI', 'EGYPTIAN')) for name in names)


@pytest.mark.parametrize('text', [
    'می\u200cخواهم', 'نمی\u200cدانم', 'क्\u200dष', 'क्\u200cष', 'ශ්\u200dරී', 'ന്\u200d',
    'ക്\u200d ഷ', 'র\u200d্য', '👩\u200d🚀', '👩🏽\u200d🚀',
    '👨\u200d👩\u200d👧\u200d👦', '🏳\ufe0f\u200d🌈', '❤\ufe0f', '❤\ufe0f\u200d🔥',
    '⛓\ufe0f\u200d💥', '🧑\u200d⚕\ufe0f', '1\ufe0f\u20e3', '🐈\u200d⬛',
    '©\ufe0f', '🏃\u200d♀\ufe0f\u200d➡\ufe0f', '🇩🇪', 'mug ☎\ufe0f',
    '\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 2'], ids=ascii)
def test_what_binds_letters_or_emoji_stays(text):
    assert normalise(text) == text


@pytest.mark.parametrize('text, label', [
    ('کار\u200cخانه', 'کارخانه'),  # the letter before it joins nothing anyhow
    ('می\u200c\u200cخواهم', 'می\u200cخواهم'),
    ('مغ\u200c', 'مغ'), ('मग\u200d', 'मग'), ('\u200dमग', 'मग'), ('म\u200d g', 'म g'),
    ('👩\u200d', '👩'), ('👩\u200d\u200d🚀', '👩\u200d🚀'), ('👩\u200c🚀', '👩🚀'),
    ('🦆\ufe0f', '🦆'), ('☕\ufe0f', '☕'), ('❤\ufe0e', '❤'), ('❤\ufe0f\ufe0f', '❤\ufe0f'),
    ('1\ufe0f', '1'), ('mug\ufe0f\u20e3', 'mug\ufe0f\u20e3'), ('葛\U000e0100', '葛'),
    ('\U0001f3f4\U000e0067\U000e0062\U000e007f', '\U0001f3f4'),
    ('e\u200b\u0301', 'é'), ('\u1100\u200b\u1161', '가')], ids=ascii)
def test_what_binds_nothing_is_taken_out(text, label):
    assert normalise(text) == label


@pytest.mark.parametrize('gap', [
    ' ', '  ', '\u00a0', '\u3000', '\u2009', '\u202f', '\u205f', '\u2800', '\u1680', ' \u00a0 ',
    ' \u200b ', '\u2003\u2003'], ids=ascii)
def test_every_gap_is_one_plain_space(gap):
    assert normalise(f'red{gap}mug') == 'red mug'
    assert normalise(f'{gap}red mug{gap}') == 'red mug'


JOINTS = st.sampled_from([
    *map(chr, UNSEEN), *' \u00a0\u2800\n', '\u094d', '\u0951', '\u0301', '\u20e3', 'म', 'ی', 'ر',
    'a', '1', '👩', '❤', '☕', '\U0001f3f4', '🏽', '\U000e0067', 'unknown', '\u1100', '\u1161'])


@given(st.lists(JOINTS, max_size=12).map(''.join))
@example('म\u0951\u034f\u094d\u200d')
@example('\u200d\U0001f3f4\U000e0067')
def test_a_label_is_the_label_it_stands_for(text):
    """However they are mixed: done twice is done once, and a joiner stands between things."""
    assert tidied(tidied(text)) == tidied(text)
    try:
        label = normalise(text)
    except LabelError:
        return
    assert normalise(label) == label
    assert not is_unseen(label[0]) and '\u200d\u200d' not in label


def test_a_long_text_is_refused_before_it_is_looked_at_in_detail():
    with pytest.raises(LabelError, match='64 bytes long in UTF-8, this one has 3000000'):
        normalise('\u200d' * 1_000_000)
    assert normalise(' ' * 1_000_000 + 'mug') == 'mug'


def test_a_label_older_than_the_rule_is_found_as_it_is_written():
    """And as it looks, where no other one looks so."""
    old = {'mug\u200b': 1, 'red  mug': 1, '\u200b': 1, 'unknown\u00ad': 1, 'cup': 1,
           'cup\u2060': 2}
    for label in old:
        assert find(label, old) == label == written(label)
    assert find('mug', old) == 'mug\u200b'
    assert find('mug\ufeff', old) == 'mug\u200b'
    assert find(' red mug ', old) == 'red  mug'
    assert find('cup', old) == find('cup\u200b', old) == 'cup'
    assert find('box', old) == 'box'
    for text, reason in (('', 'can be seen'), ('\ufeff', 'can be seen'), ('x' * 65, '64 bytes'),
                         ('unknown', 'not a label'), ('two\nlines', 'line breaks'),
                         ('\ud800', 'control characters')):
        with pytest.raises(LabelError, match=reason):
            find(text, old)
