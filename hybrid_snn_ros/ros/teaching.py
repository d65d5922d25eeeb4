# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A request to teach: which label, how many frames, and until when the camera may keep silent."""

import threading
from typing import NamedTuple


class Request(NamedTuple):
    """One accepted ~/teach."""

    label: str
    frames: int  # frames it wants, the newest one included


class TeachDesk:
    """
    Hands the newest request from the executor to the worker.

    A new request ends the one before: the operator has moved on to another label, and the frames
    to come do not show the old one any more.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._incoming = []
        self.request = None  # the one the worker is busy with
        self.taught = 0

    def ask(self, request):
        """Leave a request; called by the executor."""
        with self._lock:
            self._incoming.append(request)

    def next(self):
        """
        Move on to the oldest request that was not looked at; called by the worker.

        :return: (previous request that is cut short or None, taught of it), or None if there is
            nothing new.
        """
        with self._lock:
            if not self._incoming:
                return None
            previous, taught = self.request, self.taught
            self.request, self.taught = self._incoming.pop(0), 0
            return previous, taught

    def count(self):
        """Count one taught frame; ends the request when it was the last. Called by the worker."""
        self.taught += 1
        if self.taught >= self.request.frames:
            self.request = None

    def drop(self):
        """Give the current request up and return (request, taught); called by the worker."""
        request, self.request = self.request, None
        return request, self.taught
