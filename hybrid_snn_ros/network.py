# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The learned network: a rule's columns, their labels, and the samples they were taught, in order.

A network is a function of its samples and nothing else, bit for bit on the CPU.  That is what
makes undo exact: ``toward`` builds the network of another list of samples, from the last
checkpoint that the two lists have in common.
"""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.memory.labels import UNKNOWN
from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn import coding, decision, effort, lateral, leave_one_out, original

RULES = {'lateral': lateral, 'original': original}
_CALIBRATION_SAMPLES = 256
_CHECKPOINT_EVERY = 64  # samples; bounds how many an undo of the last one learns again
_CHECKPOINTS = 2
_CHECKPOINT_BYTES = 64 * 2**20  # a network larger than this keeps none


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


class _Checkpoint(NamedTuple):
    lessons: int
    columns: int
    records: int
    state: tuple


class Network:
    """Learns samples one at a time, answers frames."""

    def __init__(self, rule, params, inputs, backend='numpy'):
        """
        Make an untaught network.

        :param rule: 'lateral' or 'original'.
        :param params: the rule's Params.
        :param inputs: width N of the codes.
        :param backend: 'numpy' or 'cupy'.
        :raises BackendError: when the backend cannot be had.
        """
        self.rule_name = rule
        self.rule = RULES[rule]
        self.params = params
        self.inputs = inputs
        self.backend = backend
        self._xp = backends.load(backend)
        self._hindsight = leave_one_out.hindsight if rule == 'lateral' else None
        self.labels = []  # texts, one a column
        self.lessons = []
        self.sample_counts = []
        self._records = []
        self._checkpoints = []  # newest last; their states are never changed
        self._whole = True  # False once a lesson was broken off half-way
        self._state = self.rule.initial(params, inputs, self._xp)
        self._changed()

    def _changed(self):
        self._readout = self._calibration = None

    # -- learning ------------------------------------------------------------------------------

    def learn(self, number, label, codes):
        """Learn one sample: its id, its label, the encoder's output codes, uint8 (N,)."""
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
        self._changed()
        self._whole = True
        if len(self.lessons) % _CHECKPOINT_EVERY == 0:
            self._checkpoint()

    def _record(self, counts, column):
        """Keep how familiar a frame is just before it is learned (see snn.decision)."""
        response = self.rule.present(self.params, self._ready(), counts)
        self._records.append(
            decision.Record(column, self.sample_counts[column], response.familiarity))

    def _now(self):
        return _Checkpoint(len(self.lessons), len(self.labels), len(self._records), self._state)

    def _checkpoint(self):
        if sum(getattr(array, 'nbytes', 0) for array in self._state) <= _CHECKPOINT_BYTES:
            self._checkpoints = [*self._checkpoints[1 - _CHECKPOINTS:],
                                 self._now()._replace(state=_copy(self._state))]

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
               and _equal(self.lessons[same].codes, samples[numbers[same]].codes)):
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
        return fresh

    def _resume(self, state, lessons, labels, records):
        self._state = _copy(state)
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
            self._readout = self.rule.readout(self.params, self._state)
        return self._readout

    def counts(self, codes):
        """Return the spike counts 0..10, uint8 (N,), of the encoder's codes, uint8 (N,)."""
        return self.rule.counts(self.params, codes)

    def present(self, codes, counts=None):
        """Show codes, uint8 (N,), to the columns: rule.Response; their counts, if at hand."""
        if counts is None:
            counts = self.counts(codes)
        return self.rule.present(self.params, self._ready(), counts)

    @property
    def synapses(self):
        """How far a spike reaches now (snn.effort.Synapses)."""
        return effort.synapses_of(self._state)

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
        trains = coding.spike_trains(counts[busy], None if phases is None else phases[busy])
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
                      if checkpoint.lessons < len(self.lessons)), self._now())
        arrays = {f'state_{name}': np.asarray(
            value if isinstance(value, int) else backends.to_numpy(value))
            for name, value in saved.state._asdict().items()}
        records = [tuple(record) for record in self._records[:saved.records]]
        return {**arrays, 'records': np.array(records, np.float64).reshape(-1, 3),
                'lessons': np.array(saved.lessons)}

    def notes(self):
        """Return what the arrays depend on besides the samples."""
        return {'rule': self.rule_name, 'backend': self.backend,
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
        like = self._state._asdict()
        state = type(self._state)(**{
            name: int(arrays[f'state_{name}']) if isinstance(like[name], int)
            else arrays[f'state_{name}'] if isinstance(like[name], np.ndarray)
            else self._xp.asarray(arrays[f'state_{name}']) for name in like})
        records = [decision.Record(int(column), int(count), float(familiarity))
                   for column, count, familiarity in arrays['records']]
        fresh._resume(state, lessons, labels, records)
        fresh._checkpoint()
        return fresh


def params_of(rule, params):
    """
    Return a rule's Params from None, a dict of values that differ from the defaults, or Params.

    :raises ValueError: for an unknown constant, or a value that is no number or out of bounds.
    """
    kind = RULES[rule].Params
    if params is None:
        params = {}
    if not isinstance(params, kind):
        if not isinstance(params, dict):
            raise ValueError(f"params must be a dict or the rule's own Params, not {params!r}")
        unknown = set(params) - set(kind._fields)
        if unknown:
            raise ValueError(f"no such constant: {', '.join(sorted(unknown))}; there are "
                             f"{', '.join(kind._fields)}")
        for name, value in params.items():
            if not isinstance(value, (int, float)):
                raise ValueError(f'{name} must be a number, not {value!r}')
        params = kind(**params)
    RULES[rule].check(params)
    return params


def _equal(codes, others):
    return codes is others or np.array_equal(codes, others)


def _copy(state):
    return type(state)(*(value.copy() if hasattr(value, 'copy') else value for value in state))
