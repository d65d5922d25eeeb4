# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Shared memory of Fast DDS: what the killed left goes, what the living use stays and is named."""

import fcntl
import os
from pathlib import Path
import pwd
import re
import subprocess
import sys
import time

from checkout import ROOT
from domains import fresh_domain
import pytest
from ros_harness import NodeProcess, WAIT

from hybrid_snn_ros.ros import shared_memory

NAMES = ('fastdds_0123456789abcdef', 'fastdds_ffffffffffffffff', 'fastrtps_0a1b2c3d4e5f6071')
ME = pwd.getpwuid(os.getuid()).pw_name
PARTICIPANT = """
import time, rclpy
rclpy.init(args=[])
node = rclpy.create_node('participant')
print(*{line.split('/dev/shm/')[1].strip() for line in open('/proc/self/maps')
        if '/dev/shm/fast' in line}, flush=True)
time.sleep(600)
"""


def segment(place, name, age=60.0, size=1000):
    """Make a segment with its lock file; return the lock file, open."""
    (place / name).write_bytes(bytes(size))
    file = open(place / f'{name}_el', 'wb')
    os.utime(file.name, (time.time() - age,) * 2)
    return file


@pytest.fixture
def participant():
    """Start DDS participants that tell which files they map."""
    started = []

    def start(domain):
        process = subprocess.Popen([sys.executable, '-c', PARTICIPANT], stdout=subprocess.PIPE,
                                   text=True, env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
        started.append(process)
        return process, {shared_memory.PLACE / name for name in process.stdout.readline().split()}
    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def segments(files):
    return {path for path in files if re.fullmatch('fast(dds|rtps)_[0-9a-f]{16}', path.name)}


def test_segments_of_the_dead_go_and_all_else_stays(tmp_path):
    for name in NAMES:
        segment(tmp_path, name).close()
    alive = segment(tmp_path, 'fastdds_aaaaaaaaaaaaaaaa')
    fcntl.flock(alive, fcntl.LOCK_EX)
    segment(tmp_path, 'fastdds_bbbbbbbbbbbbbbbb', age=0.0).close()  # its lock may yet be taken
    kept = ['fastdds_cccccccccccccccc',  # without a lock file: its owner is about to make it
            'fastdds_port7413', 'fastdds_port7413_el', 'sem.fastdds_port7413_mutex', 'mine',
            'fastdds_0123', 'fast_datasharing_x', 'fastdds_0123456789abcdefg']
    for name in kept:
        (tmp_path / name).touch()
    assert shared_memory.clear(tmp_path) == ('removed shared memory that killed processes had '
                                             'left: 0.0 MB in 3 segments')
    assert {path.name for path in tmp_path.iterdir()} == {
        *kept, 'fastdds_aaaaaaaaaaaaaaaa', 'fastdds_aaaaaaaaaaaaaaaa_el',
        'fastdds_bbbbbbbbbbbbbbbb', 'fastdds_bbbbbbbbbbbbbbbb_el'}
    assert shared_memory.clear(tmp_path) == ''
    alive.close()
    assert shared_memory.clear(tmp_path).endswith(' in 1 segment')
    assert shared_memory.clear(tmp_path / 'absent') == ''


def test_what_kill_leaves_of_fast_dds_goes_and_the_living_keep_theirs(participant):
    # In domains of their own: a neighbour would map the other's segment, too.
    (killed, left), (_, used) = participant(fresh_domain()), participant(fresh_domain())
    assert segments(left) and segments(used) and not segments(left) & segments(used)
    shared_memory.clear()
    assert all(path.exists() for path in left | used)
    killed.kill()
    killed.wait()
    end = time.monotonic() + WAIT
    while any(path.exists() for path in segments(left)):
        assert time.monotonic() < end
        shared_memory.clear()
        time.sleep(0.1)
    assert all(path.exists() for path in used)


def test_a_node_clears_at_start(participant, tmp_path):
    killed, left = participant(fresh_domain())
    killed.kill()
    killed.wait()
    locks = [path.with_name(f'{path.name}_el') for path in segments(left)]
    end = time.monotonic() + WAIT
    while any(lock.exists() and time.time() - lock.stat().st_mtime < 3 for lock in locks):
        assert time.monotonic() < end
        time.sleep(0.1)
    with NodeProcess(tmp_path, fresh_domain(), memory=str(tmp_path / 'memory')) as node:
        node.wait_for_log('0 labels')
        assert not any(path.exists() for path in segments(left))
        node.end()


def test_living_processes_of_others_in_the_domain_are_named(tmp_path, monkeypatch):
    """The files are this user's, and asked for another one."""
    monkeypatch.setenv('ROS_DOMAIN_ID', '15')
    ask = os.getuid() + 1
    for name, port in (('fastdds', 11161), ('fastrtps', 11150), ('fastdds', 11399)):
        owner = segment(tmp_path, f'{name}_port{port}')
        assert shared_memory.neighbours(tmp_path, ask) == '', 'he is dead'
        fcntl.flock(owner, fcntl.LOCK_EX)
        said = shared_memory.neighbours(tmp_path, ask)
        assert said.startswith(f'nodes of user {ME} use shared memory that this node, of user ')
        assert 'fastdds_udp.xml' in said and '\n' not in said
        assert shared_memory.neighbours(tmp_path, os.getuid()) == ''
        for domain in ('14', '16', '0', ''):
            monkeypatch.setenv('ROS_DOMAIN_ID', domain)
            assert shared_memory.neighbours(tmp_path, ask) == '', 'he hears nothing of us anyway'
        monkeypatch.setenv('ROS_DOMAIN_ID', '15')
        owner.close()


def test_a_process_of_fast_dds_is_found_by_its_domain(participant, monkeypatch):
    domain = fresh_domain()
    participant(domain)
    for own, found in ((domain, True), (domain + 1, False)):
        monkeypatch.setenv('ROS_DOMAIN_ID', str(own))
        end = time.monotonic() + WAIT
        while bool(shared_memory.neighbours(user=os.getuid() + 1)) != found:
            assert time.monotonic() < end
            time.sleep(0.1)
    assert shared_memory.neighbours() == shared_memory.foreign() == ''


@pytest.mark.skipif(os.getuid() != 0, reason='only root can give files away')
@pytest.mark.parametrize('variable, profile, told', [
    ('FASTDDS_DEFAULT_PROFILES_FILE', '', True),
    ('FASTDDS_DEFAULT_PROFILES_FILE', str(ROOT / 'config' / 'fastdds.xml'), True),
    ('FASTDDS_DEFAULT_PROFILES_FILE', str(ROOT / 'config' / 'fastdds_udp.xml'), False),
    ('FASTRTPS_DEFAULT_PROFILES_FILE', str(ROOT / 'config' / 'fastdds_udp.xml'), False)])
def test_a_node_tells_of_other_users_unless_it_goes_by_network(participant, tmp_path, variable,
                                                               profile, told):
    domain = fresh_domain()
    _, files = participant(domain)
    for path in files - segments(files):
        os.chown(path, 12345, -1)
    time.sleep(2.5)  # a port younger than that may be about to be locked
    environment = dict.fromkeys(shared_memory.PROFILES, '') | {variable: profile}
    with NodeProcess(tmp_path, domain, environment=environment,
                     memory=str(tmp_path / 'memory')) as node:
        node.wait_for_log('0 labels')
        said = [line for line in node.log.splitlines() if 'nodes of user' in line]
        assert len(said) == told, node.log
        assert not told or 'nodes of user 12345 use shared memory that this node' in said[0]
        node.end()


def test_shared_memory_that_is_short_is_told_with_what_to_do(tmp_path, monkeypatch):
    assert shared_memory.short(tmp_path / 'absent') == ''
    monkeypatch.setattr(shared_memory, 'ROOM', 0)
    assert shared_memory.short(tmp_path) == ''
    monkeypatch.setattr(shared_memory, 'ROOM', 2**60)
    said = shared_memory.short(tmp_path)
    assert said.startswith(f'{Path(tmp_path)} has ') and 'fastdds shm clean' in said
    assert '--shm-size=' in said and '\n' not in said
