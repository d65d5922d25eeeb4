# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""hybrid-snn spiking-encoder: the whole pipeline through spikes, what it writes and refuses."""

import json
from pathlib import Path

from bag_samples import BLUE, recorded, RED, run, scene
import cv2
import numpy as np
import pytest
from spiking_samples import pictures, small_model

pytest.importorskip('ai_edge_litert', reason='the TFLite schema comes with ai-edge-litert')

from hybrid_snn_ros.classifier import Classifier  # noqa: E402
from hybrid_snn_ros.evaluation import spiking  # noqa: E402
from hybrid_snn_ros.evaluation.folders import load_folder  # noqa: E402
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError  # noqa: E402
from hybrid_snn_ros.evaluation.spiking_video import measure  # noqa: E402
from hybrid_snn_ros.spiking_encoder import thresholds  # noqa: E402
from hybrid_snn_ros.spiking_encoder.graph import read_graph, SpikingError  # noqa: E402

LABELS, TRAIN, TEST = ('box', 'can', 'mug'), 6, 4


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """Return a directory with model.tflite, pack/ of three labels, and a cache of its own."""
    root = tmp_path_factory.mktemp('spiking')
    small_model(root / 'model.tflite', size=16)
    for number, label in enumerate(LABELS):
        made = pictures(1, 24, number)[0].astype(int)
        for at in range(TRAIN + TEST):
            noisy = made + np.random.default_rng(at).integers(-30, 31, made.shape)
            folder = root / 'pack' / ('train' if at < TRAIN else 'test') / label
            folder.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(folder / f'{at}.png'), np.clip(noisy, 0, 255).astype(np.uint8))
    return root


@pytest.fixture
def command(place, monkeypatch):
    """Return a function that runs the command on the pack and returns its figures and its text."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(place / 'cache'))

    def spiking_encoder(*words):
        path = place / 'figures.json'
        code, out, err = run('spiking-encoder', place / 'pack', '--model', place / 'model.tflite',
                             '--shots', 3, '--orders', 2, '--json', path, *words)
        assert code == 0, err
        return json.loads(path.read_text()), out
    return spiking_encoder


def test_radix_loses_nothing(command, place):
    figures, out = command('--check', 7, '--plots', place / 'plots')
    assert (figures['code'], figures['steps'], figures['codes_different']) == ('radix', 8, 0)
    assert len(set(figures['accuracy'].values())) == 1
    assert figures['codes'] == 7 * len(LABELS) * (TRAIN + TEST)
    assert (figures['check']['integer'], figures['check']['radix']) == (0, 0)
    assert figures['check']['pictures'] == 7
    assert 'taught and asked through spikes' in out
    assert '0 differ in whole numbers and 0 by radix spikes' in out
    for name in ('layers', 'energy', 'accuracy'):
        assert (place / 'plots' / f'spiking_{name}.png').read_bytes()[:4] == b'\x89PNG'


def test_rate_codes_are_measured(command, place):
    path = place / 'thresholds.json'
    figures, out = command('--steps', 31, '--thresholds', path, '--limit', 3)
    assert (figures['code'], figures['train'], figures['test']) == ('rate', 9, 9)
    assert 0.8 < figures['cosine']['mean'] < 1
    assert 0 < figures['codes_different'] <= figures['codes']
    cost = figures['cost']
    assert cost['pictures'] == 9
    assert cost['synaptic_operations'] == pytest.approx(
        sum(layer['operations'] for layer in cost['layers']))
    assert cost['energy_mj']['spikes, float32 additions'] == pytest.approx(
        (0.9 * cost['synaptic_operations'] + 4.6 * cost['multiplied_macs']) * 1e-9)
    assert 'into which pixels flow as currents' in out
    steps, fitted = thresholds.read(path, figures['model'])
    assert steps == 31
    assert list(fitted) == [layer['name'] for layer in cost['layers']]
    # The file gives the node the same codes as the command had.
    from hybrid_snn_ros.spiking_encoder.encoder import SpikingEncoder
    encoder = SpikingEncoder(place / 'model.tflite', 'rate', steps, fitted)
    again = load_folder(place / 'pack', Classifier(encoder), most=3)
    plain = load_folder(place / 'pack', Classifier(place / 'model.tflite'), most=3)
    assert spiking.cosine(plain.test, again.test).mean() == pytest.approx(
        figures['cosine']['mean'])


def test_a_recording_is_measured(command, place, tmp_path):
    still, other = scene(RED, 1), scene(BLUE, 2)
    frames = [((at, 0), still if at < 6 else other) for at in range(1, 8)]
    bag = recorded(tmp_path / 'walk', frames)
    figures, out = command('--video', bag, '--noise', 2.5, '--limit', 3)
    exact, tiled = figures['video']
    assert (exact['threshold'], tiled['threshold'], exact['frames']) == (0, 2.5, 7)
    assert exact['codes_different'] == 0
    assert exact['operations_of_frames'][1:5] == [0, 0, 0, 0]
    assert exact['operations_of_frames'][5] > 0 == exact['operations_of_frames'][6]
    assert 'video, 7 frames, mean of all but the first:' in out


def test_frames_that_cannot_be_read_are_told(command, place, tmp_path):
    def image(types, header, pixels):
        height, width = pixels.shape[:2]
        encoding = 'rgb8' if pixels[0, 0, 0] == RED[0] else 'no_such'
        return types['sensor_msgs/msg/Image'](header, height, width, encoding, 0, 3 * width,
                                              pixels.reshape(-1))

    frames = [((at, 0), scene(BLUE if at == 2 else RED, 1)) for at in range(1, 5)]
    bag = recorded(tmp_path / 'walk', frames, image=image)
    code, out, err = run('spiking-encoder', place / 'pack', '--model', place / 'model.tflite',
                         '--shots', 1, '--orders', 1, '--video', bag)
    assert code == 0
    assert 'video, 3 frames' in out
    assert 'frame 2' in err and 'no_such' in err


def test_a_bag_that_is_none_is_told_before_pictures_are_encoded(place, tmp_path):
    code, out, err = run('spiking-encoder', place / 'pack', '--model', place / 'model.tflite',
                         '--video', tmp_path / 'no_such.mcap')
    assert (code, out) == (2, '')
    assert 'there is no' in err and 'no_such.mcap' in err


def test_the_network_is_written_as_nir(command, place, tmp_path):
    pytest.importorskip('nir', reason="needs pip install 'hybrid_snn_ros[nir]'")
    from hybrid_snn_ros.spiking_encoder import nir_graph
    command('--steps', 15, '--nir', tmp_path / 'network.nir', '--limit', 3)
    assert nir_graph.read(tmp_path / 'network.nir').steps == 15


@pytest.mark.parametrize('words, told', [
    (['--steps', '15', '--code', 'radix'], '--code radix takes 8 steps, not 15'),
    (['--steps', '5'], 'a rate code takes 7 to 255 steps, not 5'),
    (['--limit', '0'], '--limit must be at least 1, not 0'),
    (['--seed', '-1'], '--seed must be at least 0, not -1'),
    (['--noise', '0'], '--noise must be above 0, not 0'),
    (['--nir', 'x.nir'], '--nir is for the rate code, and this is the radix code'),
    (['--steps', '15', '--thresholds', '/no/such/x.json'], 'does not exist'),
    (['--model', 'no_such.tflite'], 'no_such.tflite cannot be read'),
    (['--crop', '7'], 'crop')])
def test_what_cannot_be_is_refused_in_a_sentence(place, words, told):
    code, out, err = run('spiking-encoder', place / 'pack', *words)
    assert (code, out) == (2, '')
    assert told in err and len(err.splitlines()) == 1


def test_a_folder_that_is_no_pack_is_refused(tmp_path, place):
    code, _, err = run('spiking-encoder', tmp_path, '--model', place / 'model.tflite')
    assert code == 2
    assert 'must hold train/ and test/' in err


# -- the parts ------------------------------------------------------------------------------------


def test_crossed_is_taught_through_one_and_asked_through_the_other():
    """Through spikes all codes are reversed: crossed, the classifier must fail."""
    def pack(codes):
        labels = np.arange(60) % 3
        made = np.random.default_rng(0).integers(0, 30, (60, 40))
        for label in range(3):
            made[labels == label, label * 9:label * 9 + 8] += 200
        made = made if codes == 'plain' else made[:, ::-1].copy()
        return Embeddings('pack', made.astype(np.uint8), labels, made.astype(np.uint8), labels,
                          list(LABELS))

    from hybrid_snn_ros.evaluation.settings import Settings
    told = []
    figures = spiking.compare(pack('plain'), pack('reversed'), Settings('few-shot', shots=5),
                              range(2), tick=lambda done, total: told.append(done / total))
    assert figures['accuracy'][spiking.INT8] == figures['accuracy'][spiking.SPIKES] == 1
    assert figures['accuracy'][spiking.CROSSED] < 0.7
    assert figures['codes'] == 2 * 60 * 40
    assert told == sorted(told) and told[-1] == 1


def test_cosines_are_those_of_rows():
    left = np.array([[3, 4, 0], [0, 0, 0], [1, 0, 0]], np.uint8)
    right = np.array([[6, 8, 0], [1, 2, 3], [0, 255, 0]], np.uint8)
    assert spiking.cosine(left, right).tolist() == pytest.approx([1, 0, 0])


def test_a_film_has_two_frames(place):
    graph = read_graph(place / 'model.tflite')
    with pytest.raises(SourceError, match='at least two frames'):
        measure(graph, pictures(1, 16), (0.0,))


@pytest.mark.parametrize('text, told', [
    ('{', 'holds no thresholds'), ('[]', 'holds no thresholds'),
    ('{"encoder": "a", "steps": 15, "thresholds": {"act0": "x"}}', 'holds no thresholds'),
    ('{"encoder": "a", "steps": 15, "thresholds": {"act0": 1}}', 'fitted for another encoder')])
def test_files_without_thresholds_are_refused(tmp_path: Path, text, told):
    path = tmp_path / 'thresholds.json'
    with pytest.raises(SpikingError, match='cannot be read'):
        thresholds.read(path, 'b')
    path.write_text(text)
    with pytest.raises(SpikingError, match=told):
        thresholds.read(path, 'b')


def test_limited_folders_are_evenly_chosen(place):
    from hybrid_snn_ros.evaluation.folders import evenly
    assert evenly(list(range(10)), 4) == [0, 2, 5, 7]
    assert evenly([1, 2], 5) == evenly([1, 2], None) == [1, 2]
