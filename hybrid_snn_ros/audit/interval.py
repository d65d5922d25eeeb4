# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a share of a few trials says of the true one."""

import math

_DEVIATE = 1.959964  # two-sided, 95 %


def wilson(right: float, trials: float) -> tuple[float, float]:
    """
    Return the Wilson score interval of a share, 95 %, (low, high).

    Right also for few trials and shares near 0 and 1 (Brown, Cai and DasGupta, Statistical
    Science 16, 2001).

    :param right: 0..trials; both may be no whole numbers, where trials count in part.
    :param trials: above 0.
    """
    share, square = right / trials, _DEVIATE ** 2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    reach = _DEVIATE / (1 + square / trials) * math.sqrt(
        share * (1 - share) / trials + square / (4 * trials ** 2))
    return max(0.0, middle - reach), min(1.0, middle + reach)
