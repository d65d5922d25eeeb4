# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The spiking encoder in NIR: what is read back, and what a plain runner makes of the graph."""

import sys

from checkout import MODEL
from nir_executor import run
import numpy as np
import pytest
from spiking_samples import pictures, small_model

pytest.importorskip('ai_edge_litert', reason='the TFLite schema comes with ai-edge-litert')

from hybrid_snn_ros.spiking_encoder import nir_graph  # noqa: E402
from hybrid_snn_ros.spiking_encoder.calibration import calibrate  # noqa: E402
from hybrid_snn_ros.spiking_encoder.graph import read_graph, SpikingError  # noqa: E402
from hybrid_snn_ros.spiking_encoder.rate import RateNetwork  # noqa: E402


def network_of(path, steps, count=3):
    graph = read_graph(path)
    return RateNetwork.of_thresholds(
        graph, calibrate(graph, pictures(count, graph.input_size, 4), steps), steps)


@pytest.fixture
def nir():
    return pytest.importorskip('nir', reason="needs pip install 'hybrid_snn_ros[nir]'")


@pytest.mark.parametrize('seed, steps', [(0, 7), (1, 15), (2, 8)])
def test_what_is_read_back_is_the_same_network(nir, tmp_path, seed, steps):
    network = network_of(small_model(tmp_path / 'small.tflite', seed, 12 + seed), steps)
    path = tmp_path / 'small.nir'
    nir_graph.write(path, network)
    again = nir_graph.read(path)
    assert nir_graph.equal(network, again)
    assert again is not network
    seen = pictures(6, 12 + seed)
    assert np.array_equal(again.codes(seen), network.codes(seen))
    # A plain runner, which knows nothing of this package, fires the same.
    graph = nir.read(path, type_check=False)
    for picture in seen[:2]:
        current = picture.transpose(2, 0, 1) - 127.0
        total = run(graph, current)
        codes = np.clip(np.floor(total + 0.5), 0, 255)
        assert np.array_equal(codes, network.codes(picture[None])[0])


def test_what_differs_is_told(nir, tmp_path, monkeypatch):
    path = small_model(tmp_path / 'small.tflite')
    network, other = network_of(path, 7), network_of(path, 8)
    assert not nir_graph.equal(network, other)
    changed = network_of(path, 7)
    changed.neurons[3].gains[0][1] *= np.float32(1.001)
    assert not nir_graph.equal(network, changed)
    monkeypatch.setattr(nir_graph, 'read', lambda path: changed)
    with pytest.raises(SpikingError, match='does not give the same network again'):
        nir_graph.write(tmp_path / 'small.nir', network)


def test_the_shipped_encoder_is_read_back(nir, tmp_path):
    network = network_of(MODEL, 15, 1)
    path = tmp_path / 'encoder.nir'
    nir_graph.write(path, network)
    seen = pictures(2, 224)
    assert np.array_equal(nir_graph.read(path).codes(seen), network.codes(seen))


def test_a_file_that_cannot_be_written_is_told(nir, tmp_path):
    network = network_of(small_model(tmp_path / 'small.tflite'), 7)
    with pytest.raises(SpikingError, match='cannot be written'):
        nir_graph.write(tmp_path / 'no such folder' / 'small.nir', network)


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'nir', None)
    network = network_of(small_model(tmp_path / 'small.tflite'), 7)
    with pytest.raises(SpikingError, match=r"pip install 'hybrid_snn_ros\[nir\]'"):
        nir_graph.write(tmp_path / 'small.nir', network)
