# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn state`` as a person runs it."""

import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.cli.state_report import printable, table
from hybrid_snn_ros.memory.disk_store import DiskStore

FINGERPRINT = {'encoder': 'ab12', 'inputs': 8}


@pytest.fixture
def directory(tmp_path):
    """Return the directory of a memory with two labels."""
    with DiskStore.open(tmp_path / 'memory', FINGERPRINT, now=lambda: 1_700_000_000) as store:
        store.teach('mug', np.arange(8, dtype=np.uint8), '17.25')
        store.teach('Tasse 杯', np.ones(8, np.uint8), '18.5', 'teach_frame')
        store.teach('mug', np.zeros(8, np.uint8))
        store.rename('Tasse 杯', 'cup')
        store.remove(3)
        store.keep()
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


@pytest.mark.parametrize('command', ['show', 'verify', 'export', 'import', 'changes', 'undo',
                                     'redo', 'rollback', 'compact', 'migrate', 'log', 'torture'])
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
    assert re.search(r'^file .*memory\.db, .* 5 records$', out, re.M)
    assert re.search(r'^encoder +ab12$', out, re.M)
    assert re.search(r'^saved +version 5, 2023-.*$', out, re.M)
    assert 'versions 0 to 5 can be returned to' in out
    code, out, _ = state('show', '-m', directory, '--label', 'cup')
    assert code == 0 and re.fullmatch(r'2 +2023-\S+ \S+ +teach_frame +18\.5', out.splitlines()[1])
    assert state('show', '-m', directory, '--label', 'spoon')[0] == 2


def test_log_tells_who_taught_what_when(state, directory):
    """Oldest first, narrowed down on demand."""
    code, out, _ = state('log', '-m', directory)
    lines = out.splitlines()
    assert code == 0 and len(lines) == 6
    assert re.fullmatch(r'2 +2023-11-1\S+ \S+ +teach +teach_frame +18\.5 +Tasse 杯', lines[2])
    assert re.fullmatch(r'3 .* +teach +taken back +teach +mug', lines[3])
    assert lines[4].endswith('Tasse 杯 -> cup') and lines[5].endswith('mug (3)')
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
    assert [' taken back ' in line for line in log[6:]] == [True] * 5 + [False] * 5
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


def test_any_record_is_taken_back_by_its_number(state, directory):
    """However old: the name, and then that again; what is taken back already is refused."""
    assert state('undo', '--record', 4, '-m', directory)[:2] == (
        0, 'record 4 is taken back: 2 samples of 2 labels\n')
    assert 'Tasse 杯' in state('show', '-m', directory)[1]
    assert 'record 4 (rename) is taken back already' in state(
        'undo', '--record', 4, '-m', directory)[2]
    assert state('undo', '--record', 5, '-m', directory)[1].startswith('record 5 is taken back: 3')
    assert state('undo', '--record', 6, '-m', directory)[0] == 0
    assert re.search(r'^1 .* cup$', state('show', '-m', directory)[1], re.M)
    assert 'there is no record 99' in state('undo', '--record', 99, '-m', directory)[2]


def test_any_change_is_listed_and_taken_back_and_put_back_by_its_number(state, directory):
    """What came later stays; what is in the way is said."""
    def changes(*words):
        code, out, _ = state('changes', '-m', directory, *words)
        assert code == 0
        return [re.split(r'  +', line) for line in out.splitlines()[1:]]
    assert [(line[0], line[-1]) for line in changes()] == [
        ('5', "a sample of 'mug' was removed"), ('4', "'Tasse 杯' was renamed 'cup'"),
        ('3', "1 sample of 'mug', by teach"), ('2', "1 sample of 'cup', by teach_frame"),
        ('1', "1 sample of 'mug', by teach")]
    assert len(changes('--last', '2')) == 2
    assert state('undo', '--change', '4', '-m', directory)[:2] == (
        0, "'cup' is 'Tasse 杯' again, with 1 sample\n")
    assert [line[2] for line in changes() if line[0] == '4'] == ['taken back']
    code, out, error = state('undo', '--change', '3', '-m', directory)
    assert (code, out) == (2, '') and error == (
        "hybrid-snn state: change 3 stays as it is as long as change 5 (a sample of 'mug' was "
        'removed) stands, which came later; take that back first\n')
    assert state('undo', '--change', '1', '-m', directory)[:2] == (
        0, "sample 1 of 'mug' is taken back\n")
    assert state('redo', '--change', '4', '-m', directory)[:2] == (
        0, "'Tasse 杯' is 'cup' again, with 1 sample\n")
    assert state('redo', '--change', '4', '-m', directory)[2].endswith('is not taken back\n')
    assert state('undo', '--change', '4', '--record', '4', '-m', directory)[0] == 2


def test_verify_finds_one_flipped_bit(state, directory):
    """And changes nothing; what is not readable any more comes from the second copy, if there."""
    code, out, _ = state('verify', '-m', directory)
    assert code == 0 and re.search(r'digest [0-9a-f]{32}: every byte is as it was written', out)
    file = directory / 'memory.db'
    content = bytearray(file.read_bytes())
    content[content.index('Tasse 杯'.encode())] ^= 1
    file.write_bytes(content)
    code, out, error = state('verify', '-m', directory)
    assert code == 1 and 'damage was found' in out and 'all records up to 5 are there' in error
    (directory / 'memory.copy.db').unlink()
    code, out, error = state('verify', '-m', directory)
    assert code == 1 and 'damage was found' in out and re.search(r'record \d is lost', error)
    assert file.read_bytes() == content
    code, _, error = state('show', '-m', directory)
    assert code == 1 and 'is lost; all others are there' in error


def test_pictures_go_into_a_folder_a_label(state, tmp_path):
    """Under names that every system takes; a memory without any says so."""
    with DiskStore.open(tmp_path / 'memory', FINGERPRINT) as store:
        for label in ('mug', 'A/C unit', '..', 'Mug'):
            store.teach(label, np.ones(8, np.uint8), picture=label.encode())
        store.teach('mug', np.zeros(8, np.uint8))
    code, out, _ = state('export', '--pictures', tmp_path / 'out', '-m', tmp_path / 'memory')
    assert code == 0 and out.endswith('4 pictures; 1 samples have none\n')
    found = {str(path.relative_to(tmp_path / 'out')): path.read_bytes().decode()
             for path in (tmp_path / 'out').rglob('*.jpg')}
    assert found == {'mug/1.jpg': 'mug', 'A_C unit/2.jpg': 'A/C unit', '_./3.jpg': '..',
                     'Mug (2)/4.jpg': 'Mug'}
    assert state('show', '--label', 'Mug', '--pictures', tmp_path / 'one', '-m',
                 tmp_path / 'memory')[0] == 0
    assert [path.name for path in (tmp_path / 'one').iterdir()] == ['4.jpg']
    with DiskStore.open(tmp_path / 'none', FINGERPRINT) as store:
        store.teach('mug', np.ones(8, np.uint8))
    assert 'no picture is kept' in state('export', '--pictures', tmp_path / 'x', '-m',
                                         tmp_path / 'none')[2]


def test_migrate_encodes_every_picture_again(state, tmp_path):
    """Ids, labels and history stay, also of what is taken back; all of them or none."""
    pytest.importorskip('ai_edge_litert', reason='no TFLite runtime is installed')
    from hybrid_snn_ros.classifier import Classifier
    encoder = Classifier().encoder
    drawn = {}
    with DiskStore.open(tmp_path / 'memory', {'encoder': 'ab12', 'inputs': 8}) as store:
        for number in range(1, 7):
            picture = np.full((224, 224, 3), 40 * number, np.uint8)
            picture[::number + 1] = 255 - 20 * number
            jpeg = cv2.imencode('.jpg', picture)[1].tobytes()
            drawn[number] = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            store.teach(f'thing {number % 2}', np.full(8, number, np.uint8), picture=jpeg)
        store.forget('thing 1')
    code, out, error = state('migrate', '--model', encoder.path, '-m', tmp_path / 'memory')
    assert code == 0, error
    assert re.search(r'6 samples encoded again; right by leave-one-out: [\d.]+% before, [\d.]+% n',
                     out)
    assert state('undo', '-m', tmp_path / 'memory')[0] == 0
    with DiskStore.open(tmp_path / 'memory', Classifier().frame_encoder.fingerprint) as store:
        assert not store.remarks and store.state.counts == {'thing 1': 3, 'thing 0': 3}
        for number, sample in store.state.samples.items():
            assert (sample.codes == encoder.codes(np.ascontiguousarray(
                drawn[number][..., ::-1]))).all()
        store.teach('mug', np.zeros(1280, np.uint8))
        before = store.state.digest
    code, _, error = state('migrate', '--model', encoder.path, '-m', tmp_path / 'memory')
    assert code == 2 and '1 of 7 samples have no picture' in error
    with DiskStore.open(tmp_path / 'memory', None) as store:
        assert store.state.digest == before


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
    with DiskStore.open(other, FINGERPRINT) as store:
        assert store.state.labels == ['mug', 'cup']
        assert '0 samples added, 2 were known' in state('import', file, '-m', other)[1]
        assert state('undo', '-m', other)[0] == 0
        assert store.poll() and len(store.state.samples) == 2, 'while somebody has it open'


def test_import_refuses_what_does_not_fit(state, directory, tmp_path):
    """Another encoder, no memory at all."""
    other = tmp_path / 'other'
    with DiskStore.open(other, {'encoder': 'cd34', 'inputs': 8}) as store:
        store.teach('mug', np.zeros(8, np.uint8))
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
    assert code == 0 and re.search(r'\d+\.\d kB before, \d+\.\d kB now, 2 samples', out), error
    assert len(state('log', '-m', directory)[1].splitlines()) == 4, 'two samples and a name'
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
