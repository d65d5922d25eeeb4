# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""CPU against GPU (``make gpu``): its figures and its sentences, on the stand-in for CuPy."""

import json
import os
import subprocess
import sys

from checkout import ROOT
import gpu
import pytest
import strict_device
from strict_device import traffic

from hybrid_snn_ros.bench import device, machine
from hybrid_snn_ros.snn import backend as backends

SMALL = device.Sizes((3, 9), 48, 0.005, (3, 4))


@pytest.fixture
def strict(monkeypatch):
    """Install the stand-in as CuPy, with 8 GiB of memory."""
    monkeypatch.setitem(sys.modules, 'cupy', strict_device)
    monkeypatch.setenv('CUPY_CACHE_DIR', '/not/used')
    monkeypatch.setattr(backends, 'devices', lambda: 1)
    monkeypatch.setattr(strict_device.cuda.runtime, 'memGetInfo', lambda: (2 ** 33, 2 ** 33),
                        raising=False)
    yield
    traffic.recover()


def row(rule, labels, cpu, gpu, chosen, why='numpy, chosen by auto: which is faster from 1000 '
        'labels on'):
    """Return a row of the figures in which a frame took so many milliseconds."""
    works = {backend: {work: {'p50': value} for work in device.WORKS} if value else
             'not measured: it takes up to 9.0 GB, 1.0 GB are free'
             for backend, value in (('numpy', cpu), ('cupy', gpu))}
    times = {backend: value for backend, value in (('numpy', cpu), ('cupy', gpu)) if value}
    return {'rule': rule, 'labels': labels, **works, 'chosen': chosen, 'why': why,
            'fastest': min(times, key=times.get)}


def test_every_rule_is_timed_at_every_size_on_both(strict):
    said = []
    rows = device.networks(SMALL, said.append)
    assert [(one['rule'], one['labels']) for one in rows] == [
        ('lateral', 3), ('lateral', 9), ('original', 3), ('original', 9)]
    for one, line in zip(rows, said, strict=True):
        for backend in ('numpy', 'cupy'):
            assert all(0 < one[backend][work]['p50'] <= one[backend][work]['max']
                       for work in device.WORKS)
        assert one['fastest'] == min(('numpy', 'cupy'), key=lambda b: one[b]['frame']['p50'])
        assert one['chosen'] in ('numpy', 'cupy') and one['chosen'] in one['why']
        assert line.startswith(f"{one['rule']}, {one['labels']} labels: numpy frame ")


def test_a_network_that_does_not_fit_is_said_and_the_others_are_measured(strict, monkeypatch):
    each = 4 * (2 * 48 * 4 + 2 * 4 + 2 * 4)  # a column of the lateral rule, four times
    monkeypatch.setattr(device, 'available_bytes', lambda: 5 * each)
    rows = device.networks(SMALL._replace(labels=(3, 9)), lambda line: None)
    assert isinstance(rows[0]['numpy'], dict)
    assert rows[1]['numpy'].startswith('not measured: it takes up to ')
    assert rows[1]['numpy'].endswith(' GB are free')
    assert isinstance(rows[1]['cupy'], dict) and rows[1]['fastest'] == 'cupy'


def test_a_gpu_that_fails_on_the_way_is_said(strict):
    start = traffic.operations
    backends.load('cupy')
    traffic.lose_after(traffic.operations - start + 20)
    rows = device.networks(SMALL._replace(labels=(3,)), lambda line: None)
    assert rows[0]['cupy'].startswith('not measured: CUDARuntimeError: cudaErrorIllegalAddress')
    assert rows[0]['fastest'] == 'numpy'


def test_a_consolidation_has_the_same_bits_on_both(strict):
    found = device.consolidation(SMALL)
    assert found['samples'] == 12 and found['same_bits'] and 'lost' not in found
    assert found['numpy'] > 0 and found['cupy'] > 0


def test_a_gpu_lost_while_it_is_taught_is_no_measurement_of_it(strict):
    traffic.lose_after(60)
    assert 'cudaErrorIllegalAddress' in device.consolidation(SMALL)['lost']


@pytest.mark.parametrize('rows, sentence', [
    ([row('lateral', 64, 1, 2, 'numpy'), row('lateral', 1000, 3, 2, 'cupy')],
     'from 1000 labels on; auto takes what was faster at 2 of 2 sizes'),
    ([row('lateral', 64, 3, 2, 'numpy'), row('lateral', 1000, 1, 2, 'cupy')],
     'at none of these sizes; auto takes what was faster at 0 of 2 sizes'),
    ([row('lateral', 64, 3, 2, 'cupy'), row('lateral', 1000, 3, 2, 'numpy')],
     'from 64 labels on; auto takes what was faster at 1 of 2 sizes'),
    ([row('lateral', 64, 1, 2, 'numpy'), row('lateral', 1000, None, 2, 'cupy')],
     'from 1000 labels on; auto takes what was faster at 2 of 2 sizes')])
def test_what_auto_says_stands_beside_what_was_measured(rows, sentence):
    [line] = device.agreement(rows)
    assert line == ('lateral: auto says the GPU is faster from 1000 labels on; measured: '
                    + sentence)


def test_the_table_names_the_card_and_what_was_not_measured():
    lines = device.table(
        {'name': 'Some GPU', 'cupy': '14.0', 'cuda_runtime': '13.0', 'cuda_driver': '13.1'},
        machine.facts(), 'compiled kernel (avx2)',
        [row('lateral', 64, 0.5, 0.25, 'cupy'), row('original', 10000, 2, None, 'numpy')],
        {'samples': 12, 'numpy': 3.0, 'cupy': 4.0, 'same_bits': False})
    assert lines[0] == '### Some GPU'
    assert 'CuPy 14.0, CUDA 13.0 (driver 13.1), beside ' in lines[2]
    assert '| lateral | 64 | 0.5 | 0.25 | 0.5 | 0.25 | 0.5 | 0.25 | cupy |' in lines
    assert ('| original | 10000 | 2 | not measured | 2 | not measured | 2 | not measured | numpy |'
            in lines)
    assert 'original, 10000 labels, cupy: not measured: it takes up to 9.0 GB, 1.0 GB are free' \
        in lines
    assert lines[-2].endswith('4.0 ms for one on the GPU, OTHER BITS.')


# -- the command ---------------------------------------------------------------------------------

def run(directory, *words, **variables):
    """Run the tool in a process; return (code, stdout, stderr)."""
    done = subprocess.run(
        [sys.executable, str(ROOT / 'tools' / 'gpu.py'), '--output', str(directory / 'out'),
         *words], capture_output=True, text=True, timeout=300, cwd=directory,
        env={**os.environ, **variables})
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_all_of_it_on_the_stand_in(tmp_path):
    code, out, err = run(tmp_path, '--stand-in')
    assert code == 0, out + err
    report = json.loads((tmp_path / 'out' / 'gpu.json').read_text())
    assert report['gpu']['name'] == 'Strict Device'
    assert report['tests']['ran'] >= 12 and report['tests']['failed'] == 0
    assert report['tests']['skipped'] == 0
    assert len(report['networks']) == 4 and report['consolidation']['same_bits']
    text = (tmp_path / 'out' / 'gpu.md').read_text()
    assert text.startswith('### Strict Device\n') and text in out
    assert 'auto says the GPU is faster' in text


def test_without_cupy_it_says_so_in_a_sentence(tmp_path):
    (tmp_path / 'cupy.py').write_text("raise ImportError('no CuPy on this computer')\n")
    code, out, err = run(tmp_path, PYTHONPATH=str(tmp_path))
    assert (code, out) == (1, '')
    assert err == ("make gpu: nothing was measured: backend 'cupy' needs CuPy (pip install "
                   "'hybrid_snn_ros[cuda]', or with a driver of CUDA 13 "
                   "'hybrid_snn_ros[cupy-cuda13x]'): no CuPy on this computer\n")
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('body, found', [
    ('pass', {'ran': 1, 'failed': 0, 'skipped': 0, 'code': 0}),
    ('assert False', {'ran': 1, 'failed': 1, 'skipped': 0, 'code': 1}),
    ('import pytest; pytest.skip("no GPU")', {'ran': 0, 'failed': 0, 'skipped': 1, 'code': 0})])
def test_a_test_that_fails_or_skips_is_seen(tmp_path, monkeypatch, body, found):
    path = tmp_path / 'test_it.py'
    path.write_text(f'def test_on_cupy():\n    {body}\n\n\ndef test_other():\n    assert False\n')
    monkeypatch.setattr(gpu, 'TESTS', path)
    assert gpu.run_tests('cupy') == found


def test_free_memory_is_read():
    total = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    assert 2 ** 20 < machine.available_bytes() <= total
