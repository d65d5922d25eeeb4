# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Network namespaces on an Ethernet switch of our own, which loses, doubles, delays and cuts.

Each namespace has a TAP device whose other end is this process: no veth, bridge or netem is
needed, and every fate of a frame is drawn from one seed.  Root on Linux only.
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import ctypes
import fcntl
import heapq
import multiprocessing
import os
import random
import select
import struct
import subprocess
import threading
import time

_TUNSETIFF, _TAP, _NO_PI = 0x400454ca, 0x0002, 0x1000
_CLONE_NEWNET = 0x40000000
_DEVICE = 'tap0'
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(code):
    if code:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def missing():
    """Return why there can be no namespaces here, or ''."""
    if os.geteuid():
        return 'network namespaces need root'
    if not os.path.exists('/dev/net/tun'):
        return 'there is no /dev/net/tun'
    try:
        subprocess.run(['ip', '-V'], check=True, capture_output=True)
        subprocess.run(['unshare', '-n', 'true'], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f'network namespaces cannot be made: {error}'
    return ''


class Namespace:
    """A network of its own, entered by one thread; whatever that starts is in it, too."""

    def __init__(self, number):
        """Make it, with a device that has the address 10.99.0.number."""
        self._pool = ThreadPoolExecutor(1, f'namespace {number}')
        self.mac = bytes((2, 0, 0, 0, 0, number))
        self.tap = self.run(self._enter, number)
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context('spawn'))

    def _enter(self, number):
        _checked(_libc.unshare(_CLONE_NEWNET))
        tap = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack('16sH22x', _DEVICE.encode(), _TAP | _NO_PI))
        for words in (f'link set {_DEVICE} address {self.mac.hex(":")}',
                      f'addr add 10.99.0.{number}/24 dev {_DEVICE}', 'link set lo up',
                      f'link set {_DEVICE} up', f'route add 224.0.0.0/4 dev {_DEVICE}'):
            subprocess.run(['ip', *words.split()], check=True)
        return tap

    def run(self, function, *arguments, **keywords):
        """Call a function inside and return what it returns."""
        return self._pool.submit(function, *arguments, **keywords).result()

    def begin(self, function, *arguments):
        """Call a function in a process inside, always the same one; return a Future."""
        return self.run(self._process.submit, function, *arguments)

    def do(self, function, *arguments):
        """Call a function in that process and return what it returns."""
        return self.begin(function, *arguments).result()

    def close(self):
        """Leave; the namespace ends with the last process in it."""
        self._process.shutdown()
        self._pool.shutdown()
        os.close(self.tap)


class Switch(threading.Thread):
    """Passes frames between namespaces; what may go wrong is set from outside."""

    def __init__(self, namespaces, seed):
        """Begin as a good switch."""
        super().__init__(name='switch', daemon=True)
        self._namespaces = namespaces
        self._ports = {one.mac: number for number, one in enumerate(namespaces)}
        self._random = random.Random(seed)
        self._ended = threading.Event()
        self.cut = set()  # (from, to), by place in the list
        self.loss = self.double = self.late = 0.0  # probabilities
        self.counts = dict.fromkeys(('passed', 'cut', 'lost', 'doubled', 'late'), 0)

    def heal(self):
        """Be a good switch again."""
        self.cut = set()
        self.loss = self.double = self.late = 0.0

    def close(self):
        """End."""
        self._ended.set()
        self.join()

    def run(self):
        """Pass frames until closed."""
        taps = {one.tap: number for number, one in enumerate(self._namespaces)}
        poll = select.poll()
        for tap in taps:
            poll.register(tap, select.POLLIN)
        waiting = []  # (when, number, to, frame)
        number = 0
        while not self._ended.is_set():
            left = 100 if not waiting else max(0, (waiting[0][0] - time.monotonic()) * 1000)
            for tap, _ in poll.poll(min(left, 100)):
                source = taps[tap]
                try:
                    frame = os.read(tap, 65536)
                except BlockingIOError:
                    continue
                for target, delay in self._fate(source, frame):
                    number += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, number, target, frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, target, frame = heapq.heappop(waiting)
                try:
                    os.write(self._namespaces[target].tap, frame)
                except (BlockingIOError, OSError):  # its queue is full: lost
                    self.counts['lost'] += 1

    def _fate(self, source, frame):
        """Yield (port, delay in seconds) of each copy that arrives somewhere."""
        port = self._ports.get(frame[:6])
        for target in range(len(self._namespaces)) if port is None else (port,):
            if target == source:
                continue
            if (source, target) in self.cut:
                self.counts['cut'] += 1
            elif self._random.random() < self.loss:
                self.counts['lost'] += 1
            else:
                self.counts['passed'] += 1
                late = self._random.random() < self.late
                self.counts['late'] += late
                yield target, self._random.uniform(0.0, 0.3) if late else 0.0
                if self._random.random() < self.double:
                    self.counts['doubled'] += 1
                    yield target, self._random.uniform(0.0, 0.1)
