# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the columns of a network say to one frame."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Response(NamedTuple):
    """How C columns answered one frame."""

    spikes: np.ndarray  # (C,) int32, OUT spikes in the presentation
    evidence: np.ndarray  # (C,) float, the class is its argmax; unit: OUT spikes
    drives: np.ndarray  # (C,) float, graded drive, from which the score is calibrated
    typicality: float  # how well the winner explains the frame, unit of the drive; low = unknown


def mean_of(responses: Sequence[Response]) -> Response:
    """Return the mean of what was said to several views of one thing; the first one's spikes."""
    if len(responses) == 1:
        return responses[0]
    return Response(responses[0].spikes,
                    np.mean([one.evidence for one in responses], axis=0),
                    np.mean([one.drives for one in responses], axis=0),
                    float(np.mean([one.typicality for one in responses])))
