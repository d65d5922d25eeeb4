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


def differ(one: float, trials: float, other: float, more: float) -> bool:
    """
    Tell whether two shares are of different truths, by 95 %.

    Newcombe's interval of the difference, of Wilson's of each (Statistics in Medicine 17, 1998,
    method 10), does not hold 0.

    :param one: 0..1, of so many `trials`; other: 0..1, of so many `more`, both above 0.
    """
    low, high = wilson(one * trials, trials)
    below, above = wilson(other * more, more)
    apart = one - other
    reach = (math.hypot(one - low, above - other) if apart > 0 else
             math.hypot(high - one, other - below))
    return abs(apart) > reach
