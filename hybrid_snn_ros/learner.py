# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What was taught, and the network that follows from it: everything but where it is kept.

Every change goes into the book of what is known first; the network catches up with that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, NamedTuple, TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.defaults import FALSE_UNKNOWN, MIN_CHANGE, TOP
from hybrid_snn_ros.memory.duplicates import DuplicateFilter, Outcome
from hybrid_snn_ros.memory.history import Change
from hybrid_snn_ros.memory.labels import alike, find, normalise
from hybrid_snn_ros.memory.record import Record, Region, WHOLE
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.memory.state import Sample, StoreState
from hybrid_snn_ros.memory.store import SampleStore
from hybrid_snn_ros.network import Consolidation, Network, Prediction, Rebuild
from hybrid_snn_ros.snn import backend_selection
from hybrid_snn_ros.snn.backend import Backend
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rules import DEFAULT, params_of, RULES
from hybrid_snn_ros.vision.frame_encoder import FrameEncoder

if TYPE_CHECKING:
    from hybrid_snn_ros.vision.encoder import Encoder
    from hybrid_snn_ros.vision.framing import Crop


class Taught(NamedTuple):
    """What became of one frame that was to be taught."""

    sample: int  # id of the sample
    samples: int  # samples its label has now
    skipped: str = ''  # why nothing was learned, a sentence; empty when it was
    outcome: Outcome = Outcome.LEARNED
    remark: str = ''  # what the operator should know of a new label, a sentence


class Learner:
    """
    A frozen encoder in front of spiking columns that learn one frame at a time.

    Frames are uint8 RGB arrays (H, W, 3) or, where an embedding is at hand already, the encoder's
    output codes, uint8 (N,).  Everything is deterministic: the same done in the same order gives
    the same answers, bit for bit, on the CPU.  By a rule that can unlearn, whatever was taken back
    has left no trace but rounding, and not even that after ``consolidate``.
    """

    def __init__(self, encoder: 'Encoder | Path | str | None' = None, rule: str = DEFAULT,
                 params: Any = None, crop: 'Crop | None' = None,
                 false_unknown: float = FALSE_UNKNOWN, top: int = TOP, backend: str = 'numpy',
                 inputs: int | None = None, min_change: float = MIN_CHANGE) -> None:
        """
        Make an untaught classifier.

        :param encoder: a vision.encoder.Encoder, the path of a TFLite model, or None for the
            model that is shipped; loaded at the first frame that needs it.
        :param rule: a name in snn.rules.RULES: 'lateral' or 'original'.
        :param params: the rule's Params, or a dict of values that differ from its defaults.
        :param crop: vision.framing.Crop, or None for the default.
        :param false_unknown: nominal share of frames of taught labels answered as unknown.
        :param top: how many labels a prediction ranks.
        :param backend: 'numpy', 'cupy', or 'auto' for whichever answers faster here.
        :param inputs: width N of the embedding where no encoder is wanted: then only codes can
            be taught and asked.
        :param min_change: 1 - cosine to the newest sample of its label that a frame must reach
            to be learned, so that a still camera is no evidence; 0 learns every frame.
        :raises ValueError: for an unknown rule or constant, or a value out of bounds.
        :raises BackendError: when the backend cannot be had.
        """
        if rule not in RULES:
            raise ValueError(f"rule must be one of {', '.join(RULES)}, not {rule!r}")
        if not 0 <= false_unknown < 1:
            raise ValueError(f'false_unknown must lie in [0, 1), not {false_unknown}')
        if top < 1:
            raise ValueError(f'top must be at least 1, not {top}')
        if not 0 <= min_change <= 1:
            raise ValueError(f'min_change must lie in [0, 1], not {min_change}')
        self.rule_name = rule
        self.params = params_of(rule, params)
        self.false_unknown = false_unknown
        self.top = top
        self.min_change = min_change
        # Whether a GPU pays depends on the labels: 'auto' is decided when they are known.
        self._backend = None if backend == 'auto' else Backend(backend)
        self.frame_encoder = FrameEncoder(encoder, crop, inputs)
        self._store: SampleStore | None = None
        self._duplicates: DuplicateFilter | None = None
        self._network: Network | None = None
        # version the network has caught up with, None for an earlier one
        self._learned: int | None = 0

    @property
    def encoder(self) -> 'Encoder':
        """The encoder, loaded now if it was not yet."""
        return self.frame_encoder.encoder

    @property
    def crop(self) -> 'Crop':
        """The part of each frame the encoder sees."""
        return self.frame_encoder.crop

    # -- what is known -------------------------------------------------------------------------

    @property
    def store(self) -> SampleStore:
        """What is known and may change: a memory.store.SampleStore, or that of a directory."""
        if self._store is None:
            self._store = SampleStore(self.frame_encoder.fingerprint)
        return self._store

    @property
    def state(self) -> StoreState:
        """The samples and labels that are known (memory.state.StoreState)."""
        return self.store.state

    @property
    def network(self) -> Network:
        """The network that answers; made now if it was not yet."""
        if self._network is None:
            self._network = self._untaught()
        return self._network

    def _untaught(self) -> Network:
        return Network(self.rule_name, self.params, self.frame_encoder.inputs, self.backend)

    @property
    def backend(self) -> Backend:
        """Where the network lives (snn.backend.Backend); for 'auto' measured now."""
        if self._backend is None:
            self._backend = backend_selection.choose(
                RULES[self.rule_name], self.params, self.frame_encoder.inputs,
                len(self.state.labels))
        return self._backend

    @property
    def labels(self) -> list[str]:
        """Texts of the labels the network answers with, one a column."""
        return list(self.network.labels)

    @property
    def version(self) -> int:
        """Rises with every change of what is known."""
        return self.state.version

    @property
    def is_stale(self) -> bool:
        """Whether the network has yet to catch up with what is known (see ``catch_up``)."""
        return self._learned != self.version

    # -- answering -----------------------------------------------------------------------------

    def predict(self, frame_or_codes: np.ndarray) -> Prediction:
        """
        Answer one frame.

        :return: Prediction; 'unknown' while nothing has been taught.
        :raises ValueError: when the frame has the wrong type or size.
        """
        return self.decide(self.present(self.frame_encoder.codes(frame_or_codes)))

    def counts(self, codes: np.ndarray) -> np.ndarray:
        """Return the spike counts 0..10, uint8 (N,), of the encoder's codes, uint8 (N,)."""
        return self.network.counts(codes)

    def present(self, codes: np.ndarray, counts: np.ndarray | None = None) -> Response:
        """Show the codes (or their counts, if at hand) to the columns: snn.response.Response."""
        return self.network.present(codes, counts)

    def warm_up(self) -> None:
        """Do what makes a GPU's first frame slow, in the thread that will answer frames."""
        self.network.warm_up()

    def decide(self, response: Response, false_unknown: float | None = None,
               top: int | None = None) -> Prediction:
        """
        Turn the columns' response into a Prediction.

        :param false_unknown, top: in place of what the classifier was made with.
        """
        return self.network.decide(
            response, self.false_unknown if false_unknown is None else false_unknown,
            self.top if top is None else top)

    # -- being taught, and taking it back ------------------------------------------------------

    def teach(self, frame_or_codes: np.ndarray, label: str, stamp: str = '', source: str = 'teach',
              group: str = '', region: Region = WHOLE, picture: bytes | None = None,
              min_change: float | None = None) -> Taught:
        """
        Learn one frame under a label, which is made if it is new; on disk before it returns.

        :param stamp: text that names the frame; the same part of it counts once.
        :param source: who taught it, for the memory.
        :param group: text; what one source teaches under one group ``undo`` takes back as a
            whole. '' makes each frame a change of its own.
        :param region: x, y, width and height of the part that was shown, as fractions of the
            frame; one frame can teach several things.
        :param picture: JPEG of what the encoder saw, which the memory keeps with the sample.
        :param min_change: in place of what the classifier was made with.
        :return: Taught.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the disk refuses, or the frame was taught under another label.
        :raises ValueError: when the frame has the wrong type or size.
        """
        label = normalise(label)
        codes = self.frame_encoder.codes(frame_or_codes)
        self._own()
        repeat = self._duplicate_filter().find(
            label, codes, stamp, self.min_change if min_change is None else min_change, region)
        if repeat is not None:
            return Taught(repeat.sample, self.state.counts[label], repeat.sentence,
                          repeat.outcome)
        self._catch_up_now()
        remark = '' if label in self.state.counts else alike(label, self.state.counts)
        before = self.state, self.version
        number = self.store.teach(label, codes, stamp, source, group, region, picture).number
        self._learn(before, self.state.record(number))
        return Taught(number, self.state.counts[label], remark=remark)

    def _learn(self, before: tuple[StoreState, int], record: Record | None) -> None:
        """Learn a lesson; what others wrote at the same moment as well."""
        assert record is not None  # just written
        if before != (self.state, record.number - 1):
            self._changed(later=False)
            return
        sample = self.state.samples[record.number]
        self.network.learn(record.number, sample.label, sample.codes)
        self._duplicate_filter().add(sample.stamp, record.number, sample.region)
        self._learned = self.version
        self._caught_up()

    def taught_as(self, stamp: str, region: Region = WHOLE) -> str | None:
        """Return the label under which a region of the frame of a stamp was taught, or None."""
        sample = self._duplicate_filter().sample_of(stamp, region)
        return None if sample is None else sample.label

    def name_of(self, stamp: tuple[int, int], codes: np.ndarray, region: Region = WHOLE) -> str:
        """
        Return the stamp by which a frame is known again, '' where it cannot tell frames apart.

        :param stamp: (sec, nanosec); 0 is that of a camera that does not stamp its frames.
        :param codes: uint8 (N,).  Where a sample of that stamp and region has others, a clock
            stands still or began again: another frame.
        """
        if not any(stamp):
            return ''
        name = stamp_text(stamp)
        sample = self._duplicate_filter().sample_of(name, region)
        return name if sample is None or np.array_equal(sample.codes, codes) else ''

    def codes_of(self, stamp: str) -> np.ndarray:
        """Return the codes of the sample of a stamp, which must be there."""
        return cast(Sample, self._duplicate_filter().sample_of(stamp)).codes

    def _duplicate_filter(self) -> DuplicateFilter:
        if self._duplicates is None or self._duplicates.state is not self.state:
            self._duplicates = DuplicateFilter(self.state)
        return self._duplicates

    def undo(self, change: int | None = None, source: str = 'undo', later: bool = False) -> Change:
        """
        Take back the last thing that was done, whatever it was and as a whole.

        Again, it takes back the one before.  What the memory began with was done by no one.

        :param change: the id it must have, None for whichever it is.
        :param later: leave it to the caller to run ``catch_up``; until then the old network
            goes on answering.
        :return: memory.history.Change.
        :raises RefusedError: when nothing is left, or the last change is another one.
        :raises StoreError: when the disk refuses.
        """
        self._own()
        taken = self.store.undo(change, source)
        self._changed(later)
        return taken

    def redo(self, change: int | None = None, source: str = 'redo', later: bool = False) -> Change:
        """
        Put back what the last ``undo`` took, if nothing was done since; arguments as there.

        :return: memory.history.Change.
        """
        self._own()
        put_back = self.store.redo(change, source)
        self._changed(later)
        return put_back

    def remove(self, sample: int, source: str = 'remove', later: bool = False) -> str:
        """
        Take one sample out, by its id; ``later`` as in ``undo``.

        :return: its label.
        :raises StoreError: when there is no such sample, or the disk refuses.
        """
        self._own()
        label = self.store.remove(sample, source).text
        self._changed(later)
        return label

    def take_back(self, record: int, source: str = 'take back', later: bool = False) -> str:
        """
        Take any record back by its number (``store.SampleStore.take_back``).

        :return: the label it was about, '' where it was about several.
        :raises StoreError: when there is no such record in force, or the disk refuses.
        """
        self._own()
        label = self.store.take_back(record, source).text
        self._changed(later)
        return label

    def forget(self, label: str, source: str = 'forget', later: bool = False) -> int:
        """
        Take all samples of a label back; ``later`` as in ``undo``.

        :return: how many they were.
        :raises StoreError: when there are none, or the disk refuses.
        """
        self._own()
        count = self.state.counts.get(find(label, self.state.counts), 0)
        self.store.forget(label, source)
        self._changed(later)
        return count

    def rename(self, old: str, new: str, source: str = 'rename', later: bool = False,
               merge: bool = False) -> int:
        """
        Give a label another name; ``later`` as in ``undo``.

        :param merge: whether the name may be that of a label that is there: they become one.
        :return: samples of the new label.
        :raises RefusedError: when there is no such label, or one of the new name and no merge
            was asked for.
        :raises StoreError: when the disk refuses.
        """
        self._own()
        self.store.rename(old, new, source, merge)
        self._changed(later)
        return self.state.counts[normalise(new)]

    def rollback(self, version: int, source: str = 'rollback', later: bool = False) -> None:
        """
        Return to what was known at an earlier version; ``later`` as in ``undo``.

        :raises StoreError: when there is no history that far back, or the disk refuses.
        """
        self._own()
        self.store.rollback(version, source)
        self._changed(later)

    def _changed(self, later: bool) -> None:
        self._duplicates = None
        if not later:
            self._catch_up_now()

    def _catch_up_now(self) -> None:
        for _ in self.catch_up():
            pass

    def catch_up(self) -> Iterator[tuple[int, int]]:
        """
        Make the network the one that was taught only what is known now.

        A generator of (steps done, steps to do); the old network answers until it ends.
        """
        while self.is_stale:
            state, version = self.state, self.version
            rebuild = Rebuild(self.network, state.samples)
            for step in rebuild.steps():
                yield step
                if self.state is not state or self.version != version:
                    break  # changed again meanwhile: what was begun is of no use
            else:
                self._network, self._learned = rebuild.network, version
        self._caught_up()

    @property
    def consolidated(self) -> bool:
        """Whether the network's bits depend on what is known alone, and not on the way to it."""
        return not self.is_stale and self.network.consolidated

    def consolidation(self) -> Iterator[None]:
        """
        Compute the network from the set of what is known, for idle time.

        A generator that pauses after steps of a few milliseconds; the network as it is answers
        until it ends.  Where something changes meanwhile it ends without having done anything.
        """
        network = self.network
        if self.is_stale or network.consolidated:
            return
        computed = Consolidation(network)
        for _ in computed.steps():
            yield
            if self.is_stale or self._network is not network:
                return
        self._network = computed.network

    def consolidate(self) -> None:
        """Catch up, and compute the network from the set of what is known, now."""
        self._catch_up_now()
        for _ in self.consolidation():
            pass

    def _own(self) -> None:
        """Make sure that what is known may be changed; here there is nothing to do."""

    def _caught_up(self) -> None:
        """Do what is to be done when the network has learned; here nothing."""
