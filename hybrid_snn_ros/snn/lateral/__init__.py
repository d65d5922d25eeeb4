# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Linear discriminant analysis by local synapses (``rule: lateral``, the default).

CoLaNET columns whose inputs inhibit each other.  What they have learned is, up to float rounding,
linear discriminant analysis with an absolute ridge on the within-class scatter, on companded 4-bit
spike counts.  Local synapses arrive there, one frame at a time, each frame once, without a
learning rate and without a matrix being inverted; a lesson is unlearned by the same step with the
other sign (``learning``).  Beside that, and not local, are the steps of many frames at once, and
``consolidation``: it computes the same network from exact sums, so that its bits depend on the set
of samples alone.

Columns, winner-take-all, label-gated dopamine, the anti-Hebbian cost of firing and the spike-count
read-out are CoLaNET's (arXiv 2409.01230, 2606.20151).  The lateral synapses between inputs, the
feedback templates and learning from every taught frame are ours.

State, for N inputs and C columns of one L neuron each (row 0 is a background neuron that every
frame teaches; row c + 1 is column c)::

    P  (N, N)     lateral inhibitory synapses between inputs, I / ridge at the start
    m  (C + 1, N) feedback templates        w  (C + 1, N) feed-forward weights
    A  (C + 1,)   thresholds (costs)        n  (C + 1,)   samples

Teaching a frame with trace ``x = nu k`` (k the spike counts) for the neuron j of its column::

    h = P x                             lateral response of the inputs
    if n_j > 0:
        d = x - m_j                     prediction error: feedback cancels what is expected
        r = h - w_j                     decorrelated trace (= P d)
        g = omega n_j / (n_j + omega);  f = g / (1 + g d.r)
        P <- P - f r r^T                (1) anti-Hebbian: inputs that err together inhibit
        for every neuron c:             (2) drive costs, by the neuron's own drive q
            q = w_c . d;   w_c <- w_c - f q r;   A_c <- A_c - f q^2 / 2
        h <- h - f (h.d) r              (= P x with the new P)
    for c in {j, background}:           (3) dopamine: the label pays j, background is always paid
        n_c <- n_c + omega
        m_c <- m_c + (x - m_c) omega / n_c;   w_c <- w_c + (h - w_c) omega / n_c
        A_c = w_c . m_c / 2

A frame alone counts ``omega = 1``; of a frame that is taught in k views each counts ``omega =
1/k``, so that it is one sample all the same: counted as k it would pass for k frames of other
days.

Each synapse uses its two ends and the one scalar f (divisive inhibition).  (1) is the
Sherman-Morrison identity, (3) Welford's running mean, hence the invariants ``w = P m``,
``A = w.m / 2`` and ``P = (ridge I + S)^-1`` with S the within-class scatter.  Unlearning takes the
steps with the other sign: ``g = omega n_j / (n_j - omega)``, ``f = g / (1 - g d.r)``, ``P <- P + f
r r^T``.

Answering.  A young template is noisy, and a noisy template lies too far from everything.  So a
column is shrunken by ``s_c = n_c / (n_c + n_prior)``, as if its template lay on the way from the
background to m_c, and its threshold is lowered by what the noise of n_c samples adds to it; both
are what a Gaussian prior on the label's mean would do, and both vanish with n_c (n_prior is the
constant ``prior_strength``, b is ``bias_correction``)::

    kappa = (N - ridge tr P) / (n_0 - sum_c (sum of omega^2) / n_c)   mean d.P d of a learned frame
    Q_c = int8 copy of s_c (w_c - w_0)                          w_0: shared inhibition
    B_c = s_c w_0.(m_c - m_0) + s_c^2 ((m_c - m_0).P (m_c - m_0) - b kappa / n_c) / 2
    G = 1 / mean_c ((s_c - s_c^2 / 2) (m_c - m_0).P (m_c - m_0))   homeostatic gain
    u_c <- leak u_c + G nu sum_{i spikes} Q_ci - G B_c / 10;       spike where u_c >= theta

Input i spikes ``k_i`` times with its own fixed phase, the reset is subtractive.  With
``prior_strength = bias_correction = 0`` this is plain LDA.
"""

from hybrid_snn_ros.snn.lateral.answering import inspect, present, present_columns
from hybrid_snn_ros.snn.lateral.calibration import calibrate
from hybrid_snn_ros.snn.lateral.clustering import cluster_metric, hear
from hybrid_snn_ros.snn.lateral.consolidation import consolidate, consolidated
from hybrid_snn_ros.snn.lateral.constants import check, Params
from hybrid_snn_ros.snn.lateral.learning import move, teach, teach_all, unlearn, unlearn_all
from hybrid_snn_ros.snn.lateral.quantisation import (
    biases_of,
    gain_of,
    Products,
    Readout,
    readout,
    shrinkage,
)
from hybrid_snn_ros.snn.lateral.review import review
from hybrid_snn_ros.snn.lateral.state import (
    arrange,
    columns,
    counts,
    grow,
    initial,
    phases,
    reach,
    State,
    trace,
)

__all__ = [
    'LEARNS_VIEWS', 'PREQUENTIAL', 'Params', 'Products', 'Readout', 'State', 'arrange',
    'biases_of', 'calibrate', 'check', 'cluster_metric', 'columns', 'consolidate', 'consolidated',
    'counts', 'gain_of', 'grow', 'hear', 'initial', 'inspect', 'move', 'phases', 'present',
    'present_columns', 'reach', 'readout', 'review', 'shrinkage', 'teach', 'teach_all', 'trace',
    'unlearn', 'unlearn_all']

LEARNS_VIEWS = True
PREQUENTIAL = False  # leave-one-out answers are exact, so nothing is recorded while teaching
