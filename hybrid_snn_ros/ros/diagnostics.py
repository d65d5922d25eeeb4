# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What /diagnostics says of the node, once a second: strings are made here, not per frame.

That the camera went silent, or came back, is said at once.
"""

import time

from diagnostic_msgs.msg import DiagnosticArray

from hybrid_snn_ros.ros import messages

PERIOD = 1.0  # seconds
LOOK = 0.1  # seconds between two looks whether there is something to say at once
STUCK = 10.0  # seconds a frame may wait while none is worked through
_REGULAR = PERIOD - LOOK / 2  # looks come a little early or late
_HELD_UP = 5 * LOOK  # the executor was busy; what came meanwhile is behind this look


class Diagnostics:
    """Turns the node's counters into a DiagnosticArray."""

    def __init__(self, node_name):
        self._name = f'{node_name}: camera to label'
        self._before = {'answered': 0, 'refused': 0, 'failed': 0}
        self._silent = False
        self._since = self._looked = self._moved = time.monotonic()
        self._done = 0

    def due(self, silent):
        """Tell whether a message is to be published now: each second, and at a change."""
        before, self._looked = self._looked, time.monotonic()
        if silent is not None and self._looked - before > _HELD_UP:
            return False  # not the camera was silent; frames wait for the executor
        return self._elapsed() >= _REGULAR or (silent is not None) != self._silent

    def _elapsed(self):
        """Return the seconds since the last regular message."""
        return time.monotonic() - self._since

    def message(self, stamp, counters, times, facts, trouble, silent, unconnected, lost=''):
        """
        Build the message.

        :param stamp: builtin_interfaces/Time.
        :param counters: dict with received, answered, dropped, refused, failed, waiting,
            last_refusal, last_failure.
        :param times: StageTimes.
        :param facts: dict of what else is worth knowing (labels, encoder, ...).
        :param trouble: sentence why teaching is refused, empty when it is not.
        :param silent: seconds since the last frame when that is too long, else None.
        :param unconnected: sentences of the cameras and of the other peers that QoS keeps from
            this node, each empty where there are none.
        :param lost: sentence why a GPU was disabled, empty when none was.
        """
        elapsed = self._elapsed()
        # A message in between has little time behind it: what came counts as one second's.
        new = {name: counters[name] - before for name, before in self._before.items()}
        rate = new['answered'] / max(elapsed, _REGULAR)
        unreadable, failing = (rate == 0 and new[name] > 0 for name in ('refused', 'failed'))
        stuck = self._waited(counters)
        self._silent = silent is not None
        if elapsed >= _REGULAR:  # one in between leaves the rate a second to be counted over
            self._since += elapsed
            self._before = {name: counters[name] for name in self._before}
        cameras, others = unconnected
        values = {'rate_hz': f'{rate:.1f}', **counters, **facts,
                  'incompatible_qos': '; '.join(filter(None, unconnected))}
        values.update((f'{stage}_ms', figures) for stage, figures in times.summary().items())
        if cameras and rate == 0 and not unreadable:  # no other camera is heard
            level, text = 'ERROR', f'incompatible QoS: {cameras} (parameter reliability)'
        elif silent is not None:
            level, text = 'STALE', f'no frame for {silent:.1f} s'
        elif unreadable:
            level, text = 'ERROR', f"no frame could be read: {counters['last_refusal']}"
        elif failing:
            level, text = 'ERROR', f"no frame could be answered: {counters['last_failure']}"
        elif stuck > STUCK:
            level, text = 'ERROR', f'frames come, but none was answered for {stuck:.0f} s'
        elif trouble:
            level, text = 'ERROR', f'teaching is refused: {trouble}'
        elif others:
            level, text = 'WARN', f'incompatible QoS: {others}'
        elif lost:
            level, text = 'WARN', lost
        else:
            level, text = 'OK', f'{rate:.1f} answers a second'
        array = DiagnosticArray(status=[messages.status(level, self._name, text, **values)])
        array.header.stamp = stamp
        return array

    def _waited(self, counters):
        """Return for how many seconds frames have waited while none was worked through."""
        done = sum(counters[name] for name in self._before)
        if done != self._done or not counters['waiting']:
            self._done, self._moved = done, time.monotonic()
        return time.monotonic() - self._moved
