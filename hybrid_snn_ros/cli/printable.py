# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Names that come from outside, printed so that they steer no terminal and stop no command."""

import sys
import unicodedata

from hybrid_snn_ros.memory.unseen import is_unseen, tidied

# Control characters, bytes that are not UTF-8, and what breaks lines.
_STEERING = ('Cc', 'Cs', 'Zl', 'Zp')


def printable(text: object) -> str:
    r"""Return a text with all that cannot be seen written out, such as \x1b or \u202e."""
    text = str(text)
    tidy = tidied(text) == text  # then a joiner is a part of how the text looks
    return ''.join(_escape(character) if unicodedata.category(character) in _STEERING
                   or not tidy and is_unseen(character) else character for character in text)


def complain(command: str, sentence: object) -> None:
    """Tell on stderr why a command does not do what it was asked."""
    print(f'hybrid-snn {command}: {printable(sentence)}', file=sys.stderr)


def print_anywhere() -> None:
    """Let characters that the terminal's encoding has not be written out instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # how Python holds a byte of a name that is not UTF-8
        return f'\\x{number - 0xDC00:02x}'
    return {'\n': '\\n', '\r': '\\r', '\t': '\\t'}.get(character) or (
        f'\\x{number:02x}' if number < 0x100 else
        f'\\u{number:04x}' if number < 0x10000 else f'\\U{number:08x}')
