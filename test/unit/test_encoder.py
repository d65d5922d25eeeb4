# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Encoder: lossless codes over every kind of input and output, and refusals of wrong models."""

from pathlib import Path
import subprocess
import sys

from checkout import DATA, MODEL, ROOT
import cv2
import numpy as np
import pytest
import yaml

from hybrid_snn_ros.vision.encoder import Encoder, EncoderError
from hybrid_snn_ros.vision.runtime import load_runtime, RUNTIMES

REFERENCE = (DATA / 'reference'
             / 'efficientnet_lite0_int8_with_logits.tflite')
SCALE = 0.019201092422008514


@pytest.fixture(scope='module')
def tfl():
    """Return the schema with which these tests make models of their own."""
    pytest.importorskip('ai_edge_litert', reason='the TFLite schema comes with ai-edge-litert')
    from ai_edge_litert import schema_py_generated
    return schema_py_generated


@pytest.fixture(scope='module')
def encoder():
    """Return the encoder that is shipped."""
    return Encoder(MODEL)


@pytest.fixture(scope='module')
def pictures():
    """Return a few pictures with structure: the embedding of pure noise is nearly constant."""
    generator = np.random.default_rng(5)
    small = generator.integers(0, 256, (4, 7, 7, 3), np.uint8)
    return [cv2.resize(picture, (224, 224), interpolation=cv2.INTER_CUBIC) for picture in small]


def edited(tfl, path: Path, edit, source: Path = MODEL) -> Path:
    """Write a copy of `source` to `path` whose model and main graph went through `edit`."""
    import flatbuffers
    model = tfl.ModelT.InitFromPackedBuf(source.read_bytes(), 0)
    model.signatureDefs = None
    edit(model, model.subgraphs[0])
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b'TFL3')
    path.write_bytes(bytes(builder.Output()))
    return path


def tiny(tfl, path: Path, edit=lambda model, graph: None, *, quantized: bool = False) -> Path:
    """Write a model that only averages a 16 px picture, 3 wide, then edited."""
    from hybrid_snn_ros.vision.tflite_writer import GraphWriter
    graph = GraphWriter({'image': [-0.9921875, 1.0], 'embedding': [0.0, 1.0]},
                        quantized=quantized)
    outputs = {'embedding': graph.mean(graph.image(16), 'embedding')}
    path.write_bytes(graph.finish('a test', outputs))
    return edited(tfl, path, edit, path)


def index(graph, name: str) -> int:
    """Return the index of the tensor called `name`."""
    return [tensor.name for tensor in graph.tensors].index(name.encode())


def cosine(left, right) -> float:
    """Return the cosine between two arrays."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def test_the_shipped_model_describes_itself(encoder):
    assert (encoder.input_size, encoder.width, encoder.threads) == (224, 1280, 1)
    assert encoder.scale == SCALE
    assert encoder.path == MODEL
    assert len(encoder.digest) == 64
    name = encoder.runtime.split()[0]
    assert name in [distribution for _, distribution in RUNTIMES]
    line = encoder.describe()
    assert all(part in line for part in (MODEL.name, encoder.runtime, '1 thread', '1280',
                                         encoder.digest[:12])) and '\n' not in line


def test_codes_are_new_repeatable_and_depend_on_the_picture(encoder, pictures):
    first = encoder.codes(pictures[0])
    kept = first.copy()
    second = encoder.codes(pictures[1])
    assert first.dtype == np.uint8 and first.shape == (1280,)
    np.testing.assert_array_equal(first, kept)
    assert not np.shares_memory(first, second)
    assert cosine(first, second) < 0.98
    np.testing.assert_array_equal(encoder.codes(pictures[0]), kept)
    assert 0.1 < (kept == 0).mean() < 0.9 and kept.max() > 50


def test_views_and_thread_counts_change_nothing(encoder, pictures):
    expected = encoder.codes(pictures[2])
    flipped = np.ascontiguousarray(pictures[2][:, ::-1])[:, ::-1]
    assert not flipped.flags.c_contiguous
    frozen = pictures[2].copy()
    frozen.flags.writeable = False
    for same in (flipped, frozen):
        np.testing.assert_array_equal(encoder.codes(same), expected)
    np.testing.assert_array_equal(Encoder(MODEL, threads=2).codes(pictures[2]), expected)
    assert '2 threads' in Encoder(MODEL, threads=2).describe()


@pytest.mark.skipif(not REFERENCE.exists(), reason='needs ../shared/data/reference')
def test_the_shipped_model_agrees_with_the_reference(encoder, pictures):
    reference = Encoder(REFERENCE)
    assert (reference.width, reference.input_size) == (1280, 224)
    for picture in pictures:
        assert cosine(encoder.codes(picture), reference.codes(picture)) > 0.9999
    assert reference.logits(pictures[0]).shape == (1000,)


def test_integer_outputs_and_inputs_give_the_same_codes(tfl, tmp_path, encoder, pictures):
    """The quantised tensors inside the model are the codes: nothing is lost through floats."""
    def integer_ends(model, graph):
        graph.inputs, graph.outputs = [index(graph, 'image')], [index(graph, 'embedding_q')]
        graph.operators = graph.operators[1:-1]
    inside = Encoder(edited(tfl, tmp_path / 'int8.tflite', integer_ends))
    assert inside.scale == encoder.scale and inside.width == 1280
    for picture in pictures:
        np.testing.assert_array_equal(inside.codes(picture), encoder.codes(picture))


def test_float_input_is_pixel_minus_127_over_128(tfl, tmp_path):
    path = tiny(tfl, tmp_path / 'float.tflite')
    path.with_suffix('.yaml').write_text('embedding_scale: 0.01\n')
    encoder = Encoder(path)
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[:] = (127, 191, 255)
    # Means of 0, 0.5 and 1 in steps of 0.01; below, negative values end at code 0.
    assert encoder.codes(rgb).tolist() == [0, 50, 100]
    rgb[:8] = 0
    assert encoder.codes(rgb).tolist() == [0, 0, 0]
    path.with_suffix('.yaml').write_text('embedding_scale: 0.002\n')
    rgb[:] = (127, 128, 255)
    assert Encoder(path).codes(rgb).tolist() == [0, 4, 255]  # 3.9 rounds, 500 ends at 255
    path.with_suffix('.yaml').unlink()
    assert Encoder(path).scale == 0.0192


def test_uint8_input_and_output_of_a_quantised_model(tfl, tmp_path):
    encoder = Encoder(tiny(tfl, tmp_path / 'q.tflite', quantized=True))
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[:] = (127, 223, 255)
    assert encoder.codes(rgb).tolist() == [0, 39, 52]  # 0, 0.75, 1 in steps of 0.0192

    def integer_output(model, graph):
        graph.outputs = [index(graph, 'embedding_q')]
        graph.operators = graph.operators[:-1]
    encoder = Encoder(tiny(tfl, tmp_path / 'qq.tflite', integer_output, quantized=True))
    assert encoder.scale == pytest.approx(1 / 255)
    assert encoder.codes(rgb).tolist() == [0, 191, 255]


def two_outputs(tfl, path: Path, *extra: int) -> Path:
    """Write the tiny model with further outputs of the given widths, all zeros."""
    def edit(model, graph):
        for width in extra:
            buffer = tfl.BufferT()
            buffer.data = np.zeros(4 * width, np.uint8)
            model.buffers.append(buffer)
            tensor = tfl.TensorT()
            tensor.name, tensor.shape = f'extra{width}', [1, width]
            tensor.type, tensor.buffer = tfl.TensorType.FLOAT32, len(model.buffers) - 1
            graph.tensors.append(tensor)
            graph.outputs = [*graph.outputs, len(graph.tensors) - 1]
    return tiny(tfl, path, edit)


def test_the_embedding_is_chosen_among_outputs(tfl, tmp_path):
    grey = np.full((16, 16, 3), 255, np.uint8)
    encoder = Encoder(two_outputs(tfl, tmp_path / 'logits.tflite', 1000))
    assert encoder.width == 3 and encoder.codes(grey).tolist() == [52, 52, 52]
    assert encoder.logits(grey).shape == (1000,)
    path = two_outputs(tfl, tmp_path / 'wider.tflite', 8)
    assert Encoder(path).width == 8
    path.with_suffix('.yaml').write_text('embedding_width: 3\n')
    assert Encoder(path).width == 3
    with pytest.raises(EncoderError, match='no class scores'):
        Encoder(path).logits(grey)
    path.with_suffix('.yaml').write_text('embedding_width: 1280\n')
    with pytest.raises(EncoderError, match=r'1280 wide.*\[1, 3\], \[1, 8\]'):
        Encoder(path)


def reshape_input(shape, kind=None):
    """Return an edit that gives the tiny model's input another shape or type."""
    def edit(model, graph):
        graph.tensors[0].shape = shape
        if kind is not None:
            graph.tensors[0].type = graph.tensors[-1].type = kind
    return edit


def test_a_wrong_model_is_refused_in_one_sentence(tfl, tmp_path):
    def only_scores(model, graph):
        graph.operators = []
        graph.tensors[-1].shape = [1, 1000]
        graph.tensors[-1].buffer = len(model.buffers)
        buffer = tfl.BufferT()
        buffer.data = np.zeros(4000, np.uint8)
        model.buffers.append(buffer)

    def second_input(model, graph):
        graph.inputs = [0, graph.outputs[0]]

    cases = [(reshape_input([1, 16, 16, 4]), '[1, 16, 16, 4]'),
             (reshape_input([1, 16, 8, 3]), '[1, 16, 8, 3]'),
             (reshape_input([2, 16, 16, 3]), '[2, 16, 16, 3]'),
             (reshape_input([16, 16, 16]), '[16, 16, 16]'),
             (reshape_input([1, 16, 16, 3], tfl.TensorType.INT32), 'int32'),
             (only_scores, '[1, 1000]'), (second_input, '2 inputs')]
    for number, (edit, words) in enumerate(cases):
        with pytest.raises(EncoderError) as caught:
            Encoder(tiny(tfl, tmp_path / f'{number}.tflite', edit))
        assert words in str(caught.value) and '\n' not in str(caught.value), str(caught.value)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    cases = {'missing': None, 'empty': b'', 'text': b'not a model at all', 'folder': 'folder',
             'cut': MODEL.read_bytes()[:-1000], 'half': MODEL.read_bytes()[:1_900_000],
             'head': MODEL.read_bytes()[:64]}
    for name, content in cases.items():
        path = tmp_path / f'{name}.tflite'
        if content == 'folder':
            path.mkdir()
        elif content is not None:
            path.write_bytes(content)
        # The YAML knows how the whole file looks, whatever the runtime makes of half of one.
        path.with_suffix('.yaml').write_text(MODEL.with_suffix('.yaml').read_text())
        with pytest.raises(EncoderError) as caught:
            Encoder(path)
        assert str(path) in str(caught.value) and '\n' not in str(caught.value)


def test_a_cut_model_without_description_is_refused(tmp_path):
    pytest.importorskip('ai_edge_litert', reason='older runtimes do not verify a model')
    content = MODEL.read_bytes()
    for length in (9, 100, 30_000, len(content) // 2, len(content) - 4):
        path = tmp_path / f'{length}.tflite'
        path.write_bytes(content[:length])
        with pytest.raises(EncoderError, match='cannot load'):
            Encoder(path)


def test_a_model_that_its_description_does_not_mean_is_refused(tmp_path):
    path = tmp_path / 'm.tflite'
    path.write_bytes(MODEL.read_bytes())
    notes = yaml.safe_load(MODEL.with_suffix('.yaml').read_text())
    for change, words in (({'sha256': '0' * 64}, 'sha256'), ({'embedding_scale': 0}, 'scale'),
                          ({'embedding_scale': 'small'}, 'small'),
                          ({'embedding_scale': float('inf')}, 'inf'),
                          ({'embedding_width': 'wide'}, 'wide')):
        path.with_suffix('.yaml').write_text(yaml.safe_dump({**notes, **change}))
        with pytest.raises(EncoderError, match=words):
            Encoder(path)
    for text in ('- a\n- list\n', 'a: [1', '\x00'):
        path.with_suffix('.yaml').write_text(text)
        with pytest.raises(EncoderError, match='description') as caught:
            Encoder(path)
        assert '\n' not in str(caught.value)


@pytest.mark.parametrize('rgb', [
    None, [[1]], np.zeros((224, 224, 3)), np.zeros((224, 224), np.uint8),
    np.zeros((1, 224, 224, 3), np.uint8), np.zeros((225, 224, 3), np.uint8)])
def test_a_wrong_picture_is_refused(encoder, rgb):
    with pytest.raises(EncoderError, match=r'uint8 picture of shape \(224, 224, 3\)'):
        encoder.codes(rgb)


@pytest.mark.parametrize('threads', [0, -1, 65, 1.0, None])
def test_a_wrong_thread_count_is_refused(threads):
    with pytest.raises(EncoderError, match='1 to 64 threads'):
        Encoder(MODEL, threads=threads)


def test_without_any_runtime_the_sentence_names_what_to_install(monkeypatch):
    for module, _ in RUNTIMES:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EncoderError) as caught:
        load_runtime()
    assert all(name in str(caught.value) for _, name in RUNTIMES)


def test_importing_the_module_loads_no_runtime():
    code = ('import sys, hybrid_snn_ros.vision.encoder\n'
            'names = ("ai_edge_litert", "tflite_runtime", "tensorflow")\n'
            'sys.exit(any(name in sys.modules for name in names))')
    assert subprocess.run([sys.executable, '-c', code], cwd=ROOT, timeout=900).returncode == 0
