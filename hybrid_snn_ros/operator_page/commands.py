# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a browser may ask of the classifier: every field is checked before it goes anywhere."""

from collections.abc import Callable
import re
from typing import Any

from hybrid_snn_ros.where.boxes import BoxError
from hybrid_snn_ros.where.boxes import checked as checked_boxes

MAX_LABEL_BYTES = 64
MAX_BODY = 4096  # bytes of any message or body that a browser sends
_ID = re.compile(r'[A-Za-z0-9._-]{1,64}')
_FIELDS: dict[str, set[str]] = {
           'teach': {'label', 'stamp', 'press', 'box'}, 'complete': {'stamp'},
           'empty': {'stamp'}, 'hold': {'stamp'}, 'undo': {'sample', 'change'},
           'redo': {'change'}, 'changes': set(), 'take_back': {'change'}, 'put_back': {'change'},
           'forget': {'label'}, 'rename': {'label', 'to'},
           'merge': {'label', 'to'}, 'rollback': set(),
           'answer': {'question', 'label', 'without'}, 'ignore': {'question'},
           'split': {'question'}, 'relabel': {'sample', 'label'},
           'pictures': {'question', 'label'}}
_OPTIONAL: dict[str, set[str]] = {
    'teach': {'press', 'box'}, 'undo': {'sample', 'change'}, 'redo': {'change'},
    'answer': {'without'}, 'pictures': {'question', 'label'}}
# Doing these twice is doing them once, so that they may be sent again until acknowledged.
_REPEATABLE = ('teach', 'complete', 'empty', 'hold', 'undo', 'redo', 'changes', 'take_back',
               'put_back', 'forget', 'rename', 'merge', 'answer',
               'split', 'relabel', 'pictures')
LOOKING = ('pictures', 'changes')  # what changes nothing
MAX_STRUCK = 64  # members of a question that are left out


class CommandError(ValueError):
    """A request that is refused; the message says why."""


def checked(request: object) -> dict[str, Any]:
    """
    Return a request of a browser as the classifier's ~/command takes it.

    :param request: what JSON held: {'do', 'id', ...}, a stamp as [sec, nanosec], a box as
        [x, y, width, height] in fractions of the frame.
    :raises CommandError: when it is not what it should be.
    """
    if not isinstance(request, dict):
        raise CommandError('a request must be a JSON object')
    do, name = request.get('do'), request.get('id')
    if not isinstance(do, str) or do not in _FIELDS:
        raise CommandError('a request must do one of ' + ', '.join(_FIELDS))
    _name(name)
    given = set(request) - {'do', 'id'}
    if not _FIELDS[do] - _OPTIONAL.get(do, set()) <= given <= _FIELDS[do] or (
            given >= {'sample', 'change'}) or do == 'pictures' and len(given) != 1:
        raise CommandError(f'{do} takes ' + (', '.join(sorted(_FIELDS[do])) or 'nothing'))
    command = {'id': name, 'do': do}
    for field in sorted(given):
        command[field] = _CHECKS[field](request[field])
    if 'box' in command:
        command['unit'] = 'fractions'
    if do == 'ignore':
        command.update(do='answer', ignore=True)
    return command


def _name(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise CommandError('the id of a request is 1 to 64 letters, digits, dots or dashes')
    return value


def may_repeat(command: dict[str, Any]) -> bool:
    """Tell whether a command may be sent to the classifier a second time."""
    named = command.keys() & {'sample', 'change'} or command['do'] not in ('undo', 'redo')
    return command['do'] in _REPEATABLE and bool(named)


def _label(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CommandError('a label is text of at least one character')
    try:
        size = len(value.encode('utf-8'))
    except UnicodeEncodeError as error:
        raise CommandError('a label is valid Unicode') from error
    if size > MAX_LABEL_BYTES:
        raise CommandError(f'a label may be {MAX_LABEL_BYTES} bytes long in UTF-8, this one has '
                           f'{size}')
    return value


def _names(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_STRUCK:
        raise CommandError(f'what is left out is a list of {MAX_STRUCK} ids at most')
    return list(map(_name, value))


def _number(value: object, limit: int, what: str) -> int:
    if type(value) is not int or not 0 <= value < limit:
        raise CommandError(f'{what} is a whole number from 0')
    return value


def _stamp(value: object) -> dict[str, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise CommandError('a stamp is [sec, nanosec]')
    return {'sec': _number(value[0], 2**31, 'sec'),
            'nanosec': _number(value[1], 10**9, 'nanosec')}


def _box(value: object) -> list[float]:
    if not isinstance(value, list) or len(value) != 4 or any(
            type(part) not in (int, float) for part in value):
        raise CommandError('a box is four numbers: x, y, width, height')
    try:
        [box] = checked_boxes([value])
    except BoxError as error:
        raise CommandError(str(error)) from error
    return box.tolist()


_CHECKS: dict[str, Callable[[object], Any]] = {
           'label': _label, 'to': _label, 'stamp': _stamp, 'press': _name,
           'box': _box, 'question': _name, 'without': _names,
           'change': lambda value: _number(value, 2**53, 'the number of a change'),
           'sample': lambda value: _number(value, 2**53, 'the number of a sample')}
