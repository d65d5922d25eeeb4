# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The lateral rule: CoLaNET columns whose inputs inhibit each other (``rule: lateral``, the default).

Said plainly: what the columns have learned is, up to float rounding, linear discriminant analysis
with an absolute ridge on the within-class scatter, on companded 4-bit spike counts.  No matrix is
inverted and nothing is stored: local synapses arrive there, one frame at a time, each frame once,
without a learning rate.  Columns, winner-take-all, label-gated dopamine, the anti-Hebbian cost of
firing and the spike-count read-out are CoLaNET's (arXiv 2409.01230, 2606.20151).  The lateral
synapses between inputs, the feedback templates and learning from every taught frame are ours.

State, for N inputs and C columns of one L neuron each (row 0 is a background neuron that every
frame teaches; row c + 1 is column c)::

    P  (N, N)     lateral inhibitory synapses between inputs, I / prior at the start
    m  (C + 1, N) feedback templates        w  (C + 1, N) feed-forward weights
    A  (C + 1,)   thresholds (costs)        n  (C + 1,)   samples

Teaching a frame with trace ``x = nu k`` (k the spike counts) for the neuron j of its column::

    h = P x                             lateral response of the inputs
    if n_j > 0:
        d = x - m_j                     prediction error: feedback cancels what is expected
        r = h - w_j                     decorrelated trace (= P d)
        g = n_j / (n_j + 1);  f = g / (1 + g d.r)
        P <- P - f r r^T                (1) anti-Hebbian: inputs that err together inhibit
        for every neuron c:             (2) drive costs, by the neuron's own drive q
            q = w_c . d;   w_c <- w_c - f q r;   A_c <- A_c - f q^2 / 2
        h <- h - f (h.d) r              (= P x with the new P)
    for c in {j, background}:           (3) dopamine: the label pays j, background is always paid
        n_c <- n_c + 1
        m_c <- m_c + (x - m_c) / n_c;   w_c <- w_c + (h - w_c) / n_c;   A_c = w_c . m_c / 2

Each synapse uses its two ends and the one scalar f (divisive inhibition).  (1) is the
Sherman-Morrison identity, hence the invariants ``w = P m``, ``A = w.m / 2`` and
``P = (prior I + S)^-1`` with S the within-class scatter.

Answering.  A young template is noisy, and a noisy template lies too far from everything.  So a
column speaks with its maturity ``s_c = n_c / (n_c + youth)``, as if its template lay on the way
from the background to m_c, and its threshold is lowered by what the noise of n_c samples adds to
it; both are what a Gaussian prior on the label's mean would do, and both vanish with n_c::

    kappa = (N - prior tr P) / (frames learned with an error)   mean d.P d of a learned frame
    Q_c = int8 copy of s_c (w_c - w_0)                          w_0: shared inhibition
    B_c = s_c w_0.(m_c - m_0) + s_c^2 ((m_c - m_0).P (m_c - m_0) - relief kappa / n_c) / 2
    G = 1 / mean_c ((s_c - s_c^2 / 2) (m_c - m_0).P (m_c - m_0))   homeostatic gain
    u_c <- leak u_c + G nu sum_{i spikes} Q_ci - G B_c / 10;       spike where u_c >= theta

Input i spikes ``k_i`` times with its own fixed phase, the reset is subtractive.  With
``youth = relief = 0`` this is plain LDA.
"""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn import coding, kernel
from hybrid_snn_ros.snn.backend import fetch, namespace
from hybrid_snn_ros.snn.presentation import present_lone
from hybrid_snn_ros.snn.rule import Response
from hybrid_snn_ros.snn.synapses import Echo, inhibit

_INT8 = 127
_FLOAT_NOISE = 1e-5  # relative margin; rounding reached 1e-6, two real labels 6e-2 and more


class Params(NamedTuple):
    """Constants of the rule; none of them is a learning rate."""

    saturation: float = 0.15  # share of the embedding's length at which an input saturates
    power: float = 0.7  # companding of the count code
    trace_scale: float = 0.01226  # nu: the trace of a typical frame then has length 1
    prior: float = 0.2  # lambda: how strongly P starts as the identity
    leak: float = 0.9  # factor by which a potential shrinks in a step
    theta: float = 0.13  # firing threshold; a typical own frame then gives about 5 spikes
    youth: float = 2.0  # samples at which a column speaks with half its strength
    relief: float = 0.5  # share of the noise of a young template that its threshold is relieved of
    fit_share: float = 0.2  # weight of the template's fit in the familiarity
    seed: int = 0  # draws the phases of the inputs


class State(NamedTuple):
    """All that is learned, float32; see the module for the letters."""

    lateral: np.ndarray  # P (N, N), symmetric
    templates: np.ndarray  # m (C + 1, N)
    weights: np.ndarray  # w (C + 1, N)
    costs: np.ndarray  # A (C + 1,)
    samples: np.ndarray  # n (C + 1,), int64, always on the CPU


class Readout(NamedTuple):
    """What answering needs, derived from a state."""

    weights: np.ndarray  # Q (C, N), int8 values held as float32: their sums are exact in BLAS
    scale: float  # current of one spike through a weight of 1, gain included
    bias: np.ndarray  # (C,), G B_c, taken away over the ten steps
    gain: float  # G
    phases: np.ndarray  # (N,), 0..9
    untaught: np.ndarray  # (C,) bool, the columns never taught; None if there is none
    state: State  # for the familiarity, which needs P
    echo: Echo  # of the frame shown last
    compiled: Any = None  # (kernel.Columns, kernel.Lateral), None for NumPy's forms


def check(params):
    """
    Refuse constants the rule cannot work with.

    :raises ValueError: one sentence naming the constant and its bounds.
    """
    for name, low, high in (('saturation', 0, 1), ('power', 0, 2), ('prior', 0, 1e6),
                            ('trace_scale', 0, 1), ('theta', 0, 1e6)):
        if not low < getattr(params, name) <= high:
            raise ValueError(f'{name} must lie in ({low}, {high:g}], not {getattr(params, name)}')
    for name, high in (('leak', 1), ('youth', 1e6), ('relief', 1e6), ('fit_share', 1e6)):
        if not 0 <= getattr(params, name) <= high:
            raise ValueError(f'{name} must lie in [0, {high:g}], not {getattr(params, name)}')
    if not isinstance(params.seed, int) or params.seed < 0:
        raise ValueError(f'seed must be a whole number from 0, not {params.seed}')


def counts(params, codes):
    """Code the encoder's output codes, uint8 (N,), as spike counts 0..10, uint8 (N,)."""
    return coding.spike_counts(codes, params.saturation, params.power, rounding=0.5)


def phases(params, inputs):
    """Return the fixed phases 0..9 of the inputs, (N,): they keep the trains out of step."""
    return np.random.Generator(np.random.PCG64(params.seed)).integers(
        0, coding.STEPS, size=inputs)


def initial(params, inputs, xp=np):
    """Return the untaught state, held by backend xp: no column, only the background neuron."""
    return State(
        lateral=xp.eye(inputs, dtype=np.float32) / np.float32(params.prior),
        templates=xp.zeros((1, inputs), dtype=np.float32),
        weights=xp.zeros((1, inputs), dtype=np.float32),
        costs=xp.zeros(1, dtype=np.float32),
        samples=np.zeros(1, dtype=np.int64))


def columns(state):
    """Return the number of columns."""
    return len(state.samples) - 1


def grow(params, state):
    """Add one untaught column behind the others."""
    xp = namespace(state.lateral)
    row = xp.zeros((1, state.templates.shape[1]), dtype=np.float32)
    return state._replace(
        templates=xp.concatenate([state.templates, row]),
        weights=xp.concatenate([state.weights, row]),
        costs=xp.append(state.costs, row[0, :1]),
        samples=np.append(state.samples, np.int64(0)))


def trace(params, spike_counts):
    """Return the synaptic trace x = nu k that a presentation leaves, float32 (..., N)."""
    return spike_counts.astype(np.float32) * np.float32(params.trace_scale)


def teach(params, state, spike_counts, column, shown=None):
    """
    Learn one frame for one column; the arrays of ``state`` are updated in place.

    :param spike_counts: uint8 (N,), 0..10.
    :param column: 0..C-1.
    :param shown: the Readout by which the frame was answered, where there is one: if it was the
        last frame and nothing was taught since, its way through P is not gone again.
    :return: the state that replaces the one handed over.
    """
    lateral, templates, weights, costs, samples = state
    xp = namespace(lateral)
    x = trace(params, xp.asarray(spike_counts))
    j = column + 1
    if kernel.suits(lateral):
        kernel.Lateral(*state[:4]).teach(x, j, float(samples[j]), float(samples[0]))
        samples[[j, 0]] += 1
        return state
    h = shown.echo.recall(state, spike_counts) if shown else None
    if h is None:
        h = lateral @ x
    if samples[j] > 0:
        d = x - templates[j]
        r = h - weights[j]
        g = np.float32(samples[j] / (samples[j] + 1))
        f = g / (1 + g * (d @ r))
        inhibit(lateral, r * xp.sqrt(f))
        q = weights @ d
        weights -= xp.outer(f * q, r)
        costs -= (f / 2) * q * q
        h -= (f * (h @ d)) * r
    for c in (j, 0):
        samples[c] += 1
        n = np.float32(samples[c])
        templates[c] += (x - templates[c]) / n
        weights[c] += (h - weights[c]) / n
        costs[c] = (weights[c] @ templates[c]) / 2
    return state


class Products(NamedTuple):
    """Products of templates with P, float64, from which thresholds and drives follow."""

    own: np.ndarray  # (C,), m_c . P m_c
    with_background: np.ndarray  # (C,), m_c . P m_0
    background: float  # m_0 . P m_0
    residual: float  # kappa

    @classmethod
    def of(cls, params, state, *more):
        """
        Take them from a state.

        :param more: arrays that are brought from the state's backend by the way.
        :return: Products; with ``more`` a list of it and those arrays, on the CPU.
        """
        costs, with_background, trace, *more = fetch(
            2 * state.costs, state.templates[1:] @ state.weights[0],
            state.lateral.trace(dtype=np.float64), *more)
        errors = int(state.samples[0]) - int((state.samples[1:] > 0).sum())
        scatter = len(state.lateral) - params.prior * float(trace)
        products = cls(costs[1:].astype(np.float64), with_background.astype(np.float64),
                       float(costs[0]), max(scatter, 0.0) / errors if errors else 0.0)
        return [products, *more] if more else products


def maturity(params, samples):
    """Return s_c = n_c / (n_c + youth), 0 for a column never taught."""
    return samples / np.maximum(samples + params.youth, 1e-9)


def biases_of(params, own, with_background, background, samples, residual):
    """Return the B_c of the module's equations; every argument broadcasts against (..., C)."""
    strength = maturity(params, samples)
    apart = own - 2 * with_background + background
    relief = params.relief * residual / np.maximum(samples, 1)
    return (strength * (with_background - background) + strength ** 2 * (apart - relief) / 2)


def gain_of(params, products, samples):
    """
    Return the gain G, 0 where the columns tell nothing apart.

    That is so with a single label, whose template IS the background, and, up to float rounding,
    with labels that were taught the very same frames.
    """
    taught = samples > 0
    if not taught.any():
        return 0.0
    strength = maturity(params, samples[taught])
    apart = (products.own - 2 * products.with_background + products.background)[taught]
    size = products.own[taught].mean() + products.background
    if apart.mean() <= _FLOAT_NOISE * size:
        return 0.0
    return float(1 / ((strength - strength ** 2 / 2) * apart).mean())


def readout(params, state, before=None):
    """
    Derive the int8 weights, the gain and the biases with which frames are answered.

    :param before: not used by this rule, for a lesson changes every weight.
    """
    xp = namespace(state.weights)
    samples = state.samples[1:]
    strength = xp.asarray(maturity(params, samples).astype(np.float32))
    weights = state.weights[1:] - state.weights[0]
    weights *= strength[:, None]
    products, peak = Products.of(
        params, state, xp.maximum(weights.max(), -weights.min()) if len(weights)
        else xp.zeros(1, np.float32))
    gain = gain_of(params, products, samples)
    step = float(peak.item()) / _INT8 or 1.0
    weights /= np.float32(step)
    bias = gain * biases_of(params, products.own, products.with_background, products.background,
                            samples, products.residual)
    read = Readout(
        untaught=xp.asarray(samples == 0) if (samples == 0).any() else None,
        weights=xp.rint(weights, out=weights),
        scale=gain * params.trace_scale * step,
        bias=xp.asarray((bias * (samples > 0)).astype(np.float32)),
        gain=gain,
        phases=xp.asarray(phases(params, len(state.lateral))),
        state=state,
        echo=Echo())
    return read._replace(compiled=kernel.for_lateral(params, read))


def present(params, readout, spike_counts, record=None):
    """
    Show one frame.

    :param spike_counts: uint8 (N,), 0..10.
    :param record: see presentation.present.
    :return: Response; the evidence is the spike count plus the potential that is left, in units
        of the threshold, and the class its argmax; -inf for a column never taught.  Familiarity
        is ``drive + G fit_share fit`` of the winner j, with ``fit = -(x - m_j).P (x - m_j)``: how
        well it explains the frame (UNKNOWN.md section 1); -inf while no column exists.
    """
    shown = namespace(readout.weights).asarray(spike_counts)  # all a device is told of a frame
    spikes, end, drives = present_lone(params, readout, shown, record)
    evidence = spikes + end / np.float32(params.theta)
    if readout.untaught is not None:  # silent, and not to win by that
        evidence[readout.untaught] = drives[readout.untaught] = -np.inf
    if not len(drives):
        return Response(*fetch(spikes, evidence, drives), float('-inf'))
    if readout.compiled:
        best = int(evidence.argmax())
        fit = readout.compiled[1].fit(spike_counts, params.trace_scale, best + 1)
    else:
        j = evidence.argmax() + 1  # on a GPU it stays there
        state = readout.state
        x = trace(params, shown)
        h = state.lateral @ x
        readout.echo.keep(state, spike_counts, h)
        fit = 2 * (state.weights[j] @ x - state.costs[j]) - x @ h
        spikes, evidence, drives, fit = fetch(spikes, evidence, drives, fit)
        best = evidence.argmax()
    familiarity = drives[best] + readout.gain * params.fit_share * fit
    return Response(spikes, evidence, drives, float(familiarity))
