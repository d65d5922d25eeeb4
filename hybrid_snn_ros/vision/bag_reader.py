# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One file of a bag, opened by the rosbags library: mcap, sqlite3 or ROS 1, packed or cut off."""

from collections.abc import Callable
import contextlib
from pathlib import Path
import shlex
import tempfile
from typing import Any, cast, TYPE_CHECKING

from hybrid_snn_ros.vision.bag_error import BagError, no_permission, reason_of
from hybrid_snn_ros.vision.bag_files import kind_of, PACKED
from hybrid_snn_ros.vision.cut_mcap import CutMcap, is_cut

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader
    from rosbags.interfaces import Connection

_ZSTD = b'\x28\xb5\x2f\xfd'  # no message begins like this that is not packed
_REPAIR = {
    'mcap': '`mcap recover {0} -o mended.mcap` saves what is whole',
    'db3': '`sqlite3 {0} "PRAGMA writable_schema=ON" .dump | sed "s/^ROLLBACK.*/COMMIT;/" | '
           'sqlite3 mended.db3` saves what is whole',
    'bag': '`rosbag reindex {0}` repairs it where ROS 1 is installed'}
_BLOCK = 2 ** 20
# Of vision_msgs, which rosbags does not know; early sqlite3 bags hold no definitions.
_DEFINITIONS = {
    'vision_msgs/msg/Classification': 'std_msgs/Header header\nObjectHypothesis[] results',
    'vision_msgs/msg/ObjectHypothesis': 'string class_id\nfloat64 score',
    'vision_msgs/msg/ObjectHypothesisWithPose':
        'ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose',
    'vision_msgs/msg/Point2D': 'float64 x\nfloat64 y',
    'vision_msgs/msg/Pose2D': 'Point2D position\nfloat64 theta',
    'vision_msgs/msg/BoundingBox2D': 'Pose2D center\nfloat64 size_x\nfloat64 size_y',
    'vision_msgs/msg/Detection2D': 'std_msgs/Header header\nObjectHypothesisWithPose[] results\n'
                                   'BoundingBox2D bbox\nstring id',
    'vision_msgs/msg/Detection2DArray': 'std_msgs/Header header\nDetection2D[] detections'}


class Reader:
    """What of an AnyReader is needed here, for messages that are packed one by one, too."""

    def __init__(self, reader: 'AnyReader', repair: str) -> None:
        """Take an AnyReader that is open, and what repairs its file."""
        self._reader, self.repair = reader, repair
        self.connections = reader.connections
        self.messages = reader.messages

    def message(self, connection: 'Connection', raw: bytes) -> Any:
        """Return a raw message with its fields; the libraries raise whatever they like."""
        if bytes(raw[:4]) == _ZSTD:
            raw = _zstd().decompress(raw)
        return self._reader.deserialize(raw, connection.msgtype)


def open_file(path: Path, stack: contextlib.ExitStack, remark: Callable[[str], object]) -> Reader:
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
            return Reader(_open(path, named, kind, stack, remark), _repair(kind, named))
        size = path.stat().st_size
    except PermissionError as error:
        raise no_permission(path) from error
    except OSError as error:
        raise BagError(f'{path} cannot be read: {error.strerror or error}') from error
    if kind in PACKED:
        raise BagError(f'{named} is packed with {kind}; unpack it first')
    raise BagError(f'{named} is empty: it holds 0 bytes' if not size else
                   f'{named} is no recording: it does not begin like an mcap, sqlite3 or ROS 1 '
                   'bag file')


def _open(path: Path, named: Path, kind: str, stack: contextlib.ExitStack,
          remark: Callable[[str], object]) -> 'AnyReader':
    """Return an AnyReader; what rosbags cannot open otherwise is tried without the lost end."""
    try:
        if kind == 'mcap' and is_cut(path):
            return _open_cut(path, named, 'was cut off', stack, remark)
        if kind == 'db3':
            _tell_of_journal(named, remark)
        return _enter(_with_suffix(path, kind, stack), stack)
    except (BagError, OSError):
        raise
    except Exception as error:  # the library raises its own and others' for a broken file
        reason = reason_of(error)
    if 'Profile' in reason or 'missing tables' in reason:
        raise BagError(f'{named} is no recording of ROS 2, it comes from another program')
    if kind == 'mcap':
        return _open_cut(path, named, f'has a damaged index ({reason})', stack, remark)
    raise BagError(f'{named} is damaged or was cut off ({reason}); {_repair(kind, named)}')


def _tell_of_journal(path: Path, remark: Callable[[str], object]) -> None:
    """SQLite's recorder, when it is killed, leaves a file beside the one that is read here."""
    journal = path.with_name(f'{path.name}-wal')
    if journal.is_file() and journal.stat().st_size:
        remark(f'{journal} holds what was recorded last and is not read; '
               f'`sqlite3 {shlex.quote(str(path))} "PRAGMA wal_checkpoint"` brings it in')


def _repair(kind: str, path: Path) -> str:
    """Say what repairs a file, after `zstd -d` where it is packed."""
    packed = path.suffix.lower() in ('.zstd', '.zst')
    file = shlex.quote(str(path.with_suffix('') if packed else path))
    return 'unpacked, ' * packed + _REPAIR[kind].format(file)


def _open_cut(path: Path, named: Path, what: str, stack: contextlib.ExitStack,
              remark: Callable[[str], object]) -> 'AnyReader':
    try:
        try:
            reader = _enter(CutMcap(path), stack)
        except OSError:
            raise
        except Exception:
            reader = _enter(CutMcap(path, packed_end=False), stack)
    except Exception as error:  # as above
        raise BagError(f'{named} {what}, and cannot be read ({reason_of(error)}); '
                       f'{_repair("mcap", named)}') from error
    count = reader.message_count
    if not count:
        raise BagError(f'{named} {what}, and no message in it is whole; '
                       f'{_repair("mcap", named)}')
    messages = f'{count} message{"s" * (count > 1)}'
    remark(f'{named} {what}: {messages} of it can be read, its end is missing' if is_cut(path)
           else f'{named} {what}: {messages} can be read without it')
    return reader


def _enter(path: Path | CutMcap, stack: contextlib.ExitStack) -> 'AnyReader':
    from rosbags.highlevel import AnyReader
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    store = get_typestore(Stores.LATEST)
    for name, definition in _DEFINITIONS.items():
        store.register(get_types_from_msg(definition, name))
    return stack.enter_context(AnyReader([cast(Path, path)], default_typestore=store))


def _with_suffix(path: Path, kind: str, stack: contextlib.ExitStack) -> Path:
    """Return a path by which rosbags knows the kind of a file, whatever its name is."""
    # A name with ?, # or % would mean something in the address by which SQLite is asked.
    if path.suffix == f'.{kind}' and not set('?#%') & set(str(path)):
        return path
    link = _directory(stack) / f'recording.{kind}'
    link.symlink_to(path.absolute())
    return link


def _directory(stack: contextlib.ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='hybrid_snn_bag_')))


def _unpacked(path: Path, stack: contextlib.ExitStack) -> Path:
    """Unpack a file beside nothing of the user's; what is left of a cut-off one is taken."""
    zstd, target = _zstd(), _directory(stack) / path.stem
    with open(target, 'wb') as out:
        with contextlib.suppress(EOFError, zstd.ZstdError), zstd.open(path, 'rb') as file:
            while block := file.read(_BLOCK):
                out.write(block)
        size = out.tell()
    if not size:
        raise BagError(f'{path} cannot be unpacked; `zstd -t {shlex.quote(str(path))}` '
                       'tests it')
    return target


def _zstd() -> Any:
    """Return zstd as rosbags has it: Python's own, or where that has none yet its backport."""
    try:
        from rosbags.rosbag2.reader import zstd
    except ImportError as error:
        raise BagError('this recording is packed with zstd, which needs the rosbags library of '
                       'version 0.11.9 or later; or `zstd -d FILE` unpacks it') from error
    return zstd
