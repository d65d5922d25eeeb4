# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo of several robots: what one is taught both know, and a cut is played and healed."""

import os
import subprocess
import sys

from checkout import ROOT
import cv2
from domains import fresh_domain
import pytest

pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
pytest.importorskip('msgpack', reason='msgpack is not installed (extra fleet)')


def test_two_robots_know_what_one_is_taught_and_a_cut_is_healed(tmp_path):
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'demo', '--robots', '2', '--frames', '4',
         '--condition', 'plain', '--output', str(tmp_path)],
        check=False, capture_output=True, text=True, cwd=ROOT, timeout=600,
        env={**os.environ, 'ROS_DOMAIN_ID': str(fresh_domain())})
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'belt gets out of reach' in done.stdout and 'ended with code' not in done.stderr
    lines = {line[:22].strip(): line for line in done.stdout.splitlines()}
    assert 'of 32 new views' in lines['named right elsewhere']
    assert '16 of 16 views' in lines['out of reach']
    picture = cv2.imread(str(tmp_path / 'fleet.png'))
    assert picture.shape[0] > 5 * 150 and picture.std() > 30
    for name in ('arm', 'belt'):
        assert (tmp_path / 'memory' / name / 'fleet.key').exists()
