# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What /diagnostics says of the node, once a second: strings are made here, not per frame.

That the camera went silent, or came back, is said at once.
"""

import time
from typing import Any, NamedTuple

from diagnostic_msgs.msg import DiagnosticArray

from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.stage_times import StageTimes

PERIOD = 1.0  # seconds
LOOK = 0.1  # seconds between two looks whether there is something to say at once
STUCK = 10.0  # seconds a frame may wait while none is worked through
_REGULAR = PERIOD - LOOK / 2  # looks come a little early or late
_HELD_UP = 5 * LOOK  # the executor was busy; what came meanwhile is behind this look


class Complaints(NamedTuple):
    """Sentences of what is not as it should be, each empty where it is."""

    camera_apart: str  # cameras that QoS keeps from this node
    absent: str  # why no frame comes
    teaching: str  # why teaching is refused
    peers_apart: str  # other peers that QoS keeps from this node
    types: str  # peers that use a topic or service as another type
    losses: str  # frames that got lost on the way
    gpu: str  # why a GPU was given up


class Diagnostics:
    """Turns the node's counters into a DiagnosticArray."""

    def __init__(self, node_name: str) -> None:
        self._name = f'{node_name}: camera to label'
        self._before = {'answered': 0, 'refused': 0, 'failed': 0}
        self._silent = False
        self._since = self._looked = self._moved = time.monotonic()
        self._done = 0

    def due(self, silent: float | None) -> bool:
        """Tell whether a message is to be published now: each second, and at a change."""
        before, self._looked = self._looked, time.monotonic()
        if silent is not None and self._looked - before > _HELD_UP:
            return False  # not the camera was silent; frames wait for the executor
        return self._elapsed() >= _REGULAR or (silent is not None) != self._silent

    def _elapsed(self) -> float:
        """Return the seconds since the last regular message."""
        return time.monotonic() - self._since

    def message(self, stamp: Any, counters: dict[str, Any], times: StageTimes,
                facts: dict[str, Any], complaints: Complaints) -> DiagnosticArray:
        """
        Build the message.

        :param stamp: builtin_interfaces/Time.
        :param counters: dict with received, answered, dropped, refused, failed, waiting, lost,
            last_refusal, last_failure.
        :param times: StageTimes.
        :param facts: dict of what else is worth knowing (labels, encoder, ...).
        :param complaints: Complaints.
        """
        elapsed = self._elapsed()
        # A message in between has little time behind it: what came counts as one second's.
        new = {name: counters[name] - before for name, before in self._before.items()}
        rate = new['answered'] / max(elapsed, _REGULAR)
        unreadable, failing = (rate == 0 and new[name] > 0 for name in ('refused', 'failed'))
        stuck = self._waited(counters)
        self._silent = bool(complaints.absent)
        if elapsed >= _REGULAR:  # one in between leaves the rate a second to be counted over
            self._since += elapsed
            self._before = {name: counters[name] for name in self._before}
        values = {'rate_hz': f'{rate:.1f}', **counters, **facts}
        values.update((f'{stage}_ms', figures) for stage, figures in times.summary().items())
        if complaints.camera_apart and rate == 0 and not unreadable:  # no other camera is heard
            level = 'ERROR'
            text = f'incompatible QoS: {complaints.camera_apart} (parameter reliability)'
        elif complaints.absent:
            level, text = 'STALE', complaints.absent
        elif unreadable:
            level, text = 'ERROR', f"no frame could be read: {counters['last_refusal']}"
        elif failing:
            level, text = 'ERROR', f"no frame could be answered: {counters['last_failure']}"
        elif stuck > STUCK:
            level, text = 'ERROR', f'frames come, but none was answered for {stuck:.0f} s'
        elif complaints.teaching:
            level, text = 'ERROR', f'teaching is refused: {complaints.teaching}'
        elif complaints.peers_apart:
            level, text = 'WARN', f'incompatible QoS: {complaints.peers_apart}'
        elif complaints.types:
            level, text = 'WARN', f'wrong type: {complaints.types}'
        elif complaints.losses or complaints.gpu:
            level, text = 'WARN', complaints.losses or complaints.gpu
        else:
            level, text = 'OK', f'{rate:.1f} answers a second'
        array = DiagnosticArray(status=[messages.status(level, self._name, text, **values)])
        array.header.stamp = stamp
        return array

    def _waited(self, counters: dict[str, Any]) -> float:
        """Return for how many seconds frames have waited while none was worked through."""
        done = sum(counters[name] for name in self._before)
        if done != self._done or not counters['waiting']:
            self._done, self._moved = done, time.monotonic()
        return time.monotonic() - self._moved
