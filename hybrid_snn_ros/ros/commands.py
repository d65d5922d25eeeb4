# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What people and programs ask of the classifier, and the queue it waits in for the worker."""

from collections import deque
from collections.abc import Callable
import json
import threading
from typing import Any, NamedTuple

from hybrid_snn_ros.memory.labels import LabelError, normalise, written
from hybrid_snn_ros.ros.boxes import box_in, PIXELS, UNITS
from hybrid_snn_ros.where.boxes import BoxError

OPERATIONS = ('teach', 'name', 'draw', 'complete', 'empty', 'hold', 'answer', 'split', 'relabel',
              'pictures', 'changes', 'undo', 'redo', 'take_back', 'put_back', 'forget', 'rename',
              'merge', 'rollback', 'save')
# What changes what is known and waits until the network has caught up with changes before.
TEACHING = ('teach', 'draw', 'complete', 'empty', 'answer', 'relabel')
MAX_ID_BYTES = 64
MAX_COMMAND_BYTES = 4096
# More requests than this wait for no one: a flood is refused, classification goes on.
MAX_WAITING = 256
_SAMPLE = 'name a sample by its id'
_CHANGE = 'name a change by its id'
_RECORD = 'name a record by its number'


class CommandError(ValueError):
    """A request that cannot be understood or makes no sense; the message says why."""

    def __init__(self, message: str, id: str = '') -> None:  # noqa: A002 (the field's name)
        """Take a sentence, and the id of the request where that could be read."""
        super().__init__(message)
        self.id = id


class Command(NamedTuple):
    """One request."""

    operation: str  # one of OPERATIONS
    label: str = ''  # of teach, forget, rename and merge (the old one)
    target: str = ''  # new label of a rename or merge
    sample: int = 0  # id, of undo and relabel; 0 for the last change, whatever it was
    record: int = 0  # number of any record to take back, of undo; 0 for none
    # id that the change must have, of undo and redo, 0 for any; which one, of take_back, put_back
    change: int = 0
    # to return to, of rollback; None for the newest that was saved before
    version: int | None = None
    press: str = ''  # of teach: frames of one press are one change
    # (sec, nanosec) of the frame that is meant; None for the newest
    stamp: tuple[int, int] | None = None
    # of name and draw; of teach one at most: x, y, width, height of what is meant in the frame
    boxes: tuple[tuple[float, ...], ...] = ()
    unit: str = PIXELS  # of the boxes, one of ros.boxes.UNITS
    complete: bool = False  # of draw: that is all
    question: str = ''  # id, of answer, split and pictures
    ignore: bool = False  # of answer: never ask about it again
    without: tuple[str, ...] = ()  # of answer: members that show something else
    frames: int = 1  # frames that teach labels, from the newest on
    id: str = ''  # chosen by who asks, handed back with the result
    source: str = ''  # how it came, for the memory
    on_result: 'Callable[[Result], None] | None' = None  # besides publishing the Result


class Result(NamedTuple):
    """What became of a request."""

    level: str  # 'OK', 'WARN' (nothing was wrong, nothing was learned) or 'ERROR'
    label: str
    message: str  # one sentence
    values: dict[str, Any]


def parse(text: str) -> Command:
    """
    Read a request in JSON, as it comes on ~/command.

    :return: Command.
    :raises CommandError: when it is not one.
    """
    if len(text.encode('utf-8', 'replace')) > MAX_COMMAND_BYTES:
        raise CommandError(f'a command may have at most {MAX_COMMAND_BYTES} bytes')
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f'a command must be JSON: {error}') from error
    if not isinstance(fields, dict):
        raise CommandError('a command must be a JSON object')
    identifier = _name(fields, 'id')
    try:
        return _command(fields, identifier)
    except CommandError as error:
        raise CommandError(str(error), identifier) from error


def _name(fields: dict[str, Any], key: str) -> str:
    text = fields.get(key, '')
    if not isinstance(text, str) or _unprintable(text) or len(text.encode()) > MAX_ID_BYTES:
        raise CommandError(f"a command's \"{key}\" must be text of at most {MAX_ID_BYTES} bytes")
    return text


def _unprintable(text: str) -> bool:
    """Tell whether a text holds half a character, as JSON can: it cannot be sent on."""
    return any('\ud800' <= character <= '\udfff' for character in text)


def _command(fields: dict[str, Any], identifier: str) -> Command:
    operation = fields.get('do')
    if operation not in OPERATIONS:
        raise CommandError(f"a command's \"do\" must be one of {', '.join(OPERATIONS)}, not "
                           f'{repr(operation)[:80]}')
    sample = _whole(fields['sample'], _SAMPLE) if 'sample' in fields else 0
    change = _whole(fields['change'], _CHANGE) if 'change' in fields else 0
    record = _whole(fields['record'], _RECORD) if 'record' in fields else 0
    if (sample > 0) + (change > 0) + (record > 0) > 1:
        raise CommandError('a command takes back a "sample", a "change" or a "record", not both')
    if operation in ('take_back', 'put_back') and not change:
        raise CommandError(f'{operation} needs the id of a "change", as {{"do": "changes"}} '
                           'lists them')
    question, ignore = _name(fields, 'question'), _flag(fields, 'ignore')
    asks = operation in ('answer', 'split')
    if asks and not question or operation == 'relabel' and not sample:
        raise CommandError(f'{operation} needs the id of a ' + ('question' if asks else 'sample'))
    wanted = {'teach': ('label',), 'forget': ('label',), 'rename': ('label', 'to'),
              'merge': ('label', 'to'), 'relabel': ('label',),
              'answer': () if ignore else ('label',), 'pictures': () if question else ('label',)}
    # What is taught, or a new name, follows the rule; what is known may be older than the rule.
    new = {'teach': ('label',), 'rename': ('to',), 'relabel': ('label',), 'answer': ('label',)}
    texts = {name: _label(fields, name, normalise if name in new.get(operation, ()) else written)
             for name in wanted.get(operation, ())}
    version = _version(fields['version']) if 'version' in fields else None
    return Command(operation, texts.get('label', ''), texts.get('to', ''), sample, record,
                   change, version, _name(fields, 'press'), _stamp(fields.get('stamp')),
                   _boxes(fields, operation), _unit(fields), _flag(fields, 'complete'), question,
                   ignore, _without(fields), id=identifier, source='command')


def _boxes(fields: dict[str, Any], operation: str) -> tuple[tuple[float, ...], ...]:
    """Return the boxes of a request."""
    try:
        if operation == 'teach' and 'box' in fields:
            return (box_in(fields['box']),)
        if operation not in ('name', 'draw'):
            return ()
        boxes = fields.get('boxes')
        if not isinstance(boxes, list):
            raise CommandError('this command needs "boxes", a list of x, y, width, height each')
        return tuple(map(box_in, boxes))
    except BoxError as error:
        raise CommandError(str(error)) from error


def _flag(fields: dict[str, Any], key: str) -> bool:
    value = fields.get(key, False)
    if not isinstance(value, bool):
        raise CommandError(f"a command's \"{key}\" must be true or false, not "
                           f'{repr(value)[:80]}')
    return value


def _without(fields: dict[str, Any]) -> tuple[str, ...]:
    """Return the members of a question that are struck out."""
    names = fields.get('without', [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CommandError('a command\'s "without" must be a list of ids')
    return tuple(names)


def _unit(fields: dict[str, Any]) -> str:
    unit = fields.get('unit', PIXELS)
    if unit not in UNITS:
        raise CommandError(f"a command's \"unit\" must be one of {', '.join(UNITS)}, not "
                           f'{repr(unit)[:80]}')
    return unit


def sample_id(value: object) -> int:
    """
    Return the id of a sample, given as a whole number or its digits.

    :raises CommandError: when it is none.
    """
    return _whole(value, _SAMPLE)


def _whole(value: object, wanted: str) -> int:
    text = value.strip() if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 0 < len(text) < 19 or not int(text):
        raise CommandError(f'{wanted}, not by {repr(value)[:80]}')
    return int(text)


def _version(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise CommandError(f'a "version" is a whole number from 0, not {repr(value)[:80]}')
    return value


def _label(fields: dict[str, Any], name: str, rule: Callable[[str], str]) -> str:
    text = fields.get(name)
    if not isinstance(text, str):
        raise CommandError(f'this command needs a "{name}", a text')
    try:
        return rule(text)
    except LabelError as error:
        raise CommandError(str(error)) from error


def _stamp(fields: Any) -> tuple[int, int] | None:
    if fields is None:
        return None
    try:
        stamp = fields['sec'], fields['nanosec']
    except (TypeError, KeyError) as error:
        raise CommandError('a "stamp" must hold "sec" and "nanosec"') from error
    if any(type(value) is not int for value in stamp):
        raise CommandError('a "stamp" must hold whole numbers')
    if not all(0 <= value < 2**31 for value in stamp):
        raise CommandError('a "stamp" must hold numbers from 0 to 2147483647')
    return stamp


class CommandQueue:
    """First in, first out, between the executor and the worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Command] = deque()

    def put(self, command: Command) -> bool:
        """Leave a request; return False when too many wait already."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(command)
            return True

    def get(self, teaching: bool = True) -> Command | None:
        """Return the oldest request or None; without teaching, None as well where it teaches."""
        with self._lock:
            if not self._waiting or not teaching and self._waiting[0].operation in TEACHING:
                return None
            return self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)
