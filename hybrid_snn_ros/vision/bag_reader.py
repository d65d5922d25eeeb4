# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One file of a bag, opened by the rosbags library: mcap, sqlite3 or ROS 1, packed or cut off."""

import contextlib
from pathlib import Path
import tempfile

from hybrid_snn_ros.vision.bag_error import BagError, reason_of
from hybrid_snn_ros.vision.bag_files import kind_of, PACKED
from hybrid_snn_ros.vision.cut_mcap import CutMcap, is_cut

_ZSTD = b'\x28\xb5\x2f\xfd'  # no message begins like this that is not packed
_REPAIR = {
    'mcap': '`mcap recover {0} -o mended.mcap` saves what is whole',
    'db3': '`sqlite3 {0} .recover | sqlite3 mended.db3` saves what is whole',
    'bag': '`rosbag reindex {0}` repairs it where ROS 1 is installed'}
_BLOCK = 2 ** 20


class Reader:
    """What of an AnyReader is needed here, for messages that are packed one by one, too."""

    def __init__(self, reader):
        """Take an AnyReader that is open."""
        self._reader = reader
        self.connections = reader.connections
        self.messages = reader.messages

    def message(self, connection, raw):
        """Return a raw message with its fields; the libraries raise whatever they like."""
        if bytes(raw[:4]) == _ZSTD:
            raw = _zstd().decompress(raw)
        return self._reader.deserialize(raw, connection.msgtype)


def open_file(path, stack, remark):
    """
    Open a file.

    :param stack: contextlib.ExitStack that closes it, and removes what was unpacked.
    :param remark: called with a sentence where not all of it can be read.
    :return: Reader.
    :raises BagError: when it cannot be read.
    """
    try:
        kind, named = kind_of(path), path
        if kind == 'zstd':
            path = _unpacked(path, stack)
            kind = kind_of(path)
        if kind in ('mcap', 'db3', 'bag'):
            return Reader(_open(path, named, kind, stack, remark))
        size = path.stat().st_size
    except PermissionError as error:
        raise BagError(f'{path} cannot be read: you have no permission (`ls -l {path}` shows who '
                       'has)') from error
    except OSError as error:
        raise BagError(f'{path} cannot be read: {error.strerror or error}') from error
    if kind in PACKED:
        raise BagError(f'{named} is packed with {kind}; unpack it first')
    raise BagError(f'{named} is empty: it holds 0 bytes' if not size else
                   f'{named} is no recording: it does not begin like an mcap, sqlite3 or ROS 1 '
                   'bag file')


def _open(path, named, kind, stack, remark):
    """Return an AnyReader; what rosbags cannot open otherwise is tried without the lost end."""
    try:
        if kind == 'mcap' and is_cut(path):
            return _open_cut(path, named, 'was cut off', stack, remark)
        return _enter(_with_suffix(path, kind, stack), stack)
    except (BagError, OSError):
        raise
    except Exception as error:  # the library raises its own and others' for a broken file
        if kind == 'mcap':
            return _open_cut(path, named, f'has a damaged index ({reason_of(error)})', stack,
                             remark)
        raise BagError(f'{named} {_trouble(path, kind, reason_of(error))}') from error


def _trouble(path, kind, reason):
    """Say what is wrong with a file of another kind than mcap."""
    if kind == 'db3' and 'missing tables' in reason:
        return 'is a database of SQLite, but no recording of ROS 2'
    return f'is damaged or was cut off ({reason}); {_REPAIR[kind].format(path)}'


def _open_cut(path, named, what, stack, remark):
    try:
        reader = _enter(CutMcap(path), stack)
    except Exception as error:  # as above
        raise BagError(f'{named} {what}, and cannot be read ({reason_of(error)}); '
                       + _REPAIR['mcap'].format(named)) from error
    count = reader.message_count
    if not count:
        raise BagError(f'{named} {what}, and no message in it is whole; '
                       + _REPAIR['mcap'].format(named))
    remark(f'{named} {what}: {count} messages of it can be read, its end is missing' if is_cut(
        path) else f'{named} {what}: {count} messages are found without it')
    return reader


def _enter(path, stack):
    from rosbags.highlevel import AnyReader
    from rosbags.typesys import get_typestore, Stores
    return stack.enter_context(AnyReader(
        [path], default_typestore=get_typestore(Stores.LATEST)))


def _with_suffix(path, kind, stack):
    """Return a path by which rosbags knows the kind of a file, whatever its name is."""
    # A name with ?, # or % would mean something in the address by which SQLite is asked.
    if path.suffix == f'.{kind}' and not set('?#%') & set(str(path)):
        return path
    link = _directory(stack) / f'recording.{kind}'
    link.symlink_to(path.absolute())
    return link


def _directory(stack):
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='hybrid_snn_bag_')))


def _unpacked(path, stack):
    """Unpack a file beside nothing of the user's; what is left of a cut-off one is taken."""
    zstd, target = _zstd(), _directory(stack) / path.stem
    with open(target, 'wb') as out:
        with contextlib.suppress(EOFError, zstd.ZstdError), zstd.open(path, 'rb') as file:
            while block := file.read(_BLOCK):
                out.write(block)
        size = out.tell()
    if not size:
        raise BagError(f'{path} cannot be unpacked; `zstd -t {path}` tests it')
    return target


def _zstd():
    """Return Python's zstd, which rosbags brings along where Python has none yet."""
    try:
        from compression import zstd
    except ImportError:
        try:
            from backports import zstd
        except ImportError as error:
            raise BagError('this recording is packed with zstd, which needs the rosbags library '
                           'of version 0.11.9 or later; or `zstd -d FILE` unpacks it') from error
    return zstd
