# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Finds the things of a frame, follows them from frame to frame, and names them in turn.

A frame is worked through in steps behind its own answer: the cells and their boxes first, then one
crop after the other.  Where frames come faster, the newest is taken next.  While nobody listens,
nothing is done.
"""

from collections.abc import Callable, Generator, Iterator
import contextlib
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.classifier import Classifier, Prediction
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.recent import Recent
from hybrid_snn_ros.ros.asker import Seen
from hybrid_snn_ros.ros.box_namer import Thing, Things
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.recent_frames import SeenFrame, Stamp
from hybrid_snn_ros.snn.steps import UnderWay
from hybrid_snn_ros.taught_readout import Arrays, drawn_frame, TaughtReadout
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.framing import FrameError, resize
from hybrid_snn_ros.vision.runtime import EncoderError
from hybrid_snn_ros.where import alone, readout
from hybrid_snn_ros.where.boxes import square_of
from hybrid_snn_ros.where.tracker import Tracker

_AT_HAND = 4  # frames of which the cells are kept, for the next box that is drawn in one
_READOUT = 'where'  # name of what is kept for the next start


class WhereStatus(NamedTuple):
    """How finding things stands."""

    on: bool = False
    frames: int = 0  # in which something is drawn
    complete: int = 0  # of them those in which everything is
    ready: bool = False  # whether things are found


class ThingFinder:
    """Used by the worker alone."""

    def __init__(self, classifier: Classifier, settings: Parameters, cells: CellEncoder,
                 tell: Callable[[Things], None], watched: Callable[[], bool],
                 refuse: Callable[[str], None],
                 looked: Callable[[Seen, Prediction], None] = lambda seen, prediction: None,
                 ) -> None:
        """
        Begin without things.

        :param tell: is called with what was found in a frame.
        :param watched: tells whether anybody listens.
        :param refuse: is called with the sentence why nothing can be found in a frame.
        :param looked: is called with each thing that was looked at, and what that was answered.
        """
        self._looked = looked
        self._classifier = classifier
        self._settings = settings
        self._cells = cells
        self._tell = tell
        self._watched = watched
        self._refuse = refuse

        def kept(key: str) -> Arrays | None:
            with contextlib.suppress(StoreError):
                return classifier.store.computed(_READOUT, key)
            return None

        def frame(name: str) -> DrawnFrame | None:
            with contextlib.suppress(StoreError):
                return classifier.store.frame(name)
            return None

        def keep(key: str, arrays: Arrays) -> None:
            with contextlib.suppress(StoreError):  # the next start computes it again
                classifier.store.keep_computed(_READOUT, key, arrays)
        # The store is another one when the memory is let go or taken.
        self._readout = TaughtReadout(
            cells.digest, cells.channels, lambda: classifier.state, frame, kept, keep)
        self._failed: object = None  # drawings that could not be caught up with
        self._catching_up: Iterator[tuple[int, int]] | None = None
        self._progress = 0, 0  # frames done and to do, while it catches up
        self._tracker = Tracker(settings.smoothing)
        self._labels: list[str] = []  # that the responses of things are of
        self._newest: Stamp = 0, 0  # of the frames that were looked at
        self._next: tuple[Stamp, SeenFrame] | None = None
        self._work = UnderWay()
        self._drawn: Recent[Stamp, tuple[SeenFrame, DrawnFrame]] = Recent(_AT_HAND)
        self.found = 0  # things, in all frames
        self.passed = 0  # frames that came too fast to be looked at

    # -- frames --------------------------------------------------------------------------------

    def saw(self, stamp: Stamp, frame: SeenFrame) -> bool:
        """Take a frame that was answered, to be looked at next; tell whether it will be."""
        if self._readout.solved is None or not self._watched():
            return False
        self.passed += self._next is not None
        self._next = stamp, frame
        return True

    @property
    def busy(self) -> bool:
        """Whether there is something that ``go_on`` would do now."""
        return bool(self._work) or self._next is not None

    def go_on(self) -> None:
        """Take the next step with the frame at hand."""
        if not self._work and self._next is not None:
            (stamp, frame), self._next = self._next, None
            self._work.begin(self._look(stamp, frame))
        self._work.go_on()

    def _look(self, stamp: Stamp, frame: SeenFrame) -> Generator[None, None, None]:
        solved, tracker = self._readout.solved, self._tracker
        if solved is None:  # taken back meanwhile
            return
        try:
            rgb = frame.rgb()
            cells = self._cells.codes(rgb)
        except (FrameError, EncoderError) as error:
            self._refuse(str(error))
            return
        self._keep_up(stamp)
        tracker.update(readout.find(solved.weights, cells, solved.threshold))
        yield
        encoder = self._classifier.frame_encoder.encoder
        height, width = rgb.shape[:2]
        for look in tracker.due(self._settings.where_crops):
            left, top, right, bottom = square_of(look.box, height, width)
            shown = resize(rgb[top:bottom, left:right], encoder.input_size)
            codes = encoder.codes(shown)
            response = self._classifier.present(codes)
            tracker.named(look.track, codes, response, stamp)
            self._looked(Seen(codes, shown, stamp_text(stamp), _region(look.box)),
                         self._classifier.decide(response, self._settings.false_unknown, 2))
            yield
        things = self._named()
        self.found += len(things)
        self._tell(Things(None, frame.message.header, (width, height), things))

    def _keep_up(self, stamp: Stamp) -> None:
        """Forget what means nothing any more: another scene, other labels."""
        if stamp < self._newest:  # a bag that loops, a clock set back
            self._tracker.reset()
        self._newest = stamp
        self._tracker.smoothing = self._settings.smoothing
        if self._classifier.labels != self._labels:
            self._labels = self._classifier.labels
            self._tracker.forget_names()

    def _named(self) -> list[Thing]:
        """Return the things of the frame; of boxes of one name that overlap the surest."""
        things = [
            Thing(thing.box.tolist(), _region(thing.box), self._classifier.decide(
                thing.response, self._settings.false_unknown, self._settings.top_k),
                track=thing.id, found=thing.found, named=thing.stamp)
            for thing in self._tracker.things()]
        names = [thing.prediction.label if thing.prediction and not thing.prediction.unknown
                 else None for thing in things]
        boxes = np.array([thing.box for thing in things]).reshape(-1, 4)
        return [things[place] for place in readout.one_of_a_name(boxes, names)]

    # -- what is drawn -------------------------------------------------------------------------

    def drawn_frame(self, stamp: Stamp, frame: SeenFrame) -> DrawnFrame:
        """
        Return a frame as it is drawn in.

        :raises FrameError: where it cannot be decoded any more.
        :raises EncoderError: where it is too narrow to say where things are.
        """
        known = self._drawn.get(stamp)
        if known is None or known[0] is not frame:  # stamps may come again, and mean another one
            drawn = drawn_frame(self._cells, frame.rgb(), self._settings.keep_pictures)
            self._drawn.add(stamp, (frame, drawn))
            return drawn
        return known[1]

    def one_clear(self, frame: SeenFrame) -> tuple[Region, np.ndarray] | None:
        """
        Return the region of the one clear thing of a frame, and what it shows, as small.

        :return: uint8 RGB (size, size, 3) for the encoder; None where no thing, or not one alone,
            is found, or the frame is none in which things can be.
        """
        solved = self._readout.solved
        if solved is None:
            return None
        try:
            rgb = frame.rgb()
            cells = self._cells.codes(alone.from_afar(rgb))
        except (FrameError, EncoderError):  # too large or too narrow: it teaches as a whole
            return None
        box = alone.one_clear(solved.weights, cells, solved.threshold)
        if box is None:
            return None
        left, top, right, bottom = square_of(box, *rgb.shape[:2])
        size = self._classifier.frame_encoder.encoder.input_size
        return _region(box), alone.as_small(rgb[top:bottom, left:right], size)

    @property
    def is_stale(self) -> bool:
        """Whether the read-out has yet to catch up with what is drawn."""
        return self._catching_up is not None or (
            self._readout.is_stale and self._readout.drawn is not self._failed)

    def catch_up(self) -> bool:
        """
        Take a step of a few milliseconds towards what is drawn now.

        :return: whether it has caught up by that.
        """
        if self._catching_up is None:
            self._catching_up = self._readout.catch_up()
        try:
            step = next(self._catching_up, None)
        except Exception:
            self._catching_up, self._failed = None, self._readout.drawn  # until that changes
            raise
        if step is None:
            self._catching_up = None
            return True
        self._progress = step
        return False

    @property
    def status(self) -> WhereStatus:
        """How it stands."""
        drawn = self._readout.drawn.values()
        return WhereStatus(True, len(drawn), sum(one.complete for one in drawn),
                           self._readout.solved is not None)

    def facts(self) -> dict[str, object]:
        """Return what is worth knowing, {name: value}, for a diagnostic."""
        now = self.status
        progress = '{} of {} frames'.format(*self._progress) if self._catching_up else 'no'
        return {
            'where': 'finds things' if now.ready else 'nothing is drawn yet',
            'where_frames': f'{now.frames} drawn, {now.complete} of them wholly',
            'where_catching_up': progress,
            'where_remarks': '; '.join(self._readout.remarks),
            'things_found': self.found, 'things_frames_passed': self.passed}


def _region(box: np.ndarray) -> Region:
    """Return a box as fractions of the frame that do not reach beyond it."""
    x, y, width, height = (float(part) for part in box)
    return x, y, min(width, 1 - x), min(height, 1 - y)
