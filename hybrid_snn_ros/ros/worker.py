# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The worker thread: it alone touches the classifier, so learning needs no locks.

It takes the newest frame, answers it, and carries out what is asked.  While the network is rebuilt
after something was taken back, frames are answered in between by the old one.  When nothing has
changed for a while, the network is consolidated between frames.  One bad frame or one full disk is
counted and said; it never ends the thread.  Other threads read what it hands out: `counters` and
`status`, which never change.
"""

from collections.abc import Callable, Iterator
import contextlib
import math
import threading
import time
from typing import Any, NamedTuple, TYPE_CHECKING

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.frame_pipeline import answer
from hybrid_snn_ros.memory.errors import ChangedError, StoreError
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.asker import Asker, Seen
from hybrid_snn_ros.ros.box_namer import BoxNamer, BoxQueue, Things
from hybrid_snn_ros.ros.command_executor import CommandExecutor
from hybrid_snn_ros.ros.commands import CommandQueue, Result
from hybrid_snn_ros.ros.frame_queue import Frame, LatestFrameQueue
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.publishers import AnsweredFrame
from hybrid_snn_ros.ros.recent_frames import RecentFrames, SeenFrame
from hybrid_snn_ros.ros.reviewer import Reviewer
from hybrid_snn_ros.ros.stage_times import StageTimes
from hybrid_snn_ros.ros.status import collect_status, Counters, Status
from hybrid_snn_ros.ros.thing_finder import ThingFinder, WhereStatus
from hybrid_snn_ros.snn import synaptic_operations
from hybrid_snn_ros.snn.track import Track
from hybrid_snn_ros.stopwatch import Stopwatch
from hybrid_snn_ros.vision.framing import FrameError

if TYPE_CHECKING:
    from rclpy.clock import Clock
    from rclpy.impl.rcutils_logger import RcutilsLogger

    from hybrid_snn_ros.ros.fleet_member import FleetMember
    from hybrid_snn_ros.vision.cell_encoder import CellEncoder

# Requests carried out between two frames, so that a flood costs classification little.
_COMMANDS_AT_ONCE = 4
_OLDEST = 60.0  # seconds; a frame that seems older was stamped by another clock
_CATCH_UP_SLICE = 0.004  # seconds of rebuilding between two looks for a frame
_QUIET = 1.0  # seconds without a change after which the network is consolidated
_LONGEST = 300  # characters of what an unforeseen error says, in diagnostics
_POLL_PERIOD = 0.25  # seconds between two looks at a memory that others may write
_STATUS_PERIOD = 0.5  # seconds


class Listeners(NamedTuple):
    """Functions that the worker calls, in its thread."""

    answered: Callable[[AnsweredFrame], None]
    things: Callable[[Things], None]  # boxes that were named
    things_watched: Callable[[], bool]  # whether anybody wants to know of them
    questions: Callable[[dict[str, Any]], None]  # what is asked, when that has changed
    quality: Callable[[dict[str, Any]], None]  # how good what was taught is
    quality_watched: Callable[[], bool]  # whether anybody wants to know of that
    pictures: Callable[[list[tuple[str, bytes]]], None]  # that somebody wants to see, by name
    result: Callable[[Result], None]  # what became of a request
    rebuilt: Callable[[], None]  # the network has learned what is known now


class Parts(NamedTuple):
    """What only some nodes have."""

    cells: 'CellEncoder | None' = None  # where the things in frames are to be found
    fleet: 'FleetMember | None' = None  # where there are other robots to know of


class Worker(threading.Thread):
    """Answers and teaches; publishes through the listeners it is given."""

    def __init__(self, classifier: Classifier, frames: LatestFrameQueue, commands: CommandQueue,
                 boxes: BoxQueue, settings: Parameters, tell: Listeners, log: 'RcutilsLogger',
                 clock: 'Clock', problem: str = '', parts: Parts | None = None) -> None:
        """
        Make the thread; ``start`` runs it.

        :param classifier: Classifier, owned by this thread until it has ended.
        :param frames: LatestFrameQueue to take frames from.
        :param commands: CommandQueue to take requests from.
        :param boxes: BoxQueue to take boxes from.
        :param settings: ros.parameters.Parameters; live values are read for every frame.
        :param tell: Listeners.
        :param log: rclpy logger.
        :param clock: rclpy clock, for the latency since the header's stamp.
        :param problem: why teaching is refused so far, or ''.
        :param parts: Parts, owned likewise.
        """
        super().__init__(name='classifier worker')
        self._classifier = classifier
        self._frames = frames
        self._commands = commands
        self._settings = settings
        self._tell = tell
        self._log = log
        self._clock = clock
        cells, self._fleet = parts or Parts()
        self._stopping = threading.Event()
        self._told_loss = False
        self._track = Track(1)
        self._newest = 0, 0  # stamp of the last answered frame
        self._catching_up: Iterator[tuple[int, int]] | None = None
        self._start_catching_up()
        self._next_look = 0.0  # monotonic seconds; see _poll
        self._consolidating: Iterator[None] | None = None
        self._revision: object = None  # of the network when it was looked at last
        self._quiet_from = 0.0  # monotonic seconds; see _consolidate
        self._recent = RecentFrames(settings.recent_frames)

        def refuse(reason: str) -> None:  # does not know this object: that would be a circle
            log.warning(f'boxes refused: {reason}', throttle_duration_sec=5.0)
        self._box_namer = BoxNamer(
            classifier, settings, self._recent, boxes, tell.things, refuse)

        def pass_over(reason: str) -> None:
            log.warning(f'things are not found in that frame: {reason}',
                        throttle_duration_sec=5.0)
        self._asker = asker = Asker(classifier, settings)
        self._reviewer = Reviewer(classifier, tell.quality_watched)
        self._finder = None if cells is None else ThingFinder(
            classifier, settings, cells, tell.things, tell.things_watched, pass_over,
            lambda seen, prediction: asker.saw(lambda: seen, prediction))
        self._executor = CommandExecutor(
            classifier, settings, self._recent, self._report, asker, problem, boxes.put,
            self._finder, tell.pictures)
        # (samples learned, samples to learn) while the network is rebuilt
        self._rebuilding: tuple[int, int] | None = None
        self._times = StageTimes()
        self._next_status = 0.0  # monotonic seconds
        self.counters = Counters()
        self.problem = problem  # why teaching is refused, or ''; once the thread has ended
        self.status: Status
        self.where = WhereStatus()  # how finding things stands
        self._renew_status()

    def _report(self, result: Result) -> None:
        self._renew_status()  # who hears the result finds it in /diagnostics
        self._tell.result(result)

    def _renew_status(self) -> None:
        self.status = collect_status(
            self._classifier, self._times, self._executor.problem, self._rebuilding,
            {'boxes_named': self._box_namer.named, 'boxes_left_out': self._box_namer.left_out,
             'questions_wait': 'yes' if self._asker.is_stale else 'no',
             'where': 'off', **(self._finder.facts() if self._finder else {}),
             'fleet': 'off', **(self._fleet.facts() if self._fleet else {})})
        if self._finder:
            self.where = self._finder.status
        self._next_status = time.monotonic() + _STATUS_PERIOD

    def stop(self) -> None:
        """Finish the frame at hand, end the thread and wait for it."""
        self._stopping.set()
        self._frames.wake()
        self.join()
        # It reports to this object: a circle that would keep the network from being freed at once.
        self.problem = self._executor.problem
        del self._executor

    def run(self) -> None:
        """Work until stopped."""
        self._classifier.encoder.pin_thread()
        self._warm_up()
        while not self._stopping.is_set():
            frame = self._frames.take(self._patience())
            try:
                self._executor.go_on()
                if not self._executor.teaching:
                    self._box_namer.go_on()
                self._carry_out()
                if frame is not None:
                    self._frame(frame)
                self._find()
                if self._executor.waiting and self._executor.patience() <= 0:
                    self._executor.abort(
                        f'no readable frame came for {self._settings.image_timeout:g} s')
                self._poll()
                self._share()
                self._catch_up()
                self._consolidate()
                self._think()
                self._tell_loss()
                if time.monotonic() >= self._next_status:
                    self._renew_status()
            except Exception as error:  # nothing may end the thread; the node must live on
                self._log.error(f'unexpected error: {error!r}',
                                throttle_duration_sec=5.0)
        self._executor.finish()
        # What is not rebuilt by now is so after the next start: the memory has it.
        while (command := self._commands.get(not self._classifier.is_stale)) is not None:
            self._executor.run(command)
            self._executor.finish()
        while (command := self._commands.get()) is not None:
            self._executor.refuse(
                command, 'the node was deactivated while it was rebuilding its network')
        self._executor.close('the node was deactivated')
        if self._settings.learning:
            for one in (self._asker, self._reviewer):
                with contextlib.suppress(StoreError):  # a restart would ask anew
                    one.save()
        self._box_namer.close('the node was deactivated')

    def _warm_up(self) -> None:
        begin = time.perf_counter()
        try:
            self._classifier.warm_up()
            self._tell_loss()
        except Exception as error:  # then the first frame pays, or says the same
            self._log.error(f'warming up failed unexpectedly: {error!r}')
        taken = time.perf_counter() - begin
        if taken > 0.1:
            self._log.info(f'warming up the backend took {taken:.1f} s')

    def _tell_loss(self) -> None:
        lost = self._classifier.backend.lost
        if lost and not self._told_loss:
            self._log.warning(lost)
            self._told_loss = True

    def _patience(self) -> float:
        if (self._catching_up is not None or self._executor.teaching or self._box_namer.busy
                or len(self._commands) or self._has_thoughts
                or self._fleet and self._fleet.has_mail
                or self._finder and (self._finder.busy or self._finder.is_stale)):
            return 0.0
        longest = min(_POLL_PERIOD, _STATUS_PERIOD)
        if not (self._classifier.is_stale or self._classifier.consolidated):
            longest = min(longest, max(self._quiet_from - time.monotonic(), 0.0))
        if self._fleet:
            longest = min(longest, self._fleet.patience)
        if not self._executor.waiting:
            return longest
        return min(max(self._executor.patience(), 0.0), longest)

    def _poll(self) -> None:
        """Learn what other processes have written to the memory."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _POLL_PERIOD
        try:
            if not self._settings.learning:
                self._classifier.release('learning is off')
            self._classifier.poll(later=True)
        except ChangedError as error:
            self._log.warning(str(error))
        except StoreError as error:
            self._log.warning(f'{error}; frames are answered from what is known',
                              throttle_duration_sec=60.0)
        self._start_catching_up()

    def _share(self) -> None:
        """Speak with the other robots; what they were taught is learned once nothing else is."""
        if self._fleet and self._fleet.go_on(
                self._catching_up is None, time.perf_counter() + _CATCH_UP_SLICE):
            self._start_catching_up()

    def _carry_out(self) -> None:
        for _ in range(_COMMANDS_AT_ONCE):
            if self._executor.teaching:  # what is asked next may concern it
                return
            # Teaching waits until the network is rebuilt; taking back goes on.
            command = self._commands.get(teaching=self._catching_up is None)
            if command is None:
                return
            self._executor.run(command)
            self._start_catching_up()

    def _start_catching_up(self) -> None:
        if self._classifier.is_stale and self._catching_up is None:
            self._catching_up = self._classifier.catch_up()

    def _catch_up(self) -> None:
        if self._catching_up is None:
            return
        end = time.perf_counter() + _CATCH_UP_SLICE
        while time.perf_counter() < end:
            try:
                self._rebuilding = next(self._catching_up, None)
            except Exception:
                # Not caught up, then: the old network answers on, the next request tries again.
                self._catching_up = None
                raise
            if self._rebuilding is None:
                self._catching_up = None
                self._renew_status()
                self._tell.rebuilt()
                return

    def _find(self) -> None:
        """Look for things in the newest frame, a step at a time, and learn where they are."""
        finder = self._finder
        if finder is None:
            return
        finder.go_on()
        end = time.perf_counter() + _CATCH_UP_SLICE
        while finder.is_stale:  # a step at least, so that it ends however many frames come
            if finder.catch_up():
                self._renew_status()
                self._tell.rebuilt()
            if len(self._frames) or time.perf_counter() >= end:
                return

    def _think(self) -> None:
        """Ask, and judge what was taught, in time that nothing else needs."""
        if (news := self._asker.news()) is not None:
            self._tell.questions(news)
        if not len(self._frames) and self._asker.save_is_due:
            with contextlib.suppress(StoreError):  # a restart would ask anew
                self._asker.save()
        end = time.perf_counter() + _CATCH_UP_SLICE
        while self._has_thoughts and not len(self._frames) and time.perf_counter() < end:
            if self._asker.is_stale:
                self._asker.follow()
            elif (found := self._reviewer.go_on()) is not None:
                self._tell.quality(found)

    @property
    def _has_thoughts(self) -> bool:
        """Whether there is something to think about, now that the network is what it will be."""
        return (not self._classifier.is_stale and self._classifier.consolidated
                and (self._asker.is_stale or self._reviewer.is_due))

    def _consolidate(self) -> None:
        """
        Compute the network from the set of what is known, once nothing has changed for a while.

        A step of it at least, so that it ends however many frames come, and then as long as no
        frame is waiting.
        """
        if self._classifier.is_stale or self._classifier.consolidated:
            return
        revision = self._classifier.network.revision
        if revision is not self._revision:
            self._revision, self._consolidating = revision, None
            self._quiet_from = time.monotonic() + _QUIET
        if time.monotonic() < self._quiet_from:
            return
        if self._consolidating is None:
            self._consolidating = self._classifier.consolidation()
        end = time.perf_counter() + _CATCH_UP_SLICE
        while True:
            try:
                ended = next(self._consolidating, True)
            except Exception:
                self._consolidating, self._quiet_from = None, math.inf  # until the next change
                raise
            if ended:
                self._consolidating = None
                return
            if len(self._frames) or time.perf_counter() >= end:
                return

    def _frame(self, frame: Frame) -> None:
        before = self.counters
        try:
            self._answer(frame)
        except FrameError as error:
            self.counters = before._replace(refused=before.refused + 1, last_refusal=str(error))
            self._log.warning(f'frame refused ({self.counters.refused} so far): {error}',
                              throttle_duration_sec=5.0)
        except Exception as error:
            now = self.counters  # answered already, if publishing failed
            self.counters = now._replace(failed=now.failed + (now.answered == before.answered),
                                         last_failure=repr(error)[:_LONGEST])
            raise

    def _answer(self, frame: Frame) -> None:
        settings, message, watch = self._settings, frame.message, Stopwatch()
        stamp = message.header.stamp.sec, message.header.stamp.nanosec
        if self._track.frames != settings.smoothing:
            self._track = Track(settings.smoothing)
        if stamp < self._newest:  # a bag that loops, a clock set back: another scene
            self._track.reset()
        compressed = messages.is_compressed(message)
        whole = answer(self._classifier, message, compressed, watch.lap, self._track,
                       settings.false_unknown, max(settings.top_k, self._asker.ranks),
                       settings.answer_views)
        answered = whole._replace(prediction=whole.prediction.best(settings.top_k))
        self._newest = stamp
        taken = _taken(message.header.stamp, frame.stamped)
        latency = max(self._clock.now().nanoseconds * 1e-9 - taken, 0.0)  # clocks may jump back
        self._tell.answered(AnsweredFrame(
            message, answered, latency * 1e3, watch.total * 1e3, self._classifier))
        watch.lap('publish')
        self.counters = self.counters._replace(answered=self.counters.answered + 1)
        self._times.note(
            {'latency': latency, 'receive': frame.stamped - taken,
             'wait': watch.begun - frame.put, **watch.seconds, 'total': watch.total},
            *synaptic_operations.activity(answered.counts))
        seen = SeenFrame(answered.seen, message, compressed)
        self._recent.add(stamp, seen, settings.recent_frames)
        if not (self._finder and self._finder.saw(stamp, seen)):  # else things are asked about
            self._asker.saw(lambda: Seen(answered.seen.codes, answered.seen.crop,
                                         stamp_text(stamp)), whole.prediction)
        self._reviewer.saw(answered.prediction)
        self._executor.saw()


def _taken(stamp: Any, received: float) -> float:
    """
    Return when a frame was taken, in seconds, to tell its age by.

    A stamp that cannot be of this clock (none at all, of the future, of a bag that is replayed
    without its clock) says nothing of that: such a frame is as old as it is here.
    """
    taken = stamp.sec + stamp.nanosec * 1e-9
    return taken if 0 <= received - taken <= _OLDEST else received
