# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Smoothing over a track: neighbouring frames mostly show the same thing, so their votes add up.

Evidence, drives and typicality are averaged with a leak: the k-th frame of a scene weighs
``1 / min(k, frames)``.  A cut, an embedding that points elsewhere than the one before, starts
a new scene, and so does a change of what is known.
"""

import numpy as np

from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.snn.response import Response

# Cosine of successive embeddings below which the scene has changed: on the turntable neighbouring
# views (10 degrees apart, light and distance varied) lie above it in 99 % of the cases, views of
# different objects below it in 94 %.
CUT = 0.6


class Track:
    """Averages the responses to successive frames of one camera."""

    def __init__(self, frames: int, cut: float = CUT) -> None:
        """
        Start without a scene.

        :param frames: length of the leaky average; 1 hands every response on as it is.
        :param cut: cosine below which two successive embeddings are two scenes.
        :raises ValueError: for frames below 1 or a cut outside -1..1.
        """
        if frames < 1:
            raise ValueError(f'smoothing must be at least 1 frame, not {frames}')
        if not -1 <= cut <= 1:
            raise ValueError(f'cut must lie in -1..1, not {cut}')
        self.frames = frames
        self.cut = cut
        self.reset()

    def reset(self) -> None:
        """Forget the scene."""
        self._seen = 0
        self._direction: np.ndarray | None = None
        self._mean: Response | None = None

    def add(self, codes: np.ndarray, response: Response) -> Response:
        """
        Add one frame and return the response of the scene so far.

        :param codes: the frame's output codes, uint8 (N,).
        :param response: to it.
        """
        if self.frames == 1:
            return response
        direction, = directions([codes])
        mean = self._mean
        if mean is None or self._direction is None or (
                len(mean.evidence) != len(response.evidence)
                or float(direction @ self._direction) < self.cut):
            mean, self._seen = response, 0
        self._direction = direction
        self._seen = min(self._seen + 1, self.frames)
        if self._seen > 1:
            share = 1 / self._seen
            mean = Response(
                response.spikes,
                mean.evidence + share * (response.evidence - mean.evidence),
                mean.drives + share * (response.drives - mean.drives),
                mean.typicality + share * (response.typicality - mean.typicality))
        self._mean = mean
        return mean
