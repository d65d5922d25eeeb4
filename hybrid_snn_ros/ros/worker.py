# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The worker thread: it alone answers and learns; whoever else saves holds its ``learning`` lock.

It takes the newest frame, answers it, then teaches it if a request asks for it.  One bad frame or
one full disk is counted and said; it never ends the thread.
"""

import threading
import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.memory.store import StoreError
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.stage_times import StageTimes
from hybrid_snn_ros.vision import frames


class Newest(NamedTuple):
    """The frame answered last: what ~/teach means by 'this'."""

    header: Any
    codes: np.ndarray
    time: float  # monotonic seconds


class Worker(threading.Thread):
    """Answers and teaches; publishes through the callbacks it is given."""

    def __init__(self, classifier, slot, desk, settings, memory, on_answer, on_taught, log, clock):
        """
        Make the thread; ``start`` runs it.

        :param classifier: Classifier, owned by this thread until it has ended.
        :param slot: FrameSlot to take frames from.
        :param desk: TeachDesk to take requests from.
        :param settings: ros.parameters.Parameters; live values are read for every frame.
        :param memory: directory in which what is taught is saved.
        :param on_answer: function (message, prediction, latency_ms, processing_ms).
        :param on_taught: function (level, label, sentence, values dict).
        :param log: rclpy logger.
        :param clock: rclpy clock, for the latency since the header's stamp.
        """
        super().__init__(name='classifier worker')
        self._classifier = classifier
        self._slot = slot
        self._desk = desk
        self._settings = settings
        self._memory = memory
        self._on_answer = on_answer
        self._on_taught = on_taught
        self._log = log
        self._clock = clock
        self._stopping = threading.Event()
        self._newest = None
        self._asked = 0.0  # monotonic seconds at which the request at hand was looked at
        self.learning = threading.Lock()  # held while what is known changes or is saved
        self._size = classifier.encoder.input_size
        self.times = StageTimes()
        self.answered = 0
        self.refused = 0
        self.last_refusal = ''

    def stop(self):
        """Finish the frame at hand, end the thread and wait for it."""
        self._stopping.set()
        self._slot.nudge()
        self.join()

    def run(self):
        """Work until stopped."""
        while not self._stopping.is_set():
            message = self._slot.take(self._patience() if self._desk.request else 3600.0)
            try:
                self._look_for_requests()
                if message is not None:
                    self._frame(message)
                if self._desk.request and self._patience() <= 0:
                    self._give_up(f'no readable frame came for {self._settings.image_timeout:g} s')
            except Exception as error:  # nothing may end the thread; the node must live on
                self._log.error(f'a frame failed in an unforeseen way: {error!r}',
                                throttle_duration_sec=5.0)
        self._look_for_requests(teach=False)
        if self._desk.request:
            self._give_up('the node was deactivated')

    def _frame(self, message):
        begin = time.perf_counter()
        try:
            rgb = self._crop(message)
        except frames.FrameError as error:
            self.refused += 1
            self.last_refusal = str(error)
            self._log.warning(f'frame refused ({self.refused} so far): {error}',
                              throttle_duration_sec=5.0)
            return
        cropped = time.perf_counter()
        codes = self._classifier.encoder.codes(rgb)
        encoded = time.perf_counter()
        response = self._classifier.present(codes)
        presented = time.perf_counter()
        self._classifier.false_unknown = self._settings.false_unknown
        self._classifier.top = self._settings.top_k
        prediction = self._classifier.decide(response)
        decided = time.perf_counter()
        stamp = message.header.stamp
        latency = self._clock.now().nanoseconds * 1e-9 - (stamp.sec + stamp.nanosec * 1e-9)
        self._on_answer(message, prediction, latency * 1e3, (decided - begin) * 1e3)
        published = time.perf_counter()
        self.answered += 1
        self.times.note(latency, cropped - begin, encoded - cropped, presented - encoded,
                        decided - presented, published - decided, published - begin)
        self._newest = Newest(message.header, codes, time.monotonic())
        if self._desk.request:
            self._teach_newest()

    def _crop(self, message):
        crop = self._classifier.crop
        if messages.is_compressed(message):
            return frames.crop_compressed(message.format, message.data, self._size, crop)
        return frames.crop_image(message.encoding, message.height, message.width, message.step,
                                 message.data, self._size, crop)

    def _look_for_requests(self, teach=True):
        while (change := self._desk.next()) is not None:
            previous, taught = change
            if previous:
                self._cut_short(previous, taught, 'another one came')
            self._asked = time.monotonic()
            # The newest frame is the one the operator has just seen answered.
            if (teach and self._newest
                    and self._asked - self._newest.time <= self._settings.image_timeout):
                self._teach_newest()

    def _patience(self):
        """Return for how many seconds the request at hand still waits for a readable frame."""
        since = max(self._asked, self._newest.time if self._newest else 0.0)
        return since + self._settings.image_timeout - time.monotonic()

    def _give_up(self, reason):
        request, taught = self._desk.drop()
        self._cut_short(request, taught, reason)

    def _cut_short(self, request, taught, reason):
        self._on_taught('ERROR', request.label, f"taught {taught} of {request.frames} frames of "
                        f"'{request.label}', then {reason}",
                        {'taught': taught, 'wanted': request.frames})

    def _teach_newest(self):
        """Teach the newest frame; acknowledge only when the sample is on disk."""
        request = self._desk.request
        header, codes, _ = self._newest
        with self.learning:
            samples = self._classifier.teach(codes, request.label)
            try:
                self._classifier.save(self._memory)
                problem = None
            except StoreError as error:
                problem = error
        self._desk.count()
        values = {'taught': self._desk.taught, 'wanted': request.frames, 'samples': samples,
                  'stamp': f'{header.stamp.sec}.{header.stamp.nanosec:09d}',
                  'database_version': self._classifier.version}
        if problem:
            self._on_taught('ERROR', request.label, f'learned but not saved: {problem}', values)
            return
        self._on_taught('OK', request.label, f"'{request.label}' has {samples} "
                        f"sample{'s' if samples > 1 else ''}, saved", values)
