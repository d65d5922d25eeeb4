# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is learned and kept of a frame that is taught, made only if it is."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from hybrid_snn_ros.vision.frame_encoder import Encoded, FrameEncoder
from hybrid_snn_ros.vision.frames import crop_picture, decode_file
from hybrid_snn_ros.vision.framing import Crop
from hybrid_snn_ros.vision.pictures import kept_jpeg
from hybrid_snn_ros.vision.views import seen_in, surroundings_size


class LessonViews:
    """The further views of one frame and its picture."""

    def __init__(self, encoder: FrameEncoder, seen: Encoded, views: int) -> None:
        """
        Make nothing yet.

        :param views: how many are learned, the frame as it was seen being the first.
        """
        self._encoder = encoder
        self._seen = seen
        self._views = views

    @cached_property
    def _around(self) -> np.ndarray:
        return self._encoder.surroundings(self._seen)

    def codes(self) -> Iterator[np.ndarray]:
        """Yield the codes of each further view, uint8 (N,); FrameError if it cannot be cut."""
        if self._views > 1:
            yield from self._encoder.codes_around(self._seen.crop, self._around, self._views)

    def picture(self) -> bytes:
        """Return the JPEG to keep: what the encoder saw, or what several views were cut from."""
        return kept_jpeg(self._around if self._views > 1 else self._seen.crop)


def codes_of_kept(encoder: FrameEncoder, jpeg: bytes, views: int) -> np.ndarray:
    """
    Return the codes of a lesson from its kept picture, uint8 (N,), or (k, N) of several views.

    :raises FrameError: when the picture cannot be read.
    """
    size = encoder.encoder.input_size
    side = size if views == 1 else surroundings_size(size)
    picture = crop_picture(decode_file(jpeg, side, Crop(1.0)), side)
    if views == 1:  # it is what was cropped before
        return encoder.encoder.codes(picture)
    first = seen_in(picture, encoder.crop, size)
    return np.array([encoder.encoder.codes(first),
                     *encoder.codes_around(first, picture, views)])
