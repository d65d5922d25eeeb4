# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Ablations: the variants are what they say, the figures come from the rules, logs are resumed."""

import json

import numpy as np
import pytest

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.evaluation import ablation, tuning
from hybrid_snn_ros.snn import lateral, original

INPUTS, CLASSES = 40, 4


def training_part(samples=160):
    """Return noisy codes of a few classes that share a pattern, and labels."""
    rng = np.random.default_rng(2)
    centres = rng.integers(0, 120, (CLASSES, INPUTS)) + rng.integers(0, 120, INPUTS)
    labels = np.arange(samples) % CLASSES
    noisy = centres[labels] + rng.normal(0, 25, (samples, INPUTS))
    return np.clip(noisy, 0, 255).astype(np.uint8), labels


@pytest.fixture
def pack(tmp_path):
    codes, labels = training_part()
    path = tmp_path / 'toys.npz'
    # The test part is noise under one label: were it touched, accuracies would show it.
    np.savez(path, X_train=codes, y_train=labels, X_test=255 - codes[:8],
             y_test=np.zeros(8, int), class_names=[f'toy {c}' for c in range(CLASSES)])
    return path


def test_variants_differ_from_the_default_and_are_within_limits():
    for variants, rule in ((ablation.LATERAL, lateral), (ablation.ORIGINAL, original)):
        seen = [rule.Params(**changes) for changes in variants.values()]
        for params in seen:
            rule.check(params)
        assert seen[0] == rule.Params()
        assert len(set(seen)) == len(seen)


def test_the_lateral_part_is_the_searchs_own_score():
    sets = {'toys': training_part()}
    task = next(task for task in ablation.tasks(sets, 2) if task.name == 'plain LDA')
    trial = tuning.run_trial(
        lateral.Params(prior_strength=0.0, bias_correction=0.0), sets, range(2))
    figures = ablation.run(task, sets)
    assert figures['mark'] == trial['mark']
    cells = trial['cells']
    assert figures['new'] == pytest.approx(
        np.mean([cells[f'toys: mature + {shots}'][3] for shots in tuning.NEW_SHOTS]))
    assert figures['equal'] == pytest.approx(
        np.mean([cells[name][1] for name in cells if 'mature' not in name]))


def test_the_float_read_out_is_the_batch_drive_but_for_int8():
    sets = {'toys': training_part()}
    task = next(task for task in ablation.tasks(sets, 1) if task.part == 'readout')
    figures = ablation.run(task, sets)
    assert set(figures) == {f'toys: {cell}: {kind}' for cell in ablation.READOUT_CELLS
                            for kind in ablation.READOUTS}
    params, (codes, labels) = lateral.Params(), sets['toys']
    counts = np.array([lateral.counts(params, code) for code in codes])
    cell = next(cell for cell in tuning.cells(labels, 0) if cell.name == 'all shots')
    expected = tuning.score(params, counts, labels, cell)[1]
    assert figures['toys: all shots: int8 drives'] == pytest.approx(expected)
    assert figures['toys: all shots: float drives'] == pytest.approx(expected, abs=5)
    assert figures['toys: all shots: spikes only'] <= figures['toys: all shots: float drives']


def test_the_original_part_teaches_one_pass_and_class_by_class():
    sets = {'toys': training_part()}
    task = next(task for task in ablation.tasks(sets, 2)
                if (task.part, task.name) == ('original', 'default'))
    figures = ablation.run(task, sets)
    assert set(figures) == {'toys joint', 'toys by class'}
    assert figures['toys joint'] >= 55  # by chance: 25
    assert figures == ablation.run(task, sets)


@pytest.mark.slow
def test_the_command_prints_aligned_tables_and_resumes(pack, tmp_path, capsys):
    log = tmp_path / 'log.jsonl'
    log.write_text(json.dumps({'trial': 0, 'mark': 1.0}) + '\n')  # of a search, to be left alone
    words = ['tune', str(pack), '--log', str(log), '--ablate', '--splits', '1', '--jobs', '2']
    assert main(words) == 0
    out, err = capsys.readouterr()
    total = len(ablation.LATERAL) + len(ablation.ORIGINAL) + 1
    assert len(err.splitlines()) == total
    tables = [table.splitlines() for table in out.strip('\n').split('\n\n')]
    assert [table[0].split('  ')[0] for table in tables] == [
        'lateral', 'read-out of lateral', 'original, one pass, shuffled',
        'original, 20 shots, class by class']
    for table in tables:
        assert len({len(line) for line in table}) == 1
    for place, variants in ((0, ablation.LATERAL), (2, ablation.ORIGINAL), (3, ablation.ORIGINAL)):
        assert [line.split('  ')[0] for line in tables[place][2:]] == list(variants)
        rows = [[float(word) for word in line.split()[-3:]]
                for line in tables[place][2:]]
        assert rows[0][-1] == 0
        if place:  # of one set the mean is the set's own figure
            for mean, own, difference in rows:
                assert mean == own
                assert difference == pytest.approx(mean - rows[0][0], abs=0.011)
    lines = log.read_text().splitlines()
    assert len(lines) == 1 + total
    # Cut off as if interrupted: only the missing ones are measured, the tables are the same.
    log.write_text('\n'.join(lines[:-3]) + '\n')
    assert main(words) == 0
    again, err = capsys.readouterr()
    assert again == out
    assert len(err.splitlines()) == 3
