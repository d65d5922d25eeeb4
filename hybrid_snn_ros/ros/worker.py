# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The worker thread: it alone touches the classifier, so learning needs no locks.

It takes the newest frame, answers it, and carries out what is asked.  While the network learns
anew after something was taken back, frames are answered in between by the old one.  One bad frame
or one full disk is counted and said; it never ends the thread.
"""

from collections.abc import Callable, Iterator
import threading
import time
from typing import Any, TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.classifier import Classifier, Prediction
from hybrid_snn_ros.memory.errors import ChangedError, StoreError
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.commands import CommandQueue, Result
from hybrid_snn_ros.ros.frame_slot import Frame, FrameSlot
from hybrid_snn_ros.ros.messages import CameraMessage
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.stage_times import StageTimes
from hybrid_snn_ros.ros.tutor import Tutor
from hybrid_snn_ros.snn import synaptic_operations
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.track import Track
from hybrid_snn_ros.vision import frames

if TYPE_CHECKING:
    from rclpy.clock import Clock
    from rclpy.impl.rcutils_logger import RcutilsLogger

_OnAnswer = Callable[[CameraMessage, np.ndarray, Response, Prediction, float, float], None]
# Requests carried out between two frames, so that a flood costs classification little.
_COMMANDS_AT_ONCE = 4
_OLDEST = 60.0  # seconds; a frame that seems older was stamped by another clock
_CATCH_UP_SLICE = 0.004  # seconds of learning anew between two looks for a frame
_LONGEST = 300  # characters of what an unforeseen error says, in diagnostics
_POLL_PERIOD = 0.25  # seconds between two looks at a memory that others may write


class Worker(threading.Thread):
    """Answers and teaches; publishes through the callbacks it is given."""

    def __init__(self, classifier: Classifier, slot: FrameSlot, commands: CommandQueue,
                 settings: Parameters, on_answer: _OnAnswer, on_result: Callable[[Result], None],
                 on_caught_up: Callable[[], None], log: 'RcutilsLogger', clock: 'Clock') -> None:
        """
        Make the thread; ``start`` runs it.

        :param classifier: Classifier, owned by this thread until it has ended.
        :param slot: FrameSlot to take frames from.
        :param commands: CommandQueue to take requests from.
        :param settings: ros.parameters.Parameters; live values are read for every frame.
        :param on_answer: function (message, codes, response, prediction, latency and processing
            in milliseconds).
        :param on_result: function of a commands.Result.
        :param on_caught_up: function without arguments: the network has learned anew.
        :param log: rclpy logger.
        :param clock: rclpy clock, for the latency since the header's stamp.
        """
        super().__init__(name='classifier worker')
        self._classifier = classifier
        self._slot = slot
        self._commands = commands
        self._settings = settings
        self._on_answer = on_answer
        self._on_caught_up = on_caught_up
        self._log = log
        self._clock = clock
        self._stopping = threading.Event()
        self._told_loss = False
        self._size = classifier.encoder.input_size
        self._track = Track(1)
        self._newest = 0, 0  # stamp of the last answered frame
        self._catching_up: Iterator[tuple[int, int]] | None = None
        self._start_catching_up()
        self._next_look = 0.0  # monotonic seconds; see _poll
        self.tutor = Tutor(classifier, settings, on_result)
        # (samples learned, samples to learn) while learning anew
        self.relearning: tuple[int, int] | None = None
        self.times = StageTimes()
        self.answered = 0
        self.failed = 0  # frames that failed in an unforeseen way
        self.refused = 0
        self.last_refusal = ''
        self.last_failure = ''

    def stop(self) -> None:
        """Finish the frame at hand, end the thread and wait for it."""
        self._stopping.set()
        self._slot.nudge()
        self.join()

    def run(self) -> None:
        """Work until stopped."""
        self._classifier.encoder.pin_thread()
        self._warm_up()
        while not self._stopping.is_set():
            frame = self._slot.take(self._patience())
            try:
                self._carry_out()
                if frame is not None:
                    self._frame(frame)
                if self.tutor.waiting and self.tutor.patience() <= 0:
                    self.tutor.give_up(
                        f'no readable frame came for {self._settings.image_timeout:g} s')
                self._poll()
                self._catch_up()
                self._tell_loss()
            except Exception as error:  # nothing may end the thread; the node must live on
                self._log.error(f'something failed in an unforeseen way: {error!r}',
                                throttle_duration_sec=5.0)
        # What is not learned anew by now is so after the next start: the memory has it.
        while (command := self._commands.get(not self._classifier.behind)) is not None:
            self.tutor.run(command)
        while (command := self._commands.get()) is not None:
            self.tutor.refuse(command, 'the node was deactivated while it was learning anew')
        if self.tutor.waiting:
            self.tutor.give_up('the node was deactivated')

    def _warm_up(self) -> None:
        begin = time.perf_counter()
        try:
            self._classifier.warm_up()
            self._tell_loss()
        except Exception as error:  # then the first frame pays, or says the same
            self._log.error(f'warming up failed in an unforeseen way: {error!r}')
        taken = time.perf_counter() - begin
        if taken > 0.1:
            self._log.info(f'the backend warmed up for {taken:.1f} s')

    def _tell_loss(self) -> None:
        lost = self._classifier.backend.lost
        if lost and not self._told_loss:
            self._log.warning(lost)
            self._told_loss = True

    def _patience(self) -> float:
        if self._catching_up is not None or len(self._commands):
            return 0.0
        if not self.tutor.waiting:
            return _POLL_PERIOD
        return min(max(self.tutor.patience(), 0.0), _POLL_PERIOD)

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

    def _carry_out(self) -> None:
        for _ in range(_COMMANDS_AT_ONCE):
            # Teaching waits until the network has learned anew; taking back goes on.
            command = self._commands.get(teaching=self._catching_up is None)
            if command is None:
                return
            self.tutor.run(command)
            self._start_catching_up()

    def _start_catching_up(self) -> None:
        if self._classifier.behind and self._catching_up is None:
            self._catching_up = self._classifier.catch_up()

    def _catch_up(self) -> None:
        if self._catching_up is None:
            return
        end = time.perf_counter() + _CATCH_UP_SLICE
        while time.perf_counter() < end:
            try:
                self.relearning = next(self._catching_up, None)
            except Exception:
                # Not caught up, then: the old network answers on, the next request tries again.
                self._catching_up = None
                raise
            if self.relearning is None:
                self._catching_up = None
                self._on_caught_up()
                return

    def _frame(self, frame: Frame) -> None:
        before = self.answered
        try:
            self._answer(frame)
        except frames.FrameError as error:
            self.refused += 1
            self.last_refusal = str(error)
            self._log.warning(f'frame refused ({self.refused} so far): {error}',
                              throttle_duration_sec=5.0)
        except Exception as error:
            self.failed += self.answered == before  # every frame counts once
            self.last_failure = repr(error)[:_LONGEST]
            raise

    def _answer(self, frame: Frame) -> None:
        classifier, settings, message = self._classifier, self._settings, frame.message
        begin = time.perf_counter()
        picture = frames.decode_message(message, messages.is_compressed(message), self._size,
                                        classifier.crop)
        decoded = time.perf_counter()
        rgb = frames.crop_picture(picture, self._size)
        cropped = time.perf_counter()
        codes = classifier.encoder.codes(rgb)
        encoded = time.perf_counter()
        counts = classifier.counts(codes)
        coded = time.perf_counter()
        response = classifier.present(codes, counts)
        presented = time.perf_counter()
        classifier.false_unknown, classifier.top = settings.false_unknown, settings.top_k
        if self._track.frames != settings.smoothing:
            self._track = Track(settings.smoothing)
        stamp = message.header.stamp.sec, message.header.stamp.nanosec
        if stamp < self._newest:  # a bag that loops, a clock set back: another scene
            self._track.reset()
        self._newest = stamp
        prediction = classifier.decide(self._track.add(codes, response))
        decided = time.perf_counter()
        taken = _taken(message.header.stamp, frame.stamped)
        latency = max(self._clock.now().nanoseconds * 1e-9 - taken, 0.0)  # clocks may jump back
        self._on_answer(message, codes, response, prediction, latency * 1e3,
                        (decided - begin) * 1e3)
        published = time.perf_counter()
        self.answered += 1
        self.times.note(
            (latency, frame.stamped - taken, begin - frame.put, decoded - begin,
             cropped - decoded, encoded - cropped, coded - encoded, presented - coded,
             decided - presented, published - decided, published - begin),
            *synaptic_operations.activity(counts))
        self.tutor.saw(stamp, codes)


def _taken(stamp: Any, received: float) -> float:
    """
    Return when a frame was taken, in seconds, to tell its age by.

    A stamp that cannot be of this clock (none at all, of the future, of a bag that is replayed
    without its clock) says nothing of that: such a frame is as old as it is here.
    """
    taken = stamp.sec + stamp.nanosec * 1e-9
    return taken if 0 <= received - taken <= _OLDEST else received
