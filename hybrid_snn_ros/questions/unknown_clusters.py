# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Frames that were answered ``unknown``, grouped while they come: sequential leader clustering.

A cluster is a young column without a name (``snn.lateral.clustering``).  A frame joins the
cluster with the best score if that is above the threshold, else it opens one.  The threshold is
what 99 % of the pairs of taught samples of different labels stay below.  Two clusters become one
where a frame is above the threshold for both and the members of each are so for the other, on
average.  When ``ASK_AT`` members have come together there is something to ask.

**What counts.**  A frame that is nearly a member again (``defaults.MIN_CHANGE``) is seen, and is
no member: a camera that stands still shows one or two, whatever the light does.

**What is dropped.**  At the limit goes first what is least likely to become a question: of the
smallest clusters the one not seen for longest, then things that were ignored, then questions.
A cluster has at most ``LARGEST`` members, or one thing looked at all day would take all the room.

**When something is taught** the metric is another one.  ``follow`` computes all anew in steps of
a few milliseconds, and members that have a name now leave.  Frames that come before it is done
are not taken: a thing that matters is seen again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hybrid_snn_ros.defaults import MIN_CHANGE
from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.network import Network
from hybrid_snn_ros.questions.cluster import Cluster, Member
from hybrid_snn_ros.questions.halves import halves
from hybrid_snn_ros.questions.renewal import Renewal
from hybrid_snn_ros.questions.rows import Rows
from hybrid_snn_ros.questions.saved import arrays_of, clusters_of
from hybrid_snn_ros.snn.response import mean_of

ASK_AT = 8  # members of a cluster that is asked about
LARGEST = 32  # members of one cluster; more tell no more of what it is
LIMIT = 500  # members in all: 8 MB with 1280 inputs
OPEN = 20  # questions at once; a person answers no more, and the rest wait


class UnknownClusters:
    """Groups unknown frames; deterministic, bounded, one product with P a frame."""

    def __init__(self, false_unknown: float, limit: int = LIMIT) -> None:
        """
        Begin with nothing seen.

        :param false_unknown: as the answers that call frames unknown are made with.
        :param limit: members in all, more than two clusters of ``LARGEST``.
        """
        self.false_unknown = false_unknown
        self._limit = limit
        self._next = 1  # id of the next member or cluster
        self._clusters: list[Cluster] = []
        self._means, self._heard = Rows(limit + 1), Rows(limit + 1)  # mu and P mu, of each cluster
        self._members: list[tuple[Member, Cluster]] = []
        self._directions = Rows(limit + 1)  # of their codes
        self._metric: Any = None
        self._threshold = np.inf
        self._revision: object = None  # of the network that the metric is of
        self._changes = 0  # answers, which a `follow` under way must hear of

    # -- seeing ---------------------------------------------------------------------------------

    def add(self, network: Network, codes: np.ndarray, stamp: str, time: float) -> Member | None:
        """
        See a frame that was answered ``unknown`` because it is strange.

        :param network: the one that answered.
        :param codes: uint8 (N,).
        :param stamp: of the frame.
        :param time: unix seconds.
        :return: the member that it became, or None: it is nearly one that is there, its cluster is
            full, or the network has changed and ``follow`` is not done.
        """
        if self._metric is None or self.is_stale(network):
            return None
        direction, = directions([codes])
        if self._members:
            alike = self._directions.matrix @ direction
            nearest = int(alike.argmax())
            if alike[nearest] > 1 - MIN_CHANGE:
                self._sighted(self._members[nearest][1], time)
                return None
        x, heard = network.hear(network.counts(codes)[None])
        scores = self._scores(heard)[0]
        above = [int(place) for place in np.argsort(-scores, kind='stable')
                 if scores[place] > self._threshold]
        if not above:
            member = self._open(codes, stamp, time, direction)
            self._means.add(x[0])
            self._heard.add(heard[0])
        else:
            cluster = self._clusters[above[0]]
            self._sighted(cluster, time)
            if len(cluster.members) >= LARGEST:
                return None
            member = self._join(cluster, codes, stamp, time, direction)
            share = np.float32(1 / len(cluster.members))
            for rows, row in ((self._means, x[0]), (self._heard, heard[0])):
                mean = rows.matrix[above[0]]
                mean += (row - mean) * share
            self._merge(cluster, [self._clusters[place] for place in above[1:]])
            if cluster.ripe is None and len(cluster.members) >= ASK_AT:
                cluster.ripe = time
        self._make_room()
        return member

    def _scores(self, heard: np.ndarray) -> np.ndarray:
        """Return the scores of frames, of which P x is given, for all clusters, (K, M)."""
        means = self._means.matrix
        if not len(means):
            return np.zeros((len(heard), 0))
        return self._metric.scores(
            heard, means, np.einsum('mi,mi->m', means, self._heard.matrix).astype(np.float64),
            np.array([len(cluster.members) for cluster in self._clusters]))

    def _sighted(self, cluster: Cluster, time: float) -> None:
        cluster.seen += 1
        cluster.last = max(cluster.last, time)

    def _open(self, codes: np.ndarray, stamp: str, time: float, direction: np.ndarray) -> Member:
        """Open a cluster with one member, whose mean the caller adds."""
        cluster = Cluster(self._new_number(), [], time, time)
        self._clusters.append(cluster)
        return self._join(cluster, codes, stamp, time, direction)

    def _join(self, cluster: Cluster, codes: np.ndarray, stamp: str, time: float,
              direction: np.ndarray) -> Member:
        member = Member(self._new_number(), codes.copy(), stamp, time)
        cluster.members.append(member)
        self._members.append((member, cluster))
        self._directions.add(direction)
        return member

    def _new_number(self) -> int:
        self._next += 1
        return self._next - 1

    def _merge(self, cluster: Cluster, others: Sequence[Cluster]) -> None:
        """Make another cluster a part of this one, the first whose members fit, and its theirs."""
        for other in others:
            if other.split and other.split == cluster.split:
                continue
            places = [self._clusters.index(one) for one in (cluster, other)]
            # The score is linear in P x, so that of the mean is the mean score of the members.
            between = self._scores(self._heard.matrix[places])[:, places]
            if min(between[0, 1], between[1, 0]) > self._threshold:
                self._become_one(cluster, other, *places)
                return

    def _become_one(self, cluster: Cluster, other: Cluster, place: int, gone: int) -> None:
        share = np.float32(len(other.members) / (len(cluster.members) + len(other.members)))
        for rows in (self._means, self._heard):
            rows.matrix[place] += (rows.matrix[gone] - rows.matrix[place]) * share
        cluster.number = min(cluster.number, other.number)
        cluster.members = sorted(cluster.members + other.members, key=lambda one: one.number)
        cluster.first, cluster.last = (min(cluster.first, other.first),
                                       max(cluster.last, other.last))
        cluster.seen += other.seen
        cluster.ignored |= other.ignored
        cluster.split = cluster.split or other.split
        asked = [one.ripe for one in (cluster, other) if one.ripe is not None]
        cluster.ripe = min(asked, default=None)
        self._members = [(member, cluster if own is other else own)
                         for member, own in self._members]
        self._forget_cluster(gone)

    def _forget_cluster(self, place: int) -> None:
        """Drop a cluster whose members are elsewhere; the last one takes its place."""
        self._means.remove(place)
        self._heard.remove(place)
        last = self._clusters.pop()
        if place < len(self._clusters):
            self._clusters[place] = last

    def _forget_members(self, numbers: Collection[int]) -> None:
        """Drop members, and leave them in their clusters."""
        for place in reversed(range(len(self._members))):
            if self._members[place][0].number in numbers:
                self._directions.remove(place)
                last = self._members.pop()
                if place < len(self._members):
                    self._members[place] = last

    def _remove(self, cluster: Cluster) -> None:
        self._forget_members({member.number for member in cluster.members})
        self._forget_cluster(self._clusters.index(cluster))

    def _make_room(self) -> None:
        """Keep to the limit; what was seen last is never dropped, or nothing new could begin."""
        newest = self._members[-1][1]
        while len(self._members) > self._limit:
            self._remove(min(
                (one for one in self._clusters if one is not newest),
                key=lambda one: (one.asks, one.ignored,
                                 0 if one.asks or one.ignored else len(one.members), one.last)))

    # -- when something was taught --------------------------------------------------------------

    def is_stale(self, network: Network) -> bool:
        """Tell whether a network has changed since ``follow`` was done."""
        return self._revision is not network.revision

    def follow(self, network: Callable[[], Network]) -> Iterator[None]:
        """
        Take over the metric of a network that has changed, for idle time.

        A generator that pauses after steps of a few milliseconds.  Members that are no longer
        strange to the network leave.

        :param network: returns the one that answers now.
        """
        while self.is_stale(network()):
            one, revision, changes = network(), network().revision, self._changes
            renewal = Renewal(one, self._clusters, self.false_unknown)
            for _ in renewal.steps():
                yield
                if network() is not one or one.revision is not revision or (
                        self._changes != changes):
                    break
            else:
                self._take_over(renewal)
                self._revision = revision

    def _take_over(self, renewal: Renewal) -> None:
        self._metric, self._threshold = renewal.metric, renewal.threshold
        self._forget_members(renewal.known)
        self._clusters = []
        self._means, self._heard = Rows(self._limit + 1), Rows(self._limit + 1)
        for cluster, members, mean, heard in renewal.renewed:
            cluster.members = members
            if len(members) < ASK_AT and not cluster.split:
                cluster.ripe = None
            self._clusters.append(cluster)
            self._means.add(mean)
            self._heard.add(heard)

    # -- asking ---------------------------------------------------------------------------------

    @property
    def clusters(self) -> list[Cluster]:
        """All clusters, in the order of their ids; not to be changed."""
        return sorted(self._clusters, key=lambda one: one.number)

    @property
    def questions(self) -> list[Cluster]:
        """What to ask now, oldest question first, at most ``OPEN``."""
        ripe = [one for one in self._clusters if one.asks]
        return sorted(ripe, key=lambda one: (one.ripe, one.number))[:OPEN]

    @property
    def numbers(self) -> set[int]:
        """Ids of all members: what a caller keeps pictures for."""
        return {member.number for member, _ in self._members}

    def nearest(self, network: Network, number: int, top: int) -> list[tuple[str, float]]:
        """
        Return the labels that look most like a cluster, [(label, score)], best first.

        :param number: id of the cluster.
        :raises KeyError: when there is no such cluster.
        """
        response = mean_of([network.present(one.codes) for one in self._cluster(number).members])
        return network.decide(response, 0.0, top).ranked

    def answer(self, number: int, left_out: Iterable[int] = ()) -> list[Member]:
        """
        Take a question as answered; its cluster is gone.

        :param number: id of the cluster.
        :param left_out: ids of members that show something else.  Each waits on, alone.
        :return: the members to teach, in the order they were seen.
        :raises KeyError: when there is no such cluster.
        """
        cluster = self._cluster(number)
        struck = set(left_out)
        self._changes += 1
        self._remove(cluster)
        for member in cluster.members:
            if member.number in struck:
                self._put_back(Cluster(self._new_number(), [member], member.time, member.time))
        return [member for member in cluster.members if member.number not in struck]

    def _put_back(self, cluster: Cluster) -> None:
        """Take in a cluster whose mean the next ``follow`` computes; no frame is taken before."""
        self._clusters.append(cluster)
        for member in cluster.members:
            self._members.append((member, cluster))
            self._directions.add(directions([member.codes])[0])
        for rows in (self._means, self._heard):
            rows.add(np.zeros(len(cluster.members[0].codes), np.float32))
        self._revision = None

    def split(self, network: Network, number: int) -> list[int]:
        """
        Make two clusters of one in which different things are mixed (``questions.halves``).

        Both are asked about, however few their members are, and never become one again.

        :param network: the one that answers.
        :param number: id of the cluster.
        :return: ids of the two.
        :raises KeyError: when there is no such cluster.
        :raises ValueError: when it has one member.
        """
        cluster = self._cluster(number)
        if len(cluster.members) < 2:
            raise ValueError('one picture cannot be split')
        x, heard = network.hear(np.array(
            [network.counts(one.codes) for one in cluster.members]))
        second = halves(x, heard)
        self._changes += 1
        self._forget_cluster(self._clusters.index(cluster))
        parts: dict[int, Cluster] = {}
        for part in (~second, second):
            members = [one for one, mine in zip(cluster.members, part) if mine]
            times = [one.time for one in members]
            new = Cluster(self._new_number(), members, min(times), max(times), len(members),
                          cluster.ignored, cluster.ripe, cluster.split or cluster.number)
            self._clusters.append(new)
            self._means.add(x[part].mean(axis=0))
            self._heard.add(heard[part].mean(axis=0))
            parts.update((one.number, new) for one in members)
        self._members = [(one, parts.get(one.number, own)) for one, own in self._members]
        return sorted({one.number for one in parts.values()})

    def ignore(self, number: int) -> None:
        """
        Never ask about a thing; frames that show it are still kept from opening another question.

        :param number: id of the cluster.
        :raises KeyError: when there is no such cluster.
        """
        self._cluster(number).ignored = True

    # -- a restart ------------------------------------------------------------------------------

    def saved(self) -> dict[str, np.ndarray]:
        """Return all of it as plain arrays, {name: array}."""
        return arrays_of(self.clusters, self._next)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """
        Go on from what ``saved`` gave; to be called before any frame was seen.

        :param arrays: of the same encoder.
        :raises ValueError: when they are not what ``saved`` gives.
        """
        clusters, self._next = clusters_of(arrays)
        for cluster in clusters:
            self._put_back(cluster)

    def _cluster(self, number: int) -> Cluster:
        for cluster in self._clusters:
            if cluster.number == number:
                return cluster
        raise KeyError(f'there is no question {number}')
