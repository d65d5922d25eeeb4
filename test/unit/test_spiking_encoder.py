# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The encoder as spikes: LiteRT's codes, and an oracle that carries every spike by itself."""

from checkout import DATA, MODEL
from crops import crop_compressed
import numpy as np
import pytest
import spiking_oracle as oracle
from spiking_samples import pictures, SIZE, small_model

pytest.importorskip('ai_edge_litert', reason='the TFLite schema comes with ai-edge-litert')

from hybrid_snn_ros.spiking_encoder.calibration import calibrate  # noqa: E402
from hybrid_snn_ros.spiking_encoder.encoder import SpikingEncoder  # noqa: E402
from hybrid_snn_ros.spiking_encoder.graph import (  # noqa: E402
    Layer,
    read_graph,
    SpikingError,
    Tensor,
)
from hybrid_snn_ros.spiking_encoder.integer import IntegerNetwork  # noqa: E402
from hybrid_snn_ros.spiking_encoder.litert import compare, Taps  # noqa: E402
from hybrid_snn_ros.spiking_encoder.operations import Meter  # noqa: E402
from hybrid_snn_ros.spiking_encoder.radix import RadixNetwork, spikes  # noqa: E402
from hybrid_snn_ros.spiking_encoder.rate import RateNetwork  # noqa: E402
from hybrid_snn_ros.spiking_encoder.synapses import Synapses  # noqa: E402
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError  # noqa: E402

SAMPLES = DATA / 'samples'


@pytest.fixture(scope='module', params=[0, 1, 2])
def small(request, tmp_path_factory):
    """Return (path, graph) of small networks, odd and even sides."""
    seed = request.param
    path = small_model(tmp_path_factory.mktemp('small') / 'small.tflite', seed, SIZE + seed)
    return path, read_graph(path)


@pytest.fixture(scope='module')
def shipped():
    """Return the graph of the shipped encoder."""
    return read_graph(MODEL)


def seen_by(network, picture):
    """Return {tensor: what the network showed of it}."""
    seen = {}
    network.codes(picture[None], lambda tensor, given: seen.setdefault(tensor.name, given[0]))
    return seen


def some_thresholds(graph, steps, seed=4):
    return calibrate(graph, pictures(3, graph.input_size, seed), steps)


# -- whole numbers: LiteRT's codes ----------------------------------------------------------------


def test_every_tensor_of_small_networks_is_litert_s(small):
    path, graph = small
    figures = compare(path, pictures(20, graph.input_size))
    assert figures['delegate'] == 'XNNPACK'
    assert (figures['integer'], figures['radix'], figures['pictures']) == (0, 0, 20)
    assert figures['codes'] == 20 * (3 * graph.input_size ** 2 + sum(
        np.prod(layer.target.shape) for layer in graph.layers))


def test_every_tensor_of_the_shipped_encoder_is_litert_s():
    figures = compare(MODEL, pictures(3, 224))
    assert (figures['integer'], figures['radix'], figures['tensors']) == (0, 0, 60)
    assert figures['embedding_codes'] == 3 * 1280


@pytest.mark.skipif(not SAMPLES.is_dir(), reason='the photographs are beside the project')
def test_photographs_are_encoded_as_by_litert(shipped):
    encoder, network = Encoder(MODEL), IntegerNetwork(shipped)
    seen = [crop_compressed('jpeg', (SAMPLES / name).read_bytes(), 224)
            for name in ('bird.jpg', 'cat.jpg', 'hot_dog.jpg')]
    expected = [encoder.codes(rgb) for rgb in seen]
    assert np.array_equal(network.codes(np.array(seen)), expected)
    assert len({codes.tobytes() for codes in expected}) == 3


def test_a_difference_would_be_told(small, monkeypatch):
    path, graph = small
    plain = Taps.codes

    def one_off(taps, picture):
        codes = plain(taps, picture)
        name = graph.layers[4].target.name
        codes[name] = codes[name].copy()
        codes[name].reshape(-1)[7] ^= 1
        return codes

    monkeypatch.setattr(Taps, 'codes', one_off)
    figures = compare(path, pictures(2, graph.input_size))
    assert (figures['integer'], figures['radix']) == (2, 2)


@pytest.mark.parametrize('inputs, dtype', [(500, np.float32), (600, np.float64)])
def test_sums_are_exact_also_where_float32_would_round(inputs, dtype):
    random = np.random.default_rng(1)
    source, target = (Tensor(name, (2, 2, channels), np.float32(1), 0)
                      for name, channels in (('in', inputs), ('out', 3)))
    weight = random.integers(120, 128, (1, 1, inputs, 3)).astype(np.int8)
    layer = Layer('convolution', (source,), target, weight, np.zeros(3, np.int32),
                  np.ones(3, np.float32), 1, -128, 127, False)
    synapses = Synapses(layer, 255)
    values = random.integers(250, 256, (1, 2, 2, inputs))
    assert synapses.dtype == dtype
    assert np.array_equal(synapses.sums(values), values @ weight[0, 0].astype(int))


# -- radix spikes ---------------------------------------------------------------------------------


def test_radix_spikes_are_the_binary_digits():
    values = np.array([0, 1, -1, 5, -128, 255, -255])
    told = np.array(list(spikes(values)))
    assert told.shape == (8, 7) and told.dtype == np.int8
    assert told[:, 3].tolist() == [0, 0, 0, 0, 0, 1, 0, 1]
    assert told[:, 4].tolist() == [-1, 0, 0, 0, 0, 0, 0, 0]
    assert np.array_equal(2 ** np.arange(7, -1, -1) @ told, values)


def test_radix_spikes_are_the_oracle_s(small):
    _, graph = small
    picture = pictures(2, graph.input_size, seed=8)[1]
    values, potentials, count = oracle.radix(graph, picture)
    network, meter = RadixNetwork(graph), Meter(graph, 'radix')
    seen = seen_by(network, picture)
    for tensor in [graph.image, *(layer.target for layer in graph.layers)]:
        assert np.array_equal(seen[tensor.name], oracle.array(tensor, values[tensor.name]))
    for layer in graph.layers[:-1]:
        steps = list(network.steps_of(picture, layer.target.name))
        assert len(steps) == 16
        for step, expected in zip(steps, potentials[layer.target.name]):
            assert step.spikes is None
            assert np.array_equal(step.potential, oracle.array(layer.target, expected))
        sent = sum(step.spikes.astype(int) << 7 - at for at, step in enumerate(steps[8:]))
        assert np.array_equal(sent, seen[layer.target.name])
        assert not steps[-1].potential.any()
    network.codes(picture[None], meter.look)
    assert meter.figures()['synaptic_operations'] == count.operations


# -- rate-coded spikes ----------------------------------------------------------------------------


@pytest.mark.parametrize('steps', [7, 15])
def test_rate_coded_spikes_are_the_oracle_s(small, steps):
    _, graph = small
    thresholds = some_thresholds(graph, steps)
    picture = pictures(2, graph.input_size, seed=8)[1]
    counts, count = oracle.rate(graph, thresholds, steps, picture)
    network, meter = RateNetwork.of_thresholds(graph, thresholds, steps), Meter(graph, 'rate')
    seen = seen_by(network, picture)
    negative = 0
    for layer in graph.layers:
        expected = oracle.array(layer.target, counts[layer.target.name])
        assert np.array_equal(seen[layer.target.name], expected)
        negative += (expected < 0).sum()
        assert np.abs(expected).max() <= (255 if layer.kind == 'mean' else steps)
    assert negative > 10  # signed neurons are among them
    for layer in graph.layers[:-1]:
        told = list(network.steps_of(picture, layer.target.name))
        assert len(told) == 2 * steps
        assert all(step.spikes is None for step in told[:steps])
        sent = sum(step.spikes.astype(int) for step in told[steps:])
        assert np.array_equal(sent, seen[layer.target.name])
    network.codes(picture[None], meter.look)
    assert meter.figures()['synaptic_operations'] == count.operations


def test_more_steps_come_closer_to_the_network_itself(small):
    _, graph = small
    seen = pictures(8, graph.input_size, seed=9)
    exact = IntegerNetwork(graph).codes(seen).astype(float)

    def missed(steps):
        network = RateNetwork.of_thresholds(graph, some_thresholds(graph, steps), steps)
        return np.abs(network.codes(seen) - exact).mean()

    assert missed(255) < missed(31) < missed(7)


def test_a_threshold_is_where_the_squares_are_least(small):
    _, graph = small
    steps, seen, told = 15, pictures(3, graph.input_size, seed=4), []
    thresholds = calibrate(graph, seen, steps, lambda done, total: told.append((done, total)))
    firing = len(graph.layers) - 1
    assert told == [(done + 1, firing) for done in range(firing)]
    assert list(thresholds) == [layer.target.name for layer in graph.layers[:-1]]
    layer = graph.layers[0]  # what its neurons hold is known without any spike
    scale = layer.weight_scale.astype(np.float64) * layer.sources[0].scale
    values = []
    for picture in seen:
        arrived = dict.fromkeys(oracle.places(layer.target.shape), 0)
        pixels = {p: int(picture[p]) - 128 - graph.image.zero_point
                  for p in oracle.places(picture.shape)}
        for place, value in pixels.items():
            for neuron, weight in oracle.synapses(layer, place):
                arrived[neuron] += value * weight
        values += [min(max((total + int(layer.bias[n[-1]])) * scale[n[-1]], 0), 6)
                   for n, total in arrived.items()]

    def error(threshold):
        unit = threshold / steps
        return sum((min(int(value / unit + 0.5), steps) * unit - value) ** 2 for value in values)

    best = error(thresholds['act0'])
    tried = [error(max(values) * share) for share in np.linspace(0.1, 1, 60)]
    assert best <= min(tried) * 1.02  # the grid of calibrate is another one


@pytest.mark.parametrize('steps', [6, 256, 0])
def test_a_rate_code_has_bounds(small, steps):
    _, graph = small
    with pytest.raises(SpikingError, match=f'takes 7 to 255 steps, not {steps}'):
        calibrate(graph, pictures(1, graph.input_size), steps)


def test_thresholds_that_cannot_be_are_refused(small):
    _, graph = small
    thresholds = some_thresholds(graph, 7)
    with pytest.raises(SpikingError, match='the threshold of act3 must be above 0, not 0'):
        RateNetwork.of_thresholds(graph, {**thresholds, 'act3': 0.0}, 7)
    del thresholds['act3']
    with pytest.raises(SpikingError, match='the threshold of act3'):
        RateNetwork.of_thresholds(graph, thresholds, 7)
    with pytest.raises(SpikingError, match='there is none'):
        calibrate(graph, pictures(1, graph.input_size)[:0], 7)


def test_a_layer_that_is_not_there_is_told(small):
    _, graph = small
    picture = pictures(1, graph.input_size)[0]
    with pytest.raises(SpikingError, match='no layer is called act99; .* act0 to act9'):
        next(RadixNetwork(graph).steps_of(picture, 'act99'))


# -- as an encoder --------------------------------------------------------------------------------


def test_radix_takes_the_place_of_the_encoder(small):
    path, graph = small
    plain, spiking = Encoder(path), SpikingEncoder(path, 'radix')
    assert (spiking.digest, spiking.width, spiking.input_size, spiking.scale) == (
        plain.digest, plain.width, plain.input_size, plain.scale)
    for picture in pictures(5, graph.input_size):
        codes = spiking.codes(picture)
        assert codes.dtype == np.uint8
        assert np.array_equal(codes, plain.codes(picture))
    assert 'on radix spikes in 8 steps, 1 thread' in spiking.describe()
    with pytest.raises(EncoderError, match='takes a uint8 picture of shape'):
        spiking.codes(np.zeros((3, 3, 3), np.uint8))


def test_rate_codes_are_codes_of_another_encoder(small):
    path, graph = small
    thresholds = some_thresholds(graph, 15)
    one, other = (SpikingEncoder(path, 'rate', 15, thresholds) for _ in range(2))
    more = SpikingEncoder(path, 'rate', 31, thresholds)
    assert one.digest == other.digest
    assert len({one.digest, more.digest, Encoder(path).digest}) == 3


@pytest.mark.parametrize('code, steps, told', [
    ('radix', 15, 'the radix code takes 8 steps, not 15'),
    ('rate', 300, 'takes 7 to 255 steps, not 300'), ('binary', 8, "not 'binary'")])
def test_codes_that_are_none_are_refused(small, code, steps, told):
    with pytest.raises(SpikingError, match=told):
        SpikingEncoder(small[0], code, steps, {})


# -- files that are no such network ---------------------------------------------------------------


def test_other_files_are_refused(tmp_path):
    path = tmp_path / 'model.tflite'
    with pytest.raises(SpikingError, match='cannot be read: No such file'):
        read_graph(path)
    path.write_bytes(b'a text that is longer than a head')
    with pytest.raises(SpikingError, match='is not a TFLite model'):
        read_graph(path)
    path.write_bytes(MODEL.read_bytes()[:5000])
    with pytest.raises(SpikingError, match='is damaged'):
        read_graph(path)


def test_networks_of_floats_and_other_layers_are_refused(tmp_path):
    from hybrid_snn_ros.vision.tflite_writer import GraphWriter
    path = tmp_path / 'model.tflite'
    graph = GraphWriter({}, quantized=False)
    path.write_bytes(graph.finish('', {'embedding': graph.mean(graph.image(8), 'embedding')}))
    with pytest.raises(SpikingError, match='cannot be turned into spikes: it does not take raw'):
        read_graph(path)
    graph = GraphWriter({'image': [-0.9921875, 1.0], 'dense': [0.0, 1.0]}, quantized=True)
    image = graph.image(1)
    dense = graph.dense(image, np.ones((2, 3), np.float32), np.zeros(2, np.float32), 'dense')
    path.write_bytes(graph.finish('', {'embedding': dense}))
    with pytest.raises(SpikingError, match='it holds a layer FULLY_CONNECTED'):
        read_graph(path)
