# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Frames that lie between two labels, and when to ask a person about one.

Uncertainty sampling by the margin of the two best scores (Settles, Active Learning Literature
Survey, 3.1): scores are calibrated, so the margin is one of probabilities.
"""

from collections.abc import Callable
import time
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.memory.labels import NAMELESS
from hybrid_snn_ros.network import Prediction
from hybrid_snn_ros.snn.track import CUT

ODDS = 2.0  # the best label is less than twice as likely as the second
TOGETHER = 0.8  # and the two are this likely at least: it is one or the other
# Share of taught frames that look no more typical: what looks stranger may be neither of the two,
# and is a matter for unknown_clusters as soon as it is called unknown.
LEAST_TYPICAL = 0.1
PERIOD_S = 60.0
REMEMBERED = 64  # things that were asked about, 5 kB each


class Doubt(NamedTuple):
    """Two labels that a frame lies between, the likelier one first."""

    label: str
    other: str


def torn(prediction: Prediction) -> Doubt | None:
    """
    Tell whether an answer lies between two labels.

    :param prediction: with two ranked labels at least, or there is no doubt.
    :return: Doubt, or None: sure enough, strange, or what needs no name is one of the two.
    """
    if prediction.unknown or len(prediction.ranked) < 2 or prediction.p_value < LEAST_TYPICAL:
        return None
    (label, score), (other, second) = prediction.ranked[:2]
    if other in NAMELESS or score >= ODDS * second or score + second < TOGETHER:
        return None
    return Doubt(label, other)


class DoubtPolicy:
    """Lets a doubt be asked about seldom, and never twice about the same thing."""

    def __init__(self, period_s: float = PERIOD_S,
                 clock: Callable[[], float] = time.monotonic) -> None:
        """
        Begin with nothing asked.

        :param period_s: seconds between two questions at least.
        :param clock: returns seconds.
        """
        self.period_s = period_s
        self._clock = clock
        self._last: float | None = None
        self._asked: list[np.ndarray] = []  # directions of the codes, newest last

    def ask(self, prediction: Prediction, codes: np.ndarray) -> Doubt | None:
        """
        Return what to ask about a frame now, None for nothing.

        What it returns counts as asked.  Two frames show the same thing as they belong to one
        scene of a stream (``snn.track.CUT``), so a camera that stands still asks once.

        :param codes: uint8 (N,), of the frame.
        """
        doubt = torn(prediction)
        if doubt is None:
            return None
        now = self._clock()
        if self._last is not None and now - self._last < self.period_s:
            return None
        direction, = directions([codes])
        if any(len(one) == len(direction) and float(one @ direction) >= CUT
               for one in self._asked):
            return None
        self._last = now
        self._asked = [*self._asked, direction][-REMEMBERED:]
        return doubt
