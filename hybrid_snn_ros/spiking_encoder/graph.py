# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The int8 network in a .tflite file: its layers with integer weights, and how its tensors count.

It is read with the schema that `ai-edge-litert` brings, as build-encoder writes it: the runtime
encodes with it anyway, and it holds everything. An interpreter's get_tensor_details() knows no
strides, no padding and no fused activation.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

LOWEST, HIGHEST = -128, 127


class SpikingError(ValueError):
    """A network that cannot be turned into spikes, or an order that cannot be carried out."""


class Tensor(NamedTuple):
    """What a layer gives: value = (code - zero_point) * scale, codes -128..127."""

    name: str
    shape: tuple[int, ...]  # without the batch: (height, width, channels) or (channels,)
    scale: np.float32
    zero_point: int


class Layer(NamedTuple):
    """
    One layer of neurons and the synapses that lead to it.

    `kind` is 'convolution', 'depthwise', 'add' (two sources) or 'mean' (over height and width).
    Weights are int8 (height, width, in, out), of a depthwise one (height, width, channels); its
    bias, int32 (out), counts in steps of source.scale * weight_scale.
    """

    kind: str
    sources: tuple[Tensor, ...]
    target: Tensor
    weight: np.ndarray
    bias: np.ndarray
    weight_scale: np.ndarray  # float32 (out)
    stride: int
    low: int  # least code a neuron gives, and the largest
    high: int
    relu6: bool


class Graph(NamedTuple):
    """The whole network, from pixels to the embedding."""

    image: Tensor  # pixel - 128
    layers: tuple[Layer, ...]  # in the order in which they can be computed

    @property
    def embedding(self) -> Tensor:
        """Return what the last layer gives."""
        return self.layers[-1].target

    @property
    def input_size(self) -> int:
        """Return the side of the picture in pixels."""
        return self.image.shape[0]


def read_graph(model: str | Path) -> Graph:
    """
    Read the network up to the embedding, the first mean over height and width.

    :raises SpikingError: when the file cannot be read, is not an int8 network, or holds a layer
        that is not made of convolutions, sums of two layers and that mean.
    """
    try:
        from ai_edge_litert import schema_py_generated as tfl
    except ImportError as error:
        raise SpikingError('reading a network out of a .tflite file needs ai-edge-litert: '
                           f'{error}') from error
    try:
        content = Path(model).read_bytes()
    except OSError as error:
        raise SpikingError(f'the model {model} cannot be read: {error.strerror}') from error
    if content[4:8] != b'TFL3':
        raise SpikingError(f'{model} is not a TFLite model')
    try:
        return _Reader(tfl, tfl.ModelT.InitFromPackedBuf(content, 0)).graph()
    except SpikingError as error:
        raise SpikingError(f'{model} cannot be turned into spikes: {error}') from None
    except Exception as error:  # flatbuffers stumble over damage in many ways
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise SpikingError(f'{model} is damaged: {reason}') from error


class _Reader:
    """Goes through the operators of a model in their order."""

    def __init__(self, tfl: Any, model: Any) -> None:
        self._tfl, self._model, self._graph = tfl, model, model.subgraphs[0]
        self._names = {number: name for name, number in vars(tfl.BuiltinOperator).items()
                       if isinstance(number, int)}
        self._tensors: dict[int, Tensor] = {}

    def graph(self) -> Graph:
        image, layers = None, []
        for operator in self._graph.operators:
            entry = self._model.operatorCodes[operator.opcodeIndex]
            kind = self._names[max(entry.builtinCode, entry.deprecatedBuiltinCode)]
            if kind == 'QUANTIZE' and image is None:
                image = self._tensor(operator.outputs[0])
                self._check_image(operator.inputs[0], image)
                continue
            if image is None:
                raise SpikingError('it does not take raw uint8 pixels')
            layers.append(self._layer(kind, operator))
            if kind == 'MEAN':
                return Graph(image, tuple(layers))
        raise SpikingError('it has no mean over height and width, which gives the embedding')

    def _check_image(self, pixels: int, image: Tensor) -> None:
        raw = self._graph.tensors[pixels]
        about = raw.quantization
        if (raw.type != self._tfl.TensorType.UINT8 or about.scale[0] != image.scale
                or about.zeroPoint[0] != image.zero_point + 128):
            raise SpikingError('it does not take raw uint8 pixels')

    def _layer(self, name: str, operator: Any) -> Layer:
        options, inputs = operator.builtinOptions, operator.inputs
        target = self._tensor(operator.outputs[0])
        none = np.zeros(0, np.int8)
        if name == 'ADD':
            low, high, relu6 = self._range(options, target)
            return Layer('add', (self._tensor(inputs[0]), self._tensor(inputs[1])), target,
                         none, none, none, 1, low, high, relu6)
        if name == 'MEAN':
            if sorted(self._constant(inputs[1], '<i4').tolist()) != [1, 2]:
                raise SpikingError('its mean is not over height and width')
            return Layer('mean', (self._tensor(inputs[0]),), target, none, none, none, 1,
                         LOWEST, HIGHEST, False)
        if name not in ('CONV_2D', 'DEPTHWISE_CONV_2D'):
            raise SpikingError(f'it holds a layer {name}')
        depthwise = name != 'CONV_2D'
        if (options.padding != self._tfl.Padding.SAME or options.strideW != options.strideH
                or max(options.dilationHFactor, options.dilationWFactor) > 1
                or depthwise and options.depthMultiplier != 1):
            raise SpikingError(f'the convolution {target.name} is dilated, unevenly strided or '
                               'not padded')
        weight = self._constant(inputs[1], 'i1').reshape(self._graph.tensors[inputs[1]].shape)
        if depthwise:
            weight = weight[0]
        else:
            weight = weight.transpose(1, 2, 3, 0)
        about = self._graph.tensors[inputs[1]].quantization
        scale = np.broadcast_to(np.float32(about.scale), target.shape[-1:])
        low, high, relu6 = self._range(options, target)
        return Layer('depthwise' if depthwise else 'convolution', (self._tensor(inputs[0]),),
                     target, np.ascontiguousarray(weight), self._constant(inputs[2], '<i4'),
                     scale, options.strideH, low, high, relu6)

    def _range(self, options: Any, target: Tensor) -> tuple[int, int, bool]:
        """Return the least and the largest code, and whether they are those of a ReLU6."""
        kinds = self._tfl.ActivationFunctionType
        if options.fusedActivationFunction == kinds.NONE:
            return LOWEST, HIGHEST, False
        if options.fusedActivationFunction != kinds.RELU6:
            raise SpikingError(f'{target.name} has another activation than ReLU6')
        six = int(np.rint(np.float32(6) / target.scale)) + target.zero_point
        return max(LOWEST, target.zero_point), min(HIGHEST, six), True

    def _tensor(self, index: int) -> Tensor:
        if index not in self._tensors:
            tensor = self._graph.tensors[index]
            about = tensor.quantization
            if tensor.type != self._tfl.TensorType.INT8 or about is None or len(about.scale) != 1:
                raise SpikingError('it is not an int8 network')
            self._tensors[index] = Tensor(
                tensor.name.decode(), tuple(map(int, tensor.shape[1:])),
                np.float32(about.scale[0]), int(about.zeroPoint[0]))
        return self._tensors[index]

    def _constant(self, index: int, kind: str) -> np.ndarray:
        data = self._model.buffers[self._graph.tensors[index].buffer].data
        if data is None:
            raise SpikingError('its weights are not in the file')
        return np.frombuffer(np.asarray(data, np.uint8).tobytes(), kind)
