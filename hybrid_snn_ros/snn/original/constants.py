# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The constants of the original rule: our defaults, the published ones, and their bounds."""

import math
from statistics import NormalDist
from typing import NamedTuple

from hybrid_snn_ros.snn.coding import STEPS

LATEST_PUSH = 13  # the published step of BIASGATE's push: Target fires in 11, BIASGATE in 12


class Params(NamedTuple):
    """Constants of the rule; the defaults are the measured best for embeddings."""

    neurons: int = 2  # L neurons of a column and copy
    copies: int = 1  # networks on the same input, 1..15; they differ by their noise
    theta: float = 8.571  # firing threshold
    leak: float = 0.667  # share of a potential that is left after a step
    w_min: float = -0.322  # weight that an exhausted resource tends to
    w_max: float = 0.229  # weight that an endless resource tends to
    anti_hebbian: float = -0.145  # d_H, what firing costs a contributing synapse
    dopamine: float = 0.193  # D, what the label pays it
    stability_ratio: float = 0.0019  # r, stability gained for a unit of dopamine
    n_silent: int = 87  # imaginary synapses that share in conservation
    sigma: float = 0.114  # noise, U(0, sigma) each step; while answering see answering_noise
    alpha: float = 0.02  # excess of the threshold for a unit of positive weight
    bias: float = 10.0  # BIASGATE's push
    push_step: int = 10  # silent step it arrives in, STEPS..LATEST_PUSH (the published one)
    seed: int = 1  # of the noise
    graded_trace: bool = True  # k_i / 10; False: 1 for every input that fired
    margin_positive: float = 2.0  # while teaching: threshold of the labelled column, plus this
    margin_negative: float = 2.0  # of the other columns, minus this
    budget: float = 1.0  # how many full d_H the wrong columns share; inf = one each
    beta: float = 0.07  # smallest share of the fast weights in the slow ones; 0 = no slow weights
    tie_break: bool = True  # by excess; False: the first of equal columns
    saturation: float = 0.112  # code: share of the embedding's length at which an input saturates
    power: float = 1.0  # code: below one to compand
    rounding: float = 0.0  # code: 0 to cut, 0.5 to round
    replay: int = 0  # stored samples shown again after each taught frame; 0 = off, none are stored
    kept: int = 10  # samples stored for replay per label, a byte an input


def published(neurons: int = 15, copies: int = 15) -> Params:
    """Return the bare published rule, constants of the public network for activations."""
    return Params(
        neurons=neurons, copies=copies, theta=8.531, leak=0.8, w_min=-1.63411, w_max=1.71388,
        anti_hebbian=-0.1143, dopamine=0.2265, stability_ratio=0.159, n_silent=9, sigma=0.626,
        alpha=0.00107, push_step=LATEST_PUSH, graded_trace=False, margin_positive=0.0,
        margin_negative=0.0, budget=math.inf, beta=0.0, tie_break=False,
        saturation=0.13)  # its absolute level 1.977 over the mean length of our embeddings, 15.2


def mnist(copies: int = 1) -> Params:
    """Return the published constants for MNIST, 15 L neurons; push, margin and tie-break ours."""
    return Params(
        neurons=15, copies=copies, theta=8.571, leak=2 / 3, w_min=-0.253, w_max=0.0924,
        anti_hebbian=-0.177, dopamine=0.18, stability_ratio=0.05, n_silent=27, sigma=2.212,
        alpha=0.218, graded_trace=False, margin_positive=2.0, margin_negative=0.0,
        budget=math.inf, beta=0.0, tie_break=True)


def answering_noise(params: Params) -> float:
    """
    Return the constant current that stands for noise while answering, a step.

    Noise that is drawn anew fires a column as soon as it lifts the luckiest of its L neurons over
    the threshold, and for this the weights were taught.  Under ``U(0, sigma)`` a leaky potential
    has the mean ``sigma / 2 / (1 - leak)`` and the variance ``sigma^2 / 12 / (1 - leak^2)``; of L
    such potentials the highest lies ``z_L`` deviations above the mean (expected order statistic:
    Blom 1958).  The current leads there.  It is the mean of the noise for one neuron.
    """
    lucky = NormalDist().inv_cdf((params.neurons - 0.375) / (params.neurons + 0.25))
    spread = math.sqrt((1 - params.leak) / (1 + params.leak) / 12)
    return params.sigma * min(0.5 + lucky * spread, 1)


_WHOLE = ('neurons', 'copies', 'n_silent', 'push_step', 'seed', 'replay', 'kept')
_LIMITS = {
    'neurons': (1, 1000), 'copies': (1, 15), 'theta': (1e-3, 1e6), 'leak': (0, 1),
    'w_min': (-1e6, -1e-6), 'w_max': (1e-6, 1e6), 'anti_hebbian': (-1e6, 0),
    'dopamine': (0, 1e6), 'stability_ratio': (0, 1e6), 'n_silent': (0, 10 ** 6),
    'sigma': (0, 1e6), 'alpha': (0, 1e6), 'bias': (0, 1e6),
    'push_step': (STEPS, LATEST_PUSH), 'seed': (0, 2 ** 63 - 1),
    'graded_trace': (0, 1), 'margin_positive': (0, 1e6), 'margin_negative': (0, 1e6),
    'budget': (0, math.inf), 'beta': (0, 1), 'tie_break': (0, 1), 'saturation': (1e-6, 1),
    'power': (1e-3, 10), 'rounding': (0, 0.999), 'replay': (0, 100), 'kept': (1, 1000)}


def check(params: Params) -> None:
    """Raise ValueError, one sentence, for a constant outside its limits."""
    for name, (low, high) in _LIMITS.items():
        value = getattr(params, name)
        if not low <= value <= high:
            raise ValueError(f'{name} must lie in {low}..{high}, not {value!r}.')
        if name in _WHOLE and value != int(value):
            raise ValueError(f'{name} must be a whole number, not {value!r}.')
    lowest = params.theta - params.margin_negative
    if lowest <= 0:
        raise ValueError(
            f'margin_negative must be below theta = {params.theta}, not {params.margin_negative}.')
    # More would fire neurons in the silent steps, which the event-driven form leaves out.
    limit = (1 - params.leak) * lowest
    if params.sigma > limit:
        raise ValueError(
            f'sigma must not exceed (1 - leak) (theta - margin_negative) = {limit:.4g}, '
            f'or noise alone could fire a neuron; it is {params.sigma}.')
