# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Video as changes: every frame gives the codes of the whole network, and what was sent counts."""

import numpy as np
import pytest
import spiking_oracle as oracle
from spiking_samples import pictures, SIZE, small_model

pytest.importorskip('ai_edge_litert', reason='the TFLite schema comes with ai-edge-litert')

from hybrid_snn_ros.spiking_encoder.graph import read_graph, SpikingError  # noqa: E402
from hybrid_snn_ros.spiking_encoder.integer import distances, IntegerNetwork  # noqa: E402
from hybrid_snn_ros.spiking_encoder.video import take_over, VideoNetwork  # noqa: E402


@pytest.fixture(scope='module')
def graph(tmp_path_factory):
    return read_graph(small_model(tmp_path_factory.mktemp('video') / 'small.tflite', 3))


def film(seed=0):
    """Return frames that change in all ways: noise, a moving thing, a cut, nothing."""
    random = np.random.default_rng(seed)
    first, other = pictures(2, SIZE, seed)
    frames = [first, first]
    for place in range(3):
        moved = first.copy()
        moved[2:5, place:place + 3] = (250, 20, 90)
        frames.append(moved)
    frames.append(np.clip(frames[-1] + random.integers(-2, 3, first.shape), 0, 255))
    frames += [other, np.full_like(first, 127), np.zeros_like(first), first]
    return [frame.astype(np.uint8) for frame in frames]


def values_of(graph, picture):
    """Return {tensor: what it holds} of the whole network."""
    seen = {}
    IntegerNetwork(graph).codes(picture[None], lambda tensor, codes: seen.setdefault(
        tensor.name, distances(tensor, codes)[0]))
    return seen


def test_every_frame_s_codes_are_those_of_the_network(graph):
    video, whole = VideoNetwork(graph), IntegerNetwork(graph)
    told = set()
    for frame in film():
        codes, _ = video.codes(frame)
        assert np.array_equal(codes, whole.codes(frame[None])[0])
        told.add(codes.tobytes())
    assert len(told) > 5


def test_what_is_counted_is_what_differs(graph):
    video, before = VideoNetwork(graph), None
    for frame in film(1):
        _, change = video.codes(frame)
        values = values_of(graph, frame)
        before = before or {name: np.zeros_like(one) for name, one in values.items()}
        differ = {name: np.argwhere(one != before[name]) for name, one in values.items()}
        assert change.events == sum(map(len, differ.values()))
        operations = recomputed = 0
        for layer in graph.layers:
            reached = set()
            for source in layer.sources:
                for place in map(tuple, differ[source.name]):
                    if layer.kind in ('add', 'mean'):
                        operations += 1
                        continue
                    for neuron, _ in oracle.synapses(layer, place):
                        operations += 1
                        reached.add(neuron[:2])
            recomputed += len(reached) * layer.target.shape[-1] * int(
                np.prod(layer.weight.shape[:-1]))
        assert change.operations == operations
        assert abs(change.recomputed - recomputed) <= len(graph.layers)  # whole numbers of each
        before = values


def test_a_still_scene_costs_nothing(graph):
    video = VideoNetwork(graph)
    frame = film()[0]
    first, change = video.codes(frame)
    assert 0 < change.operations_share < 1
    again, change = video.codes(frame)
    assert np.array_equal(first, again)
    assert (change.events, change.operations, change.recomputed) == (0, 0, 0)


def test_noise_below_the_threshold_is_not_sent(graph):
    random = np.random.default_rng(2)
    base = pictures(1, SIZE, 5)[0] // 2 + 60
    video, exact = VideoNetwork(graph, 3), VideoNetwork(graph)
    kept, _ = video.codes(base)
    exact.codes(base)
    for _ in range(4):
        noisy = (base + random.integers(-2, 3, base.shape)).astype(np.uint8)
        codes, change = video.codes(noisy)
        assert np.array_equal(codes, kept)
        assert change.operations == 0
        assert exact.codes(noisy)[1].operations > 0
    moved = base.copy()
    moved[:6, :6] = 255
    assert video.codes(moved)[1].operations > 0


def test_tiles_are_taken_over_one_by_one():
    seen = np.full((12, 20, 3), 100, np.uint8)  # tiles of 8x8, those at the edges smaller
    new = seen.copy()
    new[:8, :8] = 103  # exactly the threshold: not more than it
    new[:8, 8:16] = 104
    new[8:, 16:] = 96
    new[0, 19] = 255  # one bright pixel of 32 of its tile: 155 * 3 / 96 = 4.8 on average
    taken = take_over(seen, new, 3)
    expected = new.copy()
    expected[:8, :8] = 100
    assert np.array_equal(taken, expected)
    assert np.array_equal(take_over(seen, new, 0), new)
    assert np.array_equal(seen, np.full((12, 20, 3), 100))


def test_slow_changes_are_taken_over_in_the_end():
    seen, light = np.full((8, 8, 3), 50, np.uint8), 50
    for light in range(50, 60):
        seen = take_over(seen, np.full((8, 8, 3), light, np.uint8), 3)
        assert abs(int(seen[0, 0, 0]) - light) <= 3


@pytest.mark.parametrize('threshold', [-1, float('nan')])
def test_a_threshold_that_is_none_is_refused(graph, threshold):
    with pytest.raises(SpikingError, match='must be at least 0'):
        VideoNetwork(graph, threshold)
