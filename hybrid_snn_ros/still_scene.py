# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What was answered last stands for the next frame as long as nothing moves.

Whether anything moved says the gate (vision.still_gate).  Codes and response are a function of
what the encoder sees and of what is known, so they are held until one of these changes, and no
longer than some seconds: then the frame is looked at again.  Meanwhile spare time looks at two
more views of it, one behind a frame: the response is the mean of all three.  Both show nothing
but what the first one does, and that is what the gate watches.
"""

from collections.abc import Callable, Iterator
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.network import Prediction
from hybrid_snn_ros.snn.response import mean_of, Response
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.frames import Picture
from hybrid_snn_ros.vision.still_gate import StillGate

# Times its length after which an average no longer moves: e^-8 of what was before is left.
_SETTLED = 8


class StillScene:
    """Holds what a frame was answered; used by whoever owns the classifier."""

    # Of the frame that was looked at last:
    crop: np.ndarray  # uint8 RGB (size, size, 3)
    counts: np.ndarray  # uint8 (N,), spikes 0..10
    response: Response  # to it, the mean of its views so far

    def __init__(self, classifier: Classifier,
                 clock: Callable[[], float] = time.monotonic) -> None:
        """
        Begin with nothing held.

        :param clock: seconds that never run backwards.
        """
        self._classifier = classifier
        self._clock = clock
        self._gate = StillGate()
        self._code: int | None = None  # how its colours lie
        self._may_hold, self._held_for, self._smoothing = False, 0.0, 1
        self._valid_for: Any = None  # settings, and what is known
        self._codes: np.ndarray  # of the frame that was looked at last
        self._until = 0.0  # on the clock
        self._unmoved = False  # whether the frame at hand shows the same
        self._spare = False  # whether a frame was held since the last view
        self._responses: list[Response] = []
        self._views: Iterator[np.ndarray] = iter(())  # codes of those to come
        self._place = 0  # of the last one, among the responses
        self._prediction: Prediction | None = None
        self._steady = 0  # frames held since the response has changed

    def begin(self, may_hold: bool, held_for: float, smoothing: int, *settings: object) -> None:
        """
        Prepare for the next frame.

        :param may_hold: whether it may be held at all.
        :param held_for: seconds after which it is looked at again, at the latest.
        :param smoothing: frames over which answers are averaged (snn.track).
        :param settings: what the answer depends on besides; with others nothing is held.
        """
        valid_for = held_for, smoothing, settings, self._known
        if valid_for != self._valid_for:
            self.forget()
            self._valid_for = valid_for
        self._may_hold, self._held_for, self._smoothing = may_hold, held_for, smoothing

    @property
    def _known(self) -> tuple[int, object]:
        return self._classifier.version, self._classifier.network.revision

    def forget(self) -> None:
        """Hold nothing: the next frame is looked at."""
        self._gate.forget()
        self._spare = False

    def codes(self, picture: Picture) -> np.ndarray | None:
        """Return the codes that stand for a frame, None where it must be looked at."""
        if picture.code != self._code:  # the same bytes are other colours now
            self.forget()
            self._code = picture.code
        self._unmoved = self._may_hold and self._gate.is_still(picture.pixels)
        self._spare = self._unmoved and self._clock() < self._until
        if not self._spare:
            return None
        self._steady += 1
        return self._codes

    def looked(self, seen: Encoded, counts: np.ndarray, response: Response) -> None:
        """Take note of a frame that was looked at, and of what was answered."""
        if not self._may_hold:
            self.forget()
            return
        self._gate.keep()
        self._until = self._clock() + self._held_for
        self._codes, self.crop, self.counts = seen.codes, seen.crop, counts
        # Of what has not moved the views stand until they are looked at again.
        self._place, self._views = 0, self._classifier.frame_encoder.inner_codes(seen)
        self._responses = [response, *(self._responses[1:] if self._unmoved else ())]
        self._respond()

    def look_longer(self) -> bool:
        """Look at one more view of a frame that was held since the last; tell whether it did."""
        if not self._spare or self._valid_for[-1] != self._known:
            return False
        self._spare = False
        codes = next(self._views, None)
        if codes is None:
            return False
        self._place += 1
        self._responses[self._place:self._place + 1] = [self._classifier.present(codes)]
        self._respond()
        return True

    def _respond(self) -> None:
        self.response = mean_of(self._responses)
        self._steady, self._prediction = 0, None

    def decided(self, prediction: Prediction) -> None:
        """Take note of what was made of the response, averaged over frames."""
        self._prediction = prediction

    @property
    def settled(self) -> Prediction | None:
        """That, once the frames that are held no longer change it."""
        return self._prediction if self._steady > _SETTLED * self._smoothing else None
