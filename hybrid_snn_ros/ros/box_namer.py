# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Names the boxes that others draw: each is cropped, encoded and answered like a frame of its own.

A request is worked through a box at a time, between which frames are answered.  It waits for its
frame where that has not come yet.  Of requests that come faster than they can be worked through
the oldest are left out, and counted.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
import time
from typing import Any, NamedTuple

from hybrid_snn_ros.classifier import Classifier, Prediction
from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.ros.boxes import Numbers, PIXELS, shown_in
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.recent_frames import RecentFrames, SeenFrame, Stamp
from hybrid_snn_ros.snn.steps import UnderWay
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.where.boxes import BoxError, MOST

_WAITING = 4  # requests


class BoxRequest(NamedTuple):
    """Boxes in a frame that are to be named."""

    boxes: Sequence[Numbers]  # x, y, width, height each
    stamp: Stamp | None  # of the frame, None for the newest
    unit: str = PIXELS
    detections: Any = None  # vision_msgs/Detection2DArray that they came in
    id: str = ''  # chosen by who asks, handed back
    # told what became of it: level and sentence; refusals of a detector's boxes are only logged
    on_result: Callable[[str, str], None] | None = None
    begun: float = 0.0  # monotonic seconds


class Thing(NamedTuple):
    """One box and what it was answered."""

    box: Numbers  # as it was given
    region: Region | None  # as fractions of the frame, None where the box is refused
    prediction: Prediction | None  # None where the box is refused
    refused: str = ''  # why, a sentence
    # of what was found here, not asked (ros.thing_finder):
    track: int = 0  # id of the thing
    found: bool = True  # in this very frame; else its box is carried from one before
    named: Stamp = (0, 0)  # of the frame in which it was named last


class Things(NamedTuple):
    """The named boxes of a frame: those of a request in its order, or what was found."""

    request: BoxRequest | None  # None where they were found here
    header: Any  # std_msgs/Header of the frame
    size: tuple[int, int]  # width and height of the frame in pixels
    things: list[Thing]


class BoxQueue:
    """Requests on their way from the executor to the worker; for any thread."""

    def __init__(self) -> None:
        self._waiting: deque[BoxRequest] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, request: BoxRequest) -> None:
        """Leave a request."""
        self._waiting.append(request._replace(begun=time.monotonic()))

    def take(self) -> BoxRequest:
        """Return the oldest request; IndexError where there is none."""
        return self._waiting.popleft()


class BoxNamer:
    """Used by the worker alone."""

    def __init__(self, classifier: Classifier, settings: Parameters, frames: RecentFrames,
                 queue: BoxQueue, tell: Callable[[Things], None],
                 refuse: Callable[[str], None]) -> None:
        """
        Begin without requests.

        :param frames: RecentFrames, to which whoever answers frames adds them.
        :param queue: BoxQueue that requests come in.
        :param tell: is called with what was answered.
        :param refuse: is called with the sentence why a request is refused that no one waits for.
        """
        self._classifier = classifier
        self._settings = settings
        self._frames = frames
        self._queue = queue
        self._tell = tell
        self._refuse = refuse
        self._requests: deque[BoxRequest] = deque()
        self._work = UnderWay()
        self.named = 0  # boxes
        self.left_out = 0  # requests, since others came too fast

    @property
    def busy(self) -> bool:
        """Whether there is something that ``go_on`` would do now."""
        return bool(self._work) or len(self._queue) > 0 or any(
            map(self._is_ready, self._requests))

    def go_on(self) -> None:
        """Name the next box."""
        self._take_in()
        while len(self._requests) > _WAITING:
            self.left_out += 1
            self._over(self._requests.popleft(), 'other boxes came faster than they can be named')
        ready = None if self._work else next(filter(self._is_ready, self._requests), None)
        if ready is not None:
            self._requests.remove(ready)
            self._work.begin(self._name(ready))
        self._work.go_on()

    def close(self, reason: str) -> None:
        """Refuse what still waits."""
        self._take_in()
        while self._requests:
            self._over(self._requests.popleft(), reason)

    def _take_in(self) -> None:
        while len(self._queue):
            self._requests.append(self._queue.take())

    def _is_ready(self, request: BoxRequest) -> bool:
        """Tell whether a request need not wait for its frame any more."""
        return not self._frames.may_come(
            request.stamp, request.begun, self._settings.image_timeout)

    def _over(self, request: BoxRequest, reason: str) -> None:
        """Say that a request is not carried out."""
        if request.on_result:
            request.on_result('ERROR', reason)
        else:
            self._refuse(reason)

    def _name(self, request: BoxRequest) -> Generator[None, None, None]:
        stamp = self._frames.meant(request.stamp)
        frame = self._frames.seen(stamp)
        if len(request.boxes) > MOST:
            self._over(request, f'a frame can have {MOST} boxes, not {len(request.boxes)}')
            return
        if frame is None:
            self._over(request, self._frames.missing(stamp, look=True))
            return
        size, things = frame.size, []
        for box in request.boxes:
            things.append(self._thing(frame, box, request.unit, size))
            yield
        self.named += len(things)
        refused = [thing.refused for thing in things if thing.refused]
        if refused and not request.on_result:
            self._refuse(refused[0])
        self._tell(Things(request, frame.message.header, size, things))
        if request.on_result:
            request.on_result(
                'ERROR' if refused else 'OK',
                f'{len(things) - len(refused)} of {len(things)} boxes are named'
                + ''.join(f'; {sentence}' for sentence in refused[:1]))

    def _thing(self, frame: SeenFrame, box: Numbers, unit: str, size: tuple[int, int]) -> Thing:
        encoder = self._classifier.frame_encoder.encoder
        try:
            region, shown = shown_in(frame.seen, box, unit, size, encoder.input_size)
            codes = encoder.codes(shown)
        except (BoxError, FrameError) as error:
            return Thing(box, None, None, str(error))
        return Thing(box, region, self._classifier.decide(
            self._classifier.present(codes), self._settings.false_unknown, self._settings.top_k))
