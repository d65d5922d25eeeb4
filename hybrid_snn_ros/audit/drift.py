# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Drift: whether what is answered today fits what was taught as well as it did at first.

What is kept of an answer is its p-value, the share of the taught frames that look no more typical
(``snn.decision``): unlike the typicality itself it means the same in every week, whatever was
taught since.  Where nothing has changed its mean stays; worn, dirty or differently lit things
fit less and less.
"""

from collections.abc import Mapping
from typing import Any

WEEK_S = 7 * 24 * 3600.0
FEWEST = 100  # answers of a week that say something: a thing is seen in many frames at once
FALL = 0.2  # of the mean p-value, which is about a half for frames like those taught


class FitLog:
    """Mean p-value of each label's answers, of its first week and of the one now."""

    def __init__(self) -> None:
        """Begin with nothing answered."""
        # label -> [[week, answers, mean p-value] of the first week, the same of the newest]
        self._weeks: dict[str, list[list[float]]] = {}

    def add(self, label: str, p_value: float, time: float) -> None:
        """
        Take in an answer that named a label.

        :param p_value: of the answer, 0..1.
        :param time: unix seconds.
        """
        week = time // WEEK_S
        weeks = self._weeks.setdefault(label, [[week, 0, 0.0]])
        if week > weeks[-1][0]:
            del weeks[1:]
            weeks.append([week, 0, 0.0])
        newest = weeks[-1]
        newest[1] += 1
        newest[2] += (p_value - newest[2]) / newest[1]  # Welford

    def forget(self, label: str) -> None:
        """Begin anew with a label, for it was taught again."""
        self._weeks.pop(label, None)

    def drifted(self) -> list[tuple[str, float]]:
        """Return [(label, how far its mean p-value fell)] of labels that drift, worst first."""
        found = [(label, weeks[0][2] - weeks[1][2]) for label, weeks in self._weeks.items()
                 if len(weeks) > 1 and min(weeks[0][1], weeks[1][1]) >= FEWEST]
        return sorted([one for one in found if one[1] >= FALL], key=lambda one: -one[1])

    def saved(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return {label: [list(week) for week in weeks] for label, weeks in self._weeks.items()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from what ``saved`` gave."""
        self._weeks = {label: [list(week) for week in weeks] for label, weeks in saved.items()}
