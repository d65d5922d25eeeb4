# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How much a frame makes the network do: spikes, sparsity, synaptic operations, and an estimate.

A synaptic operation is one spike that arrives at one synapse and is weighed into one neuron.  It
is counted as spike-driven hardware would carry it out.  This computer does it otherwise (matrix
products over all inputs), so the count says what the *network* asks for, not what the processor
executes.

* Columns: every input spike reaches every neuron that was ever taught, of every column and copy.
  Losers of a column still receive it; that the winner silences them saves no weighing.
* Familiarity (rule ``lateral`` alone): ``h = P x`` weighs the trace of every input that fired once
  against all N inputs.  These are graded values, not spikes, hence counted apart.

The energy is that of a neuromorphic chip: Loihi (14 nm) takes at least 23.6 pJ for a synaptic
operation (Davies et al., IEEE Micro 38(1), 2018).  Neither the encoder, which takes by far
the most, nor neurons, memory, learning or the rest of the computer are in it.
"""

from typing import NamedTuple

import numpy as np

PICOJOULES = 23.6  # a synaptic operation on Loihi
ASSUMPTION = (f'{PICOJOULES:g} pJ a synaptic operation as on Loihi, 14 nm; columns and '
              'familiarity only, without the encoder; not what this computer takes')


class Synapses(NamedTuple):
    """How far a spike reaches in a network as it is now."""

    neurons: int  # that were ever taught: an input spike reaches each of them
    lateral: int  # inputs that the trace of an input reaches; 0 where there are no such synapses


class Effort(NamedTuple):
    """What one frame makes the network do."""

    spikes: float  # of all inputs
    sparsity: float  # share of the inputs that do not spike, 0..1
    columns: float  # synaptic operations into the columns
    familiarity: float  # operations to tell whether the frame is known

    @property
    def microjoules(self):
        """Estimate in microjoules; see the module for what is assumed."""
        return (self.columns + self.familiarity) * PICOJOULES * 1e-6


def synapses_of(state):
    """Return the Synapses of a state of either rule."""
    lateral = getattr(state, 'lateral', None)
    if lateral is None:
        return Synapses(int(np.count_nonzero(state.samples)), 0)
    taught = int(np.count_nonzero(state.samples[1:]))  # row 0 is the background neuron
    return Synapses(taught, len(lateral) if taught else 0)


def activity(spike_counts):
    """Return (inputs that spike, spikes of all inputs) of spike counts (N,)."""
    return int(np.count_nonzero(spike_counts)), int(spike_counts.sum())


def effort(synapses, inputs, active, spikes):
    """
    Return the Effort of a frame, or the mean Effort of several.

    :param synapses: Synapses of the network.
    :param inputs: N; active: how many of them spike; spikes: of all of them; means are fine.
    """
    return Effort(spikes, 1 - active / inputs, spikes * synapses.neurons,
                  active * synapses.lateral)
