# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What clusters are to a network that has changed: the new metric, and who has a name now."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.network import Network
from hybrid_snn_ros.questions.cluster import Cluster, Member
from hybrid_snn_ros.questions.threshold import threshold_of

_MEMBERS_AT_ONCE, _CLUSTERS_AT_ONCE = 8, 4  # of one step, 2 to 5 ms


class Renewed(NamedTuple):
    """A cluster as it will be."""

    cluster: Cluster
    members: list[Member]  # those that are left
    mean: np.ndarray  # mu, float32 (N,), trace
    heard: np.ndarray  # P mu, float32 (N,)


class Renewal:
    """Computes it beside the clusters, which stay as they are."""

    def __init__(self, network: Network, clusters: Sequence[Cluster],
                 false_unknown: float) -> None:
        """Begin; nothing is computed yet."""
        self._network = network
        self._before = list(clusters)
        self._false_unknown = false_unknown
        self.metric: Any = None  # None where the network cannot group
        self.threshold = np.inf
        self.known: set[int] = set()  # ids of members that are strange no more
        self.renewed: list[Renewed] = []

    def steps(self) -> Iterator[None]:
        """Do it; a generator that pauses after steps of a few milliseconds."""
        network = self._network
        self.metric = network.cluster_metric()
        yield
        if self.metric is not None:
            self.threshold = yield from threshold_of(network, self.metric)
        members = [member for cluster in self._before for member in cluster.members]
        for start in range(0, len(members), _MEMBERS_AT_ONCE):
            self.known.update(member.number
                              for member in members[start:start + _MEMBERS_AT_ONCE]
                              if not self._is_strange(member))
            yield
        left = [(cluster, own) for cluster in self._before if (own := [
            member for member in cluster.members if member.number not in self.known])]
        for start in range(0, len(left), _CLUSTERS_AT_ONCE):
            part = left[start:start + _CLUSTERS_AT_ONCE]
            means = np.array([np.mean([network.counts(member.codes) for member in own], axis=0)
                              for _, own in part])
            x, heard = (network.hear(means) if self.metric is not None
                        else np.zeros((2, *means.shape), np.float32))
            self.renewed += [Renewed(*one, x[row], heard[row]) for row, one in enumerate(part)]
            yield

    def _is_strange(self, member: Member) -> bool:
        network = self._network
        return network.decide(network.present(member.codes), self._false_unknown,
                              1).reason == 'strange'
