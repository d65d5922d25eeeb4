# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
One CoLaNET network, literally: every population, every synapse, every one of the 15 steps.

The oracle of ``snn/original``: plain loops in double precision, no product, no shortcut.  Each
step, in this order: R spikes, synapses into L, BIASGATE's push, winner-take-all in L, OUT, Target,
reward.  Two things are as in the fast form and not as in the published network:

* Learning is delayed to the end of the frame.  A spike or a reward marks the synapses it will
  change and books the resource they will get; the weights stay what they were when the frame
  began.  (The published network changes them in the step of the spike.)
* A relay takes no time: L, winner-take-all and OUT act in one step, and a block (10 steps in the
  published network, renewed by every spike) holds to the end of the frame.
  Target and BIASGATE act in the step before the push arrives in L.

It answers, as the fast form does, by int8 weights, and then no L neuron silences another.
"""

import math

SHOWN, FRAME = 10, 15
REWARD_STEP = 14
LEVELS = 127  # answers are given by weights on a grid


def on_grid(weights):
    """Return a neuron's weights rounded to multiples of a 127th of the strongest."""
    unit = max(abs(weight) for weight in weights) / LEVELS
    return [unit * round(weight / unit) for weight in weights] if unit else weights


class LNeuron:
    """Leaky integrate-and-fire neuron with synaptic resources."""

    def __init__(self, params, resource, stability, samples, slow, slow_excess):
        """Start from the resources of the synapses, the rest follows."""
        self.params = params
        self.resource = [float(value) for value in resource]
        self.stability = float(stability)
        self.samples = int(samples)
        self.slow = [float(value) for value in slow]
        self.slow_excess = float(slow_excess)
        self.update_weights()

    def update_weights(self):
        """Map every resource to its weight, and the weights to the excess of the threshold."""
        p = self.params
        span = p.w_max - p.w_min
        self.weight = []
        self.excess = 0.0
        for resource in self.resource:
            positive = max(resource, 0.0)
            weight = p.w_min + span * positive / (span + positive)
            self.weight.append(weight)
            self.excess += p.alpha * max(weight, 0.0)

    def begin_frame(self):
        """Forget the frame before: resting potential, no booked resource."""
        self.u = 0.0
        self.blocked = False
        self.fired_at = None
        self.forced = False
        self.contribution = [0] * len(self.resource)
        self.booked = [0.0] * len(self.resource)
        self.free = 0.0

    def integrate(self, weights, spikes, noise, push):
        """Leak, then add the spiking synapses, the noise and the push; never below zero."""
        self.u *= self.params.leak
        for i, spike in enumerate(spikes):
            if spike:
                self.u += weights[i]
                self.contribution[i] += 1
        self.u = max(self.u + noise + push, 0.0)

    def book(self, delta):
        """Book a change of the contributing synapses, paid from the free resource."""
        for i, contribution in enumerate(self.contribution):
            if self.params.graded_trace:
                trace = contribution / 10
            else:
                trace = 1.0 if contribution > 0 else 0.0
            self.booked[i] += delta * trace
            self.free -= delta * trace

    def learn(self):
        """Pay out what was booked, conserve, consolidate; once a frame, if it fired."""
        p = self.params
        n = len(self.resource)
        for i in range(n):
            self.resource[i] += self.booked[i] + self.free / (n + p.n_silent)
        self.update_weights()
        self.samples += 1
        if p.beta > 0:
            blend = max(1 / self.samples, p.beta)
            for i in range(n):
                self.slow[i] += blend * (self.weight[i] - self.slow[i])
            self.slow_excess += blend * (self.excess - self.slow_excess)


class Network:
    """Columns of L neurons, an OUT and a BIASGATE neuron each, and the Target inputs."""

    def __init__(self, params, state, copy):
        """Take over one copy of a state of the fast form."""
        self.params = params
        self.columns = [
            [LNeuron(params, state.resource[c, copy, j], state.stability[c, copy, j],
                     state.samples[c, copy, j], state.slow[c, copy, j],
                     state.slow_excess[c, copy, j])
             for j in range(state.resource.shape[2])]
            for c in range(state.resource.shape[0])]

    def teach(self, counts, label, noise):
        """
        Run a frame with a label and learn it.

        :param noise: (columns, neurons, 14), stimulation of each L neuron at each step.
        """
        p = self.params
        answering = [p.theta + (p.margin_positive if c == label else -p.margin_negative)
                     for c in range(len(self.columns))]
        self._run(counts, answering, lambda c, j, t: noise[c][j][t], False, label)
        for column in self.columns:
            for neuron in column:
                if neuron.fired_at is not None:
                    neuron.learn()

    def show(self, counts, noise):
        """
        Run a frame without a label: slow weights on a grid, no learning, nobody is silenced.

        :param noise: the same stimulation for each L neuron at each step.
        """
        answering = [self.params.theta] * len(self.columns)
        self._run(counts, answering, lambda c, j, t: noise, self.params.beta > 0, None)

    def _run(self, counts, answering, noise, slow, label):
        p = self.params
        size = len(self.columns)
        self.out = [0] * size
        self.winner = [-1] * size
        self.first = [FRAME] * size
        self.best = [-math.inf] * size  # while answering: largest excess up to the first spike
        self.shown_end = [[0.0] * len(column) for column in self.columns]
        spoken = {neuron: on_grid(neuron.slow if slow else neuron.weight) if label is None
                  else neuron.weight for column in self.columns for neuron in column}
        gate_blocked = [False] * size
        gate_fired = [False] * size
        accumulator = [0] * len(counts)
        for column in self.columns:
            for neuron in column:
                neuron.begin_frame()

        for t in range(FRAME if label is not None else SHOWN):
            spikes = [False] * len(counts)
            if t < SHOWN:
                for i, count in enumerate(counts):
                    accumulator[i] += int(count)
                    if accumulator[i] >= SHOWN:
                        accumulator[i] -= SHOWN
                        spikes[i] = True
            if t == REWARD_STEP:  # nothing is left to integrate
                self._reward(label)
                continue

            for c, column in enumerate(self.columns):
                pushed = t == p.push_step and gate_fired[c]
                lead, lead_excess = None, -math.inf
                for j, neuron in enumerate(column):
                    raised = neuron.slow_excess if slow else neuron.excess
                    neuron.integrate(
                        spoken[neuron], spikes, noise(c, j, t), p.bias if pushed else 0.0)
                    # The push comes from outside and finds no margins, only the neuron itself.
                    threshold = p.theta if pushed else answering[c]
                    excess = neuron.u - threshold - raised
                    if label is None and excess >= 0:  # answering: who crosses fires
                        neuron.u = 0.0
                    if not neuron.blocked and excess > lead_excess:
                        lead, lead_excess = j, excess
                if label is None:
                    if self.out[c] == 0:
                        self.best[c] = max(self.best[c], lead_excess)
                    self.out[c] += lead_excess >= 0
                    continue
                if lead_excess >= 0:
                    neuron = column[lead]
                    neuron.u = 0.0
                    for mate in column:
                        mate.blocked = mate is not neuron
                    if pushed:
                        neuron.forced = True
                        neuron.fired_at = t
                    else:
                        self.out[c] += 1
                        gate_blocked[c] = True
                        if neuron.fired_at is None:
                            neuron.fired_at = self.first[c] = t
                            self.winner[c] = lead
            if t == SHOWN - 1:
                self.shown_end = [[n.u for n in column] for column in self.columns]
            if label is not None and t == p.push_step - 1:  # Target excites BIASGATE
                gate_fired[label] = not gate_blocked[label]

    def _reward(self, label):
        """Book the anti-Hebbian cost of unforced spikes, and dopamine in the taught column."""
        p = self.params
        wrong = sum(1 for c, winner in enumerate(self.winner) if c != label and winner >= 0)
        for c, column in enumerate(self.columns):
            for neuron in column:
                if neuron.fired_at is None:
                    continue
                rate = 2.0 ** -neuron.stability
                if not neuron.forced:
                    share = 1.0 if c == label else min(1.0, p.budget / wrong)
                    neuron.book(p.anti_hebbian * share * rate)
                if c != label:
                    continue
                neuron.book(p.dopamine * rate)
                if neuron.forced:
                    gain = -1.0
                else:
                    duration = REWARD_STEP - neuron.fired_at
                    gain = max(2 - abs(duration - 10) / 10, -1.0)
                neuron.stability = max(
                    0.0, neuron.stability + p.stability_ratio * p.dopamine * gain)
