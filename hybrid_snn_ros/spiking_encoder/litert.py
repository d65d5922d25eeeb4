# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the TFLite runtime computes in every layer, to compare with.

A runtime shows its outputs only: a delegate such as XNNPACK keeps all others to itself. So the
model is written again with every tensor as an output.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, read_graph, Tensor
from hybrid_snn_ros.spiking_encoder.integer import distances, IntegerNetwork
from hybrid_snn_ros.spiking_encoder.radix import RadixNetwork
from hybrid_snn_ros.vision.runtime import open_model


class Taps:
    """A model of which every tensor can be seen; `runtime` and `delegate` say what computes."""

    def __init__(self, model: str | Path, graph: Graph | None = None) -> None:
        """
        Load a model.

        :param graph: of the model, where it was read already.
        :raises SpikingError: when it cannot be turned into spikes.
        :raises EncoderError: when no runtime loads it.
        """
        self.graph = graph or read_graph(model)
        tensors = [self.graph.image, *(layer.target for layer in self.graph.layers)]
        content = _with_outputs(Path(model).read_bytes(), [tensor.name for tensor in tensors])
        self._interpreter, self.runtime, self.delegate = open_model(
            content, model, 1, 'auto', frozenset())
        self._input = self._interpreter.get_input_details()[0]['index']
        self._outputs = {output['name']: output['index']
                         for output in self._interpreter.get_output_details()}

    def codes(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """Return the codes of every tensor for a uint8 (size, size, 3) picture, int8 (1, ...)."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(index)
                for name, index in self._outputs.items()}


def compare(model: str | Path, pictures: Iterable[np.ndarray],
            progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
    """
    Compare every code of every tensor: the runtime's, those in whole numbers, and radix spikes'.

    :param pictures: uint8 RGB (size, size, 3).
    :param progress: called with the number of pictures done.
    :return: figures as for JSON: pictures, tensors, codes (of them all), embedding_codes, and how
        many differ, of `integer` and `radix`.
    """
    taps = Taps(model)
    graph = taps.graph
    integer, radix = IntegerNetwork(graph), RadixNetwork(graph)
    figures: dict[str, Any] = {
        'runtime': taps.runtime, 'delegate': taps.delegate, 'pictures': 0,
        'tensors': 1 + len(graph.layers), 'codes': 0, 'embedding_codes': 0,
        'integer': 0, 'radix': 0}
    for picture in pictures:
        expected = taps.codes(picture)
        figures['codes'] += sum(map(np.size, expected.values()))
        figures['embedding_codes'] += expected[graph.embedding.name].size

        def look_integer(tensor: Tensor, codes: np.ndarray,
                         expected: dict[str, np.ndarray] = expected) -> None:
            figures['integer'] += int(np.count_nonzero(codes != expected[tensor.name]))

        def look_radix(tensor: Tensor, values: np.ndarray,
                       expected: dict[str, np.ndarray] = expected) -> None:
            differ = values != distances(tensor, expected[tensor.name])
            figures['radix'] += int(np.count_nonzero(differ))

        integer.codes(picture[None], look_integer)
        radix.codes(picture[None], look_radix)
        figures['pictures'] += 1
        progress(figures['pictures'])
    return figures


def _with_outputs(content: bytes, names: list[str]) -> bytes:
    from ai_edge_litert import schema_py_generated as tfl
    import flatbuffers
    model = tfl.ModelT.InitFromPackedBuf(content, 0)
    model.signatureDefs = None  # they name outputs, too
    graph = model.subgraphs[0]
    places = {tensor.name.decode(): place for place, tensor in enumerate(graph.tensors)}
    graph.outputs = [places[name] for name in names]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b'TFL3')
    return bytes(builder.Output())
