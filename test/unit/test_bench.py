# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn bench``: the figures it makes, the report it writes, what it refuses."""

import getpass
import importlib.util
import json
import os
import platform
import socket
import sys

from checkout import ROOT
import numpy as np
import pytest
import strict_device

import hybrid_snn_ros
from hybrid_snn_ros.bench import figures, machine, share, sweeps, taking_back
from hybrid_snn_ros.bench.load import busy
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError

PARTS = ('decode', 'crop', 'encode', 'code', 'present', 'decide')
ROS = ('receive', 'publish') if importlib.util.find_spec('rclpy') else ()


def test_summary_is_of_the_times_given():
    assert figures.summary(np.arange(1, 102)) == {'p50': 51, 'p95': 96, 'p99': 100, 'max': 101}


def test_runs_are_joined_by_medians_and_the_worst():
    runs = [{'a': {'p50': p, 'p95': p + 1, 'p99': p + 2, 'max': p + 3}} for p in (5, 1, 2)]
    assert figures.over_runs(runs) == {'a': {'p50': 2, 'p95': 3, 'p99': 4, 'max': 8}}


def test_comparing_says_how_many_times_faster_what_both_have_is():
    def report(p50, **others):
        return {'stages': {'encode': {'p50': p50, 'p95': 2 * p50, 'p99': 9, 'max': 9}}, **others}
    lines = figures.compare(report(6.0, old={'x': figures.summary([1])}), report(4.0))
    assert len(lines) == 2
    assert lines[1].split() == ['stages/encode', '6.000', '4.000', '1.50x', '1.50x']
    assert figures.compare({}, report(1)) == ['nothing in the two reports can be compared']


def test_timing_counts_every_call_but_the_first():
    calls = []
    shown = figures.time_it(lambda: calls.append(1), seconds=0, least=7)
    assert len(calls) == 8
    assert 0 <= shown['p50'] <= shown['max'] < 1000


def test_own_memory_time_and_threads_are_read():
    now, peak = machine.resident_mb()
    assert 10 < now <= peak
    before = machine.cpu_seconds(os.getpid())
    while machine.cpu_seconds(os.getpid()) < before + 0.02:
        sum(range(10000))
    assert machine.threads_of(os.getpid()) >= 1
    assert set(machine.facts()) >= {'cpu', 'cores', 'governor', 'python', 'numpy', 'blas', 'load'}


def test_a_numpy_that_tells_nothing_of_its_blas_is_no_trouble(monkeypatch):
    """As NumPy 1.24 of Debian 12, whose show_config takes nothing and prints."""
    monkeypatch.setattr(np, 'show_config', lambda: None)
    assert machine.facts()['blas'] == 'not told by this NumPy'


def test_other_work_ends_with_its_block():
    children = f'/proc/{os.getpid()}/task/{os.getpid()}/children'
    before = set(open(children).read().split())
    with busy(2):
        assert len(set(open(children).read().split()) - before) == 2
    assert not set(open(children).read().split()) - before


@pytest.fixture(scope='module')
def report(tmp_path_factory):
    """Return the report of a quick benchmark, and what it printed is left to pytest."""
    path = tmp_path_factory.mktemp('bench') / 'new.json'
    assert main(['bench', '--quick', '--memory', '3x4', '--json', str(path), '--share',
                 str(path.with_name('share.json'))]) == 0
    return path, json.loads(path.read_text())


@pytest.mark.slow
def test_report_holds_every_stage_and_what_it_was_measured_on(report):
    _, found = report
    assert set(found['stages']) == {*PARTS, *ROS, 'whole', 'beside_encoder'}
    for row in found['stages'].values():
        assert 0 < row['p50'] <= row['p95'] <= row['p99'] <= row['max']
    stages = found['stages']
    parts = sum(stages[name]['p50'] for name in PARTS)
    assert parts == pytest.approx(stages['whole']['p50'], rel=0.5)
    assert len(found['model_digest']) == 64
    assert (found['backend'], found['backend_reason']) == ('numpy', 'numpy, as asked for')
    assert found['threads'] == 1 and found['interpreter']
    assert found['form'] == kernel.describe()
    assert set(found['sweeps']) == {
        'lateral', 'original', 'encoder_threads', 'blas_threads'}
    assert set(found['teach']) == {
        'encode', 'views', 'teach', 'whole', 'next_present', 'next_decide'}
    assert found['memory']['samples'] == 12


@pytest.mark.slow
def test_what_is_shared_has_the_figures_and_names_nobody(report):
    path, found = report
    text = path.with_name('share.json').read_text()
    sent = json.loads(text)
    assert sent['format'] == share.FORMAT and sent['version'] == hybrid_snn_ros.__version__
    assert sent['figures']['stages'] == found['stages']
    assert sent['figures']['memory']['changes'] == found['memory']['changes']
    assert sent['figures']['sweeps'] == found['sweeps']
    assert sent['run']['model_digest'] == found['model_digest']
    assert sent['machine']['cpu'] == found['machine']['cpu']
    for private in (str(path.parent), str(ROOT), os.path.expanduser('~') + '/', '.json',
                    f'"{getpass.getuser()}"', f'"{socket.gethostname()}"', 'new.json'):
        assert private not in text


def test_nothing_private_gets_into_what_is_shared():
    """Whatever a report may hold one day: only what is named is taken, and of figures numbers."""
    facts = {**machine.facts(), 'system': 'Linux-6.1-annas-kernel', 'hostname': 'anna-pc'}
    sent = share.shared({
        'command': 'hybrid-snn bench --json /home/anna/x.json', 'machine': facts,
        'encoder': 'annas_secret.tflite', 'model_digest': 'ab12',
        'interpreter': 'ai-edge-litert 2.3.0', 'delegate': '/home/anna/lib/libedgetpu.so.1',
        'backend': 'numpy', 'form': 'NumPy: cannot load /home/anna/_kernel.so',
        'backend_reason': 'numpy: the GPU was disabled (OSError: /home/anna/.cache)',
        'stages': {'encode': {'p50': 1.5, 'note': '/home/anna', 'list': [1, 'anna', [2]]}},
        'runs': [{'whole': {'p50': 2}, 'who': 'anna'}], 'notes': '/home/anna'})
    assert 'anna' not in json.dumps(sent)
    assert sent['run'] == {
        'model_digest': 'ab12', 'interpreter': 'ai-edge-litert 2.3.0', 'backend': 'numpy',
        'form': 'NumPy', 'backend_reason': 'numpy', 'delegate': 'libedgetpu.so.1'}
    assert sent['figures'] == {'stages': {'encode': {'p50': 1.5, 'list': [1, [2]]}},
                               'runs': [{'whole': {'p50': 2}}]}
    assert sent['machine']['kernel'] == platform.release().split('-')[0].rstrip('+')
    assert ' 4 measured numbers;' in share.described(sent)


@pytest.mark.parametrize('words, sentence', [
    (['--share', '/nowhere/x.json'], 'the directory of /nowhere/x.json does not exist'),
    (['--peers', '--share', 'x.json'], '--peers is measured alone')])
def test_a_share_that_cannot_be_written_is_refused_first(words, sentence, capsys):
    assert main(['bench', *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_network_on_a_device_is_timed(monkeypatch):
    """With the stand-in for a GPU, which see; what the device still has to do is waited for."""
    monkeypatch.setitem(sys.modules, 'cupy', strict_device)
    monkeypatch.setenv('CUPY_CACHE_DIR', '/not/used')
    monkeypatch.setattr(sweeps, 'INPUTS', 64)
    rows = sweeps.lateral_sweep((3,), 0.01, strict_device)
    assert set(rows['3']) == {'present_decide', 'teach', 'readout'}
    assert set(sweeps.original_sweep([(3, 2, 2)], 0.01, strict_device)) == {'3x2x2'}


def test_a_gpu_that_is_not_there_is_said(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'cupy', None)
    assert main(['bench', '--quick', '--backend', 'cupy']) == 1
    assert "pip install 'hybrid_snn_ros[cuda]'" in capsys.readouterr().err


@pytest.mark.parametrize('rule', ['lateral', 'original'])
def test_what_is_taken_back_is_timed_and_the_memory_is_as_before(rule, monkeypatch):
    """Every change is followed by one that takes it back; the next round finds what was there."""
    try:
        encoder = Encoder(shared_file('models', 'efficientnet_lite0_int8.tflite'))
    except EncoderError as error:
        pytest.skip(f'no TFLite runtime: {error}')
    seen = []
    close = Classifier.close
    monkeypatch.setattr(Classifier, 'close', lambda self: (
        seen.append(dict(self.state.counts)), close(self)))
    found = taking_back.measure(encoder, 3, 4, 2, rule)
    assert found['samples'] == 12
    assert {tuple(sorted(counts.items())) for counts in seen if counts} == {
        tuple((f'label {label}', 4) for label in range(3))}
    assert len(found['changes']) == 8
    for times in found['changes'].values():
        assert 0 < times['acknowledged']['p50'] <= times['in_effect']['p50']
    assert found['start']['p50'] > 0
    assert ('consolidation' in found) == (rule == 'lateral')


@pytest.mark.slow
def test_comparing_with_an_earlier_report_prints_ratios(report, capsys):
    path, found = report
    assert figures.compare(found, found)[1:] != []
    assert main(['bench', '--quick', '--compare', str(path)]) == 0
    printed = capsys.readouterr().out
    assert 'stages/encode' in printed and 'faster' in printed


@pytest.mark.parametrize('words, sentence', [
    (['--runs', '0'], '--runs must be at least 1, not 0'),
    (['--rate', '0'], '--rate must lie in 0.1..1000, not 0.0'),
    (['--busy', '-1'], '--busy must lie in 0..64, not -1'),
    (['--peers', '--plot', 'x.png'], '--peers is measured alone'),
    (['--json', '/no/place/x.json'], 'the directory of /no/place/x.json does not exist'),
    (['--compare', '/no/such/file'], '--compare /no/such/file is no report'),
    (['--quick', '--model', '/no/such.tflite'], 'the encoder model /no/such.tflite cannot be'),
])
def test_what_cannot_be_is_refused_in_one_sentence(words, sentence, capsys):
    assert main(['bench', *words]) in (1, 2)
    error = capsys.readouterr().err.strip()
    assert error.startswith('hybrid-snn bench: ') and '\n' not in error
    assert sentence in error


def test_peers_that_are_not_installed_are_named(capsys):
    assert main(['bench', '--peers', '--quick']) == 0
    printed = capsys.readouterr().out
    assert 'ours without typicality' in printed and 'linear head' in printed
    for name in ('snntorch', 'spikingjelly', 'norse', 'bindsnet'):
        assert name in printed  # measured, or the reason why not
