# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Write a chain of convolutions as a TFLite flatbuffer, float32 or int8, without a converter.

Quantisation follows the TFLite int8 specification: weights symmetric and per output channel,
biases int32 with the scale of input times weight, activations asymmetric with given ranges. The
bytes depend on the weights and ranges alone, so the same inputs give the same sha256 everywhere.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ai_edge_litert import schema_py_generated as tfl
import flatbuffers
import numpy as np

ALIGNMENT = 16
# Versions that TFLite asks for when an operator works on int8, with per-channel weights.
INT8_VERSIONS = {
    tfl.BuiltinOperator.CONV_2D: 3, tfl.BuiltinOperator.DEPTHWISE_CONV_2D: 3,
    tfl.BuiltinOperator.ADD: 2, tfl.BuiltinOperator.MEAN: 2,
    tfl.BuiltinOperator.FULLY_CONNECTED: 4, tfl.BuiltinOperator.QUANTIZE: 1,
    tfl.BuiltinOperator.DEQUANTIZE: 2}


class Activation(NamedTuple):
    """A tensor between two operators; `scale` is 0 where the values are floats."""

    index: int  # type: ignore[assignment] # hides tuple.index, which no one needs
    shape: tuple[int, ...]
    scale: float


class AlignedBuffer(tfl.BufferT):
    """A buffer that starts at a multiple of 16 bytes, because runtimes map weights in place."""

    def Pack(self, builder: Any) -> Any:  # noqa: N802 (the name the generated code calls)
        if self.data is not None:
            builder.Prep(ALIGNMENT, len(self.data))
        return super().Pack(builder)


class GraphWriter:
    """Collect tensors and operators one after the other, then give the bytes of the model."""

    def __init__(self, ranges: dict[str, list[float]], *, quantized: bool) -> None:
        """Take (min, max) per activation name; they are used only when `quantized`."""
        self._ranges = ranges
        self._quantized = quantized
        self._buffers = [AlignedBuffer()]  # buffer 0 is empty: activations refer to it
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: list[int] = []

    def image(self, size: int) -> Activation:
        """
        Add the input: one RGB picture of size x size.

        The int8 model takes raw uint8 pixels. Their scale 1/128 and zero point 127 make
        (x - 127) / 128 exact, and a QUANTIZE operator only shifts them to int8.
        """
        shape = (1, size, size, 3)
        if not self._quantized:
            return self._activation('image', shape)
        raw = self._tensor('image_u8', shape, tfl.TensorType.UINT8, _quantization([1 / 128], 127))
        image = self._activation('image', shape)
        self._operator(tfl.BuiltinOperator.QUANTIZE, [raw], image, tfl.QuantizeOptionsT())
        return image

    def convolution(self, source: Activation, weight: np.ndarray, bias: np.ndarray, name: str, *,
                    stride: int, relu6: bool, depthwise: bool) -> Activation:
        """
        Add a convolution with TensorFlow's SAME padding.

        :param weight: (out, height, width, in), for a depthwise one (1, height, width, channels).
        """
        code = tfl.BuiltinOperator.CONV_2D
        options = tfl.Conv2DOptionsT()
        if depthwise:
            code = tfl.BuiltinOperator.DEPTHWISE_CONV_2D
            options = tfl.DepthwiseConv2DOptionsT()
            options.depthMultiplier = 1
        options.padding = tfl.Padding.SAME
        options.strideW = options.strideH = stride
        options.dilationWFactor = options.dilationHFactor = 1
        options.fusedActivationFunction = (tfl.ActivationFunctionType.RELU6 if relu6
                                           else tfl.ActivationFunctionType.NONE)
        parameters = self._parameters(source, weight, bias, name.replace('act', ''),
                                      axis=3 if depthwise else 0)
        height, width = (-(-side // stride) for side in source.shape[1:3])
        target = self._activation(name, (1, height, width, len(bias)))
        self._operator(code, [source.index, *parameters], target, options)
        return target

    def add(self, left: Activation, right: Activation, name: str) -> Activation:
        """Add the sum of two activations of one shape."""
        target = self._activation(name, left.shape)
        self._operator(tfl.BuiltinOperator.ADD, [left.index, right.index], target,
                       tfl.AddOptionsT())
        return target

    def mean(self, source: Activation, name: str) -> Activation:
        """Add the mean over height and width."""
        axes = self._constant('axes', np.array([1, 2], '<i4'), tfl.TensorType.INT32)
        target = self._activation(name, (1, source.shape[3]))
        self._operator(tfl.BuiltinOperator.MEAN, [source.index, axes], target,
                       tfl.ReducerOptionsT())
        return target

    def dense(self, source: Activation, weight: np.ndarray, bias: np.ndarray,
              name: str) -> Activation:
        """Add a fully connected layer; `weight` is (out, in)."""
        parameters = self._parameters(source, weight, bias, '_dense', axis=0)
        target = self._activation(name, (1, len(bias)))
        self._operator(tfl.BuiltinOperator.FULLY_CONNECTED, [source.index, *parameters], target,
                       tfl.FullyConnectedOptionsT())
        return target

    def finish(self, description: str, outputs: dict[str, Activation]) -> bytes:
        """Return the model's bytes, with its `outputs` as float32 tensors of the given names."""
        indices = [self._output(name, source) for name, source in outputs.items()]
        graph = tfl.SubGraphT()
        graph.name, graph.tensors, graph.operators = 'main', self._tensors, self._operators
        graph.inputs, graph.outputs = [0], indices
        signature = tfl.SignatureDefT()
        signature.signatureKey = 'serving_default'
        signature.inputs = [tensor_map('image', 0)]
        signature.outputs = [tensor_map(name, i) for name, i in zip(outputs, indices)]
        model = tfl.ModelT()
        model.version, model.description = 3, description
        model.operatorCodes = [self._operator_code(code) for code in self._codes]
        model.buffers, model.subgraphs, model.signatureDefs = self._buffers, [graph], [signature]
        return packed(model)

    def _output(self, name: str, source: Activation) -> int:
        """Return the index of `source` as floats."""
        if not self._quantized:
            return source.index
        index = self._tensor(name, source.shape, tfl.TensorType.FLOAT32)
        self._operator(tfl.BuiltinOperator.DEQUANTIZE, [source.index],
                       Activation(index, source.shape, 0.0), tfl.DequantizeOptionsT())
        return index

    def _parameters(self, source: Activation, weight: np.ndarray, bias: np.ndarray, name: str,
                    axis: int) -> tuple[int, int]:
        """Add the constants of one layer; `axis` of the weights is the output channel."""
        if not self._quantized:
            return (self._constant(f'w{name}', weight.astype('<f4'), tfl.TensorType.FLOAT32),
                    self._constant(f'b{name}', bias.astype('<f4'), tfl.TensorType.FLOAT32))
        others = tuple(i for i in range(weight.ndim) if i != axis)
        bias = bias.astype(np.float64)
        # A dead channel has zero weights and still a bias, which must fit into 2^30 steps.
        floor = np.maximum(np.abs(bias) / (source.scale * 2.0 ** 30), 1e-9)
        scale = np.maximum(np.abs(weight).max(axis=others) / 127, floor)
        shape = [-1 if i == axis else 1 for i in range(weight.ndim)]
        codes = np.rint(weight / scale.reshape(shape)).clip(-127, 127)
        bias_scale = source.scale * scale
        steps = np.rint(bias / bias_scale).astype('<i4')
        return (self._constant(f'w{name}', codes.astype('i1'), tfl.TensorType.INT8,
                               _quantization(scale, 0, axis)),
                self._constant(f'b{name}', steps, tfl.TensorType.INT32,
                               _quantization(bias_scale, 0)))

    def _activation(self, name: str, shape: tuple[int, ...]) -> Activation:
        """Add a tensor that an operator fills."""
        if not self._quantized:
            return Activation(self._tensor(name, shape, tfl.TensorType.FLOAT32), shape, 0.0)
        low, high = self._ranges[name]
        scale = (high - low) / 255
        zero = int(np.clip(np.rint(-128 - low / scale), -128, 127))
        label = name if name.startswith(('act', 'add', 'image')) else f'{name}_q'
        index = self._tensor(label, shape, tfl.TensorType.INT8, _quantization([scale], zero))
        return Activation(index, shape, scale)

    def _constant(self, name: str, values: np.ndarray, kind: int, quantization: Any = None) -> int:
        """Add a tensor with content."""
        buffer = AlignedBuffer()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._buffers.append(buffer)
        return self._tensor(name, values.shape, kind, quantization, len(self._buffers) - 1)

    def _tensor(self, name: str, shape: tuple[int, ...], kind: int, quantization: Any = None,
                buffer: int = 0) -> int:
        """Add a tensor and return its index."""
        tensor = tfl.TensorT()
        tensor.name, tensor.shape, tensor.type = name, list(shape), kind
        tensor.buffer, tensor.quantization = buffer, quantization
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def _operator(self, code: int, inputs: list[int], target: Activation, options: Any) -> None:
        """Add an operator; its options' type follows from the class of `options`."""
        if code not in self._codes:
            self._codes.append(code)
        operator = tfl.OperatorT()
        operator.opcodeIndex = self._codes.index(code)
        operator.inputs, operator.outputs = inputs, [target.index]
        operator.builtinOptions = options
        operator.builtinOptionsType = getattr(tfl.BuiltinOptions,
                                              type(options).__name__.removesuffix('T'))
        self._operators.append(operator)

    def _operator_code(self, code: int) -> Any:
        """Return the table entry of an operator with the version this model needs."""
        entry = tfl.OperatorCodeT()
        entry.builtinCode = entry.deprecatedBuiltinCode = code
        entry.version = INT8_VERSIONS[code] if self._quantized else 1
        return entry


def packed(model: Any) -> bytes:
    """Return the bytes of a model (ModelT), the same every time."""
    builder = flatbuffers.Builder(1 << 23)
    builder.Finish(model.Pack(builder), file_identifier=b'TFL3')
    return bytes(builder.Output())


def _quantization(scale: Sequence[float] | np.ndarray, zero_point: int, axis: int = 0) -> Any:
    """Return the quantisation of a tensor, one scale or one per entry of `axis`."""
    quantization = tfl.QuantizationParametersT()
    quantization.scale = np.asarray(scale, '<f4')
    quantization.zeroPoint = np.full(len(quantization.scale), zero_point, '<i8')
    quantization.quantizedDimension = axis
    return quantization


def tensor_map(name: str, index: int) -> Any:
    """Return a signature's entry for one tensor."""
    entry = tfl.TensorMapT()
    entry.name, entry.tensorIndex = name, index
    return entry
