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
from hybrid_snn_ros.memory import identity as identities
from hybrid_snn_ros.memory.contents import stored_identity
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import IdentityError
from hybrid_snn_ros.vision.encoder import Encoder
from hybrid_snn_ros.vision.golden import golden_codes, golden_picture


@pytest.fixture(scope='module')
def identity():
    """Return what the codes of the shipped encoder depend on here."""
    return Classifier().frame_encoder.identity


def text(codes):
    """Return codes as they stand in an identity."""
    return base64.b64encode(np.asarray(codes, np.uint8).tobytes()).decode()


def bent(identity, number):
    """Return an identity with that many golden codes of a level more."""
    codes = identities.golden(identity).copy()
    codes[np.flatnonzero((codes > 0) & (codes < 255))[:number]] += 1
    return {**identity, 'golden': text(codes)}


def taught(directory, identity):
    """Make a memory of this identity with a sample in it."""
    with DiskStore.open(directory, identity) as store:
        store.teach('mug', (np.arange(identity['inputs']) % 250).astype(np.uint8))
    return directory


def test_the_picture_is_the_same_on_every_computer():
    picture = golden_picture()
    assert picture.shape == (480, 640, 3) and picture.dtype == np.uint8
    assert zlib.crc32(picture.tobytes()) == 426727325
    # Dark and light, grey and coloured: an encoder has something to see.
    assert picture.min() < 30 and picture.max() > 240 and picture.std(axis=(0, 1)).min() > 30


def test_its_codes_are_in_the_identity_and_stay(identity):
    encoder = Encoder(MODEL)
    codes = golden_codes(encoder)
    assert codes.dtype == np.uint8 and codes.shape == (1280,)
    np.testing.assert_array_equal(identities.golden(identity), codes)
    np.testing.assert_array_equal(golden_codes(Encoder(MODEL, threads=2)), codes)
    assert 0.2 < (codes > 0).mean() < 0.8 and codes.max() > 100
    assert 'golden' not in Classifier(inputs=24).frame_encoder.identity


def test_the_head_start_means_the_same_here(identity):
    assert identities.golden(stored_identity(ROOT / 'models' / 'everyday.memory')) is not None
    knows = Classifier()
    knows.load(ROOT / 'models' / 'everyday.memory')
    assert len(knows.ledger.counts) == 63


def test_other_arithmetic_is_remarked_on_with_figures(tmp_path, identity):
    """XNNPACK and the runtime's own kernels round differently: the same model, other codes."""
    plain = Classifier(Encoder(MODEL, delegate='none'))
    theirs = identities.golden(plain.frame_encoder.identity)
    if np.array_equal(theirs, identities.golden(identity)):
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


def test_another_runtime_that_computes_the_same_is_no_news(identity):
    other = {**identity, 'runtime': 'another 9.9'}
    assert identities.compare('m', other, identity) == []


@pytest.mark.parametrize('change', [
    lambda codes: codes[::-1], lambda codes: np.zeros_like(codes), lambda codes: 255 - codes,
    lambda codes: np.roll(codes, 1), lambda codes: codes[:-1]])
def test_codes_that_mean_something_else_are_refused_and_nothing_is_lost(
        tmp_path, identity, change):
    wrong = {**identity, 'golden': text(change(identities.golden(identity))),
             'runtime': 'another 9.9'}
    memory = taught(tmp_path / 'memory', wrong)
    before = {path: path.read_bytes() for path in memory.iterdir() if path.name != 'lock'}
    classifier = Classifier()
    with pytest.raises(IdentityError) as caught:
        classifier.open(memory)
    sentence = str(caught.value)
    assert str(memory) in sentence and 'golden picture' in sentence
    assert 'choose another memory' in sentence and '\n' not in sentence
    with pytest.raises(IdentityError, match='golden picture'):
        classifier.open_readonly(memory, 'in use')
    with pytest.raises(IdentityError, match='golden picture'):
        classifier.load(memory)
    assert {path: path.read_bytes() for path in before} == before
    # Whoever computes as it was computed then has all of it.
    with DiskStore.open(memory, wrong) as store:
        assert list(store.state.counts) == ['mug'] and not store.remarks


def test_an_import_compares_them_too(tmp_path, identity, capsys):
    wrong = {**identity, 'golden': text(np.roll(identities.golden(identity), 7))}
    here, there = taught(tmp_path / 'here', identity), taught(tmp_path / 'there', wrong)
    assert main(['state', 'import', str(there), '-m', str(here)]) == 2
    assert 'golden picture' in capsys.readouterr().err
    slightly = taught(tmp_path / 'slightly', bent(identity, 40))
    assert main(['state', 'import', str(slightly), '-m', str(here)]) == 1  # done, and told
    said = capsys.readouterr()
    assert 'samples added' in said.out and '40 of 1280 codes of the golden picture' in said.err


def test_a_memory_from_before_is_used_and_told_of(tmp_path, identity):
    earlier = {key: value for key, value in identity.items() if key != 'golden'}
    memory = taught(tmp_path / 'memory', earlier)
    classifier = Classifier()
    remarks = classifier.open(memory)
    assert len(remarks) == 1 and 'before the crop was the same on every computer' in remarks[0]
    assert list(classifier.ledger.counts) == ['mug']
    classifier.close()
    # With another runtime besides, both are told.
    old = {**earlier, 'runtime': 'another 9.9'}
    assert len(identities.compare('m', old, identity)) == 2
    # And an earlier version reads a memory of this one.
    assert identities.compare('m', identity, earlier) == []


@pytest.mark.parametrize('damage', ['', 'é', 7, None, [1], 'AB=='[:3], '****'])
def test_what_are_no_codes_counts_as_none(identity, damage):
    assert len(identities.compare('m', {**identity, 'golden': damage}, identity)) == 1


@pytest.mark.parametrize('number', [1, 10, 400])
def test_a_few_codes_of_a_level_more_are_told_and_used(identity, number):
    [remark] = identities.compare('m', bent(identity, number), identity)
    assert f'({number} of 1280 codes of the golden picture differ' in remark
    assert identities.compare('m', bent(identity, 0), identity) == []


def test_state_show_names_them_shortly(tmp_path, identity, capsys):
    memory = taught(tmp_path / 'memory', identity)
    assert main(['state', 'show', '-m', str(memory)]) == 0
    shown = capsys.readouterr().out
    assert 'golden' in shown and '1280 codes, sha256 ' in shown
    assert identity['golden'][:40] not in shown
