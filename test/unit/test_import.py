# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Taking over samples of a file: whole, or refused; also of the format before."""

import os
import re
import shutil
import subprocess
import sys

from checkout import ROOT, SUPPORT
from memory_samples import codes
from memory_samples import FINGERPRINT as NARROW
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory.contents import read_store, read_whole
from hybrid_snn_ros.memory.database import PAGE_SIZE
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import DamagedError, OldFormatError, StoreError
from hybrid_snn_ros.memory.store import NewLesson

OLD = SUPPORT / 'data'  # old_journal.bin and old_export.bin, written by the version before
COUNT = 20  # samples of the file
FINGERPRINT = {**NARROW, 'inputs': 1280}


@pytest.fixture
def file(tmp_path):
    """Return the path of an export of twenty samples."""
    with DiskStore.open(tmp_path / 'teacher', FINGERPRINT) as store:
        store.teach_all([NewLesson(f'thing {number % 3}', codes(number, 1280), str(number))
                         for number in range(COUNT + 1)])
        store.remove(4)
        store.rename('thing 2', 'mug')
        contents_of.export(store.state, read_store(store.directory).head, tmp_path / 'x.memory')
    return tmp_path / 'x.memory'


@pytest.fixture
def robot(tmp_path):
    """Return the directory of a memory of two labels."""
    with DiskStore.open(tmp_path / 'robot', FINGERPRINT) as store:
        store.teach_all([NewLesson(label, codes(number + 50, 1280))
                         for number, label in enumerate(['mug', 'box', 'mug'])])
    return tmp_path / 'robot'


@pytest.fixture
def state(capsys):
    """Return a function that runs `hybrid-snn state`: (exit code, output, errors)."""
    def run(*words):
        code = main(['state', *map(str, words)])
        return code, *capsys.readouterr()
    return run


def _flipped(content, place):
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1:]


def _damages(content):
    """Yield (what, damaged content)."""
    for size in range(PAGE_SIZE, len(content), PAGE_SIZE):
        yield f'cut at {size}', content[:size]
        yield f'cut behind {size}', content[:size + 50]
    yield 'cut in the last byte', content[:-1]
    yield 'with a zero too much', content + bytes(1)
    yield 'with a page too much', content + bytes(PAGE_SIZE)
    for number in (0, 7, COUNT):
        place = content.index(codes(number, 1280).tobytes())
        yield f'a flipped bit in sample {number}', _flipped(content, place + 60)
        yield f'zeros in sample {number}', content[:place] + bytes(1280) + content[place + 1280:]
    yield 'a flipped bit in a name', _flipped(content, content.rindex(b'mug'))
    yield 'a flipped bit in its head', _flipped(content, content.index(b'fingerprint{') + 20)


def _listing(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_whole_file_is_whole_and_says_so(file):
    """One file, with nothing beside it; the one that is shipped as well."""
    assert not read_whole(file, replace=True).problems
    assert read_whole(file).state.counts == {'thing 0': 6, 'thing 1': 7, 'mug': 7}
    assert [path.name for path in file.parent.iterdir() if 'x.memory' in path.name] == ['x.memory']
    everyday = read_whole(ROOT / 'models' / 'everyday.memory', replace=True)
    assert len(everyday.state.samples) == 1890 and not everyday.problems


@pytest.mark.parametrize('words', [(), ('--replace',)], ids=['merge', 'replace'])
def test_what_is_damaged_or_cut_anywhere_is_refused_and_nothing_is_changed(
        file, robot, state, words):
    """Between pages, in every part, as a file and as the head start of a robot."""
    content, before = file.read_bytes(), _listing(robot)
    seen = 0
    for what, damaged in _damages(content):
        file.write_bytes(damaged)
        code, out, error = state('import', file, '-m', robot, *words)
        assert (code, out) == (2, '') and _listing(robot) == before, what
        assert re.search('nothing was taken over; --force takes what|is not a memory', error), what
        assert str(file) in error and len(error.splitlines()) == 1
        assert state('import', file, '-m', robot.with_name('none'), *words)[0] == 2
        assert not robot.with_name('none').exists(), 'nor is anything made'
        seen += 1
    assert seen > 15


def test_force_takes_what_can_be_read_and_says_what_is_missing(file, robot, state):
    content = file.read_bytes()
    file.write_bytes(_flipped(content, content.index(codes(7, 1280).tobytes()) + 3))
    code, out, error = state('import', file, '-m', robot, '--replace', '--force')
    assert code == 1 and '19 samples added' in out and '20 of 21 records are there' in error
    with DiskStore.open(robot, FINGERPRINT) as store:
        assert len(store.state.samples) == 19
        store.undo()
        assert store.state.counts == {'mug': 2, 'box': 1}
    file.write_bytes(content)
    assert state('import', file, '-m', robot, '--force')[0] == 0, 'a whole file needs none'


def test_nothing_is_forgotten_for_a_file_without_samples(tmp_path, robot, state):
    """Unless that is wanted; a merge with nothing changes nothing."""
    with DiskStore.open(tmp_path / 'emptied', FINGERPRINT) as store:
        store.teach('mug', codes(1, 1280))
        store.forget('mug')
        contents_of.export(store.state, read_store(store.directory).head,
                           tmp_path / 'empty.memory')
    file, before = tmp_path / 'empty.memory', read_store(robot).state.digest
    code, _, error = state('import', file, '-m', robot, '--replace')
    assert code == 2 and 'holds no samples' in error
    assert '0 samples added, 0 were known' in state('import', file, '-m', robot)[1]
    assert read_store(robot).state.digest == before
    code, out, _ = state('import', file, '-m', robot, '--replace', '--force')
    assert code == 0 and 'now 0 samples of 0 labels' in out


def test_a_memory_is_taken_over_as_well_also_while_it_is_used(robot, tmp_path, state):
    """With what was taught a moment ago."""
    with DiskStore.open(robot, FINGERPRINT) as store:
        store.teach('key', codes(80, 1280))
        assert '4 samples added' in state('import', robot, '-m', tmp_path / 'two')[1]
    assert '4 samples added' in state('import', robot / 'memory.db', '-m', tmp_path / 'one')[1]


def test_an_export_that_is_used_as_a_memory_goes_on_as_one(file, tmp_path):
    """Copied into a directory by hand; what is added does not count as missing."""
    directory = tmp_path / 'copied'
    directory.mkdir()
    shutil.copyfile(file, directory / 'memory.db')
    for number in range(3):
        with DiskStore.open(directory, FINGERPRINT) as store:
            assert not store.remarks and len(store.state.samples) == COUNT + number
            store.teach('mug', codes(40 + number, 1280))
            store.keep()
        assert not read_store(directory).problems
    with DiskStore.open(directory, FINGERPRINT) as store:
        assert store.state.history.newest().samples == 1
        store.compact()
    assert not read_whole(directory, replace=True).problems


@pytest.mark.parametrize('name', ['old_journal.bin', 'old_export.bin'])
def test_a_memory_of_the_format_before_is_taken_over(name, tmp_path, state):
    """All that was in force in it; damage is refused as ever."""
    file, robot = tmp_path / name, tmp_path / 'robot'
    shutil.copyfile(OLD / name, file)
    assert '5 samples added, 0 were known' in state('import', file, '-m', robot)[1]
    samples = read_store(robot).state.samples.values()
    assert [(sample.label, sample.stamp, (sample.codes == codes(int(sample.stamp[0]))).all())
            for sample in samples] == [
        ('mug', '0.5', True), ('beaker', '1.5', True), ('tray', '4.5', True),
        ('beaker', '5.5', True), ('mug', '7.5', True)]
    content = file.read_bytes()
    for damaged in (content[:-9], content[:-200], _flipped(content, len(content) // 2)):
        file.write_bytes(damaged)
        code, _, error = state('import', file, '-m', tmp_path / 'other')
        assert code == 2 and re.search('damaged|cut off', error)
        assert not (tmp_path / 'other').exists()


def test_a_robot_with_a_memory_of_the_format_before_says_what_to_run(tmp_path, state):
    """It does not begin without what it was taught; the command makes it whole."""
    (tmp_path / 'robot').mkdir()
    shutil.copyfile(OLD / 'old_journal.bin', tmp_path / 'robot' / 'journal')
    for call in (lambda: Classifier(inputs=16).open(tmp_path / 'robot'),
                 lambda: Classifier(inputs=16).open_readonly(tmp_path / 'robot', 'a reason')):
        with pytest.raises(OldFormatError) as said:
            call()
    words = re.search('`hybrid-snn state (.*)`', str(said.value))[1].split()
    assert state(*words)[0] == 0
    classifier = Classifier(inputs=16)
    classifier.open(tmp_path / 'robot')
    assert classifier.state.counts == {'mug': 2, 'beaker': 2, 'tray': 1}
    classifier.undo()
    assert classifier.state.counts == {}, 'an import is one change'
    classifier.close()


def _with(fingerprint, width):
    def make(path):
        with DiskStore.open(path, fingerprint) as store:
            store.teach('mug', codes(1, width))
    return make


OTHERS = {
    'an empty file': (lambda path: path.touch(), 'is empty, so it is not a memory'),
    'an empty directory': (lambda path: path.mkdir(), 'nothing was taught yet in'),
    'a text': (lambda path: path.write_text('mug\n' * 100), 'is not a memory'),
    'a picture': (lambda path: path.write_bytes(b'\x89PNG\r\n\x1a\n' + bytes(500)), 'is not a'),
    'a pipe nobody writes to': (os.mkfifo, 'cannot read .* it is not a file but a .*pipe'),
    'a device without an end': (lambda path: path.symlink_to('/dev/zero'), 'pipe or device'),
    'a link to nothing': (lambda path: path.symlink_to('nowhere'), 'there is no memory'),
    'nothing': (lambda path: None, 'there is no memory'),
    'half a head of the format before': (
        lambda path: path.write_bytes((OLD / 'old_export.bin').read_bytes()[:40]),
        'is not a memory, or its head is damaged'),
    'another encoder': (_with({**FINGERPRINT, 'encoder': 'cd34'}, 1280),
                        'does not fit .* was taught with encoder cd34, here it is ab12'),
    'another width': (_with({'runtime': 'x'}, 9), 'must have uint8 codes'),
}


@pytest.mark.slow
@pytest.mark.parametrize('what', OTHERS)
@pytest.mark.parametrize('words', [(), ('--replace', '--force')], ids=['merge', 'replace'])
def test_what_is_no_memory_for_this_robot_is_one_sentence(tmp_path, robot, what, words):
    """Within a bounded time, with nothing changed; force does not help either."""
    make, reason = OTHERS[what]
    make(tmp_path / 'other')
    before = read_store(robot).state.digest
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'state', 'import', tmp_path / 'other',
         '-m', robot, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and not done.stdout
    assert len(done.stderr.splitlines()) == 1 and 'Traceback' not in done.stderr
    assert re.search(reason, done.stderr), done.stderr
    assert read_store(robot).state.digest == before


def test_a_file_that_may_not_be_read_is_one_sentence(file, robot, state):
    """Root may read everything, so it is somebody else here."""
    file.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match='Permission denied|there is no memory'):
            read_whole(file)
        code, _, error = state('import', file, '-m', robot, '--replace')
    finally:
        if root:
            os.seteuid(0)
    assert code == 2 and str(file) in error and len(error.splitlines()) == 1


@pytest.mark.parametrize('words', [
    ('import', '~nobody here/x', '-m', '{robot}'), ('import', '{file}', '-m', '~nobody here/x'),
    ('show', '-m', '~nobody here/x'), ('export', '~nobody here/x', '-m', '{robot}')])
def test_the_home_of_nobody_is_one_sentence(file, robot, state, words):
    """Instead of a directory of that name in the present one."""
    code, out, error = state(*(word.format(file=file, robot=robot) for word in words))
    assert (code, out) == (2, '') and 'there is no user nobody here;' in error
    with pytest.raises(StoreError, match='there is no user nobody here'):
        Classifier(inputs=16).open_readonly('~nobody here/x', 'a reason')


def test_a_memory_is_not_imported_into_itself(robot, tmp_path, state):
    """By whatever name."""
    (tmp_path / 'link').symlink_to(robot)
    before = (robot / 'memory.db').read_bytes()
    for source in (robot, robot / 'memory.db', tmp_path / 'link',
                   tmp_path / 'link' / 'memory.db'):
        code, _, error = state('import', source, '-m', robot, '--replace')
        assert code == 2 and 'is the memory itself; nothing was imported' in error
    assert (robot / 'memory.db').read_bytes() == before


def test_the_class_refuses_a_damaged_file_too(file, tmp_path):
    """As what is loaded, and as the head start of an empty memory: what was known stays."""
    content = file.read_bytes()
    classifier = Classifier(inputs=1280)
    classifier.open(tmp_path / 'robot')
    classifier.teach(codes(90, 1280), 'mug')
    for what, damaged in _damages(content):
        file.write_bytes(damaged)
        for replace in (True, False):
            with pytest.raises(StoreError):
                classifier.load(file, replace)
        for start in (lambda: Classifier(inputs=1280).open(tmp_path / 'new', file),
                      lambda: Classifier(inputs=1280).open_readonly(tmp_path / 'n', 'a', file)):
            with pytest.raises(StoreError):
                start()
        assert read_store(tmp_path / 'new').records == [], what
    assert classifier.state.counts == {'mug': 1} and classifier.version == 1
    file.write_bytes(_flipped(content, content.index(codes(7, 1280).tobytes())))
    with pytest.raises(DamagedError, match='20 of 21 records'):
        classifier.load(file)
    assert '20 of 21' in classifier.load(file, replace=False, force=True)[0]
    assert len(classifier.state.samples) == 20
    file.write_bytes(content)
    with_start = Classifier(inputs=1280)
    with_start.open(tmp_path / 'new', file)
    assert len(with_start.state.samples) == COUNT and with_start.predict(codes(7, 1280)).label
    with_start.save(tmp_path / 'saved.memory')  # as `hybrid-snn teach --export` does
    with_start.close()
    assert not read_whole(tmp_path / 'saved.memory', replace=True).problems
    classifier.close()
