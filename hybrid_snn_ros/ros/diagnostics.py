# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What /diagnostics says of the node, once a second: strings are made here, not per frame."""

from diagnostic_msgs.msg import DiagnosticArray

from hybrid_snn_ros.ros import messages


class Diagnostics:
    """Turns the node's counters into a DiagnosticArray."""

    def __init__(self, node_name, period):
        self._name = f'{node_name}: camera to label'
        self._period = period
        self._answered = self._refused = 0

    def message(self, stamp, counters, times, facts, trouble, silent, unconnected):
        """
        Build the message.

        :param stamp: builtin_interfaces/Time.
        :param counters: dict with received, answered, dropped, refused, last_refusal.
        :param times: StageTimes.
        :param facts: dict of what else is worth knowing (labels, encoder, ...).
        :param trouble: sentence why teaching is refused, empty when it is not.
        :param silent: seconds since the last frame when that is too long, else None.
        :param unconnected: sentences of the cameras and of the other peers that QoS keeps from
            this node, each empty where there are none.
        """
        rate = (counters['answered'] - self._answered) / self._period
        unreadable = rate == 0 and counters['refused'] > self._refused
        self._answered, self._refused = counters['answered'], counters['refused']
        cameras, others = unconnected
        values = {'rate_hz': f'{rate:.1f}', **counters, **facts,
                  'incompatible_qos': '; '.join(filter(None, unconnected))}
        for stage, figures in times.summary().items():
            values[f'{stage}_ms'] = 'p50 {:.2f} p95 {:.2f} max {:.2f}'.format(*figures)
        if cameras and rate == 0 and not unreadable:  # no other camera is heard
            level, text = 'ERROR', f'incompatible QoS: {cameras} (parameter reliability)'
        elif silent is not None:
            level, text = 'STALE', f'no frame for {silent:.1f} s'
        elif unreadable:
            level, text = 'ERROR', f"no frame could be read: {counters['last_refusal']}"
        elif trouble:
            level, text = 'ERROR', f'teaching is refused: {trouble}'
        elif others:
            level, text = 'WARN', f'incompatible QoS: {others}'
        else:
            level, text = 'OK', f'{rate:.1f} answers a second'
        array = DiagnosticArray(status=[messages.status(level, self._name, text, **values)])
        array.header.stamp = stamp
        return array
