# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A disk in memory that loses power, tears writes and refuses: a double of memory.disk.Disk.

What was written is seen at once, and is on the medium only after an fsync of the file; a name is
on the medium only after an fsync of its directory.  At a power cut every write that was not
synced is kept, lost or torn at 512-byte sectors, and every name kept or lost, each
independently of the others.
After a failed fsync the writes it covered never reach the medium, though they can still be read
back, and the next fsync succeeds: that is what Linux does.
"""

import errno
import itertools
from pathlib import PurePosixPath

from hybrid_snn_ros.memory.disk import Disk

SECTOR = 512
_marks = itertools.count()


class PowerCut(BaseException):
    """The moment the power fails; no handler of errors may stop it."""


class _File:
    def __init__(self, content=b''):
        self.durable = bytearray(content)
        self.seen = bytearray(content)
        self.pending = []  # ('write', offset, bytes) or ('truncate', length, None), not synced
        self.locked = False
        self.mark = next(_marks)


class _Directory:
    def __init__(self):
        self.durable = {}
        self.seen = {}
        self.pending = []  # (name, node or None), not synced


class _Handle:
    def __init__(self, node):
        self.node = node
        self.locked = False


def _write(content, offset, data):
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


def _truncate(content, length):
    del content[length:]
    content.extend(bytes(length - len(content)))


class FaultyDisk(Disk):
    """
    Starts as an empty root directory.

    :param rng: random.Random that decides every fault.
    """

    def __init__(self, rng):
        self.rng = rng
        self.root = _Directory()
        self.calls = 0  # that change something, so far
        self.cut_at = None  # number of the call during which the power fails
        self.fault_rate = 0.0  # share of those calls that are refused
        self.full = False
        self.refused = 0

    # -- faults --------------------------------------------------------------------------------

    def _call(self, code=errno.EIO):
        self.calls += 1
        if self.calls == self.cut_at:
            return True
        if self.rng.random() < self.fault_rate:
            self.refused += 1
            raise OSError(code, 'made-up fault')
        return False

    def power_cut(self):
        """Forget what was not synced, as chance will have it; handles and locks are gone."""
        self.cut_at = None
        self._settle(self.root)

    def process_killed(self):
        """Release locks; everything written can still be seen."""
        self._unlock(self.root)

    def _unlock(self, node):
        for child in node.seen.values():
            if isinstance(child, _Directory):
                self._unlock(child)
            else:
                child.locked = False

    def _settle(self, directory):
        for name, node in directory.pending:
            if self.rng.random() < 0.5:
                self._enter(directory.durable, name, node)
        directory.pending = []
        directory.seen = dict(directory.durable)
        for node in directory.durable.values():
            if isinstance(node, _Directory):
                self._settle(node)
            else:
                self._settle_file(node)

    def _settle_file(self, node):
        for kind, at, data in node.pending:
            fate = self.rng.choice(('kept', 'lost', 'torn'))
            if kind == 'truncate':
                if fate == 'kept':
                    _truncate(node.durable, at)
            elif fate == 'kept':
                _write(node.durable, at, data)
            elif fate == 'torn':
                self._tear(node.durable, at, data)
        node.pending, node.locked = [], False
        node.seen = bytearray(node.durable)
        node.mark = next(_marks)

    def _tear(self, content, offset, data):
        end = offset + len(data)
        for start in range(offset - offset % SECTOR, end, SECTOR):
            if self.rng.random() < 0.5:
                first, last = max(start, offset), min(start + SECTOR, end)
                _write(content, first, data[first - offset:last - offset])
        if self.rng.random() < 0.3 and len(content) < end:  # grown, but never written
            _write(content, len(content), self.rng.randbytes(end - len(content)))

    @staticmethod
    def _enter(names, name, node):
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node

    # -- the calls of Disk ---------------------------------------------------------------------

    def _find(self, path):
        node = self.root
        for part in PurePosixPath(path).parts[1:]:
            if not isinstance(node, _Directory) or part not in node.seen:
                raise FileNotFoundError(errno.ENOENT, 'No such file or directory')
            node = node.seen[part]
        return node

    def _name(self, path, node):
        path = PurePosixPath(path)
        directory = self._find(path.parent)
        self._enter(directory.seen, path.name, node)
        directory.pending.append((path.name, node))

    def read(self, path):
        return bytes(self._find(path).seen)

    def mark(self, file):
        return (file.node if isinstance(file, _Handle) else self._find(file)).mark

    def read_parts(self, path, length, offset):
        content = self.read(path)
        return content[:length], content[offset:]

    def open(self, path):
        return _Handle(self._find(path))

    def create(self, path):
        cut = self._call(errno.ENOSPC)
        node = _File()
        self._name(path, node)
        if cut:
            raise PowerCut
        return _Handle(node)

    def read_all(self, handle):
        return bytes(handle.node.seen)

    def read_at(self, handle, length, offset):
        return bytes(handle.node.seen[offset:offset + length])

    def write(self, handle, data, offset):
        if not data:
            return
        try:
            cut = self._call(errno.ENOSPC)
            if self.full:
                raise OSError(errno.ENOSPC, 'No space left on device')
        except OSError:
            data = data[:self.rng.randrange(len(data))]
            self._put(handle.node, data, offset)
            raise
        if cut:
            data = data[:self.rng.randrange(len(data) + 1)]
        self._put(handle.node, data, offset)
        if cut:
            raise PowerCut

    @staticmethod
    def _put(node, data, offset):
        _write(node.seen, offset, data)
        node.mark = next(_marks)
        node.pending.append(('write', offset, bytes(data)))

    def truncate(self, handle, length):
        if self._call() and self.rng.random() < 0.5:
            raise PowerCut
        _truncate(handle.node.seen, length)
        handle.node.mark = next(_marks)
        handle.node.pending.append(('truncate', length, None))
        if self.calls == self.cut_at:
            raise PowerCut

    def fsync(self, handle):
        node = handle.node
        try:
            if self._call() and self.rng.random() < 0.5:
                raise PowerCut
        except OSError:
            node.pending = []  # never written, and no one will be told again
            raise
        for kind, at, data in node.pending:
            if kind == 'write':
                _write(node.durable, at, data)
            else:
                _truncate(node.durable, at)
        node.pending = []
        if self.calls == self.cut_at:
            raise PowerCut

    def close(self, handle):
        if handle.locked:
            handle.node.locked = False

    def rename(self, old, new):
        cut = self._call()
        node = self._find(old)
        self._name(new, node)
        self._name(old, None)
        if cut:
            raise PowerCut

    def remove(self, path):
        cut = self._call()
        self._find(path)
        self._name(path, None)
        if cut:
            raise PowerCut

    def names(self, directory):
        return list(self._find(directory).seen)

    def has_directory(self, path):
        try:
            return isinstance(self._find(path), _Directory)
        except FileNotFoundError:
            return False

    def make_directory(self, path):
        cut = self._call(errno.ENOSPC)
        self._name(path, _Directory())
        if cut:
            raise PowerCut

    def fsync_directory(self, directory):
        node = self._find(directory)
        if self._call() and self.rng.random() < 0.5:
            raise PowerCut
        node.durable = dict(node.seen)
        node.pending = []
        if self.calls == self.cut_at:
            raise PowerCut

    def is_at(self, handle, path):
        try:
            return self._find(path) is handle.node
        except FileNotFoundError:
            return False

    def lock(self, path):
        try:
            node = self._find(path)
        except FileNotFoundError:
            node = self.create(path).node
        if node.locked:
            raise BlockingIOError(errno.EAGAIN, 'locked')
        node.locked = True
        handle = _Handle(node)
        handle.locked = True
        return handle
