# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The cut encoder: bit for bit what the whole one has in its middle, at any size of picture."""

import argparse
import hashlib
import sys
import warnings

from checkout import MODEL
import numpy as np
import pytest
import yaml

from hybrid_snn_ros.cli import build_encoder
from hybrid_snn_ros.vision import encoder_file
from hybrid_snn_ros.vision.cell_encoder import CellEncoder, seen_size
from hybrid_snn_ros.vision.efficientnet import BuildError
from hybrid_snn_ros.vision.encoder import EncoderError
from hybrid_snn_ros.vision.encoder_cut import cut_bytes
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.golden import golden_picture
from hybrid_snn_ros.vision.resample import resample_to

CUT = MODEL.with_name(f'{MODEL.stem}_cut.tflite')
TAP = 'act33'  # ReLU6 of the expansion before the last stride, 672 channels


@pytest.fixture(scope='module')
def whole():
    """Return the whole network as a function of a 224 x 224 picture to its tensor at the cut."""
    interpreter_of = pytest.importorskip('ai_edge_litert.interpreter').Interpreter
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # that keeping every tensor is for looking into a model
        interpreter = interpreter_of(model_content=MODEL.read_bytes(),
                                     experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    [tap] = [t['index'] for t in interpreter.get_tensor_details() if t['name'] == TAP]

    def run(picture):
        interpreter.set_tensor(interpreter.get_input_details()[0]['index'], picture[None])
        interpreter.invoke()
        return interpreter.get_tensor(tap)[0].copy()
    return run


def pictures(side):
    random = np.random.default_rng(side)
    yield resample_to(golden_picture(), side, side)
    yield random.integers(0, 256, (side, side, 3), np.uint8)
    yield np.zeros((side, side, 3), np.uint8)
    yield np.full((side, side, 3), 255, np.uint8)
    coarse = random.integers(0, 256, (9, 9, 3), np.uint8)
    yield resample_to(coarse, side, side)


def test_the_cut_has_the_bits_of_the_whole_network(whole, tmp_path, monkeypatch):
    """At the whole network's own 224 x 224, cut anew, and by the shipped file brought to it."""
    path = tmp_path / 'cut.tflite'
    path.write_bytes(cut_bytes(MODEL.read_bytes(), 224, 224))
    monkeypatch.setattr('hybrid_snn_ros.vision.cell_encoder.LONG_SIDE', 224)
    encoders = [CellEncoder(path), CellEncoder()]
    for picture in pictures(224):
        expected = whole(picture)
        assert expected.shape == (14, 14, 672) and expected.dtype == np.int8
        for encoder in encoders:
            np.testing.assert_array_equal(encoder.codes(picture),
                                          expected.astype(np.int16) + 128)


def test_a_frame_is_seen_at_320_pixels_whatever_came_before():
    random = np.random.default_rng(1)
    turned, plain = CellEncoder(), CellEncoder()
    assert turned.channels == 672
    for height, width, shape in ((480, 640, (15, 20)), (640, 480, (20, 15)), (360, 640, (11, 20)),
                                 (90, 100, (18, 20)), (240, 320, (15, 20))):
        frame = random.integers(0, 256, (height, width, 3), np.uint8)
        codes = turned.codes(frame)
        assert codes.shape == (*shape, 672) and codes.dtype == np.uint8 and codes.flags.owndata
        small = resample_to(frame, 16 * shape[0], 16 * shape[1])
        np.testing.assert_array_equal(codes, CellEncoder().codes(small))
        np.testing.assert_array_equal(codes, plain.codes(frame[:, ::-1][:, ::-1]))


def test_the_committed_cut_is_what_the_command_makes(tmp_path, capsys):
    pytest.importorskip('ai_edge_litert')
    output = tmp_path / CUT.name
    parser = argparse.ArgumentParser()
    build_encoder.add_arguments(parser)
    assert build_encoder.main(parser.parse_args(
        ['--cut', str(MODEL), '--output', str(output)])) == 0
    digest = hashlib.sha256(CUT.read_bytes()).hexdigest()
    assert capsys.readouterr().out == f'{digest}  {output}\n'
    assert output.read_bytes() == CUT.read_bytes() and len(CUT.read_bytes()) < 1.1e6
    assert output.with_suffix('.yaml').read_text() == CUT.with_suffix('.yaml').read_text()
    notes = yaml.safe_load(CUT.with_suffix('.yaml').read_text())
    assert notes['sha256'] == digest == CellEncoder().digest
    assert notes['source_sha256'] == hashlib.sha256(MODEL.read_bytes()).hexdigest()
    beside = tmp_path / 'whole.tflite'
    beside.write_bytes(MODEL.read_bytes())
    assert build_encoder.main(parser.parse_args(['--cut', str(beside)])) == 0
    assert (tmp_path / 'whole_cut.tflite').read_bytes() == CUT.read_bytes()


def test_what_cannot_be_cut_is_refused_in_a_sentence(tmp_path, monkeypatch, capsys):
    pytest.importorskip('ai_edge_litert')
    content = MODEL.read_bytes()
    for height, width in ((0, 320), (240, 328), (-16, 16), (8, 320)):
        with pytest.raises(BuildError, match='multiple of 16, not'):
            cut_bytes(content, height, width)
    with pytest.raises(BuildError, match='not a TFLite model'):
        cut_bytes(b'\0' * 99, 240, 320)
    with pytest.raises(BuildError, match='only an int8 EfficientNet-Lite'):
        cut_bytes(CUT.read_bytes(), 240, 320)  # nothing strided is left at a sixteenth
    with pytest.raises(BuildError, match='cannot be read'):
        encoder_file.build_cut(tmp_path / 'm.tflite', tmp_path / 'nowhere.tflite')
    with pytest.raises(BuildError, match='ends in .tflite'):
        encoder_file.build_cut(tmp_path / 'm.bin', MODEL)
    parser = argparse.ArgumentParser()
    build_encoder.add_arguments(parser)
    assert build_encoder.main(parser.parse_args(['--cut', str(MODEL), '--float'])) == 2
    assert build_encoder.main(parser.parse_args(['--cut', str(tmp_path / 'no.tflite')])) == 1
    err = capsys.readouterr().err
    assert 'leave out --float' in err and 'no.tflite cannot be read' in err
    monkeypatch.setitem(sys.modules, 'ai_edge_litert', None)
    with pytest.raises(BuildError, match='ai-edge-litert'):
        cut_bytes(content, 240, 320)
    assert not list(tmp_path.iterdir())


def test_what_is_no_frame_is_refused_in_a_sentence():
    encoder = CellEncoder()
    for frame in (np.zeros((480, 640), np.uint8), np.zeros((480, 640, 4), np.uint8),
                  np.zeros((480, 640, 3), np.float32), 'frame'):
        with pytest.raises(EncoderError, match=r'takes a uint8 frame \(H, W, 3\), not'):
            encoder.codes(frame)
    with pytest.raises(EncoderError, match='too narrow'):
        encoder.codes(np.zeros((30, 640, 3), np.uint8))
    with pytest.raises(FrameError, match='empty'):
        encoder.codes(np.zeros((0, 640, 3), np.uint8))
    with pytest.raises(EncoderError, match='not a cut encoder'):
        CellEncoder(MODEL)


@pytest.mark.parametrize('height, width, expected', [
    (480, 640, (240, 320)), (640, 480, (320, 240)), (1080, 1920, (176, 320)),
    (5, 5, (320, 320)), (16, 64, (80, 320))])
def test_the_longer_side_is_320_pixels(height, width, expected):
    assert seen_size(height, width) == expected
