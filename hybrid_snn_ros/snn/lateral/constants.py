# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The constants of the lateral rule and their bounds; the letters are those of the package."""

from typing import NamedTuple

_ABOVE_ZERO = (('saturation', 1.0), ('power', 2.0), ('ridge', 1e6), ('trace_scale', 1.0),
               ('theta', 1e6))
_FROM_ZERO = (('leak', 1.0), ('prior_strength', 1e6), ('bias_correction', 1e6),
              ('fit_share', 1e6))


class Params(NamedTuple):
    """Constants of the rule; none of them is a learning rate."""

    saturation: float = 0.15  # a, share of the embedding's length at which an input saturates
    power: float = 0.7  # p, companding of the count code
    trace_scale: float = 0.01226  # nu: the trace of a typical frame then has length 1
    ridge: float = 0.2  # lambda, in squared traces: how strongly P starts as the identity
    leak: float = 0.9  # factor by which a potential shrinks in a step
    theta: float = 0.13  # firing threshold; a typical own frame then gives about 5 spikes
    prior_strength: float = 2.0  # n_prior, samples: with so many a column speaks at half strength
    bias_correction: float = 0.5  # b, share of a young template's noise its threshold makes good
    fit_share: float = 0.2  # weight of the Mahalanobis fit in the typicality
    seed: int = 0  # draws the phases of the inputs


def check(params: Params) -> None:
    """
    Refuse constants the rule cannot work with.

    :raises ValueError: one sentence naming the constant and its bounds.
    """
    for name, high in _ABOVE_ZERO:
        if not 0 < getattr(params, name) <= high:
            raise ValueError(f'{name} must lie in (0, {high:g}], not {getattr(params, name)}')
    for name, high in _FROM_ZERO:
        if not 0 <= getattr(params, name) <= high:
            raise ValueError(f'{name} must lie in [0, {high:g}], not {getattr(params, name)}')
    if not isinstance(params.seed, int) or params.seed < 0:
        raise ValueError(f'seed must be a whole number from 0, not {params.seed}')
