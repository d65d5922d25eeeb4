# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Rebuilding: from a network to the one that was taught other samples.

A rule that can unlearn takes the way between the two, by local steps forward and back; where the
way is longer than computing the network from the set, it does that.  Any other rule learns again
what came behind the first difference.  ``Consolidation`` is the way of no steps: the same samples,
computed from the set.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network.difference import Difference, difference
from hybrid_snn_ros.network.history import columns_of, History
from hybrid_snn_ros.network.network import Network
from hybrid_snn_ros.snn.rule import Lesson

# Local steps that take as long as a consolidation, as a share of the inputs N: N^2 multiplications
# each against N^3.  Measured with 1280 inputs and 100 labels: 0.6 ms of CPU against 110 to 130.
_STEPS_PER_INPUT = 1 / 6
_AT_ONCE = 64  # lessons taken back, or learned, in one step of some 10 ms


class Rebuild:
    """
    Builds the network that was taught other samples, a step at a time.

    Meanwhile the old network goes on answering, as it is or, where a rule that cannot unlearn is
    merely taught more, with what it has learned of that.
    """

    def __init__(self, network: Network, samples: Mapping[int, Sample]) -> None:
        """
        Begin.

        :param samples: {id: Sample}, in the order of the memory.
        """
        self._old = network
        self._samples = samples
        self.network = network  # the new one, which may be the old one; complete behind the steps

    def steps(self) -> Iterator[tuple[int, int]]:
        """Do what is to be done; yield (steps done, steps to do) after each."""
        if self._old.rule.unlearn is None:
            yield from self._replay()
            return
        way = difference(self._old.lessons, self._samples)
        whole = self._old.whole
        if whole and not way.steps:
            columns = [way.homes[label] for label in way.labels]
            if columns == list(range(len(self._old.labels))):  # another name or order, at most
                self._old.rename(way.labels, self._samples)
                return
        at_once = self._old.rule.consolidate is not None
        if at_once and (not whole or way.steps > _STEPS_PER_INPUT * self._old.inputs):
            yield from self._compute(way)
        elif whole and way.steps <= len(self._samples):
            yield from self._walk(self._old.copied(), way)
        else:
            yield from self._walk(self._old.untaught(), difference([], self._samples))

    def _walk(self, network: Network, way: Difference) -> Iterator[tuple[int, int]]:
        """Take the steps between the two on a network of one's own."""
        done, todo = 0, way.steps
        column_of = dict(way.homes)
        for lessons in _blocks(way.gone):
            network.unlearn(lessons)
            done += len(lessons)
            yield done, todo
        for label in way.labels:
            if label not in column_of:
                column_of[label] = network.add_column(label)
        for (_, label), lessons in way.moved.items():
            network.move(lessons, column_of[label])
            done += 1
            yield done, todo
        for lessons in _blocks([self._lesson(number, column_of) for number in way.added]):
            network.learn_in(lessons[0].column, lessons)
            done += len(lessons)
            yield done, todo
        network.arrange([column_of[label] for label in way.labels], way.labels, self._samples)
        for _ in network.prepared():
            pass
        self.network = network

    def _lesson(self, number: int, column_of: Mapping[str, int]) -> Lesson:
        sample = self._samples[number]
        return self._old.lesson(number, column_of[sample.label], sample.codes)

    def _compute(self, way: Difference) -> Iterator[tuple[int, int]]:
        """Compute the network from the set of samples."""
        known = {lesson.number: lesson for lesson in self._old.lessons}
        lessons = []
        for place, ((number, sample), column) in enumerate(
                zip(self._samples.items(), way.columns)):
            lesson = known.get(number)
            if lesson is None or not lesson.has(sample.codes):
                lesson = self._old.lesson(number, column, sample.codes)
            lessons.append(lesson._replace(column=column))
            if place % 64 == 63:
                yield place + 1, len(self._samples)
        computed = Consolidation(self._old, History(way.labels, lessons))
        for _ in computed.steps():
            yield len(lessons), len(lessons)
        self.network = computed.network

    # -- a rule that cannot unlearn ------------------------------------------------------------

    def _replay(self) -> Iterator[tuple[int, int]]:
        """Learn what is missing behind the last checkpoint that both have in common."""
        labels, columns = columns_of(self._samples.values())
        old = self._old
        same = _common(old.lessons, self._samples, columns)
        if old.whole and same == len(old.lessons):  # but names may have changed
            old.rename(labels[:len(old.labels)])
        else:
            self.network = old.restarted(same, labels)
        missing = list(self._samples.items())[len(self.network.lessons):]
        for done, (number, sample) in enumerate(missing, 1):
            self.network.learn(number, sample.label, sample.codes)
            yield done, len(missing)


class Consolidation:
    """
    Computes a network from the set of its samples, in short steps; the old one stays as it is.

    Where the old one learns something meanwhile, what was begun is given up.
    """

    def __init__(self, network: Network, history: History | None = None) -> None:
        """
        Begin.

        :param network: of a rule that has ``consolidate``.
        :param history: what the new one will have learned; None for what the old one has.
        """
        self._old = network
        self._history = network.history if history is None else history
        self.network = network  # the new one behind the steps, unless they were given up

    def steps(self) -> Iterator[None]:
        """Do what is to be done; pause after each step."""
        revision = self._old.revision
        for _ in self._work():
            yield
            if self._old.revision is not revision:
                return

    def _work(self) -> Iterator[None]:
        old, history = self._old, self._history
        state, sums = yield from old.rule.consolidate(
            old.params, old.inputs, history.lessons, len(history.labels), old.sums)
        network = old.untaught()
        network.settle(state, sums, history)
        yield from network.prepared()
        self.network = network


def _blocks(lessons: Iterable[Lesson]) -> Iterator[list[Lesson]]:
    """Return lessons in parts of one column, as many as a frame can wait for."""
    own: dict[int, list[Lesson]] = {}
    for lesson in lessons:
        own.setdefault(lesson.column, []).append(lesson)
    for part in own.values():
        for start in range(0, len(part), _AT_ONCE):
            yield part[start:start + _AT_ONCE]


def _common(lessons: Sequence[Lesson], samples: Mapping[int, Sample],
            columns: Sequence[int]) -> int:
    """Return with how many samples both begin."""
    same = 0
    for lesson, (number, sample), column in zip(lessons, samples.items(), columns):
        if lesson[:2] != (number, column) or not lesson.has(sample.codes):
            break
        same += 1
    return same
