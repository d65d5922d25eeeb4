# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn state`` as a person runs it."""

import re
import subprocess
import sys

import numpy as np
import pytest

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.cli.state_report import printable, table
from hybrid_snn_ros.memory.vault import Vault

IDENTITY = {'encoder': 'ab12', 'inputs': 8}


@pytest.fixture
def directory(tmp_path):
    """Return the directory of a memory with two labels."""
    with Vault.open(tmp_path / 'memory', IDENTITY, now=lambda: 1_700_000_000) as vault:
        vault.teach('mug', np.arange(8, dtype=np.uint8), '17.25')
        vault.teach('Tasse 杯', np.ones(8, np.uint8), '18.5', 'teach_frame')
        vault.teach('mug', np.zeros(8, np.uint8))
        vault.rename('Tasse 杯', 'cup')
        vault.remove(3)
        vault.save_snapshot({'P': np.ones((20, 20))}, {})
    return tmp_path / 'memory'


@pytest.fixture
def state(capsys):
    """Return a function that runs a command: (exit code, output, errors)."""
    def run(*words):
        try:
            code = main(['state', *map(str, words)])
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()
    return run


@pytest.mark.parametrize('command', ['show', 'verify', 'export', 'import', 'undo', 'redo',
                                     'rollback', 'compact', 'log', 'torture'])
def test_every_command_explains_itself(state, command):
    """With its exit codes."""
    code, out, _ = state(command, '--help')
    assert code == 0 and f'hybrid-snn state {command}' in out and '2 the command failed' in out


def test_show_names_labels_samples_ages_sizes_versions(state, directory):
    """One line a label, then the file."""
    code, out, error = state('show', '-m', directory)
    assert code == 0 and not error
    assert re.search(r'^1 +\d+ days ago +2023-11-1\d .* mug$', out, re.M)
    assert re.search(r'^1 +\d+ days ago .* cup$', out, re.M)
    assert '2 labels, 2 samples, version 5' in out
    assert re.search(r'^file .*journal, .* 5 entries$', out, re.M)
    assert re.search(r'^encoder +ab12$', out, re.M)
    assert re.search(r'^snapshot +state 5, 2023-.*, 3\.\d kB$', out, re.M)
    assert 'states 0 to 5 can be returned to' in out


def test_log_tells_who_taught_what_when(state, directory):
    """Oldest first, narrowed down on demand."""
    code, out, _ = state('log', '-m', directory)
    lines = out.splitlines()
    assert code == 0 and len(lines) == 6
    assert re.fullmatch(r'2 +2023-11-1\S+ \S+ +teach +2 +teach_frame +18\.5 +Tasse 杯', lines[2])
    assert lines[4].endswith('Tasse 杯 -> cup') and re.search(r'remove +3 +cli', lines[5])
    assert len(state('log', '-m', directory, '--last', 2)[1].splitlines()) == 3
    assert len(state('log', '-m', directory, '--label', 'cup')[1].splitlines()) == 2
    assert state('log', '-m', directory, '--last', '0')[0] == 2


def test_undo_and_redo_go_through_what_was_done(state, directory):
    """Whatever way it was done; `show` says what would be next, `log` what was taken back."""
    expected = ("the sample of 'mug' that was removed is back",
                "'cup' is 'Tasse 杯' again, with 1 sample", "sample 3 of 'mug' is taken back",
                "sample 2 of 'Tasse 杯' is taken back", "sample 1 of 'mug' is taken back")
    for said in expected:
        code, out, error = state('undo', '-m', directory)
        assert (code, out, error) == (0, said + '\n', '')
    code, out, error = state('undo', '-m', directory)
    assert code == 2 and error == 'hybrid-snn state: there is nothing to undo\n'
    assert 'nothing to take back' in state('show', '-m', directory)[1]
    for said in ("1 sample of 'mug' put back", "1 sample of 'Tasse 杯' put back",
                 "1 sample of 'mug' put back", "'Tasse 杯' is 'cup' again, with 1 sample",
                 "the sample of 'mug' is removed again"):
        assert state('redo', '-m', directory)[:2] == (0, said + '\n')
    assert state('redo', '-m', directory)[2] == (
        'hybrid-snn state: nothing was undone that could be put back\n')
    shown = state('show', '-m', directory)[1]
    assert re.search(r"^undo +would take back: a sample of 'mug' was removed, 2023-", shown, re.M)
    log = state('log', '-m', directory)[1].splitlines()
    assert [line.split()[3] for line in log[6:]] == ['undo'] * 5 + ['redo'] * 5
    code, _, error = state('undo', '-m', directory / 'elsewhere')
    assert code == 2 and 'nothing was taught yet' not in error and not (
        directory / 'elsewhere').exists()


def test_rollback_returns_to_any_version(state, directory):
    """Which is a change like any other."""
    assert state('rollback', '2', '-m', directory)[:2] == (
        0, 'what was known at version 2 is known again: 2 samples of 2 labels\n')
    assert state('undo', '-m', directory)[1] == 'the return to version 2 is taken back\n'
    for version, said in (('9', 'there is no state 9 to return to, only 0'), ('x', 'x'),
                          ('-1', '-1'), ('1.5', '1.5')):
        code, _, error = state('rollback', version, '-m', directory)
        assert code == 2 and said in error and 'Traceback' not in error


def test_verify_finds_one_flipped_bit(state, directory):
    """In the journal and in a snapshot."""
    code, out, _ = state('verify', '-m', directory)
    assert code == 0 and '1 snapshots read: every byte is as it was written' in out
    journal = directory / 'journal'
    content = bytearray(journal.read_bytes())
    content[-100] ^= 1
    journal.write_bytes(content)
    code, out, error = state('verify', '-m', directory)
    assert code == 1 and 'damage was found' in out
    assert 'entry 4 is lost; what follows was kept' in error
    assert 'belongs to a history that is not here any more' in error
    assert journal.read_bytes() == content, 'verify changes nothing'
    snapshot, = directory.glob('snapshot*')
    snapshot.write_bytes(snapshot.read_bytes()[:-1])
    assert 'checksum is wrong' in state('verify', '-m', directory)[2]
    code, _, error = state('show', '-m', directory)
    assert code == 1 and 'entry 4 is lost' in error


def test_export_and_import_carry_a_memory_to_another_robot(state, directory, tmp_path):
    """One file; twice imported is known already."""
    file, other = tmp_path / 'robot.memory', tmp_path / 'other'
    code, out, _ = state('export', file, '-m', directory)
    assert code == 0 and '2 samples of 2 labels' in out
    code, _, error = state('export', file, '-m', directory)
    assert code == 2 and 'is there already; give --force' in error
    assert state('export', file, '-m', directory, '--force')[0] == 0
    code, out, error = state('import', file, '-m', other)
    assert code == 0 and '2 samples added, 0 were known; now 2 samples of 2 labels' in out, error
    assert '0 samples added, 2 were known' in state('import', file, '-m', other)[1]
    assert '2 samples added, 0 were known; now 2' in state(
        'import', file, '-m', other, '--replace')[1]
    with Vault.open(other, IDENTITY) as vault:
        assert vault.ledger.labels == ['mug', 'cup']
        code, _, error = state('import', file, '-m', other)
        assert code == 2 and 'is in use by process' in error
        assert state('show', '-m', other)[0] == 0, 'looking is always allowed'


def test_import_refuses_what_does_not_fit(state, directory, tmp_path):
    """Another encoder, no memory at all."""
    other = tmp_path / 'other'
    with Vault.open(other, {'encoder': 'cd34', 'inputs': 8}) as vault:
        vault.teach('mug', np.zeros(8, np.uint8))
    code, _, error = state('import', other, '-m', directory)
    assert code == 2 and 'was taught with encoder cd34, here it is ab12' in error
    (tmp_path / 'text').write_text('not a memory')
    code, _, error = state('import', tmp_path / 'text', '-m', directory)
    assert code == 2 and 'is not a memory' in error
    code, _, error = state('import', tmp_path / 'none', '-m', directory)
    assert code == 2 and 'there is no memory' in error


def test_compact_drops_what_was_taken_back(state, directory, tmp_path):
    """And says how much that was; a memory that is not there is not made."""
    code, out, error = state('compact', '-m', directory)
    assert code == 0 and re.search(r'\d+ bytes before, \d+ bytes now, 2 samples', out), error
    assert len(state('log', '-m', directory)[1].splitlines()) == 3
    code, _, error = state('compact', '-m', tmp_path / 'none')
    assert code == 2 and 'there is no memory' in error
    assert not (tmp_path / 'none').exists()


def test_tables_hold_their_columns_and_their_tongue():
    """Wide characters take two columns; nothing steers the terminal."""
    assert table(('a', 'b'), [('杯', 1), ('e\u0301x', 2)]) == ['a   b', '杯  1', 'e\u0301x  2']
    assert printable('a\x1b[31m\u202eb') == 'a\\x1b[31m\\u202eb'
    assert printable('mug\u200b') == 'mug\\u200b' and printable('mug\ufe0f') == 'mug\\ufe0f'
    for label in ('می\u200cخواهم', '👩\u200d🚀'):
        assert printable(label) == label


@pytest.mark.slow
def test_a_short_torture(state):
    """Twenty kills; the full thousand is a command."""
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'state', 'torture', '--rounds', '20',
         '--seed', '1'], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert 'acknowledged changes lost: 0; memories that did not open: 0' in done.stdout
    assert int(re.search(r'(\d+) changes acknowledged', done.stdout)[1]) > 20
