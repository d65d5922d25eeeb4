# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The learned network: a rule's columns, their labels, and the samples they were taught, in order.

A network is a function of its samples and nothing else, bit for bit on the CPU: that makes undo
exact.  (Compiled teaching rounds otherwise than NumPy's; the two are never mixed.)  ``toward``
builds that of other samples, from the last checkpoint that the two lists have in common.
"""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.memory.labels import UNKNOWN
from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn import checkpoints, coding, decision, effort, lateral, leave_one_out
from hybrid_snn_ros.snn.kernel import suits
from hybrid_snn_ros.snn.rules import RULES

_CALIBRATION_SAMPLES = 256
_CHECKPOINT_EVERY = 64  # samples; bounds how many an undo of the last one learns again


class Prediction(NamedTuple):
    """The answer to one frame."""

    label: str  # the best label, or 'unknown'
    score: float  # 0..1; for 'unknown' how sure it is that the frame was never taught
    unknown: bool
    ranked: list  # [(label, score)], the best taught labels, best first
    known: float  # share of taught frames that looked at least as strange, 0..1


class Lesson(NamedTuple):
    """One sample as it was learned."""

    number: int  # id of the sample in the ledger
    column: int
    codes: np.ndarray  # uint8 (N,)
    counts: np.ndarray  # uint8 (N,), the same as spike counts


class Network:
    """
    Learns samples one at a time, answers frames.

    A GPU that fails on the way is given up: the network is built anew on the CPU, from its newest
    checkpoint and the lessons behind that, and what was asked for is done there.
    """

    def __init__(self, rule, params, inputs, backend='numpy'):
        """
        Make an untaught network.

        :param rule: 'lateral' or 'original'.
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
        self._computed_by = backend.name  # 'cupy, numpy' for a state that both had a part in
        self._hindsight = leave_one_out.hindsight if rule == 'lateral' else None
        self.labels = []  # texts, one a column
        self.lessons = []
        self.sample_counts = []
        self._records = []
        self._checkpoints = []  # newest last; their states are never changed
        self._whole = True  # False once a lesson was broken off half-way
        self._begin()

    @backends.survives
    def _begin(self):
        self._state = self.rule.initial(self.params, self.inputs, self._xp)
        self._changed()

    def leave(self, error):
        """Leave a GPU that failed; nothing on it is used again."""
        self.backend.give_up(error)
        fresh = self._restart(len(self.lessons), self.labels)
        for lesson in self.lessons[len(fresh.lessons):]:
            fresh.learn(lesson.number, self.labels[lesson.column], lesson.codes)
        vars(self).update(vars(fresh))

    def _changed(self, before=None):
        self._readout, self._before, self._calibration = None, before, None

    # -- learning ------------------------------------------------------------------------------

    def learn(self, number, label, codes):
        """Learn one sample: its id, its label, the encoder's output codes, uint8 (N,)."""
        self._learn(number, label, codes)
        if len(self.lessons) % _CHECKPOINT_EVERY == 0:
            self._checkpoint()

    @backends.survives
    def _learn(self, number, label, codes):
        counts = self.rule.counts(self.params, codes)
        self._whole = False
        if label in self.labels:
            column = self.labels.index(label)
            if self._hindsight is None:
                self._record(counts, column)
        else:
            column = len(self.labels)
            self.labels.append(label)
            self.sample_counts.append(0)
            self._state = self.rule.grow(self.params, self._state)
        self._state = self.rule.teach(self.params, self._state, counts, column, self._readout)
        self.lessons.append(Lesson(number, column, codes, counts))
        self.sample_counts[column] += 1
        self._changed(self._readout or self._before)
        self._whole = True

    def _record(self, counts, column):
        """Keep how familiar a frame is just before it is learned (see snn.decision)."""
        response = self.rule.present(self.params, self._ready(), counts)
        self._records.append(
            decision.Record(column, self.sample_counts[column], response.familiarity))

    @backends.survives
    def _now(self):
        return checkpoints.Checkpoint(len(self.lessons), len(self.labels), len(self._records),
                                      checkpoints.on_cpu(self._state))

    def _checkpoint(self):
        if checkpoints.size(self._state) <= checkpoints.LARGEST:
            self._checkpoints = checkpoints.with_newest(self._checkpoints, self._now())

    def toward(self, samples):
        """
        Build the network that was taught other samples, step by step.

        Yields (samples learned, samples to learn); meanwhile this network goes on answering, as it
        is or, where samples are merely added, with what it has learned of them.  The last item is
        the new network, which may be this one.

        :param samples: {id: memory.ledger.Sample}, in the order taught.
        """
        labels, columns = [], []
        for sample in samples.values():
            if sample.label not in labels:
                labels.append(sample.label)
            columns.append(labels.index(sample.label))
        numbers = list(samples)
        same = 0
        while (same < min(len(numbers), len(self.lessons))
               and self.lessons[same][:2] == (numbers[same], columns[same])
               and ((codes := self.lessons[same].codes) is samples[numbers[same]].codes
                    or np.array_equal(codes, samples[numbers[same]].codes))):
            same += 1
        fresh = self
        if self._whole and same == len(self.lessons):  # but names may have changed
            self.labels = labels[:len(self.labels)]
        else:
            fresh = self._restart(same, labels)
        total = len(numbers) - len(fresh.lessons)
        for done, number in enumerate(numbers[len(fresh.lessons):]):
            fresh.learn(number, samples[number].label, samples[number].codes)
            yield done + 1, total
        yield fresh

    def _restart(self, same, labels):
        """Return a network at the last checkpoint within the first ``same`` lessons."""
        fresh = Network(self.rule_name, self.params, self.inputs, self.backend)
        usable = [checkpoint for checkpoint in self._checkpoints if checkpoint.lessons <= same]
        if usable:
            last = usable[-1]
            fresh._resume(last.state, self.lessons[:last.lessons], labels[:last.columns],
                          self._records[:last.records])
            fresh._checkpoints = usable
            if fresh._computed_by != self._computed_by:
                fresh._computed_by = 'cupy, numpy'
        return fresh

    @backends.survives
    def _resume(self, state, lessons, labels, records):
        self._state = checkpoints.placed(state, self._state, self._xp)
        self.lessons = list(lessons)
        self.labels = list(labels)
        self.sample_counts = [0] * len(labels)
        for lesson in lessons:
            self.sample_counts[lesson.column] += 1
        self._records = list(records)
        self._changed()

    # -- answering -----------------------------------------------------------------------------

    def _ready(self):
        if self._readout is None:
            self._readout, self._before = self.rule.readout(
                self.params, self._state, self._before), None
        return self._readout

    def counts(self, codes):
        """Return the spike counts 0..10, uint8 (N,), of the encoder's codes, uint8 (N,)."""
        return self.rule.counts(self.params, codes)

    @backends.survives
    def present(self, codes, counts=None):
        """Show codes, uint8 (N,), to the columns: rule.Response; their counts, if at hand."""
        counts = self.counts(codes) if counts is None else counts
        return self.rule.present(self.params, self._ready(), counts)

    @property
    def synapses(self):
        """How far a spike reaches now (snn.effort.Synapses)."""
        return effort.synapses_of(self._state)

    def warm_up(self):
        """
        Compile a GPU's kernels and load its libraries, in this thread, before a frame waits.

        What is known stays as it is: a network apart is taught.
        """
        if self.on_cpu:
            return
        codes = np.arange(self.inputs, dtype=np.uint8)
        scratch = Network(self.rule_name, self.params, self.inputs, self.backend)
        for number, label in enumerate('abab'):
            scratch.learn(number, label, np.roll(codes, number))
            scratch.decide(scratch.present(codes), 0.05, 1)
        self.decide(self.present(codes), 0.05, 1)

    @backends.survives
    def inspect(self, codes, inputs):
        """
        Look into one presentation, for people who want to see it.

        :param codes: uint8 (N,).
        :param inputs: how many of the busiest inputs to show.
        :return: (spike trains, 0 or 1, (inputs, steps); potentials in thresholds,
            (steps, columns), or None where the rule does not tell).
        """
        counts = self.rule.counts(self.params, codes)
        readout = self._ready()
        busy = np.sort(np.argsort(counts, kind='stable')[-inputs:])
        phases = getattr(readout, 'phases', None)
        trains = coding.spike_trains(
            counts[busy], None if phases is None else backends.to_numpy(phases)[busy])
        if self.rule is not lateral or not self.labels:
            return trains, None
        record = []
        self.rule.present(self.params, readout, counts, record)
        potentials = np.array([backends.to_numpy(u)[:, 0] for u, _ in record])
        return trains, potentials / self.params.theta

    def decide(self, response, false_unknown, top):
        """Turn the columns' response into a Prediction."""
        made = decision.decide(response, self._calibrated(), false_unknown, top)
        ranked = [(self.labels[column], score) for column, score in made.ranked]
        if made.unknown:
            return Prediction(UNKNOWN, 1.0 - made.known, True, ranked, made.known)
        return Prediction(*ranked[0], False, ranked, made.known)

    @backends.survives
    def _calibrated(self):
        """
        Return what the samples say of familiarity and score; renewed after every lesson.

        One frame of a new label changes the gain, and with it what every number means.
        """
        if self._calibration is None:
            if self._hindsight is None:
                self._calibration = decision.calibrate_prequential(
                    self._records, self.sample_counts)
            elif self.lessons:
                # Drawn from everything taught; more would cost time and tell no more.
                places = np.random.Generator(np.random.PCG64(0)).permutation(len(self.lessons))
                chosen = [self.lessons[p] for p in places[:_CALIBRATION_SAMPLES]]
                self._calibration = decision.calibrate(self._hindsight(
                    self.params, self._state, np.array([lesson.counts for lesson in chosen]),
                    np.array([lesson.column for lesson in chosen])))
        return self._calibration

    # -- a cache on disk -----------------------------------------------------------------------

    def arrays(self):
        """
        Return what a snapshot needs as plain arrays, {name: array}.

        It is the newest checkpoint before the last lesson: the few lessons behind it are quickly
        learned again, and after a restart the last of them can be taken back as quickly.
        """
        saved = next((checkpoint for checkpoint in reversed(self._checkpoints)
                      if checkpoint.lessons < len(self.lessons)), None) or self._now()
        arrays = {f'state_{name}': np.asarray(value)
                  for name, value in saved.state._asdict().items()}
        records = [tuple(record) for record in self._records[:saved.records]]
        return {**arrays, 'records': np.array(records, np.float64).reshape(-1, 3),
                'lessons': np.array(saved.lessons)}

    def notes(self):
        """Return what the arrays depend on besides the samples."""
        return {'rule': self.rule_name, 'backend': self._computed_by,
                'compiled': self.rule is lateral and suits(self._state.lateral),
                'params': {name: str(value) for name, value in self.params._asdict().items()}}

    def restored(self, arrays, notes, samples):
        """
        Return the network whose arrays were saved, or None if they are of other constants.

        Its lessons are the first of the samples; ``toward`` learns those that are missing.

        :param samples: {id: Sample} as they were then.
        """
        if notes != self.notes() or set(arrays) != set(self.arrays()):
            return None
        fresh = Network(self.rule_name, self.params, self.inputs, self.backend)
        lessons, labels = [], []
        for number, sample in list(samples.items())[:int(arrays['lessons'])]:
            if sample.label not in labels:
                labels.append(sample.label)
            lessons.append(Lesson(number, labels.index(sample.label), sample.codes,
                                  self.rule.counts(self.params, sample.codes)))
        state = [arrays[f'state_{name}'] for name in self._state._fields]
        records = [decision.Record(int(column), int(count), float(familiarity))
                   for column, count, familiarity in arrays['records']]
        fresh._resume(state, lessons, labels, records)
        fresh._checkpoint()
        return fresh
