# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The classifier without ROS: look at frames, be taught, take it back, answer, remember.

    >>> from hybrid_snn_ros import Classifier
    >>> classifier = Classifier()                       # the encoder that is shipped
    >>> classifier.open('~/my_robot')                   # remember there, not only in memory
    >>> classifier.teach(rgb_frame, 'mug')              # uint8 (H, W, 3), any size
    >>> classifier.predict(rgb_frame).label
    'mug'
    >>> classifier.undo()
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
import contextlib
from pathlib import Path
from typing import Any, cast, NamedTuple, TYPE_CHECKING
import weakref

import numpy as np

from hybrid_snn_ros.codes import first_view
from hybrid_snn_ros.defaults import FALSE_UNKNOWN, MIN_CHANGE, TEACH_VIEWS, TOP
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.database import Head
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.drawings import NewDrawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.duplicates import DuplicateFilter, Outcome
from hybrid_snn_ros.memory.errors import RefusedError, StoreError
from hybrid_snn_ros.memory.history import Change
from hybrid_snn_ros.memory.labels import alike, find, normalise
from hybrid_snn_ros.memory.readonly_store import ReadOnlyStore
from hybrid_snn_ros.memory.record import BOX, Record, Region, WHOLE
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.memory.state import Sample, StoreState
from hybrid_snn_ros.memory.store import NewLesson, SampleStore
from hybrid_snn_ros.memory.wording import boxes_text
from hybrid_snn_ros.network import cache, Network, Prediction
from hybrid_snn_ros.paths import user_path
from hybrid_snn_ros.snn import backend_selection
from hybrid_snn_ros.snn.backend import Backend
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rules import DEFAULT, params_of, RULES
from hybrid_snn_ros.snn.steps import finish
from hybrid_snn_ros.taught_network import TaughtNetwork
from hybrid_snn_ros.vision.frame_encoder import FrameEncoder, SHIPPED_ENCODER

if TYPE_CHECKING:
    from hybrid_snn_ros.vision.encoder import Encoder
    from hybrid_snn_ros.vision.framing import Crop

__all__ = ['Classifier', 'Prediction', 'SHIPPED_ENCODER', 'Taught']

# Version, arrays and notes of what was computed before.
_Found = tuple[int, dict[str, np.ndarray], dict[str, Any]]
_Picture = bytes | Callable[[], bytes] | None


class Taught(NamedTuple):
    """What became of one frame, or thing in a frame, that was to be taught."""

    sample: int  # id of the sample
    samples: int  # samples its label has now
    skipped: str = ''  # why nothing was learned, a sentence; empty when it was
    outcome: Outcome = Outcome.LEARNED
    remark: str = ''  # what the operator should know of a new label, a sentence
    drawn: bool = False  # whether its box was new, and teaches where things are


class Classifier:
    """
    A frozen encoder, spiking columns that learn one frame at a time, and a memory.

    It joins a vision.frame_encoder.FrameEncoder, a memory.store.SampleStore (in memory, or that of
    a directory), and a TaughtNetwork that follows from what the store holds.  What it was taught
    outlives it in a directory, or in a file.

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
        :param min_change: 1 - cosine to every sample of its label that a frame must reach to be
            learned, so that a hand held still is no evidence; 0 learns every frame.
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
        # Views that are learned of a frame (vision.views): 1, 2, 3 or 6; codes are what they are.
        self.teach_views = TEACH_VIEWS
        # Whether a GPU pays depends on the labels: 'auto' is decided when they are known.
        self._backend = None if backend == 'auto' else Backend(backend)
        self.frame_encoder = FrameEncoder(encoder, crop, inputs)
        self._store: SampleStore | None = None
        self._duplicates: DuplicateFilter | None = None
        # Not by self: a circle would keep networks of 6.5 MB until the collector comes.
        me = weakref.proxy(self)
        self._taught = TaughtNetwork(lambda: me._untaught(), lambda: me.state)
        # directory and initial file of a memory that is only read
        self._home: tuple[Path | str, Path | str | None] | None = None
        self._kept: int | None = None  # version that was saved last

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
        return self._taught.network

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
        return self._taught.is_stale

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
              group: str = '', region: Region = WHOLE, picture: _Picture = None,
              min_change: float | None = None, views: Iterable[np.ndarray] | None = None,
              frame: DrawnFrame | None = None) -> Taught:
        """
        Learn one frame under a label, which is made if it is new; on disk before it returns.

        :param frame_or_codes: see the class; or codes of several views, uint8 (k, N).
        :param stamp: text that names the frame; the same part of it counts once.
        :param source: who taught it, for the memory.
        :param group: text; what one source teaches under one group ``undo`` takes back as a
            whole. '' makes each frame a change of its own.
        :param region: x, y, width and height of the part that was shown, as fractions of the
            frame; one frame can teach several things.
        :param picture: JPEG that the memory keeps with the sample: of what the encoder saw or,
            where several views are learned, of what they were cut from.  Or a function that
            returns it, called only if the frame is learned.
        :param min_change: in place of what the classifier was made with.
        :param views: codes of further views, uint8 (N,) each, which are asked for only if the
            frame is learned; None for `teach_views` of a frame, and none of codes.
        :param frame: memory.drawn_frame.DrawnFrame in which the region is a drawn box: then it
            teaches where things are as well, also where it is no evidence for its label.
        :return: Taught.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the disk refuses, or the frame was taught under another label.
        :raises ValueError: when the frame has the wrong type or size.
        """
        return finish(self.teach_steps(
            frame_or_codes, label, stamp, source, group, region, picture, min_change, views,
            frame))

    def teach_steps(self, frame_or_codes: np.ndarray, label: str, stamp: str = '',
                    source: str = 'teach', group: str = '', region: Region = WHOLE,
                    picture: _Picture = None, min_change: float | None = None,
                    views: Iterable[np.ndarray] | None = None,
                    frame: DrawnFrame | None = None) -> Generator[None, None, Taught]:
        """
        Do what ``teach`` does, pausing after every further view, so that frames need not wait.

        A generator that returns Taught; nothing has been learned before it ends.
        """
        label = normalise(label)
        codes, views = self._views_of(frame_or_codes, views)
        if min_change is None:
            min_change = self.min_change
        self._own()
        repeat = self._duplicate_filter().find(label, first_view(codes), stamp, min_change, region)
        if repeat is None:
            seen = [codes]
            for view in views:
                yield
                seen.append(view)
            if len(seen) > 1:
                codes = np.array(seen)
                self._own()  # what was done while views were encoded counts
                repeat = self._duplicate_filter().find(
                    label, codes[0], stamp, min_change, region)
        if repeat is not None:
            drawn = frame is not None and self._draw(
                NewDrawing(frame, [(region, label)], stamp=stamp), source, group, later=False)
            return Taught(repeat.sample, self.state.counts[label], repeat.sentence,
                          repeat.outcome, drawn=bool(drawn))
        self._catch_up_now()
        remark = '' if label in self.state.counts else alike(label, self.state.counts)
        before = self.state, self.version
        record = self.store.teach(label, codes, stamp, source, group, region,
                                  picture() if callable(picture) else picture, frame)
        self._learn(before, record)
        return Taught(record.number, self.state.counts[label], remark=remark,
                      drawn=frame is not None)

    def teach_all(self, lessons: Iterable[NewLesson], source: str = 'teach', group: str = '',
                  later: bool = False) -> list[Record]:
        """
        Learn several frames as one change, all or none of them; ``later`` as in ``undo``.

        Nothing is looked up: what repeats is learned again.

        :param lessons: memory.store.NewLesson of each.
        :return: the Record of each.
        :raises LabelError: when a text cannot be a label.
        :raises StoreError: when the disk refuses.
        """
        self._own()
        records = self.store.teach_all(lessons, source, group)
        self._changed(later)
        return records

    def relabel(self, sample: int, label: str, source: str = 'relabel',
                later: bool = False) -> str:
        """
        Teach a sample under another label, in its place, as one change; ``later`` as in ``undo``.

        :return: the label it had.
        :raises UnknownSample: when there is no such sample.
        :raises RefusedError: when it has that label.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the disk refuses.
        """
        self._own()
        before = self.store.relabel(sample, label, source)
        self._changed(later)
        return before

    def draw(self, frame: DrawnFrame, boxes: Iterable[Region] = (), complete: bool = False,
             stamp: str = '', source: str = 'draw', group: str = '', later: bool = False) -> int:
        """
        Draw boxes around things whose names do not matter; ``later`` as in ``undo``.

        :param boxes: x, y, width and height as fractions of the frame.
        :param complete: that is all: everything else in the frame is floor; with no box drawn
            in it, now or before, it is empty.
        :return: how many boxes are new.
        :raises StoreError: when a box cannot be one, or the disk refuses.
        """
        self._own()
        return self._draw(NewDrawing(frame, [(region, '') for region in boxes], complete, stamp),
                          source, group, later)

    def complete(self, frame: DrawnFrame, stamp: str = '', source: str = 'complete',
                 group: str = '', later: bool = False) -> None:
        """
        Say that everything in a frame is drawn.

        :raises RefusedError: when nothing is drawn in it: it would be taken for an empty one.
        """
        self._own()
        if not self._boxes_in(frame):
            raise RefusedError('nothing is drawn in that frame yet; draw its things first, or say '
                               'that it is empty')
        self._draw(NewDrawing(frame, (), True, stamp), source, group, later)

    def empty(self, frame: DrawnFrame, stamp: str = '', source: str = 'empty',
              group: str = '', later: bool = False) -> None:
        """
        Say that there is nothing in a frame.

        :raises RefusedError: when something is drawn in it.
        """
        self._own()
        if boxes := self._boxes_in(frame):
            raise RefusedError(f'that frame has {boxes_text(boxes)}: it is not empty')
        self._draw(NewDrawing(frame, (), True, stamp), source, group, later)

    def _boxes_in(self, frame: DrawnFrame) -> int:
        drawing = self.state.drawn.get(frame.name)
        return len(drawing.boxes) if drawing else 0

    def _draw(self, drawing: NewDrawing, source: str, group: str, later: bool) -> int:
        before, filtered = (self.state, self.version), self._duplicates
        records = self.store.draw(drawing, source, group)
        if records:
            self._changed(later)
            if before == (self.state, records[0].number - 1):  # no one else wrote: no new sample
                self._duplicates = filtered
        return sum(record.kind == BOX for record in records)

    def _views_of(self, frame_or_codes: np.ndarray, views: Iterable[np.ndarray] | None) -> tuple[
            np.ndarray, Iterable[np.ndarray]]:
        """Return the codes of a frame, and what gives those of further views."""
        array = np.asarray(frame_or_codes)
        if array.ndim == 2:
            return np.array([self.frame_encoder.codes(view) for view in array]), views or ()
        if array.ndim != 3 or views is not None:
            return self.frame_encoder.codes(array), views or ()
        seen = self.frame_encoder.encode_frame(array)
        return seen.codes, self.frame_encoder.view_codes(
            seen, self.learned_views(self.teach_views))

    def learned_views(self, wanted: int) -> int:
        """Return how many views of a frame are learned where so many are wanted."""
        return wanted if RULES[self.rule_name].LEARNS_VIEWS else 1

    def _learn(self, before: tuple[StoreState, int], record: Record) -> None:
        """Learn a lesson; what others wrote at the same moment as well."""
        if before != (self.state, record.number - 1):
            self._changed(later=False)
            return
        self._taught.learn(record.number)
        self._duplicate_filter().add(record.stamp, record.number, record.region)
        self._caught_up()

    def taught_as(self, stamp: str, region: Region = WHOLE) -> str | None:
        """Return the label under which a region of the frame of a stamp was taught, or None."""
        sample = self._duplicate_filter().sample_of(stamp, region)
        return None if sample is None else sample.label

    def taught_of(self, stamp: str, label: str) -> int | None:
        """Return the id of a sample that any part of the frame of a stamp taught a label."""
        return self._duplicate_filter().of_frame(stamp, label)

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
        return name if sample is None or np.array_equal(first_view(sample.codes), codes) else ''

    def codes_of(self, stamp: str) -> np.ndarray:
        """Return the codes of the frame of a stamp, uint8 (N,), whose sample must be there."""
        return first_view(cast(Sample, self._duplicate_filter().sample_of(stamp)).codes)

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

    def undo_one(self, change: int, source: str = 'undo', later: bool = False) -> Change:
        """
        Take back one change, however old, by its id; what came after it stays.

        :return: memory.history.Change.
        :raises RefusedError: when it is taken back already, or another one is in the way.
        :raises StoreError: when the disk refuses.
        """
        self._own()
        taken = self.store.undo_one(change, source)
        self._changed(later)
        return taken

    def redo_one(self, change: int, source: str = 'redo', later: bool = False) -> Change:
        """Put back one change that was taken back, by its id; otherwise as ``undo_one``."""
        self._own()
        put_back = self.store.redo_one(change, source)
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
        yield from self._taught.catch_up()
        self._caught_up()

    @property
    def consolidated(self) -> bool:
        """Whether the network's bits depend on what is known alone, and not on the way to it."""
        return self._taught.consolidated

    def consolidation(self) -> Iterator[None]:
        """
        Compute the network from the set of what is known, for idle time.

        A generator that pauses after steps of a few milliseconds; the network as it is answers
        until it ends.  Where something changes meanwhile it ends without having done anything.
        """
        return self._taught.consolidation()

    def consolidate(self) -> None:
        """Catch up, and compute the network from the set of what is known, now."""
        self._catch_up_now()
        for _ in self.consolidation():
            pass

    # -- where it is kept ----------------------------------------------------------------------

    def open(self, directory: Path | str, initial: Path | str | None = None) -> list[str]:
        """
        Remember in a directory from now on, and know what it holds.

        Other processes may have it open and teach as well; ``poll`` tells what they did.

        :param initial: a file that ``save`` wrote, whose samples an empty memory begins with.
        :return: sentences the user should hear (another runtime, damage that was mended).
        :raises StoreError: when it cannot be read, or belongs to another encoder.
        """
        store = DiskStore.open(directory, self.frame_encoder.fingerprint)
        try:
            remarks = list(store.remarks)
            remarks += self._begin(store, initial)
            found = store.cached() if self._order_matters else None
        except BaseException:
            store.close()
            raise
        self.close()
        self._take_over(store, found)
        return remarks

    def open_readonly(self, directory: Path | str, reason: str,
                      initial: Path | str | None = None) -> list[str]:
        """
        Know what a directory holds and leave it alone; every change tries to ``open`` it first.

        What others change is known after the next ``poll``.

        :param reason: sentence with which changes are refused as long as that fails.
        :param initial: as in ``open``.
        :return: sentences the user should hear.
        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        store = ReadOnlyStore(directory, self.frame_encoder.fingerprint)
        remarks = list(store.remarks)
        remarks += self._begin(store, initial)
        store.reason = reason
        self.close()
        self._home = directory, initial
        self._take_over(store, None)
        return remarks

    def release(self, reason: str) -> None:
        """
        Only read a memory that is open from now on, and close its file; see ``open_readonly``.

        The network stays as it is: nothing is learned again.
        """
        store = self._store
        if not isinstance(store, DiskStore):
            return
        store.close()
        frozen = ReadOnlyStore(store.directory, self.frame_encoder.fingerprint)
        frozen.reason = reason
        current = not self.is_stale and frozen.version == store.version
        self._store, self._duplicates, self._home = frozen, None, (store.directory, None)
        if not current:
            self._taught.forget_version()

    @property
    def is_readonly(self) -> bool:
        """Whether the memory is only read."""
        return self._home is not None

    def poll(self, later: bool = False) -> bool:
        """
        Know what other processes have changed meanwhile.

        A look costs next to nothing while nothing has changed.

        :param later: as in ``undo``.
        :return: whether anything has changed.
        :raises StoreError: when it cannot be read, or somebody put another file in its place;
            what is known stays, unless it is errors.ChangedError.
        """
        changed = self.let_change(self.store.poll)
        if changed and not later:
            self._catch_up_now()
        return changed

    def let_change(self, change: Callable[[], object]) -> bool:
        """
        Let the store change otherwise than by being taught here; ``catch_up`` learns that.

        :param change: function that takes in what others wrote, or finds nothing to take in.
        :return: whether anything has changed.
        """
        before = self.state, self.version
        try:
            change()
        finally:
            if self.state is not before[0]:
                self._taught.forget_version()
            changed = before != (self.state, self.version)
            if changed:
                self._changed(later=True)
        return changed

    @property
    def _order_matters(self) -> bool:
        """Whether the rule must learn all samples one by one, which a cache saves at a start."""
        return self.network.rule.unlearn is None

    def _take_over(self, store: SampleStore, found: _Found | None) -> None:
        """Know what a store holds; what was computed before, if any, saves learning it again."""
        self._store, self._duplicates, self._kept = store, None, None
        network = self._untaught()
        if found is not None:
            version, arrays, notes = found
            network = cache.restored(
                network, arrays, notes, store.state.as_of(version).samples) or network
        self._taught.start_from(network)
        self._catch_up_now()

    def _begin(self, store: SampleStore, initial: Path | str | None) -> list[str]:
        """Let an empty store begin with the samples of a file."""
        if not initial or store.version:
            return []
        return self._take_in(store, initial, 'initial', empty=True)

    def _own(self) -> None:
        """Have the memory, and know what others wrote, before it is changed."""
        if self._home is not None:
            self.open(*self._home)
        else:
            self.poll(later=True)

    def close(self) -> None:
        """Give the directory back; what is known stays in memory."""
        if self._store is None:
            return
        with contextlib.suppress(StoreError):  # a copy and a cache; the rest is on disk
            self.keep()
        store, self._home = self._store, None
        self._store = SampleStore(self.frame_encoder.fingerprint, store.state)
        store.close()

    def keep(self) -> bool:
        """
        Save what makes the next start quick and safe; what was taught is on disk already.

        A second copy of the memory is renewed, and the version noted as one to return to.

        :return: whether there was anything new.
        :raises StoreError: when the disk refuses, or somebody else changed what is there.
        """
        if not isinstance(self._store, DiskStore):
            return False
        self.poll(later=True)
        if self._kept == self.version or not self.version:
            return False
        if self._order_matters and not self.is_stale:
            self._store.keep(cache.arrays(self.network), cache.notes(self.network))
        else:
            self._store.keep()
        self._kept = self.version
        return True

    def _caught_up(self) -> None:
        if isinstance(self._store, DiskStore) and self._store.copy_is_due:
            with contextlib.suppress(StoreError):  # as in close
                self.keep()

    def status(self) -> dict[str, Any]:
        """Return how the memory stands, {name: value}."""
        return self.store.status()

    def versions(self) -> list[int]:
        """Return the versions that were saved on purpose, newest first; see ``rollback``."""
        return self.store.versions()

    def save(self, path: Path | str, pictures: Mapping[int, bytes] | None = None) -> int:
        """
        Write all that is known into one file that another robot can take over.

        :param pictures: {number: JPEG} to go with it, as the store's ``pictures`` gives them.
        :return: bytes written.
        :raises StoreError: when the disk refuses.
        """
        head = Head(fingerprints.plain(self.frame_encoder.fingerprint), self.store.author)
        frames = (self.store.frame(name) for name in self.state.drawn)
        return contents_of.export(self.state, head, user_path(path), pictures,
                                  (frame for frame in frames if frame is not None))

    def load(self, path: Path | str, replace: bool = True, source: str = 'import',
             force: bool = False) -> list[str]:
        """
        Take over the samples of a file that ``save`` wrote.

        :param replace: forget what was known; False merges the two.
        :param force: take what can be read of a damaged file, and an empty one as well.
        :return: sentences the user should hear.
        :raises DamagedError: when the file is not whole, or replaces what is known by nothing.
        :raises StoreError: when it cannot be read, or was taught through another encoder.
        """
        self._own()
        remarks = self._take_in(self.store, path, source, replace, force)
        self._changed(later=False)
        return remarks

    def _take_in(self, store: SampleStore, path: Path | str, source: str, replace: bool = False,
                 force: bool = False, empty: bool = False) -> list[str]:
        found = contents_of.read_whole(path, replace and bool(store.state.samples), force)
        remarks = found.problems + fingerprints.compare(
            str(path), found.fingerprint, self.frame_encoder.fingerprint)
        samples, jpegs = found.state.samples, contents_of.pictures_of(found)
        store.import_samples(found.fingerprint, samples.values(), replace, source,
                             [jpegs.get(number) for number in samples], empty,
                             contents_of.drawings_of(found))
        return remarks
