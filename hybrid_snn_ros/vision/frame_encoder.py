# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The frame encoder: a frame, wherever it comes from, is decoded, cropped and embedded here."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.resources import shared_file

if TYPE_CHECKING:
    from hybrid_snn_ros.vision.encoder import Encoder
    from hybrid_snn_ros.vision.frames import Picture
    from hybrid_snn_ros.vision.framing import Crop

Lap = Callable[[str], None]  # is called with the name of a stage when it is done
# from what is decoded of a frame to the codes that stand for it, None where it must be encoded
Known = Callable[['Picture'], np.ndarray | None]

SHIPPED_ENCODER = ('models', 'efficientnet_lite0_int8.tflite')


def _no_lap(stage: str) -> None:
    """Measure nothing."""


class Encoded:
    """A frame as the encoder sees it, and what it made of it, or of an earlier one it is like."""

    def __init__(self, codes: np.ndarray, cut: 'Callable[[int, Crop], np.ndarray]',
                 seen: 'tuple[int, Crop]', crop: np.ndarray | None) -> None:
        """
        Keep what was made, and the frame.

        :param codes: uint8 (N,).
        :param cut: cuts the square of a crop out of the frame, which it holds: (size, Crop) ->
            uint8 RGB (size, size, 3).
        :param seen: size and Crop of what the encoder sees.
        :param crop: that, uint8 RGB (size, size, 3); None where it was not encoded and the codes
            are those of an earlier frame.
        """
        self.codes = codes
        self.cut = cut
        self.held = crop is None
        self._seen = seen
        self._crop = crop

    @property
    def crop(self) -> np.ndarray:
        """What the encoder sees of it, uint8 RGB (size, size, 3); FrameError if it cannot."""
        if self._crop is None:
            self._crop = self.cut(*self._seen)
        return self._crop


class FrameEncoder:
    """An encoder and the part of each frame it sees; or no encoder, and codes only."""

    def __init__(self, encoder: 'Encoder | Path | str | None' = None, crop: 'Crop | None' = None,
                 inputs: int | None = None) -> None:
        """
        Choose encoder and crop; nothing is loaded before it is needed.

        :param encoder: vision.encoder.Encoder, the path of a model, or None for the shipped one.
        :param crop: vision.framing.Crop, or None for the default.
        :param inputs: width N of the codes where no encoder is wanted.
        :raises ValueError: for both an encoder and inputs, or inputs below 1.
        """
        if inputs is not None and encoder is not None:
            raise ValueError('inputs stands in for an encoder: give one of the two, not both')
        if inputs is not None and inputs < 1:
            raise ValueError(f'inputs must be at least 1, not {inputs}')
        self._encoder = encoder
        self._crop = crop
        self._inputs = inputs
        self._golden = ''

    @property
    def encoder(self) -> 'Encoder':
        """The encoder, loaded now if it was not yet."""
        if self._encoder is None or isinstance(self._encoder, (str, Path)):
            from hybrid_snn_ros.vision.encoder import Encoder
            self._encoder = Encoder(self._encoder or shared_file(*SHIPPED_ENCODER))
        return self._encoder

    @property
    def crop(self) -> 'Crop':
        """The part of each frame the encoder sees."""
        if self._crop is None:
            from hybrid_snn_ros.vision.framing import Crop
            self._crop = Crop()
        return self._crop

    @property
    def inputs(self) -> int:
        """Width N of the codes; the encoder is loaded now if it says so and was not yet."""
        return self.encoder.width if self._inputs is None else self._inputs

    @property
    def fingerprint(self) -> dict[str, Any]:
        """
        What the codes depend on, as it is kept with a memory.

        The golden picture is encoded at the first call; EncoderError where that cannot be.
        """
        if self._inputs is not None:
            return {'inputs': self._inputs}
        encoder = self.encoder
        if not self._golden:
            from hybrid_snn_ros.vision.golden import golden_codes
            self._golden = base64.b64encode(golden_codes(encoder).tobytes()).decode()
        return {'encoder': encoder.digest, 'runtime': encoder.runtime, 'inputs': encoder.width,
                'crop': self.crop.fraction, 'roi': list(self.crop.roi), 'golden': self._golden}

    def encode_message(self, message: Any, compressed: bool, lap: Lap = _no_lap,
                       crop: 'Crop | None' = None, known: Known | None = None) -> Encoded:
        """
        Encode a camera message.

        :param message: sensor_msgs/Image, or CompressedImage where `compressed`, or what has its
            fields, from a subscription or from a bag.
        :param lap: called after each of the stages 'decode', 'crop' and 'encode'.
        :param crop: the part that is seen, None for that of all frames.
        :param known: returns the codes that stand for it, if it need not be encoded.
        :raises FrameError: when the message cannot be read.
        """
        from hybrid_snn_ros.vision.frames import decode_message
        return self._encode(partial(decode_message, message, compressed), lap, crop, known)

    def encode_file(self, content: bytes) -> Encoded:
        """
        Encode a picture file, given what is in it.

        The same bytes in a sensor_msgs/CompressedImage give the same codes.

        :raises FrameError: when it is no picture that is decoded, or damaged.
        """
        from hybrid_snn_ros.vision.frames import decode_file
        return self._encode(partial(decode_file, content))

    def encode_frame(self, rgb: np.ndarray, crop: 'Crop | None' = None) -> Encoded:
        """
        Encode a picture at hand, uint8 RGB (H, W, 3).

        :param crop: the part that is seen, None for that of all frames.
        :raises ValueError: for another type or size.
        """
        from hybrid_snn_ros.vision.frames import decode_image
        height, width, channels = _checked(rgb).shape
        if self._inputs is not None:
            raise ValueError(f'this classifier was made for codes of {self._inputs} inputs and '
                             'has no encoder for frames')
        pixels = np.ascontiguousarray(rgb)
        return self._encode(lambda size, part: decode_image(
            'rgb8', height, width, width * channels, pixels, part), crop=crop)

    def surroundings(self, seen: Encoded) -> np.ndarray:
        """
        Return what lies around the crop of a frame, out of which its views are cut (vision.views).

        :raises FrameError: where it cannot be made any more.
        """
        from hybrid_snn_ros.vision.views import surroundings, surroundings_size
        return seen.cut(surroundings_size(self.encoder.input_size), surroundings(self.crop))

    def view_codes(self, seen: Encoded, views: int) -> Iterator[np.ndarray]:
        """
        Yield the codes of further views of a frame, uint8 (N,), each encoded when asked for.

        :param views: how many views there are with the first one, the frame as it was seen.
        :raises FrameError: where they cannot be made any more.
        """
        if views > 1:
            yield from self.codes_around(seen.crop, self.surroundings(seen), views)

    def inner_codes(self, seen: Encoded) -> Iterator[np.ndarray]:
        """Yield the same of the views that lie within the crop (views.inner_views)."""
        from hybrid_snn_ros.vision.views import inner_views
        for picture in inner_views(seen.crop, self.surroundings(seen)):
            yield self.encoder.codes(picture)

    def codes_around(self, crop: np.ndarray, around: np.ndarray,
                     views: int) -> Iterator[np.ndarray]:
        """Yield the same for a crop and the surroundings that are made already."""
        from hybrid_snn_ros.vision.views import views_of
        for picture in islice(views_of(crop, around), views - 1):
            yield self.encoder.codes(picture)

    def codes(self, frame_or_codes: np.ndarray) -> np.ndarray:
        """
        Return the output codes of a frame, uint8 (N,).

        :param frame_or_codes: uint8 RGB (H, W, 3), or codes, which are handed on.
        :raises ValueError: for another type or size.
        """
        array = _checked(frame_or_codes)
        if array.ndim == 3:
            return self.encode_frame(array).codes
        if array.shape[-1] != self.inputs:
            raise ValueError(
                f'this network has {self.inputs} inputs, the frame {array.shape[-1]}')
        return array

    def _encode(self, decode: Callable[[int, 'Crop'], 'Picture'], lap: Lap = _no_lap,
                crop: 'Crop | None' = None, known: Known | None = None) -> Encoded:
        """
        Decode a crop, bring it to the encoder's size and embed it: every frame's way.

        :param decode: function of the size that is wanted and the crop.
        """
        from hybrid_snn_ros.vision.frames import crop_picture
        size = self.encoder.input_size
        picture = decode(size, crop or self.crop)
        lap('decode')
        cut, seen = partial(_cut, decode), (size, crop or self.crop)
        held = None if known is None else known(picture)
        if held is not None:
            lap('crop')
            lap('encode')
            return Encoded(held, cut, seen, None)
        rgb = crop_picture(picture, size)
        lap('crop')
        codes = self.encoder.codes(rgb)
        lap('encode')
        return Encoded(codes, cut, seen, rgb)


def _cut(decode: Callable[[int, 'Crop'], 'Picture'], size: int, crop: 'Crop') -> np.ndarray:
    from hybrid_snn_ros.vision.frames import crop_picture
    return crop_picture(decode(size, crop), size)


def _checked(frame_or_codes: np.ndarray) -> np.ndarray:
    """Return a frame, uint8 (H, W, 3), or codes, uint8 (N,); ValueError for anything else."""
    array = np.asarray(frame_or_codes)
    if array.dtype != np.uint8 or array.ndim not in (1, 3) or (
            array.ndim == 3 and array.shape[2] != 3):
        raise ValueError('a frame must be uint8 (H, W, 3) RGB, or uint8 (N,) codes of the '
                         f'encoder, not {array.dtype} {array.shape}')
    return array
