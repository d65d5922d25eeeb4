# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A user's own Fast DDS profile reaches Fast DDS when the node runs."""

import os
import signal
import subprocess
import sys
import time

from checkout import ROOT
from domains import fresh_domain
import pytest

NEW, OLD = 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'


@pytest.mark.parametrize('variable', [NEW, OLD])
def test_run_leaves_a_users_profile_to_fast_dds(tmp_path, variable):
    """Fast DDS complains of that file, so it was read; and not of ours, which is sound."""
    broken = tmp_path / 'broken.xml'
    broken.write_text('<profiles><nonsense/></profiles>')
    environment = {name: value for name, value in os.environ.items() if name not in (NEW, OLD)}
    log = tmp_path / 'log'
    with open(log, 'wb') as output:
        process = subprocess.Popen(
            [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'run', '--set',
             f"memory={tmp_path / 'memory'}"], stdout=output, stderr=subprocess.STDOUT, cwd=ROOT,
            env={**environment, variable: str(broken), 'HOME': str(tmp_path),
                 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'PYTHONUNBUFFERED': '1',
                 'ROS_DOMAIN_ID': str(fresh_domain())})
    try:
        end = time.monotonic() + 30
        while '0 labels' not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    said = log.read_text()
    assert f'your Fast DDS profile {broken} ({variable}) is kept' in said
    assert 'XMLPARSER' in said or 'nonsense' in said, said
