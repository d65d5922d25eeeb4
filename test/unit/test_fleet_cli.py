# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn fleet``: keys, decisions and what a simulated fleet comes to."""

import json

from fleets import codes, FINGERPRINT, KEYS, store_of
import pytest

from hybrid_snn_ros.cli import fleet_plot
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.fleet.log import StoreLog
from hybrid_snn_ros.fleet.simulation import simulate
from hybrid_snn_ros.memory.disk_store import DiskStore


@pytest.fixture
def memory(tmp_path):
    """The directory of a memory with one lesson."""
    with DiskStore.open(tmp_path / 'memory', FINGERPRINT) as store:
        store.teach('box', codes(1))
    return tmp_path / 'memory'


def run(capsys, *words):
    """Run a command; return (exit code, stdout, stderr)."""
    code = main(['fleet', *map(str, words)])
    return code, *capsys.readouterr()


def test_the_key_stays_until_another_one_is_asked_for(memory, capsys):
    code, first, _ = run(capsys, 'key', '-m', memory)
    assert code == 0 and len(first.strip()) == 32
    assert run(capsys, 'key', '-m', memory)[1] == first
    other = run(capsys, 'key', '--new', '-m', memory)[1]
    assert other != first and run(capsys, 'key', '-m', memory)[1] == other
    assert len(list(memory.glob('fleet.key*'))) == 2
    assert DiskStore.open(memory, FINGERPRINT).author == other.strip()


def test_deny_takes_out_what_a_robot_taught_and_allow_brings_it_back(memory, capsys):
    author = KEYS[1].author
    assert run(capsys, 'allow', author.upper(), '--name', 'kitchen', '-m', memory) == (
        0, 'kitchen is allowed\n', '')
    with DiskStore.open(memory, FINGERPRINT) as store:
        other = store_of(KEYS[1])
        other.teach('mug', codes(2))
        other.teach('cup', codes(3))
        StoreLog(other, KEYS[1]).refresh()
        store.admit(other.records_of(author, 1, 9))
    rows = run(capsys, 'list', '-m', memory)[1].splitlines()
    assert rows[1].split()[1:5] == ['this', 'robot', '2', '1']
    assert rows[2].split()[:4] == [author, 'allowed', '2', '2'] and 'kitchen' in rows[2]
    assert 'are gone' in run(capsys, 'deny', author, '-m', memory)[1]
    assert run(capsys, 'list', '-m', memory)[1].splitlines()[2].split()[1:4] == [
        'denied', '2', '0']
    assert '2 samples are back' in run(capsys, 'allow', author, '-m', memory)[1]
    assert main(['state', 'verify', '-m', str(memory)]) == 0
    assert main(['state', 'log', '-m', str(memory)]) == 0
    shown = capsys.readouterr().out
    assert shown.count('  deny  ') == 1 and shown.count('  allow  ') == 2
    assert author in shown


@pytest.mark.parametrize('words, sentence', [
    (('allow', 'kitchen'), "'kitchen' is no robot: it is 32 hexadecimal digits"),
    (('sim', '--robots', 1), '--robots must be 2 to 1000, not 1'),
    (('sim', '--samples', -1), '--samples must be 0 to 100000, not -1'),
    (('sim', '--loss', 1), '--loss must be 0 to 0.9, not 1.0'),
    (('sim', '--loss', 'nan'), '--loss must be 0 to 0.9, not nan'),
    (('sim', '--rate', 0), '--rate must be 1 to 10000, not 0.0'),
    (('sim', '--seed', -1), '--seed must be 0 to')])
def test_what_cannot_be_is_refused_in_a_sentence(memory, capsys, words, sentence):
    place = () if words[0] == 'sim' else ('-m', memory)
    code, out, err = run(capsys, *words, *place)
    assert (code, out) == (2, '') and sentence in err and 'Traceback' not in err


def test_a_robot_cannot_decide_about_itself_or_without_a_memory(memory, tmp_path, capsys):
    author = run(capsys, 'key', '-m', memory)[1].strip()
    assert 'this robot itself' in run(capsys, 'deny', author, '-m', memory)[2]
    for command in (('key',), ('allow', author)):
        code, _, err = run(capsys, *command, '-m', tmp_path / 'nothing')
        assert code == 2 and 'there is no memory' in err
    assert not (tmp_path / 'nothing').exists()


def test_a_simulation_says_when_all_know_all_and_what_it_took(tmp_path, capsys):
    code, out, _ = run(capsys, 'sim', '--robots', 4, '--samples', 60, '--loss', 0.2,
                       '--json', tmp_path / 'figures.json')
    figures = json.loads((tmp_path / 'figures.json').read_text())
    assert code == 0 and 'all know all' in out
    assert figures['converged'] and len(figures['sent_bytes']) == 4
    assert figures['curve'][-1][1] == 60
    # each lesson was sent at least once, and no one sent more than was allowed
    assert sum(figures['sent_bytes']) > 60 * figures['record_bytes']
    most = figures['rate'] * (1 + figures['converged_s']) + 2000 * figures['converged_s']
    assert max(figures['sent_bytes']) <= most
    assert 0 < figures['idle_most_bytes_s'] < 200


def test_a_simulation_is_the_same_for_a_seed():
    one, other = (simulate(4, 40, 0.2, 5) for _ in range(2))
    assert one._replace(wall_s=0) == other._replace(wall_s=0)


def test_a_late_robot_knows_2000_samples_in_a_minute():
    """At 50 kB/s, three others that can answer, and a tenth of all messages lost."""
    figures = simulate(4, 2000, 0.1, 1, late=True)
    assert figures.converged and figures.converged_s < 60


def test_a_fleet_that_cannot_do_it_in_time_is_given_up():
    figures = simulate(2, 50, 0.0, 1, most_s=0.5)
    assert not figures.converged


def test_the_plot_is_a_picture(tmp_path):
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    path = fleet_plot.draw(simulate(3, 20, 0.1, 1), tmp_path)
    assert path.read_bytes().startswith(b'\x89PNG') and path.stat().st_size > 5000
