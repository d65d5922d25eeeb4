# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An encoder that spikes, in the place of the one that the TFLite runtime computes."""

from collections.abc import Mapping
import hashlib
import json
from pathlib import Path
import time

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import Graph, read_graph, SpikingError
from hybrid_snn_ros.spiking_encoder.radix import RadixNetwork, STEPS
from hybrid_snn_ros.spiking_encoder.rate import RateNetwork
from hybrid_snn_ros.spiking_encoder.thresholds import read
from hybrid_snn_ros.vision.encoder import Encoder

CODES = ('radix', 'rate')


class SpikingEncoder(Encoder):
    """
    An Encoder whose codes come from spikes; 70 times as slow by radix, 10 times by rate.

    The same file says what it is; the runtime loads and checks it, and computes nothing. Radix
    codes are those of the runtime with XNNPACK, so that `digest` is that of the file: what was
    taught through one can be asked through the other. Rate codes are others, and `digest` says so.
    """

    def __init__(self, model: str | Path, code: str, steps: int = STEPS,
                 thresholds: Mapping[str, float] | None = None,
                 graph: Graph | None = None, cpus: str = '') -> None:
        """
        Read a model and prepare its spikes.

        :param code: 'radix' or 'rate'.
        :param steps: in which a neuron fires: 8 by radix, 7..255 by rate.
        :param thresholds: for the rate code, as calibration.calibrate gives them.
        :param graph: of the model, where it was read already.
        :param cpus: as Encoder takes them.
        :raises EncoderError: when the model cannot be used.
        :raises SpikingError: when it cannot be turned into spikes, or not in this way.
        """
        super().__init__(model, cpus=cpus)
        graph = graph or read_graph(model)
        self.code, self.steps = code, steps
        self.network: RadixNetwork | RateNetwork
        if code == 'radix':
            if steps != STEPS:
                raise SpikingError(f'the radix code takes {STEPS} steps, not {steps}')
            self.network = RadixNetwork(graph)
        elif code == 'rate':
            thresholds = dict(thresholds or {})
            self.network = RateNetwork.of_thresholds(graph, thresholds, steps)
            about = json.dumps([self.digest, steps, thresholds], sort_keys=True)
            self.digest = hashlib.sha256(about.encode()).hexdigest()
        else:
            raise SpikingError(f"the code is one of {', '.join(CODES)}, not {code!r}")
        # As the runtime's floats become codes; the shipped model's are its own.
        values = np.arange(256, dtype=np.float32) * graph.embedding.scale
        self._table = np.clip(np.rint(values / np.float32(self.scale)), 0, 255).astype(np.uint8)
        self.runtime, self.delegate = f'{code} spikes in {steps} steps', 'none'

    def codes(self, rgb: np.ndarray) -> np.ndarray:
        """Return the embedding of a uint8 (size, size, 3) picture as a new uint8 array (width)."""
        shape = (self.input_size, self.input_size, 3)
        if not isinstance(rgb, np.ndarray) or rgb.shape != shape or rgb.dtype != np.uint8:
            return super().codes(rgb)  # which refuses it
        return self._table[self.network.codes(rgb[None])[0]]

    def remark(self) -> str:
        """Return a sentence that says what this costs; a frame is encoded for it."""
        begin = time.perf_counter()
        self.codes(np.zeros((self.input_size, self.input_size, 3), np.uint8))
        taken = 1000 * (time.perf_counter() - begin)
        return (f'the encoder is {self.runtime}, {taken:.0f} ms a frame here: this is for '
                'research, `encoder: tflite` is the fast one')


def of_model(model: str | Path, code: str, cpus: str = '') -> SpikingEncoder:
    """
    Return the encoder of spikes of a model; thresholds of a rate code lie beside it.

    :param model: NAME.tflite; thresholds are those of NAME.rate.json.
    :param code: 'radix' or 'rate'.
    :raises EncoderError: when the model cannot be used.
    :raises SpikingError: when it cannot be turned into spikes, or there are no thresholds.
    """
    if code != 'rate':
        return SpikingEncoder(model, code, cpus=cpus)
    digest = hashlib.sha256(Path(model).read_bytes()).hexdigest()
    steps, thresholds = read(Path(model).with_suffix('.rate.json'), digest)
    return SpikingEncoder(model, code, steps, thresholds, cpus=cpus)
