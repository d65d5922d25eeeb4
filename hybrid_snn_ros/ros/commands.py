# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What people and programs ask of the classifier, and the queue it waits in for the worker."""

from collections import deque
import json
import threading
from typing import Any, NamedTuple

from hybrid_snn_ros.memory.labels import LabelError, normalise

OPERATIONS = ('teach', 'undo', 'forget', 'rename', 'rollback', 'save')
MAX_ID_BYTES = 64
MAX_COMMAND_BYTES = 4096
# More requests than this wait for nobody: a flood is refused, classification goes on.
MAX_WAITING = 256


class CommandError(ValueError):
    """A request that cannot be understood; the message says why."""


class Command(NamedTuple):
    """One request."""

    operation: str  # one of OPERATIONS
    label: str = ''  # of teach, forget, rename (the old one)
    target: str = ''  # new label of a rename
    sample: int = 0  # id, of undo; 0 for the newest
    stamp: Any = None  # (sec, nanosec) of the frame meant by teach; None for the newest
    frames: int = 1  # frames that teach labels, from the newest on
    id: str = ''  # chosen by who asks, handed back with the result
    source: str = ''  # how it came, for the journal
    on_result: Any = None  # function of the Result, besides publishing it


class Result(NamedTuple):
    """What became of a request."""

    level: str  # 'OK', 'WARN' (nothing was wrong, nothing was learned) or 'ERROR'
    label: str
    message: str  # one sentence
    values: dict


def parse(text):
    """
    Read a request in JSON, as it comes on ~/command.

    :return: Command.
    :raises CommandError: when it is not one.
    """
    if len(text.encode('utf-8', 'replace')) > MAX_COMMAND_BYTES:
        raise CommandError(f'a command may be {MAX_COMMAND_BYTES} bytes long')
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f'a command must be JSON: {error}') from error
    if not isinstance(fields, dict):
        raise CommandError('a command must be a JSON object')
    operation, identifier = fields.get('do'), fields.get('id', '')
    if operation not in OPERATIONS:
        raise CommandError(f"a command's \"do\" must be one of {', '.join(OPERATIONS)}, not "
                           f'{operation!r}')
    if not isinstance(identifier, str) or (
            len(identifier.encode('utf-8', 'replace')) > MAX_ID_BYTES):
        raise CommandError(f"a command's \"id\" must be text of at most {MAX_ID_BYTES} bytes")
    sample = fields.get('sample', 0)
    if type(sample) is not int or sample < 0:
        raise CommandError(f"a command's \"sample\" must be the id of a sample, not {sample!r}")
    wanted = {'teach': ('label',), 'forget': ('label',), 'rename': ('label', 'to')}
    texts = {name: _label(fields, name) for name in wanted.get(operation, ())}
    return Command(operation, texts.get('label', ''), texts.get('to', ''), sample,
                   _stamp(fields.get('stamp')), id=identifier, source='command')


def _label(fields, name):
    text = fields.get(name)
    if not isinstance(text, str):
        raise CommandError(f'this command needs a "{name}", a text')
    try:
        return normalise(text)
    except LabelError as error:
        raise CommandError(str(error)) from error


def _stamp(fields):
    if fields is None:
        return None
    try:
        stamp = fields['sec'], fields['nanosec']
    except (TypeError, KeyError) as error:
        raise CommandError('a "stamp" must hold "sec" and "nanosec"') from error
    if any(type(value) is not int for value in stamp):
        raise CommandError('a "stamp" must hold whole numbers')
    return stamp


class CommandQueue:
    """First in, first out, between the executor and the worker."""

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting = deque()

    def put(self, command):
        """Leave a request; return False when too many wait already."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(command)
            return True

    def get(self):
        """Return the oldest request, or None."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def __len__(self):
        return len(self._waiting)
