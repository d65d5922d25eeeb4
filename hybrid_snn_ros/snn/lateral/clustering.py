# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A column without a name: how well a frame fits a cluster of frames that nobody has taught.

Linear discriminant analysis, the same that names things, seen from one more class.  Young columns
are shrunken towards the background and relieved of what the noise of few frames adds (see the
package); a cluster is such a column, of n members with mean trace mu, and P stays as it is,
because which of its members belong together is a guess::

    s = n / (n + n_prior)
    score(x, g) = G [ s (mu.P x - m_0.P x) - s (m_0.P mu - m_0.P m_0)
                      - s^2 ((mu - m_0).P (mu - m_0) - b kappa / n) / 2 ]

So it is the drive that a column of these frames would have, were P to know nothing of them.
"""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.snn.backend import array_namespace, to_host
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.quantisation import biases_of, gain_of, Products, shrinkage
from hybrid_snn_ros.snn.lateral.state import State, trace


class Metric(NamedTuple):
    """What scores need of a state besides P; NumPy's arrays of their own, N inputs."""

    params: Params
    template: np.ndarray  # m_0 (N,), trace
    weights: np.ndarray  # w_0 = P m_0 (N,), 1 / trace
    square: float  # m_0 . P m_0, drive before the gain
    gain: float  # G
    residual: float  # kappa

    def scores(self, heard: np.ndarray, means: np.ndarray, own: np.ndarray,
               members: np.ndarray) -> np.ndarray:
        """
        Return score(x, g) of K frames for M clusters, float64 (K, M), unit of the drive.

        :param heard: P x, float32 (K, N).
        :param means: mu, float32 (M, N).
        :param own: mu . P mu, (M,).
        :param members: n, (M,), all above 0.
        """
        strength = shrinkage(self.params, members)
        over_background = (heard @ means.T).astype(np.float64) - (
            heard @ self.template)[:, None]
        return self.gain * (strength * over_background - biases_of(
            self.params, own, (means @ self.weights).astype(np.float64), self.square, members,
            self.residual))


def cluster_metric(params: Params, state: State) -> Metric | None:
    """Return the metric of a state; None where its columns tell nothing apart."""
    products, template, weights = Products.of(params, state, state.templates[0],
                                              state.weights[0])
    gain = gain_of(params, products, state.samples[1:])
    if not gain:
        return None
    return Metric(params, np.array(template), np.array(weights), products.background, gain,
                  products.residual)


def hear(params: Params, state: State, spike_counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the traces x and what the inputs make of them, P x, float32 (K, N) each.

    :param spike_counts: uint8 (K, N), or float (K, N), means of such.
    """
    x = trace(params, array_namespace(state.lateral).asarray(spike_counts))
    x_here, heard = to_host(x, x @ state.lateral)  # P is symmetric
    return x_here, heard
