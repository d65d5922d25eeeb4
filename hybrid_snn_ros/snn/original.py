# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The published CoLaNET learning rule: columns, dopamine, anti-Hebbian cost, synaptic resources.

Published (the network: arXiv 2409.01230, 2503.17111, 2606.20151; the exact update: public
repository KasperskyLab/knp, MNIST example).  A column per label holds ``neurons`` L neurons, one
OUT and one BIASGATE neuron; ``copies`` such networks see the same frame and add their OUT spikes.
An L neuron gets ``u <- max(leak u + sum_i w_i spike_i + U(0, sigma), 0)``, fires at
``u >= theta + A`` and falls to zero; the first of its column silences the others.  A frame lasts
15 steps: 10 shown, 5 silent; Target fires in step 11, BIASGATE pushes in step p = 13, reward
comes in 14.

Teaching label y, f = 2^-s the rate of the changed neuron (V: columns that fired, without y)::

    winner of a column in V      W_i += d_H f trace_i                  anti-Hebbian, d_H < 0
    winner of y, if y fired      W_i += (d_H + D) f trace_i            dopamine pays the cost
                                 s += r D max(2 - |14 - t_first - 10| / 10, -1)
    y silent: BIASGATE pushes    j = argmax(u_p - A); if u_p - A >= theta it fires:
                                 W_i += D f trace_i                    forced spikes cost nothing
                                 s = max(0, s - r D)

each followed by resource conservation (``plasticity``).  The constants of arXiv 2606.20151 (its
Table 1) are not public to us; ``published`` has those of the public ArNI-X network for CIFAR-10
activations (without its ``_1_factor`` drift, as nothing says which synapses it touches), ``mnist``
those of the KNP example.

Ours; every one can be switched off (docs/learning.md says what each is worth):

* excess tie-break: equal OUT counts, also none at all, are decided by the largest excess
  ``u - theta - A`` a column reached; same as lowering the thresholds until somebody fires;
* slow weights (consolidation), by which the network answers; graded trace ``k_i / 10``;
* learning margins: while teaching, y must reach ``theta + margin_positive``, the others only
  ``theta - margin_negative``;
* early push: BIASGATE pushes in step p = 10, straight behind the presentation, before leak and
  noise have blurred which neuron came closest;
* anti-Hebbian budget: d_H is scaled by ``min(1, budget / |V|)``; inf is the published rule;
* replay: after each taught frame, a few stored samples are taught once more
  (``replay``); off by default.

The form is event-driven: weights change after the frame, so a presentation is one product.
"""

import math
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.snn import original_readout, plasticity, replay
from hybrid_snn_ros.snn.backend import fetch, namespace
from hybrid_snn_ros.snn.coding import spike_counts, spike_trains, STEPS
from hybrid_snn_ros.snn.currents import currents
from hybrid_snn_ros.snn.plasticity import change, State, trace_of
from hybrid_snn_ros.snn.presentation import present as present_columns
from hybrid_snn_ros.snn.rule import Response

ISI_MAX = 10  # steps that spikes of one tight sequence may lie apart
LATEST_PUSH = 13  # the published step of BIASGATE's push: Target fires in 11, BIASGATE in 12
REWARD_STEP = 14  # dopamine reaches the labelled column


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
    sigma: float = 0.114  # noise, U(0, sigma) each step; answering takes its mean
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


def published(neurons=15, copies=15):
    """Return the bare published rule, constants of the public network for activations."""
    return Params(
        neurons=neurons, copies=copies, theta=8.531, leak=0.8, w_min=-1.63411, w_max=1.71388,
        anti_hebbian=-0.1143, dopamine=0.2265, stability_ratio=0.159, n_silent=9, sigma=0.626,
        alpha=0.00107, push_step=LATEST_PUSH, graded_trace=False, margin_positive=0.0,
        margin_negative=0.0, budget=math.inf, beta=0.0, tie_break=False,
        saturation=0.13)  # its absolute level 1.977 over the mean length of our embeddings, 15.2


def mnist(copies=1):
    """Return the published constants for MNIST (15 L neurons), early push and tie-break ours."""
    return Params(
        neurons=15, copies=copies, theta=8.571, leak=2 / 3, w_min=-0.253, w_max=0.0924,
        anti_hebbian=-0.177, dopamine=0.18, stability_ratio=0.05, n_silent=27, sigma=2.212,
        alpha=0.218, graded_trace=False, margin_positive=0.0, margin_negative=0.0,
        budget=math.inf, beta=0.0, tie_break=True)


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


def check(params):
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


def counts(params, codes):
    """Code the encoder's output codes, uint8 (N,), as spike counts 0..10, uint8 (N,)."""
    return spike_counts(codes, params.saturation, params.power, params.rounding)


def initial(params, inputs, xp=np):
    """
    Return the untaught state without columns, its synapses held by backend xp.

    :raises ValueError: for constants out of limits.
    """
    check(params)
    return plasticity.blocks(params, 0, inputs, xp)


def columns(state):
    """Return the number of columns."""
    return state.resource.shape[0]


def grow(params, state):
    """Add one untaught column behind the others; its neurons are all alike until noise acts."""
    block = plasticity.blocks(params, 1, state.resource.shape[-1], namespace(state.resource))
    arrays = (namespace(old).concatenate([old, new]) for old, new in zip(state[:-1], block[:-1]))
    return State(*arrays, taught=state.taught)


def stimulation(params, frame, columns, showing=0):
    """
    Return the noise of one taught frame, a function of the seed and the frame's number alone.

    :param showing: 0 for the frame itself, then 1, 2, ... for the samples replayed behind it.
    :return: float32 (C, E, L, LATEST_PUSH + 1) in [0, sigma), steps last; the noise of a column
        does not depend on how many columns follow it.
    """
    random = replay.generator(params, frame, showing)
    shape = (columns, params.copies, params.neurons, LATEST_PUSH + 1)
    return random.random(shape, dtype=np.float32) * np.float32(params.sigma)


def listen(params, state, counts, column, noise):
    """
    Show a frame with its label known: fast weights, noise, learning margins.

    :param counts: see teach; these and the noise on the backend of the synapses.
    :param noise: see stimulation.
    :return: Spiking, its columns being (C E) networks' columns, copies running fastest.
    """
    synapses = state.weight.reshape(-1, state.weight.shape[-1])
    drive = currents(synapses, spike_trains(counts)).reshape((STEPS,) + state.excess.shape)
    drive += namespace(drive).moveaxis(noise[..., :STEPS], -1, 0)
    threshold = state.excess + np.float32(params.theta - params.margin_negative)
    threshold[column] += np.float32(params.margin_positive + params.margin_negative)
    return present_columns(
        drive.reshape(STEPS, -1, params.neurons), params.leak,
        threshold.reshape(-1, params.neurons))


def teach(params, state, counts, column, shown=None):
    """
    Learn one frame for one column, in place.

    :param counts: integers 0..10, (N,), of the frame.
    :param column: index of the labelled column.
    :param shown: not used by this rule, which listens anew with noise and margins.
    :return: State; only neurons that fired or were pushed have changed.
    """
    frame = int(state.taught)
    _show(params, state, counts, column, stimulation(params, frame, columns(state)))
    if params.replay:
        random = replay.generator(params, frame, replay.STORE)
        again = replay.draw(params, state, random)
        for showing, (sample, of) in enumerate(again, start=1):
            _show(params, state, sample, of, stimulation(params, frame, columns(state), showing))
        replay.keep(state, counts, column, random)
    return state._replace(taught=frame + 1)


def _show(params, state, counts, column, noise):
    """Show a frame with its label and learn from it, in place."""
    xp = namespace(state.weight)
    counts, noise = xp.asarray(counts), xp.asarray(noise)
    spiking = listen(params, state, counts, column, noise)
    pushed = spiking.end.reshape(state.excess.shape)[column]
    for t in range(STEPS, params.push_step + 1):
        pushed = params.leak * pushed + noise[column, :, :, t]
    pushed += params.bias - state.excess[column]
    winner, first, pushed = fetch(spiking.winner, spiking.first, pushed)

    chosen = winner.reshape(-1, params.copies)
    wrong = chosen >= 0
    answered = wrong[column].copy()
    wrong[column] = False
    forced = ~answered & (pushed.max(axis=1) >= params.theta)
    chosen[column] = np.where(answered, chosen[column], pushed.argmax(axis=1))

    share = np.minimum(1, params.budget / np.maximum(wrong.sum(axis=0), 1))
    delta = np.where(wrong, params.anti_hebbian * share, 0)
    delta[column] = params.dopamine + np.where(answered, params.anti_hebbian, 0)
    changing = wrong
    changing[column] = answered | forced
    column_of, copy_of = np.nonzero(changing)
    rows = column_of, copy_of, chosen[column_of, copy_of]
    rate = np.exp2(-state.stability[rows])
    change(params, state, rows, delta[rows[:2]].astype(np.float32) * rate,
           trace_of(params, counts))

    # Spikes that came early and unforced make a neuron stable, having to be pushed unsettles it.
    first = first.reshape(-1, params.copies)[column]
    late = np.abs(REWARD_STEP - first - ISI_MAX) / ISI_MAX
    gain = np.where(answered, np.maximum(2 - late, -1), np.where(forced, -1, 0))
    rewarded = column, np.arange(params.copies), chosen[column]
    stability = state.stability[rewarded] + params.stability_ratio * params.dopamine * gain
    state.stability[rewarded] = np.maximum(stability, 0)


readout = original_readout.readout


def present(params, readout, counts):
    """
    Show one frame and answer; repeatable, for the noise is replaced by its mean, sigma / 2.

    :return: Response.  Evidence is the OUT count, summed over copies, plus with ``tie_break`` a
        fraction in 0..1 that rises with the column's best excess, mean over copies.
        Familiarity is the best excess of the column that leads: negative where no neuron of it
        reached its threshold, the more so the stranger the frame; -inf without any column.
    """
    count, best = fetch(*_answer(params, readout, counts))
    evidence = count.astype(np.float64)
    if params.tie_break:
        evidence += 0.5 + np.arctan(best / params.theta) / np.pi
    familiarity = float(best[evidence.argmax()]) if len(best) else -math.inf
    return Response(count, evidence, evidence, familiarity)


def _answer(params, readout, counts):
    """Return OUT spikes summed over copies, and best excess, mean over copies: (C,) each."""
    xp = namespace(readout.threshold)
    shape = readout.threshold.shape
    if readout.compiled:
        return _merged(*readout.compiled.present(counts), shape)
    drive = currents(readout.weight, spike_trains(xp.asarray(counts)))
    drive *= readout.step
    drive += np.float32(params.sigma / 2)
    if len(readout.committed) < readout.threshold.size:
        heard = drive
        drive = xp.full((STEPS, readout.threshold.size), params.sigma / 2, dtype=np.float32)
        drive[:, readout.committed] = heard
    spiking = present_columns(
        drive.reshape(STEPS, shape[0] * shape[1], shape[2]), params.leak,
        readout.threshold.reshape(-1, shape[2]))
    return _merged(spiking.count, spiking.best, shape)


def _merged(count, best, shape):
    """Merge the copies' columns (C E,)."""
    return (count.reshape(shape[:2]).sum(axis=1),
            best.reshape(shape[:2]).mean(axis=1, dtype=np.float64))
