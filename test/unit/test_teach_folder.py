# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn teach`` and ``evaluate`` on folders as people have them."""

import os
from pathlib import Path
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import zlib

from checkout import ROOT
from crops import crop_compressed
import cv2
import numpy as np
import pytest

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.codes import first_view, view_count
from hybrid_snn_ros.evaluation.folders import load_folder
from hybrid_snn_ros.evaluation.left_out import LeftOut, SHOWN
from hybrid_snn_ros.memory.contents import pictures_of, read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.vision.frames import Crop

pytest.importorskip('ai_edge_litert', reason='no TFLite runtime is installed')
GONE = '/nowhere/at/all.jpg'


def scene(seed, size=(48, 64)):
    """Return a picture, BGR; another one for every seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)


def fill(root, labels, first=0, count=3):
    """Write `count` pictures into a folder for every label; return the root."""
    for place, label in enumerate(labels):
        (Path(root) / label).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (Path(root) / label / f'{number}.png').write_bytes(
                cv2.imencode('.png', scene(first + 100 * place + number))[1].tobytes())
    return Path(root)


def jpeg(seed=900):
    return cv2.imencode('.jpg', scene(seed))[1].tobytes()


@pytest.fixture
def teach(tmp_path, capfd):
    """Return a function that runs the command and gives (code, out, err)."""
    def run(source, *words, memory=tmp_path / 'memory', command='teach'):
        to = [] if memory is None else ['-m', str(memory)]
        code = main([command, str(source), *to, *map(str, words)])
        return (code, *capfd.readouterr())
    return run


@pytest.fixture
def known(tmp_path):
    """Return a function that tells what the memory knows, {label: samples}."""
    def counts():
        memory = tmp_path / 'memory'
        return read_store(memory).state.counts if memory.exists() else {}
    return counts


# -- what is a label -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize('name', [
    '.ipynb_checkpoints', '__MACOSX', '.thumbnails', '@eaDir', '$RECYCLE.BIN', 'lost+found',
    'System Volume Information', '__pycache__', '#recycle', '@Recycle', '.Trash-1000', '.git',
    '.AppleDouble', 'FOUND.000'])
def test_hidden_and_system_folders_are_passed_over_at_any_depth(teach, known, tmp_path, name):
    root = fill(tmp_path / 'things', ['mug', 'duck'])
    fill(root, [name, f'duck/{name}', f'mug/deep/{name}'], 500)
    code, out, err = teach(root)
    assert code == 0, err
    assert known() == {'duck': 3, 'mug': 3}
    assert 'left out: 3 (hidden, or made by a system)' in out


@pytest.mark.parametrize('name', ['Thumbs.db', '.DS_Store', '._0.jpg', 'desktop.ini',
                                  'ehthumbs.db', '.0.png.swp', 'Icon\r'])
def test_system_files_are_passed_over(teach, known, tmp_path, name):
    root = fill(tmp_path / 'things', ['mug'])
    (root / 'mug' / name).write_bytes(jpeg())
    (root / name).write_bytes(b'anything')
    code, out, _ = teach(root)
    assert code == 0 and known() == {'mug': 3}
    assert out.splitlines()[1].startswith('left out: 2 (hidden, or made by a system): ')


@pytest.mark.slow
@pytest.mark.parametrize('folders, chosen', [
    (['train/mug', 'test/mug'], 'train'), (['train/mug', 'val/mug'], 'train'),
    (['Training/mug', 'Validation/mug'], 'Training'), (['TRAIN/mug', 'TEST/mug'], 'TRAIN'),
    (['training_set/mug', 'test_set/mug', 'notes/mug'], 'training_set'),
    (['valid/mug', 'test/mug'], 'test'), (['train/mug', 'train/duck'], 'train'),
    (['caltech/train/mug', 'caltech/test/mug'], 'caltech/train'), (['train', 'test'], 'train'),
    (["my own/it's/train/mug", "my own/it's/val/mug"], None)])
def test_a_folder_for_evaluate_is_told_from_one_of_labels(teach, known, tmp_path, folders, chosen):
    root = fill(tmp_path / 'things', folders)
    if chosen is None:
        root, chosen = root / 'my own', "it's/train"
    code, _, err = teach(root)
    assert code == 1 and known() == {} and not (tmp_path / 'memory').exists()
    [sentence] = err.splitlines()[-1:]
    assert 'is laid out for `hybrid-snn evaluate`' in sentence
    typed = re.search('type `(.*)`$', sentence)[1]
    assert subprocess.run(['sh', '-c', f'printf "%s|" {typed}'], capture_output=True, text=True,
                          check=True).stdout == f'hybrid-snn|teach|{root / chosen}|'
    if any('/' in folder for folder in folders):
        assert teach(root / chosen)[0] == 0 and set(known()) <= {'mug', 'duck'}


@pytest.mark.parametrize('folders, labels', [
    (['train', 'mug'], {'train': 3, 'mug': 3}), (['train'], {'train': 3}),
    (['mug/train', 'mug/test', 'duck/train', 'duck/test'], {'mug': 6, 'duck': 6}),
    (['mug/train', 'mug/test'], {'mug': 6}), (['train/steam', 'duck'], {'train': 3, 'duck': 3}),
    (['trainer', 'tests', 'valve'], {'trainer': 3, 'tests': 3, 'valve': 3}),
    (['mug/left/near', 'mug/right', 'mug'], {'mug': 9}),
    (['coffee_mug', 'coffee mug', 'tea pot'], {'coffee mug': 6, 'tea pot': 3}),
    (['a\u0308pfel', 'Ko\u0308nig.jpg'], {'äpfel': 3, 'König.jpg': 3})])
def test_the_folder_below_the_top_names_the_label(teach, known, tmp_path, folders, labels):
    code, _, err = teach(fill(tmp_path / 'things', folders))
    assert code == 0, err
    assert known() == labels


def test_pictures_without_a_folder_of_a_label(teach, known, tmp_path):
    root = fill(tmp_path / 'mug', ['.'])
    code, _, err = teach(root)
    assert code == 1 and known() == {}
    assert f'{root} holds pictures, but no folders with pictures' in err
    fill(root, ['duck'], 50)
    code, out, _ = teach(root)
    assert code == 0 and known() == {'duck': 3}
    assert 'left out: 3 (in no folder of a label): 0.png, 1.png, 2.png' in out


@pytest.mark.parametrize('name, words', [
    ('x' * 70, 'may be 64 bytes long in UTF-8, this one has 70'), ('unknown', "'unknown' is"),
    ('UNKNOWN', "'unknown' is"), ('tab\there', 'control characters'), (' ', 'at least one'),
    ('a\nb', 'control characters'), ('___', 'at least one'), ('ä' * 33, 'this one has 66'),
    (os.fsdecode(b'caf\xe9'), 'control characters'), ('red\x1b[31m', 'control characters')])
def test_a_folder_that_can_name_no_label_is_named(teach, known, tmp_path, name, words):
    root = fill(tmp_path / 'things', ['mug', name, 'zebra'])
    code, out, err = teach(root)
    assert code == 0, err
    assert known() == {'mug': 3, 'zebra': 3}
    [line] = [line for line in out.splitlines() if 'its name cannot be a label' in line]
    assert f'): {printable(name)} (' in line and words in line


# -- what is a picture ---------------------------------------------------------------------------


def png(width, height):
    def chunk(name, body):
        check = struct.pack('>I', zlib.crc32(name + body))
        return struct.pack('>I', len(body)) + name + body + check
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header)
            + chunk(b'IDAT', zlib.compress(bytes(1000))) + chunk(b'IEND', b''))


def sparse(path):
    with open(path, 'wb') as file:
        file.truncate(40 * 2 ** 30)


def bind(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket may be hundred bytes long
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


BAD = {
    'gone.jpg': (lambda path: path.symlink_to(GONE), 'a link that leads nowhere'),
    'self.png': (lambda path: path.symlink_to(path), 'a link that leads to where it comes from'),
    'up': (lambda path: path.symlink_to('..'), 'a link that leads to where it comes from'),
    'far_up': (lambda path: path.symlink_to('/'), 'a link that leads to where it comes from'),
    'same': (lambda path: path.symlink_to('.'), 'a link that leads to where it comes from'),
    'album.jpg': (lambda path: path.mkdir(), 'not a file'),
    'pipe.jpg': (lambda path: os.mkfifo(path), 'not a file'),
    'socket.png': (bind, 'not a file'),
    'zero.bmp': (lambda path: path.symlink_to('/dev/zero'), 'not a file'),
    'memory.jpg': (lambda path: path.symlink_to('/proc/self/mem'), 'no picture that can be read'),
    'empty.webp': (lambda path: path.touch(), 'no picture that can be read'),
    'junk.JPG': (lambda path: path.write_bytes(b'junk'), 'no picture that can be read'),
    'short.jpeg': (lambda path: path.write_bytes(jpeg()[:-40]), 'no picture that can be read'),
    'gif.png': (lambda path: path.write_bytes(b'GIF89a' + bytes(90)), 'no picture that can be'),
    'bomb.png': (lambda path: path.write_bytes(png(60000, 60000)), 'no picture that can be read'),
    'wide.png': (lambda path: path.write_bytes(png(16000, 16)), 'no picture that can be read'),
    'sparse.bmp': (sparse, 'no picture that can be read'),
    'IMG_1.HEIC': (lambda path: path.write_bytes(b'\0\0\0\x18ftypheic'), 'a format that is not'),
    'x.gif': (lambda path: path.write_bytes(b'GIF89a'), 'a format that is not read'),
    'scan.tiff': (lambda path: path.write_bytes(b'II*\0'), 'a format that is not read'),
    'raw.CR2': (lambda path: path.write_bytes(b'II*\0'), 'a format that is not read'),
    'notes.txt': (lambda path: path.write_text('notes'), 'not a picture by its name'),
    'noname': (lambda path: path.write_bytes(jpeg()), 'not a picture by its name'),
}


@pytest.mark.slow
@pytest.mark.parametrize('name', BAD)
def test_one_bad_item_is_left_out_with_its_reason(teach, known, tmp_path, name):
    make, reason = BAD[name]
    root = fill(tmp_path / 'things', ['mug', 'duck'])
    make(root / 'duck' / name)
    code, out, err = teach(root)
    assert code == 0 and 'Traceback' not in err
    assert known() == {'duck': 3, 'mug': 3}
    [line] = [line for line in out.splitlines() if line.startswith('left out: ')]
    assert line.startswith(f'left out: 1 ({reason}') and f'): duck/{name}' in line


def test_all_of_them_at_once_also_below_and_as_labels(teach, known, tmp_path):
    root = fill(tmp_path / 'things', ['mug', 'duck/deep'])
    for name, (make, _) in BAD.items():
        make(root / 'duck' / 'deep' / name)
        (root / f'only_{name.lower()}').mkdir()
        make(root / f'only_{name.lower()}' / name)
    (root / 'loop').symlink_to('..')
    (root / 'dead').symlink_to('/nowhere')
    code, out, err = teach(root)
    assert code == 0 and 'Traceback' not in err
    assert known() == {'duck': 3, 'mug': 3}
    assert 'left out: 8 (a format that is not read; jpg, png, webp, bmp are): ' in out
    assert ' and 3 more\n' in out and max(map(len, out.splitlines())) < 900
    assert re.search(r'left out: \d+ \(a folder without a picture that is read\): .*only_', out)


def test_what_may_not_be_read_is_left_out(teach, tmp_path):
    """As a user to whom permissions apply; root becomes one for the moment."""
    assert teach(fill(tmp_path / 'first', ['mug']))[0] == 0  # everything is imported
    place, user = Path(tempfile.mkdtemp()), os.geteuid()
    try:
        root = fill(place / 'things', ['mug', 'closed', 'duck'])
        for path, mode in ((place, 0o777), (root / 'closed', 0), (root / 'duck' / '1.png', 0)):
            path.chmod(mode)
        if user == 0:
            os.seteuid(65534)
        code, out, err = teach(root, memory=place / 'memory')
    finally:
        os.seteuid(user)
        (place / 'things' / 'closed').chmod(0o700)
        shutil.rmtree(place)
    assert code == 0, err
    assert '5 frames of 2 labels taught' in out
    assert 'left out: 1 (cannot be read): closed (Permission denied)' in out
    assert 'duck/1.png (it cannot be read: Permission denied)' in out


def test_the_summary_is_short_however_much_is_left_out(teach, tmp_path):
    root = fill(tmp_path / 'things', ['mug'])
    for number in range(30):
        (root / 'mug' / f'b{number:02}.jpg').write_bytes(b'x' * (number + 1))
    code, out, _ = teach(root)
    [line] = [line for line in out.splitlines() if line.startswith('left out: ')]
    assert code == 0 and line.startswith('left out: 30 (') and line.endswith(', and 25 more')
    assert len(re.findall(r'mug/b\d\d\.jpg \(', line)) == SHOWN
    told = LeftOut()
    told.take(LeftOut().notes())
    assert told.lines() == []


def test_nothing_that_can_be_taught_says_what_is_there(teach, tmp_path):
    (tmp_path / 'things' / 'cup').mkdir(parents=True)
    (tmp_path / 'things' / 'cup' / 'a.heic').write_bytes(b'x')
    code, out, err = teach(tmp_path / 'things')
    assert code == 1 and 'holds no folders with pictures (jpg, png, webp, bmp)' in err
    assert 'a format that is not read' in out and 'cup/a.heic' in out


def test_links_to_pictures_and_folders_elsewhere_are_followed(teach, known, tmp_path):
    other = fill(tmp_path / 'other', ['mug', 'pool/duck'])
    root = tmp_path / 'things'
    (root / 'bird').mkdir(parents=True)
    (root / 'cup').symlink_to(other / 'mug')
    (root / 'bird' / 'all').symlink_to(other / 'pool')
    (root / 'bird' / '0.png').symlink_to(other / 'pool' / 'duck' / '0.png')
    code, out, _ = teach(root)
    assert code == 0 and known() == {'cup': 3, 'bird': 3}
    assert 'left out: 1 (taught before): bird/' in out


# -- the same picture ----------------------------------------------------------------------------


def test_a_picture_under_two_labels_names_both_files(teach, known, tmp_path):
    root = fill(tmp_path / 'things', ['mug', 'duck', 'zebra'])
    shutil.copy(root / 'mug' / '0.png', root / 'duck' / 'copy.png')
    (root / 'zebra' / 'copy.png').symlink_to(root / 'mug' / '0.png')
    shutil.copy(root / 'duck' / '1.png', root / 'duck' / 'again.png')
    for seed in (0, 1, 2):
        code, out, err = teach(root, '--seed', seed, memory=tmp_path / f'memory{seed}')
        assert code == 0, err
        [line] = [line for line in out.splitlines() if 'which says something else' in line]
        assert line.startswith('left out: 2 ')
        assert {'mug/0.png', 'duck/copy.png', 'zebra/copy.png'} == set(
            re.findall(r'\w+/\w+\.png', line))
        counts = read_store(tmp_path / f'memory{seed}').state.counts
        assert sum(counts.values()) == 9 and 'left out: 1 (taught before): duck/' in out


def test_a_picture_that_moved_to_another_label_is_named_in_a_later_run(teach, known, tmp_path):
    root = fill(tmp_path / 'things', ['mug', 'duck'])
    assert teach(root)[0] == 0
    shutil.move(root / 'duck' / '1.png', root / 'mug' / '1b.png')
    fill(root, ['later'], 700)
    code, out, _ = teach(root)
    assert code == 0 and known() == {'duck': 3, 'mug': 3, 'later': 3}
    assert 'left out: 5 (taught before): ' in out
    assert ("left out: 1 (taught under another label before; take that back first): mug/1b.png "
            "(as 'duck', now it is to be 'mug')") in out
    code, out, _ = teach(root)
    assert code == 0 and '0 frames of 0 labels taught' in out
    for left in ({'duck': 3, 'mug': 3}, {}):  # a run is one change
        assert main(['state', 'undo', '-m', str(tmp_path / 'memory')]) == 0
        assert known() == left


# -- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize('words, sentence', [
    (['--min-change', '0.1'], '--min-change is for bags, '),
    (['--min-change', '0'], '--min-change is for bags, '),
    (['--labels', '/label'], '--labels is for bags, '), (['--shots', '-1'], 'at least 1'),
    (['--image', '/image'], '--image is for bags, '), (['--seed', '-1'], 'at least 0'),
    (['--force'], '--force is for --export'), (['--crop', '0'], 'must be above 0'),
    (['--crop', 'nan'], 'must be above 0'), (['--roi', '0', '0', '2', '1'], 'inside the frame'),
    (['--model', '/nowhere.tflite'], '/nowhere.tflite cannot be read'),
    (['--without', 'mgu'], 'there is no such folder')])
def test_an_option_that_cannot_be_is_refused_in_one_sentence(teach, tmp_path, words, sentence):
    code, out, err = teach(fill(tmp_path / 'things', ['mug']), *words)
    assert (code, out) == (1, '') and sentence in err and 'Traceback' not in err
    assert not (tmp_path / 'memory').exists()


def test_without_and_shots(teach, known, tmp_path):
    root = fill(tmp_path / 'things', ['mug', 'duck', 'zebra'], count=5)
    for number in range(5):
        (root / 'duck' / f'broken{number}.jpg').write_bytes(b'junk')
    code, out, _ = teach(root, '--shots', 4, '--without', 'zebra/')
    assert code == 0 and known() == {'mug': 4, 'duck': 4}  # others stand in for broken ones
    assert '8 frames of 2 labels taught' in out


@pytest.mark.parametrize('words, kept', [
    ((), 4), (('--views', 1), 4), (('--no-pictures',), 0)])
def test_what_the_encoder_saw_is_kept(teach, tmp_path, words, kept):
    """Or what its views were cut from, so that another encoder can see it again."""
    folder = fill(tmp_path / 'pictures', ['mug', 'duck'], count=2)
    assert teach(folder, *words)[0] == 0
    contents = read_store(tmp_path / 'memory')
    pictures = pictures_of(contents)
    assert len(pictures) == kept
    classifier = Classifier()
    for number, content in pictures.items():
        sample = contents.state.samples[number]
        seen, = [one for one in (classifier.frame_encoder.encode_file(path.read_bytes())
                                 for path in (folder / sample.label).iterdir())
                 if np.array_equal(one.codes, first_view(sample.codes))]
        looked_at = (seen.crop if view_count(sample.codes) == 1
                     else classifier.frame_encoder.surroundings(seen))
        assert view_count(sample.codes) == (1 if words else 6)
        shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
        assert shown.shape == looked_at.shape
        assert np.abs(shown - looked_at.astype(float)).mean() < 6, 'but for the loss of a JPEG'


def test_an_export_to_begin_with_holds_no_pictures(teach, tmp_path):
    folder = fill(tmp_path / 'pictures', ['mug', 'duck'], count=2)
    assert teach(folder, '--export', tmp_path / 'x.memory', memory=None)[0] == 0
    contents = read_store(tmp_path / 'x.memory')
    assert len(contents.state.samples) == 4 and not pictures_of(contents)


@pytest.mark.parametrize('prepare, sentence', [
    (lambda path: path.write_bytes(b'work of a week'), 'is there already; give --force'),
    (lambda path: path.mkdir(), 'is a folder'), (os.mkfifo, 'is there already; it is not a file'),
    (lambda path: path.symlink_to('/dev/null'), 'is there already; it is not a file'),
    (lambda path: path.symlink_to('/nowhere'), 'is there already; it is not a file'),
    (lambda path: path.parent.rmdir(), 'does not exist'),
    (lambda path: path.parent.rmdir() or path.parent.write_text('x'), 'does not exist')])
def test_an_export_is_refused_before_the_work_begins(teach, tmp_path, prepare, sentence):
    target = tmp_path / 'out' / 'x.memory'
    target.parent.mkdir()
    prepare(target)
    before = target.read_bytes() if target.is_file() else None
    code, out, err = teach(fill(tmp_path / 'things', ['mug']), '--export', target, memory=None)
    assert (code, out) == (1, '') and sentence in err
    assert before is None or target.read_bytes() == before


def test_an_export_replaces_a_file_with_force_only(teach, tmp_path):
    root, target = fill(tmp_path / 'things', ['mug']), tmp_path / 'x.memory'
    for words in ([], ['--force']):
        code, out, _ = teach(root, '--export', target, *words, memory=None)
        assert code == 0 and f'{target}: 0.1 MiB' in out
        assert read_store(target).state.counts == {'mug': 3}
    (root / 'mug').rename(root / 'Mug')
    assert teach(root, '--export', target, memory=None)[0] == 1
    assert read_store(target).state.counts == {'mug': 3}
    assert teach(root, '--export', target, '--memory', tmp_path / 'm', memory=None)[0] == 2


def test_a_disk_that_refuses_ends_the_run_and_what_is_told_is_kept(tmp_path):
    root = fill(tmp_path / 'things', ['mug', 'duck'], count=6)
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', 'teach', root, '-m',
         tmp_path / 'memory'], capture_output=True, text=True, timeout=300, cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        # Coverage cannot write its own file either, and would say so.
        env={name: value for name, value in os.environ.items() if 'COVERAGE' not in name})
    assert done.returncode == 1 and 'Traceback' not in done.stderr
    assert 'hybrid-snn teach: cannot ' in done.stderr
    [told] = re.findall(r'^(\d+) frames of', done.stdout, re.MULTILINE)
    assert sum(read_store(tmp_path / 'memory').state.counts.values()) == int(told) < 12


def test_a_label_that_looks_like_another_one_is_pointed_out(teach, tmp_path):
    root = fill(tmp_path / 'things', ['mug'])
    assert 'is new' not in teach(root)[1]
    fill(root, ['Mug'], 300)
    assert "'Mug' is new: 'mug' differs in case or width only\n" in teach(root)[1]


def test_a_memory_in_use_is_taught_as_well(teach, tmp_path):
    root = fill(tmp_path / 'things', ['mug'])
    assert teach(root)[0] == 0
    with DiskStore.open(tmp_path / 'memory', None) as store:
        fill(root, ['duck'], 300)
        assert teach(root)[0] == 0
        assert store.poll() and store.state.counts == {'mug': 3, 'duck': 3}


# -- how it is looked at -------------------------------------------------------------------------


def codes_of(memory):
    return {first_view(sample.codes).tobytes()
            for sample in read_store(memory).state.samples.values()}


@pytest.mark.slow
@pytest.mark.parametrize('crop', [Crop(0.5), Crop(1.0), Crop(0.9, (0.25, 0.0, 0.5, 1.0)),
                                  Crop(0.875, (0.0, 0.5, 1.0, 0.5))])
def test_a_memory_says_what_part_of_a_picture_is_looked_at(teach, tmp_path, crop):
    root, memory = fill(tmp_path / 'things', ['mug']), tmp_path / 'memory'
    robot = Classifier(crop=crop)
    robot.open(memory)
    robot.teach(scene(77)[..., ::-1], 'duck')
    expected = {robot.frame_encoder.codes(cv2.imread(str(path))[..., ::-1]).tobytes()
                for path in (root / 'mug').iterdir()}
    robot.close()
    code, _, err = teach(root)
    assert code == 0, err
    assert expected < codes_of(memory)
    options = ['--crop', crop.fraction, '--roi', *crop.roi]
    code, out, err = teach(root, *options)
    assert code == 0 and 'left out: 3 (taught before)' in out
    assert teach(root, *options, memory=tmp_path / 'new')[0] == 0
    assert codes_of(tmp_path / 'new') == expected
    code, _, err = teach(root, '--crop', 0.3)
    assert code == 1 and f'was taught with crop {crop.fraction}, here it is 0.3' in err
    code, _, err = teach(root, '--roi', 0, 0, 0.125, 1)
    assert code == 1 and 'was taught with region of interest' in err


def test_a_memory_of_another_encoder_asks_for_its_file(teach, tmp_path):
    root, memory = fill(tmp_path / 'things', ['mug']), tmp_path / 'memory'
    other = {**Classifier().frame_encoder.fingerprint, 'encoder': 'ab12' * 16}
    with DiskStore.open(memory, other) as store:
        store.teach('duck', np.zeros(1280, np.uint8), stamp='1.5')
    code, _, err = teach(root)
    assert code == 1
    assert f'{memory} was taught with another encoder (sha256 ab12ab12ab12...)' in err
    assert 'name its file with --model' in err
    shutil.copy(shared_file('models', 'efficientnet_lite0_int8.tflite'), tmp_path / 'own.tflite')
    code, _, err = teach(root, '--model', tmp_path / 'own.tflite')
    assert code == 1 and 'was taught with encoder ab12' in err
    assert teach(root, '--model', tmp_path / 'own.tflite', memory=tmp_path / 'new')[0] == 0
    assert read_store(tmp_path / 'new').fingerprint['encoder'] == Classifier().encoder.digest


def test_teach_evaluate_and_a_camera_see_the_same(teach, tmp_path, monkeypatch):
    """Turned photographs, large ones, all formats, also below: the same codes, bit for bit."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    root, seed, files = tmp_path / 'things', 0, []
    for part in ('train', 'test'):
        for label in ('coffee_mug', 'duck'):
            (root / part / label / 'deep').mkdir(parents=True)
            for name, size in (('a.jpg', (960, 1281)), ('deep/b.JPG', (1500, 1001)),
                               ('c.png', (300, 400)), ('d.webp', (301, 200)), ('e.bmp', (99, 77))):
                seed += 1
                content = cv2.imencode(Path(name).suffix.lower(), scene(seed, size))[1].tobytes()
                if content[:2] == b'\xff\xd8':
                    exif = b'Exif\0\0II*\0' + struct.pack(
                        '<IHHHIHHI', 8, 1, 0x0112, 3, 1, (3, 6, 8)[seed % 3], 0, 0)
                    content = (content[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif
                               + content[2:])
                (root / part / label / name).write_bytes(content)
                files += [(content, name)] * (part == 'train')
    (root / 'train' / 'duck' / 'short.jpg').write_bytes(files[0][0][:-99])
    remarks, facade = [], Classifier()
    assert teach(root / 'train')[0] == 0
    data = load_folder(root, facade, remark=remarks.append)
    assert data.class_names == ['coffee mug', 'duck'] and len(data.train) == 10
    asked = {codes.tobytes() for codes in data.train}
    assert len(asked) == 10 and asked == codes_of(tmp_path / 'memory')
    assert asked == {facade.encoder.codes(crop_compressed(
        'jpeg' if name.lower().endswith('jpg') else Path(name).suffix[1:], content, 224)).tobytes()
        for content, name in files}
    assert [remark.partition(' (it')[0] for remark in remarks] == [
        'left out: 1 (no picture that can be read): train/duck/short.jpg '
        f'(the JPEG of 1281x960 pixels is cut short at {len(files[0][0]) - 99} bytes)']


# -- evaluate ------------------------------------------------------------------------------------


def test_evaluate_says_what_it_passed_over_also_out_of_its_cache(teach, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    root = fill(tmp_path / 'things', ['train/mug', 'train/duck', 'test/mug', 'test/duck'])
    for name, (make, _) in BAD.items():
        make(root / 'train' / 'duck' / name)
    fill(root, ['train/.hidden', 'test/unknown', 'train/empty/.x'], 800)
    shutil.copy(root / 'train' / 'duck' / '0.png', root / 'train' / 'mug' / 'copy.png')
    (root / 'test' / 'mug' / 'copy.png').symlink_to(root / 'test' / 'duck' / '0.png')
    told = []
    for _ in range(2):
        code, out, err = teach(root, '--orders', 1, memory=None, command='evaluate')
        assert code == 0 and 'Traceback' not in err
        told.append([line for line in err.splitlines() if line.startswith('left out: ')])
    assert told[0] == told[1] and len(told[0]) >= 8
    assert "train/mug/copy.png (train/duck/0.png says 'duck')" in err
    assert "test/mug/copy.png (test/duck/0.png says 'duck')" in err
    assert "test/unknown ('unknown' is the answer" in err
    data = load_folder(root, Classifier())
    assert (len(data.train), len(data.test)) == (6, 6)


def test_evaluate_looks_at_the_region_that_is_asked_for(teach, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    root = fill(tmp_path / 'things', ['train/mug', 'train/duck', 'test/mug', 'test/duck'])
    words = ['--orders', 1, '--roi', 0, 0, 0.5, 1, '--crop', 0.5]
    assert teach(root, *words, memory=None, command='evaluate')[0] == 0
    code, _, err = teach(root, '--roi', 0, 0, 0, 1, memory=None, command='evaluate')
    assert code == 2 and 'inside the frame' in err
    for label in ('mug', 'duck'):
        for path in (root / 'train' / label).iterdir():
            path.write_bytes(b'junk')
    code, _, err = teach(root, '--orders', 1, memory=None, command='evaluate')
    assert code == 2 and 'train holds no picture (jpg, png, webp, bmp) that can be read' in err
    assert 'left out: 6 (no picture that can be read): ' in err


# -- names that steer a terminal -----------------------------------------------------------------

NAMES = [os.fsdecode(b'caf\xe9'), 'a\x1b[31m\nhybrid-snn: all is well', 'bell\x07\x08\x7f',
         'left\u202egpj', 'c1\x9b2J', 'line\u2028break', '\u200bnothing', 'тест ünï 杯 🦆',
         '\U000e0041tag', 'back\\slash', 'cr\rover']


def test_whatever_a_name_holds_it_is_printed_so_that_it_can_be_seen():
    shown = [printable(name) for name in NAMES]
    assert shown == ['caf\\xe9', 'a\\x1b[31m\\nhybrid-snn: all is well', 'bell\\x07\\x08\\x7f',
                     'left\\u202egpj', 'c1\\x9b2J', 'line\\u2028break', '\\u200bnothing',
                     'тест ünï 杯 🦆', '\\U000e0041tag', 'back\\slash', 'cr\\rover']
    assert len(set(shown)) == len(NAMES)
    assert printable('\ud800x') == '\\ud800x' and printable(Path('a\nb')) == 'a\\nb'


@pytest.mark.slow
@pytest.mark.parametrize('how', [
    {'PYTHONIOENCODING': 'ascii:strict'}, {'PYTHONIOENCODING': 'utf-8:strict'},
    {'PYTHONIOENCODING': 'latin-1:strict'},
    {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}])
@pytest.mark.parametrize('command', ['teach', 'evaluate', 'state'])
def test_no_name_and_no_locale_stops_a_command_or_steers_a_terminal(tmp_path, how, command):
    root = tmp_path / NAMES[1]
    for place, name in enumerate(NAMES):
        fill(root, [f'train/thing{place % 2}', f'test/thing{place % 2}'], place)
        for part in ('train', 'test'):
            (root / part / f'thing{place % 2}' / f'{name}.jpg').write_bytes(b'junk')
            (root / part / f'{name} folder').mkdir()
    words = {'teach': [root / 'train', '-m', root / NAMES[0]],
             'evaluate': [root, '--orders', 1, '--json', root / f'{NAMES[0]}.json'],
             'state': ['show', '-m', root / 'train' / NAMES[3]]}[command]
    done = subprocess.run(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', command,
         *(os.fsencode(str(word)) for word in words)],
        capture_output=True, timeout=300, cwd=ROOT,
        env={**os.environ, 'XDG_CACHE_HOME': str(tmp_path), 'PYTHONPATH': str(ROOT), **how})
    printed = done.stdout + done.stderr
    assert done.returncode == (2 if command == 'state' else 0), printed
    assert b'Traceback' not in printed
    assert b'all is well' in printed or command == 'teach'  # it needs not name the folder
    text = printed.decode(how.get('PYTHONIOENCODING', 'ascii').split(':')[0])
    assert not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\U000e0041]', text)
    assert not [line for line in text.splitlines() if line.startswith('hybrid-snn: all is well')]
    if command != 'state':
        assert 'caf\\xe9' in text and 'left out: ' in text
