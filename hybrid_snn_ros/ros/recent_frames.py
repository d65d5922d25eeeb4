# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The frames that were answered last, so that a request may name one by its stamp.

Of many of them the output codes are kept; of the newest also the message, out of which views and
boxes can be cut, and of those that somebody asked to be held, to draw in them.
"""

import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.memory.stamps import stamp_text
from hybrid_snn_ros.recent import Recent
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.frames import message_rgb, size_of

Stamp = tuple[int, int]  # (sec, nanosec)

# Newest frames of which the message is kept, and how many bytes these may take together; the
# newest is kept whatever it takes.
_SEEN, _SEEN_BYTES = 30, 32 * 2**20
_HELD, _HELD_BYTES = 8, 64 * 2**20  # the same of those that are held


class RecentFrame(NamedTuple):
    """One answered frame."""

    stamp: Stamp
    codes: np.ndarray  # uint8 (N,)
    time: float  # monotonic seconds
    held: bool = False  # whether the codes are those of an earlier frame, which it is like


class SeenFrame(NamedTuple):
    """One that can be looked at again."""

    seen: Encoded
    message: Any  # sensor_msgs/Image, or CompressedImage where `compressed`
    compressed: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""
        return size_of(self.message, self.compressed)

    def rgb(self) -> np.ndarray:
        """
        Return all of it, uint8 RGB (height, width, 3).

        :raises FrameError: where it cannot be decoded.
        """
        return message_rgb(self.message, self.compressed)


class RecentFrames:
    """Used by the worker alone."""

    def __init__(self, limit: int) -> None:
        """Begin without frames; `limit` may be changed, the next one keeps to it."""
        self._recent: Recent[Stamp, RecentFrame] = Recent(limit)
        self._seen: Recent[Stamp, SeenFrame] = Recent(_SEEN)
        self._held: Recent[Stamp, SeenFrame] = Recent(_HELD)

    def add(self, stamp: Stamp, frame: SeenFrame, limit: int) -> None:
        """Take note of an answered frame; `limit` as of __init__."""
        newest = self.newest
        if newest and stamp < newest.stamp:
            # A bag that loops, a clock that was set back: old stamps mean other frames now.
            self._recent.clear()
            self._seen.clear()
        self._recent.limit = limit
        self._recent.add(stamp, RecentFrame(
            stamp, frame.seen.codes, time.monotonic(), frame.seen.held))
        self._seen.add(stamp, frame)
        _shorten(self._seen, _SEEN_BYTES)

    def hold(self, stamp: Stamp) -> bool:
        """Keep the frame of a stamp, until others were held; tell whether it is at hand."""
        frame = self.seen(stamp)
        if frame is not None:
            self._held.pop(stamp, None)  # the newest of them now
            self._held.add(stamp, frame)
            _shorten(self._held, _HELD_BYTES)
        return frame is not None

    @property
    def newest(self) -> RecentFrame | None:
        """The frame that was answered last."""
        return next(reversed(self._recent.values())) if self._recent else None

    def get(self, stamp: Stamp) -> RecentFrame | None:
        """Return the frame of a stamp, None where it is too long ago."""
        return self._recent.get(stamp)

    def seen(self, stamp: Stamp) -> SeenFrame | None:
        """Return the frame of a stamp to be looked at again, None where it is too long ago."""
        return self._seen.get(stamp) or self._held.get(stamp)

    def meant(self, stamp: Stamp | None) -> Stamp:
        """Return the stamp of the frame that is meant, None being the newest's."""
        if stamp is None and self.newest:
            return self.newest.stamp
        return stamp or (0, 0)

    def may_come(self, stamp: Stamp | None, since: float, patience: float) -> bool:
        """
        Tell whether the frame of a stamp is still to be waited for.

        :param since: monotonic seconds from which on it is; patience: seconds.
        """
        newest = self.newest
        return (stamp is not None and (newest is None or newest.stamp < stamp)
                and time.monotonic() - since <= patience)

    def missing(self, stamp: Stamp, look: bool = False) -> str:
        """
        Return the sentence why there is no frame of a stamp.

        :param look: whether it was to be looked at again.
        """
        kept = self._seen if look else self._recent
        ring = 'no frame was answered yet'
        if kept:
            first, last = next(iter(kept)), next(reversed(kept))
            ring = (f'the last {len(kept)} frames run from {stamp_text(first)} to '
                    f'{stamp_text(last)}')
        return f'no frame {stamp_text(stamp)} is at hand; {ring}'


def _shorten(frames: Recent[Stamp, SeenFrame], most: int) -> None:
    """Drop the oldest until all take at most so many bytes; one stays whatever it takes."""
    while len(frames) > 1 and sum(len(one.message.data) for one in frames.values()) > most:
        frames.popitem(last=False)
