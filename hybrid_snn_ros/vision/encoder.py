# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Run the pretrained encoder: an RGB crop to embedding codes, over whichever TFLite runtime is here.

The codes are uint8 and lossless for a quantised model: embedding value = code * scale. They are
what the rest of the system journals, replays and compares.
"""

from contextlib import suppress
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.vision.model_file import read_model
from hybrid_snn_ros.vision.runtime import EncoderError, open_model, read_cpus

__all__ = ['Encoder', 'EncoderError']
# Embedding step of a float model that says nothing else: EfficientNet-Lite0 embeddings reach 4.9
# on photographs, which this spreads over the 255 codes; rarer larger values are clipped.
DEFAULT_SCALE = 0.0192
IMAGENET_CLASSES = 1000
MAX_THREADS = 64


class Encoder:
    """
    A TFLite model that turns a square RGB picture into an embedding of `width` codes.

    Attributes: `path`, `runtime` (name and version), `threads`, `delegate` (what computes:
    'XNNPACK', an external delegate's library, 'none', 'unknown'), `cpus` (sorted, empty for all),
    `input_size` (pixels a side), `width` (embedding length), `scale` (embedding value of one
    code), `digest` (sha256 of the model file in hex). One object serves one thread at a time.

    The input may be uint8 (raw RGB), or int8 or float32 (then (x - 127) / 128). The output may be
    quantised or float32; a float output takes its step from `embedding_scale` in the YAML beside
    the model. Of two outputs the embedding is the one of `embedding_width` in that YAML, else the
    widest that isn't 1000 wide, because that one holds the ImageNet class scores.
    """

    def __init__(self, model: str | Path, threads: int = 1, delegate: str = 'auto',
                 cpus: str = '') -> None:
        """
        Load a model.

        :param delegate: 'auto', 'xnnpack', 'none' or the library of an external one.
        :param cpus: those to compute on, like '0-3,6', all if empty.
        :raises EncoderError: with one sentence, when the model is not usable.
        """
        if not isinstance(threads, int) or not 1 <= threads <= MAX_THREADS:
            raise EncoderError(f'the encoder takes 1 to {MAX_THREADS} threads, not {threads!r}')
        self.path, content, self.digest, notes = read_model(model)
        self.threads = threads
        allowed = read_cpus(cpus)
        self.cpus = tuple(sorted(allowed))
        self._interpreter, self.runtime, self.delegate = open_model(
            content, self.path, threads, delegate, allowed)
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise EncoderError(f'{self.path} has {len(inputs)} inputs, an encoder has one')
        self._input = inputs[0]
        self.input_size = self._check_input()
        self._pixel_table = self._input_values()
        self._output, self._logits = self._choose_outputs(notes.get('embedding_width'))
        self.width = int(self._output['shape'][-1])
        self.scale = self._output_scale(notes.get('embedding_scale'))

    def codes(self, rgb: np.ndarray) -> np.ndarray:
        """Return the embedding of a uint8 (size, size, 3) picture as a new uint8 array (width)."""
        self._run(rgb)
        value = self._interpreter.get_tensor(self._output['index']).reshape(-1)
        if self._output['dtype'] == np.float32:
            value = np.rint(value / np.float32(self.scale))
        else:
            value = value.astype(np.int16) - self._output['quantization'][1]
        return np.clip(value, 0, 255).astype(np.uint8)

    def logits(self, rgb: np.ndarray) -> np.ndarray:
        """Return the 1000 ImageNet class scores as float32; only models that give them have it."""
        if self._logits is None:
            raise EncoderError(f'{self.path} gives no class scores, only the embedding')
        self._run(rgb)
        value = self._interpreter.get_tensor(self._logits['index']).reshape(-1)
        if self._logits['dtype'] == np.float32:
            return value
        scale, zero_point = self._logits['quantization']
        return (value.astype(np.float32) - zero_point) * np.float32(scale)

    def describe(self) -> str:
        """Return one line: the model, the runtime, its delegate, threads and CPUs."""
        threads = f'{self.threads} thread' + ('s' if self.threads > 1 else '')
        delegate = '' if self.delegate == 'none' else f' ({self.delegate})'
        cpus = f' on CPU {", ".join(map(str, self.cpus))}' if self.cpus else ''
        return (f'{self.path.name} ({self.input_size} px to {self.width} codes, sha256 '
                f'{self.digest[:12]}) on {self.runtime}{delegate}, {threads}{cpus}')

    def pin_thread(self) -> None:
        """Bind the calling thread to the encoder's CPUs; the thread that asks for codes does."""
        if self.cpus:
            with suppress(OSError):  # gone since the encoder was made: the system chooses others
                os.sched_setaffinity(0, self.cpus)

    def _run(self, rgb: np.ndarray) -> None:
        """Write the picture into the model's own memory and run it."""
        shape = (self.input_size, self.input_size, 3)
        if not isinstance(rgb, np.ndarray) or rgb.shape != shape or rgb.dtype != np.uint8:
            found = (f'{rgb.dtype} {rgb.shape}' if isinstance(rgb, np.ndarray)
                     else type(rgb).__name__)
            raise EncoderError(f'the encoder takes a uint8 picture of shape {shape}, not {found}')
        # The view must be gone again before invoke(): a runtime refuses to run while it is held.
        target = self._interpreter.tensor(self._input['index'])()
        if self._pixel_table is None:
            target[0] = rgb
        else:
            np.take(self._pixel_table, rgb, out=target[0], mode='clip')
        del target
        self._interpreter.invoke()

    def _check_input(self) -> int:
        """Return the side of the square RGB input in pixels."""
        shape = [int(n) for n in self._input['shape']]
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or shape[1] != shape[2]:
            raise EncoderError(f'{self.path} takes an input of shape {shape}, an encoder takes '
                               'one square RGB picture [1, size, size, 3]')
        return shape[1]

    def _input_values(self) -> np.ndarray | None:
        """Return the input value of each pixel value 0..255, None where the two are equal."""
        dtype = np.dtype(self._input['dtype'])
        real = (np.arange(256) - 127) / 128
        if dtype == np.uint8:
            return None
        if dtype == np.float32:
            return real.astype(np.float32)
        scale, zero_point = self._input['quantization']
        if dtype != np.int8 or not scale > 0:
            raise EncoderError(f'{self.path} takes {dtype} input without a known scale, an '
                               'encoder takes uint8, quantised int8 or float32')
        return np.clip(np.rint(real / scale) + zero_point, -128, 127).astype(np.int8)

    def _choose_outputs(self, wanted: Any) -> tuple[dict, dict | None]:
        """Return the details of the embedding output, and of the class scores or None."""
        outputs = self._interpreter.get_output_details()
        widths = [int(output['shape'][-1]) if len(output['shape']) else 0 for output in outputs]
        flat = [math.prod(output['shape']) == width > 0
                for output, width in zip(outputs, widths)]
        chosen = [i for i, width in enumerate(widths) if flat[i] and width > 1
                  and (width == wanted if wanted is not None else width != IMAGENET_CLASSES)]
        if not chosen:
            found = ', '.join(str([int(n) for n in output['shape']]) for output in outputs)
            expected = f'{wanted} wide' if wanted is not None else 'other than class scores'
            raise EncoderError(f'{self.path} has no embedding output {expected}, only {found}')
        best = max(chosen, key=lambda i: widths[i])
        if np.dtype(outputs[best]['dtype']) not in (np.uint8, np.int8, np.float32):
            raise EncoderError(f'{self.path} gives its embedding as '
                               f'{np.dtype(outputs[best]["dtype"])}, an encoder gives uint8, int8 '
                               'or float32')
        logits = [output for i, output in enumerate(outputs)
                  if i != best and flat[i] and widths[i] == IMAGENET_CLASSES]
        return outputs[best], logits[0] if logits else None

    def _output_scale(self, noted: Any) -> float:
        """Return the embedding value of one code."""
        if self._output['dtype'] != np.float32:
            scale = float(self._output['quantization'][0])
            source = 'its output quantisation'
        else:
            scale = DEFAULT_SCALE if noted is None else noted
            source = f'embedding_scale in {self.path.with_suffix(".yaml")}'
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not (
                0 < scale < math.inf):
            raise EncoderError(f'{self.path} has no usable embedding scale: {source} is {scale!r}')
        return float(scale)
