# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A sample store that is not on disk: all changes there are, made to a state in memory alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import threading
import time
from typing import Any, NamedTuple
import uuid

import numpy as np

from hybrid_snn_ros.codes import first_view, PARTS, view_count
from hybrid_snn_ros.memory import exchange
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.changes import ChangeList
from hybrid_snn_ros.memory.drawings import NewDrawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import (
    LabelExistsError,
    NothingToUndoError,
    RefusedError,
    StoreError,
    UnknownLabel,
    UnknownSample,
)
from hybrid_snn_ros.memory.exchange import Admitted, Foreign, Spans
from hybrid_snn_ros.memory.history import Change, REDO, UNDO
from hybrid_snn_ros.memory.labels import find, LabelError, normalise
from hybrid_snn_ros.memory.record import (
    ALLOW,
    BOX,
    check,
    COMPLETE,
    DECISIONS,
    DENY,
    FORK,
    JOIN,
    LESSON,
    MAX_CODES,
    NAME,
    Record,
    Region,
    spans,
    TOMBSTONE,
    WHOLE,
)
from hybrid_snn_ros.memory.state import Sample, StoreState
from hybrid_snn_ros.memory.wording import in_the_way, samples_text

CLOCK_UNIT = 16  # bits of the counter in a hybrid logical clock
_Draft = dict[str, Any]  # fields of a record that is to be written


class NewLesson(NamedTuple):
    """One frame that is to be taught."""

    label: str
    codes: np.ndarray  # uint8 (N,), or (k, N) of k views
    stamp: str = ''  # of the frame
    region: Region = WHOLE  # the part of the crop it shows, as fractions
    # what the encoder saw, as a JPEG; of a lesson of several views what they were cut from
    picture: bytes | None = None
    frame: DrawnFrame | None = None  # in which the region is drawn, and teaches where things are


class SampleStore:
    """What is known, and how it may change. Changes may come from several threads."""

    def __init__(self, fingerprint: dict[str, Any], state: StoreState | None = None,
                 now: Callable[[], float] = time.time) -> None:
        """
        Begin with a state, an empty one if none is given.

        :param fingerprint: dict of what the codes depend on (encoder, crop, roi, inputs, runtime).
        :param now: function that tells the unix time in seconds.
        """
        self.author = state.author if state is not None and state.author else uuid.uuid4().hex
        self.state = StoreState(author=self.author) if state is None else state
        self.remarks: list[str] = []  # sentences the operator should hear
        self._fingerprint = fingerprint
        self._now = now
        self._guard = threading.RLock()
        self._floor = 0  # sequence of ours that is taken although its record was compacted away
        self._frames: dict[str, DrawnFrame] = {}  # by name, where there is no disk
        self._seals: dict[int, bytes] = {}  # by number, where there is no disk
        self._gone: dict[str, Spans] = {}  # sequences that no one needs to send, by author

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What the stored codes depend on."""
        return self._fingerprint

    @property
    def version(self) -> int:
        """Rises with every change."""
        return self.state.version

    def versions(self) -> list[int]:
        """Return the versions that were saved on purpose, newest first: only a disk holds any."""
        return []

    def status(self) -> dict[str, Any]:
        """Return how the store stands, {name: value}, for people who watch over the robot."""
        return {'store': 'none: what is taught lasts as long as this process'}

    def poll(self) -> bool:
        """Take in what others wrote; tell whether there was anything. Here no one else writes."""
        return False

    def computed(self, name: str, key: str) -> dict[str, np.ndarray] | None:
        """Return what was computed for a key and kept under a name: only a disk keeps any."""
        return None

    def keep_computed(self, name: str, key: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep what was computed for a key, where there is a disk."""

    def close(self) -> None:
        """Nothing is open."""

    # -- changes -------------------------------------------------------------------------------

    def teach(self, label: str, codes: np.ndarray, stamp: str = '', source: str = 'teach',
              group: str = '', region: Region = WHOLE, picture: bytes | None = None,
              frame: DrawnFrame | None = None) -> Record:
        """
        Add one sample.

        :param codes: the encoder's output, uint8 (N,), or (k, N) of k views of the frame, the
            first as it was seen.
        :param group: text of at most 64 bytes; what one source teaches under one group is one
            change, which is taken back as a whole. '' makes it a change of its own.
        :param region: x, y, width and height of what it shows, as fractions.
        :param picture: JPEG of what the encoder saw, or the views were cut from, kept with it.
        :param frame: in which the region is drawn, where that is to teach where things are.
        :return: its Record.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the codes do not fit or the disk refuses.
        """
        return self.teach_all([NewLesson(label, codes, stamp, region, picture, frame)], source,
                              group)[0]

    def teach_all(self, lessons: Iterable[NewLesson], source: str = 'teach',
                  group: str = '') -> list[Record]:
        """
        Add several samples, all or none of them; see `teach`.

        :return: the Record of each.
        """
        checked = [one._replace(label=normalise(one.label), codes=self._own(one.codes))
                   for one in lessons]
        records = self._change(lambda: self._lessons(checked, source, group, {}))
        return [record for record in records if record.kind == LESSON]

    def _lessons(self, lessons: Iterable[NewLesson], source: str, group: str,
                 labels: dict[str, Any], fresh: bool = False) -> list[_Draft]:
        """
        Return what is to be written.

        :param labels: filled with the id of each label, or the draft it begins with, by its text.
        :param fresh: whether labels are new ones, whatever is known.
        """
        drafts: list[_Draft] = []
        for one in lessons:
            # A lesson and its box are one change, whatever they are part of.
            press = group or f'box {self.version + len(drafts) + 1}' * (one.frame is not None)
            draft = {'kind': LESSON, 'act': 'teach', 'text': one.label, 'codes': one.codes,
                     'stamp': one.stamp, 'region': one.region, 'source': source, 'group': press,
                     'picture': one.picture, 'samples': view_count(one.codes)}
            if one.label not in labels:
                here = [] if fresh else self.state.roots(one.label)
                # A label that is not there begins with this record, whose id is not known yet.
                labels[one.label] = here[0] if here else draft
            draft['label'] = labels[one.label] if labels[one.label] is not draft else ''
            drafts.append(draft)
            if one.frame is not None:
                box = self._box(one.frame, one.frame.name, one.region, one.label,
                                labels[one.label], one.stamp)
                drafts.append({**box, 'source': source, 'group': press})
        return drafts

    @staticmethod
    def _box(frame: DrawnFrame, name: str, region: Region, text: str, label: Any,
             stamp: str) -> _Draft:
        """
        Return a box that is to be drawn.

        :param name: of the frame, a digest that its maker has told once.
        :param label: an id, or the draft that the label begins with.
        """
        return {'kind': BOX, 'act': 'draw', 'target': name, 'region': region, 'text': text,
                'label': label, 'stamp': stamp, 'samples': 1, 'frame': frame}

    def draw(self, drawing: NewDrawing, source: str = 'draw', group: str = '') -> list[Record]:
        """
        Draw boxes in a frame, which teach where things are and no names; or say what is all.

        A box that is there is passed over; a label is one that is known.  With `complete`, every
        thing in the frame is drawn, and where nothing is drawn the frame is empty.

        :return: the Records of what is new; [] where all of it is known.
        :raises UnknownLabel: when a box has a label that is not known.
        :raises StoreError: when a region cannot be one, or the disk refuses.
        """
        def drafts() -> list[_Draft]:
            labels = {text: self.state.roots(self._there(text))[0]
                      for _, text in drawing.boxes if text}
            new = self._drawing(drawing, labels)
            press = group or f'draw {self.version + 1}' * (len(new) > 1)  # one change
            return [{**draft, 'source': source, 'group': press} for draft in new]
        return self._change(drafts)

    def _drawing(self, drawing: NewDrawing, labels: Mapping[str, Any],
                 fresh: bool = False) -> list[_Draft]:
        """Return what is to be written; a label that is not among `labels` is none."""
        frame, name = drawing.frame, drawing.frame.name  # a digest: told once
        known = None if fresh else self.state.drawn.get(name)
        there = set(known.boxes) if known else set()
        drafts = []
        for region, text in drawing.boxes:
            if region not in there:
                there.add(region)
                label = labels.get(text, '')
                drafts.append(self._box(frame, name, region, text if label else '', label,
                                        drawing.stamp))
        if drawing.complete and (drafts or not (known and known.complete)):
            drawn = 0 if fresh else sum(one.target == name
                                        for one in self.state.drawn_records(BOX))
            drafts.append({
                'kind': COMPLETE, 'act': 'complete' if there else 'empty', 'target': name,
                'stamp': drawing.stamp, 'samples': drawn + len(drafts), 'frame': frame})
        return drafts

    def frame(self, name: str) -> DrawnFrame | None:
        """Return a frame in which something was drawn; None where it was lost."""
        return self._frames.get(name)

    def remove(self, number: int, source: str = 'cli') -> Record:
        """
        Take one sample out; a change like any other, which `undo` takes back.

        :return: the tombstone's Record; its text is the sample's label.
        :raises UnknownSample: when there is no such sample.
        """
        def drafts() -> list[_Draft]:
            label = self._sample(number).label
            return [self._tombstone('remove', self._lesson_and_boxes(number), source, label, 1)]
        return self._change(drafts)[0]

    def _sample(self, number: int) -> Sample:
        if number not in self.state.samples:
            raise UnknownSample(f'there is no sample {number}')
        return self.state.samples[number]

    def _lesson_and_boxes(self, number: int) -> list[Record]:
        """Return the lesson of a sample, and the boxes that were drawn with it."""
        lesson = self.state.record(number)
        assert lesson is not None  # a sample is a lesson in force
        return [lesson, *(box for box in self.state.boxes_of(self.state.samples[number].label)
                          if _belongs(box, lesson))]

    def relabel(self, number: int, label: str, source: str = 'cli') -> str:
        """
        Teach a sample under another label, in its place, its picture and box with it.

        :return: the label it had.
        :raises UnknownSample: when there is no such sample.
        :raises RefusedError: when it has that label already.
        """
        text, before = normalise(label), ['']

        def drafts() -> list[_Draft]:
            sample = self._sample(number)
            if sample.label == text:
                raise RefusedError(f"sample {number} is one of '{text}' already")
            before[0], group = sample.label, f'relabel {self.version + 1}'
            gone = self._lesson_and_boxes(number)
            frame = self.frame(gone[1].target) if len(gone) > 1 else None
            return [{**self._tombstone('relabel', gone, source, sample.label, 1),
                     'group': group}, *self._lessons([NewLesson(
                         text, sample.codes, sample.stamp, sample.region,
                         self.pictures([number]).get(number), frame)], source, group, {})]
        self._change(drafts)
        return before[0]

    def pictures(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return {number: JPEG} of those of some samples that have a picture: only a disk has."""
        return {}

    def take_back(self, number: int, source: str = 'cli') -> Record:
        """
        Take one record back by its number, whatever it is; a change like any other.

        A sample goes; of a tombstone (a forget, a removal, an undo) what it took is back; a
        rename or merge is as if it had not been.

        :return: the tombstone's Record.
        :raises UnknownSample: when there is no such record, or it is taken back already.
        """
        if number in self.state.samples:
            return self.remove(number, source)

        def drafts() -> list[_Draft]:
            record = self.state.record(number)
            if record is None:
                raise UnknownSample(f'there is no record {number}')
            if record.kind in DECISIONS:
                raise RefusedError(f'record {number} decides about a robot; take it back with '
                                   '`hybrid-snn fleet allow` or `hybrid-snn fleet deny`')
            if not self.state.in_force(record):
                raise UnknownSample(f'record {number} ({record.act}) is taken back already')
            return [self._tombstone('restore', [record], source, record.was or record.text,
                                    record.samples)]
        return self._change(drafts)[0]

    def undo(self, change: int | None = None, source: str = 'cli') -> Change:
        """
        Take back the newest change, as a whole; again, the one before.

        :param change: the id it must have (memory.history.Change), None for whichever it is.
        :return: the Change.
        :raises NothingToUndoError: when no one did anything, or the newest change is another
            one.
        """
        taken: list[Change] = []

        def drafts() -> list[_Draft]:
            taken.append(self._named(self.state.history.newest(), change, self._nothing()))
            return [self._tombstone(UNDO, self.state.history.newest_records(), source,
                                    taken[0].label, taken[0].samples)]
        self._change(drafts)
        return taken[0]

    def redo(self, change: int | None = None, source: str = 'cli') -> Change:
        """
        Put back what the last `undo` took, as long as nothing else was done since.

        :param change: as of `undo`.
        :return: the Change.
        :raises NothingToUndoError: when there is nothing of that kind.
        """
        put_back: list[Change] = []

        def drafts() -> list[_Draft]:
            history = self.state.history
            put_back.append(self._named(history.undone(), change,
                                        'nothing was undone that could be put back'))
            undo = history.last_undo()
            assert undo is not None  # there is one, else nothing would be undone
            return [self._tombstone(REDO, [undo], source, put_back[0].label,
                                    put_back[0].samples)]
        self._change(drafts)
        return put_back[0]

    def undo_one(self, change: int, source: str = 'cli') -> Change:
        """
        Take back one change, however old; what came after it stays.

        :param change: its id (memory.history.Change).
        :return: the Change, and how many samples it concerned now.
        :raises NothingToUndoError: when there is no such change, or it is taken back already.
        :raises RefusedError: when another one is in the way (memory.changes).
        """
        return self._turn(change, source, back=True)

    def redo_one(self, change: int, source: str = 'cli') -> Change:
        """Put back one change that was taken back, however long ago; otherwise as `undo_one`."""
        return self._turn(change, source, back=False)

    def _turn(self, number: int, source: str, back: bool) -> Change:
        found: list[Change] = []
        samples = [0]  # before

        def drafts() -> list[_Draft]:
            one = ChangeList(self.state).find(number)
            if one is None:
                raise NothingToUndoError(f'there is no change {number}; the list of changes says '
                                         'which there are')
            listed, records = one
            if listed.taken_back is back:
                raise NothingToUndoError(f'change {number} is ' + (
                    'taken back already' if back else 'not taken back'))
            if listed.obstacle is not None:
                raise RefusedError(in_the_way(number, listed))
            found.append(listed.change)
            samples[0] = len(self.state.samples)
            return [self._tombstone(UNDO if back else REDO, records if back else listed.undos,
                                    source, listed.change.label, listed.change.samples)]
        self._change(drafts)
        change = found[0]
        if change.what == 'forget':
            return change._replace(samples=abs(len(self.state.samples) - samples[0]))
        if change.what in ('rename', 'merge'):
            name = change.label if back else change.target
            return change._replace(samples=self.state.counts.get(name, 0))
        return change

    def _nothing(self) -> str:
        left = len(self.state.samples)
        return 'there is nothing to undo' + (
            f'; the {samples_text(left)} here came with the memory, forget takes labels out'
            if left else '')

    @staticmethod
    def _named(found: Change | None, change: int | None, nothing: str) -> Change:
        if found is None:
            raise NothingToUndoError(nothing)
        if change is not None and found.id != change:
            raise NothingToUndoError('something else was done meanwhile; look again at what '
                                     'would be taken back or put back')
        return found

    def forget(self, label: str, source: str = 'cli') -> Record:
        """Take all samples of a label back; UnknownLabel if there are none."""
        def drafts() -> list[_Draft]:
            text = self._there(label)
            return [self._forgetting(text, source)]
        return self._change(drafts)[0]

    def _there(self, label: str) -> str:
        text = find(label, self.state.counts)
        if text not in self.state.counts:
            raise UnknownLabel(f"nothing was taught as '{text}'")
        return text

    def _forgetting(self, text: str, source: str, group: str = '') -> _Draft:
        lessons = self._found([number for number, sample in self.state.samples.items()
                               if sample.label == text])
        return {**self._tombstone('forget', [*lessons, *self.state.boxes_of(text)], source, text,
                                  len(lessons)), 'group': group}

    def rename(self, old: str, new: str, source: str = 'cli', merge: bool = False) -> Record:
        """
        Give a label another name.

        :param merge: whether the name may be that of a label that is there: they become one.
        :raises UnknownLabel: when nothing was taught under the old name.
        :raises LabelExistsError: when the new name is that of a label, and no merge was asked for.
        """
        def drafts() -> list[_Draft]:
            counts = self.state.counts
            was, text = find(old, counts), find(new, counts) if merge else normalise(new)
            if was == text:
                raise RefusedError(f"'{was}' has that name already")
            if not merge and was in counts and text in counts:
                raise LabelExistsError(
                    f"'{text}' is a label already, with {samples_text(counts[text])}; to put the "
                    f"{samples_text(counts[was])} of '{was}' into it, merge the two")
            was = self._there(was)
            text = normalise(text) if text not in counts else text
            roots = self.state.roots(was)
            into = self.state.roots(text)[0] if text in counts else ''
            common = {'act': 'merge' if into else 'rename', 'kind': JOIN if into else NAME,
                      'text': text, 'was': was, 'target': into, 'source': source,
                      'samples': counts[was],
                      'group': f'rename {self.version + 1}' if len(roots) > 1 else ''}
            return [{**common, 'label': root} for root in roots]
        return self._change(drafts)[0]

    def rollback(self, version: int, source: str = 'cli') -> Record:
        """
        Return to what was known at an earlier version; a change like any other.

        :raises RefusedError: when there is no history that far back.
        """
        def drafts() -> list[_Draft]:
            self.state.as_of(version)  # refuses what cannot be
            since = [one for one in self.state.records_since(version)
                     if one.kind not in DECISIONS]
            return [self._tombstone('rollback', since, source, str(int(version)), 0)]
        return self._change(drafts)[0]

    def import_samples(self, fingerprint: dict[str, Any], samples: Iterable[Sample],
                       replace: bool = False, source: str = 'import', pictures: Sequence[
                           bytes | None] | None = None, empty: bool = False,
                       drawings: Iterable[NewDrawing] = ()) -> tuple[int, int]:
        """
        Take over samples of another memory, all or none of them.

        :param fingerprint: what their codes depend on.
        :param samples: iterable of Sample; one whose label and codes are known already, or came
            before, counts once.
        :param replace: forget everything else first.
        :param pictures: of the samples, where there are any.
        :param empty: take nothing unless the memory is empty: two that begin at once.
        :param drawings: what was drawn there; boxes that are here count once.
        :return: (samples added, samples that were known).
        :raises LabelError: when a text cannot be a label.
        :raises StoreError: when they do not fit here or the disk refuses.
        """
        self.remarks += fingerprints.compare(
            'what is to be imported', fingerprint, self.fingerprint)
        lessons = []
        for place, sample in enumerate(samples):
            try:
                lessons.append(NewLesson(
                    normalise(sample.label), self._own(sample.codes), sample.stamp, sample.region,
                    pictures[place] if pictures else None))
            except LabelError as error:  # a label older than the rule
                raise LabelError(f'{sample.label!a} cannot be taken over: {error}; give it '
                                 'another name where it is known') from error
        added = [0]

        def drafts() -> list[_Draft]:
            if empty and self.version:
                return []
            known = set() if replace else {
                (sample.label, first_view(sample.codes).tobytes())
                for sample in self.state.samples.values()}
            new = []
            for lesson in lessons:
                if (key := (lesson.label, first_view(lesson.codes).tobytes())) not in known:
                    known.add(key)
                    new.append(lesson)
            added[0] = len(new)
            group = f'import {self.version + 1}'  # of its own: one change
            changes = [self._forgetting(label, source, group)
                       for label in (self.state.labels if replace else ())]
            if replace and self.state.drawn:
                changes.append({**self._tombstone('forget', self.state.drawn_records(), source, '',
                                                  0), 'group': group})
            # In place of all, their labels are new ones, whatever they are called.
            labels: dict[str, Any] = {} if replace else {
                text: self.state.roots(text)[0] for text in self.state.counts}
            changes += self._lessons(new, source, group, labels, replace)
            for drawing in drawings:
                changes += [{**draft, 'source': source, 'group': group}
                            for draft in self._drawing(drawing, labels, replace)]
            return changes
        self._change(drafts)
        return added[0], len(lessons) - added[0]

    # -- other robots --------------------------------------------------------------------------

    def admit(self, foreign: Iterable[Foreign],
              gone: Mapping[str, Iterable[Iterable[int]]] | None = None) -> Admitted:
        """
        Take in records of other robots, all or none of them; those that are here change nothing.

        Where another record of an id is here, neither counts any more: a tombstone says so.
        Whether their author may teach here is the caller's to know (memory.decisions, fleet).

        :param gone: {author: [[first, last], ...]} that no other robot has to send.
        :raises StoreError: when one of them does not fit here, or the disk refuses.
        """
        foreign = list(foreign)
        for one in foreign:
            exchange.check_foreign(one.record, self.fingerprint.get('inputs'))
        with self._guard:
            self._check_fingerprint()
            self._begin()
            try:
                new, known, forked = exchange.sorted_out(foreign, self.state)
                records = [one.record._replace(number=self.version + place)
                           for place, one in enumerate(new, 1)]
                self._write_foreign(records, {
                    record.number: one.seal for record, one in zip(records, new) if one.seal},
                    self._more_gone(gone or {}, records))
            except BaseException:
                self._abandon()
                raise
            if records:
                self.state.add(records)
            return Admitted(records, known, self._tell_forked(forked))

    def _more_gone(self, gone: Mapping[str, Iterable[Iterable[int]]],
                   new: Iterable[Record]) -> dict[str, Spans]:
        here = exchange.sequences(self.state)
        for record in new:
            here.setdefault(record.author, set()).add(record.sequence)
        more = {author: exchange.joined([*self._gone.get(author, ()), *spans],
                                        here.get(author, set()))
                for author, spans in {**self._gone, **gone}.items()}
        return {author: spans for author, spans in more.items() if spans}

    def _tell_forked(self, forked: Mapping[tuple[str, int], int]) -> list[tuple[str, int]]:
        """Put ids of two records out of force; the robot whose key is in use twice leaves that."""
        theirs = [one for one in self.state.records if one.id in forked
                  and one.author != self.author and self.state.in_force(one)]
        if theirs:
            self._change(lambda: [self._tombstone(FORK, theirs, 'fleet', '', len(theirs))],
                         max(forked.values()))
        return sorted(forked)

    def gone(self) -> dict[str, Spans]:
        """Return the sequences that no one needs to send: {author: [[first, last], ...]}."""
        with self._guard:
            here = exchange.sequences(self.state).get(self.author, set())
            mine = exchange.joined([*self._gone.get(self.author, ()), (1, self._floor)], here)
            return {**self._gone, self.author: mine} if mine else dict(self._gone)

    def lengths(self) -> dict[str, int]:
        """Return up to which sequence each author's log is complete here: {author: length}."""
        return exchange.lengths(exchange.sequences(self.state), self.gone())

    def records_of(self, author: str, first: int, last: int) -> list[Foreign]:
        """Return what is here of an author's log between two sequences, both included."""
        with self._guard:
            records = sorted((one for one in self.state.records
                              if one.author == author and first <= one.sequence <= last),
                             key=lambda one: one.sequence)
            seals = self.seals(one.number for one in records)
            return [Foreign(one, seals.get(one.number, b'')) for one in records]

    def seals(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return {number: seal} of those of some records that are signed."""
        return {number: self._seals[number] for number in numbers if number in self._seals}

    def seal(self, seals: Mapping[int, bytes]) -> None:
        """Keep the seals of records that are here: {number: seal}."""
        with self._guard:
            self._begin()
            try:
                self._write_foreign([], seals, self._gone)
            except BaseException:
                self._abandon()
                raise

    @property
    def is_shared(self) -> bool:
        """Whether other robots may know of what is here."""
        return bool(self._seals) or any(one.author != self.author for one in self.state.records)

    def take_author(self, author: str) -> None:
        """
        Write as another author from now on: one whose key is here.

        What was written before becomes that author's, ids and all, unless another robot may know
        of it: then it stays what it is, and Undo does not reach it any more.
        """
        with self._guard:
            records = self.state.records if self.is_shared else exchange.under(
                self.state.records, self.author, author)
            self.state = StoreState(records, self.state.base, self.version, author)
            self.author = author

    def decide(self, kind: str, author: str, name: str = '', source: str = 'cli') -> Record:
        """
        Allow an author to teach here, or deny it: then nothing of what it taught counts.

        :param kind: memory.record.ALLOW or DENY.
        :param name: what people call that robot.
        :raises RefusedError: when it is this robot, or no author.
        """
        if not exchange.is_author(author):
            raise RefusedError(f'{author!a} is no robot: it is 32 hexadecimal digits, as '
                               '`hybrid-snn fleet key` prints them there')
        if author == self.author:
            raise RefusedError('that is this robot itself')
        assert kind in (ALLOW, DENY)
        return self._change(lambda: [{'kind': kind, 'act': kind, 'target': author, 'text': name,
                                      'source': source}])[0]

    # -- how a change is made ------------------------------------------------------------------

    def _found(self, numbers: Iterable[int]) -> list[Record]:
        wanted = set(numbers)
        return [record for record in self.state.records if record.number in wanted]

    @staticmethod
    def _tombstone(act: str, targets: Sequence[Record], source: str, text: str,
                   samples: int) -> _Draft:
        return {'kind': TOMBSTONE, 'act': act, 'target': spans(targets), 'source': source,
                'text': text, 'samples': samples}

    def _check_fingerprint(self) -> None:
        if not self.fingerprint:
            raise StoreError(f'{self._name} is empty and no one said which encoder it is for')

    def _change(self, drafts: Callable[[], list[_Draft]], clock: int = 0) -> list[Record]:
        """
        Make a change out of what is known now, safe before it is applied; all or nothing.

        :param clock: that it must be above, besides those that are known.
        """
        with self._guard:
            self._check_fingerprint()
            self._begin()
            try:
                records, pictures, frames = self._numbered(drafts(), clock)
                self._write(records, pictures, frames)
            except BaseException:
                self._abandon()
                raise
            if records:
                self.state.add(records)
            return records

    def _numbered(self, drafts: list[_Draft], clock: int) -> tuple[
            list[Record], dict[int, bytes], list[DrawnFrame]]:
        moment, mine = self._now(), self.author
        clock = max([int(moment * 1000) << CLOCK_UNIT, clock + 1,
                     *(record.clock + 1 for record in self.state.records[-1:])])
        sequence = self.state.last_sequence(mine, self._floor)
        records: list[Record] = []
        pictures: dict[int, bytes] = {}
        frames: dict[str, DrawnFrame] = {}
        made: dict[int, Record] = {}  # id of a draft: the record that it has become
        for place, draft in enumerate(drafts):
            picture, frame = draft.pop('picture', None), draft.pop('frame', None)
            if frame is not None:
                frames[draft['target']] = frame  # which is its name
            label = draft.get('label', '')
            if isinstance(label, dict):  # of a lesson before it
                draft = {**draft, 'label': made[id(label)].label_id}
            record = Record(
                self.version + place + 1, mine, sequence + place + 1, draft.pop('kind'),
                draft.pop('act'), clock + place, moment, draft.pop('source'), **draft)
            check(record)
            made[id(drafts[place])] = record
            records.append(record)
            if picture is not None:
                pictures[record.number] = picture
        return records, pictures, list(frames.values())

    @property
    def _name(self) -> str:
        return 'the memory'

    def _begin(self) -> None:
        """Take in what others wrote, and keep them from writing more until the change is made."""

    def _write(self, records: list[Record], pictures: dict[int, bytes],
               frames: list[DrawnFrame]) -> None:
        """Make records safe before they are applied; here only frames are to be kept."""
        self._frames.update((frame.name, frame) for frame in frames)

    def _write_foreign(self, records: list[Record], seals: Mapping[int, bytes],
                       gone: dict[str, Spans]) -> None:
        """Make what other robots wrote safe before it is applied."""
        self._seals.update(seals)
        self._gone = gone

    def _abandon(self) -> None:
        """Let others write again where a change was not made."""

    def _own(self, codes: np.ndarray) -> np.ndarray:
        """Return a copy that no one can change, the caller may reuse its buffer."""
        codes = np.array(codes)
        width = self.fingerprint.get('inputs')
        if codes.dtype != np.uint8 or codes.ndim not in (1, 2) or codes.shape[-1] > MAX_CODES or (
                width is not None and codes.shape[-1] != width):
            raise StoreError(f'a frame must have uint8 codes, {width or MAX_CODES} of them, not '
                             f'{codes.dtype} {codes.shape}')
        if not view_count(codes) or PARTS % view_count(codes):
            raise StoreError(f'a lesson has 1, 2, 3 or {PARTS} views, not {len(codes)}')
        if len(codes) == 1 < codes.ndim:
            codes = codes[0]
        codes.flags.writeable = False
        return codes


def _belongs(box: Record, lesson: Record) -> bool:
    """Tell whether a box is that of a lesson of its label: written behind it, or of its frame."""
    behind = (box.author, box.sequence - 1) == lesson.id
    return box.region == lesson.region and (
        behind or bool(box.stamp) and box.stamp == lesson.stamp)
