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
comes in 14.  (The public code differs from this rule as meant: docs/learning.md, "Where the public
code differs".)

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
  ``u - theta - A`` a column reached; same as lowering the thresholds until one fires;
* slow weights (consolidation), by which the network answers; graded trace ``k_i / 10``;
* learning margins: while teaching, y must reach ``theta + margin_positive``, the others only
  ``theta - margin_negative``;
* early push: BIASGATE pushes in step p = 10, straight behind the presentation, before leak and
  noise have blurred which neuron came closest;
* anti-Hebbian budget: d_H is scaled by ``min(1, budget / |V|)``; inf is the published rule;
* replay: after each taught frame, a few stored samples are taught once more
  (``replay``); off by default.

Answering is repeatable: instead of noise there is the constant current of the luckiest neuron
(``constants.answering_noise``).  As in the public code no L neuron silences another then; OUT
spikes in every step in which one or more of its column do.

The form is event-driven: weights change after the frame, so a presentation is one product.
"""

from hybrid_snn_ros.snn.original.answering import calibrate, inspect, present
from hybrid_snn_ros.snn.original.constants import check, LATEST_PUSH, mnist, Params, published
from hybrid_snn_ros.snn.original.learning import (
    columns,
    counts,
    grow,
    initial,
    listen,
    reach,
    stimulation,
    teach,
)
from hybrid_snn_ros.snn.original.plasticity import State
from hybrid_snn_ros.snn.original.quantisation import Readout, readout

__all__ = [
    'LATEST_PUSH', 'LEARNS_VIEWS', 'PREQUENTIAL', 'Params', 'Readout', 'State', 'arrange',
    'calibrate', 'check', 'cluster_metric', 'columns', 'consolidate', 'counts', 'grow', 'hear',
    'initial', 'inspect', 'listen', 'mnist', 'move', 'present', 'published', 'reach', 'readout',
    'review', 'stimulation', 'teach', 'teach_all', 'unlearn', 'unlearn_all']

LEARNS_VIEWS = False  # a spike moves its synapse as a whole
PREQUENTIAL = True  # what an untaught frame looks like is recorded just before it is learned
# What a lesson changed depends on all before it: nothing can be unlearned or computed at once.
unlearn = arrange = move = teach_all = unlearn_all = consolidate = None
cluster_metric = hear = review = None  # there is no metric that all columns share
