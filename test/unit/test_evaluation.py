# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The parts of an evaluation: metrics, protocols, sources of pictures, baselines, plots."""

import importlib.util
import os

import cv2
import numpy as np
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation import baselines, metrics, plots, protocols, report, runner
from hybrid_snn_ros.evaluation.folders import load_folder
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError
from hybrid_snn_ros.evaluation.turntable_source import load_turntable
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError
from hybrid_snn_ros.vision.runtime import load_runtime


def absent(module):
    return importlib.util.find_spec(module) is None


def no_runtime():
    try:
        load_runtime()
    except EncoderError:
        return True
    return False


needs_sklearn = pytest.mark.skipif(
    absent('sklearn'), reason='scikit-learn is not installed (extra baselines)')
needs_matplotlib = pytest.mark.skipif(
    absent('matplotlib'), reason='matplotlib is not installed (extra plots)')
needs_bullet = pytest.mark.skipif(
    absent('pybullet'), reason='pybullet is not installed (extra sim)')
needs_runtime = pytest.mark.skipif(no_runtime(), reason='no TFLite runtime is installed')

CLASSES, INPUTS, NOISE = 9, 160, 1.0


@pytest.fixture(scope='module')
def data():
    return clusters()


def clusters(train=12, test=6, noise=NOISE, classes=CLASSES, seed=0):
    """Return Embeddings of clusters that resemble each other and overlap."""
    draw = np.random.default_rng(seed)
    prototypes = (0.75 * draw.gamma(0.4, 40, INPUTS)
                  + 0.25 * draw.gamma(0.4, 40, (classes, INPUTS)))

    def views(samples):
        labels = np.repeat(np.arange(classes), samples)
        codes = prototypes[labels] * draw.lognormal(0, noise, (len(labels), INPUTS))
        return np.clip(codes, 0, 255).astype(np.uint8), labels

    return Embeddings('clusters', *views(train), *views(test),
                      [f'thing {c}' for c in range(classes)])


# -- metrics, by hand ----------------------------------------------------------------------------


def test_auroc_counts_pairs_and_half_of_the_ties():
    # Unknown 0 lies below all three; unknown 2 below one and level with one: 4.5 of 6 pairs.
    assert metrics.auroc([3, 1, 2], [2, 0]) == pytest.approx(4.5 / 6)
    assert metrics.auroc([1.0, 2.0], [-np.inf, 0.0]) == 1
    assert metrics.auroc([1, 1], [1, 1, 1]) == 0.5


def test_detection_is_read_where_a_share_of_the_known_is_refused():
    known, unknown = [4, 2, 1, 3], [0, 0.5, 2.5, 9]
    # The threshold lies at 1, 2, 3, 4 where 0, 1, 2, 3 of the four known frames are refused.
    for real, detected in ((0, 0.5), (0.25, 0.5), (0.5, 0.75), (0.75, 0.75), (1, 1),
                           (0.375, 0.625)):
        assert metrics.detected_at(known, unknown, real) == pytest.approx(detected)


def test_the_calibration_error_is_the_mean_gap_over_bins():
    score, right = np.array([0.95, 0.95, 0.65, 0.1, 1.0]), np.array([1, 0, 1, 0, 1])
    table = metrics.reliability(score, right)
    assert table[9] == pytest.approx([3, 2.9 / 3, 2 / 3])
    assert table[6] == pytest.approx([1, 0.65, 1]) and table[1] == pytest.approx([1, 0.1, 0])
    assert table[:, 0].sum() == 5
    assert metrics.ece(score, right) == pytest.approx((0.9 + 0.35 + 0.1) / 5)
    assert metrics.ece(np.array([1.0, 0.0]), np.array([1, 0])) == 0


def test_confusion_and_accuracy_by_class():
    y_true, y_pred = np.array([0, 0, 2, 2, 2]), np.array([0, 2, 2, 2, -1])
    assert metrics.confusion(y_true, y_pred, 3).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 2]]
    share = metrics.per_class(y_true, y_true == y_pred, 3)
    assert share[[0, 2]] == pytest.approx([1 / 2, 2 / 3]) and np.isnan(share[1])


# -- protocols -----------------------------------------------------------------------------------


def test_few_shots_are_drawn_again_for_every_seed(data):
    draws = [protocols.draw(data.train_labels, 5, np.random.default_rng(s)) for s in (0, 0, 1)]
    assert (draws[0] == draws[1]).all() and set(draws[0]) != set(draws[2])
    for drawn in draws:
        assert (np.bincount(data.train_labels[drawn]) == 5).all()
        assert len(set(drawn)) == len(drawn)
    assert len(protocols.draw(data.train_labels, 99, np.random.default_rng(0))) == 9 * 12


@pytest.mark.parametrize('settings', [
    Settings(), Settings('few-shot', shots=2), Settings('few-shot', shots=2, curve=True),
    Settings('incremental', shots=2), Settings('open-set', shots=4, unknown=3),
    Settings('turntable')])
def test_progress_is_reported_to_the_very_end(data, settings):
    told = []
    protocols.run(data, settings, 0, lambda *counts: told.append(counts))
    total = told[0][1]
    assert told == [(step + 1, total) for step in range(total)]


def test_label_after_label_ends_where_shuffled_samples_do(data):
    few = protocols.run(data, Settings('few-shot', shots=4), 3)
    one_by_one = protocols.run(data, Settings('incremental', shots=4), 3)
    assert 0.6 < few.answers.correct.mean() < 1  # neither trivial nor hopeless
    assert (few.answers.y_pred == one_by_one.answers.y_pred).mean() >= 0.98
    assert one_by_one.answers.score == pytest.approx(few.answers.score, abs=0.01)
    assert one_by_one.figures['joint_accuracy'] == few.answers.correct.mean()


@pytest.mark.parametrize('rule', ['lateral', 'original'])
def test_forgetting_is_the_drop_from_the_best_look_to_the_last(data, rule):
    outcome = protocols.run(data, Settings('incremental', rule, shots=3), 1)
    random = np.random.default_rng(1)
    drawn = protocols.draw(data.train_labels, 3, random)
    random.permutation(drawn)
    classifier = Classifier(rule=rule, inputs=INPUTS, false_unknown=0)
    classes, seen = random.permutation(CLASSES), {}
    for label in classes:
        for sample in drawn[data.train_labels[drawn] == label]:
            classifier.teach(data.train[sample], str(label))
        seen[label] = []
        for c in seen:
            said = [classifier.predict(codes).label for codes in
                    data.test[data.test_labels == c]]
            seen[c].append(np.mean([one == str(c) for one in said]))
    assert outcome.figures['immediate'] == pytest.approx(np.mean([s[0] for s in seen.values()]))
    assert outcome.figures['forgetting'] == pytest.approx(
        np.mean([max(s) - s[-1] for s in seen.values()]))
    assert outcome.figures['forgetting'] > 0
    assert [known for known, _ in outcome.looks] == list(range(1, CLASSES + 1))
    assert list(outcome.looks[-1][1]) == list(classes)


def test_unknown_classes_are_never_taught(data):
    outcome = protocols.run(data, Settings('open-set', shots=8, unknown=3), 2)
    unknown, known = set(outcome.unknown.y_true), set(outcome.known.y_true)
    assert len(unknown) == 3 and len(known) == 6 and not unknown & known
    assert set(outcome.unknown.y_pred) <= known and outcome.samples == 6 * 8
    assert outcome.figures['unknown_detected'] == outcome.unknown.refused.mean() > 0.2
    assert outcome.figures['auroc'] > 0.8
    assert set(outcome.figures['unknown_detected_at']) == {'5%', '6.7%'}
    other = protocols.run(data, Settings('open-set', shots=8, unknown=3), 3)
    assert set(other.unknown.y_true) != unknown
    lenient = protocols.run(
        data, Settings('open-set', shots=8, unknown=3, false_unknown=0.4), 2)
    assert lenient.unknown.refused.mean() > outcome.unknown.refused.mean()
    assert lenient.known.refused.mean() > outcome.known.refused.mean()
    assert (lenient.answers.y_pred == outcome.answers.y_pred).all()  # rejection off in accuracies


def test_the_turntable_learns_new_objects_beside_those_it_knows(data):
    outcome = protocols.run(data, Settings('turntable'), 0)
    assert list(outcome.figures['new_accuracy']) == ['1', '5', '10']
    one, five, ten = outcome.figures['new_accuracy'].values()
    assert one < five <= ten + 0.1 and ten > 0.7
    new = set(outcome.unknown.y_true)
    assert len(new) == 3 and not new & set(outcome.known.y_true)
    assert set(outcome.answers.y_true) == set(range(CLASSES))
    assert outcome.samples == 6 * 12 + 3 * 10
    old = ~np.isin(outcome.answers.y_true, list(new))
    assert outcome.figures['base_after'] == outcome.answers.correct[old].mean()
    assert outcome.figures['base_accuracy'] == outcome.known.correct.mean()
    assert list(protocols.run(clusters(train=6), Settings('turntable'), 0)
                .figures['new_accuracy']) == ['1', '5']


def test_looking_while_it_learns_changes_nothing(data):
    plain, watched = (protocols.run(data, Settings(curve=curve), 0) for curve in (False, True))
    assert (plain.answers.score == watched.answers.score).all()
    samples, accuracy = zip(*watched.curve)
    assert samples[0] == 10 and samples[-1] == 108 and accuracy[-1] > accuracy[0]
    assert accuracy[-1] == watched.answers.correct.mean()  # all of the few are looked at


def test_orders_in_two_processes_are_those_of_one(data):
    settings = Settings('few-shot', shots=3, params={'ridge': 0.3})
    told = []
    one = runner.run(data, settings, [4, 5, 6])
    two = runner.run(data, settings, [4, 5, 6], 2, lambda *counts: told.append(counts))
    assert [(o.answers.score == t.answers.score).all() for o, t in zip(one, two)] == [True] * 3
    assert told[-1] == (3000, 3000)
    with pytest.raises(ValueError, match='ridge must lie in'):
        runner.run(data, settings._replace(params={'ridge': -1}), [1, 2], 2)


def test_orders_are_averaged(data):
    settings = Settings('turntable')
    outcomes = runner.run(data, settings, [0, 1])
    figures = report.summarise(outcomes, settings, data)
    for name in ('base_accuracy', 'auroc'):
        values = [o.figures[name] for o in outcomes]
        assert figures[name] == pytest.approx(np.mean(values))
        assert figures['sd'][name] == pytest.approx(np.std(values))
    assert figures['new_accuracy']['1'] == pytest.approx(
        np.mean([o.figures['new_accuracy']['1'] for o in outcomes]))
    assert figures['ece'] == pytest.approx(
        np.mean([metrics.ece(o.answers.score, o.answers.correct) for o in outcomes]))
    assert figures['false_unknown'] == pytest.approx(
        np.mean([o.known.refused.mean() for o in outcomes]))


# -- baselines -----------------------------------------------------------------------------------


@pytest.mark.slow
@needs_sklearn
@pytest.mark.parametrize('shots', [1, 12])
def test_ten_baselines_answer_what_is_easily_told_apart(shots):
    data = clusters(noise=0.1)
    drawn = protocols.draw(data.train_labels, shots, np.random.default_rng(0))
    said = baselines.answers(data.train[drawn], data.train_labels[drawn], data.test)
    assert len(said) == baselines.COUNT == 10
    for name, classes in said.items():
        assert (classes == data.test_labels).mean() > 0.95, name


@needs_sklearn
def test_baselines_see_the_samples_of_their_order(data):
    settings = Settings('few-shot', shots=2, baselines=True)
    outcomes = runner.run(data, settings, [0, 1])
    drawn = protocols.draw(data.train_labels, 2, np.random.default_rng(1))
    said = baselines.answers(data.train[drawn], data.train_labels[drawn], data.test, 1)
    assert outcomes[1].baselines['kNN 1'] == (said['kNN 1'] == data.test_labels).mean()
    assert outcomes[0].baselines != outcomes[1].baselines
    turntable = protocols.run(data, Settings('turntable', baselines=True), 0)
    assert list(turntable.baselines_new['class means']) == ['1', '5', '10']
    assert turntable.baselines_new['kNN 1']['10'] > turntable.baselines_new['kNN 1']['1']


# -- plots ---------------------------------------------------------------------------------------


@pytest.mark.slow
@needs_matplotlib
@pytest.mark.parametrize('settings, expected', [
    (Settings(curve=True), {'learning_curve'}),
    (Settings('incremental', shots=2, curve=True), {'forgetting'}),
    (Settings('open-set', shots=5, unknown=3), {'known_unknown'}),
    (Settings('questions', unknown=3), {'active_learning'}),
    (Settings('turntable'), {'learning_curve', 'known_unknown'})],
    ids=lambda value: getattr(value, 'protocol', ''))
def test_a_protocol_draws_what_it_has(data, tmp_path, settings, expected):
    outcomes = runner.run(data, settings, [0, 1])
    paths = plots.draw(tmp_path, outcomes, report.summarise(outcomes, settings, data), data)
    assert {path.stem for path in paths} == {'confusion', 'per_class', 'reliability'} | expected
    for path in paths:
        image = cv2.imread(str(path))
        assert min(image.shape[:2]) > 300 and len(np.unique(image)) > 20


# -- pictures as a source ------------------------------------------------------------------------


@pytest.fixture
def facade():
    return Classifier()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'hybrid_snn_ros' / 'embeddings'


@pytest.fixture
def pictures(tmp_path):
    """Return a folder of two classes, three and two pictures each, and one that is none."""
    draw = np.random.default_rng(0)
    root = tmp_path / 'things'
    for part, count in (('train', 3), ('test', 2)):
        for place, name in enumerate(('Löffel', 'mug')):
            (root / part / name).mkdir(parents=True)
            for number in range(count):
                image = draw.integers(0, 80, (90, 120, 3), dtype=np.uint8)
                cv2.circle(image, (60, 45), 25 + number, (255 * place, 120, 200), -1)
                ending = '.PNG' if number else '.jpg'
                (root / part / name / f'{number}{ending}').write_bytes(
                    cv2.imencode(ending.lower(), image)[1].tobytes())
    (root / 'train' / 'mug' / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\nnothing')
    (root / 'train' / 'mug' / 'notes.txt').write_text('no picture')
    return root


@needs_runtime
def test_a_folder_is_embedded_once(pictures, cache, facade, monkeypatch):
    remarks, told = [], []
    data = load_folder(pictures, facade, lambda *counts: told.append(counts), remarks.append)
    assert (data.name, data.class_names) == ('things', ['Löffel', 'mug'])
    assert data.train_labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.test_labels.tolist() == [0, 0, 1, 1]
    rgb = cv2.imread(str(pictures / 'test' / 'mug' / '1.PNG'))[..., ::-1]
    assert (data.test[3] == facade.frame_encoder.codes(rgb)).all()
    assert told == [(done + 1, 11) for done in range(11)]
    said = [*remarks]
    assert said[0] == 'left out: 1 (not a picture by its name): train/mug/notes.txt'
    assert said[1].startswith('left out: 1 (no picture that can be read): train/mug/broken.png (')
    assert len(list(cache.iterdir())) == 1

    def refuse(*_):
        raise AssertionError('embedded again')

    with monkeypatch.context() as patched:
        patched.setattr(Encoder, 'codes', refuse)
        again = load_folder(pictures, facade, remark=remarks.append)
        assert (again.train == data.train).all() and (again.test == data.test).all()
        assert again.class_names == data.class_names and again.name == 'things'
        assert remarks == said * 2
        os.utime(pictures / 'test' / 'mug' / '1.PNG', (1, 1))
        with pytest.raises(AssertionError, match='embedded again'):
            load_folder(pictures, facade)
        with pytest.raises(AssertionError, match='embedded again'):
            load_folder(pictures, Classifier(crop=facade.crop._replace(fraction=0.5)))


@needs_runtime
def test_a_cache_that_is_damaged_or_closed_is_done_without(pictures, cache, facade, monkeypatch):
    data = load_folder(pictures, facade)
    [path] = cache.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    assert (load_folder(pictures, facade).train == data.train).all()
    assert (load_folder(pictures, facade).train == data.train).all()
    monkeypatch.setenv('XDG_CACHE_HOME', str(path))  # a file, where a directory should be
    remarks = []
    assert (load_folder(pictures, facade, remark=remarks.append).train == data.train).all()
    assert any('cannot be cached' in remark for remark in remarks)


@needs_runtime
def test_without_a_home_nothing_is_cached(pictures, facade, monkeypatch):
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    monkeypatch.delenv('HOME', raising=False)
    # The user of a container has a number and neither a name nor a home.
    monkeypatch.setattr('pwd.getpwuid', {}.__getitem__)
    remarks = []
    assert len(load_folder(pictures, facade, remark=remarks.append).train)
    assert any('cannot be cached: Could not determine home' in remark for remark in remarks)


@pytest.mark.parametrize('change, sentence', [
    (lambda root: (root / 'test').rename(root / 'exam'), 'must hold train/ and test/'),
    (lambda root: (root / 'train' / 'mug').rename(root / 'train' / 'pan'),
     'test holds mug, which train does not'),
    (lambda root: (root / 'train' / 'mug').rename(root / 'train' / 'unknown'),
     'test holds mug, which train does not'),
    (lambda root: [path.unlink() for path in (root / 'test').rglob('*.*')],
     'test holds no folders with pictures'),
])
def test_a_folder_that_does_not_fit_is_refused_by_one_sentence(pictures, facade, change, sentence):
    change(pictures)
    with pytest.raises(SourceError, match=sentence):
        load_folder(pictures, facade)


@needs_runtime
def test_a_folder_without_readable_pictures_is_refused(pictures, cache, facade):
    for path in (pictures / 'test').rglob('*.*'):
        path.write_bytes(b'')
    with pytest.raises(SourceError, match='test holds no picture'):
        load_folder(pictures, facade)


# -- the turntable as a source -------------------------------------------------------------------


@pytest.mark.slow
@needs_runtime
@needs_bullet
def test_the_turntable_is_rendered_once_for_every_condition(cache, facade, monkeypatch):
    from hybrid_snn_ros.sim import turntable
    render_set, rendered = turntable.render_set, []

    def two_objects(condition, split, size, seed):
        rendered.append((condition, split))
        return render_set(condition, split, size, seed, names=('duck', 'mug'))

    monkeypatch.setattr(turntable, 'render_set', two_objects)
    data = load_turntable('plain', facade)
    assert (len(data.train), len(data.test), len(data.class_names)) == (20, 52, 30)
    assert data.test_labels.tolist() == [0] * 26 + [1] * 26
    assert (load_turntable('plain', facade).test == data.test).all()
    assert rendered == [('plain', 'train'), ('plain', 'test')]
    def refuse(*_):
        raise AssertionError('rendered again')

    monkeypatch.setattr(turntable, 'render_set', refuse)
    with pytest.raises(AssertionError, match='rendered again'):
        load_turntable('jitter', facade)
    classifier = Classifier(inputs=data.train.shape[1])
    for codes, label in zip(data.train, data.train_labels):
        classifier.teach(codes, data.class_names[label])
    right = [classifier.predict(codes).ranked[0][0] == data.class_names[label]
             for codes, label in zip(data.test, data.test_labels)]
    assert np.mean(right) > 0.95


def test_a_condition_that_does_not_exist_is_refused(facade):
    with pytest.raises(SourceError, match="one of plain, jitter, varied, not 'dark'"):
        load_turntable('dark', facade)
