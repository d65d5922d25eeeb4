# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Foreign models are tried in a process of their own: damaged ones are refused, nothing dies."""

from concurrent.futures import ThreadPoolExecutor
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time

from damaged_models import flipped, noise, truncated
import pytest

from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.vision import probe as probing
from hybrid_snn_ros.vision.encoder import EncoderError
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER
from hybrid_snn_ros.vision.probe import load_probed, probe
from hybrid_snn_ros.vision.runtime import RUNTIMES

MODEL = shared_file(*SHIPPED_ENCODER)
SEEDS = range(12)


def tried(path):
    """Return the sentence with which the probe refuses a file, None where it takes it."""
    try:
        probe(path)
    except EncoderError as error:
        return str(error)
    return None


@pytest.mark.slow
@pytest.mark.parametrize('damage', [truncated, noise, flipped])
def test_three_dozen_damaged_models_are_refused_by_one_sentence_each(damage, tmp_path):
    """Nothing but EncoderError comes out; what loads and runs all the same is whole enough."""
    content, paths = MODEL.read_bytes(), []
    for seed in SEEDS:
        paths.append(tmp_path / f'{damage.__name__}{seed}.tflite')
        paths[-1].write_bytes(damage(content, seed))
    with ThreadPoolExecutor(3) as pool:
        sentences = list(pool.map(tried, paths))
    refused = [(path, sentence) for path, sentence in zip(paths, sentences) if sentence]
    # A flipped bit may hit a weight, which no runtime can tell from a right one.
    assert len(refused) >= (len(SEEDS) // 2 if damage is flipped else len(SEEDS))
    for path, sentence in refused:
        assert str(path) in sentence and '\n' not in sentence and len(sentence) < 450, sentence


def test_a_flipped_bit_anywhere_is_refused_where_the_yaml_names_the_sha256(tmp_path):
    content, path = MODEL.read_bytes(), tmp_path / MODEL.name
    shutil.copy(MODEL.with_suffix('.yaml'), tmp_path)
    for seed in range(4):
        path.write_bytes(flipped(content, seed))
        with pytest.raises(EncoderError, match='is not the model that .*yaml describes'):
            load_probed(path)


def test_the_shipped_model_is_known_by_its_sha256_and_others_are_tried(tmp_path, monkeypatch):
    children = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, 'run', lambda *a, **k: children.append(a) or run(*a, **k))
    copy, other = tmp_path / 'copy.tflite', tmp_path / 'other.tflite'
    shutil.copy(MODEL, copy)
    assert load_probed(None).path == MODEL and load_probed(copy).width == 1280
    assert not children
    other.write_bytes(MODEL.read_bytes() + b'and a tail')
    assert load_probed(other).digest == hashlib.sha256(other.read_bytes()).hexdigest()
    assert len(children) == 1


def test_what_the_probe_reports_is_the_model(tmp_path):
    assert probe(MODEL) == {'digest': hashlib.sha256(MODEL.read_bytes()).hexdigest(),
                            'input_size': 224, 'width': 1280}


def test_a_missing_model_is_named_like_before():
    with pytest.raises(EncoderError, match='/nowhere/m.tflite cannot be read: No such file'):
        load_probed('/nowhere/m.tflite')


def test_a_model_that_changes_between_trial_and_use_is_refused(tmp_path, monkeypatch):
    path = tmp_path / 'other.tflite'
    path.write_bytes(MODEL.read_bytes() + b'and a tail')
    monkeypatch.setattr(probing, 'probe', lambda *_: {'digest': '0' * 64})
    with pytest.raises(EncoderError, match='was replaced while it was being probed'):
        load_probed(path)


def misbehaving(tmp_path, deed):
    """Write a runtime, found first by whoever has tmp_path first in its path, that does it."""
    module = tmp_path.joinpath(*RUNTIMES[0][0].split('.')).with_suffix('.py')
    module.parent.mkdir()
    (module.parent / '__init__.py').touch()
    module.write_text('import os, signal, time\n'
                      f'class Interpreter:\n    def __init__(self, **_):\n        {deed}\n')


@pytest.mark.slow
@pytest.mark.parametrize('deed, sentence', [
    ('os.kill(os.getpid(), signal.SIGSEGV)', 'died of SIGSEGV'),
    ('os.abort()', 'died of SIGABRT'),
    ('os._exit(3)', 'ended with code 3'),
    ('os._exit(0)', 'gave no report'),
    ('print("{\\"width\\": -1}", flush=True); os._exit(0)', 'gave no report'),
    ('os.write(1, bytes(range(256))); os._exit(0)', 'gave no report'),
    ('raise KeyError', 'cannot be run: KeyError'),
    ('bytearray(8 << 30)', 'cannot be run: MemoryError'),
    ('time.sleep(60)', 'within 2 s')])
def test_whatever_native_code_does_to_the_child_is_one_sentence_here(
        deed, sentence, tmp_path, monkeypatch):
    """A runtime that misbehaves on purpose stands in for one that does over a damaged file."""
    misbehaving(tmp_path, deed)
    monkeypatch.syspath_prepend(tmp_path)
    begin = time.monotonic()
    with pytest.raises(EncoderError, match=sentence):
        probe(MODEL, seconds=2.0 if 'sleep' in deed else probing.SECONDS)
    assert time.monotonic() - begin < 10


def test_the_child_ends_itself_where_nobody_is_left_to_end_it(tmp_path):
    """Its own alarm: a parent that was killed cannot wait for it."""
    misbehaving(tmp_path, 'time.sleep(60)')
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    child = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.vision.probe', str(MODEL), '1', 'auto', '0.5'],
        env={**os.environ, 'PYTHONPATH': path}, timeout=20)
    assert child.returncode == -signal.SIGALRM
