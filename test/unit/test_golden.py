# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The golden picture: the same everywhere, and what its codes say of a memory."""

import base64
import zlib

from checkout import MODEL, ROOT
import numpy as np
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.contents import stored_fingerprint
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import FingerprintError
from hybrid_snn_ros.vision.encoder import Encoder
from hybrid_snn_ros.vision.golden import golden_codes, golden_picture


@pytest.fixture(scope='module')
def fingerprint():
    """Return what the codes of the shipped encoder depend on here."""
    return Classifier().frame_encoder.fingerprint


def text(codes):
    """Return codes as they stand in a fingerprint."""
    return base64.b64encode(np.asarray(codes, np.uint8).tobytes()).decode()


def bent(fingerprint, number):
    """Return a fingerprint with that many golden codes of a level more."""
    codes = fingerprints.golden(fingerprint).copy()
    codes[np.flatnonzero((codes > 0) & (codes < 255))[:number]] += 1
    return {**fingerprint, 'golden': text(codes)}


def taught(directory, fingerprint):
    """Make a memory of this fingerprint with a sample in it."""
    with DiskStore.open(directory, fingerprint) as store:
        store.teach('mug', (np.arange(fingerprint['inputs']) % 250).astype(np.uint8))
    return directory


def test_the_picture_is_the_same_on_every_computer():
    picture = golden_picture()
    assert picture.shape == (480, 640, 3) and picture.dtype == np.uint8
    assert zlib.crc32(picture.tobytes()) == 426727325
    # Dark and light, grey and coloured: an encoder has something to see.
    assert picture.min() < 30 and picture.max() > 240 and picture.std(axis=(0, 1)).min() > 30


def test_its_codes_are_in_the_fingerprint_and_stay(fingerprint):
    encoder = Encoder(MODEL)
    codes = golden_codes(encoder)
    assert codes.dtype == np.uint8 and codes.shape == (1280,)
    np.testing.assert_array_equal(fingerprints.golden(fingerprint), codes)
    np.testing.assert_array_equal(golden_codes(Encoder(MODEL, threads=2)), codes)
    assert 0.2 < (codes > 0).mean() < 0.8 and codes.max() > 100
    assert 'golden' not in Classifier(inputs=24).frame_encoder.fingerprint


def test_the_head_start_means_the_same_here(fingerprint):
    assert fingerprints.golden(stored_fingerprint(ROOT / 'models' / 'everyday.memory')) is not None
    knows = Classifier()
    knows.load(ROOT / 'models' / 'everyday.memory')
    assert len(knows.state.counts) == 63


def test_other_arithmetic_is_remarked_on_with_figures(tmp_path, fingerprint):
    """XNNPACK and the runtime's own kernels round differently: the same model, other codes."""
    plain = Classifier(Encoder(MODEL, delegate='none'))
    theirs = fingerprints.golden(plain.frame_encoder.fingerprint)
    if np.array_equal(theirs, fingerprints.golden(fingerprint)):
        pytest.skip('this runtime computes the same with and without a delegate')
    plain.open(tmp_path / 'memory')
    plain.teach(golden_picture(), 'mug')
    plain.close()
    here = Classifier()
    remarks = here.open(tmp_path / 'memory')
    assert len(remarks) == 1 and 'golden picture differ, cosine 0.99' in remarks[0]
    assert plain.encoder.runtime in remarks[0] and 'nothing needs to be done' in remarks[0]
    assert here.predict(golden_picture()).label == 'mug'
    here.close()


def test_another_runtime_that_computes_the_same_is_no_news(fingerprint):
    other = {**fingerprint, 'runtime': 'another 9.9'}
    assert fingerprints.compare('m', other, fingerprint) == []


@pytest.mark.parametrize('change', [
    lambda codes: codes[::-1], lambda codes: np.zeros_like(codes), lambda codes: 255 - codes,
    lambda codes: np.roll(codes, 1), lambda codes: codes[:-1]])
def test_codes_that_mean_something_else_are_refused_and_nothing_is_lost(
        tmp_path, fingerprint, change):
    wrong = {**fingerprint, 'golden': text(change(fingerprints.golden(fingerprint))),
             'runtime': 'another 9.9'}
    memory = taught(tmp_path / 'memory', wrong)
    before = {path: path.read_bytes() for path in memory.iterdir() if path.name != 'lock'}
    classifier = Classifier()
    with pytest.raises(FingerprintError) as caught:
        classifier.open(memory)
    sentence = str(caught.value)
    assert str(memory) in sentence and 'golden picture' in sentence
    assert 'choose another memory' in sentence and '\n' not in sentence
    with pytest.raises(FingerprintError, match='golden picture'):
        classifier.open_readonly(memory, 'in use')
    with pytest.raises(FingerprintError, match='golden picture'):
        classifier.load(memory)
    assert {path: path.read_bytes() for path in before} == before
    # Whoever computes as it was computed then has all of it.
    with DiskStore.open(memory, wrong) as store:
        assert list(store.state.counts) == ['mug'] and not store.remarks


def test_an_import_compares_them_too(tmp_path, fingerprint, capsys):
    wrong = {**fingerprint, 'golden': text(np.roll(fingerprints.golden(fingerprint), 7))}
    here, there = taught(tmp_path / 'here', fingerprint), taught(tmp_path / 'there', wrong)
    assert main(['state', 'import', str(there), '-m', str(here)]) == 2
    assert 'golden picture' in capsys.readouterr().err
    slightly = taught(tmp_path / 'slightly', bent(fingerprint, 40))
    assert main(['state', 'import', str(slightly), '-m', str(here)]) == 1  # done, and told
    said = capsys.readouterr()
    assert 'samples added' in said.out and '40 of 1280 codes of the golden picture' in said.err


def test_a_memory_from_before_is_used_and_told_of(tmp_path, fingerprint):
    earlier = {key: value for key, value in fingerprint.items() if key != 'golden'}
    memory = taught(tmp_path / 'memory', earlier)
    classifier = Classifier()
    remarks = classifier.open(memory)
    assert len(remarks) == 1 and 'before the crop was the same on every computer' in remarks[0]
    assert list(classifier.state.counts) == ['mug']
    classifier.close()
    # With another runtime besides, both are told.
    old = {**earlier, 'runtime': 'another 9.9'}
    assert len(fingerprints.compare('m', old, fingerprint)) == 2
    # And an earlier version reads a memory of this one.
    assert fingerprints.compare('m', fingerprint, earlier) == []


@pytest.mark.parametrize('damage', ['', 'é', 7, None, [1], 'AB=='[:3], '****'])
def test_what_are_no_codes_counts_as_none(fingerprint, damage):
    assert len(fingerprints.compare('m', {**fingerprint, 'golden': damage}, fingerprint)) == 1


@pytest.mark.parametrize('number', [1, 10, 400])
def test_a_few_codes_of_a_level_more_are_told_and_used(fingerprint, number):
    [remark] = fingerprints.compare('m', bent(fingerprint, number), fingerprint)
    assert f'({number} of 1280 codes of the golden picture differ' in remark
    assert fingerprints.compare('m', bent(fingerprint, 0), fingerprint) == []


def test_state_show_names_them_shortly(tmp_path, fingerprint, capsys):
    memory = taught(tmp_path / 'memory', fingerprint)
    assert main(['state', 'show', '-m', str(memory)]) == 0
    shown = capsys.readouterr().out
    assert 'golden' in shown and '1280 codes, sha256 ' in shown
    assert fingerprint['golden'][:40] not in shown
