# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The newest frame wins: one slot between the executor and the worker thread.

The subscription only stores; the worker takes the newest frame when it is ready.  So the executor
stays responsive and the age of an answered frame is bounded, however slow the encoder is.
"""

import threading
import time


class FrameSlot:
    """Holds at most one frame, and a wish of the executor for the worker's attention."""

    def __init__(self):
        self._condition = threading.Condition()
        self._frame = None
        self._nudged = False
        self.received = 0
        self.last_time = time.monotonic()  # of the newest frame; before the first: of now
        self.dropped = 0  # replaced by a newer frame before the worker was ready

    def put(self, frame):
        """Store a frame in place of the one before."""
        with self._condition:
            self.received += 1
            self.last_time = time.monotonic()
            self.dropped += self._frame is not None
            self._frame = frame
            self._condition.notify()

    def nudge(self):
        """Wake the worker without a frame."""
        with self._condition:
            self._nudged = True
            self._condition.notify()

    def take(self, timeout):
        """
        Wait for a frame or a nudge.

        :param timeout: seconds.
        :return: the newest frame, or None.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._frame is not None or self._nudged, timeout)
            frame, self._frame, self._nudged = self._frame, None, False
            return frame
