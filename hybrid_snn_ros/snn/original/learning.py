# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Teaching the original rule: a frame is shown with its label known, then few neurons change."""

import numpy as np

from hybrid_snn_ros.snn import coding
from hybrid_snn_ros.snn.backend import Array, array_namespace, ArrayNamespace, to_host
from hybrid_snn_ros.snn.coding import spike_trains, STEPS
from hybrid_snn_ros.snn.currents import currents
from hybrid_snn_ros.snn.original import plasticity, replay
from hybrid_snn_ros.snn.original.constants import check, LATEST_PUSH, Params
from hybrid_snn_ros.snn.original.plasticity import change, State, trace_of
from hybrid_snn_ros.snn.presentation import present as present_columns
from hybrid_snn_ros.snn.presentation import Spiking
from hybrid_snn_ros.snn.synaptic_operations import Reach

ISI_MAX = 10  # steps that spikes of one tight sequence may lie apart
REWARD_STEP = 14  # dopamine reaches the labelled column


def counts(params: Params, codes: np.ndarray) -> np.ndarray:
    """Code the encoder's output codes, uint8 (N,), as spike counts 0..10, uint8 (N,)."""
    return coding.spike_counts(codes, params.saturation, params.power, params.rounding)


def initial(params: Params, inputs: int, xp: ArrayNamespace = np) -> State:
    """
    Return the untaught state without columns, its synapses held by backend xp.

    :raises ValueError: for constants out of limits.
    """
    check(params)
    return plasticity.blocks(params, 0, inputs, xp)


def columns(state: State) -> int:
    """Return the number of columns."""
    return state.resource.shape[0]


def grow(params: Params, state: State) -> State:
    """Add one untaught column behind the others; its neurons are all alike until noise acts."""
    xp = array_namespace(state.resource)
    block = plasticity.blocks(params, 1, state.resource.shape[-1], xp)
    *arrays, taught = state
    return State._make([*(array_namespace(old).concatenate([old, new])
                          for old, new in zip(arrays, block)), taught])


def stimulation(params: Params, frame: int, columns: int, showing: int = 0) -> np.ndarray:
    """
    Return the noise of one taught frame, a function of the seed and the frame's number alone.

    :param showing: 0 for the frame itself, then 1, 2, ... for the samples replayed behind it.
    :return: float32 (C, E, L, LATEST_PUSH + 1) in [0, sigma), steps last; the noise of a column
        does not depend on how many columns follow it.
    """
    random = replay.generator(params, frame, showing)
    shape = (columns, params.copies, params.neurons, LATEST_PUSH + 1)
    return random.random(shape, dtype=np.float32) * np.float32(params.sigma)


def listen(params: Params, state: State, spike_counts: Array, column: int,
           noise: Array) -> Spiking:
    """
    Show a frame with its label known: fast weights, noise, learning margins.

    :param spike_counts: see teach; these and the noise on the backend of the synapses.
    :param noise: see stimulation.
    :return: Spiking, its columns being (C E) networks' columns, copies running fastest.
    """
    synapses = state.weight.reshape(-1, state.weight.shape[-1])
    drive = currents(synapses, spike_trains(spike_counts)).reshape((STEPS,) + state.excess.shape)
    drive += array_namespace(drive).moveaxis(noise[..., :STEPS], -1, 0)
    threshold = state.excess + np.float32(params.theta - params.margin_negative)
    threshold[column] += np.float32(params.margin_positive + params.margin_negative)
    return present_columns(
        drive.reshape(STEPS, -1, params.neurons), params.leak,
        threshold.reshape(-1, params.neurons))


def teach(params: Params, state: State, spike_counts: np.ndarray, column: int) -> State:
    """
    Learn one frame for one column, in place.

    :param spike_counts: integers 0..10, (N,), of the frame.
    :param column: index of the labelled column.
    :return: State; only neurons that fired or were pushed have changed.
    """
    frame = int(state.taught)
    _show(params, state, spike_counts, column, stimulation(params, frame, columns(state)))
    if params.replay:
        random = replay.generator(params, frame, replay.STORE)
        again = replay.draw(params, state, random)
        for showing, (sample, of) in enumerate(again, start=1):
            _show(params, state, sample, of, stimulation(params, frame, columns(state), showing))
        replay.keep(state, spike_counts, column, random)
    return state._replace(taught=frame + 1)


def _show(params: Params, state: State, spike_counts: np.ndarray, column: int,
          noise: np.ndarray) -> None:
    """Show a frame with its label and learn from it, in place."""
    xp = array_namespace(state.weight)
    shown, shown_noise = xp.asarray(spike_counts), xp.asarray(noise)
    spiking = listen(params, state, shown, column, shown_noise)
    pushed = spiking.end.reshape(state.excess.shape)[column]
    for t in range(STEPS, params.push_step + 1):
        pushed = params.leak * pushed + shown_noise[column, :, :, t]
    pushed += params.bias - state.excess[column]
    winner, first, pushed = to_host(spiking.winner, spiking.first, pushed)

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
           trace_of(params, shown))

    # Spikes that came early and unforced make a neuron stable, having to be pushed unsettles it.
    first = first.reshape(-1, params.copies)[column]
    late = np.abs(REWARD_STEP - first - ISI_MAX) / ISI_MAX
    gain = np.where(answered, np.maximum(2 - late, -1), np.where(forced, -1, 0))
    rewarded = column, np.arange(params.copies), chosen[column]
    stability = state.stability[rewarded] + params.stability_ratio * params.dopamine * gain
    state.stability[rewarded] = np.maximum(stability, 0)


def reach(state: State) -> Reach:
    """Return how far a spike reaches: every neuron that was ever taught."""
    return Reach(int(np.count_nonzero(state.samples)), 0)
