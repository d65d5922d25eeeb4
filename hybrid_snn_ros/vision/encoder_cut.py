# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The encoder cut in its middle: the same operators up to the last activation before its last stride.

There, at a sixteenth of the picture's size, the network still knows where things are; its mean
over the picture has forgotten. Nothing is converted or quantised again: operators, weights and
quantisation are those of the whole model, so every value at the cut is the same bit for bit. Only
the picture's size is another, which a chain of convolutions does not mind.
"""

from collections.abc import Sequence
import copy
from typing import Any

from hybrid_snn_ros.vision.efficientnet import BuildError

STRIDE = 16  # pixels of the picture a cell of the cut lies apart from the next
OUTPUT = 'cells'


def cut_bytes(content: bytes, height: int, width: int) -> bytes:
    """
    Return an int8 model that gives the feature map before the last stride of a whole one.

    :param content: the whole model, as encoder_file.build writes it.
    :param height, width: of the picture that the new model takes, multiples of 16.
    :raises BuildError: when the sizes are no such multiples, when the model is none that can be
        cut, or when the schema of the file format is not installed.
    """
    for name, side in (('height', height), ('width', width)):
        if side < STRIDE or side % STRIDE:
            raise BuildError(f'the {name} of the picture must be a multiple of {STRIDE}, '
                             f'not {side}')
    try:
        from ai_edge_litert import schema_py_generated as tfl

        from hybrid_snn_ros.vision import tflite_writer
    except ImportError as error:
        raise BuildError('ai-edge-litert, which knows the TFLite file format, is not installed: '
                         "pip install 'hybrid_snn_ros[encoder]'") from error
    if content[4:8] != b'TFL3':
        raise BuildError('what is to be cut is not a TFLite model')
    model = tfl.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    tap = _tap(tfl, model, graph)
    last = next(place for place, operator in enumerate(graph.operators)
                if tap in operator.outputs)
    graph.operators = graph.operators[:last + 1]
    # Renumbered, so that weights of what was cut off are left out of the file.
    used = [int(graph.inputs[0])]
    for operator in graph.operators:
        used += [int(tensor) for tensor in (*operator.inputs, *operator.outputs)]
    used = list(dict.fromkeys(used))
    place = {tensor: number for number, tensor in enumerate(used)}
    for operator in graph.operators:
        operator.inputs = [place[int(tensor)] for tensor in operator.inputs]
        operator.outputs = [place[int(tensor)] for tensor in operator.outputs]
    side = int(graph.tensors[int(graph.inputs[0])].shape[1])
    graph.tensors = [copy.copy(graph.tensors[tensor]) for tensor in used]
    buffers = [tflite_writer.AlignedBuffer()]
    for tensor in graph.tensors:
        data = model.buffers[tensor.buffer].data
        if data is None:  # an activation
            tensor.buffer, tensor.shape = 0, _resized(tensor.shape, side, height, width)
            continue
        buffers.append(tflite_writer.AlignedBuffer())
        buffers[-1].data, tensor.buffer = data, len(buffers) - 1
    model.buffers = buffers
    codes = list(dict.fromkeys(int(operator.opcodeIndex) for operator in graph.operators))
    model.operatorCodes = [model.operatorCodes[code] for code in codes]
    for operator in graph.operators:
        operator.opcodeIndex = codes.index(int(operator.opcodeIndex))
    graph.inputs, graph.outputs = [0], [place[tap]]
    model.signatureDefs[0].outputs = [tflite_writer.tensor_map(OUTPUT, place[tap])]
    model.description = model.description.decode() + f', cut before stride {2 * STRIDE}'
    return tflite_writer.packed(model)


def _tap(tfl: Any, model: Any, graph: Any) -> int:
    """Return the int8 tensor at a sixteenth of the picture that the last stride begins with."""
    depthwise = tfl.BuiltinOperator.DEPTHWISE_CONV_2D
    strided = [operator for operator in graph.operators
               if model.operatorCodes[operator.opcodeIndex].builtinCode == depthwise
               and operator.builtinOptions.strideH == 2]
    if len(graph.inputs) == 1 and strided:
        tap, shape = int(strided[-1].inputs[0]), graph.tensors[int(graph.inputs[0])].shape
        tensor = graph.tensors[tap]
        if (tensor.type == tfl.TensorType.INT8 and shape[1] == shape[2] and not shape[1] % STRIDE
                and tensor.shape[1] * STRIDE == shape[1]):
            return tap
    raise BuildError('only an int8 EfficientNet-Lite as build-encoder writes it can be cut, with '
                     f'a picture whose side is a multiple of {STRIDE}')


def _resized(shape: Sequence[int], side: int, height: int, width: int) -> list[int]:
    """Return the shape of an activation for a picture of another size than side x side."""
    batch, rows, columns, channels = (int(n) for n in shape)
    return [batch, rows * height // side, columns * width // side, channels]
