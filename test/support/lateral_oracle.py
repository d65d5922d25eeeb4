# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The network of the lateral rule, neuron by neuron and step by step (float64, slow, plain).

A second implementation for the tests to compare ``hybrid_snn_ros.snn.lateral`` with; it shares no
code with it.  A frame lasts ten steps, in which the inputs fire, and five silent ones, in which
the label arrives and the synapses change.  Populations:

* inputs: an accumulator each (it starts at the input's phase and fires when it reaches ten), a
  presynaptic trace, and a lateral response fed by the lateral synapses P from the other inputs;
* one L neuron a column and one background neuron: feed-forward weights w, a feedback template m,
  a threshold A and a sample count n; the L neurons have a membrane with subtractive reset;
* one OUT counter a column.

Shrinkage, derived here from scratch.  With prior mean ``m0``, n samples of scatter ``V`` around
the label's mean, and a prior as wide as ``V / prior_strength``, the label's most likely mean is
``e = m0 + s (m - m0)`` with ``s = n / (n + prior_strength)``.  So a column answers as if ``e``
were its template: weights ``P e``, which is ``w0 + s (w - w0)`` as P is linear, and threshold
``e.P e / 2``.  The noise of m has the covariance ``V / n`` and e carries s of it, so ``e.P e``
comes out too large by ``s^2 tr(P V) / n`` on average; ``bias_correction`` of that is taken off.
``tr(P V)`` is ``kappa``: here from the scatter itself, which this network keeps for nothing else.
"""

import math
from typing import NamedTuple

import numpy as np

SHOWN = 10
SILENT = 5


class Neuron:
    """Synapses of one L neuron, or of the background neuron."""

    def __init__(self, inputs):
        """Start with empty synapses and no sample."""
        self.m = np.zeros(inputs)  # feedback template
        self.w = np.zeros(inputs)  # feed-forward weights
        self.a = 0.0  # threshold A
        self.n = 0  # samples


class Shown(NamedTuple):
    """What was seen during one frame (C columns, N inputs)."""

    raster: np.ndarray  # (10, N) bool, which input fired at which step
    trace: np.ndarray  # (N,) presynaptic traces x after the shown steps
    response: np.ndarray  # (N,) lateral responses P x after the shown steps
    potentials: np.ndarray  # (10, C) membranes at the end of each shown step
    counts: np.ndarray  # (C,) OUT counters
    drives: np.ndarray  # (C,) all that a membrane received, -inf for a column never taught
    decision: int  # the answering column, -1 while nothing is taught
    typicality: np.ndarray  # (C,) the score of docs/learning.md, were that column the answer


class Network:
    """The whole network; ``show`` is a frame without a label, ``teach`` one with a label."""

    def __init__(self, inputs, phases, *, nu, ridge, leak, theta, fit_share, prior_strength,
                 bias_correction, levels=127):
        """
        Build an untaught network without columns.

        :param phases: (inputs,) integers 0..9, where each accumulator starts.
        :param prior_strength: samples at which a column speaks with half its strength.
        :param bias_correction: share of its template's noise that a threshold makes good.
        :param levels: largest magnitude of a quantised weight; None keeps the weights as they are.
        """
        self.phases = [int(p) for p in phases]
        self.nu = nu
        self.leak = leak
        self.theta = theta
        self.fit_share = fit_share
        self.prior_strength = prior_strength
        self.bias_correction = bias_correction
        self.levels = levels
        self.scatter = np.zeros((inputs, inputs))  # of the samples around their label's mean
        self.p = np.eye(inputs) / ridge  # lateral synapses
        self.background = Neuron(inputs)
        self.columns = []

    def grow(self):
        """Add a column with one untaught L neuron."""
        self.columns.append(Neuron(len(self.phases)))

    def show(self, counts):
        """Show one frame and return what happened, without any change to a synapse."""
        return self._run(counts, None)

    def teach(self, counts, column):
        """Show one frame whose label arrives in the silence behind it."""
        return self._run(counts, column)

    def kappa(self):
        """Return the mean of d.P d over the errors that were learned."""
        errors = sum(c.n - 1 for c in self.columns if c.n > 0)
        return np.sum(self.p * self.scatter) / errors if errors else 0.0

    def spoken(self, c):
        """Return the weights and the threshold by which a taught column answers."""
        s = c.n / (c.n + self.prior_strength)
        zero = self.background
        e = zero.m + s * (c.m - zero.m)
        w = zero.w + s * (c.w - zero.w)
        return w, (e @ w - s * s * self.bias_correction * self.kappa() / c.n) / 2

    def gain(self):
        """
        Return the homeostatic gain G; zero while nothing sets the columns apart.

        By it the drive of a template in its own column, over the background's, is 1 on average;
        bias_correction is left out, so that no noise can turn the gain round.
        """
        taught = [c for c in self.columns if c.n > 0]
        if not taught:
            return 0.0
        zero = self.background
        apart = sum(c.a + zero.a - zero.w @ c.m for c in taught)
        if apart <= 1e-6 * sum(c.a + zero.a for c in taught):
            return 0.0
        over = 0.0
        for c in taught:
            s = c.n / (c.n + self.prior_strength)
            w = zero.w + s * (c.w - zero.w)
            e = zero.m + s * (c.m - zero.m)
            over += (w @ c.m - w @ e / 2) - (zero.w @ c.m - zero.a)
        return len(taught) / over

    def fit_gain(self):
        """Return what brings a fit to the unit of the drive, also where there are no drives."""
        return self.gain() or (1 / self.kappa() if self.kappa() > 0 else 0.0)

    def readout(self):
        """Return one vector a column: the weights over the background's, on a common int8 grid."""
        nothing = np.zeros(len(self.phases))
        over = [self.spoken(c)[0] - self.background.w if c.n > 0 else nothing
                for c in self.columns]
        largest = max((np.abs(w).max() for w in over), default=0.0)
        if self.levels is None or largest == 0:
            return over
        unit = largest / self.levels
        return [unit * np.rint(w / unit) for w in over]

    def _run(self, counts, label):
        inputs = len(self.phases)
        accumulator = list(self.phases)
        raster = np.zeros((SHOWN, inputs), dtype=bool)
        x = np.zeros(inputs)
        h = np.zeros(inputs)
        u = [0.0] * len(self.columns)
        out = [0] * len(self.columns)
        potentials = np.zeros((SHOWN, len(self.columns)))
        rows = self.readout()
        gain = self.gain()
        costs = [self.spoken(c)[1] if c.n > 0 else 0.0 for c in self.columns]
        drives = [0.0 if c.n > 0 else -math.inf for c in self.columns]
        shown = d = r = f = None
        for t in range(SHOWN + SILENT):
            if t < SHOWN:
                firing = []
                for i in range(inputs):
                    accumulator[i] += int(counts[i])
                    if accumulator[i] >= SHOWN:
                        accumulator[i] -= SHOWN
                        firing.append(i)
                raster[t, firing] = True
                for i in firing:  # each spike: one more trace, one more lateral current
                    x[i] += self.nu
                    h += self.nu * self.p[:, i]
                for c, neuron in enumerate(self.columns):
                    if neuron.n == 0:
                        continue  # no synapse yet: silent
                    current = sum(gain * self.nu * rows[c][i] for i in firing)
                    current -= gain * (costs[c] - self.background.a) / SHOWN
                    drives[c] += current
                    u[c] = self.leak * u[c] + current
                    if u[c] >= self.theta:
                        u[c] -= self.theta
                        out[c] += 1
                    potentials[t, c] = u[c]
            if t == SHOWN - 1:
                typicality = [drive + self.fit_gain() * self.fit_share * self._fit(c, x, h)
                               for c, drive in zip(self.columns, drives)]
                shown = Shown(raster, x.copy(), h.copy(), potentials, np.array(out, dtype=int),
                              np.array(drives), self._winner(out, u), np.array(typicality))
            if label is None:
                continue
            forced = self.columns[label]
            if t == SHOWN and forced.n > 0:  # the label forces its L neuron; feedback cancels
                d = x - forced.m
                r = h - forced.w
            if t == SHOWN + 1 and d is not None:  # the one global scalar
                g = forced.n / (forced.n + 1)
                f = g / (1 + g * (d @ r))
                self.scatter += g * np.outer(d, d)
            if t == SHOWN + 2 and d is not None:  # anti-Hebbian lateral rule, drive costs
                for i in range(inputs):
                    for k in range(inputs):
                        self.p[i, k] -= f * r[i] * r[k]
                for neuron in [self.background, *self.columns]:
                    q = neuron.w @ d
                    neuron.w = neuron.w - f * q * r
                    neuron.a -= f * q * q / 2
            if t == SHOWN + 3 and d is not None:  # the response under the changed synapses
                h = h - f * (h @ d) * r
            if t == SHOWN + 4:  # dopamine
                for neuron in (forced, self.background):
                    neuron.n += 1
                    neuron.m = neuron.m + (x - neuron.m) / neuron.n
                    neuron.w = neuron.w + (h - neuron.w) / neuron.n
                    neuron.a = neuron.w @ neuron.m / 2
        return shown

    def _winner(self, out, u):
        best = -1
        for c, neuron in enumerate(self.columns):
            if neuron.n > 0 and (best < 0 or (out[c], u[c]) > (out[best], u[best])):
                best = c
        return best

    def _fit(self, neuron, x, h):
        """Return -(x - m).P (x - m), the template being the one learned, not the shrunken one."""
        return 2 * (neuron.w @ x - neuron.a) - x @ h


def counts(codes, saturation, power):
    """Code the encoder's output codes as spike counts, one input at a time."""
    norm = math.sqrt(sum(int(c) ** 2 for c in codes))
    if norm == 0:
        return np.zeros(len(codes), dtype=np.uint8)
    levels = [math.floor(10 * (int(c) / norm / saturation) ** power + 0.5) for c in codes]
    return np.array([min(max(k, 0), 10) for k in levels], dtype=np.uint8)
