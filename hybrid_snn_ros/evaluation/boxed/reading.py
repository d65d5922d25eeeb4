# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a data set with boxes, decoded, and their boxes as fractions of them."""

from collections.abc import Iterable
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation.boxed.listing import Listed, NO_BOX
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.picture_reader import DAMAGED
from hybrid_snn_ros.evaluation.pictured import Pictured
from hybrid_snn_ros.vision.frames import decode_rgb
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.pictures import read
from hybrid_snn_ros.where.boxes import BoxError, checked

OTHER_SIZE = 'a picture of another size than its boxes are for'
_DIGITS = 2  # of a pixel: no box is drawn finer, so that forms which round differently agree


class Read(NamedTuple):
    """A picture that was read, and its boxes."""

    digest: str  # of the file
    image: np.ndarray  # uint8 RGB (H, W, 3)
    boxes: list[np.ndarray | None]  # (4,) fractions; None for one that cannot be

    def pictured(self, listed: Listed) -> Pictured:
        """Return what is in it."""
        kept = [(box, one.label) for box, one in zip(self.boxes, listed.boxes) if box is not None]
        return Pictured(self.image, np.array([box for box, _ in kept]).reshape(-1, 4),
                        tuple(label for _, label in kept),
                        listed.complete and len(kept) == len(self.boxes))


class BoxReader:
    """Reads pictures; what is wrong with one is told once, however often it is read."""

    def __init__(self, left_out: LeftOut) -> None:
        """Take what collects that."""
        self._left_out = left_out
        self._told: set[Path] = set()

    def read(self, listed: Listed) -> Read | None:
        """Read a picture; None where it cannot be used."""
        try:
            content = read(listed.path)
            image = decode_rgb('', content)
        except FrameError as error:
            self._tell(listed, DAMAGED, str(error))
            return None
        height, width, _ = image.shape
        if listed.size not in (None, (width, height)):
            of = 'x'.join(map(str, listed.size or ()))
            self._tell(listed, OTHER_SIZE, f'it has {width}x{height} pixels, not {of}')
            return None
        scale = np.array([width, height] * 2, np.float64)
        boxes: list[np.ndarray | None] = []
        wrong = []
        for one in listed.boxes:
            try:
                boxes.append(_checked(one.numbers, listed.fractions, scale))
            except (BoxError, TypeError, ValueError, OverflowError) as error:
                boxes.append(None)
                wrong.append(f'{one.label}: ' + ' '.join(str(error).split()))
        for detail in wrong if listed.path not in self._told else ():
            self._left_out.add(NO_BOX, listed.name, detail)
        self._told.add(listed.path)
        return Read(hashlib.sha256(content).hexdigest()[:32], image, boxes)

    def _tell(self, listed: Listed, reason: str, detail: str) -> None:
        if listed.path not in self._told:
            self._left_out.add(reason, listed.name, detail)
        self._told.add(listed.path)


def _checked(numbers: Iterable[object], fractions: bool, scale: np.ndarray) -> np.ndarray:
    """Return a box, cut off at the picture's edges, as fractions of it, (4,)."""
    box = np.array(numbers, np.float64)
    if box.shape != (4,):
        raise BoxError('a box is four numbers: x, y, width, height')
    with np.errstate(all='ignore'):  # what is too large is refused
        pixels = np.round(box * scale if fractions else box, _DIGITS)
    return checked([pixels / scale])[0]
