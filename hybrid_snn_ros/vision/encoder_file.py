# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Write the encoder to a file, with a description beside it."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from hybrid_snn_ros.vision.calibration import record
from hybrid_snn_ros.vision.efficientnet import (
    BuildError,
    LITE0,
    model_bytes,
    read_weights,
    Variant,
)
from hybrid_snn_ros.vision.encoder_cut import cut_bytes, STRIDE
from hybrid_snn_ros.vision.model_file import read_model
from hybrid_snn_ros.vision.runtime import EncoderError


def build(output: Path, *, variant: Variant = LITE0, quantized: bool = True,
          with_logits: bool = False, photographs: Path | None = None) -> str:
    """
    Write the encoder to `output` and its description beside it (.yaml); return the sha256.

    :param with_logits: whether the model gives, besides the 1280-wide embedding, the 1000
        ImageNet class scores.
    :param photographs: folder over which activation ranges are recorded now; None takes those
        that are shipped.
    :raises BuildError: when the weights or the file format's schema are not installed, when the
        folder holds no usable photographs, or when the file cannot be written.
    """
    output = _checked(output)
    weights = read_weights(variant)
    if photographs is None:
        ranges, calibration = variant.ranges, None
    else:
        ranges, count = record(variant, weights, photographs)
        calibration = f'{count} photographs of the folder {Path(photographs).resolve().name}'
    model = model_bytes(variant, weights, ranges, quantized=quantized, with_logits=with_logits)
    digest = hashlib.sha256(model).hexdigest()
    notes = description(variant, output.stem, digest, ranges, quantized=quantized,
                        calibration=calibration)
    _write(output, model, notes)
    return digest


def build_cut(output: Path, whole: Path, height: int = 240, width: int = 320) -> str:
    """
    Write an encoder cut before its last stride, and its description; return the sha256.

    :param whole: file of an int8 encoder that `build` wrote.
    :param height, width: of the picture it takes, multiples of 16.
    :raises BuildError: when it is none that can be cut, or a file cannot be read or written.
    """
    output = _checked(output)
    try:
        source = read_model(whole)
    except EncoderError as error:
        raise BuildError(str(error)) from error
    model = cut_bytes(source.content, height, width)
    digest = hashlib.sha256(model).hexdigest()
    _write(output, model, {
        'name': output.stem,
        'source': f'{source.path.name}, cut before its last stride: the same operators and '
                  'weights up to there',
        'licence': source.notes.get('licence', 'as of the source'),
        'source_sha256': source.digest,
        'sha256': digest,
        'input_height': height,
        'input_width': width,
        'preprocessing': 'raw RGB bytes; the model itself takes (x - 127) / 128',
        'stride': STRIDE})
    return digest


def description(variant: Variant, name: str, digest: str, ranges: dict[str, list[float]], *,
                quantized: bool, calibration: str | None = None) -> dict[str, Any]:
    """Return what the YAML beside the model says."""
    low, high = ranges['embedding']
    notes = {
        'name': name,
        'source': f'{variant.name}, trained on ImageNet; weights converted from the TensorFlow '
                  f'checkpoint by the Python package {variant.module} 0.1.0',
        'licence': 'Apache-2.0',
        'weights_sha256': variant.weights_sha256,
        'sha256': digest,
        'input_size': variant.input_size,
        'crop': 0.875,
        'preprocessing': 'raw RGB bytes; the model itself takes (x - 127) / 128' if quantized
                         else 'float32 RGB, (x - 127) / 128',
        'embedding_width': 1280,
        # Exactly the float32 step of the int8 model: codes survive the way there and back.
        'embedding_scale': float(np.float32((high - low) / 255)),
    }
    if calibration:
        notes['calibration'] = calibration
    elif variant is LITE0:  # measured with this one only
        notes.update({
            'coding_threshold': 0.112,
            'coding_threshold_note': "for the original rule: share of the embedding's Euclidean "
                                     'norm from which a value spikes every step; the 97.5 % '
                                     'quantile of the positive values',
            'top1': 88.5 if quantized else 88.2,
            'top1_note': 'percent right on 1000 ImageNet pictures, one a class, read from the '
                         'variant with class scores'})
    return notes


def _checked(output: Path) -> Path:
    output = Path(output)
    if output.suffix != '.tflite':
        raise BuildError(f'the encoder is written to a file that ends in .tflite, not to {output}')
    return output


def _write(output: Path, model: bytes, notes: dict[str, Any]) -> None:
    """Write a model and what describes it."""
    text = yaml.safe_dump(notes, sort_keys=False, width=99)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _replace(output, model)
        _replace(output.with_suffix('.yaml'), text.encode())
    except OSError as error:
        raise BuildError(f'the encoder cannot be written to {output}: {error.strerror}') from error


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it sees the old one or the new one, never a part."""
    unfinished = path.with_name(path.name + '.part')
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
