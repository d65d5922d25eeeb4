# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What diagnostics are made of, without a node: the computer's files, times, queue, store."""

from pathlib import Path

import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory.files import FILE_NAME
from hybrid_snn_ros.ros import frame_queue, host_metrics
from hybrid_snn_ros.ros.frame_queue import LatestFrameQueue
from hybrid_snn_ros.ros.stage_times import STAGES, StageTimes

CODES = np.arange(8, dtype=np.uint8)


def tree(root, **files):
    """Write files below ``root``/sys, as the kernel does, each with its line end."""
    for path, content in files.items():
        target = Path(root, 'sys', path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f'{content}\n')


def zone(number, kind, degrees):
    return {f'class/thermal/thermal_zone{number}/type': kind,
            f'class/thermal/thermal_zone{number}/temp': degrees}


def cooler(number, kind, state, most=10):
    return {f'class/thermal/cooling_device{number}/{name}': value for name, value in (
        ('type', kind), ('cur_state', state), ('max_state', most))}


def policy(number, now, allowed, possible):
    return {f'devices/system/cpu/cpufreq/policy{number}/{name}': value for name, value in (
        ('scaling_cur_freq', now), ('scaling_max_freq', allowed),
        ('cpuinfo_max_freq', possible))}


def test_a_computer_that_tells_nothing_is_reported_as_nothing(tmp_path):
    assert host_metrics.read(tmp_path) == {}


def test_a_warm_board_tells_its_hottest_zone_and_its_clock(tmp_path):
    """A zone that is powered off, one that cannot be read and one of junk are passed over."""
    tree(tmp_path, **zone(0, 'cpu-thermal', 51500), **zone(1, 'gpu-thermal', 48000),
         **zone(2, 'cv0-thermal', -256000), **zone(3, 'junk', 'hot'),
         **policy(0, 729600, 1510400, 1984000), **policy(4, 1420800, 1510400, 1984000),
         **cooler(0, 'pwm-fan', 2), **cooler(1, 'cpufreq-cpu0', 0))
    (tmp_path / 'sys/class/thermal/thermal_zone4/temp').mkdir(parents=True)
    assert host_metrics.read(tmp_path) == {
        'temperature': '51.5 C (cpu-thermal, hottest of 2)',
        'clock': '1421 MHz, at most 1510 of 1984 allowed', 'throttled': 'no'}


def test_cooling_by_the_clock_is_throttling_and_a_fan_is_not(tmp_path):
    tree(tmp_path, **cooler(0, 'pwm-fan', 3), **cooler(1, 'cpufreq-cpu0', 4))
    assert host_metrics.read(tmp_path) == {'throttled': 'cpufreq-cpu0 by 4 of 10'}


@pytest.mark.parametrize('bits, said', [
    ('0', 'no'), ('50005', 'under-voltage, throttled'), ('80008', 'temperature limit'),
    ('20000', 'frequency capped before'),
    ('d0008', 'temperature limit, under-voltage before, throttled before')])
def test_a_raspberry_pi_says_what_holds_it_back(tmp_path, bits, said):
    tree(tmp_path, **{'devices/platform/soc/soc:firmware/get_throttled': bits})
    assert host_metrics.read(tmp_path) == {'throttled': said}


def test_times_are_those_of_the_last_frames():
    times = StageTimes(100)
    assert times.summary() == {} and times.spikes() is None
    for number in range(250):
        times.note({stage: number * 1e-3 * place for place, stage in enumerate(STAGES, 1)}, 3,
                   number)
    found = times.summary()
    assert list(found) == list(STAGES)
    assert found['latency'] == pytest.approx((199.5, 244.05, 248.01, 249.0))
    assert found['receive'].p50 == pytest.approx(399.0)
    assert str(found['latency']) == 'p50 199.50 p95 244.05 p99 248.01 max 249.00'
    assert times.spikes() == (3, 199.5)


def test_the_queue_keeps_the_newest_and_counts_the_rest():
    queue = LatestFrameQueue(2, now=iter((5.0, 6.0, 7.0)).__next__)
    for message in 'abc':
        queue.put(message)
    assert (queue.received, queue.dropped, len(queue)) == (3, 1, 2)
    first, second = queue.take(0), queue.take(0)
    assert (first.message, first.stamped) == ('b', 6.0)
    assert (second.message, second.stamped) == ('c', 7.0)
    assert first.put <= second.put
    assert queue.take(0) is None and len(queue) == 0


def test_the_store_tells_how_it_stands(tmp_path):
    """In this process only; on disk, with bytes and records; a reader."""
    classifier = Classifier(inputs=len(CODES))
    classifier.teach(CODES, 'mug')
    assert classifier.status() == {
        'store': 'none: what is taught lasts as long as this process'}
    classifier = Classifier(inputs=len(CODES))
    classifier.open(tmp_path)
    found = classifier.status()
    assert found.pop('store_bytes') >= (tmp_path / FILE_NAME).stat().st_size
    assert found == {'store': 'open', 'store_records': 0, 'store_since_copy': 0,
                     'store_written': 'not yet since the start'}
    classifier.teach(CODES, 'mug')
    classifier.teach(CODES[::-1].copy(), 'cup')
    found = classifier.status()
    assert (found['store_records'], found['store_since_copy']) == (2, 2)
    seconds, unit = found['store_written'].split(' ', 1)
    assert 0 <= float(seconds) < 60 and unit == 's ago'
    classifier.keep()
    assert classifier.status()['store_since_copy'] == 0
    classifier.close()
    frozen = Classifier(inputs=len(CODES))
    frozen.open_readonly(tmp_path, 'learning is off')
    assert frozen.status() == {'store': 'reader: learning is off'}


def test_a_frame_is_due_as_the_last_two_came(monkeypatch):
    """Nothing is known of the first two; frames that come very fast are not waited for."""
    now = [10.0]
    monkeypatch.setattr(frame_queue.time, 'perf_counter', lambda: now[0])
    queue = LatestFrameQueue(1)
    assert not queue.soon(0.005)
    queue.put('one')
    assert not queue.soon(0.005)
    now[0] = 10.1
    queue.put('two')
    for moment, due in ((10.1, False), (10.194, False), (10.196, True), (10.2, True),
                        (10.204, True), (10.206, False), (11.0, False)):
        now[0] = moment
        assert queue.soon(0.005) is due, moment
    now[0] = 10.11
    queue.put('three')
    now[0] = 10.12
    assert queue.soon(0.002) and not queue.soon(0.005)
