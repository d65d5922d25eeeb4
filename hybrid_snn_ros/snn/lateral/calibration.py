# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The calibration of the lateral rule: exact leave-one-out answers, at any time."""

from collections.abc import Sequence

import numpy as np

from hybrid_snn_ros.snn import decision
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.leave_one_out import leave_one_out
from hybrid_snn_ros.snn.lateral.state import State
from hybrid_snn_ros.snn.rule import Lesson

# Those of the lowest rank, which is evenly drawn of everything taught, in whatever order, and of
# which one more lesson, or one less, changes one at most.  More would cost time and tell no more.
SAMPLES = 256


def calibrate(params: Params, state: State, lessons: Sequence[Lesson],
              records: Sequence[decision.Record],
              samples: Sequence[int]) -> decision.Calibration:
    """
    Look at taught samples through the network as if each had not been taught.

    One frame of a new label changes the gain, and with it what every number means; hence not from
    records, which describe a network that no longer exists.
    """
    if not lessons:
        return decision.UNCALIBRATED
    ranks = np.fromiter((lesson.rank for lesson in lessons), np.int64, len(lessons))
    chosen = [lessons[place] for place in np.argsort(ranks, kind='stable')[:SAMPLES]]
    return decision.calibrate(leave_one_out(
        params, state, np.array([lesson.counts for lesson in chosen]),
        np.array([lesson.column for lesson in chosen])))
