# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Run the encoder that was cut in its middle: a frame to codes of cells that say where."""

from pathlib import Path

import numpy as np

from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.vision.encoder_cut import STRIDE
from hybrid_snn_ros.vision.framing import check_size
from hybrid_snn_ros.vision.model_file import read_model
from hybrid_snn_ros.vision.resample import resample_to
from hybrid_snn_ros.vision.runtime import EncoderError, open_model, read_cpus

SHIPPED_CUT = ('models', 'efficientnet_lite0_int8_cut.tflite')
LONG_SIDE = 320  # pixels of the frame's longer side, as the network sees it
FEWEST = 5  # cells down and across: their surroundings reach four cells over each edge


class CellEncoder:
    """
    A cut encoder that turns an RGB frame into a map of cells, `channels` codes each.

    A frame of any size is brought to 320 pixels along its longer side, and a multiple of 16 along
    the other, so that a cell is 16 x 16 of these pixels and things keep their proportions: 640 x
    480 becomes 320 x 240, which is 15 x 20 cells.

    Attributes: `path`, `digest` (sha256 of the model file in hex), `runtime`, `delegate`,
    `channels`. One object serves one thread at a time.
    """

    def __init__(self, model: str | Path | None = None, threads: int = 1, delegate: str = 'auto',
                 cpus: str = '') -> None:
        """
        Load a model.

        :param model: the file, or None for the one that is shipped.
        :param threads, delegate, cpus: as of vision.encoder.Encoder.
        :raises EncoderError: with one sentence, when the model is not usable.
        """
        self.path, content, self.digest, _ = read_model(model or shared_file(*SHIPPED_CUT))
        self._interpreter, self.runtime, self.delegate = open_model(
            content, self.path, threads, delegate, read_cpus(cpus))
        [self._input], [self._output] = (self._interpreter.get_input_details(),
                                         self._interpreter.get_output_details())
        if (self._input['dtype'] != np.uint8 or self._output['dtype'] != np.int8
                or len(self._output['shape']) != 4 or self._output['quantization'][1] != -128):
            raise EncoderError(f'{self.path} is not a cut encoder: it must take uint8 pixels and '
                               'give an int8 map of cells whose least value is -128')
        self._shape = tuple(int(n) for n in self._input['shape'][1:3])
        self.channels = int(self._output['shape'][3])

    def codes(self, rgb: np.ndarray) -> np.ndarray:
        """
        Return the codes of a frame's cells, a new uint8 array (rows, columns, channels).

        :param rgb: uint8 (H, W, 3), may be a view.
        :raises FrameError: for a frame of no pixels, or too many.
        :raises EncoderError: for another type or shape, or a frame too narrow for five cells.
        """
        seen = self.seen(rgb)
        shape = seen.shape[:2]
        if shape != self._shape:
            self._interpreter.resize_tensor_input(self._input['index'], (1, *shape, 3))
            self._interpreter.allocate_tensors()
            self._shape = shape
        # The view must be gone again before invoke(): a runtime refuses to run while it is held.
        target = self._interpreter.tensor(self._input['index'])()
        target[0] = seen
        del target
        self._interpreter.invoke()
        # int8 from -128 on to 0..255 is the sign bit turned over.
        return self._interpreter.get_tensor(self._output['index'])[0].view(np.uint8) ^ 0x80

    @staticmethod
    def seen(rgb: np.ndarray) -> np.ndarray:
        """
        Return a frame as the network sees it, uint8 (h, w, 3); the same array where it fits.

        :raises FrameError, EncoderError: as of `codes`.
        """
        if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.ndim != 3 or (
                rgb.shape[2] != 3):
            found = (f'{rgb.dtype} {rgb.shape}' if isinstance(rgb, np.ndarray)
                     else type(rgb).__name__)
            raise EncoderError(f'the cut encoder takes a uint8 frame (H, W, 3), not {found}')
        shape = seen_size(*rgb.shape[:2])
        return rgb if rgb.shape[:2] == shape else resample_to(rgb, *shape)


def seen_size(height: int, width: int) -> tuple[int, int]:
    """
    Return height and width at which a frame is seen, multiples of 16, the longer one 320.

    :raises FrameError: for a frame of no pixels, or too many.
    :raises EncoderError: for a frame so narrow that fewer than five cells lie across it.
    """
    check_size(width, height)
    scale = LONG_SIDE / max(height, width)
    seen = tuple(STRIDE * round(side * scale / STRIDE) for side in (height, width))
    if min(seen) < STRIDE * FEWEST:
        raise EncoderError(f'the frame of {width}x{height} pixels is too narrow to say where '
                           f'things are: its sides may differ by a factor of '
                           f'{LONG_SIDE // STRIDE // FEWEST} at most')
    return seen[0], seen[1]
