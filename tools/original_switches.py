# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What separates the original rule as built from the public code, one switch at a time, on digits.

    python tools/original_switches.py mnist.npz   # docs/learning.md, "The original rule"; minutes

Only the pack's training images are read: 3,000 of them are taught, 2,000 others asked, in several
draws.  The network is stepped here, neuron by neuron, so that what the product leaves out can be
switched on.
"""

import argparse
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.evaluation import mnist
from hybrid_snn_ros.snn import original
from hybrid_snn_ros.snn.coding import spike_trains, STEPS
from hybrid_snn_ros.snn.currents import currents, quantise
from hybrid_snn_ros.snn.original.constants import answering_noise
from hybrid_snn_ros.snn.original.learning import ISI_MAX, REWARD_STEP
from hybrid_snn_ros.snn.original.plasticity import change, State, trace_of

TAUGHT, ASKED = 3000, 2000
NOT_CONSERVED = 10 ** 6  # silent synapses, so many that they keep all


class Build(NamedTuple):
    """A construction; the defaults are those of the product before these were compared."""

    margin: float = 0.0  # while teaching, of the labelled column
    noise: str = 'mean'  # while answering: 'mean', 'luckiest' (answering_noise) or 'drawn' anew
    silencing: bool = True  # while teaching: the first L neuron to fire silences its column
    silencing_answer: bool = True  # the same while answering
    push_all: bool = False  # a push fires all that it lifts to the threshold, not the best alone
    every_spike: bool = False  # each spike costs d_H, not each sequence of spikes
    conservation: bool = True
    neurons: int = 15
    push_step: int = STEPS


BUILT = Build(margin=2.0, noise='luckiest', silencing_answer=False)
PUBLIC = Build(noise='drawn', silencing=False, silencing_answer=False, push_all=True,
               neurons=20, push_step=original.LATEST_PUSH)
ROWS: tuple[tuple[str, Build], ...] = (
    ('as it was', Build()),
    ('+ noise drawn anew while answering', Build(noise='drawn')),
    ('+ noise of the luckiest while answering', Build(noise='luckiest')),
    ('+ no silencing while answering', Build(silencing_answer=False)),
    ('+ no silencing while teaching', Build(silencing=False)),
    ('+ a push fires all it lifts', Build(push_all=True)),
    ('+ d_H for every spike', Build(every_spike=True)),
    ('+ 20 L neurons', Build(neurons=20)),
    ('+ push in step 13', Build(push_step=original.LATEST_PUSH)),
    ('+ margin 2 of the labelled column', Build(margin=2.0)),
    ('as built', BUILT),
    ('- noise of the luckiest', BUILT._replace(noise='mean')),
    ('- margin', BUILT._replace(margin=0.0)),
    ('- no silencing while answering', BUILT._replace(silencing_answer=True)),
    ('+ push in step 13', BUILT._replace(push_step=original.LATEST_PUSH)),
    ('public code, faults mended', PUBLIC),
    ('- a push fires all it lifts', PUBLIC._replace(push_all=False)),
    ('- noise drawn anew (its mean)', PUBLIC._replace(noise='mean')),
    ('- no silencing while teaching', PUBLIC._replace(silencing=True)),
    ('+ every spike costs, no conservation', PUBLIC._replace(
        every_spike=True, conservation=False)),
)


class Fired(NamedTuple):
    """What L neurons did in one presentation, (C, L) unless said."""

    out: np.ndarray  # (C,) steps in which one or more fired
    best: np.ndarray  # (C,) largest excess up to the first of them
    spikes: np.ndarray
    first: np.ndarray  # step of the first spike, STEPS where there is none
    last: np.ndarray  # of the last one, -STEPS where there is none
    end: np.ndarray  # potential after the last step


def shown(drive: np.ndarray, leak: float, threshold: np.ndarray, silencing: bool) -> Fired:
    """Step columns (T, C, L) through one presentation."""
    u, spikes = np.zeros(threshold.shape), np.zeros(threshold.shape, int)
    first, last = np.full(threshold.shape, STEPS), np.full(threshold.shape, -STEPS)
    heard, place = np.ones(threshold.shape, bool), np.arange(threshold.shape[1])
    out, best = np.zeros(len(threshold), int), np.full(len(threshold), -np.inf)
    for t, current in enumerate(drive):
        u = np.maximum(leak * u + current, 0)
        excess = np.where(heard, u - threshold, -np.inf)
        best = np.where(out == 0, np.maximum(best, excess.max(axis=1)), best)
        fires = excess >= 0
        out += fires.any(axis=1)
        if silencing:
            fires &= place == excess.argmax(axis=1)[:, None]
            heard = np.where(fires.any(axis=1)[:, None], fires, heard)
        u[fires] = 0
        spikes += fires
        first = np.where(fires, np.minimum(first, t), first)
        last = np.where(fires, t, last)
    return Fired(out, best, spikes, first, last, u)


def teach(build: Build, params: original.Params, state: State, counts: np.ndarray,
          label: int) -> State:
    """Learn one frame, in place but for the number of frames."""
    noise = original.stimulation(params, int(state.taught), mnist.DIGITS)[:, 0]
    excess = state.excess[:, 0]
    drive = currents(state.weight.reshape(-1, len(counts)), spike_trains(counts))
    threshold = params.theta + excess
    threshold[label] += build.margin
    fired = shown(drive.reshape(STEPS, *excess.shape) + np.moveaxis(noise[..., :STEPS], -1, 0),
                  params.leak, threshold, build.silencing)
    hit = fired.spikes > 0
    delta = params.anti_hebbian * (fired.spikes if build.every_spike else hit)
    if hit[label].any():
        # A neuron that nobody silences may have fired too long ago to be paid.
        paid = hit[label] & (build.silencing | (fired.last[label] >= REWARD_STEP - ISI_MAX))
        gain = 2 - np.abs(REWARD_STEP - fired.first[label] - ISI_MAX) / ISI_MAX
    else:
        u = fired.end[label]
        for t in range(STEPS, build.push_step + 1):
            u = params.leak * u + noise[label, :, t]
        u = u + params.bias - excess[label]
        paid = u >= params.theta
        if not build.push_all:
            paid &= np.arange(len(u)) == u.argmax()
        gain = np.full(len(u), -1.0)
    delta[label] += params.dopamine * paid
    columns, neurons = np.nonzero(delta)
    rows = columns, np.zeros_like(columns), neurons
    rate = np.exp2(-state.stability[rows])
    change(params, state, rows, (delta[columns, neurons] * rate).astype(np.float32),
           trace_of(params, counts))
    state.stability[label, 0] = np.maximum(
        state.stability[label, 0] + params.stability_ratio * params.dopamine * gain * paid, 0)
    return state._replace(taught=state.taught + 1)


def figures(build: Build, digits: mnist.Digits, draw: int) -> tuple[float, float, float]:
    """Return shares right by counts alone, right with the tie-break, and silent."""
    params = original.mnist()._replace(
        seed=draw + 1, neurons=build.neurons,
        **({} if build.conservation else {'n_silent': NOT_CONSERVED}))
    state = original.initial(params, digits.train.shape[1])
    for _ in range(mnist.DIGITS):
        state = original.grow(params, state)
    for counts, label in zip(digits.train, digits.train_labels):
        state = teach(build, params, state, counts, int(label))
    whole, step = quantise(state.weight.reshape(-1, digits.train.shape[1]))
    random = np.random.default_rng(draw)
    constant = answering_noise(params) if build.noise == 'luckiest' else params.sigma / 2
    threshold = params.theta + state.excess[:, 0]
    found = np.zeros(3)
    for counts, label in zip(digits.test, digits.test_labels):
        drive = (currents(whole, spike_trains(counts)) * step).reshape(STEPS, *threshold.shape)
        drive += (random.random(drive.shape) * params.sigma if build.noise == 'drawn'
                  else constant)
        fired = shown(drive, params.leak, threshold, build.silencing_answer)
        decided = (fired.out + 0.5 + np.arctan(fired.best / params.theta) / np.pi).argmax()
        silent = not fired.out.any()
        found += not silent and fired.out.argmax() == label, decided == label, silent
    return tuple((100 * found / len(digits.test)).tolist())


def main() -> None:
    """Print a Markdown table, each row when it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('pack', help='.npz as for hybrid-snn mnist')
    parser.add_argument('--draws', type=int, default=3)
    args = parser.parse_args()
    whole = mnist.load(args.pack)
    progress = Progress('switches')
    print('| | counts alone | with tie-break | silent |\n|---|---|---|---|')
    for number, (name, build) in enumerate(ROWS):
        rows = []
        for draw in range(args.draws):
            order = np.random.default_rng([draw, 7]).permutation(len(whole.train))
            taught, asked = order[:TAUGHT], order[-ASKED:]
            rows.append(figures(build, mnist.Digits(
                whole.train[taught], whole.train_labels[taught], whole.train[asked],
                whole.train_labels[asked]), draw))
            progress(number * args.draws + draw + 1, len(ROWS) * args.draws)
        (counted, decided, silent), spread = np.mean(rows, axis=0), np.std(rows, axis=0)[0]
        progress.close()
        print(f'| {name} | {counted:.1f} +- {spread:.1f} | {decided:.1f} | {silent:.1f} |',
              flush=True)


if __name__ == '__main__':
    main()
