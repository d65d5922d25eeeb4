# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A read-out of where things are that follows what is drawn, as a TaughtNetwork what is taught.

It depends on the set of what is drawn alone.  Whoever keeps what was solved saves the next start
the sums: they are made, of all frames, when something is drawn or taken back.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
import hashlib
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.memory.drawings import Drawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.pictures import kept_jpeg
from hybrid_snn_ros.where import readout
from hybrid_snn_ros.where.boxes import BoxError
from hybrid_snn_ros.where.ridge import Drawn, RIDGE, Sums, Weights

_FORM = 1  # of the read-out: another one when the same drawings give other weights

_LOST = 'are damaged or lost, and teach nothing'
_OTHER = 'are of another cut encoder, and teach nothing'

Arrays = dict[str, np.ndarray]


class Solved(NamedTuple):
    """A read-out, and what it was solved for."""

    key: str
    weights: Weights
    threshold: float  # of the heat


class TaughtReadout:
    """Used by whoever owns what is known; finds things while it catches up."""

    def __init__(self, encoder: str, channels: int, known: Callable[[], StoreState],
                 frame: Callable[[str], DrawnFrame | None],
                 kept: Callable[[str], Arrays | None] = lambda key: None,
                 keep: Callable[[str, Arrays], None] = lambda key, arrays: None) -> None:
        """
        Begin without a read-out.

        :param encoder: sha256 of the cut encoder's file, in hex.
        :param channels: codes of a cell.
        :param known: function that returns what is known now.
        :param frame: function that returns a frame by its name, None where it was lost.
        :param kept: function that returns what was kept for a key, or None.
        :param keep: function that keeps arrays for a key.
        """
        self._encoder = encoder
        self._channels = channels
        self._known = known
        self._frame = frame
        self._kept = kept
        self._keep = keep
        self._sums: Sums | None = None
        self._added: dict[str, Drawing] = {}  # what the sums hold
        # drawings of the state and version that were looked at last
        self._looked: tuple[StoreState | None, int] = None, -1
        self._drawn: Mapping[str, Drawing] = {}
        self._passed: dict[str, str] = {}  # frames that teach nothing here, and why
        self._solved: Solved | None = None
        self._key = ''  # of the drawings that `solved` is of
        self._digest: tuple[Mapping[str, Drawing] | None, str] = None, ''

    @property
    def solved(self) -> Solved | None:
        """The read-out that finds things now; None while nothing is drawn."""
        return self._solved

    @property
    def drawn(self) -> Mapping[str, Drawing]:
        """What is drawn now: {name of the frame: Drawing}."""
        state = self._known()
        if self._looked[0] is not state or self._looked[1] != state.version:
            self._looked = state, state.version
            drawn = state.drawn
            if drawn != self._drawn:  # else it stays the same object: nothing is begun again
                self._drawn = drawn
        return self._drawn

    @property
    def remarks(self) -> list[str]:
        """Return what the operator should know, sentences."""
        reasons = [self._passed[name] for name in self.drawn if name in self._passed]
        return [f'{reasons.count(reason)} of {len(self.drawn)} drawn frames {reason}'
                for reason in sorted(set(reasons))]

    @property
    def is_stale(self) -> bool:
        """Whether it has yet to catch up with what is drawn."""
        return self._key != self._key_of(self.drawn)

    def _key_of(self, drawn: Mapping[str, Drawing]) -> str:
        if not any(one.boxes for one in drawn.values()):
            return ''
        if self._digest[0] is not drawn:
            text = repr((_FORM, self._encoder, RIDGE, sorted(drawn.items())))
            self._digest = drawn, hashlib.sha256(text.encode()).hexdigest()
        return self._digest[1]

    def catch_up(self) -> Iterator[tuple[int, int]]:
        """
        Make the read-out that of what is drawn now.

        A generator of (frames done, frames to do) that pauses after steps of a few milliseconds;
        the old read-out finds things until it ends.  Once begun, another one may only be begun
        after it has ended or was closed.
        """
        while self.is_stale:
            drawn = self.drawn
            key = self._key_of(drawn)
            if not key:
                self._solved, self._key = None, key
                return
            arrays = self._kept(key)
            weights = None if arrays is None else Weights(arrays['projections'], arrays['bias'])
            if weights is None:
                yield from self._sum_up(drawn)
                weights = yield from self._solve(drawn)
                if weights is None:
                    continue  # drawn in meanwhile: what was begun is of no use
                if _LOST not in self._passed.values():  # else a lost frame may be found again
                    self._keep(key, weights._asdict())
            self._solved = Solved(key, weights, readout.threshold(
                len(drawn), sum(one.complete for one in drawn.values())))
            self._key = key

    def _sum_up(self, drawn: Mapping[str, Drawing]) -> Generator[tuple[int, int], None, None]:
        """Take back and add until the sums are those of some drawings."""
        sums = self._sums or Sums(self._channels)
        added, self._sums, self._added = self._added, None, {}  # until no frame is half added
        wanted, self._passed = dict(drawn), {}
        gone = {name: self._frame(name) for name, one in added.items() if wanted.get(name) != one}
        if None in gone.values():  # compacted away, so that it cannot be taken back
            sums, added, gone = Sums(self._channels), {}, {}
        new = [name for name in wanted if name in gone or name not in added]
        done, total = 0, len(gone) + len(new)
        for name, frame in gone.items():
            assert frame is not None
            for _ in sums.taking_back(_drawn(frame, added.pop(name))):
                yield done, total
            done += 1
        for name in new:
            frame = self._frame(name)
            if frame is None or frame.encoder != self._encoder:
                self._passed[name] = _LOST if frame is None else _OTHER
            else:
                try:
                    for _ in sums.adding(_drawn(frame, wanted[name])):
                        yield done, total
                    added[name] = wanted[name]
                except BoxError as error:  # nothing of it was added
                    self._passed[name] = f'teach nothing: {error}'
            done += 1
        self._sums, self._added = sums, added

    def _solve(self, drawn: Mapping[str, Drawing]) -> Generator[
            tuple[int, int], None, Weights | None]:
        assert self._sums is not None
        work, done = self._sums.solution(), len(drawn)
        while True:
            if self.drawn is not drawn:
                return None
            try:
                next(work)
            except StopIteration as end:
                return end.value
            yield done, done


def drawn_frame(cells: CellEncoder, rgb: np.ndarray, keep_picture: bool) -> DrawnFrame:
    """
    Return a frame, uint8 RGB (H, W, 3), as it is drawn in.

    :param keep_picture: whether a JPEG of what the cells see goes with it.
    :raises FrameError, EncoderError: as of CellEncoder.codes.
    """
    seen = cells.seen(rgb)
    return DrawnFrame(cells.digest, cells.codes(seen), kept_jpeg(seen) if keep_picture else None)


def _drawn(frame: DrawnFrame, drawing: Drawing) -> Drawn:
    return Drawn(frame.codes, drawing.boxes, drawing.complete)
