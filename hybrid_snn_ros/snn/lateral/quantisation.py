# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Symmetric int8 quantisation and shrinkage: what the lateral rule answers with.

The templates of young columns are shrunken towards the background (``shrinkage``) and the noise
they still have is corrected for (``biases_of``), as a Gaussian prior on a label's mean would do.
"""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.snn.backend import Array, array_namespace, to_host
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.state import errors_learned, phases, State

_INT8 = 127
_FLOAT_NOISE = 1e-5  # relative margin; rounding reached 1e-6, two real labels 6e-2 and more


class Compiled(NamedTuple):
    """The compiled kernel's view of a readout."""

    columns: kernel.Columns
    lateral: kernel.Lateral


class Readout(NamedTuple):
    """What answering needs, derived from a state; N inputs, C columns."""

    weights: Array  # Q (C, N), int8 values held as float32: their sums are exact in BLAS
    scale: float  # current of one spike through a weight of 1, gain included
    bias: Array  # G B (C,), drive, taken away over the ten steps
    gain: float  # G, drives a unit of w.x
    fit_gain: float  # the same for the fit
    phases: Array  # (N,), steps 0..9
    untaught: Array | None  # (C,) bool, the columns never taught; None if there is none
    state: State  # for the typicality, which needs P
    compiled: Compiled | None = None  # None for NumPy's forms


class Products(NamedTuple):
    """Products of templates with P, float64, unit of the drive; thresholds follow from them."""

    own: np.ndarray  # (C,), m_c . P m_c
    with_background: np.ndarray  # (C,), m_c . P m_0
    background: float  # m_0 . P m_0
    residual: float  # kappa

    @classmethod
    def of(cls, params: Params, state: State, *more: Array) -> Any:
        """
        Take them from a state.

        :param more: arrays that are brought from the state's backend by the way.
        :return: Products; with ``more`` a list of it and those arrays, on the CPU.
        """
        costs, with_background, trace, *more_here = to_host(
            2 * state.costs, state.templates[1:] @ state.weights[0],
            state.lateral.trace(dtype=np.float64), *more)
        errors = errors_learned(state)
        scatter = len(state.lateral) - params.ridge * float(trace)
        products = cls(costs[1:].astype(np.float64), with_background.astype(np.float64),
                       float(costs[0]), max(scatter, 0.0) / errors if errors > 0 else 0.0)
        return [products, *more_here] if more else products


def shrinkage(params: Params, samples: np.ndarray) -> np.ndarray:
    """Return the shrinkage s_c = n_c / (n_c + n_prior), 0 for a column never taught."""
    return samples / np.maximum(samples + params.prior_strength, 1e-9)


def biases_of(params: Params, own: Any, with_background: Any, background: Any, samples: Any,
              residual: float) -> Any:
    """Return the B_c of the package's equations; every argument broadcasts against (..., C)."""
    strength = shrinkage(params, samples)
    apart = own - 2 * with_background + background
    correction = params.bias_correction * residual / np.maximum(samples, 1)
    return (strength * (with_background - background) + strength ** 2 * (apart - correction) / 2)


def gain_of(params: Params, products: Products, samples: np.ndarray) -> float:
    """
    Return the gain G, 0 where the columns tell nothing apart.

    That is so with a single label, whose template IS the background, and, up to float rounding,
    with labels that were taught the very same frames.
    """
    taught = samples > 0
    if not taught.any():
        return 0.0
    strength = shrinkage(params, samples[taught])
    apart = (products.own - 2 * products.with_background + products.background)[taught]
    size = products.own[taught].mean() + products.background
    if apart.mean() <= _FLOAT_NOISE * size:
        return 0.0
    return float(1 / ((strength - strength ** 2 / 2) * apart).mean())


def fit_gain_of(gain: float, residual: float) -> float:
    """
    Return what brings the fit to the unit of the drive: G, or 1 / kappa where there are no drives.

    With a single label there are none, and how well its template explains a frame is all there is
    to tell strangers by.  0 while nothing is known of kappa.
    """
    return gain or (1 / residual if residual > 0 else 0.0)


def readout(params: Params, state: State, before: Any = None) -> Readout:
    """
    Derive the int8 weights, the gain and the biases with which frames are answered.

    :param before: not used by this rule, for a lesson changes every weight.
    """
    xp = array_namespace(state.weights)
    samples = state.samples[1:]
    strength = xp.asarray(shrinkage(params, samples).astype(np.float32))
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
        fit_gain=fit_gain_of(gain, products.residual),
        phases=xp.asarray(phases(params, len(state.lateral))),
        state=state)
    return read._replace(compiled=compiled(params, read))


def compiled(params: Params, read: Readout) -> Compiled | None:
    """Return the kernel's view that answers as a readout; None where NumPy answers."""
    if not kernel.suits(read.weights) or not len(read.weights):
        return None
    columns = kernel.Columns(read.weights[:, None], params.leak, read.scale, read.phases)
    return Compiled(columns.single(read.bias, params.theta), kernel.Lateral(*read.state[:4]))
