# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One network: learns and unlearns samples, answers frames, falls back to the CPU."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from hybrid_snn_ros.codes import first_view
from hybrid_snn_ros.memory.labels import NAMELESS
from hybrid_snn_ros.network.history import History
from hybrid_snn_ros.network.prediction import Prediction, prediction_of
from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn import checkpoints, decision
from hybrid_snn_ros.snn.backend import falls_back_to_cpu
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rule import Lesson
from hybrid_snn_ros.snn.rules import RULES
from hybrid_snn_ros.snn.steps import finish
from hybrid_snn_ros.snn.synaptic_operations import Reach

_FEW = 8  # lessons; fewer are quicker one by one
CHECKPOINT_EVERY = 64  # samples; bounds how many an undo of the last one learns again


class Network:
    """
    Learns samples one at a time, unlearns them where its rule can, answers frames.

    A GPU that fails on the way is disabled: the network is computed on the CPU from the set of its
    samples or, by a rule that cannot do that, learned again from its newest checkpoint, and what
    was asked for is done there.
    """

    def __init__(self, rule: str, params: Any, inputs: int,
                 backend: str | backends.Backend = 'numpy') -> None:
        """
        Make an untaught network.

        :param rule: a name in snn.rules.RULES.
        :param params: the rule's Params.
        :param inputs: width N of the codes.
        :param backend: 'numpy', 'cupy', or a snn.backend.Backend to share.
        :raises BackendError: when the backend cannot be had.
        """
        if not isinstance(backend, backends.Backend):
            backend = backends.Backend(backend)
        self.rule_name = rule
        self.rule = RULES[rule]
        self.params = params
        self.inputs = inputs
        self.backend = backend
        self._xp = backend.xp
        self.on_cpu = backend.xp is np
        self.computed_by = backend.name  # 'cupy, numpy' for a state that both had a part in
        self.history = History()
        self.checkpoints: list[checkpoints.Checkpoint] = []  # newest last; states never change
        self.whole = True  # False once a step was broken off half-way
        self._calibration: decision.Calibration | None = None
        self._last_calibration: decision.Calibration | None = None
        self.sums: Any = None  # of the rule's last consolidation; never changed in place
        self._begin()

    @falls_back_to_cpu
    def _begin(self) -> None:
        self.state = self.rule.initial(self.params, self.inputs, self._xp)
        self._changed()

    def untaught(self) -> 'Network':
        """Return an untaught network of the same rule and constants, on the same backend."""
        fresh = Network(self.rule_name, self.params, self.inputs, self.backend)
        fresh._last_calibration = self._last_calibration
        return fresh

    def fall_back_to_cpu(self, error: Exception) -> None:
        """Disable a GPU that failed; nothing on it is used again."""
        self.backend.disable_device(error)
        if self.rule.consolidate is not None:
            fresh = self.untaught()
            state, sums = finish(self.rule.consolidate(
                self.params, self.inputs, self.lessons, len(self.labels), self.sums))
            fresh.settle(state, sums, self.history)
        elif self.rule.unlearn is None:
            fresh = self.restarted(len(self.history), self.labels)
            for lesson in self.lessons[len(fresh.history):]:
                fresh.learn(lesson.number, self.labels[lesson.column], lesson.codes)
        else:
            fresh = self.untaught()
            for label in self.labels:
                fresh.add_column(label)
            for lesson in self.lessons:
                fresh.learn_in(lesson.column, [lesson])
        vars(self).update(vars(fresh))

    def _changed(self, before: Any = None) -> None:
        self.revision = object()  # of what was learned: another one with every change
        self.consolidated = self.rule.consolidate is None
        self._readout: Any = None
        self._before = before
        self._calibration = None

    @property
    def labels(self) -> list[str]:
        """Texts of the labels, one a column."""
        return self.history.labels

    @property
    def lessons(self) -> list[Lesson]:
        """What was learned, in order."""
        return self.history.lessons

    @property
    def sample_counts(self) -> list[int]:
        """How many lessons each column has had."""
        return self.history.sample_counts

    def rename(self, labels: Sequence[str], numbers: Iterable[int] | None = None) -> None:
        """
        Give the columns other labels; nothing is learned again.

        :param numbers: ids of all lessons, in the order that they shall have; None for as it is.
        """
        before = self._nameless()
        self.history.labels = list(labels)
        if numbers is not None:
            self.history.arrange(range(len(labels)), labels, numbers)
        if self._nameless() != before:
            self._calibration = None

    def _nameless(self) -> set[int]:
        """Return the columns whose answer is unknown."""
        return {column for column, label in enumerate(self.labels) if label in NAMELESS}

    # -- learning ------------------------------------------------------------------------------

    def learn(self, number: int, label: str, codes: np.ndarray) -> None:
        """Learn one sample: its id, its label, the codes of its views, uint8 (N,) or (k, N)."""
        self._learn(number, label, codes)
        if self.rule.unlearn is None and len(self.history) % CHECKPOINT_EVERY == 0:
            self.keep_checkpoint()

    @falls_back_to_cpu
    def _learn(self, number: int, label: str, codes: np.ndarray) -> None:
        self.whole = False
        column = self.history.column_of(label)
        if column is None:
            lesson = self.lesson(number, self._add_column(label), codes)
        else:
            lesson = self.lesson(number, column, codes)
            if self.rule.PREQUENTIAL:
                self._record(lesson.counts, column)
        self._teach(lesson)
        self.whole = True

    def lesson(self, number: int, column: int, codes: np.ndarray) -> Lesson:
        """Return what a sample is to this network; nothing is learned."""
        learned = codes if self.rule.LEARNS_VIEWS else first_view(codes)
        return Lesson.of(number, column, codes, self.counts(learned))

    def _add_column(self, label: str) -> int:
        self.state = self.rule.grow(self.params, self.state)
        return self.history.add_column(label)

    def _teach(self, lesson: Lesson) -> None:
        self.state = self.rule.teach(self.params, self.state, lesson.counts, lesson.column)
        self.history.add(lesson)
        self._changed(self._before if self._readout is None else self._readout)

    def _record(self, counts: np.ndarray, column: int) -> None:
        """Keep how typical a frame looks just before it is learned (see snn.decision)."""
        response = self.rule.present(self.params, self._ready(), counts)
        self.history.records.append(
            decision.Record(column, self.sample_counts[column], response.typicality))

    # -- a rule that can unlearn: to any other set of samples, step by step ---------------------

    @falls_back_to_cpu
    def copied(self) -> 'Network':
        """Return another one that has learned the same."""
        fresh = self.untaught()
        fresh.state = type(self.state)(*(
            value if isinstance(value, int) else value.copy() for value in self.state))
        fresh._xp, fresh.on_cpu = self._xp, self.on_cpu  # where these arrays are
        fresh.history, fresh.sums = self.history.copy(), self.sums
        fresh._changed()
        return fresh

    @falls_back_to_cpu
    def add_column(self, label: str) -> int:
        """Give a label a column without samples; return its place."""
        return self._add_column(label)

    @falls_back_to_cpu
    def learn_in(self, column: int, lessons: Sequence[Lesson]) -> None:
        """Learn lessons in one column, whatever its label is called."""
        self.whole = False
        self.state = _each_or_all(self.rule.teach, self.rule.teach_all, self.params, self.state,
                                  column, lessons)
        for lesson in lessons:
            self.history.add(lesson)
        self._changed()
        self.whole = True

    @falls_back_to_cpu
    def unlearn(self, lessons: Sequence[Lesson]) -> None:
        """Take lessons of one column back."""
        self.whole = False
        self.state = _each_or_all(self.rule.unlearn, self.rule.unlearn_all, self.params,
                                  self.state, lessons[0].column, lessons)
        for lesson in lessons:
            self.history.remove(lesson)
        self._changed()
        self.whole = True

    @falls_back_to_cpu
    def move(self, lessons: Sequence[Lesson], column: int) -> None:
        """Give lessons of one column to another."""
        self.whole = False
        source = lessons[0].column
        if self.rule.move is not None:
            self.state = self.rule.move(
                self.params, self.state, [lesson.counts for lesson in lessons], source, column)
        else:
            for lesson in lessons:
                self.state = self.rule.unlearn(self.params, self.state, lesson.counts, source)
                self.state = self.rule.teach(self.params, self.state, lesson.counts, column)
        self.history.move(lessons, column)
        self._changed()
        self.whole = True

    @falls_back_to_cpu
    def arrange(self, columns: Sequence[int], labels: Sequence[str],
                numbers: Iterable[int]) -> None:
        """
        Keep these columns, in this order, under these labels; the others have no samples left.

        :param numbers: ids of all samples, in the order that the lessons shall have.
        """
        self.state = self.rule.arrange(self.params, self.state, columns)
        self.history.arrange(columns, labels, numbers)
        self._changed()

    @falls_back_to_cpu
    def settle(self, state: Sequence[Any], sums: Any, history: History) -> None:
        """Take over what a consolidation computed, with NumPy arrays, of what was learned."""
        self.resume(state, history)
        self.sums, self.consolidated = sums, True

    def prepared(self) -> Iterator[None]:
        """Do what the first frame after a change would have to wait for; pause in between."""
        yield
        self._prepare_readout()
        yield
        self._calibrated()

    @falls_back_to_cpu
    def _prepare_readout(self) -> None:
        self._ready()

    # -- a rule that cannot: back to a checkpoint ------------------------------------------------

    @falls_back_to_cpu
    def checkpoint(self) -> checkpoints.Checkpoint:
        """Return a copy of what was learned, on the CPU."""
        return checkpoints.Checkpoint(len(self.history), len(self.labels),
                                      len(self.history.records),
                                      checkpoints.state_to_host(self.state))

    def keep_checkpoint(self) -> None:
        """Keep a checkpoint of now, unless the network is too large."""
        if checkpoints.size(self.state) <= checkpoints.LARGEST_BYTES:
            self.checkpoints = checkpoints.with_newest(self.checkpoints, self.checkpoint())

    def restarted(self, same: int, labels: Sequence[str]) -> 'Network':
        """Return a network at the last checkpoint within the first ``same`` lessons."""
        fresh = self.untaught()
        usable = [checkpoint for checkpoint in self.checkpoints if checkpoint.lessons <= same]
        if usable:
            last = usable[-1]
            fresh.resume(last.state, History(
                labels[:last.columns], self.lessons[:last.lessons],
                self.history.records[:last.records]))
            fresh.checkpoints = usable
            if fresh.computed_by != self.computed_by:
                fresh.computed_by = 'cupy, numpy'
        return fresh

    @falls_back_to_cpu
    def resume(self, state: Sequence[Any], history: History) -> None:
        """Go on from a state, with NumPy arrays, and from what it had learned."""
        self.state = checkpoints.state_to_device(state, self.state, self._xp)
        self.history = history
        self._changed()

    # -- answering -----------------------------------------------------------------------------

    def _ready(self) -> Any:
        if self._readout is None:
            self._readout, self._before = self.rule.readout(
                self.params, self.state, self._before), None
        return self._readout

    def counts(self, codes: np.ndarray) -> np.ndarray:
        """Return the spike counts 0..10, uint8, of the encoder's codes, uint8 (N,) or (k, N)."""
        if codes.ndim > 1:
            return np.array([self.rule.counts(self.params, view) for view in codes])
        return self.rule.counts(self.params, codes)

    @falls_back_to_cpu
    def present(self, codes: np.ndarray, counts: np.ndarray | None = None) -> Response:
        """Show codes, uint8 (N,), to the columns; their counts too, if at hand."""
        counts = self.counts(codes) if counts is None else counts
        return self.rule.present(self.params, self._ready(), counts)

    def decide(self, response: Response, false_unknown: float, top: int) -> Prediction:
        """Turn the columns' response into a Prediction."""
        return prediction_of(
            decision.decide(response, self._calibrated(), false_unknown, top), self.labels)

    @falls_back_to_cpu
    def _calibrated(self) -> decision.Calibration:
        """Return what taught frames look like to it; renewed after every lesson."""
        if self._calibration is None:
            # What needs no name says nothing of what frames of labels look like.
            without = self._nameless()
            self._calibration = self._last_calibration = self.rule.calibrate(
                self.params, self.state,
                [lesson for lesson in self.lessons if lesson.column not in without],
                [record for record in self.history.records if record.column not in without],
                self.sample_counts, self._last_calibration)
        return self._calibration

    def warm_up(self) -> None:
        """
        Compile a GPU's kernels and load its libraries, in this thread, before a frame waits.

        What was learned stays as it is: a network apart is taught.
        """
        if self.on_cpu:
            return
        codes = np.arange(self.inputs, dtype=np.uint8)
        scratch = self.untaught()
        for number, label in enumerate('abab'):
            scratch.learn(number, label, np.roll(codes, number))
            scratch.decide(scratch.present(codes), 0.05, 1)
        self.decide(self.present(codes), 0.05, 1)

    # -- what was not taught -------------------------------------------------------------------

    @falls_back_to_cpu
    def cluster_metric(self) -> Any:
        """
        Return by what untaught frames are told apart (snn.lateral.clustering.Metric).

        None where the rule has none, or the columns tell nothing apart.
        """
        find = self.rule.cluster_metric
        return find and find(self.params, self.state)

    @falls_back_to_cpu
    def hear(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the traces of frames and P times them, float32 (K, N) each.

        :param counts: spike counts (K, N), or means of such; of a rule with a cluster_metric.
        """
        return self.rule.hear(self.params, self.state, counts)

    def review(self) -> Generator[None, None, Any]:
        """
        Look at every lesson as if it had not been taught (snn.lateral.review.Review).

        A generator that pauses after steps of a few milliseconds, between which nothing may be
        learned; of a rule that has it.
        """
        while True:
            try:
                return (yield from self.rule.review(self.params, self.state, self.lessons))
            except self.backend.errors as error:
                if self.on_cpu:
                    raise
                self.fall_back_to_cpu(error)

    # -- looking inside ------------------------------------------------------------------------

    @property
    def reach(self) -> Reach:
        """How far a spike reaches now."""
        return self.rule.reach(self.state)

    @falls_back_to_cpu
    def inspect(self, codes: np.ndarray, inputs: int) -> tuple[np.ndarray, np.ndarray | None]:
        """
        Look into one presentation, for people who want to see it.

        :param codes: uint8 (N,).
        :param inputs: how many of the busiest inputs to show.
        :return: (spike trains, 0 or 1, (inputs, steps); potentials in thresholds,
            (steps, columns), or None where the rule does not tell).
        """
        counts = self.rule.counts(self.params, codes)
        busy = np.sort(np.argsort(counts, kind='stable')[-inputs:])
        seen = self.rule.inspect(self.params, self._ready(), counts)
        return seen.trains[busy], seen.potentials


def _each_or_all(each: Any, many: Any, params: Any, state: Any, column: int,
                 lessons: Sequence[Lesson]) -> Any:
    """Take steps of a rule, at once if that is quicker; return the state."""
    if many is not None and len(lessons) >= _FEW:
        return many(params, state, [lesson.counts for lesson in lessons], column)
    for lesson in lessons:
        state = each(params, state, lesson.counts, column)
    return state
