# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What a learning rule must offer: one protocol, two modules (``lateral`` and ``original``).

A rule is a module of pure functions over frozen tuples.  ``Params`` holds its constants and
``State`` everything learned.  A state is *handed over* to ``grow`` and ``teach``: they may reuse
its arrays for the tuple they return (copying 6.5 MB of lateral synapses for every sample would
cost more than learning it), so keep the returned state and drop the one passed in.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np


class Response(NamedTuple):
    """How the columns answered one frame."""

    spikes: np.ndarray  # (C,) int, OUT spikes in the presentation
    evidence: np.ndarray  # (C,) float, the class is its argmax; unit: OUT spikes
    drives: np.ndarray  # (C,) float, graded drive, from which the score is calibrated
    familiarity: float  # how well the winner explains the frame; low = never taught


class Rule(Protocol):
    """Functions and names that a rule's module holds."""

    Params: type
    State: type

    def check(self, params: Any) -> None:
        """Raise ValueError, one sentence naming the constant and its bounds, if one is off."""

    def counts(self, params: Any, codes: np.ndarray) -> np.ndarray:
        """Code the encoder's output codes, uint8 (N,), as spike counts 0..10, uint8 (N,)."""

    def initial(self, params: Any, inputs: int, xp: Any = np) -> Any:
        """Return the untaught state of a network with ``inputs`` inputs and no column."""

    def columns(self, state: Any) -> int:
        """Return the number of columns (labels)."""

    def grow(self, params: Any, state: Any) -> Any:
        """Add one untaught column behind the others."""

    def teach(self, params: Any, state: Any, counts: np.ndarray, column: int,
              shown: Any = None) -> Any:
        """
        Learn one frame, given as spike counts, for one column.

        ``shown`` may be the readout that answered the frame; it saves time and changes nothing.
        """

    def readout(self, params: Any, state: Any, before: Any = None) -> Any:
        """
        Derive what answering needs (quantised weights, gain); once after teaching.

        ``before`` may be the readout of an earlier state of the same network, which is used up;
        it saves time and changes nothing.
        """

    def present(self, params: Any, readout: Any, counts: np.ndarray) -> Response:
        """Show one frame, given as spike counts, and return the columns' response."""
