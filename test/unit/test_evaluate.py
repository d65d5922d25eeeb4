# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""`hybrid-snn evaluate`: the command's figures on packs small and real, and what it refuses."""

import importlib.util
import json
import os
import subprocess
import sys

from checkout import EMBEDDINGS
import numpy as np
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.evaluation import protocols
from hybrid_snn_ros.evaluation.settings import Settings
from hybrid_snn_ros.evaluation.sources import load_pack, SourceError
from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.vision.encoder import EncoderError
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER
from hybrid_snn_ros.vision.runtime import load_runtime

needs_sklearn = pytest.mark.skipif(importlib.util.find_spec('sklearn') is None,
                                   reason='scikit-learn is not installed (extra baselines)')
needs_matplotlib = pytest.mark.skipif(importlib.util.find_spec('matplotlib') is None,
                                      reason='matplotlib is not installed (extra plots)')
# What every protocol writes, and what some add
FIGURES = {
    'protocol', 'source', 'rule', 'params', 'orders', 'seed', 'seconds', 'accuracy',
    'accuracy_sd', 'sd', 'per_class', 'baselines', 'ece', 'false_unknown',
    'false_unknown_nominal', 'samples', 'test_samples'}
NAMES = ('mug', 'duck', 'Löffel', 'tray')
INPUTS = 200


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    # The command sets these for its own process; here they must not outlive the test.
    for variable in ('OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS',
                     'OPENCV_FOR_THREADS_NUM'):
        monkeypatch.setenv(variable, '1')


def arrays(train=12, test=5, noise=0.5, seed=0):
    """Return the arrays of a pack: clusters, the labels of ``mug`` and ``duck`` overlap."""
    draw = np.random.default_rng(seed)
    prototypes = draw.gamma(0.4, 40, (len(NAMES), INPUTS))
    prototypes[1] = 0.8 * prototypes[0] + 0.2 * prototypes[1]

    def views(samples):
        labels = np.repeat(np.arange(len(NAMES)), samples).astype(np.int16)
        codes = prototypes[labels] * draw.lognormal(0, noise, (len(labels), INPUTS))
        return np.clip(codes, 0, 255).astype(np.uint8), labels

    (train_codes, train_labels), (test_codes, test_labels) = views(train), views(test)
    return {'X_train': train_codes, 'y_train': train_labels, 'X_test': test_codes,
            'y_test': test_labels, 'class_names': np.array(NAMES)}


def pack(directory, name='small', **changes):
    path = directory / f'{name}.npz'
    kept = {key: value for key, value in {**arrays(), **changes}.items() if value is not None}
    np.savez_compressed(path, **kept)
    return path


def evaluate(capsys, *words):
    """Run the command in this process, one order unless told; return (code, stdout, stderr)."""
    orders = [] if '--orders' in words else ['--orders', '1']
    code = main(['evaluate', *map(str, words), *orders])
    output = capsys.readouterr()
    return code, output.out, output.err


# -- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize('rule', ['lateral', 'original'])
def test_the_figures_are_those_of_the_classifier(tmp_path, capsys, rule):
    target = tmp_path / 'figures.json'
    code, out, err = evaluate(capsys, pack(tmp_path), '--rule', rule, '--json', target)
    assert (code, err) == (0, '')
    figures = json.loads(target.read_text(encoding='utf-8'))
    assert set(figures) == FIGURES
    data = arrays()
    classifier = Classifier(rule=rule, inputs=INPUTS, false_unknown=0)
    for sample in np.random.default_rng(0).permutation(len(data['X_train'])):
        classifier.teach(data['X_train'][sample], NAMES[data['y_train'][sample]])
    right = np.array([classifier.predict(codes).label == NAMES[label]
                      for codes, label in zip(data['X_test'], data['y_test'])])
    assert figures['accuracy'] == right.mean() >= 0.8
    assert figures['per_class'] == {
        name: right[data['y_test'] == c].mean() for c, name in enumerate(NAMES)}
    assert (figures['protocol'], figures['rule'], figures['orders']) == ('joint', rule, 1)
    assert (figures['params'], figures['accuracy_sd']) == ({}, 0)
    assert (figures['baselines'], figures['samples'], figures['test_samples']) == ({}, 48, 20)
    assert f'small: joint, rule {rule}, 1 order; 48 samples taught once, 20 asked' in out
    assert _row(out, 'accuracy') == [f'{100 * right.mean():.2f}', '0.00']


def _row(out, title):
    """Return the numbers behind a title in the table."""
    [line] = [line for line in out.splitlines() if line[:42].rstrip() == title]
    return line[42:].split()


@pytest.mark.parametrize('words, added', [
    (['--protocol', 'few-shot', '--shots', 3], {'shots'}),
    (['--protocol', 'newcomer', '--shots', 3], {'shots'}),
    (['--protocol', 'incremental', '--shots', 3],
     {'shots', 'immediate', 'forgetting', 'joint_accuracy'}),
    (['--protocol', 'open-set', '--unknown', 1, '--shots', 3],
     {'shots', 'unknown', 'unknown_detected', 'unknown_detected_at', 'auroc'}),
])
def test_every_protocol_writes_its_figures(tmp_path, capsys, words, added):
    target = tmp_path / 'figures.json'
    code, out, err = evaluate(capsys, pack(tmp_path), *words, '--orders', 3, '--json', target)
    assert (code, err) == (0, '')
    figures = json.loads(target.read_text(encoding='utf-8'))
    assert set(figures) == FIGURES | added
    assert (figures['protocol'], figures['shots'], figures['orders']) == (words[1], 3, 3)
    for name in (added | {'accuracy', 'ece', 'false_unknown'}) - {'shots', 'unknown'}:
        rates = figures[name].values() if isinstance(figures[name], dict) else [figures[name]]
        assert all(0 <= rate <= 1 for rate in rates)
        assert name in figures['sd']
    assert _row(out, 'accuracy')[0] == f"{100 * figures['accuracy']:.2f}"
    assert f'{words[1]}, 3 a class, rule lateral, 3 orders' in out


@pytest.mark.slow
@needs_sklearn
def test_baselines_are_told_and_the_best_is_named(tmp_path, capsys):
    target = tmp_path / 'figures.json'
    path = pack(tmp_path, **arrays(noise=1.0))
    code, out, _ = evaluate(capsys, path, '--baselines', '--orders', 2, '--json', target)
    figures = json.loads(target.read_text(encoding='utf-8'))
    assert code == 0 and len(figures['baselines']) == 10
    best = max(figures['baselines'].values())
    assert figures['baselines'][figures['best_baseline']] == best
    mean, _, ours = _row(out, f"{figures['best_baseline']} (best)")
    assert mean == f'{100 * best:.2f}'
    assert float(ours) == pytest.approx(100 * (figures['accuracy'] - best), abs=0.01)
    assert 'fitted once' in out and figures['baselines_orders'] == 1


@pytest.mark.slow
@needs_matplotlib
def test_plots_are_drawn_into_a_new_directory(tmp_path, capsys):
    code, out, err = evaluate(capsys, pack(tmp_path), '--plots', tmp_path / 'plots' / 'here')
    assert (code, err) == (0, '')
    drawn = sorted(path.name for path in (tmp_path / 'plots' / 'here').iterdir())
    assert drawn == ['confusion.png', 'learning_curve.png', 'per_class.png', 'reliability.png']
    assert f"plots in {tmp_path / 'plots' / 'here'}" in out


@pytest.mark.parametrize('option, module, extra', [
    ('--baselines', 'sklearn.svm', 'baselines'), ('--plots', 'matplotlib.figure', 'plots')])
def test_without_its_extra_an_option_is_refused_by_one_sentence(
        tmp_path, capsys, monkeypatch, option, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    words = [option] + ([str(tmp_path)] if option == '--plots' else [])
    code, out, err = evaluate(capsys, pack(tmp_path), *words)
    assert (code, out) == (2, '')
    assert f"(pip install 'hybrid_snn_ros[{extra}]')" in err and len(err.splitlines()) == 1


def test_the_share_of_right_answers_is_counted_class_by_class(tmp_path, capsys):
    # Test samples of "duck" labelled "tray" on purpose: all wrong, and nothing else.
    labels = arrays()['y_test']
    labels[labels == 1] = 3
    target = tmp_path / 'figures.json'
    clear = arrays(noise=0.05)
    evaluate(capsys, pack(tmp_path, X_train=clear['X_train'], X_test=clear['X_test'],
                          y_test=labels), '--json', target)
    figures = json.loads(target.read_text(encoding='utf-8'))
    assert figures['per_class'] == {'mug': 1, 'Löffel': 1, 'tray': 0.5}  # no test sample of duck
    assert figures['accuracy'] == 0.75


def test_orders_are_averaged_and_seeded(tmp_path, capsys):
    path, target = pack(tmp_path, **arrays(noise=1.3, test=40)), tmp_path / 'figures.json'

    def figures(*words):
        assert evaluate(capsys, path, '--rule', 'original', '--json', target, *words)[0] == 0
        found = json.loads(target.read_text(encoding='utf-8'))
        del found['seconds']
        return found

    single = [figures('--seed', seed) for seed in (3, 4)]
    accuracies = [one['accuracy'] for one in single]
    both = figures('--seed', 3, '--orders', 2)
    assert accuracies[0] != accuracies[1]
    assert both['accuracy'] == pytest.approx(np.mean(accuracies))
    assert both['accuracy_sd'] == pytest.approx(np.std(accuracies))
    for name in NAMES:
        assert both['per_class'][name] == pytest.approx(
            np.mean([one['per_class'][name] for one in single]))
    assert figures('--seed', 3) == single[0]  # repeatable


def test_constants_reach_the_rule(tmp_path, capsys):
    path, target = pack(tmp_path, **arrays(noise=1.3, test=40)), tmp_path / 'figures.json'
    for rule, setting, value in (
            ('lateral', 'ridge=1e3', 1000.0), ('original', 'budget=inf', float('inf')),
            ('original', 'tie_break=false', False)):
        code, out, _ = evaluate(capsys, path, '--rule', rule, '--set', setting, '--json', target)
        assert code == 0
        figures = json.loads(target.read_text(encoding='utf-8'))
        assert figures['params'] == {setting.split('=')[0]: value}
        data = load_pack(path)
        outcome = protocols.run(
            data, Settings(rule=rule, params=figures['params']), 0)
        assert figures['accuracy'] == outcome.answers.correct.mean()


# -- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize('changes, sentence', [
    ({'X_test': None}, 'lacks X_test; an embedding pack holds X_train, '),
    ({'class_names': None, 'y_test': None}, 'lacks y_test, class_names'),
    ({'X_train': arrays()['X_train'].astype(float)}, 'must hold uint8 codes'),
    ({'X_test': arrays()['X_test'].astype(np.int8)}, 'must hold uint8 codes'),
    ({'X_train': np.zeros(48, np.uint8)}, r'must hold uint8 codes .* not uint8 \(48,\)'),
    ({'y_train': np.zeros(47, int)}, 'a label for each'),
    ({'X_test': np.zeros((20, 9), np.uint8)}, r'of the same width; X_test is \(20, 9\)'),
    ({'X_test': np.zeros((0, INPUTS), np.uint8), 'y_test': np.zeros(0, int)}, 'at least one'),
    ({'y_test': np.full(20, 4)}, 'whole numbers below its number of classes, 4; y_test does not'),
    ({'y_train': np.full(48, -1)}, 'y_train does not'),
    ({'y_train': np.zeros(48)}, 'y_train does not'),
    ({'class_names': np.array(['a', 'b', 'c', 'a'])}, 'names a class twice'),
    ({'class_names': np.array(['a', 'b', 'c', ' c'])}, 'names a class twice'),
    ({'class_names': np.array(['a', 'b', 'c', 'unknown'])}, "'unknown' is the answer"),
    ({'class_names': np.array(['a', 'b', 'c', {}], dtype=object)}, 'is not an embedding pack'),
    ({'class_names': np.array('abcd')}, 'is not an embedding pack'),
])
def test_a_pack_that_does_not_fit_is_refused_by_one_sentence(tmp_path, capsys, changes, sentence):
    path = pack(tmp_path, **changes)
    with pytest.raises(SourceError, match=sentence):
        load_pack(path)
    code, out, err = evaluate(capsys, path)
    assert (code, out) == (2, '')
    assert err.startswith(f'hybrid-snn evaluate: {path}') and len(err.splitlines()) == 1


def test_a_file_that_is_no_pack_is_refused_by_one_sentence(tmp_path, capsys):
    whole = pack(tmp_path).read_bytes()
    path = tmp_path / 'bad.npz'
    draw = np.random.default_rng(0)
    flipped = np.frombuffer(whole, np.uint8).copy()
    flipped[draw.integers(60, len(whole) - 60, 200)] ^= 0x55
    single = tmp_path / 'single.npy'
    np.save(single, arrays()['X_train'])
    for content in (b'', b'mug', whole[:len(whole) // 2], whole[:-1], flipped.tobytes(),
                    single.read_bytes()):
        path.write_bytes(content)
        code, out, err = evaluate(capsys, path)
        assert (code, out) == (2, '')
        assert err.startswith(f'hybrid-snn evaluate: {path} ')
        assert len(err.splitlines()) == 1


def test_a_pack_that_is_not_there_is_refused(tmp_path, capsys):
    code, out, err = evaluate(capsys, tmp_path / 'absent.npz')
    assert (code, out) == (2, '')
    assert err == f"hybrid-snn evaluate: {tmp_path / 'absent.npz'} does not exist\n"
    code, _, err = evaluate(capsys, tmp_path)
    assert (code, len(err.splitlines())) == (2, 1)


@pytest.mark.parametrize('words, sentence', [
    (['--set', 'ridge'], "--set needs NAME=NUMBER (or true, false), not 'ridge'"),
    (['--set', 'ridge=much'], "not 'ridge=much'"),
    (['--set', 'ridge=[1]'], "not 'ridge=[1]'"),
    (['--set', 'ridge='], "not 'ridge='"),
    (['--set', 'speed=1'], 'no such constant: speed'),
    (['--set', 'copies=1'], 'no such constant: copies'),
    (['--set', 'ridge=-1'], 'ridge must lie in'),
    (['--set', 'seed=1.5'], 'seed must be a whole number'),
    (['--rule', 'original', '--set', 'copies=16'], 'copies must lie in 1..15, not 16'),
    (['--orders', '0'], '--orders must be at least 1, not 0'),
    (['--seed', '-1'], '--seed must be at least 0, not -1'),
    (['--jobs', '0'], '--jobs must be at least 1, not 0'),
    (['--shots', '3'], '--protocol joint takes no --shots'),
    (['--unknown', '1'], '--protocol joint takes no --unknown'),
    (['--protocol', 'few-shot'], '--protocol few-shot needs --shots K'),
    (['--protocol', 'few-shot', '--shots', '0'], '--shots must be at least 1, not 0'),
    (['--protocol', 'open-set'], 'needs --unknown 1..3 of the 4 classes of small, not 0'),
    (['--protocol', 'open-set', '--unknown', '4'], 'needs --unknown 1..3 of the 4 classes'),
    (['--protocol', 'open-set', '--unknown', '3', '--baselines'], 'needs --unknown 1..2 of'),
    (['--protocol', 'open-set', '--unknown', '1', '--other', '3'], '--other needs --unknown of'),
    (['--other', '3'], '--protocol joint takes no --other'),
    (['--times', '0'], '--times must be at least 1, not 0'),
    (['--protocol', 'incremental', '--times', '2'], 'incremental takes no --times'),
    (['--protocol', 'turntable'], '--protocol turntable needs the SOURCE turntable'),
    (['--false-unknown', '1'], 'must lie in [0, 1), not 1.0'),
    (['--model', 'any.tflite'], '--model, --crop and --roi need pictures'),
    (['--crop', '0.5'], 'small.npz holds embeddings'),
    (['--roi', '0', '0', '1', '0.5'], 'small.npz holds embeddings'),
    (['--json', '/nowhere/at/all.json'], 'the directory of --json /nowhere/at/all.json does not'),
])
def test_a_bad_setting_is_refused_by_one_sentence(tmp_path, capsys, words, sentence):
    code, out, err = evaluate(capsys, pack(tmp_path), *words)
    assert (code, out) == (2, '')
    assert err.startswith('hybrid-snn evaluate: ') and sentence in err
    assert len(err.splitlines()) == 1


def test_pictures_are_seen_by_the_encoder_and_in_the_crop_that_are_asked_for(
        tmp_path, capsys, monkeypatch):
    cv2 = pytest.importorskip('cv2')
    try:
        load_runtime()
    except EncoderError as error:
        pytest.skip(str(error))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    draw = np.random.default_rng(0)
    for part, count in (('train', 3), ('test', 2)):
        for colour, label in enumerate(('blue', 'green')):
            for number in range(count):
                picture = draw.integers(80, 120, (128, 128, 3), np.uint8)
                picture[:40, :, colour] = picture[-40:, :, colour] = 250  # grey in the middle
                folder = tmp_path / 'set' / part / label
                folder.mkdir(parents=True, exist_ok=True)
                assert cv2.imwrite(str(folder / f'{number}.png'), picture)
    found = {}
    for crop in ('1', '0.3'):
        output = tmp_path / f'{crop}.json'
        code, _, err = evaluate(capsys, tmp_path / 'set', '--crop', crop, '--orders', '1',
                                '--model', str(shared_file(*SHIPPED_ENCODER)),
                                '--json', str(output))
        assert code == 0, err
        found[crop] = json.loads(output.read_text())['accuracy']
    assert found['1'] == 1.0 > found['0.3']
    for words, sentence in ((('--crop', '1.5'), 'at most 1, it is 1.5'),
                            (('--model', '/nowhere.tflite'), '/nowhere.tflite cannot be read')):
        code, _, err = evaluate(capsys, tmp_path / 'set', *words)
        assert (code, len(err.splitlines())) == (2, 1) and sentence in err


def test_figures_that_cannot_be_written_are_still_shown(tmp_path, capsys):
    code, out, err = evaluate(capsys, pack(tmp_path), '--json', tmp_path)
    assert code == 1
    assert err.startswith(f'hybrid-snn evaluate: {tmp_path} cannot be written: ')
    assert _row(out, 'accuracy')


# -- the promise, by the real command ------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize('rule, promised', [('lateral', 0.973), ('original', 0.955)])
def test_caltech64_is_learned_in_one_pass(tmp_path, rule, promised):
    path = EMBEDDINGS / 'caltech64.npz'
    if not path.is_file():
        pytest.skip(f'{path.name} is not here: shared/data/embeddings lies beside the checkout')
    target = tmp_path / 'figures.json'
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'evaluate', path, '--rule', rule,
         '--orders', '1', '--json', target], capture_output=True, text=True, timeout=300,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
    assert done.returncode == 0, done.stderr
    figures = json.loads(target.read_text(encoding='utf-8'))
    assert figures['accuracy'] >= promised
    assert _row(done.stdout, 'accuracy')[0] == f"{100 * figures['accuracy']:.2f}"
    assert len(figures['per_class']) == 64
    assert '5415 samples taught once, 1355 asked' in done.stdout
