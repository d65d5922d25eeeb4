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
* Typicality (rule ``lateral`` alone): ``h = P x`` weighs the trace of every input that fired once
  against all N inputs.  These are graded values, not spikes, hence counted apart.

The energy is that of a neuromorphic chip: Loihi (14 nm) takes at least 23.6 pJ for a synaptic
operation (Davies et al., IEEE Micro 38(1), 2018).  Neither the encoder, which takes by far
the most, nor neurons, memory, learning or the rest of the computer are in it.
"""

from typing import NamedTuple

import numpy as np

PICOJOULES_EACH = 23.6  # for a synaptic operation on Loihi
ASSUMPTION = (f'{PICOJOULES_EACH:g} pJ a synaptic operation as on Loihi, 14 nm; columns and '
              'typicality only, without the encoder; not what this computer takes')


class Reach(NamedTuple):
    """How far a spike reaches in a network as it is now; a rule tells (``Rule.reach``)."""

    neurons: int  # that were ever taught: an input spike reaches each of them
    inputs: int  # that the trace of an input reaches laterally; 0 without lateral synapses


class SynapticOperations(NamedTuple):
    """What one frame makes the network do; means over several frames are fine."""

    spikes: float  # of all inputs
    sparsity: float  # share of the inputs that do not spike, 0..1
    columns: float  # synaptic operations into the columns
    typicality: float  # operations to tell whether the frame looks like a taught one

    @property
    def microjoules(self) -> float:
        """Estimate in microjoules; see the module for what is assumed."""
        return (self.columns + self.typicality) * PICOJOULES_EACH * 1e-6


def activity(spike_counts: np.ndarray) -> tuple[int, int]:
    """Return (inputs that spike, spikes of all inputs) of spike counts (N,)."""
    return int(np.count_nonzero(spike_counts)), int(spike_counts.sum())


def count(reach: Reach, inputs: int, active: float, spikes: float) -> SynapticOperations:
    """
    Count the synaptic operations of a frame, or the mean of several.

    :param reach: how far a spike reaches in the network.
    :param inputs: N; active: how many of them spike; spikes: of all of them; means are fine.
    """
    return SynapticOperations(
        spikes, 1 - active / inputs, spikes * reach.neurons, active * reach.inputs)
