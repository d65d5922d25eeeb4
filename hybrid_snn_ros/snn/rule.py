# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What a learning rule decides: one protocol, through which everyone else speaks to every rule.

A rule is a folder of its own (``lateral``, ``original``): a package of pure functions over tuples
of arrays, or an instance of a class that derives from ``Rule`` and so has the defaults below.
``Params`` holds its constants, ``State`` everything learned; N is the number of inputs, C that of
columns (labels).  Some functions are not pure: what learns, takes back, moves, ``grow`` and
``arrange`` take a state over and may change its arrays in place (copying 6.5 MB of lateral
synapses for every sample would cost more than learning it), so keep the state they return and drop
the one passed in.

**Taking back.**  A rule says whether it can unlearn.  Where it cannot (``unlearn`` is None), what
it learned depends on the order: the samples behind the first one that is gone are learned again,
from the last checkpoint before it.  Where it can, it is led to any other set of samples by steps::

    unlearn(params, state, spike_counts (N,), column) -> State    the inverse of teach
    arrange(params, state, columns) -> State    these columns, in this order; others are gone

and, where that is quicker than unlearning and teaching one by one, frames being the spike counts
of several::

    move(params, state, frames, source, target) -> State
    teach_all(params, state, frames, column) -> State
    unlearn_all(params, state, frames, column) -> State

Such steps either are exact, or they round and
the rule can compute its network from the set at once, by a generator that pauses between steps::

    consolidate(params, inputs, lessons, columns, before) -> (State, sums)

with NumPy's arrays, bit for bit a function of the lessons and their columns; ``before`` is None or
the sums of an earlier call, which save time and change nothing.

**What was not taught.**  A rule may say how well a frame fits others that have no label, and how
taught ones look without themselves (``questions`` and ``audit`` need it, answering does not)::

    cluster_metric(params, state) -> snn.lateral.clustering.Metric, or None
    hear(params, state, spike_counts (K, N)) -> (traces, lateral responses), (K, N) each
    review(params, state, lessons) -> snn.lateral.review.Review, as a generator

``snn.rules`` lists the rules; whatever a user may choose from comes from there.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol
import zlib

import numpy as np

from hybrid_snn_ros.snn import decision
from hybrid_snn_ros.snn.coding import spike_trains
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.synaptic_operations import Reach

__all__ = ['Inspection', 'Lesson', 'Response', 'Rule']


class Lesson(NamedTuple):
    """One sample as it was learned."""

    number: int  # id of the sample in the memory
    column: int  # 0..C-1
    codes: np.ndarray  # uint8 (N,), the encoder's output codes, or (k, N) of k views
    counts: np.ndarray  # the same as spike counts k, 0..10, of what the rule learns of it
    rank: int = 0  # CRC of the codes: a place drawn by lot that depends on no other lesson

    @classmethod
    def of(cls, number: int, column: int, codes: np.ndarray, counts: np.ndarray) -> 'Lesson':
        """Return a lesson with its rank."""
        return cls(number, column, codes, counts, zlib.crc32(codes.tobytes()))

    def has(self, codes: np.ndarray) -> bool:
        """Tell whether it is of these codes, of all views."""
        return self.codes is codes or np.array_equal(self.codes, codes)


class Inspection(NamedTuple):
    """The inside of one presentation, for people who want to see it."""

    trains: np.ndarray  # float32 (N, steps), 1 where an input spikes
    potentials: np.ndarray | None  # (steps, C), in thresholds; None where the rule does not tell


class Rule(Protocol):
    """Functions and names that a rule has; what has a body here is the default."""

    Params: Any  # NamedTuple of the constants, all with defaults; ``seed`` if anything is random
    State: Any  # NamedTuple of arrays and whole numbers; new columns lie behind the others
    # Whether ``calibrate`` needs records: every frame of a known label is then presented just
    # before it is learned.
    PREQUENTIAL: bool = True
    # Whether a lesson's views are learned, each as its share of a frame; else its first alone.
    LEARNS_VIEWS: bool = False
    # These six: "Taking back", above.
    unlearn: Any = None
    arrange: Any = None
    move: Any = None
    teach_all: Any = None
    unlearn_all: Any = None
    consolidate: Any = None
    # These three: "What was not taught", above.
    cluster_metric: Any = None
    hear: Any = None
    review: Any = None

    def check(self, params: Any) -> None:
        """Raise ValueError, one sentence naming the constant and its bounds, if one is off."""
        return  # a body: without one mypy takes it for abstract

    def counts(self, params: Any, codes: np.ndarray) -> np.ndarray:
        """Code the encoder's output codes, uint8 (N,), as spike counts 0..10, uint8 (N,)."""
        raise NotImplementedError

    def initial(self, params: Any, inputs: int, xp: Any = np) -> Any:
        """Return the untaught state of a network with ``inputs`` inputs and no column."""
        raise NotImplementedError

    def columns(self, state: Any) -> int:
        """Return the number of columns C."""
        raise NotImplementedError

    def grow(self, params: Any, state: Any) -> Any:
        """Add one untaught column behind the others; takes the state over."""
        raise NotImplementedError

    def teach(self, params: Any, state: Any, spike_counts: np.ndarray, column: int) -> Any:
        """
        Learn one frame for one column, in place: takes the state over, returns the one to keep.

        :param spike_counts: uint8 (N,), 0..10; where the rule LEARNS_VIEWS also (k, N) of k views.
        """
        raise NotImplementedError

    def readout(self, params: Any, state: Any, before: Any = None) -> Any:
        """
        Derive what answering needs (quantised weights, gain); once after teaching.

        :param before: the readout of an earlier state of the same network, if any, which is used
            up; it saves time and changes nothing.
        """
        raise NotImplementedError

    def present(self, params: Any, readout: Any, spike_counts: np.ndarray) -> Response:
        """Show one frame, uint8 (N,) spike counts, and return the columns' response."""
        raise NotImplementedError

    def calibrate(self, params: Any, state: Any, lessons: Sequence[Lesson],
                  records: Sequence[decision.Record],
                  samples: Sequence[int],
                  before: decision.Calibration | None = None) -> decision.Calibration:
        """
        Say what frames of taught labels look like to a network that has not seen them.

        :param lessons: all that the state has learned.
        :param records: how they looked just before they were learned, if the rule is PREQUENTIAL.
        :param samples: samples of each column, (C,).
        :param before: that of an earlier state, if any; it saves time and changes nothing.
        """
        return decision.calibrate_prequential(records, samples)

    def reach(self, state: Any) -> Reach:
        """Return how far a spike reaches: one neuron a column by default."""
        return Reach(self.columns(state), 0)

    def inspect(self, params: Any, readout: Any, spike_counts: np.ndarray) -> Inspection:
        """Present one frame, uint8 (N,) spike counts, and tell what happened inside."""
        return Inspection(spike_trains(spike_counts), None)
