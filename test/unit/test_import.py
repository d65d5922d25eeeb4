# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Taking over an exported file: whole or not at all, unless told otherwise."""

import os
import re
import subprocess
import sys

from checkout import ROOT
from memory_samples import codes, IDENTITY, taught
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory.entry import encode, Entry
from hybrid_snn_ros.memory.errors import DamagedError, StoreError
from hybrid_snn_ros.memory.header import encode_header, Header
from hybrid_snn_ros.memory.scan import scan
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.memory.view import export, look, look_whole

EVERYDAY = ROOT / 'models' / 'everyday.memory'
COUNT = 8  # samples of the file


@pytest.fixture
def file(tmp_path):
    """Return the path of an export of eight samples."""
    with Vault.open(tmp_path / 'teacher', IDENTITY) as vault:
        vault.teach_all([(f'thing {number % 3}', codes(number), str(number))
                         for number in range(COUNT + 1)])
        vault.remove(4)
        export(look(vault.directory), tmp_path / 'x.memory')
    return tmp_path / 'x.memory'


@pytest.fixture
def robot(tmp_path):
    """Return the directory of a memory with two mugs and a box in it."""
    taught(tmp_path / 'robot').close()
    return tmp_path / 'robot'


@pytest.fixture
def state(capsys):
    """Return a function that runs `hybrid-snn state`: (exit code, output, errors)."""
    def run(*words):
        code = main(['state', *map(str, words)])
        return code, *capsys.readouterr()
    return run


def _edges(content):
    """Return where the samples of a file begin, and the end of the last one."""
    edges = [len(content)]
    for entry in reversed(scan(content, 'it').entries):
        edges.insert(0, edges[0] - len(encode(entry)))
    return edges


def _without_chain(content):
    """Return an export as earlier versions wrote it."""
    found = scan(content, 'it')
    return encode_header(found.header._replace(chain=0)) + b''.join(map(encode, found.entries))


def _flipped(content, place):
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1:]


def _damages(content):
    """Yield (what, damaged content, words that say so)."""
    edges = _edges(content)
    for number, edge in enumerate(edges[:-1]):
        there = f'{number} of 8 samples are there' if number else 'none of its samples is there'
        yield f'cut before sample {number}', content[:edge], f'is cut off: {there}'
        if number:
            yield f'cut in sample {number}', content[:edge + 50], f'is cut off: {there}'
    first, middle = edges[0], edges[4] + 60
    yield 'cut in the first sample', content[:first + 50], 'none of its samples is there'
    yield 'cut in the last byte', content[:-1], 'is cut off: 7 of 8 samples are there'
    yield 'its first samples cut out', content[:first] + content[edges[3]:], 'first samples are'
    yield 'its first sample cut out', content[:first] + content[edges[1]:], 'first samples are'
    yield 'samples cut out', content[:edges[2]] + content[edges[5]:], 'a piece is missing'
    yield 'a flipped bit', _flipped(content, middle), 'are damaged, entry '
    yield 'a flipped bit in the first sample', _flipped(content, first + 60), 'are damaged'
    yield 'a flipped bit in the last sample', _flipped(content, len(content) - 5), '7 of 8 samples'
    yield 'a flipped bit in the head', _flipped(content, 30), 'one of the two headers'
    yield 'rubbish behind it', content + b'rubbish', 'the last 7 bytes are not a whole entry'
    yield 'zeros behind it', content + bytes(512), 'the last 512 bytes are not a whole entry'
    yield 'zeros in it', content[:middle] + bytes(100) + content[middle + 100:], 'are damaged'
    yield 'two files in one', content + content, 'are not a whole entry'


def test_a_whole_file_is_whole_and_says_so_whatever_wrote_it(file):
    """As it is written now, and as it was before; the one that is shipped as well."""
    content = file.read_bytes()
    assert scan(content, 'it').header.chain and not look_whole(file, replace=True).problems
    assert look_whole(file).ledger.counts == {'thing 0': 2, 'thing 1': 3, 'thing 2': 3}
    file.write_bytes(_without_chain(content))
    assert not look_whole(file, replace=True).problems
    assert len(look_whole(EVERYDAY, replace=True).ledger.samples) == 1890


@pytest.mark.parametrize('words', [(), ('--replace',)], ids=['merge', 'replace'])
def test_what_is_damaged_or_cut_anywhere_is_refused_and_nothing_is_changed(
        file, robot, state, words):
    """At every edge, in every sample, as a file and as the head start of a robot."""
    content, before = file.read_bytes(), _listing(robot)
    seen = 0
    for what, damaged, reason in _damages(content):
        file.write_bytes(damaged)
        code, out, error = state('import', file, '-m', robot, *words)
        assert (code, out) == (2, '') and _listing(robot) == before, what
        assert reason in error and 'nothing was taken over; --force takes what' in error, what
        assert str(file) in error and len(error.splitlines()) == 1
        assert state('import', file, '-m', robot.with_name('none'), *words)[0] == 2
        assert not robot.with_name('none').exists(), 'nor is anything made'
        seen += 1
    assert seen > 25


def _listing(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_of_a_file_of_an_earlier_version_all_but_the_first_samples_are_missed(file):
    """It holds no sum of its samples, but knows which one is the last."""
    content = file.read_bytes()
    for what, damaged, reason in _damages(_without_chain(content)):
        if 'first samples are' in reason or what == 'cut before sample 0':
            continue
        file.write_bytes(damaged)
        if 'none of its samples' in reason:
            reason = 'are not a whole entry'
        with pytest.raises(DamagedError, match=reason):
            look_whole(file)
    file.write_bytes(_without_chain(content)[:_edges(_without_chain(content))[0]])
    with pytest.raises(DamagedError, match='holds no samples; nothing was forgotten'):
        look_whole(file, replace=True)


def test_force_takes_what_can_be_read_and_says_what_is_missing(file, robot, state):
    content = file.read_bytes()
    file.write_bytes(content[:_edges(content)[3] + 9])
    code, out, error = state('import', file, '-m', robot, '--replace', '--force')
    assert code == 1 and '3 samples added' in out and 'is cut off: 3 of 8' in error
    with Vault.open(robot, IDENTITY) as vault:
        assert len(vault.ledger.samples) == 3 and vault.version == 8
        vault.rollback(3)
        assert vault.ledger.counts == {'mug': 2, 'box': 1}
    file.write_bytes(content)
    assert state('import', file, '-m', robot, '--force')[0] == 0, 'a whole file needs none'


@pytest.mark.parametrize('chain', [0, 77])
def test_nothing_is_forgotten_for_a_file_without_samples(tmp_path, robot, state, chain):
    """Unless that is wanted; a merge with nothing changes nothing."""
    with Vault.open(tmp_path / 'emptied', IDENTITY) as vault:
        vault.teach('mug', codes(1))
        vault.forget('mug')
        export(look(vault.directory), tmp_path / 'empty.memory')
    file = tmp_path / 'empty.memory'
    if chain:
        file.write_bytes(encode_header(Header(IDENTITY, 2, chain)))
    before = _listing(robot)
    code, _, error = state('import', file, '-m', robot, '--replace')
    assert code == 2 and ('none of its samples is there' if chain else 'holds no samples') in error
    assert _listing(robot) == before
    if not chain:
        assert '0 samples added, 0 were known' in state('import', file, '-m', robot)[1]
    code, out, _ = state('import', file, '-m', robot, '--replace', '--force')
    assert code == bool(chain) and 'now 0 samples of 0 labels' in out


def test_a_journal_is_taken_over_as_well_and_has_no_end_mark(robot, tmp_path, state):
    """A copy of one that runs: whole entries only; cut between two, no one can tell."""
    journal, copy = robot / 'journal', tmp_path / 'copy'
    content = journal.read_bytes()
    copy.write_bytes(content)
    assert '3 samples added' in state('import', copy, '-m', tmp_path / 'one')[1]
    assert '3 samples added' in state('import', robot, '-m', tmp_path / 'two')[1]
    copy.write_bytes(content[:-9])
    code, _, error = state('import', copy, '-m', tmp_path / 'three')
    assert code == 2 and 'are not a whole entry' in error
    copy.write_bytes(content[:_edges(content)[2]])
    assert '2 samples added' in state('import', copy, '-m', tmp_path / 'three')[1]
    assert state('compact', '-m', robot)[0] == 0
    content = journal.read_bytes()
    copy.write_bytes(content[:_edges(content)[2]])
    code, _, error = state('import', copy, '-m', tmp_path / 'four')
    assert code == 2 and 'is cut off: 2 of 3 samples are there' in error


def test_an_export_that_is_used_as_a_journal_goes_on_as_one(file, tmp_path):
    """Copied into a directory by hand; what is added does not count as missing."""
    directory = tmp_path / 'copied'
    directory.mkdir()
    (directory / 'journal').write_bytes(file.read_bytes())
    for number in range(3):
        with Vault.open(directory, IDENTITY) as vault:
            assert not vault.remarks and len(vault.ledger.samples) == COUNT + number
            vault.teach('mug', codes(40 + number))
            vault.save_snapshot({}, {})
        assert not look_whole(directory).problems and len(look(directory).snapshots) == number + 1
    with Vault.open(directory, IDENTITY) as vault:
        vault.compact()
    assert not look_whole(directory, replace=True).problems


def test_a_cut_file_that_is_used_as_a_journal_is_told(file, tmp_path):
    """It works with what is there."""
    directory, content = tmp_path / 'copied', file.read_bytes()
    for place, number in enumerate((3, 3)):
        directory.with_name(f'{place}').mkdir()
        path = directory.with_name(f'{place}') / 'journal'
        path.write_bytes(content[:_edges(content)[number] + 20 * place])
        with Vault.open(path.parent, IDENTITY) as vault:
            assert 'is cut off: 3 of 8 samples are there' in ' '.join(vault.remarks)
            assert vault.teach('mug', codes(50)).sequence > 9, 'no number is given again'
        with Vault.open(path.parent, IDENTITY) as vault:
            assert len(vault.ledger.samples) == 4


OTHERS = {
    'an empty file': (lambda path: path.touch(), 'is empty, so it is not a memory'),
    'an empty directory': (lambda path: path.mkdir(), 'nothing was taught yet in'),
    'a text': (lambda path: path.write_text('mug\n' * 100), 'is not a memory'),
    'a picture': (lambda path: path.write_bytes(b'\x89PNG\r\n\x1a\n' + bytes(500)), 'is not a'),
    'a pipe no one writes to': (os.mkfifo, 'cannot read .* it is not a file but a pipe or device'),
    'a device without an end': (lambda path: path.symlink_to('/dev/zero'), 'a pipe or device'),
    'a link to nothing': (lambda path: path.symlink_to('nowhere'), 'there is no memory'),
    'nothing': (lambda path: None, 'there is no memory'),
    'half a head': (lambda path: path.write_bytes(encode_header(Header(IDENTITY))[:40]),
                    'is not a memory, or its header is damaged'),
    'another encoder': (lambda path: path.write_bytes(
        encode_header(Header({**IDENTITY, 'encoder': 'cd34'}, 1)) + encode(
            Entry(1, 1.5, 'teach', 'mug', sample=1, codes=codes(1)))),
        'does not fit .* was taught with encoder cd34, here it is ab12'),
    'another width': (lambda path: path.write_bytes(encode_header(Header({}, 1)) + encode(
        Entry(1, 1.5, 'teach', 'mug', sample=1, codes=codes(1, 9)))), 'must have uint8 codes'),
}


@pytest.mark.slow
@pytest.mark.parametrize('what', OTHERS)
@pytest.mark.parametrize('words', [(), ('--replace', '--force')], ids=['merge', 'replace'])
def test_what_is_no_memory_for_this_robot_is_one_sentence(tmp_path, robot, what, words):
    """Within a bounded time, with nothing changed; force does not help either."""
    make, reason = OTHERS[what]
    make(tmp_path / 'other')
    before = _listing(robot)
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'state', 'import', tmp_path / 'other',
         '-m', robot, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and not done.stdout
    assert len(done.stderr.splitlines()) == 1 and 'Traceback' not in done.stderr
    assert re.search(reason, done.stderr), done.stderr
    after = _listing(robot)
    before.pop('lock'), after.pop('lock')
    assert after == before


def test_a_file_that_may_not_be_read_is_one_sentence(file, robot, state):
    """Root may read everything, so it is somebody else here."""
    file.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match='Permission denied|there is no memory'):
            look_whole(file)
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
    assert (code, out) == (2, '') and 'there is no user nobody here whose home' in error
    with pytest.raises(StoreError, match='there is no user nobody here'):
        Classifier(inputs=16).borrow('~nobody here/x', 'a reason')


def test_a_memory_is_not_imported_into_itself(robot, tmp_path, state):
    """By whatever name."""
    (tmp_path / 'link').symlink_to(robot)
    before = (robot / 'journal').read_bytes()
    for source in (robot, robot / 'journal', tmp_path / 'link', tmp_path / 'link' / 'journal'):
        code, _, error = state('import', source, '-m', robot, '--replace')
        assert code == 2 and 'is the memory itself; nothing was imported' in error
    assert (robot / 'journal').read_bytes() == before


def test_the_class_refuses_a_damaged_file_too(file, tmp_path):
    """As what is loaded, and as the head start of an empty memory: what was known stays."""
    content = file.read_bytes()
    classifier = Classifier(inputs=16)
    classifier.open(tmp_path / 'robot')
    classifier.teach(codes(90), 'mug')
    for _, damaged, reason in _damages(content):
        file.write_bytes(damaged)
        for replace in (True, False):
            with pytest.raises(DamagedError, match=reason):
                classifier.load(file, replace)
        with pytest.raises(DamagedError, match=reason):
            Classifier(inputs=16).open(tmp_path / 'new', file)
        with pytest.raises(DamagedError, match=reason):
            Classifier(inputs=16).borrow(tmp_path / 'new', 'a reason', file)
        assert not (tmp_path / 'new' / 'journal').exists()
    assert classifier.ledger.counts == {'mug': 1} and classifier.version == 1
    file.write_bytes(content[:_edges(content)[3]])
    assert '3 of 8 samples' in classifier.load(file, replace=False, force=True)[0]
    assert len(classifier.ledger.samples) == 4
    file.write_bytes(content)
    with_start = Classifier(inputs=16)
    with_start.open(tmp_path / 'new', file)
    assert len(with_start.ledger.samples) == COUNT and with_start.predict(codes(7)).label
    with_start.save(tmp_path / 'saved.memory')  # as `hybrid-snn teach --export` does
    with_start.close()
    saved = (tmp_path / 'saved.memory').read_bytes()
    for place, reason in ((_edges(saved)[0], 'none of its'), (_edges(saved)[6], '6 of 8')):
        (tmp_path / 'saved.memory').write_bytes(saved[:place])
        with pytest.raises(DamagedError, match=reason):
            classifier.load(tmp_path / 'saved.memory')
    classifier.close()


def test_a_memory_that_begins_with_nothing_it_can_read_is_not_held(file, tmp_path):
    """It is free for the next try, which finds the file mended."""
    content = file.read_bytes()
    classifier = Classifier(inputs=16)
    file.write_bytes(content[:-9])
    for _ in range(2):
        with pytest.raises(DamagedError, match='7 of 8'):
            classifier.open(tmp_path / 'robot', file)
    assert classifier.version == 0
    file.write_bytes(content)
    classifier.open(tmp_path / 'robot', file)
    assert len(classifier.ledger.samples) == COUNT
    file.unlink()
    with pytest.raises(StoreError, match='is in use by process'):
        Classifier(inputs=16).open(tmp_path / 'robot')
    classifier.close()
