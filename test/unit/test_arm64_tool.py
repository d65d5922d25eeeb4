# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``make arm64`` without an ARM: what it compares, and what it says it lacks."""

import os
import shutil

import arm64
import arm64_codes
from debian_root import Missing
import numpy as np
import pytest


def saved(path, **arrays):
    """Save what was made of pictures; return its path."""
    np.savez(path, **arrays)
    return path


def test_nothing_that_differs_is_passed_over(tmp_path, capsys):
    ours = {'codes': np.arange(12, dtype=np.uint8).reshape(3, 4), 'network': np.array([7, 9]),
            'answers': np.array(['mug', 'star'])}
    left = saved(tmp_path / 'a.npz', **ours)
    assert arm64.compare(left, saved(tmp_path / 'b.npz', **ours))
    assert capsys.readouterr().out.split('\n')[0] == 'codes        0 of 12 differ'
    for name, value in (('codes', ours['codes'] + np.array([0, 0, 0, 3], np.uint8)),
                        ('network', np.array([7, 8])), ('answers', np.array(['mug', 'box'])),
                        ('codes', ours['codes'][:2])):
        assert not arm64.compare(left, saved(tmp_path / 'b.npz', **{**ours, name: value}))
    said = capsys.readouterr().out
    assert 'codes        3 of 12 differ, at most 3 steps' in said
    assert 'network      1 of 2 differ\n' in said and 'answers      1 of 2 differ\n' in said


@pytest.mark.parametrize('machine, user, lacking, words', [
    ('aarch64', 0, (), 'this computer is a 64-bit ARM itself: make test'),
    ('x86_64', 1000, (), 'need root'),
    ('x86_64', 0, ('debootstrap',), 'debootstrap is not here: apt install debootstrap'),
    ('x86_64', 0, ('qemu-aarch64-static',), 'apt install qemu-user-static')])
def test_what_is_missing_is_said(monkeypatch, machine, user, lacking, words):
    monkeypatch.setattr(arm64.platform, 'machine', lambda: machine)
    monkeypatch.setattr(os, 'geteuid', lambda: user)
    monkeypatch.setattr(shutil, 'which', lambda name: None if name in lacking else f'/bin/{name}')
    with pytest.raises(Missing, match=words):
        arm64.check_emulator()


def test_an_emulator_that_is_not_registered_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(arm64.platform, 'machine', lambda: 'x86_64')
    monkeypatch.setattr(os, 'geteuid', lambda: 0)
    monkeypatch.setattr(shutil, 'which', lambda name: f'/bin/{name}')
    monkeypatch.setattr(arm64, 'Path', lambda path: tmp_path)
    with pytest.raises(Missing, match='mount -t binfmt_misc none'):
        arm64.check_emulator()
    (tmp_path / 'status').write_text('enabled')
    with pytest.raises(Missing, match='update-binfmts --enable qemu-aarch64'):
        arm64.check_emulator()
    (tmp_path / 'qemu-aarch64').write_text('enabled')
    arm64.check_emulator()


@pytest.mark.slow
def test_the_same_computer_makes_the_same_of_the_views_twice(tmp_path):
    pytest.importorskip('ai_edge_litert', reason='no TFLite runtime')
    arm64_codes.draw(tmp_path / 'views.npz')
    for name in ('a.npz', 'b.npz'):
        arm64_codes.measure(tmp_path / 'views.npz', tmp_path / name)
    assert arm64.compare(tmp_path / 'a.npz', tmp_path / 'b.npz')
    found = np.load(tmp_path / 'a.npz')
    assert found['codes'].shape == (60, 1280) and found['file_codes'].shape == (30, 1280)
    assert len({codes.tobytes() for codes in found['codes']}) == 60
