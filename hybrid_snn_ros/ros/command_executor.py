# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The command executor: does what is asked of the classifier, on exactly the frames that were meant.

A lesson that takes several encodings is carried out in steps, between which frames are answered.
"""

from collections import deque
from collections.abc import Callable, Generator
import functools
import json
import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.changes import ChangeList
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.duplicates import Outcome
from hybrid_snn_ros.memory.errors import LabelExistsError, RefusedError, StoreError
from hybrid_snn_ros.memory.labels import find, LabelError
from hybrid_snn_ros.memory.record import Region, WHOLE
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.memory.wording import put_back, samples_text, taken_back
from hybrid_snn_ros.ros.asker import Asker
from hybrid_snn_ros.ros.asking import Asking
from hybrid_snn_ros.ros.box_namer import BoxRequest
from hybrid_snn_ros.ros.boxes import shown_in
from hybrid_snn_ros.ros.change_json import as_json, MAX_CHANGES
from hybrid_snn_ros.ros.commands import Command, CommandError, MAX_WAITING, Result
from hybrid_snn_ros.ros.drawing import Drawing
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.recent_frames import RecentFrame, RecentFrames, SeenFrame
from hybrid_snn_ros.ros.thing_finder import ThingFinder
from hybrid_snn_ros.snn.steps import UnderWay
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.lesson_views import LessonViews
from hybrid_snn_ros.vision.pictures import kept_jpeg
from hybrid_snn_ros.vision.runtime import EncoderError
from hybrid_snn_ros.where.boxes import BoxError


class TeachingSession(NamedTuple):
    """A request to teach several frames that is under way."""

    command: Command
    begun: float  # monotonic seconds
    taught: int
    last: RecentFrame | None = None  # the frame behind which it goes on, None for the newest


class CommandExecutor:
    """Used by the worker alone."""

    def __init__(self, classifier: Classifier, settings: Parameters, frames: RecentFrames,
                 report: Callable[[Result], None], asker: Asker, problem: str = '',
                 name: Callable[[BoxRequest], None] = lambda request: None,
                 finder: ThingFinder | None = None,
                 show: Callable[[list[tuple[str, bytes]]], None] = lambda pictures: None) -> None:
        """
        Begin with nothing to do.

        :param classifier: Classifier.
        :param settings: ros.parameters.Parameters.
        :param frames: RecentFrames, to which whoever answers frames adds them.
        :param report: function of a commands.Result: publish it.
        :param asker: Asker whose questions are answered.
        :param problem: why teaching is refused so far, or ''.
        :param name: function of a box_namer.BoxRequest: name its boxes.
        :param finder: ThingFinder that boxes teach where things are; None where nothing does.
        :param show: function of [(name, JPEG)]: publish pictures that somebody wants to see.
        """
        self._drawing = Drawing(classifier, frames, finder)
        self._asking = Asking(classifier, asker)
        self._show = show
        self._classifier = classifier
        self._settings = settings
        self._report = report
        self._frames = frames
        self._name_boxes = name
        self._lesson = UnderWay()
        self._early: deque[tuple[Command, float]] = deque()  # came before their frame, and when
        self._session: TeachingSession | None = None
        self.problem = problem  # why the last change was refused by the disk, or ''

    # -- frames --------------------------------------------------------------------------------

    def saw(self) -> None:
        """Teach the frame that was added if a session is under way."""
        if self._session and not self._settings.learning:
            self.abort('learning was switched off')
        self._go_on_with_session()

    # -- sessions ------------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """Tell whether a session waits for frames."""
        return self._session is not None

    def patience(self) -> float:
        """Return for how many seconds the session still waits for a readable frame."""
        newest = self._frames.newest
        assert self._session is not None  # asked only while one waits
        since = max(self._session.begun, newest.time if newest else 0.0)
        return since + self._settings.image_timeout - time.monotonic()

    def abort(self, reason: str) -> None:
        """End the session, once the lesson under way is learned; say how far it came."""
        self.finish()
        if self._session is None:  # that was its last
            return
        session, self._session = self._session, None
        command = session.command
        self._answer(command, 'ERROR', f"taught {session.taught} of {command.frames} frames of "
                     f"'{command.label}', then {reason}",
                     taught=session.taught, wanted=command.frames)

    def _end_session(self, reason: str, label: str | None = None) -> None:
        """End a session of this label, or of any: its next frame would undo what was just done."""
        if self._session and label in (None, self._session.command.label):
            self.abort(reason)

    def _go_on_with_session(self) -> None:
        """Teach the newest frame if a session waits for one; those during a lesson are passed."""
        newest = self._frames.newest
        # A network that is not up to date would let frames wait.
        if (self._session and newest and newest is not self._session.last and not self.teaching
                and not self._classifier.is_stale):
            self._begin_lesson(self._next_lesson(self._session, newest))

    def _next_lesson(self, session: TeachingSession,
                     newest: RecentFrame) -> Generator[None, None, None]:
        done = yield from self._teach(session.command, newest, session.taught + 1)
        ended = not done or session.taught + 1 >= session.command.frames
        self._session = None if ended else session._replace(
            taught=session.taught + 1, last=newest)

    # -- the lesson under way ------------------------------------------------------------------

    @property
    def teaching(self) -> bool:
        """Whether a lesson is under way: frames go on being answered between its views."""
        return bool(self._lesson)

    def _begin_lesson(self, lesson: Generator[None, None, None]) -> None:
        self._lesson.begin(lesson)
        self._lesson.go_on()

    def go_on(self) -> None:
        """Take the next step of the lesson under way, or of a session that has frames waiting."""
        if self._lesson:
            self._lesson.go_on()
            return
        self._teach_early()
        self._go_on_with_session()

    def finish(self) -> None:
        """Take all steps of the lesson under way."""
        while self.teaching:
            self.go_on()

    def close(self, reason: str) -> None:
        """End what is under way, and refuse what waits for its frame."""
        if self._session:
            self.abort(reason)
        self._refuse_early(reason)

    def _refuse_early(self, reason: str) -> None:
        while self._early:
            self.refuse(self._early.popleft()[0], reason)

    # -- requests ------------------------------------------------------------------------------

    def run(self, command: Command) -> None:
        """Carry out one request and report what became of it."""
        if command.operation == 'name':
            self._name_boxes(BoxRequest(
                command.boxes, command.stamp, command.unit, id=command.id,
                on_result=lambda level, sentence: self._answer(command, level, sentence)))
            return
        if command.operation in ('hold', 'pictures', 'changes'):
            getattr(self, f'_{command.operation}')(command)
            return
        if not self._settings.learning:
            self._answer(command, 'ERROR', 'learning is off (parameter learning)')
            return
        try:
            known = self._classifier.state.counts
            if command.operation in ('forget', 'rename', 'merge'):
                command = command._replace(label=find(command.label, known))
            if command.operation == 'merge':
                command = command._replace(target=find(command.target, known))
            getattr(self, f'_run_{command.operation}')(command)
        except (StoreError, LabelError, CommandError) as error:
            self._refused(command, error)

    def refuse(self, command: Command, reason: str) -> None:
        """Report that a request is not carried out."""
        self._answer(command, 'ERROR', reason)

    def _run_teach(self, command: Command) -> None:
        if command.boxes:
            self._teach_box(command, time.monotonic())
            return
        if command.stamp is not None:
            self._teach_stamp(command, command.stamp)
            return
        # The newest frame is the one the operator has just seen answered, unless a session that is
        # corrected in the middle has taught it something else.
        newest, taken = self._frames.newest, None
        if self._session:
            if self._session.taught:
                taken = newest
            self.abort('another request came')
        if newest and time.monotonic() - newest.time > self._settings.image_timeout:
            taken = newest  # no one sees that any more
        if command.frames > 1 and not command.press:  # taken back as it was asked for: as one
            command = command._replace(press=f'session {time.time_ns()}')
        self._session = TeachingSession(command, time.monotonic(), 0, taken)
        self._go_on_with_session()

    def _teach_early(self) -> None:
        """Teach boxes that came before their frame, once that is there or comes no more."""
        if not self._settings.learning:
            self._refuse_early('learning was switched off')
        if self._classifier.is_stale:  # frames would have to wait
            return
        for _ in range(len(self._early)):
            command, came = self._early.popleft()
            self._teach_box(command, came)
            if self.teaching:
                return

    def _teach_box(self, command: Command, came: float) -> None:
        """Teach what a box shows, or wait for its frame; `came` is when, monotonic seconds."""
        if self._frames.may_come(command.stamp, came, self._settings.image_timeout) and (
                len(self._early) < MAX_WAITING):
            self._early.append((command, came))
            return
        stamp = self._frames.meant(command.stamp)
        frame = self._frames.seen(stamp)
        if frame is None:
            self._answer(command, 'ERROR', self._frames.missing(stamp, look=True),
                         stamp=stamp_text(stamp))
            return
        self._begin_lesson(self._box_lesson(command, frame, stamp))

    def _box_lesson(self, command: Command, frame: SeenFrame,
                    stamp: tuple[int, int]) -> Generator[None, None, None]:
        """Teach what a box shows: the square around it, as it is cropped where boxes are named."""
        encoder = self._classifier.frame_encoder.encoder
        try:
            region, shown = shown_in(frame.seen, command.boxes[0], command.unit, frame.size,
                                     encoder.input_size)
            codes = encoder.codes(shown)
            yield
            drawn = self._drawing.seen(stamp, frame)
        except (BoxError, FrameError, EncoderError) as error:
            self._refused(command, error, stamp=stamp_text(stamp))
            return
        yield from self._teach(
            command, RecentFrame(stamp, codes, 0.0), 1, region,
            lambda: kept_jpeg(shown), drawn)

    # -- what is drawn -------------------------------------------------------------------------

    def _run_draw(self, command: Command) -> None:
        """Draw in a frame, or say something of it."""
        stamp = self._frames.meant(command.stamp)
        self._changed(command, getattr(self._drawing, command.operation)(command, stamp),
                      stamp=stamp_text(stamp))

    _run_complete = _run_empty = _run_draw

    def _hold(self, command: Command) -> None:
        """Keep a frame that is to be drawn in; that changes nothing that is known."""
        stamp = self._frames.meant(command.stamp)
        try:
            self._answer(command, 'OK', self._drawing.hold(stamp), stamp=stamp_text(stamp))
        except CommandError as error:
            self._answer(command, 'ERROR', str(error), stamp=stamp_text(stamp))

    # -- questions -----------------------------------------------------------------------------

    def _run_answer(self, command: Command) -> None:
        sentence, taught = self._asking.answer(command)
        self._changed(command, sentence, taught=taught)

    def _run_split(self, command: Command) -> None:
        parts = self._asking.split(command)
        self._changed(command, f'that question is two now: {" and ".join(parts)}',
                      questions=' '.join(parts))

    def _run_relabel(self, command: Command) -> None:
        self._changed(command, self._asking.relabel(command), sample=command.sample)

    def _pictures(self, command: Command) -> None:
        """Publish pictures; that changes nothing that is known."""
        try:
            found = self._asking.pictures(command)
        except (CommandError, StoreError) as error:
            self._answer(command, 'ERROR', str(error))
            return
        self._show(found)
        self._answer(command, 'OK', f'{len(found)} pictures follow',
                     pictures=' '.join(name for name, _ in found))

    def _teach_stamp(self, command: Command, stamp: tuple[int, int]) -> None:
        seen, text = self._frames.get(stamp), stamp_text(stamp)
        if (self._drawing.learns and self._frames.seen(stamp) is None
                and (known := self._classifier.taught_of(text, command.label)) is not None):
            # Taught as the one thing in it, and the acknowledgement was lost: what it was cannot
            # be seen any more.
            self._answer(command, 'OK', f'that frame is sample {known} already', stamp=text,
                         sample=known, samples=self._classifier.state.counts[command.label],
                         taught=1, wanted=1)
            return
        if seen is None and self._classifier.taught_as(text) is None:
            self._answer(command, 'ERROR', self._frames.missing(stamp), stamp=text)
            return
        if seen is None:  # taught before, and the acknowledgement was lost
            seen = RecentFrame(stamp, self._classifier.codes_of(text), 0.0)
        self._begin_lesson(self._only_lesson(command, seen))

    def _only_lesson(self, command: Command, seen: RecentFrame) -> Generator[None, None, None]:
        yield from self._teach(command, seen, 1)

    def _teach(self, command: Command, frame: RecentFrame, place: int, region: Region = WHOLE,
               picture: Callable[[], bytes] | None = None,
               drawn: DrawnFrame | None = None) -> Generator[None, None, bool]:
        """
        Teach one frame; acknowledge only when the sample is on disk. Return whether it went.

        :param region: of the frame, if its codes are those of a part; picture: of that part;
            drawn: the frame, where the part teaches where things are.
        """
        stamp, part = stamp_text(frame.stamp), ''
        try:
            if region == WHOLE and (clear := self._one_clear(frame)):
                yield
                region, shown = clear
                frame = frame._replace(
                    codes=self._classifier.frame_encoder.encoder.codes(shown))
                picture, part = functools.partial(kept_jpeg, shown), ', as the one thing in it'
                yield
            views = self._views(frame) if region == WHOLE else None
            picture = views.picture if views else picture
            taught = yield from self._classifier.teach_steps(
                frame.codes, command.label, self._name(frame, command.label, region),
                command.source, command.press, region, views=views.codes() if views else None,
                picture=picture if self._settings.keep_pictures else None,
                min_change=self._settings.min_change, frame=drawn)
        except (StoreError, LabelError, CommandError, FrameError, EncoderError) as error:
            self._refused(command, error, stamp=stamp)
            return False
        self.problem = ''
        values: dict[str, Any] = {
            'stamp': stamp, 'sample': taught.sample, 'samples': taught.samples, 'taught': place,
            'wanted': command.frames}
        if taught.outcome is not Outcome.LEARNED:
            level = 'OK' if taught.outcome is Outcome.KNOWN or taught.drawn else 'WARN'
            self._answer(command, level, taught.skipped + (
                '; where it is was learned, saved' if taught.drawn else ''), **values)
        else:
            remark = f'; {taught.remark}' if taught.remark else ''
            self._answer(command, 'OK', f"'{command.label}' has {samples_text(taught.samples)}, "
                         f'saved{part}{remark}', **values)
        return True

    def _one_clear(self, frame: RecentFrame) -> tuple[Region, np.ndarray] | None:
        """
        Return the one clear thing of a frame that is taught as a whole, None to teach the whole.

        With where on things are asked by their boxes: what is taught so is known there, too.
        """
        sight = self._frames.seen(frame.stamp)
        return sight and self._drawing.one_clear(sight)

    def _views(self, frame: RecentFrame) -> LessonViews | None:
        """Return what else there is of a frame, None where it is too long ago."""
        sight = self._frames.seen(frame.stamp)
        return sight and LessonViews(
            self._classifier.frame_encoder, sight.seen,
            self._classifier.learned_views(self._settings.teach_views))

    def _name(self, seen: RecentFrame, label: str, region: Region = WHOLE) -> str:
        """Return the stamp by which the memory knows a frame again, '' where it cannot tell."""
        name = self._classifier.name_of(seen.stamp, seen.codes, region)
        taught = self._classifier.taught_as(name, region) if name else None
        if taught not in (None, label):
            raise CommandError(f"that frame was taught as '{taught}'; take that back first")
        return name

    def _run_undo(self, command: Command) -> None:
        if command.sample:
            label = self._classifier.remove(command.sample, command.source, later=True)
            self._changed(command, f"sample {command.sample} of '{label}' is taken back",
                          sample=command.sample, label=label)
            return
        if command.record:
            label = self._classifier.take_back(command.record, command.source, later=True)
            self._end_session('something was taken back')
            self._changed(command, f'record {command.record} is taken back', label=label,
                          record=command.record)
            return
        waiting = self._session
        if waiting and not waiting.taught and not command.change:
            # The last thing that was done is the request itself; what came before it stays.
            self.abort('it was taken back')
            self._answer(command, 'OK', f"'{waiting.command.label}' is not taught: its first "
                         'frame had not come yet; nothing else was taken back',
                         label=waiting.command.label)
            return
        change = self._classifier.undo(command.change or None, command.source, later=True)
        if waiting:  # its next frame would bring back what was taken
            self.abort('it was taken back')
        self._changed(command, taken_back(change), label=change.label, change=change.id)

    def _run_redo(self, command: Command) -> None:
        change = self._classifier.redo(command.change or None, command.source, later=True)
        self._changed(command, put_back(change), label=change.label, change=change.id)

    def _run_take_back(self, command: Command) -> None:
        change = self._classifier.undo_one(command.change, command.source, later=True)
        self._end_session('it was taken back', change.label or None)
        self._changed(command, taken_back(change), label=change.label, change=change.id)

    def _run_put_back(self, command: Command) -> None:
        change = self._classifier.redo_one(command.change, command.source, later=True)
        self._changed(command, put_back(change), label=change.label, change=change.id)

    def _changes(self, command: Command) -> None:
        """List what people did; that changes nothing that is known."""
        listed = ChangeList(self._classifier.state).newest(MAX_CHANGES)
        self._answer(command, 'OK', f'{len(listed)} changes', changes=json.dumps(
            list(map(as_json, listed)), ensure_ascii=False))

    def _run_forget(self, command: Command) -> None:
        count = self._classifier.forget(command.label, command.source, later=True)
        self._end_session('the label was forgotten', command.label)
        self._changed(command, f"'{command.label}' is forgotten ({samples_text(count)})")

    def _run_rename(self, command: Command) -> None:
        try:
            count = self._classifier.rename(
                command.label, command.target, command.source, later=True)
        except LabelExistsError as error:
            raise CommandError(f'{error} (~/merge)') from error
        self._end_session('the label was renamed', command.label)
        self._changed(command, f"'{command.label}' is '{command.target}' now, with "
                      f'{samples_text(count)}', label=command.target)

    def _run_merge(self, command: Command) -> None:
        if command.target not in self._classifier.state.counts:
            raise CommandError(f"nothing was taught as '{command.target}': to give "
                               f"'{command.label}' that name, rename it")
        count = self._classifier.rename(
            command.label, command.target, command.source, later=True, merge=True)
        self._end_session('the label was merged', command.label)
        self._changed(command, f"'{command.label}' is part of '{command.target}' now, which has "
                      f'{samples_text(count)}', label=command.target)

    def _run_rollback(self, command: Command) -> None:
        version = command.version
        if version is None:
            earlier = [v for v in self._classifier.versions() if v < self._classifier.version]
            if not earlier:
                raise CommandError('there is no earlier version that was saved; a command may '
                                   'name a "version"')
            version = earlier[0]
        self._classifier.rollback(version, command.source, later=True)
        self._end_session(f'the memory returned to version {version}')
        self._changed(command, f'what was known at version {version} is known again')

    def _run_save(self, command: Command) -> None:
        self._classifier.keep()
        self._answer(command, 'OK', 'everything taught is on disk')

    def _changed(self, command: Command, sentence: str, label: str | None = None,
                 **values: Any) -> None:
        self.problem = ''
        self._answer(command, 'OK', sentence, label=label, **values)

    def _refused(self, command: Command, error: Exception, **values: Any) -> None:
        # What is asked for and is not there is no trouble of the memory.
        if isinstance(error, StoreError) and not isinstance(error, RefusedError):
            self.problem = str(error)
        self._answer(command, 'ERROR', str(error), **values)

    def _answer(self, command: Command, level: str, sentence: str, label: str | None = None,
                **values: Any) -> None:
        result = Result(level, command.label if label is None else label, sentence, {
            'operation': command.operation, 'id': command.id, **values,
            'database_version': self._classifier.version})
        self._report(result)
        if command.on_result:
            command.on_result(result)
