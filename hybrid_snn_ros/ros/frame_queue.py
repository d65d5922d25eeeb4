# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The newest frame wins: a queue of one between the executor and the worker thread.

The subscription only stores; the worker takes the newest frame when it is ready.  So the executor
stays responsive and the age of an answered frame is bounded, however slow the encoder is.  Where
no frame may be lost (a data set, a bag), the queue holds several and hands them out in order.
"""

from collections import deque
from collections.abc import Callable
import math
import threading
import time
from typing import Any, NamedTuple


class Frame(NamedTuple):
    """A camera message and when it came."""

    message: Any
    stamped: float  # by the ROS clock, seconds: to be compared with the header's stamp
    put: float  # perf_counter seconds


class LatestFrameQueue:
    """Holds the newest frames, one by default, and a wish for the worker's attention."""

    def __init__(self, length: int = 1, now: Callable[[], float] = time.time) -> None:
        """
        Make an empty queue.

        :param length: frames that may wait.
        :param now: function that tells the time in seconds by which the camera stamps.
        """
        self._condition = threading.Condition()
        self._frames: deque[Frame] = deque(maxlen=length)
        self._woken = False
        self._now = now
        # perf_counter seconds: when the last came, and how long after the one before
        self._put = self._apart = -math.inf
        self.received = 0
        self.last_time = time.monotonic()  # of the newest frame; before the first: of now
        self.dropped = 0  # replaced by a newer frame before the worker was ready

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, message: Any) -> None:
        """Store a frame; where there is no room, in place of the oldest."""
        frame = Frame(message, self._now(), time.perf_counter())
        with self._condition:
            self._put, self._apart = frame.put, frame.put - self._put
            self.received += 1
            self.last_time = time.monotonic()
            self.dropped += len(self._frames) == self._frames.maxlen
            self._frames.append(frame)
            self._condition.notify()

    def soon(self, seconds: float) -> bool:
        """
        Tell whether a frame is due by so many seconds more or less, as the last two came.

        Where they come so fast that there is little else, no frame is waited for.
        """
        return self._apart > 4 * seconds and (
            abs(self._put + self._apart - time.perf_counter()) < seconds)

    def wake(self) -> None:
        """Wake the worker without a frame."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def take(self, timeout: float) -> Frame | None:
        """
        Wait for a frame or a wake.

        :param timeout: seconds.
        :return: the oldest Frame it holds, or None.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._frames or self._woken, timeout)
            self._woken = False
            return self._frames.popleft() if self._frames else None
