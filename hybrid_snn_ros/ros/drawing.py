# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is drawn in frames and said of them: boxes, that they are all, that there is nothing."""

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.record import Region
from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.memory.wording import boxes_text
from hybrid_snn_ros.ros.boxes import cut_of
from hybrid_snn_ros.ros.commands import Command, CommandError
from hybrid_snn_ros.ros.recent_frames import RecentFrames, SeenFrame, Stamp
from hybrid_snn_ros.ros.thing_finder import ThingFinder
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.runtime import EncoderError
from hybrid_snn_ros.where.boxes import BoxError


class Drawing:
    """Used by the worker alone; its methods return a sentence that says what was done."""

    def __init__(self, classifier: Classifier, frames: RecentFrames,
                 finder: ThingFinder | None) -> None:
        """
        Begin.

        :param finder: ThingFinder that learns of it; None where nothing is to be found.
        """
        self._classifier = classifier
        self._frames = frames
        self._finder = finder

    @property
    def learns(self) -> bool:
        """Whether boxes teach where things are."""
        return self._finder is not None

    def hold(self, stamp: Stamp) -> str:
        """Keep a frame, so that it can be drawn in for as long as that takes; CommandError."""
        if not self._frames.hold(stamp):
            raise CommandError(self._frames.missing(stamp, look=True))
        return 'that frame is held'

    def seen(self, stamp: Stamp, frame: SeenFrame) -> DrawnFrame | None:
        """
        Return a frame as it is drawn in, None where nothing is learned of it.

        :raises FrameError, EncoderError: as of ThingFinder.drawn_frame.
        """
        return self._finder.drawn_frame(stamp, frame) if self._finder else None

    def one_clear(self, frame: SeenFrame) -> tuple[Region, np.ndarray] | None:
        """
        Return the one clear thing of a frame that is taught as a whole, as it is taught instead.

        :raises FrameError, EncoderError: as of ThingFinder.drawn_frame.
        """
        return self._finder.one_clear(frame) if self._finder else None

    def _meant(self, stamp: Stamp) -> tuple[SeenFrame, DrawnFrame]:
        """Return the frame that a command is about, and as it is drawn in; CommandError."""
        frame = self._frames.seen(stamp)
        if frame is None:
            raise CommandError(self._frames.missing(stamp, look=True))
        try:
            drawn = self.seen(stamp, frame)
        except (FrameError, EncoderError) as error:
            raise CommandError(str(error)) from error
        if drawn is None:
            raise CommandError('where is off: start the node with the parameter where set to on, '
                               'and what is drawn teaches where things are')
        return frame, drawn

    def draw(self, command: Command, stamp: Stamp) -> str:
        """Draw boxes without names; CommandError, StoreError."""
        frame, drawn = self._meant(stamp)
        if not command.boxes:
            raise CommandError('a command to draw needs at least one box; to say that nothing is '
                               'in a frame, "do": "empty"')
        try:
            regions = [cut_of(box, command.unit, frame.size).region
                       for box in command.boxes]
        except (BoxError, FrameError) as error:
            raise CommandError(str(error)) from error
        new = self._classifier.draw(drawn, regions, command.complete, _text(stamp),
                                    command.source, command.press, later=True)
        before = f', {len(regions) - new} were before' if new < len(regions) else ''
        whole = ', and that is all in that frame' if command.complete else ''
        return f"{boxes_text(new)} {'is' if new == 1 else 'are'} drawn{before}{whole}, saved"

    def complete(self, command: Command, stamp: Stamp) -> str:
        """Say that everything in a frame is drawn; CommandError, StoreError."""
        self._classifier.complete(self._meant(stamp)[1], _text(stamp), command.source,
                                  command.press, later=True)
        return 'everything in that frame is drawn, saved'

    def empty(self, command: Command, stamp: Stamp) -> str:
        """Say that there is nothing in a frame; CommandError, StoreError."""
        self._classifier.empty(self._meant(stamp)[1], _text(stamp), command.source,
                               command.press, later=True)
        return 'there is nothing in that frame, saved'


def _text(stamp: Stamp) -> str:
    """Return what the memory writes down of a stamp: nothing where the camera gives none."""
    return stamp_text(stamp) if any(stamp) else ''
