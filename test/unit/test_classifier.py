# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The facade: teach, predict, unknown, and what it refuses, with codes and with frames."""

import os
import subprocess
import sys

import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.snn import lateral, original
from hybrid_snn_ros.snn.rules import RULES
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER
from hybrid_snn_ros.vision.framing import Crop
from hybrid_snn_ros.vision.runtime import load_runtime

INPUTS = 400
LABELS = ('mug', 'duck', 'lego brick', 'racecar', 'tray')


def cluster(kind, samples, seed=0):
    """Return views of one synthetic object: codes sparse and skewed like an encoder's."""
    prototype = np.random.default_rng([7, kind]).gamma(0.4, 40, INPUTS)
    draw = np.random.default_rng([8, kind, seed])
    views = prototype * draw.lognormal(0, 0.35, (samples, INPUTS)) + draw.gamma(
        0.3, 12, (samples, INPUTS))
    return np.clip(views, 0, 255).astype(np.uint8)


def lesson(samples, seed=0):
    """Return (codes, label) of all labels in a shuffled order."""
    pairs = [(codes, label) for kind, label in enumerate(LABELS)
             for codes in cluster(kind, samples, seed)]
    order = np.random.default_rng(seed).permutation(len(pairs))
    return [pairs[place] for place in order]


def taught(rule='lateral', samples=20, **options):
    classifier = Classifier(rule=rule, inputs=INPUTS, **options)
    for codes, label in lesson(samples):
        classifier.teach(codes, label)
    return classifier


@pytest.fixture(scope='module', params=RULES)
def learned(request):
    """A classifier of each rule that has been taught; tests must not teach it more."""
    return taught(request.param)


def responses(classifier, views):
    return [classifier.present(codes) for codes in views]


def identical(one, other):
    """Tell whether two lists of responses agree bit for bit."""
    return len(one) == len(other) > 0 and all(
        np.array_equal(a.spikes, b.spikes) and a.evidence.tobytes() == b.evidence.tobytes()
        and a.drives.tobytes() == b.drives.tobytes()
        and np.float64(a.typicality).tobytes() == np.float64(b.typicality).tobytes()
        for a, b in zip(one, other))


VIEWS = [codes for kind in range(len(LABELS)) for codes in cluster(kind, 3, seed=99)]


# -- teaching and answering ----------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES)
def test_nothing_taught_is_unknown(rule):
    answer = Classifier(rule=rule, inputs=INPUTS).predict(cluster(0, 1)[0])
    assert (answer.label, answer.score, answer.unknown) == ('unknown', 1.0, True)
    assert (answer.ranked, answer.p_value) == ([], 0.0)


@pytest.mark.parametrize('rule', RULES)
def test_one_frame_is_enough_to_be_named(rule):
    classifier = Classifier(rule=rule, inputs=INPUTS)
    assert classifier.teach(cluster(0, 1)[0], 'mug')[:3] == (1, 1, '')
    answer = classifier.predict(cluster(0, 1)[0])
    assert (answer.label, answer.unknown) == ('mug', False)
    assert answer.ranked == [('mug', 1.0)]


def test_new_views_are_named(learned, monkeypatch):
    monkeypatch.setattr(learned, 'false_unknown', 0)
    right = [learned.predict(codes).label == label for codes, label in lesson(20, seed=5)]
    assert np.mean(right) >= 0.99


def test_the_answer_is_ranked(learned, monkeypatch):
    monkeypatch.setattr(learned, 'false_unknown', 0)
    answer = learned.predict(cluster(2, 1, seed=5)[0])
    names = [name for name, _ in answer.ranked]
    scores = [score for _, score in answer.ranked]
    assert sorted(names) == sorted(LABELS)
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1)
    assert (answer.label, answer.score) == answer.ranked[0] == ('lego brick', scores[0])


def test_top_cuts_the_ranking():
    classifier = taught(samples=2, top=2)
    assert len(classifier.predict(VIEWS[0]).ranked) == 2


@pytest.mark.parametrize('rule', RULES)
def test_teaching_counts_samples_and_versions(rule):
    classifier = Classifier(rule=rule, inputs=INPUTS)
    assert classifier.version == 0
    results = [classifier.teach(codes, label)[:3] for codes, label in
               zip(cluster(0, 3), ('mug', 'duck', 'mug'))]
    assert results == [(1, 1, ''), (2, 1, ''), (3, 2, '')]
    assert classifier.version == 3
    assert classifier.labels == ['mug', 'duck']
    assert classifier.state.counts == {'mug': 2, 'duck': 1}


def test_labels_are_normalised():
    classifier = Classifier(inputs=INPUTS)
    classifier.teach(VIEWS[0], 'cafe\u0301')
    assert classifier.teach(VIEWS[0], ' café ', min_change=0).samples == 2
    assert classifier.predict(VIEWS[0]).label == 'café'


def test_a_label_taught_late_is_known_from_the_next_frame_on(learned):
    classifier = taught(learned.rule_name)
    newcomer = cluster(50, 8)
    for codes in newcomer[:4]:
        classifier.teach(codes, 'newcomer')
    classifier.false_unknown = 0
    assert [classifier.predict(codes).label for codes in newcomer[4:]] == ['newcomer'] * 4


def test_teaching_copies_the_codes():
    classifier = Classifier(inputs=INPUTS)
    buffer = VIEWS[0].copy()
    classifier.teach(buffer, 'mug')
    buffer[:] = 0  # as a camera driver that reuses its memory would
    assert np.array_equal(classifier.state.samples[1].codes, VIEWS[0])
    assert np.array_equal(classifier.network.lessons[0].codes, VIEWS[0])


# -- unknown -------------------------------------------------------------------------------------


def test_what_was_never_taught_is_unknown(learned, monkeypatch):
    monkeypatch.setattr(learned, 'false_unknown', 0.05)
    unknown = [learned.predict(codes) for kind in range(100, 106)
               for codes in cluster(kind, 10)]
    known = [learned.predict(codes) for codes, _ in lesson(20, seed=5)]
    assert np.mean([answer.unknown for answer in unknown]) >= 0.9
    assert np.mean([answer.unknown for answer in known]) <= 0.12  # 5 % nominal, 100 draws
    for answer in unknown + known:
        assert (answer.label == 'unknown') == answer.unknown
        assert not answer.unknown or answer.p_value < learned.false_unknown
        assert len(answer.ranked) == len(LABELS)
        if answer.unknown:
            assert answer.score == 1 - answer.p_value


def test_a_share_of_zero_answers_everything(learned, monkeypatch):
    monkeypatch.setattr(learned, 'false_unknown', 0)
    answers = [learned.predict(codes) for codes in cluster(100, 10)]
    assert not any(answer.unknown for answer in answers)
    assert all(answer.label in LABELS for answer in answers)


def test_nothing_is_called_unknown_before_there_are_records():
    classifier = Classifier(inputs=INPUTS)
    for kind, label in enumerate(LABELS):
        classifier.teach(cluster(kind, 1)[0], label)  # first samples leave no record
    assert not classifier.predict(cluster(100, 1)[0]).unknown


# -- the same again ------------------------------------------------------------------------------


def test_the_same_lesson_gives_the_same_answers_bit_for_bit(learned):
    again = taught(learned.rule_name)
    assert identical(responses(again, VIEWS), responses(learned, VIEWS))
    assert [again.predict(v) for v in VIEWS] == [learned.predict(v) for v in VIEWS]


def test_answering_changes_nothing(learned):
    first = responses(learned, VIEWS)
    for codes in cluster(3, 20):
        learned.predict(codes)
    assert identical(responses(learned, VIEWS), first)


def test_asking_between_lessons_changes_nothing(learned):
    curious = Classifier(rule=learned.rule_name, inputs=INPUTS)
    for codes, label in lesson(20):
        curious.predict(VIEWS[0])
        curious.teach(codes, label)
    assert identical(responses(curious, VIEWS), responses(learned, VIEWS))
    views = [*VIEWS, *cluster(100, 3)]
    assert [curious.predict(v) for v in views] == [learned.predict(v) for v in views]


def test_new_labels_do_not_make_the_others_unknown():
    """Asked at any moment, label taught after label, taught objects are refused about as set."""
    classifier = Classifier(inputs=INPUTS)
    fresh = [cluster(kind, 40, seed=77) for kind in range(6)]
    for kind, name in enumerate('abcdef'):
        for place, codes in enumerate(cluster(kind, 20, seed=1)):
            classifier.teach(codes, name)
            classifier.predict(codes)
            if kind and place in (0, 1, 3):
                refused = [classifier.predict(view).unknown
                           for views in fresh[:kind] for view in views]
                assert np.mean(refused) <= 0.2, f'{place + 1} samples of label {name}'


def test_all_labels_have_a_say_in_the_threshold_when_taught_in_turns():
    """What is looked at again is drawn from all labels, also where they come in a fixed turn."""
    classifier = Classifier(inputs=INPUTS)
    looks = [[cluster(kind + 20 * look, 120) for look in range(4)] for kind in range(4)]
    looks[0] = looks[0][:1]  # all labels but the first have four looks, so they vary more
    for place in range(400):
        for kind, label in enumerate('abcd'):
            classifier.teach(looks[kind][place % len(looks[kind])][place // 4], label)
    refused = [classifier.predict(codes).p_value < 0.05
               for views in looks[1:] for look in views for codes in look[100:]]
    assert 0.005 <= np.mean(refused) <= 0.13


# -- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize('options, sentence', [
    ({'rule': 'backprop'}, f"rule must be one of {', '.join(RULES)}, not 'backprop'"),
    ({'false_unknown': 1}, r'false_unknown must lie in \[0, 1\), not 1'),
    ({'false_unknown': -0.1}, 'false_unknown must lie'),
    ({'false_unknown': float('nan')}, 'false_unknown must lie'),
    ({'top': 0}, 'top must be at least 1, not 0'),
    ({'inputs': 0}, 'inputs must be at least 1, not 0'),
    ({'inputs': 5, 'encoder': 'x.tflite'}, 'inputs stands in for an encoder'),
    ({'params': {'speed': 1}}, 'no such constant: speed; there are saturation, '),
    ({'params': {'ridge': 0}}, r'ridge must lie in \(0, 1e\+06\], not 0'),
    ({'params': {'leak': 1.5}}, r'leak must lie in \[0, 1\], not 1.5'),
    ({'params': {'theta': float('nan')}}, 'theta must lie'),
    ({'params': {'fit_share': float('inf')}}, 'fit_share must lie'),
    ({'params': {'seed': -1}}, 'seed must be a whole number'),
    ({'params': {'seed': 1.5}}, 'seed must be a whole number'),
    ({'params': {'ridge': 'much'}}, "ridge must be a number, not 'much'"),
    ({'params': original.Params()}, "params must be a dict or the rule's own Params"),
    ({'params': 3}, "params must be a dict or the rule's own Params, not 3"),
    ({'rule': 'original', 'params': {'copies': 99}}, r'copies must lie in 1\.\.15, not 99'),
    ({'rule': 'original', 'params': lateral.Params()}, "params must be a dict or the rule's own"),
])
def test_bad_settings_are_refused_by_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        Classifier(**options)
    assert len(str(refusal.value).splitlines()) == 1


def test_constants_may_be_given_as_the_rules_own_tuple():
    params = lateral.Params(ridge=0.5)
    assert Classifier(inputs=INPUTS, params=params).params is params
    assert Classifier(inputs=INPUTS, params={'ridge': 0.5}).params == params


@pytest.mark.parametrize('frame', [
    np.zeros(INPUTS), np.zeros(INPUTS, np.int8), np.zeros((2, INPUTS), np.int8),
    np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.float32), np.uint8(3), 'mug', None,
    [1, 2, 3]])
def test_what_is_neither_frame_nor_codes_is_refused(frame):
    classifier = Classifier(inputs=INPUTS)
    for call in (classifier.predict, lambda f: classifier.teach(f, 'mug')):
        with pytest.raises(ValueError, match=r'a frame must be uint8 \(H, W, 3\) RGB, or uint8'):
            call(frame)
    assert len(classifier.labels) == 0


@pytest.mark.parametrize('width', [0, INPUTS - 1, INPUTS + 1])
def test_codes_of_another_width_are_refused(width):
    classifier = Classifier(inputs=INPUTS)
    for call in (classifier.predict, lambda f: classifier.teach(f, 'mug')):
        with pytest.raises(ValueError, match=f'has {INPUTS} inputs, the frame {width}'):
            call(np.zeros(width, np.uint8))
    assert len(classifier.labels) == 0


def test_frames_are_refused_where_no_encoder_was_wanted():
    classifier = Classifier(inputs=INPUTS)
    with pytest.raises(ValueError, match=f'codes of {INPUTS} inputs and has no encoder'):
        classifier.teach(np.zeros((8, 8, 3), np.uint8), 'mug')
    assert len(classifier.labels) == 0


@pytest.mark.parametrize('label', ['', 'unknown', 'a\nb', 'x' * 65, 5])
def test_a_bad_label_is_refused_and_nothing_is_learned(label):
    classifier = Classifier(inputs=INPUTS)
    with pytest.raises(LabelError):
        classifier.teach(VIEWS[0], label)
    assert (classifier.labels, classifier.version, classifier.state.samples) == ([], 0, {})


@pytest.mark.parametrize('rule', RULES)
def test_a_black_frame_and_a_saturated_one_are_answered(rule):
    classifier = taught(rule, samples=4)
    for value in (0, 255):
        codes = np.full(INPUTS, value, np.uint8)
        assert all(np.isfinite(s) for _, s in classifier.predict(codes).ranked)
        classifier.teach(codes, f'flat {value}')
        assert np.isfinite(classifier.present(codes).evidence).all()


def test_the_package_itself_needs_no_numpy():
    program = ("import sys, hybrid_snn_ros\nassert 'numpy' not in sys.modules\n"
               'print(hybrid_snn_ros.__version__)\nhybrid_snn_ros.Classifier\n'
               "assert 'numpy' in sys.modules and 'rclpy' not in sys.modules\n"
               'try:\n    hybrid_snn_ros.Nothing\nexcept AttributeError as error:\n'
               '    print(error)\n')
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True, timeout=60,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
    assert done.returncode == 0, done.stderr
    assert "module 'hybrid_snn_ros' has no attribute 'Nothing'" in done.stdout


# -- frames through the encoder that is shipped --------------------------------------------------


@pytest.fixture(scope='module')
def encoder():
    try:
        load_runtime()
    except EncoderError as error:
        pytest.skip(str(error))
    return Encoder(shared_file(*SHIPPED_ENCODER))


def picture(kind, view, side=160):
    """Return a coloured synthetic object, uint8 RGB, another place and light in every view."""
    draw = np.random.default_rng([kind, view])
    y, x = np.mgrid[:side, :side * 4 // 3] - (side // 2 + draw.integers(-12, 13, 2))[:, None, None]
    x = x - side // 6
    inside = (x ** 2 + y ** 2 < (side // 3) ** 2, np.maximum(abs(x), abs(y)) < side // 3,
              abs(x) < side // 12)[kind]
    colour = np.array([(220, 40, 30), (40, 60, 220), (240, 220, 60)][kind])
    stripes = ((x + y) // (8 + 8 * kind) % 2)[..., None] * 60
    image = np.where(inside[..., None], colour - stripes * (kind != 2), 120)
    return np.clip(image * draw.uniform(0.8, 1.15) + draw.normal(0, 4, image.shape),
                   0, 255).astype(np.uint8)


NAMES = ('disc', 'box', 'bar')


@pytest.fixture(scope='module')
def seeing(encoder):
    """A classifier taught three synthetic objects through the real encoder."""
    classifier = Classifier(encoder)
    for view in range(4):
        for kind, name in enumerate(NAMES):
            classifier.teach(picture(kind, view), name)
    return classifier


def test_frames_are_taught_and_named_in_new_views(seeing, monkeypatch):
    monkeypatch.setattr(seeing, 'false_unknown', 0)
    answers = [seeing.predict(picture(kind, view)).label
               for kind in range(3) for view in range(10, 14)]
    assert answers == [name for name in NAMES for _ in range(4)]


def test_a_frame_and_its_codes_are_the_same(seeing):
    frame = picture(1, 20)
    assert seeing.predict(frame) == seeing.predict(seeing.frame_encoder.codes(frame))


def test_any_memory_layout_of_a_frame_gives_the_same_answer(seeing):
    frame = picture(0, 21)
    mirrored_twice = np.asfortranarray(frame)[:, ::-1][:, ::-1]
    encode = seeing.frame_encoder.codes
    assert np.array_equal(encode(mirrored_twice), encode(frame))
    frame.flags.writeable = False
    assert seeing.predict(frame).label == seeing.predict(frame.copy()).label


def test_an_empty_frame_is_refused_by_a_sentence(seeing):
    with pytest.raises(ValueError, match='empty'):
        seeing.predict(np.zeros((0, 20, 3), np.uint8))


def test_a_file_of_frames_is_loaded_bit_for_bit(seeing, tmp_path):
    seeing.save(tmp_path / 'robot.memory')
    fresh = Classifier()  # the encoder that is shipped
    assert fresh.load(tmp_path / 'robot.memory') == []
    views = [seeing.frame_encoder.codes(picture(kind, 30)) for kind in range(3)]
    assert identical(responses(fresh, views), responses(seeing, views))
    assert fresh.frame_encoder.fingerprint == seeing.frame_encoder.fingerprint


@pytest.mark.parametrize('crop, name', [
    (Crop(0.5), 'crop 0.875, here it is 0.5'),
    (Crop(roi=(0.0, 0.0, 0.5, 1.0)), 'region of interest')])
def test_a_memory_of_another_crop_is_refused(seeing, encoder, tmp_path, crop, name):
    seeing.save(tmp_path / 'robot.memory')
    with pytest.raises(StoreError, match=f'taught with {name}'):
        Classifier(encoder, crop=crop).load(tmp_path / 'robot.memory')


def test_a_memory_of_another_encoder_is_refused(seeing, encoder, tmp_path):
    seeing.save(tmp_path / 'robot.memory')
    other = tmp_path / 'other.tflite'
    other.write_bytes(encoder.path.read_bytes() + b'\0')  # the same model, another file
    classifier = Classifier(other)
    with pytest.raises(StoreError, match=f'taught with encoder {encoder.digest}, here'):
        classifier.load(tmp_path / 'robot.memory')
    assert classifier.labels == []


def test_another_runtime_is_remarked(encoder, tmp_path):
    """Where nothing else tells whether codes differ; what was taught is used all the same."""
    classifier = Classifier(encoder)
    then = {**classifier.frame_encoder.fingerprint, 'runtime': 'tflite-runtime 2.14.0',
            'golden': ''}
    with DiskStore.open(tmp_path, then) as store:
        store.teach('mug', classifier.frame_encoder.codes(picture(0, 1)))
    for remember in (classifier.open, Classifier(encoder).load):
        remark = remember(tmp_path)[-1]
        assert 'tflite-runtime 2.14.0' in remark and encoder.runtime in remark
    assert classifier.predict(picture(0, 1)).label == 'mug'
    classifier.close()


def test_codes_of_another_width_than_the_encoders_are_refused(encoder):
    classifier = Classifier(encoder)
    with pytest.raises(ValueError, match=f'has {encoder.width} inputs, the frame {INPUTS}'):
        classifier.predict(VIEWS[0])


def test_a_missing_encoder_is_refused_by_a_sentence(tmp_path):
    with pytest.raises(EncoderError, match='cannot be read'):
        Classifier(tmp_path / 'absent.tflite').predict(np.zeros((8, 8, 3), np.uint8))
